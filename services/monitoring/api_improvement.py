"""Requests about performance meetings, under-performance and its timetable, and what is read of them."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Response

from services.monitoring import performance_handlers as handlers
from services.monitoring import performance_queries as queries
from services.monitoring import queries as monitoring_queries
from services.monitoring.actions import ActionCommand, ClaimAction, ConfirmAction, DisputeAction
from services.monitoring.improvement import ImprovementCommand
from services.monitoring.meetings import RecordMeeting
from services.monitoring.parties import EVERYBODY, MANAGER, PARTNER
from services.monitoring.performance_forms import (
    DecisionForm,
    DisputeForm,
    EvidenceForm,
    MeetingForm,
    PositionForm,
    TimetableForm,
    UnderPerformanceForm,
)
from services.monitoring.timetables import (
    DECIDERS,
    AgreeTimetable,
    DecideTimetable,
    GivePosition,
    ProposeTimetable,
    RaiseUnderPerformance,
)
from services.runtime.http import Asked, asked_by
from services.runtime.unit import Outcome

C = TypeVar("C", bound=ImprovementCommand)
router = APIRouter(tags=["performance"])

Anybody = Annotated[Asked, asked_by(*EVERYBODY)]
Manager = Annotated[Asked, asked_by(MANAGER)]
Side = Annotated[Asked, asked_by(PARTNER, MANAGER)]
SecondPerson = Annotated[Asked, asked_by(*DECIDERS)]


@router.post("/meetings/{meeting_id}/minutes", status_code=201)
async def record_meeting(meeting_id: str, form: MeetingForm, asked: Manager) -> Response:
    """Record a performance meeting: when, with whom by role, which outcomes it looked at, its notes."""
    row = await queries.meeting(asked, meeting_id)
    command = RecordMeeting(
        actor=asked.actor, now=asked.now, agreement_id=row["agreement_id"], meeting_id=meeting_id,
        held_on=form.held_on, attended=form.present(), outcome_ids=form.outcome_ids,
        notes=await asked.keep_text("notes", form.notes.encode()),
    )  # fmt: skip
    return await asked.perform(
        handlers.record_meeting, command, lambda _: {"meeting_id": meeting_id}, deadline=f"meeting:{meeting_id}"
    )


@router.post("/agreements/{agreement_id}/under-performance", status_code=201)
async def raise_under_performance(agreement_id: str, form: UnderPerformanceForm, asked: Manager) -> Response:
    """Raise under-performance against outcomes of the agreement (Sutton Compact 3.4.1)."""
    await monitoring_queries.plan(asked, agreement_id)
    command = RaiseUnderPerformance(
        actor=asked.actor, now=asked.now, agreement_id=agreement_id,
        under_performance_id=asked.new_id("under_performance"), outcome_ids=form.outcome_ids,
        reason=await asked.keep_text("reason", form.reason.encode()),
    )  # fmt: skip
    which = command.under_performance_id
    return await asked.perform(handlers.raise_under_performance, command, lambda outcome: _told(outcome, which))


@router.post("/under-performance/{under_performance_id}/timetables", status_code=201)
async def propose_timetable(under_performance_id: str, form: TimetableForm, asked: Side) -> Response:
    """Propose a timetable of actions to improve (Sutton Compact 3.4.1)."""
    proposal_id = asked.new_id("timetable")
    document = await asked.keep_text("timetable", form.words().encode())
    command = await _about(
        ProposeTimetable, asked, under_performance_id, proposal_id=proposal_id, actions=form.dated(), document=document
    )
    told = {"under_performance_id": under_performance_id, "proposal_id": proposal_id}
    return await asked.perform(handlers.propose_timetable, command, lambda _: told)


@router.post("/under-performance/{under_performance_id}/timetables/{proposal_id}/agreement")
async def agree_timetable(under_performance_id: str, proposal_id: str, asked: Side) -> Response:
    """Agree to the other side's timetable (Sutton Compact 3.4.1)."""
    command = await _about(AgreeTimetable, asked, under_performance_id, proposal_id=proposal_id)
    return await asked.perform(
        handlers.agree_timetable, command, lambda outcome: _told(outcome, under_performance_id),
        deadline=f"under_performance:{under_performance_id}",
    )  # fmt: skip


@router.post("/under-performance/{under_performance_id}/positions", status_code=201)
async def give_position(under_performance_id: str, form: PositionForm, asked: Side) -> Response:
    """Put one's position on record, where no timetable was agreed in time (Sutton Compact 3.4.1)."""
    position = await asked.keep_text("position", form.position.encode())
    command = await _about(GivePosition, asked, under_performance_id, position=position)
    return await asked.perform(
        handlers.give_position, command, lambda outcome: _told(outcome, under_performance_id),
        deadline=f"under_performance:{under_performance_id}",
    )  # fmt: skip


