"""The terms of an agreement that are settled before anybody signs it; published by funding.

What people write stands in documents; an event carries kinds, sums, dates and who manages which risk.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field

from contracts.envelope import Audience, DocumentRef, Event, Record
from contracts.funding import AgreementId, Pounds
from contracts.partners import OrganisationId

SERVICES = Audience.SERVICES


class Timing(StrEnum):
    """Whether a payment comes before the work of its period or after it."""

    ADVANCE = "advance"
    ARREARS = "arrears"


class FinancingModel(StrEnum):
    """What payments follow from: the calendar, or outcomes reported."""

    INSTALMENTS = "instalments"
    BY_OUTCOME = "by_outcome"
    """Each instalment waits for the reports that are due by then (Compact 3.3.7)."""


class ClauseKind(StrEnum):
    """What a clause of an agreement is about."""

    PURPOSE = "purpose"
    PAYMENT = "payment"
    MONITORING = "monitoring"
    RECOGNITION = "recognition"
    CONFIDENTIALITY = "confidentiality"
    CONDUCT = "conduct"
    ENDING = "ending"
    OTHER = "other"


class Restriction(StrEnum):
    """What a clause keeps the organisation from."""

    CAMPAIGNING = "campaigning"
    PUBLIC_CRITICISM = "public_criticism"
    USE_OF_NAME = "use_of_name"
    USE_OF_PERSONAL_DATA = "use_of_personal_data"
    SUBCONTRACTING = "subcontracting"
    SPENDING_ELSEWHERE = "spending_elsewhere"


class Clause(Record):
    """One clause: what it is about and what it keeps the organisation from; its words stand in the document."""

    id: str
    kind: ClauseKind
    restricts: tuple[Restriction, ...] = ()


class ReasonPart(Record):
    """The reason under one named part, as a document."""

    part: str
    document: DocumentRef


class AllocatedRisk(Record):
    """A risk, who bears it, and why that party manages it best."""

    id: str
    owner_id: str
    risk: DocumentRef
    why: DocumentRef


class RiskView(Record):
    """What the organisation says of the allocation of one risk."""

    risk_id: str
    agrees: bool
    document: DocumentRef


class TermReasoned(Event, wire="funding.term_reasoned", audience=SERVICES):
    """The term was set beside the time that the outcome takes, with the reason where it is shorter (Compact 3.3.3)."""

    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    takes_until: date
    """Until when the outcome takes."""
    ends_on: date
    shorter: bool
    reason: DocumentRef | None = None
    stated_by: str


class FinancingModelChosen(Event, wire="funding.financing_model_chosen", audience=SERVICES):
    """How the agreement is paid was chosen, in advance or in arrears, with its reasons (Compact 3.3.7)."""

    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    model: FinancingModel
    timing: Timing
    instalments_per_year: int = Field(ge=1, le=12)
    small_organisation: bool
    reasons: tuple[ReasonPart, ...]
    chosen_by: str


class RisksAllocated(Event, wire="funding.risks_allocated", audience=SERVICES):
    """Each risk got an owner and why that party manages it best; what was said of it before falls (Compact 3.3.6)."""

    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    risks: tuple[AllocatedRisk, ...]
    allocated_by: str


class RiskViewsGiven(Event, wire="funding.risk_views_given", audience=SERVICES):
    """The organisation said what it thinks of the allocation of each risk (Compact 3.3.6)."""

    agreement_id: AgreementId
    organisation_id: OrganisationId
    views: tuple[RiskView, ...]
    given_by: str


class ClausesDrafted(Event, wire="funding.clauses_drafted", audience=SERVICES):
    """The clauses of an agreement were drafted; none limits campaigning (Compact 3.1.1)."""

    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    clauses: tuple[Clause, ...]
    document: DocumentRef
    drafted_by: str


class AgreementPartConfirmed(Event, wire="funding.agreement_part_confirmed", audience=SERVICES):
    """A member of a consortium confirmed its part, its share and the risks that it bears (Compact 3.3.6)."""

    agreement_id: AgreementId
    organisation_id: OrganisationId
    share_pounds: Pounds
    risk_ids: tuple[str, ...]
    part: DocumentRef
    confirmed_by: str
