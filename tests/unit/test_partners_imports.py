"""A list of organisations is read as people have it: every fault is named, and persons never enter."""

import codecs
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from partners_givens import TODAY

from contracts.partners import (
    Size,
)
from services.partners import cells
from services.partners.imports import REASONS, FileUnreadable, Parsed, Row, parse

HEADER = "Name,Charity number,Company number,Based in,Works in,Size,Serves,Date joined\n"


def read(text: str | bytes) -> Parsed:
    return parse(text if isinstance(text, bytes) else text.encode(), "sutton", TODAY)


def row(text: str) -> Row:
    parsed = read(HEADER + text + "\n")
    assert parsed.refusals == ()
    return parsed.rows[0]


def faults(text: str | bytes) -> list[tuple[int, str, str]]:
    return [(each.line, each.column, each.code) for each in read(text).refusals]


# Reading a file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_file_is_read_in_every_encoding_separator_and_ending_that_people_send(
    encoding: str, separator: str, ending: str
) -> None:
    text = ending.join((separator.join(("NAME ", "charity no.")), separator.join(("Café Fictif", "9900001")), ""))

    assert read(text.encode(encoding)).rows == (Row(line=2, name="Café Fictif", charity_number="9900001"),)


def test_lines_of_another_encoding_pasted_into_a_file_are_read_each_in_its_own() -> None:
    parsed = read(codecs.BOM_UTF8 + b"Name\n" + "Café One\n".encode() + "Café Two\n".encode("cp1252"))

    assert [each.name for each in parsed.rows] == ["Café One", "Café Two"]


def test_columns_are_found_in_any_order_and_case_and_after_empty_lines_and_a_separator_hint() -> None:
    parsed = read("sep=;\n\n;;;\nDATE JOINED;e-mail;Organisation Name\n1/2/2003;x@example.invalid;Corve Choir\n")

    assert parsed.rows == (Row(line=5, name="Corve Choir", registered_on=date(2003, 2, 1)),)
    assert parsed.contact_columns == 1


@pytest.mark.parametrize(
    "text", ["", "\n\n", "Corve Choir,9900001\nAnother,9900002\n", "Charity number;Size\n9900001;small\n"]
)
def test_a_file_without_a_header_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(FileUnreadable, match="organisation's name") as refused:
        read(text)

    assert refused.value.code == "header_missing"
    assert "Choir" not in refused.value.sentence


@pytest.mark.parametrize("data", [b"PK\x03\x04rubbish", b"\0N\0a\0m\0e\0\n" * 9, b"%PDF-1.7 Name"])
def test_a_file_that_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(FileUnreadable) as refused:
        read(data)

    assert refused.value.code == "file_not_text"


def test_a_file_beyond_all_measure_is_refused() -> None:
    with pytest.raises(FileUnreadable) as too_long:
        read("Name\n" + "x\n" * 10_000)
    with pytest.raises(FileUnreadable) as too_large:
        read(b"x" * 5_000_001)

    assert (too_long.value.code, too_large.value.code) == ("file_too_long", "file_too_large")


def test_a_quoted_line_end_belongs_to_its_cell_and_lines_are_still_counted() -> None:
    parsed = read('Name,Serves\n"Corve\nChoir","carers\nolder people"\n\nBrindle Club,\n')

    assert [(each.line, each.name) for each in parsed.rows] == [(2, "Corve Choir"), (6, "Brindle Club")]
    assert parsed.rows[0].serves_groups == ("carers", "older people")


def test_one_broken_line_costs_itself_only() -> None:
    text = 'Name,Size\n"Broken,small\nCorve Choir,small\nNul\0 Club,small\n"Odd"x,small\nA,B,C\nBrindle Club,large\n'

    assert faults(text) == [
        (2, "", "line_quote_open"), (4, "", "line_has_nul"), (5, "", "line_quote_open"), (6, "", "line_too_wide"),
    ]  # fmt: skip
    assert [each.name for each in read(text).rows] == ["Corve Choir", "Brindle Club"]


def test_half_a_file_lands_up_to_the_line_where_it_was_cut() -> None:
    whole = "Name,Charity number,Size\nCorve Choir,9900001,small\nBrindle Club,9900002,small\n"

    parsed = read(whole[: whole.index("02,small")])

    assert [each.name for each in parsed.rows] == ["Corve Choir"]
    assert [(each.line, each.code) for each in parsed.refusals] == [(3, "line_cut_off")]


