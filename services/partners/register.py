"""The register of organisations as facts: who is in it, under which numbers and name, and what a person changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.partners import (
    OrganisationDetailsChanged,
    OrganisationDissolved,
    OrganisationKind,
    OrganisationRegistered,
    OrganisationReinstated,
    OrganisationsImported,
    OrganisationSucceeded,
    OrganisationSuspended,
    OrganisationVerified,
    Size,
)
from contracts.place import Place
from services.partners.identity import DETAILS, name_key
from services.runtime.decisions import Item, Query, Recorded


@dataclass(frozen=True)
class Entry:
    """One organisation as it stands in the register."""

    organisation_id: str
    name: str
    kind: OrganisationKind
    charity_number: str | None
    company_number: str | None
    based_in_place: bool
    size: Size
    serves_groups: tuple[str, ...]
    by_hand: frozenset[str] = frozenset()
    """The details that a person changed, which no import overwrites."""
    verified: frozenset[tuple[str, str]] = frozenset()
    suspended: bool = False
    dissolved_on: date | None = None
    successor_id: str | None = None

    def other(self, details: dict[str, Any]) -> dict[str, Any]:
        """Of the details given, those that differ from what stands here."""
        return {key: value for key, value in details.items() if value is not None and value != getattr(self, key)}


@dataclass
class Register:
    """Some organisations or all of them, found by id, number and name; and the files imported so far."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        OrganisationRegistered, OrganisationDetailsChanged, OrganisationVerified, OrganisationSuspended,
        OrganisationReinstated, OrganisationDissolved, OrganisationSucceeded, OrganisationsImported,
    )  # fmt: skip
    entries: dict[str, Entry] = field(default_factory=dict)
    charities: dict[str, str] = field(default_factory=dict)
    companies: dict[str, str] = field(default_factory=dict)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files: frozenset[str] = frozenset()

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact of the register."""
        self.take(event.data)

    def take(self, fact: Event) -> None:
        """Take what a fact says about one organisation, or that a file was imported."""
        match fact:
            case OrganisationRegistered():
                self._put(_registered(fact))
            case OrganisationsImported():
                self.files |= {fact.file}
            case _ if entry := self.entries.get(getattr(fact, "organisation_id", "")):
                self._put(_changed(entry, fact))

    def copy(self) -> Register:
        """The same facts, to be taken further without touching these."""
        return Register(dict(self.entries), dict(self.charities), dict(self.companies), dict(self.names), self.files)

    def named(self, name: str) -> tuple[str, ...]:
        """The organisations of that name."""
        return self.names.get(name_key(name), ())

    def owner_of_number(self, details: dict[str, Any]) -> str | None:
        """The organisation that one of these numbers belongs to, if any."""
        owners = (
            self.charities.get(details.get("charity_number") or ""),
            self.companies.get(details.get("company_number") or ""),
        )
        return next((owner for owner in owners if owner), None)

    def _put(self, entry: Entry) -> None:
        if old := self.entries.get(entry.organisation_id):
            self._forget(old)
        self.entries[entry.organisation_id] = entry
        if entry.charity_number:
            self.charities[entry.charity_number] = entry.organisation_id
        if entry.company_number:
            self.companies[entry.company_number] = entry.organisation_id
        self.names[name_key(entry.name)] = (*self.named(entry.name), entry.organisation_id)

    def _forget(self, old: Entry) -> None:
        self.charities.pop(old.charity_number or "", None)
        self.companies.pop(old.company_number or "", None)
        self.names[name_key(old.name)] = tuple(one for one in self.named(old.name) if one != old.organisation_id)


def name_of(place: Place) -> str:
    """What the place is called, as its rules say it."""
    return place.rule_sets[-1].place


def _registered(fact: OrganisationRegistered) -> Entry:
    return Entry(
        fact.organisation_id, fact.name, fact.kind, fact.charity_number, fact.company_number,
        fact.based_in_place, fact.size, fact.serves_groups,
    )  # fmt: skip


def _changed(entry: Entry, fact: Event) -> Entry:
    match fact:
        case OrganisationDetailsChanged():
            details = entry.other({key: getattr(fact, key) for key in DETAILS})
            by_hand = entry.by_hand if fact.imported else entry.by_hand | frozenset(details)
            return replace(entry, **details, by_hand=by_hand)
        case OrganisationVerified():
            return replace(entry, verified=entry.verified | {(fact.against, fact.number)})
        case OrganisationSuspended() | OrganisationReinstated():
            return replace(entry, suspended=isinstance(fact, OrganisationSuspended))
        case OrganisationDissolved():
            return replace(entry, dissolved_on=fact.dissolved_on)
        case OrganisationSucceeded():
            return replace(entry, successor_id=fact.successor_id)
    return entry


def whole_register(*more: str) -> Query[Register]:
    """Every organisation, for what must be unique among all; and all that is known of some of them."""
    return Query(Item("register:organisations"), *(Item(f"organisation:{one}") for one in more), fold=Register)


def organisations(ids: Iterable[str]) -> Query[Register]:
    """All that is known of these organisations."""
    return Query(*(Item(f"organisation:{one}") for one in ids), fold=Register)
