"""The record beside the Compact: the Equality Charter's commitments and the shared ones, with the facts behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import Infrastructure
from tests.service.test_funding_scorecard import AUDITOR, COUNCIL, Read, place_of, sample

PEOPLES = "EQC3"


@pytest.fixture
async def sutton(infrastructure: Infrastructure, database: str, tmp_path: Path) -> AsyncIterator[Read]:
    async with place_of(infrastructure, database, tmp_path, "sutton") as read:
        yield read


async def test_each_number_under_a_commitment_opens_to_its_facts_and_the_rest_say_why_there_is_none(
    sutton: Read,
) -> None:
    change = {"change_id": "ch1", "funder_id": COUNCIL}
    await sutton.holds(
        sample("funding.impact_assessed", **change),
        sample("funding.change_disclosed", **change),
        sample("funding.programme_money_cut", programme_id="p1", funder_id=COUNCIL),
        sample("funding.decision_review_overdue", bid_id="b1", funder_id=COUNCIL),
    )

    told = (await sutton.funding.get("/scorecard", by=AUDITOR)).json()

    done = {"done": 1, "missed": 0, "refused": 0, "set_aside": 0}
    counted = {one["clause"]: one["counts"] for one in told["commitments"] if one["counts"]}
    assert counted == {
        PEOPLES: [{"body": COUNCIL, **done}],
        "WTS4.3": [{"body": COUNCIL, **done, "done": 2}],
        "WTS4.5": [{"body": COUNCIL, **done, "done": 0, "missed": 1}],
    }
    for number, [row] in counted.items():
        assert len(await sutton.facts(clause=number)) == sum(row[name] for name in done)
    assert [one["type"] for one in await sutton.facts(clause="WTS4.3")] == [
        "funding.change_disclosed", "funding.programme_money_cut",
    ]  # fmt: skip
    silent = {one["clause"] for one in told["commitments"] if one["why_none"]}
    assert silent == {"EQC1", "EQC2", "EQC4", "EQC6", "WTS4.1", "WTS4.4"}


async def test_one_fact_counts_under_a_clause_and_a_commitment_and_once_under_each(sutton: Read) -> None:
    await sutton.holds(
        *(sample("funding.impact_assessed", change_id=which, funder_id=COUNCIL) for which in ("ch1", "ch1", "ch2")),
    )

    beside, every = await sutton.facts(clause=PEOPLES), await sutton.facts()

    assert [one["clause"] for one in every] == ["3.4.2", "3.4.2"]
    assert [one["event_id"] for one in beside] == [one["event_id"] for one in every]
    assert {one["clause"] for one in beside} == {PEOPLES}
