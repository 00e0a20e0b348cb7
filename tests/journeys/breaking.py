"""A real run and what it left behind, and copies of that for tests to break: databases, topics, mailboxes."""

from __future__ import annotations

import base64
import io
import json
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
from aiokafka import AIOKafkaProducer
from rich.console import Console

from compact.broker import embedded_broker
from compact.demo import play_step
from compact.journey import ACTS, otherwise
from compact.journey.people import COMMISSIONER, OFFICER
from compact.journey.playing import Play, recorded
from compact.journey.telling import telling
from compact.stepping import Stepper
from compact.supervisor import Supervisor, running_system
from contracts.binding import headers_of
from contracts.envelope import Envelope
from contracts.topics import SERVICES, readers_of
from faults.checker import Violation, check
from faults.checker.records import read_all, topics_of
from faults.evidence import Acknowledged, Evidence
from services.runtime import chain
from services.runtime.http import NOBODY
from services.runtime.identity import BODY_HEADER
from services.runtime.topics import all_topics, declared_config

LEFT_OUT = (otherwise.end_notice, otherwise.learn_late)
"""What ends a change that is broken in copies, and what comes too late for a rule, which is no breach of it."""


@dataclass(frozen=True)
class Record:
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @property
    def told(self) -> dict[str, str]:
        return {name: value.decode() for name, value in self.headers}


Topics = dict[str, list[Record]]
Rows = list[dict[str, Any]]


@dataclass
class Noted:
    """Every request that was answered with success, as a client notes it."""

    ports: dict[int, str]
    answers: dict[tuple[str, str], Acknowledged] = field(default_factory=dict)

    async def note(self, response: httpx.Response) -> None:
        request = response.request
        if request.method == "GET" or not response.is_success:
            return
        claims = claims_of(request)
        key, body = request.headers["idempotency-key"], await response.aread()
        acted_for = request.headers.get(BODY_HEADER, claims["organisation"])
        self.answers[request.url.path, key] = Acknowledged(
            self.ports[request.url.port or 0], request.method, request.url.path, key, claims["sub"],
            acted_for, claims["roles"][0], response.status_code, body,
        )  # fmt: skip


def claims_of(request: httpx.Request) -> dict[str, Any]:
    """What a request's token says of who asks; without a token it is nobody."""
    if token := request.headers.get("authorization"):
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        return claims
    return {"sub": NOBODY.person, "organisation": NOBODY.organisation, "roles": [NOBODY.role]}


@asynccontextmanager
async def ran(directory: Path) -> AsyncIterator[Evidence]:
    """The evidence of a whole round, its services stopped, its databases, topics and mailboxes still there."""
    async with running_system(directory, demo=True, say=lambda _: None) as running:
        noted = Noted({running.system.ports[service]: service for service in SERVICES})
        async with httpx.AsyncClient(timeout=60, trust_env=False, event_hooks={"response": [noted.note]}) as client:
            await played(running, client)
        running.left_alone.update(SERVICES)
        for service in SERVICES:
            await running.parts[service].stop()
        yield evidence_of(running, noted)


async def played(running: Supervisor, client: httpx.AsyncClient) -> None:
    before = recorded(running.system.data)
    async with telling(running.system, Console(file=io.StringIO()), before.told, 1) as tells:
        playing = Play(running.system, client, Stepper(running.system, client), tells, before)
        for act in ACTS[: ACTS.index(otherwise) + 1]:
            for step in act.STEPS:
                if step not in LEFT_OUT:
                    await play_step(playing, act, step)
        await propose_further(playing)
        await playing.settled()


async def propose_further(play: Play) -> None:
    """A further change is proposed and assessed: what every reader took last are facts of funding."""
    path = f"/agreements/{play.id('agreement advice')}/changes"
    found = await play.does(COMMISSIONER, "proposes a further change", "funding", path, otherwise.NEED)
    for _ in range(3):
        await play.quietly(OFFICER, "funding", f"/changes/{found['change_id']}/impact", otherwise.IMPACT)


def evidence_of(running: Supervisor, noted: Noted) -> Evidence:
    system = running.system
    assert system.returns is not None
    acknowledged, observed = system.data / "acknowledged.jsonl", system.data / "observed.jsonl"
    acknowledged.write_text("".join(f"{one.line()}\n" for one in noted.answers.values()))
    observed.touch()
    return Evidence(
        system.place, dict(system.postgres), system.kafka, str(system.returns.parent), str(acknowledged),
        str(observed), dict.fromkeys(SERVICES, 0), 0,
    )  # fmt: skip


