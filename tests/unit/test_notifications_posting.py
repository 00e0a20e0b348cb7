"""What may be concluded from how a conversation with a real mail server ended."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from services.notifications.posting import Post, PutOff, Refused, Taken, Unknown, Unreachable
from services.runtime.settings import Settings

MESSAGE = b"Subject: x\r\n\r\nText\r\n"


class Server:
    """A mail server that answers as it is told."""

    def __init__(self) -> None:
        self.answers = {"mail": "250 OK", "rcpt": "250 OK", "data": "250 OK"}
        self.closes_at = ""
        self.taken: list[tuple[str | None, list[str]]] = []

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.mail_from = address
        return self.answer(server, "mail")

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.rcpt_tos.append(address)
        return self.answer(server, "rcpt")

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        self.taken.append((envelope.mail_from, envelope.rcpt_tos))
        return self.answer(server, "data")

    def answer(self, server: SMTP, step: str) -> str:
        if self.closes_at == step:
            server.transport.close()
        return self.answers[step]


@asynccontextmanager
async def talking_to(server: Server) -> AsyncIterator[Post]:
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: SMTP(server, hostname="mail.invalid", loop=loop), "127.0.0.1", 0)
    post = Post(Settings(smtp=f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"))
    async with listening:
        await post.ready()
        yield post
        await post.close()


async def send(server: Server) -> Any:
    async with talking_to(server) as post:
        return await post.send("returns+a@example.invalid", "a@lantern.example", MESSAGE)


async def test_a_server_that_takes_the_message_took_it_from_the_return_path():
    server = Server()

    ending = await send(server)

    assert ending == Taken()
    assert server.taken == [("returns+a@example.invalid", ["a@lantern.example"])]


@pytest.mark.parametrize("step", ["rcpt", "data"])
async def test_a_5xx_is_a_refusal_for_good(step):
    server = Server()
    server.answers[step] = "550 5.1.1 no such mailbox"

    assert await send(server) == Refused("550")


@pytest.mark.parametrize("step", ["rcpt", "data"])
async def test_a_4xx_puts_the_message_off(step):
    server = Server()
    server.answers[step] = "451 4.2.1 try later"

    assert await send(server) == PutOff("451")


async def test_a_server_that_refuses_us_as_sender_says_nothing_about_the_address():
    server = Server()
    server.answers["mail"] = "550 5.7.1 who are you"

    assert await send(server) == PutOff("sender_550")


@pytest.mark.parametrize("step", ["mail", "rcpt"])
async def test_a_connection_lost_before_the_message_was_handed_over_puts_it_off(step):
    server = Server()
    server.closes_at = step

    assert await send(server) == PutOff("connection_lost")


async def test_a_connection_lost_after_the_message_was_handed_over_leaves_it_uncertain():
    server = Server()
    server.closes_at = "data"

    assert await send(server) == Unknown("connection_lost")
    assert len(server.taken) == 1


async def test_a_server_that_does_not_answer_leaves_it_uncertain(monkeypatch):
    class Silent(Server):
        async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
            await asyncio.sleep(30)
            return "250 OK"

    monkeypatch.setattr("services.notifications.posting.ANSWER_WITHIN", 0.3)

    assert await send(Silent()) == Unknown("timed_out")


async def test_one_conversation_carries_several_messages_also_after_a_refusal():
    server = Server()

    async with talking_to(server) as post:
        server.answers["rcpt"] = "550 no"
        refused = await post.send("r@example.invalid", "a@lantern.example", MESSAGE)
        server.answers["rcpt"] = "250 OK"
        await post.ready()
        taken = await post.send("r@example.invalid", "b@lantern.example", MESSAGE)

    assert (refused, taken) == (Refused("550"), Taken())


async def test_a_conversation_that_broke_off_is_opened_again():
    server = Server()

    async with talking_to(server) as post:
        server.closes_at = "rcpt"
        await post.send("r@example.invalid", "a@lantern.example", MESSAGE)
        server.closes_at = ""
        await post.ready()

        assert await post.send("r@example.invalid", "a@lantern.example", MESSAGE) == Taken()


async def test_nothing_is_begun_where_no_server_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    post = Post(Settings(smtp=f"127.0.0.1:{port}"))

    with pytest.raises(Unreachable):
        await post.ready()
    with pytest.raises(Unreachable):
        await post.send("r@example.invalid", "a@lantern.example", MESSAGE)
