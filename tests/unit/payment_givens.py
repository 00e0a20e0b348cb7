"""Givens of the tests of payments: an agreement in force with its payments, and everybody who deals with them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from funding_givens import (
    ADVICE,
    AUTHORITY,
    COUNCIL,
    DECIDER,
    HEALTH,
    MANAGER,
    RESULTS_AT,
    Ledger,
    allocate_risks,
    an_awarded_bid,
    appointed,
    choose_financing,
    document,
    draft_clauses,
    give_views,
    reason_term,
    representative,
    the_agreement,
)

from contracts.agreement_terms import FinancingModel, Timing
from contracts.monitoring import MonitoringAgreed
from contracts.partners import CommissioningManagerNominated
from contracts.payments import HoldGround, PaymentMade, PaymentScheduled, ReturnReason
from services.funding import handlers, handlers_payments
from services.funding.agreements import SignAgreement
from services.funding.bank_details import ConfirmBankDetails, EnterBankDetails
from services.funding.holds import ConfirmHold, LiftHold, ProposeHold
from services.funding.payments import MakePayment, ReleasePayment, RequestPayment, ReturnPayment
from services.runtime.decisions import Actor
from services.runtime.unit import Outcome

FINANCE = Actor("p-finance", "finance", COUNCIL)
SECOND_FINANCE = Actor("p-finance-2", "finance", COUNCIL)
SMALL_FINANCE = Actor("p-finance-small", "finance", COUNCIL)
MANAGERS_DELEGATE = Actor("p-manager-delegate", "finance", COUNCIL)
"""Acts in finance, and for the commissioning manager: counts as that person."""
HEALTH_FINANCE = Actor("p-finance-health", "finance", HEALTH)
VCO = representative(ADVICE)
IN_FORCE_AT = RESULTS_AT + timedelta(days=2)
"""Thursday 3 April 2014: the first payment is due ten working days later, on 17 April."""
FIRST_DUE = date(2014, 4, 17)


def at(day: date, hour: int = 10) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def an_agreement_in_force(
    name: str = "sutton", timing: Timing = Timing.ADVANCE, per_year: int = 4, at: datetime = IN_FORCE_AT,
    model: FinancingModel = FinancingModel.INSTALMENTS, financed: bool = True,
) -> Ledger:  # fmt: skip
    """£100,000 a year for three years, signed, managed, monitored."""
    ledger = an_awarded_bid(name, settled=False)
    ledger.receive(
        *(appointed(who, 400_000, AUTHORITY) for who in (FINANCE, SECOND_FINANCE, HEALTH_FINANCE)),
        appointed(SMALL_FINANCE, 24_999, AUTHORITY),
        appointed(MANAGERS_DELEGATE, 400_000, AUTHORITY, delegate_of=MANAGER.person),
    )
    if financed:
        both = ("value_for_money", "carrying_the_cost")
        assert not choose_financing(ledger, MANAGER, *both, timing=timing, per_year=per_year, model=model).rejection
    for step in (reason_term, allocate_risks, give_views, draft_clauses):
        assert step(ledger).rejection is None
    agreement = the_agreement(ledger).agreement_id
    ledger.receive(
        CommissioningManagerNominated(agreement_id=agreement, organisation_id=COUNCIL, person_id=MANAGER.person),
        MonitoringAgreed(
            agreement_id=agreement, organisation_id=ADVICE, funder_id=COUNCIL, proposal_id="pr1", reports=(),
            questions=(), agreed_by=VCO.person,
        ),
        at=at,
    )  # fmt: skip
    for party in (VCO, DECIDER):
        command = SignAgreement(actor=party, now=at, agreement_id=agreement)
        assert ledger.do(handlers.sign_agreement(ledger, command), at).rejection is None
    return ledger


def payment_id(ledger: Ledger, number: int = 1) -> str:
    return f"{the_agreement(ledger).agreement_id}.{number}"


def scheduled(ledger: Ledger) -> list[PaymentScheduled]:
    return ledger.of(PaymentScheduled)


def enter(ledger: Ledger, actor: Actor = VCO, details: str = "bd1", when: datetime = IN_FORCE_AT) -> Outcome:
    command = EnterBankDetails(
        actor=actor, now=when, details_id=details, organisation_id=ADVICE, document=document(details)
    )
    return ledger.do(handlers_payments.enter_bank_details(ledger, command), when)


def confirm(ledger: Ledger, actor: Actor = FINANCE, details: str = "bd1", when: datetime = IN_FORCE_AT) -> Outcome:
    command = ConfirmBankDetails(actor=actor, now=when, details_id=details, organisation_id=ADVICE)
    return ledger.do(handlers_payments.confirm_bank_details(ledger, command), when)


def _do(ledger: Ledger, handler: Any, kind: Any, actor: Actor, when: datetime, number: int, **more: Any) -> Outcome:
    command = kind(actor=actor, now=when, payment_id=payment_id(ledger, number), **more)
    return ledger.do(handler(ledger, command), when)


def ask(ledger: Ledger, actor: Actor = MANAGER, when: datetime = IN_FORCE_AT, number: int = 1) -> Outcome:
    return _do(ledger, handlers_payments.request_payment, RequestPayment, actor, when, number)


def release(ledger: Ledger, actor: Actor = FINANCE, when: datetime = IN_FORCE_AT, number: int = 1) -> Outcome:
    return _do(ledger, handlers_payments.release_payment, ReleasePayment, actor, when, number)


def make(
    ledger: Ledger, actor: Actor = FINANCE, when: datetime = IN_FORCE_AT, number: int = 1, reference: str = "SC-1",
    made_on: date | None = None,
) -> Outcome:  # fmt: skip
    return _do(
        ledger, handlers_payments.make_payment, MakePayment, actor, when, number, ledger_reference=reference,
        made_on=made_on or when.date(),
    )  # fmt: skip


def send_back(
    ledger: Ledger, actor: Actor = FINANCE, when: datetime = IN_FORCE_AT, number: int = 1,
    reason: ReturnReason = ReturnReason.ACCOUNT_CLOSED,
) -> Outcome:  # fmt: skip
    return _do(ledger, handlers_payments.return_payment, ReturnPayment, actor, when, number, reason=reason)


def propose_hold(
    ledger: Ledger, actor: Actor = MANAGER, when: datetime = IN_FORCE_AT, number: int = 1, hold: str = "h1",
    ground: HoldGround = HoldGround.REPORT_OVERDUE,
) -> Outcome:  # fmt: skip
    return _do(
        ledger, handlers_payments.propose_hold, ProposeHold, actor, when, number, hold_id=hold, ground=ground,
        reasons=document(f"why {hold}"),
    )  # fmt: skip


def confirm_hold(
    ledger: Ledger, actor: Actor = FINANCE, when: datetime = IN_FORCE_AT, number: int = 1, hold: str = "h1"
) -> Outcome:
    return _do(ledger, handlers_payments.confirm_hold, ConfirmHold, actor, when, number, hold_id=hold)


def lift(ledger: Ledger, actor: Actor = FINANCE, when: datetime = IN_FORCE_AT, number: int = 1) -> Outcome:
    return _do(ledger, handlers_payments.lift_hold, LiftHold, actor, when, number)


def with_an_account(ledger: Ledger) -> Ledger:
    assert enter(ledger).rejection is None
    assert confirm(ledger).rejection is None
    return ledger


def a_payment_made(number: int = 1) -> Ledger:
    ledger = with_an_account(an_agreement_in_force())
    for step in (ask, release, make):
        assert step(ledger, number=number).rejection is None
    [_] = ledger.of(PaymentMade)
    return ledger
