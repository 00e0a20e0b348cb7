"""Act 3, between eligibility and awards: a panel declares interests, reads, scores, meets each proposer, recommends."""

from __future__ import annotations

from typing import Any

from compact.journey.bids import CRITERIA, ROUND, STANDING, at, of_bid
from compact.journey.people import (
    ADVICE,
    BEFRIENDING,
    CARERS,
    CHAIR,
    CHOIR,
    COMMISSIONER,
    FOOD,
    NEIGHBOURS,
    OFFICE,
    REVIEWER,
    SERGEANT,
    TRANSPORT,
    VOLUNTEERS,
    YOUTH,
    Person,
    Vco,
)
from compact.journey.playing import Play

COMPACT = "Sutton Compact"
POINTS = {ADVICE: 9, VOLUNTEERS: 8, CARERS: 8, TRANSPORT: 7, NEIGHBOURS: 5, BEFRIENDING: 4}
"""What each member gives under each criterion, of ten."""
RECOMMENDED = (ADVICE, VOLUNTEERS, CARERS, TRANSPORT)
GROUNDS = {"grounds": "Under value you speak of a line that our bid does not have."}
MORE = {"grounds": "And under need you forget the figures of two years."}


def trustee(play: Play, vco: Vco) -> Person:
    """Somebody of the voluntary sector who sits on the panel."""
    return Person(f"p-8{vco.key}", "panel_member", play.of(vco).organisation, f"A trustee of {vco.name}")


def members(play: Play) -> tuple[Person, ...]:
    """Who sits on the panel; the last one has an interest in a bid."""
    return CHAIR, SERGEANT, trustee(play, FOOD), trustee(play, CHOIR)


def scores(vco: Vco) -> dict[str, Any]:
    """The form of one member's scores, with a reason under each criterion."""
    given = {"points": POINTS[vco], "reason": f"Read against what was published: {vco.name} shows it page by page."}
    return {"scores": dict.fromkeys(CRITERIA, given)}


async def seat(play: Play) -> None:
    """A panel with two experts of the sector; nobody reads a bid before declaring nil or an interest for each party."""
    await play.wait_until(at(2014, 2, 10, 10))
    chair, _, food, choir = members(play)
    for who in members(play):
        form = {"person_id": who.id, "organisation_id": who.organisation, "role": who.role}
        await play.quietly(OFFICE, "partners", "/office-holders", form)
    await play.settled(partners=("OfficeHolderAppointed",) * 4)
    path = f"/programmes/{play.id('programme')}/panel"
    seats = [
        {"person_id": who.id, "organisation_id": who.organisation, "sector": who in (food, choir)}
        for who in members(play)
    ]
    await play.does(COMMISSIONER, "seats a panel of four, two of them of the voluntary sector", "funding", path,
                    {"members": seats}, writes=("PanelAppointed",))  # fmt: skip
    await play.hidden(chair, "a bid before declaring", "funding", of_bid(play, ADVICE, "document"))
    await play.refused(chair, "scoring before declaring", "funding", of_bid(play, ADVICE, "scores"), scores(ADVICE),
                       code="interest_not_declared", cites=f"{COMPACT} 3.1.6")  # fmt: skip
    parties = (await play.reads(chair, "funding", f"{path}/interests"))["interests"]
    theirs = play.of(TRANSPORT).organisation
    play.expect(play.of(YOUTH).organisation in parties, "Members of consortia are among those to declare about.")
    play.telling.does("Each declares for each party: three nil, one an interest in one bidder.", play.now)
    for who in members(play):
        declared = {one: who == choir and one == theirs for one in parties}
        await play.quietly(who, "funding", f"{path}/interests", {"interests": declared})
    await play.settled(funding=("PanelInterestDeclared",) * 4)
    await play.hidden(choir, "the bid in which it has an interest", "funding", of_bid(play, TRANSPORT, "document"))
    await play.refused(choir, "scoring that bid", "funding", of_bid(play, TRANSPORT, "scores"), scores(TRANSPORT),
                       code="interest_declared", cites=f"{COMPACT} 3.1.6")  # fmt: skip


async def score(play: Play) -> None:
    """Scores stay hidden from the others until one's own are in."""
    chair, *others = members(play)
    path = of_bid(play, ADVICE, "scores")
    await play.does(chair, f"scores the bid of {ADVICE.name}", "funding", path, scores(ADVICE), writes=("BidScored",))
    seen = (await play.reads(others[0], "funding", path))["scores"]
    play.expect(not seen, "No other member sees that score before its own is in.", seen)
    play.telling.does("The members score what they may: six bids, one of them by three.", play.now)
    for vco in STANDING:
        for who in members(play):
            if (vco, who) not in ((ADVICE, chair), (TRANSPORT, others[-1])):
                await play.quietly(who, "funding", of_bid(play, vco, "scores"), scores(vco))
    seen = (await play.reads(others[0], "funding", path))["scores"]
    play.expect(len(seen) == len(CRITERIA) * 4, "Now each reads the scores of all four.", seen)


async def recommend(play: Play) -> None:
    """The panel meets each proposer and recommends; it decides nothing."""
    await play.wait_until(at(2014, 2, 25, 10))
    chair, sergeant, *_ = members(play)
    path = f"/programmes/{play.id('programme')}/recommendation"
    chosen = {"bid_ids": [play.id(f"bid {vco.key}") for vco in RECOMMENDED]}
    await play.refused(chair, "recommending before every proposer was met", "funding", path, chosen,
                       code="proposer_not_met", cites=f"{ROUND} meeting each proposer")  # fmt: skip
    play.telling.does("The panel meets each of the six proposers for ninety minutes.", play.now)
    for vco in STANDING:
        met = {"met_on": "2014-02-24", "minutes": 90, "present": [chair.id, sergeant.id],
               "note": "The proposer said how the work is shared with others."}  # fmt: skip
        await play.quietly(chair, "funding", of_bid(play, vco, "meetings"), met)
    found = await play.does(chair, "recommends four bids, as far as the money goes", "funding", path, chosen,
                            writes=("PanelRecommended",))  # fmt: skip
    first = found["ranking"][0]
    play.expect(first["bid_id"] == play.id("bid advice"), "The ranking follows the published weights.", found)


async def be_reviewed(play: Play) -> None:
    """The unsuccessful read their scores unaltered, and may ask once for a review by somebody who took no part."""
    transport, path = play.of(TRANSPORT), of_bid(play, TRANSPORT, "review")
    given = (await play.reads(transport, "funding", of_bid(play, TRANSPORT, "given-scores")))["scores"]
    unaltered = {one["points"] for one in given} == {POINTS[TRANSPORT]} and len(given) == len(CRITERIA) * 3
    play.expect(unaltered, f"{TRANSPORT.name} reads each score and reason under each criterion, without names.", given)
    found = await play.does(transport, "asks for a review", "funding", path, GROUNDS,
                            writes=("DecisionReviewRequested",))  # fmt: skip
    play.telling.note(f"It is answered by {found['answer_due_on']}.")
    await play.refused(transport, "asking a second time", "funding", path, MORE,
                       code="review_asked_already", cites=f"{COMPACT} 3.3.2")  # fmt: skip
    answer = {"outcome": "stands", "answer": "The line stands on page 4 of the bid; the score was given for it."}
    await play.does(REVIEWER, "reads it all, having taken no part, and answers", "funding", f"{path}/answer", answer,
                    writes=("DecisionReviewAnswered",))  # fmt: skip
    await play.settled(notifications=("NoticeRequested",))


STEPS = (seat, score, recommend)
