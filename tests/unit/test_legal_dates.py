"""Every legal date of 2011 to 2030, beside a calculation that shares nothing with ours but the question.

Theirs: the days of `holidays` and of Easter's own rule in `dateutil`, working days looked up in a sorted list, months
by `relativedelta`, London's clock by the rule of the last Sundays. Ours: `services.runtime.calendar`, Sutton's rules.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import isleap, monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import pytest
from dateutil.easter import easter
from dateutil.relativedelta import relativedelta
from holidays import country_holidays

from services.funding.notice_periods import reckon
from services.notifications.terms import Terms
from services.partners.locality import load
from services.runtime.calendar import (
    add_months,
    add_working_days,
    day_after_months,
    end_of_london_day,
    is_working_day,
    london_date,
    start_of_london_day,
)
from tests.unit.notifications_givens import LOCALITIES

SUTTON = load(LOCALITIES / "sutton")
CALENDAR = SUTTON.calendar
DAY = timedelta(days=1)
FIRST, LAST = date(2011, 1, 1), date(2030, 12, 31)
EVERY_DAY = [FIRST + n * DAY for n in range((LAST - FIRST).days + 1)]
KEPT = frozenset(country_holidays("GB", subdiv="ENG", years=range(2011, 2032)))
WORKING = [day for n in range((date(2031, 12, 31) - FIRST).days + 1) if (day := FIRST + n * DAY).isoweekday() < 6
           and day not in KEPT]  # fmt: skip
"""Every working day up to 2031, the year after, in order."""


def working_day_after(day: date, days: int) -> date:
    return WORKING[bisect_right(WORKING, day) + days - 1]


def working_day_before(day: date, days: int) -> date:
    return WORKING[bisect_left(WORKING, day) - days]


def corresponding(day: date, months: int) -> date:
    """The corresponding date rule, written out: the same number, or the last day of a month that has no such day."""
    year, month = day.year + (day.month + months - 1) // 12, (day.month + months - 1) % 12 + 1
    longest = 29 if month == 2 and isleap(year) else [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    return date(year, month, min(day.day, longest))


def last_sunday(year: int, month: int) -> date:
    last = date(year, month, monthrange(year, month)[1])
    return last - timedelta(days=last.isoweekday() % 7)


@cache
def summer(year: int) -> tuple[datetime, datetime]:
    """From 01:00 UTC on the last Sunday of March to 01:00 UTC on that of October."""
    ends = last_sunday(year, 3), last_sunday(year, 10)
    return datetime.combine(ends[0], time(1), UTC), datetime.combine(ends[1], time(1), UTC)


def by_the_clock_in_london(moment: datetime) -> date:
    begins, ends = summer(moment.year)
    return (moment + timedelta(hours=1 if begins <= moment < ends else 0)).date()


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), UTC)


def test_the_calendar_keeps_exactly_the_bank_holidays_of_england_with_their_substitutes():
    ours = {day for day in CALENDAR.bank_holidays if FIRST <= day <= LAST}

    assert ours == {day for day in KEPT if FIRST <= day <= LAST and day.isoweekday() < 6}


def test_good_friday_and_easter_monday_follow_easter_in_every_year():
    for year in range(2011, 2031):
        assert not is_working_day(easter(year) - 2 * DAY, CALENDAR), year
        assert not is_working_day(easter(year) + DAY, CALENDAR), year
        assert add_working_days(easter(year) - 3 * DAY, 1, CALENDAR) == working_day_after(easter(year) - 3 * DAY, 1)


def test_a_holiday_that_falls_on_a_weekend_is_kept_on_a_weekday_after_it():
    for year in range(2011, 2031):
        kept = [day for day in CALENDAR.bank_holidays if date(year, 12, 25) <= day <= date(year + 1, 1, 3)]

        assert len(kept) == 3, (year, kept)
        assert all(day.isoweekday() < 6 for day in kept)


def test_every_day_is_a_working_day_or_not_as_in_the_sorted_list():
    working = set(WORKING)

    assert [day for day in EVERY_DAY if is_working_day(day, CALENDAR) != (day in working)] == []


@pytest.mark.parametrize("days", [1, 2, 5, 15, 20])
def test_working_days_from_every_day(days: int):
    wrong = [day for day in EVERY_DAY if add_working_days(day, days, CALENDAR) != working_day_after(day, days)]

    assert wrong == []


def test_working_days_before_every_day():
    days = EVERY_DAY[40:]

    assert [day for day in days if add_working_days(day, -5, CALENDAR) != working_day_before(day, 5)] == []


@pytest.mark.parametrize("months", [3, 6])
def test_a_notice_served_on_any_day_ends_on_the_corresponding_day_and_takes_effect_the_day_after(months: int):
    for day in EVERY_DAY:
        period = reckon(day, months)

        assert (
            period.ends_on
            == add_months(day, months)
            == day + relativedelta(months=months)
            == corresponding(day, months)
        )
        assert period.effect_on == day_after_months(day, months) == corresponding(day, months) + DAY


@pytest.mark.parametrize("months", [3, 6])
def test_a_notice_served_a_day_later_never_ends_earlier_and_is_never_shorter_than_its_months(months: int):
    ends = [reckon(day, months).ends_on for day in EVERY_DAY]

    assert ends == sorted(ends)
    shortest, longest = {3: (89, 92), 6: (181, 184)}[months]
    lengths = {(end - day).days for day, end in zip(EVERY_DAY, ends, strict=True)}
    assert (min(lengths), max(lengths)) == (shortest, longest)


def test_a_notice_served_at_the_end_of_a_month_ends_with_the_shorter_month():
    for year in range(2011, 2031):
        february = date(year, 2, 29 if isleap(year) else 28)

        assert {reckon(date(year - 1, 11, n), 3).ends_on for n in (28, 29, 30)} <= {february, february - DAY}
        assert reckon(date(year - 1, 11, 30), 3).ends_on == reckon(date(year - 1, 8, 31), 6).ends_on == february
        assert reckon(date(year - 1, 11, 30), 3).effect_on == date(year, 3, 1)
        assert reckon(february, 3).ends_on == date(year, 5, february.day)
        assert reckon(date(year, 3, 31), 6).ends_on == date(year, 9, 30)


def test_a_period_already_paid_for_is_never_cut():
    for day in EVERY_DAY:
        ends_on = corresponding(day, 6)
        quarter = next(date(y, m, 1) - DAY for y in (ends_on.year, ends_on.year + 1) for m in (1, 4, 7, 10)
                       if date(y, m, 1) > ends_on)  # fmt: skip

        assert reckon(day, 6, quarter).effect_on == quarter + DAY
        assert reckon(day, 6, day).effect_on == ends_on + DAY
        assert reckon(day, 6, ends_on).effect_on == ends_on + DAY


@pytest.mark.parametrize(("hour", "minute"), [(0, 0), (0, 30), (1, 0), (12, 0), (22, 59), (23, 0), (23, 30), (23, 59)])
def test_service_at_any_moment_falls_on_the_day_it_is_in_london(hour: int, minute: int):
    moments = [at(day, hour, minute) for day in EVERY_DAY]

    assert [moment for moment in moments if london_date(moment) != by_the_clock_in_london(moment)] == []


def test_service_at_half_past_eleven_at_night_in_summer_counts_from_the_next_day():
    for day in EVERY_DAY:
        sent = at(day, 23, 30)
        begins, ends = summer(day.year)
        counted_from = day + DAY if begins <= sent < ends else day

        assert london_date(sent) == counted_from
        assert reckon(london_date(sent), 6).ends_on == corresponding(counted_from, 6)


def test_a_day_lasts_23_hours_in_march_and_25_in_october():
    for day in EVERY_DAY:
        hours = {last_sunday(day.year, 3): 23, last_sunday(day.year, 10): 25}.get(day, 24)

        assert end_of_london_day(day) - start_of_london_day(day) == timedelta(hours=hours), day


def test_a_notice_sent_on_any_day_counts_from_the_next_working_day_and_a_letter_from_the_second():
    for day in EVERY_DAY:
        sent = at(day, 23, 30)
        terms = Terms(london_date(sent), SUTTON.service_of_notice, CALENDAR)
        counted_from = by_the_clock_in_london(sent)

        assert terms.after_email(terms.today) == working_day_after(counted_from, 1)
        assert terms.after_posting(terms.today) == working_day_after(counted_from, 2)


@pytest.mark.parametrize("months", [3, 6])
def test_from_an_email_on_any_day_to_the_day_of_effect(months: int):
    terms = Terms(FIRST, SUTTON.service_of_notice, CALENDAR)
    for day in EVERY_DAY:
        served_on = terms.after_email(day)

        assert reckon(served_on, months).effect_on == working_day_after(day, 1) + relativedelta(months=months) + DAY
