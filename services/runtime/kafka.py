"""Guarantee: every connection to the bus is made the same way: acknowledged by all, from the beginning, secured."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
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


async def read_range(
    reading: AIOKafkaConsumer, partition: TopicPartition, start: int, end: int
) -> list[tuple[int, Message | None]]:
    """The messages between two offsets, each with its own; `None` for what cannot be read."""
    found: list[tuple[int, Message | None]] = []
    if start >= end:
        return found
    reading.seek(partition, start)
    while await reading.position(partition) < end:
        batches = await reading.getmany(partition, timeout_ms=1000)
        found += _readable(batches.get(partition, ()), end)
    return found


def _readable(records: Iterable[Any], end: int) -> list[tuple[int, Message | None]]:
    return [(record.offset, readable(record)) for record in records if record.offset < end]


def readable(record: Any) -> Message | None:
    """The message of a Kafka record, or `None` where it cannot be read."""
    try:
        return read(record.headers, record.key, record.value)
    except Unreadable:
        return None
