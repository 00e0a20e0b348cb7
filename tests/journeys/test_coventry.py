"""A place is data: Coventry runs a whole round under its own limits, and no clause of the Compact stands anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from tests.journeys import traces
from tests.journeys.acting import (
    CHECKED,
    CLOSES,
    RESULTS,
    Acting,
    Person,
    acting,
    appoint,
    at,
    award,
    bid,
    give_email,
    officers,
    programme,
    register,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
COUNCIL = "coventry-council"
LINKS, MEALS = "Willenhall Links", "Foleshill Meals"
OWN = "Developing a commissioning approach to partnership work"
COMPACT = re.compile(rb"sutton|the compact\b|strategic partner programme|\b3\.[1-5]\.[1-9]", re.IGNORECASE)
EXAMPLES = re.compile(rb'"examples?":(\[[^\]]*\]|"[^"]*")')
"""What each service's OpenAPI document gives as examples is no place's own."""


@dataclass
class Round:
    """What was done, and everything it left behind."""

    act: Acting
    council: dict[str, Person]
    vcos: dict[str, Person]
    ids: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[Any, bytes] = field(default_factory=dict)
    left: traces.Traces = field(default_factory=dict)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played() -> AsyncIterator[Round]:
    async with acting("coventry") as act:
        council = officers(COUNCIL)
        office = council["partnership_office"]
        await act.does(office, "partners", "/rules", {"place": "coventry"})
        form = {"organisation_id": COUNCIL, "name": "Coventry City Council", "kind": "council"}
        await act.does(office, "partners", "/organisations", form)
        await appoint(act, office, *council.values(), limit=30_000_000)
        round_ = Round(act, council, await register(act, office, LINKS, MEALS))
        for name, who in round_.vcos.items():
            await give_email(act, who, f"office@{name.split()[1].lower()}.example")
        await act.quiet()
        for step in (bid_in_own_limits, decide_without_gates, bring_into_force, report):
            await step(round_)
        round_.left = await everything(round_)
        yield round_


async def bid_in_own_limits(on: Round) -> None:
    act, commissioner = on.act, on.council["commissioner"]
    form = programme(rules_key="neighbourhoods", money=[{"year": "2014/15", "pounds": 5_000_000}])
    over = {**form, "money": [{"year": "2014/15", "pounds": 5_000_001}]}
    on.refusals["money"] = await act.refused(commissioner, "funding", "/programmes", over, code="over_adopted_money")
    long = {**form, "term_ends_on": "2017-04-01"}
    on.refusals["term"] = await act.refused(commissioner, "funding", "/programmes", long, code="term_too_long")
    spp = {**form, "rules_key": "spp"}
    await act.refused(commissioner, "funding", "/programmes", spp, code="programme_rules_unknown", status=422)
    on.ids["programme_id"] = (await act.does(commissioner, "funding", "/programmes", form))["programme_id"]
    bids = f"/programmes/{on.ids['programme_id']}/bids"
    links, meals = on.vcos[LINKS], on.vcos[MEALS]
    on.refusals["outcomes"] = await act.refused(links, "funding", bids, of_one_year(bid(1, ())), code="no_outcomes")
    project = of_one_year(bid(400_000), kind="project")
    on.ids["bid_id"] = (await act.does(links, "funding", bids, project))["bid_id"]
    on.ids["other"] = (await act.does(meals, "funding", bids, of_one_year(bid(90_000))))["bid_id"]
    await act.until(CLOSES.replace(second=1))
    await act.refused(meals, "funding", bids, of_one_year(bid(90_000)), code="bid_late")
    for role in ("commissioner", "body_officer"):
        await act.does(on.council[role], "funding", f"/programmes/{on.ids['programme_id']}/open-bids")


def of_one_year(form: dict[str, Any], kind: str = "core") -> dict[str, Any]:
    return {**form, "lines": [{**form["lines"][0], "kind": kind}]}


async def decide_without_gates(on: Round) -> None:
    """No reason is asked for under each criterion: what the place did not adopt is no gate."""
    act, decider = on.act, on.council["decider"]
    for one in (on.ids["bid_id"], on.ids["other"]):
        await act.does(on.council["body_officer"], "funding", f"/bids/{one}/eligible", {"reasons": {}})
    part = {"amounts": award(400_000)["amounts"][:1], "rationale": {"need": "It reaches those whom nobody reaches."}}
    await act.does(decider, "funding", f"/bids/{on.ids['bid_id']}/approve", part)
    await act.does(decider, "funding", f"/bids/{on.ids['other']}/decline", {"rationale": {}})
    await act.until(RESULTS)
    drafted = await act.listed(decider, "funding", "/agreements")
    on.ids["agreement_id"] = drafted[0]["agreement_id"]


async def bring_into_force(on: Round) -> None:
    """Both sign, and it is in force: no manager and no monitoring need to stand before it here."""
    act, path = on.act, f"/agreements/{on.ids['agreement_id']}"
    commissioner = on.council["commissioner"]
    on.refusals["force"] = await act.refused(
        commissioner, "funding", f"{path}/bring-into-force", code="not_signed"
    )  # fmt: skip
    for who in (on.vcos[LINKS], on.council["decider"]):
        await act.does(who, "funding", f"{path}/sign")
    await act.quiet()


async def report(on: Round) -> None:
    """Monitoring is agreed afterwards, with a form open for a single day, and a report is handed in and accepted."""
    act, manager, links = on.act, on.council["commissioning_manager"], on.vcos[LINKS]
    path = f"/agreements/{on.ids['agreement_id']}/monitoring/proposals"
    question = {"id": "q1", "what": "Who was reached in the first month?", "why": "To see whom it reaches.",
                "how_used": "Published as a total."}  # fmt: skip
    reports = [{"period": "2014 May", "opens_on": "2014-05-01", "due_on": "2014-05-02"}]
    form = {"reports": reports, "questions": [question]}
    found = await act.does(manager, "monitoring", path, form)
    await act.does(links, "monitoring", f"{path}/{found['proposal_id']}/agreement")
    on.ids["report_id"] = found["report_ids"][0]
    await act.until(at(2014, 5, 1, 12))
    outcomes = [{"outcome_id": "governed", "status": "partly", "words": "Twelve of them so far.", "people": 40}]
    await act.does(links, "monitoring", f"/reports/{on.ids['report_id']}/submissions", {"outcomes": outcomes})
    await act.does(manager, "monitoring", f"/reports/{on.ids['report_id']}/acceptance")
    await act.quiet()


async def everything(on: Round) -> traces.Traces:
    """Journals, tables, topics, logs, mail, metrics, and what each route answers to each person."""
    act = on.act
    notices = await act.listed(on.council["auditor"], "notifications", "/notices")
    routes = await traces.routes(act)
    ids: dict[str, Sequence[str]] = {
        **traces.of_nothing(routes, "none"), "clause": ("3.3.8",), "criterion_id": ("need",),
        "organisation_id": [COUNCIL, *(who.organisation for who in on.vcos.values())],
        "notice_id": [one["notice_id"] for one in notices], "bid_id": [on.ids["bid_id"], on.ids["other"]],
        **{name: [on.ids[name]] for name in ("programme_id", "agreement_id", "report_id")},
    }  # fmt: skip
    asked = [*traces.addresses(routes, ids), *((name, "/openapi.json") for name in act.system.ports
             if name in ("partners", "funding", "monitoring", "notifications"))]  # fmt: skip
    on.answers = await traces.answers(act, [None, *on.council.values(), *on.vcos.values()], asked)
    told = {f"answer {path} to {who and who.role}": said for (who, _, path), said in on.answers.items()
            if path != "/undertakings/3.3.8"}  # fmt: skip
    commands = await traces.told_by_commands(act, traces.tags(ids)[:3], "2014-03-01T12:00:00+00:00")
    return {
        **await traces.journals(act), **await traces.tables(act), **await traces.topics(act), **told, **commands,
        **await traces.metrics(act), **traces.files(act, "logs", "mail", "documents"),
        "refusals": json.dumps(on.refusals).encode(),
    }  # fmt: skip


async def test_no_clause_of_the_compact_stands_anywhere(played: Round) -> None:
    kinds = {place.split()[0] for place in played.left}
    cited = {place: COMPACT.findall(EXAMPLES.sub(b"", content)) for place, content in played.left.items()}

    assert kinds == {"journal", "table", "topic", "answer", "command", "metrics", "file", "refusals"}
    assert {place: found for place, found in cited.items() if found} == {}


async def test_the_limits_of_the_place_hold_with_its_own_citations(played: Round) -> None:
    cited = {what: (problem["citation"]["document"], problem["citation"]["clause"])
             for what, problem in played.refusals.items()}  # fmt: skip

    assert cited == {
        "money": (OWN, "Description of the approach"), "term": (OWN, "Description of the approach"),
        "outcomes": (OWN, "The Specification"), "force": ("Programme Partners 2014 to 2017", "signatures"),
    }  # fmt: skip


async def test_gates_that_the_place_did_not_adopt_are_not_there(played: Round) -> None:
    funding, monitoring = await played.act.types("funding"), await played.act.types("monitoring")
    agreement = await played.act.reads(played.vcos[LINKS], "funding", f"/agreements/{played.ids['agreement_id']}")

    assert funding.count("funding.bid_found_eligible") == 2  # with no reason under the published condition
    assert "funding.award_approved" in funding  # with a reason under one criterion of two
    assert "funding.award_declined" in funding  # with none
    assert agreement["in_force"]
    assert agreement["manager_id"] is None
    assert funding.index("funding.agreement_in_force") < len(funding)
    assert not {"compact.step_warned", "funding.sealed_step_warned"} & {*funding, *monitoring}


async def test_the_round_came_to_a_report_handed_in_and_accepted(played: Round) -> None:
    results = await played.act.reads(None, "funding", f"/programmes/{played.ids['programme_id']}/results")
    monitoring = await played.act.types("monitoring")

    assert (results["bids"], results["awards"], results["awarded_pounds"]) == (2, 1, 400_000)
    assert monitoring[-4:] == ["monitoring.report_due", "monitoring.report_submitted", "monitoring.outcome_reported",
                               "monitoring.report_accepted"]  # fmt: skip


async def test_notices_count_as_served_by_the_rule_of_the_place(played: Round) -> None:
    notices = await played.act.listed(played.council["auditor"], "notifications", "/notices")
    served = {notice["template"]: (notice["served_on"], notice["citation"]) for notice in notices}

    assert {"award", "bid_declined"} <= served.keys()
    for template in ("award", "bid_declined"):  # sent on 1 April, counted one working day later
        assert served[template] == ("2014-04-02", {"document": "Coventry service of notices", "clause": ""})


async def test_every_chain_and_read_table_holds(played: Round) -> None:
    await played.act.proved()


async def test_the_council_appears_with_its_conditions_as_published(played: Round) -> None:
    published = await played.act.reads(None, "funding", f"/programmes/{played.ids['programme_id']}")

    assert published["funder_id"] == COUNCIL
    assert CHECKED["reasons"].keys() == {one["id"] for one in published["eligibility"]}
