"""The read tables about performance, each named after the answer it holds."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.runtime.projections import Table


class PerformanceMeetings(Table, key=("meeting_id",)):
    """Which performance meetings stand, which were held and which were missed."""

    meeting_id: str
    agreement_id: str = ""
    organisation_id: str = ""
    funder_id: str = ""
    status: str = "to_come"
    after: date | None = None
    hold_by: date | None = None
    remind_on: date | None = None
    held_on: date | None = None
    late: bool = False
    attended: list[Any] | None = None
    outcome_ids: tuple[str, ...] = ()
    notes: dict[str, Any] | None = None


class UnderPerformance(Table, key=("under_performance_id",)):
    """Where under-performance was raised, and how far its timetable of actions is."""

    under_performance_id: str
    agreement_id: str = ""
    organisation_id: str = ""
    funder_id: str = ""
    status: str = "raised"
    outcome_ids: tuple[str, ...] = ()
    reason: dict[str, Any] | None = None
    agree_by: date | None = None
    positions_by: date | None = None
    proposal_id: str | None = None
    proposed_by_side: str | None = None
    proposed: list[Any] | None = None
    proposal: dict[str, Any] | None = None
    position_of_funder: dict[str, Any] | None = None
    position_of_partner: dict[str, Any] | None = None
    decision: dict[str, Any] | None = None
    ends_on: date | None = None
    ended_on: date | None = None


class RemedialActions(Table, key=("under_performance_id", "action_id")):
    """The actions of each timetable: whose, until when, how far."""

    under_performance_id: str
    action_id: str
    agreement_id: str = ""
    organisation_id: str = ""
    funder_id: str = ""
    side: str = ""
    due_on: date | None = None
    status: str = "to_do"
    evidence: dict[str, Any] | None = None
    confirm_by: date | None = None
    dispute: dict[str, Any] | None = None
    by_silence: bool = False


class AnnualReviews(Table, key=("review_id",)):
    """How far each annual review is, and who is waited for."""

    review_id: str
    agreement_id: str = ""
    organisation_id: str = ""
    funder_id: str = ""
    status: str = "to_come"
    opens_on: date | None = None
    from_on: date | None = None
    to_on: date | None = None
    parts: tuple[str, ...] = ()
    conclude_by: date | None = None
    feedback_until: date | None = None
    assessment: list[Any] | None = None
    answer: dict[str, Any] | None = None
    conclusion: dict[str, Any] | None = None
    people_heard: int | None = None
    waited_for: str | None = None
    """Who was waited for when the date passed."""
    late: bool = False


class Feedback(Table, key=("feedback_id",)):
    """What residents and service users said, as documents."""

    feedback_id: str
    review_id: str = ""
    agreement_id: str = ""
    organisation_id: str = ""
    received_on: date | None = None
    words: dict[str, Any] | None = None
    name: dict[str, Any] | None = None
    people: int | None = None
    groups: list[Any] | None = None
