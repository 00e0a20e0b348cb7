"""Reads: who may see which notice, and its trail. Addresses go only to whom they belong, or to who posts a letter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from contracts.envelope import DocumentRef
from services.notifications import address_book
from services.runtime.http import Asked, plain
from services.runtime.journal import Record

NOTICES = (
    "select n.notice_id, n.notice_number, n.organisation_id, n.about, n.template, n.statutory, n.due_on,"
    " n.requested_at, n.escalated, s.served_on, s.proved_by, s.content_hash, s.calendar_version, s.citation,"
    " s.withdrawn_from, s.deemed_on, s.acknowledged_on"
    " from notices n left join services_of_notice s on s.notice_id = n.notice_id"
)
TRAIL = (
    "select a.attempt_id, a.address_id, a.channel, c.office, a.state, a.message_id, a.content_hash, a.copy_of_earlier,"
    " a.attempted_at, a.sent_at, a.serves_on, a.reason, l.ready_on, l.posted_on, l.certificate"
    " from attempts a left join contacts c on c.address_id = a.address_id"
    " left join letters l on l.attempt_id = a.attempt_id where a.notice_id = $1 order by a.attempted_at, a.attempt_id"
)
WAITING = (
    "select l.attempt_id, l.notice_id, n.notice_number, l.organisation_id, o.name as organisation, c.office,"
    " a.address_id, l.state, l.ready_on, l.posted_on, l.certificate, l.entered_by"
    " from letters l join notices n on n.notice_id = l.notice_id join attempts a on a.attempt_id = l.attempt_id"
    " left join contacts c on c.address_id = a.address_id"
    " left join organisations o on o.organisation_id = l.organisation_id where l.state in ('ready', 'posted')"
)
CONTACTS = "select address_id, organisation_id, office, channel, withdrawn, reason from contacts"
OWN_ONLY = "vco_representative"


def own(asked: Asked) -> str | None:
    """The one organisation whose matters may be seen, or None where all may."""
    return asked.actor.organisation if asked.actor.role == OWN_ONLY else None


async def notices(asked: Asked, organisation_id: str | None) -> dict[str, Any]:
    """A page of notices, of one organisation or of all."""
    only = own(asked) or organisation_id
    if only is None:
        page = await asked.page(NOTICES, key="notice_id")
    else:
        page = await asked.page(f"{NOTICES} where n.organisation_id = $1", only, key="notice_id")
    return {**page, "items": [_with_citation(item) for item in page["items"]]}


async def notice(asked: Asked, notice_id: str) -> dict[str, Any]:
    """A notice that this reader may see; what is another organisation's is not there."""
    rows = await asked.rows(f"{NOTICES} where n.notice_id = $1", notice_id)
    if not rows or (own(asked) or rows[0]["organisation_id"]) != rows[0]["organisation_id"]:
        raise asked.not_found("notice", notice_id)
    return _with_citation(plain(rows[0]))


async def notice_with_trail(asked: Asked, notice_id: str) -> dict[str, Any]:
    """A notice with every attempt and its proof."""
    found = await notice(asked, notice_id)
    return {**found, "attempts": [plain(row) for row in await asked.rows(TRAIL, notice_id)]}


async def content(asked: Asked, notice_id: str, attempt_id: str | None, channel: str | None = None) -> DocumentRef:
    """The kept copy of exactly what was sent: of one attempt, or of the latest of a kind."""
    await notice(asked, notice_id)
    rows = await asked.rows(
        "select document from attempts where notice_id = $1 and ($2::text is null or attempt_id = $2)"
        " and ($3::text is null or channel = $3) and document is not null order by attempted_at desc limit 1",
        notice_id, attempt_id, channel,
    )  # fmt: skip
    if not rows:
        raise asked.not_found("letter" if channel == "letter" else "attempt", attempt_id or notice_id)
    return DocumentRef.model_validate_json(rows[0]["document"])


async def letters_waiting(asked: Asked) -> dict[str, Any]:
    """A page of letters to post or to confirm, each with the address to write on its envelope."""
    page = await asked.page(WAITING, key="attempt_id")
    return {**page, "items": await _addressed(asked, page["items"])}


async def contacts(asked: Asked, organisation_id: str | None) -> dict[str, Any]:
    """A page of contacts, with their addresses where the reader may see them."""
    only = own(asked) or organisation_id
    if only is None:
        page = await asked.page(CONTACTS, key="address_id")
    else:
        page = await asked.page(f"{CONTACTS} where organisation_id = $1", only, key="address_id")
    if asked.actor.role == "auditor":
        return page
    return {**page, "items": await _addressed(asked, page["items"])}


async def contact_organisation(asked: Asked, address_id: str) -> str:
    """The organisation whose contact this is."""
    rows: Sequence[Record] = await asked.rows("select organisation_id from contacts where address_id = $1", address_id)
    if not rows or (own(asked) or rows[0]["organisation_id"]) != rows[0]["organisation_id"]:
        raise asked.not_found("contact", address_id)
    found: str = rows[0]["organisation_id"]
    return found


async def _addressed(asked: Asked, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = await address_book.entries(asked.running.pool, [item["address_id"] for item in items])
    return [{**item, **_reach(known.get(item["address_id"]))} for item in items]


def _reach(entry: Record | None) -> dict[str, Any]:
    return {"address": entry["address"].split("\n") if entry else None, "name": entry["name"] if entry else None}


def _with_citation(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "citation": json.loads(item["citation"]) if item["citation"] else None}
