"""Who holds which office, for whom, up to what limit and as whose delegate; persons are known by opaque ids only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.partners import (
    OfficeHolderAppointed,
    OfficeHolderRemoved,
    OrganisationDissolved,
    OrganisationKind,
    OrganisationRegistered,
    PersonErased,
)
from contracts.place import Office, Place
from contracts.rules import Citation
from services.partners.identity import opaque
from services.partners.register import name_of
from services.runtime.decisions import Actor, Command, Decision, Item, Query, Recorded, Rejection, unknown

PARTNERSHIP_OFFICE, REPRESENTATIVE = "partnership_office", "vco_representative"
PUBLIC_ROLES = frozenset(
    {"commissioner", "decider", "commissioning_manager", "finance", "body_officer", "councillor", "monitoring_officer"}
)
OPEN_ROLES = frozenset({PARTNERSHIP_OFFICE, "panel_member", "independent_reviewer", "auditor"})
ROLES = PUBLIC_ROLES | OPEN_ROLES | {REPRESENTATIVE}
PUBLIC_KINDS = frozenset(
    {OrganisationKind.COUNCIL, OrganisationKind.POLICE, OrganisationKind.FIRE, OrganisationKind.HEALTH}
)


@dataclass(frozen=True, kw_only=True)
class AppointOfficeHolder(Command):
    """Give a person an office; appointing again changes its limit, authority or delegation."""

    subject: ClassVar[str] = "organisation_id"
    bootstraps: ClassVar[bool] = True
    person_id: str
    organisation_id: str
    role: str
    limit_pounds: int | None = None
    authority: str = ""
    answers_to: str | None = None
    delegate_of: str | None = None


@dataclass(frozen=True, kw_only=True)
class RemoveOfficeHolder(Command):
    """End a person's office, and with it what was delegated from it."""

    subject: ClassVar[str] = "organisation_id"
    person_id: str
    organisation_id: str
    role: str


@dataclass(frozen=True, kw_only=True)
class ErasePerson(Command):
    """Erase what is kept to reach a person; the person's offices end."""

    person_id: str


