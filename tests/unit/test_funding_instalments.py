"""An agreement's money is cut into instalments without a pound lost, each due on or before a working day."""

from datetime import date

import pytest
from funding_givens import RULES
from hypothesis import given
from hypothesis import strategies as st

from contracts.agreement_terms import Timing
from contracts.funding import YearAmount
from services.funding.instalments import due_on, instalments, soonest
from services.runtime.calendar import is_working_day

CALENDAR = RULES["sutton"].calendar
YEARS = (YearAmount(year="2014/15", pounds=100_001), YearAmount(year="2015/16", pounds=60_000))
TERM = (date(2014, 4, 1), date(2016, 3, 31))
AMOUNTS = st.lists(st.integers(0, 200_000), min_size=1, max_size=3).map(
    lambda pounds: [YearAmount(year=f"{2014 + n}/{15 + n}", pounds=one) for n, one in enumerate(pounds)]
)


def test_in_advance_each_period_is_paid_as_it_begins_and_odd_pounds_come_first():
    cut = list(instalments(YEARS, *TERM, 4, Timing.ADVANCE))

    assert [(one.day.isoformat(), one.pounds) for one in cut[:5]] == [
        ("2014-04-01", 25_001), ("2014-07-01", 25_000), ("2014-10-01", 25_000), ("2015-01-01", 25_000),
        ("2015-04-01", 15_000),
    ]  # fmt: skip


def test_in_arrears_each_period_is_paid_as_it_ends():
    cut = list(instalments(YEARS, *TERM, 2, Timing.ARREARS))

    assert [one.day.isoformat() for one in cut] == ["2014-09-30", "2015-03-31", "2015-09-30", "2016-03-31"]


def test_a_term_that_begins_within_a_period_begins_there():
    cut = list(instalments(YEARS[:1], date(2014, 11, 10), date(2015, 3, 31), 4, Timing.ADVANCE))

    assert [(one.day.isoformat(), one.pounds) for one in cut] == [("2014-11-10", 50_001), ("2015-01-01", 50_000)]


@given(
    AMOUNTS, st.dates(date(2014, 4, 1), date(2015, 3, 31)), st.dates(date(2015, 4, 1), date(2017, 3, 31)),
    st.sampled_from([1, 2, 4, 12]), st.sampled_from(Timing),
)  # fmt: skip
def test_no_pound_is_lost_or_added(amounts, starts_on, ends_on, a_year, timing):
    cut = list(instalments(amounts, starts_on, ends_on, a_year, timing))

    assert sum(one.pounds for one in cut) == sum(amount.pounds for amount in amounts)
    assert all(one.pounds > 0 for one in cut)
    assert all(starts_on <= one.day <= ends_on for one in cut)


@pytest.mark.parametrize(
    ("day", "due"),
    [
        ("2014-10-01", "2014-10-01"),
        ("2014-04-20", "2014-04-17"),
        ("2015-01-01", "2014-12-31"),
        ("2014-12-28", "2014-12-24"),
    ],
)
def test_a_payment_is_due_on_or_before_a_working_day(day, due):
    assert due_on(date.fromisoformat(day), date(2014, 1, 2), CALENDAR) == date.fromisoformat(due)


@given(st.dates(date(2014, 1, 1), date(2029, 12, 31)), st.dates(date(2014, 1, 1), date(2029, 11, 30)))
def test_a_due_day_is_a_working_day_and_never_before_a_funder_can_pay(day, today):
    earliest = soonest(today, 10, CALENDAR)

    due = due_on(day, earliest, CALENDAR)

    assert is_working_day(due, CALENDAR)
    assert due >= earliest
    assert due <= max(day, earliest)
