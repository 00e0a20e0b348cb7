"""Which rows of a list land in the register: once, and never over what a person changed."""

import hashlib
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from partners_givens import COUNCIL, NOW, OFFICER, REPRESENTATIVE, TODAY, VCO, registering, sutton

from compact.demo_data import messy_register
from contracts.envelope import Event
from contracts.partners import (
    ImportLine,
    OrganisationDetailsChanged,
    OrganisationKind,
    OrganisationRegistered,
    OrganisationsImported,
    Size,
)
from services.partners.imports import REASONS, Row, parse
from services.partners.landing import ImportOrganisations
from services.partners.organisations import ChangeDetails, DissolveOrganisation

HEADER = "Name,Charity number,Company number,Based in,Works in,Size,Serves,Date joined\n"


def importing(data: bytes) -> ImportOrganisations:
    parsed = parse(data, "sutton", TODAY)
    file = hashlib.sha256(data).hexdigest()
    return ImportOrganisations(
        actor=OFFICER, now=NOW, import_id=f"import-{file[:16]}", file=file, rows=parsed.rows,
        refusals=parsed.refusals, lines=parsed.lines, contact_columns=parsed.contact_columns,
    )  # fmt: skip


def listed(*rows: str) -> ImportOrganisations:
    return importing((HEADER + "\n".join(rows) + "\n").encode())


def report(events: Sequence[Event]) -> OrganisationsImported:
    assert isinstance(events[-1], OrganisationsImported)
    return events[-1]


def noted(events: Sequence[Event]) -> list[tuple[int, str, str]]:
    return [(each.line, each.column, each.code) for each in report(events).notes]


# Landing in the register


def test_the_demonstrations_list_lands_as_it_says_and_a_second_time_changes_nothing() -> None:
    told, file = sutton(), messy_register()

    decided = told.does(importing(file.data))

    assert report(decided).registered == file.organisations == 612
    assert report(decided).refused == file.refused
    assert len(report(decided).notes) == file.repeated
    assert report(decided).contact_columns == 3
    assert all(each.line > 1 and each.code in REASONS for each in report(decided).refusals)
    cvs = next(entry for entry in told.register().entries.values() if entry.name == "Sutton CVS")
    assert cvs.kind is OrganisationKind.INFRASTRUCTURE
    assert told.decide(importing(file.data)) == []


def test_nothing_of_the_contact_columns_comes_into_an_event() -> None:
    decided = sutton().does(importing(messy_register().data))

    written = " ".join(each.model_dump_json() for each in decided)
    assert "@" not in written
    assert "Contact 1" not in written
    assert "07700" not in written


def test_an_organisation_gets_the_id_that_its_number_or_name_gives() -> None:
    told = sutton()

    told.does(listed("Corve Choir,9900001,99000001,,,,,", "Brindle Club,,99000002,,,,,", "Dunnet Circle,,,,,,,"))

    ids = set(told.register().entries)
    assert {"GB-CHC-9900001", "GB-COH-99000002"} < ids
    assert sum(each.startswith("sutton-") for each in ids) == 1 + sum(
        each.startswith("sutton-") for each in sutton().register().entries
    )


def test_a_repeated_organisation_lands_once_and_only_adds_what_was_missing() -> None:
    told = sutton()

    decided = told.does(listed("Corve Choir,,,,,small,,", "THE CORVE CHOIR LTD,9900001,,,,large,,"))

    (entry,) = [each for each in told.register().entries.values() if each.name == "Corve Choir"]
    assert (entry.charity_number, entry.size) == ("9900001", Size.SMALL)
    assert report(decided).notes == (ImportLine(line=3, column="", code="duplicate_line", other_line=2),)
    assert report(decided).registered == 1


@pytest.mark.parametrize(
    "line",
    ["Another Name,9900001,,,,large,,", "Another Name,,99000001,,,large,,", "the ambleford lunch club,,,,,large,,"],
)
def test_a_row_is_known_by_charity_number_company_number_or_name(line: str) -> None:
    told = sutton()
    told.does(registering(company_number="99000001"))
    before = len(told.register().entries)

    told.does(listed(line))

    assert len(told.register().entries) == before
    assert told.register().entries[VCO].size is Size.LARGE
    assert told.register().entries[VCO].name == "Ambleford Lunch Club"


def test_another_number_makes_another_organisation_of_the_same_name() -> None:
    told = sutton()
    told.does(registering())

    told.does(listed("Ambleford Lunch Club,9900002,,,,,,"))
    decided = told.does(listed("Ambleford Lunch Club,,,,,small,,"))

    assert "GB-CHC-9900002" in told.register().entries
    assert [(each.line, each.code) for each in report(decided).refusals] == [(2, "name_ambiguous")]


def test_a_later_list_brings_details_up_to_date_but_never_a_name_or_number() -> None:
    told = sutton()
    told.does(listed("Corve Choir,9900001,99000001,Sutton,,small,carers,"))

    decided = told.does(listed("Corve Singers,9900001,99000009,Merton,yes,large,,"))

    entry = told.register().entries[VCO]
    assert (entry.name, entry.company_number) == ("Corve Choir", "99000001")
    assert (entry.size, entry.based_in_place, entry.serves_groups) == (Size.LARGE, False, ("carers",))
    assert noted(decided) == [(2, "name", "kept_name"), (2, "company_number", "kept_number")]
    assert report(decided).changed == 1


