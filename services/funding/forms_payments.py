"""What is sent to funding about payments. Bank details and reasons go to documents."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from contracts.funding import YearAmount
from contracts.payments import HoldGround, ReturnReason
from services.funding.forms import AmountForm, Form, Id, Title, Words, once_each

LedgerReference = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9/-]{2,39}$")]
REASONS = "Two invoices for the same hours were sent, and nobody has explained them yet."


class BankDetailsForm(Form):
    """Where an organisation is to be paid."""

    organisation_id: Id
    account_name: str = Field(min_length=2, max_length=80, examples=["Lantern Trust"])
    sort_code: str = Field(pattern=r"^\d{2}-?\d{2}-?\d{2}$", examples=["00-00-00"])
    account_number: str = Field(pattern=r"^\d{8}$", examples=["00000000"])


class MadeForm(Form):
    """Finance's own reference of a payment, and the day on which it went out."""

    ledger_reference: LedgerReference = Field(examples=["SC-2014-004711"])
    made_on: date | None = Field(None, description="today where it is left out")


class ReturnedForm(Form):
    """Why the bank sent a payment back."""

    reason: ReturnReason = Field(examples=["account_closed"])


class HoldForm(Form):
    """On what ground a payment is to be held, and why, in words that go to the organisation."""

    ground: HoldGround = Field(examples=["report_overdue"])
    reasons: Words = Field(examples=[REASONS])


class ContractForm(Form):
    """A contract for additional services beside the agreements of a partner."""

    organisation_id: Id
    title: Title = Field(examples=["Welcome desk at the civic centre"])
    amounts: tuple[AmountForm, ...] = Field(min_length=1, max_length=10)
    starts_on: date = Field(examples=["2014-06-01"])
    ends_on: date = Field(examples=["2015-05-31"])

    @model_validator(mode="after")
    def years_stand_once(self) -> Self:
        """Each year has one amount."""
        once_each((amount.year for amount in self.amounts), "year")
        return self

    def yearly(self) -> tuple[YearAmount, ...]:
        """The amounts as the event carries them."""
        return tuple(YearAmount(**amount.model_dump()) for amount in self.amounts)
