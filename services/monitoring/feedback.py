"""Residents and service users are heard on a year's work: without a name, or with one kept apart (SPP6; 3.3.12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from contracts.envelope import DocumentRef
from contracts.monitoring import FEWEST_COUNTED
from contracts.place import Place
from contracts.reviews import FeedbackInvited, GroupCount, ResidentFeedbackReceived
from services.monitoring.performance import not_by_either, spoken
from services.monitoring.review import Review, ReviewCommand, Reviews, invited, not_open
from services.monitoring.terms import Terms, beyond_calendar
from services.runtime.calendar import london_date
from services.runtime.decisions import Decision, Rejection

MOST_IN_A_DAY = 200
"""So much feedback is taken on one review in a day: a flood stops there, and more can be sent the day after."""


@dataclass(frozen=True, kw_only=True)
class InviteFeedback(ReviewCommand):
    """Ask residents and service users for feedback until a date."""

    until: date


@dataclass(frozen=True, kw_only=True)
class ReceiveFeedback(ReviewCommand):
    """One resident or service user says how the year's work was; nobody is asked who they are."""

    bootstraps: ClassVar[bool] = True
    feedback_id: str
    words: DocumentRef
    name: DocumentRef | None = None


@dataclass(frozen=True, kw_only=True)
class GatherFeedback(ReviewCommand):
    """One side hands in what several people said together, with counts of the groups heard."""

    feedback_id: str
    words: DocumentRef
    people: int
    groups: tuple[GroupCount, ...] = ()


def invite(reviews: Reviews, command: InviteFeedback, place: Place) -> Decision:
    """Ask for feedback until a date; either side of the agreement can (Sutton Compact 3.3.12)."""
    if stop := not_open(reviews, command):
        return stop
    terms = reviews.terms(command, place)
    if stop := not_by_either(reviews, command, terms):
        return stop
    review = reviews.reviews[command.review_id]
    if review.invited_until == command.until:
        return []
    if stop := _wrong_date(review, command, terms):
        return stop
    side = reviews.side_of(command.actor)
    return [FeedbackInvited(**reviews.about(), review_id=command.review_id, until=command.until, side=side)]


def receive(reviews: Reviews, command: ReceiveFeedback, place: Place) -> Decision:
    """Take one person's feedback while it is asked for; it says nothing about the person (SPP6)."""
    if stop := not_open(reviews, command) or _not_asked(reviews.reviews[command.review_id], command):
        return stop
    review = reviews.reviews[command.review_id]
    if command.feedback_id in review.feedback:
        return []
    if review.received_on.get(london_date(command.now), 0) >= MOST_IN_A_DAY:
        sentence = "So much feedback came in today that no more can be taken; please send it tomorrow."
        return Rejection("too_much_today", sentence, status=429)
    return [_received(reviews, command, name=command.name)]


def gather(reviews: Reviews, command: GatherFeedback, place: Place) -> Decision:
    """Take what several people said together; people and groups only as counts of five and more (SPP6)."""
    if stop := not_open(reviews, command):
        return stop
    if stop := not_by_either(reviews, command, reviews.terms(command, place)):
        return stop
    review = reviews.reviews[command.review_id]
    if command.feedback_id in review.feedback:
        return []
    if stop := _not_asked(review, command):
        return stop
    people = command.people if command.people >= FEWEST_COUNTED else None
    return [_received(reviews, command, people=people, groups=command.groups)]


def _received(
    reviews: Reviews,
    command: ReceiveFeedback | GatherFeedback,
    *,
    name: DocumentRef | None = None,
    people: int | None = None,
    groups: tuple[GroupCount, ...] = (),
) -> ResidentFeedbackReceived:
    agreed = reviews.agreed
    return ResidentFeedbackReceived(
        review_id=command.review_id, agreement_id=agreed.agreement_id, organisation_id=agreed.organisation_id,
        feedback_id=command.feedback_id, received_on=london_date(command.now), words=command.words, name=name,
        people=people, groups=groups,
    )  # fmt: skip


def _not_asked(review: Review, command: ReviewCommand) -> Rejection | None:
    if invited(review, command):
        return None
    return Rejection("feedback_not_asked", "No feedback is asked for on this at the moment.")


def _wrong_date(review: Review, command: InviteFeedback, terms: Terms) -> Rejection | None:
    if not terms.knows(command.until):
        return beyond_calendar(terms)
    if command.until < terms.day:
        return Rejection("date_is_over", "Choose a date that is not over.")
    if command.until <= review.opened.conclude_by or review.missed:
        return None
    until = spoken(review.opened.conclude_by)
    return Rejection("feedback_after_review", f"The review is concluded by {until}; feedback has to come before.")
