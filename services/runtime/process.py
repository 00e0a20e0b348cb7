"""Guarantee: a service starts whole, says when it is ready, and stops cleanly on SIGTERM: nothing acknowledged is lost.

`python -m services.<name> serve` runs it; the other commands work on its database without starting it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import asyncpg
import stamina
import structlog
import uvicorn
import uvloop
from aiokafka.errors import KafkaError

from services.runtime import held, observability, recovering, replay, verify
from services.runtime.bus import Bus
from services.runtime.clock import clock_at
from services.runtime.database import connected
from services.runtime.documents import Documents
from services.runtime.follower import TRANSIENT, Reads, pause, watch_head
from services.runtime.identity import identity_of
from services.runtime.intake import Intake
from services.runtime.journal import Journal, Record
from services.runtime.migrating import migrate, outstanding
from services.runtime.reactions import Reacting
from services.runtime.reading import Reading
from services.runtime.relay import Relay
from services.runtime.running import Running, Service
from services.runtime.settings import Settings, SettingsRefused, settings_of
from services.runtime.timers import Ringing
from services.runtime.topics import WrongTopic, declare, topics_of
from services.runtime.web import application

log = structlog.get_logger()
BROKER_STARTS = 60.0
CONNECT_TRIES = 60
OUT_OF_REACH = 3
"""How a command ends that could not be carried out; 1 is kept for what was found to differ."""
RUNTIME_MIGRATIONS = Path(__file__).parent / "migrations"


class OutOfReach(RuntimeError):
    """A command lost the database or the broker before it was done; that says nothing about what they hold."""


class NotMigrated(RuntimeError):
    """The database is older than this version, and this process may not bring it up to date."""


@asynccontextmanager
async def opened(service: Service, settings: Settings, tries: int = CONNECT_TRIES) -> AsyncIterator[Running]:
    """Connect to the database, bring it up to date, and put the parts of a process together without running them."""
    bus = Bus()
    pool = await connected(settings, tries, bus.lost_connection)
    try:
        yield await _assembled(service, settings, pool, bus)
    finally:
        bus.closing = True
        await asyncio.wait_for(_closed(pool), 10)


async def _closed(pool: asyncpg.Pool[Record]) -> None:
    try:
        async with asyncio.timeout(3):
            await pool.close()
    except TimeoutError:
        pool.terminate()


async def _assembled(service: Service, settings: Settings, pool: asyncpg.Pool[Record], bus: Bus) -> Running:
    folders = [RUNTIME_MIGRATIONS] + ([service.migrations] if service.migrations else [])
    async with pool.acquire() as connection:
        await _brought_up_to_date(connection, settings, folders)  # type: ignore[arg-type]
    clock = clock_at(settings.clock)
    bus.clock_stands = clock.certain
    dated = partial(bus.dated, clock.now)
    journal = Journal(pool, settings.place, service.name)
    documents = Documents(settings.documents, service.name)
    reads = Reads(journal, service.projections)
    reacting = Reacting(journal, bus, service.reactions, dated)
    events, shared = topics_of(settings.place, service.name)
    return Running(
        service=service, settings=settings, pool=pool, clock=clock, journal=journal, bus=bus, documents=documents,
        identity=identity_of(settings), reads=reads, reacting=reacting,
        ringing=Ringing(reacting, reads, service.timers),
        relays=(
            Relay(journal, bus, documents, settings, events, ("services", "partners")),
            Relay(journal, bus, documents, settings, shared, ("partners",)),
        ),
        intakes=[Intake(journal, publisher, dated, bus) for publisher in service.listens_to],
        secret=await pool.fetchval("select secret from ledger.local"),
    )  # fmt: skip


async def _brought_up_to_date(
    connection: asyncpg.Connection[Record], settings: Settings, folders: Sequence[Path]
) -> None:
    """Migrate as the owner; a process of another role starts only where somebody who owns the database has done so."""
    if settings.migrate:
        await migrate(connection, *folders, runtime_role=settings.runtime_role)
    elif missing := await outstanding(connection, *folders):
        raise NotMigrated(
            f"The database lacks {', '.join(missing)}, and COMPACT_MIGRATE forbids to change it: "
            f"run 'python -m services.{settings.service} migrate' as the role that owns it."
        )


async def run(running: Running) -> None:
    """Run everything that follows the journal and the bus until the process is told to stop."""
    await running.reads.prepare()
    await running.reacting.prepare()
    stopping = running.stopping
    for relay in running.relays:
        relay.before_commands = partial(_before_commands, running)
    reading = Reading(running.intakes, running.settings, running.bus)
    parts: list[Awaitable[None]] = [
        watch_head(running.journal, stopping), running.reads.run(stopping), running.reacting.run(stopping),
        running.ringing.run(stopping), reading.run(stopping), _watch_clock(running),
        *(relay.run(stopping) for relay in running.relays), *(task(running) for task in running.service.tasks),
    ]  # fmt: skip
    await asyncio.gather(*(_kept(part, running) for part in parts))


async def _before_commands(running: Running) -> None:
    for each in running.service.before_commands:
        await each(running)


async def _kept(part: Awaitable[None], running: Running) -> None:
    """A part that ends by a bug ends the process: the supervisor starts it anew, which begins from what stands."""
    try:
        await part
    except Exception:
        log.critical("part_failed", exc_info=True)
        running.stopping.set()
        raise


async def _watch_clock(running: Running) -> None:
    while not running.stopping.is_set():
        try:
            database_now = await running.pool.fetchval("select clock_timestamp()")
        except TRANSIENT:
            database_now = None
        certain = running.clock.certain(database_now)
        if certain is not running.bus.clock_certain:
            log.warning("clock_judged", certain=certain)
        running.bus.clock_certain = certain
        await pause(running.stopping, 1.0)


async def serve(service: Service, settings: Settings) -> None:
    """Serve HTTP and follow the journal until SIGTERM or SIGINT."""
    observability.configure_logging(settings.log_format, service=service.name, place=settings.place)
    async with opened(service, settings) as running:
        server = uvicorn.Server(
            uvicorn.Config(
                application(running), host=settings.http_host, port=settings.http_port, log_config=None,
                access_log=False, timeout_graceful_shutdown=5, lifespan="off",
            )
        )  # fmt: skip
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, running.stopping.set)
        serving = asyncio.create_task(server._serve())  # without uvicorn's own signal handlers
        following = asyncio.create_task(run(running))
        log.info("service_started", port=settings.http_port)
        await asyncio.wait({serving, following}, return_when=asyncio.FIRST_COMPLETED)
        running.stopping.set()
        server.should_exit = True
        await asyncio.gather(serving, following)
        log.info("service_stopped")


Work = Callable[[Running, argparse.Namespace], Awaitable[int]]


async def _topics(running: Running, args: argparse.Namespace) -> int:
    names = list(topics_of(running.settings.place, running.service.name))
    try:
        # a broker that has just started answers before it can make a topic
        async for attempt in stamina.retry_context(KafkaError, attempts=None, timeout=BROKER_STARTS, wait_max=1):
            with attempt:
                said = await declare(running.settings, names)
    except (KafkaError, WrongTopic) as error:
        print(json.dumps({"service": running.service.name, "error": str(error) or type(error).__name__}))
        return 1
    for topic, state in said.items():
        print(json.dumps({"service": running.service.name, "topic": topic, "state": state}))
    return 0


async def _migrate(running: Running, args: argparse.Namespace) -> int:
    print(json.dumps({"service": running.service.name, "migrated": True}))
    return 0


async def _prepare(running: Running, args: argparse.Namespace) -> int:
    return await _migrate(running, args) or await _topics(running, args)


COMMANDS: dict[str, Work] = {
    "migrate": _migrate,
    "topics": _topics,
    "prepare": _prepare,
    "replay": replay.command,
    "rebuild": replay.rebuild_command,
    "verify": verify.command,
    "held": held.command,
    "recover": recovering.command,
}


ASKING = frozenset({"replay", "rebuild", "verify", "held", "recover"})
"""Commands for a system that is up: they say at once where it is not, instead of waiting for it."""


def main(service: Service, argv: list[str] | None = None) -> None:
    """The command line of one service's image."""
    args = _parser(service.name).parse_args(argv)
    try:
        settings = settings_of(service.name)
    except SettingsRefused as error:
        sys.exit(str(error))
    uvloop.install()
    try:
        sys.exit(asyncio.run(_work(service, settings, args)))
    except NotMigrated as error:
        sys.exit(str(error))
    except OutOfReach as error:
        print(error, file=sys.stderr)
        sys.exit(OUT_OF_REACH)


