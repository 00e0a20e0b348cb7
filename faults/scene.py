"""Where a fault is done: the system, the load on it, chance, and how far both have come."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from contracts.topics import SERVICES
from faults.exposed import Exposed
from faults.load import Load

TICK = 0.02


@dataclass
class Scene:
    """One run of one fault, or of several at once."""

    running: Exposed
    load: Load
    chance: random.Random
    data: Path
    done: Counter[str] = field(default_factory=Counter)
    """What was done to the system, and how often."""
    restored: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SERVICES, 0))
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    wrong: list[str] = field(default_factory=list)
    """What a fault saw that must not be; the checker's findings come beside."""

    async def after(self, fewest: int, most: int) -> None:
        """Wait for so many further answers: by answers and not by the clock, so that it can be repeated."""
        target = self.load.answers + self.chance.randint(fewest, most)
        await self.until(lambda: self.load.answers >= target)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is so."""
        while True:
            if true():
                return
            await asyncio.sleep(TICK)

    async def stage(self, *names: str) -> None:
        """Wait until the load has come to one of these stages."""
        await self.until(lambda: self.load.stage in names)

    def service(self) -> str:
        """Any service."""
        return self.chance.choice(SERVICES)

    def instance(self) -> str:
        """Any process of any service."""
        return self.chance.choice(self.running.instances(self.service()))


@dataclass(frozen=True)
class Fault:
    """One way to break the system: what is done, and what the system must be like for it."""

    name: str
    what: str
    do: Callable[[Scene], Awaitable[None]]
    mixes: bool = True
    """Whether it can be done together with others."""
    stepped: bool = True
    megabytes: int = 0
    """The size of the database's disk, where it is to be a small one."""
    last: str = "dissolve"
    """The stage with which the load ends."""
    look: Callable[[Scene], Awaitable[None]] | None = None
    """What is looked at beside the checker, once everything is quiet."""
    missing: Callable[[], str] = lambda: ""
    """Why it cannot be done here; empty where it can."""
    seconds: float = 600
    """Seconds after which the load must be through."""
