"""Everything a running system leaves behind, collected as bytes by the place it was found in."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from compact import delegating
from contracts.topics import SERVICES, events_topic, shared_topic
from tests.journeys.acting import Acting, Person

Traces = dict[str, bytes]
TABLES = (
    "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
    " and table_schema not in ('pg_catalog', 'information_schema')"
)


def hits(traces: Traces, markers: Iterable[str]) -> dict[str, list[str]]:
    """Where which of these words stands, in any case of letters."""
    wanted = [(marker, standing(marker).search) for marker in markers]
    lowered = ((place, content.lower()) for place, content in traces.items())
    found = {place: [marker for marker, stands in wanted if stands(content)] for place, content in lowered}
    return {place: those for place, those in found.items() if those}


def standing(marker: str) -> re.Pattern[bytes]:
    """What finds a word in a content of small letters; a number only as a whole one, in pounds or in pence.

    Five digits in a row are found in one of many hashes, ids and measured values by chance.
    """
    word = marker.lower()
    return re.compile((rf"(?<![0-9a-f.]){word}(?:00)?(?![0-9a-f])" if word.isdigit() else re.escape(word)).encode())


async def journals(act: Acting, *, but: Iterable[str] = ()) -> Traces:
    """Every row of every journal: all its columns, its value as it was written."""
    sql = "select journal.*, convert_from(data, 'UTF8') as told from ledger.journal"
    return {
        f"journal {service} {row['position']} {row['type']}": repr(dict(row)).encode()
        for service in SERVICES
        if service not in but
        for row in await act.rows(service, sql)
    }


async def tables(act: Acting, *, but: Iterable[str] = (), but_services: Iterable[str] = ()) -> Traces:
    """Every other table of every database."""
    found = {}
    for service in [each for each in SERVICES if each not in but_services]:
        for schema, name in await act.rows(service, TABLES):
            if name not in {"journal", *but}:
                rows = await act.rows(service, f'select t::text from "{schema}"."{name}" t')
                found[f"table {service} {schema}.{name}"] = repr([*map(dict, rows)]).encode()
    return found


async def topics(act: Acting) -> Traces:
    """Every record of every topic: key, headers and value."""
    place, found = act.system.place, {}
    names = [name(place, service) for service in SERVICES for name in (events_topic, shared_topic)]
    async with AIOKafkaConsumer(bootstrap_servers=act.system.kafka, enable_auto_commit=False) as reading:
        partitions = [TopicPartition(name, 0) for name in names]
        reading.assign(partitions)
        for each in partitions:
            reading.seek(each, 0)
        empty = 0
        while empty < 2:
            records = await reading.getmany(timeout_ms=750)
            empty = 0 if records else empty + 1
            for one in itertools.chain.from_iterable(records.values()):
                found[f"topic {one.topic} {one.offset}"] = repr((one.key, one.headers, one.value)).encode()
    return found


def files(act: Acting, *folders: str) -> Traces:
    """Every file below these folders of the system's directory."""
    data = act.system.data
    return {
        f"file {path.relative_to(data)}": path.read_bytes()
        for folder in folders
        for path in (data / folder).rglob("*")
        if path.is_file()
    }


async def metrics(act: Acting) -> Traces:
    found = {}
    for service in SERVICES:
        found[f"metrics {service}"] = (await act.send(None, "GET", service, "/metrics")).content
    return found


async def told_by_commands(act: Acting, abouts: Iterable[str], as_of: str) -> Traces:
    """What the command line tells an operator: held messages, replay in all its forms, verify."""
    found = {}
    asked: list[tuple[str, ...]] = [("replay", "--compare"), ("verify", "--with-bus"), ("replay", "--as-of", as_of)]
    asked += [("replay", "--about", about) for about in abouts]
    for service, command in [*((service, ("held",)) for service in SERVICES), *(("funding", one) for one in asked)]:
        code, lines = await act.ask(service, *command)
        assert code == 0, f"{service} {command}: {lines}"
        found[f"command {service} {' '.join(command)}"] = repr(lines).encode()
    first = ["replay", "--json", "--as-of", as_of, "--about", next(iter(abouts))]
    said = await delegating.ask(act.system, "funding", first)
    return {**found, "command as a process of its own": repr(said).encode()}


# --- every route, asked by everybody


async def routes(act: Acting) -> list[tuple[str, str]]:
    """Service and path of every GET route, as each service's own OpenAPI document lists them."""
    found = []
    for service in SERVICES:
        document = await act.reads(None, service, "/openapi.json")
        found += [(service, path) for path, methods in document["paths"].items() if "get" in methods]
    return found


def addresses(routes: Iterable[tuple[str, str]], ids: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Each route with each of the known ids in its place; history about each of them."""
    for service, path in routes:
        if path == "/history":
            yield from ((service, f"/history?tag={tag}") for tag in tags(ids))
            continue
        names = re.findall(r"\{(\w+)\}", path)
        for values in itertools.product(*(ids[name] for name in names)):
            filled = path
            for name, value in zip(names, values, strict=True):
                filled = filled.replace("{" + name + "}", value)
            yield service, filled


def of_nothing(routes: Iterable[tuple[str, str]], unknown: str) -> dict[str, Sequence[str]]:
    """For every id that a route asks for, one that stands for nothing; a journey puts those it knows in its place."""
    return {name: [unknown] for _, path in routes for name in re.findall(r"\{(\w+)\}", path)}


def tags(ids: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"{name.removesuffix('_id')}:{value}" for name, values in ids.items() for value in values]


async def answers(
    act: Acting, people: Iterable[Person | None], asked: Iterable[tuple[str, str]]
) -> dict[tuple[Person | None, str, str], bytes]:
    """What each of these people is answered on each of these addresses: status and body."""
    many = asyncio.Semaphore(12)

    async def one(who: Person | None, service: str, path: str) -> tuple[tuple[Person | None, str, str], bytes]:
        async with many:
            answer = await act.send(who, "GET", service, path)
        return (who, service, path), str(answer.status_code).encode() + b" " + answer.content

    return dict(await asyncio.gather(*(one(who, *address) for who in people for address in asked)))


@asynccontextmanager
async def looking_into(address: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    connection = await asyncpg.connect(address)
    try:
        yield connection
    finally:
        await connection.close()
