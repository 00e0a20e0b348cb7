"""What funding does about payments by itself: the routing of events and timers about them."""

from __future__ import annotations

from typing import Any

from contracts import agreement_terms, change_gates, funding, incumbents, monitoring, payments
from contracts.envelope import Event
from services.funding import handlers_payments
from services.funding.holds import EndHold
from services.funding.payment_dates import MarkPaymentOverdue, ResumePayments, SchedulePayments
from services.funding.payments_after_change import FollowChange, KeepPaying
from services.funding.projections_payments import HOLD_ENDS, OVERDUE
from services.funding.reactions import reactions
from services.funding.timers import timers
from services.runtime.decisions import Recorded
from services.runtime.reactions import Act


def schedule_payments(event: Recorded[Any], act: Act) -> SchedulePayments:
    """An agreement in force whose financing was chosen has its payments (Compact 3.3.4)."""
    return SchedulePayments(actor=act.actor, now=act.now, agreement_id=event.data.agreement_id)


_kind: type[Event]
for _kind in (funding.AgreementInForce, agreement_terms.FinancingModelChosen):
    reactions.to(_kind, handlers_payments.schedule_payments)(schedule_payments)


def follow_change(event: Recorded[Any], act: Act) -> FollowChange:
    """What is owed follows from what a change made of the agreement (Compact 3.4.4)."""
    return FollowChange(
        actor=act.actor, now=act.now, agreement_id=event.data.agreement_id, change_id=event.data.change_id
    )


for _kind in (change_gates.AgreementEnded, change_gates.AgreementVaried, change_gates.SumsMadeGood):
    reactions.to(_kind, handlers_payments.follow_change)(follow_change)


@reactions.to(incumbents.IncumbentNotAwarded, handlers_payments.keep_paying)
def keep_paying(event: Recorded[incumbents.IncumbentNotAwarded], act: Act) -> KeepPaying:
    """An incumbent that lost keeps its money until its notice could have run (SPP9)."""
    return KeepPaying(actor=act.actor, now=act.now, agreement_id=event.data.agreement_id)


@reactions.to(payments.BankDetailsEntered, handlers_payments.resume_payments)
def resume_after_details(event: Recorded[payments.BankDetailsEntered], act: Act) -> ResumePayments:
    """Bank details came: what waited for them has a date again (Compact 3.3.4)."""
    return ResumePayments(
        actor=act.actor, now=act.now, organisation_id=event.data.organisation_id, agreement_id="",
        because=payments.DueAgainBecause.BANK_DETAILS_CAME,
    )  # fmt: skip


@reactions.to(monitoring.ReportSubmitted, handlers_payments.resume_payments)
def resume_after_report(event: Recorded[monitoring.ReportSubmitted], act: Act) -> ResumePayments | None:
    """A late report came: what was agreed to wait for it has a date again (Compact 3.3.7)."""
    if not event.data.late:
        return None
    return ResumePayments(
        actor=act.actor, now=act.now, organisation_id=event.data.organisation_id,
        agreement_id=event.data.agreement_id, because=payments.DueAgainBecause.REPORT_CAME,
    )  # fmt: skip


@timers.when(OVERDUE, handlers_payments.mark_overdue)
def mark_overdue(key: str, act: Act) -> MarkPaymentOverdue:
    """A payment's date has passed (Compact 3.3.4)."""
    return MarkPaymentOverdue(actor=act.actor, now=act.now, payment_id=key)


@timers.when(HOLD_ENDS, handlers_payments.end_hold)
def end_hold(key: str, act: Act) -> EndHold:
    """The last day of a hold has come (Compact 3.3.4)."""
    return EndHold(actor=act.actor, now=act.now, payment_id=key)
