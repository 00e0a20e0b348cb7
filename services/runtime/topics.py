"""Guarantee: a topic is as it was declared, or it is reported and refused.

One partition (the publisher's order is the order), kept for ever, messages up to 1 MiB, and two copies in step where
the cluster replicates.
"""

from __future__ import annotations

from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from contracts.bodies import BODIES
from contracts.topics import SERVICES, claims_topic, events_topic, shared_topic
from services.runtime.kafka import security
from services.runtime.settings import Settings

MAX_MESSAGE_BYTES = 1_048_576


class WrongTopic(RuntimeError):
    """A topic exists otherwise than declared."""


def declared_config(replicas: int) -> dict[str, str]:
    """The settings of every topic."""
    config = {"retention.ms": "-1", "max.message.bytes": str(MAX_MESSAGE_BYTES), "cleanup.policy": "delete"}
    return config | ({"min.insync.replicas": "2"} if replicas > 1 else {})


def topics_of(place: str, service: str) -> tuple[str, str]:
    """The two topics that a service publishes on."""
    return events_topic(place, service), shared_topic(place, service)


def all_topics(place: str) -> list[str]:
    """Every topic that the services of a place publish on."""
    return [topic for service in SERVICES for topic in topics_of(place, service)]


def declared_topics(place: str) -> list[str]:
    """Every topic of a place: those of its services, and those of the claims that funding takes."""
    return [*all_topics(place), *(claims_topic(place, body) for body in BODIES)]


async def declare(settings: Settings, names: list[str]) -> dict[str, str]:
    """Make the topics that do not exist and check those that do; says `made` or `as declared` of each.

    Raises WrongTopic with every difference, and KafkaError where the broker does not answer.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka, **security(settings))
    await admin.start()
    try:
        said = {}
        standing = set(await admin.list_topics())
        for name in names:
            said[name] = "as declared" if name in standing else await _make(admin, name, settings.replicas)
        wrong = [fault for name in names for fault in await _faults(admin, name, settings.replicas)]
    finally:
        await admin.close()
    if wrong:
        raise WrongTopic("; ".join(wrong))
    return said


async def _make(admin: Any, name: str, replicas: int) -> str:
    topic = NewTopic(name, num_partitions=1, replication_factor=replicas, topic_configs=declared_config(replicas))
    try:
        response = await admin.create_topics([topic])
    except TopicAlreadyExistsError:
        return "as declared"
    for _, code, *message in response.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise KafkaError(f"topic {name} could not be made: error {code} {' '.join(map(str, message))}")
    return "made"


async def _faults(admin: Any, name: str, replicas: int) -> list[str]:
    (described,) = await admin.describe_topics([name])
    partitions = len(described["partitions"])
    if described["error_code"] or not partitions:
        raise KafkaError(f"topic {name} was made, and the broker does not show it yet")
    faults = [] if partitions == 1 else [f"{name} has {partitions} partitions, declared is 1"]
    copies = min(len(each["replicas"]) for each in described["partitions"])
    if copies < replicas:
        faults.append(f"{name} has {copies} replicas, declared are {replicas}")
    (response,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    found = {entry[0]: entry[1] for resource in response.resources for entry in resource[4]}
    return faults + [
        f"{name} has {key}={found[key]}, declared is {value}"
        for key, value in declared_config(replicas).items()
        if key in found and found[key] != value
    ]
