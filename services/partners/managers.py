"""Who manages an agreement for the council (Strategic Partner Programme, Checks and balances)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.funding import AgreementDrafted, ProgrammePublished
from contracts.partners import CommissioningManagerNominated, CommissioningManagerReplaced
from contracts.place import Place
from contracts.rules import Citation
from services.runtime.calendar import london_date
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Rejection, unknown

RULE = "commissioning_manager_required"


@dataclass(frozen=True, kw_only=True)
class NominateManager(Command):
    """Name the officer who manages an agreement, once it is drafted."""

    subject: ClassVar[str] = "agreement_id"
    agreement_id: str
    programme_id: str
    person_id: str


@dataclass(frozen=True, kw_only=True)
class ReplaceManager(Command):
    """Name another officer for an agreement that has one."""

    subject: ClassVar[str] = "agreement_id"
    agreement_id: str
    programme_id: str
    person_id: str


@dataclass
class Managed:
    """An agreement as far as its manager is concerned: whose it is, by which programme's rules, who manages it."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        AgreementDrafted, ProgrammePublished, CommissioningManagerNominated, CommissioningManagerReplaced,
    )  # fmt: skip
    funder_id: str = ""
    rules_key: str = ""
    manager: str = ""

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact about the agreement or its programme."""
        match event.data:
            case AgreementDrafted() as drafted:
                self.funder_id = drafted.funder_id
            case ProgrammePublished() as published:
                self.rules_key = published.rules_key
            case CommissioningManagerNominated() | CommissioningManagerReplaced() as named:
                self.manager = named.person_id


def facts_of(command: NominateManager | ReplaceManager) -> Query[Managed]:
    """The agreement and the programme it came from."""
    programme = Item(f"programme:{command.programme_id}", only=(ProgrammePublished,))
    agreement = Item(
        f"agreement:{command.agreement_id}",
        only=(AgreementDrafted, CommissioningManagerNominated, CommissioningManagerReplaced),
    )
    return Query(agreement, programme, fold=Managed)


def nominate(facts: Managed, command: NominateManager, place: Place) -> Decision:
    """A commissioner of the funder names an officer who holds that office there (Strategic Partner Programme)."""
    if refused := _refused(facts, command, place):
        return refused
    if facts.manager == command.person_id:
        return []
    if facts.manager:
        return Rejection(
            "manager_already_nominated",
            "This agreement already has a commissioning manager.",
            _citation(facts, command, place),
            remedy="Replace the manager instead.",
        )
    return [
        CommissioningManagerNominated(
            agreement_id=command.agreement_id, organisation_id=facts.funder_id, person_id=command.person_id
        )
    ]


def replace(facts: Managed, command: ReplaceManager, place: Place) -> Decision:
    """Another officer takes over, named in the same way (Strategic Partner Programme)."""
    if refused := _refused(facts, command, place):
        return refused
    if facts.manager == command.person_id:
        return []
    if not facts.manager:
        return Rejection(
            "manager_not_nominated",
            "This agreement has no commissioning manager yet.",
            _citation(facts, command, place),
            remedy="Nominate one.",
        )
    return [
        CommissioningManagerReplaced(
            agreement_id=command.agreement_id,
            organisation_id=facts.funder_id,
            person_id=command.person_id,
            former_person_id=facts.manager,
        )
    ]


def _refused(facts: Managed, command: NominateManager | ReplaceManager, place: Place) -> Rejection | None:
    if not facts.funder_id:
        return unknown("agreement", command.agreement_id)
    citation = _citation(facts, command, place)
    if (command.actor.role, command.actor.organisation) != ("commissioner", facts.funder_id):
        return Rejection(
            "manager_named_by_funder",
            "The commissioning manager of an agreement is named by a commissioner of its funder.",
            citation,
            remedy=f"A commissioner of {facts.funder_id} can do it.",
            status=409 if citation else 403,
        )
    if place.office(command.person_id, facts.funder_id, "commissioning_manager") is None:
        return Rejection(
            "manager_without_office",
            f"This person holds no office of commissioning manager for {facts.funder_id}.",
            citation,
            remedy="The partnership office can appoint the person to that office.",
        )
    return None


def _citation(facts: Managed, command: NominateManager | ReplaceManager, place: Place) -> Citation | None:
    """Where the programme's rules ask for a manager; none where the place did not adopt that."""
    rules = place.rules(london_date(command.now))
    programme = rules.programmes.get(facts.rules_key) if rules else None
    return programme.cite(RULE) if programme and programme.commissioning_manager_required else None
