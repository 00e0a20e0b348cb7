"""A change of support over HTTP on a real journal, with a body that has nothing but a plain Kafka client."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from contracts.every_service import DecidedUnaware
from contracts.funding import AgreementInForce, YearAmount
from contracts.notifications import NoticeServed, Proof, ServiceWithdrawn
from contracts.partners import (
    OfficeHolderAppointed,
    OfficeHolderRemoved,
    OrganisationKind,
    OrganisationRegistered,
    SignatoryJoined,
    SignatoryLeft,
)
from contracts.topics import claims_topic
from services.funding.__main__ import service
from services.runtime.clock import set_clock
from services.runtime.decisions import Actor
from services.runtime.replay import compare
from tests.conftest import Infrastructure
from tests.living import Living, living, record, settings_for, standing_facts

COUNCIL, POLICE, CARERS = "sutton-council", "sutton-police", "GB-CHC-9900001"
COMMISSIONER = Actor("p-1", "commissioner", COUNCIL)
ASSESSOR = Actor("p-2", "body_officer", COUNCIL)
DECIDER = Actor("p-3", "decider", COUNCIL)
DEPUTY = Actor("p-5", "decider", COUNCIL)
INSPECTOR = Actor("p-6", "decider", POLICE)
LAWYER = Actor("p-4", "monitoring_officer", COUNCIL)
CARER = Actor("p-9", "vco_representative", CARERS)
STRANGER = Actor("p-8", "vco_representative", "GB-CHC-9900002")
WORDS = "A sentence that is long enough to be a reason."
RECEIVED = "funding.representation_received"
AMOUNTS = tuple(YearAmount(year=year, pounds=60_000) for year in ("2014/15", "2015/16"))
PROPOSED, DISCLOSED, MET, OVER = (datetime(2015, *day, 10, tzinfo=UTC) for day in ((3, 5), (3, 9), (3, 20), (4, 8)))
BUDGET = {"document": "Council budget 2015/16", "clause": "minute 42"}
PROPOSAL = {"kind": "reduce", "ground": "resources", "reasons": WORDS, "budget_decision": BUDGET}
GROUPS = {group: {"people": 30, "effect": f"{group}: {WORDS}"} for group in ("beneficiaries", "service_users")}
ASSESSMENT = {"groups": {**GROUPS, "volunteers": {"people": 3, "effect": WORDS}}, "share_of_income": 40}
DECISION = {
    "rationale": {part: WORDS for part in ("ground", "impact", "reallocation", "representations", "notice")},
    "amounts": [{"year": "2014/15", "pounds": 60_000}, {"year": "2015/16", "pounds": 45_000}], "notice_months": 6,
}  # fmt: skip


@pytest.fixture
async def funding(infrastructure: Infrastructure, database: str, tmp_path: Path) -> AsyncIterator[Living]:
    broker = infrastructure.broker().address
    place = f"change{uuid.uuid4().hex[:8]}"
    async with living(service, settings_for("funding", database, broker, tmp_path, place)) as alive:
        people = (COMMISSIONER, ASSESSOR, DECIDER, DEPUTY, INSPECTOR, LAWYER, CARER, STRANGER)
        facts = standing_facts("sutton", *people, limit=500_000)
        there = [fact.model_copy(update={"place": place}) for fact in facts]
        there.append(
            OrganisationRegistered(
                organisation_id=CARERS, name="Carers", kind=OrganisationKind.VCO, registered_on=date(2013, 11, 1)
            )
        )
        there.append(
            AgreementInForce(
                agreement_id="a1", programme_id="p1", funder_id=COUNCIL, organisation_id=CARERS, title="Carers",
                amounts=AMOUNTS, starts_on=date(2014, 4, 1), ends_on=date(2016, 3, 31),
            )
        )  # fmt: skip
        await record(alive.running.journal, there)
        yield alive


async def at(funding: Living, moment: datetime) -> None:
    set_clock(funding.running.settings.clock or Path(), moment)


async def does(funding: Living, path: str, body: Any, by: Actor) -> dict[str, Any]:
    answer = await funding.post(path, body, by=by)
    assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
    found: dict[str, Any] = answer.json()
    return found


async def refused(funding: Living, path: str, body: Any, by: Actor) -> tuple[str, str, bool]:
    answer = await funding.post(path, body, by=by)
    assert answer.status_code == 409, answer.text
    problem = answer.json()
    cited = problem["citation"]
    return problem["code"], f"{cited['document']} {cited['clause']}", bool(problem["remedy"])


async def served(funding: Living, change: str, template: str, on: date, now: datetime) -> None:
    fact = NoticeServed(
        notice_id=f"n {template}".replace(" ", "-"), notice_number="N-1", organisation_id=CARERS,
        about=f"change:{change}", template=template, served_on=on, proved_by=Proof.POSTED, content_hash="0" * 64,
        calendar_version="x",
    )  # fmt: skip
    await record(funding.running.journal, [fact], now)


async def claim(funding: Living, data: Any, which: str = "c-1", *, source: str = "police", times: int = 1) -> None:
    """What the police's own system sends, with a plain Kafka client."""
    settings = funding.running.settings
    headers = {
        "ce_specversion": "1.0", "ce_id": which, "ce_source": f"/{settings.place}/{source}",
        "ce_type": "police.effect_reported", "ce_time": "2015-03-10T09:00:00Z",
    }  # fmt: skip
    client = AIOKafkaProducer(bootstrap_servers=settings.kafka)
    await client.start()
    try:
        for _ in range(times):
            await client.send_and_wait(
                claims_topic(settings.place, "police"), json.dumps(data).encode(),
                headers=[(name, value.encode()) for name, value in headers.items()],
            )  # fmt: skip
    finally:
        await client.stop()


