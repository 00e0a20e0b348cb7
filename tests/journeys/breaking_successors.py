"""Ways in which what follows from a successor, or from an organisation that is gone, can be wrong; what is found."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from contracts.change_gates import DisclosedChangeEnded, NoticeNoLongerPossible, Stopped
from contracts.envelope import Event
from contracts.partners import OrganisationDissolved, SignatoryLeft
from tests.journeys.breaking import Copy
from tests.journeys.breaking_asides import STANDS
from tests.journeys.breaking_steps import at_fault, said, told_again
from tests.journeys.breaking_stores import Found, found

TAKEN_OVER, PERIOD, EFFECT = "change_taken_over", "notice_period_started", "funding_change_took_effect"
NOTICE = "00000000-0000-8000-8000-000000000007"
NOWHERE = "org-nowhere"


async def taken_over(copy: Copy) -> dict[str, Any]:
    """What the run's own fact of a successor says."""
    return await said(copy, "funding", TAKEN_OVER)


async def about_it(copy: Copy, kind: str, **changes: Any) -> Any:
    """A further fact about the change that was taken over, like the first of its kind, naming its successor."""
    now, before = await taken_over(copy), await said(copy, "funding", kind)
    swap = {before["change_id"]: now["change_id"], before["organisation_id"]: now["organisation_id"]}
    return await told_again(copy, "funding", kind, swap, **changes)


async def dissolved(copy: Copy, which: str) -> Any:
    """An organisation is no more, and nobody took over what it held."""
    row = await copy.row("partners", "type = 'partners.organisation_succeeded'")
    event = OrganisationDissolved(organisation_id=which, dissolved_on=date(2015, 7, 17))
    return await publish(copy, "partners", row, event)


async def publish(copy: Copy, service: str, row: dict[str, Any], event: Event) -> Any:
    """A further fact beside one of the run, of a kind that the run has none of."""
    row |= {"type": event.wire, "data": event.model_dump_json().encode(), "tags": list(event.tags),
            "audience": event.audience.value}  # fmt: skip
    return await copy.publish(service, row, causationid="")


async def ended(copy: Copy) -> Any:
    """The change that was taken over ends, because its organisation is no more."""
    now, row = await taken_over(copy), await copy.row("funding", f"type = 'funding.{TAKEN_OVER}'")
    funder = (await said(copy, "funding", PERIOD))["funder_id"]
    kept = {name: now[name] for name in ("change_id", "agreement_id", "organisation_id")}
    event = NoticeNoLongerPossible(**kept, funder_id=funder, dissolved_on=date(2015, 7, 17))
    published = await publish(copy, "funding", dict(row), event)
    told = DisclosedChangeEnded(
        **kept, funder_id=funder, because=Stopped.ORGANISATION_DISSOLVED, ended_on=date(2015, 7, 17)
    )
    await publish(copy, "funding", dict(row), told)
    return published


async def a_step_goes_on_naming_the_former_organisation(copy: Copy) -> Found:
    former = (await taken_over(copy))["former_organisation_id"]
    row = await about_it(copy, "position_stated", organisation_id=former)
    return at_fault(STANDS, "funding", row, f"names {former}")


def disclosed_twice(change: str) -> Found:
    """What is found beside it, since the change was disclosed before."""
    return found("effect_once", "funding", f"funding.change_disclosed of {change} stands twice")


async def a_disclosure_names_the_former_organisation(copy: Copy) -> Found:
    now = await taken_over(copy)
    former = now["former_organisation_id"]
    about = {"change_id": now["change_id"], "agreement_id": now["agreement_id"], "organisation_id": former}
    row = await told_again(copy, "funding", "change_disclosed", **about)
    return disclosed_twice(now["change_id"]) + at_fault(STANDS, "funding", row, f"names {former}")


async def a_change_that_was_taken_back_is_disclosed(copy: Copy) -> Found:
    back = await said(copy, "funding", "funding_change_withdrawn")
    about = {name: back[name] for name in ("change_id", "agreement_id", "organisation_id")}
    row = await told_again(copy, "funding", "change_disclosed", **about)
    return disclosed_twice(back["change_id"]) + at_fault(STANDS, "funding", row, "taken back")


async def who_was_told_of_a_change_does_not_hear_of_its_end(copy: Copy) -> Found:
    heir = (await taken_over(copy))["organisation_id"]
    row = await about_it(copy, "funding_change_withdrawn", organisation_id=heir)
    return at_fault(STANDS, "funding", row, "does not hear so")


async def the_former_organisation_acts(copy: Copy) -> Found:
    now, before = await taken_over(copy), await copy.row("funding", "type = 'funding.position_stated'")
    told = json.loads(before["data"])
    swap = {told["change_id"]: now["change_id"], told["organisation_id"]: now["organisation_id"]}
    former = now["former_organisation_id"]
    row = await copy.publish("funding", before, swap, causationid="", onbehalfof=former)
    words = ("had taken over", "who holds no office")
    return [one for each in words for one in at_fault(STANDS, "funding", row, f"was done for {former}", each)]


async def somebody_acts_without_an_office(copy: Copy) -> Found:
    row = await copy.row("funding", "type = 'funding.position_stated'")
    again = await copy.publish("funding", row, causationid="", actor="p-nobody")
    return at_fault(STANDS, "funding", again, f"for {row['onbehalfof']} by p-nobody, who holds no office")


