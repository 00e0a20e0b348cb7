"""How facts become rows of the Compact's record: funding's own, and those of the three services that it listens to.

A row says which deed was recorded, of which body, and where; no row knows a clause, for a place may have other ones or
none. One deed about one thing is one row however often it is recorded, and what was struck is no row any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts import (
    agreement_terms,
    budgets,
    change_gates,
    every_service,
    funding,
    improvement,
    incumbents,
    independence,
    monitoring,
    panels,
    payments,
    reviews,
)
from contracts.envelope import Event
from contracts.scorecard import FEEDBACK_REFUSALS
from services.funding.projections import projections
from services.funding.scorecard_table import ScorecardFacts
from services.runtime.decisions import Recorded
from services.runtime.projections import Add, Delete, RowChange, Upsert

projections.keep(ScorecardFacts)
OF_FUNDERS: tuple[type[Event], ...] = (
    funding.ProgrammePublished, funding.BidDeclined, agreement_terms.ClausesDrafted, agreement_terms.TermReasoned,
    agreement_terms.FinancingModelChosen, agreement_terms.RisksAllocated, change_gates.ImpactAssessed,
    change_gates.ReallocationAssessed, change_gates.ChangeMeetingHeld, change_gates.ChangeAgreed,
    change_gates.ChangeNotAgreed, change_gates.RedundancyViewGiven, change_gates.SumsMadeGood,
    funding.ChangeDisclosed, budgets.ProgrammeMoneyCut,
    incumbents.TermEndAnswered, panels.DecisionReviewOverdue, monitoring.MonitoringAgreed,
    monitoring.FunderAnswerOverdue, improvement.RemedialTimetableAgreed, improvement.RemedialTimetableNotAgreed,
)  # fmt: skip
"""Each is a deed of the body that funds, whatever else it says."""
OF_THE_SECTOR: tuple[type[Event], ...] = (
    change_gates.OwnEstimateGiven, change_gates.ExitPlanOverdue, reviews.AnnualReviewAnswered,
)  # fmt: skip
"""Each is a deed of a voluntary organisation, counted without its name."""
NOBODY = ""
"""The body of a row that counts for the sector."""


def counted(event: Recorded[Any], body: str, word: str = "", mark: str = "") -> Upsert:
    """The row of a deed: by default one for each thing that events of this class are about."""
    deed = f"{event.data.wire}:{word}" if word else event.data.wire
    return Upsert(ScorecardFacts, deed, mark or event.subject, counts=True, body=body, **_where(event))


def _where(event: Recorded[Any]) -> dict[str, Any]:
    changes = [tag for tag in event.tags if tag.startswith("change:")]
    return {
        "event_id": event.id, "type": event.data.wire, "service": event.source.rpartition("/")[2],
        "position": event.position, "recorded": event.recorded, "time": event.time, "about": event.subject,
        "change_id": changes[0].partition(":")[2] if changes else "",
    }  # fmt: skip


@projections.of(*OF_FUNDERS)
def count_for_the_funder(event: Recorded[Any]) -> Iterator[RowChange]:
    """A funder did or missed what it undertook (Sutton Compact 3.1.1, 3.3.1 to 3.3.10, 3.4.1 to 3.4.5; WTS4)."""
    yield counted(event, event.data.funder_id)


@projections.of(*OF_THE_SECTOR)
def count_for_the_sector(event: Recorded[Any]) -> Iterator[RowChange]:
    """A voluntary organisation did or missed what the sector undertook (Sutton Compact 3.4.5, 3.4.6, 3.4.7)."""
    yield counted(event, NOBODY)


@projections.of(independence.IndependenceConcernAnswered)
def count_concern(event: Recorded[independence.IndependenceConcernAnswered]) -> Iterator[RowChange]:
    """A concern about a body was found right, or was answered in time and did not stand (Sutton Compact 3.1.1)."""
    if event.data.finding is independence.Finding.UPHELD:
        yield counted(event, event.data.body_id, "upheld")
    elif not event.data.late:
        yield counted(event, event.data.body_id)


@projections.of(independence.IndependenceAnswerOverdue)
def count_unanswered_concern(event: Recorded[independence.IndependenceAnswerOverdue]) -> Iterator[RowChange]:
    """A concern about a body waits for its answer beyond the date (Sutton Compact 3.1.1)."""
    yield counted(event, event.data.body_id)


@projections.of(funding.BidAwarded)
def count_awarded_bid(event: Recorded[funding.BidAwarded]) -> Iterator[RowChange]:
    """A bid was eligible, and its rationale is its funder's to give (Sutton Compact 3.3.2, 3.3.8)."""
    yield counted(event, NOBODY, "eligible")
    yield Upsert(ScorecardFacts, funding.RationaleGiven.wire, event.subject, body=event.data.funder_id)


