"""What a person is told who made a mistake in a file of a place."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from services.partners.locality import load
from services.partners.locality_files import LocalityMistake

LOCALITIES = Path(__file__).parents[2] / "localities"

Edit = Callable[..., Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """A copy of Sutton's files with one passage of one file put otherwise."""

    def edit(file: str, old: str, new: str) -> Path:
        place = tmp_path / "localities" / "sutton"
        shutil.copytree(LOCALITIES / "sutton", place)
        text = (place / file).read_text("utf-8")
        assert old in text
        (place / file).write_text(text.replace(old, new, 1), "utf-8")
        return place

    return edit


def mistake_in(place: Path) -> str:
    with pytest.raises(LocalityMistake) as found:
        load(place)
    return str(found.value)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "rules.toml", "max_per_year = 175_000", 'max_per_year = "lots"',
            "programmes.spp.max_per_year: expected a whole number of pounds, found 'lots'",
        ),
        (
            "rules.toml", "max_per_year = 175_000", "max_per_year = 175_000.50",
            "programmes.spp.max_per_year: expected a whole number of pounds, found 175000.5",
        ),
        (
            "rules.toml", "max_per_year = 175_000", "max_per_year = -5",
            "programmes.spp.max_per_year: expected a whole number of pounds, at least 1, found -5",
        ),
        (
            "rules.toml", "max_per_year = 175_000", "max_per_yaer = 175_000",
            "programmes.spp.max_per_yaer: expected a known key, perhaps max_per_year, found this one",
        ),
        (
            "rules.toml", "[reporting]", "[zebra]",
            "zebra: expected a known key, found this one",
        ),
        (
            "rules.toml", "open_working_days = 20\n", "",
            "reporting.open_working_days: expected a value, found none",
        ),
        (
            "rules.toml", "open_working_days = 20", "open_working_days = true",
            "reporting.open_working_days: expected a whole number of working days, found true",
        ),
        (
            "rules.toml", "minimum_months = 3", 'minimum_months = "3"',
            "notice_periods.minimum_months: expected a whole number of months, found '3'",
        ),
        (
            "rules.toml", "best_practice_months = 6", "best_practice_months = 2",
            "notice_periods.best_practice_months: expected no less than the minimum of 3 months, found 2",
        ),
        (
            "rules.toml", "core_costs_only = true", 'core_costs_only = "yes"',
            "programmes.spp.core_costs_only: expected true or false, found 'yes'",
        ),
        (
            "rules.toml", "adopted_on = 2013-10-01", 'adopted_on = "1 October 2013"',
            "adopted_on: expected a day such as 2013-10-01, found '1 October 2013'",
        ),
        (
            "rules.toml", "second_tier_only = {", "second_tier = {",
            "programmes.spp.citations.second_tier: expected the key of a limit, found 'second_tier'",
        ),
        (
            "rules.toml", 'place = "sutton"', 'place = "suton"',
            "place: expected 'sutton' as the directory is called, found 'suton'",
        ),
        (
            "rules.toml", 'place = "sutton"', 'place = "sutton"\nsignatories = []',
            "signatories: expected this in signatories.toml, found it here",
        ),
        (
            "calendar.toml", "2013-12-25, #", "2013-12-32, #",
            "line 32, column 9: expected TOML, found a mistake: Unclosed array",
        ),
        (
            "calendar.toml", "    2011-01-03,", "    2011-01-01,",
            "bank_holidays: expected the substitute on a weekday, found 2011-01-01, a Saturday",
        ),
        (
            "calendar.toml", "last_year = 2031", "last_year = 2032",
            "bank_holidays: expected the bank holidays of 2032, found none",
        ),
        (
            "calendar.toml", "Europe/London", "Europe/Paris",
            "time_zone: expected 'Europe/London', found 'Europe/Paris'",
        ),
        (
            "calendar.toml", "    2011-01-03,", '    "Monday",',
            "bank_holidays[1]: expected a day such as 2013-10-01, found 'Monday'",
        ),
        (
            "undertakings.toml", 'clause = "3.1.4"\nby = "public"', 'clause = "3.1.4"\nby = "council"',
            "undertakings[3.1.4].by: expected \"public\" or \"vco\", found 'council'",
        ),
        (
            "undertakings.toml", "public = 4", "public = 5",
            "sections[3.1].public: expected 5 as declared here, found 4",
        ),
        (
            "undertakings.toml", 'outcome = "An equal and fair society"', 'outcome = "A fair society"',
            "sections[3.5].outcome: expected one of 'A strong, diverse and independent civil society', "
            "'Effective and transparent design and development of policies, programmes and public services', "
            "'Responsive and high-quality programmes and services', "
            "'Clear arrangements for managing changes to programmes and services', "
            "'An equal and fair society', found 'A fair society'",
        ),
        (
            "undertakings.toml",
            'text = "The public sector will ensure the timely payment of funds to VCOs."', 'text = ""',
            "undertakings[3.3.4].text: expected some text, found ''",
        ),
        (
            "priorities.toml", "Fairer = 12", "Fairer = 13",
            "counts.Fairer: expected 13 as declared here, found 12",
        ),
        (
            "priorities.toml", 'id = "decent-homes"', 'id = "unemployment-gap"',
            "priorities[unemployment-gap]: expected it once, found 2",
        ),
        (
            "priorities.toml", 'principle = "Partnership"', 'principle = "Partnerships"',
            "priorities[st-helier-hospital].principle: expected one of 'Value for money', 'Engagement', 'Partnership', "
            "found 'Partnerships'",
        ),
        (
            "resources.toml", 'number = "unknown"', 'number = "many"',
            "resources[Primary Care Trust].figures[GP practices].number: expected a whole number or \"unknown\", "
            "found 'many'",
        ),
        (
            "resources.toml", "number = 1400\n", "",
            "resources[Primary Care Trust].figures[people employed].number: expected a value, found none",
        ),
        (
            "signatories.toml", 'organisation_id = "sutton-fire"', 'organisation_id = "sutton-police"',
            "signatories[sutton-police]: expected it once, found 2",
        ),
        (
            "signatories.toml", "pending = true", "pendign = true",
            "signatories[sutton-ccg].pendign: expected a known key, perhaps pending, found this one",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_key_and_what_was_expected(
    edited: Edit, file: str, old: str, new: str, told: str
) -> None:
    place = edited(file, old, new)

    assert mistake_in(place) == f"localities/sutton/{file}: {told}"


def test_an_undertaking_left_out_is_told_by_its_clause_and_its_section(edited: Edit) -> None:
    place = edited("undertakings.toml", 'clause = "3.1.4"', 'clause = "3.1.8"')

    assert mistake_in(place) == "localities/sutton/undertakings.toml: undertakings: expected 3.1.4, found none"


def test_an_undertaking_given_twice_is_told_with_the_one_it_displaced(edited: Edit) -> None:
    place = edited("undertakings.toml", 'clause = "3.1.2"', 'clause = "3.1.1"')

    assert mistake_in(place).splitlines() == [
        "localities/sutton/undertakings.toml: undertakings[3.1.1]: expected it once, found 2",
        "localities/sutton/undertakings.toml: undertakings: expected 3.1.2, found none",
    ]


def test_an_undertaking_of_no_section_is_told(edited: Edit) -> None:
    place = edited("undertakings.toml", 'clause = "3.5.6"', 'clause = "3.6.1"')

    assert mistake_in(place).splitlines() == [
        "localities/sutton/undertakings.toml: sections[3.5].vco: expected 3 as declared here, found 2",
        "localities/sutton/undertakings.toml: undertakings[3.6.1]: expected one of '3.1', '3.2', '3.3', '3.4', '3.5', "
        "found '3.6'",
    ]


def test_every_mistake_of_a_file_is_told_at_once(edited: Edit) -> None:
    place = edited("rules.toml", "years = 3\ncore_costs_only = true", 'years = "three"\ncore_costs_only = 1')

    assert mistake_in(place).splitlines() == [
        "localities/sutton/rules.toml: programmes.spp.years: expected a whole number of years, found 'three'",
        "localities/sutton/rules.toml: programmes.spp.core_costs_only: expected true or false, found 1",
    ]


def test_a_mistake_in_the_form_of_the_file_is_told_with_its_line(edited: Edit) -> None:
    place = edited("rules.toml", 'title = "Sutton Compact"', "title = Sutton Compact")

    assert mistake_in(place) == (
        "localities/sutton/rules.toml: line 5, column 9: expected TOML, found a mistake: Invalid value"
    )


def test_a_file_cut_off_in_the_middle_is_told(edited: Edit) -> None:
    place = edited("rules.toml", "sutton", "sutton")
    (place / "rules.toml").write_text('outcomes = ["A strong', "utf-8")

    assert mistake_in(place).startswith("localities/sutton/rules.toml: end of document: expected TOML, found a mistake")


def test_a_file_in_another_encoding_is_told_with_line_and_byte(edited: Edit) -> None:
    place = edited("resources.toml", "Working", "Working")
    text = (place / "resources.toml").read_text("utf-8")
    (place / "resources.toml").write_bytes(text.encode("windows-1252"))
    line = text[: text.index("’")].count("\n") + 1

    assert mistake_in(place) == (
        f"localities/sutton/resources.toml: line {line}: expected UTF-8, found the byte 0x92; save the file as UTF-8"
    )


def test_a_byte_order_mark_and_windows_line_ends_are_no_mistake(edited: Edit) -> None:
    place = edited("rules.toml", "sutton", "sutton")
    text = (place / "rules.toml").read_text("utf-8").replace("\n", "\r\n")
    (place / "rules.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())

    assert load(place) == load(LOCALITIES / "sutton")


def test_a_file_that_is_not_known_is_refused(edited: Edit) -> None:
    place = edited("rules.toml", "sutton", "sutton")
    (place / "priorities.toml").rename(place / "priority.toml")

    assert mistake_in(place) == (
        "localities/sutton/priority.toml: expected one of rules.toml, calendar.toml, undertakings.toml, "
        "priorities.toml, resources.toml, signatories.toml, found a file of this name"
    )


def test_a_place_needs_a_calendar(edited: Edit) -> None:
    place = edited("rules.toml", "sutton", "sutton")
    (place / "calendar.toml").unlink()

    assert mistake_in(place) == "localities/sutton/calendar.toml: expected this file, found none"
