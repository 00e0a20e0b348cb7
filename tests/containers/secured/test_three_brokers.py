"""Three brokers are put through what happens to brokers, under load: nothing is lost, repeated or out of order."""

from __future__ import annotations

import json

from contracts.topics import events_topic
from tests.containers.engine import docker, until
from tests.containers.secured.cluster import BROKERS, Secured
from tests.containers.secured.load import under_load

CONFIG = ("--command-config", "/tmp/administrator.properties")
TOPIC, USER = events_topic("coventry", "partners"), "coventry.partners"


def test_every_broker_is_restarted_after_the_other(cluster: Secured) -> None:
    with under_load(cluster) as load:
        for broker in BROKERS:
            cluster.compose("restart", f"kafka-{broker}")
            cluster.whole()
            load.goes_on()


def test_the_broker_that_leads_a_topic_is_killed(cluster: Secured) -> None:
    lost = cluster.leader(TOPIC, USER)
    with under_load(cluster) as load:
        docker("kill", "--signal", "KILL", cluster.container(lost))
        load.goes_on()
        cluster.compose("up", "--detach", "--no-deps", f"kafka-{lost}")
        cluster.whole()


def test_the_controller_is_killed(cluster: Secured) -> None:
    lost = cluster.controller()
    with under_load(cluster) as load:
        docker("kill", "--signal", "KILL", cluster.container(lost))
        load.goes_on()
        assert cluster.controller(ask=lost % 3 + 1) != lost
        cluster.compose("up", "--detach", "--no-deps", f"kafka-{lost}")
        cluster.whole()


def test_the_broker_that_leads_a_topic_is_cut_off_from_the_others_and_not_from_its_clients(
    cluster: Secured,
) -> None:
    lost = cluster.leader(TOPIC, USER)
    network = f"{cluster.name}_cluster"
    with under_load(cluster) as load:
        docker("network", "disconnect", network, cluster.container(lost))
        load.goes_on()
        docker("network", "connect", "--alias", f"kafka-{lost}.cluster", network, cluster.container(lost))
        cluster.whole()


def test_the_leader_of_a_topic_is_moved(cluster: Secured) -> None:
    with under_load(cluster) as load:
        for first in BROKERS:
            move(cluster, [first, *(each for each in BROKERS if each != first)])
            until(lambda first=first: cluster.leader(TOPIC, USER) == first, f"kafka-{first} leads")
            load.goes_on()


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
