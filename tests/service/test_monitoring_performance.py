"""A year of performance over HTTP: meetings, a timetable of actions, the annual review with residents heard."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.funding import AgreementDrafted, AgreementInForce, OutcomeCommitted, YearAmount
from contracts.partners import CommissioningManagerNominated, OfficeHolderAppointed
from services.monitoring.__main__ import service
from services.runtime.clock import set_clock
from services.runtime.decisions import Actor
from services.runtime.replay import compare
from tests.conftest import Infrastructure
from tests.living import Living, living, record, settings_for, standing_facts
from tests.service.sample import Sandbox, Sent, chain_of

COUNCIL, VCO = "sutton-council", "GB-CHC-9900017"
MANAGER = Actor("p-manager", "commissioning_manager", COUNCIL)
DELEGATE = Actor("p-delegate", "commissioning_manager", COUNCIL)
DECIDER = Actor("p-decider", "decider", COUNCIL)
AUDITOR = Actor("p-auditor", "auditor", COUNCIL)
PARTNER = Actor("p-partner", "vco_representative", VCO)
RIVAL = Actor("p-rival", "vco_representative", "GB-CHC-9900023")
WORDS = "A sentence that is long enough to be a reason."
NAME = "Ermintrude Quillfeather"
MEETING, SECOND, REVIEW = "a1-meeting-1", "a1-meeting-2", "a1-review-1"
AGREEMENT = {
    "agreement_id": "a1",
    "programme_id": "p1",
    "funder_id": COUNCIL,
    "organisation_id": VCO,
    "title": "Advice",
}
TERM = {"starts_on": date(2014, 6, 1), "ends_on": date(2017, 5, 31)}
AMOUNTS = (YearAmount(year="2014/15", pounds=60_000),)
DRAFTED = AgreementDrafted(
    **AGREEMENT, **TERM, bid_id="b1", amounts=AMOUNTS, rules_key="spp",
    outcomes=(OutcomeCommitted(id="governed", target=60, unit="organisations"), OutcomeCommitted(id="heard")),
)  # fmt: skip
IN_FORCE = AgreementInForce(**AGREEMENT, **TERM, amounts=AMOUNTS)
NOMINATED = CommissioningManagerNominated(agreement_id="a1", organisation_id=COUNCIL, person_id=MANAGER.person)
MINUTES = {
    "held_on": "2014-08-20", "outcome_ids": ["governed", "heard"], "notes": WORDS,
    "attended": [{"organisation_id": COUNCIL, "role": MANAGER.role}, {"organisation_id": VCO, "role": PARTNER.role}],
}  # fmt: skip
ACTIONS = {"actions": [{"id": "forum", "side": "partner", "due_on": "2015-02-27", "what": WORDS}]}
PARTS = {"parts": {"effectiveness": WORDS, "economy": WORDS, "efficiency": WORDS}}


@dataclass
class Year:
    """One agreement of one place, and what people do about it."""

    alive: Living

    def now(self, year: int, month: int, day: int) -> None:
        set_clock(self.alive.running.settings.clock or Path(), datetime(year, month, day, 10, 0, tzinfo=UTC))

    async def does(self, by: Actor, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        answer = await self.alive.post(path, body, by=by, **more)
        assert answer.is_success, f"{path}: {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    async def refused(self, by: Actor, path: str, body: Any = None) -> tuple[int, str, str]:
        said = (answer := await self.alive.post(path, body, by=by)).json()
        cited = said.get("citation") or {}
        return answer.status_code, said["code"], f"{cited.get('document', '')} {cited.get('clause', '')}".strip()

    async def says(self, body: dict[str, Any], key: str | None = None) -> httpx.Response:
        """A resident says something; there is no token."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return await self.alive.client.post(f"/annual-reviews/{REVIEW}/feedback", json=body, headers=headers)

    async def reads(self, by: Actor | None, path: str) -> Any:
        answer = await self.alive.get(path, by=by)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return answer.json()

    async def count(self, wire: str) -> int:
        return (await self.alive.types()).count(f"monitoring.{wire}")


@pytest.fixture
async def year(infrastructure: Infrastructure, tmp_path: Path) -> AsyncIterator[Year]:
    sandbox = Sandbox(infrastructure, tmp_path)
    settings = settings_for(
        "monitoring", await sandbox.database(), infrastructure.broker().address, tmp_path, sandbox.place
    )
    async with living(service, settings) as alive:
        found = Year(alive)
        found.now(2014, 6, 2)
        offices = standing_facts("sutton", MANAGER, DECIDER, PARTNER, RIVAL)
        await record(alive.running.journal, [fact.model_copy(update={"place": sandbox.place}) for fact in offices])
        await record(alive.running.journal, [NOMINATED])
        drafted, in_force = chain_of(sandbox.place, DRAFTED, IN_FORCE, publisher="funding")
        await take(alive, drafted, drafted, in_force, drafted, in_force)
        await alive.wait_for("monitoring.performance_reviews_scheduled")
        yield found


async def take(alive: Living, *messages: Sent) -> None:
    """Messages of funding as one batch, some of them sent twice."""
    [intake] = [one for one in alive.running.intakes if "funding" in one.topic]
    await intake.take([message.record(offset) for offset, message in enumerate(messages)])


