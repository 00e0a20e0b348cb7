"""Guarantee: the journal is append-only, dense, in commit order and hash-chained, and no decision enters it on facts
that have changed since they were read.

One statement appends: it locks the head, looks for newer facts that the decision's query covers, and writes key, rows,
tags and chain. A connection that is lost in the middle leaves all of it or nothing.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import asyncpg
import uuid_utils

from contracts.catalogue import EVENTS
from contracts.envelope import Event
from contracts.place import Place
from services.runtime.decisions import Actor, Fold, Item, Query, Recorded

F = TypeVar("F", bound=Fold)
R = TypeVar("R")
Record = asyncpg.Record
MAX_EVENT_BYTES = 262_144
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000").search
LONG_NUMBER = re.compile(rb"\d{19}").search

Row = Any
"""A journal row: an asyncpg record or a mapping, columns by name."""

APPEND = (
    "select * from ledger.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, "
    "$19, $20, $21, $22, $23, $24)"
)
LOAD = "select * from ledger.load($1, $2, $3, $4)"
PAGE = "select * from ledger.journal where position > $1 order by position limit $2"


class EventTooLarge(ValueError):
    """An event over 256 KiB, which no broker would be sure to take."""


class Unkeepable(ValueError):
    """A text with a NUL or a number beyond 64 bits, which no read table can keep."""


class RestoredBehind(RuntimeError):
    """The database holds less than this process has seen of it: it was restored."""


class BadTag(ValueError):
    """A tag with a blank or a control character in it, which cannot be kept, or no tag at all."""


@dataclass(frozen=True)
class RequestKey:
    """What makes a request the same request: its key, the hash of its body, and when it was received."""

    key: str
    request_hash: bytes
    received_at: datetime


@dataclass(frozen=True)
class Answer:
    """What is stored under a request's key: how it ended and what was said."""

    outcome: str
    status: int = 200
    body: bytes = b""


@dataclass(frozen=True)
class Appended:
    """How an append ended: `done`, `changed`, or `answered` with what was said the first time."""

    verdict: str
    position: int
    status: int
    answer: bytes
    request_hash: bytes


@dataclass(frozen=True)
class Origin:
    """The envelope attributes that the events of one append share."""

    actor: Actor
    correlation: str
    causation: str


def decode(row: Row) -> Recorded[Any] | None:
    """A journal row as an event, or `None` where its type is not known here."""
    kind = EVENTS.get(row["type"])
    if kind is None:
        return None
    return Recorded(
        row["position"], row["id"], row["source"], row["time"], row["recorded"], row["actor"], row["role"],
        row["onbehalfof"], row["correlationid"], row["causationid"], tuple(row["tags"]),
        kind.model_validate_json(row["data"]),
    )  # fmt: skip


def encode(event: Event) -> bytes:
    """The bytes of an event's value: written once, hashed, kept and published unchanged."""
    data = event.model_dump_json().encode()
    if fault := unkeepable(data):
        raise (EventTooLarge if len(data) > MAX_EVENT_BYTES else Unkeepable)(f"{event.wire} {fault}")
    return data


def unkeepable(data: bytes) -> str:
    """Why an event's value cannot be kept, in words; empty where it can."""
    if len(data) > MAX_EVENT_BYTES:
        return f"is {len(data)} bytes; an event may have {MAX_EVENT_BYTES}"
    if b"u0000" in data and NUL(data):
        return "holds a NUL, which no table can keep"
    try:
        if LONG_NUMBER(data):
            json.loads(data, parse_int=_whole)
    except OverflowError:
        return "holds a number beyond 64 bits, which no table can keep"
    return ""


def _whole(digits: str) -> int:
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**63:
        raise OverflowError
    return int(digits)


def tags_of(event: Event) -> str:
    """The event's tags as the database keeps them, separated by blanks."""
    if not event.tags:
        raise BadTag(f"{event.wire} is about nothing: it carries no tag")
    for tag in event.tags:
        if not tag.isprintable() or " " in tag:
            raise BadTag(f"{event.wire} carries an identifier with a blank or a control character in it")
    return " ".join(event.tags)


