"""The secured system as these tests use it: three brokers, who logs in to them how, and what can be done to them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from compact.processes import free_port
from contracts.topics import SERVICES
from services.runtime.settings import Settings
from services.runtime.topics import topics_of
from tests.containers.engine import CHECKOUT, Composed, until

BROKERS = (1, 2, 3)
ADMINISTRATOR = """security.protocol=SSL
ssl.keystore.type=PEM
ssl.keystore.location=/etc/kafka/secrets/certificate.pem
ssl.truststore.type=PEM
ssl.truststore.location=/etc/kafka/secrets/trusted.pem
"""


@dataclass
class Secured(Composed):
    """The services of one place on three brokers that are secured."""

    @property
    def place(self) -> str:
        return self.environment["COMPACT_PLACE"]

    @property
    def addresses(self) -> str:
        return ",".join(f"localhost:{self.environment[f'COMPACT_KAFKA_{n}_PORT']}" for n in BROKERS)

    def of(self, place: str) -> Secured:
        """The same cluster, for another place."""
        return replace(self, environment={**self.environment, "COMPACT_PLACE": place})

    def files_of(self, user: str) -> Path:
        return self.secrets / "kafka" / "users" / user

    def certificates(self, *args: str) -> str:
        """What whoever administers the cluster does to its files."""
        environment = {**os.environ, **self.environment, "COMPACT_SECRETS": str(self.secrets)}
        script = CHECKOUT / "deploy" / "secured" / "make-certificates"
        return subprocess.run([script, *args], env=environment, check=True, capture_output=True, text=True).stdout

    def administer(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the administrator's job."""
        return self.compose("run", "--rm", "--no-deps", "-T", "cluster", *command, check=check)

    def declare(self, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.administer("declare", "/run/users", check=check)

    def kafka(self, tool: str, *args: str, broker: int = 1, given: str = "") -> str:
        """One of Kafka's own tools, inside a broker's container, with that broker's certificate."""
        script = (
            f"printf '{ADMINISTRATOR}' >/tmp/administrator.properties; printf '%s' '{given}' >/tmp/given; "
            'tool=$1; shift; exec /opt/kafka/bin/$tool "$@"'
        )
        where = ["--bootstrap-server", f"kafka-{broker}.cluster:9094"]
        return self.inside(f"kafka-{broker}", "bash", "-c", script, "kafka", *tool.split(), *where, *args).stdout

    def container(self, broker: int) -> str:
        return f"{self.name}-kafka-{broker}-1"

    def controller(self, ask: int = 1) -> int:
        """The broker that leads the controllers."""
        said = self.kafka(
            "kafka-metadata-quorum.sh", "--command-config", "/tmp/administrator.properties", "describe", "--status",
            broker=ask,
        )  # fmt: skip
        found = re.search(r"LeaderId:\s+(\d+)", said)
        assert found, said
        return int(found[1])

    def login(self, user: str, password: str | None = None) -> dict[str, Any]:
        """How a plain client of somebody's own logs in."""
        given = password or (self.files_of(user) / "password").read_text().strip()
        return {
            "bootstrap_servers": self.addresses, "security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": user, "sasl_plain_password": given, "request_timeout_ms": 10_000,
            "ssl_context": ssl.create_default_context(cafile=self.files_of(user) / "trusted.pem"),
        }  # fmt: skip

    def settings(self, user: str) -> Settings:
        """What a service that runs on this machine would be given."""
        return Settings(
            service=user.partition(".")[2], place=self.place, kafka=self.addresses, security_protocol="SASL_SSL",
            sasl_mechanism="SCRAM-SHA-512", sasl_username=user, sasl_password_file=self.files_of(user) / "password",
            ca_file=self.files_of(user) / "trusted.pem", replicas=3,
        )  # fmt: skip

    def database(self, service: str) -> str:
        """A service's database as the service itself reaches it, from this machine."""
        port, password = self.environment["COMPACT_POSTGRES_PORT"], (self.secrets / service).read_text()
        return f"postgresql://{service}:{password.strip()}@127.0.0.1:{port}/{service}"

    def count(self, service: str, where: str) -> int:
        return asyncio.run(counted(self.database(service), where))

    def leader(self, topic: str, user: str) -> int:
        """The broker that leads a topic."""
        (partition,) = asyncio.run(described(self.login(user), [topic]))
        found: int = partition["leader"]
        return found

    def restart_each(self) -> None:
        """Restart every broker, the next one when every copy is in step again."""
        for broker in BROKERS:
            self.compose("restart", f"kafka-{broker}")
            self.whole()

    def whole(self) -> None:
        """Until every copy of every topic is in step again."""
        until(self._is_whole, "every copy is in step", 240)

    def _is_whole(self) -> bool:
        with contextlib.suppress(KafkaError, OSError):
            return all(
                len(partition["isr"]) == len(partition["replicas"]) == len(BROKERS)
                for service in SERVICES
                for partition in asyncio.run(
                    described(self.login(f"{self.place}.{service}"), list(topics_of(self.place, service)))
                )
            )
        return False


def secured(secrets: Path, version: str, place: str) -> Secured:
    """A secured system with files of its own, not yet started."""
    environment = {f"COMPACT_KAFKA_{n}_PORT": str(free_port()) for n in BROKERS}
    environment |= {"COMPACT_PLACE": place, "COMPACT_POSTGRES_PORT": str(free_port())}
    environment |= {"COMPACT_KAFKA_HEAP": "-Xms128m -Xmx320m -XX:TieredStopAtLevel=1"}
    files = ("docker-compose.yml", "deploy/secured/compose.yml", "tests/containers/secured/quiet.yml")
    system = Secured(secrets, version, files=files, environment=environment)
    subprocess.run([CHECKOUT / "deploy" / "make-secrets", secrets], check=True, capture_output=True)
    system.certificates()
    return system


@asynccontextmanager
async def admin(login: dict[str, Any]) -> AsyncIterator[AIOKafkaAdminClient]:
    made = AIOKafkaAdminClient(**login)
    try:
        await made.start()
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def sender(login: dict[str, Any]) -> AsyncIterator[AIOKafkaProducer]:
    made = AIOKafkaProducer(**login, acks="all", enable_idempotence=True)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


@asynccontextmanager
async def reader(login: dict[str, Any], *topics: str, group: str | None = None) -> AsyncIterator[AIOKafkaConsumer]:
    made = AIOKafkaConsumer(*topics, **login, group_id=group, auto_offset_reset="earliest")
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def counted(database: str, where: str) -> int:
    """How many rows of a journal are so."""
    reading = await asyncpg.connect(database)
    try:
        found: int = await reading.fetchval(f"select count(*) from ledger.journal where {where}")
    finally:
        await reading.close()
    return found


async def described(login: dict[str, Any], topics: list[str]) -> list[dict[str, Any]]:
    """The partitions of these topics: their leader, their copies, and which of them are in step."""
    async with admin(login) as asking:
        return [partition for topic in await asking.describe_topics(topics) for partition in topic["partitions"]]


async def everything_on(login: dict[str, Any], topic: str) -> list[Any]:
    """Every record of a topic, as a plain client reads it."""
    async with reader(login, topic) as reading:
        (partition,) = reading.assignment()
        end = (await reading.end_offsets([partition]))[partition]
        found: list[Any] = []
        while await reading.position(partition) < end:
            found += (await reading.getmany(partition, timeout_ms=1000)).get(partition, [])
    return found
