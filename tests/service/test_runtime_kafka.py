"""Connections to the bus: what the broker can do is asked of it, and what the settings say goes before that."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import uvloop
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from services.runtime.kafka import numbers_producers, producer
from services.runtime.settings import Settings
from tests.conftest import Infrastructure


@pytest.fixture
def settings(infrastructure: Infrastructure) -> Settings:
    return Settings(kafka=infrastructure.broker().address)


async def test_a_broker_that_only_says_it_numbers_producers_is_found_out(settings: Settings) -> None:
    assert settings.kafka_idempotence is None

    assert not await numbers_producers(settings)
    async with producer(settings) as sending:
        assert sending._txn_manager is None
        await sending.send_and_wait("sutton.test.numbers", b"{}", partition=0)


async def test_a_setting_goes_before_what_the_broker_says(settings: Settings) -> None:
    async with producer(settings.model_copy(update={"kafka_idempotence": False})) as sending:
        assert sending._txn_manager is None


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"certificate_file\n.*the path of a file that can be read"):
        Settings(certificate_file=tmp_path / "missing.pem")


async def test_a_connection_that_was_reset_unnoticed_is_a_lost_connection(settings: Settings) -> None:
    """On the loop that services run on, whose transports say RuntimeError."""

    async def send_on_a_dead_one() -> None:
        async with producer(settings) as sending:
            assert await sending.client.ready(sending.client.get_random_node())
            connection = next(iter(sending.client._conns.values()))
            connection._writer.transport.abort()
            await asyncio.sleep(0)  # closed, and whoever reads from it not yet told
            await connection.send(MetadataRequest([]))

    def on_their_loop() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(send_on_a_dead_one())

    with pytest.raises(KafkaConnectionError, match="broken: unable to perform operation"):
        await asyncio.to_thread(on_their_loop)
