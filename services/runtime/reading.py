"""Guarantee: a service reads every topic that exists and that it listens to, from where its journal stands, for ever.

One subscription per topic, in one FastStream broker, assigned without a group. What is lost under way – a connection, a
topic that comes back shorter or anew – makes it look again at what stands in the database and begin from there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import TopicPartition as RawPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage, TopicPartition
from faststream.kafka.message import FAKE_CONSUMER
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from services.runtime import observability
from services.runtime.bus import Bus, NotReady
from services.runtime.follower import TRANSIENT, pause
from services.runtime.intake import Forked, Intake, content_hash
from services.runtime.journal import RestoredBehind
from services.runtime.kafka import METADATA_MS, consumer, end, security, stands
from services.runtime.settings import Settings

log = structlog.get_logger()
MAX_RECORDS = 500
BATCH_TIMEOUT_MS = 5
LONGEST_PAUSE = 5.0
LOOK_AGAIN = 5.0
"""Seconds after which a topic that came back anew, and as long as before, is noticed."""
EXPECTED = (*TRANSIENT, NotReady, RestoredBehind)


def subscriptions(settings: Settings) -> KafkaBroker:
    """The FastStream broker that a service's subscriptions belong to."""
    context = security(settings).get("ssl_context")
    password = settings.sasl_password() or ""
    kinds = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
    secured: BaseSecurity | None = BaseSecurity(ssl_context=context) if context else None
    if settings.sasl_mechanism:
        kind = kinds[settings.sasl_mechanism]
        secured = kind(settings.sasl_username or "", password, ssl_context=context, use_ssl=context is not None)
    return KafkaBroker(settings.kafka.split(","), logger=None, security=secured, request_timeout_ms=10_000,
                       metadata_max_age_ms=METADATA_MS)  # fmt: skip


