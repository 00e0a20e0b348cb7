"""What is known of one annual review: its parts, the feedback on it, and the partner's answer (SPP6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.monitoring import FEWEST_COUNTED
from contracts.reviews import (
    AnnualReviewAnswered,
    AnnualReviewAssessed,
    AnnualReviewConcluded,
    AnnualReviewMissed,
    AnnualReviewOpened,
    AwaitedPart,
    FeedbackInvited,
    PerformanceReviewsScheduled,
    ResidentFeedbackReceived,
    ReviewAsked,
)
from contracts.rules import Citation
from services.monitoring.performance import Agreement, PerformanceCommand, not_standing
from services.monitoring.terms import Terms
from services.runtime.calendar import london_date
from services.runtime.decisions import Item, Query, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class ReviewCommand(PerformanceCommand):
    """A step with one annual review."""

    subject: ClassVar[str] = "review_id"
    review_id: str


@dataclass
class Review:
    """One annual review."""

    opened: AnnualReviewOpened
    invited_until: date | None = None
    people: int = 0
    received_on: dict[date, int] = field(default_factory=dict)
    """How much feedback came in on each London day."""
    feedback: set[str] = field(default_factory=set)
    assessed: bool = False
    answered: bool = False
    """Whether the partner answered the assessment as it stands, with all the feedback so far."""
    missed: bool = False
    concluded: AnnualReviewConcluded | None = None

    @property
    def waits_for(self) -> AwaitedPart:
        """Whose turn it is: residents to be heard, the funder to assess and conclude, the partner to answer."""
        if not self.feedback:
            return AwaitedPart.RESIDENTS
        return AwaitedPart.PARTNER if self.assessed and not self.answered else AwaitedPart.FUNDER

    @property
    def people_heard(self) -> int | None:
        """How many people were heard; a small count could point to a person and is left out."""
        return self.people if self.people >= FEWEST_COUNTED else None


@dataclass
class Reviews(Agreement):
    """The annual reviews of one agreement."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        *Agreement.of_agreement, PerformanceReviewsScheduled, AnnualReviewOpened, FeedbackInvited,
        ResidentFeedbackReceived, AnnualReviewAssessed, AnnualReviewAnswered, AnnualReviewConcluded, AnnualReviewMissed,
    )  # fmt: skip
    asked: dict[str, ReviewAsked] = field(default_factory=dict)
    reviews: dict[str, Review] = field(default_factory=dict)

    def evolve_performance(self, fact: Any) -> None:
        """Take one fact about the reviews."""
        match fact:
            case PerformanceReviewsScheduled():
                self.asked = {review.review_id: review for review in fact.reviews}
            case AnnualReviewOpened():
                self.reviews[fact.review_id] = Review(fact)
            case ResidentFeedbackReceived():
                self._hear(self.reviews[fact.review_id], fact)
            case _:
                self._move(self.reviews[fact.review_id], fact)

    def _hear(self, review: Review, fact: ResidentFeedbackReceived) -> None:
        review.feedback.add(fact.feedback_id)
        review.people += fact.people or 1
        review.received_on[fact.received_on] = review.received_on.get(fact.received_on, 0) + 1
        review.answered = False

    def _move(self, review: Review, fact: Event) -> None:
        match fact:
            case FeedbackInvited():
                review.invited_until = fact.until
            case AnnualReviewAssessed():
                review.assessed, review.answered = True, False
            case AnnualReviewAnswered():
                review.answered = True
            case AnnualReviewConcluded():
                review.concluded = fact
            case AnnualReviewMissed():
                review.missed = True

    def cited(self, terms: Terms) -> Citation | None:
        """Where the programme's rule on annual reviews stands, if it has one."""
        return self.cite(terms, "annual_review")


def facts_of(command: PerformanceCommand) -> Query[Reviews]:
    """All that is known of the annual reviews of this agreement."""
    return Query(Item(f"agreement:{command.agreement_id}"), fold=Reviews)


def not_open(reviews: Reviews, command: ReviewCommand) -> Rejection | None:
    """The refusal where there is no such review, or it is concluded."""
    if command.review_id not in reviews.reviews:
        return unknown("review", command.review_id)
    if stop := not_standing(reviews, command):
        return stop
    if concluded := reviews.reviews[command.review_id].concluded:
        return Rejection("review_concluded", f"This review is concluded, by {concluded.concluded_by}.")
    return None


def invited(review: Review, command: ReviewCommand) -> bool:
    """Whether feedback is asked for at this moment."""
    return review.invited_until is not None and london_date(command.now) <= review.invited_until
