"""A tiny service for testing the runtime: one read table, one reaction, one timer, a few routes, real events."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

import asyncpg
import httpx
from aiokafka import TopicPartition
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from aiokafka.structs import ConsumerRecord
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from contracts.binding import Message, headers_of
from contracts.envelope import Envelope, Event
from contracts.funding import AwardApproved, YearAmount
from contracts.partners import (
    OfficeHolderAppointed,
    OrganisationDetailsChanged,
    OrganisationKind,
    OrganisationRegistered,
    OrganisationReinstated,
    OrganisationVerified,
    PersonErased,
    RulesAdopted,
)
from contracts.place import Place
from contracts.rules import Citation
from contracts.topics import events_topic
from services.partners.locality import load
from services.runtime.bus import Standing
from services.runtime.decisions import Actor, Command, Decision, Item, Query, Recorded, Rejection, Waiting
from services.runtime.http import Asked, asked_by
from services.runtime.kafka import consumer, producer, read_from
from services.runtime.process import opened, run
from services.runtime.projections import Add, ClearTimer, Projections, RowChange, SetTimer, Table, Upsert
from services.runtime.reactions import Act, Reactions
from services.runtime.running import Service
from services.runtime.settings import Settings
from services.runtime.timers import Timers
from services.runtime.topics import declare, topics_of
from services.runtime.unit import Outcome, Unit
from services.runtime.web import application
from tests.conftest import Infrastructure
from tests.living import LOCALITIES, START, Living, settings_for, until

COUNCIL = "sutton-council"
OFFICER = Actor("officer-1", "partnership_office", COUNCIL)
COMMISSIONER = Actor("commissioner-1", "commissioner", COUNCIL)
VCO = Actor("rep-1", "vco_representative", "org-1")
SYSTEM = Actor("system", "system", "sutton")
BUDGET = 100_000
MONEY = Citation(document="Programme of the sample", clause="money")
BROKEN: set[str] = set()
"""Organisations at which the reaction's handler breaks."""


@dataclass
class Organisation:
    """Whether an organisation is registered, verified, renewed, and by which number."""

    folds: ClassVar = (
        OrganisationRegistered, OrganisationVerified, OrganisationDetailsChanged, OrganisationReinstated,
    )  # fmt: skip
    registered: bool = False
    verified: bool = False
    renewed: bool = False
    number: str | None = None

    def evolve(self, event: Recorded[Any]) -> None:
        match event.data:
            case OrganisationRegistered() as e:
                self.registered, self.number = True, e.charity_number
            case OrganisationDetailsChanged() as e:
                self.number = e.charity_number or self.number
            case OrganisationVerified():
                self.verified = True
            case OrganisationReinstated():
                self.renewed = True


@dataclass
class Spent:
    """What was awarded of a programme's money."""

    folds: ClassVar = (AwardApproved,)
    pounds: int = 0

    def evolve(self, event: Recorded[AwardApproved]) -> None:
        self.pounds += sum(one.pounds for one in event.data.amounts)


@dataclass(frozen=True, kw_only=True)
class Register(Command):
    subject: ClassVar[str] = "organisation_id"
    organisation_id: str
    name: str = "A"
    charity_number: str | None = "1234567"


@dataclass(frozen=True, kw_only=True)
class AwardMoney(Command):
    subject: ClassVar[str] = "bid_id"
    bid_id: str
    programme_id: str
    pounds: int


@dataclass(frozen=True, kw_only=True)
class AwardSealed(AwardMoney):
    sealed: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class Verify(Command):
    subject: ClassVar[str] = "organisation_id"
    organisation_id: str


@dataclass(frozen=True, kw_only=True)
class Renew(Command):
    subject: ClassVar[str] = "organisation_id"
    organisation_id: str


def register(facts: Organisation, command: Register, place: Place) -> Decision:
    if facts.registered:
        return Rejection("organisation_known", "The organisation is registered already.")
    return [registered(command.organisation_id, command.name, command.charity_number)]


