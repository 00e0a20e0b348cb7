"""The proxy does to a connection what it says: cut, delay, throttle, freeze, lose."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio

from faults.proxy import Proxy

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest_asyncio.fixture
async def proxy() -> AsyncIterator[Proxy]:
    behind = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = behind.sockets[0].getsockname()[1]
    proxy = Proxy(lambda: port)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
        behind.close()


async def connected(proxy: Proxy) -> Ends:
    return await asyncio.open_connection("127.0.0.1", proxy.port)


async def said(ends: Ends, words: bytes) -> bytes:
    ends[1].write(words)
    return await ends[0].readexactly(len(words))


async def silent(waiting: Awaitable[Any], seconds: float = 0.3) -> bool:
    """Whether nothing comes of it, neither an answer nor an end."""
    with suppress(TimeoutError):
        await asyncio.wait_for(waiting, seconds)
        return False
    return True


async def test_what_is_sent_comes_back_and_an_end_is_passed_on(proxy: Proxy) -> None:
    ends = await connected(proxy)

    assert await said(ends, b"a bid") == b"a bid"
    ends[1].write_eof()
    assert await asyncio.wait_for(ends[0].read(), 2) == b""


async def test_a_cut_line_is_reset_and_a_new_one_serves(proxy: Proxy) -> None:
    ends = await connected(proxy)
    await said(ends, b"a bid")

    assert proxy.cut() == 1
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(said(ends, b"another"), 2)

    assert await said(await connected(proxy), b"again") == b"again"


async def test_a_slow_line_delays_each_direction(proxy: Proxy) -> None:
    ends = await connected(proxy)
    proxy.delay = 0.1

    began = time.monotonic()
    await said(ends, b"a bid")

    assert 0.2 <= time.monotonic() - began < 2


async def test_a_narrow_line_lets_through_so_many_bytes_a_second(proxy: Proxy) -> None:
    ends = await connected(proxy)
    await said(ends, b"a bid")
    proxy.rate = 20_000

    began = time.monotonic()
    await said(ends, b"x" * 10_000)

    assert 0.4 <= time.monotonic() - began < 4


async def test_a_frozen_line_neither_answers_nor_ends_and_goes_on_afterwards(proxy: Proxy) -> None:
    ends = await connected(proxy)
    await said(ends, b"a bid")

    proxy.freeze()
    ends[1].write(b"held")
    assert await silent(ends[0].read(1))
    proxy.clear()

    assert await asyncio.wait_for(ends[0].readexactly(4), 2) == b"held"


async def test_a_line_to_a_host_that_is_gone_stays_silent_for_good_while_new_ones_serve(proxy: Proxy) -> None:
    ends = await connected(proxy)
    await said(ends, b"a bid")

    assert proxy.lose() == 1
    ends[1].write(b"into nothing")

    assert await said(await connected(proxy), b"new") == b"new"
    assert await silent(ends[0].read(1))
    proxy.clear()
    assert await silent(ends[0].read(1))


async def test_nobody_behind_is_a_reset() -> None:
    proxy = Proxy(lambda: None)
    await proxy.start()
    try:
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(said(await connected(proxy), b"anybody?"), 2)
    finally:
        await proxy.stop()
