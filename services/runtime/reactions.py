"""Guarantee: a reaction issues its command once per event, from its first deployment on; history never fires it.

A reaction ends as done, already so, or refused (all kept under its key), or it waits for a fact that its decision's
query covers, or it failed: then later events of the same subject wait behind it, and after three subjects in a row the
reaction stops until the process starts again. Replay never runs reactions.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import structlog

from contracts.envelope import Event
from services.runtime import observability
from services.runtime.bus import Bus, NotReady
from services.runtime.decisions import Actor, Command, Recorded
from services.runtime.documents import DocumentAbsent
from services.runtime.follower import TRANSIENT, pause, until_moved
from services.runtime.journal import Journal, RequestKey, RestoredBehind, decode
from services.runtime.unit import Answered, Busy, Outcome, Unit

log = structlog.get_logger()
G = TypeVar("G", bound=Callable[..., Any])
C = TypeVar("C", bound=Command)
Handler = Callable[[Unit, Any], Awaitable[Outcome]]
RETRY: tuple[type[BaseException], ...] = (*TRANSIENT, NotReady, Busy, DocumentAbsent, RestoredBehind)
SYSTEM = "system"


@dataclass(frozen=True)
class Act:
    """Who acts when the system does, at which business time, and the ids of what it makes."""

    actor: Actor
    now: datetime
    seed: str

    def new_id(self, kind: str) -> str:
        """An id that is the same whenever this reaction to this event is run again."""
        return derived_id(f"{self.seed} {kind}")


def derived_id(seed: str) -> str:
    """A UUID (version 8) made from a seed alone."""
    digest = bytearray(hashlib.sha256(seed.encode()).digest()[:16])
    digest[6], digest[8] = (digest[6] & 0x0F) | 0x80, (digest[8] & 0x3F) | 0x80
    return str(uuid.UUID(bytes=bytes(digest)))


@dataclass(frozen=True)
class Reaction:
    """One reaction: its name, what it makes of an event, and the handler that takes its command."""

    name: str
    commands: Callable[[Any, Act], Any]
    handler: Handler


class Reactions:
    """The whole routing of what a service does about events, its own and others'."""

    def __init__(self) -> None:
        self.by_type: dict[str, list[Reaction]] = {}

    def to(self, kind: type[Event], handler: Callable[[Unit, C], Awaitable[Outcome]]) -> Callable[[G], G]:
        """Register a reaction to an event class: `(Recorded[Kind], Act) -> C | Sequence[C] | None`."""

        def register(function: G) -> G:
            name = f"{function.__name__}@{kind.wire}"
            self.by_type.setdefault(kind.wire, []).append(Reaction(name, function, handler))
            return function

        return register

    @property
    def all(self) -> list[Reaction]:
        """Every reaction."""
        return [reaction for some in self.by_type.values() for reaction in some]


@dataclass(frozen=True)
class Left:
    """Why a reaction is not finished with an event."""

    state: str
    reason: str
    wakes: tuple[str, ...] = ()


