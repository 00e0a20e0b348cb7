"""Who is senior to whom: an office says which office it answers to, and so on upwards; one that ended did so too."""

from __future__ import annotations

from contracts.place import Place


def above(place: Place, organisation: str, person: str, role: str) -> frozenset[str]:
    """The roles that a person's office answers to, directly or through others."""
    found: set[str] = set()
    waiting = _answered_to(place, organisation, role, person)
    while waiting:
        one = waiting.pop()
        if one not in found and one != role:
            found.add(one)
            waiting |= _answered_to(place, organisation, one)
    return frozenset(found)


def in_line(place: Place, organisation: str, one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether either of two people, each with an office, answers to the other's office."""
    return other[1] in above(place, organisation, *one) or one[1] in above(place, organisation, *other)


def _answered_to(place: Place, organisation: str, role: str, person: str = "") -> set[str]:
    offices = [*place.offices.values(), *(place.former.values() if person else ())]
    bodies = {organisation, place.stands_in(organisation)}
    return {
        office.answers_to
        for office in offices
        if office.organisation_id in bodies and office.role == role and office.answers_to
        and person in ("", office.person_id)
    }  # fmt: skip
