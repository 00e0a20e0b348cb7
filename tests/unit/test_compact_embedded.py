"""The embedded PostgreSQL, broker and mail catcher, run for real on free ports."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import aiosmtplib
import asyncpg
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient

from compact import accounts
from compact.broker import EmbeddedBroker, embedded_broker
from compact.mail import mail_catcher
from compact.postgres import EmbeddedPostgres, embedded_postgres
from compact.processes import Child, DidNotStart, free_port, until

STARTER = """
import asyncio, sys
from pathlib import Path
from compact.postgres import EmbeddedPostgres
async def main():
    server = EmbeddedPostgres(Path(sys.argv[1]))
    await server.start()
    print(server.child.pid, await server.create_database("funding"), flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    """Not pytest's own: the account that PostgreSQL runs under as root may not enter that."""
    with tempfile.TemporaryDirectory(prefix="compact-") as made:
        yield Path(made)


async def keep(address: str, number: int) -> None:
    connection = await asyncpg.connect(address)
    await connection.execute("create table if not exists kept (number int)")
    await connection.execute("insert into kept values ($1)", number)
    await connection.close()


async def kept(address: str) -> list[int]:
    connection = await asyncpg.connect(address)
    try:
        return [row["number"] for row in await connection.fetch("select number from kept order by 1")]
    finally:
        await connection.close()


async def test_postgres_that_was_killed_starts_again_with_what_it_confirmed(directory: Path) -> None:
    async with embedded_postgres(directory) as server:
        address = await server.create_database("funding")
        await keep(address, 1)

        assert server.child
        server.child.kill()
        await server.start()

        assert await kept(server.address("funding")) == [1]


async def test_postgres_starts_where_its_pid_file_now_names_another_process(directory: Path) -> None:
    async with embedded_postgres(directory) as server:
        await keep(await server.create_database("funding"), 2)
        other = Child("other", ["sleep", "60"], directory / "other.log", account=accounts.for_postgres())
        other.start()
        assert server.child
        server.child.kill()
        file = server.cluster / "postmaster.pid"
        file.write_text("\n".join([str(other.pid), *file.read_text().splitlines()[1:]]) + "\n")

        await server.start()

        assert await kept(server.address("funding")) == [2]
        assert other.alive
        other.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends what outlived its supervisor")
async def test_postgres_ends_with_its_supervisor_and_starts_again_with_the_data(directory: Path) -> None:
    supervisor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STARTER, str(directory), stdout=asyncio.subprocess.PIPE
    )
    assert supervisor.stdout
    pid, address = (await supervisor.stdout.readline()).decode().split()
    await keep(address, 3)

    supervisor.kill()
    await supervisor.wait()

    assert await until(lambda: not runs(int(pid)), 20)
    async with embedded_postgres(directory) as again:
        assert await kept(again.address("funding")) == [3]


def runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


async def test_two_servers_take_different_free_ports(directory: Path) -> None:
    async with embedded_postgres(directory / "one") as one, embedded_broker(directory) as broker:
        two = EmbeddedPostgres(directory / "one")

        assert one.port != broker.port
        assert await broker.healthy()
        assert one.password == two.password


async def test_the_broker_gives_back_what_it_took_and_forgets_it_when_killed(directory: Path) -> None:
    partition = TopicPartition("sutton.funding.events", 0)
    async with embedded_broker(directory) as broker:
        await publish(broker.address, partition.topic, b"a fact")
        assert await end_of(broker.address, partition) == 1

        assert broker.child
        broker.child.kill()
        port = broker.port
        await broker.start()

        assert broker.port == port
        assert await end_of(broker.address, partition) == 0


