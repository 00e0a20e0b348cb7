"""What funding does about events of panels, and what falls due in reviews."""

from __future__ import annotations

from contracts import panels
from services.funding import handlers_panels
from services.funding.late_interests import RecordLateInterest
from services.funding.projections_panels import REVIEW_OVERDUE
from services.funding.reactions import reactions
from services.funding.reviews_of_decisions import MarkReviewOverdue
from services.funding.timers import timers
from services.runtime.decisions import Recorded
from services.runtime.reactions import Act


@reactions.to(panels.PanelInterestDeclared, handlers_panels.record_late_interest)
def doubt_for_interest(event: Recorded[panels.PanelInterestDeclared], act: Act) -> RecordLateInterest | None:
    """An interest that was declared after an award was approved is put before a person (Compact 3.1.6)."""
    organisations = tuple(one.organisation_id for one in event.data.interests if one.interest)
    if not organisations:
        return None
    return RecordLateInterest(
        actor=act.actor, now=act.now, programme_id=event.data.programme_id, member=event.data.member,
        organisations=organisations, late_event_id=event.id, late_position=event.position,
    )  # fmt: skip


@timers.when(REVIEW_OVERDUE, handlers_panels.mark_review_overdue)
def mark_review_overdue(key: str, act: Act) -> MarkReviewOverdue:
    """The day has passed by which a review was to be answered (Compact 3.3.2)."""
    programme_id, _, bid_id = key.partition(" ")
    return MarkReviewOverdue(actor=act.actor, now=act.now, programme_id=programme_id, bid_id=bid_id)
