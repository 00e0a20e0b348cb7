"""Guarantee: what the topics hold beyond a journal is told whole and without contradiction, or it is refused.

Of the journal's own topics: every event with its position, and the hashes of rows that nobody published. Of the topics
that it reads: every message beyond the last that it took, one behind the other without a gap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiokafka import TopicPartition

from contracts.binding import JournalHead, Message
from services.runtime.comparing import CLAIMS_AT_ONCE, claimed, differing
from services.runtime.intake import Batch, Intake, Known
from services.runtime.kafka import consumer, readable, records_from
from services.runtime.running import Running
from services.runtime.topics import topics_of

Row = dict[str, Any]


class CannotRecover(RuntimeError):
    """The journal cannot be put right from the bus; the message says why and what to do."""


@dataclass
class Told:
    """What the topics tell of a journal beyond its last row: whole events, and hashes of rows nobody published."""

    events: dict[int, Message] = field(default_factory=dict)
    shared: set[int] = field(default_factory=set)
    heads: dict[int, Message] = field(default_factory=dict)
    hashes: dict[int, str] = field(default_factory=dict)

    def note(self, position: int, digest: str) -> None:
        """Keep the hash of a position; raises CannotRecover where another was told before."""
        if self.hashes.setdefault(position, digest) != digest:
            raise CannotRecover(f"The topics hold two different events at position {position}; a person must look.")

    @property
    def anchors(self) -> list[int]:
        """Every position that the topics tell of, in order."""
        return sorted(self.hashes)


@dataclass(frozen=True)
class Again:
    """A message that is read again: when it was published, how far it brings the reader, its row, what is held."""

    time: datetime
    known: Known
    row: Row
    held: Row | None


@dataclass
class Received:
    """What one publisher's topic holds beyond what the restored journal took of it."""

    intake: Intake
    waiting: deque[Again] = field(default_factory=deque)
    placed: list[Again] = field(default_factory=list)

    def require(self, sequence: int) -> None:
        """Raises CannotRecover where the topic lacks what this service had taken of it."""
        last = self.waiting or self.placed
        if (last[-1].known.sequence if last else self.intake.known.sequence) < sequence:
            raise CannotRecover(
                f"The topic {self.intake.topic} lacks position {sequence}, which this service had taken; "
                f"start {self.intake.publisher} first, so that it publishes again."
            )

    def place(self) -> Again:
        """Take the next message."""
        self.placed.append(self.waiting.popleft())
        return self.placed[-1]


async def told_of(running: Running, head: int) -> Told:
    """Read the service's own topics; raises CannotRecover where they contradict a row that the journal still has."""
    told, source = Told(), running.journal.source
    events_topic, shared_topic = topics_of(running.settings.place, running.service.name)
    async with consumer(running.settings) as reading:
        for topic in (events_topic, shared_topic):
            partition, claims = TopicPartition(topic, 0), dict[int, str]()
            reading.assign([partition])
            async for record in records_from(reading, partition, 0):
                message = readable(record)
                if message is None or message.envelope.source != source or not (claim := claimed(message)):
                    continue
                position, digest = claim
                if position <= head:
                    claims[position] = digest
                else:
                    _keep(told, message, position, digest, topic == shared_topic)
                if len(claims) >= CLAIMS_AT_ONCE:
                    await _agreeing(running, claims)
                    claims.clear()
            await _agreeing(running, claims)
    return told


def _keep(told: Told, message: Message, position: int, digest: str, shared: bool) -> None:
    told.note(position, digest)
    if message.envelope.type == JournalHead.wire:
        told.heads[position] = message
    else:
        told.events[position] = message
        told.shared |= {position} if shared else set()


async def _agreeing(running: Running, claims: Mapping[int, str]) -> None:
    if wrong := await differing(running.pool, claims):
        raise CannotRecover(
            f"The journal holds another event at position {wrong} than the topics: something was written after "
            "the restore. Restore the same backup again and recover before anything else writes to it."
        )


async def received_since(running: Running, told: Told) -> dict[str, Received]:
    """What each publisher's topic holds beyond what the restored journal took, by topic."""
    upto: dict[str, int] = {}
    for message in (*told.events.values(), *told.heads.values()):
        for topic, sequence in knew_of(message).items():
            upto[topic] = max(upto.get(topic, 0), sequence)
    found = {}
    async with consumer(running.settings) as reading:
        for intake in running.intakes:
            await intake.load()
            found[intake.topic] = await _received(reading, intake, upto.get(intake.topic, 0))
    return found


async def _received(reading: Any, intake: Intake, upto: int) -> Received:
    partition, received = TopicPartition(intake.topic, 0), Received(intake)
    at = intake.known.sequence
    if at >= upto:
        return received
    reading.assign([partition])
    async for record in records_from(reading, partition, 0):
        message = readable(record)
        if message is None or message.envelope.source != intake.source or message.sequence <= at:
            continue
        if message.envelope.type == JournalHead.wire or message.previous != at:
            continue
        at, batch = message.sequence, Batch(intake.known)
        intake.take_or_hold(record, message, batch)
        known, held = Known(at, bytes.fromhex(message.hash)), batch.held[0] if batch.held else None
        received.waiting.append(Again(message.envelope.time, known, batch.taken[0], held))
        if at >= upto:
            break
    return received


def knew_of(message: Message) -> dict[str, int]:
    """How far its publisher had read each topic when it appended this message, by topic."""
    return {topic: int(sequence) for topic, _, sequence in (one.partition("=") for one in message.knew.split())}
