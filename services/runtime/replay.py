"""Guarantee: a replay rebuilds what is read from the journal alone, to the end or to a moment, and never acts.

It folds into an empty schema with the functions that serve the live tables. Reactions and timers do not run in it, so
nothing is sent, paid or decided. A comparison names every row in which live and replay differ.
"""

from __future__ import annotations

import argparse
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import structlog

from services.runtime import tables
from services.runtime.database import take_time
from services.runtime.journal import beside
from services.runtime.projections import Table
from services.runtime.running import Running

log = structlog.get_logger()
DIFFERENCES_SHOWN = 100


async def fill(running: Running, schema: str, upto: int) -> None:
    """Fold the journal's rows up to a position into a schema just made, each page while the last is written."""
    changed: tables.Changed = {}
    async for rows in running.journal.pages(0, upto):
        async with beside(_write(running, schema, changed)) as writing:
            changed = await tables.folded(running.service.projections, rows)
            await writing
    await _write(running, schema, changed)


async def _write(running: Running, schema: str, changed: tables.Changed) -> None:
    async with running.pool.acquire() as connection, connection.transaction():
        await tables.write(connection, schema, changed)


@asynccontextmanager
async def replayed(running: Running, upto: int) -> AsyncIterator[str]:
    """A schema with the read tables as the journal makes them up to a position; dropped afterwards."""
    schema = f"replay_{uuid.uuid4().hex[:12]}"
    await running.pool.execute(tables.ddl(running.service.projections, schema))
    try:
        await fill(running, schema, upto)
        yield schema
    finally:
        await running.pool.execute(f'drop schema if exists "{schema}" cascade')


async def position_at(running: Running, moment: datetime) -> int:
    """The last position that was appended by a moment of business time."""
    found: int | None = await running.pool.fetchval(
        "select max(position) from ledger.journal where recorded <= $1", moment
    )
    return found or 0


async def compare(running: Running) -> list[dict[str, Any]]:
    """Every row in which the live tables differ from a replay up to the position that they have come to."""
    live = running.reads.schema
    async with running.pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        await take_time(connection)
        upto = await connection.fetchval("select position from ledger.follower where name = $1", live)
        if upto is None:
            return [{"table": "", "difference": "the service has not yet run with these definitions"}]
        async with replayed(running, upto) as schema:
            found = []
            for table in running.service.projections.tables:
                found += await _differences(running, connection, table, live, schema)
    return found


async def _differences(
    running: Running, snapshot: tables.Connection, table: type[Table], live: str, schema: str
) -> list[dict[str, Any]]:
    keys = [f'"{name}"' for name in table.key]
    one = f'select {", ".join(keys)}, t::text as compared from "{{}}"."{table.table_name}" t'  # noqa: S608
    left = {tuple(row[name] for name in table.key): row["compared"] for row in await snapshot.fetch(one.format(live))}
    rebuilt = await running.pool.fetch(one.format(schema))
    right = {tuple(row[name] for name in table.key): row["compared"] for row in rebuilt}
    return [
        {"table": table.table_name, "key": [str(part) for part in key], "difference": _difference(left, right, key)}
        for key in sorted(left.keys() | right.keys(), key=str)
        if left.get(key) != right.get(key)
    ]


def _difference(live: dict[Any, str], replayed_rows: dict[Any, str], key: Any) -> str:
    if key not in live:
        return "history makes this row, the live table lacks it"
    if key not in replayed_rows:
        return "the live table has this row, history does not make it"
    return "the live row is not what history makes it"


async def command(running: Running, args: argparse.Namespace) -> int:
    """`replay`: compare with the live tables, or show what was known at a moment."""
    if args.compare:
        found = await compare(running)
        for difference in found[:DIFFERENCES_SHOWN]:
            print(json.dumps({"service": running.service.name, **difference}))
        print(json.dumps({"service": running.service.name, "compared": True, "differences": len(found)}))
        return 1 if found else 0
    upto = await position_at(running, args.as_of) if args.as_of else await running.journal.head()
    async with replayed(running, upto) as schema:
        for table in running.service.projections.tables:
            print(
                json.dumps({"service": running.service.name, **await _shown(running, schema, table, args.about, upto)})
            )
    return 0


async def _shown(running: Running, schema: str, table: type[Table], about: str, upto: int) -> dict[str, Any]:
    """How many rows a replayed table has, and those about one thing, unless they are sealed to this day."""
    count = await running.pool.fetchval(f'select count(*) from "{schema}"."{table.table_name}"')  # noqa: S608
    shown: dict[str, Any] = {"table": table.table_name, "position": upto, "rows": count}
    if about:
        which = about.partition(":")[2] or about
        rows = await running.pool.fetch(
            f'select to_jsonb(t)::text as row from "{schema}"."{table.table_name}" t'  # noqa: S608
            " where to_jsonb(t)::text like '%' || $1 || '%' limit 100", which,
        )  # fmt: skip
        still_sealed = await _sealed_now(running, table, which)
        shown["about"] = [] if still_sealed else [json.loads(row["row"]) for row in rows]
        shown["withheld"] = len(rows) if still_sealed else 0
    return shown


async def _sealed_now(running: Running, table: type[Table], which: str) -> bool:
    """Whether the live table says of any row about this thing that it is sealed today."""
    if "sealed" not in {column.name for column in table.columns()}:
        return False
    live = running.reads.schema
    sealed: bool = await running.pool.fetchval(
        f'select exists (select from "{live}"."{table.table_name}" t'  # noqa: S608
        " where sealed and to_jsonb(t)::text like '%' || $1 || '%')", which,
    )  # fmt: skip
    return sealed


async def rebuild_command(running: Running, args: argparse.Namespace) -> int:
    """`rebuild`: make the live read tables anew from the journal, beside them, and switch."""
    schema, live = f"rebuild_{uuid.uuid4().hex[:12]}", running.reads.schema
    projections = running.service.projections
    await running.pool.execute(tables.ddl(projections, schema))
    upto = await running.journal.head()
    await fill(running, schema, upto)
    async with running.pool.acquire() as connection, connection.transaction():
        await take_time(connection)
        await connection.execute("insert into ledger.follower values ($1, 0) on conflict do nothing", live)
        await connection.execute("select from ledger.follower where name = $1 for update", live)
        head = await connection.fetchval("select position from ledger.head")
        rows = await connection.fetch(
            "select * from ledger.journal where position > $1 and position <= $2 order by position", upto, head
        )
        await tables.write(connection, schema, tables.fold(projections, rows))
        await connection.execute(f'drop schema if exists "{live}" cascade')
        await connection.execute(f'alter schema "{schema}" rename to "{live}"')
        await connection.execute("update ledger.follower set position = $2 where name = $1", live, head)
    print(json.dumps({"service": running.service.name, "rebuilt": live, "position": head}))
    return 0
