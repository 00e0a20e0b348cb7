"""Who on a panel may read what: no declaration, no bid; nobody else's scores before one's own (Compact 3.1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.place import Place
from services.funding.gates import FUNDER_ROLES
from services.funding.panel_facts import PANEL_MEMBER
from services.runtime.http import Asked
from services.runtime.journal import Record

REVIEWER = "independent_reviewer"
MEMBERS = "select person_id, organisation_id, aside from panel_members where programme_id = $1"
DECLARED = "select person_id, organisation_id, interest from panel_interests where programme_id = $1"
PARTIES = (
    "select organisation_id, member_ids from bids where programme_id = $1 and not sealed order by received_at, bid_id"
)


async def sits(asked: Asked, programme_id: str) -> bool:
    """Whether who asks sits on the panel of a round."""
    rows = await asked.rows(MEMBERS, programme_id)
    mine = (row for row in rows if row["person_id"] == asked.actor.person)
    return asked.actor.role == PANEL_MEMBER and any(not row["aside"] for row in mine)


async def parties(asked: Asked, programme_id: str) -> list[str]:
    """Every bidder and consortium member of the opened bids of a round, each once."""
    rows = await asked.rows(PARTIES, programme_id)
    return list(dict.fromkeys(one for row in rows for one in (row["organisation_id"], *row["member_ids"])))


async def declared_of(asked: Asked, programme_id: str) -> dict[str, bool]:
    """What who asks declared: whoever it stands for counts as the person."""
    place = asked.running.journal.place
    rows = await asked.rows(DECLARED, programme_id)
    mine = [row for row in rows if place.same_person(row["person_id"], asked.actor.person)]
    found: dict[str, bool] = {}
    for row in mine:
        found[row["organisation_id"]] = found.get(row["organisation_id"], False) or row["interest"]
    return found


async def may_read(asked: Asked, bid: Mapping[str, Any]) -> bool:
    """Whether a member of the panel, or the reviewer of a decision, may read an opened bid."""
    if asked.actor.role == REVIEWER:
        return bool(await asked.rows("select 1 from reviews where bid_id = $1", bid["bid_id"]))
    return await sits(asked, bid["programme_id"]) and await _nil_declared(asked, bid)


async def no_member_or_declared(asked: Asked, bid: Mapping[str, Any]) -> bool:
    """Whether somebody of the funder may read a bid: who sits on its panel, only after a nil declaration."""
    rows = await asked.rows(MEMBERS, bid["programme_id"])
    if not any(_same(asked.running.journal.place, row, asked) for row in rows):
        return True
    return await _nil_declared(asked, bid)


async def scores_of(asked: Asked, bid: Mapping[str, Any]) -> list[Record]:
    """The scores of a bid: to a member once its own are in, to the funder once the panel recommended."""
    rows = await asked.rows(
        "select person_id, scores from panel_scores where bid_id = $1 order by person_id", bid["bid_id"]
    )
    if asked.actor.role == PANEL_MEMBER:
        return list(rows) if any(row["person_id"] == asked.actor.person for row in rows) else []
    told = asked.actor.role in FUNDER_ROLES and await recommended(asked, bid["programme_id"])
    return list(rows) if told else []


async def recommended(asked: Asked, programme_id: str) -> Record | None:
    """What the panel of a round recommends, once it does."""
    rows = await asked.rows("select * from recommendations where programme_id = $1", programme_id)
    return rows[0] if rows else None


async def may_read_recommendation(asked: Asked, programme_id: str, funder_id: str) -> bool:
    """The funder reads what the panel recommends; a member, unless an interest was declared."""
    place = asked.running.journal.place
    rows = await asked.rows(MEMBERS, programme_id)
    member = any(_same(place, row, asked) for row in rows)
    if member:
        said = await declared_of(asked, programme_id)
        return bool(said) and not any(said.values())
    return asked.actor.role in FUNDER_ROLES and asked.actor.organisation == funder_id


async def _nil_declared(asked: Asked, bid: Mapping[str, Any]) -> bool:
    said = await declared_of(asked, bid["programme_id"])
    every = set(await parties(asked, bid["programme_id"]))
    of_bid = (bid["organisation_id"], *bid["member_ids"])
    return every <= said.keys() and not any(said[one] for one in of_bid)


def _same(place: Place, row: Record, asked: Asked) -> bool:
    return place.same_person(row["person_id"], asked.actor.person)
