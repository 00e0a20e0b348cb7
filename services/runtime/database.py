"""Guarantee: a process that stands still gives up what it holds in the database, so that another goes on without it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import asyncpg
import structlog

from services.runtime.follower import TRANSIENT
from services.runtime.journal import Record
from services.runtime.settings import Settings

log = structlog.get_logger()
HOLDS: dict[str, str] = {"idle_in_transaction_session_timeout": "5s", "transaction_timeout": "15s"}
"""How long a transaction may stand idle, and how long it may last (PostgreSQL 17 or later).

Danger: the first alone is not enough. asyncpg prepares a statement without ending the exchange; a process that is
stopped right then leaves no connection idle, and what its transaction holds stays held for as long as it stands.
"""

IN_ORDER: dict[str, str] = {"enable_seqscan": "off", "enable_bitmapscan": "off", "jit": "off"}
"""What is read page by page is read through an index that gives it in order, whatever the statistics say
(docs/decisions/0014-pages-through-an-index.md).

Danger: a table that was just restored or filled has none yet. Each page would be found by reading all rows that follow
and sorting them: the work of a backlog would grow with its square. Where no index serves, PostgreSQL 17 takes the only
way there is for so dear that it would compile the statement first, each time: hence the last.
"""


async def connected(settings: Settings, tries: int, lost: Callable[[], None]) -> asyncpg.Pool[Record]:
    """Connections to a service's database; `lost` is called whenever one ends."""

    async def watch(connection: asyncpg.Connection[Record]) -> None:
        connection.add_termination_listener(lambda _: lost())

    async def as_it_is(connection: asyncpg.Connection[Record]) -> None:
        """Hand a connection back after its open transaction is ended: it was set nothing for longer than that.

        Danger: what a statement sets beyond its transaction would stay for whoever comes next. To take it back each
        time, whether or not there was any, cost every statement a second way to the database.
        """

    pool: asyncpg.Pool[Record] = await _patiently(
        settings.dsn, tries, min_size=2, max_size=12, init=watch, reset=as_it_is, max_inactive_connection_lifetime=0,
        timeout=5, command_timeout=60,
        server_settings=HOLDS | IN_ORDER | {
            "application_name": f"compact-{settings.service}",
            "tcp_keepalives_idle": "30", "default_transaction_isolation": "read committed", "timezone": "UTC",
        },
    )  # fmt: skip
    return pool


async def _patiently(dsn: str, tries: int, **options: Any) -> asyncpg.Pool[Record]:
    """Connect once the database answers; a machine that starts everything at once starts it in any order."""
    for attempt in itertools.count(1):
        try:
            return await asyncpg.create_pool(dsn, **options)
        except TRANSIENT as error:
            if attempt == tries:
                raise
            log.warning("database_awaited", reason=type(error).__name__)
            await asyncio.sleep(0.5)
    raise AssertionError


async def take_time(connection: Any) -> None:
    """Let the transaction under way last as long as it needs: one that somebody started by hand, or before a start."""
    for name in HOLDS:
        await connection.execute(f"set local {name} = 0")
