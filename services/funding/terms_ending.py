"""Before a term ends the funder is asked to renew, to re-tender or to end; to end it is a change like any other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from contracts.change_gates import AgreementEnded, SumsMadeGood
from contracts.envelope import DocumentRef, Event
from contracts.funding import AgreementInForce, ChangeGround, ChangeKind, FundingChangeProposed, Support
from contracts.incumbents import TermEndAnswered, TermEndAsked, TermEndChoice, TermQuestionScheduled
from contracts.place import Place
from services.funding.gates import only, rules_on
from services.runtime.calendar import add_months, london_date
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class OnTermEnd(Command):
    """A step about the end of an agreement's term."""

    subject: ClassVar[str] = "agreement_id"
    agreement_id: str


@dataclass(frozen=True, kw_only=True)
class ScheduleTermQuestion(OnTermEnd):
    """Work out when the funder is asked."""


@dataclass(frozen=True, kw_only=True)
class AskTermEnd(OnTermEnd):
    """Ask the funder, once the day has come."""


@dataclass(frozen=True, kw_only=True)
class AnswerTermEnd(OnTermEnd):
    """Choose to renew, to re-tender or to end, with reasons."""

    choice: TermEndChoice
    reasons: DocumentRef


@dataclass(frozen=True, kw_only=True)
class ProposeEnd(OnTermEnd):
    """Propose the change of support that ending a term is."""

    change_id: str


@dataclass
class Term:
    """An agreement in force, and what was asked and answered about the end of its term."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        AgreementInForce, TermQuestionScheduled, TermEndAsked, TermEndAnswered, FundingChangeProposed, AgreementEnded,
        SumsMadeGood,
    )  # fmt: skip
    agreement: AgreementInForce | None = None
    scheduled: TermQuestionScheduled | None = None
    asked: bool = False
    answered: TermEndAnswered | None = None
    proposed: set[str] = field(default_factory=set)
    ended: bool = False
    """Whether a change ended the agreement before its term; sums made good undo that, unless another did."""

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact of the agreement."""
        match event.data:
            case AgreementInForce() as agreement:
                self.agreement = agreement
            case TermQuestionScheduled() as scheduled:
                self.scheduled = scheduled
            case TermEndAsked():
                self.asked = True
            case TermEndAnswered() as answered:
                self.answered = answered
            case FundingChangeProposed() as proposed:
                self.proposed.add(proposed.change_id)
            case AgreementEnded():
                self.ended, self.scheduled = True, None
            case SumsMadeGood():
                self.ended = event.data.ended_from is not None


def facts_of(command: OnTermEnd) -> Query[Term]:
    """The agreement and what was recorded about its end."""
    return Query(Item(f"agreement:{command.agreement_id}"), fold=Term)


def schedule(facts: Term, command: ScheduleTermQuestion, place: Place) -> Decision:
    """Count the months back from the end of the term, where the place has a rule (SPP9)."""
    agreement, rule = facts.agreement, rules_on(place, command.now).term_ending
    settled = facts.scheduled or facts.asked or facts.answered or facts.ended
    if agreement is None or settled or rule is None or rule.binds_from > london_date(command.now):
        return []
    return [
        TermQuestionScheduled(
            agreement_id=agreement.agreement_id,
            ask_on=add_months(agreement.ends_on, -rule.ask_months),
            support_ends_on=agreement.ends_on,
            citation=rule.citation,
        )
    ]


def ask(facts: Term, command: AskTermEnd, place: Place) -> Decision:
    """Ask the funder once, unless it has answered already or the agreement ended before its term (SPP9)."""
    agreement, scheduled = facts.agreement, facts.scheduled
    if agreement is None or scheduled is None or facts.asked or facts.answered:
        return []
    if london_date(command.now) < scheduled.ask_on:
        return []
    return [
        TermEndAsked(
            agreement_id=agreement.agreement_id,
            funder_id=agreement.funder_id,
            organisation_id=agreement.organisation_id,
            title=agreement.title,
            support_ends_on=agreement.ends_on,
            citation=scheduled.citation,
        )
    ]


def answer(facts: Term, command: AnswerTermEnd, place: Place) -> Decision:
    """Take the funder's choice, asked or before; it stands (SPP9)."""
    agreement = facts.agreement
    if agreement is None or agreement.funder_id != command.actor.organisation:
        return unknown("agreement", command.agreement_id)
    if refused := only(command, ("commissioner",), agreement.funder_id):
        return refused
    if there := facts.answered:
        same = (there.choice, there.reasons.hash) == (command.choice, command.reasons.hash)
        return [] if same else Rejection("term_end_answered", "What follows the end of this term was chosen already.")
    if facts.ended:
        return Rejection("agreement_ended", "This agreement ended before its term: nothing of it is left to choose.")
    return [
        TermEndAnswered(
            agreement_id=agreement.agreement_id,
            funder_id=agreement.funder_id,
            organisation_id=agreement.organisation_id,
            choice=command.choice,
            reasons=command.reasons,
            answered_by=place.principal(command.actor.person),
            opens=(command.reasons,),
        )
    ]


def propose_end(facts: Term, command: ProposeEnd, place: Place) -> Decision:
    """An expiry that ends support is itself a change: proposed, told first, noticed (SPP9, 3.4.2-3.4.4)."""
    answered = facts.answered
    if answered is None or answered.choice is not TermEndChoice.END or facts.ended:
        return []
    if command.change_id in facts.proposed:
        return []
    return [
        FundingChangeProposed(
            change_id=command.change_id,
            agreement_id=answered.agreement_id,
            funder_id=answered.funder_id,
            organisation_id=answered.organisation_id,
            kind=ChangeKind.END,
            support=Support.FUNDING,
            ground=ChangeGround.NEED,
            proposed_by=answered.answered_by,
            proposer_role="commissioner",
            reasons=answered.reasons,
            opens=(answered.reasons,),
        )
    ]
