"""What commissioners decide about money: programmes, bids, awards, agreements, changes of support.

Amounts are whole pounds. A financial year is written as it is spoken, `2014/15`. Free text stands in documents.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contracts.envelope import Audience, DocumentRef, Event, Hash, Record, Tag
from contracts.partners import OrganisationId
from contracts.rules import Citation

PRIVATE, SERVICES, PARTNERS = Audience.PRIVATE, Audience.SERVICES, Audience.PARTNERS

ProgrammeId = Annotated[str, Tag("programme")]
BidId = Annotated[str, Tag("bid")]
AgreementId = Annotated[str, Tag("agreement")]
ChangeId = Annotated[str, Tag("change")]
FinancialYear = Annotated[str, Field(pattern=r"^\d{4}/\d{2}$")]
Pounds = Annotated[int, Field(ge=0)]


class Criterion(Record):
    """What bids are judged by, and its weight in hundredths; the weights of a round add up to 100."""

    id: str
    text: str
    weight: int = Field(gt=0, le=100)
    weighs: str = ""
    """Which of the things that the place's rules have a panel weigh this criterion covers (COV6)."""


class EligibilityCriterion(Record):
    """A condition that a bidder declares itself against."""

    id: str
    text: str


class YearAmount(Record):
    """An amount in one financial year."""

    year: FinancialYear
    pounds: Pounds


class LineKind(StrEnum):
    """What a line of a bid's budget pays for."""

    CORE = "core"
    OVERHEAD = "overhead"
    """Training, volunteers' expenses and the like: admissible (Compact 3.3.1)."""
    PROJECT = "project"


class BudgetLine(Record):
    """One line of a bid's budget; its words stand in the bid's document under the same id."""

    id: str
    kind: LineKind
    year: FinancialYear
    pounds: Pounds


class ConsortiumPart(Record):
    """The part of a member of a consortium beside the lead."""

    organisation_id: str
    share_pounds: Pounds


class OutcomeCommitted(Record):
    """An outcome or improved service a bid commits to; its words stand in the bid's document under the same id."""

    id: str
    priority_id: str | None = None
    target: int | None = None
    unit: str = ""


class RationalePart(Record):
    """The reason under one published criterion, as a document, given unaltered to the bidder."""

    criterion_id: str
    document: DocumentRef


class ProgrammePublished(Event, wire="funding.programme_published", audience=PARTNERS):
    """A round was published with its criteria, weights, money per year and dates, which now stand fixed."""

    programme_id: ProgrammeId
    funder_id: OrganisationId
    title: str
    rules_key: str
    """Which of the place's programme rules hold for it."""
    criteria: tuple[Criterion, ...]
    eligibility: tuple[EligibilityCriterion, ...]
    money: tuple[YearAmount, ...]
    opens_at: datetime
    closes_at: datetime
    results_at: datetime
    term_starts_on: date
    term_ends_on: date
    framework: DocumentRef | None = None
    """The commissioning framework published with the programme."""
    legal_basis: str = ""
    opens: tuple[DocumentRef, ...] = ()
    panel_points: int | None = None
    """Where a panel weighs the bids: the most points under a criterion. `None`: no panel sits."""


class QuestionAsked(Event, wire="funding.question_asked", audience=PRIVATE, opened_by="never"):
    """An organisation asked about a round; who asked stays private."""

    question_id: Annotated[str, Tag("question")]
    programme_id: ProgrammeId
    organisation_id: OrganisationId
    document: DocumentRef


class QuestionAnsweredToAll(Event, wire="funding.question_answered_to_all", audience=PARTNERS):
    """A question about a round was answered, to everybody at once and without saying who asked."""

    question_id: Annotated[str, Tag("question")]
    programme_id: ProgrammeId
    question: DocumentRef
    answer: DocumentRef
    opens: tuple[DocumentRef, ...]


class ClosingExtended(Event, wire="funding.closing_extended", audience=PARTNERS):
    """Closing was put off for all bidders, with the reason."""

    programme_id: ProgrammeId
    closed_at_before: datetime
    closes_at: datetime
    reason: DocumentRef
    opens: tuple[DocumentRef, ...]


class BidSubmitted(Event, wire="funding.bid_submitted", audience=PRIVATE, opened_by="funding.bids_opened"):
    """A bid came in and stands sealed until two people open it."""

    bid_id: BidId
    programme_id: ProgrammeId
    organisation_id: OrganisationId
    members: tuple[ConsortiumPart, ...] = ()
    member_ids: tuple[OrganisationId, ...] = ()
    lines: tuple[BudgetLine, ...]
    outcomes: tuple[OutcomeCommitted, ...]
    declared: tuple[str, ...]
    """The eligibility criteria the bidder declared itself to meet: all of them."""
    document: DocumentRef
    receipt_number: str
    received_at: datetime
    submitted_by: str
    legal_basis_acknowledged: bool = False
    """Whether the bidder recognised the legal basis published with the round (Compact 3.2.8)."""


