"""Dates as the law counts them: London days, working days, calendar months."""

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from services.partners.locality import load
from services.runtime.calendar import (
    CalendarExhausted,
    add_months,
    add_working_days,
    day_after_months,
    end_of_london_day,
    is_working_day,
    london_date,
    start_of_london_day,
)

ENGLAND = load(Path(__file__).parents[2] / "localities" / "sutton").calendar

FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2014, 3, 7) + timedelta(days=after) for after in range(4))
DAYS = st.dates(date(2012, 1, 1), date(2030, 12, 31))


def every_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=after) for after in range((last - first).days + 1)]


# London days


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2014, 1, 15, 23, 30, tzinfo=UTC), date(2014, 1, 15)),
        (datetime(2014, 7, 15, 23, 30, tzinfo=UTC), date(2014, 7, 16)),
        (datetime(2014, 3, 29, 23, 30, tzinfo=UTC), date(2014, 3, 29)),
        (datetime(2014, 3, 30, 23, 30, tzinfo=UTC), date(2014, 3, 31)),
        (datetime(2014, 10, 25, 23, 30, tzinfo=UTC), date(2014, 10, 26)),
        (datetime(2014, 10, 26, 23, 30, tzinfo=UTC), date(2014, 10, 26)),
        (datetime(2014, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=5))), date(2013, 12, 31)),
    ],
)
def test_a_moment_falls_on_the_day_it_is_in_london(moment: datetime, day: date) -> None:
    assert london_date(moment) == day


def test_a_moment_without_a_time_zone_has_no_day() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        london_date(datetime(2014, 1, 1, 12, 0))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("day", "end", "hours"),
    [
        (date(2014, 1, 15), datetime(2014, 1, 16, 0, 0, tzinfo=UTC), 24),
        (date(2014, 7, 15), datetime(2014, 7, 15, 23, 0, tzinfo=UTC), 24),
        (date(2014, 3, 30), datetime(2014, 3, 30, 23, 0, tzinfo=UTC), 23),
        (date(2014, 10, 26), datetime(2014, 10, 27, 0, 0, tzinfo=UTC), 25),
    ],
)
def test_a_london_day_ends_where_the_next_begins_also_when_clocks_change(day: date, end: datetime, hours: int) -> None:
    assert end_of_london_day(day) == start_of_london_day(day + timedelta(days=1)) == end
    assert end_of_london_day(day).tzinfo is UTC
    assert end_of_london_day(day) - start_of_london_day(day) == timedelta(hours=hours)


def test_the_last_moment_before_the_end_belongs_to_the_day_and_the_end_itself_does_not() -> None:
    for day in every_day(date(2014, 1, 1), date(2014, 12, 31)):
        end = end_of_london_day(day)

        assert london_date(start_of_london_day(day)) == day
        assert london_date(end - timedelta(microseconds=1)) == day
        assert london_date(end) == day + timedelta(days=1)


# Working days


@pytest.mark.parametrize(
    ("day", "days", "then"),
    [
        (FRIDAY, 1, MONDAY),
        (SATURDAY, 1, MONDAY),
        (SUNDAY, 1, MONDAY),
        (FRIDAY, 0, FRIDAY),
        (SATURDAY, 0, SATURDAY),
        (MONDAY, -1, FRIDAY),
        (SUNDAY, -1, FRIDAY),
        (MONDAY, 5, MONDAY + timedelta(days=7)),
        (MONDAY, -5, MONDAY - timedelta(days=7)),
        (MONDAY, 20, MONDAY + timedelta(days=28)),
    ],
)
def test_working_days_are_counted_from_the_day_after(day: date, days: int, then: date) -> None:
    assert add_working_days(day, days, ENGLAND) == then