def test_a_huge_row_is_refused_and_the_next_is_read() -> None:
    assert faults(f"Name,Size\n{'x' * 20_001},small\nCorve Choir,small\n") == [(2, "", "line_too_long")]


@pytest.mark.parametrize(
    "written",
    [
        "31/12/2012", "2012-12-31", "31 Dec 12", "31-Dec-12", "31.12.2012", "31st December 2012", "31/12/12",
        "31/12/2012 00:00",
    ],
)  # fmt: skip
def test_a_date_is_read_however_it_is_written(written: str) -> None:
    assert row(f"Corve Choir,,,,,,,{written}").registered_on == date(2012, 12, 31)


@pytest.mark.parametrize(
    ("cell", "column", "code"),
    [
        ("Corve Choir,,,,,,,31/02/2012", "registered_on", "date_unreadable"),
        ("Corve Choir,,,,,,,12/31/2012", "registered_on", "date_unreadable"),
        ("Corve Choir,,,,,,,last spring", "registered_on", "date_unreadable"),
        ("Corve Choir,,,,,,,05/11/2013", "registered_on", "date_in_future"),
        ("Corve Choir,12,,,,,,", "charity_number", "charity_number_unreadable"),
        ("Corve Choir,1.01E+06,,,,,,", "charity_number", "charity_number_unreadable"),
        ("Corve Choir,,ABC,,,,,", "company_number", "company_number_unreadable"),
        ("Corve Choir,,,,,rich,,", "size", "size_unreadable"),
        ("Corve Choir,,,,,,ask 07700 900123,", "serves_groups", "groups_unreadable"),
        ("Corve Choir,,,Merton,no,,,", "works_in_place", "not_of_this_place"),
        (",9900001,,,,,,", "name", "name_missing"),
        (f"{'x' * 201},,,,,,,", "name", "name_too_long"),
        ("CafÃ© Choir,,,,,,,", "name", "name_garbled"),
        ("Choir (jane@example.invalid),,,,,,,", "name", "name_holds_contact_details"),
        ("Choir 020 7946 0123,,,,,,,", "name", "name_holds_contact_details"),
    ],
)
def test_a_bad_cell_is_named_by_line_column_and_reason(cell: str, column: str, code: str) -> None:
    assert faults(HEADER + "Good Club,,,,,,,\n" + cell + "\n") == [(3, column, code)]
    assert code in REASONS


def test_every_bad_cell_of_a_row_is_named() -> None:
    assert faults(HEADER + "Choir,12,,,,rich,,soon\n") == [
        (2, "charity_number", "charity_number_unreadable"), (2, "size", "size_unreadable"),
        (2, "registered_on", "date_unreadable"),
    ]  # fmt: skip


def test_an_organisation_based_elsewhere_that_works_here_is_read_as_such() -> None:
    assert row("Corve Choir,,,Merton,yes,,,").based_in_place is False
    assert row("Corve Choir,,,London Borough of Sutton,,,,").based_in_place is True
    assert row("Corve Choir,,,,,,,").based_in_place is None


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("Small", Size.SMALL), ("£8,500", Size.SMALL) , ("120000.50", Size.MEDIUM), ("1000000", Size.LARGE),
        ("0", Size.SMALL), ("n/a", None),
    ],
)  # fmt: skip
def test_size_is_a_word_or_an_income(written: str, size: Size | None) -> None:
    assert row(f'Corve Choir,,,,,"{written}",,').size is size


def test_a_public_body_does_not_enter_the_register_by_a_list() -> None:
    assert faults("Name,Type\nSome Council,council\nSutton CVS,infrastructure\n") == [(2, "kind", "kind_not_imported")]


def test_a_name_of_a_person_is_never_taken_for_the_organisations() -> None:
    parsed = read("Name,Organisation,Name\nJane Doe,Corve Choir,John Doe\n")

    assert [each.name for each in parsed.rows] == ["Corve Choir"]
    assert parsed.contact_columns == 2


@given(st.binary(max_size=300))
def test_no_bytes_at_all_break_the_reader(data: bytes) -> None:
    for whole in (data, b"Name,Size,Date joined\n" + data):
        try:
            parsed = read(whole)
        except FileUnreadable:
            continue
        assert parsed.lines >= len(parsed.rows)
        assert all(each.code in REASONS for each in parsed.refusals)


def test_a_pattern_of_groups_answers_at_once_whatever_is_written() -> None:
    with pytest.raises(cells.Fault):
        cells.groups("a-" * 29 + "!")
