"""What the clients do about performance: meetings, timetables of actions agreed or decided, the yearly review."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from faults.forms import DECIDER, MANAGER, RESIDENT, SAID

if TYPE_CHECKING:
    from faults.load import Person
    from faults.rounds import Round, Vco

AGREED = ({"id": "visits", "side": "partner", "due_on": "2014-09-30", "what": SAID},
          {"id": "room", "side": "funder", "due_on": "2014-12-19", "what": SAID})  # fmt: skip
DECIDED = ({"id": "forum", "side": "partner", "due_on": "2014-12-05", "what": SAID},)
"""Nobody does it: it is missed, and the timetable fails."""
PARTS = dict.fromkeys(("effectiveness", "economy", "efficiency"), SAID)


async def meet(one: Round) -> None:
    """A meeting is held; one timetable is agreed and done, the other not agreed (3.4.1)."""
    first, second = one.vcos[:2]
    await asyncio.gather(hold(one, first), begin(one, first), improve(one, second))


async def hold(one: Round, vco: Vco) -> None:
    """The notes of the first meeting, which may have been due long ago (SPP5)."""
    attended = [{"organisation_id": who.organisation, "role": who.role} for who in (MANAGER, vco.who)]
    notes = {"held_on": "2014-07-29", "attended": attended, "outcome_ids": [vco.outcome], "notes": SAID}
    path = f"/meetings/{vco.agreement}-meeting-1/minutes"
    await one.does(MANAGER, "monitoring", path, notes, step=f"minutes {vco.number}")


async def begin(one: Round, vco: Vco) -> None:
    """Under-performance is raised."""
    path, form = f"/agreements/{vco.agreement}/under-performance", {"outcome_ids": [vco.outcome], "reason": SAID}
    found = await one.does(MANAGER, "monitoring", path, form, step=f"raise {vco.number}")
    vco.case = f"/under-performance/{found['under_performance_id']}"


async def improve(one: Round, vco: Vco) -> None:
    """A timetable is proposed, agreed and done, each side confirming the other's action."""
    await begin(one, vco)
    path = f"{vco.case}/timetables"
    found = await one.does(MANAGER, "monitoring", path, {"actions": AGREED}, step=f"timetable {vco.number}")
    agree = f"{path}/{found['proposal_id']}/agreement"
    await one.does(vco.who, "monitoring", agree, step=f"timetable agreed {vco.number}")
    await done(one, vco, "visits", vco.who, MANAGER)
    await done(one, vco, "room", MANAGER, vco.who)


async def done(one: Round, vco: Vco, action: str, by: Person, confirms: Person) -> None:
    """One side shows that its action is done, the other confirms it."""
    path = f"{vco.case}/actions/{action}"
    await one.does(by, "monitoring", f"{path}/claim", {"evidence": SAID}, step=f"{action} {vco.number}")
    await one.does(confirms, "monitoring", f"{path}/confirmation", step=f"{action} confirmed {vco.number}")


async def settle(one: Round) -> None:
    """Nothing was agreed in time: both sides say where they stand, and a second person decides (3.4.1)."""
    vco = one.vcos[0]
    for who in (MANAGER, vco.who):
        await one.does(who, "monitoring", f"{vco.case}/positions", {"position": SAID}, step=f"stands {who.role}")
    decision = {"actions": DECIDED, "reasons": SAID}
    await one.does(DECIDER, "monitoring", f"{vco.case}/decision", decision, step="timetable decided")


async def review(one: Round) -> None:
    """A year is reviewed with a resident heard; another year's review waits for residents until it is missed (SPP6)."""
    first, second = one.vcos[:2]
    await asyncio.gather(invite(one, first), conclude(one, second))


async def invite(one: Round, vco: Vco) -> str:
    """Residents are asked; gives the path of the review."""
    path = f"/annual-reviews/{vco.agreement}-review-1"
    await one.does(vco.who, "monitoring", f"{path}/invitation", {"until": "2015-05-15"}, step=f"invite {vco.number}")
    return path


async def conclude(one: Round, vco: Vco) -> None:
    """Heard, assessed, answered, concluded."""
    path = await invite(one, vco)
    steps: tuple[tuple[Person, str, dict[str, Any]], ...] = (
        (RESIDENT, "feedback", {"words": SAID}), (MANAGER, "assessment", {"parts": PARTS}),
        (vco.who, "answer", {"answer": SAID}), (MANAGER, "conclusion", {"conclusion": SAID}),
    )  # fmt: skip
    for who, what, form in steps:
        await one.does(who, "monitoring", f"{path}/{what}", form, step=f"review {what} {vco.number}")
