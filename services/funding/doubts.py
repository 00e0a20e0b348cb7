"""Decisions made unaware of a fact that would have stopped them: a second person answers whether they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from contracts.change_gates import DoubtAnswered
from contracts.envelope import DocumentRef, Event
from contracts.every_service import DecidedUnaware
from contracts.funding import AgreementDrafted
from contracts.place import Place
from contracts.rules import Citation
from services.funding.limits import office_of
from services.funding.unsealing import STOPPED_BY
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class AnswerDoubt(Command):
    """Say whether a decision stands that was made unaware."""

    subject: ClassVar[str] = "about"
    about: str
    decision_id: str
    late_event_id: str
    stands: bool
    reasons: DocumentRef


@dataclass
class Doubt:
    """The decisions about one matter that were made unaware, who made them, and what was answered."""

    folds: ClassVar[tuple[type[Event], ...]] = (DecidedUnaware, DoubtAnswered, AgreementDrafted, *STOPPED_BY)
    open: dict[tuple[str, str], str] = field(default_factory=dict)
    """Which office each doubt is given to."""
    answered: dict[tuple[str, str], DoubtAnswered] = field(default_factory=dict)
    made: dict[str, tuple[frozenset[str], str]] = field(default_factory=dict)
    """Who made each decision, and for which organisation."""
    funder: str = ""
    """Whose agreement it is about: it answers for the other party's signature too."""

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact of the matter."""
        match event.data:
            case DecidedUnaware() as unaware:
                self.open[unaware.decision_id, unaware.late_event_id] = unaware.given_to_role
            case DoubtAnswered() as answered:
                self.answered[answered.decision_id, answered.late_event_id] = answered
            case AgreementDrafted() as drafted:
                self.funder = drafted.funder_id
            case _:
                self.made[event.id] = (event.hands(_named(event.data)), event.onbehalfof)


def facts_of(command: AnswerDoubt) -> Query[Doubt]:
    """The doubts about the matter, and the decisions in it."""
    return Query(
        Item(f"about:{command.about}", only=(DecidedUnaware, DoubtAnswered)),
        Item(command.about, only=(AgreementDrafted, *STOPPED_BY)),
        fold=Doubt,
    )


def answer(facts: Doubt, command: AnswerDoubt, place: Place) -> Decision:
    """Answer for a decision of one's own body or under its agreement, never for one's own; else it is taken back."""
    key = (command.decision_id, command.late_event_id)
    people, body = facts.made.get(command.decision_id, (frozenset[str](), ""))
    office = office_of(place, command, facts.open.get(key, ""))
    if key not in facts.open or command.actor.organisation != (facts.funder or body):
        return unknown("decision", command.decision_id)
    if isinstance(office, Rejection):
        return office
    if before := facts.answered.get(key):
        return [] if before.reasons == command.reasons else _answered_already()
    if place.same_person(people, command.actor.person):
        return Rejection(
            "decided_it", "Whoever made a decision does not answer for it; a delegate counts too.",
            Citation(document=office.authority, clause="never the same person"), "Ask another holder of that office.",
        )  # fmt: skip
    return [
        DoubtAnswered(
            about=command.about, decision_id=command.decision_id, late_event_id=command.late_event_id,
            stands=command.stands, reasons=command.reasons, answered_by=place.principal(command.actor.person),
            authority=office.authority,
        )
    ]  # fmt: skip


def _named(decision: Event) -> str:
    """The person that a decision names: its decider, signatory or releaser."""
    names = (getattr(decision, name, "") for name in ("decided_by", "signed_by", "released_by"))
    return next(filter(None, names), "")


def _answered_already() -> Rejection:
    return Rejection("answered_already", "Somebody has answered for this decision.")