async def a_disclosed_change(funding: Living) -> str:
    await at(funding, PROPOSED)
    change: str = (await does(funding, "/agreements/a1/changes", PROPOSAL, COMMISSIONER))["change_id"]
    await served(funding, change, "change_proposed", date(2015, 3, 6), PROPOSED)
    await funding.wait_for("funding.representation_invited")
    await funding.settled()
    await at(funding, DISCLOSED)
    await funding.wait_for("funding.change_disclosed")
    return change


async def test_a_change_from_its_proposal_to_the_day_it_holds(funding: Living) -> None:
    change = await a_disclosed_change(funding)
    base = f"/changes/{change}"
    await claim(funding, {"change_id": change, "people": 40, "referrals_a_year": 120}, times=2)
    await funding.wait_for("funding.partner_effect_reported")
    cited = "Sutton Compact 3.4.2"

    assert await refused(funding, f"{base}/decide", DECISION, DECIDER) == ("impact_not_assessed", cited, True)
    await does(funding, f"{base}/impact", ASSESSMENT, ASSESSOR)
    assert await refused(funding, f"{base}/decide", DECISION, DECIDER) == ("own_estimate_missing", cited, True)
    await does(funding, f"{base}/estimate", {**ASSESSMENT, "costs_jobs": True}, CARER)
    assert await refused(funding, f"{base}/decide", DECISION, DECIDER) == ("reallocation_not_assessed", cited, True)
    await does(funding, f"{base}/reallocation", {"needed": False, "reasons": WORDS}, ASSESSOR)
    said = await does(funding, f"{base}/representations", {"points": [WORDS, f"{WORDS} Again."]}, CARER)
    assert said["basis_stated"] is False
    await at(funding, MET)
    await does(funding, f"{base}/meetings", {"held_on": "2015-03-20", "minutes": WORDS}, ASSESSOR)
    cited = "Sutton Compact 3.4.3"
    assert await refused(funding, f"{base}/decide", DECISION, DECIDER) == ("time_to_respond", cited, True)
    await at(funding, OVER)
    assert await refused(funding, f"{base}/decide", DECISION, DECIDER) == ("point_unanswered", cited, True)
    for point in said["points"]:
        path = f"{base}/representations/{said['representation_id']}/points/{point}"
        await does(funding, f"{path}/answer", {"answer": WORDS}, ASSESSOR)
        await does(funding, f"{path}/mark", {"answered": False}, CARER)
    assert await refused(funding, f"{base}/decide", DECISION, DECIDER) == ("positions_missing", cited, True)
    for side in (COMMISSIONER, CARER):
        await does(funding, f"{base}/positions", {"position": "agreed", "words": WORDS}, side)
    skipped = {**DECISION, "rationale": {"ground": WORDS}}
    cited = "Sutton Compact 3.4.4"
    assert await refused(funding, f"{base}/decide", skipped, DECIDER) == ("rationale_incomplete", cited, True)
    short = {**DECISION, "notice_months": 2, "shorter_because": WORDS}
    assert await refused(funding, f"{base}/decide", short, DECIDER) == ("notice_too_short", cited, True)
    await does(funding, f"{base}/decide", DECISION, DECIDER)

    await served(funding, change, "change_decided", date(2015, 4, 10), OVER)
    await funding.wait_for("funding.exit_plan_asked")
    await does(funding, f"{base}/exit-plan", {"plan": WORDS, "redundancy_pounds": 4_800}, CARER)
    await does(funding, f"{base}/exit-plan/view", {"view": WORDS}, ASSESSOR)
    await funding.settled()
    await at(funding, datetime(2015, 10, 10, 22, 59, tzinfo=UTC))
    case = (await funding.get(f"{base}/case", by=CARER)).json()
    assert (case["state"], case["ends_on"], case["effect_on"]) == ("notice", "2015-10-10", "2015-10-11")
    assert case["effects_on_others"] == [{"body_id": POLICE, "people": 40, "referrals_a_year": 120}]
    assert {"counted_by": "funder", "of_group": "volunteers", "people": None, "fewer_than_five": True} in case[
        "numbers"
    ]
    await at(funding, datetime(2015, 10, 10, 23, 0, tzinfo=UTC))
    await funding.wait_for("funding.agreement_varied")

    assert (await funding.types()).count("funding.partner_effect_reported") == 1
    assert (await funding.types()).count("compact.step_refused") == 8
    paper = next(one for one in case["papers"] if one["kind"] == "point" and one["part"] == "2")
    read = await funding.get(f"{base}/papers/{paper['document_id']}", by=ASSESSOR)
    assert read.text == f"{WORDS} Again."
    assert (await funding.get(f"{base}/case", by=STRANGER)).status_code == 404
    assert (await funding.get(f"{base}/papers/{paper['document_id']}", by=STRANGER)).status_code == 404
    bounce = ServiceWithdrawn(
        notice_id="n-change_decided", organisation_id=CARERS, about=f"change:{change}", was_served_on=date(2015, 4, 10)
    )
    await record(funding.running.journal, [bounce], datetime(2015, 10, 12, tzinfo=UTC))
    await funding.wait_for("funding.sums_made_good")
    await funding.settled()
    assert await compare(funding.running) == []


