"""Settling the terms of a drafted agreement: by the funder, with the organisation's view, until somebody signed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from contracts.agreement_terms import (
    AgreementPartConfirmed,
    AllocatedRisk,
    Clause,
    ClausesDrafted,
    FinancingModel,
    FinancingModelChosen,
    ReasonPart,
    Restriction,
    RisksAllocated,
    RiskView,
    RiskViewsGiven,
    TermReasoned,
    Timing,
)
from contracts.envelope import DocumentRef, Event
from contracts.funding import AgreementDrafted, AgreementSignedByParty
from contracts.partners import OrganisationDetailsChanged, OrganisationRegistered, Size
from contracts.place import Place
from services.funding.gates import Warned, citation, malformed, only, rules_on, stop, warnings
from services.funding.terms_agreed import TERMS, Terms, of_round
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Rejection, unknown

SETTLERS = ("commissioner", "commissioning_manager", "body_officer")
"""Who settles terms for a funder."""
VALUE, CARRYING = "value_for_money", "carrying_the_cost"
"""What a choice of financing answers: why it is value for money, and how a small organisation carries arrears."""


@dataclass(frozen=True, kw_only=True)
class AboutTerms(Command):
    """What every command about terms has."""

    subject: ClassVar[str] = "agreement_id"
    agreement_id: str


@dataclass(frozen=True, kw_only=True)
class ReasonTerm(AboutTerms):
    """Set the term beside the time that the outcome takes."""

    takes_until: date
    reason: DocumentRef | None = None


@dataclass(frozen=True, kw_only=True)
class ChooseFinancing(AboutTerms):
    """Choose how the agreement is paid."""

    model: FinancingModel
    timing: Timing
    instalments_per_year: int
    reasons: tuple[ReasonPart, ...]


@dataclass(frozen=True, kw_only=True)
class AllocateRisks(AboutTerms):
    """Give each risk an owner, and say why."""

    risks: tuple[AllocatedRisk, ...]


@dataclass(frozen=True, kw_only=True)
class GiveRiskViews(AboutTerms):
    """Say, for the organisation, what it thinks of the allocation of each risk."""

    views: tuple[RiskView, ...]


@dataclass(frozen=True, kw_only=True)
class DraftClauses(AboutTerms):
    """Draft the clauses, each with what it restricts."""

    clauses: tuple[Clause, ...]
    document: DocumentRef


@dataclass(frozen=True, kw_only=True)
class ConfirmAgreementPart(AboutTerms):
    """Confirm, for a member of a consortium, its part, share and risks."""

    share_pounds: int
    risk_ids: tuple[str, ...]
    part: DocumentRef


@dataclass
class Settling:
    """The draft, its terms, who signed it, and how large its organisation is."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        AgreementDrafted, AgreementSignedByParty, OrganisationRegistered, OrganisationDetailsChanged, *TERMS,
    )  # fmt: skip
    drafted: AgreementDrafted | None = None
    signed: bool = False
    size: Size = Size.UNKNOWN
    terms: Terms = field(default_factory=Terms)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact of the agreement or its organisation."""
        self.terms.take(event.data)
        match event.data:
            case AgreementDrafted() as drafted:
                self.drafted = drafted
            case AgreementSignedByParty():
                self.signed = True
            case OrganisationRegistered() | OrganisationDetailsChanged() as told:
                self.size = told.size or self.size


def facts_of(command: AboutTerms, organisation: str = "") -> Query[Settling]:
    """The agreement, and how large this organisation is."""
    items = [Item(f"agreement:{command.agreement_id}")]
    if organisation:
        items.append(Item(f"organisation:{organisation}", only=(OrganisationRegistered, OrganisationDetailsChanged)))
    return Query(*items, fold=Settling)


def reason_term(facts: Settling, command: ReasonTerm, place: Place) -> Decision:
    """Take the time that the outcome takes; a shorter term needs its reason (Compact 3.3.3)."""
    drafted = _of_funder(facts, command, facts.terms.term)
    if isinstance(drafted, Rejection):
        return drafted
    shorter = drafted.ends_on < command.takes_until
    gate = None
    if shorter and command.reason is None:
        gate = stop(place, rules_on(place, command.now).funding_term, drafted.funder_id, command.now, Rejection(
            "shorter_term_unexplained",
            f"The term ends on {drafted.ends_on:%-d %B %Y}, before the outcome does on "
            f"{command.takes_until:%-d %B %Y}, and no reason is given.",
            remedy="Give the reason why support for the time that the outcome takes is not the best way.",
        ))  # fmt: skip
    event = TermReasoned(
        agreement_id=drafted.agreement_id, funder_id=drafted.funder_id, organisation_id=drafted.organisation_id,
        takes_until=command.takes_until, ends_on=drafted.ends_on, shorter=shorter,
        reason=command.reason, stated_by=place.principal(command.actor.person),
    )  # fmt: skip
    return _unless(gate, event, command)


def choose_financing(facts: Settling, command: ChooseFinancing, place: Place) -> Decision:
    """Choose the model with its reasons; arrears to a small organisation need one more (Compact 3.3.7)."""
    drafted = _of_funder(facts, command, facts.terms.financing)
    if isinstance(drafted, Rejection):
        return drafted
    small, given = facts.size is Size.SMALL, {reason.part for reason in command.reasons}
    needed = {VALUE, CARRYING} if small and command.timing is Timing.ARREARS else {VALUE}
    gate = None
    if missing := sorted(needed - given):
        gate = stop(place, rules_on(place, command.now).financing, drafted.funder_id, command.now, Rejection(
            "financing_unexplained", f"The choice of payment leaves unanswered: {in_plain_words(missing)}.",
            remedy="Answer each part; arrears to a small organisation need a reason most.",
        ))  # fmt: skip
    event = FinancingModelChosen(
        agreement_id=drafted.agreement_id, funder_id=drafted.funder_id, organisation_id=drafted.organisation_id,
        model=command.model, timing=command.timing, instalments_per_year=command.instalments_per_year,
        small_organisation=small, reasons=command.reasons, chosen_by=place.principal(command.actor.person),
    )  # fmt: skip
    return _unless(gate, event, command)


def allocate_risks(facts: Settling, command: AllocateRisks, place: Place) -> Decision:
    """Give each risk to a party of the agreement, with why that party manages it best (Compact 3.3.6)."""
    drafted = _of_funder(facts, command, facts.terms.risks)
    if isinstance(drafted, Rejection):
        return drafted
    parties = {drafted.funder_id, drafted.organisation_id, *(member.organisation_id for member in drafted.members)}
    if strange := sorted({risk.owner_id for risk in command.risks} - parties):
        return malformed("risk_owner_unknown", f"No party of this agreement: {', '.join(strange)}.")
    return [RisksAllocated(
        agreement_id=drafted.agreement_id, funder_id=drafted.funder_id, organisation_id=drafted.organisation_id,
        risks=command.risks, allocated_by=place.principal(command.actor.person),
    )]  # fmt: skip


def give_risk_views(facts: Settling, command: GiveRiskViews, place: Place) -> Decision:
    """Take the organisation's view on each risk, agreed or not (Compact 3.3.6)."""
    drafted, risks = facts.drafted, facts.terms.risks
    if drafted is None or drafted.organisation_id != command.actor.organisation or risks is None:
        return unknown("allocation_of_risks", command.agreement_id)
    if refused := _stands(facts, drafted, facts.terms.views):
        return refused
    if {view.risk_id for view in command.views} != {risk.id for risk in risks.risks}:
        return malformed("views_incomplete", f"Say of each risk what you think: {_ids(risks)}.")
    return [RiskViewsGiven(
        agreement_id=drafted.agreement_id, organisation_id=drafted.organisation_id, views=command.views,
        given_by=command.actor.person,
    )]  # fmt: skip


