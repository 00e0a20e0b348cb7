"""What the clients do about a panel: seated, declared, scored apart, met, recommended (Sutton Compact 3.1.6)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from faults import forms
from faults.forms import COMMISSIONER, COUNCIL, CRITERIA, OFFICE, SAID, SCORED
from faults.load import Person

if TYPE_CHECKING:
    from faults.rounds import Round, Vco

CHAIR = Person("p-chair", "panel_member", COUNCIL)
SECOND = Person("p-second-member", "panel_member", COUNCIL)
PARTIAL = Person("p-partial-member", "panel_member", COUNCIL)
"""Has an interest in the first bidder."""
MEMBERS = (CHAIR, SECOND, PARTIAL)
POINTS = (9, 8, 4)
"""What each bid of a round is given under each criterion, of ten: the first two are recommended."""
NOT_YET_KNOWN = ("not_a_panel_member", "sector_wrong")
"""Until funding has read of the members' offices and of the expert's organisation."""


async def weigh(one: Round) -> None:
    """A panel weighs the bids of a round that has one, and recommends two."""
    if not one.has_panel:
        return
    members = (*MEMBERS, await expert(one))
    seats = [{"person_id": who.id, "organisation_id": who.organisation, "sector": who.organisation != COUNCIL}
             for who in members]  # fmt: skip
    await one.does(COMMISSIONER, "funding", f"{one.path}/panel", {"members": seats}, step="seat", early=NOT_YET_KNOWN)
    await one.tries(CHAIR, f"/bids/{one.vcos[0].bid}/scores", scores(0), step="score undeclared")
    await asyncio.gather(*(declare(one, who) for who in members))
    await one.tries(PARTIAL, f"/bids/{one.vcos[0].bid}/scores", scores(0), step="score partially")
    await asyncio.gather(*(
        one.does(who, "funding", f"/bids/{vco.bid}/scores", scores(n), step=f"score {vco.number} {who.id}")
        for n, vco in enumerate(one.vcos) for who in members if (who, n) != (PARTIAL, 0)
    ))  # fmt: skip
    await asyncio.gather(*(meet(one, vco) for vco in one.vcos))
    chosen = {"bid_ids": [vco.bid for vco in one.vcos[:2]]}
    await one.does(CHAIR, "funding", f"{one.path}/recommendation", chosen, step="recommend")


async def expert(one: Round) -> Person:
    """Somebody of a voluntary organisation that does not bid, appointed to the panel."""
    number = 900 + one.number
    form = {"name": forms.name(number), "charity_number": str(8_000_000 + number)}
    entry = await one.does(OFFICE, "partners", "/organisations", form, step="register expert")
    who = Person(f"p-expert-{one.number}", "panel_member", entry["organisation_id"])
    await one.does(OFFICE, "partners", "/office-holders", forms.appointment(who), step="appoint expert")
    return who


async def declare(one: Round, who: Person) -> None:
    """Nil or an interest, for each bidder."""
    declared = {vco.who.organisation: who == PARTIAL and n == 0 for n, vco in enumerate(one.vcos)}
    path = f"{one.path}/panel/interests"
    await one.does(who, "funding", path, {"interests": declared}, step=f"declare {who.id}")


async def meet(one: Round, vco: Vco) -> None:
    """The panel meets a proposer."""
    met = {"met_on": "2014-02-10", "minutes": 60, "present": [CHAIR.id, SECOND.id], "note": f"{SAID} {SCORED}"}
    await one.does(CHAIR, "funding", f"/bids/{vco.bid}/meetings", met, step=f"met {vco.number}")


def scores(number: int) -> dict[str, Any]:
    """The form of a member's scores for a bid of the round."""
    given = {"points": POINTS[number], "reason": f"Read against what was published, page by page. {SCORED}"}
    return {"scores": dict.fromkeys(CRITERIA, given)}
