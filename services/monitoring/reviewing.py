"""Each year the use of the money is reviewed: effectiveness, economy, efficiency, with residents heard (SPP6)."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.envelope import DocumentRef
from contracts.place import Place
from contracts.reviews import (
    AnnualReviewAnswered,
    AnnualReviewAssessed,
    AnnualReviewConcluded,
    AnnualReviewMissed,
    AnnualReviewOpened,
    AwaitedPart,
    PartAnswered,
)
from services.monitoring.performance import not_by_manager, not_by_partner
from services.monitoring.review import Review, ReviewCommand, Reviews, not_open
from services.monitoring.terms import Terms
from services.runtime.calendar import london_date
from services.runtime.decisions import Decision, Rejection


@dataclass(frozen=True, kw_only=True)
class OpenReview(ReviewCommand):
    """A year of the agreement is over: open its review."""


@dataclass(frozen=True, kw_only=True)
class AssessReview(ReviewCommand):
    """Answer every part of a review."""

    parts: tuple[PartAnswered, ...]


@dataclass(frozen=True, kw_only=True)
class AnswerReview(ReviewCommand):
    """Answer the assessment and the feedback as the partner."""

    answer: DocumentRef


@dataclass(frozen=True, kw_only=True)
class ConcludeReview(ReviewCommand):
    """Conclude a review."""

    conclusion: DocumentRef


@dataclass(frozen=True, kw_only=True)
class MarkReviewMissed(ReviewCommand):
    """Record that a review's date passed before it was concluded."""


def open_review(reviews: Reviews, command: OpenReview, place: Place) -> Decision:
    """Open a year's review on the day after that year (SPP6)."""
    asked = reviews.asked.get(command.review_id)
    if asked is None or reviews.closed or command.review_id in reviews.reviews:
        return []
    terms = reviews.terms(command, place)
    if terms.day < asked.opens_on:
        return []
    opened = AnnualReviewOpened(
        **reviews.about(), review_id=command.review_id, from_on=asked.from_on, to_on=asked.to_on, parts=asked.parts,
        conclude_by=terms.on(terms.day, asked.conclude_working_days), calendar_version=terms.calendar_version,
        citation=reviews.cited(terms),
    )  # fmt: skip
    return [opened]


def assess(reviews: Reviews, command: AssessReview, place: Place) -> Decision:
    """Answer every part of a review, each for itself (SPP6)."""
    if stop := not_open(reviews, command):
        return stop
    terms = reviews.terms(command, place)
    if stop := not_by_manager(reviews, command, terms):
        return stop
    review = reviews.reviews[command.review_id]
    if stop := _parts_wrong(review, command, reviews, terms):
        return stop
    assessed = AnnualReviewAssessed(
        **reviews.about(), review_id=command.review_id, parts=command.parts,
        assessed_by=place.principal(command.actor.person), conclude_by=review.opened.conclude_by,
        opens=tuple(part.document for part in command.parts),
    )  # fmt: skip
    return [assessed]


def answer(reviews: Reviews, command: AnswerReview, place: Place) -> Decision:
    """Answer the assessment and the feedback; without both there is nothing to answer yet (SPP6; 3.4.6)."""
    if stop := not_open(reviews, command) or not_by_partner(reviews, command):
        return stop
    review, terms = reviews.reviews[command.review_id], reviews.terms(command, place)
    if stop := _residents_not_heard(review, reviews, terms) or _not_assessed(review, reviews, terms):
        return stop
    return [AnnualReviewAnswered(**reviews.about(), review_id=command.review_id, answer=command.answer)]


def conclude(reviews: Reviews, command: ConcludeReview, place: Place) -> Decision:
    """Conclude a review once residents were heard and the partner saw and answered it (SPP6)."""
    if _concluded_by_the_same(reviews, command, place):
        return []
    if stop := not_open(reviews, command):
        return stop
    review, terms = reviews.reviews[command.review_id], reviews.terms(command, place)
    if stop := not_by_manager(reviews, command, terms) or _residents_not_heard(review, reviews, terms):
        return stop
    if stop := _not_assessed(review, reviews, terms) or _not_answered(review, reviews, terms):
        return stop
    concluded = AnnualReviewConcluded(
        **reviews.about(), review_id=command.review_id, conclusion=command.conclusion,
        people_heard=review.people_heard, late=terms.day > review.opened.conclude_by,
        concluded_by=place.principal(command.actor.person), opens=(command.conclusion,),
    )  # fmt: skip
    return [concluded]


def _concluded_by_the_same(reviews: Reviews, command: ConcludeReview, place: Place) -> bool:
    """Whether these very words concluded it, by this person: anybody else is told that it is concluded, and by whom."""
    there = reviews.reviews.get(command.review_id)
    concluded = there.concluded if there else None
    return concluded is not None and (
        concluded.conclusion == command.conclusion and concluded.concluded_by == place.principal(command.actor.person)
    )


def mark_missed(reviews: Reviews, command: MarkReviewMissed, place: Place) -> Decision:
    """Record a review as missed on the day after its date, and who was waited for (SPP6)."""
    review = reviews.reviews.get(command.review_id)
    if review is None or review.concluded or review.missed or reviews.closed:
        return []
    if london_date(command.now) <= review.opened.conclude_by:
        return []
    missed = AnnualReviewMissed(
        **reviews.about(), review_id=command.review_id, conclude_by=review.opened.conclude_by,
        waited_for=review.waits_for, citation=review.opened.citation,
    )  # fmt: skip
    return [missed]


def _parts_wrong(review: Review, command: AssessReview, reviews: Reviews, terms: Terms) -> Rejection | None:
    answered = {part.part for part in command.parts}
    if strange := ", ".join(sorted(answered - {*review.opened.parts})):
        return Rejection("part_unknown", f"The review has no part {strange}.")
    missing = [part for part in review.opened.parts if part not in answered]
    if not missing:
        return None
    return Rejection(
        "part_not_answered",
        f"Nothing is said about {' or '.join(missing)} in the use of the money.",
        reviews.cited(terms),
        f"Answer each part: {', '.join(review.opened.parts)}.",
    )


def _residents_not_heard(review: Review, reviews: Reviews, terms: Terms) -> Rejection | None:
    if review.feedback:
        return None
    return Rejection(
        "residents_not_heard",
        "No resident or service user has been heard on this year.",
        reviews.cited(terms),
        "Invite feedback, and wait until some was received.",
    )


def _not_assessed(review: Review, reviews: Reviews, terms: Terms) -> Rejection | None:
    if review.assessed:
        return None
    return Rejection(
        "review_not_assessed",
        f"The commissioning manager has not answered {', '.join(review.opened.parts)} yet.",
        reviews.cited(terms),
        "Wait for the assessment, or hand it in.",
    )


def _not_answered(review: Review, reviews: Reviews, terms: Terms) -> Rejection | None:
    if review.waits_for is not AwaitedPart.PARTNER:
        return None
    return Rejection(
        "partner_has_not_answered",
        "The partner has not yet answered the assessment and all the feedback received.",
        reviews.cited(terms),
        "Wait for the partner's answer; what came in after it has to be seen too.",
    )
