"""People who act on a running system over HTTP, and the forms they send."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import io
import json
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from pydantic import SecretStr

from compact.stepping import Stepper
from compact.supervisor import Supervisor, running_system
from compact.system import System
from compact.tokens import sign
from contracts.topics import SERVICES
from services.runtime import process
from services.runtime.calendar import LONDON
from services.runtime.settings import Settings

PATIENCE = 400
"""How often a request is sent again, a tenth of a second apart, while a service is away."""
YEARS = ("2014/15", "2015/16", "2016/17")
CLOSES = datetime(2014, 1, 31, 17, 0, tzinfo=LONDON)
RESULTS = datetime(2014, 4, 1, 9, 0, tzinfo=LONDON)


@dataclass(frozen=True)
class Person:
    id: str
    role: str
    organisation: str


def at(year: int, month: int, day: int, hour: int = 9, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=LONDON)


@dataclass
class Acting:
    """A system that is up, and a client for it."""

    running: Supervisor
    client: httpx.AsyncClient
    tokens: dict[Person, str] = field(default_factory=dict)

    @property
    def system(self) -> System:
        return self.running.system

    @property
    def stepper(self) -> Stepper:
        return Stepper(self.system, self.client, seconds=120)

    def token(self, who: Person) -> str:
        if who not in self.tokens:
            self.tokens[who] = sign(self.system.signing_key, who.id, who.role, who.organisation)
        return self.tokens[who]

    async def send(
        self, who: Person | None, method: str, service: str, path: str, body: Any = None, *, key: str = "",
        url: str = "", **headers: str,
    ) -> httpx.Response:  # fmt: skip
        """Send one request; again, with the same key, while the service is away or starting."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        given = {"Content-Type": "application/json", "Idempotency-Key": key or str(uuid.uuid4())}
        given |= {"Authorization": f"Bearer {self.token(who)}"} if who else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        last: object = None
        for _ in range(PATIENCE):
            try:
                last = answer = await self.client.request(
                    method, f"{url or self.system.url(service)}{path}", content=content, headers=given
                )
            except httpx.TransportError as error:
                last = error
                await asyncio.sleep(0.1)
                continue
            if answer.status_code != 503:
                return answer
            await asyncio.sleep(0.1)
        said = last.text if isinstance(last, httpx.Response) else repr(last)
        raise AssertionError(f"{service} never answered {path}; at last: {said}")

    async def does(self, who: Person, service: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        """Something that must succeed."""
        answer = await self.send(who, "POST", service, path, body, **more)
        assert answer.status_code in (200, 201), f"{who} {path}: {answer.status_code} {answer.text[:600]}"
        found: dict[str, Any] = answer.json()
        return found

    async def refused(
        self, who: Person, service: str, path: str, body: Any = None, *, code: str, status: int = 409, **more: Any
    ) -> dict[str, Any]:
        """Something that must be refused with this code; gives the problem."""
        answer = await self.send(who, "POST", service, path, body, **more)
        problem: dict[str, Any] = answer.json()
        assert (answer.status_code, problem.get("code")) == (status, code), f"{who} {path}: {answer.text[:600]}"
        return problem

    async def reads(self, who: Person | None, service: str, path: str) -> Any:
        """Something that must be readable."""
        answer = await self.send(who, "GET", service, path)
        assert answer.status_code == 200, f"{who} {path}: {answer.status_code} {answer.text[:600]}"
        return answer.json() if "json" in answer.headers["content-type"] else answer.content

    async def listed(self, who: Person, service: str, path: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        after: str | None = ""
        while after is not None:
            page = await self.reads(who, service, f"{path}?limit=500&after={after}")
            items, after = items + page["items"], page["next"]
        return items

    async def quiet(self) -> None:
        """Until nothing is under way anywhere."""
        await self.stepper.until_quiet()

    async def until(self, moment: datetime) -> None:
        """Let time pass, with all that falls due on the way."""
        await self.stepper.advance(moment)

    async def ask(self, service: str, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
        """Carry out a command of one service, such as `replay --compare`; without the second that a process takes."""
        module = importlib.import_module(f"services.{service}.__main__")
        asked, said = process._parser(service).parse_args([*arguments, "--json"]), io.StringIO()
        async with process.opened(module.service, self.settings(service)) as running:
            with contextlib.redirect_stdout(said):
                code = await process.COMMANDS[asked.command](running, asked)
        return code, [json.loads(line) for line in said.getvalue().splitlines()]

    def settings(self, service: str) -> Settings:
        """What a process of a service runs with."""
        system = self.system
        return Settings(
            service=service, place=system.place, kafka=system.kafka, postgres=SecretStr(system.postgres[service]),
            data=system.data, public_key=system.public_key, clock=system.clock, returns=system.returns,
            smtp=system.smtp, log_format="json",
        )  # fmt: skip

    async def rows(self, service: str, sql: str, *values: Any) -> list[asyncpg.Record]:
        """Look into a service's database, as only somebody with its password can."""
        connection = await asyncpg.connect(self.system.postgres[service])
        try:
            return await connection.fetch(sql, *values)
        finally:
            await connection.close()

    async def types(self, service: str) -> list[str]:
        """The wire names of what a service recorded itself, in order."""
        sql = "select type from ledger.journal where audience <> 'received' order by position"
        return [row["type"] for row in await self.rows(service, sql)]

    async def proved(self, *services: str) -> None:
        """Every read table follows from history, and every chain holds against the topics and the readers."""
        with tempfile.TemporaryDirectory() as scratch:
            heads = Path(scratch) / "heads.jsonl"
            told = [line for one in SERVICES for line in (await self.ask(one, "verify", "--witnesses"))[1]]
            heads.write_text("\n".join(map(json.dumps, told)))
            for service in services or SERVICES:
                for command in (("verify", "--with-bus", "--against", str(heads)), ("replay", "--compare")):
                    code, lines = await self.ask(service, *command)
                    assert code == 0, f"{service} {command[0]}: {lines}"


@asynccontextmanager
async def acting(place: str = "sutton", **options: Any) -> AsyncIterator[Acting]:
    """A whole system of real processes in a directory of its own, while the block runs."""
    with tempfile.TemporaryDirectory() as directory:
        async with (
            running_system(Path(directory), demo=True, place=place, say=lambda _: None, **options) as running,
            httpx.AsyncClient(timeout=60, trust_env=False, limits=httpx.Limits(max_connections=20)) as client,
        ):
            yield Acting(running, client)


# --- the people and organisations of most rounds


def officers(council: str) -> dict[str, Person]:
    """One holder of each office of a council, by role."""
    roles = ("partnership_office", "commissioner", "decider", "commissioning_manager", "body_officer", "auditor")
    return {role: Person(f"p-{role.replace('_', '-')}", role, council) for role in roles}


async def appoint(act: Acting, office: Person, *people: Person, limit: int = 2_000_000) -> None:
    """Note who holds which office."""
    for who in people:
        form: dict[str, Any] = {"person_id": who.id, "organisation_id": who.organisation, "role": who.role}
        if who.role == "decider":
            form |= {"limit_pounds": limit, "authority": "Scheme of delegation 4.2"}
        await act.does(office, "partners", "/office-holders", form)


async def register(act: Acting, office: Person, *names: str, first_charity: int = 9_900_100) -> dict[str, Person]:
    """Register voluntary organisations with a representative each; by name, the representative."""
    found = {}
    for number, name in enumerate(names, first_charity):
        form = {"name": name, "charity_number": str(number)}
        entry = await act.does(office, "partners", "/organisations", form)
        found[name] = Person(f"p-{number}", "vco_representative", entry["organisation_id"])
    await appoint(act, office, *found.values())
    await act.quiet()
    return found


async def give_email(act: Acting, who: Person, address: str, office: str = "secretary", **more: Any) -> None:
    form = {"organisation_id": who.organisation, "office": office, "channel": "email", "email": address, **more}
    await act.does(who, "notifications", "/contacts", form)


# --- forms


def programme(**changes: Any) -> dict[str, Any]:
    """A round of the Strategic Partner Programme, with two criteria and one condition."""
    return {
        "title": "Partners 2014 to 2017", "rules_key": "spp",
        "criteria": [{"id": "need", "text": "Who needs it, and how the bid meets it", "weight": 60},
                     {"id": "value", "text": "What it is worth to the borough", "weight": 40}],
        "eligibility": [{"id": "constituted", "text": "It has a constitution of its own"}],
        "money": [{"year": year, "pounds": 200_000} for year in YEARS],
        "opens_at": at(2013, 12, 2).isoformat(), "closes_at": CLOSES.isoformat(), "results_at": RESULTS.isoformat(),
        "term_starts_on": "2014-04-01", "term_ends_on": "2017-03-31", **changes,
    }  # fmt: skip


def bid(a_year: int, outcomes: Iterable[str] = ("governed",), *, words: str = "", **changes: Any) -> dict[str, Any]:
    """A bid for so much a year."""
    return {
        "summary": f"Support for the voluntary organisations of the borough. {words}",
        "lines": [{"id": f"core-{year[:4]}", "kind": "core", "year": year, "pounds": a_year, "words": words}
                  for year in YEARS],
        "outcomes": [{"id": one, "what": f"Organisations are better {one}. {words}", "target": 60,
                      "unit": "organisations", "how": f"A yearly visit to each of them. {words}"} for one in outcomes],
        "declarations": {"constituted": True}, "answers": {"need": f"Our accounts of two years show it. {words}"},
        **changes,
    }  # fmt: skip


def reasons(words: str = "") -> dict[str, str]:
    """A rationale under every criterion."""
    return {one: f"Under {one}: read against what was published. {words}" for one in ("need", "value")}


def award(a_year: int, words: str = "") -> dict[str, Any]:
    return {"amounts": [{"year": year, "pounds": a_year} for year in YEARS], "rationale": reasons(words)}


async def settle_terms(act: Acting, commissioner: Person, vco: Person, agreement_id: str, words: str = "") -> None:
    """What stands before a signature: clauses, term, financing (yearly, in arrears), a risk and the view on it."""
    path, said = f"/agreements/{agreement_id}", f"Because it was weighed and found right for both sides. {words}"
    clauses = [{"id": "recognition", "kind": "recognition", "text": said}]
    risk = {"id": "risk-1", "owner_id": vco.organisation, "risk": said, "why": said}
    reasons = {"value_for_money": said, "carrying_the_cost": said}
    financing = {"timing": "arrears", "instalments_per_year": 1, "reasons": reasons}
    await act.does(commissioner, "funding", f"{path}/clauses", {"clauses": clauses})
    await act.does(commissioner, "funding", f"{path}/term", {"takes_until": "2017-03-31"})
    await act.does(commissioner, "funding", f"{path}/financing", financing)
    await act.does(commissioner, "funding", f"{path}/risks", {"risks": [risk]})
    view = {"views": {"risk-1": {"agrees": True, "words": said}}}
    await act.does(vco, "funding", f"{path}/risks/views", view)


CHECKED = {"reasons": {"constituted": "Checked against the document handed in and the register."}}
