"""What counts as a trace of a sealed sum, and what only looks like one."""

from __future__ import annotations

import pytest

from tests.journeys import traces

HASH = "9a31f0c2b44d98743e0b7713"


@pytest.mark.parametrize(
    "content",
    ['{"pounds":98743}', "98743", "£98743.00", "{'pence': 9874300}", "sum=98743,", "98743-a-year", "p98743", "(98743)"],
)
def test_a_sum_is_found_wherever_it_stands_as_a_number(content: str) -> None:
    assert traces.standing("98743").search(content.encode())


@pytest.mark.parametrize(
    "content", [HASH, "0.98743", "1987430", "a98743bc-0000-8000", "1764987431", "2014-03-10T12:00:00.987431Z"]
)
def test_the_same_digits_inside_a_hash_an_id_or_a_measured_value_are_chance(content: str) -> None:
    assert traces.standing("98743").search(content.lower().encode()) is None


def test_words_are_found_in_any_case_and_inside_others() -> None:
    found = traces.hits({"here": b"x-WELLFOUNDEDZEBUS", "there": b"nothing"}, ["Wellfoundedzebu", "98743"])

    assert found == {"here": ["Wellfoundedzebu"]}
