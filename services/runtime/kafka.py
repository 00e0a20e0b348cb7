"""Guarantee: every connection to the bus is made the same way: acknowledged by all, from the beginning, secured; and
nothing that somebody else put on a topic keeps anybody from reading on.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.consumer import fetcher
from aiokafka.errors import (
    IncompatibleBrokerVersion,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    for_code,
)
from aiokafka.protocol.transaction import InitProducerIdRequest
from aiokafka.record.memory_records import MemoryRecords

from contracts.binding import Message, Unreadable, read
from services.runtime.settings import Settings

log = structlog.get_logger()
METADATA_MS = 5_000
"""How long a client believes who leads a topic. A leader that was cut off from the others alone refuses no reader, and
has nothing new for it: without this, five minutes would pass until it asks again."""
BATCH_BYTES = 65_536
"""The client's own 16 KiB make a relay's page twenty ways to the broker: three fifths of the events a second."""
ACKNOWLEDGED_WITHIN = 20.0
"""Seconds until what was sent is given up, and sent again over new connections."""


def security(settings: Settings) -> dict[str, Any]:
    """The client's settings for TLS and SASL; passwords and certificates are read from their files now."""
    options: dict[str, Any] = {"security_protocol": settings.security_protocol}
    if settings.security_protocol.endswith("SSL"):
        options["ssl_context"] = context = ssl.create_default_context(cafile=settings.ca_file)
        if settings.certificate_file:
            context.load_cert_chain(settings.certificate_file)
    if settings.security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.sasl_password(),
        }
    return options


@asynccontextmanager
async def producer(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    """A producer whose sends end once every copy in step has them; the broker drops its repeats where it can."""
    told = settings.kafka_idempotence
    made = AIOKafkaProducer(
        bootstrap_servers=settings.kafka, acks="all", linger_ms=2, max_batch_size=BATCH_BYTES,
        max_request_size=1_048_576, enable_idempotence=await numbers_producers(settings) if told is None else told,
        request_timeout_ms=10_000, metadata_max_age_ms=METADATA_MS, **security(settings),
    )  # fmt: skip
    try:
        await made.start()
        yield made
    except BaseException:
        await end(_give_up(made))
        raise
    finally:
        await end(made.stop(), made.client)


async def _give_up(made: AIOKafkaProducer) -> None:
    """Let it end without sending what waits: a numbered producer would first try until all of it is sent."""
    made._closed = True
    if made._sender is not None:
        with suppress(Exception):  # whatever else was under way failed too; what is told is why it is given up
            await made._sender.close()


async def in_time(sent: Sequence[asyncio.Future[Any]]) -> list[Any]:
    """What the broker answered to what was sent; raises KafkaTimeoutError where that is not all of it in time.

    A numbered producer never says so by itself: it tries for ever, with the password and authorities it was made with.
    """
    _, waiting = await asyncio.wait(sent, timeout=ACKNOWLEDGED_WITHIN)
    if waiting:
        raise KafkaTimeoutError(f"{len(waiting)} batches were not acknowledged within {ACKNOWLEDGED_WITHIN:.0f} s")
    return await asyncio.gather(*sent)


async def numbers_producers(settings: Settings) -> bool:
    """Whether the broker gives producers a number, by which it knows their repeats; some only say that they would."""
    client = AIOKafkaClient(bootstrap_servers=settings.kafka, request_timeout_ms=10_000, **security(settings))
    try:
        await client.bootstrap()
        asked = InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=60_000)
        answer = await client.send(client.get_random_node(), asked)
    except (IncompatibleBrokerVersion, NotImplementedError):
        return False
    finally:
        await client.close()
    error = for_code(answer.error_code)
    if getattr(error, "retriable", False):
        raise error("the broker cannot number producers yet")
    return bool(answer.error_code == 0)


