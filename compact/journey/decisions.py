"""Act 3: eligibility is verified, named deciders decide within limit and money, all results come out together."""

from __future__ import annotations

from typing import Any

from compact.journey import panel
from compact.journey.bids import (
    ASKED,
    CRITERIA,
    ELIGIBILITY,
    PROGRAMME,
    RESULTS,
    ROUND,
    STANDING,
    YEARS,
    at,
    bid,
    of_bid,
    programme,
)
from compact.journey.people import (
    ADVICE,
    AUDITOR,
    BEFRIENDING,
    CARERS,
    COMMISSIONER,
    DECIDER,
    FOOD,
    HEALTH_COMMISSIONER,
    HEALTH_DECIDER,
    NEIGHBOURS,
    OFFICE,
    OFFICER,
    SENIOR,
    TRANSPORT,
    VOLUNTEERS,
    Person,
    Vco,
)
from compact.journey.playing import Play

TITLE = "3. Eligibility, awards, announcement"
AWARDED = (ADVICE, VOLUNTEERS, CARERS)
DECLINED = (TRANSPORT, NEIGHBOURS, BEFRIENDING)
HEALTH_ROUND = "Wellbeing Partners 2014 to 2017"


def reasons(about: str) -> dict[str, str]:
    """A rationale under every published criterion."""
    return {one: f"On {one}: the bid of {about} was read against what was published, and shows it." for one in CRITERIA}


def award(vco: Vco, a_year: int, rationale: dict[str, str] | None = None) -> dict[str, Any]:
    """The form of an approval."""
    amounts = [{"year": year, "pounds": a_year} for year in YEARS]
    return {"amounts": amounts, "rationale": rationale or reasons(vco.name)}


async def request_document(play: Play) -> None:
    """A bidder has five working days to put a document right."""
    form = {"criterion_id": "constituted", "reasons": "The constitution sent is unsigned and lacks its last page."}
    path = of_bid(play, CARERS, "document-requests")
    found = await play.does(COMMISSIONER, f"asks {CARERS.name} to put a document right", "funding", path, form,
                            writes=("BidDocumentRequested",))  # fmt: skip
    play.expect(found["due_on"] == "2014-02-10", "Five working days: due on 10 February 2014 (Sutton Compact 3.3.8).")
    await play.refused(
        COMMISSIONER, "finding the bid ineligible before they are over", "funding", of_bid(play, CARERS, "ineligible"),
        form, code="put_right_days_running", cites="Sutton Compact 3.3.8",
    )  # fmt: skip
    await play.settled(notifications=("NoticeRequested", "NoticeAttempted"))
    await play.wait_until(at(2014, 2, 6, 11), notifications=("NoticeServed",))
    document = {"text": "The signed constitution of 4 May 2011, with all its pages."}
    await play.does(play.of(CARERS), "puts the document right", "funding", f"{path}/constituted/document", document,
                    writes=("BidDocumentPutRight",))  # fmt: skip


async def find_eligible(play: Play) -> None:
    """Every bid is verified against every published criterion, with reasons."""
    whole = {
        one: f"Checked against the register and the document handed in: {text}." for one, text in ELIGIBILITY.items()
    }
    part = {"constituted": whole["constituted"]}
    await play.refused(OFFICER, "finding a bid eligible with a reason for one criterion of two", "funding",
                       of_bid(play, ADVICE, "eligible"), {"reasons": part}, code="verification_incomplete",
                       cites="Sutton Compact 3.3.8")  # fmt: skip
    play.telling.does(f"{OFFICER.words} verifies {len(STANDING)} bids, with a reason under each criterion.", play.now)
    for vco in STANDING:
        await play.quietly(OFFICER, "funding", of_bid(play, vco, "eligible"), {"reasons": whole})
    await play.settled(funding=("BidFoundEligible",) * len(STANDING))


async def approve(play: Play, who: Person, vco: Vco) -> None:
    """An award that is approved."""
    a_year = ASKED[vco]
    await play.does(who, f"approves £{a_year:,} a year for {vco.name}", "funding", of_bid(play, vco, "approve"),
                    award(vco, a_year), writes=("AwardApproved",))  # fmt: skip


async def decide(play: Play) -> None:
    """Awards within limit and money, each with a rationale per criterion."""
    await play.wait_until(at(2014, 3, 10, 14))
    part = {"need": reasons(ADVICE.name)["need"]}
    await play.refused(SENIOR, "an award with a reason under one criterion of three", "funding",
                       of_bid(play, ADVICE, "approve"), award(ADVICE, ASKED[ADVICE], part),
                       code="rationale_incomplete", cites="Sutton Compact 3.3.2")  # fmt: skip
    total = ASKED[ADVICE] * len(YEARS)
    await play.refused(DECIDER, f"an award of £{total:,} in all", "funding", of_bid(play, ADVICE, "approve"),
                       award(ADVICE, ASKED[ADVICE]), code="over_limit",
                       cites="Sutton Council scheme of delegation 4.2 limit")  # fmt: skip
    for vco in AWARDED:
        await approve(play, SENIOR, vco)
    await play.refused(SENIOR, f"a further £{ASKED[TRANSPORT]:,} a year for {TRANSPORT.name}", "funding",
                       of_bid(play, TRANSPORT, "approve"), award(TRANSPORT, ASKED[TRANSPORT]),
                       code="beyond_the_money", cites=f"{ROUND} money per year")  # fmt: skip
    for vco in DECLINED:
        await play.does(SENIOR, f"declines the bid of {vco.name}, with reasons", "funding",
                        of_bid(play, vco, "decline"), {"rationale": reasons(vco.name)},
                        writes=("AwardDeclined",))  # fmt: skip


