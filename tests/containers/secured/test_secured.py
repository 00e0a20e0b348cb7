"""On a secured cluster everybody can do what is granted to them, and is refused everything else."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable
from typing import Any

import pytest
from aiokafka.admin import NewTopic
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from contracts.topics import LISTENS, SERVICES, claims_topic, events_topic, readers_of, shared_topic
from services.runtime.kafka import numbers_producers, producer
from tests.containers.engine import until
from tests.containers.secured.cluster import Secured, admin, everything_on, sender

POLICE = "sutton.police"
CONFIG = ("--command-config", "/tmp/administrator.properties")


@pytest.fixture(scope="module")
def sutton(cluster: Secured) -> Secured:
    """A second place on the same cluster, with two bodies that signed."""
    other = cluster.of("sutton")
    other.certificates()
    assert "sutton.police may write sutton.police.claims" in other.declare().stdout
    return other


async def refused(work: Awaitable[Any], error: type[KafkaError] = TopicAuthorizationFailedError) -> None:
    with pytest.raises(error):
        await asyncio.wait_for(work, 60)


async def write(cluster: Secured, user: str, topic: str, value: bytes = b"{}") -> Any:
    async with sender(cluster.login(user)) as sending:
        return await sending.send_and_wait(topic, value)


@pytest.mark.parametrize("reader_of_it", readers_of("partners"))
def test_what_one_service_records_comes_to_the_others(cluster: Secured, reader_of_it: str) -> None:
    where = "type = 'partners.rules_adopted' and audience = 'received'"

    until(lambda: cluster.count(reader_of_it, where) == 1, f"the rules are known to {reader_of_it}")


async def test_it_writes_its_own_claims_and_reads_them_back(sutton: Secured) -> None:
    claims = claims_topic("sutton", "police")

    await write(sutton, POLICE, claims, b'{"claim": 1}')

    assert [each.value for each in await everything_on(sutton.login(POLICE), claims)][-1] == b'{"claim": 1}'


@pytest.mark.parametrize(
    "topic",
    [
        *(shared_topic("sutton", service) for service in SERVICES),
        *(events_topic("sutton", service) for service in SERVICES),
        claims_topic("sutton", "fire"), shared_topic("coventry", "partners"), "sutton.police.other",
        "__consumer_offsets",
    ],
)  # fmt: skip
async def test_it_is_refused_to_write_anything_else(sutton: Secured, topic: str) -> None:
    await refused(write(sutton, POLICE, topic))


@pytest.mark.parametrize(
    "topic",
    [
        *(events_topic("sutton", service) for service in SERVICES), claims_topic("sutton", "fire"),
        shared_topic("coventry", "partners"), "__consumer_offsets",
    ],
)  # fmt: skip
async def test_it_is_refused_to_read_anything_else(sutton: Secured, topic: str) -> None:
    await refused(everything_on(sutton.login(POLICE), topic))


async def test_it_sees_only_what_it_may_read_and_can_change_nothing(sutton: Secured) -> None:
    async with admin(sutton.login(POLICE)) as asking:
        seen = set(await asking.list_topics())
        made = await asking.create_topics([NewTopic("sutton.police.more", 1, 3)])
        gone = await asking.delete_topics([claims_topic("sutton", "police")])

    assert seen == {claims_topic("sutton", "police"), *(shared_topic("sutton", each) for each in SERVICES)}
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
    others = [one for one in SERVICES if one != service]
    for other in others:
        await refused(write(sutton, f"sutton.{service}", events_topic("sutton", other)))
        await refused(everything_on(sutton.login(f"sutton.{service}"), shared_topic("sutton", other)))
        if other not in LISTENS[service]:
            await refused(everything_on(sutton.login(f"sutton.{service}"), events_topic("sutton", other)))
    await refused(write(sutton, f"sutton.{service}", claims_topic("sutton", "police")))
    await refused(write(sutton, f"sutton.{service}", events_topic("coventry", service)))


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
