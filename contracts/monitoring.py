"""What contract managers and partners record about delivery: monitoring agreed, reports due, given and answered."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contracts.envelope import Audience, DocumentRef, Event, Record, Tag
from contracts.funding import AgreementId
from contracts.partners import OrganisationId
from contracts.rules import Citation

SERVICES, PRIVATE = Audience.SERVICES, Audience.PRIVATE

ReportId = Annotated[str, Tag("report")]
FEWEST_COUNTED = 5
"""People appear as anonymous counts of this many and more; a smaller count is left out."""


class ReportAsked(Record):
    """One report of an agreed schedule: when its form opens and when it falls due, London dates."""

    report_id: str
    period: str
    opens_on: date
    due_on: date


class QuestionKind(StrEnum):
    """What is asked about: an outcome, or beside it an output or a milestone (COV9)."""

    OUTCOME = "outcome"
    OUTPUT = "output"
    MILESTONE = "milestone"


class MonitoringQuestion(Record):
    """What is asked; the words of what, why and how it is used stand in the proposal's document under the same id."""

    id: str
    outcome_id: str | None = None
    kind: QuestionKind = QuestionKind.OUTCOME
    reached_by: date | None = None
    """Of a milestone: the London date by which it is to be reached."""


class MonitoringProposed(Event, wire="monitoring.monitoring_proposed", audience=SERVICES):
    """One side proposed how outcomes are to be monitored: what is asked, why, how it is used, how often."""

    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    proposal_id: str
    by_funder: bool
    reports: tuple[ReportAsked, ...]
    questions: tuple[MonitoringQuestion, ...]
    document: DocumentRef
    proposed_by: str
    """The person whose act it is; a delegate's acts count as the principal's."""
    calendar_version: str
    citation: Citation | None = None
    opens: tuple[DocumentRef, ...]


class MonitoringAgreed(Event, wire="monitoring.monitoring_agreed", audience=SERVICES):
    """Both sides agreed how outcomes are monitored, before the agreement is made."""

    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    proposal_id: str
    reports: tuple[ReportAsked, ...]
    questions: tuple[MonitoringQuestion, ...]
    agreed_by: str


class MonitoringChangeAgreed(Event, wire="monitoring.monitoring_change_agreed", audience=SERVICES):
    """Both sides agreed to change what they had agreed; reports whose form is open already stay as they are."""

    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    proposal_id: str
    former_proposal_id: str
    reports: tuple[ReportAsked, ...]
    questions: tuple[MonitoringQuestion, ...]
    agreed_by: str


class ReportsScheduled(Event, wire="monitoring.reports_scheduled", audience=SERVICES):
    """The agreement is in force: the forms of its reports will open on these dates, instead of those dropped."""

    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    reports: tuple[ReportAsked, ...]
    dropped: tuple[str, ...] = ()
    """Reports of an earlier schedule whose form had not opened when a change was agreed."""


class MonitoringClosed(Event, wire="monitoring.monitoring_closed", audience=SERVICES):
    """The organisation no longer exists: nothing more is asked of it, and nobody's time runs."""

    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    report_ids: tuple[str, ...]
    """The reports that were still to come or unanswered."""
    closed_on: date


class ReportPart(StrEnum):
    """What a report shows beside its outcomes, where the place's rules ask for it."""

    VALUE = "value"
    """Social, environmental or economic value (Compact 3.3.11)."""
    EQUALITY = "equality"
    """What the work does for the public bodies' equality duty (Compact 3.5.4)."""


class ReportDue(Event, wire="monitoring.report_due", audience=SERVICES):
    """The form of a report is open; it falls due at the end of this London date, and a reminder comes before."""

    report_id: ReportId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    period: str
    opened_on: date
    due_on: date
    remind_on: date | None
    calendar_version: str
    citation: Citation | None = None
    parts: tuple[ReportPart, ...] = ()
    """What the report shows beside its outcomes."""


class ReportExtensionAsked(Event, wire="monitoring.report_extension_asked", audience=SERVICES):
    """Before the date, a partner asked for longer; granted unless refused with a reason by the due date."""

    report_id: ReportId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    asked_until: date
    reason: DocumentRef
    opens: tuple[DocumentRef, ...]
    due_on: date | None = None
    """The date as it stood when longer was asked for."""
    silence_grants: bool = False
    """Whether the place's rule grants it where the funder has not refused by the end of that date."""
    citation: Citation | None = None


class ReportExtensionAgreed(Event, wire="monitoring.report_extension_agreed", audience=SERVICES):
    """A report is due later, by the funder's word or because nobody refused in time."""

    report_id: ReportId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    due_on: date
    remind_on: date | None
    by_silence: bool
    calendar_version: str


class ReportExtensionRefused(Event, wire="monitoring.report_extension_refused", audience=SERVICES):
    """The funder refused longer time, with its reason."""

    report_id: ReportId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    reason: DocumentRef
    opens: tuple[DocumentRef, ...]
    due_on: date | None = None
    """The date that stands."""


class OutcomeStatus(StrEnum):
    """How far an outcome came in a period."""

    ACHIEVED = "achieved"
    PARTLY = "partly"
    NOT_YET = "not_yet"


class ReportSubmitted(Event, wire="monitoring.report_submitted", audience=SERVICES):
    """A partner handed in a report; the funder's answer is due by this London date."""

    report_id: ReportId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    document: DocumentRef
    late: bool
    submitted_by: str
    answer_due_on: date | None
    calendar_version: str
    opens: tuple[DocumentRef, ...]
    parts: tuple[ReportPart, ...] = ()
    """What it shows beside its outcomes; the words stand in its document."""


class OutcomeReported(Event, wire="monitoring.outcome_reported", audience=SERVICES):
    """What became of one outcome in a period; people only as counts of 5 and more."""

    report_id: ReportId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    outcome_id: str
    status: OutcomeStatus
    people: int | None = Field(default=None, ge=FEWEST_COUNTED, description="anonymous count; None where fewer than 5")
    measured: int | None = None
    unit: str = ""


class ReportReturned(Event, wire="monitoring.report_returned", audience=SERVICES):
    """The funder sent a report back with reasons; due again by this London date."""

    report_id: ReportId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    reasons: DocumentRef
    due_on: date
    remind_on: date | None
    returned_by: str
    calendar_version: str
    opens: tuple[DocumentRef, ...]


class ReportAccepted(Event, wire="monitoring.report_accepted", audience=SERVICES):
    """A report was accepted, by the funder or because it did not answer in time."""

    report_id: ReportId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    by_silence: bool
    accepted_by: str


class ReportOverdue(Event, wire="monitoring.report_overdue", audience=SERVICES):
    """A report's date passed without it; the lateness is the partner's."""

    report_id: ReportId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    due_on: date


class ReportOverdueWithdrawn(Event, wire="monitoring.report_overdue_withdrawn", audience=SERVICES):
    """A report was marked overdue although the partner's word had been received in time; the lateness is struck."""

    report_id: ReportId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    due_on: date


class FunderAnswerOverdue(Event, wire="monitoring.funder_answer_overdue", audience=SERVICES):
    """The funder did not answer a report in time; the lateness is the funder's."""

    report_id: ReportId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    answer_due_on: date
    citation: Citation | None = None
