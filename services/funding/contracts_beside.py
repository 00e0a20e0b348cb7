"""Contracts for additional services that a partner holds beside its agreements (SPP7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.funding import YearAmount
from contracts.payments import AdditionalContractRecorded
from contracts.place import Place
from services.funding.gates import malformed
from services.funding.register import STANDING, Register, of_organisations
from services.runtime.calendar import london_date
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Rejection

RECORDERS = ("commissioner", "commissioning_manager", "body_officer")


@dataclass(frozen=True, kw_only=True)
class RecordContract(Command):
    """Record a contract for additional services."""

    counts_absence: ClassVar[bool] = True
    subject: ClassVar[str] = "contract_id"
    contract_id: str
    organisation_id: str
    title: str
    amounts: tuple[YearAmount, ...]
    starts_on: date
    ends_on: date


@dataclass
class Contract:
    """Whether this contract was recorded, and who stands in the register."""

    folds: ClassVar[tuple[type[Event], ...]] = (AdditionalContractRecorded, *STANDING)
    recorded: bool = False
    register: Register = field(default_factory=Register)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact of the contract or the organisation."""
        self.register.take(event.data)
        self.recorded = self.recorded or isinstance(event.data, AdditionalContractRecorded)


def facts_of(command: RecordContract) -> Query[Contract]:
    """This contract, and the standing of its organisation."""
    return Query(Item(f"contract:{command.contract_id}"), *of_organisations((command.organisation_id,)), fold=Contract)


def record(facts: Contract, command: RecordContract, place: Place) -> Decision:
    """Record a contract, to be shown side by side with all current funding (SPP7)."""
    if facts.recorded:
        return []
    if command.ends_on < command.starts_on:
        return malformed("contract_ends_before_it_starts", "A contract ends on or after the day on which it starts.")
    hindrance = facts.register.hindrance(command.organisation_id, london_date(command.now))
    if hindrance:
        return Rejection(hindrance.code, hindrance.sentence, remedy=hindrance.remedy)
    return [AdditionalContractRecorded(
        contract_id=command.contract_id, funder_id=command.actor.organisation,
        organisation_id=command.organisation_id, title=command.title, amounts=command.amounts,
        starts_on=command.starts_on, ends_on=command.ends_on, recorded_by=place.principal(command.actor.person),
    )]  # fmt: skip
