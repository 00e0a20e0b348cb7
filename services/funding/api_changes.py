"""Requests about a change of support, gate by gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Response

from contracts.change_gates import Part
from contracts.envelope import DocumentRef
from contracts.funding import YearAmount
from services.funding import change_forms as forms
from services.funding import change_handlers as handlers
from services.funding import change_queries, queries
from services.funding.change_decisions import SIGNERS
from services.funding.changes import PROPOSERS
from services.funding.exit_plans import GiveRedundancyView, SubmitExitPlan
from services.funding.grounds import ChangeTheGround
from services.funding.impact import ASSESSORS, AssessImpact, AssessReallocation, GiveEstimate
from services.funding.representations import AnswerPoint, MarkAnswer, RecordMeeting, Represent, StatePosition
from services.funding.set_aside import SetAside
from services.funding.steps import DecideChange, SignShortNotice, WithdrawChange
from services.runtime.http import Asked, asked_by

router = APIRouter(prefix="/changes/{change_id}", tags=["changes of support"])

Proposer = Annotated[Asked, asked_by(*PROPOSERS)]
Assessor = Annotated[Asked, asked_by(*ASSESSORS)]
Representative = Annotated[Asked, asked_by(queries.VCO)]
Side = Annotated[Asked, asked_by(queries.VCO, *ASSESSORS)]
Signer = Annotated[Asked, asked_by(*SIGNERS)]
Decider = Annotated[Asked, asked_by("decider")]
Withdrawer = Annotated[Asked, asked_by(*PROPOSERS, "decider")]
Aside = Annotated[Asked, asked_by("monitoring_officer", "finance")]
Reader = Annotated[Asked, asked_by(*queries.PARTIES, *queries.OVERSEERS, "monitoring_officer")]


@router.get("/case")
async def case(change_id: str, asked: Reader) -> dict[str, Any]:
    """The whole case, for both sides and the auditor."""
    return await change_queries.case(asked, change_id)


@router.get("/papers/{document_id}")
async def paper(change_id: str, document_id: str, asked: Reader) -> Response:
    """One text of the case, unaltered."""
    return await asked.document(await change_queries.paper(asked, change_id, document_id))


@router.post("/ground", status_code=201)
async def change_the_ground(change_id: str, form: forms.GroundForm, asked: Proposer) -> Response:
    """Put the proposal on another ground; every step starts again (Sutton Compact 3.4.1)."""
    command = ChangeTheGround(
        actor=asked.actor, now=asked.now, change_id=change_id, new_change_id=asked.new_id("change"), ground=form.ground,
        reasons=await _kept(asked, "reasons", form.reasons),
        budget_decision=form.budget_decision.cited() if form.budget_decision else None,
    )  # fmt: skip
    return await asked.perform(handlers.change_the_ground, command, lambda _: {"change_id": command.new_change_id})


@router.post("/impact", status_code=201)
async def assess_impact(change_id: str, form: forms.AssessmentForm, asked: Assessor) -> Response:
    """Assess whom a change affects, with numbers by group (Sutton Compact 3.4.2)."""
    command = AssessImpact(**await _assessment(asked, change_id, form, "impact"))
    return await asked.perform(handlers.assess_impact, command, lambda _: {"change_id": change_id})


@router.post("/estimate", status_code=201)
async def give_estimate(change_id: str, form: forms.AssessmentForm, asked: Representative) -> Response:
    """Give one's own estimate beside the funder's (Sutton Compact 3.4.2, 3.4.7)."""
    command = GiveEstimate(**await _assessment(asked, change_id, form, "estimate"))
    return await asked.perform(handlers.give_estimate, command, lambda _: {"change_id": change_id})


@router.post("/reallocation", status_code=201)
async def assess_reallocation(change_id: str, form: forms.ReallocationForm, asked: Assessor) -> Response:
    """Answer whether money has to go to another organisation serving the same group (Sutton Compact 3.4.2)."""
    command = AssessReallocation(
        actor=asked.actor, now=asked.now, change_id=change_id, needed=form.needed,
        to_organisations=form.to_organisations, reasons=await _kept(asked, "reallocation", form.reasons),
    )  # fmt: skip
    return await asked.perform(handlers.assess_reallocation, command, lambda _: {"change_id": change_id})


@router.post("/meetings", status_code=201)
async def record_meeting(change_id: str, form: forms.MeetingForm, asked: Assessor) -> Response:
    """Enter a meeting of both sides (Sutton Compact 3.4.3)."""
    command = RecordMeeting(
        actor=asked.actor, now=asked.now, change_id=change_id, held_on=form.held_on,
        minutes=await _kept(asked, "minutes", form.minutes),
    )  # fmt: skip
    return await asked.perform(handlers.record_meeting, command, lambda _: {"change_id": change_id})


@router.post("/representations", status_code=201)
async def represent(change_id: str, form: forms.RepresentationForm, asked: Representative) -> Response:
    """Respond to a proposed change, point by point (Sutton Compact 3.4.3)."""
    points = {str(number): words for number, words in enumerate(form.points, 1)}
    command = Represent(
        actor=asked.actor, now=asked.now, change_id=change_id, representation_id=asked.new_id("representation"),
        points=await _parts(asked, "point", points),
        basis=await _kept(asked, "basis", form.basis) if form.basis else None,
    )  # fmt: skip
    answer = {
        "representation_id": command.representation_id, "points": list(points), "basis_stated": bool(form.basis),
    }  # fmt: skip
    return await asked.perform(handlers.represent, command, lambda _: answer)


@router.post("/representations/{representation_id}/points/{point}/answer", status_code=201)
async def answer_point(
    change_id: str, representation_id: str, point: str, form: forms.AnswerForm, asked: Assessor
) -> Response:
    """Answer one numbered point (Sutton Compact 3.4.3)."""
    command = AnswerPoint(
        actor=asked.actor, now=asked.now, change_id=change_id, representation_id=representation_id, point=point,
        answer=await _kept(asked, f"answer {point}", form.answer),
    )  # fmt: skip
    return await asked.perform(handlers.answer_point, command, lambda _: {"point": point})


@router.post("/representations/{representation_id}/points/{point}/mark")
async def mark_answer(
    change_id: str, representation_id: str, point: str, form: forms.MarkForm, asked: Representative
) -> Response:
    """Say whether one's point was answered (Sutton Compact 3.4.3)."""
    command = MarkAnswer(
        actor=asked.actor, now=asked.now, change_id=change_id, representation_id=representation_id, point=point,
        answered=form.answered,
    )  # fmt: skip
    return await asked.perform(handlers.mark_answer, command, lambda _: {"point": point})


