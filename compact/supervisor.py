"""Guarantee: what is up stays up – a part that dies is started again – and all of it ends together, in order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import httpx

from compact import system as systems
from compact import tokens
from compact.broker import EmbeddedBroker
from compact.mail import MailCatcher
from compact.nursery import Nursery
from compact.postgres import EmbeddedPostgres, create_database
from compact.processes import TICK, Child, DidNotStart, free_port
from compact.system import CHECKOUT, System
from contracts.topics import SERVICES
from services.runtime.clock import set_clock
from services.runtime.settings import settings_of
from services.runtime.topics import declared_config, declared_topics

Say = Callable[[str], None]
DEMO_BEGINS = datetime(2013, 12, 2, 9, 0, tzinfo=UTC)


class Part(Protocol):
    """Anything the supervisor starts, looks after and stops."""

    child: Child | None

    async def start(self) -> None:
        """Start it and wait until it can be used."""

    async def stop(self) -> None:
        """End it."""

    async def healthy(self) -> bool:
        """Say whether it can be used."""


@dataclass
class ServiceProcess:
    """One process of one service, with the environment of its system; a second instance takes its own port.

    It is forked where there is a nursery, and a program of its own otherwise.
    """

    system: System
    name: str
    port: int | None = None
    label: str = ""
    seconds: float = 60
    nursery: Nursery | None = None
    child: Child | None = None

    @property
    def url(self) -> str:
        """Give its HTTP address."""
        return f"http://127.0.0.1:{self.port or self.system.ports[self.name]}"

    async def start(self) -> None:
        """Start it and wait until it says it is ready."""
        if self.nursery is None:
            self.launch()
        else:
            self.child = self.planned()
            self.child.process = await self.nursery.fork(self.name, self.child.log, self.child.environment)
        await self.ready()

    def launch(self) -> None:
        """Start it as a program of its own, without waiting."""
        self.child = self.planned()
        self.child.start()

    def planned(self) -> Child:
        """Give its process, not yet started."""
        command = [sys.executable, "-m", f"services.{self.name}", "serve"]
        log = self.system.log(self.name) if not self.label else self.system.data / "logs" / f"{self.label}.jsonl"
        return Child(self.label or self.name, command, log, self.system.environment(self.name, self.port), CHECKOUT)

    async def ready(self) -> None:
        """Wait until it says it is ready; say what it last wrote where it does not."""
        deadline = time.monotonic() + self.seconds
        while not await self.healthy():
            if self.child is None or not self.child.alive or time.monotonic() > deadline:
                ended = "ended" if self.child and not self.child.alive else "was not ready in time"
                raise DidNotStart(f"{self.label or self.name} {ended}; its log {self.child and self.child.log} ends "
                                  f"with:\n{self.child and self.child.last_words()}")  # fmt: skip
            await asyncio.sleep(5 * TICK)

    async def healthy(self) -> bool:
        """Say whether it is ready."""
        try:
            async with httpx.AsyncClient(timeout=3, trust_env=False) as client:
                return (await client.get(f"{self.url}/health/ready")).is_success
        except httpx.HTTPError:
            return False

    async def stop(self) -> None:
        """Ask it to finish what it is doing and end."""
        if self.child is not None:
            await self.child.stop(grace=15)


@dataclass
class Supervisor:
    """Starts the parts of one system, starts again what dies, and stops everything."""

    data: Path
    demo: bool = False
    place: str = "sutton"
    say: Say = print
    restarts_a_minute: int = 5
    system: System = field(init=False)
    parts: dict[str, Part] = field(default_factory=dict)
    died: dict[str, deque[float]] = field(default_factory=dict)
    nursery: Nursery | None = None
    left_alone: set[str] = field(default_factory=set)
    """Parts that are being started again, or that died too often."""
    restarting: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> System:
        """Start infrastructure, then the services, and write down where everything is."""
        self.system = self.planned()
        self.system.supervisor = os.getpid()
        self.system.save()
        self.nursery = Nursery(self.system.log("nursery"))
        await self.nursery.start()
        tokens.make_keys(self.system)
        if self.system.clock and not self.system.clock.exists():
            set_clock(self.system.clock, DEMO_BEGINS)
        await self.start_infrastructure()
        await self.start_services()
        self.write_down()
        return self.system

    def planned(self) -> System:
        """Take what was written down in the directory, or plan a new system."""
        before = systems.recorded(self.data)
        if before and self.demo and not before.demo:
            raise DidNotStart(f"{self.data} was not made for a demonstration and keeps its own clock. Give another "
                              "directory with --data.")  # fmt: skip
        if before and not self.demo and before.demo:
            self.say("This directory was made for a demonstration: it keeps its stepped clock.")
        system = before or System(data=self.data.resolve(), demo=self.demo, place=self.place)
        taken = {name: free_port(system.ports.get(name)) for name in SERVICES}
        return system.model_copy(update={"ports": {**system.ports, **taken}, "pids": {}})

    async def start_infrastructure(self) -> None:
        """Start what is not given by the environment: database, broker, mail catcher."""
        await asyncio.gather(self.start_database(), self.start_broker(), self.start_mail())

    async def start_database(self) -> None:
        """Start PostgreSQL where none is given; see that each service has its database."""
        ports, data = self.system.ports, self.system.data
        if (
            all(os.environ.get(f"COMPACT_{name.upper()}_POSTGRES") for name in SERVICES)
            or "COMPACT_POSTGRES" in os.environ
        ):
            self.system.postgres = {name: settings_of(name).dsn for name in SERVICES}
            self.say("PostgreSQL: as COMPACT_POSTGRES says")
        else:
            server = EmbeddedPostgres(data / "postgres", ports.get("postgres"), log=self.system.log("postgres"))
            await self.begin("postgres", server)
            ports["postgres"] = server.port or 0
            self.system.postgres = {name: server.address(name) for name in SERVICES}
            self.say(f"PostgreSQL answers on port {server.port}")
        for address in self.system.postgres.values():
            await create_database(address)

    async def start_broker(self) -> None:
        """Start the broker where none is given."""
        if given := os.environ.get("COMPACT_KAFKA"):
            self.system.kafka = given
            self.say(f"Kafka: {given}, as COMPACT_KAFKA says")
            return
        ports = self.system.ports
        topics = {name: declared_config(replicas=1) for name in declared_topics(self.system.place)}
        broker = EmbeddedBroker(self.system.data, ports.get("broker"), self.system.log("broker"), topics)
        await self.begin("broker", broker)
        ports["broker"], self.system.kafka = broker.port or 0, broker.address
        self.say(f"The broker answers on port {broker.port}")

    async def start_mail(self) -> None:
        """Start the mail catcher where no mail server is given."""
        if given := os.environ.get("COMPACT_SMTP"):
            self.system.smtp = given
            self.say(f"Mail: {given}, as COMPACT_SMTP says")
            return
        ports = self.system.ports
        catcher = MailCatcher(self.system.data / "mail", ports.get("mail"), log=self.system.log("mail"))
        await self.begin("mail", catcher)
        ports["mail"], self.system.smtp, self.system.returns = catcher.port or 0, catcher.address, catcher.returns
        self.say(f"The mail catcher answers on port {catcher.port}")

    async def begin(self, name: str, part: Part) -> None:
        """Start a part and look after it from now on."""
        self.parts[name] = part
        await part.start()

    async def start_services(self) -> None:
        """Start the services side by side."""
        processes = [ServiceProcess(self.system, name, nursery=self.nursery) for name in SERVICES]
        await asyncio.gather(*(self.begin(process.name, process) for process in processes))
        for process in processes:
            self.say(f"{process.name} is ready at {process.url}")

    def write_down(self) -> None:
        """Record the process ids with the rest."""
        pids = {name: part.child.pid for name, part in self.parts.items() if part.child and part.child.pid}
        self.system.pids = pids
        self.system.save()

    async def watch(self) -> None:
        """Look after the parts until cancelled."""
        while True:
            for name, part in self.parts.items():
                if part.child is not None and not part.child.alive and name not in self.left_alone:
                    self.left_alone.add(name)
                    task = asyncio.create_task(self.restart(name, part))
                    self.restarting.add(task)
                    task.add_done_callback(self.restarting.discard)
            await asyncio.sleep(10 * TICK)

    async def restart(self, name: str, part: Part) -> None:
        """Start a part again that died, unless it has died too often within a minute."""
        died, now = self.died.setdefault(name, deque()), time.monotonic()
        died.append(now)
        while died[0] < now - 60:
            died.popleft()
        if len(died) > self.restarts_a_minute:
            words = part.child.last_words() if part.child else ""
            self.say(f"{name} died {len(died)} times within a minute and stays down. Its log ends with:\n{words}")
            return
        self.say(f"{name} died and is started again")
        if name in SERVICES:
            await self.foundations()
        try:
            await part.start()
        except (DidNotStart, OSError, TimeoutError) as error:
            self.say(f"{name} did not start again: {error}")
        finally:
            self.left_alone.discard(name)
        self.write_down()

    async def foundations(self) -> None:
        """Wait until database and broker can be used: a service that is started before them only dies again."""
        for name in ("postgres", "broker"):
            if name in self.parts:
                await usable(self.parts[name])

    async def stop(self) -> None:
        """Stop the services, then what they stand on."""
        for task in self.restarting:
            task.cancel()
        await asyncio.gather(*(part.stop() for name, part in self.parts.items() if name in SERVICES))
        if self.nursery is not None:
            await self.nursery.stop()
        for name in ("mail", "broker", "postgres"):
            if name in self.parts:
                await self.parts[name].stop()


async def usable(part: Part) -> None:
    """Wait until a part can be used."""
    while True:
        if await part.healthy():
            return
        await asyncio.sleep(10 * TICK)


@contextlib.asynccontextmanager
async def running_system(
    data: Path, *, demo: bool = False, place: str = "sutton", say: Say = print, restarts_a_minute: int = 5
) -> AsyncIterator[Supervisor]:
    """Run a whole system while the block runs: `async with running_system(directory) as running: running.system`."""
    with systems.held_by_us(data):
        supervisor = Supervisor(data, demo, place, say, restarts_a_minute)
        watching: asyncio.Task[None] | None = None
        try:
            await supervisor.start()
            watching = asyncio.create_task(supervisor.watch())
            yield supervisor
        finally:
            if watching is not None:
                watching.cancel()
            await supervisor.stop()
