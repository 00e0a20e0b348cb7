"""How facts change the read tables and timers of monitoring."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from contracts import funding, monitoring, partners
from services.monitoring.performance_tables import (
    AnnualReviews,
    Feedback,
    PerformanceMeetings,
    RemedialActions,
    UnderPerformance,
)
from services.monitoring.tables import FunderLateness, MonitoringPlans, OutcomesReported, OverdueReports, Reports
from services.runtime.decisions import Recorded
from services.runtime.projections import ClearTimer, Delete, Projections, RowChange, SetTimer, Upsert

DAY = timedelta(days=1)
projections = Projections(
    MonitoringPlans, Reports, OutcomesReported, OverdueReports, FunderLateness, PerformanceMeetings, UnderPerformance,
    RemedialActions, AnnualReviews, Feedback,
)  # fmt: skip

REPORT_TIMERS = ("open_report", "mark_overdue", "grant_extension", "accept_unanswered")


def timer_key(agreement_id: str, report_id: str) -> str:
    """The key of a report's timers: a report is decided on with its agreement."""
    return f"{agreement_id}/{report_id}"


def _key(fact: Any) -> str:
    return timer_key(fact.agreement_id, fact.report_id)


def _content(fact: Any) -> dict[str, Any]:
    return {
        "reports": [report.model_dump(mode="json") for report in fact.reports],
        "questions": [question.model_dump(mode="json") for question in fact.questions],
    }


@projections.of(funding.AgreementDrafted)
def begin_plan(event: Recorded[funding.AgreementDrafted]) -> Iterator[RowChange]:
    """An agreement waits for its monitoring to be proposed."""
    fact = event.data
    yield Upsert(
        MonitoringPlans, fact.agreement_id, organisation_id=fact.organisation_id, funder_id=fact.funder_id,
        title=fact.title, outcomes=tuple(outcome.id for outcome in fact.outcomes),
    )  # fmt: skip


@projections.of(partners.CommissioningManagerNominated)
def name_manager(event: Recorded[partners.CommissioningManagerNominated]) -> Iterator[RowChange]:
    """An agreement's reports are answered by this person."""
    yield Upsert(MonitoringPlans, event.data.agreement_id, manager_id=event.data.person_id)


@projections.of(partners.CommissioningManagerReplaced)
def replace_manager(event: Recorded[partners.CommissioningManagerReplaced]) -> Iterator[RowChange]:
    """An agreement's reports are answered by another person."""
    yield Upsert(MonitoringPlans, event.data.agreement_id, manager_id=event.data.person_id)


@projections.of(monitoring.MonitoringProposed)
def show_proposal(event: Recorded[monitoring.MonitoringProposed]) -> Iterator[RowChange]:
    """A proposal waits for the other side."""
    fact = event.data
    yield Upsert(
        MonitoringPlans, fact.agreement_id, status="proposed", proposal_id=fact.proposal_id, proposed=_content(fact),
        proposed_by_funder=fact.by_funder, proposal_document=fact.document.model_dump(mode="json"),
    )  # fmt: skip


@projections.of(monitoring.MonitoringAgreed)
def show_agreed(event: Recorded[monitoring.MonitoringAgreed]) -> Iterator[RowChange]:
    """Both sides agreed how outcomes are monitored."""
    yield _agreed(event.data)


@projections.of(monitoring.MonitoringChangeAgreed)
def show_change(event: Recorded[monitoring.MonitoringChangeAgreed]) -> Iterator[RowChange]:
    """Both sides agreed to a change."""
    yield _agreed(event.data)


def _agreed(fact: Any) -> RowChange:
    return Upsert(
        MonitoringPlans, fact.agreement_id, status="agreed", agreed_proposal_id=fact.proposal_id, agreed=_content(fact)
    )


