"""The register of organisations, entry by entry: registered, changed, verified, suspended, dissolved, succeeded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from contracts.envelope import DocumentRef, Event
from contracts.partners import (
    OrganisationDetailsChanged,
    OrganisationDissolved,
    OrganisationKind,
    OrganisationRegistered,
    OrganisationReinstated,
    OrganisationSucceeded,
    OrganisationSuspended,
    OrganisationVerified,
    SignatoryJoined,
    SignatoryLeft,
    Size,
)
from contracts.place import Place
from services.partners import identity
from services.partners.identity import DETAILS
from services.partners.offices import lacks_partnership_office
from services.partners.register import Entry, Register, name_of, organisations, whole_register
from services.runtime.calendar import london_date
from services.runtime.decisions import Command, Decision, Query, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class RegisterOrganisation(Command):
    """Enter an organisation; without an id of its own it gets the one that its number or name gives."""

    subject: ClassVar[str] = "organisation_id"
    bootstraps: ClassVar[bool] = True
    organisation_id: str = ""
    name: str
    kind: OrganisationKind = OrganisationKind.VCO
    charity_number: str | None = None
    company_number: str | None = None
    based_in_place: bool = True
    size: Size = Size.UNKNOWN
    serves_groups: tuple[str, ...] = ()
    registered_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class ChangeDetails(Command):
    """Correct what the register says of an organisation; `None` leaves a detail as it is."""

    subject: ClassVar[str] = "organisation_id"
    organisation_id: str
    name: str | None = None
    charity_number: str | None = None
    company_number: str | None = None
    based_in_place: bool | None = None
    size: Size | None = None
    serves_groups: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class VerifyOrganisation(Command):
    """Note that an organisation was looked up in a public register under a number."""

    subject: ClassVar[str] = "organisation_id"
    organisation_id: str
    against: str
    number: str


@dataclass(frozen=True, kw_only=True)
class SuspendOrganisation(Command):
    """Keep an organisation from entering new commitments; the reasons stand in a document."""

    subject: ClassVar[str] = "organisation_id"
    organisation_id: str
    reasons: DocumentRef


@dataclass(frozen=True, kw_only=True)
class ReinstateOrganisation(Command):
    """Let a suspended organisation act again."""

    subject: ClassVar[str] = "organisation_id"
    organisation_id: str


@dataclass(frozen=True, kw_only=True)
class DissolveOrganisation(Command):
    """Note that an organisation no longer exists."""

    subject: ClassVar[str] = "organisation_id"
    organisation_id: str
    dissolved_on: date


@dataclass(frozen=True, kw_only=True)
class SucceedOrganisation(Command):
    """Note that another organisation took over what this one held."""

    subject: ClassVar[str] = "organisation_id"
    organisation_id: str
    successor_id: str
    succeeded_on: date


def all_of(command: Command) -> Query[Register]:
    """Every organisation: numbers and ids must be unique among them."""
    return whole_register()


def facts_of(command: Any) -> Query[Register]:
    """What is known of the organisation that a command is about."""
    return organisations([command.organisation_id])


def register(facts: Register, command: RegisterOrganisation, place: Place) -> Decision:
    """Enter an organisation under an id that it keeps; its numbers belong to nobody else."""
    if refused := lacks_partnership_office(command.actor, place):
        return refused
    asked = registration(command, name_of(place))
    if entry := facts.entries.get(asked.organisation_id):
        return [] if _same(entry, asked) else _already_registered(entry.organisation_id)
    if owner := facts.owner_of_number(_numbers(asked)):
        return _number_taken(owner)
    if asked.registered_on > london_date(command.now):
        return _not_yet("registered_on_in_future", "registered")
    return [asked]


def registration(command: RegisterOrganisation, place: str) -> OrganisationRegistered:
    """The fact that a request to register asks for."""
    derived = identity.organisation_id(place, command.name, command.charity_number, command.company_number)
    return OrganisationRegistered(
        organisation_id=command.organisation_id or derived,
        name=command.name,
        kind=command.kind,
        charity_number=command.charity_number,
        company_number=command.company_number,
        based_in_place=command.based_in_place,
        size=command.size,
        serves_groups=command.serves_groups,
        registered_on=command.registered_on or london_date(command.now),
    )


def change_details(facts: Register, command: ChangeDetails, place: Place) -> Decision:
    """Change what differs; what the organisation says of itself no import overwrites."""
    by_itself = command.actor.role == "vco_representative"
    if by_itself and command.actor.organisation != command.organisation_id:
        return _of_another()
    if (entry := facts.entries.get(command.organisation_id)) is None:
        return unknown("organisation", command.organisation_id)
    if entry.dissolved_on:
        return _dissolved()
    changes = entry.other({key: getattr(command, key) for key in DETAILS})
    owner = facts.owner_of_number(changes)
    if owner and owner != entry.organisation_id:
        return _number_taken(owner)
    if not changes:
        return []
    return [OrganisationDetailsChanged(organisation_id=entry.organisation_id, by_itself=by_itself, **changes)]


def verify(facts: Register, command: VerifyOrganisation, place: Place) -> Decision:
    """Note a look-up under a number that the register holds for this organisation."""
    found = OrganisationVerified(
        organisation_id=command.organisation_id, against=command.against, number=command.number
    )

    def decide(entry: Entry) -> Decision:
        if (command.against, command.number) in entry.verified:
            return []
        if command.number not in (entry.charity_number, entry.company_number):
            return Rejection(
                "number_not_registered",
                "The register holds no such number for this organisation.",
                remedy="Correct the organisation's details first.",
            )
        return [found]

    return _living(facts, command.organisation_id, decide)


def suspend(facts: Register, command: SuspendOrganisation, place: Place) -> Decision:
    """Suspend an organisation, with reasons."""
    fact = OrganisationSuspended(organisation_id=command.organisation_id, reasons=command.reasons)
    return _living(facts, command.organisation_id, lambda entry: [] if entry.suspended else [fact])


def reinstate(facts: Register, command: ReinstateOrganisation, place: Place) -> Decision:
    """End a suspension."""
    fact = OrganisationReinstated(organisation_id=command.organisation_id)
    return _living(facts, command.organisation_id, lambda entry: [fact] if entry.suspended else [])


def dissolve(facts: Register, command: DissolveOrganisation, place: Place) -> Decision:
    """Note the day from which an organisation no longer exists, once that day has come."""
    if (entry := facts.entries.get(command.organisation_id)) is None:
        return unknown("organisation", command.organisation_id)
    if entry.dissolved_on:
        return [] if entry.dissolved_on == command.dissolved_on else _dissolved()
    if command.dissolved_on > london_date(command.now):
        return _not_yet("dissolution_in_future", "dissolved")
    return [OrganisationDissolved(
        organisation_id=command.organisation_id, dissolved_on=command.dissolved_on, place=name_of(place)
    )]  # fmt: skip


def succession_of(command: SucceedOrganisation) -> Query[Register]:
    """Both organisations, and every succession, so that none runs in a circle."""
    return whole_register(command.organisation_id, command.successor_id)


def succeed(facts: Register, command: SucceedOrganisation, place: Place) -> Decision:
    """Name the successor; where a signatory is succeeded, the successor is bound as it was, pending or not."""
    for each in (command.organisation_id, command.successor_id):
        if each not in facts.entries:
            return unknown("organisation", each)
    if heir := facts.entries[command.organisation_id].successor_id:
        return [] if heir == command.successor_id else _already_succeeded()
    if refused := _cannot_succeed(facts, facts.entries[command.successor_id], command):
        return refused
    fact = OrganisationSucceeded(
        organisation_id=command.organisation_id,
        successor_id=command.successor_id,
        succeeded_on=command.succeeded_on,
        place=name_of(place),
    )
    return [fact, *_signature_passed_on(fact, place)]


def _cannot_succeed(facts: Register, successor: Entry, command: SucceedOrganisation) -> Rejection | None:
    if successor.dissolved_on:
        return _dissolved()
    if command.succeeded_on > london_date(command.now):
        return _not_yet("succession_in_future", "succeeded")
    heir: str | None = successor.organisation_id
    while heir is not None and heir != command.organisation_id:
        heir = facts.entries[heir].successor_id
    if heir is not None:
        return Rejection("succession_in_circle", "An organisation cannot take over from itself, not even in a chain.")
    return None


def _signature_passed_on(fact: OrganisationSucceeded, place: Place) -> list[Event]:
    joined = place.joined.get(fact.organisation_id)
    if joined is None or fact.organisation_id in place.left:
        return []
    name = name_of(place)
    left = SignatoryLeft(
        organisation_id=fact.organisation_id, place=name, left_on=fact.succeeded_on, succeeded_by=fact.successor_id
    )
    if fact.successor_id in place.joined and fact.successor_id not in place.left:
        return [left]
    heir = SignatoryJoined(
        organisation_id=fact.successor_id, place=name, joined_on=fact.succeeded_on, pending=joined[1]
    )
    return [left, heir]


def _living(facts: Register, organisation: str, decide: Callable[[Entry], Decision]) -> Decision:
    if (entry := facts.entries.get(organisation)) is None:
        return unknown("organisation", organisation)
    return _dissolved() if entry.dissolved_on else decide(entry)


def _same(entry: Entry, asked: OrganisationRegistered) -> bool:
    return entry.kind is asked.kind and not entry.other({key: getattr(asked, key) for key in DETAILS})


def _numbers(asked: OrganisationRegistered) -> dict[str, str | None]:
    return {"charity_number": asked.charity_number, "company_number": asked.company_number}


def _already_registered(which: str) -> Rejection:
    return Rejection(
        "organisation_already_registered",
        f"The register already holds {which} with other details.",
        remedy="Change the details of that organisation instead.",
    )


def _number_taken(owner: str) -> Rejection:
    return Rejection(
        "number_of_another_organisation",
        f"The register holds this number for {owner}.",
        remedy="Check the number; where the register is wrong, correct that organisation first.",
    )


def _of_another() -> Rejection:
    return Rejection("organisation_of_another", "You act for another organisation.", status=403)


def _dissolved() -> Rejection:
    return Rejection("organisation_dissolved", "This organisation is dissolved.")


def _already_succeeded() -> Rejection:
    return Rejection("organisation_already_succeeded", "Another organisation already took over from this one.")


def _not_yet(code: str, what: str) -> Rejection:
    return Rejection(
        code, f"An organisation cannot be {what} on a day that has not come yet.", remedy="Send it on that day."
    )
