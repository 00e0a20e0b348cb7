"""Reminders of the date on which a report falls due (Sutton Compact 3.3.10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar
from uuid import NAMESPACE_URL, uuid5

from contracts.envelope import Event
from contracts.monitoring import (
    ReportAccepted,
    ReportDue,
    ReportExtensionAgreed,
    ReportOverdue,
    ReportReturned,
    ReportSubmitted,
)  # fmt: skip
from contracts.notifications import ContactGiven, ContactWithdrawn, NoticeRequested
from contracts.place import Place
from services.notifications.contacts import Contacts
from services.notifications.correspondence import Notice
from services.notifications.notices import REMINDER, RequestNotice, request
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Waiting

MONITORED: tuple[type[Event], ...] = (
    ReportDue, ReportExtensionAgreed, ReportReturned, ReportSubmitted, ReportAccepted, ReportOverdue,
)  # fmt: skip
CONTACTS: tuple[type[Event], ...] = (ContactGiven, ContactWithdrawn)


@dataclass
class Report:
    """A report whose date comes near, the reminders sent of it, and the contacts of its organisation."""

    folds: ClassVar[tuple[type[Event], ...]] = (*MONITORED, NoticeRequested, *CONTACTS)
    remind_of: date | None = None
    """The date that the organisation is to be reminded of, while the report is awaited."""
    because_of: str = ""
    reminded: set[str] = field(default_factory=set)
    """Ids of the events for which a reminder was called."""
    contacts: Contacts = field(default_factory=Contacts)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one event."""
        match event.data:
            case ReportDue() | ReportExtensionAgreed() | ReportReturned() as asked:
                self.remind_of, self.because_of = asked.due_on if asked.remind_on else None, event.id
            case ReportSubmitted() | ReportAccepted() | ReportOverdue():
                self.remind_of = None
            case NoticeRequested(template=template) as requested:
                self.reminded |= {requested.because_of} if template == REMINDER else set()
            case _:
                self.contacts.evolve(event)


@dataclass(frozen=True, kw_only=True)
class RemindOfReport(Command):
    """The day came on which an organisation is reminded of a report."""

    subject: ClassVar[str] = "report_id"
    report_id: str
    organisation_id: str


def facts_of(report_id: str, organisation_id: str) -> Query[Report]:
    """What is known of a report, what its organisation was told about it, and where it is reached."""
    return Query(
        Item(f"report:{report_id}", only=MONITORED),
        Item(f"about:report:{report_id}", only=(NoticeRequested,)),
        Item(f"organisation:{organisation_id}", only=CONTACTS),
        fold=Report,
    )


def remind(report: Report, command: RemindOfReport, place: Place) -> Decision | Waiting:
    """Call for a reminder of a report still awaited, once for each time a date is set (Sutton Compact 3.3.10)."""
    if report.remind_of is None or report.because_of in report.reminded:
        return []
    about = f"report:{command.report_id}"
    asked = RequestNotice(
        actor=command.actor,
        now=command.now,
        notice_id=str(uuid5(NAMESPACE_URL, f"{about}/{report.because_of}")),
        organisation_id=command.organisation_id,
        about=about,
        template=REMINDER,
        because_of=report.because_of,
        statutory=False,
        due_on=report.remind_of,
    )
    return request(Notice(contacts=report.contacts), asked, place)
