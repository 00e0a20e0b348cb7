"""Every published fact enters a reader's journal once and in its publisher's order, or is held with its reason."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.binding import JournalHead
from contracts.envelope import Event
from contracts.partners import OrganisationReinstated, PersonErased
from services.runtime.bus import Standing
from services.runtime.held import CannotSettle, Settlement, listed, settle
from services.runtime.intake import Forked, Intake
from services.runtime.process import opened
from services.runtime.running import Running
from tests.conftest import Infrastructure
from tests.living import until
from tests.service.sample import Sandbox, Sent, chain_of, digest_of, raw, sample


@dataclass
class Reader:
    """One service that reads the topic of `alpha`, fed by hand."""

    running: Running
    sandbox: Sandbox
    offset: int = 0

    @property
    def intake(self) -> Intake:
        return self.running.intakes[0]

    def sent(self, *events: Event) -> list[Sent]:
        return chain_of(self.sandbox.place, *events)

    async def take(self, *messages: Sent | Any) -> None:
        """The messages as one batch, at the offsets that follow."""
        records = []
        for message in messages:
            records.append(message.record(self.offset) if isinstance(message, Sent) else message)
            self.offset += 1
        await self.intake.take(records)

    async def received(self) -> list[tuple[int, str]]:
        """Sequence and content of what was received, in the order of the journal."""
        rows = await self.running.pool.fetch(
            "select sequence, data from ledger.journal where audience = 'received' order by position"
        )
        return [(row["sequence"], row["data"].decode()) for row in rows]

    async def sequences(self) -> list[int]:
        return [sequence for sequence, _ in await self.received()]

    async def held(self) -> list[tuple[int | None, str]]:
        return [(one["sequence"], one["reason"]) for one in await listed(self.running)]

    async def types(self) -> list[str]:
        rows = await self.running.pool.fetch("select type from ledger.journal order by position")
        return [row["type"].split(".")[-1] for row in rows]

    async def settle(self, state: str, held_id: str) -> int:
        return await settle(self.running, Settlement(state, held_id, "auditor-1", "read after all"))


@pytest.fixture
async def beta(infrastructure: Infrastructure, tmp_path: Path) -> AsyncIterator[Reader]:
    sandbox = Sandbox(infrastructure, tmp_path)
    async with opened(sample("beta", "alpha"), await sandbox.settings("beta")) as running:
        for topic in running.bus.topics:
            running.bus.compared(topic, Standing.AGREED)
        yield Reader(running, sandbox)


def persons(*names: str) -> list[PersonErased]:
    return [PersonErased(person_id=name) for name in names]


BROKEN = b'{"person_id": 7}'


async def test_a_repeat_is_skipped(beta: Reader) -> None:
    one, two = beta.sent(*persons("1", "2"))

    await beta.take(one, one, two, one)
    await beta.take(two, one, two)

    assert await beta.sequences() == [1, 2]


async def test_reordered_messages_are_taken_in_order(beta: Reader) -> None:
    zero, one, two = beta.sent(*persons("1", "2", "3"))

    await beta.take(zero, two, one, two)

    assert await beta.sequences() == [1, 2, 3]


async def test_a_gap_is_never_jumped(beta: Reader) -> None:
    zero, _, two, three = beta.sent(*persons("1", "2", "3", "4"))

    await beta.take(zero, two)
    await beta.take(three)

    assert await beta.sequences() == [1]
    assert beta.intake.state == "gap"


async def test_a_gap_remains_one_until_it_was_read_again(beta: Reader) -> None:
    """The missing one arrives in a batch of its own, and what came before it must not be passed over."""
    zero, one, two = beta.sent(*persons("1", "2", "3"))

    await beta.take(zero, two)
    await beta.take(one)

    assert beta.intake.state == "gap"
    assert await beta.running.pool.fetchval("select next_offset from ledger.reader") == 1


async def test_a_head_of_which_the_events_were_not_seen_is_a_gap(beta: Reader) -> None:
    (one,) = beta.sent(*persons("1"))
    head = JournalHead(journal="x", position=9, hash=digest_of(9))

    await beta.take(one, Sent(beta.sandbox.place, 5, 5, head))

    assert beta.intake.state == "gap"


async def test_a_head_is_kept_as_a_witness(beta: Reader) -> None:
    (one,) = beta.sent(*persons("1"))
    heads = [JournalHead(journal="x", position=position, hash=digest_of(2)) for position in (2, 10**30)]

    await beta.take(one, *(Sent(beta.sandbox.place, 1, 1, head) for head in heads))

    rows = await beta.running.pool.fetch("select source, position, hash from ledger.witness")
    assert [tuple(row) for row in rows] == [(f"/{beta.sandbox.place}/alpha", 2, bytes.fromhex(digest_of(2)))]
    assert await beta.sequences() == [1]


async def test_a_fork_stops_the_reading(beta: Reader) -> None:
    one, two = beta.sent(*persons("1", "2"))
    await beta.take(one, two)

    with pytest.raises(Forked):
        await beta.take(two.but(hash=digest_of(2, "another")))

    assert beta.intake.state == "forked"
    assert await beta.sequences() == [1, 2]


async def test_a_fork_within_a_batch_stops_the_reading(beta: Reader) -> None:
    one, two = beta.sent(*persons("1", "2"))

    with pytest.raises(Forked):
        await beta.take(one, two, two.but(hash=digest_of(2, "another")))

    assert await beta.sequences() == []


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_fork_of_a_held_message_stops_the_reading(beta: Reader, at_once: bool) -> None:
    one, two = beta.sent(*persons("1", "2"))
    held, other = one.but(value=BROKEN), one.but(value=BROKEN, hash=digest_of(1, "another"))
    await beta.take(held, two)

    with pytest.raises(Forked):
        await (beta.take(other) if not at_once else beta.take(held, other))


POISON: dict[str, dict[str, Any]] = {
    "no JSON": {"value": b"{"},
    "no text": {"value": b"\xff\xfe\x00"},
    "another schema": {"value": BROKEN},
    "a list": {"value": b"[]"},
    "over 256 KiB": {"value": b'{"person_id":"2","more":"' + b"a" * 262_144 + b'"}'},
    "a NUL": {"value": b'{"person_id":"2","more":"\\u0000"}'},
    "a number no table can keep": {"value": b'{"person_id":"2","more":' + b"9" * 30 + b"}"},
    "nested too deep": {"value": b"[" * 200_000, "type": "alpha.never_heard_of"},
    "unknown and no JSON": {"value": b"nonsense", "type": "alpha.never_heard_of"},
    "compressed": {"value": gzip.compress(b"{}")},
    "an id that was taken": {"id": "id-1"},
    "a tag with a blank": {"tags": ("person:2", "person:a b")},
    "a tag with a line break": {"tags": ("person:2", "person:a\nb")},
    "a tag with a NUL": {"tags": ("person:2", "person:a\x00b")},
}


@pytest.mark.parametrize("kind", POISON)
async def test_poison_in_the_middle_of_a_batch_is_held_and_everything_else_flows(beta: Reader, kind: str) -> None:
    events = persons("1", "2", "3", "2", "4")
    one, two, three, again, four = beta.sent(*events)

    await beta.take(one, two.but(**POISON[kind]), three, again, four)

    assert await beta.sequences() == [1, 3, 5]
    (first, reason), (second, behind) = await beta.held()
    assert (first, second, behind) == (2, 4, "an earlier one is held")
    assert reason
    assert "2" not in reason.replace("256 KiB", "").replace("262144", "").replace("262171", "")
    assert await beta.types() == ["person_erased", "message_held", "person_erased", "message_held", "person_erased"]


RUBBISH = [
    raw(0, b"k", b"\x00\xff", ()),
    raw(0, None, None, ()),
    raw(0, None, b"{}", (("ce_id", b"\xff"), ("\ud800", b""))),
    raw(0, b"", b"{}", (("x" * 3000, b"y" * 3000),)),
    raw(0, b"", b"{}", (("ce_id", None),)),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("number", range(len(RUBBISH)))
async def test_rubbish_is_held_once_and_everything_flows(beta: Reader, number: int) -> None:
    one, two = beta.sent(*persons("1", "2"))

    await beta.take(one, RUBBISH[number], two, RUBBISH[number])
    await beta.take(RUBBISH[number])

    assert await beta.sequences() == [1, 2]
    assert [sequence for sequence, _ in await beta.held()] == [None]


async def test_a_message_of_a_foreign_source_is_held(beta: Reader) -> None:
    one, two = beta.sent(*persons("1", "2"))

    await beta.take(one, two.but(publisher="gamma"), two)

    assert await beta.sequences() == [1, 2]
    assert [reason.startswith("ce_source") for _, reason in await beta.held()] == [True]


async def test_a_type_that_is_not_known_here_is_kept_as_it_came(beta: Reader) -> None:
    one, two = beta.sent(*persons("1", "2"))

    await beta.take(one.but(type="alpha.never_heard_of", value=b'{"a": 1.50}'), two)

    assert await beta.received() == [(1, '{"a": 1.50}'), (2, '{"person_id":"2"}')]


async def test_what_is_received_stands_as_it_was_written(beta: Reader) -> None:
    (one,) = beta.sent(OrganisationReinstated(organisation_id="ö"))
    one = one.but(value=b'{ "organisation_id" : "\xc3\xb6", "added_later": 1 }')

    await beta.take(one)

    row = await beta.running.pool.fetchrow("select * from ledger.journal")
    assert (row["data"], row["tags"], row["origin_hash"].hex()) == (one.value, ["organisation:ö"], digest_of(1))


async def held_ids(beta: Reader) -> list[str]:
    return [one["held_id"] for one in await listed(beta.running)]


async def test_a_released_message_and_those_behind_it_enter_in_their_old_order(beta: Reader) -> None:
    one, two, three, four = beta.sent(*persons("1", "1", "2", "1"))
    await beta.take(one.but(value=BROKEN), two, three, four)
    await beta.running.pool.execute("update ledger.held set value = $1 where sequence = 1", b'{"person_id":"1"}')

    await beta.settle("released", (await held_ids(beta))[0])

    assert await beta.sequences() == [3, 1, 2, 4]
    assert (await beta.types())[-1] == "message_released"
    row = await beta.running.pool.fetchrow("select actor, data from ledger.journal order by position desc limit 1")
    assert (row["actor"], json.loads(row["data"])["reason"]) == ("auditor-1", "read after all")


async def test_a_discarded_message_never_enters_and_those_behind_it_do(beta: Reader) -> None:
    one, two, three = beta.sent(*persons("1", "1", "2"))
    await beta.take(one.but(value=BROKEN), two, three)

    await beta.settle("discarded", (await held_ids(beta))[0])
    await beta.take(one.but(value=BROKEN), two, three)

    assert await beta.sequences() == [3, 2]
    assert (await beta.types())[-1] == "message_discarded"
    assert await held_ids(beta) == []


async def test_what_still_cannot_be_read_is_not_released(beta: Reader) -> None:
    (one,) = beta.sent(*persons("1"))
    await beta.take(one.but(value=BROKEN), RUBBISH[0])

    for held_id in await held_ids(beta):
        with pytest.raises(CannotSettle):
            await beta.settle("released", held_id)

    assert len(await held_ids(beta)) == 2


async def test_what_stands_behind_another_is_not_settled_first(beta: Reader) -> None:
    one, two = beta.sent(*persons("1", "1"))
    await beta.take(one.but(value=BROKEN), two)

    with pytest.raises(CannotSettle):
        await beta.settle("released", (await held_ids(beta))[1])


async def test_a_second_unreadable_message_of_a_subject_stands_in_the_way_after_the_first_is_settled(
    beta: Reader,
) -> None:
    one, two, three, four = beta.sent(*persons("1", "1", "1", "1"))
    await beta.take(one.but(value=BROKEN), two, three.but(value=BROKEN), four)

    await beta.settle("discarded", (await held_ids(beta))[0])
    after_the_first = await beta.sequences()
    await beta.settle("discarded", (await held_ids(beta))[0])

    assert after_the_first == [2]
    assert await beta.sequences() == [2, 4]
    assert await held_ids(beta) == []


async def test_after_a_release_later_messages_of_the_subject_flow(beta: Reader) -> None:
    one, two, three = beta.sent(*persons("1", "1", "1"))
    await beta.take(one.but(value=BROKEN), two)

    await beta.settle("discarded", (await held_ids(beta))[0])
    await beta.take(three)

    assert await beta.sequences() == [2, 3]
    assert await held_ids(beta) == []


@pytest.mark.parametrize("first", ["the message", "the release"])
async def test_a_message_that_arrives_during_a_release_is_not_left_behind(beta: Reader, first: str) -> None:
    one, two = beta.sent(*persons("1", "1"))
    await beta.take(one.but(value=BROKEN))
    (held_id,) = await held_ids(beta)
    pool = beta.running.pool
    steps = {"receive": lambda: beta.take(two), "settle_held": lambda: beta.settle("discarded", held_id)}
    order = ["receive", "settle_held"] if first == "the message" else ["settle_held", "receive"]

    # Both have looked before either writes: the journal's head is held until they queue for it.
    async with pool.acquire() as connection:
        await connection.execute("begin; select from ledger.head for update")
        tasks = []
        for step in order:
            tasks.append(asyncio.create_task(steps[step]()))
            blocked = (
                f"select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%ledger.{step}(%'"
            )
            await until(partial(pool.fetchval, blocked), f"{step} queues")
        await connection.execute("commit")
    await asyncio.gather(*tasks)

    assert await beta.sequences() == [2]
    assert await held_ids(beta) == []


async def test_two_instances_take_every_message_once(beta: Reader) -> None:
    messages = beta.sent(*persons(*(str(n) for n in range(40))))
    broken = [one.but(value=BROKEN) if one.sequence % 10 == 3 else one for one in messages]
    records = [one.record(offset) for offset, one in enumerate(broken)]
    records.insert(5, RUBBISH[0])
    other = Intake(beta.running.journal, "alpha", beta.running.now, beta.running.bus)
    await asyncio.gather(beta.intake.load(), other.load())

    async def take_all(intake: Intake) -> None:
        for start in range(0, len(records), 4):
            await intake.take(records[start : start + 4])

    await asyncio.gather(take_all(beta.intake), take_all(other))

    assert await beta.sequences() == [n for n in range(1, 41) if n % 10 != 3]
    assert {sequence for sequence, _ in await beta.held()} == {None, 3, 13, 23, 33}


@st.composite
def deliveries(draw: st.DrawFn) -> list[list[int]]:
    """Batches of sequences as a broken-hearted broker might deliver them, the last of them whole and in order."""
    total = draw(st.integers(1, 6))
    batches = draw(st.lists(st.lists(st.integers(1, total), max_size=6), max_size=5))
    return [one for one in batches if one] + [list(range(1, total + 1))]


@given(deliveries())
@settings(
    max_examples=40, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)  # fmt: skip
async def test_however_messages_are_delivered_they_are_taken_once_and_in_order(
    beta: Reader, batches: list[list[int]]
) -> None:
    await beta.running.pool.execute(
        "truncate ledger.journal, ledger.tagged, ledger.reader; update ledger.head set position = 0"
    )
    beta.running.journal.forget(0)
    beta.intake.state, beta.intake.known = "starting", type(beta.intake.known)()
    messages = dict(enumerate(beta.sent(*persons(*"123456")), 1))
    expected: list[int] = []

    for batch in batches:
        await beta.take(*(messages[n] for n in batch))
        for n in batch:
            if n == len(expected) + 1:
                expected.append(n)
        assert await beta.sequences() == expected

    assert expected == list(range(1, max(batches[-1]) + 1))
