"""How an agreement's money is cut into instalments, and the working day on or before which each is due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from contracts.agreement_terms import Timing
from contracts.funding import YearAmount
from contracts.rules import Calendar
from services.funding.money import APRIL
from services.runtime.calendar import add_months, add_working_days, is_working_day

DAY = timedelta(days=1)
MONTHS = 12


@dataclass(frozen=True)
class Instalment:
    """A sum, the day on which its period begins or ends, and the days that it pays for."""

    year: str
    pounds: int
    day: date
    since: date
    until: date


def instalments(
    amounts: Iterable[YearAmount], starts_on: date, ends_on: date, a_year: int, timing: Timing
) -> Iterator[Instalment]:
    """Each year's money in equal parts, odd pounds first: at the start of each period, or at its end in arrears."""
    for amount in sorted(amounts, key=lambda one: one.year):
        periods = list(_periods(amount.year, starts_on, ends_on, a_year)) or [(starts_on, starts_on)]
        each, odd = divmod(amount.pounds, len(periods))
        for number, (first, last) in enumerate(periods):
            pounds = each + (number < odd)
            if pounds:
                yield Instalment(amount.year, pounds, first if timing is Timing.ADVANCE else last, first, last)


def due_on(day: date, earliest: date, calendar: Calendar) -> date:
    """The working day on or before this day; never earlier than a funder can pay."""
    while not is_working_day(day, calendar):
        day -= DAY
    return max(day, earliest)


def soonest(today: date, working_days: int, calendar: Calendar) -> date:
    """The working day by which a funder can pay from today."""
    return add_working_days(today, max(working_days, 1), calendar)


def _periods(year: str, starts_on: date, ends_on: date, a_year: int) -> Iterator[tuple[date, date]]:
    """The periods of a financial year that lie within the term."""
    opening, months = date(int(year[:4]), APRIL, 1), MONTHS // a_year
    for number in range(a_year):
        first = add_months(opening, months * number)
        last = add_months(opening, months * (number + 1)) - DAY
        if first <= ends_on and last >= starts_on:
            yield max(first, starts_on), min(last, ends_on)
