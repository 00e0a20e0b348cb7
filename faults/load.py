"""Clients that send each command again with the same key until it is answered, and remember what they were told."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from compact.tokens import sign
from faults.evidence import Acknowledged
from faults.exposed import Exposed
from services.runtime.http import NOBODY
from services.runtime.identity import BODY_HEADER

PATIENCE = 300.0
"""Seconds after which a command that was never answered, or never possible, is given up and reported."""
AGAIN = frozenset({401, 503})
"""Answers after which the same request is sent again: 401 where the services' clocks have jumped past our tokens."""
JSON = "application/json"
TWICE = 0.15
"""How many commands are sent twice at the same moment."""


class Stuck(RuntimeError):
    """The system never let a command through that it should have; the message says which."""


@dataclass(frozen=True)
class Person:
    """Somebody who acts in one office."""

    id: str
    role: str
    organisation: str
    acts_for: str = ""
    """The body that the person's own body succeeded, where the person acts on what that one held."""


@dataclass
class Told:
    """What was answered with success to one request, and how often."""

    service: str
    path: str
    key: str
    who: Person
    content: bytes
    content_type: str
    status: int
    body: bytes
    at: float
    answers: int = 1
    different: bool = False

    def line(self) -> str:
        """The line that the checker reads."""
        who = self.who
        return Acknowledged(
            self.service, "POST", self.path, self.key, who.id, who.acts_for or who.organisation, who.role, self.status,
            self.body, self.at, self.answers, self.different,
        ).line()  # fmt: skip


