"""Longer time for a report: asked before its date, and granted unless the funder refuses with a reason (3.3.10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from contracts.envelope import DocumentRef, Event
from contracts.monitoring import (
    ReportExtensionAgreed,
    ReportExtensionAsked,
    ReportExtensionRefused,
    ReportOverdueWithdrawn,
)
from contracts.place import Place
from services.monitoring.report import Report, ReportCommand, not_answerable, not_awaited, not_the_partner
from services.monitoring.terms import Terms, beyond_calendar, terms_of
from services.runtime.calendar import london_date
from services.runtime.decisions import Decision, Rejection


@dataclass(frozen=True, kw_only=True)
class AskExtension(ReportCommand):
    """Ask for longer, until a date, with a reason."""

    until: date
    reason: DocumentRef


@dataclass(frozen=True, kw_only=True)
class AgreeExtension(ReportCommand):
    """Agree to the longer time that was asked for."""


@dataclass(frozen=True, kw_only=True)
class RefuseExtension(ReportCommand):
    """Refuse longer time, with a reason."""

    reason: DocumentRef


@dataclass(frozen=True, kw_only=True)
class GrantUnanswered(ReportCommand):
    """Grant the longer time that nobody refused by the due date."""


def ask(report: Report, command: AskExtension, place: Place) -> Decision:
    """Ask for longer before the end of a report's due date (3.3.10); it is granted unless refused with a reason."""
    if stop := not_the_partner(report, command):
        return stop
    if command.reason.id in report.answers:
        return []
    terms = terms_of(place, report.funder_id, command.now)
    if stop := not_awaited(report) or _asked_wrongly(report, command, terms):
        return stop
    return [*strike_lateness(report, command, terms.day), _asked(report, command, terms)]


def agree(report: Report, command: AgreeExtension, place: Place) -> Decision:
    """Agree to longer time; after the due date silence has agreed already (3.3.10)."""
    terms = terms_of(place, report.funder_id, command.now)
    if stop := not_answerable(report, command, terms):
        return stop
    if report.extended and not report.asked_until:
        return []
    by_silence = report.granted_by_silence(terms.day)
    return _nothing_asked(report) or [granted(report, command, terms, by_silence=by_silence)]


def refuse(report: Report, command: RefuseExtension, place: Place) -> Decision:
    """Refuse longer time with a reason, by the end of the due date where the place has that rule (3.3.10)."""
    terms = terms_of(place, report.funder_id, command.now)
    if stop := not_answerable(report, command, terms):
        return stop
    if command.reason.id in report.answers:
        return []
    if stop := _nothing_asked(report) or _refused_too_late(report, terms):
        return stop
    refused = ReportExtensionRefused(
        report_id=command.report_id, agreement_id=command.agreement_id, organisation_id=report.organisation_id,
        reason=command.reason, opens=(command.reason,), due_on=report.due_on,
    )  # fmt: skip
    return [refused]


def grant_unanswered(report: Report, command: GrantUnanswered, place: Place) -> Decision:
    """Grant what nobody refused by the end of the due date (3.3.10)."""
    if not report.granted_by_silence(london_date(command.now)):
        return []
    return [granted(report, command, terms_of(place, report.funder_id, command.now), by_silence=True)]


def granted(report: Report, command: ReportCommand, terms: Terms, *, by_silence: bool) -> ReportExtensionAgreed:
    """The fact that a report is due on the date asked for."""
    due_on = report.latest_due
    return ReportExtensionAgreed(
        **report.about(command), due_on=due_on, remind_on=terms.remind_on(due_on), by_silence=by_silence,
        calendar_version=terms.calendar_version,
    )  # fmt: skip


def strike_lateness(report: Report, command: ReportCommand, day: date) -> Iterator[Event]:
    """Strikes a lateness that was recorded while what had been received in time was not yet decided."""
    if report.overdue and day <= report.due_on:
        yield ReportOverdueWithdrawn(**report.about(command), due_on=report.due_on)


def _asked(report: Report, command: AskExtension, terms: Terms) -> ReportExtensionAsked:
    return ReportExtensionAsked(
        report_id=command.report_id, agreement_id=command.agreement_id, organisation_id=report.organisation_id,
        asked_until=command.until, reason=command.reason, opens=(command.reason,), due_on=report.due_on,
        silence_grants=terms.reporting is not None, citation=terms.reporting_citation,
    )  # fmt: skip


def _asked_wrongly(report: Report, command: AskExtension, terms: Terms) -> Rejection | None:
    if terms.day > report.due_on:
        return _asked_late(report, terms)
    if report.asked_until:
        until = f"{report.asked_until:%-d %B %Y}"
        return Rejection("extension_already_asked", f"Longer was asked for already, until {until}.")
    if command.until <= report.due_on:
        return Rejection("extension_not_longer", f"The report is due on {report.due_on:%-d %B %Y} as it is.")
    return None if terms.knows(command.until) else beyond_calendar(terms)


def _asked_late(report: Report, terms: Terms) -> Rejection:
    return Rejection(
        "extension_asked_late",
        f"Longer can be asked for until the end of the due date, which was {report.due_on:%-d %B %Y}.",
        terms.reporting_citation,
        "Hand the report in as soon as you can, and speak to the commissioning manager.",
    )


def _nothing_asked(report: Report) -> Rejection | None:
    if report.awaited and report.asked_until:
        return None
    return Rejection("no_extension_asked", "Nobody is waiting for an answer about longer time for this report.")


def _refused_too_late(report: Report, terms: Terms) -> Rejection | None:
    if not report.granted_by_silence(terms.day):
        return None
    return Rejection(
        "extension_granted_by_silence",
        f"Nobody refused it by {report.due_on:%-d %B %Y}, so the longer time counts as granted.",
        terms.reporting_citation,
        "Wait for the report, or agree another date with the partner.",
    )
