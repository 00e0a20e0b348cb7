"""A database that was restored behind the bus takes back what the bus holds, and names what nobody holds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from contracts.every_service import HistoryRecovered, MessageHeld
from contracts.partners import PersonErased
from contracts.topics import events_topic
from services.runtime import recovering, replay, verify
from services.runtime.bus import Standing
from services.runtime.kafka import producer
from services.runtime.process import opened
from services.runtime.recovering import recover
from services.runtime.running import Service
from services.runtime.settings import Settings
from services.runtime.told import CannotRecover, Received
from tests.conftest import Infrastructure
from tests.living import Living, living, record, until
from tests.service.sample import Sandbox, Sent, caught_up, received, registered, sample, sent, started
from tests.service.test_runtime_bus import persons, sealed

ALPHA, BETA = sample("alpha", "beta"), sample("beta", "alpha")
WHO = "person-7"
ROWS = (
    "select position, id, type, audience, time, tags, data, hash, source, sequence, correlationid from ledger.journal"
    " where position > $1 order by position"
)


@pytest.fixture
def sandbox(infrastructure: Infrastructure, tmp_path: Path) -> Sandbox:
    return Sandbox(infrastructure, tmp_path)


@dataclass
class Restored:
    """A publisher whose database was restored to earlier, its reader, and what stood before."""

    sandbox: Sandbox
    settings: Settings
    reader: Settings
    backup_at: int
    before: list[Any]

    async def again(self) -> str:
        """A copy of the database as it stands."""
        return await self.sandbox.copy(self.settings.dsn)


async def everything_told(alive: Living) -> bool:
    relay = alive.running.relays[0]
    head = await alive.running.journal.head()
    own: int = await alive.running.pool.fetchval(
        "select max(position) from ledger.journal where audience <> 'received'"
    )
    return await relay.unpublished() == 0 and max(relay.head_told, relay.published) >= own and head >= own


async def restored(sandbox: Sandbox, service: Service = ALPHA) -> Restored:
    """Alpha published, read of beta and kept private facts, before and after the backup it is restored to."""
    settings, reader = await sandbox.declared("alpha"), await sandbox.declared("beta")
    async with living(service, settings) as alpha, living(BETA, reader) as beta:
        await record(beta.running.journal, persons(1, 2))
        await caught_up(alpha, beta)
        await record(alpha.running.journal, [registered("o1"), sealed("b1"), *persons(10)])
        await caught_up(beta, alpha)
        await alpha.settled()
    backup = await sandbox.copy(settings.dsn)
    async with living(service, settings) as alpha, living(BETA, reader) as beta:
        backup_at = await alpha.running.journal.head()
        await record(alpha.running.journal, [sealed("b2"), registered("o2")])
        await caught_up(beta, alpha)
        await record(beta.running.journal, [*persons(3, 4), registered("b-o3")])
        await caught_up(alpha, beta)
        await record(alpha.running.journal, [*persons(11), sealed("b3"), sealed("b4"), registered("o4"), sealed("b5")])
        await caught_up(beta, alpha)
        await until(lambda: everything_told(alpha), "alpha told everything")
        before = await alpha.running.pool.fetch(ROWS, backup_at)
    await sandbox.restore(settings.dsn, backup)
    return Restored(sandbox, settings, reader, backup_at, before)


async def recovered(settings: Settings, service: Service = ALPHA) -> HistoryRecovered | None:
    async with opened(service, settings) as running:
        return await recover(running, WHO)


async def walked(settings: Settings) -> verify.Walk:
    async with opened(ALPHA, settings) as running:
        claims = await verify.on_topic(running, "alpha")
        return await verify.walk(running, claims)


@asynccontextmanager
async def altering(settings: Settings) -> AsyncIterator[Any]:
    async with opened(ALPHA, settings) as running:
        yield running.pool


async def test_published_events_return_to_their_positions_and_what_is_lost_is_named(sandbox: Sandbox) -> None:
    given = await restored(sandbox)

    event = await recovered(given.settings)

    assert event is not None
    async with altering(given.settings) as pool:
        now = {row["position"]: row for row in await pool.fetch(ROWS, given.backup_at)}
    for was in given.before:
        row = now[was["position"]]
        if was["audience"] in ("services", "partners"):
            assert dict(row) == dict(was)
        elif was["audience"] == "received":
            assert (row["id"], row["data"], row["sequence"]) == (was["id"], was["data"], was["sequence"])
        else:
            assert (row["type"], row["audience"], row["data"]) == ("compact.position_lost", "lost", b"{}")
    lost = [was["position"] for was in given.before if was["audience"] == "private"]
    walk = await walked(given.settings)
    assert (walk.faults, walk.lost) == ([], lost)
    assert (event.after, event.upto, event.published, event.received, event.lost) == (
        given.backup_at, given.before[-1]["position"], 3, 3, len(lost),
    )  # fmt: skip


async def test_after_a_recovery_the_service_goes_on_and_nothing_is_repeated_or_forked(sandbox: Sandbox) -> None:
    given = await restored(sandbox)
    published = await sandbox.on_topic(given.settings)

    await recovered(given.settings)
    async with living(ALPHA, given.settings) as alpha, living(BETA, given.reader) as beta:
        await record(beta.running.journal, persons(5))
        await caught_up(alpha, beta)
        await record(alpha.running.journal, persons(12))
        await caught_up(beta, alpha)
        await alpha.settled()

        taken = await received(beta)
        differences = await replay.compare(alpha.running)
        whose = await alpha.running.pool.fetchrow(
            "select actor from ledger.journal where type = $1", HistoryRecovered.wire
        )
        reread = await received(alpha)
        own, theirs = await sent(alpha), await sent(beta)

    on_topic = await sandbox.on_topic(given.settings)
    events = [one for one in on_topic if one[2] != "compact.journal_head"]
    assert on_topic[: len(published)] == published
    assert [one[0] for one in events] == sorted({one[0] for one in events}) == taken == own
    assert [one[1] for one in events] == [0, *(one[0] for one in events[:-1])]
    assert reread == theirs
    assert (differences, whose["actor"]) == ([], WHO)
    assert (await walked(given.settings)).faults == []


async def test_a_service_that_runs_behind_the_bus_takes_up_its_work_once_it_was_recovered(sandbox: Sandbox) -> None:
    given = await restored(sandbox)

    async with started(ALPHA, given.settings) as alpha, living(BETA, given.reader) as beta:
        await until(lambda: standing(alpha, Standing.BEHIND), "alpha is behind")
        await record(beta.running.journal, persons(6))
        head = await alpha.running.journal.head()
        await recovered(given.settings)
        await until(lambda: standing(alpha, Standing.AGREED), "alpha agrees")
        await caught_up(alpha, beta)

        assert head == given.backup_at
        assert await received(alpha) == await sent(beta)


async def standing(alive: Living, wanted: Standing) -> bool:
    return alive.running.bus.standing is wanted


async def test_nothing_is_recovered_where_the_bus_holds_no_more_than_the_journal(sandbox: Sandbox) -> None:
    given = await restored(sandbox)

    first = await recovered(given.settings)
    async with altering(given.settings) as pool:
        head = await pool.fetchval("select position from ledger.head")

    async with living(ALPHA, given.settings) as alpha:
        await until(lambda: everything_told(alpha), "the recovery is told")
    assert first is not None
    assert await recovered(given.settings) is None
    async with altering(given.settings) as pool:
        assert await pool.fetchval("select position from ledger.head") == head


async def test_a_journal_restored_once_more_to_before_its_recovery_is_recovered_again(sandbox: Sandbox) -> None:
    given = await restored(sandbox)
    backup = await given.again()
    await recovered(given.settings)
    async with living(ALPHA, given.settings) as alpha:
        await record(alpha.running.journal, [sealed("b6"), *persons(13)])
        await until(lambda: everything_told(alpha), "told")
        last = await alpha.running.journal.head()

    await sandbox.restore(given.settings.dsn, backup)
    again = await recovered(given.settings)

    assert again is not None
    assert (again.after, again.upto) == (given.backup_at, last)
    walk = await walked(given.settings)
    assert walk.faults == []
    assert [row["position"] for row in given.before if row["audience"] == "private"] == walk.lost[:-1]


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ('update ledger.journal set data = \'{"person_id":"99"}\' where position = $1', "received"),
        ("update ledger.journal set id = 'other' where position = $1", "lost"),
        ("update ledger.journal set actor = 'somebody' where position = $1", "services"),
        ("delete from ledger.journal where position = $1", "lost"),
        ("update ledger.journal set hash = '' where position = $1", "services"),
    ],
)
async def test_a_row_that_was_altered_after_it_was_put_back_is_found(sandbox: Sandbox, sql: str, named: str) -> None:
    given = await restored(sandbox)
    await recovered(given.settings)

    async with altering(given.settings) as pool:
        position = await pool.fetchval(
            "select min(position) from ledger.journal where audience = $1 and position > $2", named, given.backup_at
        )
        await pool.execute(sql, position)

    assert (await walked(given.settings)).faults


async def test_a_row_marked_lost_that_no_recovery_covers_is_a_fault(sandbox: Sandbox) -> None:
    settings = await sandbox.declared("alpha")
    async with living(ALPHA, settings) as alpha:
        await record(alpha.running.journal, persons(1, 2))
        await alpha.running.pool.execute(
            "update ledger.journal set audience = 'lost', type = 'compact.position_lost' where position = 1"
        )
        faults = (await verify.walk(alpha.running, {})).faults

    assert any("position 1 " in fault for fault in faults)


async def test_what_was_held_is_held_again(sandbox: Sandbox) -> None:
    given = await restored(sandbox)
    topic, last = events_topic(sandbox.place, "beta"), (await sandbox.on_topic(given.reader))[-1][0]
    broken = Sent(sandbox.place, last + 1, last, persons(1)[0], "beta", value=b'{"person_id": 1}')
    await put(given.reader, topic, broken)
    await recovered(given.settings)
    backup = await given.again()
    async with living(ALPHA, given.settings) as alpha:
        await alpha.wait_for(MessageHeld.wire)
        await record(alpha.running.journal, persons(14))
        await until(lambda: everything_told(alpha), "told")
    await sandbox.restore(given.settings.dsn, backup)

    await recovered(given.settings)

    async with altering(given.settings) as pool:
        held = await pool.fetch("select sequence, reason from ledger.held where state = 'held'")
        types = [row["type"] for row in await pool.fetch(ROWS, given.backup_at)]
    assert [row["sequence"] for row in held] == [last + 1]
    assert types.count(MessageHeld.wire) == 1
    assert (await walked(given.settings)).faults == []


async def put(settings: Settings, topic: str, message: Sent) -> None:
    record_ = message.record(0)
    async with producer(settings) as sending:
        await sending.send_and_wait(topic, record_.value, key=record_.key, partition=0, headers=list(record_.headers))


async def test_what_was_written_after_the_restore_is_not_overwritten(sandbox: Sandbox) -> None:
    given = await restored(sandbox)
    async with opened(ALPHA, given.settings) as running:
        await record(running.journal, persons(66, 67, 68))
        with pytest.raises(CannotRecover, match="something was written after the restore"):
            await recover(running, WHO)

        assert await running.journal.head() == given.backup_at + 3


async def test_a_topic_that_lacks_what_was_read_of_it_is_named(sandbox: Sandbox) -> None:
    async with opened(ALPHA, await sandbox.declared("alpha")) as running:
        (intake,) = running.intakes
        with pytest.raises(CannotRecover, match=f"{intake.topic} lacks position 3.*start beta first"):
            Received(intake).require(3)


async def test_a_recovery_that_ends_in_the_middle_leaves_everything_as_it_was(sandbox: Sandbox) -> None:
    given = await restored(sandbox)
    async with altering(given.settings) as pool:
        await pool.execute(
            "create function fall() returns trigger language plpgsql as $$ begin raise 'no room'; end $$;"
            " create trigger fall before insert on ledger.journal for each row"
            " when (new.type = 'compact.history_recovered') execute function fall()"
        )
    with pytest.raises(asyncpg.RaiseError):
        await recovered(given.settings)

    async with altering(given.settings) as pool:
        assert await pool.fetchval("select max(position) from ledger.journal") == given.backup_at
        await pool.execute("drop trigger fall on ledger.journal")
    assert await recovered(given.settings) is not None


async def test_the_command_says_what_it_put_back_and_asks_who_does_it(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    given = await restored(sandbox)
    async with opened(ALPHA, given.settings) as running:
        nobody = await recovering.command(running, asked(""))
        done = await recovering.command(running, asked(WHO))

    said = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[0] == "{"]
    assert (nobody, said[0]["error"]) == (2, "a recovery needs --person, who is kept with it")
    assert (done, said[1]["published"], said[1]["received"], said[1]["after"]) == (0, 3, 3, given.backup_at)


def asked(person: str) -> Any:
    return type("Args", (), {"person": person})()


async def test_nothing_is_taken_in_while_the_journal_is_behind_the_bus(sandbox: Sandbox) -> None:
    given = await restored(sandbox)

    async with started(ALPHA, given.settings) as alpha:
        await until(lambda: standing(alpha, Standing.BEHIND), "alpha is behind")
        await asyncio.wait_for(alpha.running.journal.pool.fetch("select 1"), 5)
        took = [intake.take([]) for intake in alpha.running.intakes]
        for one in took:
            with pytest.raises(Exception, match="restored behind"):
                await one

        assert await alpha.running.journal.head() == given.backup_at
        assert PersonErased.wire in await alpha.types()