@projections.of(funding.RationaleGiven)
def count_rationale(event: Recorded[funding.RationaleGiven]) -> Iterator[RowChange]:
    """A rationale went to its bidder; `BidAwarded` says whose it is (Sutton Compact 3.3.2)."""
    yield Upsert(ScorecardFacts, event.data.wire, event.subject, counts=True, **_where(event))


@projections.of(funding.BidDeclined)
def count_declined_bid(event: Recorded[funding.BidDeclined]) -> Iterator[RowChange]:
    """A bid turned out eligible or not, told with the results (Sutton Compact 3.3.8)."""
    yield counted(event, NOBODY, "ineligible" if event.data.ineligible else "eligible")


@projections.of(panels.DecisionReviewAnswered)
def count_review(event: Recorded[panels.DecisionReviewAnswered]) -> Iterator[RowChange]:
    """A review was answered in time; a late one was missed when its day passed (Sutton Compact 3.3.2)."""
    if not event.data.late:
        yield counted(event, event.data.funder_id)


@projections.of(payments.PaymentMade)
def count_payment(event: Recorded[payments.PaymentMade]) -> Iterator[RowChange]:
    """A payment was made in time, or later only because its organisation was waited for (Sutton Compact 3.3.4)."""
    late_by_funder = event.data.late and event.data.waited_for is not payments.WaitedFor.ORGANISATION
    row = counted(event, event.data.funder_id)
    if late_by_funder:
        row = Upsert(ScorecardFacts, payments.PaymentOverdue.wire, event.subject, **row.values)
    yield row


@projections.of(payments.PaymentOverdue)
def count_late_payment(event: Recorded[payments.PaymentOverdue]) -> Iterator[RowChange]:
    """A payment's date passed while the funder was waited for, and nobody else (Sutton Compact 3.3.4)."""
    if event.data.waited_for is payments.WaitedFor.FUNDER:
        yield counted(event, event.data.funder_id)


@projections.of(monitoring.ReportSubmitted)
def count_report(event: Recorded[monitoring.ReportSubmitted]) -> Iterator[RowChange]:
    """A report came in time, and showed what was asked of it (Sutton Compact 3.3.10, 3.3.11, 3.5.4)."""
    if not event.data.late:
        yield counted(event, NOBODY)
    for part in event.data.parts:
        yield counted(event, NOBODY, part.value)


@projections.of(monitoring.ReportOverdue)
def count_late_report(event: Recorded[monitoring.ReportOverdue]) -> Iterator[RowChange]:
    """A report's date passed without it (Sutton Compact 3.3.10)."""
    yield counted(event, NOBODY, mark=_late(event.data))


@projections.of(monitoring.ReportOverdueWithdrawn)
def strike_late_report(event: Recorded[monitoring.ReportOverdueWithdrawn]) -> Iterator[RowChange]:
    """It had come in time after all (Sutton Compact 3.3.10)."""
    yield Delete(ScorecardFacts, monitoring.ReportOverdue.wire, _late(event.data))


def _late(fact: monitoring.ReportOverdue | monitoring.ReportOverdueWithdrawn) -> str:
    return f"report:{fact.report_id} {fact.due_on}"


@projections.of(monitoring.ReportAccepted)
def count_answer_to_report(event: Recorded[monitoring.ReportAccepted]) -> Iterator[RowChange]:
    """A funder answered a report; its silence is no answer (Sutton Compact 3.3.10)."""
    if not event.data.by_silence:
        yield counted(event, event.data.funder_id)


