"""Guarantee: a database is brought up to date by each numbered SQL file once, one process at a time, or not at all."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from services.runtime.database import take_time
from services.runtime.journal import Record

GRANTS = Path(__file__).parent / "grants.sql"


async def migrate(connection: asyncpg.Connection[Record], *folders: Path, runtime_role: str | None = None) -> list[str]:
    """Bring a database up to date with numbered SQL files, each once, in one transaction under an advisory lock.

    Where services run under a role of their own, it is given exactly what `grants.sql` says, each time.
    """
    async with connection.transaction():
        await take_time(connection)
        await connection.execute("select pg_advisory_xact_lock(7201866)")
        await connection.execute("create table if not exists public.migration (name text primary key, at timestamptz)")
        missing = await outstanding(connection, *folders)
        for name, file in missing.items():
            await connection.execute(file.read_text())
            await connection.execute("insert into public.migration values ($1, now())", name)
        if runtime_role:
            await connection.execute(GRANTS.read_text().replace(':"runtime_role"', f'"{runtime_role}"'))
    return list(missing)


async def outstanding(connection: asyncpg.Connection[Record], *folders: Path) -> dict[str, Path]:
    """The numbered SQL files that a database does not have yet, in order."""
    files = {f"{folder.parent.name}/{file.name}": file for folder in folders for file in sorted(folder.glob("*.sql"))}
    if await connection.fetchval("select to_regclass('public.migration')") is None:
        return files
    applied = {row["name"] for row in await connection.fetch("select name from public.migration")}
    return {name: file for name, file in files.items() if name not in applied}