@router.post("/under-performance/{under_performance_id}/decision", status_code=201)
async def decide_timetable(under_performance_id: str, form: DecisionForm, asked: SecondPerson) -> Response:
    """Decide the timetable as a second person, both positions being on record (Sutton Compact 3.4.1)."""
    reasons = await asked.keep_text("decision", form.words().encode())
    command = await _about(DecideTimetable, asked, under_performance_id, actions=form.dated(), reasons=reasons)
    return await asked.perform(handlers.decide_timetable, command, lambda outcome: _told(outcome, under_performance_id))


@router.post("/under-performance/{under_performance_id}/actions/{action_id}/claim", status_code=201)
async def claim_action(under_performance_id: str, action_id: str, form: EvidenceForm, asked: Side) -> Response:
    """Say that one's own action is done (Sutton Compact 3.4.1)."""
    evidence = await asked.keep_text("evidence", form.evidence.encode())
    command = await _about(ClaimAction, asked, under_performance_id, action_id=action_id, evidence=evidence)
    return await _perform(asked, handlers.claim_action, command)


@router.post("/under-performance/{under_performance_id}/actions/{action_id}/confirmation")
async def confirm_action(under_performance_id: str, action_id: str, asked: Side) -> Response:
    """Confirm that the other side's action is done (Sutton Compact 3.4.1)."""
    command = await _about(ConfirmAction, asked, under_performance_id, action_id=action_id)
    return await _perform(asked, handlers.confirm_action, command)


@router.post("/under-performance/{under_performance_id}/actions/{action_id}/dispute", status_code=201)
async def dispute_action(under_performance_id: str, action_id: str, form: DisputeForm, asked: Side) -> Response:
    """Say why the other side's action is not done (Sutton Compact 3.4.1)."""
    reason = await asked.keep_text("dispute", form.reason.encode())
    command = await _about(DisputeAction, asked, under_performance_id, action_id=action_id, reason=reason)
    return await _perform(asked, handlers.dispute_action, command)


@router.get("/meetings")
async def meetings(asked: Anybody, agreement_id: str | None = None, status: str | None = None) -> Any:
    """Performance meetings, page by page: to come, due, held, missed."""
    return await queries.meetings(asked, agreement_id, status)


@router.get("/meetings/{meeting_id}")
async def meeting(meeting_id: str, asked: Anybody) -> dict[str, Any]:
    """A performance meeting."""
    return queries.without_documents(await queries.meeting(asked, meeting_id))


@router.get("/meetings/{meeting_id}/notes")
async def meeting_notes(meeting_id: str, asked: Anybody) -> Response:
    """The notes of a performance meeting."""
    row = await queries.meeting(asked, meeting_id)
    return await asked.document(queries.named_document(asked, row, "notes"))


@router.get("/under-performance")
async def cases(asked: Anybody, agreement_id: str | None = None, status: str | None = None) -> Any:
    """Under-performance raised, page by page."""
    return await queries.cases(asked, agreement_id, status)


@router.get("/under-performance/{under_performance_id}")
async def case(under_performance_id: str, asked: Anybody) -> dict[str, Any]:
    """How far a timetable of actions is."""
    row = queries.without_documents(await queries.case(asked, under_performance_id))
    return {**row, "actions": await queries.actions(asked, under_performance_id)}


@router.get("/under-performance/{under_performance_id}/documents/{which}")
async def case_document(under_performance_id: str, which: str, asked: Anybody) -> Response:
    """Reason, proposal, position_of_funder, position_of_partner or decision, word for word."""
    row = await queries.case(asked, under_performance_id)
    named = {name: row[name] for name in queries.CASE_DOCUMENTS}
    return await asked.document(queries.named_document(asked, named, which))


@router.get("/under-performance/{under_performance_id}/actions/{action_id}/documents/{which}")
async def action_document(under_performance_id: str, action_id: str, which: str, asked: Anybody) -> Response:
    """The evidence for an action, or why it was disputed, word for word."""
    row = await queries.action(asked, under_performance_id, action_id)
    named = {name: row[name] for name in queries.ACTION_DOCUMENTS}
    return await asked.document(queries.named_document(asked, named, which))


async def _about(command: type[C], asked: Asked, which: str, **particulars: Any) -> C:
    row = await queries.case(asked, which)
    ids: dict[str, Any] = {"agreement_id": row["agreement_id"], "under_performance_id": which}
    return command(actor=asked.actor, now=asked.now, **ids, **particulars)


async def _perform(asked: Asked, handler: handlers.Handler[Any], command: ActionCommand) -> Response:
    which = command.under_performance_id
    return await asked.perform(
        handler, command, lambda outcome: {**_told(outcome, which), "action_id": command.action_id},
        deadline=f"under_performance:{which}",
    )  # fmt: skip


def _told(outcome: Outcome, which: str) -> dict[str, Any]:
    """The case's id with the dates and the result that this step set."""
    names = ("agree_by", "ends_on", "confirm_by", "result")
    told = {name: getattr(event, name) for event in outcome.events for name in names if hasattr(event, name)}
    return {"under_performance_id": which, **told}
