"""What holds for payments in a place on a day, and what a refusal about one cites."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from contracts.place import Place
from contracts.rules import Calendar, Citation, TimelyPayment
from services.funding.gates import rules_on
from services.funding.instalments import soonest
from services.funding.payment_book import Payment, PaymentBook
from services.runtime.calendar import london_date
from services.runtime.decisions import Command, Rejection, unknown


@dataclass(frozen=True)
class PaymentTerms:
    """The rule on payment of the day, where the place has one, and the calendar (Compact 3.3.4)."""

    today: date
    rule: TimelyPayment | None
    calendar: Calendar
    bound: bool
    """Whether the rule binds this funder; a pending body is only warned."""

    @property
    def citation(self) -> Citation | None:
        """Where the rule stands, if it binds this funder."""
        return self.rule.citation if self.rule and self.bound else None

    @property
    def soonest(self) -> date:
        """By when a funder can pay from today; where the place set no time, on the next working day."""
        return soonest(self.today, self.rule.pay_working_days if self.rule else 1, self.calendar)


def payment_terms(place: Place, funder: str, command: Command) -> PaymentTerms:
    """What holds for this funder now."""
    rules, today = rules_on(place, command.now), london_date(command.now)
    rule = rules.timely_payment
    return PaymentTerms(today, rule, rules.calendar, bool(rule and place.binds(rule, funder, today)))


def cited(book: PaymentBook, clause: str) -> Citation:
    """A rule of the agreement itself."""
    title = book.drafted.title if book.drafted else ""
    return Citation(document=f"Agreement {title}", clause=clause)


def payment_of_funder(book: PaymentBook, command: Command, payment_id: str) -> Payment | Rejection:
    """The payment, for its own funder; for anybody else it is not there."""
    payment = book.payments.get(payment_id)
    if payment is None or payment.scheduled.funder_id != command.actor.organisation:
        return unknown("payment", payment_id)
    if payment.cancelled:
        return Rejection(
            "payment_cancelled", "This payment is not owed any more: a change of support holds.",
            cited(book, "payments"), "Pay what stands in its place, where something does.",
        )  # fmt: skip
    return payment


def same_person(
    book: PaymentBook, place: Place, one: Iterable[str], other: str, what: str, remedy: str
) -> Iterator[Rejection]:
    """Two different people act; a delegate counts as the person."""
    if place.same_person(one, other):
        yield Rejection(
            "same_person", f"{what}; a delegate counts as the person.", cited(book, "payments by two people"), remedy
        )
