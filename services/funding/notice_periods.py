"""The period of a written notice: from the day of proved service to the corresponding day, effect the day after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.runtime.calendar import DAY, add_months


@dataclass(frozen=True)
class Period:
    """The last day of a notice period, and the first day on which the change holds."""

    ends_on: date
    effect_on: date


def reckon(served_on: date, months: int, paid_until: date | None = None) -> Period:
    """Count calendar months from the day of service; what is paid for already is never cut (Compact 3.4.4)."""
    ends_on = add_months(served_on, months)
    return Period(ends_on, max(ends_on, paid_until or ends_on) + DAY)
