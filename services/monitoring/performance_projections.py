"""How facts about performance change the read tables and timers of monitoring."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from contracts import improvement, reviews
from services.monitoring.performance_tables import (
    AnnualReviews,
    Feedback,
    PerformanceMeetings,
    RemedialActions,
    UnderPerformance,
)
from services.monitoring.projections import projections
from services.runtime.decisions import Recorded
from services.runtime.projections import ClearTimer, RowChange, SetTimer, Upsert

DAY = timedelta(days=1)
AGREE, ACTION_MISSED, CONFIRM = "note_not_agreed", "mark_action_missed", "confirm_action"
REMIND, MEETING_MISSED = "remind_of_meeting", "mark_meeting_missed"
OPEN, REVIEW_MISSED = "open_review", "mark_review_missed"


def _sides(fact: Any) -> dict[str, str]:
    return {name: getattr(fact, name) for name in ("agreement_id", "organisation_id", "funder_id")}


def _key(fact: Any, which: str) -> str:
    return f"{fact.agreement_id}/{which}"


def _action_key(fact: Any, action_id: str) -> str:
    return f"{fact.agreement_id}/{fact.under_performance_id}/{action_id}"


def _ref(document: Any) -> dict[str, Any]:
    written: dict[str, Any] = document.model_dump(mode="json")
    return written


@projections.of(reviews.PerformanceReviewsScheduled)
def schedule_reviews(event: Recorded[reviews.PerformanceReviewsScheduled]) -> Iterator[RowChange]:
    """Meetings are reminded of and missed by themselves; reviews open by themselves (SPP5, SPP6)."""
    fact = event.data
    for meeting in fact.meetings:
        dates = meeting.model_dump(exclude={"meeting_id"})
        yield Upsert(PerformanceMeetings, meeting.meeting_id, **_sides(fact), **dates)
        yield SetTimer(MEETING_MISSED, _key(fact, meeting.meeting_id), due_on=meeting.hold_by + DAY)
        if meeting.remind_on:
            yield SetTimer(REMIND, _key(fact, meeting.meeting_id), due_on=meeting.remind_on)
    for review in fact.reviews:
        dates = review.model_dump(include={"from_on", "to_on", "opens_on"})
        yield Upsert(AnnualReviews, review.review_id, **_sides(fact), **dates)
        yield SetTimer(OPEN, _key(fact, review.review_id), due_on=review.opens_on)


@projections.of(reviews.QuarterlyReviewDue)
def await_meeting(event: Recorded[reviews.QuarterlyReviewDue]) -> Iterator[RowChange]:
    """A meeting is to be held soon."""
    yield Upsert(PerformanceMeetings, event.data.meeting_id, status="due")
    yield ClearTimer(REMIND, _key(event.data, event.data.meeting_id))


@projections.of(reviews.QuarterlyReviewHeld)
def settle_meeting(event: Recorded[reviews.QuarterlyReviewHeld]) -> Iterator[RowChange]:
    """A meeting was held; one that was missed before is held all the same."""
    fact = event.data
    yield Upsert(
        PerformanceMeetings, fact.meeting_id, status="held", held_on=fact.held_on, late=fact.late,
        attended=[each.model_dump() for each in fact.attended], outcome_ids=fact.outcome_ids, notes=_ref(fact.notes),
    )  # fmt: skip
    yield ClearTimer(REMIND, _key(fact, fact.meeting_id))
    yield ClearTimer(MEETING_MISSED, _key(fact, fact.meeting_id))


@projections.of(reviews.QuarterlyReviewMissed)
def list_missed_meeting(event: Recorded[reviews.QuarterlyReviewMissed]) -> Iterator[RowChange]:
    """A meeting was missed."""
    yield Upsert(PerformanceMeetings, event.data.meeting_id, status="missed")
    yield ClearTimer(REMIND, _key(event.data, event.data.meeting_id))
    yield ClearTimer(MEETING_MISSED, _key(event.data, event.data.meeting_id))


@projections.of(improvement.UnderPerformanceRaised)
def list_under_performance(event: Recorded[improvement.UnderPerformanceRaised]) -> Iterator[RowChange]:
    """A timetable is to be agreed (Sutton Compact 3.4.1)."""
    fact = event.data
    yield Upsert(
        UnderPerformance, fact.under_performance_id, **_sides(fact), outcome_ids=fact.outcome_ids,
        reason=_ref(fact.reason), agree_by=fact.agree_by,
    )  # fmt: skip
    if fact.agree_by:
        yield SetTimer(AGREE, _key(fact, fact.under_performance_id), due_on=fact.agree_by + DAY)


@projections.of(improvement.RemedialTimetableProposed)
def show_proposed_timetable(event: Recorded[improvement.RemedialTimetableProposed]) -> Iterator[RowChange]:
    """A timetable waits for the other side."""
    fact = event.data
    yield Upsert(
        UnderPerformance, fact.under_performance_id, proposal_id=fact.proposal_id, proposed_by_side=fact.side.value,
        proposed=[action.model_dump(mode="json") for action in fact.actions], proposal=_ref(fact.document),
    )  # fmt: skip


@projections.of(improvement.RemedialTimetableAgreed)
def run_agreed_timetable(event: Recorded[improvement.RemedialTimetableAgreed]) -> Iterator[RowChange]:
    """An agreed timetable runs."""
    yield from _running(event.data)


@projections.of(improvement.RemedialTimetableDecided)
def run_decided_timetable(event: Recorded[improvement.RemedialTimetableDecided]) -> Iterator[RowChange]:
    """A timetable that a second person decided runs."""
    yield Upsert(UnderPerformance, event.data.under_performance_id, decision=_ref(event.data.reasons))
    yield from _running(event.data)


def _running(fact: improvement.RemedialTimetableAgreed | improvement.RemedialTimetableDecided) -> Iterator[RowChange]:
    yield Upsert(UnderPerformance, fact.under_performance_id, status="running", ends_on=fact.ends_on)
    yield ClearTimer(AGREE, _key(fact, fact.under_performance_id))
    for action in fact.actions:
        yield Upsert(
            RemedialActions, fact.under_performance_id, action.id, **_sides(fact), side=action.side.value,
            due_on=action.due_on,
        )  # fmt: skip
        yield SetTimer(ACTION_MISSED, _action_key(fact, action.id), due_on=action.due_on + DAY)


@projections.of(improvement.RemedialTimetableNotAgreed)
def await_positions(event: Recorded[improvement.RemedialTimetableNotAgreed]) -> Iterator[RowChange]:
    """Both sides are asked for their positions."""
    fact = event.data
    yield Upsert(UnderPerformance, fact.under_performance_id, status="not_agreed", positions_by=fact.positions_by)
    yield ClearTimer(AGREE, _key(fact, fact.under_performance_id))


@projections.of(improvement.RemedialPositionGiven)
def keep_position(event: Recorded[improvement.RemedialPositionGiven]) -> Iterator[RowChange]:
    """A position is on record."""
    fact = event.data
    yield Upsert(UnderPerformance, fact.under_performance_id, **{f"position_of_{fact.side}": _ref(fact.position)})


@projections.of(improvement.RemedialActionClaimed)
def await_confirmation(event: Recorded[improvement.RemedialActionClaimed]) -> Iterator[RowChange]:
    """An action waits for the other side's word; its own date no longer runs."""
    fact, key = event.data, _action_key(event.data, event.data.action_id)
    evidence = _ref(fact.evidence)
    yield Upsert(
        RemedialActions, fact.under_performance_id, fact.action_id, status="claimed", evidence=evidence,
        confirm_by=fact.confirm_by,
    )  # fmt: skip
    yield ClearTimer(ACTION_MISSED, key)
    if fact.confirm_by:
        yield SetTimer(CONFIRM, key, due_on=fact.confirm_by + DAY)


