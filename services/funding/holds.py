"""Holding a payment: on a listed ground, by two people, told in writing, until a day, renewable once (3.3.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from contracts.envelope import DocumentRef
from contracts.payments import HoldGround, PaymentHeld, PaymentHoldEnded, PaymentHoldProposed
from contracts.place import Place
from services.funding.gates import Warned, done_already, only, rules_on, stop, warnings
from services.funding.payment_book import Payment, PaymentBook
from services.funding.payment_terms import cited, payment_of_funder, payment_terms, same_person
from services.funding.payments import AboutPayment
from services.runtime.calendar import add_working_days, london_date
from services.runtime.decisions import Decision, Rejection, unknown

HOLDERS = ("commissioner", "commissioning_manager", "body_officer", "finance", "decider")


@dataclass(frozen=True, kw_only=True)
class ProposeHold(AboutPayment):
    """Propose, as the first of two people, to hold a payment or to go on holding it."""

    hold_id: str
    ground: HoldGround
    reasons: DocumentRef


@dataclass(frozen=True, kw_only=True)
class ConfirmHold(AboutPayment):
    """Hold a payment as the second person."""

    hold_id: str


@dataclass(frozen=True, kw_only=True)
class LiftHold(AboutPayment):
    """Lift a hold before its end."""


@dataclass(frozen=True, kw_only=True)
class EndHold(AboutPayment):
    """End a hold whose last day came."""


def propose(book: PaymentBook, command: ProposeHold, place: Place) -> Decision:
    """Propose a hold on a ground that the place lists, once, or its one renewal (Compact 3.3.4)."""
    payment = payment_of_funder(book, command, command.payment_id)
    if isinstance(payment, Rejection):
        return payment
    if payment.proposal and payment.proposal.hold_id == command.hold_id:
        return []
    gates = list(_gates(book, payment, command, place))
    refused = only(command, HOLDERS, payment.scheduled.funder_id)
    refused = refused or next((gate for gate in gates if isinstance(gate, Rejection)), None)
    warned = [gate for gate in gates if isinstance(gate, Warned)]
    about = f"payment:{command.payment_id}"
    return refused or [
        PaymentHoldProposed(
            hold_id=command.hold_id, payment_id=command.payment_id, agreement_id=payment.scheduled.agreement_id,
            ground=command.ground, reasons=command.reasons, renewal=payment.hold is not None,
            proposed_by=place.principal(command.actor.person),
        ),
        *(event for gate in warned for event in warnings(gate, command, about)),
    ]  # fmt: skip


def confirm(book: PaymentBook, command: ConfirmHold, place: Place) -> Decision:
    """Hold on the word of a second person, until a working day written into the fact (Compact 3.3.4)."""
    payment = payment_of_funder(book, command, command.payment_id)
    if isinstance(payment, Rejection):
        return payment
    if payment.hold and payment.hold.hold_id == command.hold_id:
        return done_already(payment.hold.confirmed_by, command, place, "held_already", "This payment was held")
    proposal, planned = payment.proposal, payment.scheduled
    if proposal is None or proposal.hold_id != command.hold_id:
        return unknown("proposed_hold", command.hold_id)
    refused = only(command, HOLDERS, planned.funder_id) or next(_made(book, payment), None)
    refused = refused or next(same_person(
        book, place, book.hands[proposal.hold_id], command.actor.person,
        "Two different people propose and confirm a hold", "Ask a second person to confirm it.",
    ), None)  # fmt: skip
    terms = payment_terms(place, planned.funder_id, command)
    since = payment.hold.ends_on if payment.hold and payment.hold.ends_on else terms.today
    ends_on = add_working_days(since, terms.rule.hold_working_days, terms.calendar) if terms.rule else None
    return refused or [PaymentHeld(
        hold_id=command.hold_id, payment_id=planned.payment_id, agreement_id=planned.agreement_id,
        funder_id=planned.funder_id, organisation_id=planned.organisation_id, pounds=planned.pounds,
        ground=proposal.ground, reasons=proposal.reasons, renewal=proposal.renewal, held_on=terms.today,
        ends_on=ends_on, calendar_version=terms.calendar.version, proposed_by=proposal.proposed_by,
        confirmed_by=place.principal(command.actor.person), citation=terms.citation, opens=(proposal.reasons,),
    )]  # fmt: skip


def lift(book: PaymentBook, command: LiftHold, place: Place) -> Decision:
    """Lift a hold; the payment is due as it was, or as soon as the funder can pay."""
    payment = payment_of_funder(book, command, command.payment_id)
    if isinstance(payment, Rejection):
        return payment
    if payment.hold is None:
        return []
    return only(command, HOLDERS, payment.scheduled.funder_id) or [_ended(payment, command, place, lifted=True)]


def end(book: PaymentBook, command: EndHold, place: Place) -> Decision:
    """End a hold on its day; the payment is due (Compact 3.3.4)."""
    payment = book.payments.get(command.payment_id)
    if payment is None or payment.hold is None or payment.hold.ends_on is None:
        return []
    if london_date(command.now) < payment.hold.ends_on:
        return []
    return [_ended(payment, command, place, lifted=False)]


def _ended(payment: Payment, command: AboutPayment, place: Place, *, lifted: bool) -> PaymentHoldEnded:
    planned, hold = payment.scheduled, payment.hold
    terms = payment_terms(place, planned.funder_id, command)
    last = hold.ends_on if hold and hold.ends_on else terms.soonest
    due_on = max(payment.due_on, min(last, terms.soonest) if lifted else last)
    return PaymentHoldEnded(
        hold_id=hold.hold_id if hold else "", payment_id=planned.payment_id, agreement_id=planned.agreement_id,
        funder_id=planned.funder_id, organisation_id=planned.organisation_id, lifted=lifted, due_on=due_on,
        calendar_version=terms.calendar.version,
    )  # fmt: skip


def _gates(book: PaymentBook, payment: Payment, command: ProposeHold, place: Place) -> Iterator[Rejection | Warned]:
    yield from _made(book, payment)
    rule = rules_on(place, command.now).timely_payment
    if rule is None:
        return
    if command.ground not in rule.hold_grounds:
        yield from _stopped(place, payment, command, Rejection(
            "hold_ground_not_listed", f"A payment is not held for {command.ground.replace('_', ' ')}.",
            remedy=f"Grounds are: {', '.join(rule.hold_grounds).replace('_', ' ')}.",
        ))  # fmt: skip
    if payment.hold and payment.renewals >= rule.hold_renewals:
        yield from _stopped(place, payment, command, Rejection(
            "hold_renewed_already", "This hold was renewed as often as it may be.",
            remedy=f"It ends on {payment.hold.ends_on:%-d %B %Y}; the payment is due then.",
        ))  # fmt: skip
    if payment.hold is None and payment.holds:
        yield from _stopped(place, payment, command, Rejection(
            "hold_used_up", "This payment was held before, and that hold ended.",
            remedy="Pay it; what is wrong can be put right by a change of support.",
        ))  # fmt: skip


def _stopped(place: Place, payment: Payment, command: ProposeHold, refusal: Rejection) -> Iterator[Rejection | Warned]:
    gate = stop(place, rules_on(place, command.now).timely_payment, payment.scheduled.funder_id, command.now, refusal)
    if gate:
        yield gate


def _made(book: PaymentBook, payment: Payment) -> Iterator[Rejection]:
    if payment.made:
        yield Rejection(
            "already_paid", f"This payment was made under {payment.made.ledger_reference}.", cited(book, "payments"),
            "There is nothing left to hold.",
        )  # fmt: skip
