"""What the journey shows in the terminal: who does what, the facts as the journals receive them, refusals, progress.

The facts are told from the journals themselves, of which only type, audience and time are read: so what services do by
themselves, days later, is told like what somebody asked for.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import asyncpg
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from compact.system import System
from contracts.catalogue import EVENTS
from contracts.topics import SERVICES
from services.runtime.calendar import LONDON

WRITTEN = (
    "select position, type, audience, recorded from ledger.journal"
    " where position > $1 and audience <> 'received' order by position"
)
MANY = 8
"""Where more facts than these were written at once, each name is told once."""


@dataclass(frozen=True)
class Fact:
    """One fact as it was written: by which service, when, of which class, and whether it stays private."""

    service: str
    name: str
    private: bool
    recorded: datetime


@dataclass
class Telling:
    """The terminal, and how far each journal has been told."""

    console: Console
    progress: Progress
    journals: dict[str, asyncpg.Connection[Any]]
    told: dict[str, int]
    """Service to the last position that was told."""
    facts: list[Fact] = field(default_factory=list)
    """Everything told since the step began."""
    shown: str = ""
    """Day and time that were told last."""
    waiting: list[Fact] = field(default_factory=list)
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def act(self, title: str, now: datetime) -> None:
        """Begin an act."""
        self.console.print()
        self.console.rule(f"[bold]{escape(title)}[/] [dim]{day(now)}[/]", align="left")

    def does(self, words: str, now: datetime) -> None:
        """Say who does what."""
        self.shown = stamp(now)
        self.console.print(f"[cyan]{clock(now)}[/] {escape(words)}")

    def time_passes(self, until: datetime) -> None:
        """Say that the clock moves on."""
        self.console.print(f"[cyan]… until {day(until)}, {clock(until)}[/]")

    def note(self, words: str) -> None:
        """Say what follows from what was done."""
        self.console.print(f"      [green]✓[/] {escape(words)}")

    def line(self, *cells: str) -> None:
        """Tell one line of a story."""
        when, service, name, who = cells
        self.console.print(f"      [cyan]{when}[/] [magenta]{service}[/] [bold]{name}[/] [dim]{escape(who)}[/]")

    def refusal(self, service: str, problem: dict[str, Any]) -> None:
        """Say what was refused, on which ground, and what would clear it."""
        self.console.print(f"      [yellow]✗ refused by {service}:[/] {escape(problem['detail'])}")
        if cited := problem.get("citation"):
            clause = f"{cited['document']} {cited['clause']}".strip()
            self.console.print(f"        [yellow]{escape(clause)}[/] [dim]({problem['code']})[/]")
        else:
            self.console.print(f"        [dim]({problem['code']})[/]")
        if remedy := problem.get("remedy"):
            self.console.print(f"        remedy: {escape(remedy)}")

    async def listen(self) -> None:
        """Take what the journals have received since the last look."""
        async with self.reading:
            found = [fact for name in SERVICES for fact in await self._new(name)]
        self.waiting += sorted(found, key=lambda fact: fact.recorded)

    async def _new(self, service: str) -> list[Fact]:
        rows = await self.journals[service].fetch(WRITTEN, self.told[service])
        self.told[service] = rows[-1]["position"] if rows else self.told[service]
        return [Fact(service, name_of(row["type"]), row["audience"] == "private", row["recorded"]) for row in rows]

    async def catch_up(self) -> None:
        """Tell what was written and not told yet."""
        await self.listen()
        facts, self.waiting = self.waiting, []
        self.facts += facts
        for (service, recorded), written in groupby(facts, key=lambda fact: (fact.service, fact.recorded)):
            names = ", ".join(counted([*written]))
            when = "" if stamp(recorded) == self.shown else f"[cyan]{stamp(recorded)}[/] "
            self.shown = stamp(recorded)
            self.console.print(f"      {when}[magenta]{service}[/] wrote {names}")

    @asynccontextmanager
    async def listening(self) -> Any:
        """Take facts as they are written, so that they are told in that order, while the block runs."""
        task = asyncio.create_task(self._keep_listening())
        try:
            yield
        finally:
            task.cancel()
        await self.catch_up()

    async def _keep_listening(self) -> None:
        while True:
            await self.listen()
            await asyncio.sleep(0.05)

    def forget(self) -> None:
        """Begin a step: what was told before counts no longer."""
        self.facts = []

    def count(self, service: str, name: str) -> int:
        """How many facts of a class a service wrote in this step."""
        return sum((fact.service, fact.name) == (service, name) for fact in self.facts)


@asynccontextmanager
async def telling(system: System, console: Console, told: dict[str, int], steps: int) -> Any:
    """Tell of a system that is up, from these positions of its journals on."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    async with AsyncExitStack() as stack:
        journals = {}
        for name in SERVICES:
            journals[name] = await asyncpg.connect(system.postgres[name])
            stack.push_async_callback(journals[name].close)
        progress = stack.enter_context(Progress(*columns, console=console, transient=True))
        progress.add_task("the journey", total=steps)
        yield Telling(console, progress, journals, {name: told.get(name, 0) for name in SERVICES})


def counted(facts: list[Fact]) -> Iterator[str]:
    """The names in the order they were first written; where there are few, in the order of all, repeats counted."""
    runs = [(key, len([*same])) for key, same in groupby(facts, key=lambda fact: (fact.name, fact.private))]
    if len(runs) > MANY:
        runs = [*Counter((fact.name, fact.private) for fact in facts).items()]
    for (name, private), n in runs:
        yield f"[bold]{name}[/]" + (f" ×{n}" if n > 1 else "") + (" [dim](private)[/]" if private else "")


def name_of(wire: str) -> str:
    """The name of an event's class."""
    return EVENTS[wire].__name__ if wire in EVENTS else wire


def day(moment: datetime) -> str:
    """A moment's day in London, as people write it."""
    return f"{moment.astimezone(LONDON):%-d %B %Y}"


def clock(moment: datetime) -> str:
    """A moment's time in London."""
    return f"{moment.astimezone(LONDON):%H:%M}"


def stamp(moment: datetime) -> str:
    """Day and time in London, short."""
    return f"{moment.astimezone(LONDON):%-d %b %H:%M}"
