"""What a long journal costs: one command, and the memory of a service that replays it.

One command: `verify_organisation` of partners, whole and one at a time, on a journal of 1,000,000 facts; beside it, the
same on one of 10,000. Memory: the resident set of the process `python -m services.partners serve` while it builds its
read tables from that journal, at its greatest; beside it, the same process at rest on a journal that only knows its
rules. The facts are private, so that nothing but the journal is followed.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from statistics import median

import asyncpg
import psutil

from bench.commands import Commands
from bench.figures import Figure, figure, in_turn
from bench.filling import Facts, pour
from bench.ground import Ground, a_place, begin
from compact.processes import HOST, Child, free_port
from compact.system import CHECKOUT, System
from services.partners.__main__ import service as partners
from services.runtime.running import Running

SMALL = 10_000
COMMANDS = 100
EACH = 10
MIB = 1024 * 1024
LOOK = 0.05


async def one_command(commands: Commands) -> float:
    """The median of how long one command takes, in milliseconds."""
    took = []
    for _ in range(COMMANDS):
        began = time.perf_counter()
        await commands.ours()
        took.append((time.perf_counter() - began) * 1000)
    return median(took)


def on(commands: Commands) -> Callable[[], Awaitable[float]]:
    """The contender that runs commands on one journal."""
    return lambda: one_command(commands)


async def grown(running: Running, events: int) -> Commands:
    """Commands on a journal of so many facts."""
    await begin(running)
    facts = Facts(events, each=EACH)
    await pour(running, facts)
    return Commands(running, facts.organisations)


class Process:
    """A service as a process of its own, watched from outside."""

    def __init__(self, ground: Ground, address: str, place: str) -> None:
        port = free_port()
        system = System(
            data=ground.directory, place=place, kafka=ground.kafka, postgres={"partners": address},
            ports={"partners": port},
        )  # fmt: skip
        told = system.environment("partners", port) | {"COMPACT_LOCAL_TOKENS_ALLOWED": "true"}
        command = [sys.executable, "-m", "services.partners", "serve"]
        self.child = Child("partners", command, ground.directory / "partners.log", told, CHECKOUT)
        self.url = f"http://{HOST}:{port}"

    def resident(self) -> int:
        """Its resident set now, in bytes."""
        if self.child.pid is None:
            raise RuntimeError(f"the service ended; its log ends with:\n{self.child.last_words()}")
        found: int = psutil.Process(self.child.pid).memory_info().rss
        return found

    async def greatest_until(self, done: Callable[[], Awaitable[bool]]) -> float:
        """The greatest resident set seen until something is so, in MiB."""
        greatest = 0
        while not await done():
            greatest = max(greatest, self.resident())
            await asyncio.sleep(LOOK)
        return max(greatest, self.resident()) / MIB


@asynccontextmanager
async def process(ground: Ground, address: str, place: str) -> AsyncIterator[Process]:
    """The service as a process while the block runs."""
    made = Process(ground, address, place)
    made.child.start()
    try:
        yield made
    finally:
        await made.child.stop()


async def memory(ground: Ground, address: str, place: str, upto: int) -> float:
    """The greatest resident set in MiB until the read tables have come to a position, and two seconds after that."""
    schema, settled = partners.projections.schema, [0.0]
    connection = await asyncpg.connect(address)

    async def caught_up() -> bool:
        at = await connection.fetchval("select position from ledger.follower where name = $1", schema)
        if (at or 0) >= upto:
            settled[0] = settled[0] or time.monotonic() + 2
        return bool(settled[0]) and time.monotonic() > settled[0]

    async with process(ground, address, place) as watched:
        greatest = await watched.greatest_until(caught_up)
    await connection.close()
    return greatest


async def figures(ground: Ground, rounds: int, events: int) -> list[Figure]:
    """What one command costs, and what a replay needs, on a journal of so many facts."""
    place, large, rest = a_place(), await ground.database(), await ground.database()
    try:
        async with ground.service(partners) as small, ground.service(partners, place, large) as running:
            commands = {"ours": await grown(running, events), "beside": await grown(small, SMALL)}
            for each in commands.values():
                await one_command(each)
            cost = await in_turn(rounds, {name: on(each) for name, each in commands.items()})
            head = await running.journal.head()
        replaying = await memory(ground, large, place, head)
        async with ground.service(partners, a_place(), rest) as running:
            head = await begin(running)
            resting = await memory(ground, rest, running.settings.place, head)
    finally:
        for address in (large, rest):
            await ground.drop(address)
    return [
        figure(f"one command with {events:,} events in the journal, beside {SMALL:,}", "ms", cost["ours"],
               cost["beside"], "≤ 1.2"),
        figure(f"memory of a service replaying {events:,} events, beside at rest", "MiB", replaying, resting, "≤ 2"),
    ]  # fmt: skip
