"""The read tables of monitoring, each named after the answer it holds."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.runtime.projections import Table


class MonitoringPlans(Table, key=("agreement_id",)):
    """What is proposed and agreed about the monitoring of each agreement."""

    agreement_id: str
    organisation_id: str = ""
    funder_id: str = ""
    title: str = ""
    outcomes: tuple[str, ...] = ()
    manager_id: str = ""
    status: str = "drafted"
    in_force: bool = False
    proposal_id: str | None = None
    proposed_by_funder: bool | None = None
    proposed: dict[str, Any] | None = None
    """Reports and questions on the table."""
    proposal_document: dict[str, Any] | None = None
    agreed_proposal_id: str | None = None
    agreed: dict[str, Any] | None = None
    """Reports and questions that both sides agreed."""


class Reports(Table, key=("report_id",)):
    """Where each report stands and who is waited for."""

    report_id: str
    agreement_id: str = ""
    organisation_id: str = ""
    funder_id: str = ""
    period: str = ""
    status: str = "to_come"
    waits_for: str = "nobody"
    opens_on: date | None = None
    opened_on: date | None = None
    due_on: date | None = None
    remind_on: date | None = None
    overdue: bool = False
    late: bool = False
    extension_asked_until: date | None = None
    extension_reason: dict[str, Any] | None = None
    extended_by_silence: bool = False
    answer_due_on: date | None = None
    document: dict[str, Any] | None = None
    reasons: dict[str, Any] | None = None
    """Why the funder last returned the report or refused longer time."""
    accepted_by_silence: bool = False
    parts: tuple[str, ...] = ()
    """What it shows beside its outcomes."""


class OutcomesReported(Table, key=("report_id", "outcome_id")):
    """What became of each outcome, as last reported."""

    report_id: str
    outcome_id: str
    agreement_id: str = ""
    organisation_id: str = ""
    status: str = ""
    people: int | None = None
    measured: int | None = None
    unit: str = ""


class OverdueReports(Table, key=("report_id",)):
    """Reports whose date passed without them, until they come in."""

    report_id: str
    agreement_id: str = ""
    organisation_id: str = ""
    funder_id: str = ""
    due_on: date | None = None


class FunderLateness(Table, key=("report_id",)):
    """Reports that a funder did not answer in time."""

    report_id: str
    agreement_id: str = ""
    organisation_id: str = ""
    funder_id: str = ""
    answer_due_on: date | None = None
