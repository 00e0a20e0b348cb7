"""What falls due by itself: the date on which an attempt counts as served, and reminders of reports."""

from __future__ import annotations

from services.notifications import handlers
from services.notifications.read_tables import REMIND_OF_REPORT, SERVE_ATTEMPT
from services.notifications.reminders import RemindOfReport
from services.notifications.serving import LetStand
from services.runtime.reactions import Act
from services.runtime.timers import Timers

timers = Timers()


@timers.when(SERVE_ATTEMPT, handlers.let_stand)
def let_stand(key: str, act: Act) -> LetStand:
    """On its date, an attempt that has not failed counts as served."""
    attempt_id, notice_id, organisation_id = key.split(" ")
    return LetStand(
        actor=act.actor, now=act.now, attempt_id=attempt_id, notice_id=notice_id, organisation_id=organisation_id
    )


@timers.when(REMIND_OF_REPORT, handlers.remind_of_report)
def remind_of_report(key: str, act: Act) -> RemindOfReport:
    """Some working days before a report falls due, its organisation is reminded."""
    report_id, organisation_id = key.split(" ")
    return RemindOfReport(actor=act.actor, now=act.now, report_id=report_id, organisation_id=organisation_id)