def persons(*numbers: int) -> list[PersonErased]:
    """Small facts, told apart by a number."""
    return [PersonErased(person_id=str(number)) for number in numbers]


def registered(organisation_id: str, name: str = "A", charity_number: str | None = "1234567") -> OrganisationRegistered:
    return OrganisationRegistered(
        organisation_id=organisation_id, name=name, kind=OrganisationKind.VCO, charity_number=charity_number,
        registered_on=date(2013, 12, 2),
    )  # fmt: skip


def award(facts: Spent, command: AwardMoney, place: Place) -> Decision:
    if facts.pounds + command.pounds > BUDGET:
        return Rejection("budget_exceeded", "The money of the programme is spent.", MONEY)
    amounts = (YearAmount(year="2014/15", pounds=command.pounds),)
    return [
        AwardApproved(
            bid_id=command.bid_id, programme_id=command.programme_id, organisation_id="org-1", amounts=amounts,
            rationale=(), decided_by=command.actor.person, authority="",
        )
    ]  # fmt: skip


def verify(facts: Organisation, command: Verify, place: Place) -> Decision | Waiting:
    if facts.verified:
        return []
    if facts.number is None:
        return Waiting("the organisation has not yet given a charity number")
    return [OrganisationVerified(organisation_id=command.organisation_id, against="CC", number=facts.number)]


def renew(facts: Organisation, command: Renew, place: Place) -> Decision:
    return [] if facts.renewed else [OrganisationReinstated(organisation_id=command.organisation_id)]


def organisation(command: Register | Verify | Renew) -> Query[Organisation]:
    return Query(Item(f"organisation:{command.organisation_id}"), fold=Organisation)


def spent(command: AwardMoney) -> Query[Spent]:
    return Query(Item(f"programme:{command.programme_id}"), fold=Spent)


async def register_organisation(unit: Unit, command: Register) -> Outcome:
    return await unit.decide(organisation(command), register, command)


async def award_money(unit: Unit, command: AwardMoney) -> Outcome:
    return await unit.decide(spent(command), award, command)


async def verify_organisation(unit: Unit, command: Verify) -> Outcome:
    if command.organisation_id in BROKEN:
        raise ZeroDivisionError
    return await unit.decide(organisation(command), verify, command)


async def renew_organisation(unit: Unit, command: Renew) -> Outcome:
    return await unit.decide(organisation(command), renew, command)


class Organisations(Table, key=("organisation_id",)):
    organisation_id: str
    name: str = ""
    number: str | None = None
    seen: int = 0
    """How often something was said about it: doubled wherever an event is folded twice."""


class Counts(Table, key=("about",)):
    about: str
    events: int = 0
    last_at: datetime | None = None


class Numbers(Table, key=("number",)):
    number: str
    organisation_id: str = ""


def projections_of(*more: type[Table]) -> Projections:
    projections = Projections(Organisations, Counts, *more)

    @projections.of(OrganisationRegistered)
    def list_organisation(event: Recorded[OrganisationRegistered]) -> Iterator[RowChange]:
        data = event.data
        yield Upsert(Organisations, data.organisation_id, name=data.name, number=data.charity_number)
        yield Add(Organisations, data.organisation_id, seen=1)
        if Numbers in more and data.charity_number:
            yield Upsert(Numbers, data.charity_number, organisation_id=data.organisation_id)

    @projections.of(OrganisationDetailsChanged)
    def change_organisation(event: Recorded[OrganisationDetailsChanged]) -> Iterator[RowChange]:
        if event.data.name:
            yield Upsert(Organisations, event.data.organisation_id, name=event.data.name)
        yield Add(Organisations, event.data.organisation_id, seen=1)

    @projections.of(OrganisationRegistered, OrganisationDetailsChanged, OrganisationVerified)
    def count(event: Recorded[Any]) -> Iterator[RowChange]:
        yield Add(Counts, event.data.wire, events=1)
        yield Upsert(Counts, event.data.wire, last_at=event.time)

    @projections.of(OrganisationVerified)
    def set_renewal(event: Recorded[OrganisationVerified]) -> Iterator[RowChange]:
        yield SetTimer("renewal", event.data.organisation_id, due_at=event.time + timedelta(days=1))

    @projections.of(OrganisationReinstated)
    def clear_renewal(event: Recorded[OrganisationReinstated]) -> Iterator[RowChange]:
        yield ClearTimer("renewal", event.data.organisation_id)

    return projections


