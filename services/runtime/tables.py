"""Guarantee: a read table moves only together with the position it has come to, so a second or revived follower does
nothing twice.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg

from services.runtime.journal import Record, Row, decode
from services.runtime.projections import Add, Column, Delete, Projections, RowChange, Table

Connection = Any
"""An asyncpg connection, pooled or not."""
Key = tuple[Any, ...]
Values = dict[str, Any]
Changed = dict[type[Table], dict[Key, list[RowChange]]]
PART = 100
DEFAULTS: dict[type[Table], Values] = {}
"""What the columns of each table hold where nothing was said, to be copied."""


def ddl(projections: Projections, schema: str) -> str:
    """SQL that makes the schema and its tables."""
    made = [f'create schema if not exists "{schema}"']
    for table in projections.tables:
        columns = ", ".join(f'"{c.name}" {c.sql}{"" if c.nullable else " not null"}' for c in table.columns())
        key = ", ".join(f'"{name}"' for name in table.key)
        made.append(f'create table if not exists "{schema}"."{table.table_name}" ({columns}, primary key ({key}))')
    return "; ".join(made)


def fold(projections: Projections, rows: Iterable[Row]) -> Changed:
    """The row changes that journal rows make, by table and key, in order."""
    changed: Changed = defaultdict(dict)
    _fold_into(changed, projections, rows)
    return changed


async def folded(projections: Projections, rows: Sequence[Row]) -> Changed:
    """As `fold`, a part at a time, so that what is being written meanwhile gets on."""
    changed: Changed = defaultdict(dict)
    for n in range(0, len(rows), PART):
        _fold_into(changed, projections, rows[n : n + PART])
        await asyncio.sleep(0)
    return changed


def _fold_into(changed: Changed, projections: Projections, rows: Iterable[Row]) -> None:
    for row in rows:
        functions = projections.by_type.get(row["type"])
        event = decode(row) if functions else None
        if functions is None or event is None:
            continue
        for function in functions:
            for change in function(event):
                changed[change.table].setdefault(change.row_key, []).append(change)


async def write(
    connection: Connection, schema: str, changed: Mapping[type[Table], Mapping[Key, Sequence[RowChange]]]
) -> None:
    """Write each table once: the rows that stand are read, changed and written back, the deleted removed."""
    for table, by_key in changed.items():
        standing = await _standing(connection, schema, table, by_key)
        columns, converted = [column.name for column in table.columns()], _converted(table)
        upserts: list[list[Any]] = []
        deletes: list[Key] = []
        for key, changes in by_key.items():
            row = _apply(table, key, standing.get(key), changes)
            if row is not None:
                values = [row[name] for name in columns]
                for n, column in converted:
                    values[n] = _value(column, values[n])
                upserts.append(values)
            elif key in standing:
                deletes.append(key)
        if deletes:
            await connection.executemany(_delete_sql(schema, table), deletes)
        if upserts:
            await connection.executemany(_upsert_sql(schema, table), upserts)


def _converted(table: type[Table]) -> list[tuple[int, Column]]:
    """The columns whose values the driver takes in another shape, each with its place."""
    return [(n, column) for n, column in enumerate(table.columns()) if column.sql in ("jsonb", "text[]")]


async def _standing(
    connection: Connection, schema: str, table: type[Table], by_key: Mapping[Key, Sequence[RowChange]]
) -> dict[Key, Values]:
    columns = {column.name: column for column in table.columns()}
    arrays = ", ".join(f"${n}::{columns[name].sql}[]" for n, name in enumerate(table.key, 1))
    names = ", ".join(f'"{name}"' for name in table.key)
    rows = await connection.fetch(
        f'select * from "{schema}"."{table.table_name}" where ({names}) in (select * from unnest({arrays}))',  # noqa: S608
        *(list(part) for part in zip(*by_key, strict=True)),
    )
    return {tuple(row[name] for name in table.key): _decoded(columns, row) for row in rows}


def _decoded(columns: Mapping[str, Column], row: Record) -> Values:
    return {
        name: json.loads(value) if columns[name].sql == "jsonb" and isinstance(value, str) else value
        for name, value in row.items()
    }


def _apply(table: type[Table], key: Key, row: Values | None, changes: Sequence[RowChange]) -> Values | None:
    for change in changes:
        if isinstance(change, Delete):
            row = None
            continue
        row = row if row is not None else _fresh(table, key)
        if not change.values.keys() <= row.keys():
            raise KeyError(f"{table.__name__} has no column {', '.join(sorted(change.values.keys() - row.keys()))}")
        if isinstance(change, Add):
            row.update({name: row[name] + value for name, value in change.values.items()})
        else:
            row.update(change.values)
    return row


def _fresh(table: type[Table], key: Key) -> Values:
    if len(key) != len(table.key):
        raise ValueError(f"{table.__name__} has the key {table.key}, not {key}")
    row = _defaults(table).copy()
    row.update(zip(table.key, key, strict=True))
    return row


def _defaults(table: type[Table]) -> Values:
    if (found := DEFAULTS.get(table)) is None:
        found = DEFAULTS[table] = {column.name: column.default for column in table.columns()}
    return found


def _value(column: Column, value: Any) -> Any:
    if column.sql == "jsonb" and value is not None:
        return json.dumps(value, default=str)
    if column.sql == "text[]" and value is not None:
        return list(value)
    return value


def _upsert_sql(schema: str, table: type[Table]) -> str:
    names = [column.name for column in table.columns()]
    values = ", ".join(f"${n}" for n in range(1, len(names) + 1))
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in table.key)
    columns, keys = ", ".join(f'"{name}"' for name in names), ", ".join(f'"{name}"' for name in table.key)
    action = f"do update set {sets}" if sets else "do nothing"
    return f'insert into "{schema}"."{table.table_name}" ({columns}) values ({values}) on conflict ({keys}) {action}'  # noqa: S608


def _delete_sql(schema: str, table: type[Table]) -> str:
    where = " and ".join(f'"{name}" = ${n}' for n, name in enumerate(table.key, 1))
    return f'delete from "{schema}"."{table.table_name}" where {where}'  # noqa: S608


async def advance(
    pool: asyncpg.Pool[Record],
    projections: Projections,
    schema: str,
    rows: Sequence[Row],
    before: int,
    after: int,
) -> bool:
    """Fold a batch into the tables and move the position from `before` to `after`; False where another already did."""
    changed = fold(projections, rows)
    async with pool.acquire() as connection, connection.transaction():
        moved = await connection.fetchval(
            "update ledger.follower set position = $2 where name = $1 and position = $3 returning position",
            schema, after, before,
        )  # fmt: skip
        if moved is None:
            return False
        await write(connection, schema, changed)
    return True
