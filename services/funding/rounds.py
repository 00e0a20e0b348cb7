"""The facts of one round that almost every decision in it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from contracts.budgets import ProgrammeMoneyCut
from contracts.envelope import Event
from contracts.funding import (
    BidsOpened,
    ClosingExtended,
    ProgrammePublished,
    ResultsAnnounced,
    YearAmount,
)
from contracts.rules import Citation
from services.runtime.decisions import Item, Recorded

ROUND: tuple[type[Event], ...] = (
    ProgrammePublished, ProgrammeMoneyCut, ClosingExtended, BidsOpened, ResultsAnnounced,
)  # fmt: skip


@dataclass
class Round:
    """What was published, when it closes, whether bids are opened and results are out."""

    folds: ClassVar[tuple[type[Event], ...]] = ROUND
    published: ProgrammePublished | None = None
    extended_to: datetime | None = None
    opened: tuple[str, ...] | None = None
    """The bids that were opened, once they were."""
    announced: bool = False
    money: tuple[YearAmount, ...] = ()
    """What each financial year has, after all cuts."""

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact of the round."""
        match event.data:
            case ProgrammePublished() as published:
                self.published, self.money = published, published.money
            case ProgrammeMoneyCut() as cut:
                self.money = cut.money
            case ClosingExtended() as extended:
                self.extended_to = extended.closes_at
            case BidsOpened() as opened:
                self.opened = opened.bid_ids
            case ResultsAnnounced():
                self.announced = True

    @property
    def programme(self) -> ProgrammePublished:
        """What was published; asked only once it is known to be there."""
        if self.published is None:
            raise LookupError("the programme was not published")
        return self.published

    @property
    def closes_at(self) -> datetime:
        """When bidding closes, extensions counted in."""
        return self.extended_to or self.programme.closes_at

    def closed(self, moment: datetime) -> bool:
        """Whether bidding was over: the second that closing names still counts as in time."""
        return moment.replace(microsecond=0) > self.closes_at

    def cite(self, clause: str) -> Citation:
        """A rule of the round itself, as published."""
        return Citation(document=f"Programme {self.programme.title}", clause=clause)


def of_programme(programme_id: str) -> Item:
    """The facts of the round itself."""
    return Item(f"programme:{programme_id}", only=ROUND)