class Reacting:
    """Runs a service's reactions along its journal."""

    def __init__(self, journal: Journal, bus: Bus, reactions: Reactions, now: Callable[[], datetime]) -> None:
        self.journal, self.bus, self.reactions, self.now = journal, bus, reactions, now
        self.by_name = {reaction.name: reaction for reaction in reactions.all}
        self.follower = f"reactions {hashlib.sha256(' '.join(sorted(self.by_name)).encode()).hexdigest()[:12]}"
        """Named by what is deployed: an older instance beside a new one moves past events that the new one acts on."""
        self.deployed: dict[str, int] = {}
        self.left: dict[tuple[str, int], tuple[str, Left]] = {}
        self.failed_in_a_row: dict[str, int] = {}
        self.stopped: set[str] = set()
        self.position = 0

    async def prepare(self) -> None:
        """Note from which position each new reaction runs, and take up what was left unfinished."""
        async with self.journal.pool.acquire() as connection, connection.transaction():
            head = await connection.fetchval("select position from ledger.head")
            await connection.execute(
                "insert into ledger.follower select $1, coalesce(max(position), $2) from ledger.follower"
                " where name like 'reactions %' on conflict do nothing",
                self.follower, head,
            )  # fmt: skip
            await connection.executemany(
                "insert into ledger.reaction values ($1, $2) on conflict do nothing",
                [(reaction.name, head) for reaction in self.reactions.all],
            )
            rows = await connection.fetch("select * from ledger.reaction")
        self.deployed = {row["name"]: row["deployed_at"] for row in rows}
        await self._reload()

    async def _reload(self) -> None:
        rows = await self.journal.pool.fetch("select * from ledger.reaction_left")
        self.left = {
            (row["reaction"], row["position"]): (
                row["subject"], Left(row["state"], row["reason"], tuple(row["wakes"]))
            )
            for row in rows
        }  # fmt: skip

    async def run(self, stopping: asyncio.Event) -> None:
        """Follow the journal until the process stops; what failed is tried once more at the start."""
        again = True
        while not stopping.is_set():
            try:
                await asyncio.wait_for(self.bus.agreed.wait(), 0.25)
                if again:
                    await self._reload()
                    await self._retry({"failed", "behind"})
                    again = False
                await self.step()
                await until_moved(self.journal, self.position, stopping)
            except RETRY as error:
                if not isinstance(error, TimeoutError):
                    log.warning("reactions_interrupted", reason=type(error).__name__)
                    await pause(stopping, 0.1)
                    again = isinstance(error, TRANSIENT) or again

    async def step(self) -> None:
        """React to every row up to the head of this moment."""
        head, self.position = await self.journal.stand(self.follower)
        await self._reload()  # after the position: what another instance left behind it must be known here
        async for rows in self.journal.pages(self.position, head, 200):
            done_to = self.position
            for row in rows:
                await self._wake(row)
                if row["type"] in self.reactions.by_type:
                    if done_to < row["position"] - 1:
                        await self._move(done_to, row["position"] - 1)
                    await self._react(row)
                    await self._move(row["position"] - 1, row["position"])
                    done_to = row["position"]
            if done_to < rows[-1]["position"]:
                await self._move(done_to, rows[-1]["position"])
        observability.follower_lag.labels("reactions").set(head - self.position)
        observability.waiting_reactions.set(sum(left.state == "waiting" for _, left in self.left.values()))
        observability.stopped_reactions.set(len(self.stopped))

    async def _move(self, before: int, after: int) -> None:
        """Move by compare-and-set; where another instance moved it meanwhile, the next step reads it again."""
        await self.journal.pool.execute(
            "update ledger.follower set position = $2 where name = $1 and position = $3", self.follower, after, before
        )
        self.position = after

    async def _react(self, row: Any) -> None:
        event = decode(row)
        if event is None:
            return
        for reaction in self.reactions.by_type[row["type"]]:
            if row["position"] > self.deployed[reaction.name]:
                await self._one(reaction, event)

    async def _one(self, reaction: Reaction, event: Recorded[Any]) -> None:
        if self._stands_behind(reaction.name, event):
            await self._leave(reaction, event, Left("behind", "an earlier event of the same subject is not finished"))
            return
        left = await self._attempt(reaction, event)
        if left is not None:
            await self._leave(reaction, event, left)

    def _stands_behind(self, name: str, event: Recorded[Any]) -> bool:
        return any(
            reaction == name and subject == event.subject and position < event.position and left.state != "waiting"
            for (reaction, position), (subject, left) in self.left.items()
        )

    async def _attempt(self, reaction: Reaction, event: Recorded[Any]) -> Left | None:
        if reaction.name in self.stopped:
            return Left("failed", "the reaction was stopped after three failures in a row")
        try:
            left = await self._issue(reaction, event)
        except RETRY:
            raise
        except Exception as error:
            return self._note_failure(reaction, event, error)
        self.failed_in_a_row[reaction.name] = 0
        return left

    def _note_failure(self, reaction: Reaction, event: Recorded[Any], error: Exception) -> Left:
        failed = self.failed_in_a_row[reaction.name] = self.failed_in_a_row.get(reaction.name, 0) + 1
        log.error(
            "reaction_failed", reaction=reaction.name, event_id=event.id, reason=type(error).__name__, exc_info=True
        )
        if failed >= 3:
            self.stopped.add(reaction.name)
            log.error("reaction_stopped", reaction=reaction.name)
        return Left("failed", f"{type(error).__name__}")

    async def _issue(self, reaction: Reaction, event: Recorded[Any]) -> Left | None:
        act = self.act(f"{event.id} {reaction.name}")
        made = reaction.commands(event, act)
        commands: Iterable[Command] = () if made is None else (made,) if isinstance(made, Command) else made
        for number, command in enumerate(commands):
            key = RequestKey(f"reaction {reaction.name} {event.id} {number}", b"", act.now)
            unit = Unit(self.journal, self.bus, event.correlationid, event.id, key)
            try:
                outcome = await reaction.handler(unit, command)
                await unit.conclude(outcome, command)
            except Answered:
                continue
            left = _unfinished(unit, outcome)
            if left is not None:
                return left
        return None

    def act(self, seed: str) -> Act:
        """The system's own act of this seed, now."""
        return Act(Actor(SYSTEM, SYSTEM, self.journal.place_name), self.now(), seed)

    async def _leave(self, reaction: Reaction, event: Recorded[Any], left: Left) -> None:
        self.left[reaction.name, event.position] = (event.subject, left)
        await self.journal.pool.execute(
            "insert into ledger.reaction_left as l (reaction, position, subject, state, reason, wakes)"
            " values ($1, $2, $3, $4, $5, $6) on conflict (reaction, position) do update set state = excluded.state,"
            " reason = excluded.reason, wakes = excluded.wakes, tries = l.tries + 1",
            reaction.name, event.position, event.subject, left.state, left.reason, list(left.wakes),
        )  # fmt: skip

    async def _wake(self, row: Any) -> None:
        tags = set(row["tags"])
        for (name, position), (_, left) in list(self.left.items()):
            if left.state == "waiting" and tags & set(left.wakes) and position < row["position"]:
                await self._again(name, position)

    async def _retry(self, states: set[str]) -> None:
        self.stopped.clear()
        for (name, position), (_, left) in sorted(self.left.items(), key=lambda item: item[0][1]):
            if left.state in states:
                await self._again(name, position)

    async def _again(self, name: str, position: int) -> None:
        """Try once more what was left, in order of the journal within its subject."""
        reaction = self.by_name.get(name)
        row = await self.journal.pool.fetchrow("select * from ledger.journal where position = $1", position)
        event = decode(row) if row is not None and reaction is not None else None
        if reaction is None or event is None or self._stands_behind(name, event):
            return
        left = await self._attempt(reaction, event)
        if left is None:
            del self.left[name, position]
            await self.journal.pool.execute(
                "delete from ledger.reaction_left where reaction = $1 and position = $2", name, position
            )
        else:
            await self._leave(reaction, event, left)


def _unfinished(unit: Unit, outcome: Outcome) -> Left | None:
    if outcome.waiting is None and not (outcome.rejection and outcome.rejection.status == 503):
        return None
    reason = outcome.waiting.reason if outcome.waiting else outcome.rejection.sentence if outcome.rejection else ""
    wakes = tuple(item.tags[0] for item in unit.query.items) if unit.query else ()
    return Left("waiting", reason, (*wakes, f"place:{unit.journal.place_name}"))