async def _work(service: Service, settings: Settings, args: argparse.Namespace) -> int:
    if args.command == "serve":
        await serve(service, settings)
        return 0
    observability.configure_logging("json", service=service.name)
    try:
        async with opened(service, settings, tries=4 if args.command in ASKING else CONNECT_TRIES) as running:
            return await COMMANDS[args.command](running, args)
    except (KafkaError, *TRANSIENT) as error:
        away = "broker" if isinstance(error, KafkaError) else "database"
        raise OutOfReach(
            f"{service.name}: the {away} cannot be reached ({type(error).__name__}), so nothing was found out; "
            "see that it is up, and run the command again."
        ) from None


def _parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m services.{name}")
    parser.add_argument("command", choices=["serve", *COMMANDS])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--as-of", type=datetime.fromisoformat, help="replay to this moment (RFC 3339)")
    parser.add_argument("--compare", action="store_true", help="compare the live read tables with a replay")
    parser.add_argument("--about", default="", help="show the rows about this, for example bid:… (replay)")
    parser.add_argument("--against", type=Path, help="a file of heads noted earlier (verify)")
    parser.add_argument("--with-bus", action="store_true", help="compare with the topics too (verify)")
    parser.add_argument("--witnesses", action="store_true", help="list what is known of others' journals (verify)")
    parser.add_argument("--release", metavar="ID", help="let a held message enter the journal (held)")
    parser.add_argument("--discard", metavar="ID", help="give a held message up (held)")
    parser.add_argument("--why", default="", help="the reason, kept with the release or discard")
    parser.add_argument("--person", default="", help="who releases, discards or recovers")
    return parser


__all__ = ["Service", "main", "opened", "run"]
