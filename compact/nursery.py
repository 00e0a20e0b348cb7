"""The services of one system, forked from a process that imported them once: `python -m compact.nursery`.

To import what a service consists of takes two seconds of a processor. Four services would spend them four times, and
after database and broker; here they are spent once, and meanwhile (docs/decisions/0011-services-are-forked.md).
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import importlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from compact.processes import LIBC, DidNotStart, ends_with_parent
from compact.system import CHECKOUT
from contracts.topics import SERVICES

PR_SET_NAME = 15


class Fork(psutil.Process):  # type: ignore[misc]
    """A process that the nursery forked, to be asked and ended as if it had been started from here."""

    def poll(self) -> int | None:
        """Give `None` while it runs, and 1 afterwards: with which code it ended is told to its parent alone."""
        with contextlib.suppress(psutil.NoSuchProcess):
            if self.is_running() and self.status() != psutil.STATUS_ZOMBIE:
                return None
        return 1

    def send_signal(self, sig: int) -> None:
        """Send a signal, where it still runs."""
        with contextlib.suppress(psutil.NoSuchProcess):
            super().send_signal(sig)

    def kill(self) -> None:
        """End it at once, where it still runs."""
        with contextlib.suppress(psutil.NoSuchProcess):
            super().kill()


@dataclass
class Nursery:
    """The process that forks services, from where they are wanted."""

    log: Path
    process: asyncio.subprocess.Process | None = None
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def start(self) -> None:
        """Start it in the checkout; it imports while other things are done."""
        begin(self.log)
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-u", "-m", "compact.nursery", stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE, stderr=log, cwd=CHECKOUT, start_new_session=True,
                preexec_fn=ends_with_parent(os.getpid(), signal.SIGTERM),
            )  # fmt: skip

    async def fork(self, service: str, log: Path, environment: Mapping[str, str]) -> Fork:
        """Fork one service, once everything is imported; start the nursery again where it died."""
        begin(log)
        asked = {"service": service, "log": str(log), "environment": dict(environment)}
        async with self.one_at_a_time:
            if self.process is None or self.process.returncode is not None:
                await self.start()
            assert self.process
            assert self.process.stdin
            assert self.process.stdout
            with contextlib.suppress(ConnectionError):
                self.process.stdin.write(json.dumps(asked).encode() + b"\n")
                await self.process.stdin.drain()
            answer = await self.process.stdout.readline()
            if not answer:
                await self.process.wait()
                raise DidNotStart(f"{service} could not be forked; {self.log} says why.")
        try:
            return Fork(int(answer))
        except psutil.NoSuchProcess:
            raise DidNotStart(f"{service} ended at once; {log} says why.") from None

    async def stop(self) -> None:
        """End it, and with it what it forked."""
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()


def begin(log: Path) -> None:
    """See that a log is there to be read, before anything can be said of what stands in it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    log.touch()


def main() -> None:
    """Import every service, then fork one for each line that asks for it, until nobody can ask any more."""
    mains = {name: importlib.import_module(f"services.{name}.__main__") for name in SERVICES}
    serve = importlib.import_module("services.runtime.process").main
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel takes the dead away
    for line in sys.stdin.buffer:
        asked, parent = json.loads(line), os.getpid()
        service = mains[asked["service"]].service
        if (pid := os.fork()) == 0:
            become(asked, parent)
            serve(service, ["serve"])
            sys.exit()
        sys.stdout.buffer.write(b"%d\n" % pid)
        sys.stdout.buffer.flush()


def become(asked: dict[str, Any], parent: int) -> None:
    """Be the process of one service: its environment, its log, its name, a session of its own."""
    os.setsid()
    if tie := ends_with_parent(parent, signal.SIGTERM):
        tie()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if LIBC is not None:
        LIBC.prctl(PR_SET_NAME, ctypes.c_char_p(asked["service"].encode()))
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for given, number in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(given, number)
    os.close(nothing)
    os.close(log)
    os.environ.clear()
    os.environ.update(asked["environment"])


if __name__ == "__main__":
    main()