class BidReceived(Event, wire="funding.bid_received", audience=SERVICES, anonymous=True):
    """A bid with this id and hash came in; nothing about the bidder."""

    bid_id: BidId
    programme_id: ProgrammeId
    content_hash: Hash
    received_at: datetime


class ConsortiumMemberConfirmed(
    Event, wire="funding.consortium_member_confirmed", audience=PRIVATE, opened_by="funding.bids_opened"
):
    """A member of a consortium confirmed its part and share."""

    bid_id: BidId
    programme_id: ProgrammeId
    organisation_id: OrganisationId
    share_pounds: Pounds
    confirmed_by: str


class BidWithdrawn(Event, wire="funding.bid_withdrawn", audience=PRIVATE, opened_by="funding.bids_opened"):
    """A bidder took its bid back."""

    bid_id: BidId
    programme_id: ProgrammeId
    organisation_id: OrganisationId


class BidsOpeningStarted(Event, wire="funding.bids_opening_started", audience=PRIVATE):
    """The first of two people asked for the bids to be opened; nothing can be read yet."""

    programme_id: ProgrammeId
    opener: str


class BidsOpened(Event, wire="funding.bids_opened", audience=SERVICES):
    """Two people opened the bids of a round; from now on its funder may read them."""

    programme_id: ProgrammeId
    bid_ids: tuple[BidId, ...]
    first_opener: str
    second_opener: str


class BidDocumentRequested(Event, wire="funding.bid_document_requested", audience=SERVICES):
    """Eligibility could not be verified; the bidder has until this London date to put the document right."""

    bid_id: BidId
    programme_id: ProgrammeId
    organisation_id: OrganisationId
    criterion_id: str
    reasons: DocumentRef
    due_on: date
    calendar_version: str
    citation: Citation | None = None
    opens: tuple[DocumentRef, ...]


class BidDocumentPutRight(Event, wire="funding.bid_document_put_right", audience=PRIVATE):
    """A bidder put a document right."""

    bid_id: BidId
    programme_id: ProgrammeId
    organisation_id: OrganisationId
    criterion_id: str
    document: DocumentRef


class BidFoundEligible(
    Event, wire="funding.bid_found_eligible", audience=PRIVATE, opened_by="funding.results_announced"
):
    """The funder verified a bid against every published criterion."""

    bid_id: BidId
    programme_id: ProgrammeId
    verified_by: str
    checked: tuple[RationalePart, ...] = ()
    """Why each published criterion counts as met."""


class BidFoundIneligible(
    Event, wire="funding.bid_found_ineligible", audience=PRIVATE, opened_by="funding.results_announced"
):
    """The funder found a criterion not met, with reasons; told with the results."""

    bid_id: BidId
    programme_id: ProgrammeId
    criterion_id: str
    reasons: DocumentRef
    verified_by: str


class AwardApproved(Event, wire="funding.award_approved", audience=PRIVATE, opened_by="funding.results_announced"):
    """A named decider approved an award, within the money, with a rationale per criterion; sealed until announced."""

    bid_id: BidId
    programme_id: ProgrammeId
    organisation_id: OrganisationId
    amounts: tuple[YearAmount, ...]
    rationale: tuple[RationalePart, ...]
    decided_by: str
    authority: str


class AwardDeclined(Event, wire="funding.award_declined", audience=PRIVATE, opened_by="funding.results_announced"):
    """A named decider declined a bid, with a rationale per criterion; sealed until announced."""

    bid_id: BidId
    programme_id: ProgrammeId
    organisation_id: OrganisationId
    rationale: tuple[RationalePart, ...]
    decided_by: str
    authority: str


class AnnouncementMissed(Event, wire="funding.announcement_missed", audience=SERVICES):
    """The set date of announcement came and not every bid was decided; nothing is announced until all are."""

    programme_id: ProgrammeId
    results_at: datetime
    undecided: int


class ResultsAnnounced(Event, wire="funding.results_announced", audience=PARTNERS):
    """All results of a round came out together."""

    programme_id: ProgrammeId
    funder_id: OrganisationId
    announced_at: datetime
    bids: int
    awards: int
    awarded_pounds: Pounds


class BidAwarded(Event, wire="funding.bid_awarded", audience=PARTNERS):
    """A bid was awarded support, announced with all other results of its round."""

    bid_id: BidId
    programme_id: ProgrammeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    member_ids: tuple[OrganisationId, ...] = ()
    title: str
    amounts: tuple[YearAmount, ...]
    outcomes: tuple[OutcomeCommitted, ...]
    term_starts_on: date
    term_ends_on: date


class BidDeclined(Event, wire="funding.bid_declined", audience=SERVICES):
    """A bid was not awarded; its bidder is told why, criterion by criterion, unaltered."""

    bid_id: BidId
    programme_id: ProgrammeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    title: str
    ineligible: bool = False
    rationale: tuple[RationalePart, ...]
    opens: tuple[DocumentRef, ...]


