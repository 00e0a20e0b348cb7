"""An event that a broker showed, and whose place it then gave to another record, is published again.

The embedded broker does so where a publisher's line is cut off in the middle of a record.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from contracts.topics import events_topic
from services.runtime.kafka import consumer, producer, records_from
from services.runtime.settings import Settings
from services.runtime.topics import declared_config
from tests.conftest import Infrastructure
from tests.living import Living, living, record, until
from tests.service.sample import Sandbox, caught_up, persons, published, received, sample

ALPHA, BETA = sample("alpha"), sample("beta", "alpha")


@pytest.fixture
def sandbox(infrastructure: Infrastructure, tmp_path: Path) -> Sandbox:
    return Sandbox(infrastructure, tmp_path)


@asynccontextmanager
async def three_published(settings: Settings) -> AsyncIterator[Living]:
    """A service whose three events are on its topic, started again without remembering that it published them."""
    async with living(ALPHA, settings) as alpha:
        await record(alpha.running.journal, persons(1, 2, 3))
        await published(alpha)
        await until(lambda: _remembers(alpha), "it remembers that")
        await alpha.running.pool.execute("delete from ledger.follower where name like 'relay %'")
    async with living(ALPHA, settings) as alpha:
        await until(lambda: _leads(alpha), "it publishes, and has compared as the one that does")
        yield alpha


async def _remembers(alpha: Living) -> bool:
    found = await alpha.running.pool.fetchval("select position from ledger.follower where name like 'relay %.events'")
    return bool(found == 3)


async def _leads(alpha: Living) -> bool:
    relay = alpha.running.relays[0]
    return relay.leads and relay.published == 3


async def give_to_a_stranger(settings: Settings, topic: str, sequence: int) -> None:
    """Make the topic anew as it was, with a stranger's record in the place of one event."""
    partition = TopicPartition(topic, 0)
    async with consumer(settings) as reading:
        reading.assign([partition])
        records: list[Any] = [one async for one in records_from(reading, partition, 0)]
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
    await admin.start()
    try:
        await admin.delete_topics([topic])
        await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=dict(declared_config(1)))])
    finally:
        await admin.close()
    async with producer(settings) as sending:
        for one in records:
            foreign = dict(one.headers)["ce_sequence"] == b"%d" % sequence
            await sending.send_and_wait(
                topic, b"?" if foreign else one.value, key=one.key, partition=0,
                headers=[] if foreign else list(one.headers),
            )  # fmt: skip


async def test_what_was_only_read_is_looked_at_again_once_something_newer_is_acknowledged(sandbox: Sandbox) -> None:
    settings = await sandbox.declared("alpha")
    async with three_published(settings) as alpha:
        await give_to_a_stranger(settings, events_topic(sandbox.place, "alpha"), sequence=2)
        await record(alpha.running.journal, persons(4))

        async with living(BETA, await sandbox.settings("beta")) as beta:
            await caught_up(beta, alpha)

            assert await received(beta) == [1, 2, 3, 4]


async def test_the_last_event_is_published_again_where_another_record_stands_in_its_place(sandbox: Sandbox) -> None:
    settings = await sandbox.declared("alpha")
    async with three_published(settings) as alpha:
        await give_to_a_stranger(settings, events_topic(sandbox.place, "alpha"), sequence=3)

        async with living(BETA, await sandbox.settings("beta")) as beta:
            await caught_up(beta, alpha)

            assert await received(beta) == [1, 2, 3]
