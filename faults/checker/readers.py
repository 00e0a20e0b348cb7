"""Every published event stands exactly once, in order, with its hash, in the journal of each service that reads it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from faults.checker.published import readers_of
from faults.checker.stores import Case, Row

RULE = "reader_holds_once"
SAME = ("id", "type", "time", "actor", "role", "onbehalfof", "correlationid", "causationid", "tags", "knew", "data")
TAKEN = (
    "select position, sequence, origin_hash, id, type, time, actor, role, onbehalfof, correlationid, causationid, tags,"
    " knew, data from ledger.journal where source = $1 and audience = 'received' and sequence > $2 and sequence <= $3"
    " order by position"
)


@dataclass
class Reader:
    """One service's reading of another's events."""

    case: Case
    name: str
    publisher: str
    last: int = 0
    """The reader's own position of what was taken last."""

    def say(self, what: str) -> None:
        """Note a violation."""
        self.case.report.say(RULE, self.name, f"{self.publisher}'s {what}")

    async def check(self) -> None:
        """Hold what was taken against what was published, page by page."""
        held = await self._held()
        upto = 0
        async for rows in self.case.pages(self.publisher, "*", "audience in ('services', 'partners')"):
            await self._hold({row["position"]: row for row in rows}, upto, rows[-1]["position"], held)
            upto = rows[-1]["position"]
        await self._hold({}, upto, 2**62, held)
        await self._check_position(upto)

    async def _held(self) -> dict[int, str]:
        """What was held aside, by the publisher's position: held, released or discarded."""
        topic = f"{self.case.evidence.place}.{self.publisher}.events"
        rows = await self.case.rows(
            self.name, "select sequence, state from ledger.held where topic = $1 and sequence is not null", topic
        )
        self.case.report.counts["messages held"] += len(rows)
        return {row["sequence"]: row["state"] for row in rows}

    async def _hold(self, published: dict[int, Row], after: int, upto: int, held: dict[int, str]) -> None:
        taken = defaultdict(list)
        for row in await self.case.rows(self.name, TAKEN, self.case.source(self.publisher), after, upto):
            taken[row["sequence"]].append(row)
        for position in sorted(published.keys() | taken.keys()):
            self._check(position, published.get(position), taken[position], held.get(position, ""))

    def _check(self, position: int, row: Row | None, taken: list[Row], held: str) -> None:
        if row is None:
            self.say(f"position {position} was taken, but never published")
        elif not taken and held not in ("held", "discarded"):
            self.say(f"position {position} ({row['type']}) was not taken")
        elif len(taken) > 1:
            self.say(f"position {position} ({row['type']}) was taken {len(taken)} times")
        elif taken:
            self._check_taken(position, row, taken[0], held)

    def _check_taken(self, position: int, row: Row, taken: Row, held: str) -> None:
        differing = [name for name in SAME if taken[name] != row[name]]
        differing += ["hash"] if taken["origin_hash"] != row["hash"] else []
        if differing:
            self.say(f"position {position} ({row['type']}) was taken with another {', '.join(differing)}")
        if held == "released":
            return
        if taken["position"] < self.last:
            self.say(f"position {position} ({row['type']}) was taken out of its order")
        self.last = max(self.last, taken["position"])

    async def _check_position(self, upto: int) -> None:
        topic = f"{self.case.evidence.place}.{self.publisher}.events"
        stands = await self.case.value(self.name, "select sequence from ledger.reader where topic = $1", topic)
        if (stands or 0) != upto:
            self.say(f"topic was read to {stands or 0}, and published to {upto}")


async def check_readers(case: Case, service: str) -> None:
    """Everybody who reads what this service publishes."""
    for reader in readers_of(service, case.kinds):
        if reader in case.databases:
            await Reader(case, reader, service).check()
