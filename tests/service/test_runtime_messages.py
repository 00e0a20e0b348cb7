"""What a relay reads of a journal, and what it makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.envelope import Envelope
from services.runtime.journal import PAGE
from services.runtime.messages import NEXT
from tests.conftest import Infrastructure
from tests.living import START, living, record
from tests.service.sample import Sandbox, alone, published, registered, sample

ALPHA = sample("alpha")


@pytest.fixture
def sandbox(infrastructure: Infrastructure, tmp_path: Path) -> Sandbox:
    return Sandbox(infrastructure, tmp_path)


async def test_a_message_says_of_its_event_what_the_journal_holds(sandbox: Sandbox) -> None:
    settings = await sandbox.declared("alpha")
    async with living(ALPHA, settings) as alpha:
        await record(alpha.running.journal, [registered("o1")], START)
        await record(alpha.running.journal, [registered("König-100%25")], START.replace(microsecond=70))
        await published(alpha)
        rows = await alpha.running.pool.fetch("select * from ledger.journal order by position")
        found = await sandbox.messages(settings)

    assert [one.envelope for one in found] == [
        Envelope(
            row["id"], row["source"], row["type"], row["tags"][0], row["time"], row["actor"], row["role"],
            row["onbehalfof"], row["correlationid"], row["causationid"], tuple(row["tags"]),
        )
        for row in rows
    ]  # fmt: skip
    assert [(one.hash, one.knew, one.value) for one in found] == [
        (row["hash"].hex(), row["knew"], row["data"]) for row in rows
    ]


async def test_what_follows_a_position_is_read_in_order_also_where_no_statistics_stand(sandbox: Sandbox) -> None:
    settings = await sandbox.declared("alpha")
    async with alone(ALPHA, settings) as alpha:
        await record(alpha.running.journal, [registered(f"o{n}") for n in range(1000)])
        pool, (events, shared) = alpha.running.pool, alpha.running.relays
        plans = {
            index: [row[0] for row in await pool.fetch(f"explain {statement}", 1, 500)]
            for index, statement in (
                ("journal_published", NEXT.format(among=events.among)),
                ("journal_shared", NEXT.format(among=shared.among)),
                ("journal_pkey", PAGE),
            )
        }

    for index, plan in plans.items():
        assert not [line for line in plan if "Sort" in line]
        assert [line for line in plan if f"Index Scan using {index} " in line]
