"""How an organisation can be reached: which addresses stand, for which office. Addresses themselves are not facts here.

An organisation gives so many contacts and one registered address (service of a notice, locality data).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.notifications import Channel, ContactGiven, ContactWithdrawn
from contracts.partners import PersonErased
from contracts.place import Place
from services.notifications.terms import terms_of
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Rejection, unknown

REGISTERED = "registered_address"
"""The office under which an organisation's registered address stands."""
ERASED = "person_erased"
LOST = "address_lost"


@dataclass
class Contacts:
    """The addresses of an organisation, or of a person, in the order in which they were given."""

    folds: ClassVar[tuple[type[Event], ...]] = (ContactGiven, ContactWithdrawn, PersonErased)
    known: dict[str, ContactGiven] = field(default_factory=dict)
    standing: dict[str, ContactGiven] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one event."""
        self.take(event.data)

    def take(self, data: Event) -> None:
        """Take what an event says."""
        match data:
            case ContactGiven():
                self.known[data.address_id] = self.standing[data.address_id] = data
            case ContactWithdrawn():
                self.standing.pop(data.address_id, None)
            case PersonErased():
                self.erased.add(data.person_id)

    def of_channel(self, channel: Channel) -> list[str]:
        """The standing addresses of one kind."""
        return [given.address_id for given in self.standing.values() if given.channel == channel]

    @property
    def last(self) -> str | None:
        """The last address the organisation gave, of those that stand."""
        return next(reversed(self.standing), None)


@dataclass(frozen=True, kw_only=True)
class GiveContact(Command):
    """An address was written into the address book; from now on it counts."""

    subject: ClassVar[str] = "address_id"
    address_id: str
    organisation_id: str
    person_id: str | None
    office: str
    channel: Channel
    address_hash: str


@dataclass(frozen=True, kw_only=True)
class WithdrawContact(Command):
    """An address is no longer to be used."""

    subject: ClassVar[str] = "address_id"
    address_id: str
    organisation_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class WithdrawPerson(Command):
    """Every address of an erased person is no longer to be used."""

    subject: ClassVar[str] = "person_id"
    person_id: str


def of_organisation(organisation_id: str, person_id: str | None = None) -> Query[Contacts]:
    """The contacts of an organisation, and whether the person named is erased."""
    items = [Item(f"organisation:{organisation_id}", only=(ContactGiven, ContactWithdrawn))]
    if person_id:
        items.append(Item(f"person:{person_id}", only=(PersonErased,)))
    return Query(*items, fold=Contacts)


def of_person(person_id: str) -> Query[Contacts]:
    """The contacts that reach one person."""
    return Query(Item(f"person:{person_id}", only=(ContactGiven, ContactWithdrawn)), fold=Contacts)


def give(contacts: Contacts, command: GiveContact, place: Place) -> Decision:
    """Let an address count, up to the place's number of contacts and one registered address (service of a notice)."""
    if command.address_id in contacts.known:
        return []
    if refused := _not_theirs(command, command.organisation_id) or _erased(contacts, command):
        return refused
    if refused := _one_too_many(contacts, command, place):
        return refused
    return [
        ContactGiven(
            address_id=command.address_id,
            organisation_id=command.organisation_id,
            person_id=command.person_id,
            office=command.office,
            channel=command.channel,
            address_hash=command.address_hash,
        )
    ]


def withdraw(contacts: Contacts, command: WithdrawContact, place: Place) -> Decision:
    """Let an address no longer count."""
    if refused := _not_theirs(command, command.organisation_id):
        return refused
    given = contacts.known.get(command.address_id)
    if given is None:
        return unknown("contact", command.address_id)
    return [_withdrawn(given, command.reason)] if given.address_id in contacts.standing else []


def withdraw_person(contacts: Contacts, command: WithdrawPerson, place: Place) -> Decision:
    """Let no address of an erased person count any more."""
    return [_withdrawn(given, ERASED) for given in contacts.standing.values()]


def _withdrawn(given: ContactGiven, reason: str) -> ContactWithdrawn:
    return ContactWithdrawn(
        address_id=given.address_id, organisation_id=given.organisation_id, person_id=given.person_id, reason=reason
    )


def _not_theirs(command: Command, organisation_id: str) -> Rejection | None:
    if command.actor.role != "vco_representative" or command.actor.organisation == organisation_id:
        return None
    return Rejection("not_your_organisation", "A representative acts for its own organisation only.", status=403)


def _erased(contacts: Contacts, command: GiveContact) -> Rejection | None:
    if command.person_id not in contacts.erased:
        return None
    return Rejection("person_erased", "What was kept to reach this person has been erased.", remedy="Name another.")


def _one_too_many(contacts: Contacts, command: GiveContact, place: Place) -> Rejection | None:
    rule = terms_of(place, command.now).rule
    registered = sum(given.office == REGISTERED for given in contacts.standing.values())
    if rule is None:
        return None
    if command.office == REGISTERED and registered:
        return Rejection(
            "registered_address_stands",
            "This organisation has given its registered address already.",
            rule.citation,
            remedy="Withdraw the former address first.",
        )
    if command.office != REGISTERED and len(contacts.standing) - registered >= rule.contacts:
        return Rejection(
            "too_many_contacts",
            f"An organisation gives {rule.contacts} contacts beside its registered address.",
            rule.citation,
            remedy="Withdraw one of them first.",
        )
    return None
