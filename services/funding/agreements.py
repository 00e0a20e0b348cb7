"""Agreements: drafted from awards, signed by each party, in force only with all that must stand before them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.funding import (
    AgreementDrafted,
    AgreementInForce,
    AgreementSignedByParty,
    BidAwarded,
    BidSubmitted,
    ConsortiumPart,
)
from contracts.monitoring import MonitoringAgreed
from contracts.partners import CommissioningManagerNominated, CommissioningManagerReplaced
from contracts.place import Place
from contracts.rules import ProgrammeRules
from services.funding.gates import Warned, done_already, only, rules_on, stop, warnings
from services.funding.limits import decider, over_limit
from services.funding.money import total
from services.funding.register import STANDING, Register, of_organisations
from services.funding.rounds import Round, of_programme
from services.funding.terms_agreed import TERMS, Terms, of_round, unsettled
from services.runtime.calendar import london_date
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class DraftAgreement(Command):
    """Draft the agreement that an award calls for."""

    subject: ClassVar[str] = "agreement_id"
    agreement_id: str
    bid_id: str
    programme_id: str


@dataclass(frozen=True, kw_only=True)
class SignAgreement(Command):
    """Sign an agreement for one party."""

    counts_absence: ClassVar[bool] = True
    subject: ClassVar[str] = "agreement_id"
    agreement_id: str


@dataclass(frozen=True, kw_only=True)
class BringIntoForce(Command):
    """Bring an agreement into force."""

    counts_absence: ClassVar[bool] = True
    subject: ClassVar[str] = "agreement_id"
    agreement_id: str


@dataclass
class Award(Round):
    """A round, an announced award and the agreement drafted from it."""

    folds: ClassVar[tuple[type[Event], ...]] = (*Round.folds, BidSubmitted, BidAwarded, AgreementDrafted)
    awarded: BidAwarded | None = None
    members: tuple[ConsortiumPart, ...] = ()
    drafted: bool = False

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact of the round or the award."""
        super().evolve(event)
        match event.data:
            case BidSubmitted() as submitted:
                self.members = submitted.members
            case BidAwarded() as awarded:
                self.awarded = awarded
            case AgreementDrafted():
                self.drafted = True


@dataclass
class Agreement:
    """What was drafted, who signed, who manages it, whether monitoring is agreed, whether it is in force."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        AgreementDrafted, AgreementSignedByParty, AgreementInForce, CommissioningManagerNominated,
        CommissioningManagerReplaced, MonitoringAgreed,
        *TERMS, *STANDING,
    )  # fmt: skip
    drafted: AgreementDrafted | None = None
    signed: dict[str, str] = field(default_factory=dict)
    """Who signed for each party."""
    manager: str = ""
    monitoring_agreed: bool = False
    in_force: bool = False
    terms: Terms = field(default_factory=Terms)
    register: Register = field(default_factory=Register)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact of the agreement or its parties."""
        self.register.take(event.data)
        self.terms.take(event.data)
        match event.data:
            case AgreementDrafted() as drafted:
                self.drafted = drafted
            case AgreementSignedByParty() as signed:
                self.signed[signed.organisation_id] = signed.signed_by
            case CommissioningManagerNominated() | CommissioningManagerReplaced() as named:
                self.manager = named.person_id
            case MonitoringAgreed():
                self.monitoring_agreed = True
            case AgreementInForce():
                self.in_force = True

    @property
    def holder(self) -> tuple[str, ...]:
        """The organisation that is to hold the agreement; nobody before it was drafted."""
        return (self.drafted.organisation_id,) if self.drafted else ()

    @property
    def unsigned(self) -> tuple[str, ...]:
        """The parties that have yet to sign."""
        if self.drafted is None:
            return ()
        return tuple(p for p in (self.drafted.funder_id, self.drafted.organisation_id) if p not in self.signed)


def facts_of_award(command: DraftAgreement) -> Query[Award]:
    """The round and the award."""
    award = Item(f"bid:{command.bid_id}", only=(BidSubmitted, BidAwarded, AgreementDrafted))
    return Query(of_programme(command.programme_id), award, fold=Award)


def facts_of_signing(command: SignAgreement) -> Query[Agreement]:
    """The agreement, and what the register says of the party that signs."""
    agreement = Item(f"agreement:{command.agreement_id}")
    return Query(agreement, *of_organisations((command.actor.organisation,)), fold=Agreement)


def facts_of(command: BringIntoForce, organisations: tuple[str, ...] = ()) -> Query[Agreement]:
    """The agreement and all that other services told about it and about these organisations."""
    agreement = Item(f"agreement:{command.agreement_id}")
    return Query(agreement, *of_organisations(organisations), fold=Agreement)


def draft(facts: Award, command: DraftAgreement, place: Place) -> Decision:
    """Draft an agreement with the very amounts, outcomes and term of the award."""
    award = facts.awarded
    if award is None or facts.published is None:
        return unknown("bid", command.bid_id)
    if facts.drafted:
        return []
    return [
        AgreementDrafted(
            agreement_id=command.agreement_id,
            bid_id=award.bid_id,
            programme_id=award.programme_id,
            funder_id=award.funder_id,
            organisation_id=award.organisation_id,
            title=award.title,
            amounts=award.amounts,
            outcomes=award.outcomes,
            starts_on=award.term_starts_on,
            ends_on=award.term_ends_on,
            rules_key=facts.published.rules_key,
            members=facts.members,
        )
    ]


