"""Three brokers are put through what happens to brokers, under load: nothing is lost, repeated or out of order.

Like the other faults it is run when asked for, since it takes ten minutes: COMPACT_THREE_BROKERS=1.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from contracts.topics import events_topic
from tests.containers.engine import docker, until
from tests.containers.secured.cluster import BROKERS, Secured
from tests.containers.secured.load import Stretch

pytestmark = pytest.mark.skipif("COMPACT_THREE_BROKERS" not in os.environ, reason="COMPACT_THREE_BROKERS=1 asks for it")
CONFIG = ("--command-config", "/tmp/administrator.properties")
LONGER_THAN_TIMEOUTS = 60.0
"""Seconds, beyond those after which brokers, their clients and the services give an answer up."""
TOPIC, USER = events_topic("coventry", "partners"), "coventry.partners"


def test_the_leader_of_a_topic_is_moved(cluster: Secured, load: Stretch) -> None:
    for first in [each for each in BROKERS if not leads(cluster, each)]:
        move(cluster, [first, *(each for each in BROKERS if each != first)])
        until(partial(leads, cluster, first), f"kafka-{first} leads")
        load.goes_on()


def test_the_broker_that_leads_a_topic_is_killed(cluster: Secured, load: Stretch) -> None:
    lost = cluster.leader(TOPIC, USER)
    with away(cluster, lost):
        load.goes_on()
        assert not leads(cluster, lost)


def test_the_controller_is_killed(cluster: Secured, load: Stretch) -> None:
    lost = cluster.controller()
    with away(cluster, lost):
        load.goes_on()
        assert cluster.controller(ask=lost % 3 + 1) != lost


def test_the_broker_that_leads_a_topic_is_cut_off_from_the_others_and_not_from_its_clients(
    cluster: Secured, load: Stretch
) -> None:
    lost = cluster.leader(TOPIC, USER)
    network = f"{cluster.name}_cluster"
    until_then = time.monotonic() + LONGER_THAN_TIMEOUTS
    docker("network", "disconnect", network, cluster.container(lost))
    try:
        while time.monotonic() < until_then:
            load.goes_on()
    finally:
        docker("network", "connect", "--alias", f"kafka-{lost}.cluster", network, cluster.container(lost))
        cluster.whole()


def test_every_broker_is_restarted_after_the_other(cluster: Secured, load: Stretch) -> None:
    cluster.restart_each()
    load.goes_on()


def test_after_all_of_it_nothing_is_lost_repeated_or_out_of_order(load: Stretch) -> None:
    assert load.ends() == []


@contextmanager
def away(cluster: Secured, broker: int) -> Iterator[None]:
    """A broker is killed, and comes back when the block has ended."""
    docker("kill", "--signal", "KILL", cluster.container(broker))
    try:
        yield
    finally:
        cluster.compose("up", "--detach", "--no-deps", f"kafka-{broker}")
        cluster.whole()


def leads(cluster: Secured, broker: int) -> bool:
    """Whether this broker leads the topic."""
    return cluster.leader(TOPIC, USER) == broker


def move(cluster: Secured, copies: list[int]) -> None:
    """Make the first of these the leader."""
    plan = json.dumps({"version": 1, "partitions": [{"topic": TOPIC, "partition": 0, "replicas": copies}]})
    cluster.kafka(
        "kafka-run-class.sh org.apache.kafka.tools.reassign.ReassignPartitionsCommand", *CONFIG,
        "--reassignment-json-file", "/tmp/given", "--execute", given=plan,
    )  # fmt: skip
    cluster.kafka(
        "kafka-run-class.sh org.apache.kafka.tools.LeaderElectionCommand", "--admin.config",
        "/tmp/administrator.properties", "--election-type", "preferred", "--topic", TOPIC, "--partition", "0",
    )  # fmt: skip
