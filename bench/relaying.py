"""Events a second from the journal to acknowledged by the broker.

Ours: the relay as a service runs it, woken by facts that were just entered. Beside it, a bare aiokafka producer with
the same settings that sends the same keys, headers and values, made beforehand, one `send` each, and waits for every
acknowledgement.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bench.figures import Figure, figure, in_turn
from bench.filling import Facts, enter
from bench.ground import Ground, a_place, begin
from contracts.binding import headers_of
from contracts.envelope import Envelope
from services.partners.__main__ import service as partners
from services.runtime.journal import Row
from services.runtime.kafka import producer
from services.runtime.relay import Relay
from services.runtime.running import Running
from services.runtime.settings import Settings
from services.runtime.topics import declare, topics_of

TICK = 0.001


@dataclass(frozen=True)
class Record:
    """One message, ready to be sent."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def record_of(row: Row, previous: int) -> Record:
    """The message that the relay makes of a journal row."""
    envelope = Envelope(
        row["id"], row["source"], row["type"], row["tags"][0], row["time"], row["actor"], row["role"],
        row["onbehalfof"], row["correlationid"], row["causationid"], tuple(row["tags"]),
    )  # fmt: skip
    headers = headers_of(
        envelope, sequence=row["position"], previous=previous, hash=row["hash"].hex(), knew=row["knew"]
    )
    return Record(row["tags"][0].encode(), row["data"], headers)


async def records(running: Running, after: int) -> list[Record]:
    """What follows a position in the journal, as messages."""
    head, made, previous = await running.journal.head(), [], 0
    async for rows in running.journal.pages(after, head):
        for row in rows:
            made.append(record_of(row, previous))
            previous = row["position"]
    return made


async def send(settings: Settings, topic: str, messages: list[Record]) -> float:
    """Send messages with a bare producer; messages a second until the last is acknowledged."""
    async with producer(settings) as sending:
        began = time.perf_counter()
        sent = [
            await sending.send(topic, each.value, key=each.key, partition=0, headers=each.headers) for each in messages
        ]
        await asyncio.gather(*sent)
        return len(messages) / (time.perf_counter() - began)


@asynccontextmanager
async def relaying(running: Running) -> AsyncIterator[Relay]:
    """The relay of a service's events, up and agreed with its topic."""
    relay = running.relays[0]
    running.bus.doubt()
    following = asyncio.create_task(relay.run(running.stopping))
    try:
        async with asyncio.timeout(20):
            while not relay.leads:
                await asyncio.sleep(TICK)
        yield relay
    finally:
        running.stopping.set()
        await following


async def figures(ground: Ground, rounds: int, events: int) -> list[Figure]:
    """Events a second from journal to acknowledged."""
    async with ground.service(partners) as running, relaying(running) as relay:
        head = await begin(running)
        made: list[Record] = []

        async def ours() -> float:
            nonlocal head, made
            before = head
            head = await enter(running, Facts(events, audience="services", first=head + 1))
            began = time.perf_counter()
            while relay.published < head:
                await asyncio.sleep(TICK)
            taken = time.perf_counter() - began
            made = await records(running, before)
            return events / taken

        async def bare() -> float:
            topic = topics_of(a_place(), "partners")[0]
            await declare(running.settings, [topic])
            return await send(running.settings, topic, made)

        await ours()
        await bare()
        found = await in_turn(rounds, {"ours": ours, "bare": bare})
    return [figure("relay, from journal to acknowledged", "events/s", found["ours"], found["bare"], "≥ 0.8")]
