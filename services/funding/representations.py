"""The organisation's say before anything is decided: time, a meeting, its points answered, both positions on record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from contracts.change_gates import (
    AnswerMarked,
    ChangeAgreed,
    ChangeMeetingHeld,
    ChangeNotAgreed,
    Part,
    Position,
    PositionStated,
    RepresentationAnswered,
    RepresentationInvited,
    RepresentationReceived,
)
from contracts.envelope import DocumentRef, Event
from contracts.place import Place
from services.funding.change_case import AboutChange, Case
from services.funding.gates import malformed, only, rules_on
from services.funding.impact import ASSESSORS, VCO
from services.runtime.calendar import add_working_days, london_date
from services.runtime.decisions import Decision, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class InviteRepresentation(AboutChange):
    """Work out until when the organisation may respond, from what stands served."""


@dataclass(frozen=True, kw_only=True)
class RecordMeeting(AboutChange):
    """Funder and organisation met."""

    held_on: date
    minutes: DocumentRef


@dataclass(frozen=True, kw_only=True)
class Represent(AboutChange):
    """The organisation responds, point by point."""

    representation_id: str
    points: tuple[Part, ...]
    basis: DocumentRef | None


@dataclass(frozen=True, kw_only=True)
class AboutPoint(AboutChange):
    """Something about one numbered point."""

    representation_id: str
    point: str


@dataclass(frozen=True, kw_only=True)
class AnswerPoint(AboutPoint):
    """The funder answers a point."""

    answer: DocumentRef


@dataclass(frozen=True, kw_only=True)
class MarkAnswer(AboutPoint):
    """The organisation says whether its point was answered."""

    answered: bool


@dataclass(frozen=True, kw_only=True)
class StatePosition(AboutChange):
    """One side says where it stands."""

    position: Position
    words: DocumentRef


def invite(facts: Case, command: InviteRepresentation, place: Place) -> Decision:
    """Count the working days to respond from proved service of the proposal (Compact 3.4.3)."""
    proposed, told = facts.proposed, facts.telling.earliest
    if proposed is None or told is None or facts.settled:
        return []
    rules = rules_on(place, command.now)
    days = rules.representation.respond_working_days if rules.representation else 0
    invited = RepresentationInvited(
        change_id=proposed.change_id,
        agreement_id=proposed.agreement_id,
        funder_id=proposed.funder_id,
        organisation_id=facts.organisation_id,
        served_on=told[0],
        respond_by=add_working_days(told[0], days, rules.calendar),
        calendar_version=rules.calendar.version,
        citation=rules.representation.citation if rules.representation else None,
    )
    return [] if invited == facts.invited else [invited]


def record_meeting(facts: Case, command: RecordMeeting, place: Place) -> Decision:
    """Note that both sides met; a meeting before the organisation was told is none about the proposal (3.4.3)."""
    proposed = facts.open_for(command)
    if isinstance(proposed, Rejection):
        return proposed
    told = facts.telling.earliest
    if told is None or not told[0] <= command.held_on <= london_date(command.now):
        return malformed(
            "meeting_not_about_the_proposal", "A meeting counts from the day the organisation was served, up to today.",
            "Meet once the organisation has been served, and enter the day.",
        )  # fmt: skip
    return only(command, ASSESSORS, proposed.funder_id) or [
        ChangeMeetingHeld(
            change_id=proposed.change_id, funder_id=proposed.funder_id, organisation_id=facts.organisation_id,
            held_on=command.held_on, minutes=command.minutes, recorded_by=place.principal(command.actor.person),
        )
    ]  # fmt: skip


def represent(facts: Case, command: Represent, place: Place) -> Decision:
    """Receive a response; without its basis it counts all the same, marked (Compact 3.4.3, 3.2.6)."""
    proposed = facts.open_for(command)
    if isinstance(proposed, Rejection):
        return proposed
    return only(command, VCO, facts.organisation_id) or [
        RepresentationReceived(
            representation_id=command.representation_id,
            change_id=proposed.change_id,
            funder_id=proposed.funder_id,
            organisation_id=facts.organisation_id,
            points=command.points,
            basis=command.basis,
            basis_stated=command.basis is not None,
            made_by=command.actor.person,
        )
    ]


def answer(facts: Case, command: AnswerPoint, place: Place) -> Decision:
    """Answer one numbered point (Compact 3.4.3)."""
    proposed = facts.open_for(command)
    if isinstance(proposed, Rejection):
        return proposed
    if (command.representation_id, command.point) not in facts.points:
        return unknown("point", f"{command.representation_id} {command.point}")
    return only(command, ASSESSORS, proposed.funder_id) or [
        RepresentationAnswered(
            representation_id=command.representation_id,
            change_id=proposed.change_id,
            funder_id=proposed.funder_id,
            organisation_id=facts.organisation_id,
            point=command.point,
            answer=command.answer,
            answered_by=place.principal(command.actor.person),
        )
    ]


def mark(facts: Case, command: MarkAnswer, place: Place) -> Decision:
    """Note whether the organisation finds its point answered; that stands in nobody's way (Compact 3.4.3)."""
    proposed = facts.open_for(command)
    if isinstance(proposed, Rejection):
        return proposed
    if not facts.points.get((command.representation_id, command.point)):
        return unknown("answered_point", f"{command.representation_id} {command.point}")
    return only(command, VCO, facts.organisation_id) or [
        AnswerMarked(
            representation_id=command.representation_id, change_id=proposed.change_id,
            organisation_id=facts.organisation_id, point=command.point, answered=command.answered,
        )
    ]  # fmt: skip


def state_position(facts: Case, command: StatePosition, place: Place) -> Decision:
    """Record where one side stands, and whether both agree, once that can be said (Compact 3.4.3)."""
    proposed = facts.open_for(command)
    if isinstance(proposed, Rejection):
        return proposed
    by_funder = command.actor.organisation == proposed.funder_id
    if refused := only(command, ASSESSORS if by_funder else VCO, command.actor.organisation):
        return refused
    stated = PositionStated(
        change_id=proposed.change_id, organisation_id=facts.organisation_id, by_funder=by_funder,
        position=command.position, words=command.words, stated_by=place.principal(command.actor.person),
    )  # fmt: skip
    later = replace(facts, positions={**facts.positions, by_funder: stated})
    return [stated, *_outcome(later, time_is_over(facts, command))]


def time_is_over(facts: Case, command: AboutChange) -> bool:
    """Whether the last day on which the organisation may respond has passed (Compact 3.4.3)."""
    return facts.invited is not None and london_date(command.now) > facts.invited.respond_by


def _outcome(facts: Case, over: bool) -> Iterator[Event]:
    """Agreed where both say so; not agreed where one says so, or where the organisation let its time pass."""
    funder, own, proposed = facts.positions.get(True), facts.positions.get(False), facts.proposed
    if proposed is None or funder is None or not (own or over):
        return
    named = {
        "change_id": proposed.change_id, "agreement_id": proposed.agreement_id, "funder_id": proposed.funder_id,
        "organisation_id": facts.organisation_id,
    }  # fmt: skip
    if own and Position.NOT_AGREED not in (funder.position, own.position):
        with_changes = Position.AGREED_WITH_CHANGES in (funder.position, own.position)
        yield ChangeAgreed(**named, with_changes=with_changes)
    else:
        yield ChangeNotAgreed(**named, funder_position=funder.words, organisation_position=own.words if own else None)
