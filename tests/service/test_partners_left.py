"""Agreements whose commissioning manager left are listed for whoever has to name another (SPP4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contracts.funding import AgreementDrafted
from contracts.partners import CommissioningManagerNominated, OfficeHolderRemoved
from services.partners.__main__ import service
from services.runtime.decisions import Actor
from tests.conftest import Infrastructure
from tests.living import Living, living, record, settings_for, standing_facts

COUNCIL, HEALTH, CHARITY = "sutton-council", "sutton-health", "GB-CHC-9900101"
COMMISSIONER = Actor("p-1", "commissioner", COUNCIL)
NURSE = Actor("p-2", "commissioner", HEALTH)
MANAGER = Actor("p-3", "commissioning_manager", COUNCIL)
OTHER = Actor("p-4", "commissioning_manager", COUNCIL)
AUDITOR = Actor("p-5", "auditor", COUNCIL)


def drafted(agreement: str, funder: str = COUNCIL) -> AgreementDrafted:
    return AgreementDrafted(
        agreement_id=agreement, bid_id=f"b-{agreement}", programme_id="p1", funder_id=funder, organisation_id=CHARITY,
        title="Partners", amounts=(), starts_on="2014-04-01", ends_on="2015-03-31", outcomes=(),
    )  # fmt: skip


async def left(partners: Living, by: Actor, **asked: Any) -> list[tuple[str, bool]]:
    answer = await partners.get("/managers", by=by, **asked)
    assert answer.is_success, answer.text
    return [(row["agreement_id"], row["in_office"]) for row in answer.json()["items"]]


async def test_an_agreement_whose_manager_left_is_put_to_the_commissioners_of_its_funder(
    infrastructure: Infrastructure, database: str, tmp_path: Path
) -> None:
    place = f"left{abs(hash(tmp_path)) % 10**9}"
    settings = settings_for("partners", database, infrastructure.broker().address, tmp_path, place)
    async with living(service, settings) as partners:
        offices = standing_facts("sutton", COMMISSIONER, NURSE, MANAGER, OTHER, AUDITOR)
        named = [
            CommissioningManagerNominated(agreement_id=one, organisation_id=COUNCIL, person_id=who.person)
            for one, who in (("a1", MANAGER), ("a2", OTHER))
        ]
        facts = [fact.model_copy(update={"place": place}) for fact in offices]
        await record(partners.running.journal, [*facts, drafted("a1"), drafted("a2"), drafted("a3", HEALTH), *named])
        assert await left(partners, COMMISSIONER, left="yes") == []

        gone = OfficeHolderRemoved(person_id=MANAGER.person, organisation_id=COUNCIL, place=place, role=MANAGER.role)
        await record(partners.running.journal, [gone])

        assert await left(partners, COMMISSIONER, left="yes") == [("a1", False)]
        assert await left(partners, COMMISSIONER) == [("a1", False), ("a2", True)]
        assert await left(partners, NURSE) == [("a3", False)]
        assert [one for one, _ in await left(partners, AUDITOR)] == ["a1", "a2", "a3"]
        replaced = await partners.post("/managers/a1/replacement", {"person_id": OTHER.person}, by=COMMISSIONER)
        assert replaced.is_success, replaced.text
        assert await left(partners, COMMISSIONER, left="yes") == []
