"""Under-performance is raised, and a timetable of actions to improve is agreed or decided (Sutton Compact 3.4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from contracts.envelope import DocumentRef
from contracts.improvement import (
    RemedialAction,
    RemedialPositionGiven,
    RemedialTimetableAgreed,
    RemedialTimetableDecided,
    RemedialTimetableNotAgreed,
    RemedialTimetableProposed,
    Side,
    UnderPerformanceRaised,
)
from contracts.place import Place
from services.monitoring.improvement import Case, Improvement, ImprovementCommand, Stage, no_case
from services.monitoring.parties import MANAGER
from services.monitoring.performance import not_by_either, not_by_manager, not_standing, spoken
from services.monitoring.terms import Terms
from services.runtime.decisions import Decision, Rejection, unknown

DECIDERS = ("decider", "commissioner", MANAGER)
"""The offices of a funder in which a second person can decide a timetable."""


@dataclass(frozen=True, kw_only=True)
class RaiseUnderPerformance(ImprovementCommand):
    """Raise under-performance against outcomes of the agreement, with the reason."""

    subject: ClassVar[str] = "agreement_id"
    outcome_ids: tuple[str, ...]
    reason: DocumentRef


@dataclass(frozen=True, kw_only=True)
class ProposeTimetable(ImprovementCommand):
    """Propose actions, each with the side that does it and its date."""

    proposal_id: str
    actions: tuple[RemedialAction, ...]
    document: DocumentRef


@dataclass(frozen=True, kw_only=True)
class AgreeTimetable(ImprovementCommand):
    """Agree to the other side's timetable."""

    proposal_id: str


@dataclass(frozen=True, kw_only=True)
class NoteNotAgreed(ImprovementCommand):
    """Record that the time to agree a timetable passed."""


@dataclass(frozen=True, kw_only=True)
class GivePosition(ImprovementCommand):
    """Put one side's position on record."""

    position: DocumentRef


@dataclass(frozen=True, kw_only=True)
class DecideTimetable(ImprovementCommand):
    """Decide the timetable that both sides did not agree."""

    actions: tuple[RemedialAction, ...]
    reasons: DocumentRef


def raise_case(improvement: Improvement, command: RaiseUnderPerformance, place: Place) -> Decision:
    """Raise under-performance against named outcomes; one case at a time (Sutton Compact 3.4.1)."""
    if stop := not_standing(improvement, command):
        return stop
    terms = improvement.terms(command, place)
    if stop := not_by_manager(improvement, command, terms):
        return stop
    if command.under_performance_id in improvement.cases:
        return []
    if stop := _wrongly_raised(improvement, command, terms):
        return stop
    rule = improvement.rule(terms)
    raised = UnderPerformanceRaised(
        **improvement.about(), under_performance_id=command.under_performance_id, outcome_ids=command.outcome_ids,
        reason=command.reason, raised_by=place.principal(command.actor.person),
        agree_by=terms.on(terms.day, rule.agree_working_days) if rule else None,
        calendar_version=terms.calendar_version, citation=improvement.rule_cited(terms), opens=(command.reason,),
    )  # fmt: skip
    return [raised]


def propose(improvement: Improvement, command: ProposeTimetable, place: Place) -> Decision:
    """Propose a timetable of actions; a later proposal takes an earlier one's place (Sutton Compact 3.4.1)."""
    if stop := no_case(improvement, command):
        return stop
    case, terms = improvement.cases[command.under_performance_id], improvement.terms(command, place)
    if stop := not_by_either(improvement, command, terms):
        return stop
    if command.proposal_id in case.proposals:
        return []
    if stop := _settled(case) or _not_a_timetable(command.actions, terms):
        return stop
    proposed = RemedialTimetableProposed(
        **improvement.about(), under_performance_id=command.under_performance_id, proposal_id=command.proposal_id,
        side=improvement.side_of(command.actor), actions=command.actions, document=command.document,
        proposed_by=place.principal(command.actor.person), opens=(command.document,),
    )  # fmt: skip
    return [proposed]


