"""When payments fall due: scheduled from an agreement in force, dated anew when what was missing comes, overdue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from contracts.envelope import Event
from contracts.payments import (
    DueAgainBecause,
    LateBecause,
    PaymentDueAgain,
    PaymentOverdue,
    PaymentScheduled,
    WaitedFor,
)
from contracts.place import Place
from services.funding.instalments import due_on, instalments
from services.funding.payment_book import Payment, PaymentBook, unpaid
from services.funding.payment_terms import payment_terms
from services.runtime.calendar import london_date
from services.runtime.decisions import Command, Decision


@dataclass(frozen=True, kw_only=True)
class SchedulePayments(Command):
    """Schedule the payments of an agreement."""

    subject: ClassVar[str] = "agreement_id"
    agreement_id: str


@dataclass(frozen=True, kw_only=True)
class ResumePayments(Command):
    """Give payments a new date because what the funder waited for came: bank details, or a report."""

    subject: ClassVar[str] = "organisation_id"
    organisation_id: str
    agreement_id: str
    """The agreement whose report came; empty where bank details did."""
    because: DueAgainBecause


@dataclass(frozen=True, kw_only=True)
class MarkPaymentOverdue(Command):
    """Say that a payment's date passed, and who was waited for."""

    subject: ClassVar[str] = "payment_id"
    payment_id: str


def schedule(book: PaymentBook, command: SchedulePayments, place: Place) -> Decision:
    """Schedule every instalment once the agreement is in force and its financing chosen (Compact 3.3.4, 3.3.7)."""
    drafted, chosen = book.drafted, book.financing
    if drafted is None or chosen is None or not book.in_force or book.payments:
        return []
    terms = payment_terms(place, drafted.funder_id, command)
    cut = instalments(
        drafted.amounts, drafted.starts_on, drafted.ends_on, chosen.instalments_per_year, chosen.timing
    )  # fmt: skip
    return [
        PaymentScheduled(
            payment_id=f"{drafted.agreement_id}.{number}", agreement_id=drafted.agreement_id,
            funder_id=drafted.funder_id, organisation_id=drafted.organisation_id, number=number, year=one.year,
            pounds=one.pounds, timing=chosen.timing, pays_from=one.since, pays_until=one.until,
            due_on=due_on(one.day, terms.soonest, terms.calendar),
            calendar_version=terms.calendar.version, citation=terms.citation,
        )
        for number, one in enumerate(cut, 1)
    ]  # fmt: skip


def resume(book: PaymentBook, command: ResumePayments, place: Place) -> Decision:
    """Let a funder's time run from when it could pay: lateness that waited for the other side is not its own."""
    return list(_resumed(book, command, place))


def mark_overdue(book: PaymentBook, command: MarkPaymentOverdue, place: Place) -> Decision:
    """Record once that a date passed, and against which side that counts (Compact 3.3.4)."""
    payment = book.payments.get(command.payment_id)
    if payment is None or payment.made or payment.cancelled or payment.overdue or payment.hold:
        return []
    if london_date(command.now) <= payment.due_on:
        return []
    waited_for, because = waits_for(book, payment)
    terms, planned = payment_terms(place, payment.scheduled.funder_id, command), payment.scheduled
    return [PaymentOverdue(
        payment_id=planned.payment_id, agreement_id=planned.agreement_id, funder_id=planned.funder_id,
        organisation_id=planned.organisation_id, pounds=planned.pounds, due_on=payment.due_on,
        waited_for=waited_for, because=because, citation=terms.citation,
    )]  # fmt: skip


def waits_for(book: PaymentBook, payment: Payment) -> tuple[WaitedFor, LateBecause]:
    """On which side a payment waits now, and for what."""
    if book.account(payment.scheduled.funder_id) is None and not book.entered:
        return WaitedFor.ORGANISATION, LateBecause.NO_BANK_DETAILS
    if book.waits_for_reports and book.overdue_reports:
        return WaitedFor.ORGANISATION, LateBecause.REPORT_OVERDUE
    return WaitedFor.FUNDER, LateBecause.NOT_PAID


def _resumed(book: PaymentBook, command: ResumePayments, place: Place) -> Iterator[Event]:
    for payment in unpaid(book.payments.values()):
        planned = payment.scheduled
        terms = payment_terms(place, planned.funder_id, command)
        if payment.hold or payment.due_on >= terms.soonest or not _was_kept_waiting(book, payment, command):
            continue
        yield PaymentDueAgain(
            payment_id=planned.payment_id, agreement_id=planned.agreement_id, funder_id=planned.funder_id,
            organisation_id=planned.organisation_id, because=command.because, due_on=terms.soonest,
            calendar_version=terms.calendar.version, citation=terms.citation,
        )  # fmt: skip


def _was_kept_waiting(book: PaymentBook, payment: Payment, command: ResumePayments) -> bool:
    """A funder that let its own date pass is not given another."""
    if payment.overdue:
        wanted = REPORT_OR_DETAILS[command.because]
        return payment.overdue.because is wanted
    if command.because is DueAgainBecause.BANK_DETAILS_CAME:
        return book.account(payment.scheduled.funder_id) is None and len(book.entered) == 1
    return book.waits_for_reports


REPORT_OR_DETAILS = {
    DueAgainBecause.BANK_DETAILS_CAME: LateBecause.NO_BANK_DETAILS,
    DueAgainBecause.REPORT_CAME: LateBecause.REPORT_OVERDUE,
}
