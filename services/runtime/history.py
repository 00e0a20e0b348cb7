"""Guarantee: the story of a thing is told from the journal, to each reader only what that reader may know by now.

Before the event that opens it, a sealed event is told only to the voluntary organisation that recorded it, and a sealed
step of a public body or its panel to nobody. Other public bodies are told what is shared with partners and what they
did themselves.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter

from contracts.catalogue import EVENTS
from contracts.envelope import Audience, Event
from services.runtime.decisions import Actor
from services.runtime.http import Asked, asked_by
from services.runtime.problems import Problem
from services.runtime.running import Running

router = APIRouter(tags=["history"])
ROLES = (
    "partnership_office", "commissioner", "decider", "commissioning_manager", "finance", "panel_member", "body_officer",
    "vco_representative", "independent_reviewer", "auditor",
)  # fmt: skip
OVERSEERS = frozenset({"partnership_office", "auditor"})
STORY = (
    "select * from ledger.journal where audience <> 'received' and position in"
    " (select position from ledger.tagged where tag = any ($1)) and position > $2 order by position limit 1001"
)
OPENED = "select tag || ' ' || type as opened from ledger.tagged where tag = any ($1) and type = any ($2)"


def may_know(kind: type[Event], data: dict[str, Any], onbehalfof: str, opened: bool, actor: Actor) -> bool:
    """Whether this reader may know of an event of this class now; `opened` says whether its seal was lifted."""
    own = onbehalfof == actor.organisation
    if kind.opened_by and not opened:
        return actor.role == "vco_representative" and own and "body_id" not in data
    if actor.role == "vco_representative":
        return own or actor.organisation == data.get("organisation_id")
    if actor.role in OVERSEERS:
        return True
    return kind.audience is Audience.PARTNERS or own or actor.organisation == data.get("funder_id")


@router.get("/history")
async def tell_history(tag: str, asked: Annotated[Asked, asked_by(*ROLES)], after: int = 0) -> dict[str, Any]:
    """What this service recorded about a thing, for example `bid:…`, in order, with who and why."""
    if ":" not in tag or not tag.isprintable() or len(tag) > 200:
        raise Problem(422, "malformed", "Malformed", "A tag is written kind:id, for example bid:… or agreement:….")
    rows = await asked.running.pool.fetch(STORY, [tag, f"about:{tag}"], after)
    opened = await _opened(asked.running, rows)
    told = [told for row in rows[:1000] if (told := _told(row, opened, asked.actor)) is not None]
    return {"events": told, "next": rows[999]["position"] if len(rows) > 1000 else None}


async def _opened(running: Running, rows: list[Any]) -> set[str]:
    """`tag type` of every opening event that carries a tag of these rows."""
    tags = {tag for row in rows for tag in row["tags"]}
    openers = {kind.opened_by for kind in EVENTS.values() if kind.opened_by}
    found = await running.pool.fetch(OPENED, list(tags), list(openers))
    return {row["opened"] for row in found}


def is_opened(kind: type[Event], tags: Sequence[str], opened: set[str]) -> bool:
    """Whether the event's seal was lifted: for its own subject, where the opening event names subjects of that kind
    one by one, otherwise for everything of the programme that it opens.
    """
    opener = EVENTS.get(kind.opened_by)
    if opener is None:
        return False
    named = {tag_kind for _, tag_kind in opener.tag_fields}
    own = [tag for tag in tags[:1] if tag.partition(":")[0] in named]
    return any(
        f"{tag} {kind.opened_by}" in opened for tag in own or [tag for tag in tags if tag.startswith("programme:")]
    )


def _told(row: Any, opened: set[str], actor: Actor) -> dict[str, Any] | None:
    kind = EVENTS.get(row["type"])
    if kind is None:
        return None
    data = json.loads(row["data"])
    if not may_know(kind, data, row["onbehalfof"], is_opened(kind, row["tags"], opened), actor):
        return None
    return {
        "position": row["position"], "id": row["id"], "source": row["source"], "type": row["type"],
        "time": row["time"].isoformat(), "meaning": (kind.__doc__ or "").strip(), "actor": row["actor"],
        "role": row["role"], "onbehalfof": row["onbehalfof"], "correlationid": row["correlationid"],
        "causationid": row["causationid"], "tags": row["tags"], "data": data,
    }  # fmt: skip