async def run_health_round(play: Play) -> None:
    """A body that has yet to sign is not refused but warned."""
    form = programme(HEALTH_ROUND, 60_000)
    form |= {"opens_at": at(2014, 3, 10).isoformat(), "closes_at": at(2014, 3, 21, 17).isoformat()}
    who = HEALTH_COMMISSIONER
    found = await play.does(who, "publishes a small round of its own", "funding", "/programmes", form,
                            writes=("ProgrammePublished",))  # fmt: skip
    path = f"/programmes/{play.keep('health programme', found['programme_id'])}"
    found = await play.does(play.of(FOOD), "bids in it", "funding", f"{path}/bids", bid(FOOD), writes=("BidSubmitted",))
    play.keep("bid food", found["bid_id"])
    await play.wait_until(at(2014, 3, 24, 10))
    play.telling.does("Health opens the bid by two people and verifies it.", play.now)
    for opener in (who, HEALTH_DECIDER):
        await play.quietly(opener, "funding", f"{path}/open-bids", None)
    checked = {one: f"Checked against the register and the documents: {text}." for one, text in ELIGIBILITY.items()}
    await play.quietly(who, "funding", of_bid(play, FOOD, "eligible"), {"reasons": checked})
    await play.settled(funding=("BidsOpened", "BidFoundEligible"))
    part = {"need": reasons(FOOD.name)["need"]}
    await play.does(HEALTH_DECIDER, "approves it with a reason under one criterion of three: it is only warned",
                    "funding", of_bid(play, FOOD, "approve"), award(FOOD, 50_000, part),
                    writes=("AwardApproved", "SealedStepWarned"))  # fmt: skip


async def nothing_visible(play: Play) -> None:
    """Until the announcement nothing of it can be seen."""
    await play.wait_until(at(2014, 3, 31, 23, 59))
    play.telling.does("On the evening before, everybody looks for results.", play.now)
    bid_id, programme_id = play.id("bid advice"), play.id("programme")
    await play.hidden(OFFICE, "the results", "funding", f"/programmes/{programme_id}/results")
    await play.hidden(play.of(ADVICE), "the reasons for its result", "funding", f"/bids/{bid_id}/rationale")
    told = {one for who in (AUDITOR, OFFICE, OFFICER, play.of(ADVICE), play.of(TRANSPORT))
            for tag in (f"bid:{bid_id}", f"programme:{programme_id}")
            for one in await play.history(who, "funding", tag)}  # fmt: skip
    sealed = {"funding.award_approved", "funding.award_declined", "funding.bid_awarded", "compact.sealed_step_refused"}
    play.expect(not told & sealed, "No history tells of an award or a refused award to anybody.")
    notices = await play.listed(OFFICE, "notifications", "/notices")
    about = {notice["template"] for notice in notices}
    play.expect(about == {"bid_document_requested"}, "No notice of a result is prepared.")


async def announce(play: Play) -> None:
    """At the set time all results come out together, and what was refused while they were sealed is disclosed."""
    await play.wait_until(
        RESULTS, funding=("ResultsAnnounced", *("BidAwarded",) * 3, *("BidDeclined",) * 3, "SealedStepsDisclosed",
                          "StepRefused", "StepWarned", *("AgreementDrafted",) * 3),
    )  # fmt: skip
    results = await play.reads(OFFICE, "funding", f"/programmes/{play.id('programme')}/results")
    counted = (results["bids"], results["awards"], results["awarded_pounds"])
    pounds = sum(ASKED[vco] for vco in AWARDED) * len(YEARS)
    play.expect(counted == (6, 3, pounds), f"{PROGRAMME}: 6 bids, 3 awards, £{pounds:,} in all.")
    for vco in (ADVICE, TRANSPORT):
        parts = await play.reads(play.of(vco), "funding", of_bid(play, vco, "rationale"))
        words = await play.reads(play.of(vco), "funding", of_bid(play, vco, "rationale/need"))
        unaltered = words.decode() == reasons(vco.name)["need"] and {*CRITERIA} <= {*parts["criterion_ids"]}
        play.expect(unaltered, f"{vco.name} reads the reason under every criterion, unaltered.")


STEPS = (
    request_document, find_eligible, *panel.STEPS, decide, run_health_round, nothing_visible, announce,
)  # fmt: skip
