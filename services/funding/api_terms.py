"""Requests about the terms of an agreement."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response

from contracts.agreement_terms import AllocatedRisk, Clause, ReasonPart, RiskView
from services.funding import handlers_terms, queries, queries_terms
from services.funding.forms_terms import (
    AgreementPartForm,
    ClausesForm,
    FinancingForm,
    RisksForm,
    TermForm,
    ViewsForm,
)
from services.funding.terms_setting import (
    SETTLERS,
    AllocateRisks,
    ChooseFinancing,
    ConfirmAgreementPart,
    DraftClauses,
    GiveRiskViews,
    ReasonTerm,
)
from services.runtime.http import Asked, asked_by

router = APIRouter(tags=["terms of agreements"])

Party = Annotated[Asked, asked_by(*queries.PARTIES, *queries.OVERSEERS)]
Settler = Annotated[Asked, asked_by(*SETTLERS)]
Representative = Annotated[Asked, asked_by(queries.VCO)]


@router.get("/agreements/{agreement_id}/terms")
async def terms(agreement_id: str, asked: Party) -> dict[str, Any]:
    """The terms of an agreement, for its parties and the members of a consortium."""
    return await queries_terms.terms(asked, agreement_id)


@router.get("/agreements/{agreement_id}/terms/documents/{document_id}")
async def document(agreement_id: str, document_id: str, asked: Party) -> Response:
    """A reason, a risk, a view or the clauses in the words of who wrote them."""
    return await asked.document(await queries_terms.document(asked, agreement_id, document_id))


@router.post("/agreements/{agreement_id}/term")
async def reason_term(agreement_id: str, form: TermForm, asked: Settler) -> Response:
    """Set the term beside the time that the outcome takes (Sutton Compact 3.3.3)."""
    reason = await asked.keep_text("term", form.reason.encode()) if form.reason else None
    command = ReasonTerm(
        actor=asked.actor, now=asked.now, agreement_id=agreement_id, takes_until=form.takes_until, reason=reason
    )
    return await asked.perform(handlers_terms.reason_term, command, lambda _: {"agreement_id": agreement_id})


@router.post("/agreements/{agreement_id}/financing")
async def choose_financing(agreement_id: str, form: FinancingForm, asked: Settler) -> Response:
    """Choose advance or arrears, with its reasons (Sutton Compact 3.3.7)."""
    reasons = tuple([
        ReasonPart(part=part, document=await asked.keep_text(f"financing {part}", words.encode()))
        for part, words in form.reasons.items()
    ])  # fmt: skip
    command = ChooseFinancing(
        actor=asked.actor, now=asked.now, agreement_id=agreement_id, model=form.model, timing=form.timing,
        instalments_per_year=form.instalments_per_year, reasons=reasons,
    )  # fmt: skip
    return await asked.perform(handlers_terms.choose_financing, command, lambda _: {"agreement_id": agreement_id})


@router.post("/agreements/{agreement_id}/risks")
async def allocate_risks(agreement_id: str, form: RisksForm, asked: Settler) -> Response:
    """Give each risk to the party that manages it best (Sutton Compact 3.3.6)."""
    risks = tuple([
        AllocatedRisk(
            id=one.id, owner_id=one.owner_id, risk=await asked.keep_text(f"risk {one.id}", one.risk.encode()),
            why=await asked.keep_text(f"why {one.id}", one.why.encode()),
        )
        for one in form.risks
    ])  # fmt: skip
    command = AllocateRisks(actor=asked.actor, now=asked.now, agreement_id=agreement_id, risks=risks)
    return await asked.perform(handlers_terms.allocate_risks, command, lambda _: {"agreement_id": agreement_id})


@router.post("/agreements/{agreement_id}/risks/views")
async def give_risk_views(agreement_id: str, form: ViewsForm, asked: Representative) -> Response:
    """Say, for the organisation, what it thinks of each risk's owner (Sutton Compact 3.3.6)."""
    views = tuple([
        RiskView(risk_id=one, agrees=view.agrees, document=await asked.keep_text(f"view {one}", view.words.encode()))
        for one, view in form.views.items()
    ])  # fmt: skip
    command = GiveRiskViews(actor=asked.actor, now=asked.now, agreement_id=agreement_id, views=views)
    return await asked.perform(handlers_terms.give_risk_views, command, lambda _: {"agreement_id": agreement_id})


@router.post("/agreements/{agreement_id}/clauses")
async def draft_clauses(agreement_id: str, form: ClausesForm, asked: Settler) -> Response:
    """Draft the clauses, none of which may limit campaigning (Sutton Compact 3.1.1)."""
    clauses = tuple(Clause(id=one.id, kind=one.kind, restricts=one.restricts) for one in form.clauses)
    words = "\n\n".join(f"{one.id}\n{one.text}" for one in form.clauses)
    document = await asked.keep_text("clauses", words.encode())
    command = DraftClauses(
        actor=asked.actor, now=asked.now, agreement_id=agreement_id, clauses=clauses, document=document
    )
    return await asked.perform(handlers_terms.draft_clauses, command, lambda _: {"agreement_id": agreement_id})


@router.post("/agreements/{agreement_id}/part/confirm")
async def confirm_part(agreement_id: str, form: AgreementPartForm, asked: Representative) -> Response:
    """Confirm, for a member of a consortium, its part, share and risks (Sutton Compact 3.3.6)."""
    command = ConfirmAgreementPart(
        actor=asked.actor, now=asked.now, agreement_id=agreement_id, share_pounds=form.share_pounds,
        risk_ids=form.risk_ids, part=await asked.keep_text("part", form.part.encode()),
    )  # fmt: skip
    return await asked.perform(handlers_terms.confirm_part, command, lambda _: {"confirmed": True})