def reactions_of() -> Reactions:
    reactions = Reactions()

    @reactions.to(OrganisationRegistered, verify_organisation)
    def verify_registered(event: Recorded[OrganisationRegistered], act: Act) -> Verify:
        return Verify(actor=act.actor, now=act.now, organisation_id=event.data.organisation_id)

    return reactions


def timers_of() -> Timers:
    timers = Timers()

    @timers.when("renewal", renew_organisation)
    def renew_verified(key: str, act: Act) -> Renew:
        return Renew(actor=act.actor, now=act.now, organisation_id=key)

    return timers


class OrganisationForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    charity_number: str | None = None


class AwardForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    bid_id: str
    pounds: int
    sealed: bool = False


def router_of() -> APIRouter:
    router = APIRouter()

    @router.post("/organisations", status_code=201)
    async def post_organisation(
        form: OrganisationForm, asked: Annotated[Asked, asked_by("partnership_office", "vco_representative")]
    ) -> Response:
        command = Register(
            actor=asked.actor, now=asked.now, organisation_id=asked.new_id("organisation"), name=form.name,
            charity_number=form.charity_number,
        )  # fmt: skip
        return await asked.perform(
            register_organisation, command, lambda outcome: {"organisation_id": command.organisation_id}
        )

    @router.post("/programmes/{programme_id}/awards", status_code=201)
    async def post_award(
        programme_id: str,
        form: AwardForm,
        asked: Annotated[Asked, asked_by("commissioner", "vco_representative", deadline="programme_id")],
    ) -> Response:
        kind = AwardSealed if form.sealed else AwardMoney
        command = kind(
            actor=asked.actor, now=asked.now, bid_id=form.bid_id, programme_id=programme_id, pounds=form.pounds
        )
        return await asked.perform(award_money, command, lambda outcome: {"pounds": form.pounds})

    @router.get("/organisations")
    async def list_organisations(asked: Annotated[Asked, asked_by("partnership_office")]) -> dict[str, Any]:
        return await asked.page("select * from organisations", key="organisation_id")

    @router.get("/organisations/{organisation_id}")
    async def get_organisation(
        organisation_id: str, asked: Annotated[Asked, asked_by("partnership_office")]
    ) -> dict[str, Any]:
        rows = await asked.rows("select * from organisations where organisation_id = $1", organisation_id)
        if not rows:
            raise asked.not_found("organisation", organisation_id)
        return dict(rows[0])

    @router.get("/look")
    async def look_into_the_database(asked: Annotated[Asked, asked_by("partnership_office")]) -> dict[str, Any]:
        return {"position": await asked.running.pool.fetchval("select position from ledger.head")}

    @router.get("/fault")
    async def break_down(asked: Annotated[Asked, asked_by("partnership_office")]) -> None:
        raise ZeroDivisionError

    return router


def sample(
    name: str, *listens_to: str, reacts: bool = False, rings: bool = False, tables: Sequence[type[Table]] = ()
) -> Service:
    """The sample service under a name: what it listens to, whether its reaction and its timer are deployed."""
    return Service(
        name=name, listens_to=listens_to, projections=projections_of(*tables),
        reactions=reactions_of() if reacts else Reactions(), timers=timers_of() if rings else Timers(),
        router=router_of(),
    )  # fmt: skip


