"""A timetable is agreed by the other side and fails by the partner's own doing; a year is not concluded unheard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from faults.checker.facts import Data, Fact, People, Rules, day, follow
from faults.checker.stores import Case

KINDS = tuple(f"monitoring.{name}" for name in (
    "under_performance_raised", "remedial_timetable_proposed", "remedial_timetable_agreed",
    "remedial_timetable_not_agreed", "remedial_position_given", "remedial_timetable_decided",
    "remedial_action_claimed", "remedial_action_not_confirmed", "remedial_action_completed", "remedial_action_missed",
    "remedial_timetable_ended", "annual_review_opened", "resident_feedback_received", "annual_review_assessed",
    "annual_review_answered", "annual_review_concluded", "quarterly_review_held", "performance_reviews_scheduled",
    "quarterly_review_missed",
))  # fmt: skip


@dataclass
class Matter:
    """A case of under-performance or a yearly review: its facts so far, by kind."""

    facts: dict[str, list[Fact]] = field(default_factory=dict)

    def has(self, name: str) -> list[Fact]:
        """The facts of a kind."""
        return self.facts.get(f"monitoring.{name}", [])

    def last(self, *names: str) -> int:
        """The position of the newest fact of these kinds; 0 where there is none."""
        return max((fact.position for name in names for fact in self.has(name)), default=0)


@dataclass
class Known:
    """What the journal held up to a position."""

    matters: dict[str, Matter] = field(default_factory=dict)
    meetings: dict[str, Data] = field(default_factory=dict)
    people: People = field(default_factory=People)

    def matter(self, fact: Fact) -> Matter:
        """What a fact is about; something of its own where it is about neither a case nor a review."""
        which = fact.data.get("under_performance_id") or fact.data.get("review_id") or str(fact.position)
        return self.matters.setdefault(which, Matter())


def _take(known: Known, fact: Fact) -> None:
    known.meetings |= {one["meeting_id"]: one for one in fact.data.get("meetings", ())}
    known.matter(fact).facts.setdefault(fact.kind, []).append(fact)


def _wrong(known: Known, fact: Fact) -> Iterator[str]:
    matter, people = known.matter(fact), known.people
    match fact.kind.removeprefix("monitoring."):
        case "remedial_timetable_agreed":
            yield from _wrongly_agreed(matter, fact.data, people)
        case "remedial_timetable_decided":
            yield from _wrongly_decided(matter, fact, people)
        case "remedial_action_completed":
            yield from _undone(matter, fact.data["action_id"])
        case "remedial_timetable_ended":
            yield from _wrongly_ended(matter, fact.data)
        case "annual_review_concluded":
            yield from _unheard(matter)
        case "quarterly_review_held":
            yield from _wrongly_late(fact.data, known.meetings)
        case "remedial_action_missed" | "quarterly_review_missed":
            yield from _not_yet_missed(fact)


def _undone(matter: Matter, action: str) -> Iterator[str]:
    said = {
        name: max((one.position for one in matter.has(name) if one.data["action_id"] == action), default=0)
        for name in ("remedial_action_claimed", "remedial_action_not_confirmed")
    }  # fmt: skip
    if said["remedial_action_claimed"] <= said["remedial_action_not_confirmed"]:
        yield "is done, and nobody said so"


def _not_yet_missed(fact: Fact) -> Iterator[str]:
    until = fact.data.get("due_on") or fact.data["hold_by"]
    if fact.day <= day(until):
        yield f"was missed on {fact.day}, and there was time until {until}"


def _wrongly_late(data: Data, meetings: dict[str, Data]) -> Iterator[str]:
    asked = meetings.get(data["meeting_id"])
    if asked and data["late"] is not (day(data["held_on"]) > day(asked["hold_by"])):
        yield f"says late {data['late']}: held on {data['held_on']}, by {asked['hold_by']}"


def _wrongly_agreed(matter: Matter, data: Data, people: People) -> Iterator[str]:
    proposed = [one.data for one in matter.has("remedial_timetable_proposed")]
    if not proposed or proposed[-1]["proposal_id"] != data["proposal_id"]:
        yield "agrees to a timetable that is not the latest"
    elif people.same(proposed[-1]["proposed_by"], data["agreed_by"]):
        yield "was agreed by whoever proposed it"


def _wrongly_decided(matter: Matter, fact: Fact, people: People) -> Iterator[str]:
    hands = {one.data["raised_by"] for one in matter.has("under_performance_raised")}
    hands |= {one.data["proposed_by"] for one in matter.has("remedial_timetable_proposed")}
    if people.among(fact.data["decided_by"], hands):
        yield "was decided by whoever raised it or proposed a timetable"
    asked = matter.has("remedial_timetable_not_agreed")
    until = day(asked[-1].data["positions_by"]) if asked else date.max
    sides = {one.data["side"] for one in matter.has("remedial_position_given")}
    if len(sides) < 2 and fact.day <= until:
        yield "was decided before both positions were on record"


def _wrongly_ended(matter: Matter, data: Data) -> Iterator[str]:
    begun = [*matter.has("remedial_timetable_agreed"), *matter.has("remedial_timetable_decided")]
    theirs = {one["id"] for one in begun[-1].data["actions"] if one["side"] == "partner"} if begun else set()
    missed = theirs & {one.data["action_id"] for one in matter.has("remedial_action_missed")}
    done = {one.data["action_id"] for one in matter.has("remedial_action_completed")}
    if (data["result"] == "failed") is not bool(missed):
        yield f"ended {data['result']}, and the partner missed {', '.join(sorted(missed)) or 'nothing'}"
    if data["result"] == "recovered" and not theirs <= done:
        yield f"ended recovered without {', '.join(sorted(theirs - done))}"


def _unheard(matter: Matter) -> Iterator[str]:
    heard, answered = matter.last("resident_feedback_received"), matter.last("annual_review_answered")
    if not heard:
        yield "was concluded, and no resident was heard"
    if not matter.has("annual_review_assessed"):
        yield "was concluded unassessed"
    if answered < max(heard, matter.last("annual_review_assessed")):
        yield "was concluded before the partner had answered what stood"


PERFORMANCE = Rules("performance_heard", "monitoring", KINDS,
                    ("monitoring.annual_review_concluded", "reviews concluded"), Known, _wrong, _take)  # fmt: skip


async def check_performance(case: Case, service: str) -> None:
    """Follow every case of under-performance and every yearly review through monitoring's journal."""
    await follow(case, service, PERFORMANCE)
