"""The runbook, followed word for word: each command is taken from its page and run, with only the names put in."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from contracts.topics import SERVICES
from tests.containers.engine import CHECKOUT, Composed, docker, until
from tests.containers.test_compose import (
    AUDITOR,
    COMMISSIONER,
    PUBLISHED,
    a_programme,
    arrived,
    register,
    settled,
    standing,
)
from tests.containers.test_compose import place as place  # the fixture, for a system of this module's own

RUBBISH = """
import asyncio
from aiokafka import AIOKafkaProducer
async def main():
    async with AIOKafkaProducer(bootstrap_servers="kafka:9092") as sending:
        await sending.send_and_wait("sutton.partners.events", b"rubbish", key=b"rubbish", partition=0)
asyncio.run(main())
"""
CHANGED = """
FROM compact-{service}:{version}
USER root
RUN sed -i 's/^    accepted_by_silence: bool = False$/&\\n    added: str = "new"/' services/{service}/tables.py \\
 && grep -q added services/{service}/tables.py
USER compact
"""


@dataclass
class Reader:
    """Somebody who follows the runbook in a directory of their own, beside one composed system."""

    system: Composed
    directory: Path

    def commands(self, page: str, part: int = 0) -> str:
        """One block of commands of a page, counted from 0."""
        text = (CHECKOUT / "deploy" / "runbook.md").read_text().split(f"\n## {page}\n")[1].split("\n## ")[0]
        blocks = re.findall(r"(?:^ {4,}\S.*\n(?:\n(?= {4,}\S))?)+", text, re.MULTILINE)
        return blocks[part]

    def follows(self, page: str, part: int = 0, *, line: int | None = None, fails: bool = False, **names: str) -> str:
        """Run one block of a page, or one line of it, as it stands; each name that stands for something is put in."""
        script = self.commands(page, part)
        script = script if line is None else script.strip().splitlines()[line]
        for name, meant in {"compact_": f"{self.system.name}_", **names}.items():
            assert name in script or name == "compact_", f"{name} does not stand on the page {page}: {script}"
            script = re.sub(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Z])", meant, script)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=self.directory, env=self.environment, capture_output=True,
            text=True, stdin=subprocess.DEVNULL, timeout=600, check=False,
        )  # fmt: skip
        assert bool(done.returncode) is fails, f"{script}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout + (done.stderr if fails else "")

    @property
    def environment(self) -> dict[str, str]:
        """What whoever is on call has in the shell: which system is meant."""
        ports = {f"COMPACT_{service.upper()}_PORT": str(port) for service, port in self.system.ports.items()}
        return {
            **os.environ, **self.system.environment, "COMPOSE_PROFILES": "try",
            "COMPOSE_FILE": os.pathsep.join(str(CHECKOUT / file) for file in self.system.files),
            "COMPOSE_PROJECT_NAME": self.system.name, "COMPACT_SECRETS": str(self.system.secrets),
            "COMPACT_VERSION": self.system.version, **ports,
        }  # fmt: skip


@pytest.fixture
def reader(place: Composed, tmp_path: Path) -> Reader:
    return Reader(place, tmp_path)


def last(output: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(output.strip().splitlines()[-1])
    return found


def all_well(system: Composed) -> None:
    """What the page 'After any of these' asks for."""
    settled(system)
    for service in SERVICES:
        state = standing(system, service)
        assert (state["held"], state["reactions"]["stopped"], set(state["unpublished"].values())) == (0, [], {0})
        assert last(system.ours(service, "verify", "--with-bus").stdout)["faults"] == 0
        assert last(system.ours(service, "replay", "--compare").stdout)["differences"] == 0


def test_a_restart(reader: Reader) -> None:
    reader.follows("Restart", S="funding")

    reader.system.all_ready()
    arrived(reader.system, register(reader.system), "funding")


def test_a_backup_a_restore_and_the_recovery_of_what_the_backup_lacks(reader: Reader) -> None:
    system, programme = reader.system, a_programme()
    system.done(COMMISSIONER, "funding", "/programmes", a_programme(years=2))
    settled(system)
    reader.follows("Backup and restore of one service", 0)
    system.done(COMMISSIONER, "funding", "/programmes", programme)
    organisation = register(system)
    settled(system)
    [dump] = reader.directory.glob("funding-*.dump")
    documents = "cd /data/documents/funding && find . -type f -exec md5sum {} +"
    kept = subprocess.run(
        ["tar", "-tf", reader.directory / "funding-documents.tar"], capture_output=True, text=True, check=True
    )
    saved = [name for name in kept.stdout.split() if not name.endswith("/")]
    assert (reader.directory / "funding-documents.tar").stat().st_size > 1000

    reader.follows("Backup and restore of one service", 1, **{"funding-2026-01-12.dump": dump.name})
    stood = sorted(system.inside("funding", "sh", "-c", documents).stdout.splitlines())
    system.inside("funding", "sh", "-c", 'cd /data/documents/funding && rm "$@"', "rm", *saved)
    reader.follows("Backup and restore of one service", 2)
    until(lambda: "restored behind the bus" in system.get("funding", "/health/ready").text, "it says that it is behind")
    reader.follows("Restored behind the bus", 0, S="funding")
    recovered = last(reader.follows("Restored behind the bus", 1, S="funding"))
    until(lambda: system.is_ready("funding"), "it goes on by itself")
    verified = last(reader.follows("Restored behind the bus", 2, S="funding"))

    assert recovered["published"] == 1
    assert saved
    assert sorted(system.inside("funding", "sh", "-c", documents).stdout.splitlines()) == stood
    assert verified["faults"] == 0
    assert system.count("funding", PUBLISHED) == 2
    arrived(system, organisation, "funding")
    answers = reader.follows("Backup and restore of one service", 3).strip().splitlines()
    assert '"faults": 0' in answers[-2]
    assert '"differences": 0' in answers[-1]
    all_well(system)


def test_the_brokers_data_is_lost(reader: Reader) -> None:
    system = reader.system
    organisation = register(system)
    settled(system)
    system.compose("rm", "--stop", "--force", "kafka")
    docker("volume", "rm", f"{system.name}_kafka")

    reader.follows("Broker away", 0)

    arrived(system, organisation, "funding", "monitoring", "notifications")
    arrived(system, register(system), "funding", "monitoring", "notifications")
    all_well(system)


def test_a_held_message(reader: Reader) -> None:
    system = reader.system
    system.inside("partners", "python", "-c", RUBBISH)

    for service in ("funding", "monitoring", "notifications"):
        until(lambda service=service: standing(system, service)["held"], f"{service} holds it")
        held = last(reader.follows("A held message", 0, S=service))
        names = {"S": service, "ID": str(held["held_id"])}
        said = reader.follows("A held message", 1, line=0, fails=True, **names)
        assert "still cannot be read" in said
        reader.follows("A held message", 1, line=1, **names)

        assert system.count(service, "type = 'compact.message_discarded'") == 1
    all_well(system)


def test_an_upgrade_with_a_changed_projection(reader: Reader, tmp_path: Path) -> None:
    system = reader.system
    register(system)
    tables = "select nspname from pg_namespace where nspname like 'read_%'"
    before = set(system.sql("monitoring", "monitoring", tables).stdout.split())
    (tmp_path / "Dockerfile").write_text(CHANGED.format(service="monitoring", version=system.version))
    docker("build", "--quiet", "--tag", f"compact-monitoring:{system.version}-next", str(tmp_path))
    upgraded = Reader(system, tmp_path)
    system.version, was = f"{system.version}-next", system.version
    try:
        for line in (1, 2):
            upgraded.follows("Upgrade", 0, line=line, S="monitoring")
        assert last(upgraded.follows("Upgrade", 1, S="monitoring"))["differences"] == 0
        after = set(system.sql("monitoring", "monitoring", tables).stdout.split())
    finally:
        system.version = was
        upgraded.follows("Upgrade", 0, S="monitoring")
    assert after > before
    all_well(system)


def test_a_topic_whose_settings_somebody_changed(reader: Reader) -> None:
    system = reader.system
    configs = ["/opt/kafka/bin/kafka-configs.sh", "--bootstrap-server", "kafka:9092", "--entity-type", "topics",
               "--entity-name", "sutton.funding.events"]  # fmt: skip
    system.inside("kafka", *configs, "--alter", "--add-config", "retention.ms=3600000")
    refused = system.compose("run", "--rm", "funding-prepare", check=False)

    reader.follows("Topic refused", 0)

    assert refused.returncode == 1
    assert system.compose("run", "--rm", "funding-prepare").returncode == 0


def test_a_topic_with_too_many_partitions(reader: Reader) -> None:
    system = reader.system
    topics = ["/opt/kafka/bin/kafka-topics.sh", "--bootstrap-server", "kafka:9092", "--topic", "sutton.funding.events"]
    system.inside("kafka", *topics, "--alter", "--partitions", "2")
    assert system.compose("run", "--rm", "funding-prepare", check=False).returncode == 1

    reader.follows("Topic refused", 1)

    system.all_ready()
    all_well(system)


def test_another_key_signs_tokens(reader: Reader) -> None:
    system = reader.system
    before = system.headers(AUDITOR)
    made = f"{CHECKOUT}/deploy/make-secrets {system.secrets}"

    reader.follows("Rotation of keys", -1, **{"deploy/secrets/": f"{system.secrets}/", "deploy/make-secrets": made})
    system.all_ready()

    def status(headers: dict[str, str]) -> int:
        return httpx.get(system.url("funding", "/status"), headers=headers, timeout=30, trust_env=False).status_code

    assert status(before) == 401
    assert status(system.headers(AUDITOR)) == 200
