"""Reads of agreements' terms, for the parties; a member of a consortium reads them too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.envelope import DocumentRef
from services.funding.queries import concerned, loaded
from services.runtime.http import Asked

LISTS = ("financing_reasons", "risks", "views", "clauses")
PLAIN = ("takes_until", "shorter", "model", "timing", "instalments_per_year", "small_organisation")


async def terms(asked: Asked, agreement_id: str) -> dict[str, Any]:
    """The terms of an agreement with the ids of their documents, and its members' parts."""
    row, parts = await _read(asked, agreement_id)
    shown = {name: row[name] for name in PLAIN}
    lists = {name: _with_ids(loaded(row[name])) for name in LISTS}
    reason, clauses = loaded(row["term_reason"]), loaded(row["clauses_document"])
    return {
        "agreement_id": agreement_id, **shown, **lists,
        "term_reason_document_id": reason["id"] if reason else None,
        "clauses_document_id": clauses["id"] if clauses else None,
        "parts": [_with_ids({**part, "part": loaded(part["part"])}) for part in parts],
    }  # fmt: skip


async def document(asked: Asked, agreement_id: str, document_id: str) -> DocumentRef:
    """A document of an agreement's terms."""
    row, parts = await _read(asked, agreement_id)
    kept = [loaded(row[name]) for name in (*LISTS, "term_reason", "clauses_document")]
    for found in _documents([*kept, *(loaded(part["part"]) for part in parts)]):
        if found["id"] == document_id:
            return DocumentRef.model_validate(found)
    raise asked.not_found("document", document_id)


async def _read(asked: Asked, agreement_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    rows = await asked.rows(
        "select a.funder_id, a.organisation_id, t.* from agreements a left join agreement_terms t"
        " on t.agreement_id = a.agreement_id where a.agreement_id = $1 and a.bid_id <> ''",
        agreement_id,
    )
    parts = [
        dict(part)
        for part in await asked.rows(
            "select * from agreement_parts where agreement_id = $1 order by organisation_id", agreement_id
        )
    ]
    member = any(part["organisation_id"] == asked.actor.organisation for part in parts)
    if not rows or not (member or concerned(asked, dict(rows[0])) or asked.actor.role == "auditor"):
        raise asked.not_found("agreement", agreement_id)
    return dict(rows[0]), parts


def _with_ids(value: Any) -> Any:
    """The same, with each document replaced by its id."""
    if isinstance(value, list):
        return [_with_ids(one) for one in value]
    if isinstance(value, dict):
        return value["id"] if "media_type" in value else {name: _with_ids(one) for name, one in value.items()}
    return value


def _documents(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict) and "media_type" in value:
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _documents(one)
