"""Two people at the same moment sign for one side, or set one step aside: one does, the other is told who did."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.agreement_terms import (
    ClausesDrafted,
    FinancingModel,
    FinancingModelChosen,
    RisksAllocated,
    RiskViewsGiven,
    TermReasoned,
    Timing,
)
from contracts.envelope import DocumentRef
from contracts.funding import AgreementDrafted, AgreementInForce, YearAmount
from contracts.partners import OrganisationKind, OrganisationRegistered
from services.funding.__main__ import service
from services.runtime.clock import set_clock
from services.runtime.decisions import Actor
from tests.conftest import Infrastructure
from tests.living import Living, living, record, settings_for, standing_facts

COUNCIL, CARERS = "sutton-council", "GB-CHC-9900001"
COMMISSIONER = Actor("p-1", "commissioner", COUNCIL)
DECIDER, DEPUTY = Actor("p-2", "decider", COUNCIL), Actor("p-3", "decider", COUNCIL)
LAWYER, TREASURER = Actor("p-4", "monitoring_officer", COUNCIL), Actor("p-5", "finance", COUNCIL)
CHAIR, TRUSTEE = Actor("p-6", "vco_representative", CARERS), Actor("p-7", "vco_representative", CARERS)
PEOPLE = (COMMISSIONER, DECIDER, DEPUTY, LAWYER, TREASURER, CHAIR, TRUSTEE)
NOW = datetime(2014, 4, 2, 10, tzinfo=UTC)
WORDS = "A sentence that is long enough to be a reason."
PAPER = DocumentRef(id="d1", hash="0" * 64, media_type="text/plain", size=9)
PARTIES: dict[str, Any] = {"agreement_id": "a1", "funder_id": COUNCIL, "organisation_id": CARERS}
GIVEN: dict[str, Any] = {
    "programme_id": "p1", "title": "Carers", "amounts": (YearAmount(year="2014/15", pounds=60_000),),
    "starts_on": date(2014, 4, 1), "ends_on": date(2015, 3, 31),
}  # fmt: skip
DRAFTED = AgreementDrafted(**PARTIES, **GIVEN, bid_id="b1", outcomes=())
TERMS = (
    TermReasoned(
        **PARTIES, takes_until=date(2015, 3, 31), ends_on=date(2015, 3, 31), shorter=False, stated_by="p-1"
    ),
    FinancingModelChosen(
        **PARTIES, model=FinancingModel.INSTALMENTS, timing=Timing.ADVANCE, instalments_per_year=2,
        small_organisation=False, reasons=(), chosen_by="p-1",
    ),
    RisksAllocated(**PARTIES, risks=(), allocated_by="p-1"),
    RiskViewsGiven(agreement_id="a1", organisation_id=CARERS, views=(), given_by="p-6"),
    ClausesDrafted(**PARTIES, clauses=(), document=PAPER, drafted_by="p-1"),
)  # fmt: skip
ASIDE = {"step": "impact", "statute": {"document": "Local Government Finance Act 1988", "clause": "section 114"},
         "reasons": WORDS}  # fmt: skip


@pytest.fixture
async def funding(infrastructure: Infrastructure, database: str, tmp_path: Path) -> AsyncIterator[Living]:
    place = f"once{abs(hash(tmp_path)) % 10**9}"
    settings = settings_for("funding", database, infrastructure.broker().address, tmp_path, place)
    async with living(service, settings) as alive:
        offices = standing_facts("sutton", *PEOPLE, limit=500_000)
        there = [fact.model_copy(update={"place": place}) for fact in offices]
        registered = OrganisationRegistered(
            organisation_id=CARERS, name="Carers", kind=OrganisationKind.VCO, registered_on=date(2013, 11, 1)
        )
        await record(alive.running.journal, [*there, registered, DRAFTED, *TERMS])
        set_clock(alive.running.settings.clock or Path(), NOW)
        yield alive


async def at_once(funding: Living, path: str, body: Any, *people: Actor) -> Mapping[Actor, httpx.Response]:
    """What each of these people was answered, who asked for the same at the same moment."""
    answers = await asyncio.gather(*(funding.post(path, body, by=person) for person in people))
    return dict(zip(people, answers, strict=True))


def one_of(answers: Mapping[Actor, httpx.Response], code: str) -> Actor:
    """Whoever did it, of whom all the others were told."""
    codes = Counter(answer.json().get("code", "done") for answer in answers.values())
    assert codes == {"done": 1, code: len(answers) - 1}
    [first] = [person for person, answer in answers.items() if answer.is_success]
    told = [answer.json()["detail"] for answer in answers.values() if answer.status_code == 409]
    assert all(f"by {first.person};" in one for one in told)
    return first


@pytest.mark.parametrize("side", [(DECIDER, DEPUTY), (CHAIR, TRUSTEE)])
async def test_of_two_people_signing_for_one_side_at_the_same_moment_one_signs_and_the_other_is_told_who_did(
    funding: Living, side: tuple[Actor, Actor]
) -> None:
    answers = await at_once(funding, "/agreements/a1/sign", {}, *side)

    first = one_of(answers, "signed_already")
    signed = await funding.running.pool.fetch(
        "select data from ledger.journal where type = 'funding.agreement_signed_by_party'"
    )
    assert [first.person in str(row["data"]) for row in signed] == [True]


async def test_the_two_sides_sign_at_the_same_moment_and_both_signatures_stand(funding: Living) -> None:
    answers = await at_once(funding, "/agreements/a1/sign", {}, DECIDER, CHAIR)

    assert [answer.status_code for answer in answers.values()] == [200, 200]
    assert (await funding.types()).count("funding.agreement_signed_by_party") == 2


async def test_of_two_officers_setting_one_step_aside_at_the_same_moment_one_does_and_the_other_is_told_who_did(
    funding: Living,
) -> None:
    await record(funding.running.journal, [AgreementInForce(**PARTIES, **GIVEN)], NOW)
    proposal = {"kind": "reduce", "ground": "resources", "reasons": WORDS,
                "budget_decision": {"document": "Council budget 2014/15", "clause": "minute 42"}}  # fmt: skip
    proposed = await funding.post("/agreements/a1/changes", proposal, by=COMMISSIONER)
    assert proposed.is_success, proposed.text

    answers = await at_once(funding, f"/changes/{proposed.json()['change_id']}/set-aside", ASIDE, LAWYER, TREASURER)

    one_of(answers, "set_aside_already")
    assert (await funding.types()).count("funding.undertaking_set_aside") == 1