@projections.of(funding.AgreementInForce)
def note_in_force(event: Recorded[funding.AgreementInForce]) -> Iterator[RowChange]:
    """An agreement is in force."""
    yield Upsert(MonitoringPlans, event.data.agreement_id, in_force=True)


@projections.of(monitoring.ReportsScheduled)
def schedule_forms(event: Recorded[monitoring.ReportsScheduled]) -> Iterator[RowChange]:
    """Forms of reports open by themselves; those of an earlier schedule are dropped."""
    fact = event.data
    for report_id in fact.dropped:
        yield Delete(Reports, report_id)
        yield ClearTimer("open_report", timer_key(fact.agreement_id, report_id))
    for report in fact.reports:
        yield Upsert(
            Reports, report.report_id, agreement_id=fact.agreement_id, organisation_id=fact.organisation_id,
            funder_id=fact.funder_id, period=report.period, opens_on=report.opens_on, due_on=report.due_on,
        )  # fmt: skip
        yield SetTimer("open_report", timer_key(fact.agreement_id, report.report_id), due_on=report.opens_on)


@projections.of(monitoring.ReportDue)
def open_report(event: Recorded[monitoring.ReportDue]) -> Iterator[RowChange]:
    """A report's form is open, and it is overdue the day after its date."""
    fact = event.data
    yield Upsert(
        Reports, fact.report_id, status="open", waits_for="partner", opened_on=fact.opened_on, due_on=fact.due_on,
        remind_on=fact.remind_on, parts=tuple(part.value for part in fact.parts),
    )  # fmt: skip
    yield ClearTimer("open_report", _key(fact))
    yield SetTimer("mark_overdue", _key(fact), due_on=fact.due_on + DAY)


@projections.of(monitoring.ReportExtensionAsked)
def await_word_on_extension(event: Recorded[monitoring.ReportExtensionAsked]) -> Iterator[RowChange]:
    """The funder is waited for: nothing is overdue, and where the place says so silence grants."""
    fact = event.data
    reason = fact.reason.model_dump(mode="json")
    yield Upsert(
        Reports, fact.report_id, waits_for="funder", extension_asked_until=fact.asked_until, extension_reason=reason
    )
    yield ClearTimer("mark_overdue", _key(fact))
    if fact.silence_grants and fact.due_on:
        yield SetTimer("grant_extension", _key(fact), due_on=fact.due_on + DAY)


@projections.of(monitoring.ReportExtensionAgreed)
def extend(event: Recorded[monitoring.ReportExtensionAgreed]) -> Iterator[RowChange]:
    """A report is due later."""
    fact = event.data
    yield Upsert(
        Reports, fact.report_id, waits_for="partner", extension_asked_until=None, due_on=fact.due_on,
        remind_on=fact.remind_on, extended_by_silence=fact.by_silence,
    )  # fmt: skip
    yield ClearTimer("grant_extension", _key(fact))
    yield SetTimer("mark_overdue", _key(fact), due_on=fact.due_on + DAY)


@projections.of(monitoring.ReportExtensionRefused)
def keep_date(event: Recorded[monitoring.ReportExtensionRefused]) -> Iterator[RowChange]:
    """A report's date stands."""
    fact = event.data
    reasons = fact.reason.model_dump(mode="json")
    yield Upsert(Reports, fact.report_id, waits_for="partner", extension_asked_until=None, reasons=reasons)
    yield ClearTimer("grant_extension", _key(fact))
    if fact.due_on:
        yield SetTimer("mark_overdue", _key(fact), due_on=fact.due_on + DAY)


@projections.of(monitoring.ReportSubmitted)
def await_answer(event: Recorded[monitoring.ReportSubmitted]) -> Iterator[RowChange]:
    """A report waits for the funder's answer."""
    fact = event.data
    yield Upsert(
        Reports, fact.report_id, status="submitted", waits_for="funder", document=fact.document.model_dump(mode="json"),
        late=fact.late, overdue=False, answer_due_on=fact.answer_due_on, extension_asked_until=None,
    )  # fmt: skip
    yield Delete(OverdueReports, fact.report_id)
    yield ClearTimer("mark_overdue", _key(fact))
    yield ClearTimer("grant_extension", _key(fact))
    if fact.answer_due_on:
        yield SetTimer("accept_unanswered", _key(fact), due_on=fact.answer_due_on + DAY)