async def test_meetings_are_scheduled_once_held_with_the_partner_and_missed_by_themselves(year: Year) -> None:
    year.now(2014, 8, 20)
    alone = {**MINUTES, "attended": MINUTES["attended"][:1]}
    refused = await year.refused(MANAGER, f"/meetings/{MEETING}/minutes", alone)
    await year.does(MANAGER, f"/meetings/{MEETING}/minutes", MINUTES)
    year.now(2014, 12, 3)
    await year.alive.wait_for("monitoring.quarterly_review_missed")
    listed = (await year.reads(PARTNER, "/meetings?agreement_id=a1"))["items"]

    assert refused == (409, "meeting_without_both_sides", "Strategic Partner Programme Checks and balances")
    assert (await year.alive.types()).count("compact.step_refused") == 1
    assert await year.count("performance_reviews_scheduled") == 1
    assert {one["meeting_id"]: one["status"] for one in listed if one["status"] != "to_come"} == {
        MEETING: "held", SECOND: "missed",
    }  # fmt: skip
    assert (await year.alive.get(f"/meetings/{MEETING}/notes", by=PARTNER)).text == WORDS
    assert (await year.alive.get(f"/meetings/{MEETING}", by=RIVAL)).status_code == 404
    assert await compare(year.alive.running) == []


async def test_a_timetable_of_actions_is_agreed_done_and_confirmed_and_ends(year: Year) -> None:
    year.now(2014, 12, 3)
    raised = await year.does(MANAGER, "/agreements/a1/under-performance", {"outcome_ids": ["heard"], "reason": WORDS})
    path = f"/under-performance/{raised['under_performance_id']}"
    proposed = await year.does(MANAGER, f"{path}/timetables", ACTIONS, key="the same")
    again = await year.does(MANAGER, f"{path}/timetables", ACTIONS, key="the same")
    agreement = f"{path}/timetables/{proposed['proposal_id']}/agreement"
    own = await year.refused(MANAGER, agreement)
    early = await year.refused(DECIDER, f"{path}/decision", {**ACTIONS, "reasons": WORDS})
    await year.does(PARTNER, agreement)
    await year.does(PARTNER, f"{path}/actions/forum/claim", {"evidence": WORDS})
    ended = await year.does(MANAGER, f"{path}/actions/forum/confirmation")
    case = await year.reads(PARTNER, path)

    assert raised["agree_by"] == "2015-01-05"
    assert again == proposed
    assert own == (409, "own_proposal", "Sutton Compact 3.4.1")
    assert early == (409, "still_to_be_agreed", "Sutton Compact 3.4.1")
    assert ended["result"] == "recovered"
    assert (case["status"], [one["status"] for one in case["actions"]]) == ("recovered", ["completed"])
    assert (await year.alive.get(f"{path}/documents/reason", by=PARTNER)).text == WORDS
    assert (await year.alive.get(path, by=RIVAL)).status_code == 404
    assert await year.count("remedial_timetable_proposed") == 1
    assert await compare(year.alive.running) == []


async def test_without_agreement_both_positions_are_recorded_and_a_missed_action_fails_the_timetable(
    year: Year,
) -> None:
    year.now(2014, 12, 3)
    raised = await year.does(MANAGER, "/agreements/a1/under-performance", {"outcome_ids": ["heard"], "reason": WORDS})
    path = f"/under-performance/{raised['under_performance_id']}"
    year.now(2015, 1, 6)
    await year.alive.wait_for("monitoring.remedial_timetable_not_agreed")
    decision = {**ACTIONS, "reasons": WORDS}
    missing = await year.refused(DECIDER, f"{path}/decision", decision)
    for side in (PARTNER, MANAGER):
        await year.does(side, f"{path}/positions", {"position": WORDS})
    same = await year.refused(MANAGER, f"{path}/decision", decision)
    await year.does(DECIDER, f"{path}/decision", decision)
    year.now(2015, 3, 2)
    await year.alive.wait_for("monitoring.remedial_timetable_ended")

    assert missing == (409, "position_missing", "Sutton Compact 3.4.1")
    assert same == (409, "not_a_second_person", "Sutton Compact 3.4.1")
    assert (await year.reads(PARTNER, path))["status"] == "failed"
    assert await compare(year.alive.running) == []


async def a_review(year: Year) -> None:
    """The first year's review is open, and residents are asked until the end of July."""
    year.now(2015, 6, 2)
    await year.alive.wait_for("monitoring.annual_review_opened")
    await year.does(PARTNER, f"/annual-reviews/{REVIEW}/invitation", {"until": "2015-07-31"})


