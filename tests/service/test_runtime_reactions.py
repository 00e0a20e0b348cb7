"""A reaction acts once per event, from its deployment on; a timer rings once it is due."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.partners import (
    OrganisationDetailsChanged,
    OrganisationRegistered,
    OrganisationReinstated,
    OrganisationVerified,
)
from contracts.place import Place
from services.runtime.bus import NotReady, Standing
from services.runtime.clock import set_clock
from services.runtime.decisions import Decision, Recorded
from services.runtime.journal import Journal
from services.runtime.process import opened
from services.runtime.reactions import Act, Reacting, Reactions
from services.runtime.running import Running
from services.runtime.settings import Settings
from services.runtime.unit import Outcome, Unit
from tests.conftest import Infrastructure
from tests.living import START, record, until
from tests.service.sample import (
    BROKEN,
    SYSTEM,
    Organisation,
    Sandbox,
    Verify,
    alone,
    organisation,
    registered,
    sample,
    standing,
    verify_organisation,
)

REACTING = sample("alpha", reacts=True, rings=True)


def _always(facts: Organisation, command: Verify, place: Place) -> Decision:
    return [OrganisationVerified(organisation_id=command.organisation_id, against="CC", number="1")]


async def verify_always(unit: Unit, command: Verify) -> Outcome:
    return await unit.decide(organisation(command), _always, command)


def eager_reactions() -> Reactions:
    """A reaction whose decision would do it again each time, so that nothing but its key holds it to once."""
    reactions = Reactions()
    reactions.to(OrganisationRegistered, verify_always)(
        lambda event, act: Verify(actor=act.actor, now=act.now, organisation_id=event.data.organisation_id)
    )
    return reactions


EAGER = replace(REACTING, reactions=eager_reactions())


@pytest.fixture
async def settings(infrastructure: Infrastructure, tmp_path: Path) -> AsyncIterator[Settings]:
    BROKEN.clear()
    yield await Sandbox(infrastructure, tmp_path).settings("alpha")
    BROKEN.clear()


async def agreed(running: Running) -> Running:
    """The parts of a process that agrees with the bus; nothing of it runs but what a test steps."""
    for topic in running.bus.topics:
        running.bus.compared(topic, Standing.AGREED)
    await running.reads.prepare()
    await running.reacting.prepare()
    return running


async def begun(running: Running) -> Running:
    """The same with the place's rules recorded."""
    await agreed(running)
    await record(running.journal, standing(running.settings.place))
    return running


async def times(journal: Journal, kind: type[Any]) -> int:
    found: int = await journal.pool.fetchval("select count(*) from ledger.journal where type = $1", kind.wire)
    return found


async def left(running: Running) -> dict[str, str]:
    rows = await running.pool.fetch("select subject, state from ledger.reaction_left order by position")
    return {row["subject"]: row["state"] for row in rows}


async def test_a_reaction_acts_once_per_event(settings: Settings) -> None:
    async with opened(EAGER, settings) as running:
        await begun(running)
        await record(running.journal, [registered("o1"), registered("o2")])

        for _ in range(2):
            await running.reacting.step()
            await running.pool.execute("update ledger.follower set position = 0 where name like 'reactions %'")

        assert await times(running.journal, OrganisationVerified) == 2


async def test_two_instances_react_once_per_event(settings: Settings) -> None:
    async with opened(EAGER, settings) as one, opened(EAGER, settings) as other:
        await begun(one)
        await agreed(other)
        await record(one.journal, [registered(f"o{n}") for n in range(30)])

        await asyncio.gather(one.reacting.step(), other.reacting.step())
        await asyncio.gather(one.reacting.step(), other.reacting.step())

        assert await times(one.journal, OrganisationVerified) == 30


async def test_an_instance_that_is_cut_off_leaves_nothing_undone_or_done_twice(settings: Settings) -> None:
    async with opened(EAGER, settings) as one, opened(EAGER, settings) as other:
        await begun(one)
        await agreed(other)
        await record(one.journal, [registered(f"o{n}") for n in range(30)])

        stepping = asyncio.create_task(one.reacting.step())
        await until(lambda: _some(one.journal), "the first reactions")
        stepping.cancel()
        await asyncio.gather(stepping, return_exceptions=True)
        await other.reacting.step()

        assert await times(one.journal, OrganisationVerified) == 30


async def _some(journal: Journal) -> bool:
    return await times(journal, OrganisationVerified) > 3


async def test_history_never_fires_a_reaction_that_is_deployed_later(settings: Settings) -> None:
    async with opened(sample("alpha"), settings) as running:
        await begun(running)
        await record(running.journal, [registered("o1")])

    async with opened(REACTING, settings) as running:
        await agreed(running)
        await running.pool.execute("update ledger.follower set position = 0 where name like 'reactions %'")
        await record(running.journal, [registered("o2")])
        await running.reacting.step()

        rows = await running.pool.fetch("select tags from ledger.journal where type = $1", OrganisationVerified.wire)
        assert [row["tags"] for row in rows] == [["organisation:o2"]]


