"""Commands that ask the services over HTTP, as any client would: what is up, what happened, take this file."""

from __future__ import annotations

import asyncio
import itertools
import json
import uuid
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from compact import system, tokens
from compact.broker import broker_answers
from compact.processes import HOST, answers
from compact.system import System
from compact.terminal import AsJson, Data, fail, refusals_explained
from contracts.topics import SERVICES
from services.runtime.clock import SteppedClock
from services.runtime.kafka import security
from services.runtime.settings import settings_of

console = Console()
OPERATOR = "operator"
Token = Annotated[str | None, typer.Option("--token", envvar="COMPACT_TOKEN", help="Bearer token; else one is signed.")]


async def state_of(found: System) -> dict[str, Any]:
    """Say everything about a system that is up: addresses, processes, readiness."""
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        ready = await asyncio.gather(*(is_ready(client, found.url(name)) for name in SERVICES))
    services = {
        name: {**part(found, name, found.url(name)), "ready": answer}
        for name, answer in zip(SERVICES, ready, strict=True)
    }
    return {
        "up": True, "data": str(found.data), "place": found.place, "demo": found.demo, "supervisor": found.supervisor,
        "services": services, "infrastructure": await infrastructure_of(found), "databases": found.postgres,
        "mail": str(found.returns.parent) if found.returns else None, "public_key": str(found.public_key),
        "clock": SteppedClock(found.clock).now().isoformat() if found.clock else None,
    }  # fmt: skip


def part(found: System, name: str, address: str) -> dict[str, Any]:
    """Say where one part is, under which process id, with which log."""
    return {"address": address, "pid": found.pids.get(name), "log": str(found.log(name))}


async def is_ready(client: httpx.AsyncClient, url: str) -> bool:
    """Ask a service whether it is ready."""
    try:
        return (await client.get(f"{url}/health/ready")).is_success
    except httpx.HTTPError:
        return False


async def infrastructure_of(found: System) -> dict[str, Any]:
    """Say where broker, database and mail server are, and whether they answer."""
    database = found.postgres[SERVICES[0]].rpartition("@")[2].rpartition("/")[0]
    addresses = {"broker": found.kafka, "postgres": database, "mail": found.smtp}
    ready = await asyncio.gather(
        broker_answers(found.kafka, security(settings_of(SERVICES[0]))), listening(database), listening(found.smtp)
    )
    return {
        name: {**part(found, name, address), "ready": answer}
        for (name, address), answer in zip(addresses.items(), ready, strict=True)
    }


async def listening(address: str) -> bool:
    """Say whether something accepts connections at host:port."""
    host, _, port = address.partition(",")[0].rpartition(":")
    return await answers(int(port or 5432), host or HOST)


def history(
    tag: Annotated[str, typer.Argument(help="What the story is about, such as bid:… or programme:…")],
    data: Data = system.DEFAULT,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Tell the story of one subject across the services, in order, with who and why.

    Example: `compact history bid:0197c1f2`
    """
    with refusals_explained():
        found = system.running(data)
        told = asyncio.run(story(found, tag, token or signed(found, "auditor")))
        if as_json:
            print(json.dumps(told, indent=2))
        elif not told:
            fail(f"Nothing is known about {tag!r}. Give the kind and the id, such as programme:spp-2014.", 1)
        else:
            console.print(story_table(told))


def signed(found: System, role: str) -> str:
    """Sign a token for whoever runs this machine."""
    return tokens.sign(found.signing_key, OPERATOR, role, found.place)


async def story(found: System, tag: str, token: str) -> list[dict[str, Any]]:
    """Ask every service what it recorded, and put it into one order."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(headers=headers, timeout=30, trust_env=False) as client:
        told = await asyncio.gather(*(all_pages(client, f"{found.url(name)}/history", tag) for name in SERVICES))
    return in_order([event for events in told for event in events])


def in_order(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Order by time; at the same moment a cause comes before its effect, and a journal keeps its own order."""
    events = sorted(events, key=lambda event: (event["time"], event["source"], event["position"]))
    before: dict[str, set[str]] = {event["id"]: {event["causationid"]} for event in events}
    for earlier, later in itertools.pairwise(sorted(events, key=lambda event: (event["source"], event["position"]))):
        if earlier["source"] == later["source"]:
            before[later["id"]].add(earlier["id"])
    told: list[dict[str, Any]] = []
    waiting = {event["id"]: event for event in events}
    while waiting:
        ready = (each for each in waiting.values() if not (before[each["id"]] - {each["id"]}) & waiting.keys())
        told.append(waiting.pop(next(ready, next(iter(waiting.values())))["id"]))
    return told


async def all_pages(client: httpx.AsyncClient, url: str, tag: str) -> list[dict[str, Any]]:
    """Read a list to its end."""
    items: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = answer(await client.get(url, params={"tag": tag, "after": after}))
        items += page["events"]
        after = page.get("next")
    return items


def answer(response: httpx.Response) -> dict[str, Any]:
    """Give what a service answered; end with its sentence and remedy where it refused."""
    if response.is_success:
        body: dict[str, Any] = response.json()
        return body
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    said = problem.get("detail") or problem.get("title") or response.text[:300] or "no reason given"
    fail(
        f"{response.request.url.path} answered {response.status_code}: {said} {problem.get('remedy') or ''}".strip(), 1
    )


def story_table(told: list[dict[str, Any]]) -> Table:
    """Lay a story out for a person."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("time", "service", "fact", "who", "why"):
        table.add_column(heading, overflow="fold")
    for event in told:
        who = f"{event['actor']}, {event['role']} of {event['onbehalfof']}" if event["onbehalfof"] else event["role"]
        table.add_row(event["time"], event["source"].rpartition("/")[2], event["meaning"], who, why(event))
    return table


def why(event: dict[str, Any]) -> str:
    """Give the reason of an event: the clause it cites, or the event it follows from."""
    citation = event["data"].get("citation")
    if isinstance(citation, dict):
        return f"{citation.get('document', '')} {citation.get('clause', '')}".strip()
    return f"follows {event['causationid']}" if event["causationid"] not in ("", event["id"]) else ""


def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV of organisations.")],
    data: Data = system.DEFAULT,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Import organisations from a CSV: good rows land, bad ones are reported by line, column and reason.

    Example: `compact import organisations.csv`
    """
    with refusals_explained():
        found = system.running(data)
        headers = {
            "Authorization": f"Bearer {token or signed(found, 'partnership_office')}",
            "Content-Type": "text/csv", "Idempotency-Key": str(uuid.uuid4()),
        }  # fmt: skip
        url = f"{found.url('partners')}/imports"
        report = answer(httpx.post(url, content=file.read_bytes(), headers=headers, timeout=300, trust_env=False))
        if as_json:
            print(json.dumps(report, indent=2))
        else:
            print_report(report)


def print_report(report: dict[str, Any]) -> None:
    """Show counts, then each list of rows as a table."""
    for name, value in report.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            console.print(rows_table(name, value))
        else:
            console.print(f"{name.replace('_', ' ')}: {value}")


def rows_table(title: str, rows: list[dict[str, Any]]) -> Table:
    """Lay rows out under the names of their fields."""
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    table = Table(title=title.replace("_", " "), title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(as_text(row.get(heading)) for heading in headings))
    return table


def as_text(value: Any) -> str:
    """Write one cell."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