@asynccontextmanager
async def consumer(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer without a group, which starts at the beginning."""
    made = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest",
        request_timeout_ms=10_000, metadata_max_age_ms=METADATA_MS, **security(settings),
    )  # fmt: skip
    try:
        await made.start()
        yield made
    finally:
        await end(made.stop(), made._client)


async def end(stopping: Awaitable[None], *connections: Any) -> None:
    """Stop Kafka clients and close their connections, whatever the broker does.

    A client that stops while its broker is away may raise the cancellation of its own fetches (aiokafka awaits them
    bare), or leave one behind for what comes next (FastStream stops its consumers in a scope that it cancels): it would
    end the part that used it, and leave the connections open. So it stops in a task of its own.
    """
    stopped = asyncio.ensure_future(stopping)
    try:
        await asyncio.wait({stopped})
    finally:
        stopped.cancel()
        for connection in connections:
            await connection.close()
    if not stopped.cancelled():
        stopped.result()


async def read_from(
    reading: AIOKafkaConsumer, partition: TopicPartition, start: int
) -> list[tuple[int, Message | None]]:
    """The messages from an offset to the end of the topic, each with its own; `None` for what cannot be read."""
    return [(record.offset, readable(record)) async for record in records_from(reading, partition, start)]


async def records_from(reading: AIOKafkaConsumer, partition: TopicPartition, start: int) -> AsyncIterator[Any]:
    """The records from an offset to the end of the topic.

    The end is where nothing more comes: the embedded broker tells the offset of the last batch's first record instead
    of its last, so what it says of the end is only a lower bound.
    """
    end = (await reading.end_offsets([partition]))[partition]
    reading.resume(partition)
    reading.seek(partition, start)
    while True:
        records = (await reading.getmany(partition, timeout_ms=1000 if start < end else 500)).get(partition, [])
        for record in records:
            if record.offset >= start:
                yield record
        start = records[-1].offset + 1 if records else start
        if not records:
            if start >= end:
                return
            end = min(end, (await reading.end_offsets([partition]))[partition])  # the topic may have been made anew


async def stands(reading: AIOKafkaConsumer, partition: TopicPartition, offset: int) -> Any:
    """The record at this offset, or `None` where the topic has none there."""
    reading.assign([partition])
    reading.seek(partition, offset)
    records = (await reading.getmany(partition, timeout_ms=1500, max_records=1)).get(partition, [])
    reading.pause(partition)  # a fetch that waits for more would keep the next look waiting
    return records[0] if records and records[0].offset == offset else None


class Batch:
    """A batch of records as the client reads it; where it cannot, one record with the batch's bytes as its value.

    The client decodes header names as UTF-8 and unpacks only what it has a library for; otherwise it would raise for
    this batch at every attempt, and never come to the ones behind it.
    """

    def __init__(self, batch: Any, raw: bytes) -> None:
        self._batch, self._raw = batch, raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        offset = self._batch.base_offset
        try:
            for record in self._batch:
                yield record
                offset = record.offset + 1
        except Exception as error:
            log.error("batch_unreadable", offset=offset, reason=type(error).__name__)
            unread = {"timestamp": 0, "timestamp_type": 0, "checksum": None, "key": None, "headers": ()}
            yield SimpleNamespace(offset=offset, value=self._raw, **unread)


class Batches:
    """The batches of one fetch."""

    def __init__(self, data: bytes) -> None:
        self._inner, self._data, self._at = MemoryRecords(data), data, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def next_batch(self) -> Batch | None:
        """The next batch with its bytes: offset (8), length (4), and as much as that says."""
        batch, began = self._inner.next_batch(), self._at
        if batch is None:
            return None
        self._at += 12 + int.from_bytes(self._data[began + 8 : began + 12], "big")
        return Batch(batch, bytes(self._data[began : self._at]))


fetcher.MemoryRecords = Batches
sent_as_given = AIOKafkaConnection.send


def sent(self: AIOKafkaConnection, request: Any, expect_response: bool = True) -> Any:
    """Send a request; raises KafkaConnectionError also where the connection was reset and nobody has noticed yet.

    uvloop says RuntimeError then, which the client does not expect: it would end the part that asked.
    """
    try:
        return sent_as_given(self, request, expect_response)
    except KafkaError:
        raise
    except RuntimeError as error:
        self.close(reason=CloseReason.CONNECTION_BROKEN)
        raise KafkaConnectionError(f"Connection at {self.host}:{self.port} broken: {error}") from error


AIOKafkaConnection.send = sent


def readable(record: Any) -> Message | None:
    """The message of a Kafka record, or `None` where it cannot be read."""
    try:
        return read(record.headers, record.key, record.value)
    except Unreadable:
        return None
