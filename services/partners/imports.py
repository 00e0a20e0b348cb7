"""Reads a list of organisations as people have them: bytes in, rows and faults out; columns about persons stay unread.

Pure. Nothing in a fault repeats what stood in the file: line, column and a code, whose sentence is in :data:`REASONS`.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

from contracts.partners import ImportLine, OrganisationKind, Size
from services.partners import cells
from services.partners.cells import Fault

COLUMNS: dict[str, tuple[str, ...]] = {
    "name": (
        "organisation name", "name of organisation", "organisation", "organization", "group name", "name of group",
        "charity name", "vco", "group", "name",
    ),
    "kind": ("kind", "type", "organisation type", "type of organisation"),
    "charity_number": (
        "charity number", "charity no", "registered charity number", "registered charity no", "reg charity no",
        "charity reg no", "charity",
    ),
    "company_number": ("company number", "company no", "companies house number", "company reg no", "company"),
    "based_in_place": ("based in place", "based in", "based here", "based", "borough", "town", "area"),
    "works_in_place": ("works in place", "works in", "works here", "active here", "active in"),
    "size": ("size", "income", "annual income", "yearly income", "turnover"),
    "serves_groups": ("serves groups", "groups served", "serves", "who it serves", "beneficiaries", "client group"),
    "registered_on": (
        "registered on", "date registered", "registered", "date joined", "joined", "member since", "date",
    ),
}  # fmt: skip
"""The headings of each column that is read, the surest first."""
CONTACT_WORDS = {
    "contact", "email", "mail", "phone", "telephone", "tel", "mobile", "fax", "address", "postcode", "website",
    "chair", "chairperson", "chairman", "chairwoman", "secretary", "treasurer", "trustee", "trustees", "person",
    "name", "forename", "surname", "firstname", "lastname", "officer", "worker", "coordinator", "manager",
    "director", "twitter", "facebook", "dob", "notes", "comments",
}  # fmt: skip
"""A heading with one of these words is a column about persons: counted, never read."""
LONGEST_FILE, MOST_LINES, LONGEST_LINE, LINES_OF_A_ROW = 5_000_000, 10_000, 20_000, 10
REASONS = {
    "name_missing": "The row has no name of an organisation.",
    "name_too_long": f"The name is longer than {cells.LONGEST_NAME} characters.",
    "name_garbled": "The name was damaged by a wrong encoding; save the file as UTF-8 from its source.",
    "name_holds_contact_details": "The name holds an e-mail address, web address or telephone number.",
    "name_ambiguous": "Several organisations have this name; give a charity or company number.",
    "charity_number_unreadable": "This cannot be a charity number.",
    "company_number_unreadable": "This cannot be a company number.",
    "date_unreadable": "This is not a date; write it as 31/12/2013 or 2013-12-31.",
    "date_in_future": "This date has not come yet.",
    "kind_not_imported": "The kind is none that is imported: vco, infrastructure or business.",
    "size_unreadable": "This is neither small, medium or large nor an income in pounds.",
    "groups_unreadable": "Groups are short words, separated by semicolons.",
    "not_of_this_place": "The organisation is neither based nor working here.",
    "line_has_nul": "The line holds NUL bytes: it was damaged.",
    "line_too_long": f"The row is longer than {LONGEST_LINE:,} characters.",
    "line_quote_open": "A quotation mark is opened and never closed, or stands in the wrong place.",
    "line_too_wide": "The row has more cells than the header; a separator inside a cell needs quotation marks.",
    "line_cut_off": "The file ends in the middle of this row.",
    "organisation_dissolved": "The register holds this organisation as dissolved.",
    "organisation_id_taken": "The register knows this number as a former one of an organisation; enter it by hand.",
    "duplicate_line": "The same organisation as an earlier line; only what was still missing was taken.",
    "kept_by_hand": "A person changed this in the register; it was kept.",
    "kept_name": "The register has another name for this organisation, which was kept.",
    "kept_number": "The register has another number for this organisation, which was kept.",
    "kept_number_of_another": "The number belongs to another organisation in the register; it was left out.",
}


class FileUnreadable(Exception):
    """The file as a whole cannot be imported; the sentence repeats nothing of it."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


@dataclass(frozen=True)
class Row:
    """One organisation as a line of the file has it; `None` where it says nothing."""

    line: int
    name: str
    kind: OrganisationKind | None = None
    charity_number: str | None = None
    company_number: str | None = None
    based_in_place: bool | None = None
    size: Size | None = None
    serves_groups: tuple[str, ...] | None = None
    registered_on: date | None = None


@dataclass(frozen=True)
class Parsed:
    """What a file holds: rows that can be decided on, lines that cannot, and columns that were left unread."""

    rows: tuple[Row, ...]
    refusals: tuple[ImportLine, ...]
    lines: int
    contact_columns: int
    other_columns: int


def parse(data: bytes, place: str, today: date) -> Parsed:
    """Read a file; raises FileUnreadable where it has no header or is no text."""
    lines = _decoded(data)
    delimiter, start = _delimiter(lines)
    records = _records(lines, start, delimiter)
    header = _header(next(records, (0, []))[1])
    columns = _columns(header)
    cut_at = len(lines) if lines and not lines[-1].endswith("\n") else 0
    found = [
        _row(line, record, columns, line == cut_at, place, today)
        for line, record in records
        if isinstance(record, Fault) or any(cell.strip() for cell in record)
    ]
    rows = tuple(row for row in found if isinstance(row, Row))
    refusals = tuple(chain.from_iterable(row for row in found if not isinstance(row, Row)))
    return Parsed(rows, refusals, len(found), *_unread(header, columns))


