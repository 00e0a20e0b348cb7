"""Decides which rows of an imported file land in the register.

An import adds organisations and brings details up to date, row by row and field by field. It never overwrites what a
person changed, never renames, never takes a number from anybody; and the same file lands once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.partners import (
    ImportLine,
    OrganisationDetailsChanged,
    OrganisationKind,
    OrganisationRegistered,
    OrganisationsImported,
    Size,
)
from contracts.place import Place
from services.partners import identity
from services.partners.imports import Row
from services.partners.register import Entry, Register, name_of
from services.runtime.calendar import london_date
from services.runtime.decisions import Command, Decision

MOST_NAMED = 1_000
"""Refusals and notes that an event names one by one; it must stay below what a broker takes."""
EMPTY: dict[str, Any] = {"charity_number": None, "company_number": None, "size": Size.UNKNOWN, "serves_groups": ()}
NUMBERS = ("charity_number", "company_number")
DESCRIBED = ("based_in_place", "size", "serves_groups")


@dataclass(frozen=True, kw_only=True)
class ImportOrganisations(Command):
    """Take the rows of a file into the register."""

    subject: ClassVar[str] = "import_id"
    import_id: str
    file: str
    rows: tuple[Row, ...]
    refusals: tuple[ImportLine, ...] = ()
    lines: int = 0
    contact_columns: int = 0


def land(register: Register, command: ImportOrganisations, place: Place) -> Decision:
    """Every row that fits lands, in one append; the others are named by line, column and code."""
    if command.file in register.files:
        return []
    landing = Landing(register.copy(), command, name_of(place))
    for row in command.rows:
        landing.take(row)
    return [*landing.facts, landing.report()]


@dataclass
class Landing:
    """An import under way: the register as it stands after the rows so far."""

    register: Register
    command: ImportOrganisations
    place: str
    facts: list[Event] = field(default_factory=list)
    refusals: list[ImportLine] = field(default_factory=list)
    notes: list[ImportLine] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    """Organisation to the line that first named it in this file."""
    settled: set[str] = field(default_factory=set)
    """Organisations of which a line that was surely theirs has spoken: later lines only add."""

    def take(self, row: Row) -> None:
        """Find whose row it is, then register or complete that organisation."""
        found = self._find(row)
        if isinstance(found, str):
            self.refusals.append(ImportLine(line=row.line, column="", code=found))
        elif found is None:
            self._register(row)
        else:
            self._complete(found, row)

    def report(self) -> OrganisationsImported:
        """The fact that the file was imported, with its counts."""
        refusals = [*self.command.refusals, *self.refusals]
        added = {fact.organisation_id for fact in self.facts if isinstance(fact, OrganisationRegistered)}
        touched = {fact.organisation_id for fact in self.facts if isinstance(fact, OrganisationDetailsChanged)}
        return OrganisationsImported(
            import_id=self.command.import_id,
            file=self.command.file,
            lines=self.command.lines,
            registered=len(added),
            changed=len(touched - added),
            unchanged=len(self.seen) - len(added | touched),
            refused=len({each.line for each in refusals}),
            refusals=tuple(sorted(refusals, key=lambda each: each.line))[:MOST_NAMED],
            notes=tuple(self.notes[:MOST_NAMED]),
            contact_columns=self.command.contact_columns,
        )

    def _find(self, row: Row) -> Entry | str | None:
        """The organisation of a row, none where it is new, or why that cannot be said."""
        entry = self._by_number(row) or self._by_name(row)
        if isinstance(entry, Entry) and entry.dissolved_on:
            return "organisation_dissolved"
        if entry is None and self._new_id(row) in self.register.entries:
            return "organisation_id_taken"
        return entry

    def _by_number(self, row: Row) -> Entry | None:
        """By the charity number where it is known; else by the company number, unless that charity is another."""
        register = self.register
        if owner := register.charities.get(row.charity_number or ""):
            return register.entries[owner]
        owner = register.companies.get(row.company_number or "")
        entry = register.entries[owner] if owner else None
        return entry if entry and not (row.charity_number and entry.charity_number) else None

    def _by_name(self, row: Row) -> Entry | str | None:
        entries = self.register.entries
        named = self.register.named(row.name)
        if row.charity_number or row.company_number:
            entry = entries[named[0]] if len(named) == 1 else None
            return entry if entry and _compatible(entry, row) else None
        if own := entries.get(self._new_id(row)):
            return own
        if len(named) > 1:
            return "name_ambiguous"
        return entries[named[0]] if named else None

    def _new_id(self, row: Row) -> str:
        return identity.organisation_id(self.place, row.name, row.charity_number, self._free_company(row))

    def _free_company(self, row: Row) -> str | None:
        return None if row.company_number in self.register.companies else row.company_number

    def _register(self, row: Row) -> None:
        if row.company_number and not self._free_company(row):
            self._note(row, "company_number", "kept_number_of_another")
        fact = OrganisationRegistered(
            organisation_id=self._new_id(row),
            name=row.name,
            kind=row.kind or OrganisationKind.VCO,
            charity_number=row.charity_number,
            company_number=self._free_company(row),
            based_in_place=row.based_in_place is not False,
            size=row.size or Size.UNKNOWN,
            serves_groups=row.serves_groups or (),
            registered_on=row.registered_on or london_date(self.command.now),
            imported=self.command.file,
        )
        self._keep(fact, row)

    def _complete(self, entry: Entry, row: Row) -> None:
        if (first := self.seen.get(entry.organisation_id)) is not None:
            self._note(row, "", "duplicate_line", first)
        if identity.name_key(row.name) != identity.name_key(entry.name):
            self._note(row, "name", "kept_by_hand" if "name" in entry.by_hand else "kept_name")
        changes = {**dict(self._new_numbers(entry, row)), **dict(self._new_description(entry, row))}
        self._settle(entry, row)
        if changes:
            fact = OrganisationDetailsChanged(
                organisation_id=entry.organisation_id, by_itself=False, imported=self.command.file, **changes
            )
            self._keep(fact, row)

    def _new_numbers(self, entry: Entry, row: Row) -> Iterator[tuple[str, str]]:
        for key, owners in zip(NUMBERS, (self.register.charities, self.register.companies), strict=True):
            said, stands = getattr(row, key), getattr(entry, key)
            if said is None or said == stands:
                continue
            if stands is not None:
                self._note(row, key, "kept_by_hand" if key in entry.by_hand else "kept_number")
            elif said in owners:
                self._note(row, key, "kept_number_of_another")
            else:
                yield key, said

    def _new_description(self, entry: Entry, row: Row) -> Iterator[tuple[str, Any]]:
        """What the row says anew; a duplicate, or a row that only shares the name, adds what is missing."""
        adds_only = entry.organisation_id in self.settled or not self._surely(entry, row)
        for key, said in entry.other({key: getattr(row, key) for key in DESCRIBED}).items():
            if key in entry.by_hand:
                self._note(row, key, "kept_by_hand")
            elif not adds_only or (key in EMPTY and getattr(entry, key) == EMPTY[key]):
                yield key, said

    def _settle(self, entry: Entry, row: Row) -> None:
        """A line known by its name alone settles nothing: with a second bearer of that name it would be refused."""
        self.seen.setdefault(entry.organisation_id, row.line)
        if self._surely(entry, row):
            self.settled.add(entry.organisation_id)

    def _surely(self, entry: Entry, row: Row) -> bool:
        numbered = row.charity_number or row.company_number
        return bool(numbered) or entry.organisation_id == self._new_id(row)

    def _keep(self, fact: OrganisationRegistered | OrganisationDetailsChanged, row: Row) -> None:
        self.facts.append(fact)
        self.register.take(fact)
        self._settle(self.register.entries[fact.organisation_id], row)

    def _note(self, row: Row, column: str, code: str, other: int | None = None) -> None:
        self.notes.append(ImportLine(line=row.line, column=column, code=code, other_line=other))


def _compatible(entry: Entry, row: Row) -> bool:
    """Whether no number of the row says that it is another organisation of the same name."""
    return all(getattr(row, key) is None or getattr(entry, key) in (None, getattr(row, key)) for key in NUMBERS)
