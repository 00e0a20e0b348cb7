"""Concerns about independence: raised by an organisation, answered by somebody of another signatory, or overdue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from contracts.envelope import DocumentRef, Event
from contracts.independence import (
    Finding,
    IndependenceAnswerOverdue,
    IndependenceConcernAnswered,
    IndependenceConcernRaised,
)
from contracts.place import Place
from contracts.rules import Independence, RuleSet
from services.runtime.calendar import add_working_days, london_date
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Rejection, unknown

ANSWERERS = ("commissioner", "decider", "body_officer", "monitoring_officer")


@dataclass(frozen=True, kw_only=True)
class AboutConcern(Command):
    """Something about one concern."""

    subject: ClassVar[str] = "concern_id"
    concern_id: str


@dataclass(frozen=True, kw_only=True)
class RaiseConcern(AboutConcern):
    """An organisation says that a body does not respect its independence."""

    body_id: str
    words: DocumentRef


@dataclass(frozen=True, kw_only=True)
class AnswerConcern(AboutConcern):
    """Somebody of another signatory answers."""

    finding: Finding
    answer: DocumentRef


@dataclass(frozen=True, kw_only=True)
class MarkAnswerOverdue(AboutConcern):
    """The date of an answer has passed."""


@dataclass
class Concern:
    """One concern, and whether it was answered or fell overdue."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        IndependenceConcernRaised, IndependenceConcernAnswered, IndependenceAnswerOverdue,
    )  # fmt: skip
    raised: IndependenceConcernRaised | None = None
    answered: IndependenceConcernAnswered | None = None
    overdue: bool = False

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact of the concern."""
        match event.data:
            case IndependenceConcernRaised() as raised:
                self.raised = raised
            case IndependenceConcernAnswered() as answered:
                self.answered = answered
            case IndependenceAnswerOverdue():
                self.overdue = True


def facts_of(command: AboutConcern) -> Query[Concern]:
    """The concern."""
    return Query(Item(f"concern:{command.concern_id}"), fold=Concern)


def raise_concern(facts: Concern, command: RaiseConcern, place: Place) -> Decision:
    """Take a concern; adverse decisions on the organisation are held until it is answered (Compact 3.1.1)."""
    rules, today = _rules(place, command), london_date(command.now)
    rule = rules.independence
    if facts.raised:
        return []
    if command.actor.role != "vco_representative":
        return Rejection("not_yours_to_do", "A concern is raised by the organisation itself.", status=403)
    if rule is None or command.body_id not in place.joined:
        return unknown("signatory", command.body_id)
    return [
        IndependenceConcernRaised(
            concern_id=command.concern_id, organisation_id=command.actor.organisation, body_id=command.body_id,
            words=command.words, raised_by=command.actor.person,
            answer_due_on=add_working_days(today, rule.answer_working_days, rules.calendar),
            calendar_version=rules.calendar.version, citation=rule.citation,
        )
    ]  # fmt: skip


def answer(facts: Concern, command: AnswerConcern, place: Place) -> Decision:
    """Answer a concern, for a signatory that it is not about (Compact 3.1.1)."""
    raised, rule = facts.raised, _rules(place, command).independence
    if raised is None or rule is None:
        return unknown("concern", command.concern_id)
    if facts.answered:
        return _answered_already(facts.answered, command)
    if refused := _may_not_answer(raised, rule, command, place):
        return refused
    return [
        IndependenceConcernAnswered(
            concern_id=raised.concern_id, organisation_id=raised.organisation_id, body_id=raised.body_id,
            answered_for=command.actor.organisation, finding=command.finding, answer=command.answer,
            answered_by=place.principal(command.actor.person), late=london_date(command.now) > raised.answer_due_on,
            opens=(command.answer,),
        )
    ]  # fmt: skip


def mark_overdue(facts: Concern, command: MarkAnswerOverdue, place: Place) -> Decision:
    """Note that a concern was not answered in time; it holds decisions all the same (Compact 3.1.1)."""
    raised = facts.raised
    if raised is None or facts.answered or facts.overdue or london_date(command.now) <= raised.answer_due_on:
        return []
    return [
        IndependenceAnswerOverdue(
            concern_id=raised.concern_id, organisation_id=raised.organisation_id, body_id=raised.body_id,
            answer_due_on=raised.answer_due_on,
        )
    ]  # fmt: skip


def _rules(place: Place, command: Command) -> RuleSet:
    found = place.rules(london_date(command.now))
    if found is None:
        raise LookupError("no rules were adopted by that day")
    return found


def _answered_already(answered: IndependenceConcernAnswered, command: AnswerConcern) -> Decision:
    if (answered.finding, answered.answer) == (command.finding, command.answer):
        return []
    return Rejection("concern_answered", "This concern is answered.", remedy="The organisation can raise another.")


def _may_not_answer(
    raised: IndependenceConcernRaised, rule: Independence, command: AnswerConcern, place: Place
) -> Rejection | None:
    if command.actor.role not in ANSWERERS:
        return Rejection("not_yours_to_do", f"Only {' or '.join(ANSWERERS)} may do this.", status=403)
    bound = place.binds(rule, command.actor.organisation, london_date(command.now))
    if bound and place.stands_in(command.actor.organisation) != place.stands_in(raised.body_id):
        return None
    return Rejection(
        "not_another_signatory", "A concern is answered by somebody of a signatory that it is not about.",
        rule.citation, "Ask an officer of another signatory.",
    )  # fmt: skip
