"""Part of act 7: a change of support is decided only once every gate is open, and holds only after proved notice."""

from __future__ import annotations

import asyncio
from typing import Any

from compact.journey.bids import YEARS, at
from compact.journey.bodies import claim_effect, read_of_change
from compact.journey.notices import notice_of
from compact.journey.payments import shown
from compact.journey.people import (
    AUDITOR,
    CARERS,
    COMMISSIONER,
    DECIDER,
    OFFICE,
    OFFICE_2,
    OFFICER,
    POLICE_OFFICER,
    TRANSPORT,
)
from compact.journey.playing import PATIENCE, Play

COMPACT = "Sutton Compact"
EFFECTS = {
    "beneficiaries": "Carers of older people lose the evening on which somebody sits in for them.",
    "service_users": "Those who come each week would meet every other week.",
    "volunteers": "Six volunteers would be led by one worker instead of two.",
    "families": "Families with somebody to care for would be visited less often.",
    "children": "The young carers' afternoon is kept as it is.",
}
"""Those whom the rule names, and the groups that the register says it serves."""
COUNTS = {"beneficiaries": 140, "service_users": 60, "volunteers": 6, "families": 35, "children": 4}
PARTS = {
    "ground": "The council's budget of 3 November 2014 gives a sixth less to this programme from 2015/16 on.",
    "impact": "The weekly group is kept; the evening group meets every other week.",
    "reallocation": "No other organisation of the borough serves carers in the evening.",
    "representations": "Both points were answered; the room is paid for by the council, as the partner asked.",
    "notice": "The budget year begins on 1 April 2015, and the organisation plans by it.",
}
REDUCED = [{"year": year, "pounds": pounds} for year, pounds in zip(YEARS, (120_000, 100_000, 100_000), strict=True)]
POINTS = ["The evening group has nowhere else to meet.", "Two of our three workers are paid from this grant."]
RETURNING = "bounce.office@carers.example", "bounce.chair@carers.example"
"""Two addresses that return what is sent to them."""


def change(play: Play, what: str = "") -> str:
    """Where a step with the change goes."""
    return f"/changes/{play.id('change')}{what and f'/{what}'}"


def decision(**changes: Any) -> dict[str, Any]:
    """The form of the decision."""
    why = "The budget year begins on 1 April; six months would end after two payments of it."
    return {"rationale": PARTS, "amounts": REDUCED, "notice_months": 3, "shorter_because": why, **changes}


def counted(**people: int) -> dict[str, Any]:
    """The form of an assessment, with the number of people in each group."""
    groups = {group: {"people": people[group], "effect": words} for group, words in EFFECTS.items() if group in people}
    return {"groups": groups, "share_of_income": 40, "costs_jobs": True}


async def stopped(play: Play, what: str, code: str, clause: str, **changes: Any) -> None:
    """The decision, tried before a gate is open."""
    await play.refused(DECIDER, what, "funding", change(play, "decide"), decision(**changes), code=code,
                       cites=f"{COMPACT} {clause}")  # fmt: skip


async def hear_police(play: Play) -> None:
    """The police's own system, a plain Kafka client, reads of the change and claims what it does to its referrals."""
    change_id = play.id("change")
    play.telling.does("The police's own system reads the shared topic with a plain Kafka client.", play.now)
    told = await read_of_change(play, "police", change_id)
    play.expect("reasons" not in told, f"It reads that support is to be {told['kind']}d; no reasons are among it.")
    claim = {"change_id": change_id, "people": 40, "referrals_a_year": 120}
    await claim_effect(play, "police", claim)
    effects = await asyncio.wait_for(taken(play), PATIENCE)
    play.expect(effects[0]["referrals_a_year"] == 120, "Its claim stands in the case: 120 referrals a year affected.")


async def taken(play: Play) -> list[dict[str, Any]]:
    """The effects on other bodies that stand in the case, once there is one."""
    while True:
        case = await play.reads(AUDITOR, "funding", change(play, "case"))
        if case["effects_on_others"]:
            await play.telling.catch_up()
            effects: list[dict[str, Any]] = case["effects_on_others"]
            return effects
        await asyncio.sleep(0.1)


async def assess(play: Play) -> None:
    """Impact by group, the organisation's own estimate beside it, and whether another needs the money."""
    await play.wait_until(at(2014, 11, 6, 11))
    await stopped(play, "deciding without an assessment", "impact_not_assessed", "3.4.2")
    two = {group: n for group, n in COUNTS.items() if group != "volunteers"}
    await play.does(OFFICER, "assesses the impact, without a number of volunteers", "funding", change(play, "impact"),
                    counted(**two), writes=("ImpactAssessed",))  # fmt: skip
    await stopped(play, "deciding on it", "numbers_missing", "3.4.2")
    await play.does(OFFICER, "gives the number of every group", "funding", change(play, "impact"), counted(**COUNTS))
    await stopped(play, "deciding without the organisation's own estimate", "own_estimate_missing", "3.4.2")
    carers = play.of(CARERS)
    own = counted(**{group: n * 2 for group, n in COUNTS.items()})
    await play.does(carers, "gives its own estimate, twice as high", "funding", change(play, "estimate"), own)
    await stopped(play, "deciding", "reallocation_not_assessed", "3.4.2")
    answer = {"needed": False, "reasons": PARTS["reallocation"]}
    await play.does(OFFICER, "answers whether the money has to go to another", "funding", change(play, "reallocation"),
                    answer, writes=("ReallocationAssessed",))  # fmt: skip


