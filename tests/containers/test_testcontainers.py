"""The runtime on PostgreSQL 17 and on Apache Kafka itself, each started by testcontainers."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, KafkaTimeoutError
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer

from compact.processes import free_port
from contracts.topics import events_topic
from services.funding.__main__ import service as funding
from services.partners.__main__ import service as partners
from services.runtime import kafka as bus
from services.runtime import replay, verify
from services.runtime.decisions import Actor
from services.runtime.process import NotMigrated, opened
from services.runtime.settings import Settings
from services.runtime.topics import WrongTopic, all_topics, declare
from tests.containers.engine import docker, until
from tests.living import Living, living, settings_for

OFFICE = Actor("p-office", "partnership_office", "sutton-council")
KAFKA, POSTGRES = "apache/kafka:4.3.1", "postgres:17"


class Kafka(DockerContainer):
    """One node of Apache Kafka, which tells its clients the port of this machine that leads to it."""

    def __init__(self) -> None:
        super().__init__(KAFKA)
        self.port = free_port()
        self.with_bind_ports(9092, self.port)
        for name, value in {
            "CLUSTER_ID": "5L6g3nShT-eMCtK--X86sw",
            "KAFKA_NODE_ID": "1",
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://localhost:9093",
            "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{self.address}",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "KAFKA_INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
            "KAFKA_HEAP_OPTS": "-Xms128m -Xmx384m",
        }.items():
            self.with_env(name, value)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def begin(self) -> None:
        """Start, and wait until it says so."""
        self.start()
        until(lambda: b"Kafka Server started" in b"".join(self.get_logs()), "Kafka started", 120)

    def stop_and_start(self) -> None:
        docker("restart", self.get_wrapped_container().id or "")

    def come_back_empty(self) -> None:
        """Another container on the same port: the broker that lost everything."""
        self.stop()
        self.begin()


@pytest.fixture(scope="module")
def kafka() -> Iterator[Kafka]:
    broker = Kafka()
    try:
        broker.begin()
        yield broker
    finally:
        broker.stop()


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with PostgresContainer(POSTGRES, driver=None) as database:
        port = database.get_exposed_port(5432)
        yield f"postgresql://{database.username}:{database.password}@127.0.0.1:{port}"


async def fresh(server: str) -> str:
    """A database of one's own."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    connection = await asyncpg.connect(f"{server}/postgres")
    await connection.execute(f'create database "{name}"')
    await connection.close()
    return f"{server}/{name}"


async def settings_of(service: str, server: str, kafka: Kafka, data: Path, place: str = "sutton") -> Settings:
    return settings_for(service, await fresh(server), kafka.address, data, place)


async def declared(settings: Settings, names: list[str]) -> dict[str, str]:
    """Declare topics as the jobs before the services do; a broker that has just made one does not show it at once."""
    async with asyncio.timeout(60):
        while True:
            with suppress(KafkaError):
                said = await declare(settings, names)
                if set(said.values()) == {"as declared"}:
                    return said
            await asyncio.sleep(0.1)


@asynccontextmanager
async def two_services(server: str, kafka: Kafka, data: Path) -> AsyncIterator[tuple[Living, Living]]:
    topics = settings_for("partners", server, kafka.address, data)
    await declared(topics, all_topics("sutton"))
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(living(partners, await settings_of("partners", server, kafka, data)))
        other = await stack.enter_async_context(living(funding, await settings_of("funding", server, kafka, data)))
        adopted = await one.post("/rules", {"place": "sutton"}, by=OFFICE)
        assert adopted.status_code == 201, adopted.text
        office = {"person_id": OFFICE.person, "organisation_id": OFFICE.organisation, "role": OFFICE.role}
        assert (await one.post("/office-holders", office, by=OFFICE)).status_code == 201
        yield one, other


async def register(service: Living) -> None:
    body = {"name": f"Ambleford Club {uuid.uuid4().hex[:6]}", "charity_number": f"99{uuid.uuid4().int % 100_000:05}"}
    answer = await service.post("/organisations", body, by=OFFICE)
    assert answer.status_code == 201, answer.text


