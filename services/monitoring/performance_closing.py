"""Where an organisation is dissolved, no meeting, action or review is waited for any more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.place import Place
from contracts.reviews import PerformanceClosed
from services.monitoring.improvement import Improvement, Progress, Stage
from services.monitoring.meetings import Meetings
from services.monitoring.performance import PerformanceCommand
from services.monitoring.review import Reviews
from services.runtime.decisions import Decision, Item, Query, Recorded


@dataclass(frozen=True, kw_only=True)
class ClosePerformance(PerformanceCommand):
    """Close what is waited for under an agreement whose organisation no longer exists."""


@dataclass
class Performance:
    """All that is waited for under one agreement."""

    folds: ClassVar[tuple[type[Event], ...]] = tuple(
        dict.fromkeys((*Meetings.folds, *Improvement.folds, *Reviews.folds, PerformanceClosed))
    )
    meetings: Meetings = field(default_factory=Meetings)
    improvement: Improvement = field(default_factory=Improvement)
    reviews: Reviews = field(default_factory=Reviews)
    closed: bool = False

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact."""
        self.closed = self.closed or isinstance(event.data, PerformanceClosed)
        for part in (self.meetings, self.improvement, self.reviews):
            if isinstance(event.data, part.folds):
                part.evolve(event)


def facts_of(command: ClosePerformance) -> Query[Performance]:
    """All about the performance of this agreement."""
    return Query(Item(f"agreement:{command.agreement_id}"), fold=Performance)


def close(performance: Performance, command: ClosePerformance, place: Place) -> Decision:
    """Close what is waited for, once monitoring of the agreement is closed."""
    if performance.closed or not performance.meetings.closed:
        return []
    meetings, improvement, reviews = performance.meetings, performance.improvement, performance.reviews
    open_cases = {key: case for key, case in improvement.cases.items() if case.stage is not Stage.ENDED}
    actions = (
        f"{key}/{which}"
        for key, case in open_cases.items()
        for which, task in case.tasks.items()
        if task.progress in (Progress.TO_DO, Progress.CLAIMED)
    )
    concluded = {key for key, review in reviews.reviews.items() if review.concluded}
    closed = PerformanceClosed(
        **meetings.about(), meeting_ids=tuple(key for key in meetings.asked if key not in meetings.held),
        review_ids=tuple(key for key in reviews.asked if key not in concluded),
        under_performance_ids=tuple(open_cases), action_keys=tuple(actions),
    )  # fmt: skip
    return [closed]
