"""Guarantee: what was decided is published in the journal's order; a crash may publish twice, never skip or invent.

A relay follows the journal for one topic. Before it publishes, and after every lost connection, it compares: what the
topic holds of this service must be rows of the journal with the same hash. Where the topic lost something, it is
published again from the first missing one; where the topic is ahead or different, the service was restored behind the
bus.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from contracts.binding import JournalHead
from contracts.catalogue import EVENTS
from services.runtime import observability
from services.runtime.bus import Bus, Standing
from services.runtime.comparing import Compared, compared
from services.runtime.documents import DocumentErased, DocumentRefused, Documents
from services.runtime.follower import TRANSIENT, pause, until_moved
from services.runtime.journal import Journal, beside
from services.runtime.kafka import consumer, in_time, producer, readable, stands
from services.runtime.messages import LAST, NEXT, POSITIONS, WAITING, among, message_of, message_of_head
from services.runtime.settings import Settings
from services.runtime.topics import WrongTopic, declare

log = structlog.get_logger()
BATCH = 500
LEASE_SECONDS = 5.0
LONGEST_PAUSE = 5.0
Sent = tuple[asyncio.Future[Any], int]
"""A batch on its way, and how many messages are in it."""


@dataclass(frozen=True)
class Page:
    """Rows on their way to the topic, up to a position."""

    sent: list[Sent]
    last: int
    began: float = field(default_factory=time.perf_counter)


class TopicLost(RuntimeError):
    """The broker gave a record an offset that was taken before: it lost what the topic held."""


BROKEN = (KafkaError, TopicLost, DocumentRefused, *TRANSIENT)


class Relay:
    """Publishes one service's events of certain audiences on one topic."""

    def __init__(
        self, journal: Journal, bus: Bus, documents: Documents, settings: Settings, topic: str, audiences: Iterable[str]
    ) -> None:
        self.journal, self.bus, self.documents, self.settings = journal, bus, documents, settings
        self.topic, self.audiences = topic, list(audiences)
        self.among = among(self.audiences)
        self.follower = f"relay {topic}"
        self.published, self.offset = 0, -1
        self.stands_for = 0
        """The position of the event whose record has that offset."""
        self.only_read: tuple[int, int] | None = None
        """Position and offset after which a comparison saw events on the topic, acknowledged by nobody yet."""
        self.holder = f"{id(self)}-{time.monotonic_ns()}"
        self.head_told = 0
        self.leads = False
        self.before_commands: Callable[[], Awaitable[None]] = _nothing
        bus.topics[topic] = Standing.UNKNOWN

    async def run(self, stopping: asyncio.Event) -> None:
        """Compare, then publish, until a connection is lost; and again, until the process stops."""
        wait = 0.5
        while not stopping.is_set():
            try:
                await declare(self.settings, [self.topic])
                async with producer(self.settings) as sending, consumer(self.settings) as reading:
                    reading.assign([TopicPartition(self.topic, 0)])
                    await self.compare(reading)
                    await self._follow(sending, reading, stopping)
            except WrongTopic as error:
                self._interrupted()
                log.error("topic_refused", topic=self.topic, reason=str(error))
                await pause(stopping, 5)
            except DocumentRefused as error:  # nothing is published before what it opens can be read
                log.error("document_not_opened", topic=self.topic, document_id=error.document_id)
                await pause(stopping, 2)
            except BROKEN as error:
                if isinstance(error, TRANSIENT) and not isinstance(error, KafkaError):
                    self.bus.doubt()
                wait = 0.5 if self.bus.connected else min(wait * 2, LONGEST_PAUSE)
                self._interrupted()
                log.warning("relay_interrupted", topic=self.topic, reason=type(error).__name__)
                await pause(stopping, wait)
        await self._let_go()

    def _interrupted(self) -> None:
        self.bus.connected = False
        self.leads = False
        observability.bus_connected.set(0)

    async def compare(self, reading: AIOKafkaConsumer) -> None:
        """Hold the topic against the journal, and take up publishing at the first event that is missing there."""
        found = await self._since_known(reading)
        head = await self.journal.head()
        if found.fault:
            self.bus.compared(self.topic, Standing.BEHIND, found.fault)
            log.error("restored_behind_the_bus", topic=self.topic, reason=found.fault)
            return
        if self.bus.topics[self.topic] is not Standing.AGREED:
            self.journal.forget(head)
        known = self.published, self.offset
        await self._take_up(found)
        self.only_read = known if self.published > known[0] else None
        if self.bus.topics[self.topic] is not Standing.AGREED:
            await self.before_commands()
        self.bus.connected = True
        observability.bus_connected.set(1)
        self.bus.compared(self.topic, Standing.AGREED)
        log.info("bus_compared", topic=self.topic, sequence=self.published, head=head)

    async def _since_known(self, reading: AIOKafkaConsumer) -> Compared:
        """Compare from the last record known to be there on; from the beginning where that is not there."""
        position, offset = await self._remembered()
        found = await compared(reading, self.topic, self.journal, max(0, offset))
        if position and found.offsets.get(position) == offset:
            self.published, self.offset, self.stands_for = position, offset, position
            return found
        self.published, self.offset, self.stands_for = 0, -1, 0
        return found if offset <= 0 else await compared(reading, self.topic, self.journal, 0)

    async def _take_up(self, found: Compared) -> None:
        """Move to the last event before the first that is missing on the topic."""
        for position in await self._positions(self.published):
            if position not in found.offsets:
                break
            self.published = position
            if found.offsets[position] > self.offset:
                self.offset, self.stands_for = found.offsets[position], position

    async def _confirm(self, reading: AIOKafkaConsumer) -> None:
        """Look again at what was only read, now that something newer is acknowledged; TopicLost where it is gone.

        A broker may show a record and then give its place to another: the embedded one where a line was cut off.
        """
        if self.only_read is None:
            return
        position, offset = self.only_read
        found = await compared(reading, self.topic, self.journal, max(0, offset))
        taken_up = [one for one in await self._positions(position) if one <= self.published]
        if not found.offsets.keys() >= set(taken_up):
            raise TopicLost(self.topic)
        self.only_read = None

    async def _positions(self, after: int) -> list[int]:
        rows = await self.journal.pool.fetch(POSITIONS.format(among=self.among), after)
        return [row["position"] for row in rows]

    async def _remembered(self) -> tuple[int, int]:
        rows = await self.journal.pool.fetch(
            "select name, position from ledger.follower where name = any ($1)",
            [self.follower, f"{self.follower} offset"],
        )
        found = {row["name"]: row["position"] for row in rows}
        return found.get(self.follower, 0), found.get(f"{self.follower} offset", -1)

    async def _remember(self) -> None:
        """Keep how far it is published; what a lost database forgets of it is found on the topic."""
        await self.journal.pool.execute(
            "with at_leisure as (select set_config('synchronous_commit', 'off', true))"
            " insert into ledger.follower select name, position from at_leisure,"
            " (values ($1::text, $2::bigint), ($3, $4)) as reached (name, position)"
            " on conflict (name) do update set position = excluded.position",
            self.follower, self.published, f"{self.follower} offset", self.offset,
        )  # fmt: skip

    async def _lost(self, reading: AIOKafkaConsumer) -> bool:
        """Whether something else than the event itself, or nothing, stands where the last one is known to stand."""
        partition = TopicPartition(self.topic, 0)
        end = (await reading.end_offsets([partition]))[partition]  # raises where there is no such topic any more
        if self.offset < 0:
            return False
        record = await stands(reading, partition, self.offset)
        if record is None:  # or it did not come in time
            return bool(end <= self.offset)
        message = readable(record)
        if message is None or message.envelope.type == JournalHead.wire:
            return True
        return (message.envelope.source, message.sequence) != (self.journal.source, self.stands_for)

    async def _follow(self, sending: AIOKafkaProducer, reading: AIOKafkaConsumer, stopping: asyncio.Event) -> None:
        renew = 0.0
        while not stopping.is_set() and self.bus.topics[self.topic] is not Standing.UNKNOWN:
            if self.bus.topics[self.topic] is Standing.BEHIND:
                await self._recovered(reading, stopping)
                continue
            if time.monotonic() > renew:
                held = await self._hold()
                renew = time.monotonic() + LEASE_SECONDS / 3
                if held and not self.leads and (await self._remembered())[0] != self.published:
                    await self.compare(reading)
                self.leads = held
                if await self._lost(reading):
                    raise TopicLost(self.topic)
            head = self.journal.last_head
            if self.leads:
                await self._publish(sending, reading)
            else:
                self.published, _ = await self._remembered()
            await until_moved(self.journal, head, stopping)

    async def _recovered(self, reading: AIOKafkaConsumer, stopping: asyncio.Event) -> None:
        """Wait until somebody has put the journal right (`compact recover`), and compare again."""
        behind = await self.journal.head()
        while not stopping.is_set() and await self.journal.head() == behind:
            await pause(stopping, 1.0)
        if not stopping.is_set():
            await self.compare(reading)

    async def _hold(self) -> bool:
        held: bool = await self.journal.pool.fetchval(
            "select ledger.hold($1, $2, $3)", self.follower, self.holder, LEASE_SECONDS
        )
        return held

    async def _let_go(self) -> None:
        """End the lease, so that whoever publishes next need not wait for it to run out."""
        with suppress(*TRANSIENT):
            await self.journal.pool.execute(
                "update ledger.lease set until = 'epoch' where name = $1 and holder = $2", self.follower, self.holder
            )

    async def _publish(self, sending: AIOKafkaProducer, reading: AIOKafkaConsumer) -> None:
        """Send page after page; while one is sent, the next one is read, and then the one before it is waited for."""
        last, under_way = self.published, None
        rows = await self._after(last)
        while rows:
            await self._open_documents(rows)
            upto = rows[-1]["position"]
            async with beside(self._read_on(upto) if len(rows) == BATCH else _no_rows()) as following:
                page = Page(await self._send(sending, rows, last), upto)
                if under_way:
                    await self._done(under_way, reading)
                under_way, last, rows = page, upto, await following
            if not rows:
                await self._done(under_way, reading)
                await self._remember()
                under_way, rows = None, await self._after(last)
        await self._tell_head(sending, reading)

    async def _done(self, page: Page, reading: AIOKafkaConsumer) -> None:
        """Wait until a page is acknowledged."""
        first = self.offset < 0
        await self._acknowledged(page.sent)
        await self._confirm(reading)
        self.published = self.stands_for = page.last
        observability.batch_done("relay", sum(count for _, count in page.sent), time.perf_counter() - page.began)
        if first and await self._lost(reading):  # a broker that lost the topic may acknowledge, keep nothing
            raise TopicLost(self.topic)

    async def _read_on(self, position: int) -> list[Any]:
        """Read the rows after a position, and keep beside that how far it is published."""
        async with beside(self._after(position)) as rows:
            await self._remember()
            return await rows

    async def _after(self, position: int) -> list[Any]:
        rows: list[Any] = await self.journal.pool.fetch(NEXT.format(among=self.among), position, BATCH)
        return rows

    async def _open_documents(self, rows: list[Any]) -> None:
        for row in rows:
            if b'"opens"' in row["data"] and (kind := EVENTS.get(row["type"])):
                for document in kind.model_validate_json(row["data"]).opened_documents:
                    with suppress(DocumentErased):
                        await self.documents.open(document)

    async def _send(self, sending: AIOKafkaProducer, rows: list[Any], previous: int) -> list[Sent]:
        """Hand rows to the producer in batches as large as it takes; each is on its way when it is full."""
        sent, batch = [], sending.create_batch()
        for row in rows:
            made = message_of(row, previous)
            if batch.append(timestamp=None, **made) is None:
                sent.append(await self._send_batch(sending, batch))
                batch = sending.create_batch()
                batch.append(timestamp=None, **made)
            previous = row["position"]
        sent.append(await self._send_batch(sending, batch))
        return sent

    async def _send_batch(self, sending: AIOKafkaProducer, batch: Any) -> Sent:
        batch.close()
        future = await sending.send_batch(batch, self.topic, partition=0)
        future.add_done_callback(_heard)
        return future, batch.record_count()

    async def _acknowledged(self, sent: list[Sent]) -> None:
        """Wait for every batch; TopicLost where the broker starts again at offsets that were taken."""
        stood = await in_time([future for future, _ in sent])
        for batch, (_, count) in zip(stood, sent, strict=True):
            if batch.offset <= self.offset:
                raise TopicLost(self.topic)
            self.offset = batch.offset + count - 1

    async def _tell_head(self, sending: AIOKafkaProducer, reading: AIOKafkaConsumer) -> None:
        """Publish how far the journal stands, where an own private row stands beyond the last event."""
        if "services" not in self.audiences:
            return
        row = await self.journal.pool.fetchrow(LAST)
        if row is None or row["position"] <= max(self.head_told, self.published):
            return
        made = message_of_head(row, self.journal.source, self.published)
        await in_time([await sending.send(self.topic, partition=0, **made)])
        await self._confirm(reading)
        self.head_told = row["position"]

    async def unpublished(self) -> int:
        """How many events wait to be published."""
        found: int = await self.journal.pool.fetchval(WAITING.format(among=self.among), self.published)
        return found


def _heard(ended: asyncio.Future[Any]) -> None:
    """Nobody may wait for a page any more once the one before it failed."""
    if not ended.cancelled():
        ended.exception()


async def _nothing() -> None:
    """What most services have to do before their first command."""


async def _no_rows() -> list[Any]:
    return []
