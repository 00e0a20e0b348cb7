"""What a change of support does to instalments: cancelled, cut, given again; paid ones stay as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import ClassVar

from contracts.agreement_terms import Timing
from contracts.change_gates import AgreementEnded, AgreementVaried, SumsMadeGood
from contracts.envelope import Event
from contracts.funding import Support, YearAmount
from contracts.payments import PaymentCancelled, PaymentScheduled
from contracts.place import Place
from services.funding.instalments import due_on
from services.funding.money import financial_year, per_year
from services.funding.payment_book import Payment, PaymentBook
from services.funding.payment_terms import PaymentTerms, payment_terms
from services.runtime.calendar import DAY
from services.runtime.decisions import Command, Decision


@dataclass(frozen=True, kw_only=True)
class FollowChange(Command):
    """Bring the instalments of an agreement in line with what a change made of it."""

    subject: ClassVar[str] = "agreement_id"
    agreement_id: str
    change_id: str


@dataclass(frozen=True, kw_only=True)
class KeepPaying(Command):
    """Pay an incumbent that lost a round for as long as it keeps its support."""

    subject: ClassVar[str] = "agreement_id"
    agreement_id: str


@dataclass(frozen=True)
class Sum:
    """What is owed for a period, and the payment in whose place it stands."""

    pounds: int
    pays_from: date
    pays_until: date
    due_on: date
    like: Payment
    made_good: bool = False


@dataclass
class Plan:
    """The payments that are cancelled, and the sums that are owed in their place."""

    cancelled: list[Payment] = field(default_factory=list)
    owed: list[Sum] = field(default_factory=list)

    def put(self, payment: Payment, *owed: Sum) -> None:
        """Put sums in the place of a payment; none where nothing is left of it."""
        self.cancelled.append(payment)
        self.owed += [one for one in owed if one.pounds > 0]


def follow(book: PaymentBook, command: FollowChange, place: Place) -> Decision:
    """Cancel what is not owed any more and schedule what is owed instead (Compact 3.3.4, 3.4.4)."""
    change = book.changes.get(command.change_id)
    if book.drafted is None or change is None:
        return []
    terms, plan = payment_terms(place, book.drafted.funder_id, command), Plan()
    match change:
        case AgreementEnded():
            _end(plan, book.standing, change.from_day, terms)
        case AgreementVaried(support=Support.FUNDING):
            _vary(plan, _within_term(book), change.amounts, change.from_day)
        case SumsMadeGood():
            _make_good(plan, book, command.change_id, terms)
    good = isinstance(change, SumsMadeGood)
    return [
        *(_cancelled(one, command.change_id, made_good=good) for one in plan.cancelled),
        *_scheduled(book, plan.owed, terms, command.change_id),
    ]


def keep_paying(book: PaymentBook, command: KeepPaying, place: Place) -> Decision:
    """Schedule what an incumbent keeps beyond its term, at the rate it had, until its notice could have run (SPP9)."""
    last = max(book.standing, key=lambda one: one.scheduled.pays_until, default=None)
    if book.drafted is None or last is None or book.kept_until is None or book.ended:
        return []
    known, until = last.scheduled, book.kept_until
    if until <= max(known.pays_until, book.drafted.ends_on):
        return []
    first = known.pays_until + DAY
    terms = payment_terms(place, known.funder_id, command)
    day = first if known.timing is Timing.ADVANCE else until
    owed = Sum(_for_days(last, first, until), first, until, due_on(day, terms.soonest, terms.calendar), last)
    return list(_scheduled(book, [owed], terms, None))


def _end(plan: Plan, standing: Iterable[Payment], from_day: date, terms: PaymentTerms) -> None:
    """A period that the end cuts is paid by the day until then; later ones are not."""
    last = from_day - DAY
    for payment in _open(standing, from_day):
        known = payment.scheduled
        if known.pays_from > last:
            plan.put(payment)
            continue
        due = min(payment.due_on, due_on(last, terms.soonest, terms.calendar))
        plan.put(payment, Sum(_for_days(payment, known.pays_from, last), known.pays_from, last, due, payment))


def _vary(plan: Plan, every: list[Payment], amounts: tuple[YearAmount, ...], from_day: date) -> None:
    """What a year still has after all that stands already is shared by its periods to come."""
    totals = per_year(amounts)
    for year in sorted({one.scheduled.year for one in every}):
        mine = [one for one in every if one.scheduled.year == year]
        to_come = _open(mine, from_day)
        before = sum(one.scheduled.pounds for one in to_come)
        left = max(totals[year] - sum(one.scheduled.pounds for one in mine) + before, 0)
        if not to_come or left == before:
            continue
        each, odd = divmod(left, len(to_come))
        for number, payment in enumerate(to_come):
            plan.put(payment, _like(payment, each + (number < odd), payment.due_on))


def _make_good(plan: Plan, book: PaymentBook, change_id: str, terms: PaymentTerms) -> None:
    """What the change had cancelled is owed again, less what was paid in its place; what is late is due at once."""
    settled: set[str] = set()
    for payment in book.payments.values():
        withheld = payment.cancelled
        if withheld is None or withheld.made_good or withheld.change_id != change_id:
            continue
        if payment.scheduled.payment_id in settled or _made_good_already(book, payment):
            continue
        instead = list(_in_place_of(book, payment))
        settled |= {one.scheduled.payment_id for one in instead}
        plan.cancelled += [one for one in instead if one.made is None and one.cancelled is None]
        paid = sum(one.scheduled.pounds for one in instead if one.made)
        owed = _like(payment, payment.scheduled.pounds - paid, max(payment.due_on, terms.soonest))
        plan.owed += [replace(owed, made_good=True)] if owed.pounds > 0 else []


def _open(standing: Iterable[Payment], from_day: date) -> list[Payment]:
    """Unpaid instalments for days from this one on, in their order."""
    found = [one for one in standing if one.made is None and one.scheduled.pays_until >= from_day]
    return sorted(found, key=lambda one: (one.scheduled.pays_from, one.scheduled.number))


def _made_good_already(book: PaymentBook, payment: Payment) -> bool:
    """Whether this payment, or one in whose place it stood, was given again by another."""
    line, one = [payment], payment
    while before := book.payments.get(one.scheduled.replaces or ""):
        line, one = [*line, before], before
    ids = {each.scheduled.payment_id for each in line}
    again = [each.scheduled for each in book.payments.values() if each.scheduled.made_good]
    return any(each.replaces in ids and each.payment_id not in ids for each in again)


def _within_term(book: PaymentBook) -> list[Payment]:
    """What stands for days of the term; what an incumbent keeps beyond it is no part of a year's amount."""
    ends_on = book.drafted.ends_on if book.drafted else date.min
    return [one for one in book.standing if one.scheduled.pays_from <= ends_on]


