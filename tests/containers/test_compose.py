"""The composed system: Apache Kafka, PostgreSQL with a role each, and the four services, as they would be deployed."""

from __future__ import annotations

import json
import re
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.topics import LISTENS, SERVICES
from services.runtime.topics import declared_config, declared_topics
from tests.containers.engine import CHECKOUT, Composed, Who, until

OFFICE = Who("p-office", "partnership_office")
COMMISSIONER = Who("p-commissioner", "commissioner")
AUDITOR = Who("p-auditor", "auditor")
PUBLISHED = "type = 'funding.programme_published'"


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0).isoformat()


def a_programme(years: int = 3) -> dict[str, Any]:
    start = datetime.now(UTC).year + 1
    return {
        "title": "Strategic Partner Programme", "rules_key": "spp",
        "criteria": [{"id": "need", "text": "Who needs it, and how the bid meets that need", "weight": 100}],
        "eligibility": [{"id": "constituted", "text": "It has a constitution and a bank account of its own"}],
        "money": [{"year": f"{start + n}/{(start + n + 1) % 100:02}", "pounds": 350_000} for n in range(years)],
        "opens_at": in_days(1), "closes_at": in_days(40), "results_at": in_days(80),
        "term_starts_on": f"{start}-04-01", "term_ends_on": f"{start + years}-03-31",
        "framework": "The framework that the commissioning group produced: clarity, parameters, accountability.",
    }  # fmt: skip


def register(system: Composed) -> str:
    number = f"99{uuid.uuid4().int % 100_000:05}"
    body = {"name": f"Ambleford Lunch Club {number}", "charity_number": number}
    answer = system.done(OFFICE, "partners", "/organisations", body)
    organisation: str = answer["organisation_id"]
    return organisation


def arrived(system: Composed, organisation: str, *readers: str) -> None:
    """Until each reader has the registration in its journal, once."""
    for reader in readers:
        where = f"type = 'partners.organisation_registered' and tags @> array['organisation:{organisation}']"
        assert until(lambda reader=reader, where=where: system.count(reader, where), f"{organisation} in {reader}") == 1


def standing(system: Composed, service: str) -> dict[str, Any]:
    found: dict[str, Any] = system.get(service, "/status", AUDITOR).raise_for_status().json()
    return found


def settled(system: Composed) -> None:
    """Until everything was published, read and reacted to."""

    def is_settled() -> bool:
        states = {service: standing(system, service) for service in SERVICES}
        published = {topic: at for state in states.values() for topic, at in state["published"].items()}
        return all(_is_done(states[service], service, published) for service in SERVICES)

    until(is_settled, "all followers at the head")


def _is_done(state: dict[str, Any], service: str, published: dict[str, int]) -> bool:
    topics = [f"sutton.{publisher}.events" for publisher in LISTENS[service]]
    behind = state["read_tables"]["behind"] + state["reactions"]["behind"] + sum(state["unpublished"].values())
    return behind == 0 and all(state["read"][topic]["sequence"] >= published[topic] for topic in topics)


@pytest.fixture(scope="module")
def place(system: Composed) -> Composed:
    """Rules adopted, offices held."""
    system.done(OFFICE, "partners", "/rules", {"place": "sutton"})
    for who in (OFFICE, COMMISSIONER):
        system.done(
            OFFICE, "partners", "/office-holders",
            {"person_id": who.person, "organisation_id": who.organisation, "role": who.role},
        )  # fmt: skip
    return system


def test_everything_is_healthy_and_the_jobs_before_it_ended_well(system: Composed) -> None:
    found = system.containers()

    assert set(found) == {*SERVICES, *(f"{service}-prepare" for service in SERVICES), "kafka", "postgres", "mail"}
    for name, container in found.items():
        if name.endswith("-prepare"):
            assert (container["State"]["Status"], container["State"]["ExitCode"]) == ("exited", 0)
        else:
            assert container["State"]["Health"]["Status"] == "healthy", name


def test_every_topic_is_as_declared_before_a_service_runs(system: Composed) -> None:
    described = system.inside(
        "kafka", "/opt/kafka/bin/kafka-topics.sh", "--bootstrap-server", "localhost:9092", "--describe"
    ).stdout  # fmt: skip
    heads = {line.split()[1]: line for line in described.splitlines() if line.startswith("Topic: sutton")}

    assert set(heads) == set(declared_topics("sutton"))
    for line in heads.values():
        assert "PartitionCount: 1\t" in line
        assert "ReplicationFactor: 1\t" in line
        assert all(f"{key}={value}" in line for key, value in declared_config(1).items())


def test_only_the_services_can_be_reached_and_from_this_machine_alone(system: Composed) -> None:
    bound = {name: one["HostConfig"]["PortBindings"] or {} for name, one in system.containers().items()}

    assert {name for name, ports in bound.items() if ports} == set(SERVICES)
    assert {each["HostIp"] for ports in bound.values() for those in ports.values() for each in those} == {"127.0.0.1"}


