"""Act 8: a year is reviewed, and not concluded before residents were heard and the partner has answered."""

from __future__ import annotations

from compact.journey.bids import SPP, at
from compact.journey.people import ADVICE, DECIDER, MANAGER, RESIDENT
from compact.journey.playing import Play

TITLE = "8. The year is reviewed, with residents heard"
CHECKS = f"{SPP} Checks and balances"
SAID = "They answered the same day and helped us to write our constitution."
PARTS = {
    "effectiveness": "Both outcomes were reached for most organisations.",
    "economy": "Costs stayed within what was agreed.",
    "efficiency": "More organisations were advised by the same two workers.",
}
CONCLUSION = {"conclusion": "The award goes on unchanged; visits to organisations without a bus are agreed."}


async def hear_residents(play: Play) -> None:
    """Residents say how the year was, without a name; nobody who decides about money reads it."""
    path = review(play)
    await play.does(play.of(ADVICE), "asks residents until 15 May", "monitoring", f"{path}/invitation",
                    {"until": "2015-05-15"}, writes=("FeedbackInvited",))  # fmt: skip
    await play.refused(MANAGER, "concluding the review unheard", "monitoring", f"{path}/conclusion", CONCLUSION,
                       code="residents_not_heard", cites=CHECKS)  # fmt: skip
    said = await play.does(RESIDENT, "says how it was", "monitoring", f"{path}/feedback", {"words": SAID},
                           writes=("ResidentFeedbackReceived",))  # fmt: skip
    feedback = f"/feedback/{said['feedback_id']}"
    words = await play.reads(play.of(ADVICE), "monitoring", feedback)
    play.expect(words.decode() == SAID, f"{ADVICE.name} reads what was said, unaltered.")
    await play.hidden(DECIDER, "what residents said", "monitoring", feedback)


async def conclude(play: Play) -> None:
    """Effectiveness, economy and efficiency are assessed, the partner answers, and the review is concluded."""
    await play.wait_until(at(2015, 4, 7, 10))
    path = review(play)
    await play.does(MANAGER, "assesses the year in three parts", "monitoring", f"{path}/assessment", {"parts": PARTS},
                    writes=("AnnualReviewAssessed",))  # fmt: skip
    await play.refused(MANAGER, "concluding without the partner's answer", "monitoring", f"{path}/conclusion",
                       CONCLUSION, code="partner_has_not_answered", cites=CHECKS)  # fmt: skip
    answer = {"answer": "We agree on the whole; the bus route changed in May, and we visit instead."}
    await play.does(play.of(ADVICE), "answers", "monitoring", f"{path}/answer", answer,
                    writes=("AnnualReviewAnswered",))  # fmt: skip
    await play.does(MANAGER, "concludes the review", "monitoring", f"{path}/conclusion", CONCLUSION,
                    writes=("AnnualReviewConcluded",))  # fmt: skip
    await play.wait_until(at(2015, 4, 9))


def review(play: Play) -> str:
    """Where a step with the first year's review goes."""
    return f"/annual-reviews/{play.id('agreement advice')}-review-1"


STEPS = (hear_residents, conclude)
