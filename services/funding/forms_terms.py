"""What is sent to funding about the terms of an agreement. Words go to documents."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from contracts.agreement_terms import ClauseKind, FinancingModel, Restriction, Timing
from services.funding.forms import Form, Id, Money, Words, once_each

RISK = "The lease of the shared office ends in the second year."
OWN = "The organisation negotiates its own lease and knows the landlord."
VALUE = "Payment in advance costs the council nothing and spares the organisation a loan."


class TermForm(Form):
    """Until when the outcome takes, and why the term is shorter where it is (Sutton Compact 3.3.3)."""

    takes_until: date = Field(examples=["2017-03-31"])
    reason: Words | None = None


class FinancingForm(Form):
    """How an agreement is paid, with the reason under each part (Sutton Compact 3.3.7)."""

    model: FinancingModel = Field(FinancingModel.INSTALMENTS, examples=["instalments"])
    timing: Timing = Field(examples=["advance"])
    instalments_per_year: Literal[1, 2, 4, 12] = Field(examples=[4])
    reasons: dict[Literal["value_for_money", "carrying_the_cost"], Words] = Field(examples=[{"value_for_money": VALUE}])


class RiskForm(Form):
    """A risk, its owner, and why that party manages it best."""

    id: Id = Field(examples=["lease"])
    owner_id: Id
    risk: Words = Field(examples=[RISK])
    why: Words = Field(examples=[OWN])


class RisksForm(Form):
    """The allocation of all risks (Sutton Compact 3.3.6)."""

    risks: tuple[RiskForm, ...] = Field(min_length=1, max_length=40)

    @model_validator(mode="after")
    def ids_stand_once(self) -> Self:
        """Risks are referred to by id."""
        once_each((risk.id for risk in self.risks), "risk")
        return self


class ViewForm(Form):
    """The organisation's view on one risk."""

    agrees: bool
    words: Words = Field(examples=["We agree: we hold the lease and can renew it."])


class ViewsForm(Form):
    """The organisation's view on each risk (Sutton Compact 3.3.6)."""

    views: dict[Id, ViewForm] = Field(min_length=1, max_length=40)


class ClauseForm(Form):
    """One clause, and what it keeps the organisation from."""

    id: Id = Field(examples=["recognition"])
    kind: ClauseKind = Field(examples=["recognition"])
    restricts: tuple[Restriction, ...] = Field((), max_length=6)
    text: Words = Field(examples=["The organisation names the council as a funder in its yearly report."])


class ClausesForm(Form):
    """The clauses of an agreement; none may limit campaigning (Sutton Compact 3.1.1)."""

    clauses: tuple[ClauseForm, ...] = Field(min_length=1, max_length=60)

    @model_validator(mode="after")
    def ids_stand_once(self) -> Self:
        """Clauses are referred to by id."""
        once_each((clause.id for clause in self.clauses), "clause")
        return self


class AgreementPartForm(Form):
    """A member's confirmation of its part, share and risks (Sutton Compact 3.3.6)."""

    share_pounds: Money = Field(examples=[30_000])
    risk_ids: tuple[Id, ...] = Field((), max_length=40)
    part: Words = Field(examples=["We train the young volunteers and place them with small organisations."])
