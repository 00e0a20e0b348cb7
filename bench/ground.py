"""Where everything is measured: one broker and one PostgreSQL, embedded as `compact up` runs them or as the environment
names them, and services opened on databases of their own.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from pydantic import SecretStr

from compact import tokens
from compact.broker import embedded_broker
from compact.postgres import create_database, embedded_postgres
from compact.system import CHECKOUT, System
from contracts.envelope import Event
from contracts.partners import OfficeHolderAppointed, RulesAdopted
from services.partners.locality import load
from services.runtime.bus import Standing
from services.runtime.decisions import Actor
from services.runtime.journal import Origin
from services.runtime.process import opened
from services.runtime.running import Running, Service
from services.runtime.settings import Settings, database_of

OFFICER = Actor("officer-1", "partnership_office", "sutton-council")
LOCALITIES = CHECKOUT / "localities"


def a_place() -> str:
    """A place of its own for every round, so that its topics are new."""
    return f"bench-{uuid.uuid4().hex[:12]}"


@dataclass
class Ground:
    """The broker, the database server and a directory, shared by every figure."""

    directory: Path
    kafka: str
    postgres: str
    made: list[str] = field(default_factory=list)

    async def database(self) -> str:
        """The address of a new, empty database."""
        name = f"compact_bench_{uuid.uuid4().hex[:12]}"
        await create_database(database_of(self.postgres, name))
        self.made.append(name)
        return database_of(self.postgres, name)

    async def drop(self, address: str) -> None:
        """Remove a database that this run made."""
        name = address.rpartition("/")[2].partition("?")[0]
        connection = await asyncpg.connect(database_of(self.postgres, "postgres"))
        await connection.execute(f'drop database if exists "{name}" with (force)')
        await connection.close()
        self.made.remove(name)

    @property
    def system(self) -> System:
        """The keys and directories of this machine's tokens."""
        return System(data=self.directory)

    def settings(self, service: str, address: str, place: str) -> Settings:
        """The settings of one service of a place."""
        return Settings(
            service=service, place=place, kafka=self.kafka, postgres=SecretStr(address), data=self.directory,
            public_key=self.system.public_key, local_tokens_allowed=True, localities=LOCALITIES, log_format="json",
        )  # fmt: skip

    def token(self) -> str:
        """A token of the partnership office."""
        return tokens.sign(self.system.signing_key, OFFICER.person, OFFICER.role, OFFICER.organisation)

    @asynccontextmanager
    async def service(self, service: Service, place: str = "", address: str = "") -> AsyncIterator[Running]:
        """A service at rest, migrated and taken to agree with the bus; without an address, on a database of its own."""
        where = address or await self.database()
        try:
            async with opened(service, self.settings(service.name, where, place or a_place())) as running:
                for topic in running.bus.topics:
                    running.bus.compared(topic, Standing.AGREED)
                await running.reads.prepare()
                yield running
        finally:
            if not address:
                await self.drop(where)


async def begin(running: Running) -> int:
    """Let a journal know the rules of its place and the officer who acts; its head afterwards."""
    place = running.settings.place
    rules = load(LOCALITIES / "sutton")
    facts: list[Event] = [
        RulesAdopted(place=place, rules=rules, rules_hash="0" * 64),
        OfficeHolderAppointed(
            person_id=OFFICER.person, organisation_id=OFFICER.organisation, place=place, role=OFFICER.role,
            authority="Scheme of delegation",
        ),
    ]  # fmt: skip
    origin = Origin(Actor("system", "system", place), str(uuid.uuid4()), "")
    appended = await running.journal.append(facts, origin, datetime.now(UTC))
    return appended.position


@asynccontextmanager
async def the_ground() -> AsyncIterator[Ground]:
    """Start what the environment does not name, and remove at the end what was made."""
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="compact-bench-")))
        directory.chmod(0o755)
        kafka, postgres = os.environ.get("COMPACT_KAFKA", ""), os.environ.get("COMPACT_POSTGRES", "")
        if not kafka:
            kafka = (await stack.enter_async_context(embedded_broker(directory))).address
        if not postgres:
            postgres = (await stack.enter_async_context(embedded_postgres(directory / "postgres"))).address()
        ground = Ground(directory, kafka, postgres)
        tokens.make_keys(ground.system)
        try:
            yield ground
        finally:
            for name in list(ground.made):
                await ground.drop(database_of(postgres, name))
