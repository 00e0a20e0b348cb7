"""Events a second from a topic to the committed journal and read tables of another service.

Ours: notifications' subscription, intake and projections as the service runs them, on a topic that partners filled.
Beside it, a bare aiokafka consumer that reads batches of the same size, validates each value with pydantic, and makes
the same two bulk writes: the batch into the journal, and the rows of the read table.

Both are timed from the first batch committed to the last one projected, so that no start-up is in the figure.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from aiokafka import TopicPartition

from bench.figures import Figure, figure, in_turn
from bench.filling import Facts, enter
from bench.ground import Ground, a_place
from bench.relaying import records, send
from contracts.partners import OrganisationRegistered
from contracts.topics import events_topic
from services.notifications.__main__ import service as notifications
from services.partners.__main__ import service as partners
from services.runtime.bus import Standing
from services.runtime.intake import ROW, TAKE
from services.runtime.kafka import consumer
from services.runtime.reading import MAX_RECORDS, Reading
from services.runtime.running import Running
from services.runtime.topics import declare

TICK = 0.001
SECONDS = 120
UPSERT = (
    'insert into "{}".organisations (organisation_id, name) values ($1, $2)'
    " on conflict (organisation_id) do update set name = excluded.name"
)


async def filled(ground: Ground, events: int) -> str:
    """A place with so many events of partners on their topic."""
    place = a_place()
    async with ground.service(partners, place) as running:
        await enter(running, Facts(events, each=1, audience="services"))
        topic = events_topic(place, "partners")
        await declare(running.settings, [topic])
        await send(running.settings, topic, await records(running, 0))
    return place


async def ours(running: Running, events: int) -> float:
    """Events a second that the service takes in and projects."""
    intake = next(each for each in running.intakes if each.publisher == "partners")
    for topic in running.bus.topics:
        running.bus.compared(topic, Standing.AGREED)
    parts = [
        Reading([intake], running.settings, running.bus).run(running.stopping),
        running.reads.run(running.stopping),
    ]
    following = [asyncio.create_task(part) for part in parts]
    try:
        async with asyncio.timeout(SECONDS):
            while not intake.known.sequence:
                await asyncio.sleep(TICK)
            began, first = time.perf_counter(), intake.known.sequence
            while running.reads.position < events:
                await asyncio.sleep(TICK)
            return (events - first) / (time.perf_counter() - began)
    finally:
        running.stopping.set()
        await asyncio.gather(*following)


async def bare(running: Running, events: int) -> float:
    """Events a second that a bare consumer takes, validates and writes twice."""
    topic, upsert = events_topic(running.settings.place, "partners"), UPSERT.format(running.reads.schema)
    partition = TopicPartition(topic, 0)
    last, done, began, first = (0, b"", 0), 0, 0.0, 0
    async with consumer(running.settings) as reading, asyncio.timeout(SECONDS):
        reading.assign([partition])
        while done < events:
            batch = (await reading.getmany(partition, timeout_ms=1000, max_records=MAX_RECORDS)).get(partition, [])
            rows = [_row(record) for record in batch]
            facts = [OrganisationRegistered.model_validate_json(record.value) for record in batch]
            if not rows:
                continue
            now = (rows[-1]["sequence"], rows[-1]["origin"], batch[-1].offset + 1)
            columns = ([row[name] for row in rows] for name in ROW)
            await running.pool.fetchrow(TAKE, 0, topic, *last[:2], *now, datetime.now(UTC), *columns, None)
            async with running.pool.acquire() as connection:
                await connection.executemany(upsert, [(fact.organisation_id, fact.name) for fact in facts])
            last, done = now, done + len(rows)
            if not began:
                began, first = time.perf_counter(), done
    return (done - first) / (time.perf_counter() - began)


def _row(record: Any) -> dict[str, Any]:
    """A record as a row of the journal."""
    said = {name.removeprefix("ce_"): value.decode() for name, value in record.headers}
    return {
        "id": said["id"], "source": said["source"], "type": said["type"], "actor": said["actor"], "role": said["role"],
        "time": datetime.fromisoformat(said["time"]), "onbehalfof": said.get("onbehalfof", ""),
        "correlationid": said["correlationid"], "causationid": said.get("causationid", ""), "tags": said["tags"],
        "audience": "received", "knew": said.get("knew", ""), "sequence": int(said["sequence"]),
        "origin": bytes.fromhex(said["hash"]), "data": record.value,
    }  # fmt: skip


async def figures(ground: Ground, rounds: int, events: int) -> list[Figure]:
    """Events a second from topic to committed journal and projection."""
    place = await filled(ground, events)

    def on_new_database(contender: Callable[[Running, int], Awaitable[float]]) -> Callable[[], Awaitable[float]]:
        async def measured() -> float:
            async with ground.service(notifications, place) as running:
                return await contender(running, events)

        return measured

    found = await in_turn(rounds, {"ours": on_new_database(ours), "bare": on_new_database(bare)})
    name = "intake, from topic to committed journal and projection"
    return [figure(name, "events/s", found["ours"], found["bare"], "≥ 0.7")]
