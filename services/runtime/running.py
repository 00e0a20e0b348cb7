"""Guarantee: one process of a service is one set of parts, wired once, that everything in it shares."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
from fastapi import APIRouter

from services.runtime.bus import Bus
from services.runtime.clock import Clock
from services.runtime.decisions import Recorded
from services.runtime.documents import Documents
from services.runtime.follower import Reads
from services.runtime.identity import Identity
from services.runtime.intake import Intake
from services.runtime.journal import Journal, Record, RequestKey
from services.runtime.projections import Projections
from services.runtime.reactions import Act, Reacting, Reactions
from services.runtime.relay import Relay
from services.runtime.settings import Settings
from services.runtime.timers import Ringing, Timers
from services.runtime.unit import Unit


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service as its `__main__` wires it."""

    name: str
    listens_to: Sequence[str]
    projections: Projections
    reactions: Reactions
    timers: Timers
    router: APIRouter
    migrations: Path | None = None
    tasks: Sequence[Callable[[Running], Awaitable[None]]] = ()
    quiet: Callable[[Running], Awaitable[bool]] | None = None
    """Whether nothing of the service's own (mail being sent, say) is under way or about to be."""
    before_commands: Sequence[Callable[[Running], Awaitable[None]]] = ()
    """What must be done after every restart or restore before the first command, such as erasing persons again."""


@dataclass(kw_only=True)
class Running:
    """The parts of one running process."""

    service: Service
    settings: Settings
    pool: asyncpg.Pool[Record]
    clock: Clock
    journal: Journal
    bus: Bus
    documents: Documents
    identity: Identity
    reads: Reads
    reacting: Reacting
    ringing: Ringing
    relays: Sequence[Relay]
    intakes: Sequence[Intake]
    secret: bytes
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> datetime:
        """Business time, aware, UTC."""
        return self.clock.now()

    def dated(self) -> datetime:
        """Business time for what is kept; raises bus.NotReady while the clock is doubted."""
        return self.bus.dated(self.clock.now)

    async def rows(self, sql: str, *args: Any) -> list[Record]:
        """Rows of the read tables as they stand; the tables' names need no schema."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(f'set local search_path to "{self.reads.schema}", public')
            found: list[Record] = await connection.fetch(sql, *args)
            return found

    def act(self, name: str) -> Act:
        """The system's own act of this name: ids made in it are the same whenever it is done again."""
        return self.reacting.act(name)

    def unit(self, act: Act, event: Recorded[Any] | None = None, *, once: str = "") -> Unit:
        """A unit for a command of the system's own; `once` makes it a request that is decided once only."""
        correlation, causation = (event.correlationid, event.id) if event else (act.new_id("correlation"), "")
        request = RequestKey(f"once {once}", b"", act.now) if once else None
        return Unit(self.journal, self.bus, correlation, causation, request)
