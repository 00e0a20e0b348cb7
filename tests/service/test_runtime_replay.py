"""What is read follows from the journal alone, and whatever was changed behind its back is named."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from compact.processes import free_port
from contracts.envelope import Event
from contracts.partners import OrganisationDetailsChanged, OrganisationReinstated, OrganisationVerified
from services.runtime import chain, verify
from services.runtime.replay import command, compare, position_at, rebuild_command, replayed
from tests.conftest import Infrastructure
from tests.living import START, Living, record, until
from tests.service.sample import OFFICER, Numbers, Sandbox, alone, registered, sample, standing

SERVICE = sample("alpha", reacts=True, rings=True)


@pytest.fixture
def sandbox(infrastructure: Infrastructure, tmp_path: Path) -> Sandbox:
    return Sandbox(infrastructure, tmp_path)


@pytest.fixture
async def alpha(sandbox: Sandbox) -> AsyncIterator[Living]:
    async with alone(SERVICE, await sandbox.settings("alpha")) as alive:
        yield alive


def a_story() -> list[Event]:
    """Registered, renamed, verified (which sets a timer), renewed (which clears it)."""
    story: list[Event] = []
    for n in range(6):
        organisation = f"o{n}"
        story += [
            registered(organisation, "Before", f"{n:07}"),
            OrganisationDetailsChanged(organisation_id=organisation, by_itself=True, name="After"),
            OrganisationVerified(organisation_id=organisation, against="CC", number=f"{n:07}"),
        ]
        story += [OrganisationReinstated(organisation_id=organisation)] if n % 2 else []
    return story


async def contents(alive: Living, schema: str) -> dict[str, list[str]]:
    """Every row of every read table, as text."""
    return {
        table.table_name: [
            row["row"]
            for row in await alive.running.pool.fetch(
                f'select t::text as row from "{schema}"."{table.table_name}" t order by 1'
            )
        ]
        for table in alive.running.service.projections.tables
    }


async def folded(alive: Living) -> None:
    head = await alive.running.journal.head()
    assert await alive.running.reads.reached(head, 10)


async def test_a_replay_equals_what_was_live_at_every_moment(alpha: Living) -> None:
    lived: list[dict[str, list[str]]] = []
    for hours, event in enumerate(a_story()):
        await record(alpha.running.journal, [event], START + timedelta(hours=hours))
        await folded(alpha)
        lived.append(await contents(alpha, alpha.running.reads.schema))

    for cut in range(0, len(lived), 3):
        upto = await position_at(alpha.running, START + timedelta(hours=cut, minutes=59))
        async with replayed(alpha.running, upto) as schema:
            assert await contents(alpha, schema) == lived[cut]
    async with replayed(alpha.running, await alpha.running.journal.head()) as schema:
        assert await contents(alpha, schema) == lived[-1]
    assert lived[0] != lived[-1]


async def test_a_replay_folded_at_once_equals_one_folded_event_by_event(alpha: Living) -> None:
    await record(alpha.running.journal, a_story())
    await folded(alpha)

    assert await compare(alpha.running) == []


async def test_a_replay_acts_on_nothing(alpha: Living) -> None:
    await record(alpha.running.journal, [*standing(alpha.running.settings.place), *a_story()], START)
    before = await alpha.types()

    async with replayed(alpha.running, len(before)):
        pass

    assert await alpha.types() == before
    schemas = await alpha.running.pool.fetch("select from pg_namespace where nspname like 'replay_%'")
    assert schemas == []


ALTERED = "the live row is not what history makes it"
LACKED = "history makes this row, the live table lacks it"
ADDED = "the live table has this row, history does not make it"


@pytest.mark.parametrize(
    ("tampering", "difference"),
    [
        ("update organisations set name = 'X' where organisation_id = 'o3'", ALTERED),
        ("delete from organisations where organisation_id = 'o3'", LACKED),
        ("insert into organisations values ('o3x', 'X', null, 1)", ADDED),
        ("delete from timers where about = 'o2'", LACKED),
    ],
)
async def test_a_row_that_was_changed_by_hand_is_named(alpha: Living, tampering: str, difference: str) -> None:
    await record(alpha.running.journal, a_story())
    await folded(alpha)

    await alpha.running.rows(tampering)

    (found,) = await compare(alpha.running)
    assert found["difference"] == difference
    assert found["table"] in tampering
    assert found["key"][-1] in tampering


async def test_a_changed_projection_is_built_beside_the_live_one_while_both_serve(sandbox: Sandbox) -> None:
    settings = await sandbox.settings("alpha")
    async with alone(sample("alpha"), settings) as old:
        await record(old.running.journal, [*standing(settings.place, OFFICER), *a_story()])
        await folded(old)
        async with alone(sample("alpha", tables=(Numbers,)), settings) as new:
            for one in (old, new):
                await one.post("/organisations", {"name": "B", "charity_number": "9"}, by=OFFICER)
            lists = [(await one.get("/organisations", by=OFFICER)).json()["items"] for one in (old, new)]

            assert old.running.reads.schema != new.running.reads.schema
            assert len(lists[0]) == 8
            assert lists[0] == lists[1]
            assert len(await new.running.rows("select * from numbers")) == 7
            assert await compare(old.running) == await compare(new.running) == []


async def test_read_tables_are_rebuilt_while_the_service_runs(alpha: Living) -> None:
    await record(alpha.running.journal, [*a_story(), *(registered(f"many-{n}") for n in range(3000))])
    await folded(alpha)
    await alpha.running.rows("update organisations set name = 'X'")
    writing = asyncio.create_task(_write_on(alpha))

    for _ in range(3):
        assert await rebuild_command(alpha.running, argparse.Namespace()) == 0
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await folded(alpha)

    assert await compare(alpha.running) == []
    assert not alpha.task.done()


async def _write_on(alive: Living) -> None:
    for n in range(10_000):
        await record(alive.running.journal, [registered(f"more-{n}")])
        await alive.running.rows("select count(*) from organisations")


async def test_the_command_tells_what_was_known_at_a_moment(alpha: Living, capsys: pytest.CaptureFixture[str]) -> None:
    await record(alpha.running.journal, [registered("o1", "Before")], START)
    await record(
        alpha.running.journal,
        [OrganisationDetailsChanged(organisation_id="o1", by_itself=True, name="After")],
        START + timedelta(days=1),
    )
    asked = argparse.Namespace(compare=False, as_of=START + timedelta(hours=1), about="organisation:o1")

    assert await command(alpha.running, asked) == 0

    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"organisations"' in line]
    assert [row["name"] for row in shown[0]["about"]] == ["Before"]


async def faults(alive: Living, claims: verify.Claims | None = None) -> list[str]:
    found = (await verify.walk(alive.running, claims or {})).faults
    return found


async def test_an_untouched_journal_has_no_faults_also_while_it_grows(alpha: Living) -> None:
    await record(alpha.running.journal, a_story())
    writing = asyncio.create_task(_write_on(alpha))

    found = [await faults(alpha) for _ in range(10)]
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)

    assert found == [[]] * 10


SWAP = (
    "update ledger.journal set position = -5 where position = 5; update ledger.journal set position = 5"
    " where position = 6; update ledger.journal set position = 6 where position = -5"
)
SHIFT = (
    "update ledger.journal set position = -position - 1 where position >= 5;"
    " update ledger.journal set position = -position where position < 0;"
    " insert into ledger.journal select 5, 'forged', source, type, time, recorded, actor, role, onbehalfof,"
    " correlationid, causationid, tags, audience, knew, sequence, origin_hash, data, query, known_to, hash"
    " from ledger.journal where position = 4"
)


@pytest.mark.parametrize(
    "tampering",
    [
        "update ledger.journal set data = replace(convert_from(data, 'UTF8'), 'o1', 'o2')::bytea where position = 5",
        "update ledger.journal set actor = 'somebody' where position = 5",
        "update ledger.journal set time = time - interval '1 day' where position = 5",
        "update ledger.journal set tags = array_replace(tags, 'organisation:o1', 'organisation:o2') where position = 5",
        "update ledger.journal set tags = array[null::text] where position = 5",
        "update ledger.journal set audience = 'private' where position = 5",
        "update ledger.journal set hash = sha256(hash) where position = 5",
        "update ledger.journal set time = 'infinity' where position = 5",
        "delete from ledger.journal where position = 5",
        SWAP,
        SHIFT,
    ],
)
async def test_an_event_altered_removed_inserted_or_reordered_is_named(alpha: Living, tampering: str) -> None:
    await record(alpha.running.journal, a_story())

    await alpha.running.pool.execute(tampering)

    assert [fault for fault in await faults(alpha) if fault.startswith("position 5")]


@pytest.mark.parametrize(
    "tampering",
    [
        "delete from ledger.tagged where tag = 'organisation:o1'",
        "insert into ledger.tagged values ('organisation:o9', 4, 'partners.organisation_registered')",
        "update ledger.tagged set type = 'x' where tag = 'organisation:o1'",
        "update ledger.journal set tags = array[array_to_string(tags, ' ')] where position = 4",
    ],
)
async def test_a_fact_that_decisions_would_find_under_other_tags_is_named(alpha: Living, tampering: str) -> None:
    await record(alpha.running.journal, a_story())

    await alpha.running.pool.execute(tampering)

    assert [fault for fault in await faults(alpha) if fault.startswith("position 4")]


async def test_an_event_that_was_removed_is_named_as_missing(alpha: Living) -> None:
    await record(alpha.running.journal, a_story())

    await alpha.running.pool.execute("delete from ledger.journal where position = 5")

    assert (await faults(alpha))[0].startswith("position 5: missing; the next row is position 6")


async def test_a_journal_cut_off_at_its_end_is_named_by_what_others_know(alpha: Living) -> None:
    await record(alpha.running.journal, a_story())
    last = await alpha.running.pool.fetchrow("select position, hash from ledger.head")
    await alpha.running.pool.execute(
        "delete from ledger.tagged where position > 4; delete from ledger.journal where position > 4;"
        " update ledger.head set (position, hash) = (select position, hash from ledger.journal where position = 4)"
    )

    assert await faults(alpha) == []
    assert await faults(alpha, {last["position"]: {last["hash"].hex()}}) == [
        f"position {last['position']}: known elsewhere, missing here"
    ]


async def test_a_journal_that_was_forged_throughout_is_named_by_what_others_know(alpha: Living) -> None:
    await record(alpha.running.journal, a_story())
    pool = alpha.running.pool
    known = {row["position"]: {row["hash"].hex()} for row in await pool.fetch("select * from ledger.journal")}
    await pool.execute("update ledger.journal set actor = 'somebody' where position = 5")
    before = chain.GENESIS
    for row in await pool.fetch("select * from ledger.journal order by position"):
        before = chain.link(before, row)
        await pool.execute("update ledger.journal set hash = $1 where position = $2", before, row["position"])
    await pool.execute("update ledger.head set hash = $1", before)

    assert await faults(alpha) == []
    assert (await faults(alpha, known))[0].startswith("position 5")


async def test_a_head_that_does_not_fit_its_journal_is_named(alpha: Living) -> None:
    await record(alpha.running.journal, a_story())

    await alpha.running.pool.execute("update ledger.head set hash = sha256(hash)")

    (fault,) = await faults(alpha)
    assert "head" in fault


async def test_heads_noted_in_a_file_are_held_against_the_journal(
    alpha: Living, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await record(alpha.running.journal, a_story())
    source = alpha.running.journal.source
    lines: list[dict[str, Any]] = [
        {"source": source, "position": 5, "hash": "ab" * 32},
        {"source": "/elsewhere/alpha", "position": 6, "hash": "ab" * 32},
    ]
    noted = tmp_path / "heads"
    noted.write_text("\n".join(map(json.dumps, lines)) + "\n")

    status = await verify.command(alpha.running, argparse.Namespace(witnesses=False, against=noted, with_bus=False))

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == 1
    assert told[0]["fault"].startswith("position 5")
    assert told[-1]["faults"] == 1


async def test_a_second_follower_folds_nothing_twice(sandbox: Sandbox) -> None:
    settings = await sandbox.settings("alpha")
    async with alone(SERVICE, settings) as one, alone(SERVICE, settings) as other:
        for n in range(40):
            await record((one, other)[n % 2].running.journal, [registered(f"o{n}")])
        await until(lambda: _both_folded(one, other), "both have folded everything")

        assert await compare(one.running) == []
        rows = await one.running.rows("select events from counts")
        assert [row["events"] for row in rows] == [40]


async def _both_folded(one: Living, other: Living) -> bool:
    head = await one.running.journal.head()
    return one.running.reads.position == other.running.reads.position == head


def test_a_command_whose_database_is_away_says_so_and_finds_no_difference(tmp_path: Path) -> None:
    nobody = f"postgresql://nobody@127.0.0.1:{free_port()}/funding"
    given = {name: value for name, value in os.environ.items() if not name.startswith("COMPACT_")}
    given |= {"COMPACT_FUNDING_POSTGRES": nobody, "COMPACT_DATA": str(tmp_path)}

    asked = subprocess.run(
        [sys.executable, "-m", "services.funding", "verify"], env=given, capture_output=True, text=True, check=False
    )

    assert (asked.returncode, "Traceback" in asked.stderr) == (3, False)
    assert "funding: the database cannot be reached" in asked.stderr
