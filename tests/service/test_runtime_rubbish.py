"""Whatever a stranger puts on a topic, what was decided comes to every reader all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.topics import events_topic
from services.runtime.kafka import producer
from services.runtime.settings import Settings
from tests.conftest import Infrastructure
from tests.living import living, record
from tests.service.sample import Sandbox, caught_up, persons, produce_unreadable, published, received, sample

ALPHA, BETA = sample("alpha"), sample("beta", "alpha")


@pytest.fixture
def sandbox(infrastructure: Infrastructure, tmp_path: Path) -> Sandbox:
    return Sandbox(infrastructure, tmp_path)


async def test_rubbish_that_the_client_cannot_decode_stops_neither_publisher_nor_reader(sandbox: Sandbox) -> None:
    settings = await sandbox.declared("alpha")
    topic = events_topic(sandbox.place, "alpha")
    reader = await sandbox.settings("beta")
    async with living(ALPHA, settings) as alpha:
        await record(alpha.running.journal, persons(1))
        await published(alpha)
        await produce_unreadable(settings, topic)

    async with living(ALPHA, settings) as alpha, living(BETA, reader) as beta:
        await record(alpha.running.journal, persons(2))
        await caught_up(beta, alpha)
        await produce_unreadable(settings, topic)
        await record(alpha.running.journal, persons(3))
        await caught_up(beta, alpha)

        assert await received(beta) == [1, 2, 3]
        assert await beta.running.pool.fetchval("select count(*) from ledger.held") == 2


async def put(settings: Settings, topic: str, headers: list[tuple[str, Any]]) -> None:
    """Put a record of a stranger's on a topic."""
    async with producer(settings) as sending:
        await sending.send_and_wait(topic, b"{", key=b"key", partition=0, headers=headers)


@pytest.mark.parametrize("value", [b"\xff\xfe", None], ids=["not UTF-8", "null"])
async def test_events_around_a_header_that_is_no_text_come_in_one_batch_with_it(sandbox: Sandbox, value: Any) -> None:
    settings = await sandbox.declared("alpha")
    async with living(ALPHA, settings) as alpha:
        for number in (1, 2):
            await record(alpha.running.journal, persons(number))
            await published(alpha)
            await put(settings, events_topic(sandbox.place, "alpha"), [("ce_type", value)])
        await record(alpha.running.journal, persons(3))

        async with living(BETA, await sandbox.settings("beta")) as beta:
            await caught_up(beta, alpha)

            assert await received(beta) == [1, 2, 3]
            assert await beta.running.pool.fetchval("select count(*) from ledger.held") == 1
