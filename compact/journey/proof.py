"""Act 10: the story of a bid is told, the past is rebuilt, and whatever somebody altered by hand is found and named."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from compact import asking, delegating
from compact.journey.bids import ASKED
from compact.journey.people import ADVICE, AUDITOR
from compact.journey.playing import Play, Unexpected
from compact.journey.telling import name_of, stamp
from contracts.topics import SERVICES
from services.runtime.verify import WITNESSED

TITLE = "10. Told, rebuilt, proved"
DAY_BEFORE = "2014-03-09T18:00:00+00:00"
Lines = list[dict[str, Any]]


async def tell_history(play: Play) -> None:
    """The story of one bid across the services, in order, with who."""
    tag = f"bid:{play.id('bid advice')}"
    play.telling.does(f"{AUDITOR.words} asks: compact history {tag}", play.now)
    told = await asking.story(play.system, tag, play.token(AUDITOR))
    known = {event["id"]: name_of(event["type"]) for event in told}
    for event in told:
        because = known.get(event["causationid"], "") if event["causationid"] != event["id"] else ""
        about = [who(event), f"because of {because}" if because else "", cited(event)]
        when = stamp(datetime.fromisoformat(event["time"]))
        play.telling.line(when, service_of(event), name_of(event["type"]), " · ".join(filter(None, about)))
    names = [event["type"] for event in told]
    order = ["funding.bid_submitted", "funding.bids_opened", "funding.bid_found_eligible", "funding.award_approved",
             "funding.bid_awarded", "notifications.notice_requested", "notifications.notice_served"]  # fmt: skip
    places = [names.index(one) for one in order if one in names]
    play.expect(
        len(places) == len(order) and places == sorted(places), "From the bid to the proved notice, in order.", names
    )


def service_of(event: dict[str, Any]) -> str:
    """Which service recorded an event."""
    return str(event["source"].rpartition("/")[2])


def who(event: dict[str, Any]) -> str:
    """Who did it, by opaque id."""
    return f"{event['actor']}, {event['role']} of {event['onbehalfof']}" if event["onbehalfof"] else event["role"]


def cited(event: dict[str, Any]) -> str:
    """The clause that an event stands on, where it names one."""
    citation = event["data"].get("citation") or {}
    return f"{citation.get('document', '')} {citation.get('clause', '')}".strip()


async def replay_day_before(play: Play) -> None:
    """What funding knew the day before it decided."""
    play.telling.does(f"{AUDITOR.words} asks: compact replay --service funding --as-of {DAY_BEFORE}", play.now)
    asked = ["replay", "--json", "--about", f"bid:{play.id('bid advice')}", "--as-of", DAY_BEFORE]
    _, lines, complaint = await delegating.ask(play.system, "funding", asked)
    known = tables_about(lines)
    play.expect(known.get("bids") == 1, "It knew the bid.", (known, complaint))
    undecided = known["results"] == 0 and known["agreements"] == 0
    play.expect(undecided, "It knew no result and no agreement.", known)


def tables_about(lines: Lines) -> dict[str, int]:
    """How many rows each table had about what was asked."""
    return {line["table"]: len(line["about"]) for line in lines}


async def compare(play: Play) -> None:
    """Every read table of every service follows from history."""
    play.telling.does(f"{AUDITOR.words} asks: compact replay --compare", play.now)
    await asked_of_all(play, ["replay", "--compare", "--json"])
    play.telling.note("Every read table of every service is what history makes.")


async def verify(play: Play) -> None:
    """The chain of every journal holds, against the topics and what the readers hold."""
    play.telling.does(f"{AUDITOR.words} asks: compact verify", play.now)
    with tempfile.TemporaryDirectory() as scratch:
        heads = Path(scratch) / "heads.jsonl"
        heads.write_text("\n".join([line async for line in testimony(play)]))
        found = await asked_of_all(play, ["verify", "--json", "--with-bus", "--against", str(heads)])
    for service, lines in found.items():
        play.telling.note(f"{service}: {lines[-1]['position']} facts hold, up to {lines[-1]['hash'][:16]}…")


async def testimony(play: Play) -> AsyncIterator[str]:
    """What each service knows of the others' journals, as `compact verify` collects it."""
    for service in SERVICES:
        for row in await play.telling.journals[service].fetch(WITNESSED):
            yield json.dumps(dict(row))


async def asked_of_all(play: Play, command: list[str]) -> dict[str, Lines]:
    """The answers of all services to a command that must find no difference."""
    answers = await asyncio.gather(*(delegating.ask(play.system, service, command) for service in SERVICES))
    for service, (code, lines, complaint) in zip(SERVICES, answers, strict=True):
        if code or not lines:
            raise Unexpected(f"{service} found a difference: {lines} {complaint}")
    return {service: lines for service, (_, lines, _) in zip(SERVICES, answers, strict=True)}


async def alter(play: Play) -> None:
    """A row and an event are altered by hand in the databases; each is found and named, and put back."""
    bid_id, report_id = play.id("bid advice"), play.id("report advice")
    schema = (await play.reads(AUDITOR, "funding", "/status"))["read_tables"]["schema"]
    play.telling.does(
        "Somebody with the databases' own password changes an awarded sum and a reported number.", play.now
    )
    row = f'update "{schema}".results set pounds = $2 where bid_id = $1'  # noqa: S608 -- a schema's own name
    pounds = ASKED[ADVICE] * 3
    async with (
        altered(play, "funding", row, (bid_id, pounds + 1), (bid_id, pounds)),
        reported_altered(play, report_id) as at,
    ):
        (code, rows, _), (other, faults, _) = await asyncio.gather(
            delegating.ask(play.system, "funding", ["replay", "--compare", "--json"]),
            delegating.ask(play.system, "monitoring", ["verify", "--json"]),
        )
    named = code == 1 and [(one["table"], one["key"]) for one in rows if "table" in one] == [("results", [bid_id])]
    play.expect(named, f"replay --compare names it: results, {bid_id}: {rows[0].get('difference')}.", rows)
    fault = str(faults[0].get("fault"))
    play.expect(other == 1 and fault.startswith(f"position {at} "), f"verify names it: {fault}", faults)
    play.telling.note("Both are put back as they were.")


@asynccontextmanager
async def altered(
    play: Play, service: str, sql: str, change: tuple[Any, ...], back: tuple[Any, ...]
) -> AsyncIterator[None]:
    """A change by hand, undone at the end."""
    connection = play.telling.journals[service]
    if await connection.execute(sql, *change) != "UPDATE 1":
        raise Unexpected(f"Nothing was changed by hand: {sql}")
    try:
        yield
    finally:
        await connection.execute(sql, *back)


@asynccontextmanager
async def reported_altered(play: Play, report_id: str) -> AsyncIterator[int]:
    """A reported outcome with another number, as if it had always been so; the position of the altered event."""
    found = await play.telling.journals["monitoring"].fetchrow(
        "select position, data from ledger.journal where type = 'monitoring.outcome_reported'"
        " and position in (select position from ledger.tagged where tag = $1) order by position limit 1",
        f"report:{report_id}",
    )
    if found is None:
        raise Unexpected(f"No outcome of report {report_id} stands in the journal of monitoring.")
    false = json.dumps(json.loads(found["data"]) | {"measured": 120}).encode()
    sql = "update ledger.journal set data = $2 where position = $1"
    async with altered(play, "monitoring", sql, (found["position"], false), (found["position"], found["data"])):
        yield found["position"]


STEPS = (tell_history, replay_day_before, alter, compare, verify)