async def a_change_to_decide(funding: Living) -> str:
    change = await a_disclosed_change(funding)
    base = f"/changes/{change}"
    await does(funding, f"{base}/impact", ASSESSMENT, ASSESSOR)
    await does(funding, f"{base}/estimate", ASSESSMENT, CARER)
    await does(funding, f"{base}/reallocation", {"needed": False, "reasons": WORDS}, ASSESSOR)
    await at(funding, MET)
    await does(funding, f"{base}/meetings", {"held_on": "2015-03-20", "minutes": WORDS}, ASSESSOR)
    await at(funding, OVER)
    for side in (COMMISSIONER, CARER):
        await does(funding, f"{base}/positions", {"position": "agreed", "words": WORDS}, side)
    return change


async def test_a_doubt_about_a_change_is_shown_to_its_funder_alone(funding: Living) -> None:
    change = await a_disclosed_change(funding)
    unaware = DecidedUnaware(
        about=f"change:{change}", organisation_id=CARERS, decision_id="d1", late_event_id="e1",
        code="independence_concern_open", given_to_role="decider",
    )  # fmt: skip
    await record(funding.running.journal, [unaware], DISCLOSED)

    shown = [(await funding.get("/decisions-in-doubt", by=who)).json()["items"] for who in (DECIDER, INSPECTOR)]

    assert [[one["about"] for one in items] for items in shown] == [[f"change:{change}"], []]


