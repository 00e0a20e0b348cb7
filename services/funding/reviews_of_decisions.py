"""An unsuccessful bidder may ask once for a review; somebody who neither sat nor decided answers it in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from contracts.envelope import DocumentRef, Event
from contracts.funding import BidAwarded, BidDeclined
from contracts.panels import DecisionReviewAnswered, DecisionReviewOverdue, DecisionReviewRequested, ReviewOutcome
from contracts.place import Place
from contracts.rules import Citation
from services.funding.gates import citation, rules_on
from services.funding.opened_bids import OF_BID, Opened
from services.funding.panel_facts import PANEL_FACTS
from services.funding.rounds import of_programme
from services.runtime.calendar import add_working_days, end_of_london_day, london_date
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Rejection, unknown

REVIEWERS = ("independent_reviewer", "decider", "councillor")
REVIEWED: tuple[type[Event], ...] = (
    BidAwarded, BidDeclined, DecisionReviewRequested, DecisionReviewOverdue, DecisionReviewAnswered,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class OnReview(Command):
    """A step about the review of a decision on a bid."""

    subject: ClassVar[str] = "bid_id"
    bid_id: str
    programme_id: str


@dataclass(frozen=True, kw_only=True)
class RequestReview(OnReview):
    """Ask for a review, on these grounds."""

    grounds: DocumentRef


@dataclass(frozen=True, kw_only=True)
class AnswerReview(OnReview):
    """Answer a review."""

    outcome: ReviewOutcome
    answer: DocumentRef


@dataclass(frozen=True, kw_only=True)
class MarkReviewOverdue(OnReview):
    """The day has passed by which a review was to be answered."""


@dataclass
class Reviewed(Opened):
    """A round with all that was decided in it, and the review of one decision."""

    folds: ClassVar[tuple[type[Event], ...]] = (*Opened.folds, *REVIEWED)
    awarded: bool = False
    declined_bid: BidDeclined | None = None
    asked: DecisionReviewRequested | None = None
    overdue: bool = False
    answered: DecisionReviewAnswered | None = None

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact of the round or the review."""
        match event.data:
            case BidAwarded():
                self.awarded = True
            case BidDeclined() as declined:
                self.declined_bid = declined
            case DecisionReviewRequested() as asked:
                self.asked = asked
            case DecisionReviewOverdue():
                self.overdue = True
            case DecisionReviewAnswered() as answered:
                self.answered = answered
            case _:
                super().evolve(event)

    def took_part(self, person: str, place: Place) -> bool:
        """Whether this person sat on the panel, spoke for it, found the bid ineligible or decided in the round."""
        return self.panel.sat(person, place) or place.same_person(self.deciders, person)


def facts_of(command: OnReview) -> Query[Reviewed]:
    """The round with its decisions and panel, and the result and review of this bid."""
    round_ = Item(f"programme:{command.programme_id}", only=(*OF_BID, *PANEL_FACTS))
    return Query(
        of_programme(command.programme_id), round_, Item(f"bid:{command.bid_id}", only=REVIEWED), fold=Reviewed
    )


def request(facts: Reviewed, command: RequestReview, place: Place) -> Decision:
    """Take a request for a review, once, from the bidder that was not awarded (Compact 3.3.2)."""
    bid = facts.bids.get(command.bid_id)
    if bid is None or bid.organisation_id != command.actor.organisation:
        return unknown("bid", command.bid_id)
    if refused := next(_request_faults(facts, command, place), None):
        return refused
    if facts.asked:
        return []
    rules, rule = rules_on(place, command.now), rules_on(place, command.now).decision_review
    days = rule.answer_working_days if rule else None
    due_on = add_working_days(london_date(command.now), days, rules.calendar) if days else None
    return [
        DecisionReviewRequested(
            bid_id=bid.bid_id,
            programme_id=bid.programme_id,
            funder_id=facts.programme.funder_id,
            organisation_id=bid.organisation_id,
            grounds=command.grounds,
            answer_due_on=due_on,
            calendar_version=rules.calendar.version if due_on else "",
            citation=rule.citation if rule and due_on else None,
            opens=(command.grounds,),
        )
    ]


def answer(facts: Reviewed, command: AnswerReview, place: Place) -> Decision:
    """Answer a review by somebody who neither sat nor decided; late or not, it is answered (Compact 3.3.2)."""
    asked = facts.asked
    if asked is None or asked.organisation_id == command.actor.organisation:
        return unknown("review", command.bid_id)
    if command.actor.role not in REVIEWERS or _of_another_body(command, asked):
        return Rejection("not_yours_to_do", f"Only {' or '.join(REVIEWERS)} answers a review.", status=403)
    if facts.took_part(command.actor.person, place):
        return Rejection(
            "reviewer_took_part", "Who sat on the panel or decided does not answer; a delegate counts as the person.",
            _cited(facts, command, place), "Somebody else answers the review.",
        )  # fmt: skip
    if facts.answered:
        return _same(facts.answered, command)
    return [
        DecisionReviewAnswered(
            bid_id=asked.bid_id,
            programme_id=asked.programme_id,
            funder_id=asked.funder_id,
            organisation_id=asked.organisation_id,
            outcome=command.outcome,
            answer=command.answer,
            answered_by=place.principal(command.actor.person),
            late=_past(asked.answer_due_on, command),
            opens=(command.answer,),
        )
    ]


def mark_overdue(facts: Reviewed, command: MarkReviewOverdue, place: Place) -> Decision:
    """Record once that the day for an answer passed; the lateness is the funder's (Compact 3.3.2)."""
    asked = facts.asked
    if asked is None or asked.answer_due_on is None or facts.overdue or facts.answered:
        return []
    if not _past(asked.answer_due_on, command):
        return []
    return [
        DecisionReviewOverdue(
            bid_id=asked.bid_id,
            programme_id=asked.programme_id,
            funder_id=asked.funder_id,
            organisation_id=asked.organisation_id,
            answer_due_on=asked.answer_due_on,
        )
    ]


def _request_faults(facts: Reviewed, command: RequestReview, place: Place) -> Iterator[Rejection]:
    if facts.declined_bid is None:
        yield Rejection(
            "nothing_to_review", "Only a bid that was not awarded is reviewed, once the results are out.",
            _cited(facts, command, place), "Wait for the results." if not facts.awarded else "",
        )  # fmt: skip
    if facts.asked and facts.asked.grounds.hash != command.grounds.hash:
        yield Rejection(
            "review_asked_already", "A review of this decision was asked for; that can be done once.",
            _cited(facts, command, place), "Read the answer, or wait for it.",
        )  # fmt: skip


def _cited(facts: Reviewed, command: OnReview, place: Place) -> Citation:
    rule, funder = rules_on(place, command.now).decision_review, facts.programme.funder_id
    return citation(place, rule, funder, command.now, facts.cite("review of a decision"))


def _of_another_body(command: AnswerReview, asked: DecisionReviewRequested) -> bool:
    return command.actor.role != "independent_reviewer" and command.actor.organisation != asked.funder_id


def _past(due_on: date | None, command: OnReview) -> bool:
    return due_on is not None and command.now >= end_of_london_day(due_on)


def _same(answered: DecisionReviewAnswered, command: AnswerReview) -> Decision:
    if answered.answer.hash == command.answer.hash and answered.outcome is command.outcome:
        return []
    return Rejection("review_answered", "This review was answered; the answer stands.")
