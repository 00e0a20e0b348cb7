"""Whole pounds by financial year, 1 April to 31 March, written as it is spoken: `2014/15`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from contracts.funding import BudgetLine, YearAmount

APRIL = 4


def financial_year(day: date) -> str:
    """The financial year this day falls in."""
    first = day.year if day.month >= APRIL else day.year - 1
    return f"{first}/{(first + 1) % 100:02d}"


def years_between(first: date, last: date) -> tuple[str, ...]:
    """The financial years that a term touches, in order."""
    years = range(first.year - 1, last.year + 1)
    inside = (financial_year(date(year, APRIL, 1)) for year in years)
    return tuple(year for year in inside if financial_year(first) <= year <= financial_year(last))


def per_year(amounts: Iterable[YearAmount | BudgetLine]) -> Counter[str]:
    """The pounds of each financial year."""
    found: Counter[str] = Counter()
    for amount in amounts:
        found[amount.year] += amount.pounds
    return found


def total(amounts: Iterable[YearAmount | BudgetLine]) -> int:
    """The pounds of all years together."""
    return sum(amount.pounds for amount in amounts)


def in_pounds(amount: int) -> str:
    """An amount as people write it: £175,000."""
    return f"£{amount:,}"