@dataclass
class Left:
    """What a run left behind, and where copies of it are made."""

    evidence: Evidence
    scratch: Path
    records: Topics

    @asynccontextmanager
    async def copied(self) -> AsyncIterator[Copy]:
        """A copy to break, of which only what is touched is made."""
        async with AsyncExitStack() as stack:
            yield Copy(self, self.evidence, Path(tempfile.mkdtemp(dir=self.scratch)), stack)


@dataclass
class Copy:
    """A copy of what a run left behind; each database, mailbox or broker is copied when it is first touched."""

    left: Left
    evidence: Evidence
    directory: Path
    stack: AsyncExitStack
    databases: dict[str, Any] = field(default_factory=dict)
    records: Topics = field(default_factory=dict)

    async def judged(self, *, replay: bool = False) -> list[Violation]:
        """What the checker finds."""
        if self.records:
            self.evidence = replace(self.evidence, kafka=await self._broker())
        return sorted((await check(self.evidence, replay=replay)).violations)

    async def database(self, service: str) -> Any:
        """The service's database, copied."""
        if service not in self.databases:
            address, name = self.left.evidence.databases[service], f"copy_{uuid.uuid4().hex[:12]}"
            parts = urlsplit(address)
            server = await asyncpg.connect(urlunsplit(parts._replace(path="/postgres")))
            self.stack.push_async_callback(server.close)
            await server.execute(f'create database "{name}" template "{parts.path[1:]}"')
            self.stack.push_async_callback(server.execute, f'drop database "{name}" with (force)')
            copy = urlunsplit(parts._replace(path=f"/{name}"))
            self.evidence = replace(self.evidence, databases={**self.evidence.databases, service: copy})
            self.databases[service] = connection = await asyncpg.connect(copy)
            self.stack.push_async_callback(connection.close)
        return self.databases[service]

    async def do(self, service: str, sql: str, *values: Any) -> Any:
        """Change the service's database; gives the one value that the statement returns."""
        return await (await self.database(service)).fetchval(sql, *values)

    async def row(self, service: str, where: str, *values: Any) -> dict[str, Any]:
        """The first row of a journal where this holds."""
        sql = f"select * from ledger.journal where {where} order by position limit 1"
        found = await (await self.database(service)).fetchrow(sql, *values)
        assert found is not None, f"{service}: no row where {where}"
        return dict(found)

    async def tables(self, service: str) -> str:
        """The schema of the service's read tables."""
        found: str = await self.do(service, "select name from ledger.follower where name like 'read\\_%'")
        return found

    async def show(self, service: str, table: str, which: str, **changes: str) -> None:
        """A further row of a read table, like the one with this key, with these columns changed."""
        name = f'"{await self.tables(service)}".{table}'
        sql = (
            f"insert into {name} select (jsonb_populate_record(t, $2)).* from {name} t where {next(iter(changes))} = $1"
        )
        await self.do(service, sql, which, json.dumps(changes))

    def topic(self, name: str) -> list[Record]:
        """A topic's records, to be changed."""
        if not self.records:
            self.records = {topic: list(records) for topic, records in self.left.records.items()}
        return self.records[f"{self.evidence.place}.{name}"]

    def mail(self) -> Path:
        """The mailboxes, copied."""
        if not (self.directory / "mail").exists():
            shutil.copytree(self.evidence.mail, self.directory / "mail")
            self.evidence = replace(self.evidence, mail=str(self.directory / "mail"))
        return self.directory / "mail"

    def lines(self, name: str) -> list[dict[str, Any]]:
        """The lines of `acknowledged` or `observed`."""
        return [json.loads(line) for line in Path(getattr(self.evidence, name)).read_text().splitlines()]

    def write(self, name: str, lines: list[dict[str, Any]]) -> None:
        """Other lines in place of these."""
        file = self.directory / f"{name}.jsonl"
        file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        given: dict[str, Any] = {name: str(file)}
        self.evidence = replace(self.evidence, **given)

    async def enter(
        self, service: str, like: dict[str, Any], swap: dict[str, str] | None = None, **columns: Any
    ) -> Any:
        """Enter a row at the end of a journal, chained: like another, with some ids and columns changed."""
        head = await (await self.database(service)).fetchrow("select * from ledger.head")
        row = {**like, "id": str(uuid.uuid4()), "position": head["position"] + 1, "recorded": head["time"]}
        row |= {"query": None, "known_to": None}
        for old, new in (swap or {}).items():
            row |= {"data": row["data"].replace(old.encode(), new.encode())}
            row |= {"tags": [tag.replace(old, new) for tag in row["tags"]]}
        row |= columns
        await self.write_rows(service, [row])
        return row

    async def write_rows(self, service: str, rows: Rows) -> None:
        """Write rows behind the head, chained, and move the head and whatever follows it."""
        connection = await self.database(service)
        head = await connection.fetchrow("select * from ledger.head")
        position, before = head["position"], head["hash"]
        for row in rows:
            row["position"] = position = position + 1
            row["hash"] = before = row["hash"] if row["audience"] == "lost" else chain.link(before, row)
            names, places = ", ".join(row), ", ".join(f"${n}" for n in range(1, len(row) + 1))
            await connection.execute(f"insert into ledger.journal ({names}) values ({places})", *row.values())
            for tag in row["tags"]:
                await connection.execute("insert into ledger.tagged values ($1, $2, $3)", tag, position, row["type"])
        await connection.execute("update ledger.head set position = $1, hash = $2", position, before)
        await connection.execute(
            "update ledger.follower set position = $1 where name like 'read\\_%' or name like 'reactions %'", position
        )

    async def publish(
        self, service: str, like: dict[str, Any], swap: dict[str, str] | None = None, **columns: Any
    ) -> Any:
        """Enter a row, put it on its topics and into the journals of its readers."""
        row = await self.enter(service, like, swap, **columns)
        lasts = {"services": ("events",), "partners": ("events", "shared")}[row["audience"]]
        for last in lasts:
            records = self.topic(f"{service}.{last}")
            records.append(record_of(row, max([int(one.told["ce_sequence"]) for one in records], default=0)))
        for reader in readers_of(service):
            taken = {"audience": "received", "sequence": row["position"], "origin_hash": row["hash"], "id": row["id"]}
            await self.enter(reader, row, **taken)
            await self.do(
                reader, "update ledger.reader set sequence = $1, hash = $2 where topic = $3",
                row["position"], row["hash"], f"{self.evidence.place}.{service}.events",
            )  # fmt: skip
        return row

    async def rewrite_end(self, service: str, change: Callable[[Rows], Rows]) -> Rows:
        """Write the rows taken since the service's last own event anew, chained; gives them as they stood."""
        connection = await self.database(service)
        last = await connection.fetchrow(
            "select position, hash from ledger.journal where audience <> 'received' order by position desc limit 1"
        )
        await connection.execute("drop index ledger.journal_id, ledger.journal_received")
        rows = await connection.fetch(
            "delete from ledger.journal where position > $1 returning *", last["position"]
        )  # fmt: skip
        await connection.execute("delete from ledger.tagged where position > $1", last["position"])
        await connection.execute("update ledger.head set position = $1, hash = $2", last["position"], last["hash"])
        stood = sorted(map(dict, rows), key=lambda row: row["position"])
        await self.write_rows(service, change([dict(row) for row in stood]))
        return stood

    async def _broker(self) -> str:
        topics = {name: declared_config(replicas=1) for name in {*all_topics(self.evidence.place), *self.records}}
        broker = await self.stack.enter_async_context(embedded_broker(self.directory / "broker", topics))
        async with AIOKafkaProducer(bootstrap_servers=broker.address, acks="all") as sending:
            for topic, records in self.records.items():
                for one in records:
                    await sending.send(topic, one.value, key=one.key, partition=0, headers=list(one.headers))
            await sending.flush()
        return broker.address


def record_of(row: dict[str, Any], previous: int) -> Record:
    """The record that a row is published as."""
    envelope = Envelope(
        row["id"], row["source"], row["type"], row["tags"][0], row["time"], row["actor"], row["role"],
        row["onbehalfof"], row["correlationid"], row["causationid"], tuple(row["tags"]),
    )  # fmt: skip
    headers = headers_of(
        envelope, sequence=row["position"], previous=previous, hash=row["hash"].hex(), knew=row["knew"]
    )
    return Record(row["tags"][0].encode(), row["data"], tuple(headers))


async def everything_on(evidence: Evidence) -> Topics:
    """Every record of every topic."""
    found: Topics = {}
    for name in await topics_of(evidence):
        found[name] = []
        async for records in read_all(evidence, name):
            found[name] += [Record(one.key, one.value, tuple(one.headers)) for one in records]
    return found