@projections.of(improvement.RemedialActionNotConfirmed)
def reopen_action(event: Recorded[improvement.RemedialActionNotConfirmed]) -> Iterator[RowChange]:
    """An action is to be done still."""
    fact, key = event.data, _action_key(event.data, event.data.action_id)
    reason = _ref(fact.reason)
    yield Upsert(
        RemedialActions, fact.under_performance_id, fact.action_id, status="to_do", dispute=reason, confirm_by=None
    )
    yield ClearTimer(CONFIRM, key)
    yield SetTimer(ACTION_MISSED, key, due_on=fact.due_on + DAY)


@projections.of(improvement.RemedialActionCompleted)
def settle_action(event: Recorded[improvement.RemedialActionCompleted]) -> Iterator[RowChange]:
    """An action is done."""
    fact, which = event.data, event.data.under_performance_id
    yield Upsert(RemedialActions, which, fact.action_id, status="completed", by_silence=fact.by_silence)
    yield ClearTimer(CONFIRM, _action_key(fact, fact.action_id))


@projections.of(improvement.RemedialActionMissed)
def list_missed_action(event: Recorded[improvement.RemedialActionMissed]) -> Iterator[RowChange]:
    """An action was missed."""
    yield Upsert(RemedialActions, event.data.under_performance_id, event.data.action_id, status="missed")
    yield ClearTimer(ACTION_MISSED, _action_key(event.data, event.data.action_id))


