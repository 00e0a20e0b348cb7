"""Commands a second through a handler, several at a time.

Ours: `verify_organisation` of partners, whole: load, fold, decide, append under its guard with the request's key.
Beside it, bare asyncpg on a pool of the same size running the same two statements with parameters of the same size; and
the `eventsourcing` library saving one event of a new aggregate in as many threads.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import uuid_utils
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate

from bench.figures import Figure, figure, in_turn
from bench.filling import NUMBER, Facts, enter, verified
from bench.ground import OFFICER, Ground, begin
from contracts.place import Place
from services.partners.__main__ import service as partners
from services.partners.handlers import verify_organisation
from services.partners.organisations import VerifyOrganisation
from services.partners.register import Register
from services.runtime.journal import APPEND, LOAD, RequestKey
from services.runtime.running import Running
from services.runtime.unit import Outcome, Unit

AT_ONCE = (1, 4, 16)
Step = Callable[[], Awaitable[Any]]


@dataclass
class Commands:
    """Commands about one organisation after another."""

    running: Running
    organisations: int
    numbers: Iterator[int] = field(default_factory=itertools.count)

    async def ours(self) -> Outcome:
        """One command through its handler, as a request would bring it."""
        number = next(self.numbers)
        command = VerifyOrganisation(
            actor=OFFICER, now=datetime.now(UTC), organisation_id=f"bench-{number % self.organisations}",
            against=f"Register {number}", number=NUMBER,
        )  # fmt: skip
        request = RequestKey(f"ours {number}", hashlib.sha256(b"body").digest(), command.now)
        unit = Unit(self.running.journal, self.running.bus, str(uuid.uuid4()), "", request)
        return await verify_organisation(unit, command)


@dataclass
class Statements:
    """The two statements of such a command, with parameters that are ready to hand."""

    commands: Commands
    known_to: int
    types: list[str] = field(default_factory=lambda: [_wires(Register.folds), _wires(Place.folds)])
    event: str = verified().model_dump_json()

    async def run(self) -> None:
        """Load and append once."""
        pool, place = self.commands.running.pool, self.commands.running.settings.place
        number, now = next(self.commands.numbers), datetime.now(UTC)
        about = f"organisation:bench-{number % self.commands.organisations}"
        tags, others = [about, f"place:{place}"], ["", ""]
        rows = await pool.fetch(LOAD, tags, others, self.types, [0, self.known_to])
        head = rows[0]["head"]
        row = await pool.fetchrow(
            APPEND, head, tags, others, self.types, head, QUERY, f"bare {number}", BODY, now, "done", 200, b"", now,
            self.commands.running.journal.source, [OFFICER.person], [OFFICER.role], [OFFICER.organisation],
            [str(uuid.uuid4())], "", [str(uuid_utils.uuid7())], ["partners.organisation_verified"], [about],
            ["partners"], [self.event.encode()],
        )  # fmt: skip
        assert row is not None
        assert row["verdict"] == "done"


QUERY = '[{"tags": ["organisation:bench-0"], "types": ["partners.organisation_registered"]}]'
BODY = hashlib.sha256(b"body").digest()


def _wires(kinds: Any) -> str:
    return " ".join(kind.wire for kind in kinds)


class Organisation(Aggregate):
    """The same fact as an aggregate's first event, in the `eventsourcing` library's own way."""

    def __init__(self, organisation_id: str, against: str, number: str) -> None:
        self.organisation_id, self.against, self.number = organisation_id, against, number


async def rate(step: Step, at_once: int, seconds: float) -> float:
    """How often a step is done in a second by so many that each begin again when they are done."""
    done, began = 0, time.perf_counter()

    async def again() -> None:
        nonlocal done
        while time.perf_counter() < began + seconds:
            await step()
            done += 1

    await asyncio.gather(*(again() for _ in range(at_once)))
    return done / (time.perf_counter() - began)


async def saved(app: Application[uuid.UUID], threads: int, seconds: float) -> float:
    """How many aggregates a second so many threads save."""
    began = time.perf_counter()

    def again() -> int:
        done = 0
        while time.perf_counter() < began + seconds:
            app.save(Organisation(f"bench-{done}", "CC", NUMBER))
            done += 1
        return done

    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(threads) as pool:
        done = await asyncio.gather(*(loop.run_in_executor(pool, again) for _ in range(threads)))
    return sum(done) / (time.perf_counter() - began)


@contextmanager
def application(address: str) -> Iterator[Application[uuid.UUID]]:
    """An application of the `eventsourcing` library on a database, with a connection for each thread."""
    parts = urlsplit(address)
    app = Application[uuid.UUID](
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres", "POSTGRES_DBNAME": parts.path.removeprefix("/"),
            "POSTGRES_HOST": parts.hostname or "", "POSTGRES_PORT": str(parts.port or 5432),
            "POSTGRES_USER": parts.username or "", "POSTGRES_PASSWORD": parts.password or "",
            "POSTGRES_POOL_SIZE": "16",
        }
    )  # fmt: skip
    try:
        yield app
    finally:
        app.close()


async def figures(ground: Ground, rounds: int, seconds: float) -> list[Figure]:
    """Commands a second at 1, 4 and 16 at a time, beside both."""
    database = await ground.database()
    try:
        async with ground.service(partners) as running:
            known_to = await begin(running)
            facts = Facts(10_000, each=1)
            await enter(running, facts)
            commands = Commands(running, facts.organisations)
            statements = Statements(commands, known_to)
            with application(database) as app:
                return [
                    each
                    for at_once in AT_ONCE
                    for each in await _beside(commands, statements, app, at_once, rounds, seconds)
                ]
    finally:
        await ground.drop(database)


async def _beside(
    commands: Commands, statements: Statements, app: Application[uuid.UUID], at_once: int, rounds: int, seconds: float
) -> list[Figure]:
    for step in (commands.ours, statements.run):
        await rate(step, at_once, seconds / 5)  # connections and plans are made
    await saved(app, at_once, seconds / 5)
    found = await in_turn(
        rounds,
        {
            "ours": lambda: rate(commands.ours, at_once, seconds),
            "asyncpg": lambda: rate(statements.run, at_once, seconds),
            "eventsourcing": lambda: saved(app, at_once, seconds),
        },
    )
    name = f"commands through a handler, {at_once} at a time, beside"
    return [
        figure(f"{name} asyncpg", "commands/s", found["ours"], found["asyncpg"], "≥ 0.75"),
        figure(f"{name} eventsourcing", "commands/s", found["ours"], found["eventsourcing"], "≥ 1"),
    ]
