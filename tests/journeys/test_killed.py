"""Every process is killed at random moments through the journey, and nothing acknowledged is lost or done twice."""

from __future__ import annotations

import asyncio
import io
import mailbox
import os
import random
import re
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from rich.console import Console

from compact.demo import play_step
from compact.journey import ACTS, proof
from compact.journey.playing import Play, recorded
from compact.journey.telling import telling
from compact.stepping import NeverQuiet, Stepper
from compact.supervisor import Supervisor, running_system
from contracts.topics import LISTENS, SERVICES

SEED = int(os.environ.get("COMPACT_SEED", "20140401"))
PARTS = ("broker", "postgres", "mail")
WENT_AWAY = (httpx.HTTPError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, NeverQuiet, TimeoutError)


@dataclass
class Acknowledged:
    """Every request that was answered with success: what to send again, and what was said."""

    answers: dict[tuple[str, str, str], tuple[httpx.Request, bytes]] = field(default_factory=dict)
    different: list[str] = field(default_factory=list)

    async def note(self, response: httpx.Response) -> None:
        if response.request.method != "POST" or not response.is_success:
            return
        body = await response.aread()
        token = response.request.headers.get("authorization", "")
        key = token, response.request.url.path, _key(response.request)
        if key in self.answers and self.answers[key][1] != body:
            self.different.append(response.request.url.path)
        self.answers[key] = (response.request, body)


def _key(request: httpx.Request) -> str:
    return request.headers["idempotency-key"]


async def test_killing_any_process_at_any_moment_loses_nothing_and_repeats_nothing() -> None:
    with tempfile.TemporaryDirectory() as directory:
        acknowledged, killed = Acknowledged(), Counter[str]()
        async with running_system(
            Path(directory) / "system", demo=True, say=lambda _: None, restarts_a_minute=1000
        ) as running:
            hooks = {"response": [acknowledged.note]}
            async with httpx.AsyncClient(timeout=30, trust_env=False, event_hooks=hooks) as client:
                async with killing(running, acknowledged, killed):
                    await played(running, client, ACTS[: ACTS.index(proof)])
                await played(running, client, ACTS[ACTS.index(proof) :])

                assert set(killed) == {*SERVICES, *PARTS}, killed
                assert await answered_as_before(client, acknowledged) == []
                assert acknowledged.different == []
            assert await taken_wrongly(running) == []
            assert await copies_without_doubt(running) == []
            assert await notices_without_an_end(running) == []


@asynccontextmanager
async def killing(running: Supervisor, acknowledged: Acknowledged, killed: Counter[str]) -> AsyncIterator[None]:
    """Kill one process after another, each after a seeded number of further answers, while the block runs.

    By answers and not by the clock, so that a quick machine is put to as many kills as a slow one. Not while the proof
    is made: it alters a row by hand and puts it back, and a kill between the two would leave it.
    """
    chance = random.Random(SEED)

    async def kill() -> None:
        for name in victims(chance):
            after = len(acknowledged.answers) + chance.randint(2, 8)
            while len(acknowledged.answers) < after:
                await asyncio.sleep(0.02)
            await asyncio.sleep(chance.uniform(0.0, 0.5))
            while (child := running.parts[name].child) is None or not child.alive:
                await asyncio.sleep(0.02)
            killed[name] += 1
            child.kill()

    task = asyncio.create_task(kill())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def victims(chance: random.Random) -> Iterator[str]:
    """Every process in a shuffled order, again and again; the services twice as often."""
    while True:
        deck = [*SERVICES, *SERVICES, *PARTS]
        yield from chance.sample(deck, len(deck))


async def played(running: Supervisor, client: httpx.AsyncClient, acts: Sequence[Any]) -> None:
    """Play acts of the journey, again from the step that was interrupted until all are done."""
    console = Console(file=io.StringIO())
    for _ in range(200):
        with suppress(*WENT_AWAY):
            before = recorded(running.system.data)
            async with telling(running.system, console, before.told, 1) as tells:
                playing = Play(running.system, client, Stepper(running.system, client), tells, before)
                for act in acts:
                    for step in act.STEPS:
                        await play_step(playing, act, step)
                return
        await asyncio.sleep(0.3)
    raise AssertionError("the journey did not come to its end")