@projections.of(reviews.FeedbackInvited)
def count_invitation(event: Recorded[reviews.FeedbackInvited]) -> Iterator[RowChange]:
    """A voluntary organisation asked residents and users for feedback (Sutton Compact 3.3.12)."""
    if event.data.side is improvement.Side.PARTNER:
        yield counted(event, NOBODY)


@projections.of(improvement.RemedialActionCompleted, improvement.RemedialActionMissed)
def count_action(
    event: Recorded[improvement.RemedialActionCompleted | improvement.RemedialActionMissed],
) -> Iterator[RowChange]:
    """An agreed action was done or missed by the side whose it was (Sutton Compact 3.4.1)."""
    body = event.data.funder_id if event.data.side is improvement.Side.FUNDER else NOBODY
    yield counted(event, body, mark=f"{event.subject} {event.data.action_id}")


@projections.of(change_gates.PartnerEffectReported)
def count_effect(event: Recorded[change_gates.PartnerEffectReported]) -> Iterator[RowChange]:
    """Another body said what a change does to its own work (Sutton Compact 3.4.2)."""
    yield counted(event, event.data.body_id, mark=f"{event.subject} {event.data.body_id}")


@projections.of(change_gates.RepresentationReceived)
def count_response(event: Recorded[change_gates.RepresentationReceived]) -> Iterator[RowChange]:
    """An organisation responded, said on what basis, and waits for its points (Sutton Compact 3.2.6, 3.4.3, 3.4.6)."""
    yield counted(event, NOBODY)
    if event.data.basis_stated:
        yield counted(event, NOBODY, "basis")
    answered = change_gates.RepresentationAnswered.wire
    yield Add(ScorecardFacts, answered, event.subject, awaited=len(event.data.points))


@projections.of(change_gates.RepresentationAnswered)
def count_answered_response(event: Recorded[change_gates.RepresentationAnswered]) -> Iterator[RowChange]:
    """A response counts as answered once, when its last point is (Sutton Compact 3.4.3)."""
    yield counted(event, event.data.funder_id)
    yield Add(ScorecardFacts, event.data.wire, event.subject, awaited=-1)


@projections.of(change_gates.NoticePeriodStarted)
def count_notice(event: Recorded[change_gates.NoticePeriodStarted]) -> Iterator[RowChange]:
    """Written notice was served, and runs (Sutton Compact 3.4.4)."""
    yield counted(event, event.data.funder_id, mark=f"notice:{event.data.notice_id}")


@projections.of(change_gates.NoticePeriodStopped)
def strike_notice(event: Recorded[change_gates.NoticePeriodStopped]) -> Iterator[RowChange]:
    """A notice whose service was withdrawn was none (Sutton Compact 3.4.4)."""
    if event.data.because is change_gates.Stopped.SERVICE_WITHDRAWN:
        yield Delete(ScorecardFacts, change_gates.NoticePeriodStarted.wire, f"notice:{event.data.notice_id}")


@projections.of(change_gates.ExitPlanSubmitted)
def count_exit_plan(event: Recorded[change_gates.ExitPlanSubmitted]) -> Iterator[RowChange]:
    """A plan for the end of support came in time (Sutton Compact 3.4.5)."""
    if not event.data.late:
        yield counted(event, NOBODY)


@projections.of(change_gates.UndertakingSetAside)
def count_set_aside(event: Recorded[change_gates.UndertakingSetAside]) -> Iterator[RowChange]:
    """A step was set aside for a named statute (setting an undertaking aside)."""
    yield counted(event, event.data.funder_id, event.data.step, mark=event.id)


@projections.of(every_service.StepRefused, every_service.StepWarned)
def count_refusal(event: Recorded[every_service.StepRefused | every_service.StepWarned]) -> Iterator[RowChange]:
    """A step was refused or warned of, by the clause that it cites; of a sealed one, once it is disclosed."""
    fact = event.data
    row = counted(event, fact.body_id, "feedback" if fact.code in FEEDBACK_REFUSALS else "", mark=event.id)
    kind, _, which = fact.about.partition(":")
    row.values.update(
        about=fact.about, code=fact.code, cited_document=fact.citation.document, cited_clause=fact.citation.clause,
        change_id=which if kind == "change" else "",
    )  # fmt: skip
    yield row