class Reading:
    """All subscriptions of a service: one per topic, in one FastStream broker, watched for lost topics and gaps."""

    def __init__(self, intakes: Sequence[Intake], settings: Settings, bus: Bus) -> None:
        self.intakes, self.settings, self.bus = intakes, settings, bus
        self.looked: dict[Intake, float] = {}
        self.read_for: dict[Intake, tuple[int, str]] = {}
        """The record for which each topic was read anew last: not a second time for the same one."""

    async def run(self, stopping: asyncio.Event) -> None:
        """Read until the process stops; after a lost connection begin again from what stands in the database."""
        wait = 0.5
        while not stopping.is_set():
            try:
                if await self._agreed():
                    await self._read(stopping)
                    wait = 0.5
            except (KafkaError, *TRANSIENT) as error:
                log.warning("intake_interrupted", reason=type(error).__name__)
                await pause(stopping, wait)
                wait = min(wait * 2, LONGEST_PAUSE)

    async def _agreed(self) -> bool:
        """Wait a while for the journal to be compared with the bus: nothing enters one that was restored behind it."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.bus.agreed.wait(), 0.25)
        return self.bus.agreed.is_set()

    async def _read(self, stopping: asyncio.Event) -> None:
        """Read the topics that exist until something fails or a missing one appears."""
        offsets = await self._offsets()
        broker = subscriptions(self.settings)
        failed = asyncio.Event()
        subscribers = {intake: self._subscribe(broker, intake, failed) for intake in offsets}
        await broker.start()
        try:
            for intake, subscriber in subscribers.items():
                subscriber.consumer.seek(RawPartition(intake.topic, 0), offsets[intake])
                intake.seen_offset = offsets[intake]
            async with consumer(self.settings) as probe:
                while not stopping.is_set() and not failed.is_set() and not await self._appeared(subscribers, probe):
                    for intake, subscriber in subscribers.items():
                        await self.look_at(intake, subscriber.consumer, probe)
                    await _either(stopping, failed, 1.0)
        finally:
            await end(broker.stop(), *(each.consumer._client for each in subscribers.values() if each.consumer))

    async def _offsets(self) -> dict[Intake, int]:
        """Where to start on each topic that exists; a publisher that was never up has none yet."""
        found = {}
        for intake in self.intakes:
            async with consumer(self.settings) as reading:
                if intake.topic not in await reading.topics():
                    intake.state = "topic missing"
                    continue
                reading.assign([RawPartition(intake.topic, 0)])
                found[intake] = await intake.start_offset(reading)
        if self.intakes and not found:
            raise KafkaError("none of the topics exists yet")
        return found

    async def _appeared(self, subscribers: dict[Intake, Any], probe: Any) -> bool:
        """Whether a topic that was missing exists now."""
        missing = {intake.topic for intake in self.intakes if intake not in subscribers}
        return bool(missing) and bool(missing & set(await probe.topics()))

    def _subscribe(self, broker: KafkaBroker, intake: Intake, failed: asyncio.Event) -> Any:
        subscriber = broker.subscriber(
            partitions=[TopicPartition(intake.topic, 0)], batch=True, max_records=MAX_RECORDS,
            batch_timeout_ms=BATCH_TIMEOUT_MS, auto_offset_reset="earliest", ack_policy=AckPolicy.MANUAL,
            parser=_as_it_came, decoder=_as_it_is,
        )  # fmt: skip

        async def take(message: KafkaMessage) -> None:
            raw = message.raw_message
            if intake.state == "forked" or failed.is_set():
                return
            try:
                await intake.take(raw if isinstance(raw, tuple) else (raw,))
            except Forked:
                return
            except Exception as error:
                log.warning("intake_failed", topic=intake.topic, reason=type(error).__name__,
                            exc_info=not isinstance(error, EXPECTED))  # fmt: skip
                await asyncio.sleep(0.2)
                failed.set()

        subscriber(take)
        return subscriber

    async def _lost(self, intake: Intake, probe: Any, shorter: bool) -> bool:
        """Whether the last record that was read is gone, or another stands in its place.

        What the embedded broker says of its end is a lower bound, so that the record itself is asked for.
        """
        # Danger: that it stood a moment ago says nothing: between two looks a broker may have come back empty, and may
        # have been given as much again, in which what was never read stands before the reader's place.
        last = (intake.seen_offset, intake.seen_hash)
        record = await stands(probe, RawPartition(intake.topic, 0), last[0] - 1)
        here = (last[0], content_hash(record) if record else "")
        another = bool(record and last[1]) and here not in (last, self.read_for.get(intake))
        if (intake.seen_offset, intake.seen_hash) != last or not (another or (shorter and record is None)):
            return False
        self.read_for[intake] = here
        return True

    def _due(self, intake: Intake) -> bool:
        """Whether it is time to look again at the last record of a topic from which nothing new came."""
        if time.monotonic() < self.looked.get(intake, 0.0) + LOOK_AGAIN:
            return False
        self.looked[intake] = time.monotonic()
        return intake.seen_offset > 0

    async def look_at(self, intake: Intake, reading: Any, probe: Any) -> None:
        """See how far a topic is read, and read it from its beginning where it came back anew or has a gap."""
        partition = RawPartition(intake.topic, 0)
        end_offset = (await reading.end_offsets([partition]))[partition]
        intake.lag = max(0, end_offset - intake.seen_offset)
        observability.follower_lag.labels(f"intake {intake.topic}").set(intake.lag)
        shorter = end_offset < intake.seen_offset
        if (shorter or (intake.lag == 0 and self._due(intake))) and await self._lost(intake, probe, shorter):
            log.warning("topic_came_anew", topic=intake.topic, end=end_offset, known=intake.seen_offset)
            intake.seen_offset, intake.seen_hash = 0, ""
            reading.seek(partition, 0)
        elif intake.state == "gap" and end_offset <= intake.seen_offset:
            self._heal(intake, reading, partition)

    def _heal(self, intake: Intake, reading: Any, partition: RawPartition) -> None:
        here = (intake.seen_offset, intake.known.sequence)
        if intake.read_again == here:
            log.error("gap_remains", topic=intake.topic, known=intake.known.sequence)
            intake.state = "gap remains"
            return
        log.warning("gap_read_again", topic=intake.topic, known=intake.known.sequence)
        intake.read_again, intake.seen_offset, intake.state = here, 0, "reading"
        reading.seek(partition, 0)


async def _as_it_came(records: tuple[Any, ...]) -> KafkaMessage:
    """A batch, unread: FastStream decodes all headers as UTF-8, and drops in silence a batch where one is not."""
    return KafkaMessage(raw_message=records, body=b"", consumer=FAKE_CONSUMER)


async def _as_it_is(message: Any) -> Any:
    return message


async def _either(one: asyncio.Event, other: asyncio.Event, seconds: float) -> None:
    tasks = [asyncio.ensure_future(event.wait()) for event in (one, other)]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
