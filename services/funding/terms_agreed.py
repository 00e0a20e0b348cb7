"""The terms of an agreement, and which of them nobody may sign without.

What is asked for before signing: the term beside the time that the outcome takes (Compact 3.3.3), risks with their
owners and the organisation's view (3.3.6), the financing model with its reasons (3.3.7), clauses (3.1.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from contracts.agreement_terms import (
    AgreementPartConfirmed,
    ClausesDrafted,
    FinancingModelChosen,
    RisksAllocated,
    RiskViewsGiven,
    TermReasoned,
)
from contracts.envelope import Event
from contracts.funding import AgreementDrafted
from contracts.place import Place
from contracts.rules import Citation
from services.funding.gates import Warned, rules_on, stop
from services.runtime.decisions import Rejection

TERMS: tuple[type[Event], ...] = (
    TermReasoned, FinancingModelChosen, RisksAllocated, RiskViewsGiven, ClausesDrafted, AgreementPartConfirmed,
)  # fmt: skip


@dataclass
class Terms:
    """What was settled so far; risks allocated anew call for views and confirmations anew."""

    term: TermReasoned | None = None
    financing: FinancingModelChosen | None = None
    risks: RisksAllocated | None = None
    views: RiskViewsGiven | None = None
    clauses: ClausesDrafted | None = None
    parts: dict[str, AgreementPartConfirmed] = field(default_factory=dict)

    def take(self, fact: Any) -> None:
        """Take one fact about the terms; anything else is passed over."""
        match fact:
            case TermReasoned():
                self.term = fact
            case FinancingModelChosen():
                self.financing = fact
            case RisksAllocated():
                self.risks, self.views = fact, None
                self.parts.clear()
            case RiskViewsGiven():
                self.views = fact
            case ClausesDrafted():
                self.clauses = fact
            case AgreementPartConfirmed():
                self.parts[fact.organisation_id] = fact

    def owned_by(self, organisation: str) -> tuple[str, ...]:
        """The risks that this party bears, in order of their ids."""
        risks = self.risks.risks if self.risks else ()
        return tuple(sorted(risk.id for risk in risks if risk.owner_id == organisation))


def unsettled(terms: Terms, drafted: AgreementDrafted, place: Place, now: datetime) -> Iterator[Rejection | Warned]:
    """Which terms nobody may sign without are not settled (Compact 3.1.1, 3.3.3, 3.3.6, 3.3.7)."""
    rules, funder = rules_on(place, now), drafted.funder_id
    found = (
        (rules.free_to_campaign, NO_CLAUSES if terms.clauses is None else None),
        (rules.funding_term, NO_TERM if terms.term is None else None),
        (rules.financing, NO_FINANCING if terms.financing is None else None),
        (rules.risk_allocation, _of_risks(terms, drafted)),
    )
    for rule, refusal in found:
        gate = stop(place, rule, funder, now, refusal) if refusal else None
        if gate:
            yield gate


def _of_risks(terms: Terms, drafted: AgreementDrafted) -> Rejection | None:
    if terms.risks is None:
        return NO_RISKS
    if terms.views is None:
        return NO_VIEWS
    silent = [one.organisation_id for one in drafted.members if one.organisation_id not in terms.parts]
    return replace(NO_PARTS, sentence=f"{NO_PARTS.sentence} {', '.join(silent)}.") if silent else None


def of_round(drafted: AgreementDrafted, clause: str) -> Citation:
    """Where the terms of a round stand."""
    return Citation(document=f"Programme {drafted.title}", clause=clause)


NO_CLAUSES = Rejection(
    "clauses_not_drafted", "The clauses of the agreement were not drafted, so nobody knows what they restrict.",
    remedy="The funder drafts them, each with what it keeps the organisation from; none may limit campaigning.",
)  # fmt: skip
NO_TERM = Rejection(
    "term_not_reasoned", "The term was not set beside the time that the outcome takes.",
    remedy="The funder says until when the outcome takes, and gives its reason where the term is shorter.",
)  # fmt: skip
NO_FINANCING = Rejection(
    "financing_not_chosen", "No financing model was chosen for this agreement.",
    remedy="The funder chooses advance or arrears, with its reasons.",
)  # fmt: skip
NO_RISKS = Rejection(
    "risks_not_allocated", "The risks of this agreement were not allocated.",
    remedy="The funder names each risk, its owner, and why that party manages it best.",
)  # fmt: skip
NO_VIEWS = Rejection(
    "risk_views_missing", "The organisation has not said what it thinks of the allocation of risks.",
    remedy="The organisation gives its view on each risk, whether it agrees or not.",
)  # fmt: skip
NO_PARTS = Rejection(
    "part_not_confirmed", "These members have not confirmed their part, share and risks:",
    remedy="Each member of the consortium confirms them.",
)  # fmt: skip
