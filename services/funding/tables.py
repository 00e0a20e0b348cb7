"""The read tables of funding, each named after the answer it holds. A row whose `sealed` is true is shown to nobody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from services.runtime.projections import Table


class Programmes(Table, key=("programme_id",)):
    """What each round published and how far it has come."""

    programme_id: str
    funder_id: str = ""
    title: str = ""
    rules_key: str = ""
    criteria: list[Any] | None = None
    eligibility: list[Any] | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    results_at: datetime | None = None
    term_starts_on: date | None = None
    term_ends_on: date | None = None
    framework: dict[str, Any] | None = None
    legal_basis: str = ""
    panel_points: int | None = None
    closing_reason: dict[str, Any] | None = None
    opened: bool = False
    announced_at: datetime | None = None
    announcement_missed: bool = False
    bids: int = 0
    awards: int = 0
    awarded_pounds: int = 0


class ProgrammeMoney(Table, key=("programme_id", "year")):
    """The money of a round in each financial year, and how much of it was awarded and announced."""

    programme_id: str
    year: str
    pounds: int = 0
    awarded: int = 0


class QuestionsAsked(Table, key=("question_id",)):
    """What was asked about a round; who asked never leaves funding."""

    question_id: str
    programme_id: str = ""
    document: dict[str, Any] | None = None
    answered: bool = False
    sealed: bool = True


class Answers(Table, key=("question_id",)):
    """Questions answered to all."""

    question_id: str
    programme_id: str = ""
    question: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None


class Bids(Table, key=("bid_id",)):
    """Each bid, sealed until two people open it."""

    bid_id: str
    programme_id: str = ""
    organisation_id: str = ""
    member_ids: tuple[str, ...] = ()
    lines: list[Any] | None = None
    outcomes: list[Any] | None = None
    declared: tuple[str, ...] = ()
    document: dict[str, Any] | None = None
    receipt_number: str = ""
    received_at: datetime | None = None
    submitted_by: str = ""
    legal_basis_acknowledged: bool = False
    withdrawn: bool = False
    sealed: bool = True


class BidMembers(Table, key=("bid_id", "organisation_id")):
    """The members of a consortium beside its lead, and whether each confirmed its part."""

    bid_id: str
    organisation_id: str
    share_pounds: int = 0
    confirmed: bool = False
    sealed: bool = True


class BidDocuments(Table, key=("bid_id", "criterion_id")):
    """Documents that bidders were asked to put right."""

    bid_id: str
    criterion_id: str
    reasons: dict[str, Any] | None = None
    due_on: date | None = None
    document: dict[str, Any] | None = None


class Verdicts(Table, key=("bid_id",)):
    """What was found and decided about each opened bid; sealed until the results are out."""

    bid_id: str
    eligible: bool | None = None
    criterion_id: str | None = None
    checked: list[Any] | None = None
    verified_by: str = ""
    approved: bool | None = None
    amounts: list[Any] | None = None
    rationale: list[Any] | None = None
    decided_by: str = ""
    authority: str = ""
    sealed: bool = True


class Results(Table, key=("bid_id",)):
    """The announced results of each round."""

    bid_id: str
    programme_id: str = ""
    organisation_id: str = ""
    awarded: bool = False
    ineligible: bool = False
    pounds: int = 0
    rationale: list[Any] | None = None


class Agreements(Table, key=("agreement_id",)):
    """Each agreement, and what it still waits for."""

    agreement_id: str
    bid_id: str = ""
    programme_id: str = ""
    funder_id: str = ""
    organisation_id: str = ""
    title: str = ""
    amounts: list[Any] | None = None
    outcomes: list[Any] | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    manager_id: str | None = None
    monitoring_agreed: bool = False
    in_force: bool = False
    ended_on: date | None = None


class Signatures(Table, key=("agreement_id", "organisation_id")):
    """Who signed each agreement, by which office and authority."""

    agreement_id: str
    organisation_id: str
    signed_by: str = ""
    office: str = ""
    authority: str = ""
    signed_at: datetime | None = None


class Changes(Table, key=("change_id",)):
    """Each proposed change of support, and who knows of it."""

    change_id: str
    agreement_id: str = ""
    funder_id: str = ""
    organisation_id: str = ""
    kind: str = ""
    support: str = ""
    ground: str = ""
    reasons: dict[str, Any] | None = None
    proposed_by: str = ""
    served_on: date | None = None
    disclose_on: date | None = None
    disclosed_on: date | None = None
    sealed: bool = True


class Doubts(Table, key=("decision_id", "late_event_id")):
    """Decisions that a fact would have stopped had it come in time; a person must answer."""

    decision_id: str
    late_event_id: str
    about: str = ""
    code: str = ""
    given_to_role: str = ""
    stands: bool | None = None
    """What a person answered; none while nobody has."""
    answered_by: str = ""
    reasons: dict[str, Any] | None = None
