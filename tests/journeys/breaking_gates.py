"""Ways in which short notice, a held or a cancelled payment can be wrong, and what is found."""

from __future__ import annotations

from typing import Any

from contracts.change_gates import ShortNoticeSigned
from contracts.envelope import Event
from tests.journeys.breaking import Copy
from tests.journeys.breaking_steps import GATES, PAID, at_fault, once, said, told_again
from tests.journeys.breaking_stores import Found

DECIDED = "funding_change_decided"
FRAUD = "fraud"


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
    a_notice_runs_that_was_not_decided, one_person_proposes_and_confirms_a_hold,
    a_payment_is_released_while_it_is_held, a_payment_is_released_and_made_after_it_was_cancelled,
)  # fmt: skip
