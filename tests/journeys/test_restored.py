"""A database restored to an earlier moment, or a broker that comes back empty: nothing is lost, repeated or forked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
import pytest_asyncio

from compact.supervisor import ServiceProcess
from contracts.topics import LISTENS, SERVICES, events_topic
from tests.journeys import traces
from tests.journeys.acting import Acting, Person, acting, appoint, bid, give_email, officers, programme, register

pytestmark = pytest.mark.asyncio(loop_scope="module")
COUNCIL = "sutton-council"


@dataclass
class Place:
    act: Acting
    council: dict[str, Person]
    vcos: dict[str, Person]

    async def publish(self, title: str) -> str:
        """A round is published and bid in: facts of funding that others read."""
        commissioner = self.council["commissioner"]
        found = await self.act.does(commissioner, "funding", "/programmes", programme(title=title))
        for who in self.vcos.values():
            await self.act.does(who, "funding", f"/programmes/{found['programme_id']}/bids", bid(10_000))
        return str(found["programme_id"])

    async def register(self, *names: str, first: int) -> None:
        await register(self.act, self.council["partnership_office"], *names, first_charity=first)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    async with acting(restarts_a_minute=20) as act:
        council = officers(COUNCIL)
        office = council["partnership_office"]
        await act.does(office, "partners", "/rules", {"place": "sutton"})
        await appoint(act, office, *council.values())
        yield Place(act, council, await register(act, office, "Arcadia Carers", "Utopia Choir"))


# --- databases, as an administrator handles them


@asynccontextmanager
async def administering(act: Acting, service: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    parts = urlsplit(act.system.postgres[service])
    async with traces.looking_into(urlunsplit(parts._replace(path="/postgres"))) as connection:
        yield connection


async def unused(connection: asyncpg.Connection[Any], name: str) -> None:
    """End every connection to a database, and let nobody in."""
    await connection.execute(f'alter database "{name}" allow_connections false')
    await connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
    while await connection.fetchval("select count(*) from pg_stat_activity where datname = $1", name):
        await asyncio.sleep(0.02)


async def back_up(act: Acting, service: str) -> None:
    """Copy a service's database as it stands; its process is cut off for a moment."""
    async with administering(act, service) as connection:
        await unused(connection, service)
        await connection.execute(f'create database "{service}_backup" template "{service}"')
        await connection.execute(f'alter database "{service}" allow_connections true')
    await act.quiet()


async def restore(act: Acting, service: str) -> None:
    """Put the backup in the place of the database, which is kept aside."""
    await swap(act, service, "backup", "aside")


async def put_back(act: Acting, service: str) -> None:
    """Let the database that was kept aside stand again, and drop the backup."""
    await swap(act, service, "aside", "backup")
    async with administering(act, service) as connection:
        await connection.execute(f'drop database "{service}_backup"')


async def swap(act: Acting, service: str, comes: str, goes: str) -> None:
    async with administering(act, service) as connection:
        await unused(connection, service)
        await connection.execute(f'alter database "{service}" rename to "{service}_{goes}"')
        await connection.execute(f'alter database "{service}_{comes}" rename to "{service}"')
        await connection.execute(f'alter database "{service}" allow_connections true')


@asynccontextmanager
async def stopped(act: Acting, service: str) -> AsyncIterator[ServiceProcess]:
    """A service's process is down while the block runs, and started afterwards without waiting."""
    part = act.running.parts[service]
    assert isinstance(part, ServiceProcess)
    act.running.left_alone.add(service)
    await part.stop()
    yield part
    part.launch()
    act.running.left_alone.discard(service)


async def until(condition: Callable[[], Awaitable[bool]], what: str, seconds: float = 40) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not await condition():
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not within {seconds} s: {what}") from None


# --- what was read and published


async def taken(act: Acting, reader: str) -> list[tuple[str, int, str]]:
    """What a reader's journal holds of others, in a certain order."""
    sql = "select source, sequence, id from ledger.journal where audience = 'received' order by source, sequence"
    return [tuple(row) for row in await act.rows(reader, sql)]


async def read_tables(act: Acting, service: str) -> dict[str, list[str]]:
    schema = (await act.stepper.statuses())[service]["read_tables"]["schema"]
    names = [row["table_name"] for row in await act.rows(service, traces.TABLES) if row["table_schema"] == schema]
    return {name: sorted(row[0] for row in await act.rows(service, f'select t::text from "{schema}"."{name}" t'))
            for name in names}  # fmt: skip


async def on_topic(act: Acting, service: str) -> int:
    """How many records a service's topic holds."""
    topic = events_topic("sutton", service)
    return sum(place.startswith(f"topic {topic} ") for place in await traces.topics(act))


async def not_on_topic(act: Acting, service: str) -> list[str]:
    """Which published events of a service its topic does not hold."""
    topic, sql = events_topic("sutton", service), "select id from ledger.journal where audience = any ($1)"
    records = (told for place, told in (await traces.topics(act)).items() if place.startswith(f"topic {topic} "))
    held = b"".join(records).decode()
    return [row["id"] for row in await act.rows(service, sql, ["services", "partners"]) if row["id"] not in held]


async def asked_once(act: Acting, who: Person, form: dict[str, Any]) -> tuple[int, str]:
    """Status and code of one attempt to publish a round; nought while nothing answers."""
    headers = {"Authorization": f"Bearer {act.token(who)}", "Idempotency-Key": form["title"]}
    try:
        answer = await act.client.post(f"{act.system.url('funding')}/programmes", json=form, headers=headers)
    except httpx.TransportError:
        return 0, ""
    return answer.status_code, answer.json().get("code", "")


