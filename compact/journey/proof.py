"""Act 6: the story of a bid is told, the past is rebuilt, and whatever somebody altered by hand is found and named."""

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

TITLE = "6. Told, rebuilt, proved"
DAY_BEFORE = "2014-03-09T18:00:00+00:00"
Lines = list[dict[str, Any]]


async def tell_history(play: Play) -> None:
    """The story of one bid across the services, in order, with who."""
    tag = f"bid:{play.id('bid advice')}"
    play.telling.does(f"{AUDITOR.words} asks: compact history {tag}", play.now)
    told = await asking.story(play.system, tag, play.token(AUDITOR))
    for event in told:
        play.telling.line(
            stamp(datetime.fromisoformat(event["time"])), service_of(event), name_of(event["type"]), who(event)
        )
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
    answers = await asyncio.gather(
        *(delegating.ask(play.system, one, ["replay", "--compare", "--json"]) for one in SERVICES)
    )
    for service, (code, lines, complaint) in zip(SERVICES, answers, strict=True):
        play.expect(code == 0, f"{service}: live tables are what history makes.", (lines, complaint))


async def verify(play: Play) -> None:
    """The chain of every journal holds, against the topics and what the readers hold."""
    play.telling.does(f"{AUDITOR.words} asks: compact verify", play.now)
    witnesses = await delegating.testimony(play.system)
    with tempfile.TemporaryDirectory() as scratch:
        heads = Path(scratch) / "heads.jsonl"
        heads.write_text("\n".join(witnesses))
        asked = ["verify", "--json", "--with-bus", "--against", str(heads)]
        answers = await asyncio.gather(*(delegating.ask(play.system, service, asked) for service in SERVICES))
    for service, (code, lines, complaint) in zip(SERVICES, answers, strict=True):
        play.expect(
            code == 0,
            f"{service}: {lines[-1]['position']} facts hold, up to {lines[-1]['hash'][:16]}…",
            (lines, complaint),
        )


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
    play.expect(named, f"replay --compare names it: results, {bid_id}: {rows[0]['difference']}.", rows)
    fault = faults[0].get("fault", "")
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
    false = json.dumps(json.loads(found["data"]) | {"measured": 120}).encode()
    sql = "update ledger.journal set data = $2 where position = $1"
    async with altered(play, "monitoring", sql, (found["position"], false), (found["position"], found["data"])):
        yield found["position"]


STEPS = (tell_history, replay_day_before, alter, compare, verify)
