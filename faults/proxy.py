"""A line between two programs that can be made slow, narrow, silent or broken: a small TCP proxy."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from compact.processes import HOST

CHUNK = 65_536
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time: a close is a reset."""


@dataclass(eq=False)
class Link:
    """One connection through the proxy, both halves of it."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    lost: bool = False
    """Whether the other host is gone without a word: nothing passes any more, and nobody is told."""

    @property
    def writers(self) -> list[asyncio.StreamWriter]:
        """The ends that are open."""
        return [each for each in (self.client, self.server) if each is not None]

    def reset(self) -> None:
        """Break it at once, as a reset does: what was under way is gone."""
        for writer in self.writers:
            found = writer.get_extra_info("socket")
            if found is not None:
                with contextlib.suppress(OSError):
                    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()


@dataclass
class Proxy:
    """Listens on a port of its own and passes on to the target whatever its state lets through."""

    target: Callable[[], int | None]
    """The port behind it, asked for at every connection: what is behind may come back on another."""
    port: int = 0
    delay: float = 0.0
    """Seconds that each piece waits."""
    rate: int = 0
    """Bytes a second in each direction of a connection; nought is no limit."""
    passing: asyncio.Event = field(default_factory=asyncio.Event)
    """Not set while nothing passes, although nothing is closed: what is sent waits."""
    links: set[Link] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen, on the same port as before where it was started before."""
        self.passing.set()
        self.server = await asyncio.start_server(self.serve, HOST, self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more and close every connection."""
        if self.server is not None:
            self.server.close()
        for link in list(self.links):
            link.reset()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def clear(self) -> None:
        """Let everything through again; what was lost stays lost."""
        self.delay, self.rate = 0.0, 0
        self.passing.set()

    def freeze(self) -> None:
        """Let nothing through in either direction, and close nothing."""
        self.passing.clear()

    def cut(self) -> int:
        """Reset every connection; says how many there were."""
        links = [link for link in self.links if not link.lost]
        for link in links:
            link.reset()
        return len(links)

    def lose(self) -> int:
        """Let the other host be gone for every connection that is open now, without a FIN; new ones are served."""
        links = [link for link in self.links if not link.lost]
        for link in links:
            link.lost = True
        return len(links)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until both halves have ended."""
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        link = Link(writer)
        self.links.add(link)
        try:
            await self.carry(link, reader)
        except asyncio.CancelledError:
            pass  # the proxy stops
        finally:
            self.links.discard(link)
            self.tasks.discard(task)
            for each in link.writers:
                each.transport.abort()

    async def carry(self, link: Link, reader: asyncio.StreamReader) -> None:
        """Connect to the target and pass both directions on."""
        await self.passing.wait()
        try:
            far, link.server = await asyncio.open_connection(HOST, self.target() or 0)
        except OSError:
            link.reset()
            return
        await asyncio.gather(self.pump(link, reader, link.server), self.pump(link, far, link.client))

    async def pump(self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one direction on, piece by piece, as the state of the moment has it."""
        try:
            while data := await reader.read(max(1, self.rate // 4) if self.rate else CHUNK):
                await self.hold_back(len(data))
                if not link.lost:
                    writer.write(data)
                    await writer.drain()
            await self.end(link, writer.write_eof)
        except OSError:
            await self.end(link, link.reset)

    async def end(self, link: Link, tell: Callable[[], None]) -> None:
        """Tell the other side that this one has ended, unless nothing reaches it."""
        await self.passing.wait()
        if link.lost:
            await asyncio.Event().wait()  # until the proxy stops
        with contextlib.suppress(OSError, RuntimeError):
            tell()

    async def hold_back(self, size: int) -> None:
        """Wait as long as the line's state asks for a piece of this size."""
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.rate:
            await asyncio.sleep(size / self.rate)
        await self.passing.wait()
