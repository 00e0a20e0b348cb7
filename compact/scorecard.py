"""The Compact's record on screen: numbers by undertaking and body, each opening to the facts behind it."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from compact import system
from compact.asking import Token, answer, signed
from compact.system import System
from compact.terminal import AsJson, Data, refusals_explained
from contracts.scorecard import Outcome

console = Console()
SERVICE = "funding"
"""It hears of everything that is published, and so keeps the record."""
NUMBERS = tuple(outcome.value for outcome in Outcome)
Asked = dict[str, str]


def scorecard(
    data: Data = system.DEFAULT,
    clause: Annotated[str | None, typer.Option("--clause", help="Only this undertaking, with its facts.")] = None,
    body: Annotated[
        str | None, typer.Option("--body", help="Only this public body, or sector, with the facts.")
    ] = None,
    outcome: Annotated[str | None, typer.Option("--outcome", help=f"Only facts of one: {', '.join(NUMBERS)}.")] = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Count what was done, missed, refused and set aside under each undertaking, by public body and for the sector.

    Example: `compact scorecard` or `compact scorecard --clause 3.4.3 --body sutton-council`
    """
    with refusals_explained():
        found = system.running(data)
        chosen = {name: value for name, value in (("clause", clause), ("body", body), ("outcome", outcome)) if value}
        told = asyncio.run(record_of(found, chosen, token or signed(found, "auditor")))
        if as_json:
            print(json.dumps(told, indent=2))
        else:
            show(told)


async def record_of(found: System, chosen: Asked, token: str) -> dict[str, Any]:
    """Ask for the record, and where it is narrowed for the facts behind its numbers too."""
    headers, url = {"Authorization": f"Bearer {token}"}, f"{found.url(SERVICE)}/scorecard"
    async with httpx.AsyncClient(headers=headers, timeout=30, trust_env=False) as client:
        numbers = {name: value for name, value in chosen.items() if name != "outcome"}
        told = answer(await client.get(url, params=numbers))
        if chosen and (told["undertakings"] or told["commitments"]):
            told["facts"] = await facts_of(client, f"{url}/facts", chosen)
    return told


async def facts_of(client: httpx.AsyncClient, url: str, chosen: Asked) -> list[dict[str, Any]]:
    """Read the facts behind the chosen numbers to their end."""
    items: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        page = answer(await client.get(url, params={**chosen, "limit": "500", "after": after}))
        items, after = items + page["items"], page["next"]
    return items


def show(told: dict[str, Any]) -> None:
    """Show numbers, then what has none and why, then facts where they were asked for."""
    if counted := [one for one in told["undertakings"] if one["counts"]]:
        console.print(numbers_table(told["document"], counted))
    for document in dict.fromkeys(one["document"] for one in told["commitments"] if one["counts"]):
        beside = [one for one in told["commitments"] if one["document"] == document and one["counts"]]
        console.print(numbers_table(document, beside))
    for line in without_numbers([*told["undertakings"], *told["commitments"]]):
        console.print(line, soft_wrap=True, highlight=False)
    if told["note"]:
        console.print(told["note"], soft_wrap=True)
    if told.get("facts"):
        console.print(facts_table(told["facts"]))


def numbers_table(document: str, undertakings: list[dict[str, Any]]) -> Table:
    """Lay numbers out, a row for each undertaking and body."""
    table = Table(title=f"The record of the {document}", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in ("clause", "undertaking", "who"):
        table.add_column(heading, overflow="fold")
    for name in NUMBERS:
        table.add_column(name.replace("_", " "), justify="right")
    for one in undertakings:
        for n, each in enumerate(one["counts"]):
            numbers = [str(each[name] or "–") for name in NUMBERS]
            table.add_row("" if n else one["clause"], "" if n else one["short"], each["body"], *numbers)
    return table


def without_numbers(undertakings: list[dict[str, Any]]) -> list[str]:
    """Say under which undertakings nothing is counted, together by the reason why."""
    by_reason: dict[str, list[str]] = {}
    for one in undertakings:
        if not one["counts"]:
            by_reason.setdefault(one["why_none"] or "Nothing was done, missed, refused or set aside.", []).append(
                one["clause"]
            )
    return [f"{', '.join(clauses)}: {reason}" for reason, clauses in by_reason.items()]


def facts_table(facts: list[dict[str, Any]]) -> Table:
    """Lay the facts behind numbers out, in the order in which they are recorded."""
    table = Table(title="The facts behind the numbers", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in ("time", "clause", "who", "outcome", "service", "position", "fact", "about", "id"):
        table.add_column(heading, overflow="fold")
    for one in facts:
        fact = f"{one['type']} ({one['code']})" if one["code"] else one["type"]
        table.add_row(
            one["time"], one["clause"], one["body"], one["outcome"].replace("_", " "), one["service"],
            str(one["position"]), fact, one["about"] or "", one["event_id"],
        )  # fmt: skip
    return table
