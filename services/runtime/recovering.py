"""Guarantee: a journal that was restored behind the bus takes back, at its old position, all that the bus holds of it;
what nobody holds keeps its position as a row marked lost; nothing is published twice or put in another's place.

The published events return with their hashes. Received ones are read again up to what each message `knew`. All of it
enters in one transaction with `HistoryRecovered`, whose digest covers every row that was put back, so that the journal
can be verified again from its beginning.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import asyncpg

from contracts.binding import Message
from contracts.catalogue import EVENTS
from contracts.envelope import Audience
from contracts.every_service import HistoryRecovered
from services.runtime import chain
from services.runtime.database import take_time
from services.runtime.intake import ROW, own_row, received_row
from services.runtime.running import Running
from services.runtime.told import CannotRecover, Received, Row, Told, knew_of, received_since, told_of

LOST = "compact.position_lost"
"""The type of a row that stands for a fact which a restore lost."""
UNKNOWN = b""
"""The hash of a row whose own is not known: it was received, or lost, and nobody was told of it."""
COLUMNS = (
    "position", "id", "source", "type", "time", "recorded", "actor", "role", "onbehalfof", "correlationid",
    "causationid", "tags", "audience", "knew", "sequence", "origin_hash", "data", "query", "known_to", "hash",
)  # fmt: skip
ENTER = (
    "select (ledger.enter(h, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, null, null)"
    ").position from ledger.head h"
)
HELD = (
    "insert into ledger.held (held_id, topic, message_offset, sequence, subject, reason, headers, value, behind)"
    " select x.held_id, $1, x.message_offset, x.sequence, x.subject, x.reason, x.headers, decode(x.value, 'base64'),"
    " x.behind from jsonb_to_recordset($2) as x(held_id text, message_offset bigint, sequence bigint, subject text,"
    " reason text, headers jsonb, value text, behind text) on conflict do nothing"
)


def rows_of(running: Running, told: Told, received: Mapping[str, Received], head: Any) -> list[Row]:
    """Every row from the one behind the journal's last up to the last that was told of, in order.

    Between two rows that were told of stand first those that were read again, then those that are lost: their order
    among each other is not known any more. `recorded` of these is the latest that it can have been.
    """
    rows: list[Row] = []
    at = head["position"]
    for position in told.anchors:
        message = told.events.get(position) or told.heads[position]
        moment = max(message.envelope.time, head["time"])
        knew = knew_of(message)
        for row in _read_again(received, knew, position - at - 1):
            at += 1
            rows.append(_placed(row, at, moment))
        rows += [_lost(running, lost, moment) for lost in range(at + 1, position)]
        before = rows[-1]["hash"] if rows else head["hash"]
        if position in told.events:
            if _first(received, knew):
                raise CannotRecover(f"Position {position} knew more than has room before it; a person must look.")
            rows.append(_returned(message, position in told.shared))
            _linked(before, rows[-1])
        else:
            rows.append(_head_told(running, received, position, moment, message, told.hashes[position]))
        at = position
    return rows


def _first(received: Mapping[str, Received], knew: Mapping[str, int]) -> list[Received]:
    """The topics of which something was known that is not yet placed, the one whose next was published first in front.

    Raises CannotRecover where a topic lacks it.
    """
    found = []
    for topic, sequence in knew.items():
        if topic in received:
            one = received[topic]
            one.require(sequence)
            found += [one] if one.waiting and one.waiting[0].known.sequence <= sequence else []
    return sorted(found, key=lambda one: one.waiting[0].time)


def _read_again(received: Mapping[str, Received], knew: Mapping[str, int], room: int) -> Iterator[Row]:
    for _ in range(room):
        if not (first := _first(received, knew)):
            return
        yield first[0].place().row


def _head_told(
    running: Running, received: Mapping[str, Received], position: int, moment: datetime, message: Message, digest: str
) -> Row:
    """An own row that was told of by its hash alone: that a message was held, which is read again, or a lost one."""
    for one in _first(received, knew_of(message)):
        if one.waiting[0].held is not None:
            return _placed(one.place().row, position, moment) | {"hash": bytes.fromhex(digest)}
    return _lost(running, position, moment) | {"hash": bytes.fromhex(digest)}


def _linked(before: bytes, row: Row) -> None:
    """Where the hash before an event is known, the event must follow from it."""
    if before != UNKNOWN and row["audience"] != "lost" and chain.link(before, row) != row["hash"]:
        raise CannotRecover(
            f"What the topics hold at position {row['position']} does not follow from what stands there."
        )


def _placed(row: Mapping[str, Any], position: int, moment: datetime) -> Row:
    own = row["audience"] != "received"
    return {
        **{name: row[name] for name in ROW if name not in ("tags", "origin", "time")},
        "position": position, "time": moment if own else row["time"], "recorded": moment,
        "tags": row["tags"].split(), "origin_hash": row["origin"], "query": None, "known_to": None, "hash": UNKNOWN,
    }  # fmt: skip


def _lost(running: Running, position: int, moment: datetime) -> Row:
    return {
        "position": position, "id": f"lost-{position}", "source": running.journal.source, "type": LOST,
        "time": moment, "recorded": moment, "actor": "system", "role": "system",
        "onbehalfof": running.settings.place, "correlationid": "lost", "causationid": "", "tags": [],
        "audience": "lost", "knew": "", "sequence": 0, "origin_hash": b"", "data": b"{}", "query": None,
        "known_to": None, "hash": UNKNOWN,
    }  # fmt: skip


def _returned(message: Message, shared: bool) -> Row:
    row, moment = received_row(message), message.envelope.time
    return _placed({**row, "audience": _audience(message, shared)}, message.sequence, moment) | {
        "sequence": 0, "origin_hash": b"", "hash": bytes.fromhex(message.hash),
    }  # fmt: skip


def _audience(message: Message, shared: bool) -> str:
    kind = EVENTS.get(message.envelope.type)
    if kind is not None:
        return kind.audience.value
    return (Audience.PARTNERS if shared else Audience.SERVICES).value


def digest_of(before: bytes, rows: Iterable[Mapping[str, Any]]) -> bytes:
    """One hash over rows that were put back, their told hashes included; `before` is the hash they stand behind."""
    for row in rows:
        before = hashlib.sha256(chain.link(before, row) + row["hash"]).digest()
    return before


def summary(running: Running, rows: list[Row], head: Any) -> HistoryRecovered:
    """What was put back, as a fact."""
    kinds = [row["audience"] for row in rows]
    return HistoryRecovered(
        journal=running.journal.name, after=head["position"], upto=rows[-1]["position"], lost=kinds.count("lost"),
        received=kinds.count("received"), published=sum(kind in ("services", "partners") for kind in kinds),
        digest=digest_of(head["hash"], rows).hex(),
    )  # fmt: skip


async def recover(running: Running, person: str) -> HistoryRecovered | None:
    """Put back what the bus holds beyond the journal; `None` where it holds nothing. Raises CannotRecover."""
    async with running.pool.acquire() as connection, connection.transaction():
        await take_time(connection)
        head = await connection.fetchrow("select * from ledger.head for update")
        assert head is not None
        told = await told_of(running, head["position"])
        if not told.hashes:
            return None
        received = await received_since(running, told)
        rows = rows_of(running, told, received, head)
        event = summary(running, rows, head)
        await _write(connection, rows, received.values())
        last, position = rows[-1], rows[-1]["position"]
        await connection.execute(
            "update ledger.head set position = $1, hash = $2, time = $3",
            position, last["hash"], max(last["recorded"], head["time"]),
        )  # fmt: skip
        own = own_row(running.journal, event, running.dated(), person, f"recovered {position}")
        await connection.fetchval(ENTER, running.dated(), *([own[name]] for name in ROW))
    return event


async def _write(connection: Any, rows: list[Row], received: Iterable[Received]) -> None:
    records = [tuple(row[name] for name in COLUMNS) for row in rows]
    await connection.copy_records_to_table("journal", schema_name="ledger", columns=COLUMNS, records=records)
    tagged = {(tag, row["position"], row["type"]) for row in rows for tag in row["tags"]}
    await connection.copy_records_to_table(
        "tagged", schema_name="ledger", columns=("tag", "position", "type"), records=sorted(tagged)
    )
    for one in received:
        if not one.placed:
            continue
        # from the first offset on, so that rubbish, which has no position, is looked at again
        known = one.placed[-1].known
        await connection.execute(
            "insert into ledger.reader values ($1, $2, $3, 0) on conflict (topic) do update"
            " set sequence = excluded.sequence, hash = excluded.hash, next_offset = 0",
            one.intake.topic, known.sequence, known.hash,
        )  # fmt: skip
        if held := [again.held for again in one.placed if again.held]:
            await connection.execute(HELD, one.intake.topic, json.dumps(held))


async def recoveries(running: Running) -> dict[int, HistoryRecovered]:
    """What was put back in this journal, by the first position; without what a later recovery put back once more."""
    rows = await running.pool.fetch(
        "select data from ledger.journal join ledger.tagged using (position)"
        " where tag = $1 and tagged.type = $2 and audience <> 'received'",
        f"journal:{running.journal.name}", HistoryRecovered.wire,
    )  # fmt: skip
    found = [HistoryRecovered.model_validate_json(row["data"]) for row in rows]
    return {
        one.after + 1: one
        for one in found
        if not any(one is not other and other.after <= one.after and one.upto <= other.upto for other in found)
    }


async def command(running: Running, args: argparse.Namespace) -> int:
    """`recover`: put back what the bus holds of a journal that was restored behind it."""
    name = running.service.name
    if not args.person:
        print(json.dumps({"service": name, "error": "a recovery needs --person, who is kept with it"}))
        return 2
    try:
        event = await recover(running, args.person)
    except CannotRecover as error:
        print(json.dumps({"service": name, "error": str(error)}))
        return 1
    except asyncpg.InsufficientPrivilegeError:
        print(json.dumps({"service": name, "error": "run this as the role that owns the database"}))
        return 1
    nothing = {"recovered": "nothing: the bus holds no more than the journal"}
    print(json.dumps({"service": name, **(event.model_dump(exclude={"journal"}) if event else nothing)}))
    return 0
