"""Passwords, certificates and the authority that signs them are changed while everything runs, as the runbook says.

Like the other faults of the cluster it is run when asked for, since it takes ten minutes: COMPACT_THREE_BROKERS=1.
"""

from __future__ import annotations

import asyncio
import os
import ssl

import pytest
from aiokafka.errors import KafkaConnectionError

from contracts.topics import events_topic
from tests.containers.engine import CHECKOUT
from tests.containers.secured.cluster import BROKERS, Secured, everything_on
from tests.containers.secured.load import Stretch
from tests.containers.secured.test_secured import refused
from tests.containers.test_runbook import Reader

pytestmark = pytest.mark.skipif("COMPACT_THREE_BROKERS" not in os.environ, reason="COMPACT_THREE_BROKERS=1 asks for it")
PAGE = "Rotation of keys"
PASSWORD, CERTIFICATES, AUTHORITY = 0, 1, 3
"""Which block of the page is which."""
MADE = {"deploy/secured/make-certificates": str(CHECKOUT / "deploy" / "secured" / "make-certificates")}
FUNDING, TOPIC = "coventry.funding", events_topic("coventry", "funding")


@pytest.fixture(scope="module")
def runbook(cluster: Secured, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return Reader(cluster, tmp_path_factory.mktemp("runbook"))


def test_a_password_is_changed_while_everything_runs(cluster: Secured, load: Stretch, runbook: Reader) -> None:
    former = (cluster.files_of(FUNDING) / "password").read_text().strip()

    runbook.follows(PAGE, PASSWORD, **{**MADE, "sutton.funding": FUNDING})

    asyncio.run(refused(everything_on(cluster.login(FUNDING, former), TOPIC), KafkaConnectionError))
    assert asyncio.run(everything_on(cluster.login(FUNDING), TOPIC))
    load.goes_on()


def test_the_brokers_certificates_are_renewed(load: Stretch, runbook: Reader) -> None:
    assert served(runbook.follows(PAGE, CERTIFICATES, **MADE))
    load.goes_on()


def test_the_authority_is_changed_and_every_connection_made_anew(
    cluster: Secured, load: Stretch, runbook: Reader
) -> None:
    former = (cluster.secrets / "kafka" / "authority" / "ca.pem").read_text()
    for line, step in enumerate(runbook.commands(PAGE, AUTHORITY).strip().splitlines()):
        said = runbook.follows(PAGE, AUTHORITY, line=line, **(MADE if "make-certificates" in step else {}))
        assert served(said) or "run --rm cluster" not in step
        if "kafka-$n" in step:
            load.goes_on()
            cluster.whole()
    stranger = {**cluster.login(FUNDING), "ssl_context": ssl.create_default_context(cadata=former)}
    asyncio.run(refused(everything_on(stranger, TOPIC), KafkaConnectionError))
    assert asyncio.run(everything_on(cluster.login(FUNDING), TOPIC))


def test_after_all_of_it_nothing_is_lost_repeated_or_out_of_order(load: Stretch) -> None:
    assert load.ends() == []


def served(said: str) -> bool:
    """Whether every broker serves the certificate of its file to clients and to the others."""
    return said.count("serves the certificate of its file on clients, controller") == len(BROKERS)
