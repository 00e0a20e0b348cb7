"""Ways in which setting a step aside can be wrong, and what is found."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from services.runtime.calendar import add_months, london_date
from tests.journeys.breaking import Copy
from tests.journeys.breaking_steps import GATES, at_fault, once, said, told_again
from tests.journeys.breaking_stores import Found, found

ASIDE, STANDS = "set_aside_openly", "successor_stands_in"
SET_ASIDE, LAPSED, DECIDED = "undertaking_set_aside", "setting_aside_lapsed", "funding_change_decided"
ANOTHER = "00000000-0000-8000-8000-000000000005"
ANOTHER_NOTICE = "00000000-0000-8000-8000-000000000006"
GROUP = "sutton-compact-group"


async def aside_again(copy: Copy, role: str = "", **changes: Any) -> tuple[Any, Found]:
    """The first step that was set aside once more, for whoever stands there now; gives it, and who is not told."""
    row = await copy.row("funding", f"type = 'funding.{SET_ASIDE}'")
    heir = (await said(copy, "funding", "change_taken_over"))["organisation_id"]
    data = json.loads(row["data"]) | {"organisation_id": heir, "told_organisations": [heir, GROUP]} | changes
    row |= {"data": json.dumps(data).encode(), "role": role or row["role"]}
    return await copy.publish("funding", row, causationid=""), untold(data)


def untold(data: dict[str, Any]) -> Found:
    """What is found since nobody in notifications told of it."""
    return [one for who in data["told_organisations"] for one in found(ASIDE, "notifications", f"told to {who}")]


async def lapsed_again(copy: Copy, days: int = 0, **changes: Any) -> Any:
    """Its time is over once more."""
    heir = (await said(copy, "funding", "change_taken_over"))["organisation_id"]
    return await told_again(
        copy, "funding", LAPSED, days=days, **{"organisation_id": heir, "step": "impact", **changes}
    )


async def wrongly(copy: Copy, *words: str, role: str = "", **changes: Any) -> Found:
    """A step is set aside with something wrong about it, and lapses."""
    row, nobody_told = await aside_again(copy, role, **changes)
    await lapsed_again(copy, 1, step=changes.get("step", "impact"))
    broken = at_fault(STANDS, "funding", row, f"holds no office of {role} there") if role else []
    return broken + nobody_told + [one for each in words for one in at_fault(ASIDE, "funding", row, each)]


async def whoever_proposed_a_change_sets_a_step_aside(copy: Copy) -> Found:
    change = (await said(copy, "funding", SET_ASIDE))["change_id"]
    proposed = await said(copy, "funding", "funding_change_proposed", "$1 = any (tags)", f"change:{change}")
    return await wrongly(copy, "by whoever proposed or assessed", set_aside_by=proposed["proposed_by"])


async def whoever_assessed_a_change_sets_a_step_aside(copy: Copy) -> Found:
    change = (await said(copy, "funding", SET_ASIDE))["change_id"]
    first = {(await said(copy, "funding", "impact_assessed"))["change_id"]: change}
    heir = (await said(copy, "funding", "change_taken_over"))["organisation_id"]
    assessed = "p-assessor"
    await told_again(copy, "funding", "impact_assessed", first, assessed_by=assessed, organisation_id=heir)
    return await wrongly(copy, "by whoever proposed or assessed", set_aside_by=assessed)


async def somebody_in_the_proposers_line_sets_a_step_aside(copy: Copy) -> Found:
    aside = await said(copy, "funding", SET_ASIDE)
    office = {"person_id": aside["set_aside_by"], "role": "monitoring_officer", "answers_to": "commissioner"}
    await told_again(copy, "partners", "office_holder_appointed", **office, organisation_id=aside["funder_id"])
    return await wrongly(copy, "in the line of whoever proposed")


async def a_superior_of_the_proposer_sets_a_step_aside(copy: Copy) -> Found:
    aside = await said(copy, "funding", SET_ASIDE)
    proposed = await said(
        copy, "funding", "funding_change_proposed", "$1 = any (tags)", f"change:{aside['change_id']}"
    )  # fmt: skip
    office = {"person_id": proposed["proposed_by"], "role": proposed["proposer_role"], "answers_to": "finance"}
    await told_again(copy, "partners", "office_holder_appointed", **office, organisation_id=aside["funder_id"])
    return await wrongly(copy, "in the line of whoever proposed", role="finance")


async def a_step_is_set_aside_in_a_role_that_may_not(copy: Copy) -> Found:
    return await wrongly(copy, "in the role body_officer", role="body_officer")


async def a_step_is_set_aside_that_never_is(copy: Copy) -> Found:
    return await wrongly(copy, "sets second_person aside, which never is", step="second_person")


async def a_step_is_set_aside_for_no_section(copy: Copy) -> Found:
    statute = {"document": "Local Government Finance Act 1988", "clause": " "}
    return await wrongly(copy, "no statute and section", statute=statute)


async def a_step_is_set_aside_for_longer(copy: Copy) -> Found:
    until = date.fromisoformat((await said(copy, "funding", SET_ASIDE))["lapses_on"]) + timedelta(days=1)
    return await wrongly(copy, f"lapses on {until}, but its time ends on", lapses_on=until.isoformat())


async def a_step_set_aside_is_to_be_told_later(copy: Copy) -> Found:
    by = date.fromisoformat((await said(copy, "funding", SET_ASIDE))["tell_by"]) + timedelta(days=1)
    return await wrongly(copy, f"told by {by}, but the same working day is", tell_by=by.isoformat())


async def the_group_is_not_to_be_told(copy: Copy) -> Found:
    heir = (await said(copy, "funding", "change_taken_over"))["organisation_id"]
    return await wrongly(copy, f"leaves {GROUP} untold", told_organisations=[heir])


async def a_step_set_aside_was_told_of_a_day_late(copy: Copy) -> Found:
    row = await copy.row(
        "notifications", "type = 'notifications.notice_requested'"
        " and convert_from(data, 'UTF8')::jsonb ->> 'template' = 'step_set_aside'",
    )  # fmt: skip
    notice = json.loads(row["data"])["notice_id"]
    late = row["time"] + timedelta(days=1)
    again = await copy.publish("notifications", row, {notice: ANOTHER_NOTICE}, causationid="", time=late)
    await copy.show("notifications", "notices", notice, notice_id=ANOTHER_NOTICE)
    return at_fault(ASIDE, "notifications", again, "tells of it on 2015-04-") + found(
        "notice_missing", "notifications", ANOTHER_NOTICE, "came to no end"
    )


async def a_step_holds_again_too_early(copy: Copy) -> Found:
    _, nobody_told = await aside_again(copy)
    row = await lapsed_again(copy, -10)
    return nobody_told + at_fault(ASIDE, "funding", row, "and it was set aside until")


async def a_step_never_holds_again(copy: Copy) -> Found:
    row, nobody_told = await aside_again(copy)
    change = json.loads(row["data"])["change_id"]
    return nobody_told + found(ASIDE, "funding", f"impact of change {change}", "never lapsed")


async def a_decision_counts_as_set_aside_what_was_not(copy: Copy) -> Found:
    row = await told_again(copy, "funding", DECIDED, set_aside=["impact"])
    words = "counts impact as set aside, and that was nothing"
    return at_fault(ASIDE, "funding", row, words) + once("funding", DECIDED)


async def decided_with_impact_aside(copy: Copy, days: int, *counted: str) -> tuple[Any, Found]:
    """Another change is decided before any gate, with one set aside until so many days after; found is all but that."""
    decided = await copy.row("funding", f"type = 'funding.{DECIDED}'")
    data, until = json.loads(decided["data"]), london_date(decided["time"]) + timedelta(days=days)
    proposed = await copy.row(
        "funding", "type = 'funding.funding_change_proposed' and $1 = any (tags)", f"change:{data['change_id']}"
    )
    await copy.publish("funding", proposed, {data["change_id"]: ANOTHER}, causationid="")
    began = add_months(until, -3)
    aside = await copy.row("funding", f"type = 'funding.{SET_ASIDE}'")
    said_of = json.loads(aside["data"])
    swap = {said_of["change_id"]: ANOTHER, said_of["organisation_id"]: data["organisation_id"]}
    dates = {"lapses_on": until.isoformat(), "tell_by": began.isoformat()}
    when = aside["time"] + (began - london_date(aside["time"]))
    aside["data"] = json.dumps(said_of | dates).encode()
    await copy.publish("funding", aside, swap, causationid="", time=when)
    row = await told_again(copy, "funding", DECIDED, {data["change_id"]: ANOTHER}, set_aside=counted)
    await told_again(copy, "funding", LAPSED, swap)
    words = (
        "before re-allocation was assessed", "within the organisation's time to respond", "before both sides met",
        "whether both sides agree",
    )  # fmt: skip
    broken = [one for each in words for one in at_fault(GATES, "funding", row, each)]
    told = {"told_organisations": [data["organisation_id"], GROUP]}
    return row, broken + untold(told) + found("notice_missing", "notifications", "funding.funding_change_proposed")


async def a_change_is_decided_when_the_step_set_aside_has_lapsed(copy: Copy) -> Found:
    row, others = await decided_with_impact_aside(copy, 0)
    held = ("without the numbers of", "without the organisation's own estimate")
    return others + [one for each in held for one in at_fault(GATES, "funding", row, each)]


async def a_decision_counts_a_step_whose_time_aside_is_over(copy: Copy) -> Found:
    row, others = await decided_with_impact_aside(copy, 0, "impact")
    held = ("without the numbers of", "without the organisation's own estimate")
    found_at_gates = [one for each in held for one in at_fault(GATES, "funding", row, each)]
    return others + found_at_gates + at_fault(ASIDE, "funding", row, "counts impact as set aside")


async def a_change_is_decided_with_more_left_out_than_was_set_aside(copy: Copy) -> Found:
    return (await decided_with_impact_aside(copy, 1, "impact"))[1]


ASIDES = (
    whoever_proposed_a_change_sets_a_step_aside, whoever_assessed_a_change_sets_a_step_aside,
    somebody_in_the_proposers_line_sets_a_step_aside, a_superior_of_the_proposer_sets_a_step_aside,
    a_step_is_set_aside_in_a_role_that_may_not, a_step_is_set_aside_that_never_is, a_step_is_set_aside_for_no_section,
    a_step_is_set_aside_for_longer, a_step_set_aside_is_to_be_told_later, the_group_is_not_to_be_told,
    a_step_set_aside_was_told_of_a_day_late, a_step_holds_again_too_early, a_step_never_holds_again,
    a_decision_counts_as_set_aside_what_was_not, a_change_is_decided_when_the_step_set_aside_has_lapsed,
    a_decision_counts_a_step_whose_time_aside_is_over, a_change_is_decided_with_more_left_out_than_was_set_aside,
)  # fmt: skip