async def test_an_older_instance_beside_a_new_one_takes_no_event_from_its_new_reaction(settings: Settings) -> None:
    async with opened(sample("alpha"), settings) as old, opened(REACTING, settings) as new:
        await begun(old)
        await agreed(new)
        await record(old.journal, [registered("o1")])

        await old.reacting.step()
        await new.reacting.step()

        assert await times(old.journal, OrganisationVerified) == 1


async def test_a_waiting_reaction_is_woken_by_the_later_fact(settings: Settings) -> None:
    async with opened(REACTING, settings) as running:
        await begun(running)
        await record(running.journal, [registered("o1", charity_number=None), registered("o2")])
        await running.reacting.step()
        waited = await left(running)

        await record(running.journal, [given("o1")])
        await running.reacting.step()

        assert waited == {"organisation:o1": "waiting"}
        assert await left(running) == {}
        assert await times(running.journal, OrganisationVerified) == 2


def given(organisation: str) -> OrganisationDetailsChanged:
    return OrganisationDetailsChanged(organisation_id=organisation, by_itself=True, charity_number="7654321")


async def test_a_reaction_that_waits_in_one_instance_is_woken_by_another(settings: Settings) -> None:
    async with opened(REACTING, settings) as one, opened(REACTING, settings) as other:
        await begun(one)
        await agreed(other)
        await record(one.journal, [registered("o1", charity_number=None)])
        await one.reacting.step()

        await record(one.journal, [given("o1")])
        await other.reacting.step()

        assert await times(one.journal, OrganisationVerified) == 1
        assert await left(one) == {}


async def test_what_a_reaction_waits_for_survives_a_restart(settings: Settings) -> None:
    async with opened(REACTING, settings) as running:
        await begun(running)
        await record(running.journal, [registered("o1", charity_number=None)])
        await running.reacting.step()

    async with opened(REACTING, settings) as running:
        await agreed(running)
        await record(running.journal, [given("o1")])
        await running.reacting.step()

        assert await times(running.journal, OrganisationVerified) == 1


async def test_a_failing_reaction_stops_after_three_subjects_and_others_go_on(settings: Settings) -> None:
    reactions, acted = REACTING.reactions, []

    def note(event: Recorded[Any], act: Act) -> None:
        acted.append(event.data.organisation_id)

    BROKEN.update({"o1", "o2", "o3"})
    async with opened(REACTING, settings) as running:
        both = Reactions()
        both.by_type = {wire: list(some) for wire, some in reactions.by_type.items()}
        both.to(type(registered("o")), verify_organisation)(note)
        reacting = Reacting(running.journal, running.bus, both, running.now)
        await begun(running)
        await reacting.prepare()
        await record(running.journal, [registered("o1"), given("o1"), *(registered(f"o{n}") for n in (2, 3, 4))])

        await reacting.step()

        assert acted == ["o1", "o2", "o3", "o4"]
        assert reacting.stopped == {next(iter(reactions.all)).name}
        assert await times(running.journal, OrganisationVerified) == 0
        assert set((await left(running)).values()) == {"failed"}


async def test_later_events_of_a_failed_subject_stand_behind_it_and_other_subjects_go_on(settings: Settings) -> None:
    BROKEN.add("o1")
    async with opened(REACTING, settings) as running:
        await begun(running)
        await record(running.journal, [registered("o1"), registered("o1"), registered("o2"), registered("o1")])

        await running.reacting.step()

        rows = await running.pool.fetch("select state from ledger.reaction_left order by position")
        assert [row["state"] for row in rows] == ["failed", "behind", "behind"]
        assert await times(running.journal, OrganisationVerified) == 1


async def test_what_failed_is_tried_again_at_the_start_in_the_order_of_its_subject(settings: Settings) -> None:
    BROKEN.update({"o1", "o2", "o3"})
    async with alone(REACTING, settings) as alpha:
        await begun(alpha.running)
        await record(alpha.running.journal, [registered(f"o{n}") for n in (1, 2, 3, 4)])
        await alpha.running.reacting.step()
    BROKEN.clear()

    async with alone(REACTING, settings) as alpha:
        reacting = asyncio.create_task(alpha.running.reacting.run(alpha.running.stopping))
        await alpha.wait_for(OrganisationVerified.wire, 4)
        alpha.running.stopping.set()
        await reacting

        rows = await alpha.running.pool.fetch(
            "select tags[1] as tag from ledger.journal where type = $1 order by position", OrganisationVerified.wire
        )
        assert [row["tag"] for row in rows] == [f"organisation:o{n}" for n in (1, 2, 3, 4)]
        assert await left(alpha.running) == {}


