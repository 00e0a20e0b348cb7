"""Commands about payments to decisions."""

from __future__ import annotations

from contracts.change_gates import DoubtAnswered
from contracts.payments import PaymentMade
from services.funding import bank_details, contracts_beside, holds, payment_dates, payments, payments_after_change
from services.funding.payment_book import PaymentBook, agreement_of, of_agreement, of_organisation
from services.runtime.decisions import Item, Query
from services.runtime.unit import Outcome, Unit


async def schedule_payments(unit: Unit, command: payment_dates.SchedulePayments) -> Outcome:
    """Schedule the payments of an agreement (Compact 3.3.4)."""
    return await unit.decide(of_agreement(command.agreement_id), payment_dates.schedule, command)


async def follow_change(unit: Unit, command: payments_after_change.FollowChange) -> Outcome:
    """Bring the payments of an agreement in line with a change of support (Compact 3.4.4)."""
    return await unit.decide(of_agreement(command.agreement_id), payments_after_change.follow, command)


async def keep_paying(unit: Unit, command: payments_after_change.KeepPaying) -> Outcome:
    """Pay an incumbent for as long as it keeps its support (SPP9)."""
    return await unit.decide(of_agreement(command.agreement_id), payments_after_change.keep_paying, command)


async def resume_payments(unit: Unit, command: payment_dates.ResumePayments) -> Outcome:
    """Give payments a new date, because what was missing came (Compact 3.3.4)."""
    facts = (
        of_agreement(command.agreement_id, command.organisation_id)
        if command.agreement_id
        else of_organisation(command.organisation_id)
    )
    return await unit.decide(facts, payment_dates.resume, command)


async def mark_overdue(unit: Unit, command: payment_dates.MarkPaymentOverdue) -> Outcome:
    """Say that a payment's date passed (Compact 3.3.4)."""
    return await unit.decide(await _with_payee(unit, command.payment_id), payment_dates.mark_overdue, command)


async def request_payment(unit: Unit, command: payments.RequestPayment) -> Outcome:
    """Ask for a payment."""
    return await unit.decide(await _with_payee(unit, command.payment_id), payments.request, command)


async def release_payment(unit: Unit, command: payments.ReleasePayment) -> Outcome:
    """Release a payment."""
    return await unit.decide(await _with_payee(unit, command.payment_id), payments.release, command)


async def make_payment(unit: Unit, command: payments.MakePayment) -> Outcome:
    """Record that finance paid; its reference stands for one payment of its body."""
    used = Item(f"ledger:{command.ledger_reference}", f"organisation:{command.actor.organisation}", only=(PaymentMade,))
    return await unit.decide(await _with_payee(unit, command.payment_id, used), payments.make, command)


async def return_payment(unit: Unit, command: payments.ReturnPayment) -> Outcome:
    """Take back what a bank returned."""
    return await unit.decide(await _with_payee(unit, command.payment_id), payments.take_back, command)


async def propose_hold(unit: Unit, command: holds.ProposeHold) -> Outcome:
    """Propose to hold a payment (Compact 3.3.4)."""
    return await unit.decide(await _with_payee(unit, command.payment_id), holds.propose, command)


async def confirm_hold(unit: Unit, command: holds.ConfirmHold) -> Outcome:
    """Hold a payment (Compact 3.3.4)."""
    return await unit.decide(await _with_payee(unit, command.payment_id), holds.confirm, command)


async def lift_hold(unit: Unit, command: holds.LiftHold) -> Outcome:
    """Lift a hold."""
    return await unit.decide(await _with_payee(unit, command.payment_id), holds.lift, command)


async def end_hold(unit: Unit, command: holds.EndHold) -> Outcome:
    """End a hold on its day (Compact 3.3.4)."""
    return await unit.decide(await _with_payee(unit, command.payment_id), holds.end, command)


async def enter_bank_details(unit: Unit, command: bank_details.EnterBankDetails) -> Outcome:
    """Enter where an organisation is to be paid."""
    return await unit.decide(bank_details.facts_of(command), bank_details.enter, command)


async def confirm_bank_details(unit: Unit, command: bank_details.ConfirmBankDetails) -> Outcome:
    """Confirm where an organisation is to be paid."""
    return await unit.decide(bank_details.facts_of(command), bank_details.confirm, command)


async def record_contract(unit: Unit, command: contracts_beside.RecordContract) -> Outcome:
    """Record a contract for additional services (SPP7)."""
    return await unit.decide(contracts_beside.facts_of(command), contracts_beside.record, command)


async def _with_payee(unit: Unit, payment_id: str, *more: Item) -> Query[PaymentBook]:
    """An agreement's payments with the accounts of its organisation, which never changes once it was drafted."""
    known = await unit.look(of_agreement(agreement_of(payment_id)))
    doubts = Item(f"about:payment:{payment_id}", only=(DoubtAnswered,))
    return of_agreement(agreement_of(payment_id), known.organisation, doubts, *more)