async def a_successor_of_nobody_acts_for_a_body(copy: Copy) -> Found:
    """Somebody of one signatory acts for another, which it did not succeed."""
    row = await copy.row("funding", "type = 'funding.position_stated' and role = 'commissioner'")
    again = await copy.publish("funding", row, causationid="", onbehalfof="sutton-police")
    return at_fault(STANDS, "funding", again, "for sutton-police by", "who holds no office")


async def somebody_of_the_body_that_succeeded_acts_for_it(copy: Copy) -> Found:
    """What a successor does is no breach."""
    row = await copy.row("funding", "type = 'funding.position_stated' and role = 'commissioner'")
    left = await copy.row("partners", "type = 'partners.signatory_joined'")
    data = {
        "organisation_id": "sutton-police",
        "place": "sutton",
        "left_on": "2015-07-17",
        "succeeded_by": row["onbehalfof"],
    }
    event = SignatoryLeft.model_validate(data)
    await publish(copy, "partners", left, event)
    await copy.publish("funding", row, causationid="", onbehalfof="sutton-police")
    return []


async def a_change_is_taken_over_by_whoever_did_not_succeed(copy: Copy) -> Found:
    now = await taken_over(copy)
    about = {"former_organisation_id": now["organisation_id"], "organisation_id": NOWHERE}
    row = await told_again(copy, "funding", TAKEN_OVER, **about)
    return at_fault(STANDS, "funding", row, f"lets {NOWHERE} stand in")


async def a_change_is_taken_over_from_whoever_did_not_stand_there(copy: Copy) -> Found:
    row = await told_again(copy, "funding", TAKEN_OVER)
    return at_fault(STANDS, "funding", row, "takes over from", "stood there")


async def a_succession_leaves_a_change_as_it_was(copy: Copy) -> Found:
    now = await taken_over(copy)
    about = {"organisation_id": now["organisation_id"], "successor_id": NOWHERE}
    await told_again(copy, "partners", "organisation_succeeded", **about)
    what = f"leaves change {now['change_id']} as it was"
    return found(STANDS, "funding", "(partners.organisation_succeeded)", what)


async def a_dissolution_leaves_a_change_as_it_was(copy: Copy) -> Found:
    now = await taken_over(copy)
    await dissolved(copy, now["organisation_id"])
    what = f"leaves change {now['change_id']} as it was"
    return found(STANDS, "funding", "(partners.organisation_dissolved)", what)


async def a_change_ends_although_its_organisation_is_there(copy: Copy) -> Found:
    row = await ended(copy)
    return at_fault(STANDS, "funding", row, "is not dissolved")


async def a_change_holds_for_an_organisation_that_is_dissolved(copy: Copy) -> Found:
    now = await taken_over(copy)
    await dissolved(copy, now["organisation_id"])
    row = await about_it(copy, EFFECT, days=200)
    return at_fault(STANDS, "funding", row, "which is gone")


async def a_change_that_ended_goes_on(copy: Copy) -> Found:
    await dissolved(copy, (await taken_over(copy))["organisation_id"])
    await ended(copy)
    row = await about_it(copy, "representation_invited")
    return at_fault(STANDS, "funding", row, "which is gone")


async def told_of(copy: Copy, cause: Any, who: str) -> tuple[Any, Found]:
    """A notice about the change because of a fact; gives it, and what is found since nobody sends it."""
    row = await copy.row("notifications", "type = 'notifications.notice_requested'")
    told, change = json.loads(row["data"]), (await taken_over(copy))["change_id"]
    swap = {
        told["notice_id"]: NOTICE, told["organisation_id"]: who, told["about"]: f"change:{change}",
        told["because_of"]: cause["id"],
    }  # fmt: skip
    again = await copy.publish("notifications", row, swap, causationid="")
    await copy.show("notifications", "notices", told["notice_id"], notice_id=NOTICE, organisation_id=who)
    return again, found("notice_missing", "notifications", NOTICE, "came to no end")


async def the_former_organisation_is_told(copy: Copy) -> Found:
    former = (await taken_over(copy))["former_organisation_id"]
    row, unsent = await told_of(copy, await about_it(copy, "position_stated"), former)
    return unsent + at_fault(STANDS, "notifications", row, f"tells {former}, which another had taken over from")


async def an_organisation_is_told_that_is_gone(copy: Copy) -> Found:
    heir = (await taken_over(copy))["organisation_id"]
    await dissolved(copy, heir)
    await ended(copy)
    row, unsent = await told_of(copy, await about_it(copy, "position_stated"), heir)
    return unsent + at_fault(STANDS, "notifications", row, f"tells {heir}, which is gone")


SUCCESSORS = (
    a_disclosure_names_the_former_organisation, a_change_that_was_taken_back_is_disclosed,
    who_was_told_of_a_change_does_not_hear_of_its_end,
    a_step_goes_on_naming_the_former_organisation, the_former_organisation_acts, somebody_acts_without_an_office,
    a_successor_of_nobody_acts_for_a_body, somebody_of_the_body_that_succeeded_acts_for_it,
    a_change_is_taken_over_by_whoever_did_not_succeed, a_change_is_taken_over_from_whoever_did_not_stand_there,
    a_succession_leaves_a_change_as_it_was, a_dissolution_leaves_a_change_as_it_was,
    a_change_ends_although_its_organisation_is_there, a_change_holds_for_an_organisation_that_is_dissolved,
    a_change_that_ended_goes_on, the_former_organisation_is_told, an_organisation_is_told_that_is_gone,
)  # fmt: skip
