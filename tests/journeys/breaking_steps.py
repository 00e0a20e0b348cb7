"""Ways in which a panel, a payment, a timetable, a review or a change of support can be wrong, and what is found."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from tests.journeys.breaking import Copy
from tests.journeys.breaking_stores import Found, found

PANEL, GATES, PAID, HEARD = "panel_without_interest", "gates_before_decision", "two_people_pay", "performance_heard"


async def said(copy: Copy, service: str, kind: str, where: str = "true", *values: Any) -> dict[str, Any]:
    """What the first fact of a kind says."""
    row = await copy.row(service, f"type = '{service}.{kind}' and {where}", *values)
    data: dict[str, Any] = json.loads(row["data"])
    return data


async def told_again(
    copy: Copy, service: str, kind: str, swap: dict[str, str] | None = None, days: int = 0, **changes: Any
) -> Any:  # fmt: skip
    """A further fact, like the first of its kind but for some fields, so many days later."""
    row = await copy.row(service, f"type = '{service}.{kind}'")
    row["data"] = json.dumps(json.loads(row["data"]) | changes).encode()
    tell = copy.publish if row["audience"] in ("services", "partners") else copy.enter
    return await tell(service, row, swap, causationid="", time=row["time"] + timedelta(days=days))


def once(service: str, kind: str) -> Found:
    """What is found beside it, since it happens only once."""
    return found("acknowledged_once", service, f"{service}.{kind} of ", "stands twice")


def at_fault(rule: str, service: str, row: Any, *words: str) -> Found:
    return found(rule, service, f"position {row['position']} (", *words)


# --- panels


async def somebody_scores_with_an_interest(copy: Copy) -> Found:
    declared = await copy.row(
        "funding", "type = 'funding.panel_interest_declared' and convert_from(data, 'UTF8') like '%\"interest\":true%'"
    )
    data = json.loads(declared["data"])
    [party] = [one["organisation_id"] for one in data["interests"] if one["interest"]]
    bid = await said(copy, "funding", "bid_submitted", "$1 = any (tags)", f"organisation:{party}")
    row = await told_again(copy, "funding", "bid_scored", member=data["member"], bid_id=bid["bid_id"])
    return at_fault(PANEL, "funding", row, "declared an interest")


async def somebody_scores_who_does_not_sit(copy: Copy) -> Found:
    row = await told_again(copy, "funding", "bid_scored", member="p-nobody")
    return at_fault(PANEL, "funding", row, "does not sit")


async def somebody_scores_undeclared(copy: Copy) -> Found:
    seat = {"person_id": "p-late", "organisation_id": "sutton-council", "sector": False}
    await told_again(copy, "funding", "panel_appointed", members=[seat])
    row = await told_again(copy, "funding", "bid_scored", member="p-late")
    return at_fault(PANEL, "funding", row, "declared nothing yet")


async def a_ranking_is_not_what_the_scores_make(copy: Copy) -> Found:
    ranking = (await said(copy, "funding", "panel_recommended"))["ranking"]
    ranking[0]["hundredths"] += 1
    row = await told_again(copy, "funding", "panel_recommended", ranking=ranking)
    return at_fault(PANEL, "funding", row, f"gives bid {ranking[0]['bid_id']}")


async def a_bid_is_ranked_that_nobody_of_the_sector_scored(copy: Copy) -> Found:
    members = (await said(copy, "funding", "panel_appointed"))["members"]
    for member in members:
        if member["sector"]:
            await told_again(copy, "funding", "panel_appointed", members=[{**member, "sector": False}])
    ranking = (await said(copy, "funding", "panel_recommended"))["ranking"]
    row = await told_again(copy, "funding", "panel_recommended", ranking=ranking[:1])
    return at_fault(PANEL, "funding", row, "nobody of the sector scored")


async def a_member_of_the_panel_decides(copy: Copy) -> Found:
    member = (await said(copy, "funding", "bid_scored"))["member"]
    row = await told_again(copy, "funding", "award_declined", decided_by=member)
    return at_fault(PANEL, "funding", row, "sat on the panel") + once("funding", "award_declined")


async def a_bidder_is_given_other_scores(copy: Copy) -> Found:
    scores = (await said(copy, "funding", "scores_given"))["scores"]
    scores[0]["points"] = 10 - scores[0]["points"]
    row = await told_again(copy, "funding", "scores_given", scores=scores)
    return at_fault(PANEL, "funding", row, "other scores than the members gave")


async def a_member_of_the_panel_answers_a_review(copy: Copy) -> Found:
    member = (await said(copy, "funding", "bid_scored"))["member"]
    row = await told_again(copy, "funding", "decision_review_answered", answered_by=member)
    return at_fault(PANEL, "funding", row, "sat on the panel or decided")


# --- changes of support


async def whoever_proposed_a_change_decides_it(copy: Copy) -> Found:
    decided = await said(copy, "funding", "funding_change_decided")
    about = (f"change:{decided['change_id']}",)
    proposed = await said(copy, "funding", "funding_change_proposed", "$1 = any (tags)", *about)
    row = await told_again(copy, "funding", "funding_change_decided", decided_by=proposed["proposed_by"])
    return at_fault(GATES, "funding", row, "proposed, assessed or signed") + once("funding", "funding_change_decided")


async def a_change_is_decided_before_any_gate(copy: Copy) -> Found:
    decided = await said(copy, "funding", "funding_change_decided")
    swap = {decided["change_id"]: "00000000-0000-8000-8000-000000000001"}
    proposed = await copy.row(
        "funding", "type = 'funding.funding_change_proposed' and $1 = any (tags)", f"change:{decided['change_id']}"
    )
    await copy.publish("funding", proposed, swap, causationid="")
    row = await told_again(copy, "funding", "funding_change_decided", swap)
    words = (
        "without the numbers of", "without the organisation's own estimate", "before re-allocation was assessed",
        "within the organisation's time to respond", "before both sides met", "whether both sides agree",
    )  # fmt: skip
    broken = [one for each in words for one in at_fault(GATES, "funding", row, each)]
    return broken + found("notice_missing", "notifications", "funding.funding_change_proposed")


async def a_point_is_left_unanswered(copy: Copy) -> Found:
    representation = await said(copy, "funding", "representation_received")
    new = {representation["representation_id"]: "00000000-0000-8000-8000-000000000002"}
    await told_again(copy, "funding", "representation_received", new)
    row = await told_again(copy, "funding", "funding_change_decided")
    return at_fault(GATES, "funding", row, "2 points unanswered") + once("funding", "funding_change_decided")


async def a_rationale_skips_a_part_and_notice_has_no_reason(copy: Copy) -> Found:
    decided = await said(copy, "funding", "funding_change_decided")
    less = [one for one in decided["rationale"] if one["part"] != "impact"]
    row = await told_again(copy, "funding", "funding_change_decided", rationale=less, shorter_because=None,
                           notice_months=2)  # fmt: skip
    words = ("skips impact", "without a reason", "not listed", "nobody signed")
    return [one for each in words for one in at_fault(GATES, "funding", row, each)] + once(
        "funding", "funding_change_decided"
    )


async def a_concern_about_independence_is_open(copy: Copy) -> Found:
    concern = await said(copy, "partners", "independence_concern_raised")
    again = {concern["concern_id"]: "00000000-0000-8000-8000-000000000003"}
    await told_again(copy, "partners", "independence_concern_raised", again)
    row = await told_again(copy, "funding", "funding_change_decided")
    return at_fault(GATES, "funding", row, "concern about independence was open") + once(
        "funding", "funding_change_decided"
    )


async def a_notice_ends_on_another_day(copy: Copy) -> Found:
    row = await told_again(copy, "funding", "notice_period_started", ends_on="2015-03-07")
    return at_fault(GATES, "funding", row, "ends on 2015-03-07, but the corresponding day is 2015-03-08")


async def a_notice_ends_inside_what_is_paid_for(copy: Copy) -> Found:
    row = await told_again(copy, "funding", "notice_period_started", effect_on="2015-03-09")
    return at_fault(GATES, "funding", row, "inside the notice or a period that is paid for")


async def a_change_takes_effect_early(copy: Copy) -> Found:
    row = await told_again(copy, "funding", "funding_change_took_effect", days=-1)
    return at_fault(GATES, "funding", row, "took effect on 2015-03-31, before 2015-04-01")


# --- payments


async def one_person_enters_and_confirms_an_account(copy: Copy) -> Found:
    entered = await said(copy, "funding", "bank_details_entered")
    about = {"confirmed_by": entered["entered_by"], "details_id": entered["details_id"]}
    row = await told_again(copy, "funding", "bank_details_confirmed", **about)
    return at_fault(PAID, "funding", row, "by whoever entered it") + once("funding", "bank_details_confirmed")


async def one_person_asks_for_and_releases_a_payment(copy: Copy) -> Found:
    asked = await said(copy, "funding", "payment_requested")
    await told_again(copy, "funding", "payment_requested")
    row = await told_again(copy, "funding", "payment_released", payment_id=asked["payment_id"],
                           released_by=asked["requested_by"])  # fmt: skip
    return at_fault(PAID, "funding", row, "asked for and released by one person")


async def a_payment_is_released_unasked_to_an_account_that_nobody_confirmed(copy: Copy) -> Found:
    row = await told_again(copy, "funding", "payment_released", details_id="nowhere")
    return at_fault(PAID, "funding", row, "nobody had asked for it") + at_fault(
        PAID, "funding", row, "account that nobody confirmed"
    )


async def a_payment_is_made_again_with_another_sum(copy: Copy) -> Found:
    made = await said(copy, "funding", "payment_made")
    row = await told_again(copy, "funding", "payment_made", ledger_reference="SC-AGAIN", pounds=made["pounds"] * 9,
                           late=not made["late"])  # fmt: skip
    words = ("nobody had released it", "was due", "says late", "beyond the")
    return [one for each in words for one in at_fault(PAID, "funding", row, each)]


# --- performance


async def a_timetable_is_agreed_by_whoever_proposed_it(copy: Copy) -> Found:
    proposed = await said(copy, "monitoring", "remedial_timetable_proposed")
    row = await told_again(copy, "monitoring", "remedial_timetable_agreed", agreed_by=proposed["proposed_by"])
    return at_fault(HEARD, "monitoring", row, "agreed by whoever proposed it")


async def a_timetable_fails_although_everything_was_done(copy: Copy) -> Found:
    row = await told_again(copy, "monitoring", "remedial_timetable_ended", result="failed")
    return at_fault(HEARD, "monitoring", row, "ended failed, and the partner missed nothing")


async def an_action_is_done_that_nobody_claimed(copy: Copy) -> Found:
    row = await told_again(copy, "monitoring", "remedial_action_completed", action_id="another")
    return at_fault(HEARD, "monitoring", row, "nobody said so")


async def a_meeting_is_missed_before_its_day(copy: Copy) -> Found:
    missed = await said(copy, "monitoring", "quarterly_review_missed")
    row = await told_again(copy, "monitoring", "quarterly_review_missed", days=-1)
    return at_fault(HEARD, "monitoring", row, f"there was time until {missed['hold_by']}")


async def a_meeting_is_said_to_be_late(copy: Copy) -> Found:
    row = await told_again(copy, "monitoring", "quarterly_review_held", late=True)
    return at_fault(HEARD, "monitoring", row, "says late True")


async def a_review_is_concluded_on_feedback_that_the_partner_never_saw(copy: Copy) -> Found:
    heard = await said(copy, "monitoring", "resident_feedback_received")
    another = {heard["feedback_id"]: "00000000-0000-8000-8000-000000000004"}
    await told_again(copy, "monitoring", "resident_feedback_received", another)
    row = await told_again(copy, "monitoring", "annual_review_concluded")
    return at_fault(HEARD, "monitoring", row, "before the partner had answered")


STEPS = (
    somebody_scores_with_an_interest, somebody_scores_who_does_not_sit, somebody_scores_undeclared,
    a_ranking_is_not_what_the_scores_make, a_bid_is_ranked_that_nobody_of_the_sector_scored,
    a_member_of_the_panel_decides, a_bidder_is_given_other_scores, a_member_of_the_panel_answers_a_review,
    whoever_proposed_a_change_decides_it, a_change_is_decided_before_any_gate, a_point_is_left_unanswered,
    a_rationale_skips_a_part_and_notice_has_no_reason, a_concern_about_independence_is_open,
    a_notice_ends_on_another_day, a_notice_ends_inside_what_is_paid_for, a_change_takes_effect_early,
    one_person_enters_and_confirms_an_account, one_person_asks_for_and_releases_a_payment,
    a_payment_is_released_unasked_to_an_account_that_nobody_confirmed, a_payment_is_made_again_with_another_sum,
    a_timetable_is_agreed_by_whoever_proposed_it, a_timetable_fails_although_everything_was_done,
    an_action_is_done_that_nobody_claimed, a_meeting_is_missed_before_its_day, a_meeting_is_said_to_be_late,
    a_review_is_concluded_on_feedback_that_the_partner_never_saw,
)  # fmt: skip
