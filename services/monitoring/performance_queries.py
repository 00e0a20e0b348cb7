"""Reads about performance; what somebody may not read is not there for them."""

from __future__ import annotations

import json
from typing import Any

from contracts.envelope import DocumentRef
from services.monitoring.parties import MANAGER, OVERSEERS, PARTNER, sight_of
from services.runtime.http import Asked

SEEN = "($1::boolean or organisation_id = $2::text or funder_id = $3::text)"
SIDES = "agreement_id, organisation_id, funder_id"
MEETINGS = f"meeting_id, {SIDES}, status, after, hold_by, held_on, late, outcome_ids"
CASES = f"under_performance_id, {SIDES}, status, outcome_ids, agree_by, positions_by, ends_on, ended_on"
ACTIONS = f"action_id, {SIDES}, side, due_on, status, confirm_by, by_silence"
REVIEWS = (
    f"review_id, {SIDES}, status, opens_on, from_on, to_on, parts, conclude_by, feedback_until, people_heard, late,"
    " waited_for"
)
CASE_DOCUMENTS = ("reason", "proposal", "position_of_funder", "position_of_partner", "decision")
ACTION_DOCUMENTS = ("evidence", "dispute")
JSON = frozenset({
    *CASE_DOCUMENTS, *ACTION_DOCUMENTS, "attended", "notes", "proposed", "assessment", "answer", "conclusion", "words",
    "name", "groups",
})  # fmt: skip


async def meeting(asked: Asked, meeting_id: str) -> dict[str, Any]:
    """A performance meeting, for those who may read it."""
    return await _one(asked, "performance_meetings", "meeting", meeting_id)


async def case(asked: Asked, which: str) -> dict[str, Any]:
    """A case of under-performance, for those who may read it."""
    return await _one(asked, "under_performance", "under_performance", which)


async def review(asked: Asked, review_id: str) -> dict[str, Any]:
    """An annual review, for those who may read it."""
    return await _one(asked, "annual_reviews", "review", review_id)


async def action(asked: Asked, which: str, action_id: str) -> dict[str, Any]:
    """An action of a timetable, for those who may read its case."""
    await case(asked, which)
    sql = "select * from remedial_actions where under_performance_id = $1 and action_id = $2"
    rows = await asked.rows(sql, which, action_id)
    if not rows:
        raise asked.not_found("action", action_id)
    return _decoded(rows[0])


async def actions(asked: Asked, which: str) -> list[dict[str, Any]]:
    """The actions of a case's timetable."""
    sql = f"select {ACTIONS} from remedial_actions where under_performance_id = $1 order by due_on, action_id"  # noqa: S608
    return [dict(row) for row in await asked.rows(sql, which)]


async def meetings(asked: Asked, agreement_id: str | None, status: str | None) -> Any:
    """Performance meetings that somebody may read, page by page."""
    return await _listed(asked, MEETINGS, "performance_meetings", "meeting_id", agreement_id, status)


async def cases(asked: Asked, agreement_id: str | None, status: str | None) -> Any:
    """Cases of under-performance that somebody may read, page by page."""
    return await _listed(asked, CASES, "under_performance", "under_performance_id", agreement_id, status)


async def reviews(asked: Asked, agreement_id: str | None, status: str | None) -> Any:
    """Annual reviews that somebody may read, page by page."""
    return await _listed(asked, REVIEWS, "annual_reviews", "review_id", agreement_id, status)


async def invitation(asked: Asked, review_id: str) -> dict[str, Any]:
    """What anybody may know of a review for which feedback is asked."""
    rows = await asked.rows(
        "select r.review_id, r.agreement_id, r.organisation_id, p.title, r.from_on, r.to_on, r.feedback_until"
        " from annual_reviews r join monitoring_plans p using (agreement_id)"
        " where r.review_id = $1 and r.feedback_until is not null",
        review_id,
    )
    if not rows:
        raise asked.not_found("invitation", review_id)
    return dict(rows[0])


async def feedback_of(asked: Asked, review_id: str) -> Any:
    """What was said on a review, newest day last: for the manager and the partner, not for who scores or decides."""
    _keep_from_deciders(asked, "feedback", await review(asked, review_id))
    sql = (
        "select feedback_id, received_on, people, groups::text as groups, name is not null as named from feedback"
        " where review_id = $1"
    )
    page = await asked.page(sql, review_id, key="feedback_id")
    items = [{**item, "groups": json.loads(item["groups"] or "[]")} for item in page["items"]]
    return {**page, "items": items}


async def feedback(asked: Asked, feedback_id: str) -> dict[str, Any]:
    """One piece of feedback, for the manager and the partner."""
    rows = await asked.rows("select * from feedback where feedback_id = $1", feedback_id)
    if not rows:
        raise asked.not_found("feedback", feedback_id)
    found = _decoded(rows[0])
    _keep_from_deciders(asked, "feedback", await review(asked, found["review_id"]))
    return found


async def review_document(asked: Asked, review_id: str, which: str) -> DocumentRef:
    """A document of a review: a part of the assessment, the partner's answer, or the conclusion."""
    row = await review(asked, review_id)
    if which == "answer":
        _keep_from_deciders(asked, "document", row)
    parts = {part["part"]: part["document"] for part in row["assessment"] or ()}
    return named_document(asked, {**parts, "answer": row["answer"], "conclusion": row["conclusion"]}, which)


def named_document(asked: Asked, row: dict[str, Any], which: str) -> DocumentRef:
    """The document under this name; 404 where there is none."""
    if not row.get(which):
        raise asked.not_found("document", which)
    return DocumentRef.model_validate(row[which])


def without_documents(row: dict[str, Any]) -> dict[str, Any]:
    """A row as it is shown: documents have addresses of their own."""
    shown = {name: value for name, value in row.items() if name not in JSON or name in ("attended", "proposed")}
    there = [name for name in row if name in JSON and name not in shown and row[name]]
    return {**shown, "documents": there}


def _keep_from_deciders(asked: Asked, what: str, row: dict[str, Any]) -> None:
    if asked.actor.role not in (PARTNER, MANAGER, *OVERSEERS):
        raise asked.not_found(what, row["review_id"])


async def _listed(
    asked: Asked, columns: str, table: str, key: str, agreement_id: str | None, status: str | None
) -> Any:
    sight = sight_of(asked.actor)
    return await asked.page(
        f"select {columns} from {table} where {SEEN}"  # noqa: S608 -- names of our own
        " and ($4::text is null or agreement_id = $4) and ($5::text is null or status = $5)",
        sight.everything, sight.partner_id, sight.funder_id, agreement_id, status, key=key,
    )  # fmt: skip


async def _one(asked: Asked, table: str, what: str, which: str) -> dict[str, Any]:
    rows = await asked.rows(f"select * from {table} where {what}_id = $1", which)  # noqa: S608 -- names of our own
    row = _decoded(rows[0]) if rows else None
    if row is None or not sight_of(asked.actor).covers(row["organisation_id"], row["funder_id"]):
        raise asked.not_found(what, which)
    return row


def _decoded(row: Any) -> dict[str, Any]:
    return {name: json.loads(value) if value and name in JSON else value for name, value in row.items()}
