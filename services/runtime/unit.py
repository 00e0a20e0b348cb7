"""Guarantee: one command is one transaction, decided on facts that still hold when it is written, and written once.

A unit loads the facts that a decision's query names, decides, and appends. Where a covered fact arrived meanwhile it
decides again. A refusal with a citation is written as a fact, under the same guard, before it is answered.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from contracts.envelope import Event
from contracts.every_service import RequestRefused, SealedStepRefused, StepRefused
from contracts.rules import Citation
from services.runtime.bus import Bus
from services.runtime.decisions import Command, Decision, Fold, Query, Rejection, Waiting
from services.runtime.journal import Answer, Appended, Journal, Origin, RequestKey

F = TypeVar("F", bound=Fold)
C = TypeVar("C", bound=Command)
TRIES = 50
NO_OFFICE_NEEDED = frozenset({"system", "auditor"})


class Busy(RuntimeError):
    """So many others decided about the same facts that this command found no gap; it may be sent again."""


class Answered(Exception):
    """The request was decided before; this is what was said then."""

    def __init__(self, appended: Appended) -> None:
        super().__init__("answered before")
        self.appended = appended


@dataclass(frozen=True)
class Outcome:
    """How a decision ended: events (none where it was already so), a rejection, or waiting for a fact."""

    events: tuple[Event, ...] = ()
    rejection: Rejection | None = None
    waiting: Waiting | None = None
    position: int | None = None

    def first(self, kind: type[Event]) -> Any:
        """The first event of this class; raises LookupError where there is none."""
        for event in self.events:
            if isinstance(event, kind):
                return event
        raise LookupError(f"no {kind.__name__} was decided")


@dataclass
class Unit:
    """One command's or one reaction's work on the journal."""

    journal: Journal
    bus: Bus
    correlation: str
    causation: str
    request: RequestKey | None = None
    answer: Callable[[Outcome], Answer] = lambda outcome: Answer(ending(outcome))
    recorded: bool = field(default=False, init=False)
    """Whether the request's key was written with an answer."""
    query: Query[Any] | None = field(default=None, init=False)
    known_to: int = field(default=0, init=False)

    async def decide(
        self,
        query: Query[F],
        decide: Callable[[F, C, Any], Decision | Waiting],
        command: C,
        *,
        final: bool = True,
    ) -> Outcome:
        """Load, decide, append; again where facts changed meanwhile.

        `final=False` leaves the request open for a further decision of the same handler.
        Raises Busy after many lost races, Answered where the request was decided before, and bus.NotReady.
        """
        for attempt in range(TRIES):
            self.bus.require_agreement(command.counts_absence)
            facts, self.known_to = await self.journal.load(query)
            self.query = query
            verdict = self._judge(facts, decide, command)
            outcome = await self._write(query, verdict, command, facts.folds, final)
            if outcome is not None:
                return outcome
            await asyncio.sleep(random.uniform(0, 0.002) * attempt)  # noqa: S311 -- jitter
        raise Busy("too many decisions about the same facts at once")

    def _judge(self, facts: F, decide: Callable[[F, C, Any], Decision | Waiting], command: C) -> Decision | Waiting:
        place = self.journal.place
        if not place.rule_sets and not command.before_rules:
            return Rejection("rules_not_yet_known", "The rules of this place have not arrived here yet.", status=503)
        if not command.bootstraps and (refused := _office_missing(place, command)):
            return refused
        return decide(facts, command, place)

    async def _write(
        self,
        query: Query[Any],
        verdict: Decision | Waiting,
        command: Command,
        folds: Sequence[type[Event]],
        final: bool,
    ) -> Outcome | None:
        outcome = _outcome_of(verdict, command)
        if outcome.waiting or (outcome.rejection and outcome.rejection.status == 503):
            return outcome
        closes = final or outcome.rejection is not None
        if not outcome.events and not (closes and self.request):
            return outcome
        appended = await self.journal.append(
            outcome.events,
            Origin(command.actor, self.correlation, self.causation),
            command.now,
            query,
            self.known_to,
            folds,
            self.request if closes else None,
            self.answer(outcome) if closes else None,
        )
        if appended.verdict == "changed":
            return None
        if appended.verdict == "answered":
            raise Answered(appended)
        self.recorded = self.recorded or closes
        return Outcome(outcome.events, outcome.rejection, None, appended.position)

    async def conclude(self, outcome: Outcome, command: Command) -> None:
        """Store a request's answer where its handler left the request open."""
        if self.recorded or self.request is None or outcome.waiting or outcome.rejection:
            return
        origin = Origin(command.actor, self.correlation, self.causation)
        appended = await self.journal.append((), origin, command.now, request=self.request, answer=self.answer(outcome))
        if appended.verdict == "answered":
            raise Answered(appended)

    async def look(self, query: Query[F]) -> F:
        """Facts that never change once recorded, to name what a decision's own query has to cover."""
        facts, _ = await self.journal.load(query)
        return facts

    async def standing_for(self, organisation_id: str) -> str:
        """Who stands in for an organisation now: itself, or whoever took over what it held."""
        return (await self.journal.standing()).stands_in(organisation_id)

    async def with_those_it_took_over(self, organisation_id: str) -> tuple[str, ...]:
        """An organisation, and those whose matters came to it."""
        return organisation_id, *(await self.journal.standing()).taken_over_by(organisation_id)

    async def undecided(self, about: str) -> int:
        """How many requests about this, received and not yet decided, are still within their time to be retried."""
        found: int = await self.journal.pool.fetchval(
            "select count(*) from ledger.request where about = $1 and outcome is null"
            " and reserved_at > now() - interval '10 minutes'",
            about,
        )
        return found


def ending(outcome: Outcome) -> str:
    """One word for how a decision ended."""
    if outcome.rejection:
        return "refused"
    return "done" if outcome.events else "already"


def _outcome_of(verdict: Decision | Waiting, command: Command) -> Outcome:
    if isinstance(verdict, Waiting):
        return Outcome(waiting=verdict)
    if isinstance(verdict, Rejection):
        facts = (refusal(verdict, command),) if verdict.citation else ()
        return Outcome(events=facts, rejection=verdict)
    return Outcome(events=tuple(verdict))


def refusal(rejection: Rejection, command: Command) -> Event:
    """The fact that a command was refused: who, what, when, by which clause; without its content."""
    assert rejection.citation is not None
    name, about = type(command).__name__, about_of(command)
    code, citation, organisation = rejection.code, rejection.citation, command.actor.organisation
    if command.actor.role == "vco_representative":
        return RequestRefused(organisation_id=organisation, command=name, code=code, citation=citation, about=about)
    kind = SealedStepRefused if command.sealed else StepRefused
    return kind(body_id=organisation, command=name, code=code, citation=citation, about=about)


def about_of(command: Command) -> str:
    """`kind:id` of what a command is about, from the field that the command names."""
    return f"{command.subject.removesuffix('_id')}:{getattr(command, command.subject)}" if command.subject else ""


def _office_missing(place: Any, command: Command) -> Rejection | None:
    actor = command.actor
    if actor.role in NO_OFFICE_NEEDED or place.office(actor.person, actor.organisation, actor.role):
        return None
    return Rejection(
        "office_not_held",
        f"This person holds no office of {actor.role.replace('_', ' ')} for {actor.organisation}.",
        Citation(document="Register of office holders", clause=actor.role),
        remedy="The partnership office can appoint the person; act in an office that is held.",
    )
