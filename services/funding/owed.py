"""What each period of an agreement is owed by all changes of support that hold, in whatever order they came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from contracts.change_gates import AgreementEnded, AgreementVaried
from contracts.funding import Support, YearAmount
from services.funding.instalments import due_on
from services.funding.money import per_year
from services.funding.payment_book import Payment, PaymentBook
from services.funding.payment_terms import PaymentTerms
from services.runtime.calendar import DAY


@dataclass
class Owed:
    """One period: all payments that ever stood for it, what was paid of it, and what is still to be paid."""

    line: list[Payment]
    paid: int
    pounds: int
    """What is still to be paid."""
    until: date
    due_on: date

    @property
    def first(self) -> Payment:
        """The payment that the agreement scheduled."""
        return self.line[0]

    @property
    def last(self) -> Payment:
        """The payment that came to stand for it last."""
        return self.line[-1]

    @property
    def standing(self) -> list[Payment]:
        """The unpaid payments that no change cancelled."""
        return [one for one in self.line if one.made is None and one.cancelled is None]

    @property
    def gives_more(self) -> bool:
        """Whether more is owed than stands."""
        return self.pounds > sum(one.scheduled.pounds for one in self.standing)

    @property
    def as_it_stands(self) -> bool:
        """Whether what stands unpaid is what is owed."""
        found = [(one.scheduled.pounds, one.scheduled.pays_until) for one in self.standing]
        return found == ([(self.pounds, self.until)] if self.pounds else [])


def owed(book: PaymentBook, terms: PaymentTerms) -> list[Owed]:
    """The agreement's own schedule, less what was paid, with every change that holds applied by its day (3.4.4)."""
    periods = [_as_agreed(line) for line in book.lines]
    for change in sorted(_holding(book), key=lambda one: one.from_day):
        match change:
            case AgreementEnded():
                _end(periods, change.from_day, terms)
            case AgreementVaried(support=Support.FUNDING):
                _vary(_within_term(book, periods), change.amounts, change.from_day)
    return periods


def for_days(pounds: int, since: date, until: date, days: int) -> int:
    """What a period's pounds are for so many days, rounded up."""
    return -(-pounds * days // ((until - since).days + 1))


def _holding(book: PaymentBook) -> Iterator[AgreementEnded | AgreementVaried]:
    """What no sums made good have undone."""
    return (one for one in book.changes.values() if isinstance(one, AgreementEnded | AgreementVaried))


def _as_agreed(line: list[Payment]) -> Owed:
    known = line[0].scheduled
    paid = sum(one.scheduled.pounds for one in line if one.made)
    whole = [one.due_on for one in line if not one.cancelled and one.scheduled.pays_until == known.pays_until]
    return Owed(line, paid, max(known.pounds - paid, 0), known.pays_until, max([line[0].due_on, *whole]))


def _end(periods: Iterable[Owed], from_day: date, terms: PaymentTerms) -> None:
    """A period that the end cuts is paid by the day until then; later ones are not."""
    last = from_day - DAY
    for one in _to_come(periods, from_day):
        since = one.first.scheduled.pays_from
        if since > last:
            one.pounds = 0
            continue
        days = (last - since).days + 1
        one.pounds = max(for_days(one.paid + one.pounds, since, one.until, days) - one.paid, 0)
        one.until = last
        one.due_on = min(one.due_on, due_on(last, terms.soonest, terms.calendar))


def _vary(periods: list[Owed], amounts: tuple[YearAmount, ...], from_day: date) -> None:
    """What a year still has after all that is paid or owed already is shared by its periods to come."""
    totals = per_year(amounts)
    for year in sorted({one.first.scheduled.year for one in periods}):
        mine = [one for one in periods if one.first.scheduled.year == year]
        to_come = _to_come(mine, from_day)
        before = sum(one.pounds for one in to_come)
        left = max(totals[year] - sum(one.paid + one.pounds for one in mine) + before, 0)
        if to_come and left != before:
            _share(to_come, left)


def _share(periods: list[Owed], pounds: int) -> None:
    each, odd = divmod(pounds, len(periods))
    for number, one in enumerate(periods):
        one.pounds = each + (number < odd)


def _to_come(periods: Iterable[Owed], from_day: date) -> list[Owed]:
    """Periods with something unpaid for days from this one on, in their order."""
    found = [one for one in periods if one.pounds and one.until >= from_day]
    return sorted(found, key=lambda one: (one.first.scheduled.pays_from, one.first.scheduled.number))


def _within_term(book: PaymentBook, periods: list[Owed]) -> list[Owed]:
    """Days of the term; what an incumbent keeps beyond it is no part of a year's amount."""
    ends_on = book.drafted.ends_on if book.drafted else date.min
    return [one for one in periods if one.first.scheduled.pays_from <= ends_on]