def _in_place_of(book: PaymentBook, payment: Payment) -> Iterator[Payment]:
    for one in book.payments.values():
        if one.scheduled.replaces == payment.scheduled.payment_id:
            yield one
            yield from _in_place_of(book, one)


def _like(payment: Payment, pounds: int, due: date) -> Sum:
    known = payment.scheduled
    return Sum(pounds, known.pays_from, known.pays_until, due, payment)


def _for_days(payment: Payment, first: date, last: date) -> int:
    """A payment's pounds by the day, rounded up."""
    known = payment.scheduled
    of_days = (known.pays_until - known.pays_from).days + 1
    return -(-known.pounds * ((last - first).days + 1) // of_days)


def _cancelled(payment: Payment, change_id: str, *, made_good: bool) -> PaymentCancelled:
    known = payment.scheduled
    return PaymentCancelled(
        payment_id=known.payment_id, agreement_id=known.agreement_id, change_id=change_id, funder_id=known.funder_id,
        organisation_id=known.organisation_id, hold_id=payment.hold.hold_id if payment.hold else None,
        made_good=made_good,
    )  # fmt: skip


def _scheduled(book: PaymentBook, owed: Iterable[Sum], terms: PaymentTerms, change_id: str | None) -> Iterator[Event]:
    """New instalments, numbered after all that there were."""
    for number, one in enumerate(owed, max(each.scheduled.number for each in book.payments.values()) + 1):
        known = one.like.scheduled
        yield PaymentScheduled(
            payment_id=f"{known.agreement_id}.{number}", agreement_id=known.agreement_id, funder_id=known.funder_id,
            organisation_id=known.organisation_id, number=number, pounds=one.pounds,
            year=known.year if change_id else financial_year(one.pays_from),
            timing=known.timing, pays_from=one.pays_from, pays_until=one.pays_until, due_on=one.due_on,
            calendar_version=terms.calendar.version, citation=terms.citation, change_id=change_id,
            replaces=known.payment_id if change_id else None, made_good=one.made_good,
        )  # fmt: skip