def draft_clauses(facts: Settling, command: DraftClauses, place: Place) -> Decision:
    """Draft the clauses; none may limit campaigning, whatever the relationship (Compact 3.1.1)."""
    drafted = _of_funder(facts, command, facts.terms.clauses)
    if isinstance(drafted, Rejection):
        return drafted
    limiting = [clause.id for clause in command.clauses if Restriction.CAMPAIGNING in clause.restricts]
    gate = None
    if limiting:
        rule = rules_on(place, command.now).free_to_campaign
        gate = stop(place, rule, drafted.funder_id, command.now, Rejection(
            "clause_limits_campaigning", f"These clauses limit the organisation's campaigning: {', '.join(limiting)}.",
            remedy="Leave them out: the right to campaign stands whatever the funding relationship.",
        ))  # fmt: skip
    event = ClausesDrafted(
        agreement_id=drafted.agreement_id, funder_id=drafted.funder_id, organisation_id=drafted.organisation_id,
        clauses=command.clauses, document=command.document, drafted_by=place.principal(command.actor.person),
    )  # fmt: skip
    return _unless(gate, event, command)


def confirm_part(facts: Settling, command: ConfirmAgreementPart, place: Place) -> Decision:
    """Confirm a member's part with the very share and risks that the agreement names (Compact 3.3.6)."""
    drafted, member = facts.drafted, command.actor.organisation
    share = next((one.share_pounds for one in drafted.members if one.organisation_id == member), None) if drafted else 0
    if drafted is None or share is None or facts.terms.risks is None:
        return unknown("part_of_agreement", command.agreement_id)
    if member in facts.terms.parts:
        return []
    if refused := _differs(facts.terms, share, drafted, command, place):
        return refused
    return [AgreementPartConfirmed(
        agreement_id=drafted.agreement_id, organisation_id=member, share_pounds=share,
        risk_ids=facts.terms.owned_by(member), part=command.part, confirmed_by=command.actor.person,
    )]  # fmt: skip


