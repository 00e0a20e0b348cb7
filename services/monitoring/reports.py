"""A report's way: its form opens, it is given and answered, and whoever is late is recorded as late (3.3.10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from contracts.envelope import DocumentRef, Event
from contracts.monitoring import (
    FEWEST_COUNTED,
    FunderAnswerOverdue,
    OutcomeReported,
    OutcomeStatus,
    ReportAccepted,
    ReportDue,
    ReportOverdue,
    ReportPart,
    ReportReturned,
    ReportSubmitted,
)
from contracts.place import Place
from services.monitoring.extensions import granted, strike_lateness
from services.monitoring.report import Report, ReportCommand, Status, not_answerable, not_awaited, not_the_partner
from services.monitoring.report_parts import part_missing, parts_asked
from services.monitoring.terms import Terms, beyond_calendar, terms_of
from services.runtime.calendar import london_date
from services.runtime.decisions import Decision, Rejection


@dataclass(frozen=True, kw_only=True)
class OpenReport(ReportCommand):
    """Open the form of a scheduled report."""


@dataclass(frozen=True)
class OutcomeGiven:
    """What a partner says of one outcome; its words stand in the report's document under the same id."""

    outcome_id: str
    status: OutcomeStatus
    people: int | None = None
    measured: int | None = None


