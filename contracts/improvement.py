"""What monitoring publishes about under-performance and the timetable of actions to improve (Sutton Compact 3.4.1)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from contracts.envelope import Audience, DocumentRef, Event, Record, Tag
from contracts.funding import AgreementId
from contracts.partners import OrganisationId
from contracts.rules import Citation

PUBLISHER = "monitoring"
"""The service whose facts these are."""
SERVICES = Audience.SERVICES

UnderPerformanceId = Annotated[str, Tag("under_performance")]


class Side(StrEnum):
    """The two sides of an agreement."""

    FUNDER = "funder"
    PARTNER = "partner"


class RemedialAction(Record):
    """One action of a timetable: which side does it, and until when; its words stand in the document under its id."""

    id: str
    side: Side
    due_on: date


class RemedialTimetableAgreed(Event, wire="monitoring.remedial_timetable_agreed", audience=SERVICES):
    """The other side agreed to a timetable of actions; it runs until its last action's date (Sutton Compact 3.4.1)."""

    under_performance_id: UnderPerformanceId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    proposal_id: str
    actions: tuple[RemedialAction, ...]
    ends_on: date
    agreed_by: str


class RemedialTimetableDecided(Event, wire="monitoring.remedial_timetable_decided", audience=SERVICES):
    """A second person of the funder decided the timetable, both positions being on record (Sutton Compact 3.4.1)."""

    under_performance_id: UnderPerformanceId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    actions: tuple[RemedialAction, ...]
    ends_on: date
    reasons: DocumentRef
    decided_by: str
    silent: tuple[Side, ...] = ()
    """The sides that gave no position by the date for it."""
    opens: tuple[DocumentRef, ...]


class TimetableResult(StrEnum):
    """How a timetable of actions ended."""

    RECOVERED = "recovered"
    """The partner did all of its actions: performance is no longer a ground to end support."""
    FAILED = "failed"
    """The partner missed an action: a decision to end support may now be proposed on the ground of performance."""


class RemedialTimetableEnded(Event, wire="monitoring.remedial_timetable_ended", audience=SERVICES):
    """A timetable ran out: recovered, or failed, which alone opens the way to end support (Sutton Compact 3.4.1)."""

    under_performance_id: UnderPerformanceId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    result: TimetableResult
    missed: tuple[str, ...]
    """The actions that either side missed."""
    ended_on: date
    citation: Citation | None = None
