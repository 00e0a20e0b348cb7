"""What is known of one report, and who may take a step with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.funding import AgreementDrafted
from contracts.monitoring import (
    MonitoringClosed,
    ReportAccepted,
    ReportAsked,
    ReportDue,
    ReportExtensionAgreed,
    ReportExtensionAsked,
    ReportExtensionRefused,
    ReportOverdue,
    ReportOverdueWithdrawn,
    ReportPart,
    ReportReturned,
    ReportsScheduled,
    ReportSubmitted,
)
from contracts.partners import CommissioningManagerNominated, CommissioningManagerReplaced
from services.monitoring.parties import is_partner, not_the_manager
from services.monitoring.terms import Terms
from services.runtime.decisions import Command, Item, Query, Recorded, Rejection, unknown


class Status(StrEnum):
    """Where a report stands."""

    TO_COME = "to_come"
    OPEN = "open"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"


@dataclass(frozen=True, kw_only=True)
class ReportCommand(Command):
    """A step with one report of an agreement."""

    subject: ClassVar[str] = "report_id"
    agreement_id: str
    report_id: str


@dataclass
class Report:
    """The facts of one report: its dates, its state, the outcomes and people of its agreement."""

    of_agreement: ClassVar[tuple[type[Event], ...]] = (
        AgreementDrafted, CommissioningManagerNominated, CommissioningManagerReplaced, ReportsScheduled,
        MonitoringClosed,
    )  # fmt: skip
    folds: ClassVar[tuple[type[Event], ...]] = (
        *of_agreement, ReportDue, ReportExtensionAsked, ReportExtensionAgreed, ReportExtensionRefused, ReportSubmitted,
        ReportReturned, ReportAccepted, ReportOverdue, ReportOverdueWithdrawn,
    )  # fmt: skip
    organisation_id: str = ""
    funder_id: str = ""
    drafted: AgreementDrafted | None = None
    units: dict[str, str] = field(default_factory=dict)
    """The agreement's outcomes, each with the unit it is measured in."""
    manager: str = ""
    scheduled: dict[str, ReportAsked] = field(default_factory=dict)
    closed: bool = False
    status: Status = Status.TO_COME
    due_on: date = date.min
    overdue: bool = False
    asked_until: date | None = None
    """Longer was asked for until this date, and nobody has answered."""
    silence_grants: bool = False
    extended: bool = False
    """Longer time was granted since it was last opened or returned."""
    answer_due_on: date | None = None
    accepted_by_silence: bool = False
    parts: tuple[ReportPart, ...] = ()
    """What it shows beside its outcomes, as said when its form opened."""
    answers: set[str] = field(default_factory=set)
    """The documents that the partner and the funder handed in so far, by which a repeat is known."""

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact."""
        if isinstance(event.data, self.of_agreement):
            self._evolve_agreement(event.data)
        elif isinstance(event.data, (ReportOverdue, ReportOverdueWithdrawn)):
            self.overdue = isinstance(event.data, ReportOverdue)
        else:
            self._evolve_report(event.data)

    def _evolve_agreement(self, fact: Event) -> None:
        match fact:
            case AgreementDrafted():
                self.organisation_id, self.funder_id = fact.organisation_id, fact.funder_id
                self.drafted = fact
                self.units = {outcome.id: outcome.unit for outcome in fact.outcomes}
            case CommissioningManagerNominated() | CommissioningManagerReplaced():
                self.manager = fact.person_id
            case ReportsScheduled():
                self.scheduled = {report.report_id: report for report in fact.reports}
            case MonitoringClosed():
                self.closed = True

    def _evolve_report(self, fact: Event) -> None:
        match fact:
            case ReportDue():
                self.status, self.due_on, self.parts = Status.OPEN, fact.due_on, fact.parts
            case ReportExtensionAsked():
                self.asked_until, self.silence_grants = fact.asked_until, fact.silence_grants
                self.answers.add(fact.reason.id)
            case ReportExtensionAgreed():
                self.due_on, self.asked_until, self.extended = fact.due_on, None, True
            case ReportExtensionRefused():
                self.asked_until = None
                self.answers.add(fact.reason.id)
            case ReportSubmitted():
                self.status, self.answer_due_on = Status.SUBMITTED, fact.answer_due_on
                self.overdue, self.asked_until = False, None
                self.answers.add(fact.document.id)
            case ReportReturned():
                self.status, self.due_on, self.answer_due_on = Status.RETURNED, fact.due_on, None
                self.extended = False
                self.answers.add(fact.reasons.id)
            case ReportAccepted():
                self.status, self.accepted_by_silence = Status.ACCEPTED, fact.by_silence

    def stands(self, command: ReportCommand) -> bool:
        """Whether there is such a report under this agreement: one that opened stays when the schedule changes."""
        return self.status is not Status.TO_COME or command.report_id in self.scheduled

    @property
    def awaited(self) -> bool:
        """Whether the partner has yet to hand it in."""
        return self.status in (Status.OPEN, Status.RETURNED) and not self.closed

    @property
    def latest_due(self) -> date:
        """The date until which nobody calls it late: the one asked for, while nobody has refused it."""
        return self.asked_until or self.due_on

    def granted_by_silence(self, day: date) -> bool:
        """Whether longer was asked for in time and not refused by the end of the due date (3.3.10)."""
        return bool(self.awaited and self.asked_until and self.silence_grants and day > self.due_on)

    def answer_is_late(self, day: date) -> bool:
        """Whether the funder let its time to answer pass (3.3.10)."""
        due_on = self.answer_due_on
        return self.status is Status.SUBMITTED and due_on is not None and day > due_on

    def about(self, command: ReportCommand) -> dict[str, str]:
        """What every event about a report says: which, under which agreement, between whom."""
        return {
            "report_id": command.report_id,
            "agreement_id": command.agreement_id,
            "organisation_id": self.organisation_id,
            "funder_id": self.funder_id,
        }


def facts_of(command: ReportCommand) -> Query[Report]:
    """What happened to this report, and the standing facts of its agreement."""
    agreement = Item(f"agreement:{command.agreement_id}", only=Report.of_agreement)
    return Query(Item(f"report:{command.report_id}"), agreement, fold=Report)


def not_the_partner(report: Report, command: ReportCommand) -> Rejection | None:
    """The refusal of anybody but the partner whose report it is, and of a report that is not asked for."""
    if not report.stands(command):
        return unknown("report", command.report_id)
    if not is_partner(command.actor, report.organisation_id):
        return Rejection("not_your_report", "Only the organisation whose report it is can do this.", status=403)
    return _closed(report)


def not_answerable(report: Report, command: ReportCommand, terms: Terms) -> Rejection | None:
    """The refusal of anybody but the nominated commissioning manager, and of a report that is not asked for."""
    if not report.stands(command):
        return unknown("report", command.report_id)
    return not_the_manager(command.actor, report.manager, terms) or _closed(report)


def not_awaited(report: Report) -> Rejection | None:
    """The refusal where nothing is awaited of the partner."""
    if report.awaited:
        return None
    if report.status is Status.TO_COME:
        return Rejection("form_not_open", "The form of this report is not open yet.")
    if report.status is Status.ACCEPTED:
        return Rejection("report_already_accepted", "This report was accepted already.")
    return Rejection(
        "report_already_submitted",
        "This report was handed in and waits for the funder's answer.",
        remedy="Ask the commissioning manager to return it if something must change.",
    )


def _closed(report: Report) -> Rejection | None:
    if not report.closed:
        return None
    return Rejection("monitoring_closed", "The organisation no longer exists; nothing more is asked of it.")
