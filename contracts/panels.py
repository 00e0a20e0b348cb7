"""How a panel weighs opened bids, what the unsuccessful are given, and their review; published by funding.

What a member of a panel does is recorded in the place's name: the member may belong to a voluntary organisation, and
that organisation learns nothing of it. Who acted stands in the event itself.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field

from contracts.envelope import Audience, DocumentRef, Event, Record
from contracts.funding import BidId, ProgrammeId
from contracts.partners import OrganisationId
from contracts.rules import Citation

PRIVATE, SERVICES = Audience.PRIVATE, Audience.SERVICES
RESULTS = "funding.results_announced"
CountedWith = tuple[str, ...]
"""Who else counted as a person at the time: whom it stood in for, and all who stood in for the same one."""


class PanelMember(Record):
    """A person who sits on a panel, for which organisation, and whether as of the voluntary sector."""

    person_id: str
    organisation_id: str
    sector: bool = False
    counted_with: CountedWith = ()


class OrganisationInterest(Record):
    """Nil or an interest, for one bidder or one member of its consortium."""

    organisation_id: str
    interest: bool


class CriterionScore(Record):
    """The points given under one published criterion, with the reason for them."""

    criterion_id: str
    points: int = Field(ge=0)
    reason: DocumentRef


class RankedBid(Record):
    """A bid with its weighted score, in hundredths of a point of 100, and whether the panel recommends it."""

    bid_id: str
    hundredths: int = Field(ge=0, le=10_000)
    recommended: bool = False


class PanelAppointed(Event, wire="funding.panel_appointed", audience=PRIVATE):
    """These people sit on the panel of a round from now on, beside those appointed before (Sutton Compact 3.1.6)."""

    programme_id: ProgrammeId
    funder_id: OrganisationId
    members: tuple[PanelMember, ...]
    appointed_by: str


class PanelMemberStoodAside(Event, wire="funding.panel_member_stood_aside", audience=PRIVATE, anonymous=True):
    """A member of a panel no longer sits on it; no score of theirs counts."""

    programme_id: ProgrammeId
    member: str


class PanelInterestDeclared(
    Event, wire="funding.panel_interest_declared", audience=PRIVATE, opened_by=RESULTS, anonymous=True
):
    """A member declared nil or an interest for each bidder and consortium member (Sutton Compact 3.1.6)."""

    programme_id: ProgrammeId
    member: str
    interests: tuple[OrganisationInterest, ...]
    nature: DocumentRef | None = None
    """What the interest is, where the member wrote it down."""
    counted_with: CountedWith = ()


class BidScored(Event, wire="funding.bid_scored", audience=PRIVATE, opened_by=RESULTS, anonymous=True):
    """A member without an interest scored a bid under every published criterion, each with its reason."""

    bid_id: BidId
    programme_id: ProgrammeId
    member: str
    scores: tuple[CriterionScore, ...]
    counted_with: CountedWith = ()


class ProposerMet(Event, wire="funding.proposer_met", audience=PRIVATE, opened_by=RESULTS, anonymous=True):
    """The panel met the proposer of a bid (Coventry, The Selection Panels)."""

    bid_id: BidId
    programme_id: ProgrammeId
    met_on: date
    minutes: int = Field(gt=0)
    present: tuple[str, ...]
    note: DocumentRef
    recorded_by: str


class PanelRecommended(Event, wire="funding.panel_recommended", audience=PRIVATE, opened_by=RESULTS, anonymous=True):
    """The panel recommended bids by their weighted scores, with reasons where it departs from that order."""

    programme_id: ProgrammeId
    ranking: tuple[RankedBid, ...]
    departure: DocumentRef | None = None
    recommended_by: str
    counted_with: CountedWith = ()


class GivenScore(Record):
    """A score as a member gave it, without who gave it."""

    criterion_id: str
    points: int = Field(ge=0)
    reason: DocumentRef


class ScoresGiven(Event, wire="funding.scores_given", audience=SERVICES):
    """The scores of a bid and the reason for each go to its bidder, unaltered (Sutton Compact 3.3.2)."""

    bid_id: BidId
    programme_id: ProgrammeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    points_at_most: int = Field(gt=0)
    scores: tuple[GivenScore, ...]
    opens: tuple[DocumentRef, ...]


class DecisionReviewRequested(Event, wire="funding.decision_review_requested", audience=SERVICES):
    """An unsuccessful bidder asked, once, for a review by somebody else (Sutton Compact 3.3.2)."""

    bid_id: BidId
    programme_id: ProgrammeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    grounds: DocumentRef
    answer_due_on: date | None = None
    calendar_version: str = ""
    citation: Citation | None = None
    opens: tuple[DocumentRef, ...]


class DecisionReviewOverdue(Event, wire="funding.decision_review_overdue", audience=SERVICES):
    """The day passed by which a review was to be answered; the lateness is the funder's."""

    bid_id: BidId
    programme_id: ProgrammeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    answer_due_on: date


class ReviewOutcome(StrEnum):
    """What a review found."""

    STANDS = "stands"
    AT_FAULT = "at_fault"
    """The decision was not made as it should have been; the answer says what follows."""


class DecisionReviewAnswered(Event, wire="funding.decision_review_answered", audience=SERVICES):
    """Somebody who neither sat nor decided answered a bidder's request for a review (Sutton Compact 3.3.2)."""

    bid_id: BidId
    programme_id: ProgrammeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    outcome: ReviewOutcome
    answer: DocumentRef
    answered_by: str
    late: bool = False
    opens: tuple[DocumentRef, ...]
