"""Requests about the annual review and residents' feedback, and what is read of them."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Response

from contracts.reviews import PartAnswered
from services.monitoring import performance_handlers as handlers
from services.monitoring import performance_queries as queries
from services.monitoring.feedback import GatherFeedback, InviteFeedback, ReceiveFeedback
from services.monitoring.parties import EVERYBODY, MANAGER, PARTNER, RESIDENT
from services.monitoring.performance_forms import (
    AnswerToReviewForm,
    AssessmentForm,
    ConclusionForm,
    FeedbackForm,
    GatheredForm,
    InvitationForm,
)
from services.monitoring.review import ReviewCommand
from services.monitoring.reviewing import AnswerReview, AssessReview, ConcludeReview
from services.runtime.calendar import london_date
from services.runtime.http import Asked, asked_by

C = TypeVar("C", bound=ReviewCommand)
router = APIRouter(tags=["reviews"])

Anybody = Annotated[Asked, asked_by(*EVERYBODY)]
Manager = Annotated[Asked, asked_by(MANAGER)]
Partner = Annotated[Asked, asked_by(PARTNER)]
Side = Annotated[Asked, asked_by(PARTNER, MANAGER)]
Public = Annotated[Asked, asked_by()]


@router.post("/annual-reviews/{review_id}/invitation", status_code=201)
async def invite_feedback(review_id: str, form: InvitationForm, asked: Side) -> Response:
    """Ask residents and service users for feedback until a date (Sutton Compact 3.3.12)."""
    return await _perform(asked, handlers.invite_feedback, await _about(InviteFeedback, asked, review_id, **dict(form)))


@router.get("/annual-reviews/{review_id}/invitation")
async def invitation(review_id: str, asked: Public) -> dict[str, Any]:
    """What feedback is asked for on: whose work, which year, until when."""
    return await queries.invitation(asked, review_id)


@router.post("/annual-reviews/{review_id}/feedback", status_code=201)
async def give_feedback(review_id: str, form: FeedbackForm, asked: Public) -> Response:
    """Say how the year's work was. Nobody is asked who they are; a name that is given is kept apart from the words."""
    row = await queries.invitation(asked, review_id)
    name = form.name if london_date(asked.now) <= row["feedback_until"] else None  # not kept where it will be refused
    command = ReceiveFeedback(
        actor=RESIDENT, now=asked.now, agreement_id=row["agreement_id"], review_id=review_id,
        feedback_id=asked.new_id("feedback"), words=await asked.keep_text("feedback", form.words.encode()),
        name=await asked.keep_text("name", name.encode()) if name else None,
    )  # fmt: skip
    return await asked.perform(
        handlers.receive_feedback, command, lambda _: {"feedback_id": command.feedback_id},
        deadline=f"review:{review_id}",
    )  # fmt: skip


@router.post("/annual-reviews/{review_id}/gathered-feedback", status_code=201)
async def gather_feedback(review_id: str, form: GatheredForm, asked: Side) -> Response:
    """Hand in what several people said together, with counts of the groups heard; small counts are left out."""
    words = await asked.keep_text("feedback", form.words.encode())
    command = await _about(
        GatherFeedback, asked, review_id, feedback_id=asked.new_id("feedback"), words=words, people=form.people,
        groups=form.counted(),
    )  # fmt: skip
    told = {"feedback_id": command.feedback_id, "groups_left_out": form.too_small}
    return await asked.perform(handlers.gather_feedback, command, lambda _: told, deadline=f"review:{review_id}")


@router.post("/annual-reviews/{review_id}/assessment", status_code=201)
async def assess_review(review_id: str, form: AssessmentForm, asked: Manager) -> Response:
    """Answer every part of the review: how effectively, economically and efficiently the money was used."""
    parts = tuple([
        PartAnswered(part=part, document=await asked.keep_text(f"part {part}", words.encode()))
        for part, words in form.parts.items()
    ])  # fmt: skip
    return await _perform(asked, handlers.assess_review, await _about(AssessReview, asked, review_id, parts=parts))


@router.post("/annual-reviews/{review_id}/answer", status_code=201)
async def answer_review(review_id: str, form: AnswerToReviewForm, asked: Partner) -> Response:
    """Answer the assessment and the feedback (Sutton Compact 3.4.6)."""
    answer = await asked.keep_text("answer", form.answer.encode())
    return await _perform(asked, handlers.answer_review, await _about(AnswerReview, asked, review_id, answer=answer))


@router.post("/annual-reviews/{review_id}/conclusion", status_code=201)
async def conclude_review(review_id: str, form: ConclusionForm, asked: Manager) -> Response:
    """Conclude a review, once residents were heard and the partner answered."""
    conclusion = await asked.keep_text("conclusion", form.conclusion.encode())
    command = await _about(ConcludeReview, asked, review_id, conclusion=conclusion)
    return await _perform(asked, handlers.conclude_review, command)


@router.get("/annual-reviews")
async def reviews(asked: Anybody, agreement_id: str | None = None, status: str | None = None) -> Any:
    """Annual reviews, page by page."""
    return await queries.reviews(asked, agreement_id, status)


@router.get("/annual-reviews/{review_id}")
async def review(review_id: str, asked: Anybody) -> dict[str, Any]:
    """How far an annual review is, and who was waited for where it was missed."""
    return queries.without_documents(await queries.review(asked, review_id))


@router.get("/annual-reviews/{review_id}/documents/{which}")
async def review_document(review_id: str, which: str, asked: Anybody) -> Response:
    """A part of the assessment, the conclusion, or (not for who scores or decides) the partner's answer."""
    return await asked.document(await queries.review_document(asked, review_id, which))


@router.get("/annual-reviews/{review_id}/feedback")
async def feedback_of(review_id: str, asked: Anybody) -> Any:
    """What residents and service users said on a review: for the manager and the partner."""
    return await queries.feedback_of(asked, review_id)


@router.get("/feedback/{feedback_id}")
async def feedback(feedback_id: str, asked: Anybody) -> Response:
    """What somebody said, word for word: for the manager and the partner."""
    row = await queries.feedback(asked, feedback_id)
    return await asked.document(queries.named_document(asked, row, "words"))


@router.get("/feedback/{feedback_id}/name")
async def feedback_name(feedback_id: str, asked: Manager) -> Response:
    """The name that somebody gave with feedback: for the commissioning manager alone."""
    row = await queries.feedback(asked, feedback_id)
    return await asked.document(queries.named_document(asked, row, "name"))


async def _about(command: type[C], asked: Asked, review_id: str, **particulars: Any) -> C:
    row = await queries.review(asked, review_id)
    ids: dict[str, Any] = {"agreement_id": row["agreement_id"], "review_id": review_id}
    return command(actor=asked.actor, now=asked.now, **ids, **particulars)


async def _perform(asked: Asked, handler: handlers.Handler[Any], command: ReviewCommand) -> Response:
    told = {"review_id": command.review_id}
    return await asked.perform(handler, command, lambda _: told, deadline=f"review:{command.review_id}")
