"""Guarantee: whatever a topic says of a journal is held against it, claim by claim; not all of it at once.

A message claims the hash of its own position, a `JournalHead` that of the position it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.binding import JournalHead, Message
from services.runtime.journal import Journal, Record
from services.runtime.kafka import readable, records_from

CLAIMS_AT_ONCE = 5000


@dataclass
class Compared:
    """Where each event of a journal first stands on a topic, and in words where the topic contradicts the journal."""

    offsets: dict[int, int] = field(default_factory=dict)
    fault: str = ""


def claimed(message: Message) -> tuple[int, str] | None:
    """Which position a message tells of, with which hash; `None` for a head that nobody can read."""
    if message.envelope.type != JournalHead.wire:
        return message.sequence, message.hash
    try:
        head = JournalHead.model_validate_json(message.value)
    except ValueError:
        return None
    return head.position, head.hash


async def differing(pool: asyncpg.Pool[Record], claims: Mapping[int, str]) -> int | None:
    """The first position at which the journal does not hold what is claimed of it."""
    rows = await pool.fetch(
        "select position, encode(hash, 'hex') as hash from ledger.journal where position = any ($1)", list(claims)
    )
    standing = {row["position"]: row["hash"] for row in rows}
    return min((position for position, digest in claims.items() if standing.get(position) != digest), default=None)


async def compared(reading: AIOKafkaConsumer, topic: str, journal: Journal, start: int) -> Compared:
    """Hold a topic from an offset on against a journal."""
    # Danger: the topic first, then the journal. Another instance may publish meanwhile what a head read before lacks.
    found, claims = Compared(), dict[int, str]()
    async for record in records_from(reading, TopicPartition(topic, 0), start):
        message = readable(record)
        if message is None or message.envelope.source != journal.source or not (claim := claimed(message)):
            continue
        position, digest = claim
        if claims.setdefault(position, digest) != digest:
            found.fault = found.fault or _other(topic, position)
        if message.envelope.type != JournalHead.wire:
            found.offsets.setdefault(position, record.offset)
        if len(claims) >= CLAIMS_AT_ONCE:
            await _held_against(journal, topic, claims, found)
    await _held_against(journal, topic, claims, found)
    return found


async def _held_against(journal: Journal, topic: str, claims: dict[int, str], found: Compared) -> None:
    wrong = await differing(journal.pool, claims)
    if wrong is not None and not found.fault:
        head = await journal.head()
        beyond = f"{topic} holds position {wrong}, the journal ends at {head}"
        found.fault = beyond if wrong > head else _other(topic, wrong)
    claims.clear()


def _other(topic: str, position: int) -> str:
    return f"{topic} holds another event at position {position} than the journal"