@asynccontextmanager
async def alone(service: Service, settings: Settings) -> AsyncIterator[Living]:
    """A service without its bus, its reactions and timers at rest: the journal, the read tables and HTTP."""
    async with opened(service, settings) as running:
        for topic in running.bus.topics:
            running.bus.compared(topic, Standing.AGREED)
        await running.reads.prepare()
        await running.reacting.prepare()
        task = asyncio.create_task(running.reads.run(running.stopping))
        transport = httpx.ASGITransport(app=application(running))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            try:
                yield Living(running, client, task)
            finally:
                running.stopping.set()
                running.journal.moved.set()
                await asyncio.gather(task)


@asynccontextmanager
async def started(service: Service, settings: Settings) -> AsyncIterator[Living]:
    """A whole service that is not waited for: it may never agree with the bus."""
    async with opened(service, settings) as running:
        task = asyncio.create_task(run(running))
        transport = httpx.ASGITransport(app=application(running))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            try:
                yield Living(running, client, task)
            finally:
                running.stopping.set()
                await asyncio.gather(task)


async def received(alive: Living) -> list[int]:
    """The sequences of what was received, in the order of the journal."""
    rows = await alive.running.pool.fetch(
        "select sequence from ledger.journal where audience = 'received' order by position"
    )
    return [row["sequence"] for row in rows]


async def sent(alive: Living) -> list[int]:
    """The positions of what a journal has for the other services."""
    rows = await alive.running.pool.fetch(
        "select position from ledger.journal where audience in ('services', 'partners') order by position"
    )
    return [row["position"] for row in rows]


async def published(alive: Living) -> None:
    """Wait until everything that a service decided is on its topic."""

    async def nothing_waits() -> bool:
        return await alive.running.relays[0].unpublished() == 0

    await until(nothing_waits, "everything is published")


async def caught_up(reader: Living, *publishers: Living) -> None:
    """Until a reader has as much as its publishers have for it."""

    async def has_all() -> bool:
        return len(await received(reader)) >= sum([len(await sent(one)) for one in publishers])

    await until(has_all, f"{reader.running.service.name} has everything")


async def produce_unreadable(settings: Settings, topic: str) -> None:
    """Put a record on a topic whose header's name is not UTF-8; the client itself would refuse to write it."""

    class Name(str):
        def encode(self, *_: Any) -> bytes:
            return b"\xff\xfe"

    async with producer(settings) as sending:
        batch = sending.create_batch()
        batch._builder = _DefaultRecordBatchBuilderPy(2, 0, 0, -1, -1, 0, 1 << 20)
        batch.append(timestamp=0, key=b"k", value=b"v", headers=[(Name("x"), b"v")])
        await (await sending.send_batch(batch, topic, partition=0))


def standing(place: str, *offices: Actor) -> list[Event]:
    """A place's rules and these office holders."""
    facts: list[Event] = [RulesAdopted(place=place, rules=load(LOCALITIES / "sutton"), rules_hash="0" * 64)]
    facts += [
        OfficeHolderAppointed(
            person_id=one.person, organisation_id=one.organisation, place=place, role=one.role,
            authority="Scheme of delegation 4.2",
        )
        for one in offices
    ]  # fmt: skip
    return facts


