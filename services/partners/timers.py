"""What falls due by itself in partners."""

from __future__ import annotations

from services.partners import concern_handlers
from services.partners.concerns import MarkAnswerOverdue
from services.runtime.reactions import Act
from services.runtime.timers import Timers

timers = Timers()


@timers.when("independence_answer_overdue", concern_handlers.mark_answer_overdue)
def mark_answer_overdue(key: str, act: Act) -> MarkAnswerOverdue:
    """The date of an answer to a concern about independence has passed (Compact 3.1.1)."""
    return MarkAnswerOverdue(actor=act.actor, now=act.now, concern_id=key)
