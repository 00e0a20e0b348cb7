"""Performance meetings stand from the agreement's coming into force on, and are held or missed (SPP5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import ClassVar

from contracts.envelope import DocumentRef, Event
from contracts.place import Place
from contracts.reviews import (
    Attendance,
    MeetingAsked,
    PerformanceReviewsScheduled,
    QuarterlyReviewDue,
    QuarterlyReviewHeld,
    QuarterlyReviewMissed,
    ReviewAsked,
)
from contracts.rules import ProgrammeRules
from services.monitoring.parties import MANAGER, PARTNER
from services.monitoring.performance import Agreement, PerformanceCommand, not_by_manager, not_standing, spoken
from services.monitoring.terms import Terms
from services.runtime.calendar import add_months, london_date
from services.runtime.decisions import Decision, Item, Query, Rejection, Waiting, unknown

YEAR = 12
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class SchedulePerformanceReviews(PerformanceCommand):
    """Schedule meetings and annual reviews, now that the agreement is in force."""


@dataclass(frozen=True, kw_only=True)
class MeetingCommand(PerformanceCommand):
    """A step with one performance meeting."""

    subject: ClassVar[str] = "meeting_id"
    meeting_id: str


@dataclass(frozen=True, kw_only=True)
class RemindOfMeeting(MeetingCommand):
    """The day came on which both sides are reminded of a meeting."""


@dataclass(frozen=True, kw_only=True)
class RecordMeeting(MeetingCommand):
    """Record that a meeting was held: when, with whom by role, which outcomes it looked at, and its notes."""

    held_on: date
    attended: tuple[Attendance, ...]
    outcome_ids: tuple[str, ...]
    notes: DocumentRef


@dataclass(frozen=True, kw_only=True)
class MarkMeetingMissed(MeetingCommand):
    """Record that the last date of a meeting passed without one."""


@dataclass
class Meetings(Agreement):
    """The performance meetings of one agreement."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        *Agreement.of_agreement, PerformanceReviewsScheduled, QuarterlyReviewDue, QuarterlyReviewHeld,
        QuarterlyReviewMissed,
    )  # fmt: skip
    scheduled: bool = False
    asked: dict[str, MeetingAsked] = field(default_factory=dict)
    reminded: set[str] = field(default_factory=set)
    missed: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)

    def evolve_performance(self, fact: Event) -> None:
        """Take one fact about the meetings."""
        match fact:
            case PerformanceReviewsScheduled():
                self.scheduled = True
                self.asked = {meeting.meeting_id: meeting for meeting in fact.meetings}
            case QuarterlyReviewDue():
                self.reminded.add(fact.meeting_id)
            case QuarterlyReviewMissed():
                self.missed.add(fact.meeting_id)
            case QuarterlyReviewHeld():
                self.held.add(fact.meeting_id)


def facts_of(command: PerformanceCommand) -> Query[Meetings]:
    """All that is known of the meetings of this agreement."""
    return Query(Item(f"agreement:{command.agreement_id}"), fold=Meetings)


def schedule(meetings: Meetings, command: SchedulePerformanceReviews, place: Place) -> Decision | Waiting:
    """Schedule the meetings and annual reviews that the agreement's programme asks for (SPP5, SPP6)."""
    if meetings.scheduled or meetings.closed:
        return []
    if meetings.drafted is None or not meetings.in_force:
        return Waiting("the agreement is in force")
    terms = meetings.terms(command, place)
    programme = meetings.programme(terms)
    if programme is None or not (programme.meetings_per_year or programme.annual_review):
        return []
    citation = meetings.cite(terms, "meetings_per_year") or meetings.cite(terms, "annual_review")
    scheduled = PerformanceReviewsScheduled(
        **meetings.about(), meetings=tuple(_meetings(meetings, programme, terms)),
        reviews=tuple(_reviews(meetings, programme)), calendar_version=terms.calendar_version, citation=citation,
    )  # fmt: skip
    return [scheduled]


def remind(meetings: Meetings, command: RemindOfMeeting, place: Place) -> Decision:
    """Remind both sides of a meeting that is still to be held, once."""
    meeting = meetings.asked.get(command.meeting_id)
    if meeting is None or not _open(meetings, command) or command.meeting_id in meetings.reminded:
        return []
    if meeting.remind_on is None or london_date(command.now) < meeting.remind_on:
        return []
    return [QuarterlyReviewDue(**meetings.about(), meeting_id=command.meeting_id, hold_by=meeting.hold_by)]


