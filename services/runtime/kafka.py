"""Guarantee: every connection to the bus is made the same way: acknowledged by all, from the beginning, secured."""

from __future__ import annotations

import ssl
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from contracts.binding import Message, Unreadable, read
from services.runtime.settings import Settings


def security(settings: Settings) -> dict[str, Any]:
    """The client's settings for TLS and SASL; passwords and certificates are read from their files now."""
    options: dict[str, Any] = {"security_protocol": settings.security_protocol}
    if settings.security_protocol.endswith("SSL"):
        options["ssl_context"] = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    if settings.security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.sasl_password(),
        }
    return options


def subscriptions(settings: Settings) -> KafkaBroker:
    """The FastStream broker that a service's subscriptions belong to."""
    context = security(settings).get("ssl_context")
    password = settings.sasl_password() or ""
    kinds = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
    secured: BaseSecurity | None = BaseSecurity(ssl_context=context) if context else None
    if settings.sasl_mechanism:
        kind = kinds[settings.sasl_mechanism]
        secured = kind(settings.sasl_username or "", password, ssl_context=context, use_ssl=context is not None)
    return KafkaBroker(settings.kafka.split(","), logger=None, security=secured)


def producer(settings: Settings) -> AIOKafkaProducer:
    """A producer whose sends end once every copy in step has them."""
    return AIOKafkaProducer(
        bootstrap_servers=settings.kafka, acks="all", enable_idempotence=settings.kafka_idempotence, linger_ms=2,
        max_request_size=1_048_576, request_timeout_ms=10_000, **security(settings),
    )  # fmt: skip


def consumer(settings: Settings) -> AIOKafkaConsumer:
    """A consumer without a group, which starts at the beginning."""
    return AIOKafkaConsumer(
        bootstrap_servers=settings.kafka, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest",
        request_timeout_ms=10_000, **security(settings),
    )  # fmt: skip


async def read_from(
    reading: AIOKafkaConsumer, partition: TopicPartition, start: int
) -> list[tuple[int, Message | None]]:
    """The messages from an offset to the end of the topic, each with its own; `None` for what cannot be read.

    The end is where nothing more comes: the embedded broker tells the offset of the last batch's first record instead
    of its last, so what it says of the end is only a lower bound.
    """
    found: list[tuple[int, Message | None]] = []
    end = (await reading.end_offsets([partition]))[partition]
    reading.seek(partition, start)
    while True:
        records = (await reading.getmany(partition, timeout_ms=1000 if start < end else 500)).get(partition, [])
        found += [(record.offset, readable(record)) for record in records if record.offset >= start]
        start = records[-1].offset + 1 if records else start
        if not records and start >= end:
            return found


async def stands(reading: AIOKafkaConsumer, partition: TopicPartition, offset: int) -> Any:
    """The record at this offset, or `None` where the topic has none there."""
    reading.assign([partition])
    reading.seek(partition, offset)
    records = (await reading.getmany(partition, timeout_ms=1500, max_records=1)).get(partition, [])
    return records[0] if records and records[0].offset == offset else None


def readable(record: Any) -> Message | None:
    """The message of a Kafka record, or `None` where it cannot be read."""
    try:
        return read(record.headers, record.key, record.value)
    except Unreadable:
        return None
