"""Guarantee: what falls due by itself is done once it is due, by an idempotent command, whatever was down meanwhile.

Timers are rows of a read table that projections set and clear, so they follow from history like everything else. The
command's event clears its timer; until it has, the timer is tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import structlog

from services.runtime import observability
from services.runtime.bus import NotReady
from services.runtime.calendar import london_date, start_of_london_day
from services.runtime.decisions import Command
from services.runtime.follower import TRANSIENT, Reads, pause
from services.runtime.journal import RestoredBehind
from services.runtime.reactions import Act, Handler, Reacting
from services.runtime.unit import Answered, Busy, Outcome, Unit

log = structlog.get_logger()
C = TypeVar("C", bound=Command)
AGAIN: tuple[type[BaseException], ...] = (*TRANSIENT, NotReady, Busy, RestoredBehind)


class Timers:
    """What a service does when something falls due, by the timer's name."""

    def __init__(self) -> None:
        self.by_name: dict[str, tuple[Callable[[str, Act], Any], Handler]] = {}

    def when(
        self, name: str, handler: Callable[[Unit, C], Awaitable[Outcome]]
    ) -> Callable[[Callable[[str, Act], C]], Callable[[str, Act], C]]:
        """Register the command that a timer of this name issues."""

        def register(function: Callable[[str, Act], C]) -> Callable[[str, Act], C]:
            self.by_name[name] = (function, handler)
            return function

        return register


@dataclass
class Ringing:
    """Runs the timers that are due."""

    reacting: Reacting
    reads: Reads
    timers: Timers
    tried: dict[tuple[str, str], float] = field(default_factory=dict)

    async def run(self, stopping: asyncio.Event) -> None:
        """Look for due timers until the process stops."""
        while not stopping.is_set():
            try:
                await asyncio.wait_for(self.reacting.bus.agreed.wait(), 0.25)
                due = await self.due()
                self.tried = {timer: self.tried[timer] for timer in due if timer in self.tried}
                for name, about in due:
                    await self._ring(name, about)
            except AGAIN as error:
                if not isinstance(error, TimeoutError):
                    log.warning("timers_interrupted", reason=type(error).__name__)
            await pause(stopping, 0.1)

    async def due(self) -> list[tuple[str, str]]:
        """Names and keys of the timers that are due now; empty while the read tables are behind."""
        if not self.reads.caught_up.is_set():
            return []
        now = self.reacting.now()
        rows = await self.reads.journal.pool.fetch(
            f'select name, about, due_at, due_on from "{self.reads.schema}".timers'  # noqa: S608
            " where (due_at <= $1 or due_on <= $2) and name = any ($3)"
            " order by coalesce(due_at, due_on::timestamptz), name, about limit 200",
            now, london_date(now), list(self.timers.by_name),
        )  # fmt: skip
        late = max((now - _moment(row) for row in rows), default=None)
        observability.timers_late_seconds.set(late.total_seconds() if late else 0.0)
        return [(row["name"], row["about"]) for row in rows]

    async def next_due(self) -> datetime | None:
        """The moment at which the next timer falls due."""
        row = await self.reads.journal.pool.fetchrow(
            f'select min(due_at) as due_at, min(due_on) as due_on from "{self.reads.schema}".timers'  # noqa: S608
            " where name = any ($1)",
            list(self.timers.by_name),
        )
        assert row is not None
        moments = [row["due_at"]] if row["due_at"] else []
        moments += [start_of_london_day(row["due_on"])] if row["due_on"] else []
        return min(moments, default=None)

    async def _ring(self, name: str, about: str) -> None:
        loop_time = asyncio.get_running_loop().time()
        if self.tried.get((name, about), -1.0) > loop_time - 1.0:
            return
        self.tried[name, about] = loop_time
        make, handler = self.timers.by_name[name]
        act = self.reacting.act(f"timer {name} {about}")
        unit = Unit(self.reacting.journal, self.reacting.bus, act.new_id("correlation"), "")
        try:
            outcome = await handler(unit, make(about, act))
        except Answered:
            return
        except AGAIN:
            raise
        except Exception as error:
            log.error("timer_failed", timer=name, reason=type(error).__name__, exc_info=True)
            return
        if outcome.position is not None:
            await self.reads.reached(outcome.position)


def _moment(row: Any) -> datetime:
    return row["due_at"] if row["due_at"] else start_of_london_day(row["due_on"])