async def test_a_readers_database_restored_to_an_earlier_moment_catches_up_exactly(place: Place) -> None:
    act = place.act
    await place.publish("Before the backup")
    await act.quiet()
    await back_up(act, "monitoring")
    await place.publish("After the backup")
    await place.register("Thule Playgroup", "Xanadu Job Club", first=9_900_200)
    await act.quiet()
    before = await taken(act, "monitoring"), await read_tables(act, "monitoring")

    async with stopped(act, "monitoring") as process:
        await restore(act, "monitoring")
        behind = await taken(act, "monitoring")
    await process.ready()
    await act.quiet()

    assert len(behind) < len(before[0])
    assert (await taken(act, "monitoring"), await read_tables(act, "monitoring")) == before
    await act.proved()


@pytest.mark.parametrize("running", [False, True], ids=["stopped", "running"])
async def test_a_publishers_database_restored_behind_the_bus_refuses_and_says_so(place: Place, running: bool) -> None:
    act, commissioner = place.act, place.council["commissioner"]
    await act.quiet()
    await back_up(act, "funding")
    await place.publish(f"Published after the backup, {running}")
    await act.quiet()
    published = await on_topic(act, "funding")

    if running:
        await restore(act, "funding")
    else:
        async with stopped(act, "funding"):
            await restore(act, "funding")
    form = programme(title=f"Sent to what was restored, {running}")
    said: set[tuple[int, str]] = set()

    async def refuses() -> bool:
        said.add(await asked_once(act, commissioner, form))
        return (503, "restored_behind_the_bus") in said

    await until(refuses, "refused as restored behind the bus")
    ready = await act.client.get(f"{act.system.url('funding')}/health/ready")
    status = (await act.stepper.statuses())["funding"]["bus"]
    head = await act.rows("funding", "select position from ledger.head")

    assert {code for code, _ in said} <= {0, 503}
    assert (ready.status_code, "restored behind" in ready.text) == (503, True)
    assert status["standing"] == "restored behind the bus"
    assert status["reason"] != ""
    assert await on_topic(act, "funding") == published
    assert head == await act.rows("funding", "select position from ledger.head")

    async with stopped(act, "funding") as process:
        await put_back(act, "funding")
    await process.ready()
    await act.does(commissioner, "funding", "/programmes", form)
    await act.quiet()
    await act.proved()


@pytest.mark.parametrize("service", ["funding", "notifications"])
async def test_a_database_restored_behind_the_bus_is_recovered_and_the_round_goes_on(
    place: Place, service: str
) -> None:
    act, office = place.act, place.council["partnership_office"]
    await act.quiet()
    await back_up(act, service)
    programme_id = await place.publish(f"Published before {service} was restored")
    await give_email(act, place.vcos["Utopia Choir"], f"{service}@example.invalid", office=f"{service}_office")
    await place.register(f"Restored {service} Trust", first=9_900_700 + len(service))
    await act.quiet()
    published = await on_topic(act, service)
    taken_before = {name: await taken(act, name) for name in LISTENS}

    async with stopped(act, service):
        await restore(act, service)
    code, said = await act.ask(service, "recover", "--person", office.id)
    await act.quiet()

    assert (code, said[-1].get("error")) == (0, None)
    _, lines = await act.ask(service, "verify")
    lost = [line for line in lines if "lost_from" in line]
    assert lines[-1]["lost"] == sum(line["lost_to"] - line["lost_from"] + 1 for line in lost) == said[-1]["lost"]
    for name, before in taken_before.items():
        assert set(before) <= set(await taken(act, name)), name
    found = await place.publish(f"Published after {service} was recovered")
    await act.quiet()
    assert found != programme_id
    assert await on_topic(act, service) > published
    await act.proved()
    async with administering(act, service) as connection:
        await connection.execute(f'drop database "{service}_aside"')


async def test_a_broker_that_comes_back_empty_under_way_gets_every_topic_again(place: Place) -> None:
    act = place.act
    await act.quiet()
    broker = act.running.parts["broker"].child
    assert broker is not None

    work = asyncio.gather(*(place.publish(f"While the broker is away, {number}") for number in range(3)))
    broker.kill()
    await work
    await place.register("Neverland Choir", first=9_900_300)
    await act.quiet()

    async def published_again() -> bool:
        return not [missing for service in SERVICES for missing in await not_on_topic(act, service)]

    await until(published_again, "every topic published again")
    await act.quiet()
    for reader, publishers in LISTENS.items():
        for publisher in publishers:
            own = await act.rows(publisher, "select position, id from ledger.journal where audience in"
                                 " ('services', 'partners') order by position")  # fmt: skip
            theirs = [one for one in await taken(act, reader) if one[0] == f"/sutton/{publisher}"]
            assert [one[1:] for one in theirs] == [(row["position"], row["id"]) for row in own], (reader, publisher)
    await act.proved()


async def test_a_reader_that_is_further_than_an_emptied_topic_now_reaches_begins_it_again(place: Place) -> None:
    act = place.act
    for number in range(2):
        await place.publish(f"Read and left idle, {number}")
        await act.quiet()
    await asyncio.sleep(2.5)  # so that every reader, idle, has looked whether its last record stands
    broker = act.running.parts["broker"].child
    assert broker is not None

    broker.kill()
    await place.publish("One more round after the broker came back")
    await act.quiet()

    counts = {name: len(await taken(act, name)) for name in LISTENS["partners"] + LISTENS["monitoring"]}
    assert all(counts.values())
    await act.proved()
