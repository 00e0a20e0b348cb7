"""What a change of support does to instalments: cancelled, cut, given again, still held; paid ones stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from contracts.agreement_terms import Timing
from contracts.change_gates import SumsMadeGood
from contracts.envelope import Event
from contracts.payments import PaymentCancelled, PaymentHeld, PaymentScheduled
from contracts.place import Place
from services.funding.instalments import due_on
from services.funding.money import financial_year
from services.funding.owed import Owed, for_days, owed
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
    hold: PaymentHeld | None = None
    """The hold that stood on the payment in whose place it stands, and goes on."""


def follow(book: PaymentBook, command: FollowChange, place: Place) -> Decision:
    """Cancel what is not owed any more and schedule what is owed instead (Compact 3.3.4, 3.4.4)."""
    change = book.changes.get(command.change_id)
    if book.drafted is None or change is None:
        return []
    terms = payment_terms(place, book.drafted.funder_id, command)
    again = isinstance(change, SumsMadeGood)
    changed = [one for one in owed(book, terms) if not one.as_it_stands]
    return [
        *(fact for one in changed for fact in _cancelled(one, command.change_id, terms, again=again)),
        *_scheduled(book, [_sum(one, terms, again=again) for one in changed if one.pounds], terms, command.change_id),
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
    pounds = for_days(known.pounds, known.pays_from, known.pays_until, (until - first).days + 1)
    kept = Sum(pounds, first, until, due_on(day, terms.soonest, terms.calendar), last)
    return list(_scheduled(book, [kept], terms, None))


def _sum(one: Owed, terms: PaymentTerms, *, again: bool) -> Sum:
    """What is owed instead; what is made good late is due at once, and a hold goes on until its end."""
    due = max(one.due_on, terms.soonest) if again else one.due_on
    like = one.first if one.last.made else one.last
    since, good = one.first.scheduled.pays_from, again and one.gives_more
    return Sum(one.pounds, since, one.until, due, like, good, _still_held(one, terms))


def _still_held(one: Owed, terms: PaymentTerms) -> PaymentHeld | None:
    """The hold on the last payment of a period, also one that a change cut short, until its own end (3.3.4)."""
    hold = None if one.last.made else one.last.hold or one.last.cut_short
    return hold if hold and (hold.ends_on is None or hold.ends_on > terms.today) else None


def _cancelled(one: Owed, change_id: str, terms: PaymentTerms, *, again: bool) -> Iterator[PaymentCancelled]:
    carried = one.pounds and _still_held(one, terms)
    for payment in one.standing:
        known, hold = payment.scheduled, payment.hold
        yield PaymentCancelled(
            payment_id=known.payment_id, agreement_id=known.agreement_id, change_id=change_id,
            funder_id=known.funder_id, organisation_id=known.organisation_id,
            hold_id=hold.hold_id if hold and not carried else None, made_good=again and one.gives_more,
        )  # fmt: skip


def _scheduled(book: PaymentBook, sums: list[Sum], terms: PaymentTerms, change_id: str | None) -> Iterator[Event]:
    """New instalments, numbered after all that there were; held where those that they replace are."""
    last = max((each.scheduled.number for each in book.payments.values()), default=0)
    for number, one in enumerate(sums, last + 1):
        known = one.like.scheduled
        payment_id = f"{known.agreement_id}.{number}"
        yield PaymentScheduled(
            payment_id=payment_id, agreement_id=known.agreement_id, funder_id=known.funder_id,
            organisation_id=known.organisation_id, number=number, pounds=one.pounds,
            year=known.year if change_id else financial_year(one.pays_from),
            timing=known.timing, pays_from=one.pays_from, pays_until=one.pays_until, due_on=one.due_on,
            calendar_version=terms.calendar.version, citation=terms.citation, change_id=change_id,
            replaces=known.payment_id if change_id else None, made_good=one.made_good,
        )  # fmt: skip
        if one.hold:
            yield one.hold.model_copy(
                update={"payment_id": payment_id, "pounds": one.pounds, "carried_from": one.hold.payment_id}
            )
