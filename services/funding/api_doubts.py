"""Requests about decisions made unaware of a fact that would have stopped them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from services.funding import change_handlers as handlers
from services.funding.doubts import AnswerDoubt
from services.funding.forms import Form, Words
from services.runtime.http import Asked, asked_by

router = APIRouter(prefix="/decisions-in-doubt", tags=["decisions"])

Answerer = Annotated[Asked, asked_by("decider", "finance")]


class DoubtForm(Form):
    """Whether a decision stands, and why."""

    stands: bool
    reasons: Words = Field(examples=["The concern was answered on 2 April and was not about this agreement."])


@router.post("/{decision_id}/{late_event_id}/answer", status_code=201)
async def answer_doubt(decision_id: str, late_event_id: str, form: DoubtForm, asked: Answerer) -> Response:
    """Answer for a decision that was made unaware; what does not stand is then taken back."""
    rows = await asked.rows(
        "select about from doubts where decision_id = $1 and late_event_id = $2", decision_id, late_event_id
    )
    if not rows:
        raise asked.not_found("decision", decision_id)
    command = AnswerDoubt(
        actor=asked.actor, now=asked.now, about=rows[0]["about"], decision_id=decision_id, late_event_id=late_event_id,
        stands=form.stands, reasons=await asked.keep_text("doubt", form.reasons.encode()),
    )  # fmt: skip
    return await asked.perform(handlers.answer_doubt, command, lambda _: {"stands": form.stands})