@dataclass
class Sandbox:
    """One test's place: topics, databases and documents that no other test touches."""

    infrastructure: Infrastructure
    directory: Path
    place: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:12]}")

    async def settings(self, name: str, dsn: str | None = None, broker: str | None = None) -> Settings:
        """The settings of a service, on a fresh database unless one is given."""
        address = broker or await asyncio.to_thread(lambda: self.infrastructure.broker().address)
        return settings_for(name, dsn or await self.database(), address, self.directory, self.place)

    async def declared(self, name: str, dsn: str | None = None, broker: str | None = None) -> Settings:
        """The same, with the service's topics made."""
        made = await self.settings(name, dsn, broker)
        await declare(made, list(topics_of(self.place, name)))
        return made

    async def database(self, template: str = "template1") -> str:
        """A fresh database, or a copy of one that nobody is connected to."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        server = await asyncio.to_thread(self.infrastructure.postgres)
        await _execute(server.address(), f'create database "{name}" template "{template}"')
        return server.address(name)

    async def copy(self, dsn: str) -> str:
        """A copy of a database as it stands; nobody may be connected to it."""
        return await self.database(urlsplit(dsn).path.removeprefix("/"))

    async def restore(self, dsn: str, backup: str, *, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
        """Put a copy in the place of a database; of one in use, its connections are ended, and `meanwhile` is done."""
        server = await asyncio.to_thread(self.infrastructure.postgres)
        name, copy = (urlsplit(one).path.removeprefix("/") for one in (dsn, backup))
        if meanwhile:
            await _execute(server.address(), f'alter database "{name}" with allow_connections false')
            await _execute(
                server.address(), f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
            )
        await _execute(server.address(), f'alter database "{name}" rename to "gone_{uuid.uuid4().hex[:12]}"')
        if meanwhile:
            await meanwhile()
        await _execute(server.address(), f'alter database "{copy}" rename to "{name}"')

    async def on_topic(
        self, settings: Settings, topic: Callable[[str, str], str] = events_topic
    ) -> list[tuple[int, int, str]]:
        """Sequence, predecessor and wire name of every message on a service's topic, in order."""
        return [(one.sequence, one.previous, one.envelope.type) for one in await self.messages(settings, topic)]

    async def messages(self, settings: Settings, topic: Callable[[str, str], str] = events_topic) -> list[Message]:
        """Every message on a service's topic, in order."""
        partition = TopicPartition(topic(self.place, settings.service), 0)
        async with consumer(settings) as reading:
            reading.assign([partition])
            found = await read_from(reading, partition, 0)
        return [one for _, one in found if one]


async def _execute(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def digest_of(sequence: int, salt: str = "") -> str:
    return hashlib.sha256(f"{sequence}{salt}".encode()).hexdigest()


@dataclass(frozen=True)
class Sent:
    """A message as a publisher would send it, to be bent as a test needs it."""

    place: str
    sequence: int
    previous: int
    event: Event
    publisher: str = "alpha"
    hash: str = ""
    id: str = ""
    type: str = ""
    value: bytes | None = None
    tags: tuple[str, ...] = ()
    more: tuple[tuple[str, bytes], ...] = ()
    key: bytes | None = None

    def but(self, **changes: Any) -> Sent:
        return replace(self, **changes)

    def record(self, offset: int) -> ConsumerRecord[Any, Any]:
        tags = self.tags or self.event.tags
        envelope = Envelope(
            self.id or f"id-{self.sequence}", f"/{self.place}/{self.publisher}", self.type or self.event.wire, tags[0],
            START, "system", "system", self.place, "correlation", "", tags,
        )  # fmt: skip
        headers = headers_of(
            envelope,
            sequence=self.sequence,
            previous=self.previous,
            hash=self.hash or digest_of(self.sequence),
            knew="",
        )
        value = self.event.model_dump_json(exclude_none=True).encode() if self.value is None else self.value
        key = tags[0].encode() if self.key is None else self.key
        return raw(offset, key, value, (*headers, *self.more))


def raw(
    offset: int, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
) -> ConsumerRecord[Any, Any]:
    return ConsumerRecord(
        topic="", partition=0, offset=offset, timestamp=0, timestamp_type=0, key=key, value=value, checksum=None,
        serialized_key_size=0, serialized_value_size=0, headers=tuple(headers),
    )  # fmt: skip


def chain_of(place: str, *events: Event, publisher: str = "alpha", first: int = 1) -> list[Sent]:
    """Messages one after another, as their publisher sends them."""
    return [Sent(place, sequence, sequence - 1, event, publisher) for sequence, event in enumerate(events, first)]
