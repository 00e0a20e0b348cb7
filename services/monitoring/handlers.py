"""Requests, reactions and timers to decisions: load, decide, append.

What falls due waits for a request about the same report that was received before and is not yet decided.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from contracts.place import Place
from services.monitoring import agreeing, closing, extensions, report, reports
from services.runtime.decisions import Decision, Waiting
from services.runtime.unit import Outcome, Unit

C = TypeVar("C", bound=report.ReportCommand)


async def propose_monitoring(unit: Unit, command: agreeing.ProposeMonitoring) -> Outcome:
    """Propose how outcomes are monitored."""
    return await unit.decide(agreeing.facts_of(command), agreeing.propose, command)


async def agree_monitoring(unit: Unit, command: agreeing.AgreeMonitoring) -> Outcome:
    """Agree to the other side's proposal."""
    return await unit.decide(agreeing.facts_of(command), agreeing.agree, command)


async def schedule_reports(unit: Unit, command: agreeing.ScheduleReports) -> Outcome:
    """Schedule the agreed reports."""
    return await unit.decide(agreeing.facts_of(command), agreeing.schedule, command)


async def close_monitoring(unit: Unit, command: closing.CloseMonitoring) -> Outcome:
    """Close what is monitored with an organisation that no longer exists, and with those for which it stood in."""
    organisations = await unit.with_those_it_took_over(command.organisation_id)
    return await unit.decide(closing.facts_of(organisations), closing.close, command)


async def open_report(unit: Unit, command: reports.OpenReport) -> Outcome:
    """Open a report's form."""
    return await unit.decide(report.facts_of(command), reports.open_form, command)


async def submit_report(unit: Unit, command: reports.SubmitReport) -> Outcome:
    """Hand in a report."""
    return await unit.decide(report.facts_of(command), reports.submit, command)


async def return_report(unit: Unit, command: reports.ReturnReport) -> Outcome:
    """Send a report back."""
    return await unit.decide(report.facts_of(command), reports.give_back, command)


async def accept_report(unit: Unit, command: reports.AcceptReport) -> Outcome:
    """Accept a report."""
    return await unit.decide(report.facts_of(command), reports.accept, command)


async def ask_extension(unit: Unit, command: extensions.AskExtension) -> Outcome:
    """Ask for longer."""
    return await unit.decide(report.facts_of(command), extensions.ask, command)


async def agree_extension(unit: Unit, command: extensions.AgreeExtension) -> Outcome:
    """Agree to longer."""
    return await unit.decide(report.facts_of(command), extensions.agree, command)


async def refuse_extension(unit: Unit, command: extensions.RefuseExtension) -> Outcome:
    """Refuse longer."""
    return await unit.decide(report.facts_of(command), extensions.refuse, command)


async def mark_overdue(unit: Unit, command: reports.MarkReportOverdue) -> Outcome:
    """Record a report as overdue."""
    return await _once_nothing_is_undecided(unit, reports.mark_overdue, command)


async def accept_unanswered(unit: Unit, command: reports.AcceptUnanswered) -> Outcome:
    """Accept a report that was not answered in time."""
    return await _once_nothing_is_undecided(unit, reports.accept_unanswered, command)


async def grant_unanswered(unit: Unit, command: extensions.GrantUnanswered) -> Outcome:
    """Grant longer time that nobody refused."""
    return await _once_nothing_is_undecided(unit, extensions.grant_unanswered, command)


async def _once_nothing_is_undecided(
    unit: Unit, decide: Callable[[report.Report, C, Place], Decision], command: C
) -> Outcome:
    if await unit.undecided(f"report:{command.report_id}"):
        return Outcome(waiting=Waiting("a request received earlier is still being decided"))
    return await unit.decide(report.facts_of(command), decide, command)
