"""Ways in which short notice, a step set aside, a held or a cancelled payment can be wrong, and what is found."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from contracts.change_gates import ShortNoticeSigned, UndertakingSetAside
from contracts.envelope import Event
from services.runtime.calendar import london_date
from tests.journeys.breaking import Copy
from tests.journeys.breaking_steps import GATES, PAID, at_fault, once, said, told_again
from tests.journeys.breaking_stores import Found, found

DECIDED = "funding_change_decided"
FRAUD = "fraud"
ANOTHER = "00000000-0000-8000-8000-000000000005"


async def told(copy: Copy, event: Event) -> Any:
    """A further fact beside the decision on the change, of a kind that the run has none of."""
    row = await copy.row("funding", f"type = 'funding.{DECIDED}'")
    row |= {"type": event.wire, "data": event.model_dump_json().encode(), "tags": list(event.tags)}
    return await copy.publish("funding", row, causationid="", audience=event.audience.value)


async def signed_for(copy: Copy, months: int, signed_by: str) -> dict[str, Any]:
    """Somebody signs for a short notice; gives what a decision on a listed ground with a reason then says."""
    decided = await said(copy, "funding", DECIDED)
    about = {name: decided[name] for name in ("change_id", "funder_id", "organisation_id")}
    await told(
        copy, ShortNoticeSigned.model_validate(about | {"months": months, "ground": FRAUD, "signed_by": signed_by})
    )
    return {"ground": FRAUD, "shorter_because": decided["rationale"][0]["document"]}


async def a_notice_is_shorter_than_was_signed_for(copy: Copy) -> Found:
    listed = await signed_for(copy, 2, "p-second")
    row = await told_again(copy, "funding", DECIDED, notice_months=1, **listed)
    return at_fault(GATES, "funding", row, "gives 1 months' notice that nobody signed for") + once("funding", DECIDED)


async def whoever_signed_for_a_short_notice_decides_it(copy: Copy) -> Found:
    listed = await signed_for(copy, 2, (await said(copy, "funding", DECIDED))["decided_by"])
    row = await told_again(copy, "funding", DECIDED, notice_months=2, **listed)
    return at_fault(GATES, "funding", row, "proposed, assessed or signed") + once("funding", DECIDED)


async def a_short_notice_that_was_signed_for_has_no_reason(copy: Copy) -> Found:
    listed = await signed_for(copy, 2, "p-second")
    row = await told_again(copy, "funding", DECIDED, notice_months=2, **listed | {"shorter_because": None})
    return at_fault(GATES, "funding", row, "gives 2 months' notice without a reason") + once("funding", DECIDED)


async def a_short_notice_that_was_signed_for_has_no_listed_ground(copy: Copy) -> Found:
    listed = await signed_for(copy, 2, "p-second")
    row = await told_again(copy, "funding", DECIDED, notice_months=2, **listed | {"ground": "resources"})
    return at_fault(GATES, "funding", row, "on a ground that is not listed") + once("funding", DECIDED)


async def a_notice_runs_that_was_not_decided(copy: Copy) -> Found:
    row = await told_again(copy, "funding", "notice_period_started", months=6, ends_on="2015-06-08",
                           effect_on="2015-10-01")  # fmt: skip
    return at_fault(GATES, "funding", row, "gives a notice that was not decided")


# --- steps set aside


async def set_aside(copy: Copy, change_id: str, by: str, days: int) -> Any:
    """The assessment of impact is set aside, until so many days after the decision."""
    decided = await copy.row("funding", f"type = 'funding.{DECIDED}'")
    data, day = json.loads(decided["data"]), london_date(decided["time"])
    paper = data["rationale"][0]["document"]
    told_of = {name: data[name] for name in ("agreement_id", "funder_id", "organisation_id")}
    aside = told_of | {
        "change_id": change_id, "step": "impact", "set_aside_by": by, "lapses_on": day + timedelta(days=days),
        "statute": {"document": "Local Government Finance Act 1988", "clause": "section 114"}, "reasons": paper,
        "tell_by": day, "told_organisations": [data["organisation_id"]], "calendar_version": "x",
        "citation": {"document": "Sutton setting aside of undertakings", "clause": ""}, "opens": [paper],
    }  # fmt: skip
    return await told(copy, UndertakingSetAside.model_validate(aside))


async def whoever_proposed_a_change_sets_a_step_aside(copy: Copy) -> Found:
    decided = await said(copy, "funding", DECIDED)
    proposed = await said(
        copy, "funding", "funding_change_proposed", "$1 = any (tags)", f"change:{decided['change_id']}"
    )
    row = await set_aside(copy, decided["change_id"], proposed["proposed_by"], 1)
    return at_fault(GATES, "funding", row, "set aside by whoever proposed the change")


async def decided_with_impact_aside(copy: Copy, days: int) -> Found:
    """Another change is decided before any gate but for one set aside; found is all but what that one stands for."""
    decided = await said(copy, "funding", DECIDED)
    swap = {decided["change_id"]: ANOTHER}
    proposed = await copy.row(
        "funding", "type = 'funding.funding_change_proposed' and $1 = any (tags)", f"change:{decided['change_id']}"
    )
    await copy.publish("funding", proposed, swap, causationid="")
    await set_aside(copy, ANOTHER, "p-lawyer", days)
    row = await told_again(copy, "funding", DECIDED, swap)
    held = ("without the numbers of", "without the organisation's own estimate") if days <= 0 else ()
    words = (
        *held, "before re-allocation was assessed", "within the organisation's time to respond",
        "before both sides met", "whether both sides agree",
    )  # fmt: skip
    broken = [one for each in words for one in at_fault(GATES, "funding", row, each)]
    return broken + found("notice_missing", "notifications", "funding.funding_change_proposed")


async def a_change_is_decided_when_the_step_set_aside_has_lapsed(copy: Copy) -> Found:
    return await decided_with_impact_aside(copy, 0)


async def a_change_is_decided_with_more_left_out_than_was_set_aside(copy: Copy) -> Found:
    return await decided_with_impact_aside(copy, 1)


# --- payments held and cancelled


async def one_person_proposes_and_confirms_a_hold(copy: Copy) -> Found:
    held = await said(copy, "funding", "payment_held")
    row = await told_again(copy, "funding", "payment_held", confirmed_by=held["proposed_by"])
    return at_fault(PAID, "funding", row, "was proposed and confirmed by one person")


async def a_payment_is_released_while_it_is_held(copy: Copy) -> Found:
    asked = await said(copy, "funding", "payment_requested")
    await told_again(copy, "funding", "payment_held", payment_id=asked["payment_id"])
    await told_again(copy, "funding", "payment_requested")
    row = await told_again(copy, "funding", "payment_released", payment_id=asked["payment_id"])
    return at_fault(PAID, "funding", row, "was released while it was held")


async def a_payment_is_released_and_made_after_it_was_cancelled(copy: Copy) -> Found:
    which = {"payment_id": (await said(copy, "funding", "payment_made"))["payment_id"]}
    await told_again(copy, "funding", "payment_cancelled", **which)
    await told_again(copy, "funding", "payment_requested", **which)
    released = await told_again(copy, "funding", "payment_released", **which)
    made = await told_again(copy, "funding", "payment_made", ledger_reference="SC-AGAIN")
    return at_fault(PAID, "funding", released, "was released while it was cancelled") + at_fault(
        PAID, "funding", made, "was made after it was cancelled"
    )


GATES_PASSED_BY = (
    a_notice_is_shorter_than_was_signed_for, whoever_signed_for_a_short_notice_decides_it,
    a_short_notice_that_was_signed_for_has_no_reason, a_short_notice_that_was_signed_for_has_no_listed_ground,
    a_notice_runs_that_was_not_decided, whoever_proposed_a_change_sets_a_step_aside,
    a_change_is_decided_when_the_step_set_aside_has_lapsed, a_change_is_decided_with_more_left_out_than_was_set_aside,
    one_person_proposes_and_confirms_a_hold, a_payment_is_released_while_it_is_held,
    a_payment_is_released_and_made_after_it_was_cancelled,
)  # fmt: skip
