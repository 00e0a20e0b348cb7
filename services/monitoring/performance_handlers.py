"""Requests, reactions and timers about performance to decisions: load, decide, append.

What falls due waits for a request about the same thing that was received before and is not yet decided.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from contracts.place import Place
from services.monitoring import (
    actions,
    feedback,
    improvement,
    meetings,
    performance_closing,
    review,
    reviewing,
    timetables,
)
from services.monitoring.performance import PerformanceCommand
from services.runtime.decisions import Decision, Fold, Query, Waiting
from services.runtime.unit import Outcome, Unit, about_of

F = TypeVar("F", bound=Fold)
C = TypeVar("C", bound=PerformanceCommand)
Handler = Callable[[Unit, C], Awaitable[Outcome]]


def _deciding(facts_of: Callable[[Any], Query[F]], decide: Callable[[F, C, Place], Decision | Waiting]) -> Handler[C]:
    async def handle(unit: Unit, command: C) -> Outcome:
        return await unit.decide(facts_of(command), decide, command)

    return handle


def _when_due(facts_of: Callable[[Any], Query[F]], decide: Callable[[F, C, Place], Decision | Waiting]) -> Handler[C]:
    async def handle(unit: Unit, command: C) -> Outcome:
        if await unit.undecided(about_of(command)):
            return Outcome(waiting=Waiting("a request received earlier is still being decided"))
        return await unit.decide(facts_of(command), decide, command)

    return handle


schedule_reviews = _deciding(meetings.facts_of, meetings.schedule)
record_meeting = _deciding(meetings.facts_of, meetings.hold)
remind_of_meeting = _when_due(meetings.facts_of, meetings.remind)
mark_meeting_missed = _when_due(meetings.facts_of, meetings.mark_missed)

raise_under_performance = _deciding(improvement.facts_of, timetables.raise_case)
propose_timetable = _deciding(improvement.facts_of, timetables.propose)
agree_timetable = _deciding(improvement.facts_of, timetables.agree)
note_not_agreed = _when_due(improvement.facts_of, timetables.note_not_agreed)
give_position = _deciding(improvement.facts_of, timetables.give_position)
decide_timetable = _deciding(improvement.facts_of, timetables.decide)

claim_action = _deciding(improvement.facts_of, actions.claim)
confirm_action = _deciding(improvement.facts_of, actions.confirm)
dispute_action = _deciding(improvement.facts_of, actions.dispute)
mark_action_missed = _when_due(improvement.facts_of, actions.mark_missed)
confirm_unanswered = _when_due(improvement.facts_of, actions.confirm_unanswered)

open_review = _deciding(review.facts_of, reviewing.open_review)
assess_review = _deciding(review.facts_of, reviewing.assess)
answer_review = _deciding(review.facts_of, reviewing.answer)
conclude_review = _deciding(review.facts_of, reviewing.conclude)
mark_review_missed = _when_due(review.facts_of, reviewing.mark_missed)
invite_feedback = _deciding(review.facts_of, feedback.invite)
receive_feedback = _deciding(review.facts_of, feedback.receive)
gather_feedback = _deciding(review.facts_of, feedback.gather)
close_performance = _deciding(performance_closing.facts_of, performance_closing.close)
