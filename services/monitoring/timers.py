"""What falls due by itself: reports (3.3.10), performance meetings, timetables (3.4.1) and annual reviews."""

from __future__ import annotations

from typing import Any, TypeVar

from services.monitoring import handlers, performance_handlers
from services.monitoring.actions import ActionCommand, ConfirmUnanswered, MarkActionMissed
from services.monitoring.extensions import GrantUnanswered
from services.monitoring.meetings import MarkMeetingMissed, RemindOfMeeting
from services.monitoring.report import ReportCommand
from services.monitoring.reports import AcceptUnanswered, MarkReportOverdue, OpenReport
from services.monitoring.reviewing import MarkReviewMissed, OpenReview
from services.monitoring.timetables import NoteNotAgreed
from services.runtime.reactions import Act
from services.runtime.timers import Timers

C = TypeVar("C", bound=ReportCommand)
A = TypeVar("A", bound=ActionCommand)
timers = Timers()


@timers.when("open_report", handlers.open_report)
def open_report(key: str, act: Act) -> OpenReport:
    """A form opens on its day."""
    return _about(OpenReport, key, act)


@timers.when("mark_overdue", handlers.mark_overdue)
def mark_overdue(key: str, act: Act) -> MarkReportOverdue:
    """A report is overdue the London day after its date."""
    return _about(MarkReportOverdue, key, act)


@timers.when("grant_extension", handlers.grant_unanswered)
def grant_extension(key: str, act: Act) -> GrantUnanswered:
    """Longer time is granted where nobody refused it by the end of the due date."""
    return _about(GrantUnanswered, key, act)


@timers.when("accept_unanswered", handlers.accept_unanswered)
def accept_unanswered(key: str, act: Act) -> AcceptUnanswered:
    """A report counts as accepted the London day after the funder's answer was due."""
    return _about(AcceptUnanswered, key, act)


def _about(command: type[C], key: str, act: Act) -> C:
    agreement_id, _, report_id = key.partition("/")
    ids: dict[str, Any] = {"agreement_id": agreement_id, "report_id": report_id}
    return command(actor=act.actor, now=act.now, **ids)


@timers.when("remind_of_meeting", performance_handlers.remind_of_meeting)
def remind_of_meeting(key: str, act: Act) -> RemindOfMeeting:
    """Some working days before its last date, both sides are reminded of a performance meeting."""
    agreement_id, _, meeting_id = key.partition("/")
    return RemindOfMeeting(actor=act.actor, now=act.now, agreement_id=agreement_id, meeting_id=meeting_id)


@timers.when("mark_meeting_missed", performance_handlers.mark_meeting_missed)
def mark_meeting_missed(key: str, act: Act) -> MarkMeetingMissed:
    """A performance meeting is missed the London day after its last date."""
    agreement_id, _, meeting_id = key.partition("/")
    return MarkMeetingMissed(actor=act.actor, now=act.now, agreement_id=agreement_id, meeting_id=meeting_id)


@timers.when("note_not_agreed", performance_handlers.note_not_agreed)
def note_not_agreed(key: str, act: Act) -> NoteNotAgreed:
    """Positions are asked for the London day after the last on which a timetable could be agreed."""
    agreement_id, _, which = key.partition("/")
    return NoteNotAgreed(actor=act.actor, now=act.now, agreement_id=agreement_id, under_performance_id=which)


@timers.when("mark_action_missed", performance_handlers.mark_action_missed)
def mark_action_missed(key: str, act: Act) -> MarkActionMissed:
    """An action is missed the London day after its date."""
    return _about_action(MarkActionMissed, key, act)


@timers.when("confirm_action", performance_handlers.confirm_unanswered)
def confirm_action(key: str, act: Act) -> ConfirmUnanswered:
    """An action counts as done the London day after the other side's word was due."""
    return _about_action(ConfirmUnanswered, key, act)


@timers.when("open_review", performance_handlers.open_review)
def open_review(key: str, act: Act) -> OpenReview:
    """A year's review opens on the day after that year."""
    agreement_id, _, review_id = key.partition("/")
    return OpenReview(actor=act.actor, now=act.now, agreement_id=agreement_id, review_id=review_id)


@timers.when("mark_review_missed", performance_handlers.mark_review_missed)
def mark_review_missed(key: str, act: Act) -> MarkReviewMissed:
    """A review is missed the London day after its date."""
    agreement_id, _, review_id = key.partition("/")
    return MarkReviewMissed(actor=act.actor, now=act.now, agreement_id=agreement_id, review_id=review_id)


def _about_action(command: type[A], key: str, act: Act) -> A:
    agreement_id, which, action_id = key.split("/")
    ids: dict[str, Any] = {"agreement_id": agreement_id, "under_performance_id": which, "action_id": action_id}
    return command(actor=act.actor, now=act.now, **ids)
