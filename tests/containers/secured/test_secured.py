"""On a secured cluster everybody can do what is granted to them, and is refused everything else."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import Awaitable
from typing import Any

import pytest
from aiokafka.admin import NewTopic
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from contracts.binding import JournalHead, read
from contracts.bodies import BODIES
from contracts.catalogue import EVENTS
from contracts.envelope import Audience
from contracts.topics import LISTENS, SERVICES, claims_topic, events_topic, shared_topic
from services.runtime.kafka import numbers_producers, producer
from services.runtime.topics import declared_topics, topics_of
from tests.containers.engine import CHECKOUT
from tests.containers.secured.cluster import Secured, admin, everything_on, reader, sender

POLICE = "sutton.police"
ALL = declared_topics("sutton")
CLAIMS, SHARED = claims_topic("sutton", "police"), [shared_topic("sutton", service) for service in SERVICES]
BESIDE = (shared_topic("coventry", "partners"), "sutton.police.other", "__consumer_offsets")
"""What is no topic of the place: another place's, one that nobody declared, and the cluster's own."""
CONFIG = ("--command-config", "/tmp/administrator.properties")


@pytest.fixture(scope="module")
def sutton(cluster: Secured) -> Secured:
    """A second place on the same cluster, with two bodies that signed."""
    other = cluster.of("sutton")
    other.certificates()
    assert "sutton.police may write sutton.police.claims" in other.declare().stdout
    return other


@pytest.fixture(scope="module")
def journey(sutton: Secured, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What was printed while the whole journey was played on the secured cluster."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("COMPACT_")}
    given |= {
        "COMPACT_KAFKA": sutton.addresses, "COMPACT_SECURITY_PROTOCOL": "SASL_SSL", "COMPACT_REPLICAS": "3",
        "COMPACT_SASL_MECHANISM": "SCRAM-SHA-512", "COMPACT_CA_FILE": str(sutton.files_of(POLICE) / "trusted.pem"),
        "COLUMNS": "200",
    }  # fmt: skip
    for who in (*SERVICES, "police"):
        own = f"COMPACT_{who.upper()}_SASL"
        given |= {f"{own}_USERNAME": f"sutton.{who}"}
        given |= {f"{own}_PASSWORD_FILE": str(sutton.files_of(f"sutton.{who}") / "password")}
    data = str(tmp_path_factory.mktemp("journey") / "data")
    command = [sys.executable, "-m", "compact", "demo", "--exit", "--data", data]
    played = subprocess.run(command, cwd=CHECKOUT, env=given, capture_output=True, text=True, timeout=600, check=False)
    assert played.returncode == 0, played.stdout[-4000:] + played.stderr[-2000:]
    return played.stdout


async def refused(work: Awaitable[Any], error: type[KafkaError] = TopicAuthorizationFailedError) -> None:
    with pytest.raises(error):
        await asyncio.wait_for(work, 60)


async def write(cluster: Secured, user: str, topic: str, value: bytes = b"{}") -> Any:
    async with sender(cluster.login(user)) as sending:
        return await sending.send_and_wait(topic, value)


async def read_in_a_group(cluster: Secured, user: str, group: str, topic: str) -> list[Any]:
    async with reader(cluster.login(user), topic, group=group) as reading:
        while not (found := await reading.getmany(timeout_ms=500)):
            pass
        return [record for records in found.values() for record in records]


def test_the_journey_comes_to_its_end_on_the_secured_cluster(journey: str) -> None:
    assert "nothing differs" in journey, journey[-1500:]


async def test_a_bodys_own_client_reads_what_is_shared_with_the_signatories(sutton: Secured, journey: str) -> None:
    read_by_the_police = {
        service: [
            read(record.headers, record.key, record.value)
            for record in await everything_on(sutton.login(POLICE), shared_topic("sutton", service))
        ]
        for service in SERVICES
    }

    types = {message.envelope.type for messages in read_by_the_police.values() for message in messages}
    assert {"partners.organisation_registered", "funding.change_disclosed"} <= types
    assert {EVENTS[each].audience for each in types - {JournalHead.wire}} == {Audience.PARTNERS}


async def test_it_reads_in_a_group_of_its_own_name_and_in_no_other(sutton: Secured, journey: str) -> None:
    topic = shared_topic("sutton", "partners")

    assert await read_in_a_group(sutton, POLICE, "sutton.police.ledger", topic)
    for group in ("ledger", "sutton.fire.ledger", "sutton.police"):
        await refused(read_in_a_group(sutton, POLICE, group, topic), GroupAuthorizationFailedError)


async def test_it_writes_its_own_claims_and_reads_them_back(sutton: Secured, journey: str) -> None:
    await write(sutton, POLICE, CLAIMS, b'{"claim": 1}')

    journeys, own = await everything_on(sutton.login(POLICE), CLAIMS)
    assert (dict(journeys.headers)["ce_type"], own.value) == (b"police.effect_reported", b'{"claim": 1}')


@pytest.mark.parametrize("topic", [*(each for each in ALL if each != CLAIMS), *BESIDE])
async def test_it_is_refused_to_write_anything_else(sutton: Secured, topic: str) -> None:
    await refused(write(sutton, POLICE, topic))


@pytest.mark.parametrize("topic", [*(each for each in ALL if each not in {CLAIMS, *SHARED}), *BESIDE])
async def test_it_is_refused_to_read_anything_else(sutton: Secured, topic: str) -> None:
    await refused(everything_on(sutton.login(POLICE), topic))


async def test_it_sees_only_what_it_may_read_and_can_change_nothing(sutton: Secured) -> None:
    async with admin(sutton.login(POLICE)) as asking:
        seen = set(await asking.list_topics())
        made = await asking.create_topics([NewTopic("sutton.police.more", 1, 3)])
        gone = await asking.delete_topics([CLAIMS])

    assert seen == {CLAIMS, *SHARED}
    assert {code for _, code, *_ in made.topic_errors} == {TopicAuthorizationFailedError.errno}
    assert {code for _, code in gone.topic_error_codes} == {TopicAuthorizationFailedError.errno}


async def test_nobody_enters_without_the_right_password_or_over_an_open_line(sutton: Secured) -> None:
    wrong = {"sasl_plain_password": "wrong"}
    nobody = {"sasl_plain_username": "sutton.health"}
    open_line = {"security_protocol": "PLAINTEXT", "ssl_context": None}
    no_password = {"security_protocol": "SSL"}
    stranger = {"ssl_context": ssl.create_default_context()}
    for change in (wrong, nobody, open_line, no_password, stranger):
        await refused(
            everything_on({**sutton.login(POLICE), **change}, shared_topic("sutton", "partners")), KafkaConnectionError
        )


@pytest.mark.parametrize("service", SERVICES)
async def test_a_services_password_opens_no_topic_but_its_own_and_those_it_listens_to(
    sutton: Secured, service: str
) -> None:
    user, own = f"sutton.{service}", topics_of("sutton", service)
    heard = [*own, *(events_topic("sutton", each) for each in LISTENS[service])]
    claims = [claims_topic("sutton", body) for body in BODIES] if service == "funding" else []

    for topic in (*heard, *claims):
        await everything_on(sutton.login(user), topic)
    for topic in (*ALL, events_topic("coventry", service)):
        if topic not in own:
            await refused(write(sutton, user, topic))
        if topic not in (*heard, *claims):
            await refused(everything_on(sutton.login(user), topic))


async def test_the_broker_drops_repeats_of_a_service_without_being_told_to(sutton: Secured) -> None:
    settings = sutton.settings("sutton.funding")
    assert settings.kafka_idempotence is None

    assert await numbers_producers(settings)
    async with producer(settings) as sending:
        assert sending._txn_manager is not None


def test_a_grant_beside_the_declared_is_taken_back(sutton: Secured) -> None:
    topic = events_topic("sutton", "funding")
    assert '{"granted": [], "taken back": []}' in sutton.declare().stdout

    sutton.kafka("kafka-acls.sh", *CONFIG, "--add", "--allow-principal", f"User:{POLICE}", "--operation", "Read",
                 "--topic", topic)  # fmt: skip

    said = sutton.declare().stdout
    assert f'{{"granted": [], "taken back": ["{POLICE} may read {topic}"]}}' in said


WRONG = {
    "partners.events": (("--partitions", "2"), "has 2 partitions, declared is 1"),
    "partners.shared": (("--config", "retention.ms=604800000"), "has retention.ms=604800000, declared is -1"),
    "funding.events": (("--config", "max.message.bytes=1000"), "has max.message.bytes=1000, declared is 1048576"),
    "funding.shared": (("--replication-factor", "2"), "has 2 replicas, declared are 3"),
    "monitoring.events": (("--config", "min.insync.replicas=1"), "has min.insync.replicas=1, declared is 2"),
    "monitoring.shared": (("--config", "cleanup.policy=compact"), "has cleanup.policy=compact, declared is delete"),
}


def test_a_topic_that_is_otherwise_than_declared_is_reported_and_refused(cluster: Secured) -> None:
    elsewhere = cluster.of("elsewhere")
    elsewhere.certificates()
    right = {"--partitions": "1", "--replication-factor": "3"}
    for name, (wrong, _) in WRONG.items():
        given = [each for pair in {**right, **dict([wrong])}.items() for each in pair]
        cluster.kafka("kafka-topics.sh", *CONFIG, "--create", "--topic", f"elsewhere.{name}", *given)

    said = elsewhere.declare(check=False)

    assert said.returncode == 1
    for name, (_, fault) in WRONG.items():
        assert f"elsewhere.{name} {fault}" in said.stderr