async def test_a_broker_without_its_topics_is_not_up(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compact.broker.TOPICS", 1.0)
    leads_nowhere = f"127.0.0.1:{free_port()}"
    broker = EmbeddedBroker(directory, topics={"sutton.funding.events": {}}, told=leads_nowhere)

    with pytest.raises(DidNotStart):
        await broker.start()

    assert broker.child
    assert not broker.child.alive


async def test_a_broker_that_dies_while_its_topics_are_made_is_started_again(directory: Path) -> None:
    partition = TopicPartition("sutton.funding.events", 0)
    broker = EmbeddedBroker(directory, topics={partition.topic: {}})
    making, make = asyncio.Event(), broker.make_topics

    async def made() -> None:
        if not making.is_set():
            making.set()
            assert broker.child
            broker.child.kill()
        await make()

    broker.make_topics = made  # type: ignore[method-assign]
    try:
        await broker.start()
        assert making.is_set()
        assert await end_of(broker.address, partition) == 0
    finally:
        await broker.stop()


@pytest.mark.parametrize("ends", ["hangs", "is cancelled from within"])
async def test_a_broker_that_dies_is_started_again_whatever_becomes_of_the_client_that_made_its_topics(
    directory: Path, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    monkeypatch.setattr("compact.broker.TOPICS", 3600.0)
    partition = TopicPartition("sutton.funding.events", 0)
    broker = EmbeddedBroker(directory, topics={partition.topic: {}})
    make, tried = broker.make_topics, 0

    async def made() -> None:
        nonlocal tried
        tried += 1
        if tried == 1:
            assert broker.child
            broker.child.kill()
            if ends == "hangs":
                await asyncio.Event().wait()
            raise asyncio.CancelledError
        await make()

    broker.make_topics = made  # type: ignore[method-assign]
    try:
        await asyncio.wait_for(broker.start(), 60)

        assert tried == 2
        assert await end_of(broker.address, partition) == 0
    finally:
        await broker.stop()


async def test_a_topic_that_a_client_spoiled_while_the_broker_came_back_is_made_again(directory: Path) -> None:
    partition = TopicPartition("sutton.funding.events", 0)
    async with embedded_broker(directory) as broker:
        async with AIOKafkaConsumer(bootstrap_servers=broker.address) as asking:
            await asking.end_offsets([TopicPartition("sutton.partners.events", 0)])
        async with AIOKafkaProducer(bootstrap_servers=broker.address, enable_idempotence=False) as producer:
            broker.topics = {partition.topic: {}, "sutton.partners.events": {}}
            await broker.make_topics()
            await producer.send_and_wait(partition.topic, b"before", partition=0)
            assert broker.child
            broker.child.kill()
            topics, broker.topics = broker.topics, {}
            await broker.start()
            await producer.send_and_wait(partition.topic, b"lost", partition=0)

            broker.topics = topics
            await broker.make_topics()
            await producer.send_and_wait(partition.topic, b"kept", partition=0)

        assert await broker.unreadable(set(topics)) == set()
        assert await end_of(broker.address, partition) == 1


async def publish(address: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=address, acks="all", enable_idempotence=False) as producer:
        await producer.send_and_wait(topic, value, partition=0)


async def end_of(address: str, partition: TopicPartition) -> int:
    async with AIOKafkaConsumer(bootstrap_servers=address) as consumer:
        return int((await consumer.end_offsets([partition]))[partition])


async def test_mail_is_taken_refused_or_lost_from_sight_as_the_recipient_asks(directory: Path) -> None:
    async with mail_catcher(directory) as catcher:
        await send(catcher.address, "office@vco.example")
        await send(catcher.address, "bounce@vco.example")
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
            await send(catcher.address, "refused@vco.example")
        with pytest.raises((aiosmtplib.SMTPServerDisconnected, ConnectionError)):
            await send(catcher.address, "vanish@other.example")

        assert len(list((directory / "vco.example" / "new").iterdir())) == 1
        assert len(list((directory / "other.example" / "new").iterdir())) == 1
        assert len(list((catcher.returns / "new").iterdir())) == 1


async def send(address: str, recipient: str) -> None:
    host, _, port = address.partition(":")
    message = b"Message-ID: <n@compact.invalid>\r\nSubject: Notice\r\n\r\nText\r\n"
    await aiosmtplib.send(message, sender="returns@c.example", recipients=[recipient], hostname=host, port=int(port))


async def test_a_process_that_does_not_end_when_asked_is_killed(directory: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    child = Child("deaf", [sys.executable, "-c", deaf], directory / "deaf.log")
    child.start()
    assert await until(lambda: "up" in child.last_words(), 20)

    await child.stop(grace=0.2)

    assert not child.alive


async def ask_about(address: str, topic: str, asked: asyncio.Event) -> None:
    """Ask a broker about a topic all the time, which makes a topic that is not there, with four partitions."""
    client = AIOKafkaClient(bootstrap_servers=address)
    await client.bootstrap()
    try:
        while True:
            await client._metadata_update(client.cluster, [topic])
            asked.set()
    finally:
        await client.close()


async def test_topics_have_one_partition_though_clients_ask_about_them_while_they_are_made(directory: Path) -> None:
    names = ("first", "second", "third")
    async with embedded_broker(directory) as broker:
        asked = [asyncio.Event() for _ in names]
        asking = [asyncio.create_task(ask_about(broker.address, *one)) for one in zip(names, asked, strict=True)]
        await asyncio.gather(*(each.wait() for each in asked))

        broker.topics = {name: {} for name in names}
        await broker.make_topics()

        admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
        await admin.start()
        described = await admin.describe_topics(list(names))
        await admin.close()
        for each in asking:
            each.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
    assert {topic["topic"]: len(topic["partitions"]) for topic in described} == dict.fromkeys(names, 1)