def agree(improvement: Improvement, command: AgreeTimetable, place: Place) -> Decision:
    """Agree to the other side's latest timetable; nobody agrees to their own (Sutton Compact 3.4.1)."""
    if stop := no_case(improvement, command):
        return stop
    case, terms = improvement.cases[command.under_performance_id], improvement.terms(command, place)
    if stop := not_by_either(improvement, command, terms):
        return stop
    if (proposal := case.proposals.get(command.proposal_id)) is None:
        return unknown("proposal", command.proposal_id)
    if proposal.side is improvement.side_of(command.actor):
        sentence, remedy = "A timetable is agreed by the other side.", "Wait for the other side's answer."
        return Rejection("own_proposal", sentence, improvement.rule_cited(terms), remedy)
    if case.stage is Stage.RUNNING and command.proposal_id == case.latest:
        return []
    if stop := _settled(case) or _superseded(case, proposal) or _not_a_timetable(proposal.actions, terms):
        return stop
    agreed = RemedialTimetableAgreed(
        **improvement.about(), under_performance_id=command.under_performance_id, proposal_id=proposal.proposal_id,
        actions=proposal.actions, ends_on=_last(proposal.actions), agreed_by=place.principal(command.actor.person),
    )  # fmt: skip
    return [agreed]


def note_not_agreed(improvement: Improvement, command: NoteNotAgreed, place: Place) -> Decision:
    """Ask both sides for their positions on the day after the last on which a timetable could be agreed (3.4.1)."""
    case = improvement.cases.get(command.under_performance_id)
    if case is None or case.stage is not Stage.RAISED or improvement.closed:
        return []
    agree_by, terms = case.raised.agree_by, improvement.terms(command, place)
    if agree_by is None or terms.day <= agree_by:
        return []
    rule = terms.rules.remedial_timetable
    noted = RemedialTimetableNotAgreed(
        **improvement.about(), under_performance_id=command.under_performance_id, agree_by=agree_by,
        positions_by=terms.on(terms.day, rule.position_working_days if rule else 0),
        calendar_version=terms.calendar_version, citation=case.raised.citation,
    )  # fmt: skip
    return [noted]


def give_position(improvement: Improvement, command: GivePosition, place: Place) -> Decision:
    """Put one side's position on record, once (Sutton Compact 3.4.1)."""
    if stop := no_case(improvement, command):
        return stop
    case, terms = improvement.cases[command.under_performance_id], improvement.terms(command, place)
    if stop := not_by_either(improvement, command, terms):
        return stop
    if case.stage is not Stage.NOT_AGREED:
        return Rejection("position_not_asked", "Positions are asked for once the time to agree a timetable is over.")
    side = improvement.side_of(command.actor)
    if side in case.positions:
        return Rejection("position_given_already", "Your side's position is on record already.")
    about = improvement.about()
    which = command.under_performance_id
    return [RemedialPositionGiven(**about, under_performance_id=which, side=side, position=command.position)]


def decide(improvement: Improvement, command: DecideTimetable, place: Place) -> Decision:
    """Decide a timetable as a second person, with both positions on record (Sutton Compact 3.4.1)."""
    if stop := no_case(improvement, command):
        return stop
    case, terms = improvement.cases[command.under_performance_id], improvement.terms(command, place)
    if stop := _not_of_funder(improvement, command):
        return stop
    if case.stage is not Stage.NOT_AGREED:
        return _not_for_decision(case, improvement, terms)
    if stop := _involved(improvement, case, command, terms) or _position_missing(case, improvement, terms):
        return stop
    if stop := _not_a_timetable(command.actions, terms):
        return stop
    decided = RemedialTimetableDecided(
        **improvement.about(), under_performance_id=command.under_performance_id, actions=command.actions,
        ends_on=_last(command.actions), reasons=command.reasons, decided_by=place.principal(command.actor.person),
        silent=tuple(side for side in Side if side not in case.positions), opens=(command.reasons,),
    )  # fmt: skip
    return [decided]