async def test_an_annual_review_is_concluded_only_with_residents_heard_and_the_partner_s_answer(year: Year) -> None:
    await a_review(year)
    path, conclusion = f"/annual-reviews/{REVIEW}", {"conclusion": WORDS}
    unheard = await year.refused(MANAGER, f"{path}/conclusion", conclusion)
    asked = await year.reads(None, f"{path}/invitation")
    said = [await year.says({"words": WORDS}, "the same") for _ in range(2)]
    gathered = {"words": WORDS, "people": 31, "groups": [{"group": "carers", "people": 4}]}
    left_out = await year.does(MANAGER, f"{path}/gathered-feedback", gathered)
    await year.does(MANAGER, f"{path}/assessment", PARTS)
    unanswered = await year.refused(MANAGER, f"{path}/conclusion", conclusion)
    await year.does(PARTNER, f"{path}/answer", {"answer": WORDS})
    await year.does(MANAGER, f"{path}/conclusion", conclusion)
    review = await year.reads(PARTNER, path)

    spp = "Strategic Partner Programme Checks and balances"
    assert unheard == (409, "residents_not_heard", spp)
    assert unanswered == (409, "partner_has_not_answered", spp)
    assert (asked["title"], asked["feedback_until"]) == ("Advice", "2015-07-31")
    assert [one.status_code for one in said] == [201, 201]
    assert said[0].json() == said[1].json()
    assert await year.count("resident_feedback_received") == 2
    assert left_out["groups_left_out"] == ["carers"]
    assert (review["status"], review["people_heard"]) == ("concluded", 32)
    assert (await year.alive.get(f"{path}/documents/economy", by=DECIDER)).text == WORDS
    assert await compare(year.alive.running) == []


async def test_of_the_manager_and_a_delegate_concluding_at_the_same_moment_one_does_and_the_other_is_told_who_did(
    year: Year,
) -> None:
    await a_review(year)
    path, place = f"/annual-reviews/{REVIEW}", year.alive.running.journal.place_name
    delegated = OfficeHolderAppointed(
        person_id=DELEGATE.person, organisation_id=COUNCIL, place=place, role=DELEGATE.role, delegate_of=MANAGER.person
    )
    await record(year.alive.running.journal, [delegated])
    assert (await year.says({"words": WORDS})).is_success
    await year.does(MANAGER, f"{path}/assessment", PARTS)
    await year.does(PARTNER, f"{path}/answer", {"answer": WORDS})

    answers = await asyncio.gather(
        *(
            year.alive.post(f"{path}/conclusion", {"conclusion": f"{WORDS} Said by {who.person}."}, by=who)
            for who in (MANAGER, DELEGATE)
        )
    )

    codes = Counter(answer.json().get("code", "concluded") for answer in answers)
    [told] = [answer.json() for answer in answers if answer.status_code == 409]
    assert codes == {"concluded": 1, "review_concluded": 1}
    assert f"by {MANAGER.person}." in told["detail"]
    assert await year.count("annual_review_concluded") == 1


async def test_a_name_stays_in_the_document_store_and_feedback_is_kept_from_who_decides(year: Year) -> None:
    await a_review(year)
    path = f"/annual-reviews/{REVIEW}"
    received = (await year.says({"words": WORDS, "name": NAME})).json()
    feedback = f"/feedback/{received['feedback_id']}"
    seen = {by: (await year.alive.get(feedback, by=by)).status_code for by in (PARTNER, MANAGER, DECIDER, RIVAL)}
    named = {by.role: await year.alive.get(f"{feedback}/name", by=by) for by in (PARTNER, MANAGER, AUDITOR)}
    rows = await year.alive.running.pool.fetch("select data, actor from ledger.journal")

    assert seen == {PARTNER: 200, MANAGER: 200, DECIDER: 404, RIVAL: 404}
    assert named[MANAGER.role].text == NAME
    assert {role: answer.status_code for role, answer in named.items() if role != MANAGER.role} == {
        PARTNER.role: 403, AUDITOR.role: 403,
    }  # fmt: skip
    assert (await year.reads(PARTNER, f"{path}/feedback"))["items"][0]["named"] is True
    assert (await year.alive.get(f"{path}/feedback", by=DECIDER)).status_code == 404
    assert not [row for row in rows if NAME.encode() in bytes(row["data"]) or b"Ermintrude" in bytes(row["data"])]


async def test_feedback_that_is_not_asked_for_or_out_of_bounds_is_refused_plainly(year: Year) -> None:
    unasked = await year.says({"words": WORDS})
    await a_review(year)
    answers = [
        await year.says(body) for body in ({"words": "short"}, {"words": "x" * 4001}, {"words": WORDS, "age": 7})
    ]
    year.now(2015, 8, 3)
    late = await year.says({"words": WORDS, "name": NAME})
    keyless = await year.alive.client.post(f"/annual-reviews/{REVIEW}/feedback", json={"words": WORDS})

    assert (unasked.status_code, unasked.json()["code"]) == (404, "invitation_unknown")
    assert [one.status_code for one in answers] == [422, 422, 422]
    assert (late.status_code, late.json()["code"]) == (409, "feedback_not_asked")
    assert keyless.status_code == 400
    assert await year.count("resident_feedback_received") == 0


async def test_a_review_nobody_concludes_is_missed_by_itself(year: Year) -> None:
    await a_review(year)
    year.now(2015, 8, 26)
    await year.alive.wait_for("monitoring.annual_review_missed")

    assert (await year.reads(MANAGER, f"/annual-reviews/{REVIEW}"))["waited_for"] == "residents"
