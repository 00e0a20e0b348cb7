"""Reads of a change of support: the whole case for the two sides, nothing of it for others."""

from __future__ import annotations

from typing import Any

from contracts.envelope import DocumentRef
from services.funding import queries
from services.runtime.http import Asked

PROGRESS = (
    "select p.*, c.agreement_id, c.funder_id, c.kind, c.support, c.ground, c.proposed_by"
    " from change_progress p join changes c using (change_id) where p.change_id = $1"
)


async def case(asked: Asked, change_id: str) -> dict[str, Any]:
    """How far a change has come, both sides' numbers, points, positions, papers, and what other bodies reported."""
    row = await _progress(asked, change_id)
    return {
        **row,
        "numbers": await _listed(asked, "counted_by, of_group, people, fewer_than_five", "change_numbers", change_id),
        "points": await _listed(
            asked, "representation_id, point, basis_stated, answered, marked_answered", "change_points", change_id
        ),
        "papers": await _listed(asked, "kind, part, document_id", "change_papers", change_id),
        "set_aside": await _listed(
            asked, "step, statute, set_aside_by, lapses_on, lapsed", "steps_set_aside", change_id
        ),
        "effects_on_others": await _listed(asked, "body_id, people, referrals_a_year", "partner_effects", change_id),
    }


async def paper(asked: Asked, change_id: str, document_id: str) -> DocumentRef:
    """One text about a change, unaltered, for both sides."""
    await _progress(asked, change_id)
    rows = await asked.rows(
        "select document from change_papers where change_id = $1 and document_id = $2", change_id, document_id
    )
    ref = queries.reference(rows[0]["document"]) if rows else None
    if ref is None:
        raise asked.not_found("document", document_id)
    return ref


async def _progress(asked: Asked, change_id: str) -> dict[str, Any]:
    rows = await asked.rows(PROGRESS, change_id)
    row = dict(rows[0]) if rows else None
    sides = {row["organisation_id"], row["funder_id"]} if row else set()
    if row is None or (asked.actor.organisation not in sides and asked.actor.role != "auditor"):
        raise asked.not_found("change", change_id)
    return row


async def _listed(asked: Asked, columns: str, table: str, change_id: str) -> list[dict[str, Any]]:
    rows = await asked.rows(
        f"select {columns} from {table} where change_id = $1 order by {columns}",  # noqa: S608 -- names of our own
        change_id,
    )
    return [dict(row) for row in rows]
