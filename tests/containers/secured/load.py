"""Commands through HTTP without a pause, each sent until it is answered; and what must hold of them afterwards."""

from __future__ import annotations

import asyncio
import itertools
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from contracts.binding import JournalHead, Message, read
from contracts.topics import LISTENS, events_topic, readers_of, shared_topic
from tests.containers.engine import Who, until
from tests.containers.secured.cluster import Secured, everything_on
from tests.containers.test_compose import a_programme

COUNCIL = "coventry-council"
OFFICE, COMMISSIONER = Who("p-office", "partnership_office", COUNCIL), Who("p-commissioner", "commissioner", COUNCIL)
AUDITOR = Who("p-auditor", "auditor", COUNCIL)
BETWEEN = 0.02
"""Seconds between a client's answer and its next command."""


def adopt(system: Secured) -> None:
    """Rules adopted, offices held."""
    system.done(OFFICE, "partners", "/rules", {"place": system.place})
    form = {"organisation_id": COUNCIL, "name": "Coventry City Council", "kind": "council"}
    system.done(OFFICE, "partners", "/organisations", form)
    for who in (OFFICE, COMMISSIONER):
        office = {"person_id": who.person, "organisation_id": who.organisation, "role": who.role}
        system.done(OFFICE, "partners", "/office-holders", office)


@dataclass
class Client:
    """Somebody who sends one command after the other, each with its key until it has an answer."""

    system: Secured
    who: Who
    service: str
    path: str
    answer: str
    answered: list[str] = field(default_factory=list)
    retries: int = 0
    refused: list[str] = field(default_factory=list)

    def run(self, stop: threading.Event) -> None:
        for number in itertools.count():
            if stop.wait(BETWEEN):
                return
            self._send(self._body(number), self.system.headers(self.who))

    def _body(self, number: int) -> dict[str, Any]:
        if self.service == "funding":
            return {**a_programme(1), "rules_key": "neighbourhoods"}
        return {"name": f"Foleshill Club {uuid.uuid4().hex[:10]}", "charity_number": f"{uuid.uuid4().int % 10**7:07}"}

    def _send(self, body: dict[str, Any], headers: dict[str, str]) -> None:
        for attempt in itertools.count():
            try:
                url = self.system.url(self.service, self.path)
                given = httpx.post(url, json=body, headers=headers, timeout=30, trust_env=False)
            except httpx.TransportError:
                continue
            if given.is_success:
                self.retries += attempt
                self.answered.append(given.json()[self.answer])
                return
            if given.status_code < 500:
                self.refused.append(given.text)
                return


@dataclass
class Load:
    """The clients of one stretch of time."""

    registering: Client
    publishing: Client

    @property
    def clients(self) -> tuple[Client, Client]:
        return self.registering, self.publishing

    def goes_on(self, seconds: float = 120) -> None:
        """Until a command that was answered from now on has come to all its readers, of both publishers."""
        for client, tag in ((self.registering, "organisation"), (self.publishing, "programme")):
            system, reached = client.system, len(client.answered)
            until(
                lambda client=client, reached=reached: len(client.answered) > reached, "a command is answered", seconds
            )
            for reader in readers_of(client.service):
                where = f"tags @> array['{tag}:{client.answered[reached]}']"
                until(
                    lambda system=system, reader=reader, where=where: system.count(reader, where),
                    f"{where} in {reader}", seconds,
                )  # fmt: skip


@contextmanager
def under_load(system: Secured) -> Iterator[Load]:
    """Commands to two services while the block runs; at its end, all that was promised of them."""
    load = Load(
        Client(system, OFFICE, "partners", "/organisations", "organisation_id"),
        Client(system, COMMISSIONER, "funding", "/programmes", "programme_id"),
    )
    stop = threading.Event()
    threads = [threading.Thread(target=client.run, args=(stop,)) for client in load.clients]
    for thread in threads:
        thread.start()
    try:
        load.goes_on()
        yield load
        load.goes_on()
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    settled(system)
    holds(system, load)


def settled(system: Secured) -> None:
    """Until everything is published, read and reacted to."""

    def is_settled() -> bool:
        states = {one: system.get(one, "/status", AUDITOR).raise_for_status().json() for one in LISTENS}
        published = {topic: at for state in states.values() for topic, at in state["published"].items()}
        return all(
            sum(state["unpublished"].values()) + state["read_tables"]["behind"] + state["reactions"]["behind"] == 0
            and all(
                state["read"][events_topic(system.place, publisher)]["sequence"]
                >= published[events_topic(system.place, publisher)]
                for publisher in LISTENS[one]
            )
            for one, state in states.items()
        )

    until(is_settled, "everything is published and read", 180)


def rows(system: Secured, service: str, query: str) -> list[tuple[str, ...]]:
    return [tuple(line.split("|")) for line in system.sql(service, service, query).stdout.splitlines()]


def holds(system: Secured, load: Load) -> None:
    """Each answered command once in the journal; each event once, in order, on its topics and in every reader."""
    for client, wire, tag in (
        (load.registering, "partners.organisation_registered", "organisation"),
        (load.publishing, "funding.programme_published", "programme"),
    ):
        assert client.refused == []
        assert len(set(client.answered)) == len(client.answered) > 0
        written = [each for (tags,) in rows(
            system, client.service,
            f"select array_to_string(tags, ',') from ledger.journal where type = '{wire}' order by position",
        ) for each in tags.split(",") if each.startswith(f"{tag}:")]  # fmt: skip
        assert len(written) == len(set(written)), "a command was carried out twice"
        assert {f"{tag}:{one}" for one in client.answered} <= set(written), "an answered command is missing"
        once_on_its_topics(system, client.service)
        once_in_every_reader(system, client.service)


def once_on_its_topics(system: Secured, service: str) -> None:
    login = system.login(f"{system.place}.{service}")
    for topic, audience in (
        (events_topic(system.place, service), "audience in ('services', 'partners')"),
        (shared_topic(system.place, service), "audience = 'partners'"),
    ):
        written = rows(
            system, service,
            f"select position, encode(hash, 'hex') from ledger.journal where {audience} order by position",
        )  # fmt: skip
        records = asyncio.run(everything_on(login, topic))
        messages = [read(each.headers, each.key, each.value) for each in records]
        firsts = first_occurrences([each for each in messages if each.envelope.type != JournalHead.wire])
        assert [(str(each.sequence), each.hash) for each in firsts] == written, topic
        assert [each.previous for each in firsts] == [0, *(each.sequence for each in firsts[:-1])], topic


def first_occurrences(messages: list[Message]) -> list[Message]:
    found: dict[tuple[int, str], Message] = {}
    for message in messages:
        found.setdefault((message.sequence, message.hash), message)
    return list(found.values())


def once_in_every_reader(system: Secured, service: str) -> None:
    own = rows(
        system, service,
        "select id, position, encode(hash, 'hex') from ledger.journal where audience in ('services', 'partners')"
        " order by position",
    )  # fmt: skip
    for reader in readers_of(service):
        received = rows(
            system, reader,
            "select id, sequence, encode(origin_hash, 'hex') from ledger.journal"
            f" where audience = 'received' and source = '/{system.place}/{service}' order by position",
        )  # fmt: skip
        assert received == own, f"{reader} of {service}"
