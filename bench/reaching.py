"""From a request to its committed effect in another service, at half load.

Ours: an HTTP request to partners, decided, appended, relayed, and taken into the journal of notifications, both
services whole in this process. Beside it, what no system of this kind can do without: produce, consume, commit; a bare
aiokafka producer and consumer in this process and one insert by bare asyncpg, at the same pace.

Half load is half of the requests a second that our whole path carries when they are sent as fast as they are answered.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from statistics import quantiles

import httpx
from aiokafka import AIOKafkaProducer, TopicPartition

from bench.commands import rate
from bench.figures import Figure, figure, in_turn
from bench.filling import NUMBER, Facts, enter
from bench.ground import Ground, a_place, begin
from bench.relaying import Record, records
from contracts.topics import events_topic
from services.notifications.__main__ import service as notifications
from services.partners.__main__ import service as partners
from services.runtime.kafka import consumer, producer
from services.runtime.process import run
from services.runtime.reading import MAX_RECORDS
from services.runtime.running import Running
from services.runtime.topics import declare
from services.runtime.web import application

AT_ONCE = 16
ORGANISATIONS = 5_000
LEAST = 50
"""Requests in a round, however slow the machine."""
Send = Callable[[], Awaitable[int]]


@dataclass
class Arrivals:
    """When each position of the publisher's journal was committed by the reader."""

    upto: int = 0
    at: dict[int, float] = field(default_factory=dict)
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    def committed(self, upto: int) -> None:
        """Note that everything up to a position of the publisher stands in the reader's database."""
        now = time.perf_counter()
        for position in range(self.upto + 1, upto + 1):
            self.at[position] = now
        self.upto = max(self.upto, upto)
        self.moved.set()

    async def reached(self, position: int) -> None:
        """Wait until a position was committed."""
        while self.upto < position:
            self.moved.clear()
            await self.moved.wait()


@asynccontextmanager
async def up(running: Running) -> AsyncIterator[None]:
    """A service whole: everything that follows its journal and the bus."""
    running.bus.doubt()
    following = asyncio.create_task(run(running))
    try:
        await asyncio.wait_for(running.bus.agreed.wait(), 30)
        yield
    finally:
        running.stopping.set()
        running.journal.moved.set()
        await following


async def watch(reader: Running, arrivals: Arrivals) -> None:
    """Note what the reader's intake has committed, at each move of its journal."""
    intake = next(each for each in reader.intakes if each.publisher == "partners")
    noticed = reader.journal.noticed

    def told(position: int) -> None:
        noticed(position)
        arrivals.committed(intake.known.sequence)

    reader.journal.noticed = told  # type: ignore[method-assign]


def requests(client: httpx.AsyncClient) -> Send:
    """Requests to partners, one after another, each about another organisation; the position of what was decided."""
    numbers = iter(range(10**9))

    async def send() -> int:
        number = next(numbers)
        answer = await client.post(
            f"/organisations/bench-{number % ORGANISATIONS}/verification",
            json={"against": f"Register {letters(number // ORGANISATIONS)}", "number": NUMBER},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )
        answer.raise_for_status()
        return int(answer.headers["Compact-Position"])

    return send


def letters(number: int) -> str:
    """A number in letters, as the name of a register must be."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


async def at_pace(send: Send, pace: float, count: int, arrivals: Arrivals) -> tuple[float, float]:
    """Send so many at random moments, at this pace on average; p50 and p99 in milliseconds from due to committed."""
    took: list[float] = []
    dice, due = random.Random(1), time.perf_counter() + 0.05  # noqa: S311

    async def one(since: float) -> None:
        position = await send()
        await arrivals.reached(position)
        took.append((arrivals.at[position] - since) * 1000)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(count):
            await asyncio.sleep(max(0, due - time.perf_counter()))
            tasks.create_task(one(due))
            due += dice.expovariate(pace)
    hundredths = quantiles(took, n=100)
    return hundredths[49], hundredths[98]


@dataclass
class Bare:
    """Produce, consume and commit with nothing around it."""

    sending: AIOKafkaProducer
    topic: str
    message: Record
    sent: int = 0

    async def send(self) -> int:
        """Produce one message of the size of ours; its number."""
        self.sent += 1
        number = self.sent
        headers = [*self.message.headers, ("number", str(number).encode())]
        await self.sending.send_and_wait(
            self.topic, self.message.value, key=self.message.key, partition=0, headers=headers
        )
        return number

    async def consume(self, reader: Running, arrivals: Arrivals) -> None:
        """Consume what comes and commit each batch in one insert."""
        partition, done = TopicPartition(self.topic, 0), 0
        async with consumer(reader.settings) as reading:
            reading.assign([partition])
            while True:
                found = await reading.getmany(partition, timeout_ms=1000, max_records=MAX_RECORDS)
                if batch := found.get(partition):
                    rows = [(record.offset, record.value, repr(record.headers)) for record in batch]
                    await reader.pool.executemany("insert into bare values ($1, $2, $3)", rows)
                    done += len(batch)
                    arrivals.committed(done)


async def figures(ground: Ground, rounds: int, seconds: float) -> list[Figure]:
    """p50 and p99 from request to committed effect, beside produce, consume, commit."""
    place = a_place()
    async with AsyncExitStack() as stack:
        publisher = await stack.enter_async_context(ground.service(partners, place))
        reader = await stack.enter_async_context(ground.service(notifications, place))
        await begin(publisher)
        await enter(publisher, Facts(ORGANISATIONS, each=1))
        ours, theirs = Arrivals(), Arrivals()
        await stack.enter_async_context(up(publisher))
        await watch(reader, ours)
        await stack.enter_async_context(up(reader))
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app=application(publisher)), base_url="http://bench",
                headers={"Authorization": f"Bearer {ground.token()}"},
            )
        )  # fmt: skip
        send = requests(client)

        async def whole() -> None:
            await ours.reached(await send())

        await rate(whole, AT_ONCE, seconds / 2)  # connections and plans are made
        pace = await rate(whole, AT_ONCE, seconds) / 2
        print(f"half load is {pace:.0f} requests/s")
        bare = Bare(
            await stack.enter_async_context(producer(reader.settings)),
            events_topic(a_place(), "partners"),
            (await records(publisher, await publisher.journal.head() - 1))[0],
        )
        await declare(reader.settings, [bare.topic])
        await reader.pool.execute("create table bare (number bigint primary key, value bytea, headers text)")
        consuming = asyncio.create_task(bare.consume(reader, theirs))
        stack.callback(consuming.cancel)
        found: dict[str, list[float]] = {}

        def contender(name: str, send: Send, arrivals: Arrivals) -> Callable[[], Awaitable[float]]:
            async def measured() -> float:
                p50, p99 = await at_pace(send, pace, max(LEAST, round(pace * seconds * 2)), arrivals)
                found.setdefault(name, []).append(p99)
                return p50

            return measured

        middle = await in_turn(
            rounds, {"ours": contender("ours", send, ours), "bare": contender("bare", bare.send, theirs)}
        )
        last = {name: sorted(values)[len(values) // 2] for name, values in found.items()}
    name = "request to committed effect in another service at half load"
    return [
        figure(f"{name}, p50", "ms", middle["ours"], middle["bare"], "≤ 3"),
        figure(f"{name}, p99", "ms", last["ours"], last["bare"], "≤ 3"),
    ]
