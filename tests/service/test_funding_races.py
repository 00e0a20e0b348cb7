"""People racing for the same money or the same place in a round: the journal lets only one of them through."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.every_service import DecidedUnaware
from contracts.funding import AgreementDrafted, YearAmount
from contracts.partners import OrganisationDissolved, OrganisationKind, OrganisationRegistered
from services.funding.__main__ import service
from services.runtime.clock import set_clock
from services.runtime.decisions import Actor
from tests.conftest import Infrastructure
from tests.living import Living, living, record, settings_for, standing_facts, until

COUNCIL = "sutton-council"
COMMISSIONER = Actor("p-1", "commissioner", COUNCIL)
OFFICER = Actor("p-2", "body_officer", COUNCIL)
DECIDER = Actor("p-3", "decider", COUNCIL)
DEPUTY = Actor("p-4", "decider", COUNCIL)
NURSE = Actor("p-5", "decider", "sutton-health")
BIDDERS = [Actor(f"p-9{n:02}", "vco_representative", f"GB-CHC-99000{n:02}") for n in range(10)]
OPEN, CLOSED = datetime(2013, 12, 10, 10, 0, tzinfo=UTC), datetime(2014, 2, 3, 10, 0, tzinfo=UTC)
WORDS = "A sentence that is long enough to be a reason."
PROGRAMME = {
    "title": "Strategic Partner Programme", "rules_key": "spp",
    "criteria": [{"id": "need", "text": "It answers a need of the sector.", "weight": 100}],
    "eligibility": [{"id": "constituted", "text": "It has a constitution."}],
    "money": [{"year": "2014/15", "pounds": 200_000}],
    "opens_at": "2013-12-09T09:00:00Z", "closes_at": "2014-01-31T17:00:00Z", "results_at": "2014-04-01T08:00:00Z",
    "term_starts_on": "2014-04-01", "term_ends_on": "2017-03-31", "legal_basis": WORDS,
}  # fmt: skip
BID = {
    "summary": WORDS,
    "lines": [{"id": "staff", "kind": "core", "year": "2014/15", "pounds": 100_000, "words": "Two workers."}],
    "outcomes": [{"id": "trained", "what": WORDS, "how": WORDS, "target": 60, "unit": "organisations"}],
    "declarations": {"constituted": True}, "answers": {"need": WORDS}, "legal_basis_acknowledged": True,
}  # fmt: skip


@pytest.fixture
async def funding(infrastructure: Infrastructure, database: str, tmp_path: Path) -> AsyncIterator[Living]:
    broker = infrastructure.broker().address
    place = f"race{abs(hash(tmp_path)) % 10**9}"
    async with living(service, settings_for("funding", database, broker, tmp_path, place)) as alive:
        offices = standing_facts("sutton", COMMISSIONER, OFFICER, DECIDER, DEPUTY, NURSE, *BIDDERS, limit=2_000_000)
        there = [fact.model_copy(update={"place": place}) for fact in offices]
        register = [
            OrganisationRegistered(
                organisation_id=bidder.organisation, name=bidder.organisation, kind=OrganisationKind.VCO,
                registered_on=date(2013, 11, 1),
            )
            for bidder in BIDDERS
        ]  # fmt: skip
        await record(alive.running.journal, [*there, *register])
        yield alive


async def a_round(funding: Living) -> str:
    published = await funding.post("/programmes", PROGRAMME, by=COMMISSIONER)
    assert published.status_code == 201, published.text
    set_clock(funding.running.settings.clock or Path(), OPEN)
    found: str = published.json()["programme_id"]
    return found


def codes(answers: list[Any]) -> Counter[str]:
    return Counter(answer.json().get("code", "accepted") for answer in answers)


async def test_of_bids_that_one_organisation_hands_in_at_the_same_moment_one_stands(funding: Living) -> None:
    programme = await a_round(funding)

    answers = await asyncio.gather(
        *(funding.post(f"/programmes/{programme}/bids", BID, by=BIDDERS[0]) for _ in range(8))
    )

    assert codes(answers) == {"accepted": 1, "bid_already_submitted": 7}
    assert (await funding.types()).count("funding.bid_submitted") == 1


async def test_awards_approved_at_the_same_moment_never_exceed_the_money(funding: Living) -> None:
    programme = await a_round(funding)
    bids = [
        (await funding.post(f"/programmes/{programme}/bids", BID, by=bidder)).json()["bid_id"] for bidder in BIDDERS
    ]
    set_clock(funding.running.settings.clock or Path(), CLOSED)
    for opener in (COMMISSIONER, OFFICER):
        assert (await funding.post(f"/programmes/{programme}/open-bids", {}, by=opener)).is_success
    for bid in bids:
        found = await funding.post(f"/bids/{bid}/eligible", {"reasons": {"constituted": WORDS}}, by=OFFICER)
        assert found.is_success, found.text
    approval = {"amounts": [{"year": "2014/15", "pounds": 100_000}], "rationale": {"need": WORDS}}

    answers = await asyncio.gather(*(funding.post(f"/bids/{bid}/approve", approval, by=DECIDER) for bid in bids))

    assert codes(answers) == {"accepted": 2, "beyond_the_money": 8}
    assert (await funding.types()).count("funding.award_approved") == 2


async def test_of_people_opening_at_the_same_moment_two_open_and_the_third_is_told_who_did(funding: Living) -> None:
    programme = await a_round(funding)
    set_clock(funding.running.settings.clock or Path(), CLOSED)
    people = (COMMISSIONER, OFFICER, DECIDER)

    answers = await asyncio.gather(
        *(funding.post(f"/programmes/{programme}/open-bids", {}, by=person) for person in people)
    )

    assert codes(answers) == {"accepted": 2, "opened_already": 1}
    [third] = [answer.json() for answer in answers if answer.status_code == 409]
    assert sum(person.person in third["detail"] for person in people) == 1
    assert (await funding.types()).count("funding.bids_opened") == 1


async def a_bid_to_verify(funding: Living) -> str:
    """Opened, with its document asked for and put right, so that it may be found either way."""
    programme = await a_round(funding)
    bid: str = (await funding.post(f"/programmes/{programme}/bids", BID, by=BIDDERS[0])).json()["bid_id"]
    set_clock(funding.running.settings.clock or Path(), CLOSED)
    for opener in (COMMISSIONER, OFFICER):
        assert (await funding.post(f"/programmes/{programme}/open-bids", {}, by=opener)).is_success
    asked = f"/bids/{bid}/document-requests"
    wanted = {"criterion_id": "constituted", "reasons": WORDS}
    assert (await funding.post(asked, wanted, by=OFFICER)).is_success
    assert (await funding.post(f"{asked}/constituted/document", {"text": WORDS}, by=BIDDERS[0])).is_success
    return bid


ELIGIBLE = ("eligible", {"reasons": {"constituted": WORDS}})
INELIGIBLE = ("ineligible", {"criterion_id": "constituted", "reasons": WORDS})


@pytest.mark.parametrize(("two", "code"), [
    ((ELIGIBLE, ELIGIBLE), "found_already"), ((ELIGIBLE, INELIGIBLE), "eligibility_already_found"),
])  # fmt: skip
async def test_of_two_people_verifying_one_bid_at_the_same_moment_one_finds_and_the_other_is_told_who_did(
    funding: Living, two: tuple[tuple[str, Any], ...], code: str
) -> None:
    bid = await a_bid_to_verify(funding)
    people = (COMMISSIONER, OFFICER)

    answers = await asyncio.gather(
        *(funding.post(f"/bids/{bid}/{how}", form, by=who) for (how, form), who in zip(two, people, strict=True))
    )

    assert codes(answers) == {"accepted": 1, code: 1}
    found = dict(zip((person.person for person in people), answers, strict=True))
    [first] = [person for person, answer in found.items() if answer.is_success]
    [told] = [answer.json() for answer in answers if answer.status_code == 409]
    assert f"by {first};" in told["detail"]
    types = await funding.types()
    assert types.count("funding.bid_found_eligible") + types.count("funding.bid_found_ineligible") == 1


async def test_of_two_deciders_on_one_bid_at_the_same_moment_one_decides_and_the_other_is_told(
    funding: Living,
) -> None:
    programme = await a_round(funding)
    bid = (await funding.post(f"/programmes/{programme}/bids", BID, by=BIDDERS[0])).json()["bid_id"]
    set_clock(funding.running.settings.clock or Path(), CLOSED)
    for opener in (COMMISSIONER, OFFICER):
        assert (await funding.post(f"/programmes/{programme}/open-bids", {}, by=opener)).is_success
    await funding.post(f"/bids/{bid}/eligible", {"reasons": {"constituted": WORDS}}, by=OFFICER)
    approval = {"amounts": [{"year": "2014/15", "pounds": 100_000}], "rationale": {"need": WORDS}}

    answers = await asyncio.gather(
        funding.post(f"/bids/{bid}/approve", approval, by=DECIDER),
        funding.post(f"/bids/{bid}/approve", approval, by=DEPUTY),
        funding.post(f"/bids/{bid}/decline", {"rationale": {"need": WORDS}}, by=DECIDER),
        funding.post(f"/bids/{bid}/decline", {"rationale": {"need": WORDS}}, by=DEPUTY),
    )

    assert codes(answers) == {"accepted": 1, "already_decided": 3}
    types = await funding.types()
    assert types.count("funding.award_approved") + types.count("funding.award_declined") == 1


async def test_the_money_of_a_round_is_cut_over_http_and_never_below_what_is_committed(funding: Living) -> None:
    programme = await a_round(funding)
    cut = {"money": [{"year": "2014/15", "pounds": 150_000}], "reasons": WORDS,
           "budget_decision": {"document": "Council budget 2014/15", "clause": "minute 42"}}  # fmt: skip
    first = await funding.post(f"/programmes/{programme}/money", cut, by=DECIDER)
    drafted = AgreementDrafted(
        agreement_id="a1", bid_id="b1", programme_id=programme, funder_id=COUNCIL, outcomes=(), title="Partners",
        organisation_id=BIDDERS[0].organisation, amounts=(YearAmount(year="2014/15", pounds=150_000),),
        starts_on=date(2014, 4, 1), ends_on=date(2015, 3, 31),
    )  # fmt: skip
    await record(funding.running.journal, [drafted], OPEN)

    lower = {**cut, "money": [{"year": "2014/15", "pounds": 149_999}]}
    second = await funding.post(f"/programmes/{programme}/money", lower, by=DECIDER)

    assert first.is_success, first.text
    shown = (await funding.get(f"/programmes/{programme}")).json()["money"]
    assert shown == [{"year": "2014/15", "pounds": 150_000}]
    problem = second.json()
    assert (second.status_code, problem["code"]) == (409, "money_below_commitments")
    assert problem["citation"]["clause"]
    assert "a1" in problem["remedy"]


async def test_a_doubt_about_an_award_is_shown_to_its_funder_alone(funding: Living) -> None:
    programme = await a_round(funding)
    bid = (await funding.post(f"/programmes/{programme}/bids", BID, by=BIDDERS[0])).json()["bid_id"]
    unaware = DecidedUnaware(
        about=f"bid:{bid}", organisation_id=BIDDERS[0].organisation, decision_id="d1", late_event_id="e1",
        code="organisation_dissolved", given_to_role="decider",
    )  # fmt: skip
    await record(funding.running.journal, [unaware], OPEN)

    shown = [(await funding.get("/decisions-in-doubt", by=who)).json()["items"] for who in (DECIDER, NURSE)]

    assert [[one["about"] for one in items] for items in shown] == [[f"bid:{bid}"], []]


async def test_an_organisation_dissolved_a_moment_earlier_gets_no_award(funding: Living) -> None:
    programme = await a_round(funding)
    submitted = await funding.post(f"/programmes/{programme}/bids", BID, by=BIDDERS[0])
    bid = submitted.json()["bid_id"]
    set_clock(funding.running.settings.clock or Path(), CLOSED)
    for opener in (COMMISSIONER, OFFICER):
        await funding.post(f"/programmes/{programme}/open-bids", {}, by=opener)
    await funding.post(f"/bids/{bid}/eligible", {"reasons": {"constituted": WORDS}}, by=OFFICER)
    approval = {"amounts": [{"year": "2014/15", "pounds": 100_000}], "rationale": {"need": WORDS}}
    await until(lambda: _connected(funding), "the bus at hand")

    gone = _dissolved(BIDDERS[0].organisation)
    await record(funding.running.journal, [gone], CLOSED)
    answer = await funding.post(f"/bids/{bid}/approve", approval, by=DECIDER)

    assert (answer.status_code, answer.json()["code"]) == (409, "organisation_dissolved")


async def test_an_award_waits_while_the_bus_is_away(funding: Living) -> None:
    programme = await a_round(funding)
    bid = (await funding.post(f"/programmes/{programme}/bids", BID, by=BIDDERS[0])).json()["bid_id"]
    set_clock(funding.running.settings.clock or Path(), CLOSED)
    for opener in (COMMISSIONER, OFFICER):
        await funding.post(f"/programmes/{programme}/open-bids", {}, by=opener)
    await funding.post(f"/bids/{bid}/eligible", {"reasons": {"constituted": WORDS}}, by=OFFICER)
    approval = {"amounts": [{"year": "2014/15", "pounds": 100_000}], "rationale": {"need": WORDS}}

    funding.running.bus.connected = False
    waits = await funding.post(f"/bids/{bid}/approve", approval, by=DECIDER, key="the same")
    funding.running.bus.connected = True
    goes = await funding.post(f"/bids/{bid}/approve", approval, by=DECIDER, key="the same")

    assert (waits.status_code, waits.json()["code"]) == (503, "bus_unreachable")
    assert goes.is_success


async def _connected(funding: Living) -> bool:
    return funding.running.bus.connected


def _dissolved(organisation: str) -> Any:
    return OrganisationDissolved(organisation_id=organisation, dissolved_on=date(2014, 1, 15))
