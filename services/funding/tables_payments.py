"""The read tables of payments."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.runtime.projections import Table


class Payments(Table, key=("payment_id",)):
    """Each instalment, when it is due, and how far it has come."""

    payment_id: str
    agreement_id: str = ""
    funder_id: str = ""
    organisation_id: str = ""
    number: int = 0
    year: str = ""
    pounds: int = 0
    timing: str = ""
    due_on: date | None = None
    requested_by: str = ""
    released_by: str = ""
    made_on: date | None = None
    ledger_reference: str = ""
    late: bool = False
    overdue: bool = False
    waited_for: str = ""
    because: str = ""
    held_until: date | None = None
    held: bool = False
    returned: int = 0
    pays_from: date | None = None
    pays_until: date | None = None
    replaces: str = ""
    made_good: bool = False
    cancelled: bool = False


class PaymentHolds(Table, key=("hold_id",)):
    """Each hold on a payment, with its ground, its reasons and its end."""

    hold_id: str
    payment_id: str = ""
    funder_id: str = ""
    organisation_id: str = ""
    ground: str = ""
    reasons: dict[str, Any] | None = None
    renewal: bool = False
    held_on: date | None = None
    ends_on: date | None = None
    ended: bool = False
    lifted: bool = False


class BankDetails(Table, key=("details_id",)):
    """Which details were entered for an organisation, and who confirmed them; the details are in the document."""

    details_id: str
    organisation_id: str = ""
    document: dict[str, Any] | None = None
    entered_by: str = ""
    position: int = 0
    sealed: bool = True


class Successions(Table, key=("organisation_id",)):
    """From which position on an organisation is paid where its successor says: accounts of before count no more."""

    organisation_id: str
    successor_id: str = ""
    position: int = 0


class AccountsConfirmed(Table, key=("organisation_id", "funder_id")):
    """The account to which a funder pays an organisation now."""

    organisation_id: str
    funder_id: str
    details_id: str = ""
    confirmed_by: str = ""


class AdditionalContracts(Table, key=("contract_id",)):
    """Contracts for additional services beside agreements (SPP7)."""

    contract_id: str
    funder_id: str = ""
    organisation_id: str = ""
    title: str = ""
    amounts: list[Any] | None = None
    starts_on: date | None = None
    ends_on: date | None = None


TABLES = (Payments, PaymentHolds, BankDetails, Successions, AccountsConfirmed, AdditionalContracts)
