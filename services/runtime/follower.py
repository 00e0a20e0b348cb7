"""Guarantee: whatever follows the journal does each row's work once, in order, from a position that moves with it.

A follower reads on from its position, does its work and moves the position by compare-and-set in the same transaction.
A second or revived follower loses the compare-and-set and reads its position again.
"""

from __future__ import annotations

import asyncio
import time

import asyncpg
import structlog

from services.runtime import observability, tables
from services.runtime.journal import Journal
from services.runtime.projections import Projections

log = structlog.get_logger()
TRANSIENT: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.InvalidCatalogNameError,  # while the database is being restored
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.exceptions.InvalidCachedStatementError,
    asyncpg.TransactionTimeoutError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    OSError,
    TimeoutError,
)
LOOK_EVERY = 0.1


async def watch_head(journal: Journal, stopping: asyncio.Event) -> None:
    """Look for rows that another instance appended, for all followers of this process together."""
    while not stopping.is_set():
        try:
            await journal.head()
        except TRANSIENT as error:
            log.warning("head_not_read", reason=type(error).__name__)
            await pause(stopping, 0.5)
        await pause(stopping, LOOK_EVERY)


async def pause(stopping: asyncio.Event, seconds: float) -> None:
    """Wait, or until the process stops."""
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return


class Reads:
    """Keeps the read tables of this process's definitions up with the journal."""

    def __init__(self, journal: Journal, projections: Projections) -> None:
        self.journal, self.projections = journal, projections
        self.schema = projections.schema
        self.position = 0
        self.caught_up = asyncio.Event()
        self._moved = asyncio.Condition()

    async def prepare(self) -> None:
        """Make the schema of these definitions where it does not exist, and take up its position."""
        async with self.journal.pool.acquire() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(7201867)")
            await connection.execute(tables.ddl(self.projections, self.schema))
            await connection.execute("insert into ledger.follower values ($1, 0) on conflict do nothing", self.schema)
        self.position = await self.journal.follower_position(self.schema) or 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Follow the journal until the process stops."""
        while not stopping.is_set():
            try:
                await self.step()
                await until_moved(self.journal, self.position, stopping)
            except TRANSIENT as error:
                log.warning("projections_interrupted", reason=type(error).__name__)
                await pause(stopping, 0.2)

    async def step(self) -> None:
        """Fold everything from the position that the database holds up to the head of this moment."""
        head, self.position = await self.journal.stand(self.schema)
        async for rows in self.journal.pages(self.position, head):
            began = time.perf_counter()
            last = rows[-1]["position"]
            moved = await tables.advance(self.journal.pool, self.projections, self.schema, rows, self.position, last)
            self.position = last if moved else await self.journal.follower_position(self.schema) or 0
            observability.batch_done("projections", len(rows), time.perf_counter() - began)
            async with self._moved:
                self._moved.notify_all()
            if not moved:
                break
        observability.follower_lag.labels("projections").set(head - self.position)
        if self.position >= head:
            self.caught_up.set()

    async def reached(self, position: int, seconds: float = 2.0) -> bool:
        """Wait until the tables contain this position; False where they did not in that time."""
        if self.position >= position:
            return True
        try:
            async with asyncio.timeout(seconds), self._moved:
                await self._moved.wait_for(lambda: self.position >= position)
        except TimeoutError:
            return False
        return True


async def until_moved(journal: Journal, position: int, stopping: asyncio.Event) -> None:
    """Wait until the journal has come beyond a position, or a quarter of a second."""
    journal.moved.clear()
    if journal.last_head > position or stopping.is_set():
        return
    try:
        await asyncio.wait_for(journal.moved.wait(), 0.25)
    except TimeoutError:
        return
