"""What a round with a panel has to publish: how many points it gives, and criteria for what it is to weigh."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contracts.funding import Criterion
from contracts.rules import ProgrammeRules
from services.funding.gates import malformed
from services.runtime.decisions import Rejection


def panel_faults(points: int | None, criteria: Sequence[Criterion], rules: ProgrammeRules) -> Iterator[Rejection]:
    """Where a panel sits, the criteria cover what the place's rules have it weigh (COV6)."""
    if points is None:
        return
    if points < 1:
        yield malformed("panel_points_none", "A panel gives one point at the least under each criterion.")
    weighed = {criterion.weighs for criterion in criteria}
    if missing := [one for one in rules.panel_weighs if one not in weighed]:
        yield Rejection(
            "panel_criterion_missing", f"No criterion says that the panel weighs: {', '.join(missing)}.",
            rules.cite("panel_weighs"), "Publish a criterion, with its weight, for each of them.",
        )  # fmt: skip
