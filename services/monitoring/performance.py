"""What every step about performance stands on: the agreement, its two sides, and its programme's own rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.funding import AgreementDrafted, AgreementInForce
from contracts.improvement import Side
from contracts.monitoring import MonitoringClosed
from contracts.partners import CommissioningManagerNominated, CommissioningManagerReplaced
from contracts.place import Place
from contracts.rules import Citation, ProgrammeRules
from services.monitoring.parties import is_partner, not_the_manager
from services.monitoring.terms import Terms, terms_of
from services.runtime.calendar import london_date
from services.runtime.decisions import Actor, Command, Recorded, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class PerformanceCommand(Command):
    """A step about how an agreement is performed."""

    subject: ClassVar[str] = "agreement_id"
    agreement_id: str


@dataclass
class Agreement:
    """An agreement, its sides, the manager nominated for it, and whether its partner still exists."""

    of_agreement: ClassVar[tuple[type[Event], ...]] = (
        AgreementDrafted, AgreementInForce, CommissioningManagerNominated, CommissioningManagerReplaced,
        MonitoringClosed,
    )  # fmt: skip
    drafted: AgreementDrafted | None = None
    in_force_on: date | None = None
    """The London day on which it came into force, whenever that was read here."""
    manager: str = ""
    closed: bool = False
    documents: set[str] = field(default_factory=set)
    """What was handed in so far, by which a repeat is known."""

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact."""
        match event.data:
            case AgreementDrafted():
                self.drafted = event.data
            case AgreementInForce():
                self.in_force_on = self.in_force_on or london_date(event.time)
            case CommissioningManagerNominated() | CommissioningManagerReplaced():
                self.manager = event.data.person_id
            case MonitoringClosed():
                self.closed = True
            case _:
                self.evolve_performance(event.data)

    def evolve_performance(self, fact: Event) -> None:
        """Take one fact about performance."""

    @property
    def in_force(self) -> bool:
        """Whether it came into force."""
        return self.in_force_on is not None

    @property
    def agreed(self) -> AgreementDrafted:
        """The agreement; decisions ask first whether it stands."""
        if self.drafted is None:
            raise LookupError("no such agreement was drafted")
        return self.drafted

    def about(self) -> dict[str, str]:
        """What every event says: under which agreement, between whom."""
        names = ("agreement_id", "organisation_id", "funder_id")
        return {name: getattr(self.agreed, name) for name in names}

    def terms(self, command: Command, place: Place) -> Terms:
        """What binds the funder at the moment of a command."""
        return terms_of(place, self.agreed.funder_id, command.now)

    def programme(self, terms: Terms) -> ProgrammeRules | None:
        """The rules of the programme under which the agreement was made, where the place has them."""
        rules = terms.rules.programmes.get(self.agreed.rules_key)
        return rules if rules and rules.binds_from <= terms.day else None

    def cite(self, terms: Terms, limit: str) -> Citation | None:
        """Where the programme's rule on this stands, if it has one."""
        programme = self.programme(terms)
        return programme.cite(limit) if programme and getattr(programme, limit) is not None else None

    def side_of(self, actor: Actor) -> Side:
        """On which side somebody stands, who was found to stand on one."""
        return Side.PARTNER if is_partner(actor, self.agreed.organisation_id) else Side.FUNDER


def not_standing(agreement: Agreement, command: PerformanceCommand) -> Rejection | None:
    """The refusal where the agreement is not in force, or its organisation no longer exists."""
    if agreement.drafted is None:
        return unknown("agreement", command.agreement_id)
    if agreement.closed:
        return Rejection("monitoring_closed", "The organisation no longer exists; nothing more is asked of it.")
    return None if agreement.in_force else Rejection("agreement_not_in_force", "The agreement is not in force.")


def not_by_manager(agreement: Agreement, command: PerformanceCommand, terms: Terms) -> Rejection | None:
    """The refusal of anybody but the commissioning manager nominated for the agreement, or that person's delegate."""
    return not_the_manager(command.actor, agreement.manager, terms)


def not_by_partner(agreement: Agreement, command: PerformanceCommand) -> Rejection | None:
    """The refusal of anybody but the partner of the agreement."""
    if is_partner(command.actor, agreement.agreed.organisation_id):
        return None
    return Rejection("not_your_agreement", "Only the organisation whose agreement it is can do this.", status=403)


def not_by_either(agreement: Agreement, command: PerformanceCommand, terms: Terms) -> Rejection | None:
    """The refusal of anybody but the two sides: the partner, and the nominated manager for the funder."""
    if is_partner(command.actor, agreement.agreed.organisation_id):
        return None
    return not_by_manager(agreement, command, terms)


def spoken(day: date) -> str:
    """A date as it is said."""
    return f"{day:%-d %B %Y}"
