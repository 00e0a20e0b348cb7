"""What a notice says, gathered when it is sent: particulars from the read tables, texts from the opened documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts.envelope import DocumentRef
from services.notifications.notices import AWARD
from services.notifications.particulars import REASONS
from services.notifications.rendering import Heading, Rendered, render
from services.runtime.documents import DocumentAbsent
from services.runtime.journal import Record
from services.runtime.running import Running

PARTICULARS = (
    "select p.*, programmes.title as programme, programmes.criteria, agreements.title as agreement, reports.period,"
    " organisations.name as funder, rationales.texts as rationale from particulars p"
    " left join programmes on programmes.programme_id = p.programme_id"
    " left join agreements on agreements.agreement_id = p.agreement_id"
    " left join reports on reports.report_id = p.report_id"
    " left join organisations on organisations.organisation_id = p.funder_id"
    " left join rationales on rationales.bid_id = p.bid_id where p.event_id = $1"
)
NAMED = {"programme_id": "programme", "agreement_id": "agreement", "report_id": "period", "funder_id": "funder"}


class Missing(Exception):
    """Something that a notice has to say has not arrived yet; the message names what, never the words."""


@dataclass(frozen=True)
class Due:
    """A notice due to go to one address."""

    notice_id: str
    address_id: str
    organisation_id: str
    channel: str
    office: str
    notice_number: str
    template: str
    because_of: str
    tries: int
    put_offs: int
    copy: bool
    organisation: str | None

    def heading(self, dated: date) -> Heading:
        """What stands above the notice."""
        if self.organisation is None:
            raise Missing("organisation")
        return Heading(
            number=self.notice_number,
            organisation=self.organisation,
            office=self.office,
            dated=dated,
            copy=self.copy,
        )


async def compose(running: Running, due: Due, heading: Heading) -> Rendered:
    """Put a notice into words; raises Missing while something it has to say is not here."""
    rows = await running.rows(PARTICULARS, due.because_of)
    if not rows:
        raise Missing("particulars")
    said = _said(rows[0])
    told = _decoded(rows[0]["rationale"]) if due.template == AWARD else _decoded(rows[0]["texts"])
    criteria = _decoded(rows[0]["criteria"]) or {}
    texts = [await _text(running, each, criteria) for each in told or []]
    return render(due.template, {**said, "texts": texts}, heading)


def _said(row: Record) -> dict[str, Any]:
    said: dict[str, Any] = dict(_decoded(row["facts"]) or {})
    for needed_by, name in NAMED.items():
        if row[needed_by]:
            if row[name] is None:
                raise Missing(name)
            said[name] = row[name]
    return said


async def _text(running: Running, part: Mapping[str, Any], criteria: Mapping[str, str]) -> dict[str, str]:
    ref = DocumentRef.model_validate(part["document"])
    try:
        content = await running.documents.opened(ref)
    except DocumentAbsent:
        raise Missing("document") from None
    about = part["about"]
    return {"heading": "Reasons" if about == REASONS else criteria.get(about, about), "text": content.decode()}


def _decoded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
