"""Givens of the performance tests: an agreement in force whose meetings and reviews are scheduled, and every step."""

from datetime import date
from typing import Any

from contracts.envelope import DocumentRef
from contracts.improvement import RemedialAction, Side
from contracts.partners import OfficeHolderAppointed
from contracts.place import Place
from contracts.reviews import Attendance, PartAnswered
from services.monitoring import (
    actions,
    feedback,
    improvement,
    meetings,
    performance_projections,  # noqa: F401 -- it fills the read tables
    review,
    reviewing,
    timetables,
)
from services.monitoring.parties import RESIDENT
from services.monitoring.timers import timers
from services.runtime.calendar import london_date
from services.runtime.decisions import Actor, Rejection
from services.runtime.reactions import Act
from tests.unit.monitoring_givens import (
    AGREEMENT,
    COUNCIL,
    MANAGER,
    PARTNER,
    SYSTEM,
    VCO,
    Told,
    a_place,
    at,
    document,
    drafted,
    in_force,
    nominated,
    recorded,
)

STARTS = date(2014, 6, 1)
MEETING, SECOND_MEETING, REVIEW, CASE = "a1-meeting-1", "a1-meeting-2", "a1-review-1", "up1"
DECIDER = Actor("p-decider", "decider", COUNCIL)
STAND_IN = Actor("p-stand-in", "decider", COUNCIL)
"""A delegate of the commissioning manager."""
PARTS = ("effectiveness", "economy", "efficiency")
BOTH = (Attendance(organisation_id=COUNCIL, role=MANAGER.role), Attendance(organisation_id=VCO, role=PARTNER.role))
ACTIONS = (
    RemedialAction(id="forum", side=Side.PARTNER, due_on=date(2014, 11, 28)),
    RemedialAction(id="room", side=Side.FUNDER, due_on=date(2014, 10, 31)),
)
DECIDES: dict[str, tuple[Any, Any]] = {
    "remind_of_meeting": (meetings.remind, meetings.facts_of),
    "mark_meeting_missed": (meetings.mark_missed, meetings.facts_of),
    "note_not_agreed": (timetables.note_not_agreed, improvement.facts_of),
    "mark_action_missed": (actions.mark_missed, improvement.facts_of),
    "confirm_action": (actions.confirm_unanswered, improvement.facts_of),
    "open_review": (reviewing.open_review, review.facts_of),
    "mark_review_missed": (reviewing.mark_missed, review.facts_of),
}


def with_stand_in(name: str = "sutton") -> Place:
    place = Place()
    place.__dict__.update({key: value.copy() for key, value in a_place(name).__dict__.items()})
    place.evolve(recorded(OfficeHolderAppointed(
        person_id=STAND_IN.person, organisation_id=COUNCIL, place=name, role="decider", delegate_of=MANAGER.person
    )))  # fmt: skip
    return place


def an_agreement(
    place: str = "sutton", day: date = date(2014, 5, 20), rules_key: str = "spp", read_on: date | None = None
) -> Told:
    """An agreement that came into force, its meetings and reviews scheduled on the day on which that was read."""
    told = Told(with_stand_in(place)).add(drafted(rules_key=rules_key), nominated()).add(in_force(), day=day)
    command = meetings.SchedulePerformanceReviews(actor=SYSTEM, now=at(read_on or day), agreement_id=AGREEMENT)
    told.do(meetings.schedule, command, meetings.facts_of)
    return told


def ring(told: Told, now: date) -> list[Any]:
    """Run every timer of performance that is due; one that stays due after its command is a fault."""
    done: list[Any] = []
    while due := [key for key, row in told.timer_rows() if key[1] in DECIDES and row["due_on"] <= now]:
        _, name, about = min(due, key=lambda key: (told.rows[key]["due_on"], key))
        make, _handler = timers.by_name[name]
        verdict = told.do(DECIDES[name][0], make(about, Act(SYSTEM, at(now), "seed")), DECIDES[name][1])
        assert verdict, f"{name} {about} stays due"
        assert not isinstance(verdict, Rejection)
        assert london_date(at(now)) == now
        done += verdict
    return done


def too_early(told: Told, name: str, about: str, day: date) -> Any:
    """What a timer's command comes to that is issued on this day, whatever the timer says."""
    make, _handler = timers.by_name[name]
    return told.do(DECIDES[name][0], make(f"{AGREEMENT}/{about}", Act(SYSTEM, at(day), "seed")), DECIDES[name][1])


def clocks(told: Told, name: str) -> dict[str, date]:
    """The timers of this name by what they are about."""
    return {key[2].partition("/")[2]: row["due_on"] for key, row in told.timer_rows() if key[1] == name}


