"""The mail catcher as part of the system: takes every message, delivers none, and returns what it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from compact.processes import HOST, TICK, Child, DidNotStart, answers, free_port


@dataclass
class MailCatcher:
    """One SMTP server on this machine that keeps messages in Maildirs."""

    directory: Path
    port: int | None = None
    log: Path | None = None
    child: Child | None = None

    def __post_init__(self) -> None:
        self.directory = self.directory.resolve()

    @property
    def address(self) -> str:
        """Give host and port, as `COMPACT_SMTP` wants them."""
        return f"{HOST}:{self.port}"

    @property
    def returns(self) -> Path:
        """The Maildir of the return-path address: bounces arrive here."""
        return self.directory / "returns"

    async def start(self) -> None:
        """Start it and wait until it accepts connections."""
        self.port = free_port(self.port)
        command = [sys.executable, "-m", "compact.mailcatcher", "--port", str(self.port), "--maildir",
                   str(self.directory)]  # fmt: skip
        log = (self.log or self.directory / "mailcatcher.log").resolve()
        self.child = Child("mailcatcher", command, log, dict(os.environ), checkout())
        self.child.start()
        while not await answers(self.port):
            if not self.child.alive:
                raise DidNotStart(f"The mail catcher did not start; its log ends with:\n{self.child.last_words()}")
            await asyncio.sleep(TICK)

    async def healthy(self) -> bool:
        """Say whether it accepts connections."""
        return self.port is not None and await answers(self.port)

    async def stop(self) -> None:
        """End it; the messages stay."""
        if self.child is not None:
            await self.child.stop(grace=5)


def checkout() -> Path:
    """Give the directory from which `compact`, `contracts` and `services` are imported."""
    return Path(__file__).resolve().parent.parent


@contextlib.asynccontextmanager
async def mail_catcher(directory: Path) -> AsyncIterator[MailCatcher]:
    """Run a mail catcher while the block runs, on a free port."""
    catcher = MailCatcher(directory)
    try:
        await catcher.start()
        yield catcher
    finally:
        await catcher.stop()
