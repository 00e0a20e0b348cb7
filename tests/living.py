"""Runs services inside a test: real database, real broker, their HTTP application reached without a socket."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import OKPKey
from pydantic import SecretStr

from contracts.envelope import Event
from contracts.partners import OfficeHolderAppointed, RulesAdopted, SignatoryJoined
from services.partners.locality import load
from services.runtime.clock import set_clock
from services.runtime.decisions import Actor
from services.runtime.journal import Journal, Origin
from services.runtime.process import opened, run
from services.runtime.running import Running, Service
from services.runtime.settings import Settings
from services.runtime.web import application

LOCALITIES = Path(__file__).parents[1] / "localities"
START = datetime(2013, 12, 2, 9, 0, tzinfo=UTC)
KEY = OKPKey.generate_key("Ed25519")


def token(person: str, role: str, organisation: str) -> str:
    """A token of this machine's issuer."""
    now = int(datetime.now(UTC).timestamp())
    claims = {
        "iss": "compact-local", "aud": "compact", "sub": person, "roles": [role], "organisation": organisation,
        "iat": now, "exp": now + 3600,
    }  # fmt: skip
    return jwt.encode({"alg": "Ed25519"}, claims, KEY, algorithms=["Ed25519"])


@dataclass
class Living:
    """One running service and a client for it."""

    running: Running
    client: httpx.AsyncClient
    task: asyncio.Task[None]
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def post(
        self,
        path: str,
        body: Any = None,
        *,
        by: Actor,
        key: str | None = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {token(by.person, by.role, by.organisation)}",
            "Idempotency-Key": key or str(uuid.uuid4()),
            **(headers or {}),
        }
        return await self.client.post(path, json=body if content is None else None, content=content, headers=headers)

    async def get(
        self, path: str, *, by: Actor | None = None, headers: dict[str, str] | None = None, **params: Any
    ) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {token(by.person, by.role, by.organisation)}"} if by else {}
        return await self.client.get(path, params=params, headers={**bearer, **(headers or {})})

    async def types(self) -> list[str]:
        """The wire names in the journal, in order."""
        rows = await self.running.pool.fetch("select type from ledger.journal order by position")
        return [row["type"] for row in rows]

    async def wait_for(self, wire: str, times: int = 1, seconds: float = 15) -> None:
        """Until the journal holds an event of this name so many times."""
        await until(lambda: self._has(wire, times), f"{wire} in {self.running.service.name}", seconds)

    async def _has(self, wire: str, times: int) -> bool:
        found: int = await self.running.pool.fetchval("select count(*) from ledger.journal where type = $1", wire)
        return found >= times

    async def settled(self) -> None:
        """Until projections and reactions have come to the head."""

        async def at_head() -> bool:
            head = await self.running.journal.head()
            reactions = await self.running.journal.follower_position(self.running.reacting.follower) or 0
            return self.running.reads.position >= head and reactions >= head

        await until(at_head, "followers at the head")


async def until(condition: Callable[[], Any], what: str, seconds: float = 15) -> None:
    """Wait for a condition; fails with what was waited for."""
    try:
        async with asyncio.timeout(seconds):
            while not await condition():
                await asyncio.sleep(0.01)  # between two looks at real processes
    except TimeoutError:
        raise AssertionError(f"not within {seconds} s: {what}") from None


def settings_for(service: str, database: str, broker: str, data: Path, place: str = "sutton") -> Settings:
    """The settings of a service in a test, on the stepped clock in `data`."""
    key, clock = data / "public.pem", data / "clock"
    if not key.exists():
        key.write_bytes(KEY.as_pem(private=False))
    if not clock.exists():
        set_clock(clock, START)
    return Settings(
        service=service, place=place, kafka=broker, postgres=SecretStr(database), data=data, public_key=key,
        clock=clock, localities=LOCALITIES, log_format="json", returns=data / "returns",
    )  # fmt: skip


@asynccontextmanager
async def living(service: Service, settings: Settings) -> AsyncIterator[Living]:
    """Run a service until the block ends."""
    async with opened(service, settings) as running:
        task = asyncio.create_task(run(running))
        transport = httpx.ASGITransport(app=application(running))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            alive = Living(running, client, task)
            try:
                await asyncio.wait_for(running.bus.agreed.wait(), 20)
                yield alive
            finally:
                running.stopping.set()
                await asyncio.gather(task)


async def record(journal: Journal, events: Sequence[Event], now: datetime = START, by: Actor | None = None) -> int:
    """Append events as given facts, without a decision."""
    actor = by or Actor("system", "system", journal.place_name)
    appended = await journal.append(events, Origin(actor, str(uuid.uuid4()), ""), now)
    return appended.position


def standing_facts(place: str = "sutton", *offices: Actor, limit: int | None = None) -> list[Event]:
    """The rules of a place, its signatories and these office holders."""
    rules = load(LOCALITIES / place)
    facts: list[Event] = [RulesAdopted(place=place, rules=rules, rules_hash="0" * 64)]
    facts += [
        SignatoryJoined(
            organisation_id=one.organisation_id, place=place, joined_on=rules.adopted_on, pending=one.pending
        )
        for one in rules.signatories
    ]
    facts += [
        OfficeHolderAppointed(
            person_id=one.person, organisation_id=one.organisation, place=place, role=one.role, limit_pounds=limit,
            authority="Scheme of delegation 4.2",
        )
        for one in offices
    ]  # fmt: skip
    return facts
