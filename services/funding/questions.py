"""Questions about a round: asked in private, answered to everybody at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from contracts.envelope import DocumentRef, Event
from contracts.funding import QuestionAnsweredToAll, QuestionAsked
from contracts.place import Place
from services.funding.gates import in_words, only
from services.funding.rounds import Round, of_programme
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class AskQuestion(Command):
    """Ask about a round; who asks stays private."""

    subject: ClassVar[str] = "programme_id"
    programme_id: str
    question_id: str
    document: DocumentRef


@dataclass(frozen=True, kw_only=True)
class AnswerQuestion(Command):
    """Answer a question to everybody at once."""

    subject: ClassVar[str] = "programme_id"
    programme_id: str
    question_id: str
    answer: DocumentRef
    question: DocumentRef | None = None
    """The question in other words, where its own would say who asked."""


@dataclass
class Questions(Round):
    """A round and what was asked about it."""

    folds: ClassVar[tuple[type[Event], ...]] = (*Round.folds, QuestionAsked, QuestionAnsweredToAll)
    asked: dict[str, QuestionAsked] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact of the round or of a question."""
        super().evolve(event)
        match event.data:
            case QuestionAsked() as asked:
                self.asked[asked.question_id] = asked
            case QuestionAnsweredToAll() as answered:
                self.answered.add(answered.question_id)


def facts_of_question(command: AskQuestion | AnswerQuestion) -> Query[Questions]:
    """The round and this question."""
    return Query(of_programme(command.programme_id), Item(f"question:{command.question_id}"), fold=Questions)


def ask(facts: Questions, command: AskQuestion, place: Place) -> Decision:
    """Keep a question until it is answered to all (SPP2)."""
    if facts.published is None:
        return unknown("programme", command.programme_id)
    if command.question_id in facts.asked:
        return []
    if facts.closed(command.now):
        return Rejection(
            "questions_closed", f"Questions could be asked until {in_words(facts.closes_at)}.",
            facts.cite("closing time"), "Ask the funder about the next round.",
        )  # fmt: skip
    return [
        QuestionAsked(
            question_id=command.question_id,
            programme_id=command.programme_id,
            organisation_id=command.actor.organisation,
            document=command.document,
        )
    ]


def answer(facts: Questions, command: AnswerQuestion, place: Place) -> Decision:
    """Answer to everybody at once, without saying who asked (SPP2)."""
    asked = facts.asked.get(command.question_id)
    if facts.published is None or asked is None:
        return unknown("question", command.question_id)
    if command.question_id in facts.answered:
        return []
    question = command.question or asked.document
    return only(command, ("commissioner",), facts.published.funder_id) or [
        QuestionAnsweredToAll(
            question_id=command.question_id,
            programme_id=command.programme_id,
            question=question,
            answer=command.answer,
            opens=(question, command.answer),
        )
    ]