def test_no_container_runs_with_rights_or_secrets_it_does_not_need(system: Composed) -> None:
    for name, container in system.containers().items():
        secrets = {mount["Destination"] for mount in container["Mounts"] if "/run/secrets/" in mount["Destination"]}
        if name in ("kafka", "mail"):
            assert secrets == set()
        if name in SERVICES or name.endswith("-prepare"):
            assert secrets == {"/run/secrets/database", "/run/secrets/token_key"}
            assert container["HostConfig"]["ReadonlyRootfs"]
            assert container["HostConfig"]["CapDrop"] == ["ALL"]
        settings = " ".join(container["Config"]["Env"])
        assert not any(password in settings for password in _passwords(system)), (
            f"a password stands in {name}'s settings"
        )
    assert "signing.pem" not in json.dumps(system.containers())


def _passwords(system: Composed) -> list[str]:
    return [file.read_text().strip() for file in system.secrets.iterdir() if file.is_file()]


@pytest.mark.parametrize("table", ["journal", "head", "tagged", "reader", "held"])
@pytest.mark.parametrize(
    "change", ["insert into {} select * from {}", "delete from {}", "truncate {}", "drop table {}"]
)
def test_the_role_a_service_runs_under_cannot_change_the_journal(system: Composed, table: str, change: str) -> None:
    said = system.sql("funding", "funding", change.format(f"ledger.{table}", f"ledger.{table}"), check=False)

    assert said.returncode != 0
    assert "permission denied" in said.stderr or "must be owner" in said.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger.journal set data = data", "update ledger.head set position = position",
        "update ledger.tagged set type = type", "update ledger.reader set sequence = 0",
        "update ledger.request set answer = answer", "truncate ledger.request",
        "alter table ledger.journal disable trigger all", "create table ledger.mine (a int)",
        "create table public.mine (a int)", "delete from public.migration",
        "create or replace function ledger.iso(moment timestamptz) returns text language sql as 'select 1::text'",
        "select ledger.iso(now())", "select ledger.changed('{}', '{}', '{}', 0)",
        "set role funding_owner", "create role somebody", "create database another",
    ],
)  # fmt: skip
def test_nor_by_any_other_way(system: Composed, statement: str) -> None:
    said = system.sql("funding", "funding", statement, check=False)

    assert said.returncode != 0
    assert "permission denied" in said.stderr or "must be owner" in said.stderr


BY_THE_OWNER = {"recovering.py"}
"""What is done under the role that owns the database, and under no other."""


def test_it_may_do_all_that_the_runtime_asks_of_the_ledger_beside(system: Composed) -> None:
    files = (file for file in (CHECKOUT / "services").rglob("*.py") if file.name not in BY_THE_OWNER)
    code = "".join(file.read_text() for file in files)
    asked = set(re.findall(r"(insert into|update|delete from) (ledger\.[a-z_]+)", code))
    calls = set(re.findall(r"(?:from|select) (ledger\.[a-z_]+)\(", code))
    names = {"insert into": "insert", "update": "update", "delete from": "delete"}

    for words, table in asked:
        allowed = "has_table_privilege" if words == "delete from" else "has_any_column_privilege"
        said = system.sql("funding", "funding", f"select {allowed}('{table}', '{names[words]}')").stdout.strip()
        assert said == "t", f"{words} {table} is not granted in grants.sql"
    for function in calls:
        assert (
            system.sql(
                "funding", "funding", f"select has_function_privilege('{function}'::regproc, 'execute')"
            ).stdout.strip()
            == "t"
        )
    assert asked
    assert calls


def test_no_role_reaches_the_database_of_another_service(system: Composed) -> None:
    for role in ("funding", "funding_owner"):
        said = system.sql(role, "notifications", "select 1", check=False)
        assert "permission denied for database" in said.stderr


def test_a_fact_travels_from_a_request_to_every_reader(place: Composed) -> None:
    organisation = register(place)

    arrived(place, organisation, "funding", "monitoring", "notifications")
    told = place.get("partners", f"/history?tag=organisation:{organisation}", AUDITOR).json()["events"]
    assert [event["type"] for event in told] == ["partners.organisation_registered"]
    assert told[0]["actor"] == OFFICE.person


def test_a_round_is_published_under_the_rules_that_travelled_and_its_framework_can_be_read(place: Composed) -> None:
    programme = place.done(COMMISSIONER, "funding", "/programmes", a_programme())["programme_id"]

    for reader in ("partners", "monitoring", "notifications"):
        until(
            lambda reader=reader: place.count(reader, f"{PUBLISHED} and tags @> array['programme:{programme}']"), reader
        )
    documents = place.get("funding", f"/programmes/{programme}/documents").json()
    framework = next(value for value in documents.values() if value)
    text = place.get("funding", f"/programmes/{programme}/documents/{framework}").text
    assert text.startswith("The framework that the commissioning group produced")


