"""Act 6: performance is talked about each quarter; support does not end on it while a timetable of actions runs."""

from __future__ import annotations

from typing import Any

from compact.journey.bids import OUTCOMES, SPP, at
from compact.journey.people import (
    ADVICE,
    CARERS,
    COMMISSIONER,
    COUNCIL,
    MANAGER,
    SENIOR,
    VOLUNTEERS,
    Vco,
)
from compact.journey.playing import Play

TITLE = "6. Under-performance, and a timetable to improve"
COMPACT = "Sutton Compact"
ACTIONS = {"actions": [
    {"id": "forum", "side": "partner", "due_on": "2014-12-19", "what": "Hold the forum every month from now on."},
]}  # fmt: skip
ENDING = {"kind": "end", "ground": "performance", "reasons": "Two of the twelve meetings were held in half a year."}
ENDED = {"rationale": {"ground": "Two of twelve meetings were held."}, "notice_months": 6}


def minutes(*present: tuple[str, str]) -> dict[str, Any]:
    """The form of a meeting's notes, with who took part by role."""
    attended = [{"organisation_id": organisation, "role": role} for organisation, role in present]
    notes = "Advice on governance is ahead of its target; the forum met once."
    return {"held_on": "2014-06-24", "attended": attended, "outcome_ids": [*OUTCOMES], "notes": notes}


async def meet(play: Play) -> None:
    """A quarterly meeting is held with the partner, and every outcome is looked at."""
    await play.wait_until(at(2014, 6, 24, 14))
    council = (COUNCIL, MANAGER.role)
    await play.refused(MANAGER, "entering a quarterly meeting without the partner", "monitoring", meeting(play, ADVICE),
                       minutes(council), code="meeting_without_both_sides",
                       cites=f"{SPP} Checks and balances")  # fmt: skip
    for vco in (ADVICE, VOLUNTEERS):
        who = play.of(vco)
        await play.does(MANAGER, f"enters the quarterly meeting with {vco.name}", "monitoring", meeting(play, vco),
                        minutes(council, (who.organisation, who.role)), writes=("QuarterlyReviewHeld",))  # fmt: skip


def meeting(play: Play, vco: Vco) -> str:
    """Where the notes of the first meeting with an organisation go."""
    return f"/meetings/{play.id(f'agreement {vco.key}')}-meeting-1/minutes"


async def look_at_meetings(play: Play) -> None:
    """A meeting that nobody held was missed by itself."""
    await play.wait_until(at(2014, 10, 22))
    agreement = play.id("agreement carers")
    listed = await play.listed(MANAGER, "monitoring", f"/meetings?agreement_id={agreement}&status=missed")
    first = f"{agreement}-meeting-1" in [one["meeting_id"] for one in listed]
    play.expect(first, f"Nobody met {CARERS.name} in the first quarter: that meeting stands as missed.", listed)


async def agree_timetable(play: Play) -> None:
    """Under-performance is raised with its reason; both sides agree what is done about it, and until when."""
    raise_it = f"/agreements/{play.id('agreement volunteers')}/under-performance"
    found = await play.does(MANAGER, f"raises under-performance of {VOLUNTEERS.name}", "monitoring", raise_it,
                            {"outcome_ids": ["heard"], "reason": ENDING["reasons"]},
                            writes=("UnderPerformanceRaised",))  # fmt: skip
    path = f"/under-performance/{play.keep('under-performance', found['under_performance_id'])}"
    found = await play.does(MANAGER, "proposes a timetable of one action, by 19 December", "monitoring",
                            f"{path}/timetables", ACTIONS, writes=("RemedialTimetableProposed",))  # fmt: skip
    agree = f"{path}/timetables/{found['proposal_id']}/agreement"
    await play.refused(MANAGER, "agreeing to its own timetable", "monitoring", agree, code="own_proposal",
                       cites=f"{COMPACT} 3.4.1")  # fmt: skip
    await play.does(play.of(VOLUNTEERS), "agrees", "monitoring", agree, writes=("RemedialTimetableAgreed",))
    await play.settled()


async def try_to_end(play: Play) -> None:
    """While the timetable runs, support does not end on performance."""
    await play.wait_until(at(2014, 10, 27, 10))
    path = f"/agreements/{play.id('agreement volunteers')}/changes"
    found = await play.does(COMMISSIONER, f"proposes to end the support of {VOLUNTEERS.name}", "funding", path, ENDING,
                            writes=("FundingChangeProposed",))  # fmt: skip
    change = f"/changes/{play.keep('change volunteers', found['change_id'])}"
    await play.refused(SENIOR, "ending it", "funding", f"{change}/decide", ENDED, code="remedial_timetable_running",
                       cites=f"{COMPACT} 3.4.1")  # fmt: skip


async def recover(play: Play) -> None:
    """The action is done and confirmed: performance is no ground any more, and the partner is kept."""
    await play.wait_until(at(2014, 10, 30, 10))
    action = f"/under-performance/{play.id('under-performance')}/actions/forum"
    evidence = {"evidence": "The forum met on 24 and 29 October; the notes of both are on our site."}
    await play.does(play.of(VOLUNTEERS), "shows that the forum met", "monitoring", f"{action}/claim", evidence,
                    writes=("RemedialActionClaimed",))  # fmt: skip
    await play.does(MANAGER, "confirms it", "monitoring", f"{action}/confirmation",
                    writes=("RemedialActionCompleted", "RemedialTimetableEnded"))  # fmt: skip
    await play.settled()
    change = f"/changes/{play.id('change volunteers')}"
    await play.refused(SENIOR, "ending it all the same", "funding", f"{change}/decide", ENDED,
                       code="performance_recovered", cites=f"{COMPACT} 3.4.1")  # fmt: skip
    await play.does(COMMISSIONER, "takes the proposal back", "funding", f"{change}/withdraw",
                    writes=("FundingChangeWithdrawn",))  # fmt: skip
    await play.settled(notifications=("NoticeRequested",))
    play.telling.note(f"{VOLUNTEERS.name} is kept.")


STEPS = (look_at_meetings, agree_timetable, try_to_end, recover)