async def verified(service: Living) -> list[str]:
    claims = await verify.on_topic(service.running, service.running.service.name)
    faults = (await verify.walk(service.running, claims)).faults
    return (
        faults
        + await verify.received_faults(service.running)
        + [str(one) for one in await replay.compare(service.running)]
    )


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
async def test_facts_travel_over_apache_kafka_and_outlive_its_restart_and_its_loss(
    postgres: str, kafka: Kafka, tmp_path: Path
) -> None:
    registered = "partners.organisation_registered"
    async with two_services(postgres, kafka, tmp_path) as (one, other):
        await register(one)
        await one.settled()
        so_far = (await one.types()).count(registered)
        await other.wait_for(registered, so_far, 60)

        await asyncio.to_thread(kafka.stop_and_start)
        await register(one)
        await other.wait_for(registered, so_far + 1, 90)

        await asyncio.to_thread(kafka.come_back_empty)
        await declared(one.running.settings, all_topics("sutton"))
        await register(one)
        await other.wait_for(registered, so_far + 2, 120)

        await one.settled()
        await other.settled()
        assert (await other.types()).count(registered) == (await one.types()).count(registered) == so_far + 2
        assert await verified(one) == []
        assert await verified(other) == []


async def test_a_topic_is_made_as_declared_and_one_that_is_otherwise_is_refused(
    postgres: str, kafka: Kafka, tmp_path: Path
) -> None:
    settings = await settings_of("partners", postgres, kafka, tmp_path)
    name, wrong = events_topic("elsewhere", "partners"), events_topic("elsewhere", "funding")
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.address)
    await admin.start()
    await admin.create_topics([NewTopic(wrong, num_partitions=3, replication_factor=1)])
    await admin.close()

    assert await declared(settings, [name]) == {name: "as declared"}
    with pytest.raises(WrongTopic) as refused:
        await declare(settings, [wrong])
    assert "3 partitions, declared is 1" in str(refused.value)
    assert "retention.ms=604800000, declared is -1" in str(refused.value)


async def test_a_process_that_may_not_migrate_starts_only_on_a_database_that_is_up_to_date(
    postgres: str, kafka: Kafka, tmp_path: Path
) -> None:
    settings = await settings_of("funding", postgres, kafka, tmp_path)
    reading_only = settings.model_copy(update={"migrate": False})

    with pytest.raises(NotMigrated, match=r"runtime/0001_ledger\.sql.*services\.funding migrate"):
        async with opened(funding, reading_only):
            pass

    async with opened(funding, settings):
        pass
    async with opened(funding, reading_only) as running:
        assert await running.journal.head() == 0


async def test_a_password_is_read_from_its_file(postgres: str, kafka: Kafka, tmp_path: Path) -> None:
    settings = await settings_of("funding", postgres, kafka, tmp_path)
    user, _, where = settings.postgres.get_secret_value().removeprefix("postgresql://").partition("@")
    (tmp_path / "password").write_text(user.partition(":")[2] + "\n")
    without = settings.model_dump() | {
        "postgres": f"postgresql://{user.partition(':')[0]}@{where}", "postgres_password_file": tmp_path / "password",
    }  # fmt: skip

    async with opened(funding, Settings(**without)) as running:
        assert await running.journal.head() == 0


async def test_a_producer_whose_broker_stands_still_is_given_up(
    kafka: Kafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "ACKNOWLEDGED_WITHIN", 2.0)
    plain, topic = settings_for("partners", "postgresql://", kafka.address, tmp_path), events_topic("still", "partners")
    settings = plain.model_copy(update={"kafka_idempotence": True})
    await declared(settings, [topic])
    container = kafka.get_wrapped_container().id or ""

    try:
        with pytest.raises(KafkaTimeoutError):
            await asyncio.wait_for(send_to_one_that_stands_still(settings, topic, container), 60)
    finally:
        docker("unpause", container, check=False)


async def send_to_one_that_stands_still(settings: Settings, topic: str, container: str) -> None:
    """Send once before and once after the broker is stopped in its tracks, with a producer that would try for ever."""
    async with bus.producer(settings) as sending:
        await bus.in_time([await sending.send(topic, b"before", partition=0)])
        docker("pause", container)
        await bus.in_time([await sending.send(topic, b"after", partition=0)])
