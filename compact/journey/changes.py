"""Act 7: a change of support: the organisation is told before any other body, and every gate stands before it."""

from __future__ import annotations

from compact.journey import deciding
from compact.journey.bids import at
from compact.journey.notices import notice_of
from compact.journey.people import AUDITOR, CARERS, COMMISSIONER, POLICE_OFFICER, TRANSPORT
from compact.journey.playing import Play

TITLE = "7. A change of support, gate by gate"


async def propose(play: Play) -> None:
    """The organisation is told first."""
    await play.wait_until(at(2014, 11, 3, 11))
    form = {"kind": "reduce", "ground": "resources",
            "budget_decision": {"document": "Council budget 2015/16", "clause": "minute 42"},
            "reasons": "The council's budget of 3 November 2014 lowers what it can give from 2015/16 on."}  # fmt: skip
    path = f"/agreements/{play.id('agreement carers')}/changes"
    found = await play.does(COMMISSIONER, f"proposes to reduce the support of {CARERS.name}", "funding", path, form,
                            writes=("FundingChangeProposed",))  # fmt: skip
    change = f"/changes/{play.keep('change', found['change_id'])}"
    await play.settled(notifications=("NoticeRequested", "NoticeSent"))
    words = await play.reads(play.of(CARERS), "funding", f"{change}/reasons")
    play.expect(words.decode() == form["reasons"], f"{CARERS.name} reads the reasons, unaltered, the same day.")
    await play.hidden(POLICE_OFFICER, "the proposed change", "funding", change)
    await play.hidden(play.of(TRANSPORT), "the proposed change", "funding", change)
    told = await play.history(POLICE_OFFICER, "funding", f"change:{found['change_id']}")
    play.expect(not told, "No history tells the police of it yet.")


async def disclose(play: Play) -> None:
    """A working day after that notice was served, the other bodies learn of it."""
    await play.wait_until(at(2014, 11, 4, 23), notifications=("NoticeServed",), funding=("DisclosureScheduled",))
    notice = await notice_of(play, CARERS, "change_proposed")
    play.expect(notice["served_on"] == "2014-11-04", f"Notice {notice['notice_number']} is served on 4 November.")
    change = f"/changes/{play.id('change')}"
    await play.hidden(POLICE_OFFICER, "the proposed change on that day", "funding", change)
    await play.wait_until(at(2014, 11, 5, 9), funding=("ChangeDisclosed",))
    read = await play.reads(POLICE_OFFICER, "funding", change)
    play.expect(read["disclosed_on"] == "2014-11-05", "One working day later, on 5 November, the police can read it.")
    await play.hidden(POLICE_OFFICER, "its reasons", "funding", f"{change}/reasons")
    told = await play.history(AUDITOR, "funding", f"change:{play.id('change')}")
    play.expect("funding.change_disclosed" in told, "The history of the change says when each learned of it.")


STEPS = (propose, disclose, *deciding.STEPS)
