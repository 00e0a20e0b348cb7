"""What stands in a step's way: a rule binds a signatory, only warns a pending body, and is absent elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from contracts.envelope import Event
from contracts.every_service import StepWarned
from contracts.funding import ProgrammePublished, SealedStepWarned
from contracts.place import Place
from contracts.rules import Citation, ProgrammeRules, Rule, RuleSet
from services.runtime.calendar import LONDON, london_date
from services.runtime.decisions import Command, Decision, Rejection

FUNDER_ROLES = ("commissioner", "decider", "body_officer")
"""Who acts for a funder in a round: may open its bids and, once opened, read them."""


@dataclass(frozen=True)
class Warned:
    """What a gate says to a pending body instead of refusing."""

    code: str
    citation: Citation


def rules_on(place: Place, moment: datetime) -> RuleSet:
    """The set of rules in force that day; no command is decided before one was adopted."""
    found = place.rules(london_date(moment))
    if found is None:
        raise LookupError("no rules were adopted by that day")
    return found


def programme_rules(place: Place, published: ProgrammePublished, moment: datetime) -> ProgrammeRules | None:
    """The limits of this kind of programme, as adopted and in force that day (SPP1, COV12)."""
    found = rules_on(place, moment).programmes.get(published.rules_key)
    return found if found and found.binds_from <= london_date(moment) else None


def stop(place: Place, rule: Rule | None, body: str, moment: datetime, refusal: Rejection) -> Rejection | Warned | None:
    """Refuse with the rule's citation where it binds this body, warn where it is pending, else nothing."""
    day = london_date(moment)
    if rule is None:
        return None
    if place.binds(rule, body, day):
        return replace(refusal, citation=rule.citation)
    return Warned(refusal.code, rule.citation) if place.warns(rule, body, day) else None


def citation(place: Place, rule: Rule | None, body: str, moment: datetime, otherwise: Citation) -> Citation:
    """The rule's citation where it binds this body, else that of the round."""
    return rule.citation if rule and place.binds(rule, body, london_date(moment)) else otherwise


def warnings(gate: Warned | None, command: Command, about: str) -> list[Event]:
    """The fact that a pending body was warned, if it was; sealed where the command is."""
    if gate is None:
        return []
    kind = SealedStepWarned if command.sealed else StepWarned
    return [
        kind(
            about=about,
            body_id=command.actor.organisation,
            command=type(command).__name__,
            code=gate.code,
            citation=gate.citation,
        )
    ]


def only(command: Command, roles: tuple[str, ...], organisation: str) -> Rejection | None:
    """Refuse anybody but these roles of this organisation."""
    if command.actor.role in roles and command.actor.organisation == organisation:
        return None
    return Rejection("not_yours_to_do", f"Only {' or '.join(roles)} of {organisation} may do this.", status=403)


def done_already(by: str, command: Command, place: Place, code: str, what: str) -> Decision:
    """Already so for whoever did it; anybody else, at the same moment or later, is told that it is done and by whom."""
    if place.principal(command.actor.person) == by:
        return []
    return Rejection(code, f"{what} already, by {by}; that stands.", remedy="There is nothing left for you to do here.")


def malformed(code: str, sentence: str, remedy: str = "") -> Rejection:
    """A request that nobody could carry out as it stands (422): no rule refused it, so it is no fact."""
    return Rejection(code, sentence, remedy=remedy, status=422)


def in_words(moment: datetime) -> str:
    """A moment to the second, as a London clock and calendar show it."""
    return f"{moment.astimezone(LONDON):%H:%M:%S on %-d %B %Y}"