@dataclass
class Load:
    """The clients of one run and what they saw."""

    running: Exposed
    client: httpx.AsyncClient
    seed: str
    answers: int = 0
    """Commands that were answered, with success or a refusal."""
    told: dict[tuple[str, str, str, str], Told] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    faulty: list[str] = field(default_factory=list)
    """Answers that no client should get: 500 and its kind."""
    stage: str = ""
    stages: dict[str, float] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    tokens: dict[Person, str] = field(default_factory=dict)
    many: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(8))

    def come_to(self, stage: str) -> None:
        """Note that a stage of the run begins."""
        self.stage = stage
        self.stages[stage] = round(time.monotonic() - self.began, 1)

    def token(self, who: Person) -> str:
        """A signed token of somebody, made once."""
        if who not in self.tokens:
            self.tokens[who] = sign(self.running.system.signing_key, who.id, who.role, who.organisation)
        return self.tokens[who]

    def said_by(self, who: Person) -> dict[str, str]:
        """The headers that say who asks, and for which body that was succeeded; none for somebody without an office."""
        named = {BODY_HEADER: who.acts_for} if who.acts_for else {}
        return {"Authorization": f"Bearer {self.token(who)}", **named} if who.role != NOBODY.role else {}

    def chance(self, about: str) -> random.Random:
        """Chance that depends on the seed and on what it is about, not on when it is asked."""
        return random.Random(f"{self.seed} {about}")  # noqa: S311

    async def send(
        self, who: Person, service: str, path: str, body: Any = None, *, key: str, content_type: str = JSON
    ) -> httpx.Response:  # fmt: skip
        """Send a command until it is answered; now and then twice at the same moment."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        times = 2 if self.chance(f"twice {key}").random() < TWICE else 1
        async with self.many:
            found = await asyncio.gather(
                *(self.until_answered(who, service, path, content, key, content_type) for _ in range(times))
            )
        self.answers += 1
        return found[0]

    async def until_answered(
        self, who: Person, service: str, path: str, content: bytes, key: str, content_type: str
    ) -> httpx.Response:
        """Send one request, again with the same key while nothing answers or it should be sent again."""
        chance, until = self.chance(f"send {key}"), time.monotonic() + PATIENCE
        headers = {**self.said_by(who), "Idempotency-Key": key, "Content-Type": content_type}
        said = "nothing"
        while time.monotonic() < until:
            url = chance.choice(self.running.urls(service))
            try:
                answer = await self.client.post(f"{url}{path}", content=content, headers=headers)
            except httpx.TransportError as error:
                said = type(error).__name__
            else:
                said = f"{answer.status_code} {answer.text[:200]}"
                self.statuses[answer.status_code] += 1
                if answer.is_success:
                    self.note(service, path, key, who, content, content_type, answer)
                if answer.status_code < 500 and answer.status_code not in AGAIN:
                    return answer
                if answer.status_code not in AGAIN:
                    self.faulty.append(f"{service} {path}: {said}")
            await asyncio.sleep(chance.uniform(0.05, 0.25))
        raise Stuck(f"{service} never answered {path}; last: {said}")

    def note(
        self, service: str, path: str, key: str, who: Person, content: bytes, content_type: str, answer: httpx.Response
    ) -> None:
        """Remember an answer, and whether it is what was said before."""
        about = (service, path, key, who.id)
        if (known := self.told.get(about)) is None:
            self.told[about] = Told(service, path, key, who, content, content_type, answer.status_code,
                                    answer.content, time.time())  # fmt: skip
            return
        known.answers += 1
        known.different = known.different or (known.body, known.status) != (answer.content, answer.status_code)

    async def does(
        self, who: Person, service: str, path: str, body: Any = None, *, step: str, content_type: str = JSON,
        early: tuple[str, ...] = (),
    ) -> dict[str, Any]:  # fmt: skip
        """Something that must come to succeed: refused for want of a fact that is under way, it is asked anew.

        What nobody could carry out (422) is asked anew only where it says `early`, the codes of what is still to come.
        """
        until, tried = time.monotonic() + PATIENCE, 0
        while True:
            tried += 1
            key = f"{step} {tried}"
            answer = await self.send(who, service, path, body, key=key, content_type=content_type)
            if answer.is_success:
                found: dict[str, Any] = answer.json()
                return found
            hopeless = answer.status_code == 422 and answer.json().get("code") not in early
            if time.monotonic() > until or hopeless:
                raise Stuck(f"{step}: {service} {path} answered {answer.status_code} {answer.text[:300]}")
            await asyncio.sleep(min(0.2 * tried, 3.0))

    async def tries(self, who: Person, service: str, path: str, body: Any = None, *, step: str) -> str:
        """Something that must be refused; gives the code."""
        answer = await self.send(who, service, path, body, key=step)
        return "" if answer.is_success else str(answer.json().get("code", ""))

    async def looks(self, who: Person | None, service: str, path: str, times: int = 3) -> httpx.Response | None:
        """One look at something; nothing where the service stays away."""
        headers = {"Authorization": f"Bearer {self.token(who)}"} if who else {}
        for _ in range(times):
            url = self.chance(f"{path} {self.answers}").choice(self.running.urls(service))
            try:
                answer = await self.client.get(f"{url}{path}", headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(0.2)
                continue
            if answer.status_code not in AGAIN:
                return answer
            await asyncio.sleep(0.2)
        return None

    async def finds(self, who: Person, service: str, path: str, **values: str) -> dict[str, Any]:
        """The first item of a list, or the one thing at a path, whose fields have these values, once there is one."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            answer = await self.looks(who, service, f"{path}?limit=500")
            told = answer.json() if answer is not None and answer.is_success else {"items": []}
            for item in told.get("items", [told]):
                if all(item[name] == value for name, value in values.items()):
                    found: dict[str, Any] = item
                    return found
            await asyncio.sleep(0.3)
        raise Stuck(f"{service} {path} never showed {values}")

    async def ask_again(self) -> None:
        """Send everything that was acknowledged once more: it must be answered as the first time."""
        await asyncio.gather(*(self.again(each) for each in list(self.told.values())))

    async def again(self, told: Told) -> None:
        """Send one acknowledged request once more; whatever is said now is compared."""
        async with self.many:
            answer = await self.until_answered(
                told.who, told.service, told.path, told.content, told.key, told.content_type
            )
        told.different = told.different or not answer.is_success

    def write(self, path: Path) -> None:
        """Write down every request that was answered with success."""
        path.write_text("".join(each.line() + "\n" for each in self.told.values()))