def _last(actions: tuple[RemedialAction, ...]) -> date:
    return max(action.due_on for action in actions)


def _wrongly_raised(improvement: Improvement, command: RaiseUnderPerformance, terms: Terms) -> Rejection | None:
    outcomes = {outcome.id for outcome in improvement.agreed.outcomes}
    if strange := ", ".join(sorted({*command.outcome_ids} - outcomes)):
        return Rejection("outcome_unknown", f"The agreement has no outcome {strange}.")
    if improvement.open_case is None:
        return None
    return Rejection(
        "under_performance_open",
        "Under-performance was raised before and its timetable has not ended.",
        improvement.rule_cited(terms),
        "Bring the timetable of actions to its end first, or propose a change to it.",
    )


def _settled(case: Case) -> Rejection | None:
    if case.agreeable:
        return None
    return Rejection("timetable_settled", "The timetable of actions is settled and no longer proposed or agreed.")


def _superseded(case: Case, proposal: RemedialTimetableProposed) -> Rejection | None:
    if proposal.proposal_id == case.latest:
        return None
    remedy = f"Agree to proposal {case.latest}, or propose this again."
    return Rejection("proposal_superseded", "A later proposal has taken this one's place.", remedy=remedy)


def _not_a_timetable(actions: tuple[RemedialAction, ...], terms: Terms) -> Rejection | None:
    """What no rule needs to say: an action of the partner, each named once, each still to come."""
    if len({action.id for action in actions}) < len(actions):
        return Rejection("action_repeated", "An action stands in the timetable twice.")
    if not any(action.side is Side.PARTNER for action in actions):
        return Rejection("no_action_of_partner", "A timetable to improve has an action of the partner.")
    if all(action.due_on > terms.day for action in actions):
        return None
    remedy = "Give every action a date after today."
    return Rejection("action_due_already", "An action's date is over before the timetable begins.", remedy=remedy)


def _not_of_funder(improvement: Improvement, command: DecideTimetable) -> Rejection | None:
    if command.actor.role in DECIDERS and command.actor.organisation == improvement.agreed.funder_id:
        return None
    return Rejection("not_the_funder", "A timetable is decided by a second person of the funder.", status=403)


def _not_for_decision(case: Case, improvement: Improvement, terms: Terms) -> Rejection:
    if not case.agreeable or case.raised.agree_by is None:
        return Rejection("timetable_settled", "There is no timetable here that waits for a second person.")
    return Rejection(
        "still_to_be_agreed",
        f"Both sides have until {spoken(case.raised.agree_by)} to agree a timetable.",
        improvement.rule_cited(terms),
        "Agree a timetable with the partner, or wait until that date has passed.",
    )


def _involved(improvement: Improvement, case: Case, command: DecideTimetable, terms: Terms) -> Rejection | None:
    """Who raised it, proposed a timetable, or manages the agreement is not the second person; nor is a delegate."""
    involved = (case.hands | {improvement.manager}) - {""}
    if not terms.place.same_person(involved, command.actor.person):
        return None
    return Rejection(
        "not_a_second_person",
        "Whoever raised the under-performance, proposed a timetable or manages the agreement does not decide it.",
        improvement.rule_cited(terms),
        "Ask another person of the funder to decide.",
    )


def _position_missing(case: Case, improvement: Improvement, terms: Terms) -> Rejection | None:
    if case.positions == {*Side} or (case.positions_by and terms.day > case.positions_by):
        return None
    missing = " and ".join(side.value for side in Side if side not in case.positions)
    until = spoken(case.positions_by) if case.positions_by else ""
    return Rejection(
        "position_missing",
        f"The position of the {missing} is not on record; there is time for it until {until}.",
        improvement.rule_cited(terms),
        "Wait for both positions, or until that date has passed.",
    )
