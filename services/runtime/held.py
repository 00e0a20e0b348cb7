"""Guarantee: a held message is never lost and never enters unseen: who let it in or gave it up, and why, is a fact.

Released, a message and those of its subject that stand behind it enter the journal in their old order.
"""

from __future__ import annotations

import argparse
import base64
import itertools
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from contracts.binding import Message, Unreadable, read
from contracts.envelope import Event
from contracts.every_service import MessageDiscarded, MessageReleased
from services.runtime.intake import ROW, fault_of, own_row, received_row
from services.runtime.running import Running

SETTLE = (
    "select * from ledger.settle_held($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"
)


class CannotSettle(RuntimeError):
    """A held message cannot be released or discarded; the message says why and what to do."""


class CameBehind(RuntimeError):
    """Another message came to stand behind the one that is being settled; look again."""


@dataclass(frozen=True)
class Settlement:
    """Which held messages are settled, how, by whom and why."""

    state: str
    held_id: str
    person: str
    why: str


async def listed(running: Running) -> list[dict[str, Any]]:
    """What is held: id, topic, offset, subject and reason; never the content, which may be sealed or personal."""
    rows = await running.pool.fetch(
        "select held_id, topic, message_offset, sequence, subject, reason, behind from ledger.held"
        " where state = 'held' order by topic, message_offset"
    )
    return [dict(row) for row in rows]


async def settle(running: Running, wanted: Settlement) -> int:
    """Release or discard one held message and let in what stood behind it; the position of the last row written.

    Raises CannotSettle where it is not held, still cannot be read, or stands behind another.
    """
    row = await running.pool.fetchrow("select * from ledger.held where held_id = $1 and state = 'held'", wanted.held_id)
    if row is None:
        raise CannotSettle(f"no message is held under {wanted.held_id}; `held` lists those that are")
    if row["behind"]:
        raise CannotSettle(f"{wanted.held_id} stands behind {row['behind']}; settle that one first")
    rows = [received_row(_readable(row))] if wanted.state == "released" else []
    seed = f"{wanted.state} {wanted.held_id}"
    while True:
        waiting = await _behind(running, row)
        free = list(itertools.takewhile(lambda one: not _fault(one), waiting))
        let_in = [received_row(_readable(one)) for one in free]
        own = own_row(running.journal, _own_event(wanted), running.dated(), wanted.person, seed)
        with suppress(CameBehind):
            position = await _write(running, wanted, row, waiting, len(free), [*rows, *let_in, own])
            running.journal.noticed(position)
            return position


def _own_event(wanted: Settlement) -> Event:
    kind = MessageReleased if wanted.state == "released" else MessageDiscarded
    return kind(held_id=wanted.held_id, reason=wanted.why)


async def _behind(running: Running, row: Any) -> list[Any]:
    if not row["subject"]:
        return []
    rows: list[Any] = await running.pool.fetch(
        "select * from ledger.held where topic = $1 and subject = $2 and state = 'held' and held_id <> $3"
        " order by sequence",
        row["topic"], row["subject"], row["held_id"],
    )  # fmt: skip
    return rows


def _message(row: Any) -> Message:
    headers = [(name, base64.b64decode(value)) for name, value in json.loads(row["headers"])]
    key = next(value for name, value in headers if name == ":key")
    return read([one for one in headers if one[0] != ":key"], key, row["value"])


def _fault(row: Any) -> str:
    """Why a held message still cannot enter the journal; empty where it can."""
    try:
        return fault_of(_message(row))
    except Unreadable as error:
        return error.reason


def _readable(row: Any) -> Message:
    if row["sequence"] is None:
        raise CannotSettle(f"{row['held_id']} still cannot be read ({row['reason']}); it can only be discarded")
    if reason := _fault(row):
        raise CannotSettle(f"{row['held_id']} still {reason}; mend the contract or discard it")
    return _message(row)


async def _write(
    running: Running, wanted: Settlement, row: Any, waiting: list[Any], free: int, rows: list[dict[str, Any]]
) -> int:
    """Write it all at once; raises CameBehind where another message came to stand behind meanwhile."""
    columns = [[one[name] for one in rows] for name in ROW]
    behind = [one["held_id"] for one in waiting]
    async with running.pool.acquire() as connection, connection.transaction():
        done = await connection.fetchrow(SETTLE, [wanted.held_id], wanted.state, running.dated(), *columns)
        if [one["held_id"] for one in await _behind(running, row)] != behind:
            raise CameBehind
        await connection.execute("update ledger.held set state = 'released' where held_id = any ($1)", behind[:free])
        if stands := behind[free:]:  # the next one that cannot be read now stands in the way of the others itself
            await connection.execute(
                "update ledger.held set behind = case when held_id = $1 then '' else $1 end,"
                " reason = case when held_id = $1 then $2 else reason end where held_id = any ($3)",
                stands[0], _fault(waiting[free]), stands,
            )  # fmt: skip
    assert done is not None
    position: int = done["at"]
    return position


async def command(running: Running, args: argparse.Namespace) -> int:
    """`held`: list what is held, or release or discard one with a person and a reason."""
    wanted = args.release or args.discard
    if not wanted:
        for one in await listed(running):
            print(json.dumps({"service": running.service.name, **one}))
        return 0
    if not args.person or not args.why:
        print(json.dumps({"error": "a release or discard needs --person and --why; both are kept"}))
        return 2
    state = "released" if args.release else "discarded"
    try:
        position = await settle(running, Settlement(state, wanted, args.person, args.why))
    except CannotSettle as error:
        print(json.dumps({"service": running.service.name, "error": str(error)}))
        return 1
    print(json.dumps({"service": running.service.name, "held_id": wanted, "state": state, "position": position}))
    return 0
