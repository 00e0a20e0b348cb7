"""Every event is on exactly the topics that its audience names, in order and as the journal has it; heads are true."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from faults.checker.lost import is_known, is_lost
from faults.checker.published import AUDIENCES
from faults.checker.records import HEAD, Published, differences, published, read_all, topics_of
from faults.checker.stores import PAGE, Case, Row

RULE = "topics_hold_their_audience"


@dataclass
class Topic:
    """One topic and how far it was held against its publisher's journal."""

    case: Case
    name: str
    seen: int = 0
    """The last position that stood on the topic for the first time."""
    standing: int = 0
    """The last position that had to stand there and was looked for."""

    @property
    def publisher(self) -> str:
        """The service whose topic it is."""
        return self.name.split(".")[-2]

    @property
    def audiences(self) -> tuple[str, ...]:
        """Whose events stand on it; nobody's on a topic that is not declared."""
        return AUDIENCES.get(self.name.rpartition(".")[2], ())

    def say(self, what: str, rule: str = RULE) -> None:
        """Note a violation."""
        self.case.report.say(rule, self.publisher, f"{self.name}, {what}")

    async def follow(self, stands: bool, lock: asyncio.Lock) -> None:
        """Read the topic, where it stands, to its end; the databases answer one question at a time."""
        if stands:
            async for records in read_all(self.case.evidence, self.name):
                async with lock:
                    await self.take(records)
        async with lock:
            await self.end()

    async def take(self, records: Iterable[object]) -> None:
        """Hold a batch of records against the journal."""
        source = self.case.source(self.publisher)
        found = [(record, published(record, source)) for record in records]
        ours = [one for _, one in found if one]
        heads = {one.offset: told for one in ours if one.kind == HEAD and (told := _head(one))}
        events = [one for one in ours if one.kind != HEAD]
        rows = await self.case.at(
            self.publisher, [one.sequence for one in events] + [position for position, _ in heads.values()]
        )
        for offset, (position, digest) in heads.items():
            self._check_head(offset, position, digest, rows)
        expected = await self._expected(max([one.sequence for one in events], default=0))
        expected = sorted({*expected, *(at for at, row in rows.items() if at > self.standing and is_lost(row))})
        for event in events:
            self._check_event(event, rows.get(event.sequence))
            self._check_order(event, expected)
        await self._check_foreign([record for record, one in found if one is None])
        self.case.report.counts["records"] += len(found)

    async def _expected(self, upto: int, many: int | None = None) -> list[int]:
        rows = await self.case.rows(
            self.publisher,
            "select position from ledger.journal where position > $1 and position <= $2 and audience = any ($3)"
            " order by position limit $4",
            self.standing, upto, list(self.audiences), many,
        )  # fmt: skip
        return [row["position"] for row in rows]

    def _check_event(self, event: Published, row: Row | None) -> None:
        at = f"offset {event.offset}: position {event.sequence}"
        if row is None:
            self.say(f"{at} is not in the journal")
        elif is_lost(row):
            self.say(f"{at} is marked lost, but stands here", "lost_rows_named")
        elif row["audience"] not in self.audiences:
            self.say(f"{at} ({row['type']}) is {row['audience']} and does not belong here")
        elif differing := differences(event, row):
            self.say(f"{at} ({row['type']}) is not what the journal says: {', '.join(differing)}")

    def _check_order(self, event: Published, expected: list[int]) -> None:
        """A first occurrence comes right after what must stand before it, and says so; repetitions may follow.

        A broker that came back empty takes what was on its way before all else is published again: that record is
        ahead of a gap, no reader takes it, and it has to stand in its place as well.
        """
        if event.sequence <= self.seen:
            return
        due = [position for position in expected if self.standing < position < event.sequence]
        if due and event.previous == due[-1] and self.case.evidence.emptied:
            self.case.report.counts["records ahead of a gap"] += 1
            return
        self.seen = event.sequence
        before = due[-1] if due else self.standing
        for position in due:
            self.say(f"offset {event.offset}: position {position} does not stand before {event.sequence}")
        if event.sequence in expected:
            self.standing = event.sequence
            if event.previous != before:
                self.say(
                    f"offset {event.offset}: position {event.sequence} says it follows {event.previous}, not {before}"
                )

    def _check_head(self, offset: int, position: int, digest: str, rows: dict[int, Row]) -> None:
        row = rows.get(position)
        if row is None:
            self.say(f"offset {offset}: a head at {position} is told that is not in the journal", "head_told")
        elif row["hash"].hex() != digest and not (is_lost(row) and not is_known(row["hash"])):
            self.say(f"offset {offset}: the head told at {position} has another hash than the journal", "head_told")

    async def _check_foreign(self, records: list[object]) -> None:
        """What is nobody's event may be rubbish, but not something private."""
        values = [value for record in records if (value := getattr(record, "value", b""))]
        self.case.report.counts["foreign records"] += len(records)
        if not values:
            return
        for service in self.case.databases:
            leaked = await self.case.rows(
                service, "select position, type from ledger.journal where audience = 'private' and data = any ($1)",
                values,
            )  # fmt: skip
            for row in leaked:
                self.say(f"a record repeats what is private to {service} at position {row['position']} ({row['type']})")

    async def end(self) -> None:
        """What had to stand on the topic and never came."""
        while missing := await self._expected(2**62, PAGE):
            for position in missing:
                self.say(f"position {position} is not there")
            self.standing = missing[-1]


def _head(record: Published) -> tuple[int, str] | None:
    with suppress(ValueError, KeyError, TypeError):
        told = json.loads(record.value)
        return int(told["position"]), str(told["hash"])
    return None


async def check_topics(case: Case) -> None:
    """Read every topic of the place and hold it against the journals."""
    place = case.evidence.place
    declared = {f"{place}.{service}.{last}" for service in case.databases for last in AUDIENCES}
    standing = await topics_of(case.evidence)
    topics = {name: Topic(case, name) for name in sorted(declared | {*standing}) if name.count(".") == 2}
    topics = {name: topic for name, topic in topics.items() if topic.publisher in case.databases}
    one_at_a_time = asyncio.Lock()
    await asyncio.gather(*(topic.follow(topic.name in standing, one_at_a_time) for topic in topics.values()))


async def check_heads(case: Case, service: str) -> None:
    """What readers were told of a journal's head is what the journal has."""
    source = case.source(service)
    for reader in case.databases:
        after = 0
        while told := await case.rows(
            reader, "select position, hash from ledger.witness where source = $1 and position > $2"
            " order by position limit $3", source, after, PAGE,
        ):  # fmt: skip
            after = told[-1]["position"]
            rows = await case.at(service, [one["position"] for one in told])
            for one in told:
                _hold(case, service, reader, one, rows.get(one["position"]))


def _hold(case: Case, service: str, reader: str, told: Row, row: Row | None) -> None:
    if row is not None and row["hash"] != told["hash"] and not (is_lost(row) and not is_known(row["hash"])):
        case.report.say("head_told", service, f"{reader} was told another hash of position {told['position']}")