@projections.of(monitoring.OutcomeReported)
def keep_outcome(event: Recorded[monitoring.OutcomeReported]) -> Iterator[RowChange]:
    """What became of an outcome, as last reported."""
    fact = event.data
    yield Upsert(
        OutcomesReported, fact.report_id, fact.outcome_id, agreement_id=fact.agreement_id,
        organisation_id=fact.organisation_id, status=fact.status.value, people=fact.people, measured=fact.measured,
        unit=fact.unit,
    )  # fmt: skip


@projections.of(monitoring.ReportReturned)
def await_report_again(event: Recorded[monitoring.ReportReturned]) -> Iterator[RowChange]:
    """A report is with the partner again, with a new date."""
    fact = event.data
    yield Upsert(
        Reports, fact.report_id, status="returned", waits_for="partner", reasons=fact.reasons.model_dump(mode="json"),
        due_on=fact.due_on, remind_on=fact.remind_on, answer_due_on=None, extended_by_silence=False,
    )  # fmt: skip
    yield ClearTimer("accept_unanswered", _key(fact))
    yield SetTimer("mark_overdue", _key(fact), due_on=fact.due_on + DAY)


@projections.of(monitoring.ReportAccepted)
def settle_report(event: Recorded[monitoring.ReportAccepted]) -> Iterator[RowChange]:
    """A report is done."""
    fact = event.data
    yield Upsert(Reports, fact.report_id, status="accepted", waits_for="nobody", accepted_by_silence=fact.by_silence)
    yield ClearTimer("accept_unanswered", _key(fact))


@projections.of(monitoring.ReportOverdue)
def list_overdue(event: Recorded[monitoring.ReportOverdue]) -> Iterator[RowChange]:
    """A report is late; the lateness is the partner's."""
    fact = event.data
    yield Upsert(Reports, fact.report_id, overdue=True)
    yield Upsert(OverdueReports, fact.report_id, **_sides(fact), due_on=fact.due_on)
    yield ClearTimer("mark_overdue", _key(fact))


@projections.of(monitoring.ReportOverdueWithdrawn)
def strike_overdue(event: Recorded[monitoring.ReportOverdueWithdrawn]) -> Iterator[RowChange]:
    """A report was not late after all."""
    yield Upsert(Reports, event.data.report_id, overdue=False)
    yield Delete(OverdueReports, event.data.report_id)


@projections.of(monitoring.FunderAnswerOverdue)
def list_funder_late(event: Recorded[monitoring.FunderAnswerOverdue]) -> Iterator[RowChange]:
    """A report went unanswered; the lateness is the funder's."""
    fact = event.data
    yield Upsert(FunderLateness, fact.report_id, **_sides(fact), answer_due_on=fact.answer_due_on)


@projections.of(monitoring.MonitoringClosed)
def stop_clocks(event: Recorded[monitoring.MonitoringClosed]) -> Iterator[RowChange]:
    """Nothing more is asked of an organisation that no longer exists."""
    fact = event.data
    yield Upsert(MonitoringPlans, fact.agreement_id, status="closed")
    for report_id in fact.report_ids:
        yield Upsert(Reports, report_id, status="closed", waits_for="nobody", overdue=False)
        yield Delete(OverdueReports, report_id)
        for timer in REPORT_TIMERS:
            yield ClearTimer(timer, timer_key(fact.agreement_id, report_id))


def _sides(fact: Any) -> dict[str, str]:
    return {name: getattr(fact, name) for name in ("agreement_id", "organisation_id", "funder_id")}
