"""The Compact's record over HTTP on real journals: what is counted, what each number opens to, and who sees what."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contracts.envelope import Event
from contracts.every_service import RequestRefused, SealedStepRefused, StepRefused, StepWarned
from contracts.rules import Citation
from services.funding.__main__ import service
from services.funding.scorecard import NONE_ADOPTED, WITHHELD
from services.monitoring.__main__ import service as monitoring
from services.runtime.decisions import Actor
from services.runtime.replay import compare
from tests.conftest import Infrastructure
from tests.living import Living, living, record, settings_for, standing_facts
from tests.unit.change_samples import sample as published

COUNCIL, POLICE, HEALTH, CVS, VCO = "sutton-council", "sutton-police", "sutton-ccg", "GB-CHC-1", "GB-CHC-9900017"
AUDITOR = Actor("p-1", "auditor", COUNCIL)
OFFICE = Actor("p-2", "partnership_office", COUNCIL)
MANAGER = Actor("p-3", "commissioning_manager", COUNCIL)
DECIDER = Actor("p-4", "decider", COUNCIL)
CONSTABLE = Actor("p-5", "body_officer", POLICE)
PARTNER = Actor("p-6", "vco_representative", VCO)
ON_A_PANEL = Actor("p-7", "vco_representative", CVS)
SEES_ALL, JUDGES = (AUDITOR, OFFICE, PARTNER), (DECIDER, MANAGER, CONSTABLE, ON_A_PANEL)
TIMELY = Citation(document="Sutton Compact", clause="3.3.4")


def sample(wire: str, **changed: Any) -> Event:
    """A published sample without the documents that it opens, which nobody wrote here."""
    return published(wire, **changed).model_copy(update={"opens": ()})


@dataclass
class Read:
    """Funding of one place, and what people read there of the record."""

    funding: Living

    async def holds(self, *events: Event) -> None:
        await record(self.funding.running.journal, events)

    async def counts(self, by: Actor = AUDITOR, **chosen: str) -> dict[str, dict[str, dict[str, int]]]:
        """The numbers that are not nought, by clause and body."""
        answer = await self.funding.get("/scorecard", by=by, **chosen)
        assert answer.status_code == 200, answer.text
        return {
            one["clause"]: {
                each["body"]: {name: n for name, n in each.items() if name != "body" and n} for each in one["counts"]
            }
            for one in answer.json()["undertakings"]
            if one["counts"]
        }

    async def facts(self, by: Actor = AUDITOR, **chosen: Any) -> list[dict[str, Any]]:
        answer = await self.funding.get("/scorecard/facts", by=by, **chosen)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


@asynccontextmanager
async def place_of(infrastructure: Infrastructure, dsn: str, data: Path, rules: str) -> AsyncIterator[Read]:
    place = f"record{uuid.uuid4().hex[:8]}"
    async with living(service, settings_for("funding", dsn, infrastructure.broker().address, data, place)) as funding:
        people = (OFFICE, MANAGER, DECIDER, CONSTABLE, PARTNER, ON_A_PANEL, Actor("p-7", "panel_member", CVS))
        facts = [fact.model_copy(update={"place": place}) for fact in standing_facts(rules, *people)]
        await record(funding.running.journal, facts)
        yield Read(funding)


@pytest.fixture
async def sutton(infrastructure: Infrastructure, database: str, tmp_path: Path) -> AsyncIterator[Read]:
    async with place_of(infrastructure, database, tmp_path, "sutton") as read:
        yield read


@pytest.fixture
async def coventry(infrastructure: Infrastructure, database: str, tmp_path: Path) -> AsyncIterator[Read]:
    async with place_of(infrastructure, database, tmp_path, "coventry") as read:
        yield read


def refused(
    citation: Citation = TIMELY, body: str = COUNCIL, about: str = "bid:b1", code: str = "x", kind: Any = StepRefused
) -> Event:
    fact: Event = kind(body_id=body, command="DoSomething", code=code, citation=citation, about=about)
    return fact


def about_change(change_id: str = "ch1") -> list[Event]:
    """What is recorded about a change of support, each under a clause of its own."""
    about = {"change_id": change_id, "funder_id": COUNCIL}
    names = ("impact_assessed", "change_meeting_held", "notice_period_started", "own_estimate_given")
    facts = [sample(f"funding.{name}", **about) for name in names]
    aside = sample("funding.undertaking_set_aside", **about, step="notice_periods")
    clause = Citation(document="Sutton Compact", clause="3.4.2")
    return [*facts, aside, refused(clause, about=f"change:{change_id}")]


async def test_each_number_opens_to_its_facts(sutton: Read) -> None:
    await sutton.holds(
        sample("funding.payment_made", payment_id="a.1"),
        sample("funding.payment_made", payment_id="a.2"),
        sample("funding.payment_overdue", payment_id="a.3", waited_for="funder"),
        refused(about="payment:a.3", code="payment_held"),
    )

    counts = await sutton.counts()

    assert counts == {"3.3.4": {COUNCIL: {"done": 2, "missed": 1, "refused": 1}}}
    (late,) = await sutton.facts(clause="3.3.4", outcome="missed")
    (step,) = await sutton.facts(clause="3.3.4", body=COUNCIL, outcome="refused")
    assert [one["about"] for one in await sutton.facts(outcome="done")] == ["payment:a.1", "payment:a.2"]
    assert (late["type"], late["about"]) == ("funding.payment_overdue", "payment:a.3")
    assert (step["type"], step["code"], step["about"]) == ("compact.step_refused", "payment_held", "payment:a.3")
    row = await sutton.funding.running.pool.fetchrow(
        "select position, id, recorded::text, 'funding' from ledger.journal where type = 'funding.payment_overdue'"
    )
    told = (late["position"], late["event_id"], late["recorded"], late["service"])
    assert (told[0], told[1], told[2][:19], told[3]) == (row[0], row[1], row[2][:19], row[3])


async def test_what_another_service_recorded_is_counted_once_and_named_as_its_own(
    sutton: Read, infrastructure: Infrastructure, tmp_path: Path
) -> None:
    dsn, settings = infrastructure.postgres(), sutton.funding.running.settings
    database = infrastructure.do(dsn.create_database(f"test_{uuid.uuid4().hex[:12]}"))
    elsewhere = settings_for("monitoring", database, settings.kafka, tmp_path, settings.place)
    async with living(monitoring, elsewhere) as other:
        cites = refused(Citation(document="Sutton Compact", clause="3.3.5"), about="agreement:a1")
        await record(other.running.journal, [sample("monitoring.report_submitted", late=False, parts=[]), cites])
        await sutton.funding.wait_for("compact.step_refused")

    assert await sutton.counts() == {"3.3.10": {"sector": {"done": 1}}, "3.3.5": {COUNCIL: {"refused": 1}}}
    assert [one["service"] for one in await sutton.facts()] == ["monitoring", "monitoring"]


async def test_live_follows_from_history(sutton: Read) -> None:
    withdrawn = {"report_id": "r1", "due_on": "2014-05-01"}
    await sutton.holds(
        sample("monitoring.report_overdue", **withdrawn),
        sample("monitoring.report_overdue", report_id="r2", due_on="2014-05-01"),
        sample("monitoring.report_overdue_withdrawn", **withdrawn),
        sample("funding.rationale_given", bid_id="b1"),
        sample("funding.bid_awarded", bid_id="b1", funder_id=COUNCIL),
        sample("funding.notice_period_started", notice_id="n1"),
        sample("funding.notice_period_stopped", notice_id="n1", because="service_withdrawn"),
        refused(),
        *about_change(),
    )
    await sutton.funding.settled()

    assert (await sutton.counts())["3.3.10"] == {"sector": {"missed": 1}}
    assert (await sutton.counts())["3.3.2"] == {COUNCIL: {"done": 1}}
    assert await compare(sutton.funding.running) == []


async def test_only_clauses_of_the_compact_are_counted_and_nothing_that_is_private(sutton: Read) -> None:
    programme = Citation(document="Strategic Partner Programme", clause="3.3.4")
    office = Citation(document="Register of office holders", clause="decider")
    await sutton.holds(
        refused(programme), refused(office), refused(Citation(document="Sutton Compact", clause="9.9")),
        refused(kind=SealedStepRefused),
        RequestRefused(organisation_id=VCO, command="SubmitBid", code="x", citation=TIMELY, about="programme:p1"),
    )  # fmt: skip

    assert (await sutton.counts(), await sutton.facts()) == ({}, [])

    await sutton.holds(refused(about="bid:b2"))  # what was sealed is published like this once it is open
    assert await sutton.counts() == {"3.3.4": {COUNCIL: {"refused": 1}}}


async def test_a_refusal_of_somebody_of_the_sector_names_no_organisation(sutton: Read) -> None:
    declared = Citation(document="Sutton Compact", clause="3.1.6")
    await sutton.holds(refused(declared, CVS), refused(declared, POLICE))

    assert await sutton.counts() == {"3.1.6": {POLICE: {"refused": 1}, "sector": {"refused": 1}}}
    answer = await sutton.funding.get("/scorecard/facts", by=AUDITOR)
    assert CVS not in answer.text


async def test_what_a_pending_body_did_while_it_was_warned_is_no_keeping_of_that_clause(sutton: Read) -> None:
    terms = Citation(document="Sutton Compact", clause="3.3.3")
    warned = refused(terms, HEALTH, "agreement:a1", kind=StepWarned)
    await sutton.holds(
        sample("funding.term_reasoned", agreement_id="a1", funder_id=HEALTH), warned,
        sample("funding.risks_allocated", agreement_id="a1", funder_id=HEALTH),
    )  # fmt: skip

    assert await sutton.counts() == {"3.3.3": {HEALTH: {"refused": 1}}, "3.3.6": {HEALTH: {"done": 1}}}


async def test_nothing_about_a_change_is_counted_before_other_bodies_may_know_of_it(sutton: Read) -> None:
    await sutton.holds(sample("funding.funding_change_proposed", change_id="ch1"), *about_change())

    for reader in (AUDITOR, CONSTABLE, DECIDER, PARTNER):
        assert await sutton.counts(reader) == {}
        assert await sutton.facts(reader) == []

    await sutton.holds(sample("funding.change_disclosed", change_id="ch1"))
    assert await sutton.counts(CONSTABLE) == {
        "3.4.2": {COUNCIL: {"done": 1, "refused": 1}},
        "3.4.3": {COUNCIL: {"done": 1}},
        "3.4.4": {COUNCIL: {"done": 1, "set_aside": 1}},
        "3.4.7": {"sector": {"done": 1}},
    }


async def test_a_refused_proposal_that_never_became_a_change_is_counted(sutton: Read) -> None:
    await sutton.holds(refused(Citation(document="Sutton Compact", clause="3.4.1"), about="change:never"))

    assert await sutton.counts() == {"3.4.1": {COUNCIL: {"refused": 1}}}


async def test_nobody_who_scores_or_decides_is_shown_what_organisations_said(sutton: Read) -> None:
    concern = Citation(document="Sutton Compact", clause="3.1.1")
    await sutton.holds(
        sample("partners.independence_concern_answered", body_id=COUNCIL, finding="upheld"),
        sample("partners.independence_answer_overdue", body_id=COUNCIL),
        sample("funding.decision_review_answered", funder_id=COUNCIL, late=False),
        sample("funding.representation_received", change_id="ch9"),
        sample("monitoring.annual_review_answered"),
        refused(concern, code="independence_concern_open"),
        refused(concern, code="campaigning_limited"),
    )

    for reader in SEES_ALL:
        assert {clause: sum(map(len, bodies.values())) for clause, bodies in (await sutton.counts(reader)).items()} == {
            "3.1.1": 2, "3.2.6": 1, "3.3.2": 1, "3.4.6": 1
        }  # fmt: skip
        assert len(await sutton.facts(reader)) == 8
    for reader in JUDGES:
        assert await sutton.counts(reader) == {"3.1.1": {COUNCIL: {"refused": 1}}}
        assert [one["code"] for one in await sutton.facts(reader)] == ["campaigning_limited"]
        told = (await sutton.funding.get("/scorecard", by=reader)).json()
        assert told["note"] == WITHHELD


async def test_whoever_sits_on_a_panel_is_shown_none_of_it_in_any_office(sutton: Read) -> None:
    await sutton.holds(sample("monitoring.annual_review_answered"))
    assert set(await sutton.counts(PARTNER)) == {"3.4.6"}

    member = {"person_id": PARTNER.person, "organisation_id": VCO, "sector": True}
    await sutton.holds(sample("funding.panel_appointed", members=[member]))

    assert await sutton.counts(PARTNER) == {}


async def test_a_fact_says_what_it_is_about_to_those_alone_who_may_ask_for_its_history(sutton: Read) -> None:
    await sutton.holds(sample("funding.payment_made", payment_id="a.1", funder_id=COUNCIL))

    told = {
        reader.person: (await sutton.facts(reader))[0]["about"] for reader in (AUDITOR, MANAGER, CONSTABLE, PARTNER)
    }

    assert told == {"p-1": "payment:a.1", "p-3": "payment:a.1", "p-5": None, "p-6": None}


async def test_facts_come_page_by_page_in_their_order(sutton: Read) -> None:
    await sutton.holds(*(sample("funding.payment_made", payment_id=f"a.{n}") for n in range(99)), refused())

    seen: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        page = (await sutton.funding.get("/scorecard/facts", by=AUDITOR, limit=40, after=after)).json()
        assert len(page["items"]) <= 40
        seen, after = seen + page["items"], page["next"]

    positions = [one["position"] for one in seen]
    assert (len(positions), positions[0] < 100 < positions[-1]) == (100, True)
    assert positions == sorted(set(positions))


async def test_numbers_are_narrowed_to_a_clause_and_a_body(sutton: Read) -> None:
    shown = sample("monitoring.report_submitted", late=False, parts=[])
    await sutton.holds(shown, sample("funding.payment_made", funder_id=COUNCIL), refused(body=POLICE))

    assert await sutton.counts(clause="3.3.10") == {"3.3.10": {"sector": {"done": 1}}}
    assert await sutton.counts(body=POLICE) == {"3.3.4": {POLICE: {"refused": 1}}}
    told = (await sutton.funding.get("/scorecard", by=AUDITOR, clause="3.1.2")).json()["undertakings"]
    assert [(one["clause"], one["counts"], bool(one["why_none"])) for one in told] == [("3.1.2", [], True)]


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"clause": "9.9.9"}, "The parameter clause is one of the numbers of Sutton Compact."),
        (
            {"body": VCO},
            "The parameter body is one of sutton-ccg, sutton-council, sutton-fire, sutton-police, sector.",
        ),
        ({"outcome": "kept"}, "The parameter outcome is one of done, missed, refused, set_aside."),
        ({"limit": "0"}, "The parameter limit is a whole number from 1 to 500."),
        ({"after": "?"}, "The parameter after is what `next` of a page said."),
    ],
)
async def test_what_the_record_cannot_be_asked_for_is_said(sutton: Read, chosen: dict[str, str], sentence: str) -> None:
    answer = await sutton.funding.get("/scorecard/facts", by=AUDITOR, **chosen)

    assert (answer.status_code, answer.json()["detail"]) == (422, sentence)


async def test_the_record_is_read_with_a_token_in_an_office_that_is_held(sutton: Read) -> None:
    assert (await sutton.funding.get("/scorecard")).status_code == 401
    nobody = await sutton.funding.get("/scorecard", by=Actor("p-99", "finance", COUNCIL))
    assert (nobody.status_code, nobody.json()["code"]) == (403, "office_not_held")


async def test_a_place_without_numbered_undertakings_says_so(coventry: Read) -> None:
    await coventry.holds(sample("funding.payment_made"), refused())

    told = await coventry.funding.get("/scorecard", by=AUDITOR)
    opened = await coventry.funding.get("/scorecard/facts", by=AUDITOR)

    assert (told.status_code, told.json()["undertakings"], told.json()["note"]) == (200, [], NONE_ADOPTED)
    assert told.json()["document"] == "Coventry Local Strategic Partnership"
    assert (opened.status_code, opened.json()["detail"]) == (404, NONE_ADOPTED)