async def test_a_reaction_carries_the_correlation_and_names_its_cause(settings: Settings) -> None:
    async with opened(REACTING, settings) as running:
        await begun(running)
        await record(running.journal, [registered("o1")])
        await running.reacting.step()

        cause, effect = await running.pool.fetch(
            "select * from ledger.journal where 'organisation:o1' = any (tags) order by position"
        )
        assert effect["correlationid"] == cause["correlationid"]
        assert (effect["causationid"], effect["actor"]) == (cause["id"], SYSTEM.person)


def test_what_a_reaction_makes_has_the_same_id_whenever_it_is_run_again() -> None:
    one, again, other = (Act(SYSTEM, START, seed) for seed in ("e1 r", "e1 r", "e2 r"))

    assert one.new_id("agreement") == again.new_id("agreement")
    assert one.new_id("agreement") != other.new_id("agreement")
    assert one.new_id("agreement") != one.new_id("bid")


async def test_a_timer_rings_once_it_is_due_and_only_once_with_two_instances(settings: Settings) -> None:
    assert settings.clock is not None
    async with alone(REACTING, settings) as one, alone(REACTING, settings) as other:
        await begun(one.running)
        await record(one.running.journal, [registered("o1")])
        await one.running.reacting.step()
        await until(lambda: _has_timer(one.running), "the timer is set")
        ringing = [asyncio.create_task(each.running.ringing.run(each.running.stopping)) for each in (one, other)]
        set_clock(settings.clock, START + timedelta(days=1) - timedelta(microseconds=1))
        await until(lambda: _looked(one.running, one.running.now()), "looked before it was due")
        early = await times(one.running.journal, OrganisationReinstated)

        set_clock(settings.clock, START + timedelta(days=1))
        await one.wait_for(OrganisationReinstated.wire)
        await until(lambda: _has_no_timer(one.running), "the timer is cleared")
        for each in (one, other):
            each.running.stopping.set()
        await asyncio.gather(*ringing)

        assert early == 0
        assert await times(one.running.journal, OrganisationReinstated) == 1


async def _has_timer(running: Running) -> bool:
    return await running.ringing.next_due() == START + timedelta(days=1)


async def _has_no_timer(running: Running) -> bool:
    return await running.ringing.next_due() is None


async def _looked(running: Running, _: Any) -> bool:
    return await running.ringing.due() == []


async def test_a_timer_that_fell_due_while_nothing_ran_rings_at_the_next_start(settings: Settings) -> None:
    assert settings.clock is not None
    async with alone(REACTING, settings) as alpha:
        await begun(alpha.running)
        await record(alpha.running.journal, [registered("o1")])
        await alpha.running.reacting.step()
    set_clock(settings.clock, START + timedelta(days=400))

    async with alone(REACTING, settings) as alpha:
        ringing = asyncio.create_task(alpha.running.ringing.run(alpha.running.stopping))
        await alpha.wait_for(OrganisationReinstated.wire)
        alpha.running.stopping.set()
        await ringing

        row = await alpha.running.pool.fetchrow(
            "select time from ledger.journal where type = $1", OrganisationReinstated.wire
        )
        assert row["time"] == START + timedelta(days=400)


async def test_no_reaction_and_no_timer_runs_before_the_bus_was_compared(settings: Settings) -> None:
    async with opened(REACTING, settings) as running:
        await begun(running)
        await record(running.journal, [registered("o1")])
        running.bus.doubt()

        with pytest.raises(NotReady):
            await running.reacting.step()
        with pytest.raises(NotReady):
            await running.ringing._ring("renewal", "o1")

        assert await times(running.journal, OrganisationVerified) == 0
        assert await times(running.journal, OrganisationReinstated) == 0


async def test_two_instances_that_ring_a_timer_at_the_same_moment_do_it_once(settings: Settings) -> None:
    async with opened(REACTING, settings) as one, opened(REACTING, settings) as other:
        await begun(one)
        await agreed(other)
        waiting = (
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%ledger.append(%'"
        )

        # Both have decided before either writes: the journal's head is held until both queue for it.
        async with one.pool.acquire() as connection:
            await connection.execute("begin; select from ledger.head for update")
            ringing = [asyncio.create_task(each.ringing._ring("renewal", "o1")) for each in (one, other)]
            await until(lambda: _is_two(one, waiting), "both queue")
            await connection.execute("commit")
        await asyncio.wait(ringing, timeout=1)

        assert await times(one.journal, OrganisationReinstated) == 1
        for task in ringing:
            task.cancel()


async def _is_two(running: Running, counted: str) -> bool:
    found: int = await running.pool.fetchval(counted)
    return found == 2
