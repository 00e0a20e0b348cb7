"""What is told of panels and reviews: scores given, a review answered or overdue (Sutton Compact 3.3.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts import panels
from contracts.envelope import DocumentRef
from services.notifications import handlers
from services.notifications.notices import RequestNotice
from services.notifications.particulars import REASONS
from services.notifications.reactions import reactions
from services.notifications.read_tables import Particulars, projections
from services.runtime.decisions import Recorded
from services.runtime.projections import RowChange, Upsert
from services.runtime.reactions import Act


@projections.of(panels.ScoresGiven)
def note_scores(event: Recorded[panels.ScoresGiven]) -> Iterator[RowChange]:
    """What is said of the scores of a bid, unaltered (Sutton Compact 3.3.2)."""
    given = event.data
    facts = {"points_at_most": given.points_at_most, "points": [one.points for one in given.scores]}
    texts = [_text(one.criterion_id, one.reason) for one in given.scores]
    yield _said(event, facts, texts)


@projections.of(panels.DecisionReviewOverdue)
def note_late_review(event: Recorded[panels.DecisionReviewOverdue]) -> Iterator[RowChange]:
    """What is said of a review that was not answered in time."""
    late = event.data
    facts = {"due_on": late.answer_due_on.isoformat()}
    yield _said(event, facts, [])


@projections.of(panels.DecisionReviewAnswered)
def note_review(event: Recorded[panels.DecisionReviewAnswered]) -> Iterator[RowChange]:
    """What is said of the answer to a review (Sutton Compact 3.3.2)."""
    answered = event.data
    texts = [_text(REASONS, answered.answer)]
    yield _said(event, {"outcome": answered.outcome.value}, texts)


@reactions.to(panels.ScoresGiven, handlers.request_notice)
def tell_of_scores(event: Recorded[panels.ScoresGiven], act: Act) -> RequestNotice:
    """The bidder is given its scores with the reason for each (Sutton Compact 3.3.2)."""
    return _notice(event, act, "scores_given")


@reactions.to(panels.DecisionReviewOverdue, handlers.request_notice)
def tell_of_late_review(event: Recorded[panels.DecisionReviewOverdue], act: Act) -> RequestNotice:
    """The bidder is told that its review was not answered in time."""
    return _notice(event, act, "review_overdue")


@reactions.to(panels.DecisionReviewAnswered, handlers.request_notice)
def tell_of_review(event: Recorded[panels.DecisionReviewAnswered], act: Act) -> RequestNotice:
    """The bidder is told what its review found, in writing (Sutton Compact 3.3.2)."""
    return _notice(event, act, "review_answered")


def _notice(event: Recorded[Any], act: Act, template: str) -> RequestNotice:
    told = event.data.organisation_id
    return RequestNotice(
        actor=act.actor, now=act.now, notice_id=act.new_id(f"notice for {told}"), organisation_id=told,
        about=f"bid:{event.data.bid_id}", template=template, because_of=event.id,
    )  # fmt: skip


def _said(event: Recorded[Any], facts: dict[str, Any], texts: list[dict[str, Any]]) -> RowChange:
    about = {"programme_id": event.data.programme_id, "funder_id": event.data.funder_id}
    return Upsert(Particulars, event.id, facts=facts, texts=texts, **about)


def _text(about: str, document: DocumentRef) -> dict[str, Any]:
    return {"about": about, "document": document.model_dump(mode="json")}