def hold(told: Told, day: date, actor: Actor = MANAGER, which: str = MEETING, **changed: Any) -> Any:
    said = {"held_on": day, "attended": BOTH, "outcome_ids": ("o1", "o2"), "notes": document("notes")} | changed
    command = meetings.RecordMeeting(actor=actor, now=at(day), agreement_id=AGREEMENT, meeting_id=which, **said)
    return told.do(meetings.hold, command, meetings.facts_of)


def raise_case(told: Told, day: date, actor: Actor = MANAGER, which: str = CASE, **changed: Any) -> Any:
    said = {"outcome_ids": ("o1",), "reason": document("reason")} | changed
    return improve(told, timetables.raise_case, timetables.RaiseUnderPerformance, actor, day, which=which, **said)


def improve(told: Told, decide: Any, kind: Any, actor: Actor, day: date, which: str = CASE, **said: Any) -> Any:
    command = kind(actor=actor, now=at(day), agreement_id=AGREEMENT, under_performance_id=which, **said)
    return told.do(decide, command, improvement.facts_of)


def propose(
    told: Told, day: date, actor: Actor = MANAGER, proposal: str = "t1", plan: tuple[RemedialAction, ...] = ACTIONS
) -> Any:
    said = {"proposal_id": proposal, "actions": plan, "document": document(proposal)}
    return improve(told, timetables.propose, timetables.ProposeTimetable, actor, day, **said)


def agree(told: Told, day: date, actor: Actor = PARTNER, proposal: str = "t1") -> Any:
    return improve(told, timetables.agree, timetables.AgreeTimetable, actor, day, proposal_id=proposal)


def position(told: Told, day: date, actor: Actor) -> Any:
    said = document(f"position of {actor.role}")
    return improve(told, timetables.give_position, timetables.GivePosition, actor, day, position=said)


def decide(told: Told, day: date, actor: Actor = DECIDER, plan: tuple[RemedialAction, ...] = ACTIONS) -> Any:
    said = {"actions": plan, "reasons": document("reasons")}
    return improve(told, timetables.decide, timetables.DecideTimetable, actor, day, **said)


def claim(told: Told, day: date, actor: Actor = PARTNER, action: str = "forum") -> Any:
    said = {"action_id": action, "evidence": document("evidence")}
    return improve(told, actions.claim, actions.ClaimAction, actor, day, **said)


def confirm(told: Told, day: date, actor: Actor = MANAGER, action: str = "forum") -> Any:
    return improve(told, actions.confirm, actions.ConfirmAction, actor, day, action_id=action)


def dispute(told: Told, day: date, actor: Actor = MANAGER, action: str = "forum") -> Any:
    said = {"action_id": action, "reason": document("dispute")}
    return improve(told, actions.dispute, actions.DisputeAction, actor, day, **said)


def of_review(told: Told, decide_on: Any, kind: Any, actor: Actor, day: date, **said: Any) -> Any:
    command = kind(actor=actor, now=at(day), agreement_id=AGREEMENT, review_id=REVIEW, **said)
    return told.do(decide_on, command, review.facts_of)


def invite(told: Told, day: date, until: date, actor: Actor = PARTNER) -> Any:
    return of_review(told, feedback.invite, feedback.InviteFeedback, actor, day, until=until)


def hear(told: Told, day: date, which: str = "f1", name: DocumentRef | None = None) -> Any:
    said = {"feedback_id": which, "words": document(which), "name": name}
    return of_review(told, feedback.receive, feedback.ReceiveFeedback, RESIDENT, day, **said)


def gather(told: Told, day: date, people: int, actor: Actor = MANAGER, which: str = "g1", **more: Any) -> Any:
    said = {"feedback_id": which, "words": document(which), "people": people} | more
    return of_review(told, feedback.gather, feedback.GatherFeedback, actor, day, **said)


def assess(told: Told, day: date, actor: Actor = MANAGER, parts: tuple[str, ...] = PARTS) -> Any:
    said = tuple(PartAnswered(part=part, document=document(part)) for part in parts)
    return of_review(told, reviewing.assess, reviewing.AssessReview, actor, day, parts=said)


def answer(told: Told, day: date, actor: Actor = PARTNER) -> Any:
    return of_review(told, reviewing.answer, reviewing.AnswerReview, actor, day, answer=document("answer"))


def conclude(told: Told, day: date, actor: Actor = MANAGER) -> Any:
    said = document("conclusion")
    return of_review(told, reviewing.conclude, reviewing.ConcludeReview, actor, day, conclusion=said)
