"""The facts that bidding in one round stands on: the round, its bids, and the standing of who takes part."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.funding import BidSubmitted, BidWithdrawn, ConsortiumMemberConfirmed
from services.funding.register import STANDING, Register
from services.funding.rounds import Round
from services.runtime.decisions import Recorded


@dataclass
class Bidding(Round):
    """A round, the bids in question, and what the register says of their organisations."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        *Round.folds, *STANDING, BidSubmitted, BidWithdrawn, ConsortiumMemberConfirmed,
    )  # fmt: skip
    bids: dict[str, BidSubmitted] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    confirmed: set[tuple[str, str]] = field(default_factory=set)
    """Bid and member."""
    register: Register = field(default_factory=Register)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact of the round, a bid or an organisation."""
        super().evolve(event)
        self.register.take(event.data)
        match event.data:
            case BidSubmitted() as submitted:
                self.bids[submitted.bid_id] = submitted
            case BidWithdrawn() as withdrawn:
                self.withdrawn.add(withdrawn.bid_id)
            case ConsortiumMemberConfirmed() as confirmed:
                self.confirmed.add((confirmed.bid_id, confirmed.organisation_id))

    def standing(self, bid_id: str) -> BidSubmitted | None:
        """The bid, unless it was taken back or never came in."""
        return None if bid_id in self.withdrawn else self.bids.get(bid_id)

    def standing_of(self, organisation: str) -> BidSubmitted | None:
        """The bid that an organisation has standing in this round as its lead."""
        return next((bid for bid in map(self.standing, self.bids) if bid and bid.organisation_id == organisation), None)