class RationaleGiven(Event, wire="funding.rationale_given", audience=SERVICES):
    """The rationale of an award goes to its bidder, unaltered."""

    bid_id: BidId
    programme_id: ProgrammeId
    organisation_id: OrganisationId
    rationale: tuple[RationalePart, ...]
    opens: tuple[DocumentRef, ...]


class SealedStepWarned(
    Event, wire="funding.sealed_step_warned", audience=PRIVATE, opened_by="funding.results_announced"
):
    """A pending signatory was warned at a sealed step; disclosed as `StepWarned` once the results are out."""

    about: Annotated[str, Tag("about")]
    body_id: OrganisationId
    command: str
    code: str
    citation: Citation


class CommitmentMadeUnaware(
    Event, wire="funding.commitment_made_unaware", audience=PRIVATE, opened_by="funding.results_announced"
):
    """A fact that would have stopped an award or signature was known after it; `DecidedUnaware` once that is open."""

    about: Annotated[str, Tag("about")]
    organisation_id: OrganisationId
    decision_id: str
    late_event_id: str
    code: str
    given_to_role: str


class SealedStepsDisclosed(Event, wire="funding.sealed_steps_disclosed", audience=PRIVATE):
    """What was refused, warned or decided unaware while a matter was sealed has been disclosed."""

    about: Annotated[str, Tag("about")]


class AgreementDrafted(Event, wire="funding.agreement_drafted", audience=SERVICES):
    """An agreement was drafted from an award; each party has yet to sign."""

    agreement_id: AgreementId
    bid_id: BidId
    programme_id: ProgrammeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    title: str
    amounts: tuple[YearAmount, ...]
    outcomes: tuple[OutcomeCommitted, ...]
    starts_on: date
    ends_on: date
    rules_key: str = ""
    """Which of the place's programme rules hold for it."""
    members: tuple[ConsortiumPart, ...] = ()
    """The members of the consortium beside its lead, with their shares."""


class AgreementSignedByParty(Event, wire="funding.agreement_signed_by_party", audience=SERVICES):
    """One party signed an agreement, by office and authority."""

    agreement_id: AgreementId
    organisation_id: OrganisationId
    signed_by: str
    office: str
    authority: str


class AgreementInForce(Event, wire="funding.agreement_in_force", audience=PARTNERS):
    """Both parties signed, a manager is nominated, monitoring is agreed: the agreement holds from its start."""

    agreement_id: AgreementId
    programme_id: ProgrammeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    title: str
    amounts: tuple[YearAmount, ...]
    starts_on: date
    ends_on: date


class ChangeKind(StrEnum):
    """Which way support is to change."""

    REDUCE = "reduce"
    END = "end"
    OTHER = "other"


class Support(StrEnum):
    """What kind of support changes: every rule of change covers all of them."""

    FUNDING = "funding"
    PREMISES = "premises"
    STAFF_TIME = "staff_time"
    GOODS = "goods"
    TRAINING = "training"


class ChangeGround(StrEnum):
    """On what ground a change is proposed."""

    PERFORMANCE = "performance"
    RESOURCES = "resources"
    NEED = "need"
    FRAUD = "fraud"
    SAFEGUARDING = "safeguarding"
    INSOLVENCY = "insolvency"
    GRANT_LOST_BY_LAW = "grant_lost_by_law"


class FundingChangeProposed(Event, wire="funding.funding_change_proposed", audience=SERVICES):
    """A funder proposes to change its support; the organisation concerned is told before any other body."""

    change_id: ChangeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    kind: ChangeKind
    support: Support
    ground: ChangeGround
    proposed_by: str
    reasons: DocumentRef
    opens: tuple[DocumentRef, ...]
    budget_decision: Citation | None = None
    """The funder's own decision that a ground of resources stands on (Compact 3.4.1)."""
    restarts: str | None = None
    """The change that this one takes the place of, because its ground changed."""
    proposer_role: str = ""
    """The office in which it was proposed, which says who is senior to it."""


class ChangeDisclosed(Event, wire="funding.change_disclosed", audience=PARTNERS):
    """A working day after the organisation concerned was served, the other bodies learn of a proposed change."""

    change_id: ChangeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    kind: ChangeKind
    support: Support
    ground: ChangeGround
    told_organisation_on: date
    disclosed_on: date
    calendar_version: str


class DisclosureScheduled(
    Event, wire="funding.disclosure_scheduled", audience=PRIVATE, opened_by="funding.change_disclosed"
):
    """The organisation concerned was served; the other bodies learn of the change on this London date."""

    change_id: ChangeId
    notice_id: Annotated[str, Tag("notice")]
    served_on: date
    disclose_on: date
    calendar_version: str
    citation: Citation | None = None


class DisclosureStopped(
    Event, wire="funding.disclosure_stopped", audience=PRIVATE, opened_by="funding.change_disclosed"
):
    """Service on the organisation concerned was withdrawn; nobody else learns of the change until it is served."""

    change_id: ChangeId
