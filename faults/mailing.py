"""The mail server's faults: a line to it that understands enough of SMTP to break off at the worst moments."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from compact.processes import HOST
from faults.proxy import Link, Proxy

FAULTS = ("busy", "refused", "busy_after_data", "closes_before", "closes_after", "silent_after")
"""451 to the recipient; 550 to the recipient; 451 to the message; gone before it; gone or silent once it is taken."""
END_OF_MESSAGE = b"\r\n.\r\n"
ANSWERS = {"busy": b"451 4.2.1 try again later\r\n", "refused": b"550 5.1.1 no such mailbox\r\n"}


class BrokenOff(ConnectionError):
    """The conversation ends here, on purpose."""


def nothing() -> str:
    """No fault with this message."""
    return ""


@dataclass
class MailProxy(Proxy):
    """Carries conversations with the mail server; each message gets the fault that is drawn for it."""

    draw: Callable[[], str] = nothing
    """Which of FAULTS the next message meets; empty for none."""
    done: Counter[str] = field(default_factory=Counter)

    async def carry(self, link: Link, reader: StreamReader) -> None:
        """Carry one conversation, command by command."""
        await self.passing.wait()
        try:
            far, link.server = await asyncio.open_connection(HOST, self.target() or 0)
            await self.converse(Conversation(reader, link.client, far, link.server))
        except (OSError, EOFError):
            link.reset()

    async def converse(self, talk: Conversation) -> None:
        """Pass on greeting, commands and answers; break off where the message's fault says so."""
        await talk.answer()
        fault = ""
        while command := await talk.reader.readline():
            await self.hold_back(len(command))
            verb = command[:4].upper()
            fault = self.draw() if verb == b"MAIL" else fault
            if verb == b"RCPT" and fault in ANSWERS:
                await talk.say(ANSWERS[fault])
                self.done[fault] += 1
            elif verb == b"DATA":
                await self.message(talk, fault)
            else:
                await talk.ask(command)

    async def message(self, talk: Conversation, fault: str) -> None:
        """Carry one message, or what its fault makes of it."""
        if fault not in ("", *ANSWERS):
            self.done[fault] += 1
        if fault == "closes_before":
            raise BrokenOff
        if fault == "busy_after_data":
            await talk.say(b"354 go on\r\n")
            await talk.reader.readuntil(END_OF_MESSAGE)
            await talk.say(b"451 4.3.0 not now\r\n")
            return
        await talk.ask(b"DATA\r\n")
        talk.server.write(await talk.reader.readuntil(END_OF_MESSAGE))
        taken = await talk.heard()
        if fault == "closes_after":
            raise BrokenOff
        if fault == "silent_after":
            await talk.reader.read()  # until the client has had enough
            raise BrokenOff
        await talk.say(taken)


@dataclass
class Conversation:
    """One conversation: the client's two halves and the server's."""

    reader: StreamReader
    client: StreamWriter
    far: StreamReader
    server: StreamWriter

    async def ask(self, command: bytes) -> None:
        """Pass a command on, and its answer back."""
        self.server.write(command)
        await self.answer()

    async def answer(self) -> None:
        """Pass an answer of the server back."""
        await self.say(await self.heard())

    async def heard(self) -> bytes:
        """A whole answer of the server, which may have several lines."""
        lines = [await self.far.readline()]
        while lines[-1][3:4] == b"-":
            lines.append(await self.far.readline())
        if not lines[-1]:
            raise BrokenOff
        return b"".join(lines)

    async def say(self, words: bytes) -> None:
        """Tell the client."""
        self.client.write(words)
        await self.client.drain()