async def keep_independence(play: Play) -> None:
    """An open concern about independence holds the decision until another signatory has answered it."""
    carers, words = play.of(CARERS), "An officer told us that a letter to the newspaper would not help our grant."
    found = await play.does(carers, "raises a concern about its independence", "partners", "/concerns",
                            {"body_id": COMMISSIONER.organisation, "words": words},
                            writes=("IndependenceConcernRaised",))  # fmt: skip
    await play.settled()
    await stopped(play, "deciding while it is open", "independence_concern_open", "3.1.1")
    answer = f"/concerns/{found['concern_id']}/answer"
    finding = {"finding": "put_right", "words": "The officer took it back in writing; the letter is free to appear."}
    await play.refused(OFFICER, "answering a concern about the council", "partners", answer, finding,
                       code="not_another_signatory", cites=f"{COMPACT} 3.1.1")  # fmt: skip
    await play.does(POLICE_OFFICER, "answers it: it was put right", "partners", answer, finding,
                    writes=("IndependenceConcernAnswered",))  # fmt: skip
    await play.settled()


async def hear_partner(play: Play) -> None:
    """The organisation responds, both sides meet, and it has its time."""
    carers = play.of(CARERS)
    said = await play.does(carers, "responds in two points, without saying whom it asked", "funding",
                           change(play, "representations"), {"points": POINTS},
                           writes=("RepresentationReceived",))  # fmt: skip
    play.expect(said["basis_stated"] is False, "It is received and counts all the same (Sutton Compact 3.2.6).")
    await stopped(play, "deciding before a meeting", "no_meeting", "3.4.3")
    await play.wait_until(at(2014, 11, 20, 15))
    met = {"held_on": "2014-11-20", "minutes": "Both sides went through the budget, line by line."}
    await play.does(OFFICER, "enters the meeting of both sides", "funding", change(play, "meetings"), met,
                    writes=("ChangeMeetingHeld",))  # fmt: skip
    await stopped(play, "deciding within the time to respond", "time_to_respond", "3.4.3")
    play.keep("representation", said["representation_id"])


async def answer_partner(play: Play) -> None:
    """Every numbered point is answered, and it is on record where both sides stand."""
    await play.wait_until(at(2014, 12, 3, 10))
    carers = play.of(CARERS)
    await stopped(play, "deciding with two points unanswered", "point_unanswered", "3.4.3")
    for point in map(str, range(1, len(POINTS) + 1)):
        path = change(play, f"representations/{play.id('representation')}/points/{point}")
        await play.does(OFFICER, f"answers point {point}", "funding", f"{path}/answer",
                        {"answer": "The council pays for the room of the evening group from April on."},
                        writes=("RepresentationAnswered",))  # fmt: skip
        await play.quietly(carers, "funding", f"{path}/mark", {"answered": point == "1"})
    await stopped(play, "deciding before both said where they stand", "positions_missing", "3.4.3")
    await play.does(COMMISSIONER, "states the council's position", "funding", change(play, "positions"),
                    {"position": "agreed", "words": "We hold to the proposal, with the room paid for."})  # fmt: skip
    await play.does(carers, "does not agree", "funding", change(play, "positions"),
                    {"position": "not_agreed", "words": "One worker cannot lead both groups."},
                    writes=("ChangeNotAgreed",))  # fmt: skip


async def decide(play: Play) -> None:
    """Without agreement somebody senior decides, with a rationale under each part and notice that has its reason."""
    skipped = {part: words for part, words in PARTS.items() if part != "representations"}
    await stopped(play, "deciding with a rationale that skips a part", "rationale_incomplete", "3.4.4",
                  rationale=skipped)  # fmt: skip
    await stopped(play, "giving two months' notice", "notice_too_short", "3.4.4", notice_months=2)
    await stopped(play, "giving three months' notice without a reason", "notice_without_reason", "3.4.4",
                  shorter_because=None)  # fmt: skip
    await stopped(play, "deciding as an office to which the proposer's does not answer", "not_senior", "3.4.3")
    office = {"person_id": COMMISSIONER.id, "organisation_id": COMMISSIONER.organisation, "role": COMMISSIONER.role}
    await play.does(OFFICE, "records that the commissioner answers to the head of service", "partners",
                    "/office-holders", {**office, "answers_to": DECIDER.role},
                    writes=("OfficeHolderAppointed",))  # fmt: skip
    await play.settled()
    await play.does(DECIDER, "decides: £20,000 a year less from 2015/16 on, three months' notice", "funding",
                    change(play, "decide"), decision(), writes=("FundingChangeDecided",))  # fmt: skip


