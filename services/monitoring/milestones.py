"""Milestones and outputs stand beside outcomes, and outcomes stay first (Coventry's approach, COV9)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from contracts.funding import AgreementDrafted
from contracts.monitoring import MonitoringQuestion, QuestionKind
from contracts.place import Place
from services.runtime.decisions import Rejection


def about_outcomes(questions: Iterable[MonitoringQuestion]) -> set[str]:
    """The outcomes about which something is asked for themselves."""
    return {each.outcome_id for each in questions if each.outcome_id and each.kind is QuestionKind.OUTCOME}


def outcomes_not_first(
    agreement: AgreementDrafted, questions: tuple[MonitoringQuestion, ...], place: Place, day: date
) -> Rejection | None:
    """The refusal of milestones or outputs without the outcome that they serve, where outcomes are required."""
    rules = place.rules(day)
    programme = rules.programmes.get(agreement.rules_key) if rules else None
    if programme is None or not programme.outcomes_required or programme.binds_from > day:
        return None
    asked = about_outcomes(questions)
    beside = [question for question in questions if question.kind is not QuestionKind.OUTCOME]
    alone = ", ".join(question.id for question in beside if question.outcome_id not in asked)
    if not alone:
        return None
    return Rejection(
        "outcomes_come_first",
        f"Milestones and outputs stand beside an outcome that is itself asked about; {alone} does not.",
        programme.cite("outcomes_required"),
        "Name the outcome that each milestone or output serves, and ask about that outcome too.",
    )
