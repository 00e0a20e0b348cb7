"""Who had a hand in a change of support before its decision; none of them decides it, nor does a delegate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from contracts.change_gates import ImpactAssessed, ReallocationAssessed, ShortNoticeSigned
from contracts.funding import FundingChangeProposed
from services.runtime.decisions import Recorded


@dataclass
class Involved:
    """The people of each step: whoever acted, and whoever they acted for."""

    proposed: set[str] = field(default_factory=set)
    assessed: set[str] = field(default_factory=set)
    signed: set[str] = field(default_factory=set)

    def take(self, event: Recorded[Any]) -> None:
        """Take one fact of the change."""
        match event.data:
            case FundingChangeProposed(proposed_by=by):
                self.proposed |= event.hands(by)
            case ImpactAssessed(assessed_by=by) | ReallocationAssessed(assessed_by=by):
                self.assessed |= event.hands(by)
            case ShortNoticeSigned(signed_by=by):
                self.signed |= event.hands(by)