def sign(facts: Agreement, command: SignAgreement, place: Place) -> Decision:
    """Sign for one party, by office and authority, once the terms are settled (Compact 3.3.3, 3.3.6, 3.3.7)."""
    drafted, actor = facts.drafted, command.actor
    if drafted is None or actor.organisation not in (drafted.funder_id, drafted.organisation_id):
        return unknown("agreement", command.agreement_id)
    if by := facts.signed.get(actor.organisation):
        return [] if by == actor.person else done_already(by, command, place, "signed_already", "Your side signed")
    office = place.office(actor.person, actor.organisation, actor.role)
    open_terms = list(unsettled(facts.terms, drafted, place, command.now))
    refused = _may_not_sign(facts, drafted, command, place)
    refused = refused or next((gate for gate in open_terms if isinstance(gate, Rejection)), None)
    return refused or [
        AgreementSignedByParty(
            agreement_id=drafted.agreement_id,
            organisation_id=actor.organisation,
            signed_by=actor.person,
            office=actor.role,
            authority=office.authority if office else "",
        ),
        *_warned(open_terms, command, drafted.funder_id),
    ]


def bring_into_force(facts: Agreement, command: BringIntoForce, place: Place) -> Decision:
    """Bring into force on a commissioner's word, or say all that is missing (SPP4, Compact 3.3.5)."""
    if facts.drafted is None or facts.drafted.funder_id != command.actor.organisation:
        return unknown("agreement", command.agreement_id)
    if facts.in_force:
        return []
    refused = only(command, ("commissioner",), facts.drafted.funder_id)
    missing = list(_missing(facts, facts.drafted, command, place))
    refused = refused or next((gate for gate in missing if isinstance(gate, Rejection)), None)
    return refused or [_in_force(facts.drafted), *_warned(missing, command, facts.drafted.funder_id)]


def bring_into_force_when_ready(facts: Agreement, command: BringIntoForce, place: Place) -> Decision:
    """Bring into force by itself once nothing is missing, not even what would only warn."""
    if facts.drafted is None or facts.in_force or next(_missing(facts, facts.drafted, command, place), None):
        return []
    return [_in_force(facts.drafted)]


def _may_not_sign(
    facts: Agreement, drafted: AgreementDrafted, command: SignAgreement, place: Place
) -> Rejection | None:
    actor = command.actor
    if actor.organisation == drafted.funder_id:
        office = decider(place, command)
        return office if isinstance(office, Rejection) else over_limit(office, total(drafted.amounts))
    hindrance = facts.register.hindrance(drafted.organisation_id, london_date(command.now))
    if hindrance:
        cited = of_round(drafted, "who may sign")
        return Rejection(hindrance.code, hindrance.sentence, cited, hindrance.remedy)
    return only(command, ("vco_representative",), drafted.organisation_id)


def _missing(
    facts: Agreement, drafted: AgreementDrafted, command: BringIntoForce, place: Place
) -> Iterator[Rejection | Warned]:
    rules = rules_on(place, command.now)
    hindrance = facts.register.hindrance(drafted.organisation_id, london_date(command.now))
    if hindrance:
        cited = of_round(drafted, "who may hold an agreement")
        yield Rejection(hindrance.code, hindrance.sentence, cited, hindrance.remedy)
    programme = rules.programmes.get(drafted.rules_key)
    if programme and programme.commissioning_manager_required:
        yield from _no_manager(facts, drafted, programme, place)
    if not facts.monitoring_agreed:
        gate = stop(place, rules.monitoring_before, drafted.funder_id, command.now, MONITORING_NOT_AGREED)
        if gate:
            yield gate
    if facts.unsigned:
        yield Rejection(
            "not_signed", f"Not signed yet by: {', '.join(facts.unsigned)}.",
            of_round(drafted, "signatures"), "Each party signs the agreement.",
        )  # fmt: skip


MONITORING_NOT_AGREED = Rejection(
    "monitoring_not_agreed", "How outcomes are monitored is not agreed by both sides yet.",
    remedy="Agree the monitoring in monitoring; the agreement then comes into force by itself.",
)  # fmt: skip


def _no_manager(
    facts: Agreement, drafted: AgreementDrafted, rules: ProgrammeRules, place: Place
) -> Iterator[Rejection]:
    """Nobody was nominated, or whoever was has left that office (SPP4)."""
    cited = rules.cite("commissioning_manager_required")
    if not facts.manager:
        yield Rejection(
            "no_commissioning_manager", "No commissioning manager is nominated for this agreement.", cited,
            "The council nominates one in the register of offices.",
        )  # fmt: skip
    elif place.has_left(facts.manager, drafted.funder_id, "commissioning_manager"):
        yield Rejection(
            "commissioning_manager_left", "The commissioning manager of this agreement has left that office.", cited,
            "A commissioner of the council replaces the manager in the register of offices.",
        )  # fmt: skip


def _warned(gates: Iterable[Rejection | Warned], command: SignAgreement | BringIntoForce, funder: str) -> list[Event]:
    """Only the pending body's own step warns it."""
    if command.actor.organisation != funder:
        return []
    about = f"agreement:{command.agreement_id}"
    return [event for gate in gates if isinstance(gate, Warned) for event in warnings(gate, command, about)]


def _in_force(drafted: AgreementDrafted) -> AgreementInForce:
    return AgreementInForce(
        agreement_id=drafted.agreement_id,
        programme_id=drafted.programme_id,
        funder_id=drafted.funder_id,
        organisation_id=drafted.organisation_id,
        title=drafted.title,
        amounts=drafted.amounts,
        starts_on=drafted.starts_on,
        ends_on=drafted.ends_on,
    )
