"""What was decided comes to every reader once and in order, whatever becomes of broker, databases and processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition
from structlog.testing import capture_logs

from compact.broker import EmbeddedBroker
from contracts.binding import JournalHead
from contracts.funding import AwardApproved, QuestionAnsweredToAll
from contracts.partners import OrganisationRegistered, PersonErased
from contracts.topics import events_topic, shared_topic
from services.runtime.bus import Bus, Standing
from services.runtime.kafka import consumer, producer
from services.runtime.process import opened, run
from services.runtime.reading import Reading
from services.runtime.relay import Relay
from services.runtime.settings import Settings
from services.runtime.topics import declared_config
from tests.conftest import Infrastructure
from tests.living import Living, living, record, until
from tests.service.sample import (
    OFFICER,
    Sandbox,
    alone,
    caught_up,
    persons,
    received,
    registered,
    sample,
    sent,
    standing,
    started,
)

ALPHA, BETA = sample("alpha"), sample("beta", "alpha")


@pytest.fixture
def sandbox(infrastructure: Infrastructure, tmp_path: Path) -> Sandbox:
    return Sandbox(infrastructure, tmp_path)


def sealed(bid: str) -> AwardApproved:
    return AwardApproved(
        bid_id=bid, programme_id="p", organisation_id="o", amounts=(), rationale=(), decided_by="d", authority=""
    )


@asynccontextmanager
async def own_broker(sandbox: Sandbox) -> AsyncIterator[EmbeddedBroker]:
    """A broker that this test may end; it comes back empty, on the same port."""
    topics = {name(sandbox.place, "alpha"): declared_config(1) for name in (events_topic, shared_topic)}
    broker = EmbeddedBroker(sandbox.directory / "broker", topics=topics)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


async def told(alive: Living) -> str:
    """The code with which a service answers a command now; empty where it was done."""
    answer = await alive.post("/organisations", {"name": "A"}, by=OFFICER)
    return "" if answer.status_code == 201 else str(answer.json()["code"])


async def test_events_are_published_in_order_each_with_its_predecessor_and_private_rows_as_heads(
    sandbox: Sandbox,
) -> None:
    settings = await sandbox.declared("alpha")
    async with living(ALPHA, settings) as alpha:
        await record(alpha.running.journal, [*persons(1), sealed("b1"), registered("o1"), sealed("b2")])
        relays = alpha.running.relays
        await until(lambda: _all_told(relays), "everything is published")

        on_topic = await sandbox.on_topic(settings)
        shared = await sandbox.on_topic(settings, shared_topic)

    events = [one for one in on_topic if one[2] != "compact.journal_head"]
    assert events == [(1, 0, PersonErased.wire), (3, 1, OrganisationRegistered.wire)]
    assert on_topic[-1] == (3, 3, "compact.journal_head")
    assert shared == [(3, 0, OrganisationRegistered.wire)]


async def _all_told(relays: list[Relay]) -> bool:
    return relays[0].head_told == 4 and all([await relay.unpublished() == 0 for relay in relays])


async def test_what_is_published_twice_is_taken_once(sandbox: Sandbox) -> None:
    settings = await sandbox.declared("alpha")
    async with living(ALPHA, settings) as alpha, living(BETA, await sandbox.settings("beta")) as beta:
        await record(alpha.running.journal, persons(1, 2, 3))
        await caught_up(beta, alpha)

        # As an instance that was stopped before it remembered what it had published, and revived.
        parts = alpha.running
        twin = Relay(
            parts.journal, parts.bus, parts.documents, settings, parts.relays[0].topic, ("services", "partners")
        )
        async with producer(settings) as sending:
            await twin._acknowledged(await twin._send(sending, await twin._after(0), 0))
        await until(lambda: _is_agreed(alpha, parts.bus.compared(twin.topic, Standing.AGREED)), "alpha agrees")
        await record(alpha.running.journal, persons(4))
        await caught_up(beta, alpha)

        assert await events_on_topic(sandbox, settings) == [1, 2, 3, 1, 2, 3, 4]
        assert await received(beta) == [1, 2, 3, 4]


async def test_what_another_instance_publishes_during_a_comparison_is_no_sign_of_a_restore(sandbox: Sandbox) -> None:
    settings = await sandbox.declared("alpha")
    async with living(ALPHA, settings) as alpha:
        await record(alpha.running.journal, persons(1))
        await until(lambda: _unpublished(alpha, 0), "published")
        parts, bus = alpha.running, Bus()
        twin = Relay(parts.journal, bus, parts.documents, settings, parts.relays[0].topic, ("services", "partners"))

        async with consumer(settings) as reading:
            reading.assign([TopicPartition(twin.topic, 0)])
            comparing = asyncio.create_task(twin.compare(reading))
            await asyncio.sleep(0)
            for number in (2, 3):
                await record(alpha.running.journal, persons(number))
                await until(lambda: _unpublished(alpha, 0), "published")
            assert not comparing.done()
            await comparing

        assert (bus.standing, bus.reason) == (Standing.AGREED, "")


async def _is_agreed(alpha: Living, _: None) -> bool:
    return alpha.running.bus.standing is Standing.AGREED


async def test_a_service_that_did_not_remember_what_it_published_finds_it_on_the_topic(sandbox: Sandbox) -> None:
    settings = await sandbox.declared("alpha")
    async with living(ALPHA, settings) as alpha:
        await record(alpha.running.journal, persons(1, 2, 3))
        await until(lambda: _unpublished(alpha, 0), "published")
        await alpha.running.pool.execute("delete from ledger.follower where name like 'relay %'")

    async with living(ALPHA, settings) as alpha:
        await record(alpha.running.journal, persons(4))
        await until(lambda: _unpublished(alpha, 0), "published")

        assert await events_on_topic(sandbox, settings) == [1, 2, 3, 4]


async def _unpublished(alive: Living, number: int) -> bool:
    return await alive.running.relays[0].unpublished() == number


async def test_a_broker_that_comes_back_empty_is_given_everything_again(sandbox: Sandbox) -> None:
    async with own_broker(sandbox) as broker:
        settings = await sandbox.settings("alpha", broker=broker.address)
        async with living(ALPHA, settings) as alpha:
            reader = await sandbox.settings("beta", broker=broker.address)
            async with living(BETA, reader) as beta:
                await record(alpha.running.journal, persons(1, 2, 3))
                await caught_up(beta, alpha)

                await broker.stop()
                await record(alpha.running.journal, persons(4, 5))
                assert await told(alpha) in ("", "rules_not_yet_known")
                await broker.start()
                await record(alpha.running.journal, persons(6))
                await caught_up(beta, alpha)

                assert await received(beta) == await sent(alpha) == [1, 2, 3, 4, 5, 6]
                assert alpha.running.bus.standing is Standing.AGREED
            await until(lambda: _on_topic(sandbox, settings, [1, 2, 3, 4, 5, 6]), "everything on the topic again")


async def test_a_topic_that_came_anew_as_long_as_before_is_read_from_its_beginning_once(sandbox: Sandbox) -> None:
    settings = await sandbox.settings("alpha")
    async with living(ALPHA, settings) as alpha, alone(BETA, await sandbox.settings("beta")) as beta:
        await record(alpha.running.journal, persons(1, 2, 3))
        await until(lambda: _on_topic(sandbox, settings, [1, 2, 3]), "three events on the topic")
        (intake,) = beta.running.intakes
        place, moved = TopicPartition(intake.topic, 0), []
        reading = Reading([intake], settings, beta.running.bus)
        async with consumer(settings) as subscribed, consumer(settings) as probe:
            subscribed.assign([place])
            for _ in range(2):
                subscribed.seek(place, 3)
                intake.seen_offset, intake.seen_hash = 3, "what stood there in the topic before"
                reading.looked.clear()
                await reading.look_at(intake, subscribed, probe)
                moved.append((await subscribed.position(place), intake.seen_offset, intake.seen_hash))

    assert moved == [(0, 0, ""), (3, 3, "what stood there in the topic before")]


async def events_on_topic(sandbox: Sandbox, settings: Settings) -> list[int]:
    """The sequence of each event; what a journal tells of its own end comes between them at any time."""
    return [one[0] for one in await sandbox.on_topic(settings) if one[2] != JournalHead.wire]


async def _on_topic(sandbox: Sandbox, settings: Settings, expected: list[int]) -> bool:
    found = await events_on_topic(sandbox, settings)
    return found[-len(expected) :] == expected


async def test_a_broker_that_was_empty_at_the_start_is_given_everything(sandbox: Sandbox) -> None:
    async with own_broker(sandbox) as broker:
        settings = await sandbox.settings("alpha", broker=broker.address)
        async with living(ALPHA, settings) as alpha:
            await record(alpha.running.journal, persons(1, 2, 3))
            await until(lambda: _unpublished(alpha, 0), "published")
        await broker.stop()
        await broker.start()

        async with living(ALPHA, settings):
            await until(lambda: _on_topic(sandbox, settings, [1, 2, 3]), "everything on the topic again")


async def test_a_topic_that_is_shorter_than_the_journal_is_filled_from_the_first_missing_one(
    sandbox: Sandbox,
) -> None:
    async with own_broker(sandbox) as broker:
        settings = await sandbox.settings("alpha", broker=broker.address)
        async with living(ALPHA, settings) as alpha:
            await record(alpha.running.journal, persons(1, 2))
            await until(lambda: _unpublished(alpha, 0), "published")
            await alpha.running.pool.execute("truncate ledger.follower")
        async with started(ALPHA, settings.model_copy(update={"kafka": "127.0.0.1:1"})) as alpha:
            await record(alpha.running.journal, persons(3, 4))
        async with living(ALPHA, settings) as alpha:
            await until(lambda: _unpublished(alpha, 0), "published")

            assert await events_on_topic(sandbox, settings) == [1, 2, 3, 4]


async def test_a_service_restored_behind_the_bus_takes_no_command_from_its_start_on(sandbox: Sandbox) -> None:
    settings = await sandbox.declared("alpha")
    async with living(ALPHA, settings) as alpha:
        await record(alpha.running.journal, standing(sandbox.place, OFFICER))
        await until(lambda: _unpublished(alpha, 0), "published")
    backup = await sandbox.copy(settings.dsn)
    async with living(ALPHA, settings) as alpha:
        assert await told(alpha) == ""
        await until(lambda: _unpublished(alpha, 0), "published")
    await sandbox.restore(settings.dsn, backup)

    async with started(ALPHA, settings) as alpha:
        await until(lambda: _is_behind(alpha), "alpha is behind")

        assert await told(alpha) == "restored_behind_the_bus"
        assert await alpha.types() == ["partners.rules_adopted", "partners.office_holder_appointed"]
        ready = await alpha.get("/health/ready")
        assert ready.status_code == 503


async def test_a_service_that_recorded_something_else_after_it_was_restored_is_found_by_the_hashes(
    sandbox: Sandbox,
) -> None:
    settings = await sandbox.declared("alpha")
    backup = await sandbox.copy(settings.dsn)
    async with living(ALPHA, settings) as alpha:
        await record(alpha.running.journal, persons(1, 2))
        await until(lambda: _unpublished(alpha, 0), "published")
    await sandbox.restore(settings.dsn, backup)
    async with alone(ALPHA, settings) as alpha:
        await record(alpha.running.journal, persons(3, 4, 5))

    async with started(ALPHA, settings) as alpha:
        await until(lambda: _is_behind(alpha), "alpha is behind")

        assert "another event at position 1" in alpha.running.bus.reason


async def test_a_service_restored_behind_the_bus_while_it_runs_takes_no_command(sandbox: Sandbox) -> None:
    settings = await sandbox.declared("alpha")
    async with living(ALPHA, settings) as alpha:
        await record(alpha.running.journal, standing(sandbox.place, OFFICER))
        await until(lambda: _unpublished(alpha, 0), "published")
    backup = await sandbox.copy(settings.dsn)
    async with living(ALPHA, settings) as alpha:
        assert await told(alpha) == ""
        await until(lambda: _unpublished(alpha, 0), "published")

        answers: list[str] = []
        await sandbox.restore(settings.dsn, backup, meanwhile=lambda: _tell(alpha, answers))
        await _tell(alpha, answers)
        await until(lambda: _is_behind(alpha), "alpha is behind")

        assert await told(alpha) == "restored_behind_the_bus"
        assert answers[0] == "database_unreachable"
        assert "" not in answers
        assert len(await alpha.types()) == 2


async def test_a_route_that_looks_into_the_database_itself_says_that_it_is_away(sandbox: Sandbox) -> None:
    settings = await sandbox.declared("alpha")
    async with living(ALPHA, settings) as alpha:
        await record(alpha.running.journal, standing(sandbox.place, OFFICER))
        await until(lambda: _unpublished(alpha, 0), "published")
    backup = await sandbox.copy(settings.dsn)
    async with living(ALPHA, settings) as alpha:
        answers = [(await alpha.get("/look", by=OFFICER)).status_code]

        async def look() -> None:
            for _ in range(20):
                answer = await alpha.get("/look", by=OFFICER)
                answers.append(answer.status_code)
                assert answer.json()["code"] == "database_unreachable"

        await sandbox.restore(settings.dsn, backup, meanwhile=look)

    assert answers == [200] + [503] * 20


async def _tell(alive: Living, answers: list[str]) -> None:
    answers.append(await told(alive))


async def _is_behind(alive: Living) -> bool:
    return alive.running.bus.standing is Standing.BEHIND


async def test_a_service_restored_only_behind_its_own_private_rows_is_found_by_their_heads(sandbox: Sandbox) -> None:
    settings = await sandbox.declared("alpha")
    async with living(ALPHA, settings) as alpha:
        await record(alpha.running.journal, persons(1))
        await until(lambda: _unpublished(alpha, 0), "published")
    backup = await sandbox.copy(settings.dsn)
    async with living(ALPHA, settings) as alpha:
        await record(alpha.running.journal, [sealed("b1")])
        await until(lambda: _head_told(alpha, 2), "the head is told")
    await sandbox.restore(settings.dsn, backup)

    async with started(ALPHA, settings) as alpha:
        await until(lambda: _is_behind(alpha), "alpha is behind")


async def _head_told(alive: Living, position: int) -> bool:
    return alive.running.relays[0].head_told == position


async def test_a_reader_restored_to_earlier_reads_again_exactly(sandbox: Sandbox) -> None:
    reader = await sandbox.settings("beta")
    async with living(ALPHA, await sandbox.declared("alpha")) as alpha:
        async with living(BETA, reader) as beta:
            await record(alpha.running.journal, persons(1, 2))
            await caught_up(beta, alpha)
        backup = await sandbox.copy(reader.dsn)
        async with living(BETA, reader) as beta:
            await record(alpha.running.journal, persons(3, 4))
            await caught_up(beta, alpha)
            before = await beta.running.pool.fetch("select sequence, id, type, tags, data from ledger.journal")
        await sandbox.restore(reader.dsn, backup)

        async with living(BETA, reader) as beta:
            await record(alpha.running.journal, persons(5))
            await caught_up(beta, alpha)

            again = await beta.running.pool.fetch("select sequence, id, type, tags, data from ledger.journal")
            assert again[:4] == before
            assert await received(beta) == [1, 2, 3, 4, 5]


async def test_two_instances_of_a_service_of_which_one_is_cut_off_and_revived_publish_and_read_as_one(
    sandbox: Sandbox,
) -> None:
    writer, reader = await sandbox.declared("alpha"), await sandbox.settings("beta")
    async with living(ALPHA, writer) as alpha, living(BETA, reader) as beta:
        async with opened(ALPHA, writer) as other, opened(BETA, reader) as other_reader:
            tasks = [asyncio.create_task(run(one)) for one in (other, other_reader)]
            await other.bus.agreed.wait()
            for n in range(20):
                await asyncio.gather(*(record(one, persons(n)) for one in (alpha.running.journal, other.journal)))
            for task in tasks:  # in the middle of it, without a chance to put anything away
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            tasks = [asyncio.create_task(run(one)) for one in (other, other_reader)]
            await record(alpha.running.journal, persons(20))
            await caught_up(beta, alpha)
            for one in (other, other_reader):
                one.stopping.set()
            await asyncio.gather(*tasks)
        await record(alpha.running.journal, persons(21))
        await caught_up(beta, alpha)

        assert await received(beta) == await sent(alpha) == list(range(1, 43))


async def test_a_document_can_be_read_by_all_before_the_event_that_opens_it_is_published(sandbox: Sandbox) -> None:
    settings = await sandbox.declared("alpha")
    async with living(ALPHA, settings) as alpha, living(BETA, await sandbox.settings("beta")) as beta:
        there, late = [await alpha.running.documents.put(name, "text/plain", b"Answer") for name in ("d1", "d2")]
        away = sandbox.directory / "d2"
        (Path(settings.documents) / "alpha" / "d2").rename(away)
        await record(alpha.running.journal, [_answered(there)])
        await caught_up(beta, alpha)
        opened_first = await beta.running.documents.opened(there)

        with capture_logs() as lines:
            await record(alpha.running.journal, [_answered(late), *persons(1)])
            await until(lambda: _logged(lines, "document_not_opened"), "the document was looked for")
        waited = await received(beta)
        away.rename(Path(settings.documents) / "alpha" / "d2")
        await caught_up(beta, alpha)

        assert opened_first == await beta.running.documents.opened(late) == b"Answer"
        assert waited == [1]
        assert await received(beta) == [1, 2, 3]


async def _logged(lines: Sequence[Any], event: str) -> bool:
    return event in [line["event"] for line in lines]


def _answered(document: object) -> QuestionAnsweredToAll:
    return QuestionAnsweredToAll.model_construct(
        question_id="q", programme_id="p", question=document, answer=document, opens=(document,)
    )


async def test_what_opened_a_document_that_was_erased_since_is_published_again_all_the_same(
    sandbox: Sandbox,
) -> None:
    async with own_broker(sandbox) as broker:
        settings = await sandbox.settings("alpha", broker=broker.address)
        async with living(ALPHA, settings) as alpha:
            there = await alpha.running.documents.put("d1", "text/plain", b"Answer")
            await record(alpha.running.journal, [_answered(there)])
            await until(lambda: _unpublished(alpha, 0), "published")
            await alpha.running.documents.erase("d1")
        await broker.stop()
        await broker.start()

        async with living(ALPHA, settings):
            await until(lambda: _on_topic(sandbox, settings, [1]), "published again")


async def test_nothing_is_decided_before_the_journal_was_compared_with_the_bus(sandbox: Sandbox) -> None:
    settings = await sandbox.settings("alpha", broker="127.0.0.1:1")
    async with started(ALPHA, settings) as alpha:
        await record(alpha.running.journal, standing(sandbox.place, OFFICER))

        assert await told(alpha) == "bus_not_yet_compared"