@dataclass(frozen=True, kw_only=True)
class SubmitReport(ReportCommand):
    """Hand in a report with what became of each outcome."""

    outcomes: tuple[OutcomeGiven, ...]
    document: DocumentRef
    parts: tuple[ReportPart, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MarkReportOverdue(ReportCommand):
    """Record that a report's date passed without it."""


@dataclass(frozen=True, kw_only=True)
class ReturnReport(ReportCommand):
    """Send a report back with reasons and a new date."""

    due_on: date
    reasons: DocumentRef


@dataclass(frozen=True, kw_only=True)
class AcceptReport(ReportCommand):
    """Accept a report."""


@dataclass(frozen=True, kw_only=True)
class AcceptUnanswered(ReportCommand):
    """Accept a report that the funder did not answer in time."""


def counted(people: int | None) -> int | None:
    """A count of people as it may be kept: small ones could point to a person and are left out."""
    return people if people is not None and people >= FEWEST_COUNTED else None


def open_form(report: Report, command: OpenReport, place: Place) -> Decision:
    """Open a report's form; it falls due as agreed, or later where it would be open too short (3.3.10)."""
    asked = report.scheduled.get(command.report_id)
    if asked is None or report.closed or report.status is not Status.TO_COME:
        return []
    if london_date(command.now) < asked.opens_on:
        return []
    terms = terms_of(place, report.funder_id, command.now)
    due_on = terms.due_at_the_earliest(asked.due_on)
    due = ReportDue(
        **report.about(command), period=asked.period, opened_on=terms.day, due_on=due_on,
        remind_on=terms.remind_on(due_on), calendar_version=terms.calendar_version, citation=terms.reporting_citation,
        parts=tuple(parts_asked(report, asked, terms)),
    )  # fmt: skip
    return [due]


def submit(report: Report, command: SubmitReport, place: Place) -> Decision:
    """Hand in a report on every outcome of the agreement; received after its date it is late (3.3.10)."""
    if stop := not_the_partner(report, command):
        return stop
    if command.document.id in report.answers:
        return []
    terms = terms_of(place, report.funder_id, command.now)
    if stop := not_awaited(report) or _outcomes_wrong(report, command, terms):
        return stop
    if stop := part_missing(report, command.parts, terms):
        return stop
    return [*strike_lateness(report, command, terms.day), *_handed_in(report, command, terms)]


def mark_overdue(report: Report, command: MarkReportOverdue, place: Place) -> Decision:
    """Record a report as overdue on the day after its date, unless longer was asked for and is not yet answered."""
    if not report.awaited or report.overdue or report.asked_until or london_date(command.now) <= report.due_on:
        return []
    return [ReportOverdue(**report.about(command), due_on=report.due_on)]


def give_back(report: Report, command: ReturnReport, place: Place) -> Decision:
    """Send a report back with reasons and time to put it right, while the funder's own time runs (3.3.10)."""
    terms = terms_of(place, report.funder_id, command.now)
    if stop := not_answerable(report, command, terms):
        return stop
    if command.reasons.id in report.answers:
        return []
    if stop := _not_handed_in(report) or _answered_too_late(report, terms) or _too_soon(command, terms):
        return stop
    returned = ReportReturned(
        **report.about(command), reasons=command.reasons, opens=(command.reasons,), due_on=command.due_on,
        remind_on=terms.remind_on(command.due_on), returned_by=place.principal(command.actor.person),
        calendar_version=terms.calendar_version,
    )  # fmt: skip
    return [returned]


def accept(report: Report, command: AcceptReport, place: Place) -> Decision:
    """Accept a report; once the funder's time is over it counts as accepted by silence (3.3.10)."""
    terms = terms_of(place, report.funder_id, command.now)
    if stop := not_answerable(report, command, terms):
        return stop
    if report.status is Status.ACCEPTED:
        return []
    if stop := _not_handed_in(report):
        return stop
    if report.answer_is_late(terms.day):
        return _accepted_by_silence(report, command, terms)
    accepted_by = place.principal(command.actor.person)
    return [ReportAccepted(**report.about(command), by_silence=False, accepted_by=accepted_by)]


def accept_unanswered(report: Report, command: AcceptUnanswered, place: Place) -> Decision:
    """Count a report as accepted once the funder's time to answer is over, the lateness as the funder's (3.3.10)."""
    if report.closed or not report.answer_is_late(london_date(command.now)):
        return []
    return _accepted_by_silence(report, command, terms_of(place, report.funder_id, command.now))


def _outcomes_wrong(report: Report, command: SubmitReport, terms: Terms) -> Rejection | None:
    given = [outcome.outcome_id for outcome in command.outcomes]
    if len({*given}) < len(given):
        return Rejection("outcome_repeated", "An outcome is reported twice.")
    if strange := ", ".join(sorted({*given} - {*report.units})):
        return Rejection("outcome_unknown", f"The agreement has no outcome {strange}.")
    if missing := ", ".join(sorted({*report.units} - {*given})):
        remedy = "Say of every outcome of the agreement how far it came; `not_yet` is an answer."
        return Rejection("outcome_not_reported", f"Nothing is said about {missing}.", terms.reporting_citation, remedy)
    return None


def _handed_in(report: Report, command: SubmitReport, terms: Terms) -> Iterator[Event]:
    if report.granted_by_silence(terms.day):
        yield granted(report, command, terms, by_silence=True)
    yield ReportSubmitted(
        **report.about(command), document=command.document, opens=(command.document,),
        late=terms.day > report.latest_due, submitted_by=terms.place.principal(command.actor.person),
        answer_due_on=terms.answer_due_on(), calendar_version=terms.calendar_version,
        parts=command.parts,
    )  # fmt: skip
    for outcome in command.outcomes:
        yield _outcome_reported(report, command, outcome)


def _outcome_reported(report: Report, command: SubmitReport, outcome: OutcomeGiven) -> OutcomeReported:
    return OutcomeReported(
        report_id=command.report_id,
        agreement_id=command.agreement_id,
        organisation_id=report.organisation_id,
        outcome_id=outcome.outcome_id,
        status=outcome.status,
        people=counted(outcome.people),
        measured=outcome.measured,
        unit=report.units[outcome.outcome_id],
    )


def _not_handed_in(report: Report) -> Rejection | None:
    if report.status is Status.SUBMITTED:
        return None
    if report.status is Status.ACCEPTED:
        return Rejection("report_already_accepted", "This report was accepted already.")
    return Rejection("report_not_submitted", "There is no report here that waits for an answer.")


def _answered_too_late(report: Report, terms: Terms) -> Rejection | None:
    if not report.answer_is_late(terms.day):
        return None
    return Rejection(
        "answer_too_late",
        f"The answer was due by {report.answer_due_on:%-d %B %Y}; the report counts as accepted.",
        terms.reporting_citation,
        "Raise what is still wrong with the partner before the next report.",
    )


def _too_soon(command: ReturnReport, terms: Terms) -> Rejection | None:
    """A new date leaves at least the days that a reminder comes before it."""
    if not terms.knows(command.due_on):
        return beyond_calendar(terms)
    days = terms.reporting.remind_working_days if terms.reporting else 1
    earliest = terms.on(terms.day, days)
    if command.due_on >= earliest:
        return None
    return Rejection(
        "return_too_short",
        f"A returned report is due again no earlier than {days} working days on.",
        terms.reporting_citation,
        f"Choose {earliest:%-d %B %Y} or later.",
    )


def _accepted_by_silence(report: Report, command: ReportCommand, terms: Terms) -> list[Event]:
    answer_due_on, citation = report.answer_due_on, terms.reporting_citation
    assert answer_due_on is not None
    return [
        FunderAnswerOverdue(**report.about(command), answer_due_on=answer_due_on, citation=citation),
        ReportAccepted(**report.about(command), by_silence=True, accepted_by="system"),
    ]
