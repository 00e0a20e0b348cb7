"""Two people open the bids of a round, after closing and once every bid received in time is decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.funding import BidsOpened, BidsOpeningStarted, BidSubmitted, BidWithdrawn, ClosingExtended
from contracts.place import Place
from services.funding.bidding import Bidding
from services.funding.gates import FUNDER_ROLES, done_already, in_words, only
from services.funding.rounds import ROUND
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class OpenBids(Command):
    """Ask for the bids to be opened; they are once a second person asks."""

    subject: ClassVar[str] = "programme_id"
    programme_id: str
    undecided: int
    """Requests in this round that were received and are not decided yet."""


@dataclass
class Opening(Bidding):
    """A round, its bids, and who asked first for them to be opened."""

    folds: ClassVar[tuple[type[Event], ...]] = (*Bidding.folds, BidsOpeningStarted)
    first_opener: str | None = None
    second_opener: str = ""
    hands: frozenset[str] = frozenset()
    """The people of the first step: whoever asked, and whoever that person acted for."""

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact; closing put off for all means that opening starts anew."""
        super().evolve(event)
        match event.data:
            case BidsOpeningStarted() as started:
                self.first_opener, self.hands = started.opener, event.hands(started.opener)
            case ClosingExtended():
                self.first_opener = None
            case BidsOpened() as opened:
                self.second_opener = opened.second_opener


def facts_of(command: OpenBids) -> Query[Opening]:
    """The round and every bid in it."""
    programme = f"programme:{command.programme_id}"
    return Query(Item(programme, only=(*ROUND, BidSubmitted, BidWithdrawn, BidsOpeningStarted)), fold=Opening)


def open_bids(facts: Opening, command: OpenBids, place: Place) -> Decision:
    """Open the bids on the word of two different people of the funder, never before closing (SPP2)."""
    if facts.published is None:
        return unknown("programme", command.programme_id)
    refused = only(command, FUNDER_ROLES, facts.published.funder_id)
    if facts.opened is not None:
        return refused or _opened_already(facts, command, place)
    refused = refused or next(_faults(facts, command, place), None)
    if refused:
        return refused
    opener = place.principal(command.actor.person)
    if facts.first_opener is None:
        return [BidsOpeningStarted(programme_id=command.programme_id, opener=opener)]
    return [
        BidsOpened(
            programme_id=command.programme_id,
            bid_ids=tuple(bid for bid in facts.bids if facts.standing(bid)),
            first_opener=facts.first_opener,
            second_opener=opener,
        )
    ]


def _opened_already(facts: Opening, command: OpenBids, place: Place) -> Decision:
    if place.principal(command.actor.person) == facts.first_opener:
        return []
    return done_already(facts.second_opener, command, place, "opened_already", "The bids were opened")


def _faults(facts: Opening, command: OpenBids, place: Place) -> Iterator[Rejection]:
    if not facts.closed(command.now):
        yield Rejection(
            "opening_too_early", f"Bids stay sealed until bidding closes at {in_words(facts.closes_at)}.",
            facts.cite("closing time"), "Open them after that.",
        )  # fmt: skip
    if command.undecided:
        yield Rejection(
            "bids_still_being_received", "A bid received in time is still being decided.",
            remedy="Try again in a few seconds.", status=503,
        )  # fmt: skip
    if facts.first_opener and place.same_person(facts.hands, command.actor.person):
        yield Rejection(
            "same_person", "Two different people open the bids; a delegate counts as the person.",
            facts.cite("opening by two people"), "Ask a second person of the funder to open them.",
        )  # fmt: skip
