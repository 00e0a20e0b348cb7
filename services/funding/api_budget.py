"""Requests about the money of a round after it was published."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from contracts.funding import YearAmount
from services.funding import handlers
from services.funding.budget_cuts import CutMoney
from services.funding.forms import AmountForm, DecisionCited, Form, Words
from services.runtime.http import Asked, asked_by

router = APIRouter(tags=["programmes"])

Decider = Annotated[Asked, asked_by("decider")]


class MoneyForm(Form):
    """Less money for a round, by the funder's own budget decision."""

    money: tuple[AmountForm, ...] = Field(min_length=1, max_length=10)
    budget_decision: DecisionCited
    reasons: Words = Field(examples=["The council's budget of 4 March 2015 lowers what it can give from 2015/16 on."])


@router.post("/programmes/{programme_id}/money")
async def cut_money(programme_id: str, form: MoneyForm, asked: Decider) -> Response:
    """Cut the money of a round, never below what is committed under it (SPP1)."""
    command = CutMoney(
        actor=asked.actor, now=asked.now, programme_id=programme_id,
        money=tuple(YearAmount(**amount.model_dump()) for amount in form.money),
        budget_decision=form.budget_decision.cited(), reasons=await asked.keep_text("reasons", form.reasons.encode()),
    )  # fmt: skip
    return await asked.perform(handlers.cut_money, command, lambda _: {"programme_id": programme_id})
