"""An interest declared after an award was approved: had it been known, the score behind it would not have counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.funding import AwardApproved, BidSubmitted, CommitmentMadeUnaware
from contracts.panels import BidScored
from contracts.place import Place
from services.funding.panel_facts import organisations_of
from services.runtime.decisions import Command, Decision, Item, Query, Recorded

LATE = "interest_declared_late"


@dataclass(frozen=True, kw_only=True)
class RecordLateInterest(Command):
    """Put before a person the awards that this interest would have stopped."""

    programme_id: str
    member: str
    organisations: tuple[str, ...]
    late_event_id: str
    late_position: int


@dataclass
class ScoredAwards:
    """The awards of a round, who scored their bids, and the doubts recorded about them."""

    folds: ClassVar[tuple[type[Event], ...]] = (BidSubmitted, BidScored, AwardApproved, CommitmentMadeUnaware)
    bids: dict[str, BidSubmitted] = field(default_factory=dict)
    scored: set[tuple[str, str]] = field(default_factory=set)
    made: list[Recorded[AwardApproved]] = field(default_factory=list)
    known: set[tuple[str, str]] = field(default_factory=set)
    """Decision and late fact that were brought together before."""

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact."""
        match event.data:
            case BidSubmitted() as bid:
                self.bids[bid.bid_id] = bid
            case BidScored() as scored:
                self.scored.add((scored.bid_id, scored.member))
            case AwardApproved():
                self.made.append(event)
            case CommitmentMadeUnaware() as doubt:
                self.known.add((doubt.decision_id, doubt.late_event_id))

    @property
    def bid_ids(self) -> tuple[str, ...]:
        """The bids that were awarded."""
        return tuple(made.data.bid_id for made in self.made)


def facts_of(command: RecordLateInterest, bid_ids: Iterable[str] = ()) -> Query[ScoredAwards]:
    """The awards and scores of the round, and what is known already about these bids."""
    round_ = Item(f"programme:{command.programme_id}", only=(BidSubmitted, BidScored, AwardApproved))
    doubts = (Item(f"about:bid:{bid_id}", only=(CommitmentMadeUnaware,)) for bid_id in bid_ids)
    return Query(round_, *doubts, fold=ScoredAwards)


def record(facts: ScoredAwards, command: RecordLateInterest, place: Place) -> Decision:
    """Record each award that stands on a score of a member with an interest declared after it (Compact 3.1.6)."""
    return [_doubt(made, command) for made in facts.made if _stands_on_it(facts, made, command)]


def _stands_on_it(facts: ScoredAwards, made: Recorded[AwardApproved], command: RecordLateInterest) -> bool:
    bid_id = made.data.bid_id
    return (
        made.position < command.late_position
        and (bid_id, command.member) in facts.scored
        and (made.id, command.late_event_id) not in facts.known
        and bool(set(command.organisations) & set(organisations_of(facts.bids[bid_id])))
    )


def _doubt(made: Recorded[AwardApproved], command: RecordLateInterest) -> CommitmentMadeUnaware:
    return CommitmentMadeUnaware(
        about=made.subject,
        organisation_id=made.data.organisation_id,
        decision_id=made.id,
        late_event_id=command.late_event_id,
        code=LATE,
        given_to_role="decider",
    )
