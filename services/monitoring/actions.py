"""Actions of a timetable are done and confirmed by the other side, or missed, and it ends (Sutton Compact 3.4.1)."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.envelope import DocumentRef, Event
from contracts.improvement import (
    RemedialActionClaimed,
    RemedialActionCompleted,
    RemedialActionMissed,
    RemedialActionNotConfirmed,
)
from contracts.place import Place
from services.monitoring.improvement import (
    Improvement,
    ImprovementCommand,
    Progress,
    Stage,
    Task,
    ended,
    no_case,
    not_running,
)
from services.monitoring.performance import not_by_either, spoken
from services.monitoring.terms import Terms
from services.runtime.calendar import london_date
from services.runtime.decisions import Decision, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class ActionCommand(ImprovementCommand):
    """A step with one action of a timetable."""

    action_id: str


@dataclass(frozen=True, kw_only=True)
class ClaimAction(ActionCommand):
    """Say that one's own action is done, with the evidence."""

    evidence: DocumentRef


@dataclass(frozen=True, kw_only=True)
class ConfirmAction(ActionCommand):
    """Confirm that the other side's action is done."""


@dataclass(frozen=True, kw_only=True)
class DisputeAction(ActionCommand):
    """Say why the other side's action is not done."""

    reason: DocumentRef


@dataclass(frozen=True, kw_only=True)
class MarkActionMissed(ActionCommand):
    """Record that an action's date passed without it."""


@dataclass(frozen=True, kw_only=True)
class ConfirmUnanswered(ActionCommand):
    """Count an action as done that the other side did not answer."""


def claim(improvement: Improvement, command: ClaimAction, place: Place) -> Decision:
    """Say that one's own action is done; the other side's time to confirm begins (Sutton Compact 3.4.1)."""
    if stop := _no_action(improvement, command, place):
        return stop
    task, terms = _task(improvement, command), improvement.terms(command, place)
    if task.action.side is not improvement.side_of(command.actor):
        return Rejection("not_your_action", "Only the side whose action it is says that it is done.", status=403)
    if task.progress is not Progress.TO_DO:
        return Rejection(f"action_{task.progress}", f"This action is {task.progress} already.")
    if terms.day > task.action.due_on:
        return Rejection("action_missed", f"The date of this action was {spoken(task.action.due_on)}.")
    rule = improvement.rule(terms)
    claimed = RemedialActionClaimed(
        **_about(improvement, command), evidence=command.evidence, claimed_by=place.principal(command.actor.person),
        confirm_by=terms.on(terms.day, rule.confirm_working_days) if rule else None,
        calendar_version=terms.calendar_version,
    )  # fmt: skip
    return [claimed]


def confirm(improvement: Improvement, command: ConfirmAction, place: Place) -> Decision:
    """Confirm the other side's action; with the last one the timetable ends (Sutton Compact 3.4.1)."""
    if stop := _no_action(improvement, command, place):
        return stop
    terms = improvement.terms(command, place)
    if stop := _own_action(improvement, command, terms):
        return stop
    if _task(improvement, command).progress is Progress.COMPLETED:
        return []
    return _not_claimed(_task(improvement, command)) or _done(improvement, command, terms, by_silence=False)


def dispute(improvement: Improvement, command: DisputeAction, place: Place) -> Decision:
    """Say why an action is not done; it is open again, and missed where its date is over (Sutton Compact 3.4.1)."""
    if stop := _no_action(improvement, command, place):
        return stop
    task, terms = _task(improvement, command), improvement.terms(command, place)
    if stop := _own_action(improvement, command, terms) or _not_claimed(task):
        return stop
    not_confirmed = RemedialActionNotConfirmed(
        **_about(improvement, command), due_on=task.action.due_on, reason=command.reason, opens=(command.reason,)
    )
    missed = _missed(improvement, command, terms) if terms.day > task.action.due_on else []
    return [not_confirmed, *missed]


def mark_missed(improvement: Improvement, command: MarkActionMissed, place: Place) -> Decision:
    """Record an action as missed on the day after its date, unless the other side has yet to confirm it (3.4.1)."""
    task = _standing_task(improvement, command)
    if task is None or task.progress is not Progress.TO_DO or london_date(command.now) <= task.action.due_on:
        return []
    return _missed(improvement, command, improvement.terms(command, place))


def confirm_unanswered(improvement: Improvement, command: ConfirmUnanswered, place: Place) -> Decision:
    """Count an action as done once the other side's time to confirm it is over (Sutton Compact 3.4.1)."""
    task = _standing_task(improvement, command)
    if task is None or task.progress is not Progress.CLAIMED or task.confirm_by is None:
        return []
    if london_date(command.now) <= task.confirm_by:
        return []
    return _done(improvement, command, improvement.terms(command, place), by_silence=True)


def _task(improvement: Improvement, command: ActionCommand) -> Task:
    return improvement.cases[command.under_performance_id].tasks[command.action_id]


def _standing_task(improvement: Improvement, command: ActionCommand) -> Task | None:
    case = improvement.cases.get(command.under_performance_id)
    if case is None or case.stage is not Stage.RUNNING or improvement.closed:
        return None
    return case.tasks.get(command.action_id)


def _no_action(improvement: Improvement, command: ActionCommand, place: Place) -> Rejection | None:
    if stop := no_case(improvement, command):
        return stop
    case = improvement.cases[command.under_performance_id]
    if stop := not_by_either(improvement, command, improvement.terms(command, place)):
        return stop
    if command.action_id not in case.tasks:
        return not_running(case) or unknown("action", command.action_id)
    done = isinstance(command, ConfirmAction) and case.tasks[command.action_id].progress is Progress.COMPLETED
    return None if done else not_running(case)


def _own_action(improvement: Improvement, command: ActionCommand, terms: Terms) -> Rejection | None:
    if _task(improvement, command).action.side is not improvement.side_of(command.actor):
        return None
    return Rejection(
        "own_action",
        "An action is confirmed by the other side, not by the one that did it.",
        improvement.rule_cited(terms),
        "Wait for the other side's word.",
    )


def _not_claimed(task: Task) -> Rejection | None:
    if task.progress is Progress.CLAIMED:
        return None
    return Rejection("action_not_claimed", "Nobody has said yet that this action is done.")


def _about(improvement: Improvement, command: ActionCommand) -> dict[str, str]:
    side = _task(improvement, command).action.side
    which = {"under_performance_id": command.under_performance_id, "action_id": command.action_id}
    return {**improvement.about(), **which, "side": side}


def _done(improvement: Improvement, command: ActionCommand, terms: Terms, *, by_silence: bool) -> list[Event]:
    settled = {command.action_id: Progress.COMPLETED}
    completed = RemedialActionCompleted(**_about(improvement, command), by_silence=by_silence)
    return [completed, *ended(improvement, command.under_performance_id, settled, terms)]


def _missed(improvement: Improvement, command: ActionCommand, terms: Terms) -> list[Event]:
    due_on, settled = _task(improvement, command).action.due_on, {command.action_id: Progress.MISSED}
    missed = RemedialActionMissed(**_about(improvement, command), due_on=due_on)
    return [missed, *ended(improvement, command.under_performance_id, settled, terms)]
