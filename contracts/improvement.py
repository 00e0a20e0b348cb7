"""What monitoring publishes about under-performance and the timetable of actions to improve (Sutton Compact 3.4.1)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from contracts.envelope import Audience, DocumentRef, Event, Record, Tag
from contracts.funding import AgreementId
from contracts.partners import OrganisationId
from contracts.rules import Citation

SERVICES = Audience.SERVICES

UnderPerformanceId = Annotated[str, Tag("under_performance")]


class Side(StrEnum):
    """The two sides of an agreement."""

    FUNDER = "funder"
    PARTNER = "partner"


class UnderPerformanceRaised(Event, wire="monitoring.under_performance_raised", audience=SERVICES):
    """A commissioning manager raised under-performance against outcomes, with the reason (Sutton Compact 3.4.1)."""

    under_performance_id: UnderPerformanceId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    outcome_ids: tuple[str, ...]
    reason: DocumentRef
    raised_by: str
    agree_by: date | None
    """By when both sides agree a timetable; none where the place has no such rule."""
    calendar_version: str
    citation: Citation | None = None
    opens: tuple[DocumentRef, ...]


class RemedialAction(Record):
    """One action of a timetable: which side does it, and until when; its words stand in the document under its id."""

    id: str
    side: Side
    due_on: date


class RemedialTimetableProposed(Event, wire="monitoring.remedial_timetable_proposed", audience=SERVICES):
    """One side proposed a timetable of actions to improve (Sutton Compact 3.4.1)."""

    under_performance_id: UnderPerformanceId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    proposal_id: str
    side: Side
    actions: tuple[RemedialAction, ...]
    document: DocumentRef
    proposed_by: str
    opens: tuple[DocumentRef, ...]


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


class RemedialTimetableNotAgreed(Event, wire="monitoring.remedial_timetable_not_agreed", audience=SERVICES):
    """The time to agree passed: each side gives its position, then a second person decides (Sutton Compact 3.4.1)."""

    under_performance_id: UnderPerformanceId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    agree_by: date
    positions_by: date
    calendar_version: str
    citation: Citation | None = None


class RemedialPositionGiven(Event, wire="monitoring.remedial_position_given", audience=SERVICES):
    """One side's position on the timetable that was not agreed is on record (Sutton Compact 3.4.1)."""

    under_performance_id: UnderPerformanceId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    side: Side
    position: DocumentRef


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


class RemedialActionClaimed(Event, wire="monitoring.remedial_action_claimed", audience=SERVICES):
    """The side whose action it is says that it is done; the other side confirms it by this date, or silence does."""

    under_performance_id: UnderPerformanceId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    action_id: str
    side: Side
    evidence: DocumentRef
    claimed_by: str
    confirm_by: date | None
    calendar_version: str


class RemedialActionNotConfirmed(Event, wire="monitoring.remedial_action_not_confirmed", audience=SERVICES):
    """The other side does not see that an action is done, and says why."""

    under_performance_id: UnderPerformanceId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    action_id: str
    side: Side
    due_on: date
    """The action's own date, which runs again."""
    reason: DocumentRef
    opens: tuple[DocumentRef, ...]


class RemedialActionCompleted(Event, wire="monitoring.remedial_action_completed", audience=SERVICES):
    """An action of the timetable is done, by the other side's word or its silence (Sutton Compact 3.4.1)."""

    under_performance_id: UnderPerformanceId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    action_id: str
    side: Side
    by_silence: bool


class RemedialActionMissed(Event, wire="monitoring.remedial_action_missed", audience=SERVICES):
    """An action's date passed without it; it counts against the side whose action it was (Sutton Compact 3.4.1)."""

    under_performance_id: UnderPerformanceId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    action_id: str
    side: Side
    due_on: date


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
    left: tuple[str, ...] = ()
    """The actions that were still to be done or confirmed: nobody waits for them any more."""
    ended_on: date
    citation: Citation | None = None
