"""Payments with the real parts: two people, one payment however often it is sent, late by itself, and a true replay."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.agreement_terms import FinancingModel, FinancingModelChosen, Timing
from contracts.change_gates import AgreementEnded, SumsMadeGood
from contracts.every_service import DecidedUnaware
from contracts.funding import AgreementDrafted, AgreementInForce, YearAmount
from contracts.partners import OfficeHolderRemoved, OrganisationKind, OrganisationRegistered, OrganisationSucceeded
from services.funding.__main__ import service
from services.runtime.clock import set_clock
from services.runtime.decisions import Actor
from services.runtime.replay import compare
from tests.conftest import Infrastructure
from tests.living import Living, living, record, settings_for, standing_facts

COUNCIL, CHARITY, OTHER = "sutton-council", "GB-CHC-9900101", "GB-CHC-9900102"
MANAGER = Actor("p-1", "commissioning_manager", COUNCIL)
DECIDER = Actor("p-2", "decider", COUNCIL)
FINANCE = Actor("p-3", "finance", COUNCIL)
SECOND_FINANCE = Actor("p-4", "finance", COUNCIL)
COMMISSIONER = Actor("p-5", "commissioner", COUNCIL)
VCO = Actor("p-6", "vco_representative", CHARITY)
STRANGER = Actor("p-7", "vco_representative", OTHER)
HEALTH_FINANCE = Actor("p-8", "finance", "sutton-health")
AUDITOR = Actor("p-9", "auditor", COUNCIL)
PEOPLE = (MANAGER, DECIDER, FINANCE, SECOND_FINANCE, COMMISSIONER, VCO, STRANGER, HEALTH_FINANCE, AUDITOR)
AGREED = datetime(2014, 4, 3, 10, tzinfo=UTC)
AFTER = datetime(2014, 4, 22, 9, tzinfo=UTC)
WORDS = "A sentence that is long enough to be a reason."
SECRET = "87654321"
ACCOUNT = {"organisation_id": CHARITY, "account_name": "Lantern", "sort_code": "00-00-00", "account_number": SECRET}
FIRST = "/payments/a1.1"


def an_agreement() -> list[Any]:
    parties: dict[str, Any] = {"agreement_id": "a1", "funder_id": COUNCIL, "organisation_id": CHARITY}
    given: dict[str, Any] = {
        "programme_id": "p1", "title": "Partners", "amounts": (YearAmount(year="2014/15", pounds=60_000),),
        "starts_on": date(2014, 4, 1), "ends_on": date(2015, 3, 31),
    }  # fmt: skip
    chosen = FinancingModelChosen(
        **parties, model=FinancingModel.INSTALMENTS, timing=Timing.ADVANCE, instalments_per_year=2,
        small_organisation=False, reasons=(), chosen_by=COMMISSIONER.person,
    )  # fmt: skip
    drafted = AgreementDrafted(**parties, **given, bid_id="b1", outcomes=())
    return [drafted, chosen, AgreementInForce(**parties, **given)]


@pytest.fixture
async def funding(infrastructure: Infrastructure, database: str, tmp_path: Path) -> AsyncIterator[Living]:
    broker = infrastructure.broker().address
    place = f"pay{abs(hash(tmp_path)) % 10**9}"
    async with living(service, settings_for("funding", database, broker, tmp_path, place)) as alive:
        offices = standing_facts("sutton", *PEOPLE, limit=100_000)
        there = [fact.model_copy(update={"place": place}) for fact in offices]
        register = [
            OrganisationRegistered(
                organisation_id=one, name=one, kind=OrganisationKind.VCO, registered_on=date(2013, 11, 1)
            )
            for one in (CHARITY, OTHER)
        ]
        await record(alive.running.journal, [*there, *register])
        set_clock(alive.running.settings.clock or Path(), AGREED)
        await record(alive.running.journal, an_agreement(), AGREED)
        await alive.wait_for("funding.payment_scheduled", 2)
        yield alive


async def ok(answer: Any) -> dict[str, Any]:
    response = await answer
    assert response.is_success, response.text
    body: dict[str, Any] = response.json()
    return body


async def with_an_account(funding: Living) -> str:
    entered = await ok(funding.post("/bank-details", ACCOUNT, by=VCO))
    details: str = entered["details_id"]
    await ok(funding.post(f"/organisations/{CHARITY}/bank-details/{details}/confirm", by=FINANCE))
    return details


async def released(funding: Living, path: str = FIRST) -> None:
    await ok(funding.post(f"{path}/request", by=MANAGER))
    await ok(funding.post(f"{path}/release", by=DECIDER))


async def test_of_payments_made_at_the_same_moment_under_different_references_one_is_made(funding: Living) -> None:
    await with_an_account(funding)
    await released(funding)

    answers = await asyncio.gather(
        *(funding.post(f"{FIRST}/made", {"ledger_reference": f"SC-{n}00"}, by=FINANCE) for n in range(1, 9))
    )

    assert Counter(answer.json().get("code", "made") for answer in answers) == {"made": 1, "already_paid": 7}
    assert (await funding.types()).count("funding.payment_made") == 1


async def test_one_reference_stands_for_one_of_two_payments_made_at_the_same_moment(funding: Living) -> None:
    await with_an_account(funding)
    paths = (FIRST, "/payments/a1.2")
    for path in paths:
        await released(funding, path)

    answers = await asyncio.gather(
        *(funding.post(f"{path}/made", {"ledger_reference": "SC-100"}, by=FINANCE) for path in paths)
    )

    assert Counter(answer.json().get("code", "made") for answer in answers) == {"made": 1, "ledger_reference_used": 1}


async def test_a_request_sent_again_pays_nothing_twice(funding: Living) -> None:
    await with_an_account(funding)
    await released(funding)
    body = {"ledger_reference": "SC-100"}

    answers = [await funding.post(f"{FIRST}/made", body, by=FINANCE, key="the same") for _ in range(3)]

    assert [answer.json() for answer in answers] == [{"made": True}] * 3
    assert (await funding.types()).count("funding.payment_made") == 1


async def test_the_same_person_in_two_requests_at_once_does_not_release_alone(funding: Living) -> None:
    await with_an_account(funding)

    answers = await asyncio.gather(
        funding.post(f"{FIRST}/request", by=FINANCE), funding.post(f"{FIRST}/release", by=FINANCE)
    )

    assert answers[0].is_success
    assert answers[1].json()["code"] in ("same_person", "payment_not_requested")
    assert "funding.payment_released" not in await funding.types()


async def test_of_two_people_at_one_step_of_a_payment_one_takes_it_and_the_other_is_told_who_did(
    funding: Living,
) -> None:
    entered = (await ok(funding.post("/bank-details", ACCOUNT, by=VCO)))["details_id"]
    steps = (
        (f"/organisations/{CHARITY}/bank-details/{entered}/confirm", (FINANCE, SECOND_FINANCE), "confirmed_already"),
        (f"{FIRST}/request", (MANAGER, COMMISSIONER), "requested_already"),
        (f"{FIRST}/release", (FINANCE, SECOND_FINANCE), "released_already"),
    )
    for path, people, code in steps:
        answers = await asyncio.gather(*(funding.post(path, by=person) for person in people))

        assert sorted(answer.status_code for answer in answers) == [200, 409], path
        first, second = sorted(zip(people, answers, strict=True), key=lambda one: one[1].status_code)
        assert (second[1].json()["code"], first[0].person in second[1].json()["detail"]) == (code, True)


async def test_of_two_people_confirming_one_hold_one_confirms_and_the_other_is_told_who_did(funding: Living) -> None:
    form = {"ground": "safeguarding", "reasons": WORDS}
    hold = (await ok(funding.post(f"{FIRST}/holds", form, by=MANAGER)))["hold_id"]
    people = (FINANCE, SECOND_FINANCE, DECIDER)

    answers = await asyncio.gather(
        *(funding.post(f"{FIRST}/holds/{hold}/confirm", by=person) for person in people)
    )  # fmt: skip

    assert Counter(answer.json().get("code", "held") for answer in answers) == {"held": 1, "held_already": 2}
    assert (await funding.types()).count("funding.payment_held") == 1


async def test_what_an_officer_who_left_has_done_stands_and_others_of_that_office_go_on(funding: Living) -> None:
    details = (await ok(funding.post("/bank-details", ACCOUNT, by=VCO)))["details_id"]
    await ok(funding.post(f"/organisations/{CHARITY}/bank-details/{details}/confirm", by=FINANCE))
    await ok(funding.post(f"{FIRST}/request", by=FINANCE))
    gone = OfficeHolderRemoved(
        person_id=FINANCE.person, organisation_id=COUNCIL, place=funding.running.settings.place, role=FINANCE.role
    )
    await record(funding.running.journal, [gone], AGREED)

    no_more = await funding.post("/payments/a1.2/request", by=FINANCE)
    await ok(funding.post(f"{FIRST}/release", by=SECOND_FINANCE))
    await ok(funding.post(f"{FIRST}/made", {"ledger_reference": "SC-100"}, by=SECOND_FINANCE))

    assert (no_more.status_code, no_more.json()["code"]) == (409, "office_not_held")
    row = (await ok(funding.get("/agreements/a1/payments", by=SECOND_FINANCE)))["items"][0]
    assert row["ledger_reference"] == "SC-100"


async def test_an_agreement_told_of_again_is_scheduled_once(funding: Living) -> None:
    await record(funding.running.journal, an_agreement()[1:], AGREED)
    await funding.settled()

    assert (await funding.types()).count("funding.payment_scheduled") == 2


async def test_what_is_late_says_so_by_itself_and_the_read_tables_follow_from_history(funding: Living) -> None:
    set_clock(funding.running.settings.clock or Path(), AFTER)
    await funding.wait_for("funding.payment_overdue")
    [late] = (await ok(funding.get("/payments", by=VCO, late="yes")))["items"]
    assert (late["payment_id"], late["waited_for"], late["because"]) == ("a1.1", "organisation", "no_bank_details")

    await with_an_account(funding)
    await funding.wait_for("funding.payment_due_again")
    await released(funding)
    await ok(funding.post(f"{FIRST}/made", {"ledger_reference": "SC-100"}, by=FINANCE))
    back = await ok(funding.post(f"{FIRST}/returned", {"reason": "account_closed"}, by=FINANCE))
    held = await ok(funding.post(f"{FIRST}/holds", {"ground": "payee_in_doubt", "reasons": WORDS}, by=SECOND_FINANCE))
    await ok(funding.post(f"{FIRST}/holds/{held['hold_id']}/confirm", by=COMMISSIONER))
    await funding.settled()

    first, second = (await ok(funding.get("/agreements/a1/payments", by=VCO)))["items"]
    assert (back["due_on"], first["held"], first["returned"], first["made_on"]) == ("2014-05-07", True, 1, None)
    assert second["due_on"] == "2014-10-01"
    assert await compare(funding.running) == []


async def test_an_agreement_that_ends_leaves_no_payment_to_fall_due_and_sums_made_good_are_due_again(
    funding: Living,
) -> None:
    named: dict[str, Any] = {"change_id": "c1", "agreement_id": "a1", "funder_id": COUNCIL, "organisation_id": CHARITY}
    ended = AgreementEnded(**named, from_day=date(2014, 10, 1))
    await record(funding.running.journal, [ended], AGREED)
    await funding.wait_for("funding.payment_cancelled")
    answer = await funding.post("/payments/a1.2/request", by=MANAGER)
    await funding.settled()
    one = await ok(funding.get(f"/funding/{CHARITY}", by=VCO))

    assert (answer.status_code, answer.json()["code"]) == (409, "payment_cancelled")
    assert one["agreements"] == []

    amounts = (YearAmount(year="2014/15", pounds=60_000),)
    again = SumsMadeGood(**named, amounts=amounts, held_from=date(2014, 10, 1))
    await record(funding.running.journal, [again], AGREED)
    await funding.wait_for("funding.payment_scheduled", 3)
    await funding.settled()

    shown = (await ok(funding.get("/agreements/a1/payments", by=VCO)))["items"]
    assert [(row["number"], row["pounds"], row["cancelled"], row["made_good"], row["due_on"]) for row in shown] == [
        (1, 30_000, False, False, "2014-04-17"), (2, 30_000, True, False, "2014-10-01"),
        (3, 30_000, False, True, "2014-10-01"),
    ]  # fmt: skip
    assert await compare(funding.running) == []


async def test_a_successor_reads_and_is_paid_what_the_former_organisation_was_owed(funding: Living) -> None:
    details = await with_an_account(funding)
    former, accounts = {"Compact-Body": CHARITY}, f"/organisations/{CHARITY}/bank-details"
    too_soon = await funding.get("/agreements/a1/payments", by=STRANGER, headers=former)
    place = funding.running.settings.place
    passed_on = OrganisationSucceeded(
        organisation_id=CHARITY, successor_id=OTHER, succeeded_on=AGREED.date(), place=place
    )
    await record(funding.running.journal, [passed_on], AGREED)

    await ok(funding.post(f"{FIRST}/request", by=MANAGER))
    refused = await funding.post(f"{FIRST}/release", by=DECIDER)
    entered = await ok(funding.post("/bank-details", {**ACCOUNT, "account_name": "Heir"}, by=STRANGER, headers=former))
    await ok(funding.post(f"{accounts}/{entered['details_id']}/confirm", by=FINANCE))
    await ok(funding.post(f"{FIRST}/release", by=DECIDER))
    await ok(funding.post(f"{FIRST}/made", {"ledger_reference": "SC-100"}, by=FINANCE))
    await funding.settled()

    listed = await ok(funding.get("/agreements/a1/payments", by=STRANGER, headers=former))
    unnamed = await ok(funding.get("/agreements/a1/payments", by=STRANGER))
    shown = await ok(funding.get(accounts, by=FINANCE))
    assert (too_soon.status_code, too_soon.json()["code"]) == (403, "not_the_successor")
    assert (refused.status_code, refused.json()["code"]) == (409, "bank_details_not_confirmed")
    assert refused.json()["remedy"] == f"{OTHER} enters where it is paid, and finance confirms it."
    assert [one["made_on"] for one in listed["items"]] == [AGREED.date().isoformat(), None]
    assert unnamed["items"] == []
    assert {one["details_id"]: one["confirmed"] for one in shown["items"]} == {
        details: False,
        entered["details_id"]: True,
    }
    assert await compare(funding.running) == []


async def test_finance_finds_a_release_in_doubt_and_takes_it_back(funding: Living) -> None:
    await with_an_account(funding)
    await released(funding)
    sql = "select id from ledger.journal where type = 'funding.payment_released'"
    unaware = DecidedUnaware(
        about="payment:a1.1", organisation_id=CHARITY, decision_id=str(await funding.running.pool.fetchval(sql)),
        late_event_id="e-late", code="organisation_dissolved", given_to_role="finance",
    )  # fmt: skip
    await record(funding.running.journal, [unaware], AGREED)
    await funding.settled()

    doubts = (await ok(funding.get("/decisions-in-doubt", by=SECOND_FINANCE)))["items"]
    [doubt] = [one for one in doubts if one["about"] == "payment:a1.1"]
    answer = f"/decisions-in-doubt/{doubt['decision_id']}/{doubt['late_event_id']}/answer"
    by_decider = await funding.post(answer, {"stands": False, "reasons": WORDS}, by=DECIDER)
    await ok(funding.post(answer, {"stands": False, "reasons": WORDS}, by=SECOND_FINANCE))
    made = await funding.post(f"{FIRST}/made", {"ledger_reference": "SC-100"}, by=FINANCE)
    await funding.settled()

    assert doubt["given_to_role"] == "finance"
    assert (by_decider.status_code, by_decider.json()["code"]) == (403, "no_authority")
    assert (made.status_code, made.json()["code"]) == (409, "payment_not_released")
    assert await compare(funding.running) == []


async def test_a_decision_in_doubt_is_shown_to_its_own_body_and_to_the_auditor_alone(funding: Living) -> None:
    facts = [
        DecidedUnaware(
            about=about, organisation_id=CHARITY, decision_id="d1", late_event_id=late, code="organisation_dissolved",
            given_to_role="finance",
        )
        for about, late in (("payment:a1.1", "e1"), ("payment:a1.1", "e2"), ("agreement:a1", "e3"))
    ]  # fmt: skip
    await record(funding.running.journal, facts, AGREED)

    shown = {
        who: [one["late_event_id"] for one in (await ok(funding.get("/decisions-in-doubt", by=who)))["items"]]
        for who in (FINANCE, HEALTH_FINANCE, AUDITOR)
    }

    assert shown == {FINANCE: ["e1", "e2", "e3"], HEALTH_FINANCE: [], AUDITOR: ["e1", "e2", "e3"]}
    pages = [await ok(funding.get("/decisions-in-doubt", by=FINANCE, limit=1))]
    pages.append(await ok(funding.get("/decisions-in-doubt", by=FINANCE, limit=1, after=pages[0]["next"])))
    assert [page["items"][0]["late_event_id"] for page in pages] == ["e1", "e2"]


async def test_bank_details_stand_in_no_event_and_are_read_by_their_own_and_by_finance_alone(funding: Living) -> None:
    details = await with_an_account(funding)

    read = [await funding.get(f"/bank-details/{details}", by=who) for who in (VCO, FINANCE, STRANGER)]
    others = await funding.get(f"/bank-details/{details}", by=MANAGER)

    assert [answer.status_code for answer in (*read, others)] == [200, 200, 404, 403]
    assert SECRET in read[0].text
    kept = await funding.running.pool.fetch("select data::text as data from ledger.journal")
    assert not any(SECRET in row["data"] for row in kept)
    assert (await funding.get(f"/organisations/{CHARITY}/bank-details", by=STRANGER)).status_code == 404


async def test_all_current_funding_is_shown_side_by_side(funding: Living) -> None:
    await with_an_account(funding)
    await released(funding)
    await ok(funding.post(f"{FIRST}/made", {"ledger_reference": "SC-100"}, by=FINANCE))
    contract = {"organisation_id": CHARITY, "title": "Welcome desk", "starts_on": "2014-04-03",
                "ends_on": "2015-04-02", "amounts": [{"year": "2014/15", "pounds": 9_000}]}  # fmt: skip
    await ok(funding.post("/contracts", contract, by=COMMISSIONER))

    one = await ok(funding.get(f"/funding/{CHARITY}", by=STRANGER))
    [row] = (await ok(funding.get("/funding", by=STRANGER)))["items"]

    assert (one["agreed_pounds"], one["contracted_pounds"]) == (60_000, 9_000)
    assert (one["agreements"][0]["scheduled_pounds"], one["agreements"][0]["paid_pounds"]) == (60_000, 30_000)
    assert [contract["title"] for contract in one["additional_contracts"]] == ["Welcome desk"]
    assert row == {"organisation_id": CHARITY, "agreed_pounds": 60_000, "contracted_pounds": 9_000,
                   "paid_pounds": 30_000}  # fmt: skip


MALFORMED: tuple[tuple[str, Any, Actor], ...] = (
    (f"{FIRST}/made", {"ledger_reference": "what we paid"}, FINANCE),
    (f"{FIRST}/holds", {"ground": "because", "reasons": WORDS}, MANAGER),
    (f"{FIRST}/holds", {"ground": "safeguarding", "reasons": "No."}, MANAGER),
    ("/bank-details", {**ACCOUNT, "account_number": f"{SECRET}9"}, VCO),
    ("/agreements/a1/financing", {"timing": "later", "instalments_per_year": 2, "reasons": {}}, COMMISSIONER),
    ("/agreements/a1/clauses", {"clauses": []}, COMMISSIONER),
)


async def test_what_cannot_be_meant_is_answered_422_without_repeating_it(funding: Living) -> None:
    for path, body, by in MALFORMED:
        answer = await funding.post(path, body, by=by)

        assert answer.status_code == 422, (path, answer.text)
        assert SECRET not in answer.text