def in_plain_words(parts: list[str]) -> str:
    """The names of parts as people say them."""
    return ", ".join(part.replace("_", " ") for part in parts)


def _differs(
    terms: Terms, share: int, drafted: AgreementDrafted, command: ConfirmAgreementPart, place: Place
) -> Rejection | None:
    consortium = of_round(drafted, "consortium")
    if command.share_pounds != share:
        return Rejection(
            "share_differs", "The share confirmed is not the share that the agreement names.", consortium,
            "Agree the share with the lead and the funder.",
        )  # fmt: skip
    if tuple(sorted(command.risk_ids)) == terms.owned_by(command.actor.organisation):
        return None
    rule = rules_on(place, command.now).risk_allocation
    return Rejection(
        "risks_differ", "The risks confirmed are not those that the agreement gives to this member.",
        citation(place, rule, drafted.funder_id, command.now, consortium),
        "Confirm exactly those risks, or ask the funder to allocate them anew.",
    )  # fmt: skip


def _of_funder(facts: Settling, command: AboutTerms, before: Event | None) -> AgreementDrafted | Rejection:
    drafted = facts.drafted
    if drafted is None or drafted.funder_id != command.actor.organisation:
        return unknown("agreement", command.agreement_id)
    return only(command, SETTLERS, drafted.funder_id) or _stands(facts, drafted, before) or drafted


def _stands(facts: Settling, drafted: AgreementDrafted, before: Event | None) -> Rejection | None:
    """What was settled before a party signed stands; what never was can still be settled."""
    if not facts.signed or before is None:
        return None
    return Rejection(
        "terms_signed", "A party has signed on these terms; they stand.", of_round(drafted, "signatures"),
        "Agree a change of the agreement with every party.",
    )  # fmt: skip


def _unless(gate: Rejection | Warned | None, event: Event, command: AboutTerms) -> Decision:
    if isinstance(gate, Rejection):
        return gate
    return [event, *warnings(gate, command, f"agreement:{command.agreement_id}")]


def _ids(risks: RisksAllocated) -> str:
    return ", ".join(risk.id for risk in risks.risks)