async def answered_as_before(client: httpx.AsyncClient, acknowledged: Acknowledged) -> list[str]:
    """Send every acknowledged request again; the paths of those that are answered otherwise than before."""
    wrong = []
    for request, body in list(acknowledged.answers.values()):
        again = await client.send(client.build_request(
            "POST", request.url, headers=request.headers, content=request.content
        ))  # fmt: skip
        if again.content != body:
            wrong.append(request.url.path)
    return wrong


async def rows(running: Supervisor, service: str, sql: str, *args: Any) -> list[Any]:
    connection = await asyncpg.connect(running.system.postgres[service])
    try:
        return list(await connection.fetch(sql, *args))
    finally:
        await connection.close()


async def taken_wrongly(running: Supervisor) -> list[str]:
    """Every published event stands exactly once, with its hash, in its order, in every reader's journal."""
    wrong = []
    for reader, publishers in LISTENS.items():
        for publisher in publishers:
            published = await rows(
                running, publisher,
                "select position, hash from ledger.journal where audience in ('services', 'partners')"
                " order by position",
            )  # fmt: skip
            taken = await rows(
                running, reader,
                "select sequence as position, origin_hash as hash from ledger.journal"
                " where source = $1 and audience = 'received' order by ledger.journal.position",
                f"/{running.system.place}/{publisher}",
            )  # fmt: skip
            if [tuple(one) for one in published] != [tuple(one) for one in taken]:
                wrong.append(f"{reader} took {len(taken)} of {publisher}'s {len(published)}")
    return wrong


def mails(running: Supervisor) -> Counter[str]:
    """How often each Message-ID was received by anybody."""
    assert running.system.returns is not None
    found: Counter[str] = Counter()
    for folder in running.system.returns.parent.iterdir():
        if folder.is_dir() and folder != running.system.returns:
            found.update(str(one["Message-ID"]) for one in mailbox.Maildir(folder))
    return found


async def copies_without_doubt(running: Supervisor) -> list[str]:
    """Attempts that went out twice, and second attempts at an address without a recorded doubt or failure."""
    twice = [message for message, times in mails(running).items() if times > 1]
    made = await rows(
        running, "notifications",
        "select convert_from(data, 'UTF8')::jsonb as d from ledger.journal"
        " where type = 'notifications.notice_attempted' order by position",
    )  # fmt: skip
    ended = await rows(
        running, "notifications",
        "select convert_from(data, 'UTF8')::jsonb->>'attempt_id' as attempt from ledger.journal where type = any ($1)",
        [f"notifications.{kind}" for kind in ("notice_attempt_uncertain", "notice_failed", "notice_put_off")],
    )  # fmt: skip
    doubted = {row["attempt"] for row in ended}
    last: dict[tuple[str, str], str] = {}
    for text in (row["d"] for row in made):
        notice, address, attempt = (
            re.search(rf'"{name}": "([^"]+)"', text).group(1)  # type: ignore[union-attr]
            for name in ("notice_id", "address_id", "attempt_id")
        )
        if last.get((notice, address), attempt) not in doubted | {attempt}:
            twice.append(attempt)
        last[notice, address] = attempt
    return twice


async def notices_without_an_end(running: Supervisor) -> list[str]:
    """Notices that were asked for and neither served, deemed, escalated, on their way nor a mere reminder."""
    found = await rows(
        running, "notifications",
        "select substring(tag from 8) as notice from ledger.tagged where tag like 'notice:%' group by tag"
        " having bool_or(type = 'notifications.notice_requested') and not bool_or(type = any ($1))",
        [f"notifications.{kind}" for kind in
         ("notice_served", "service_deemed", "notice_escalated", "notice_sent", "letter_ready", "reminder_sent")],
    )  # fmt: skip
    return [row["notice"] for row in found]
