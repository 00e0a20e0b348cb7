"""Concerns about independence to decisions."""

from __future__ import annotations

from services.partners import concerns
from services.runtime.unit import Outcome, Unit


async def raise_concern(unit: Unit, command: concerns.RaiseConcern) -> Outcome:
    """Take a concern (Compact 3.1.1)."""
    return await unit.decide(concerns.facts_of(command), concerns.raise_concern, command)


async def answer_concern(unit: Unit, command: concerns.AnswerConcern) -> Outcome:
    """Answer a concern (Compact 3.1.1)."""
    return await unit.decide(concerns.facts_of(command), concerns.answer, command)


async def mark_answer_overdue(unit: Unit, command: concerns.MarkAnswerOverdue) -> Outcome:
    """Note that an answer is overdue (Compact 3.1.1)."""
    return await unit.decide(concerns.facts_of(command), concerns.mark_overdue, command)
