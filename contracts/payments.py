"""Payments under an agreement, the holds on them, the accounts they go to; published by funding.

Bank details never stand in an event: they are a document, and an event carries its salted hash. A payment's id is its
agreement's id, a full stop and its number.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contracts.agreement_terms import Timing
from contracts.envelope import Audience, DocumentRef, Event, Tag
from contracts.funding import AgreementId, ChangeId, FinancialYear, Pounds, YearAmount
from contracts.partners import OrganisationId
from contracts.rules import Citation

SERVICES, PRIVATE, PARTNERS = Audience.SERVICES, Audience.PRIVATE, Audience.PARTNERS

PaymentId = Annotated[str, Tag("payment")]
DetailsId = Annotated[str, Tag("details")]
LedgerReference = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9/-]{2,39}$"), Tag("ledger")]


class WaitedFor(StrEnum):
    """On which side a payment waited; lateness counts against that side only."""

    FUNDER = "funder"
    ORGANISATION = "organisation"


class LateBecause(StrEnum):
    """What a late payment waited for."""

    NOT_PAID = "not_paid"
    NO_BANK_DETAILS = "no_bank_details"
    REPORT_OVERDUE = "report_overdue"


class DueAgainBecause(StrEnum):
    """What gave a payment a new date."""

    BANK_DETAILS_CAME = "bank_details_came"
    REPORT_CAME = "report_came"


class HoldGround(StrEnum):
    """On what ground a payment may be held; a place lists which of them it allows."""

    REPORT_OVERDUE = "report_overdue"
    AGREEMENT_BREACHED = "agreement_breached"
    SUSPECTED_FRAUD = "suspected_fraud"
    SAFEGUARDING = "safeguarding"
    PAYEE_IN_DOUBT = "payee_in_doubt"
    FUNDERS_BUDGET = "funders_budget"
    OTHER = "other"


class ReturnReason(StrEnum):
    """Why a bank sent a payment back."""

    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_UNKNOWN = "account_unknown"
    REFUSED_BY_BANK = "refused_by_bank"


class BankDetailsEntered(Event, wire="funding.bank_details_entered", audience=PRIVATE):
    """Somebody entered where an organisation is to be paid; nothing is paid there until a second person confirmed."""

    details_id: DetailsId
    organisation_id: OrganisationId
    document: DocumentRef
    entered_by: str


class BankDetailsConfirmed(Event, wire="funding.bank_details_confirmed", audience=PRIVATE):
    """A second person, of the funder's finance, confirmed where an organisation is to be paid."""

    details_id: DetailsId
    organisation_id: OrganisationId
    funder_id: OrganisationId
    confirmed_by: str


class PaymentScheduled(Event, wire="funding.payment_scheduled", audience=SERVICES):
    """An instalment of an agreement is due on or before this London working day (Compact 3.3.4)."""

    payment_id: PaymentId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    number: int
    year: FinancialYear
    pounds: Pounds
    timing: Timing
    pays_from: date
    pays_until: date
    """The first and the last day that it pays for."""
    due_on: date
    calendar_version: str
    citation: Citation | None = None
    change_id: ChangeId | None = None
    """The change of support that it follows from."""
    replaces: str | None = None
    """The cancelled payment in whose place it stands."""
    made_good: bool = False
    """Whether it gives again what was withheld."""


class PaymentCancelled(Event, wire="funding.payment_cancelled", audience=SERVICES):
    """A change of support holds, or holds no more: this unpaid instalment is not owed as it stood (Compact 3.4.4)."""

    payment_id: PaymentId
    agreement_id: AgreementId
    change_id: ChangeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    hold_id: str | None = None
    """The hold that ends with it; none where the hold goes on with what stands in its place."""
    made_good: bool = False
    """Whether it gave less than is made good now."""


class PaymentDueAgain(Event, wire="funding.payment_due_again", audience=SERVICES):
    """What the funder waited for came; a payment has a new date, from which the funder's lateness counts."""

    payment_id: PaymentId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    because: DueAgainBecause
    due_on: date
    calendar_version: str
    citation: Citation | None = None


class PaymentRequested(Event, wire="funding.payment_requested", audience=SERVICES):
    """A first person of the funder asked for a payment."""

    payment_id: PaymentId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    requested_by: str


class PaymentReleased(Event, wire="funding.payment_released", audience=SERVICES):
    """A second person released a payment within the limit of an office, to an account that was confirmed."""

    payment_id: PaymentId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    pounds: Pounds
    details_id: DetailsId
    released_on: date
    released_by: str
    authority: str


class PaymentMade(Event, wire="funding.payment_made", audience=SERVICES):
    """A payment went out under finance's own ledger reference, in time or late (Compact 3.3.4)."""

    payment_id: PaymentId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    pounds: Pounds
    ledger_reference: LedgerReference
    details_id: DetailsId
    made_on: date
    due_on: date
    late: bool
    waited_for: WaitedFor | None = None
    """Against which side a lateness counts."""


class PaymentReturned(Event, wire="funding.payment_returned", audience=SERVICES):
    """A bank sent a payment back; it is due again and needs two people again."""

    payment_id: PaymentId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    pounds: Pounds
    ledger_reference: LedgerReference
    details_id: DetailsId
    reason: ReturnReason
    due_on: date
    calendar_version: str
    citation: Citation | None = None


class PaymentOverdue(Event, wire="funding.payment_overdue", audience=SERVICES):
    """A payment's date passed; it says who was waited for, and counts against that side only (Compact 3.3.4)."""

    payment_id: PaymentId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    pounds: Pounds
    due_on: date
    waited_for: WaitedFor
    because: LateBecause
    citation: Citation | None = None


class PaymentHoldProposed(Event, wire="funding.payment_hold_proposed", audience=PRIVATE):
    """A first person proposed to hold a payment, or to go on holding it; a second has to confirm."""

    hold_id: Annotated[str, Tag("hold")]
    payment_id: PaymentId
    agreement_id: AgreementId
    ground: HoldGround
    reasons: DocumentRef
    renewal: bool = False
    proposed_by: str


class PaymentHeld(Event, wire="funding.payment_held", audience=SERVICES):
    """Two people held a payment on a listed ground until a day; its organisation is told in writing (Compact 3.3.4)."""

    hold_id: Annotated[str, Tag("hold")]
    payment_id: PaymentId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    pounds: Pounds
    ground: HoldGround
    reasons: DocumentRef
    renewal: bool = False
    held_on: date
    ends_on: date | None = None
    """The hold ends by itself at the start of this London day; none where the place set no end."""
    calendar_version: str
    proposed_by: str
    confirmed_by: str
    citation: Citation | None = None
    opens: tuple[DocumentRef, ...]
    carried_from: str | None = None
    """The cancelled payment that it stood on, where it goes on with what stands in that payment's place."""


class PaymentHoldEnded(Event, wire="funding.payment_hold_ended", audience=SERVICES):
    """A hold was lifted or ended by itself; the payment is due (Compact 3.3.4)."""

    hold_id: Annotated[str, Tag("hold")]
    payment_id: PaymentId
    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    lifted: bool
    due_on: date
    calendar_version: str


class AdditionalContractRecorded(Event, wire="funding.additional_contract_recorded", audience=PARTNERS):
    """A partner holds a contract for additional services beside its agreements (Strategic Partner Programme, SPP7)."""

    contract_id: Annotated[str, Tag("contract")]
    funder_id: OrganisationId
    organisation_id: OrganisationId
    title: str
    amounts: tuple[YearAmount, ...]
    starts_on: date
    ends_on: date
    recorded_by: str