@projections.of(improvement.RemedialTimetableEnded)
def end_timetable(event: Recorded[improvement.RemedialTimetableEnded]) -> Iterator[RowChange]:
    """A timetable is over: recovered or failed; nobody waits for what was left."""
    fact = event.data
    yield Upsert(UnderPerformance, fact.under_performance_id, status=fact.result.value, ended_on=fact.ended_on)
    for action_id in fact.left:
        yield Upsert(RemedialActions, fact.under_performance_id, action_id, status="left")
        yield ClearTimer(ACTION_MISSED, _action_key(fact, action_id))
        yield ClearTimer(CONFIRM, _action_key(fact, action_id))


@projections.of(reviews.AnnualReviewOpened)
def open_review(event: Recorded[reviews.AnnualReviewOpened]) -> Iterator[RowChange]:
    """A review is open until its date."""
    fact = event.data
    yield Upsert(AnnualReviews, fact.review_id, status="open", parts=fact.parts, conclude_by=fact.conclude_by)
    yield ClearTimer(OPEN, _key(fact, fact.review_id))
    yield SetTimer(REVIEW_MISSED, _key(fact, fact.review_id), due_on=fact.conclude_by + DAY)


@projections.of(reviews.FeedbackInvited)
def show_invitation(event: Recorded[reviews.FeedbackInvited]) -> Iterator[RowChange]:
    """Feedback is asked for until a date."""
    yield Upsert(AnnualReviews, event.data.review_id, feedback_until=event.data.until)


@projections.of(reviews.ResidentFeedbackReceived)
def keep_feedback(event: Recorded[reviews.ResidentFeedbackReceived]) -> Iterator[RowChange]:
    """What was said, as documents."""
    fact = event.data
    yield Upsert(
        Feedback, fact.feedback_id, review_id=fact.review_id, agreement_id=fact.agreement_id,
        organisation_id=fact.organisation_id, received_on=fact.received_on, words=_ref(fact.words),
        name=_ref(fact.name) if fact.name else None, people=fact.people,
        groups=[group.model_dump() for group in fact.groups],
    )  # fmt: skip


@projections.of(reviews.AnnualReviewAssessed)
def show_assessment(event: Recorded[reviews.AnnualReviewAssessed]) -> Iterator[RowChange]:
    """Every part is answered; the partner is asked."""
    assessment = [part.model_dump(mode="json") for part in event.data.parts]
    yield Upsert(AnnualReviews, event.data.review_id, status="assessed", assessment=assessment, answer=None)


@projections.of(reviews.AnnualReviewAnswered)
def show_answer(event: Recorded[reviews.AnnualReviewAnswered]) -> Iterator[RowChange]:
    """The partner answered."""
    yield Upsert(AnnualReviews, event.data.review_id, status="answered", answer=_ref(event.data.answer))


@projections.of(reviews.AnnualReviewConcluded)
def settle_review(event: Recorded[reviews.AnnualReviewConcluded]) -> Iterator[RowChange]:
    """A review is concluded."""
    fact = event.data
    yield Upsert(
        AnnualReviews, fact.review_id, status="concluded", conclusion=_ref(fact.conclusion), late=fact.late,
        people_heard=fact.people_heard,
    )  # fmt: skip
    yield ClearTimer(REVIEW_MISSED, _key(fact, fact.review_id))


@projections.of(reviews.AnnualReviewMissed)
def list_missed_review(event: Recorded[reviews.AnnualReviewMissed]) -> Iterator[RowChange]:
    """A review was not concluded in time; it still can be."""
    yield Upsert(AnnualReviews, event.data.review_id, late=True, waited_for=event.data.waited_for.value)
    yield ClearTimer(REVIEW_MISSED, _key(event.data, event.data.review_id))


@projections.of(reviews.PerformanceClosed)
def stop_performance_clocks(event: Recorded[reviews.PerformanceClosed]) -> Iterator[RowChange]:
    """Nothing is waited for from an organisation that no longer exists."""
    fact = event.data
    for meeting_id in fact.meeting_ids:
        yield Upsert(PerformanceMeetings, meeting_id, status="closed")
    for review_id in fact.review_ids:
        yield Upsert(AnnualReviews, review_id, status="closed")
    for case_id in fact.under_performance_ids:
        yield Upsert(UnderPerformance, case_id, status="closed")
    clocks = (
        ((REMIND, MEETING_MISSED), fact.meeting_ids), ((OPEN, REVIEW_MISSED), fact.review_ids),
        ((AGREE,), fact.under_performance_ids), ((ACTION_MISSED, CONFIRM), fact.action_keys),
    )  # fmt: skip
    for names, keys in clocks:
        for name in names:
            yield from (ClearTimer(name, f"{fact.agreement_id}/{key}") for key in keys)