async def test_of_two_deciders_at_the_same_moment_one_decides_and_the_other_is_told_who_did(funding: Living) -> None:
    path = f"/changes/{await a_change_to_decide(funding)}/decide"
    longer = {**DECISION, "notice_months": 7}

    answers = await asyncio.gather(
        *(
            funding.post(path, body, by=by)
            for _ in range(3)
            for by, body in ((DECIDER, DECISION), (DEPUTY, longer))
        )
    )  # fmt: skip

    [stands] = await events_of(funding, "funding.funding_change_decided")
    assert [answer.status_code for answer in answers].count(200) == 1
    problems = [answer.json() for answer in answers if answer.status_code == 409]
    assert len(problems) == 5
    assert {(one["code"], stands["decided_by"] in one["detail"]) for one in problems} == {("change_decided", True)}
    assert stands["notice_months"] == (6 if stands["decided_by"] == DECIDER.person else 7)


async def events_of(funding: Living, wire: str) -> list[dict[str, Any]]:
    rows = await funding.running.pool.fetch("select data from ledger.journal where type = $1", wire)
    return [json.loads(row["data"]) for row in rows]


NEW_COUNCIL, NEW_POLICE = "sutton-and-merton-council", "south-london-police"
HEIR = Actor("p-20", "decider", NEW_COUNCIL)
HEIRS_OFFICER = Actor("p-21", "body_officer", NEW_COUNCIL)
FORMER = {"Compact-Body": COUNCIL}


async def succeeded(funding: Living, former: str, heir: str, *officers: Actor) -> None:
    place = funding.running.settings.place
    facts = standing_facts("sutton", *officers, limit=500_000)
    offices = [one.model_copy(update={"place": place}) for one in facts if isinstance(one, OfficeHolderAppointed)]
    day = date(2015, 4, 7)
    passed_on = [
        SignatoryLeft(organisation_id=former, place=place, left_on=day, succeeded_by=heir),
        SignatoryJoined(organisation_id=heir, place=place, joined_on=day, pending=False),
    ]
    gone = OfficeHolderRemoved(person_id=DECIDER.person, organisation_id=COUNCIL, place=place, role=DECIDER.role)
    await record(funding.running.journal, [*passed_on, *offices, gone], OVER)


async def test_a_change_under_way_goes_on_under_the_body_that_succeeded_its_funder(funding: Living) -> None:
    change = await a_change_to_decide(funding)
    points = {"points": [WORDS]}
    await does(funding, f"/changes/{change}/representations", points, CARER)
    await succeeded(funding, COUNCIL, NEW_COUNCIL, HEIR, HEIRS_OFFICER)
    path = f"/changes/{change}/decide"

    code, _, _ = await refused(funding, path, DECISION, DECIDER)
    unnamed = await funding.post(path, DECISION, by=HEIR)
    gated = await funding.post(path, DECISION, by=HEIR, headers=FORMER)
    stranger = await funding.post(path, DECISION, by=INSPECTOR, headers=FORMER)

    assert (code, unnamed.status_code) == ("office_not_held", 404)
    problem = gated.json()
    assert (problem["code"], problem["citation"]["clause"]) == ("point_unanswered", "3.4.3")
    assert (stranger.status_code, stranger.json()["code"]) == (403, "not_the_successor")
    rows = await funding.running.pool.fetch("select data from ledger.journal where type = $1", RECEIVED)
    said = json.loads(rows[0]["data"])
    point = f"/changes/{change}/representations/{said['representation_id']}/points/{said['points'][0]['part']}/answer"
    answered = await funding.post(point, {"answer": WORDS}, by=HEIRS_OFFICER, headers=FORMER)
    assert answered.is_success, answered.text
    decided = await funding.post(path, DECISION, by=HEIR, headers=FORMER)
    assert decided.is_success, decided.text
    [stands] = await events_of(funding, "funding.funding_change_decided")
    assert (stands["funder_id"], stands["decided_by"]) == (COUNCIL, HEIR.person)


