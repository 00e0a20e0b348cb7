"""What monitoring publishes about performance meetings and the annual review."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contracts.envelope import Audience, DocumentRef, Event, Record, Tag
from contracts.funding import AgreementId
from contracts.improvement import Side
from contracts.monitoring import FEWEST_COUNTED
from contracts.partners import OrganisationId
from contracts.rules import Citation

SERVICES, PRIVATE = Audience.SERVICES, Audience.PRIVATE

MeetingId = Annotated[str, Tag("meeting")]
ReviewId = Annotated[str, Tag("review")]
PeopleCounted = Annotated[int, Field(ge=FEWEST_COUNTED, description="anonymous count; left out where fewer than 5")]


class MeetingAsked(Record):
    """A performance meeting of the schedule: after the first date, and on the second at the latest."""

    meeting_id: str
    after: date
    hold_by: date
    remind_on: date | None = None


class ReviewAsked(Record):
    """An annual review of the schedule: the year that it looks at, and the day on which it opens."""

    review_id: str
    from_on: date
    to_on: date
    opens_on: date
    parts: tuple[str, ...]
    conclude_working_days: int


class PerformanceReviewsScheduled(Event, wire="monitoring.performance_reviews_scheduled", audience=SERVICES):
    """The agreement is in force: its performance meetings and annual reviews stand on these dates (SPP5, SPP6)."""

    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    meetings: tuple[MeetingAsked, ...]
    reviews: tuple[ReviewAsked, ...]
    calendar_version: str
    citation: Citation | None = None


class QuarterlyReviewDue(Event, wire="monitoring.quarterly_review_due", audience=SERVICES):
    """A performance meeting comes near: it is to be held by this London date (SPP5)."""

    meeting_id: MeetingId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    hold_by: date


class Attendance(Record):
    """Who took part in a meeting: a role and whom it spoke for, never a person."""

    organisation_id: str
    role: str


class QuarterlyReviewHeld(Event, wire="monitoring.quarterly_review_held", audience=SERVICES):
    """A performance meeting looked at every agreed outcome, with both sides present (SPP5)."""

    meeting_id: MeetingId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    held_on: date
    late: bool
    attended: tuple[Attendance, ...]
    outcome_ids: tuple[str, ...]
    notes: DocumentRef
    recorded_by: str


class QuarterlyReviewMissed(Event, wire="monitoring.quarterly_review_missed", audience=SERVICES):
    """The last date of a performance meeting passed without one (SPP5)."""

    meeting_id: MeetingId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    hold_by: date
    citation: Citation | None = None


class AnnualReviewOpened(Event, wire="monitoring.annual_review_opened", audience=SERVICES):
    """A year of the agreement is over, and how effectively and economically its money was used is reviewed (SPP6)."""

    review_id: ReviewId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    from_on: date
    to_on: date
    parts: tuple[str, ...]
    conclude_by: date
    calendar_version: str
    citation: Citation | None = None


class FeedbackInvited(Event, wire="monitoring.feedback_invited", audience=SERVICES):
    """Residents and service users are asked for feedback until this London date (SPP6; Sutton Compact 3.3.12)."""

    review_id: ReviewId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    until: date
    side: Side


class GroupCount(Record):
    """How many people of a group that the organisation serves were heard together."""

    group: str
    people: PeopleCounted


class ResidentFeedbackReceived(Event, wire="monitoring.resident_feedback_received", audience=PRIVATE):
    """Residents or service users gave feedback; words, and a name where one was given, stay in the document store."""

    review_id: ReviewId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    feedback_id: Annotated[str, Tag("feedback")]
    received_on: date
    words: DocumentRef
    name: DocumentRef | None = None
    people: PeopleCounted | None = None
    groups: tuple[GroupCount, ...] = ()
    """Of feedback gathered from several people together; nobody is asked to which group they belong."""


class PartAnswered(Record):
    """One part of a review with the document that answers it."""

    part: str
    document: DocumentRef


class AnnualReviewAssessed(Event, wire="monitoring.annual_review_assessed", audience=SERVICES):
    """The commissioning manager answered every part of a review; the partner is asked for its answer (SPP6)."""

    review_id: ReviewId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    parts: tuple[PartAnswered, ...]
    assessed_by: str
    conclude_by: date
    opens: tuple[DocumentRef, ...]


class AnnualReviewAnswered(Event, wire="monitoring.annual_review_answered", audience=SERVICES):
    """The partner saw the assessment and the feedback, and answered (SPP6; Sutton Compact 3.4.6)."""

    review_id: ReviewId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    answer: DocumentRef


class AnnualReviewConcluded(Event, wire="monitoring.annual_review_concluded", audience=SERVICES):
    """A review of effectiveness, economy and efficiency was concluded, residents heard and the partner too (SPP6)."""

    review_id: ReviewId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    conclusion: DocumentRef
    people_heard: PeopleCounted | None = None
    late: bool
    concluded_by: str
    opens: tuple[DocumentRef, ...]


class AwaitedPart(StrEnum):
    """Whose turn it was when a review's date passed."""

    RESIDENTS = "residents"
    FUNDER = "funder"
    PARTNER = "partner"


class AnnualReviewMissed(Event, wire="monitoring.annual_review_missed", audience=SERVICES):
    """A review's date passed before it was concluded; whoever was waited for is named (SPP6)."""

    review_id: ReviewId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    conclude_by: date
    waited_for: AwaitedPart
    citation: Citation | None = None


class PerformanceClosed(Event, wire="monitoring.performance_closed", audience=SERVICES):
    """The organisation no longer exists: no meeting, action or review is waited for any more."""

    agreement_id: AgreementId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    meeting_ids: tuple[str, ...]
    review_ids: tuple[str, ...]
    under_performance_ids: tuple[str, ...]
    action_keys: tuple[str, ...]
    """`<under-performance>/<action>` of every action that was still to be done or confirmed."""
