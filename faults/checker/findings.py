"""What the checker found: violations by rule, service and particulars, and how much it looked at."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

NAMED = 50
"""How many violations of one rule in one service are named; the others are counted."""


@dataclass(frozen=True, order=True)
class Violation:
    """A promise that was not kept: which, where, and at what position, key or id."""

    rule: str
    service: str
    what: str


@dataclass
class Report:
    """What was looked at, counted, and every violation that was found."""

    counts: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)
    found: Counter[tuple[str, str]] = field(default_factory=Counter)

    def say(self, rule: str, service: str, what: str) -> None:
        """Note a violation."""
        self.found[rule, service] += 1
        if self.found[rule, service] <= NAMED:
            self.violations.append(Violation(rule, service, what))

    def plain(self) -> dict[str, Any]:
        """The report as JSON can carry it."""
        by_rule: Counter[str] = Counter()
        for (rule, _), times in self.found.items():
            by_rule[rule] += times
        return {
            "counts": dict(sorted(self.counts.items())),
            "found": dict(sorted(by_rule.items())),
            "violations": [asdict(one) for one in self.violations],
        }
