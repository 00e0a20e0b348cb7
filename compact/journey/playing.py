"""How the journey is played: requests over HTTP with signed tokens, each with the answer it must get.

Guarantee: a journey that was interrupted goes on where it was. Each step is written down once done; a step sent again
sends the same requests with the same Idempotency-Keys, so it is answered as the first time. What came out before it was
interrupted is not looked at again: the step itself may have gone past it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel, Field, ValidationError

from compact.journey.people import Person, Vco, representative
from compact.journey.telling import Telling
from compact.stepping import Stepper
from compact.system import System
from compact.tokens import sign

PATIENCE = 60.0
"""Seconds for which a request is sent again while a service is away."""


class Unexpected(Exception):
    """Something of the journey did not come out as it must; the message says what and where."""


class Played(BaseModel):
    """What the journey has to know to go on."""

    steps: list[str] = Field(default_factory=list)
    told: dict[str, int] = Field(default_factory=dict)
    ids: dict[str, str] = Field(default_factory=dict)
    refusals: dict[str, int] = Field(default_factory=dict)
    """How often a clause was the ground of a refusal."""
    seconds: float = 0.0
    under_way: str = ""
    came_out: list[str] = Field(default_factory=list)
    """What came out in the step under way."""


@dataclass
class Play:
    """One journey under way."""

    system: System
    client: httpx.AsyncClient
    stepper: Stepper
    telling: Telling
    played: Played
    step: str = ""
    requests: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    """Those of the step under way."""
    tokens: dict[Person, str] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """What the stepped clock shows."""
        return self.stepper.clock.now()

    def id(self, key: str) -> str:
        """An id that an earlier answer gave."""
        if key not in self.played.ids:
            raise Unexpected(f"The journey does not know the {key}: journey.json was changed by hand.")
        return self.played.ids[key]

    def keep(self, key: str, value: str) -> str:
        """Remember an id for later steps."""
        self.played.ids[key] = value
        return value

    def of(self, vco: Vco) -> Person:
        """Who acts for a voluntary organisation."""
        return representative(vco, self.id(f"organisation {vco.key}"))

    def expect(self, true: bool, sentence: str, found: Any = "") -> None:
        """Say that something is so, or end the journey because it is not, with what was found instead."""
        if not true and sentence not in self.played.came_out:
            raise Unexpected(f"This did not come out: {sentence} {found or ''}".strip())
        self.telling.note(sentence)
        self._came_out(sentence)

    def _came_out(self, sentence: str) -> None:
        if self.played.under_way and sentence not in self.played.came_out:
            self.played.came_out.append(sentence)
            save(self.system.data, self.played)

    async def does(
        self, who: Person, what: str, service: str, path: str, body: Any = None, *, writes: tuple[str, ...] = (),
        status: tuple[int, ...] = (200, 201), headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Let somebody do something that must succeed and write these facts."""
        self.telling.does(f"{who.words} {what}.", self.now)
        answer = await self.send(who, "POST", service, path, body, headers)
        if answer.status_code not in status:
            raise Unexpected(f"{who.words} {what}: {service} answered {said(answer)}")
        await self.telling.catch_up()
        self.wrote(service, *writes)
        found: dict[str, Any] = answer.json()
        return found

    async def quietly(self, who: Person, service: str, path: str, body: Any) -> dict[str, Any]:
        """Let somebody do something that must succeed, as one of several that are told of together."""
        answer = await self.send(who, "POST", service, path, body)
        if not answer.is_success:
            raise Unexpected(f"{who.words} sent {path}: {service} answered {said(answer)}")
        found: dict[str, Any] = answer.json()
        return found

    async def refused(
        self, who: Person, what: str, service: str, path: str, body: Any = None, *, code: str, cites: str = "",
        status: int = 409, headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Let somebody try what must be refused with this code, on this clause."""
        self.telling.does(f"{who.words} tries: {what}.", self.now)
        answer = await self.send(who, "POST", service, path, body, headers)
        problem = answer.json() if answer.is_error else {}
        cited = problem.get("citation") or {}
        clause = f"{cited.get('document', '')} {cited.get('clause', '')}".strip()
        if (answer.status_code, problem.get("code"), clause) != (status, code, cites):
            raise Unexpected(
                f"{who.words} tried: {what}; expected {status} {code} on {cites or 'no clause'!r}, {service} answered "
                f"{said(answer)}"
            )
        self.telling.refusal(service, problem)
        self.refusals.update([clause] if clause else [])
        await self.telling.catch_up()
        return problem

    async def reads(self, who: Person, service: str, path: str) -> Any:
        """Let somebody read what must be readable."""
        answer = await self.send(who, "GET", service, path)
        if not answer.is_success:
            raise Unexpected(f"{who.words} reads {path}: {service} answered {said(answer)}")
        return answer.json() if "json" in answer.headers["content-type"] else answer.content

    async def listed(self, who: Person, service: str, path: str) -> list[dict[str, Any]]:
        """Let somebody read a list to its end."""
        items: list[dict[str, Any]] = []
        after = ""
        while after is not None:
            page = await self.reads(who, service, f"{path}{'&' if '?' in path else '?'}limit=500&after={after}")
            items, after = items + page["items"], page["next"]
        return items

    async def hidden(self, who: Person, what: str, service: str, path: str) -> None:
        """Let somebody try to read what must not be there for them."""
        answer, sentence = await self.send(who, "GET", service, path), f"{who.words} cannot read {what}"
        if answer.status_code in (403, 404):
            self.telling.note(f"{sentence}: {answer.json()['detail']}")
            self._came_out(sentence)
        elif sentence not in self.played.came_out:
            raise Unexpected(f"{who.words} could read {what}: {service} answered {said(answer)}")

    async def history(self, who: Person, service: str, tag: str) -> list[str]:
        """The types of the events that somebody is told about a thing."""
        page = await self.reads(who, service, f"/history?tag={tag}")
        return [event["type"] for event in page["events"]]

    async def send(
        self, who: Person, method: str, service: str, path: str, body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:  # fmt: skip
        """Send a request, again and with the same key while the service is away."""
        self.requests += 1
        key = f"journey {self.step} {self.requests}"
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        given = {"Idempotency-Key": key, "Content-Type": "application/json", **(headers or {})}
        given |= {"Authorization": f"Bearer {self.token(who)}"} if who.id else {}
        until = time.monotonic() + PATIENCE
        while True:
            try:
                answer = await self.client.request(
                    method, f"{self.system.url(service)}{path}", content=content, headers=given
                )
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
            else:
                if answer.status_code != 503 or time.monotonic() > until:
                    return answer
            await asyncio.sleep(0.2)

    def token(self, who: Person) -> str:
        """A signed token of somebody, made once."""
        if who not in self.tokens:
            self.tokens[who] = sign(self.system.signing_key, who.id, who.role, who.organisation)
        return self.tokens[who]

    def wrote(self, service: str, *names: str) -> None:
        """Make sure that a service wrote facts of these classes in this step."""
        for name, n in Counter(names).items():
            if (found := self.telling.count(service, name)) < n:
                raise Unexpected(f"{service} wrote {name} {found} times in {self.step!r}, not {n} or more.")

    async def settled(self, **writes: tuple[str, ...]) -> None:
        """Wait until nothing is under way anywhere; services must have written these facts by then."""
        async with self.telling.listening():
            await self.stepper.until_quiet()
        for service, names in writes.items():
            self.wrote(service, *names)

    async def wait_until(self, moment: datetime, **writes: tuple[str, ...]) -> None:
        """Let time pass; what falls due on the way happens, and these facts must be among it."""
        if moment > self.now:
            self.telling.time_passes(moment)
        async with self.telling.listening():
            await self.stepper.advance(moment)
        for service, names in writes.items():
            self.wrote(service, *names)

    def begin(self, step: str) -> None:
        """Begin a step."""
        self.step, self.requests = step, 0
        if self.played.under_way != step:
            self.played.under_way, self.played.came_out = step, []
        self.refusals = Counter()
        self.telling.forget()

    def done(self, seconds: float) -> None:
        """Write down that the step is done."""
        self.played.steps.append(self.step)
        self.played.told = dict(self.telling.told)
        self.played.refusals = dict(Counter(self.played.refusals) + self.refusals)
        self.played.seconds += seconds
        self.played.under_way, self.played.came_out = "", []
        save(self.system.data, self.played)


def said(answer: httpx.Response) -> str:
    """What a service answered, on one line."""
    return f"{answer.status_code}: {answer.text[:600]}"


def recorded(data: Path) -> Played:
    """What was played in a directory so far."""
    file = data / "journey.json"
    try:
        return Played.model_validate_json(file.read_text()) if file.exists() else Played()
    except ValidationError as error:
        raise Unexpected(f"{file} cannot be read: {error}") from error


def save(data: Path, played: Played) -> None:
    """Write down how far the journey is."""
    beside = data / "journey.json.new"
    beside.write_text(played.model_dump_json(indent=2) + "\n")
    beside.replace(data / "journey.json")
