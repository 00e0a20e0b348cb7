"""Payments: asked for by one person, released by another, made under finance's own reference, sent back by a bank."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from contracts.payments import (
    PaymentMade,
    PaymentReleased,
    PaymentRequested,
    PaymentReturned,
    ReturnReason,
    WaitedFor,
)
from contracts.place import Office, Place
from services.funding.gates import done_already, malformed, only
from services.funding.limits import over_limit
from services.funding.payment_book import Payment, PaymentBook
from services.funding.payment_dates import waits_for
from services.funding.payment_terms import cited, payment_of_funder, payment_terms, same_person
from services.runtime.calendar import london_date
from services.runtime.decisions import Command, Decision, Rejection

REQUESTERS = ("commissioning_manager", "commissioner", "body_officer", "finance")
RELEASERS = ("finance", "decider")
FINANCE = ("finance",)


@dataclass(frozen=True, kw_only=True)
class AboutPayment(Command):
    """What every command about one payment has."""

    subject: ClassVar[str] = "payment_id"
    payment_id: str


@dataclass(frozen=True, kw_only=True)
class RequestPayment(AboutPayment):
    """Ask, as the first of two people, for a payment."""


@dataclass(frozen=True, kw_only=True)
class ReleasePayment(AboutPayment):
    """Release a payment as the second person, within the limit of an office."""

    counts_absence: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class MakePayment(AboutPayment):
    """Record that finance paid, under its own reference."""

    ledger_reference: str
    made_on: date


@dataclass(frozen=True, kw_only=True)
class ReturnPayment(AboutPayment):
    """Record that the bank sent a payment back."""

    reason: ReturnReason


def request(book: PaymentBook, command: RequestPayment, place: Place) -> Decision:
    """Ask for a payment that is scheduled (Compact 3.3.4)."""
    payment = payment_of_funder(book, command, command.payment_id)
    if isinstance(payment, Rejection):
        return payment
    if payment.requested_by:
        return done_already(payment.requested_by, command, place, "requested_already", "This payment was asked for")
    planned = payment.scheduled
    return only(command, REQUESTERS, planned.funder_id) or [PaymentRequested(
        payment_id=planned.payment_id, agreement_id=planned.agreement_id, funder_id=planned.funder_id,
        organisation_id=planned.organisation_id, requested_by=place.principal(command.actor.person),
    )]  # fmt: skip


def release(book: PaymentBook, command: ReleasePayment, place: Place) -> Decision:
    """Release on the word of a second person, within the limit, to an account that was confirmed (Compact 3.3.4)."""
    payment = payment_of_funder(book, command, command.payment_id)
    if isinstance(payment, Rejection):
        return payment
    account = book.account(payment.scheduled.funder_id)
    released = payment.released
    if released and (payment.made or released.details_id == account):
        return done_already(released.released_by, command, place, "released_already", "This payment was released")
    office = _releaser(place, command)
    if isinstance(office, Rejection):
        return office
    refused = next(_not_to_be_released(book, payment, command, place, office), None)
    planned = payment.scheduled
    return refused or [PaymentReleased(
        payment_id=planned.payment_id, agreement_id=planned.agreement_id, funder_id=planned.funder_id,
        organisation_id=planned.organisation_id, pounds=planned.pounds, details_id=account or "",
        released_on=london_date(command.now), released_by=place.principal(command.actor.person),
        authority=office.authority,
    )]  # fmt: skip


def make(book: PaymentBook, command: MakePayment, place: Place) -> Decision:
    """Record a payment once, in time or late, and against whom a lateness counts (Compact 3.3.4)."""
    payment = payment_of_funder(book, command, command.payment_id)
    if isinstance(payment, Rejection):
        return payment
    if payment.made and payment.made.ledger_reference == command.ledger_reference:
        return []
    refused = only(command, FINANCE, payment.scheduled.funder_id)
    refused = refused or next(_not_to_be_made(book, payment, command), None)
    released, planned = payment.released, payment.scheduled
    if refused or released is None:
        return refused or []
    late = command.made_on > payment.due_on
    return [PaymentMade(
        payment_id=planned.payment_id, agreement_id=planned.agreement_id, funder_id=planned.funder_id,
        organisation_id=planned.organisation_id, pounds=planned.pounds,
        ledger_reference=command.ledger_reference, details_id=released.details_id, made_on=command.made_on,
        due_on=payment.due_on, late=late, waited_for=_late_for(book, payment) if late else None,
    )]  # fmt: skip


def take_back(book: PaymentBook, command: ReturnPayment, place: Place) -> Decision:
    """Take back what the bank returned: it is due again, and two people release it again."""
    payment = payment_of_funder(book, command, command.payment_id)
    if isinstance(payment, Rejection):
        return payment
    if refused := only(command, FINANCE, payment.scheduled.funder_id):
        return refused
    made, planned = payment.made, payment.scheduled
    if made is None:
        return Rejection(
            "payment_not_made", "This payment was not made, so no bank can have returned it.",
            cited(book, "payments"), "Record first that it was made.",
        )  # fmt: skip
    terms = payment_terms(place, planned.funder_id, command)
    return [PaymentReturned(
        payment_id=planned.payment_id, agreement_id=planned.agreement_id, funder_id=planned.funder_id,
        organisation_id=planned.organisation_id, pounds=planned.pounds, ledger_reference=made.ledger_reference,
        details_id=made.details_id, reason=command.reason, due_on=terms.soonest,
        calendar_version=terms.calendar.version, citation=terms.citation,
    )]  # fmt: skip


def _releaser(place: Place, command: ReleasePayment) -> Office | Rejection:
    """The office that releases, which has to name the instrument that it stands on."""
    actor = command.actor
    office = place.office(actor.person, actor.organisation, actor.role) if actor.role in RELEASERS else None
    if office and office.authority:
        return office
    return Rejection(
        "no_authority", "Only finance or a decider whose office names its authority releases payments.", status=403
    )


def _not_to_be_released(
    book: PaymentBook, payment: Payment, command: ReleasePayment, place: Place, office: Office
) -> Iterator[Rejection]:
    planned = payment.scheduled
    if payment.requested_by is None:
        yield Rejection(
            "payment_not_requested", "Nobody asked for this payment yet.", cited(book, "payments by two people"),
            "A first person of the funder asks for it.",
        )  # fmt: skip
    if payment.requested_by:
        yield from same_person(
            book, place, book.hands[command.payment_id], command.actor.person,
            "Two different people ask for and release", "Ask a second person to release it.",
        )  # fmt: skip
    if beyond := over_limit(office, planned.pounds):
        yield beyond
    if place.is_no_more(planned.organisation_id, london_date(command.now)):
        yield Rejection(
            "organisation_dissolved", f"{planned.organisation_id} no longer exists.", cited(book, "payments"),
            "Where another organisation took over, have the partnership office note it: that one is paid then.",
        )  # fmt: skip
    yield from _kept_back(book, payment)
    if book.account(planned.funder_id) is None:
        yield Rejection(
            "bank_details_not_confirmed", "No account of this organisation was confirmed by a second person.",
            cited(book, "bank details"), _way_to_account(book, place.stands_in(planned.organisation_id)),
        )  # fmt: skip
    if book.waits_for_reports and book.overdue_reports:
        yield Rejection(
            "report_awaited", "Payments under this agreement wait for reports, and one is overdue.",
            cited(book, "payment by outcome"), "The organisation hands in its report.",
        )  # fmt: skip


def _way_to_account(book: PaymentBook, organisation: str) -> str:
    entered = "Finance confirms the details that were entered."
    return entered if book.entered else f"{organisation} enters where it is paid, and finance confirms it."


def _not_to_be_made(book: PaymentBook, payment: Payment, command: MakePayment) -> Iterator[Rejection]:
    if payment.made:
        yield Rejection(
            "already_paid", f"This payment was made under {payment.made.ledger_reference}.", cited(book, "payments"),
            "Nothing is paid twice. Record first that the bank returned it, if it did.",
        )  # fmt: skip
    if book.ledger.get(command.ledger_reference):
        yield Rejection(
            "ledger_reference_used", f"{command.ledger_reference} stands for another payment.",
            cited(book, "payments"), "Give finance's own reference of this payment.",
        )  # fmt: skip
    yield from _kept_back(book, payment)
    released = payment.released
    if released is None or released.details_id != book.account(payment.scheduled.funder_id):
        yield Rejection(
            "payment_not_released", "This payment was not released to the account that is confirmed now.",
            cited(book, "payments by two people"), "A second person releases it.",
        )  # fmt: skip
    if command.made_on > london_date(command.now) or (released and command.made_on < released.released_on):
        yield malformed("made_on_another_day", "A payment is made between the day of its release and today.")


def _kept_back(book: PaymentBook, payment: Payment) -> Iterator[Rejection]:
    if payment.hold:
        yield Rejection(
            "payment_held", "This payment is held.", payment.hold.citation or cited(book, "holds"),
            "Wait until the hold ends, or lift it.",
        )  # fmt: skip


def _late_for(book: PaymentBook, payment: Payment) -> WaitedFor:
    return payment.overdue.waited_for if payment.overdue else waits_for(book, payment)[0]