async def give_new_contacts(play: Play, *emails: str, instead_of: int) -> None:
    """The organisation takes so many e-mail addresses back and gives others."""
    carers = play.of(CARERS)
    for number in range(instead_of):
        path = f"/contacts/{play.id(f'contact carers {number}')}/withdraw"
        await play.quietly(carers, "notifications", path, {"reason": "out_of_date"})
    for number, (office, email) in enumerate(zip(("secretary", "chair"), emails, strict=False)):
        form = {"office": office, "channel": "email", "email": email, "person_id": carers.id}
        found = await play.quietly(
            carers, "notifications", "/contacts", {**form, "organisation_id": carers.organisation}
        )
        play.keep(f"contact carers {number}", found["contact_id"])


async def note_contacts(play: Play) -> None:
    """Which address the organisation has in the address book."""
    await play.wait_until(at(2014, 11, 28, 10))
    (one,) = await play.listed(play.of(CARERS), "notifications", "/contacts")
    play.keep("contact carers 0", one["address_id"])


async def move(play: Play) -> None:
    """The organisation gives two e-mail addresses and a registered one, before it is told of the decision."""
    carers = play.of(CARERS)
    play.telling.does(f"{CARERS.name} gives two new e-mail addresses and a registered address.", play.now)
    await give_new_contacts(play, *RETURNING, instead_of=1)
    lines = [CARERS.name, "3 Example Street", "Sutton", "SM1 0AA"]
    form = {"office": "registered_address", "channel": "letter", "lines": lines}
    await play.quietly(carers, "notifications", "/contacts", {**form, "organisation_id": carers.organisation})
    await play.settled(notifications=("ContactWithdrawn", *("ContactGiven",) * 3))


async def give_notice(play: Play) -> None:
    """Both e-mails bounce, so no period runs; a letter does it, posted by one person and confirmed by another."""
    await play.settled(notifications=("NoticeFailed",))
    notice = await notice_of(play, CARERS, "change_decided")
    case = await play.reads(play.of(CARERS), "funding", change(play, "case"))
    trail = sorted((one["channel"], one["state"]) for one in notice["attempts"])
    bounced = trail == [("email", "failed"), ("email", "failed"), ("letter", "ready")]
    play.expect(bounced, "Both e-mails came back; a letter lies ready.", trail)
    play.expect(case["ends_on"] is None, "No notice period runs.", case["ends_on"])
    await play.wait_until(at(2014, 12, 4, 11))
    path, letter = (
        f"/notices/{notice['notice_id']}",
        next(one for one in notice["attempts"] if one["channel"] == "letter"),
    )
    posted = {"attempt_id": letter["attempt_id"], "posted_on": "2014-12-04", "certificate": "CP-20141204-1"}
    await play.does(OFFICE, "posts the letter", "notifications", f"{path}/posted", posted, writes=("LetterPosted",))
    await play.does(OFFICE_2, "confirms the posting", "notifications", f"{path}/confirm",
                    {"attempt_id": letter["attempt_id"]}, writes=("LetterConfirmed",))  # fmt: skip
    await give_new_contacts(play, "office@carers.example", instead_of=2)
    await play.wait_until(at(2014, 12, 9), notifications=("NoticeServed",), funding=("NoticePeriodStarted",))
    case = await play.reads(play.of(CARERS), "funding", change(play, "case"))
    period = (case["ends_on"], case["effect_on"])
    play.expect(period == ("2015-03-08", "2015-04-01"),
                "Served on 8 December, the second working day; the period ends on 8 March 2015, and since the year is "
                "paid for, the change holds from 1 April 2015.", period)  # fmt: skip


async def plan_exit(play: Play) -> None:
    """The organisation plans for what ends, redundancy included, and the funder gives its view."""
    plan = {"plan": "The evening group meets every other week; one part-time post ends in March.",
            "redundancy_pounds": 4_800}  # fmt: skip
    await play.does(play.of(CARERS), "gives its plan for what ends", "funding", change(play, "exit-plan"), plan,
                    writes=("ExitPlanSubmitted",))  # fmt: skip
    view = {"view": "The council pays half of the redundancy from what is unspent of 2014/15."}
    await play.does(OFFICER, "gives the council's view on the redundancy costs", "funding",
                    change(play, "exit-plan/view"), view)  # fmt: skip
    await play.hidden(play.of(TRANSPORT), "the case of another", "funding", change(play, "case"))


async def take_effect(play: Play) -> None:
    """On its day the change holds, and the payments follow."""
    await play.wait_until(at(2015, 4, 1), funding=("FundingChangeTookEffect", "AgreementVaried"))
    former = await shown(play, CARERS, 2)
    path = f"/agreements/{play.id('agreement carers')}/payments"
    listed = await play.listed(play.of(CARERS), "funding", path)
    now = [one["pounds"] for one in listed if one["replaces"] == former["payment_id"]]
    told = "The payment of £120,000 for 2015/16 is cancelled; one of £100,000 stands in its place."
    play.expect(former["cancelled"] and now == [100_000], told, listed)


STEPS = (
    hear_police, assess, keep_independence, hear_partner, note_contacts, move, answer_partner, decide, give_notice,
    plan_exit, take_effect,
)  # fmt: skip
