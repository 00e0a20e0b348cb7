"""Clients of a broker that is away are stopped without ending the part that used them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiokafka.errors import KafkaConnectionError

from services.runtime.kafka import end


class Connection:
    """A connection that takes a moment to close."""

    open = True

    async def close(self) -> None:
        await asyncio.sleep(0)
        self.open = False


async def stops() -> None:
    """A client that ends well."""


async def raises_the_cancellation_of_its_fetches() -> None:
    fetches = asyncio.ensure_future(asyncio.Event().wait())
    fetches.cancel()
    await fetches


async def leaves_a_cancellation_behind() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel("by the scope in which its consumers were stopped")


async def fails() -> None:
    raise KafkaConnectionError


@pytest.mark.parametrize("client", [stops, raises_the_cancellation_of_its_fetches, leaves_a_cancellation_behind])
async def test_whoever_stops_a_client_goes_on_whatever_it_cancels(client: Callable[[], Awaitable[None]]) -> None:
    connections = [Connection(), Connection()]

    await end(client(), *connections)
    await asyncio.sleep(0)

    assert [each.open for each in connections] == [False, False]


async def test_a_client_that_fails_is_told_of_once_its_connections_are_closed() -> None:
    connection = Connection()

    with pytest.raises(KafkaConnectionError):
        await end(fails(), connection)

    assert not connection.open


async def test_whoever_is_ended_meanwhile_closes_the_connections_and_ends() -> None:
    connection, begun = Connection(), asyncio.Event()

    async def never_stops() -> None:
        begun.set()
        await asyncio.Event().wait()

    part = asyncio.ensure_future(end(never_stops(), connection))
    await begun.wait()
    part.cancel()

    with pytest.raises(asyncio.CancelledError):
        await part
    assert not connection.open
