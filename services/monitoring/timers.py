"""What falls due by itself: forms open, reports become overdue, silence grants and accepts (3.3.10)."""

from __future__ import annotations

from typing import Any, TypeVar

from services.monitoring import handlers
from services.monitoring.extensions import GrantUnanswered
from services.monitoring.report import ReportCommand
from services.monitoring.reports import AcceptUnanswered, MarkReportOverdue, OpenReport
from services.runtime.reactions import Act
from services.runtime.timers import Timers

C = TypeVar("C", bound=ReportCommand)
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
