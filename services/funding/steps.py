"""The commands that decide about a change of support."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contracts.change_gates import Part
from contracts.envelope import DocumentRef
from contracts.funding import YearAmount
from services.funding.change_case import AboutChange


@dataclass(frozen=True, kw_only=True)
class SignShortNotice(AboutChange):
    """A second person signs for a notice under the minimum."""

    months: int


@dataclass(frozen=True, kw_only=True)
class DecideChange(AboutChange):
    """Decide a proposed change, with its rationale, its amounts and its notice."""

    counts_absence: ClassVar[bool] = True
    rationale: tuple[Part, ...]
    amounts: tuple[YearAmount, ...]
    notice_months: int
    shorter_because: DocumentRef | None = None


@dataclass(frozen=True, kw_only=True)
class WithdrawChange(AboutChange):
    """The funder takes a proposed or decided change back."""
