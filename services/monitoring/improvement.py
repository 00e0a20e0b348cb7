"""What is known of under-performance and its timetable of actions, and how a timetable ends (Sutton Compact 3.4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.improvement import (
    RemedialAction,
    RemedialActionClaimed,
    RemedialActionCompleted,
    RemedialActionMissed,
    RemedialActionNotConfirmed,
    RemedialPositionGiven,
    RemedialTimetableAgreed,
    RemedialTimetableDecided,
    RemedialTimetableEnded,
    RemedialTimetableNotAgreed,
    RemedialTimetableProposed,
    Side,
    TimetableResult,
    UnderPerformanceRaised,
)
from contracts.rules import Citation, RemedialTimetable
from services.monitoring.performance import Agreement, PerformanceCommand, not_standing
from services.monitoring.terms import Terms
from services.runtime.decisions import Item, Query, Recorded, Rejection, unknown


class Stage(StrEnum):
    """How far the timetable of a case of under-performance is."""

    RAISED = "raised"
    NOT_AGREED = "not_agreed"
    RUNNING = "running"
    ENDED = "ended"


class Progress(StrEnum):
    """How far an action is."""

    TO_DO = "to_do"
    CLAIMED = "claimed"
    COMPLETED = "completed"
    MISSED = "missed"


@dataclass(frozen=True, kw_only=True)
class ImprovementCommand(PerformanceCommand):
    """A step about one case of under-performance."""

    subject: ClassVar[str] = "under_performance_id"
    under_performance_id: str


@dataclass
class Task:
    """An action of the timetable and how far it is."""

    action: RemedialAction
    progress: Progress = Progress.TO_DO
    confirm_by: date | None = None


@dataclass
class Case:
    """One case of under-performance."""

    raised: UnderPerformanceRaised
    stage: Stage = Stage.RAISED
    proposals: dict[str, RemedialTimetableProposed] = field(default_factory=dict)
    latest: str = ""
    positions: set[Side] = field(default_factory=set)
    positions_by: date | None = None
    tasks: dict[str, Task] = field(default_factory=dict)
    hands: set[str] = field(default_factory=set)
    """Whoever raised it or proposed a timetable, and whoever they acted for."""

    def begin(self, actions: tuple[RemedialAction, ...]) -> None:
        """The timetable of these actions runs."""
        self.stage, self.tasks = Stage.RUNNING, {action.id: Task(action) for action in actions}

    @property
    def agreeable(self) -> bool:
        """Whether both sides can still agree a timetable."""
        return self.stage in (Stage.RAISED, Stage.NOT_AGREED)


@dataclass
class Improvement(Agreement):
    """All under-performance raised under one agreement."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        *Agreement.of_agreement, UnderPerformanceRaised, RemedialTimetableProposed, RemedialTimetableAgreed,
        RemedialTimetableNotAgreed, RemedialPositionGiven, RemedialTimetableDecided, RemedialActionClaimed,
        RemedialActionNotConfirmed, RemedialActionCompleted, RemedialActionMissed, RemedialTimetableEnded,
    )  # fmt: skip
    cases: dict[str, Case] = field(default_factory=dict)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact, and who took the step."""
        super().evolve(event)
        match event.data:
            case UnderPerformanceRaised() as raised:
                self.cases[raised.under_performance_id].hands |= event.hands(raised.raised_by)
            case RemedialTimetableProposed() as proposed:
                self.cases[proposed.under_performance_id].hands |= event.hands(proposed.proposed_by)

    def evolve_performance(self, fact: Any) -> None:
        """Take one fact about under-performance."""
        if isinstance(fact, UnderPerformanceRaised):
            self.cases[fact.under_performance_id] = Case(fact)
            return
        case = self.cases[fact.under_performance_id]
        _evolve_task(case, fact) if hasattr(fact, "action_id") else self._evolve_timetable(case, fact)

    def _evolve_timetable(self, case: Case, fact: Event) -> None:
        match fact:
            case RemedialTimetableProposed():
                case.proposals[fact.proposal_id], case.latest = fact, fact.proposal_id
            case RemedialTimetableAgreed() | RemedialTimetableDecided():
                case.begin(fact.actions)
            case RemedialTimetableNotAgreed():
                case.stage, case.positions_by = Stage.NOT_AGREED, fact.positions_by
            case RemedialPositionGiven():
                case.positions.add(fact.side)
            case RemedialTimetableEnded():
                case.stage = Stage.ENDED

    @property
    def open_case(self) -> Case | None:
        """The case that is not over, if there is one."""
        return next((case for case in self.cases.values() if case.stage is not Stage.ENDED), None)

    def rule(self, terms: Terms) -> RemedialTimetable | None:
        """The rule on a timetable of actions, where it binds the funder (Sutton Compact 3.4.1)."""
        return terms.bound_by(terms.rules.remedial_timetable)

    def rule_cited(self, terms: Terms) -> Citation | None:
        """Where that rule stands, if it binds."""
        rule = self.rule(terms)
        return rule.citation if rule else None


def _evolve_task(case: Case, fact: Any) -> None:
    task = case.tasks[fact.action_id]
    match fact:
        case RemedialActionClaimed():
            task.progress, task.confirm_by = Progress.CLAIMED, fact.confirm_by
        case RemedialActionNotConfirmed():
            task.progress, task.confirm_by = Progress.TO_DO, None
        case RemedialActionCompleted():
            task.progress = Progress.COMPLETED
        case RemedialActionMissed():
            task.progress = Progress.MISSED


def facts_of(command: PerformanceCommand) -> Query[Improvement]:
    """All under-performance raised under this agreement."""
    return Query(Item(f"agreement:{command.agreement_id}"), fold=Improvement)


def no_case(improvement: Improvement, command: ImprovementCommand) -> Rejection | None:
    """The refusal where there is no such case under an agreement that stands."""
    if stop := not_standing(improvement, command):
        return stop
    if command.under_performance_id in improvement.cases:
        return None
    return unknown("under_performance", command.under_performance_id)


def not_running(case: Case) -> Rejection | None:
    """The refusal where no timetable runs."""
    if case.stage is Stage.RUNNING:
        return None
    return Rejection("timetable_not_running", "No timetable of actions runs here.")


def ended(improvement: Improvement, which: str, settled: dict[str, Progress], terms: Terms) -> Iterator[Event]:
    """The end of a timetable, once what was settled just now decides it (Sutton Compact 3.4.1).

    It failed once the partner missed an action; it is over once all are settled. What the funder misses is recorded
    against the funder and never makes the partner fail.
    """
    tasks = improvement.cases[which].tasks
    progress = {key: settled.get(key, task.progress) for key, task in tasks.items()}
    missed = tuple(key for key, one in progress.items() if one is Progress.MISSED)
    failed = any(tasks[key].action.side is Side.PARTNER for key in missed)
    if failed or all(one in (Progress.COMPLETED, Progress.MISSED) for one in progress.values()):
        result = TimetableResult.FAILED if failed else TimetableResult.RECOVERED
        left = tuple(key for key, one in progress.items() if one in (Progress.TO_DO, Progress.CLAIMED))
        yield RemedialTimetableEnded(
            **improvement.about(), under_performance_id=which, result=result, missed=missed, left=left,
            ended_on=terms.day, citation=improvement.rule_cited(terms),
        )  # fmt: skip
