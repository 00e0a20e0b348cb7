"""Reads of monitoring; what somebody may not read is not there for them."""

from __future__ import annotations

import json
from typing import Any

from services.monitoring.parties import sight_of
from services.runtime.http import Asked

CONTENT = ("proposed", "agreed")
DOCUMENTS = ("proposal_document", "document", "reasons", "extension_reason")
SIDES = "report_id, agreement_id, organisation_id, funder_id"
LISTED = (
    f"{SIDES}, period, status, waits_for, opens_on, due_on, overdue, late, extension_asked_until, answer_due_on,"
    " accepted_by_silence"
)
SEEN = "($1::boolean or organisation_id = $2::text or funder_id = $3::text)"


async def plan(asked: Asked, agreement_id: str) -> dict[str, Any]:
    """The monitoring of an agreement, for those who may read it."""
    return await _one(asked, "monitoring_plans", "agreement", agreement_id)


async def report(asked: Asked, report_id: str) -> dict[str, Any]:
    """A report, for those who may read it."""
    return await _one(asked, "reports", "report", report_id)


async def report_with_outcomes(asked: Asked, report_id: str) -> dict[str, Any]:
    """A report and its outcomes as last reported, for those who may read it."""
    found = without_documents(await report(asked, report_id))
    rows = await asked.rows(
        "select outcome_id, status, people, measured, unit from outcomes_reported where report_id = $1"
        " order by outcome_id",
        report_id,
    )
    return {**found, "outcomes": [dict(row) for row in rows]}


async def reports(asked: Asked, agreement_id: str | None, status: str | None) -> Any:
    """Reports that somebody may read, page by page."""
    return await asked.page(
        f"select {LISTED} from reports where {SEEN}"  # noqa: S608 -- names of our own
        " and ($4::text is null or agreement_id = $4) and ($5::text is null or status = $5)",
        *_sight(asked), agreement_id, status, key="report_id",
    )  # fmt: skip


async def overdue(asked: Asked) -> Any:
    """Whose lateness somebody may read, both sides in one list, page by page."""
    return await asked.page(
        f"select * from ("  # noqa: S608 -- names of our own
        f"select {SIDES}, due_on, 'partner' as late from overdue_reports where {SEEN} union all"
        f" select {SIDES}, answer_due_on, 'funder' from funder_lateness where {SEEN}) as lateness where true",
        *_sight(asked), key="report_id",
    )  # fmt: skip


def without_documents(row: dict[str, Any]) -> dict[str, Any]:
    """A row as it is shown: documents have addresses of their own."""
    return {name: value for name, value in row.items() if name not in DOCUMENTS}


def _sight(asked: Asked) -> tuple[bool, str | None, str | None]:
    sight = sight_of(asked.actor)
    return sight.everything, sight.partner_id, sight.funder_id


async def _one(asked: Asked, table: str, what: str, which: str) -> dict[str, Any]:
    rows = await asked.rows(f"select * from {table} where {what}_id = $1", which)  # noqa: S608 -- names of our own
    row = {name: _decoded(name, value) for name, value in rows[0].items()} if rows else None
    if row is None or not sight_of(asked.actor).covers(row["organisation_id"], row["funder_id"]):
        raise asked.not_found(what, which)
    return row


def _decoded(column: str, value: Any) -> Any:
    return json.loads(value) if value and column in (*CONTENT, *DOCUMENTS) else value
