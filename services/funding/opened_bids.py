"""What happened to a bid since it was opened: documents asked for, findings, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.funding import (
    AwardApproved,
    AwardDeclined,
    BidDocumentPutRight,
    BidDocumentRequested,
    BidFoundEligible,
    BidFoundIneligible,
    BidSubmitted,
    BidWithdrawn,
    ConsortiumMemberConfirmed,
)
from services.funding.bidding import Bidding
from services.funding.panel_facts import PANEL_FACTS, Panel
from services.funding.register import of_organisations
from services.funding.rounds import of_programme
from services.runtime.decisions import Item, Query, Recorded, Rejection, unknown

OF_BID: tuple[type[Event], ...] = (
    BidSubmitted, BidWithdrawn, ConsortiumMemberConfirmed, BidDocumentRequested, BidDocumentPutRight,
    BidFoundEligible, BidFoundIneligible, AwardApproved, AwardDeclined,
)  # fmt: skip


@dataclass
class Opened(Bidding):
    """A round, its opened bids, and all that was found and decided about them so far."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        *Bidding.folds, BidDocumentRequested, BidDocumentPutRight, BidFoundEligible, BidFoundIneligible,
        AwardApproved, AwardDeclined, *PANEL_FACTS,
    )  # fmt: skip
    requested: dict[tuple[str, str], date] = field(default_factory=dict)
    """Bid and criterion to the last day on which the document can be put right."""
    put_right: dict[tuple[str, str], BidDocumentPutRight] = field(default_factory=dict)
    eligible: dict[str, BidFoundEligible] = field(default_factory=dict)
    ineligible: dict[str, BidFoundIneligible] = field(default_factory=dict)
    approved: dict[str, AwardApproved] = field(default_factory=dict)
    declined: dict[str, AwardDeclined] = field(default_factory=dict)
    deciders: set[str] = field(default_factory=set)
    """Whoever found a bid ineligible, approved or declined one, and whoever they acted for."""
    panel: Panel = field(default_factory=Panel)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact about the round, its bids or their organisations."""
        super().evolve(event)
        self.panel.take(event.data)
        match event.data:
            case BidDocumentRequested() as asked:
                self.requested[asked.bid_id, asked.criterion_id] = asked.due_on
            case BidDocumentPutRight() as put_right:
                self.put_right[put_right.bid_id, put_right.criterion_id] = put_right
            case BidFoundEligible() as eligible:
                self.eligible[eligible.bid_id] = eligible
            case BidFoundIneligible() as ineligible:
                self.ineligible[ineligible.bid_id] = ineligible
                self.deciders |= event.hands(ineligible.verified_by)
            case AwardApproved() as approved:
                self.approved[approved.bid_id] = approved
                self.deciders |= event.hands(approved.decided_by)
            case AwardDeclined() as declined:
                self.declined[declined.bid_id] = declined
                self.deciders |= event.hands(declined.decided_by)

    @property
    def standing_bids(self) -> tuple[BidSubmitted, ...]:
        """The bids that were not taken back, in the order in which they came in."""
        return tuple(bid for bid in map(self.standing, self.bids) if bid)

    def unconfirmed(self, bid: BidSubmitted) -> tuple[str, ...]:
        """The members of its consortium that never confirmed their part."""
        return tuple(member for member in bid.member_ids if (bid.bid_id, member) not in self.confirmed)

    def decided(self, bid_id: str) -> bool:
        """Whether it is clear what becomes of a bid."""
        return bid_id in self.approved or bid_id in self.declined or bid_id in self.ineligible

    def opened_bid(self, bid_id: str, funder: str) -> BidSubmitted | Rejection:
        """The bid, for its funder, once it was opened and until the results are out; before, it does not exist."""
        bid = self.bids.get(bid_id)
        if bid is None or bid_id not in (self.opened or ()) or self.programme.funder_id != funder:
            return unknown("bid", bid_id)
        if self.announced:
            return Rejection("results_announced", "The results of this round are out; they stand as announced.")
        return bid

    def member_missing(self, bid: BidSubmitted) -> Rejection | None:
        """A bid whose members did not all confirm can only be declined (Compact 3.3.6)."""
        if not (missing := self.unconfirmed(bid)):
            return None
        return Rejection(
            "member_not_confirmed", f"Before closing, these members did not confirm their part: {', '.join(missing)}.",
            self.cite("consortium"), "Such a bid can only be declined, with its reasons.",
        )  # fmt: skip


def facts_of(programme_id: str, bid_id: str, organisation_id: str = "") -> Query[Opened]:
    """The round, this bid and, where given, what the register says of its bidder."""
    return Query(*_items(programme_id, bid_id, organisation_id), fold=Opened)


def facts_of_award(programme_id: str, bid_id: str, organisation_id: str) -> Query[Opened]:
    """The same, with every award of the round, which together cannot exceed its money, and what its panel weighed."""
    return facts_of_round(programme_id, *_items(programme_id, bid_id, organisation_id)[1:])


def facts_of_round(programme_id: str, *more: Item) -> Query[Opened]:
    """The round, every bid in it, and its panel with the interests that its members declared."""
    bids = Item(f"programme:{programme_id}", only=(*OF_BID, *PANEL_FACTS))
    return Query(of_programme(programme_id), bids, *more, fold=Opened)


def _items(programme_id: str, bid_id: str, organisation_id: str) -> tuple[Item, ...]:
    organisations = of_organisations((organisation_id,)) if organisation_id else ()
    return (of_programme(programme_id), Item(f"bid:{bid_id}", only=OF_BID), *organisations)
