"""What becomes of changes of support when their organisation is no more: a successor stands in, or they end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from contracts.change_gates import ChangeTakenOver, NoticeNoLongerPossible, Stopped
from contracts.envelope import Event
from contracts.place import Place
from services.funding.change_case import STEPS, Case
from services.funding.change_decisions import stopped, told_of_end
from services.runtime.calendar import london_date
from services.runtime.decisions import Command, Decision, Item, Query, Recorded


@dataclass(frozen=True, kw_only=True)
class FollowOrganisation(Command):
    """An organisation was dissolved, or another took over what it held."""

    subject: ClassVar[str] = "organisation_id"
    organisation_id: str
    gone_on: date
    successor_id: str | None = None


@dataclass
class Cases:
    """The changes of support that concern one organisation."""

    folds: ClassVar[tuple[type[Event], ...]] = STEPS
    cases: dict[str, Case] = field(default_factory=dict)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact of one of them."""
        self.cases.setdefault(event.data.change_id, Case()).evolve(event)


def facts_of(organisations: Iterable[str]) -> Query[Cases]:
    """Every change that names one of these organisations."""
    return Query(*(Item(f"organisation:{one}") for one in organisations), fold=Cases)


def follow(facts: Cases, command: FollowOrganisation, place: Place) -> Decision:
    """Let the successor stand in, or end the changes because notice is no longer possible (Compact 3.4.4)."""
    return [event for case in facts.cases.values() for event in _of_case(case, command)]


def _of_case(case: Case, command: FollowOrganisation) -> Iterator[Event]:
    proposed = case.proposed
    if proposed is None or case.withdrawn or case.closed or case.effective:
        return
    if case.organisation_id != command.organisation_id:
        return
    if command.successor_id:
        yield ChangeTakenOver(
            change_id=proposed.change_id, agreement_id=proposed.agreement_id, organisation_id=command.successor_id,
            former_organisation_id=command.organisation_id, taken_over_on=command.gone_on,
            funder_id=proposed.funder_id, decided=case.decided is not None,
            ends_on=case.period.ends_on if case.period else None,
        )  # fmt: skip
        return
    yield from stopped(case, Stopped.ORGANISATION_DISSOLVED)
    yield NoticeNoLongerPossible(
        change_id=proposed.change_id, agreement_id=proposed.agreement_id, funder_id=proposed.funder_id,
        organisation_id=command.organisation_id, dissolved_on=command.gone_on,
    )  # fmt: skip
    yield from told_of_end(case, Stopped.ORGANISATION_DISSOLVED, london_date(command.now))
