"""The gates of a change of support: what has to be answered before it is decided, served, and takes effect.

People appear as counts of five and more; what people wrote stands in documents.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contracts.envelope import Audience, DocumentRef, Event, Hash, Record, Tag
from contracts.funding import (
    AgreementId,
    ChangeGround,
    ChangeId,
    ChangeKind,
    Pounds,
    Support,
    YearAmount,
)
from contracts.monitoring import FEWEST_COUNTED
from contracts.partners import OrganisationId
from contracts.rules import Citation

PRIVATE, SERVICES, PARTNERS = Audience.PRIVATE, Audience.SERVICES, Audience.PARTNERS

NoticeId = Annotated[str, Tag("notice")]
RepresentationId = Annotated[str, Tag("representation")]
ConcernId = Annotated[str, Tag("concern")]
Step = Annotated[str, Field(description="which of the place's rules the step carries out, for example `impact`")]


class GroupAffected(Record):
    """How many people of one group a change affects; None where fewer than five, or where nobody knows."""

    group: str
    people: int | None = Field(default=None, ge=FEWEST_COUNTED)
    fewer_than_five: bool = False


class Part(Record):
    """The answer under one named part, as a document, given unaltered to those concerned."""

    part: str
    document: DocumentRef


class FundingChangeWithdrawn(Event, wire="funding.funding_change_withdrawn", audience=SERVICES):
    """A proposed change no longer stands: taken back, or proposed anew on another ground, from the first step on."""

    change_id: ChangeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    restarted_as: str | None = None
    withdrawn_by: str


class RepresentationInvited(Event, wire="funding.representation_invited", audience=SERVICES):
    """The organisation was served with a proposal; it has until the end of this London date to respond."""

    change_id: ChangeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    served_on: date
    respond_by: date
    calendar_version: str
    citation: Citation | None = None


class ImpactAssessed(Event, wire="funding.impact_assessed", audience=SERVICES):
    """The funder assessed whom a change affects, group by group, with numbers (Compact 3.4.2)."""

    change_id: ChangeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    groups: tuple[GroupAffected, ...]
    parts: tuple[Part, ...]
    costs_jobs: bool
    share_of_income: int = Field(ge=0, le=100, description="hundredths of the organisation's yearly income")
    assessed_by: str


class OwnEstimateGiven(Event, wire="funding.own_estimate_given", audience=SERVICES):
    """The organisation gave its own estimate of whom a change affects, beside the funder's (Compact 3.4.2, 3.4.7)."""

    change_id: ChangeId
    organisation_id: OrganisationId
    groups: tuple[GroupAffected, ...]
    parts: tuple[Part, ...]
    costs_jobs: bool
    share_of_income: int = Field(ge=0, le=100, description="hundredths of the organisation's yearly income")
    given_by: str


class ReallocationAssessed(Event, wire="funding.reallocation_assessed", audience=SERVICES):
    """The funder answered whether another organisation serving the same group has to get the money (Compact 3.4.2)."""

    change_id: ChangeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    needed: bool
    to_organisations: tuple[str, ...] = ()
    reasons: DocumentRef
    assessed_by: str


class ChangeMeetingHeld(Event, wire="funding.change_meeting_held", audience=SERVICES):
    """Funder and organisation met about a proposed change (Compact 3.4.3)."""

    change_id: ChangeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    held_on: date
    minutes: DocumentRef
    recorded_by: str


class RepresentationReceived(Event, wire="funding.representation_received", audience=SERVICES):
    """The organisation responded, point by point; without its basis the response counts all the same."""

    representation_id: RepresentationId
    change_id: ChangeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    points: tuple[Part, ...]
    """Numbered from 1."""
    basis: DocumentRef | None = None
    basis_stated: bool
    made_by: str


class RepresentationAnswered(Event, wire="funding.representation_answered", audience=SERVICES):
    """The funder answered one numbered point of a response (Compact 3.4.3)."""

    representation_id: RepresentationId
    change_id: ChangeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    point: str
    answer: DocumentRef
    answered_by: str


class AnswerMarked(Event, wire="funding.answer_marked", audience=SERVICES):
    """The organisation said whether its point was answered: shown to the decider, and in nobody's way."""

    representation_id: RepresentationId
    change_id: ChangeId
    organisation_id: OrganisationId
    point: str
    answered: bool


