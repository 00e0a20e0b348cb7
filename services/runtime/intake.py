"""Guarantee: every published fact enters each reader's journal exactly once, in its publisher's order, or is held with
its reason; no gap is passed over and no fork accepted.

The reader's position is written with the rows it took. A message is taken only if the one before it is had; a repeat is
skipped if its hash is the known one. What cannot be read, or breaks its schema, is held, and later events of the same
subject behind it. A journal that was restored behind the bus takes nothing: its positions belong to what was published.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
import structlog
from aiokafka import TopicPartition
from pydantic import ValidationError

from contracts.binding import JournalHead, Message, Unreadable, read
from contracts.catalogue import EVENTS
from contracts.envelope import Event
from contracts.every_service import MessageHeld
from contracts.topics import events_topic
from services.runtime import observability
from services.runtime.bus import Bus
from services.runtime.journal import Journal, RestoredBehind, encode, unkeepable
from services.runtime.kafka import readable, stands
from services.runtime.reactions import derived_id

log = structlog.get_logger()
TAKE = (
    "select * from ledger.receive($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
    " $19, $20, $21, $22, $23, $24)"
)


UNKEPT = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)


class Forked(RuntimeError):
    """A topic holds two different events at one position; a person must look."""


@dataclass(frozen=True)
class Known:
    """How far a reader has come on a topic."""

    sequence: int = 0
    hash: bytes = b""
    next_offset: int = 0


@dataclass
class Batch:
    """What a batch of records comes to before it is written."""

    known: Known
    taken: list[dict[str, Any]] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)
    heads: list[JournalHead] = field(default_factory=list)
    repeats: list[tuple[int, bytes]] = field(default_factory=list)
    gap: bool = False


class Intake:
    """Reads one publisher's topic into this service's journal."""

    def __init__(self, journal: Journal, publisher: str, now: Callable[[], datetime], bus: Bus) -> None:
        self.journal, self.publisher, self.now, self.bus = journal, publisher, now, bus
        self.topic = events_topic(journal.place_name, publisher)
        self.source = f"/{journal.place_name}/{publisher}"
        self.known = Known()
        self.state = "starting"
        self.held_subjects: dict[str, str] = {}
        self.read_again = (-1, -1)
        self.unkept: dict[int, str] = {}
        self.lag = 0
        self.seen_offset = 0
        self.seen_hash = ""
        """What the last record was, where one was read: another in its place is of a topic that came back anew."""

    async def load(self) -> None:
        """Take up the position that stands in the database."""
        row = await self.journal.pool.fetchrow("select * from ledger.reader where topic = $1", self.topic)
        self.known = Known(row["sequence"], row["hash"], row["next_offset"]) if row else Known()
        rows = await self.journal.pool.fetch(
            "select subject, held_id from ledger.held where topic = $1 and state = 'held' and subject <> ''"
            " order by sequence desc",
            self.topic,
        )
        self.held_subjects = {row["subject"]: row["held_id"] for row in rows}

    async def start_offset(self, reading: Any) -> int:
        """The offset to read from: the next one, if the record before it is the one we know; else the beginning."""
        await self.load()
        self.state = "starting" if self.state.startswith("gap") else self.state
        offset = self.known.next_offset
        record = await stands(reading, TopicPartition(self.topic, 0), offset - 1) if offset else None
        here = offset if record and self._stands_here(record) else 0
        self.seen_hash = content_hash(record) if here else ""
        return here

    def _stands_here(self, record: Any) -> bool:
        """Whether the record before the next one can be the one that this journal had last."""
        message = readable(record)
        if message is None or message.envelope.type == JournalHead.wire:
            return True
        return message.hash == self.known.hash.hex() or message.sequence <= self.known.sequence

    async def take(self, records: Sequence[Any]) -> None:
        """Take a batch of Kafka records; raises Forked, bus.NotReady, RestoredBehind and what the database raises."""
        while True:
            self.bus.require_comparison()
            began = time.perf_counter()
            batch = Batch(self.known, gap=self.state.startswith("gap"))
            for record in records:
                await self._sort(record, batch)
            await self._check_repeats(batch)
            try:
                written = await self._write(batch)
            except UNKEPT as error:
                await self.load()
                return await self._apart(records, error)
            if written:
                observability.batch_done("intake", len(records), time.perf_counter() - began)
                self.state = "gap" if batch.gap else "reading"
                self.seen_offset, self.seen_hash = records[-1].offset + 1, content_hash(records[-1])
                return None
            await self.load()

    async def _apart(self, records: Sequence[Any], error: Exception) -> None:
        """Take records one by one, of which the database would not keep one; that one is held."""
        offset = records[0].offset
        if len(records) == 1 and offset in self.unkept:
            raise error
        if len(records) == 1:
            self.unkept[offset] = f"the database cannot keep it: {type(error).__name__}"
        for record in records:
            await self.take((record,))
        self.unkept.pop(offset, None)

    async def _sort(self, record: Any, batch: Batch) -> None:
        offset = record.offset + 1
        try:
            message = read(record.headers, record.key, record.value)
            if message.envelope.source != self.source:
                raise Unreadable(f"ce_source {message.envelope.source!r} does not own {self.topic}")
        except Unreadable as error:
            await self._hold_rubbish(record, error.reason, batch)
            return
        if message.envelope.type == JournalHead.wire:
            batch.heads += [head for head in (_head(message),) if head]
            if message.sequence > batch.known.sequence:
                self._note_gap(message, batch)
        elif message.sequence <= batch.known.sequence:
            batch.repeats.append((message.sequence, bytes.fromhex(message.hash)))
        elif message.previous != batch.known.sequence:
            self._note_gap(message, batch)
            return
        else:
            self.take_or_hold(record, message, batch)
            batch.known = Known(message.sequence, bytes.fromhex(message.hash), batch.known.next_offset)
        if not batch.gap:
            batch.known = Known(batch.known.sequence, batch.known.hash, offset)

    def _note_gap(self, message: Message, batch: Batch) -> None:
        if not batch.gap:
            log.warning("gap_found", topic=self.topic, known=batch.known.sequence, previous=message.previous)
        batch.gap = True

    def take_or_hold(self, record: Any, message: Message, batch: Batch) -> None:
        """Put a message to what the batch takes, or to what it holds with the reason."""
        subject = message.envelope.subject
        reason = fault_of(message) or self.unkept.get(record.offset, "")
        behind = self.held_subjects.get(subject, "")
        if not reason and not behind:
            batch.taken.append(received_row(message))
            return
        held_id = derived_id(f"{self.topic} {message.sequence} {message.hash}")
        self.held_subjects.setdefault(subject, held_id)
        batch.held.append(_held(record, held_id, message.sequence, subject, reason or "an earlier one is held", behind))
        batch.taken.append(self._own(held_id, record, subject, reason or f"stands behind {behind}"))

    async def _hold_rubbish(self, record: Any, reason: str, batch: Batch) -> None:
        held_id = derived_id(f"{self.topic} {content_hash(record)}")
        known = await self.journal.pool.fetchval("select 1 from ledger.held where held_id = $1", held_id)
        if not known and held_id not in [held["held_id"] for held in batch.held]:
            batch.held.append(_held(record, held_id, None, "", reason, ""))
            batch.taken.append(self._own(held_id, record, "", reason))
        if not batch.gap:
            batch.known = Known(batch.known.sequence, batch.known.hash, record.offset + 1)

    def _own(self, held_id: str, record: Any, subject: str, reason: str) -> dict[str, Any]:
        event = MessageHeld(
            held_id=held_id, topic=self.topic, offset=record.offset, subject_held=_plain(subject),
            reason=_plain(reason)[:200], content_hash=content_hash(record),
        )  # fmt: skip
        return own_row(self.journal, event, self.now(), "system", f"held {held_id}")

    async def _check_repeats(self, batch: Batch) -> None:
        """A repeat must be what was taken; the held ones are compared where they stand."""
        if not batch.repeats:
            return
        positions = [sequence for sequence, _ in batch.repeats]
        rows = await self.journal.pool.fetch(
            "select sequence, origin_hash from ledger.journal where source = $1 and audience = 'received'"
            " and sequence = any ($2)",
            self.source, positions,
        )  # fmt: skip
        had = {row["sequence"]: row["origin_hash"] for row in rows}
        had |= {row["sequence"]: bytes.fromhex(row["hash"]) for row in batch.taken if row["audience"] == "received"}
        had |= await self._held_repeats(batch, [one for one in positions if one not in had])
        for sequence, digest in batch.repeats:
            if sequence in had and had[sequence] != digest:
                self.state = "forked"
                log.error("fork_found", topic=self.topic, sequence=sequence)
                raise Forked(f"{self.topic} holds two different events at position {sequence}")

    async def _held_repeats(self, batch: Batch, positions: Sequence[int]) -> dict[int, bytes]:
        """The hashes of held messages at these positions."""
        if not positions:
            return {}
        rows = await self.journal.pool.fetch(
            "select sequence, headers from ledger.held where topic = $1 and sequence = any ($2)", self.topic, positions
        )
        held = [(row["sequence"], json.loads(row["headers"])) for row in rows]
        held += [(one["sequence"], one["headers"]) for one in batch.held if one["sequence"] in positions]
        named = {sequence: dict(headers)["ce_hash"] for sequence, headers in held}
        return {sequence: bytes.fromhex(base64.b64decode(text).decode()) for sequence, text in named.items()}

    async def _write(self, batch: Batch) -> bool:
        rows = batch.taken
        column = {name: [row[name] for row in rows] for name in ROW}
        async with self.journal.pool.acquire() as connection:
            done = await connection.fetchrow(
                TAKE, self.journal.seen, self.topic, self.known.sequence, self.known.hash, batch.known.sequence,
                batch.known.hash, batch.known.next_offset, self.now(), *(column[name] for name in ROW),
                json.dumps(batch.held) if batch.held else None,
            )  # fmt: skip
            if batch.heads:
                await connection.executemany(
                    "insert into ledger.witness values ($1, $2, $3) on conflict do nothing",
                    [(self.source, head.position, bytes.fromhex(head.hash)) for head in batch.heads],
                )
        assert done is not None
        if done["verdict"] == "behind":
            raise RestoredBehind(f"{self.journal.source} holds less than position {self.journal.seen}")
        if done["verdict"] != "done":
            return False
        self.known = batch.known
        if rows:
            self.journal.noticed(done["at"])
        return True


ROW = (
    "id", "source", "type", "time", "actor", "role", "onbehalfof", "correlationid", "causationid", "tags", "audience",
    "knew", "sequence", "origin", "data",
)  # fmt: skip


def own_row(journal: Journal, event: Event, now: datetime, actor: str, seed: str) -> dict[str, Any]:
    """An own event as a row to be entered beside received ones."""
    return {
        "id": derived_id(f"{journal.source} {seed}"), "source": journal.source, "type": event.wire, "time": now,
        "actor": actor, "role": "system" if actor == "system" else "auditor", "onbehalfof": journal.place_name,
        "correlationid": derived_id(seed), "causationid": "", "tags": " ".join(event.tags),
        "audience": event.audience.value, "knew": "", "sequence": 0, "origin": b"", "data": encode(event),
    }  # fmt: skip


def received_row(message: Message) -> dict[str, Any]:
    """A message as a row to be entered."""
    envelope = message.envelope
    return {
        "id": envelope.id, "source": envelope.source, "type": envelope.type, "time": envelope.time,
        "actor": envelope.actor, "role": envelope.role, "onbehalfof": envelope.onbehalfof,
        "correlationid": envelope.correlationid, "causationid": envelope.causationid, "tags": " ".join(envelope.tags),
        "audience": "received", "knew": message.knew, "sequence": message.sequence,
        "origin": bytes.fromhex(message.hash), "data": message.value, "hash": message.hash,
    }  # fmt: skip


def fault_of(message: Message) -> str:
    """Why a message breaks its schema, without a word of its content; empty where it does not or is not known here."""
    kind = EVENTS.get(message.envelope.type)
    if fault := unkeepable(message.value):
        return f"the value {fault}"
    if not all(tag.isprintable() and " " not in tag for tag in message.envelope.tags):
        return "a tag holds a blank or a control character"
    try:
        if kind is not None:
            kind.model_validate_json(message.value)
        else:
            json.loads(message.value)
    except ValidationError as error:
        where = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in error.errors()[:3])
        return f"breaks the schema of {message.envelope.type}: {where}"
    except (ValueError, RecursionError):
        return "the value is not JSON"
    return ""


def _head(message: Message) -> JournalHead | None:
    try:
        head = JournalHead.model_validate_json(message.value)
    except ValidationError:
        return None
    return head if head.position < 2**63 else None


def _held(record: Any, held_id: str, sequence: int | None, subject: str, reason: str, behind: str) -> dict[str, Any]:
    headers = [[_plain(str(name)), base64.b64encode(value or b"").decode()] for name, value in record.headers]
    headers.append([":key", base64.b64encode(record.key or b"").decode()])
    return {
        "held_id": held_id, "message_offset": record.offset, "sequence": sequence, "subject": _plain(subject),
        "reason": _plain(reason), "headers": headers, "value": base64.b64encode(record.value or b"").decode(),
        "behind": behind,
    }  # fmt: skip


def content_hash(record: Any) -> str:
    """What a record says, key and headers included, as a hash."""
    return hashlib.sha256(repr((record.key, record.headers)).encode() + b"\0" + (record.value or b"")).hexdigest()


def _plain(text: str) -> str:
    """Text without what PostgreSQL or a log cannot keep."""
    return "".join(c if c.isprintable() else "?" for c in text)