def test_a_step_that_the_rules_forbid_is_refused_with_its_citation_and_kept(place: Composed) -> None:
    refused = until(
        lambda: (
            (one := place.post(COMMISSIONER, "funding", "/programmes", a_programme(years=4))).status_code != 503 and one
        ),
        "the step is decided",
    )

    assert refused.status_code == 409
    assert refused.json()["citation"]["document"] == "Strategic Partner Programme"
    until(lambda: place.count("funding", "type = 'compact.step_refused'"), "the refusal in the journal")


def test_an_answer_that_was_given_can_be_neither_removed_nor_forged(place: Composed) -> None:
    decided = "select count(*) from ledger.request where outcome is not null"
    before = place.sql("partners", "partners", decided).stdout

    place.sql("partners", "partners", "delete from ledger.request")
    forged = place.sql(
        "partners", "partners",
        "insert into ledger.request (key, request_hash, received_at, outcome) values ('k', '', now(), 'done')",
        check=False,
    )  # fmt: skip

    assert int(before) > 0
    assert place.sql("partners", "partners", decided).stdout == before
    assert "row-level security" in forged.stderr


def test_a_service_sees_its_own_documents_and_those_opened_and_no_others(place: Composed) -> None:
    seen = {service: place.inside(service, "ls", "/data/documents").stdout.split() for service in SERVICES}

    assert seen == {service: sorted([service, "opened"]) for service in SERVICES}
    assert place.inside("funding", "sh", "-c", "ls /data/documents/funding | wc -l").stdout.strip() != "0"


def test_a_service_stops_cleanly_on_sigterm_and_goes_on_where_it_was(place: Composed) -> None:
    began = time.monotonic()
    place.compose("stop", "funding")
    took = time.monotonic() - began
    stopped = place.containers()["funding"]["State"]
    said = place.compose("logs", "--no-log-prefix", "--tail", "3", "funding").stdout

    assert (stopped["Status"], stopped["ExitCode"]) == ("exited", 0)
    assert "service_stopped" in said
    assert took < 10

    organisation = register(place)
    arrived(place, organisation, "monitoring", "notifications")
    place.compose("start", "funding")
    arrived(place, organisation, "funding")


def test_a_service_that_was_killed_loses_nothing_it_had_acknowledged(place: Composed) -> None:
    organisation = register(place)
    place.compose("kill", "partners")

    place.compose("start", "partners")
    place.all_ready()

    arrived(place, organisation, "funding", "monitoring", "notifications")
    assert place.count("partners", f"tags @> array['organisation:{organisation}']") == 1


def test_a_restart_of_kafka_loses_nothing_and_while_it_is_away_commands_go_on(place: Composed) -> None:
    place.compose("stop", "kafka")
    try:
        organisation = register(place)
    finally:
        place.compose("start", "kafka")

    arrived(place, organisation, "funding", "monitoring", "notifications")
    place.all_ready()


def test_a_restart_of_the_database_loses_nothing(place: Composed) -> None:
    before = {service: place.head(service) for service in SERVICES}
    place.compose("restart", "postgres")
    place.all_ready()

    organisation = register(place)

    arrived(place, organisation, "funding", "monitoring", "notifications")
    assert all(place.head(service) >= before[service] for service in SERVICES)


def test_every_journal_verifies_against_its_topics_and_every_table_follows_from_it(place: Composed) -> None:
    register(place)
    settled(place)

    for service in SERVICES:
        verified = json.loads(place.ours(service, "verify", "--with-bus").stdout.splitlines()[-1])
        assert (verified["faults"], verified["position"] > 0) == (0, True)
        compared = json.loads(place.ours(service, "replay", "--compare").stdout.splitlines()[-1])
        assert compared == {"service": service, "compared": True, "differences": 0}


def test_a_fact_that_the_database_administrator_changed_is_found_and_named(place: Composed) -> None:
    change = "update ledger.journal set actor = '{}' where position = 2"
    was = place.sql("postgres", "partners", "select actor from ledger.journal where position = 2").stdout.strip()

    place.sql("postgres", "partners", change.format("somebody-else"))
    found = place.ours("partners", "verify", check=False)
    place.sql("postgres", "partners", change.format(was))

    assert found.returncode == 1
    assert "position 2 " in found.stdout
    assert place.ours("partners", "verify").returncode == 0


def test_the_secrets_are_made_once_and_kept_out_of_the_repository(system: Composed) -> None:
    assert "secrets/" in (CHECKOUT / "deploy" / ".gitignore").read_text().split()
    assert len(set(_passwords(system))) == 9
    assert all(len(password) >= 40 for password in _passwords(system))
