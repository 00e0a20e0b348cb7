"""A whole system with a line between the services and everything they stand on, so that the lines can be broken."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from compact import system as systems
from compact.broker import EmbeddedBroker
from compact.postgres import EmbeddedPostgres
from compact.processes import HOST, TICK, Child, free_port
from compact.supervisor import Part, ServiceProcess, Supervisor
from compact.system import CHECKOUT
from contracts.topics import SERVICES
from faults.mailing import MailProxy
from faults.proxy import Proxy
from services.runtime.topics import declared_config, declared_topics

ALWAYS = 1_000_000
"""Restarts a minute after which a part would be left alone."""


@dataclass
class Instance(ServiceProcess):
    """One process of a service, of this source tree or another, with a little more in its environment."""

    seconds: float = 240
    checkout: Path = CHECKOUT
    more: Mapping[str, str] = field(default_factory=dict)

    def launch(self) -> None:
        """Start it without waiting."""
        name = self.label or self.name
        path = os.pathsep.join(filter(None, (self.more.get("PYTHONPATH"), str(self.checkout))))
        environment = {**self.system.environment(self.name, self.port), **self.more, "PYTHONPATH": path}
        command = [sys.executable, "-m", f"services.{self.name}", "serve"]
        self.child = Child(name, command, self.system.data / "logs" / f"{name}.jsonl", environment, self.checkout)
        self.child.start()


@dataclass
class Exposed(Supervisor):
    """A supervised system whose lines lead through proxies of ours."""

    restarts_a_minute: int = ALWAYS
    more: Mapping[str, str] = field(default_factory=dict)
    """What the services' environment has beside the system's own."""
    databases: dict[str, str] = field(default_factory=dict)
    """Each service's database, straight."""
    lines: dict[str, Proxy] = field(default_factory=dict)
    resting: set[str] = field(default_factory=set)
    """The processes that were stopped on purpose."""
    starts: Counter[str] = field(default_factory=Counter)
    """How often each part was started again."""
    mail: MailProxy = field(init=False)

    async def start_database(self) -> None:
        """Start PostgreSQL, and one line to it for each service."""
        await super().start_database()
        self.databases = dict(self.system.postgres)
        for name, address in self.databases.items():
            line = await self.line(f"database of {name}", Proxy(lambda: self.postgres.port))
            parts = urlsplit(address)
            netloc = f"{parts.netloc.rpartition(':')[0]}:{line.port}"
            self.system.postgres[name] = urlunsplit(parts._replace(netloc=netloc))

    async def start_broker(self) -> None:
        """Start the broker, and the line to it, whose address is the one that it tells its clients."""
        topics = {name: declared_config(replicas=1) for name in declared_topics(self.system.place)}
        broker = EmbeddedBroker(self.system.data, None, self.system.log("broker"), topics)
        line = await self.line("broker", Proxy(lambda: broker.port))
        broker.told = self.system.kafka = f"{HOST}:{line.port}"
        await self.begin("broker", broker)
        self.system.ports["broker"] = broker.port or 0

    async def start_mail(self) -> None:
        """Start the mail catcher, and the line to it."""
        await super().start_mail()
        behind = self.system.ports["mail"]
        self.mail = MailProxy(lambda: behind)
        await self.line("mail", self.mail)
        self.system.smtp = f"{HOST}:{self.mail.port}"

    async def restart(self, name: str, part: Part) -> None:
        """Start a part again that died, and count it."""
        self.starts[name] += 1
        await super().restart(name, part)

    async def line(self, name: str, proxy: Proxy) -> Proxy:
        """Open a line."""
        await proxy.start()
        self.lines[name] = proxy
        return proxy

    async def start_services(self) -> None:
        """Start the services side by side."""
        await asyncio.gather(*(self.begin(name, Instance(self.system, name, more=self.more)) for name in SERVICES))

    async def add(self, service: str, checkout: Path = CHECKOUT) -> str:
        """Start a further process of a service, of this version or another; gives its name."""
        name = f"{service}-{len(self.instances(service)) + 1}"
        await self.begin(name, Instance(self.system, service, free_port(), name, checkout=checkout, more=self.more))
        return name

    async def stop(self) -> None:
        """Stop every process of a service, then what they stand on, then the lines."""
        for line in self.lines.values():
            line.clear()
        further = [part for name, part in self.parts.items() if name not in SERVICES and isinstance(part, Instance)]
        await asyncio.gather(*(part.stop() for part in further))
        await super().stop()
        await asyncio.gather(*(line.stop() for line in self.lines.values()))

    # --- what is up, and where

    @property
    def postgres(self) -> EmbeddedPostgres:
        """The database server."""
        part = self.parts["postgres"]
        assert isinstance(part, EmbeddedPostgres)
        return part

    def instances(self, service: str) -> list[str]:
        """The names of a service's processes."""
        return [name for name in self.parts if name.partition("-")[0] == service]

    def urls(self, service: str) -> list[str]:
        """Where a service's processes answer; all their addresses where every one rests."""
        known = self.instances(service)
        awake = [name for name in known if name not in self.resting]
        return [part.url for name in awake or known if isinstance(part := self.parts[name], Instance)]

    def signalled(self, name: str, number: signal.Signals) -> bool:
        """Send a part's process a signal; says whether there was one."""
        child = self.parts[name].child
        if child is None or child.process is None or not child.alive:
            return False
        child.process.send_signal(number)
        return True

    async def rest(self, name: str) -> None:
        """Stop a process in good order, and leave it so."""
        while True:
            if name not in self.left_alone:
                break
            await asyncio.sleep(TICK)
        self.left_alone.add(name)
        self.resting.add(name)
        await self.parts[name].stop()

    def wake(self, name: str) -> None:
        """Start a process that rests, without waiting for it."""
        part = self.parts[name]
        assert isinstance(part, Instance)
        part.launch()
        self.resting.discard(name)
        self.left_alone.discard(name)

    def retire(self, name: str) -> None:
        """Let a process that rests never start again; another one of its service answers at the known address."""
        self.parts.pop(name)
        self.resting.discard(name)
        self.left_alone.discard(name)
        service = name.partition("-")[0]
        self.system.ports[service] = int(self.urls(service)[0].rpartition(":")[2])

    def clear(self) -> None:
        """Let every line carry again, every stopped process run, and every resting one start."""
        for line in self.lines.values():
            line.clear()
        for name in self.parts:
            self.signalled(name, signal.SIGCONT)
        for name in list(self.resting):
            self.wake(name)


@contextlib.contextmanager
def disk(directory: Path, megabytes: int) -> Iterator[None]:
    """A small disk of memory at a directory while the block runs."""
    directory.mkdir(parents=True)
    subprocess.run(  # noqa: S603
        ["/bin/mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(directory)], check=True
    )
    try:
        yield
    finally:
        subprocess.run(["/bin/umount", "--lazy", str(directory)], check=False)  # noqa: S603


@contextlib.asynccontextmanager
async def exposed(
    data: Path, *, stepped: bool = True, megabytes: int = 0, more: Mapping[str, str] | None = None
) -> AsyncIterator[Exposed]:
    """Run such a system while the block runs: on a stepped clock or the machine's, on a small disk if asked."""
    with contextlib.ExitStack() as stack:
        if megabytes:
            stack.enter_context(disk(data / "postgres", megabytes))
        stack.enter_context(systems.held_by_us(data))
        running = Exposed(data, demo=stepped, say=lambda _: None, more=more or {})
        watching: asyncio.Task[None] | None = None
        try:
            await running.start()
            watching = asyncio.create_task(running.watch())
            yield running
        finally:
            if watching is not None:
                watching.cancel()
            await running.stop()
