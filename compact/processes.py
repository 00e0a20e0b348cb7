"""Guarantee: a process started here ends with the one that started it, whatever ends that one."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

TICK = 0.02
"""Seconds between two looks at a process or a port."""
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
HOST = "127.0.0.1"


class DidNotStart(RuntimeError):
    """A part of the system could not be started; the message says what to do."""


def is_free(port: int) -> bool:
    """Say whether a port of this machine can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(preferred: int | None = None) -> int:
    """Choose a free port: the preferred one, or any below the range that outgoing connections take theirs from."""
    if preferred and is_free(preferred):
        return preferred
    return next(port for port in iter(lambda: random.randint(20_000, 32_000), None) if is_free(port))  # noqa: S311


async def until(true: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so, at most that long; say whether it is."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(TICK)
    return True


async def answers(port: int, host: str = HOST) -> bool:
    """Say whether something accepts connections on a port."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), 2)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


def ends_with_parent(parent: int, with_signal: signal.Signals) -> Callable[[], None] | None:
    """Make the code that a child runs before its program, so that the kernel ends it with its parent (Linux)."""
    libc = LIBC
    if libc is None:
        return None

    def ask_the_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(with_signal))
        if os.getppid() != parent:
            os._exit(1)

    return ask_the_kernel


class Started(Protocol):
    """A process as whoever started it sees it; `subprocess.Popen` is one."""

    @property
    def pid(self) -> int:
        """Its process id."""

    def poll(self) -> int | None:
        """Give `None` while it runs."""

    def send_signal(self, sig: int) -> None:
        """Send a signal, where it still runs."""

    def kill(self) -> None:
        """End it at once."""

    def wait(self) -> Any:
        """Wait until it has ended."""


@dataclass
class Child:
    """One process that belongs to the system: its command, its log and its end."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    directory: Path | None = None
    account: tuple[int, int] | None = None
    """User and group to run as, where it is not the caller's own."""
    stop_with: signal.Signals = signal.SIGTERM
    process: Started | None = None

    @property
    def alive(self) -> bool:
        """Whether it runs now."""
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int | None:
        """Its process id, while it runs."""
        return self.process.pid if self.process is not None and self.alive else None

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches only its supervisor."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        user, group = self.account or (None, None)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                list(self.command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory,
                env=dict(self.environment), user=user, group=group, extra_groups=[] if group is not None else None,
                start_new_session=True, preexec_fn=ends_with_parent(os.getpid(), self.stop_with),
            )  # fmt: skip

    async def stop(self, grace: float = 10) -> None:
        """Ask it to end, wait, and kill it where it does not."""
        if not self.alive or self.process is None:
            return
        self.process.send_signal(self.stop_with)
        if not await until(lambda: not self.alive, grace):
            self.kill()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def last_words(self, lines: int = 8) -> str:
        """Give the end of its log, for a message about its failure."""
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
