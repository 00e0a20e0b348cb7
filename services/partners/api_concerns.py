"""Requests about concerns over independence."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import Field

from contracts.envelope import DocumentRef
from contracts.independence import Finding
from services.partners import concern_handlers as handlers
from services.partners.concerns import ANSWERERS, AnswerConcern, RaiseConcern
from services.partners.forms import Form, Id, Words
from services.runtime.http import Asked, asked_by

router = APIRouter(prefix="/concerns", tags=["independence"])

Representative = Annotated[Asked, asked_by("vco_representative")]
Answerer = Annotated[Asked, asked_by(*ANSWERERS)]
Reader = Annotated[Asked, asked_by("vco_representative", "partnership_office", "auditor", *ANSWERERS)]
CONCERN = "concern_id, organisation_id, body_id, answer_due_on, finding, answered_for, overdue"


class ConcernForm(Form):
    """A concern about one's independence (Sutton Compact 3.1.1)."""

    body_id: Id = Field(examples=["sutton-council"])
    words: Words = Field(examples=["An officer told us to leave the campaign about the library or lose our grant."])


class ConcernAnswerForm(Form):
    """The answer of another signatory (Sutton Compact 3.1.1)."""

    finding: Finding = Field(examples=["put_right"])
    words: Words = Field(examples=["The officer withdrew what was said, in writing, and the grant is not in question."])


@router.post("", status_code=201)
async def raise_concern(form: ConcernForm, asked: Representative) -> Response:
    """Raise a concern; adverse decisions wait until it is answered (Sutton Compact 3.1.1)."""
    command = RaiseConcern(
        actor=asked.actor, now=asked.now, concern_id=asked.new_id("concern"), body_id=form.body_id,
        words=await asked.keep_text("concern", form.words.encode()),
    )  # fmt: skip
    return await asked.perform(handlers.raise_concern, command, lambda _: {"concern_id": command.concern_id})


@router.post("/{concern_id}/answer", status_code=201)
async def answer_concern(concern_id: str, form: ConcernAnswerForm, asked: Answerer) -> Response:
    """Answer a concern for a signatory that it is not about (Sutton Compact 3.1.1)."""
    command = AnswerConcern(
        actor=asked.actor, now=asked.now, concern_id=concern_id, finding=form.finding,
        answer=await asked.keep_text("answer", form.words.encode()),
    )  # fmt: skip
    return await asked.perform(handlers.answer_concern, command, lambda _: {"concern_id": concern_id})


@router.get("")
async def concerns(asked: Reader) -> dict[str, Any]:
    """Concerns: one's own for an organisation, all for those who may answer; the words are read one by one."""
    return await asked.page(
        f"select {CONCERN} from concerns where ($1 <> 'vco_representative' or organisation_id = $2)",  # noqa: S608
        asked.actor.role, asked.actor.organisation, key="concern_id",
    )  # fmt: skip


@router.get("/{concern_id}/words")
async def words(concern_id: str, asked: Reader) -> Response:
    """What the organisation wrote: for itself and for other signatories, never for the body that it is about."""
    return await asked.document(await _paper(asked, concern_id, "words"))


@router.get("/{concern_id}/answer")
async def answer(concern_id: str, asked: Reader) -> Response:
    """What was answered."""
    return await asked.document(await _paper(asked, concern_id, "answer"))


async def _paper(asked: Asked, concern_id: str, column: str) -> DocumentRef:
    rows = await asked.rows("select * from concerns where concern_id = $1", concern_id)
    row = dict(rows[0]) if rows else {}
    mine = row and (asked.actor.role != "vco_representative" or row["organisation_id"] == asked.actor.organisation)
    if not mine or not row[column] or (column == "words" and row["body_id"] == asked.actor.organisation):
        raise asked.not_found("concern", concern_id)
    value = row[column]
    return DocumentRef.model_validate(json.loads(value) if isinstance(value, str) else value)
