"""Guarantee: a service that was restored behind what it published accepts no command.

Until a first comparison of the journal with its own topics succeeded, no command, reaction or timer runs and nothing is
taken in; after that the broker may be away. A lost connection to the database or the broker raises a doubt, and a
doubt is compared away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """What the comparison of the journal with its topics said."""

    UNKNOWN = "not yet compared with the bus"
    AGREED = "agreed with the bus"
    BEHIND = "restored behind the bus"


class NotReady(RuntimeError):
    """Commands wait: the journal was not yet compared with the bus, or is behind it, or the clock is uncertain."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass
class Bus:
    """What is known of the bus: each own topic's standing, whether the broker answers, whether the clock is certain."""

    topics: dict[str, Standing] = field(default_factory=dict)
    reason: str = ""
    connected: bool = False
    clock_certain: bool = True
    """What the last look at clock and database said; between two looks, `clock_stands` tells of a jump at once."""
    clock_stands: Callable[[], bool] = lambda: True
    agreed: asyncio.Event = field(default_factory=asyncio.Event)
    closing: bool = False

    @property
    def standing(self) -> Standing:
        """The worst of the topics' standings."""
        found = set(self.topics.values())
        for worst in (Standing.BEHIND, Standing.UNKNOWN):
            if worst in found or (worst is Standing.UNKNOWN and not found):
                return worst
        return Standing.AGREED

    def compared(self, topic: str, standing: Standing, reason: str = "") -> None:
        """Note how a comparison ended."""
        self.topics[topic] = standing
        if standing is Standing.BEHIND:
            self.reason = reason
        if self.standing is Standing.AGREED:
            self.agreed.set()
        else:
            self.agreed.clear()

    def doubt(self) -> None:
        """A connection was lost: what was restored meanwhile is not known, so commands wait for a new comparison."""
        for topic, standing in self.topics.items():
            if standing is Standing.AGREED:
                self.topics[topic] = Standing.UNKNOWN
        self.agreed.clear()

    def lost_connection(self) -> None:
        """A connection to the database ended, which nobody asked it to."""
        if not self.closing:
            self.doubt()

    def require_comparison(self) -> None:
        """Raises NotReady unless the journal agrees with the bus."""
        standing = self.standing
        if standing is Standing.BEHIND:
            raise NotReady(
                "restored_behind_the_bus",
                f"This service's database was restored behind the bus, which holds more of it ({self.reason}).",
            )
        if standing is Standing.UNKNOWN:
            raise NotReady("bus_not_yet_compared", "The journal has not yet been compared with the bus.")

    def require_agreement(self, counts_absence: bool = False) -> None:
        """Raises NotReady unless commands may be decided now; where an absent fact counts, with the bus at hand."""
        self.require_comparison()
        if counts_absence and not self.connected:
            raise NotReady(
                "bus_unreachable",
                "What others recorded cannot be known while the bus is away, and this step rests on it.",
            )
        self.require_clock()

    def dated(self, now: Callable[[], datetime]) -> datetime:
        """The moment that something kept is dated with; raises NotReady while the clock is doubted.

        The clock is read first and judged then: a jump between the two only makes it doubted.
        """
        moment = now()
        self.require_clock()
        return moment

    def require_clock(self) -> None:
        """Raises NotReady while the clock is doubted: nothing is dated by it."""
        if not (self.clock_certain and self.clock_stands()):
            raise NotReady("clock_uncertain", "The clock of this machine jumped; commands wait until it agrees again.")
