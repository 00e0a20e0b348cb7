"""Requests about present support that rounds affect, and about terms that come to their end."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import Field

from contracts.incumbents import TermEndChoice
from services.funding import handlers_incumbents, queries
from services.funding.forms import Form, Words
from services.funding.terms_ending import AnswerTermEnd
from services.runtime.http import Asked, asked_by

router = APIRouter(tags=["incumbents"])

Party = Annotated[Asked, asked_by(*queries.PARTIES, *queries.OVERSEERS)]
Commissioner = Annotated[Asked, asked_by("commissioner")]
OWN = "($1::boolean or organisation_id = $2 or funder_id = $2)"
TERM = "agreement_id, funder_id, organisation_id, title, ask_on, support_ends_on, asked, choice"


class TermEndForm(Form):
    """What follows the end of a term, and why (SPP9)."""

    choice: TermEndChoice = Field(examples=["retender"])
    reasons: Words = Field(examples=["The need stands; others should have the chance to bid for it as well."])


@router.get("/affected-support")
async def affected_support(asked: Party) -> dict[str, Any]:
    """The present support that rounds affect, one's own, page by page (SPP9)."""
    return await asked.page(
        "select agreement_id || ' ' || programme_id as id, programme_id, agreement_id, funder_id, organisation_id,"  # noqa: S608
        f" support_ends_on, notice_by, outcome, kept_until_at_least from affected_support where {OWN}",
        asked.actor.role in queries.OVERSEERS, asked.actor.organisation, key="id",
    )  # fmt: skip


@router.get("/programmes/{programme_id}/affected-support/{agreement_id}")
async def meaning(programme_id: str, agreement_id: str, asked: Party) -> Response:
    """What a round means for present support, in the funder's words."""
    rows = await asked.rows(
        f"select meaning from affected_support where programme_id = $3 and agreement_id = $4 and {OWN}",  # noqa: S608
        asked.actor.role in queries.OVERSEERS, asked.actor.organisation, programme_id, agreement_id,
    )  # fmt: skip
    ref = queries.reference(rows[0]["meaning"]) if rows else None
    if ref is None:
        raise asked.not_found("agreement", agreement_id)
    return await asked.document(ref)


@router.get("/terms-ending")
async def terms_ending(asked: Party) -> dict[str, Any]:
    """The terms about which a funder was asked, and what it chose; one's own, page by page (SPP9)."""
    return await asked.page(
        f"select {TERM} from terms_ending where (asked or choice is not null) and {OWN}",  # noqa: S608 -- our own
        asked.actor.role in queries.OVERSEERS, asked.actor.organisation, key="agreement_id",
    )  # fmt: skip


@router.post("/agreements/{agreement_id}/term-end", status_code=201)
async def answer_term_end(agreement_id: str, form: TermEndForm, asked: Commissioner) -> Response:
    """Choose to renew, to re-tender or to end; to end is a change of support of its own (SPP9)."""
    command = AnswerTermEnd(
        actor=asked.actor, now=asked.now, agreement_id=agreement_id, choice=form.choice,
        reasons=await asked.keep_text("reasons", form.reasons.encode()),
    )  # fmt: skip
    return await asked.perform(
        handlers_incumbents.answer_term_end, command,
        lambda _: {"agreement_id": agreement_id, "choice": form.choice.value},
    )  # fmt: skip


@router.get("/agreements/{agreement_id}/term-end")
async def term_end(agreement_id: str, asked: Party) -> Response:
    """Why the funder chose what follows the end of a term, for both parties."""
    rows = await asked.rows(
        f"select reasons from terms_ending where agreement_id = $3 and {OWN}",  # noqa: S608 -- our own
        asked.actor.role in queries.OVERSEERS, asked.actor.organisation, agreement_id,
    )  # fmt: skip
    ref = queries.reference(rows[0]["reasons"]) if rows else None
    if ref is None:
        raise asked.not_found("agreement", agreement_id)
    return await asked.document(ref)
