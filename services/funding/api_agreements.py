"""Requests about agreements and changes of support."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response

from services.funding import handlers, queries
from services.funding.agreements import BringIntoForce, SignAgreement
from services.funding.changes import PROPOSERS, ProposeChange
from services.funding.forms import ChangeForm
from services.runtime.http import Asked, asked_by

router = APIRouter(tags=["agreements"])

Party = Annotated[Asked, asked_by(*queries.PARTIES, *queries.OVERSEERS)]
Signatory = Annotated[Asked, asked_by(queries.VCO, "decider")]
Commissioner = Annotated[Asked, asked_by("commissioner")]
Proposer = Annotated[Asked, asked_by(*PROPOSERS)]


@router.get("/agreements")
async def agreements(asked: Party) -> dict[str, Any]:
    """One's own agreements, page by page."""
    return await queries.agreements(asked)


@router.get("/agreements/{agreement_id}")
async def agreement(agreement_id: str, asked: Party) -> dict[str, Any]:
    """An agreement, who signed it, and what it waits for."""
    return await queries.agreement(asked, agreement_id)


@router.post("/agreements/{agreement_id}/sign")
async def sign_agreement(agreement_id: str, asked: Signatory) -> Response:
    """Sign an agreement for one's own organisation."""
    command = SignAgreement(actor=asked.actor, now=asked.now, agreement_id=agreement_id)
    return await asked.perform(
        handlers.sign_agreement, command, lambda _: {"agreement_id": agreement_id, "signed": True}
    )


@router.post("/agreements/{agreement_id}/bring-into-force")
async def bring_into_force(agreement_id: str, asked: Commissioner) -> Response:
    """Bring an agreement into force, or be told what is missing (SPP4, Sutton Compact 3.3.5)."""
    command = BringIntoForce(actor=asked.actor, now=asked.now, agreement_id=agreement_id)
    return await asked.perform(
        handlers.bring_into_force, command, lambda _: {"agreement_id": agreement_id, "in_force": True}
    )


@router.post("/agreements/{agreement_id}/changes", status_code=201)
async def propose_change(agreement_id: str, form: ChangeForm, asked: Proposer) -> Response:
    """Propose a change of support; the organisation concerned is told first (Sutton Compact 3.4.3)."""
    command = ProposeChange(
        actor=asked.actor, now=asked.now, change_id=asked.new_id("change"), agreement_id=agreement_id,
        kind=form.kind, support=form.support, ground=form.ground,
        budget_decision=form.budget_decision.cited() if form.budget_decision else None,
        reasons=await asked.keep_text("reasons", form.reasons.encode()),
    )  # fmt: skip
    return await asked.perform(handlers.propose_change, command, lambda _: {"change_id": command.change_id})


@router.get("/changes/{change_id}")
async def change(change_id: str, asked: Party) -> dict[str, Any]:
    """A proposed change: for the organisation concerned at once, for other bodies once it was served and disclosed."""
    return queries.without(await queries.change(asked, change_id), "reasons", "sealed")


@router.get("/changes/{change_id}/reasons")
async def reasons(change_id: str, asked: Party) -> Response:
    """Why a change is proposed, for its funder and the organisation concerned."""
    row = await queries.change(asked, change_id)
    ref = queries.reference(row["reasons"])
    if ref is None or not queries.concerned(asked, row):
        raise asked.not_found("change", change_id)
    return await asked.document(ref)