class Position(StrEnum):
    """What one side says of a proposed change."""

    AGREED = "agreed"
    AGREED_WITH_CHANGES = "agreed_with_changes"
    NOT_AGREED = "not_agreed"


class PositionStated(Event, wire="funding.position_stated", audience=SERVICES):
    """One side said where it stands on a proposed change, and why (Compact 3.4.3)."""

    change_id: ChangeId
    organisation_id: OrganisationId
    by_funder: bool
    position: Position
    words: DocumentRef
    stated_by: str


class ChangeAgreed(Event, wire="funding.change_agreed", audience=SERVICES):
    """Funder and organisation agree on a change, as proposed or with changes (Compact 3.4.3)."""

    change_id: ChangeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    with_changes: bool


class ChangeNotAgreed(Event, wire="funding.change_not_agreed", audience=SERVICES):
    """Funder and organisation do not agree on a change; both positions stand, or that one side gave none in time."""

    change_id: ChangeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    funder_position: DocumentRef
    organisation_position: DocumentRef | None = None


class ShortNoticeSigned(Event, wire="funding.short_notice_signed", audience=SERVICES):
    """A second person signed for a notice shorter than the minimum, on a listed ground (Compact 3.4.4)."""

    change_id: ChangeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    months: int = Field(ge=0)
    ground: ChangeGround
    signed_by: str


class UndertakingSetAside(Event, wire="funding.undertaking_set_aside", audience=SERVICES):
    """A step of the Compact was set aside for a named statute, outside the proposer's line; it lapses on this date."""

    change_id: ChangeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    step: Step
    statute: Citation
    reasons: DocumentRef
    set_aside_by: str
    lapses_on: date
    tell_by: date
    """The working day on which the organisation and the Compact group are told."""
    told_organisations: tuple[OrganisationId, ...]
    calendar_version: str
    citation: Citation
    opens: tuple[DocumentRef, ...]


class SettingAsideLapsed(Event, wire="funding.setting_aside_lapsed", audience=SERVICES):
    """A step set aside holds again."""

    change_id: ChangeId
    organisation_id: OrganisationId
    step: Step
    lapsed_on: date


class FundingChangeDecided(Event, wire="funding.funding_change_decided", audience=SERVICES):
    """A named decider decided a change of support, with a rationale under every part; it holds once notice has run."""

    change_id: ChangeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    kind: ChangeKind
    support: Support
    ground: ChangeGround
    amounts: tuple[YearAmount, ...] = ()
    """What the agreement gives per year once the change holds; none where it ends or where no money changes."""
    agreed: bool
    rationale: tuple[Part, ...]
    notice_months: int = Field(ge=0)
    shorter_because: DocumentRef | None = None
    set_aside: tuple[str, ...] = ()
    """Steps that were set aside when it was decided."""
    decided_by: str
    authority: str
    opens: tuple[DocumentRef, ...]


class NoticePeriodStarted(Event, wire="funding.notice_period_started", audience=SERVICES):
    """Written notice was served: it runs to the corresponding day, and the change holds from the day of effect."""

    change_id: ChangeId
    notice_id: NoticeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    served_on: date
    months: int
    ends_on: date
    effect_on: date
    paid_until: date | None = None
    calendar_version: str
    citation: Citation | None = None


class Stopped(StrEnum):
    """Why a notice period stopped."""

    SERVICE_WITHDRAWN = "service_withdrawn"
    ORGANISATION_DISSOLVED = "organisation_dissolved"
    CHANGE_WITHDRAWN = "change_withdrawn"


class NoticePeriodStopped(Event, wire="funding.notice_period_stopped", audience=SERVICES):
    """A notice period no longer runs; a new one runs once notice is served again, where that is possible."""

    change_id: ChangeId
    notice_id: NoticeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    because: Stopped


class NoticeNoLongerPossible(Event, wire="funding.notice_no_longer_possible", audience=SERVICES):
    """The organisation no longer exists and nobody took over what it held: its change of support ends here."""

    change_id: ChangeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    dissolved_on: date


class DisclosedChangeEnded(Event, wire="funding.disclosed_change_ended", audience=PARTNERS):
    """A change that other bodies were told of comes to nothing; whether it is proposed anew stays sealed."""

    change_id: ChangeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    because: Stopped
    ended_on: date