def test_an_import_never_overwrites_what_a_vco_changed_itself_field_by_field() -> None:
    told = sutton()
    told.does(listed("Corve Choir,9900001,,Sutton,,small,carers,"))
    told.does(ChangeDetails(actor=REPRESENTATIVE, now=NOW, organisation_id=VCO, name="Corve Singers", size=Size.MEDIUM))

    decided = told.does(listed("Corve Choir,9900001,,Merton,yes,large,,"))

    entry = told.register().entries[VCO]
    assert (entry.name, entry.size, entry.based_in_place) == ("Corve Singers", Size.MEDIUM, False)
    assert noted(decided) == [(2, "name", "kept_by_hand"), (2, "size", "kept_by_hand")]


def test_a_number_of_another_organisation_is_left_out() -> None:
    told = sutton()
    told.does(listed("Corve Choir,9900001,99000001,,,,,", "Brindle Club,9900002,,,,,,"))

    decided = told.does(listed("Brindle Club,9900002,99000001,,,,,", "Dunnet Circle,9900003,99000001,,,,,"))

    assert noted(decided) == [
        (2, "company_number", "kept_number_of_another"), (3, "company_number", "kept_number_of_another"),
    ]  # fmt: skip
    assert told.register().entries["GB-CHC-9900003"].company_number is None


def test_rows_of_dissolved_organisations_and_of_former_numbers_are_left_to_a_person() -> None:
    told = sutton()
    told.does(listed("Corve Choir,9900001,,,,,,", "Brindle Club,9900002,,,,,,"))
    told.does(DissolveOrganisation(actor=OFFICER, now=NOW, organisation_id=VCO, dissolved_on=TODAY))
    told.does(ChangeDetails(actor=OFFICER, now=NOW, organisation_id="GB-CHC-9900002", charity_number="9900005"))

    decided = told.does(listed("Corve Choir,9900001,,,,,,", "Elver Club,9900002,,,,,,"))

    assert [(each.line, each.code) for each in report(decided).refusals] == [
        (2, "organisation_dissolved"), (3, "organisation_id_taken"),
    ]  # fmt: skip
    assert all(each.code in REASONS for each in report(decided).refusals)


def test_a_public_body_named_in_a_list_stays_what_it_is() -> None:
    told = sutton()
    before = told.register().entries[COUNCIL]

    told.does(listed(f"{before.name},,,Merton,yes,,,"))

    assert told.register().entries[COUNCIL] == before


# Any files, in any order, twice


NAMES = st.sampled_from(["Corve Choir", "Brindle Club", "The Corve Choir Ltd", "Dunnet Circle"])
NUMBERS = st.sampled_from([None, None, "9900001", "9900002", "9900003"])
COMPANIES = st.sampled_from([None, None, "99000001", "99000002"])


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "name": draw(NAMES), "charity_number": draw(NUMBERS), "company_number": draw(COMPANIES),
        "size": draw(st.sampled_from([None, Size.SMALL, Size.LARGE])),
        "based_in_place": draw(st.sampled_from([None, True, False])),
        "serves_groups": draw(st.sampled_from([None, ("carers",), ("children",)])),
    }  # fmt: skip


FILES = st.lists(st.lists(rows(), min_size=1, max_size=5), min_size=1, max_size=4)


def file_of(which: list[dict[str, Any]], name: str) -> ImportOrganisations:
    file = hashlib.sha256(name.encode()).hexdigest()
    numbered = tuple(Row(line=at, **each) for at, each in enumerate(which, 2))
    return ImportOrganisations(actor=OFFICER, now=NOW, import_id=name, file=file, rows=numbered, lines=len(numbered))


@settings(max_examples=40, deadline=None)
@given(FILES)
def test_any_files_in_any_order_twice_are_the_same_as_once(files: list[list[dict[str, Any]]]) -> None:
    told = sutton()
    for at, each in enumerate(files):
        told.does(file_of(each, f"f{at}"))
    once = told.register().entries

    for at, each in enumerate(files):
        assert told.decide(file_of(each, f"f{at}")) == []
    for at, each in enumerate(files):
        told.does(file_of(each, f"saved again {at}"))

    assert told.register().entries == once


@settings(max_examples=30, deadline=None)
@given(FILES)
def test_no_number_ever_belongs_to_two_organisations(files: list[list[dict[str, Any]]]) -> None:
    told = sutton()
    for at, each in enumerate(files):
        told.does(file_of(each, f"f{at}"))

    entries = list(told.register().entries.values())
    for numbers in ([each.charity_number for each in entries], [each.company_number for each in entries]):
        given_out = [number for number in numbers if number]
        assert len(given_out) == len(set(given_out))


@settings(max_examples=20, deadline=None)
@given(st.lists(rows(), min_size=1, max_size=5))
def test_every_fact_of_an_import_says_from_which_file_it_came(which: list[dict[str, Any]]) -> None:
    command = file_of(which, "f")

    for fact in sutton().does(command)[:-1]:
        assert isinstance(fact, OrganisationRegistered | OrganisationDetailsChanged)
        assert fact.imported == command.file