@router.post("/positions", status_code=201)
async def state_position(change_id: str, form: forms.PositionForm, asked: Side) -> Response:
    """Say where one's side stands (Sutton Compact 3.4.3)."""
    command = StatePosition(
        actor=asked.actor, now=asked.now, change_id=change_id, position=form.position,
        words=await _kept(asked, "position", form.words),
    )  # fmt: skip
    return await asked.perform(handlers.state_position, command, lambda _: {"position": form.position})


@router.post("/short-notice")
async def sign_short_notice(change_id: str, form: forms.ShortNoticeForm, asked: Signer) -> Response:
    """Sign, as a second person, for a notice under the minimum (Sutton Compact 3.4.4)."""
    command = SignShortNotice(actor=asked.actor, now=asked.now, change_id=change_id, months=form.months)
    return await asked.perform(handlers.sign_short_notice, command, lambda _: {"months": form.months})


@router.post("/decide")
async def decide(change_id: str, form: forms.ChangeDecisionForm, asked: Decider) -> Response:
    """Decide a change of support, once every gate is open (Sutton Compact 3.1.1, 3.4.1 to 3.4.4)."""
    command = DecideChange(
        actor=asked.actor, now=asked.now, change_id=change_id, notice_months=form.notice_months,
        rationale=await _parts(asked, "rationale", form.rationale),
        amounts=tuple(YearAmount(**amount.model_dump()) for amount in form.amounts),
        shorter_because=await _kept(asked, "shorter", form.shorter_because) if form.shorter_because else None,
    )  # fmt: skip
    return await asked.perform(handlers.decide_change, command, lambda _: {"change_id": change_id, "decided": True})


@router.post("/withdraw")
async def withdraw(change_id: str, asked: Withdrawer) -> Response:
    """Take a change back, until the day it holds."""
    command = WithdrawChange(actor=asked.actor, now=asked.now, change_id=change_id)
    return await asked.perform(handlers.withdraw_change, command, lambda _: {"change_id": change_id})


@router.post("/exit-plan", status_code=201)
async def submit_exit_plan(change_id: str, form: forms.ExitPlanForm, asked: Representative) -> Response:
    """Give one's plan for the end of support (Sutton Compact 3.4.5)."""
    command = SubmitExitPlan(
        actor=asked.actor, now=asked.now, change_id=change_id, plan=await _kept(asked, "plan", form.plan),
        redundancy_pounds=form.redundancy_pounds,
    )  # fmt: skip
    return await asked.perform(handlers.submit_exit_plan, command, lambda _: {"change_id": change_id})


@router.post("/exit-plan/view", status_code=201)
async def give_redundancy_view(change_id: str, form: forms.ViewForm, asked: Assessor) -> Response:
    """Record what the funder thinks of redundancy costs (Sutton Compact 3.4.5)."""
    view = await _kept(asked, "view", form.view)
    command = GiveRedundancyView(actor=asked.actor, now=asked.now, change_id=change_id, view=view)
    return await asked.perform(handlers.give_redundancy_view, command, lambda _: {"change_id": change_id})


@router.post("/set-aside", status_code=201)
async def set_step_aside(change_id: str, form: forms.SettingAsideForm, asked: Aside) -> Response:
    """Set a step aside for a named statute, outside the proposer's line."""
    command = SetAside(
        actor=asked.actor, now=asked.now, change_id=change_id, step=form.step, statute=form.statute.cited(),
        reasons=await _kept(asked, "set aside", form.reasons),
    )  # fmt: skip
    return await asked.perform(handlers.set_step_aside, command, lambda _: {"change_id": change_id, "step": form.step})


async def _kept(asked: Asked, kind: str, words: str) -> DocumentRef:
    return await asked.keep_text(kind, words.encode())


async def _parts(asked: Asked, kind: str, words: Mapping[str, str]) -> tuple[Part, ...]:
    return tuple([Part(part=part, document=await _kept(asked, f"{kind} {part}", text)) for part, text in words.items()])


async def _assessment(asked: Asked, change_id: str, form: forms.AssessmentForm, kind: str) -> dict[str, Any]:
    return {
        "actor": asked.actor, "now": asked.now, "change_id": change_id, "groups": form.counted(),
        "parts": await _parts(asked, kind, form.words()), "costs_jobs": form.costs_jobs,
        "share_of_income": form.share_of_income,
    }  # fmt: skip
