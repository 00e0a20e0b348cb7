"""Where concerns about independence stand, and when an answer falls overdue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from contracts import independence
from services.partners.projections import Concerns, projections
from services.runtime.decisions import Recorded
from services.runtime.projections import ClearTimer, RowChange, SetTimer, Upsert

OVERDUE = "independence_answer_overdue"


@projections.of(independence.IndependenceConcernRaised)
def show_concern(event: Recorded[independence.IndependenceConcernRaised]) -> Iterator[RowChange]:
    """A concern waits for its answer (Compact 3.1.1)."""
    fact = event.data
    yield Upsert(
        Concerns, fact.concern_id, organisation_id=fact.organisation_id, body_id=fact.body_id,
        words=fact.words.model_dump(mode="json"), answer_due_on=fact.answer_due_on,
    )  # fmt: skip
    yield SetTimer(OVERDUE, fact.concern_id, due_on=fact.answer_due_on + timedelta(days=1))


@projections.of(independence.IndependenceConcernAnswered)
def show_answer(event: Recorded[independence.IndependenceConcernAnswered]) -> Iterator[RowChange]:
    """A concern is answered; decisions may be made again (Compact 3.1.1)."""
    fact = event.data
    yield Upsert(
        Concerns, fact.concern_id, finding=fact.finding.value, answered_for=fact.answered_for,
        answer=fact.answer.model_dump(mode="json"),
    )  # fmt: skip
    yield ClearTimer(OVERDUE, fact.concern_id)


@projections.of(independence.IndependenceAnswerOverdue)
def show_overdue(event: Recorded[independence.IndependenceAnswerOverdue]) -> Iterator[RowChange]:
    """An answer is overdue (Compact 3.1.1)."""
    yield Upsert(Concerns, event.data.concern_id, overdue=True)
    yield ClearTimer(OVERDUE, event.data.concern_id)