class ChangeTakenOver(Event, wire="funding.change_taken_over", audience=SERVICES):
    """A successor stands in the place of the organisation that a change concerns; what was served stays served."""

    change_id: ChangeId
    agreement_id: AgreementId
    organisation_id: OrganisationId
    former_organisation_id: OrganisationId
    taken_over_on: date
    funder_id: OrganisationId | None = None
    decided: bool = False
    ends_on: date | None = None
    """The last day of the notice, where it runs."""


class SumsMadeGood(Event, wire="funding.sums_made_good", audience=SERVICES):
    """A change took effect on a notice that turned out unserved: the agreement gives again what it gave before."""

    change_id: ChangeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    amounts: tuple[YearAmount, ...]
    held_from: date
    """The day from which the change had wrongly held."""
    ended_from: date | None = None
    """The day from which another change, which holds, has ended the agreement all the same."""


class ExitPlanAsked(Event, wire="funding.exit_plan_asked", audience=SERVICES):
    """The organisation is asked to plan for the end of support, redundancy costs included, by this London date."""

    change_id: ChangeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    due_on: date
    calendar_version: str
    citation: Citation


class ExitPlanSubmitted(Event, wire="funding.exit_plan_submitted", audience=SERVICES):
    """The organisation gave its plan for the end of support (Compact 3.4.5)."""

    change_id: ChangeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    plan: DocumentRef
    redundancy_pounds: Pounds
    late: bool
    submitted_by: str


class ExitPlanOverdue(Event, wire="funding.exit_plan_overdue", audience=SERVICES):
    """The date of an exit plan passed without it (Compact 3.4.5)."""

    change_id: ChangeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    due_on: date


class RedundancyViewGiven(Event, wire="funding.redundancy_view_given", audience=SERVICES):
    """The funder said what it thinks of the redundancy costs in an exit plan (Compact 3.4.5)."""

    change_id: ChangeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    view: DocumentRef
    given_by: str
    opens: tuple[DocumentRef, ...]


class FundingChangeTookEffect(Event, wire="funding.funding_change_took_effect", audience=PARTNERS):
    """The notice of a change has run: from this London day on it holds."""

    change_id: ChangeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    kind: ChangeKind
    support: Support
    effect_on: date


class AgreementVaried(Event, wire="funding.agreement_varied", audience=PARTNERS):
    """An agreement gives something else from this day on: other amounts, or other support."""

    agreement_id: AgreementId
    change_id: ChangeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    support: Support
    amounts: tuple[YearAmount, ...]
    from_day: date


class AgreementEnded(Event, wire="funding.agreement_ended", audience=PARTNERS):
    """An agreement ended before its term; nothing is due under it from this day on."""

    agreement_id: AgreementId
    change_id: ChangeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    from_day: date


class ClaimReceived(Event, wire="funding.claim_received", audience=PRIVATE):
    """A body's own system published a claim about a change; taken once for each source and id."""

    claim_key: Annotated[str, Tag("claim")]
    topic: Annotated[str, Tag("claims_topic")]
    offset: int
    body_id: OrganisationId
    change_id: ChangeId
    people: int | None = Field(default=None, ge=FEWEST_COUNTED)
    referrals_a_year: int | None = None
    content_hash: Hash


class ClaimNotTaken(Event, wire="funding.claim_not_taken", audience=PRIVATE):
    """A record on the topic of a body says nothing that can be taken: by which fault, nothing of its content."""

    claim_key: Annotated[str, Tag("claim")]
    topic: Annotated[str, Tag("claims_topic")]
    offset: int
    reason: str
    content_hash: Hash


class PartnerEffectReported(Event, wire="funding.partner_effect_reported", audience=SERVICES):
    """Another body said what a change would do to its own work, on behalf of that body (Compact 3.4.2)."""

    change_id: ChangeId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    body_id: OrganisationId
    people: int | None = Field(default=None, ge=FEWEST_COUNTED)
    referrals_a_year: int | None = None


class DoubtAnswered(Event, wire="funding.doubt_answered", audience=SERVICES):
    """A person answered for a decision that was made unaware of a fact: it stands, or it has to be taken back."""

    about: Annotated[str, Tag("about")]
    decision_id: str
    late_event_id: str
    stands: bool
    reasons: DocumentRef
    answered_by: str
    authority: str