def hold(meetings: Meetings, command: RecordMeeting, place: Place) -> Decision:
    """Record a meeting that looked at every agreed outcome with the partner present; held late it is late (SPP5)."""
    meeting = meetings.asked.get(command.meeting_id)
    if meeting is None:
        return unknown("meeting", command.meeting_id)
    terms = meetings.terms(command, place)
    if stop := not_standing(meetings, command) or not_by_manager(meetings, command, terms):
        return stop
    if command.meeting_id in meetings.held:
        return []
    if stop := _wrong_day(meeting, command, terms, meetings) or _incomplete(meetings, command, terms):
        return stop
    held = QuarterlyReviewHeld(
        **meetings.about(), meeting_id=command.meeting_id, held_on=command.held_on,
        late=command.held_on > meeting.hold_by, attended=command.attended, outcome_ids=command.outcome_ids,
        notes=command.notes, recorded_by=place.principal(command.actor.person),
    )  # fmt: skip
    return [held]


def mark_missed(meetings: Meetings, command: MarkMeetingMissed, place: Place) -> Decision:
    """Record a meeting as missed on the day after its last date (SPP5)."""
    meeting = meetings.asked.get(command.meeting_id)
    if meeting is None or not _open(meetings, command) or london_date(command.now) <= meeting.hold_by:
        return []
    terms = meetings.terms(command, place)
    missed = QuarterlyReviewMissed(
        **meetings.about(), meeting_id=command.meeting_id, hold_by=meeting.hold_by,
        citation=meetings.cite(terms, "meetings_per_year"),
    )  # fmt: skip
    return [missed]


def _open(meetings: Meetings, command: MeetingCommand) -> bool:
    return not meetings.closed and command.meeting_id not in meetings.held | meetings.missed


def _meetings(meetings: Meetings, programme: ProgrammeRules, terms: Terms) -> Iterator[MeetingAsked]:
    """One in each part of a year, counted from the day on which the agreement came into force."""
    if not programme.meetings_per_year:
        return
    first = max(meetings.agreed.starts_on, meetings.in_force_on or terms.day)
    for number, after, hold_by in _periods(first, max(YEAR // programme.meetings_per_year, 1), meetings.agreed.ends_on):
        meeting_id = f"{meetings.agreed.agreement_id}-meeting-{number}"
        remind_on = _remind_on(programme, terms, hold_by)
        yield MeetingAsked(meeting_id=meeting_id, after=after, hold_by=hold_by, remind_on=remind_on)


def _reviews(meetings: Meetings, programme: ProgrammeRules) -> Iterator[ReviewAsked]:
    """One for each full year of the agreement, opening on the day after that year."""
    if programme.annual_review is None:
        return
    for number, from_on, opens_on in _periods(meetings.agreed.starts_on, YEAR, meetings.agreed.ends_on):
        review_id = f"{meetings.agreed.agreement_id}-review-{number}"
        yield ReviewAsked(
            review_id=review_id, from_on=from_on, to_on=opens_on - DAY, opens_on=opens_on,
            **programme.annual_review.model_dump(),
        )  # fmt: skip


def _periods(first: date, months: int, last: date) -> Iterator[tuple[int, date, date]]:
    """Every full period of so many months up to a last day: its number, its first day, the day after it."""
    number = 1
    while (end := add_months(first, months * number)) <= last + DAY:
        yield number, add_months(first, months * (number - 1)), end
        number += 1


def _remind_on(programme: ProgrammeRules, terms: Terms, hold_by: date) -> date | None:
    if programme.meeting_reminder_working_days is None or not terms.knows(hold_by):
        return None
    return terms.on(hold_by, -programme.meeting_reminder_working_days)


def _wrong_day(meeting: MeetingAsked, command: RecordMeeting, terms: Terms, meetings: Meetings) -> Rejection | None:
    if command.held_on > terms.day:
        return Rejection("meeting_to_come", "A meeting is recorded once it was held.")
    if command.held_on > meeting.after:
        return None
    return Rejection(
        "meeting_of_earlier_quarter",
        f"This meeting comes after {spoken(meeting.after)}; one on {spoken(command.held_on)} is an earlier one.",
        meetings.cite(terms, "meetings_per_year"),
        "Hold the meeting of this quarter, or record the one held for the quarter that it was in.",
    )


def _incomplete(meetings: Meetings, command: RecordMeeting, terms: Terms) -> Rejection | None:
    agreed, citation = meetings.agreed, meetings.cite(terms, "meetings_per_year")
    outcomes = {outcome.id for outcome in agreed.outcomes}
    if strange := ", ".join(sorted({*command.outcome_ids} - outcomes)):
        return Rejection("outcome_unknown", f"The agreement has no outcome {strange}.")
    if missing := ", ".join(sorted(outcomes - {*command.outcome_ids})):
        sentence, remedy = f"Nothing was said about {missing}.", "Review performance against every agreed outcome."
        return Rejection("outcome_not_reviewed", sentence, citation, remedy)
    present = {(each.organisation_id, each.role) for each in command.attended}
    if {(agreed.organisation_id, PARTNER), (agreed.funder_id, MANAGER)} <= present:
        return None
    sentence = "A performance meeting is held by the commissioning manager with the partner."
    return Rejection("meeting_without_both_sides", sentence, citation, "Meet with somebody of the partner.")
