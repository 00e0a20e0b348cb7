"""How far an office reaches: the authority it stands on and the pounds it may decide about."""

from __future__ import annotations

from contracts.place import Office, Place
from contracts.rules import Citation
from services.funding.money import in_pounds
from services.runtime.decisions import Command, Rejection


def decider(place: Place, command: Command) -> Office | Rejection:
    """The decider's office, which has to name the instrument that it stands on."""
    return office_of(place, command, "decider")


def office_of(place: Place, command: Command, role: str) -> Office | Rejection:
    """The office of this role that somebody acts in, which has to name the instrument that it stands on."""
    actor = command.actor
    office = place.office(actor.person, actor.organisation, role) if actor.role == role else None
    if office and office.authority:
        return office
    return Rejection("no_authority", f"Only a {role} whose office names its authority may do this.", status=403)


def over_limit(office: Office, pounds: int) -> Rejection | None:
    """Refuse what goes beyond the limit of an office; an office without a limit decides about no money."""
    limit = office.limit_pounds or 0
    if pounds <= limit:
        return None
    return Rejection(
        "over_limit", f"{in_pounds(pounds)} is over the limit of this office, {in_pounds(limit)}.",
        Citation(document=office.authority, clause="limit"), "Ask a decider with a higher limit.",
    )  # fmt: skip
