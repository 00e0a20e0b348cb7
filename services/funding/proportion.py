"""How long an application may be: its length follows what can be won with it (Compact 3.3.1)."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.funding import YearAmount
from contracts.place import Place
from contracts.rules import ProgrammeRules, Proportion
from services.funding.gates import Warned, rules_on, stop
from services.funding.money import in_pounds
from services.runtime.decisions import Command, Rejection


def most_for_one(money: Iterable[YearAmount], rules: ProgrammeRules | None) -> int:
    """The most that one bidder can win over all years of a round."""
    limit = rules.max_per_year if rules else None
    return sum(amount.pounds if limit is None else min(amount.pounds, limit) for amount in money)


def questions_allowed(rule: Proportion, pounds: int) -> int:
    """How many questions may be asked about a sum: those of the first band that reaches it."""
    bands = (band.questions for band in rule.forms if band.up_to_pounds is None or pounds <= band.up_to_pounds)
    return next(bands, rule.forms[-1].questions)


def form_too_long(place: Place, command: Command, questions: int, pounds: int) -> Rejection | Warned | None:
    """Refuse a form that asks more than the place's rule allows for its value (Compact 3.3.1)."""
    rule = rules_on(place, command.now).proportion
    allowed = questions_allowed(rule, pounds) if rule else questions
    if questions <= allowed:
        return None
    return stop(place, rule, command.actor.organisation, command.now, Rejection(
        "form_too_long", f"The form asks {questions} questions for at most {in_pounds(pounds)}; "
        f"{allowed} are in proportion.",
        remedy=f"Ask no more than {allowed} questions, criteria of eligibility counted in.",
    ))  # fmt: skip