async def test_the_claims_of_a_body_that_was_succeeded_are_its_successors(funding: Living) -> None:
    change = await a_disclosed_change(funding)
    await succeeded(funding, POLICE, NEW_POLICE)

    await claim(funding, {"change_id": change, "people": 40, "referrals_a_year": 120})
    await funding.wait_for("funding.partner_effect_reported")

    [effect] = await events_of(funding, "funding.partner_effect_reported")
    assert effect["body_id"] == NEW_POLICE


async def test_a_claim_that_is_not_the_bodys_or_says_nothing_is_laid_aside_and_the_next_is_taken(
    funding: Living,
) -> None:
    change = await a_disclosed_change(funding)

    await claim(funding, {"change_id": change, "people": 40}, "x", source="fire")
    await claim(funding, {"change_id": change, "people": 4}, "few")
    await claim(funding, ["nothing"], "list")
    await claim(funding, {"change_id": change, "people": 40}, "good")
    await claim(funding, {"change_id": change, "people": 41}, "good")
    await funding.wait_for("funding.partner_effect_reported")
    await funding.wait_for("funding.claim_not_taken", 4)

    rows = await funding.running.pool.fetch(
        "select convert_from(data, 'UTF8') as data from ledger.journal where type = 'funding.claim_not_taken'"
        " order by position"
    )
    reasons = [json.loads(row["data"])["reason"] for row in rows]
    assert reasons == ["source_is_not_the_topics_owner", "breaks_schema", "breaks_schema", "another_under_this_id"]
    [effect] = await funding.running.pool.fetch(
        "select onbehalfof, convert_from(data, 'UTF8') as data from ledger.journal"
        " where type = 'funding.partner_effect_reported'"
    )
    assert effect["onbehalfof"] == POLICE
    assert json.loads(effect["data"])["people"] == 40


async def test_a_claim_before_the_change_was_disclosed_comes_to_nothing(funding: Living) -> None:
    await at(funding, PROPOSED)
    change = (await does(funding, "/agreements/a1/changes", PROPOSAL, COMMISSIONER))["change_id"]

    await claim(funding, {"change_id": change, "people": 40})
    await funding.wait_for("funding.claim_received")
    await funding.settled()

    assert "funding.partner_effect_reported" not in await funding.types()


async def test_a_step_set_aside_over_http_opens_its_gate_and_a_second_person_is_never_set_aside(
    funding: Living,
) -> None:
    change = await a_disclosed_change(funding)
    form = {"step": "impact", "statute": {"document": "Local Government Finance Act 1988", "clause": "section 114"},
            "reasons": WORDS}  # fmt: skip

    code, cited, remedy = await refused(
        funding, f"/changes/{change}/set-aside", {**form, "step": "second_person"}, LAWYER
    )
    assert (code, cited.strip(), remedy) == ("never_set_aside", "Sutton setting aside of undertakings", True)
    await does(funding, f"/changes/{change}/set-aside", form, LAWYER)

    code, _, _ = await refused(funding, f"/changes/{change}/decide", DECISION, DECIDER)
    assert code == "reallocation_not_assessed"
    forbidden = await funding.post(f"/changes/{change}/set-aside", form, by=DECIDER)
    assert forbidden.status_code == 403