def _header(record: list[str] | Fault) -> list[str]:
    return record if isinstance(record, list) else []


def _decoded(data: bytes) -> list[str]:
    if len(data) > LONGEST_FILE:
        raise FileUnreadable("file_too_large", f"The file is larger than {LONGEST_FILE:,} bytes; import it in parts.")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.decode("utf-16", "replace").encode()
    data = data.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if data.count(0) * 10 > len(data) or data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise FileUnreadable("file_not_text", "The file is not plain text; save the sheet as CSV and send that.")
    lines = [_text(line) for line in data.splitlines(keepends=True)]
    if len(lines) > MOST_LINES:
        raise FileUnreadable("file_too_long", f"The file has more than {MOST_LINES:,} lines; import it in parts.")
    return lines


def _text(line: bytes) -> str:
    """Line by line, as files are put together from several: UTF-8, or else what Windows wrote."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def _delimiter(lines: Sequence[str]) -> tuple[str, int]:
    """The separator, as a spreadsheet's hint names it or the header shows it, and where the header stands."""
    speaking = [at for at, line in enumerate(lines) if line.strip(' ;,\t|\n"')]
    if not speaking:
        return ",", len(lines)
    if named := re.fullmatch(r"sep=([;,\t|])\s*", lines[speaking[0]], re.I):
        return named[1], next(iter(speaking[1:]), len(lines))
    return max(",;\t|", key=lines[speaking[0]].count), speaking[0]


def _records(lines: Sequence[str], at: int, delimiter: str) -> Iterator[tuple[int, list[str] | Fault]]:
    """Each row with the line it begins on; after a broken one the next line is tried for itself."""
    while at < len(lines):
        some = lines[at : at + LINES_OF_A_ROW]
        if fault := _damage(some[0]):
            yield at + 1, fault
            at += 1
            continue
        reader = csv.reader(some, delimiter=delimiter, strict=True)
        try:
            cells_of_row = next(reader)
        except csv.Error:
            yield at + 1, Fault("line_quote_open")
            at += 1
        else:
            yield at + 1, _whole(cells_of_row)
            at += max(1, reader.line_num)


def _damage(line: str) -> Fault | None:
    if len(line) > LONGEST_LINE:
        return Fault("line_too_long")
    return Fault("line_has_nul") if "\0" in line else None


def _whole(record: list[str]) -> list[str] | Fault:
    return Fault("line_has_nul") if any("\0" in cell for cell in record) else record


def _heading(cell: str) -> str:
    return " ".join(re.sub(r"[^a-z]+", " ", cell.casefold().replace("e-mail", "email")).split())


def _columns(header: Sequence[str]) -> dict[str, int]:
    """Where each column stands; of two that could be the same, the surer heading counts."""
    headings = [_heading(cell) for cell in header]
    found = {
        column: headings.index(known[0])
        for column, names in COLUMNS.items()
        if (known := [each for each in names if each in headings])
    }
    if "name" not in found:
        raise FileUnreadable(
            "header_missing",
            "The first line must name the columns, and one of them must be the organisation's name: "
            f"{', '.join(COLUMNS['name'])}.",
        )
    return found | {"": len(header)}


def _unread(header: Sequence[str], columns: dict[str, int]) -> tuple[int, int]:
    read = columns.values()
    unread = [set(_heading(cell).split()) for at, cell in enumerate(header) if at not in read and cell.strip()]
    contact = sum(bool(words & CONTACT_WORDS) for words in unread)
    return contact, len(unread) - contact


def _row(
    line: int, record: list[str] | Fault, columns: dict[str, int], cut: bool, place: str, today: date
) -> Row | list[ImportLine]:
    if not isinstance(record, list):
        return [ImportLine(line=line, column="", code=record.code)]
    if any(cell.strip() for cell in record[columns[""] :]):
        return [ImportLine(line=line, column="", code="line_too_wide")]
    if cut and len(record) < columns[""]:
        return [ImportLine(line=line, column="", code="line_cut_off")]
    texts = {column: record[at] if at < len(record) else "" for column, at in columns.items() if column}
    values, faults = _values(texts, place, today)
    if faults:
        return [ImportLine(line=line, column=column, code=code) for column, code in faults]
    return Row(line=line, **values)


def _values(texts: dict[str, str], place: str, today: date) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    values: dict[str, Any] = {}
    faults: list[tuple[str, str]] = []
    for column, text in texts.items():
        try:
            values[column] = _value(column, text, place)
        except Fault as fault:
            faults.append((column, fault.code))
    if values.pop("works_in_place", None) is False and values.get("based_in_place") is False:
        faults.append(("works_in_place", "not_of_this_place"))
    if (since := values.get("registered_on")) and since > today:
        faults.append(("registered_on", "date_in_future"))
    return values, faults


def _value(column: str, text: str, place: str) -> Any:
    match column:
        case "name":
            return cells.name(text)
        case "kind":
            return cells.kind(text)
        case "charity_number":
            return cells.charity_number(text)
        case "company_number":
            return cells.company_number(text)
        case "size":
            return cells.size(text)
        case "serves_groups":
            return cells.groups(text)
        case "registered_on":
            return cells.day(text)
    return cells.here(text, place)