@pytest.mark.parametrize(
    ("day", "days", "then"),
    [
        (date(2014, 4, 17), 1, date(2014, 4, 22)),  # Maundy Thursday: Good Friday, the weekend and Easter Monday pass
        (date(2014, 4, 22), -1, date(2014, 4, 17)),
        (date(2013, 12, 24), 1, date(2013, 12, 27)),
        (date(2013, 12, 31), 1, date(2014, 1, 2)),
        (date(2010, 12, 31), 1, date(2011, 1, 4)),  # New Year's Day on a Saturday is kept on the Monday
        (date(2021, 12, 24), 1, date(2021, 12, 29)),  # Christmas and Boxing Day on a weekend: Monday and Tuesday
        (date(2022, 12, 26), 1, date(2022, 12, 28)),  # Christmas on a Sunday: Tuesday, after Boxing Day
        (date(2020, 12, 25), 1, date(2020, 12, 29)),
        (date(2011, 4, 21), 2, date(2011, 4, 27)),
        (date(2011, 4, 28), 1, date(2011, 5, 3)),  # the royal wedding, the weekend, May Day
    ],
)
def test_bank_holidays_and_their_substitutes_are_not_counted(day: date, days: int, then: date) -> None:
    assert add_working_days(day, days, ENGLAND) == then


@pytest.mark.parametrize(
    "day",
    [
        date(2011, 4, 29), date(2012, 6, 4), date(2012, 6, 5), date(2020, 5, 8),
        date(2022, 6, 2), date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8),
    ],
)  # fmt: skip
def test_a_day_kept_once_is_no_working_day(day: date) -> None:
    assert not is_working_day(day, ENGLAND)


@pytest.mark.parametrize("day", [date(2012, 5, 28), date(2020, 5, 4), date(2022, 5, 30)])
def test_a_bank_holiday_moved_away_leaves_a_working_day(day: date) -> None:
    assert is_working_day(day, ENGLAND)


@given(DAYS, st.integers(1, 40))
def test_so_many_working_days_lie_after_the_day_up_to_the_date(day: date, days: int) -> None:
    then = add_working_days(day, days, ENGLAND)

    assert is_working_day(then, ENGLAND)
    assert sum(is_working_day(one, ENGLAND) for one in every_day(day + timedelta(days=1), then)) == days


@given(DAYS, st.integers(1, 40))
def test_counting_back_finds_the_day_one_counted_from(day: date, days: int) -> None:
    working = add_working_days(day, 1, ENGLAND)

    assert add_working_days(add_working_days(working, days, ENGLAND), -days, ENGLAND) == working


@pytest.mark.parametrize(
    ("day", "days", "year"), [(date(2031, 12, 31), 1, 2032), (date(2011, 1, 4), -1, 2010), (date(2040, 6, 1), 1, 2040)]
)
def test_a_date_that_the_calendar_does_not_cover_is_refused(day: date, days: int, year: int) -> None:
    with pytest.raises(CalendarExhausted) as exhausted:
        add_working_days(day, days, ENGLAND)

    assert str(exhausted.value) == (
        f"The calendar england-2026.1 covers 2011 to 2031, not {year}; adopt a calendar that does."
    )


# Months


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2010, 11, 30), 3, date(2011, 2, 28)),
        (date(2011, 2, 28), 3, date(2011, 5, 28)),
        (date(2011, 11, 30), 3, date(2012, 2, 29)),
        (date(2012, 2, 29), 12, date(2013, 2, 28)),
        (date(2014, 8, 31), 6, date(2015, 2, 28)),
        (date(2014, 1, 31), 1, date(2014, 2, 28)),
        (date(2014, 12, 15), 1, date(2015, 1, 15)),
        (date(2014, 9, 30), -9, date(2013, 12, 30)),
        (date(2014, 3, 31), -1, date(2014, 2, 28)),
        (date(2014, 3, 31), 0, date(2014, 3, 31)),
    ],
)
def test_months_end_on_the_corresponding_date_or_the_last_of_a_shorter_month(
    day: date, months: int, then: date
) -> None:
    assert add_months(day, months) == then


def test_three_months_from_30_november_2010_take_effect_on_1_march_2011() -> None:
    assert day_after_months(date(2010, 11, 30), 3) == date(2011, 3, 1)


def test_months_agree_with_dateutil_on_every_day_of_four_years() -> None:
    for day in every_day(date(2011, 1, 1), date(2014, 12, 31)):
        for months in (-9, -1, 1, 3, 6, 12, 36):
            assert add_months(day, months) == day + relativedelta(months=months), (day, months)