class Journal:
    """One service's journal in its database."""

    def __init__(self, pool: asyncpg.Pool[Record], place: str, service: str) -> None:
        self.pool, self.place_name, self.service = pool, place, service
        self.source, self.name = f"/{place}/{service}", f"{place}.{service}"
        self.place = Place()
        self.place_known_to = 0
        self.seen = 0
        self.last_head = 0
        self.moved = asyncio.Event()
        self._standing = Item(f"place:{place}", only=Place.folds)

    async def load(self, query: Query[F]) -> tuple[F, int]:
        """The facts a query names, folded, and the position they were read up to; the place's standing facts beside."""
        facts = query.fold()
        items = (*query.items, self._standing)
        tags, others, types = _flatten(items, facts.folds)
        place: Place | None = None
        while place is not self.place:  # forgotten meanwhile: the answer no longer fits what is remembered
            place, after = self.place, [0] * len(query.items) + [self.place_known_to]
            rows = await self.pool.fetch(LOAD, tags, others, types, after)
        known_to: int = rows[0]["head"]
        covered = set(facts.folds)
        for row in rows:
            event = decode(row) if row["position"] is not None else None
            if event is not None:
                self._stand(event)
                if any(_covers(item, event, covered) for item in query.items):
                    facts.evolve(event)
        self.place_known_to = max(self.place_known_to, known_to)
        self.seen = max(self.seen, known_to)
        return facts, known_to

    async def standing(self) -> Place:
        """The place's standing facts, as they are now."""
        await self.load(Query(fold=_NoFacts))
        return self.place

    def _stand(self, event: Recorded[Any]) -> None:
        if event.position > self.place_known_to and type(event.data) in Place.folds:
            self.place.evolve(event)

    async def append(
        self,
        events: Sequence[Event],
        origin: Origin,
        now: datetime,
        query: Query[Any] | None = None,
        known_to: int = 0,
        folds: Sequence[type[Event]] = (),
        request: RequestKey | None = None,
        answer: Answer | None = None,
    ) -> Appended:
        """Append under the guard of `query`.

        Raises EventTooLarge, Unkeepable, BadTag, and RestoredBehind where the database lost what this process has seen.
        """
        items = (*query.items, self._standing) if query else ()
        tags, others, types = _flatten(items, folds)
        answer = answer or Answer("done")
        who = _who(events, origin, self.place_name)
        row = await self.pool.fetchrow(
            APPEND, self.seen, tags, others, types, known_to, _as_json(items, types),
            request.key if request else None, request.request_hash if request else b"",
            request.received_at if request else now, answer.outcome, answer.status, answer.body, now, self.source,
            *who, origin.causation,
            [str(uuid_utils.uuid7()) for _ in events], [event.wire for event in events],
            [tags_of(event) for event in events], [event.audience.value for event in events],
            [encode(event) for event in events],
        )  # fmt: skip
        assert row is not None
        if row["verdict"] == "behind":
            raise RestoredBehind(f"{self.source} holds less than position {self.seen}")
        if row["verdict"] == "done":
            self.noticed(row["at"])
        return Appended(
            row["verdict"], row["at"] or 0, row["status"] or 0, row["answer"] or b"", row["request_hash"] or b""
        )

    async def subjects(self, kind: type[Event], tag: str) -> list[str]:
        """The ids of all things of one kind that events of this class are about; it reads the index through."""
        rows = await self.pool.fetch(
            "select distinct tag from ledger.tagged where type = $1 and starts_with(tag, $2)", kind.wire, f"{tag}:"
        )
        return sorted(row["tag"].removeprefix(f"{tag}:") for row in rows)

    def noticed(self, position: int) -> None:
        """Remember how far the journal has come and wake whoever follows it."""
        self.seen = max(self.seen, position)
        self.last_head = position
        self.moved.set()

    async def head(self) -> int:
        """The position of the last row."""
        position: int = await self.pool.fetchval("select position from ledger.head")
        if position != self.last_head:
            self.noticed(position)
        return position

    async def stand(self, follower: str) -> tuple[int, int]:
        """The head, and where a follower stands, as the database has them at this moment."""
        row = await self.pool.fetchrow(
            "select h.position, f.position from ledger.head h left join ledger.follower f on f.name = $1", follower
        )
        assert row is not None
        if row[0] != self.last_head:
            self.noticed(row[0])
        return row[0], row[1] or 0

    def forget(self, head: int) -> None:
        """Drop what this process remembers of a database that may have been restored; `head` is what stands now."""
        self.seen, self.last_head = head, head
        self.place, self.place_known_to = Place(), 0

    async def pages(self, after: int, upto: int, size: int = 2000) -> AsyncIterator[list[Record]]:
        """The rows after one position and up to another, in order, by keyset pages."""
        rows = await self._page(after, upto, size)
        while rows:
            async with beside(self._page(rows[-1]["position"], upto, size)) as following:
                yield rows
                rows = await following

    async def _page(self, after: int, upto: int, size: int) -> list[Record]:
        if after >= upto:
            return []
        rows: list[Record] = await self.pool.fetch(PAGE, after, size)
        beyond = rows and rows[-1]["position"] > upto
        return [row for row in rows if row["position"] <= upto] if beyond else rows

    async def follower_position(self, name: str) -> int | None:
        """Where a follower stands, or `None` before its first step."""
        found: int | None = await self.pool.fetchval("select position from ledger.follower where name = $1", name)
        return found


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, R]) -> AsyncIterator[asyncio.Task[R]]:
    """Work that has begun when ours begins and ends with it; where ours failed, nobody is told of its failure."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.sleep(0)  # or its statement is on its way only once ours has something to wait for
        yield task
    finally:
        task.cancel()
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())


class _NoFacts:
    """A fold of nothing, where only the standing facts are asked for."""

    folds: ClassVar[tuple[type[Event], ...]] = ()

    def evolve(self, event: Recorded[Any]) -> None:
        return


def _who(events: Sequence[Event], origin: Origin, place: str) -> list[list[str]]:
    """Person, role, organisation and correlation of each event; the system's where the event hides who acted."""
    actor = origin.actor
    seen = (actor.person, actor.role, actor.organisation, origin.correlation)
    hidden = ("system", "system", place, "sealed")
    each = [hidden if event.anonymous else seen for event in events]
    return [[one[n] for one in each] for n in range(4)]


def _covers(item: Item, event: Recorded[Any], folded: set[type[Event]]) -> bool:
    kind = type(event.data)
    return kind in (item.only or folded) and kind in folded and set(item.tags) <= set(event.tags)


def _flatten(items: Sequence[Item], folds: Sequence[type[Event]]) -> tuple[list[str], list[str], list[str]]:
    tags = [item.tags[0] for item in items]
    others = [" ".join(item.tags[1:]) for item in items]
    types = [" ".join(event.wire for event in (item.only or folds)) for item in items]
    return tags, others, types


def _as_json(items: Sequence[Item], types: Sequence[str]) -> str | None:
    if not items:
        return None
    return json.dumps(
        [{"tags": item.tags, "types": kinds.split(" ")} for item, kinds in zip(items, types, strict=True)]
    )