@dataclass
class Appointment:
    """What an appointment stands on beside the offices held: the organisation, and whether a person was erased."""

    folds: ClassVar[tuple[type[Event], ...]] = (OrganisationRegistered, OrganisationDissolved, PersonErased)
    kinds: dict[str, OrganisationKind] = field(default_factory=dict)
    dissolved: set[str] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact about the organisation or the person."""
        match event.data:
            case OrganisationRegistered() as registered:
                self.kinds[registered.organisation_id] = registered.kind
            case OrganisationDissolved() as dissolved:
                self.dissolved.add(dissolved.organisation_id)
            case PersonErased() as erased:
                self.erased.add(erased.person_id)


def facts_of(command: AppointOfficeHolder | RemoveOfficeHolder) -> Query[Appointment]:
    """The organisation, and the person where the id can be one."""
    person = (Item(f"person:{command.person_id}", only=(PersonErased,)),) if opaque(command.person_id) else ()
    return Query(Item(f"organisation:{command.organisation_id}"), *person, fold=Appointment)


def person_of(command: ErasePerson) -> Query[Appointment]:
    """Whether the person was erased before."""
    return Query(Item(f"person:{command.person_id if opaque(command.person_id) else '-'}"), fold=Appointment)


def appoint(facts: Appointment, command: AppointOfficeHolder, place: Place) -> Decision:
    """Appoint a person to an office that the organisation can have, within what the appointer may give."""
    wanted = Office(
        command.person_id, command.organisation_id, command.role, command.limit_pounds,
        command.authority, command.answers_to, command.delegate_of,
    )  # fmt: skip
    if place.office(wanted.person_id, wanted.organisation_id, wanted.role) == wanted:
        return []
    refused = _not_opaque(command) or _may_not_appoint(command, place) or _no_such_office(facts, command)
    if refused := refused or _cannot_delegate(wanted, place):
        return refused
    return [OfficeHolderAppointed(place=name_of(place), **vars(wanted))]


def remove(facts: Appointment, command: RemoveOfficeHolder, place: Place) -> Decision:
    """End an office and its delegations; the last holder of the partnership office stays until another is appointed."""
    if refused := _may_not_change(command, place):
        return refused
    office = place.office(command.person_id, command.organisation_id, command.role)
    if office is None:
        return []
    ending = list(_with_delegates([office], place))
    if office.role == PARTNERSHIP_OFFICE and not [one for one in _partnership_offices(place) if one not in ending]:
        return Rejection(
            "last_partnership_office_holder",
            "Nobody would hold the partnership office.",
            remedy="Appoint another person to it first.",
        )
    return [_removed(each, place) for each in ending]


def erase(facts: Appointment, command: ErasePerson, place: Place) -> Decision:
    """End every office of a person and have what is kept to reach it erased."""
    if not opaque(command.person_id):
        return _person_not_opaque()
    if command.person_id in facts.erased:
        return []
    offices = [office for office in place.offices.values() if office.person_id == command.person_id]
    ended = [_removed(each, place) for each in _with_delegates(offices, place)]
    return [*ended, PersonErased(person_id=command.person_id)]


def lacks_partnership_office(actor: Actor, place: Place) -> Rejection | None:
    """Whether this actor may not act for the partnership office; before anybody holds it, a token of that role may."""
    if actor.role not in (PARTNERSHIP_OFFICE, "system"):
        return Rejection("partnership_office_only", "Only the partnership office may do this.", status=403)
    if not any(_partnership_offices(place)) or place.office(actor.person, actor.organisation, actor.role):
        return None
    if actor.role == "system":
        return Rejection("partnership_office_only", "Somebody holds the partnership office: it may.", status=403)
    return _office_not_held(actor)


def _may_not_appoint(command: AppointOfficeHolder, place: Place) -> Rejection | None:
    """The partnership office appoints; a representative appoints others for its own organisation."""
    if command.actor.role == REPRESENTATIVE:
        return _may_not_change(command, place)
    if refused := lacks_partnership_office(command.actor, place):
        return refused
    if not any(_partnership_offices(place)) and command.role != PARTNERSHIP_OFFICE:
        return Rejection(
            "partnership_office_vacant",
            "Nobody holds the partnership office yet.",
            remedy="Appoint somebody to the partnership office first.",
        )
    return None


def _may_not_change(command: AppointOfficeHolder | RemoveOfficeHolder, place: Place) -> Rejection | None:
    actor = command.actor
    if actor.role == PARTNERSHIP_OFFICE:
        return None
    if actor.role != REPRESENTATIVE:
        return Rejection("partnership_office_only", "Only the partnership office may do this.", status=403)
    if not place.office(actor.person, actor.organisation, actor.role):
        return _office_not_held(actor)
    if (command.role, command.organisation_id) != (REPRESENTATIVE, actor.organisation):
        return Rejection(
            "own_representatives_only", "You may name representatives of your own organisation only.", status=403
        )
    return None


def _not_opaque(command: AppointOfficeHolder) -> Rejection | None:
    ids = (command.person_id, *((command.delegate_of,) if command.delegate_of else ()))
    return None if all(map(opaque, ids)) else _person_not_opaque()


def _no_such_office(facts: Appointment, command: AppointOfficeHolder) -> Rejection | None:
    kind = facts.kinds.get(command.organisation_id)
    if kind is None:
        return unknown("organisation", command.organisation_id)
    if command.organisation_id in facts.dissolved:
        return Rejection("organisation_dissolved", "This organisation is dissolved.")
    if command.person_id in facts.erased:
        return Rejection("person_erased", "This person was erased and can hold no office under this id.")
    if command.role not in ROLES or (command.answers_to and command.answers_to not in ROLES):
        return Rejection("role_unknown", "There is no such office.", remedy=f"One of: {', '.join(sorted(ROLES))}.")
    if not _fits(command.role, kind):
        return Rejection("office_not_of_this_kind", f"An organisation of kind {kind} has no such office.")
    if command.role == "decider" and not (command.authority and command.limit_pounds is not None):
        return Rejection("authority_missing", "A decider needs a limit and the authority that it stands on.")
    return None


def _fits(role: str, kind: OrganisationKind) -> bool:
    return role in OPEN_ROLES or (role in PUBLIC_ROLES) == (kind in PUBLIC_KINDS)


def _cannot_delegate(wanted: Office, place: Place) -> Rejection | None:
    if wanted.delegate_of is None:
        return None
    giver = place.office(wanted.delegate_of, wanted.organisation_id, wanted.role)
    if giver is None:
        return Rejection(
            "delegator_without_office", "The person delegating does not hold this office.",
            remedy="Appoint that person first.",
        )  # fmt: skip
    if place.principal(wanted.delegate_of) == wanted.person_id:
        return Rejection("delegation_in_circle", "Nobody can be the delegate of his or her own delegate.")
    if _stands_for_another(wanted, place):
        return Rejection(
            "delegate_of_another", "This person is the delegate of somebody else, and can act in one name only.",
            remedy="End the other delegation first, or choose another delegate.",
        )  # fmt: skip
    if giver.limit_pounds is not None and (wanted.limit_pounds is None or wanted.limit_pounds > giver.limit_pounds):
        return Rejection(
            "limit_beyond_delegation",
            f"The office delegated reaches to £{giver.limit_pounds:,}.",
            Citation(document=giver.authority, clause="limit") if giver.authority else None,
            remedy=f"Give a limit of at most £{giver.limit_pounds:,}.",
        )
    return None


def _stands_for_another(wanted: Office, place: Place) -> bool:
    """Whether another office of the person is held for somebody else than this one would be."""
    this = (wanted.person_id, wanted.organisation_id, wanted.role)
    mine = [one for key, one in place.offices.items() if key[0] == wanted.person_id and key != this]
    given = {place.principal(one.delegate_of) for one in mine if one.delegate_of}
    return not given <= {place.principal(wanted.delegate_of or "")}


def _with_delegates(offices: Iterable[Office], place: Place) -> Iterator[Office]:
    """The offices and all that were delegated from them, however far."""
    found: list[Office] = list(offices)
    for office in found:
        yield office
        found += [
            each
            for each in place.offices.values()
            if each not in found
            and (each.delegate_of, each.organisation_id, each.role)
            == (office.person_id, office.organisation_id, office.role)
        ]


def _partnership_offices(place: Place) -> list[Office]:
    return [office for office in place.offices.values() if office.role == PARTNERSHIP_OFFICE]


def _removed(office: Office, place: Place) -> OfficeHolderRemoved:
    return OfficeHolderRemoved(
        person_id=office.person_id, organisation_id=office.organisation_id, place=name_of(place), role=office.role
    )


def _office_not_held(actor: Actor) -> Rejection:
    return Rejection(
        "office_not_held",
        f"This person holds no office of {actor.role.replace('_', ' ')} for {actor.organisation}.",
        Citation(document="Register of office holders", clause=actor.role),
        remedy="The partnership office can appoint the person; act in an office that is held.",
    )


def _person_not_opaque() -> Rejection:
    return Rejection(
        "person_not_opaque",
        "A person is known here by an opaque id: letters, digits and . _ : - only, no name, no e-mail address.",
        remedy="Use the id that the person signs in with; addresses belong in the address book of notifications.",
    )
