"""Requests to monitoring: monitoring proposed and agreed, reports given and answered, and what is read of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Response

from contracts.envelope import DocumentRef
from services.monitoring import api_improvement, api_reviews, handlers, queries
from services.monitoring.agreeing import AgreeMonitoring, ProposeMonitoring
from services.monitoring.extensions import AgreeExtension, AskExtension, RefuseExtension
from services.monitoring.forms import ExtensionForm, Form, ProposalForm, RefusalForm, ReturnForm, SubmissionForm
from services.monitoring.parties import EVERYBODY, MANAGER, PARTNER, PROPOSERS
from services.monitoring.report import ReportCommand
from services.monitoring.reports import AcceptReport, ReturnReport, SubmitReport
from services.runtime.http import Asked, asked_by
from services.runtime.unit import Outcome

C = TypeVar("C", bound=ReportCommand)
router = APIRouter(tags=["monitoring"])
for part in (api_improvement, api_reviews):
    router.include_router(part.router)

Anybody = Annotated[Asked, asked_by(*EVERYBODY)]
Party = Annotated[Asked, asked_by(PARTNER, *PROPOSERS)]
Partner = Annotated[Asked, asked_by(PARTNER)]
Manager = Annotated[Asked, asked_by(MANAGER)]

SMALL_COUNTS = "Counts of fewer than 5 people are not kept, because they could point to a person."


@router.post("/agreements/{agreement_id}/monitoring/proposals", status_code=201)
async def propose_monitoring(agreement_id: str, form: ProposalForm, asked: Party) -> Response:
    """Propose how the outcomes of an agreement are monitored (Sutton Compact 3.3.5)."""
    await queries.plan(asked, agreement_id)
    proposal_id = asked.new_id("proposal")
    command = ProposeMonitoring(
        actor=asked.actor, now=asked.now, agreement_id=agreement_id, proposal_id=proposal_id,
        reports=form.asked(proposal_id), questions=form.questioned(), document=await _keep(asked, "proposal", form),
        change_reasoned=form.reason_for_change is not None,
    )  # fmt: skip
    return await asked.perform(handlers.propose_monitoring, command, lambda _: _proposal(command))


@router.post("/agreements/{agreement_id}/monitoring/proposals/{proposal_id}/agreement")
async def agree_monitoring(agreement_id: str, proposal_id: str, asked: Party) -> Response:
    """Agree to what the other side proposed (Sutton Compact 3.3.5)."""
    await queries.plan(asked, agreement_id)
    command = AgreeMonitoring(actor=asked.actor, now=asked.now, agreement_id=agreement_id, proposal_id=proposal_id)
    answer = {"agreement_id": agreement_id, "agreed_proposal_id": proposal_id}
    return await asked.perform(handlers.agree_monitoring, command, lambda _: answer)


@router.post("/reports/{report_id}/submissions", status_code=201)
async def submit_report(report_id: str, form: SubmissionForm, asked: Partner) -> Response:
    """Hand in a report with what became of every outcome (Sutton Compact 3.3.10)."""
    kept = form.without_small_counts()
    document = await _keep(asked, "report", kept)
    command = await _about(SubmitReport, asked, report_id, outcomes=kept.given(), document=document, parts=kept.parts)
    left_out = {"people_left_out": form.too_small, "message": SMALL_COUNTS} if form.too_small else {}
    return await asked.perform(
        handlers.submit_report, command, lambda outcome: {**_dates(outcome, report_id), **left_out},
        deadline=f"report:{report_id}",
    )  # fmt: skip


@router.post("/reports/{report_id}/extension-requests", status_code=201)
async def ask_extension(report_id: str, form: ExtensionForm, asked: Partner) -> Response:
    """Ask for longer, before the end of the due date (Sutton Compact 3.3.10)."""
    reason = await _keep(asked, "extension", form)
    command = await _about(AskExtension, asked, report_id, until=form.until, reason=reason)
    return await asked.perform(
        handlers.ask_extension, command, lambda outcome: _dates(outcome, report_id), deadline=f"report:{report_id}"
    )


@router.post("/reports/{report_id}/extension-requests/agreement")
async def agree_extension(report_id: str, asked: Manager) -> Response:
    """Agree to the longer time that was asked for."""
    command = await _about(AgreeExtension, asked, report_id)
    return await asked.perform(
        handlers.agree_extension, command, lambda outcome: _dates(outcome, report_id), deadline=f"report:{report_id}"
    )


@router.post("/reports/{report_id}/extension-requests/refusal")
async def refuse_extension(report_id: str, form: RefusalForm, asked: Manager) -> Response:
    """Refuse longer time, with the reason (Sutton Compact 3.3.10)."""
    command = await _about(RefuseExtension, asked, report_id, reason=await _keep(asked, "refusal", form))
    return await asked.perform(
        handlers.refuse_extension, command, lambda outcome: _dates(outcome, report_id), deadline=f"report:{report_id}"
    )


@router.post("/reports/{report_id}/returns", status_code=201)
async def return_report(report_id: str, form: ReturnForm, asked: Manager) -> Response:
    """Send a report back with reasons and a new date (Sutton Compact 3.3.10)."""
    reasons = await _keep(asked, "return", form)
    command = await _about(ReturnReport, asked, report_id, due_on=form.due_on, reasons=reasons)
    return await asked.perform(
        handlers.return_report, command, lambda outcome: _dates(outcome, report_id), deadline=f"report:{report_id}"
    )


@router.post("/reports/{report_id}/acceptance")
async def accept_report(report_id: str, asked: Manager) -> Response:
    """Accept a report."""
    command = await _about(AcceptReport, asked, report_id)
    return await asked.perform(
        handlers.accept_report, command, lambda outcome: _dates(outcome, report_id), deadline=f"report:{report_id}"
    )


@router.get("/agreements/{agreement_id}/monitoring")
async def monitoring_of(agreement_id: str, asked: Anybody) -> dict[str, Any]:
    """What is proposed and agreed about the monitoring of an agreement."""
    return queries.without_documents(await queries.plan(asked, agreement_id))


@router.get("/agreements/{agreement_id}/monitoring/document")
async def proposal_document(agreement_id: str, asked: Anybody) -> Response:
    """The words of the proposal on the table: what is asked, why, and how it is used."""
    row = await queries.plan(asked, agreement_id)
    return await _document(asked, row["proposal_document"], "proposal", agreement_id)


@router.get("/reports")
async def reports(asked: Anybody, agreement_id: str | None = None, status: str | None = None) -> Any:
    """Reports, page by page, of one agreement or in one state."""
    return await queries.reports(asked, agreement_id, status)


@router.get("/reports/{report_id}")
async def report(report_id: str, asked: Anybody) -> dict[str, Any]:
    """Where a report stands, with its outcomes as last reported."""
    return await queries.report_with_outcomes(asked, report_id)


@router.get("/reports/{report_id}/document")
async def report_document(report_id: str, asked: Anybody) -> Response:
    """The report as it was last handed in."""
    row = await queries.report(asked, report_id)
    return await _document(asked, row["document"], "report", report_id)


@router.get("/reports/{report_id}/reasons")
async def report_reasons(report_id: str, asked: Anybody) -> Response:
    """Why the funder last returned the report or refused longer time."""
    row = await queries.report(asked, report_id)
    return await _document(asked, row["reasons"], "reasons", report_id)


@router.get("/reports/{report_id}/extension-reason")
async def extension_reason(report_id: str, asked: Anybody) -> Response:
    """Why the partner last asked for longer."""
    row = await queries.report(asked, report_id)
    return await _document(asked, row["extension_reason"], "extension", report_id)


@router.get("/overdue")
async def overdue(asked: Anybody) -> Any:
    """Who is late: partners with reports, funders with answers (Sutton Compact 3.3.10)."""
    return await queries.overdue(asked)


async def _keep(asked: Asked, kind: str, form: Form) -> DocumentRef:
    return await asked.keep_text(kind, form.model_dump_json().encode(), "application/json")


async def _about(command: type[C], asked: Asked, report_id: str, **particulars: Any) -> C:
    row = await queries.report(asked, report_id)
    ids: dict[str, Any] = {"agreement_id": row["agreement_id"], "report_id": report_id}
    return command(actor=asked.actor, now=asked.now, **ids, **particulars)


async def _document(asked: Asked, ref: Mapping[str, Any] | None, what: str, which: str) -> Response:
    if ref is None:
        raise asked.not_found(what, which)
    return await asked.document(DocumentRef.model_validate(ref))


def _proposal(command: ProposeMonitoring) -> dict[str, Any]:
    report_ids = [report.report_id for report in command.reports]
    return {"agreement_id": command.agreement_id, "proposal_id": command.proposal_id, "report_ids": report_ids}


def _dates(outcome: Outcome, report_id: str) -> dict[str, Any]:
    """The report's id with the dates that this step set."""
    names = ("due_on", "asked_until", "answer_due_on", "late", "by_silence")
    told = {name: getattr(event, name) for event in outcome.events for name in names if hasattr(event, name)}
    dates = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in told.items()}
    return {"report_id": report_id, **dates}
