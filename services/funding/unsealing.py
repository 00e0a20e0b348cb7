"""What was refused, warned or decided unaware while a round was sealed is disclosed once its results are out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from contracts.change_gates import FundingChangeDecided
from contracts.envelope import Event
from contracts.every_service import DecidedUnaware, SealedStepRefused, StepRefused, StepWarned
from contracts.funding import (
    AgreementSignedByParty,
    AwardApproved,
    BidAwarded,
    BidDeclined,
    CommitmentMadeUnaware,
    ResultsAnnounced,
    SealedStepsDisclosed,
    SealedStepWarned,
)
from contracts.payments import PaymentReleased
from contracts.place import Place
from services.runtime.calendar import london_date
from services.runtime.decisions import Command, Decision, Item, Query, Recorded

OPENING: tuple[type[Event], ...] = (BidAwarded, BidDeclined, ResultsAnnounced)
"""With these facts a bid or a round is no longer sealed."""


GONE = frozenset({"organisation_dissolved", "organisation_succeeded"})
STOPPED_BY: dict[type[Event], frozenset[str]] = {
    AwardApproved: GONE | {"organisation_suspended"},
    AgreementSignedByParty: GONE | {"organisation_suspended"},
    PaymentReleased: GONE,  # who is suspended is still paid what was agreed
    FundingChangeDecided: GONE | {"independence_concern_open"},
}
"""What a fact that comes late would have stopped, by its code."""


@dataclass(frozen=True, kw_only=True)
class DiscloseSealedSteps(Command):
    """Publish what stayed private about a bid or a round while it was sealed."""

    about: str
    """`bid:…` or `programme:…`."""


@dataclass(frozen=True, kw_only=True)
class RecordUnaware(Command):
    """Put before a person the decisions that a fact would have stopped, had it not arrived after them."""

    organisation_id: str
    late_event_id: str
    late_position: int
    late_time: datetime
    code: str
    from_day: date | None = None
    """The London day from which the fact holds, where it names one."""


@dataclass
class SealedSteps:
    """What stayed private about one matter."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        SealedStepRefused, SealedStepWarned, CommitmentMadeUnaware, SealedStepsDisclosed, *OPENING,
    )  # fmt: skip
    steps: list[Event] = field(default_factory=list)
    """Those not disclosed yet, as they are published once the matter is open."""
    is_open: bool = False

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one sealed step, in the form in which it will be published."""
        match event.data:
            case SealedStepRefused() as refused:
                self.steps.append(StepRefused(**refused.model_dump()))
            case SealedStepWarned() as warned:
                self.steps.append(StepWarned(**warned.model_dump()))
            case CommitmentMadeUnaware() as unaware:
                self.steps.append(DecidedUnaware(**unaware.model_dump()))
            case SealedStepsDisclosed():
                self.steps.clear()
            case _:
                self.is_open = True


@dataclass
class Commitments:
    """The awards to one organisation, its signatures, the payments to it, and the decisions to change its support."""

    folds: ClassVar[tuple[type[Event], ...]] = (*STOPPED_BY, CommitmentMadeUnaware)
    made: list[Recorded[Any]] = field(default_factory=list)
    known: set[tuple[str, str]] = field(default_factory=set)
    """Decision and late fact that were brought together before."""

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one commitment, or a doubt already recorded."""
        match event.data:
            case CommitmentMadeUnaware() as unaware:
                self.known.add((unaware.decision_id, unaware.late_event_id))
            case _:
                self.made.append(event)


def facts_of_steps(command: DiscloseSealedSteps) -> Query[SealedSteps]:
    """What was kept under this matter, and whether its results are out."""
    return Query(Item(f"about:{command.about}"), Item(command.about, only=OPENING), fold=SealedSteps)


def facts_of_commitments(organisations: Iterable[str]) -> Query[Commitments]:
    """What was committed to these organisations or by them."""
    return Query(*(Item(f"organisation:{one}") for one in organisations), fold=Commitments)


def disclose(facts: SealedSteps, command: DiscloseSealedSteps, place: Place) -> Decision:
    """Publish the steps once, in the order in which they happened, as soon as the results are out."""
    if not facts.is_open or not facts.steps:
        return []
    return [SealedStepsDisclosed(about=command.about), *facts.steps]


def record_unaware(facts: Commitments, command: RecordUnaware, place: Place) -> Decision:
    """Record each decision that the late fact would have stopped: an award stays sealed until it is announced."""
    events: list[Event] = []
    for made in facts.made:
        if _would_have_stopped(command, made, place):
            events.extend(_unaware(facts, made, command))
    return events


def _unaware(facts: Commitments, made: Recorded[Any], command: RecordUnaware) -> list[Event]:
    if (made.id, command.late_event_id) in facts.known:
        return []
    private = CommitmentMadeUnaware(
        about=made.subject,
        organisation_id=command.organisation_id,
        decision_id=made.id,
        late_event_id=command.late_event_id,
        code=command.code,
        given_to_role="finance" if isinstance(made.data, PaymentReleased) else "decider",
    )
    sealed = isinstance(made.data, AwardApproved)
    return [private] if sealed else [private, DecidedUnaware(**private.model_dump())]


def _would_have_stopped(command: RecordUnaware, made: Recorded[Any], place: Place) -> bool:
    if isinstance(made.data, PaymentReleased) and _goes_to_successor(command, place):
        return False
    decided_before = made.position < command.late_position
    return command.code in STOPPED_BY[type(made.data)] and decided_before and _held_then(command, made.time)


def _goes_to_successor(command: RecordUnaware, place: Place) -> bool:
    dissolved = command.code == "organisation_dissolved"
    return dissolved and place.stands_in(command.organisation_id) != command.organisation_id


def _held_then(command: RecordUnaware, moment: datetime) -> bool:
    """Whether the fact held at that moment: it was recorded before, or names an earlier day from which it holds."""
    recorded = command.late_time < moment
    if command.from_day is None:
        return recorded
    day = london_date(moment)
    return command.from_day < day or (recorded and command.from_day == day)
