"""Requests about scores given with the results, and about reviews of decisions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response

from contracts.panels import DecisionReviewRequested
from services.funding import handlers_panels, queries
from services.funding.forms_panels import ReviewAnswerForm, ReviewForm
from services.funding.reviews_of_decisions import REVIEWERS, AnswerReview, RequestReview
from services.runtime.http import Asked, asked_by
from services.runtime.unit import Outcome

router = APIRouter(tags=["reviews"])

Bidder = Annotated[Asked, asked_by(queries.VCO)]
Reviewer = Annotated[Asked, asked_by(*REVIEWERS)]
Concerned = Annotated[Asked, asked_by(queries.VCO, "commissioner", *REVIEWERS, *queries.OVERSEERS)]
REVIEW = "select bid_id, programme_id, funder_id, organisation_id, answer_due_on, overdue, outcome, late from reviews"
SHOWN = ("grounds", "answer")


@router.get("/bids/{bid_id}/given-scores")
async def given_scores(bid_id: str, asked: Bidder) -> dict[str, Any]:
    """The scores of one's own bid, unaltered, once the results are out (Sutton Compact 3.3.2)."""
    row = await _given(asked, bid_id)
    told = [
        {"criterion_id": one["criterion_id"], "points": one["points"], "reason_document_id": one["reason"]["id"]}
        for one in queries.loaded(row["scores"])
    ]
    return {"bid_id": bid_id, "points_at_most": row["points_at_most"], "scores": told}


@router.get("/bids/{bid_id}/given-scores/documents/{document_id}")
async def given_reason(bid_id: str, document_id: str, asked: Bidder) -> Response:
    """The reason for a score of one's own bid, unaltered (Sutton Compact 3.3.2)."""
    for one in queries.loaded((await _given(asked, bid_id))["scores"]):
        ref = queries.reference(one["reason"])
        if ref and ref.id == document_id:
            return await asked.document(ref)
    raise asked.not_found("document", document_id)


@router.post("/bids/{bid_id}/review", status_code=201)
async def request_review(bid_id: str, form: ReviewForm, asked: Bidder) -> Response:
    """Ask once for a review of the decision on one's own bid (Sutton Compact 3.3.2)."""
    row = await queries.own_bid(asked, bid_id)
    command = RequestReview(
        actor=asked.actor, now=asked.now, bid_id=bid_id, programme_id=row["programme_id"],
        grounds=await asked.keep_text("grounds", form.grounds.encode()),
    )  # fmt: skip
    return await asked.perform(
        handlers_panels.request_review, command, lambda outcome: {"bid_id": bid_id, "answer_due_on": _due(outcome)}
    )


@router.get("/reviews")
async def reviews(asked: Reviewer) -> dict[str, Any]:
    """The reviews that one may answer, page by page."""
    return await asked.page(
        f"{REVIEW} where $1 = 'independent_reviewer' or funder_id = $2",
        asked.actor.role, asked.actor.organisation, key="bid_id",
    )  # fmt: skip


@router.get("/bids/{bid_id}/review")
async def review(bid_id: str, asked: Concerned) -> dict[str, Any]:
    """How far the review of a decision has come."""
    row = await _review(asked, bid_id)
    return queries.without(row, *SHOWN)


@router.get("/bids/{bid_id}/review/{which}")
async def review_text(bid_id: str, which: str, asked: Concerned) -> Response:
    """The `grounds` of a review or its `answer`."""
    row = await _review(asked, bid_id)
    ref = queries.reference(row[which]) if which in SHOWN else None
    if ref is None:
        raise asked.not_found("document", which)
    return await asked.document(ref)


@router.post("/bids/{bid_id}/review/answer", status_code=201)
async def answer_review(bid_id: str, form: ReviewAnswerForm, asked: Reviewer) -> Response:
    """Answer a review, as somebody who neither sat nor decided (Sutton Compact 3.3.2)."""
    row = await _review(asked, bid_id)
    command = AnswerReview(
        actor=asked.actor, now=asked.now, bid_id=bid_id, programme_id=row["programme_id"], outcome=form.outcome,
        answer=await asked.keep_text("answer", form.answer.encode()),
    )  # fmt: skip
    return await asked.perform(
        handlers_panels.answer_review, command, lambda _: {"bid_id": bid_id, "outcome": form.outcome.value}
    )


async def _given(asked: Asked, bid_id: str) -> dict[str, Any]:
    await queries.own_bid(asked, bid_id)
    rows = await asked.rows("select scores, points_at_most from given_scores where bid_id = $1", bid_id)
    if not rows:
        raise asked.not_found("score", bid_id)
    return dict(rows[0])


async def _review(asked: Asked, bid_id: str) -> dict[str, Any]:
    rows = await asked.rows(f"{REVIEW.replace('late', 'late, grounds, answer')} where bid_id = $1", bid_id)
    known = asked.actor.role in ("independent_reviewer", *queries.OVERSEERS)
    if not rows or not (known or queries.concerned(asked, dict(rows[0]))):
        raise asked.not_found("review", bid_id)
    return dict(rows[0])


def _due(outcome: Outcome) -> str | None:
    made = [fact.answer_due_on for fact in outcome.events if isinstance(fact, DecisionReviewRequested)]
    return made[0].isoformat() if made and made[0] else None
