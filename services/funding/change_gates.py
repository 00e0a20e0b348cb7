"""What stands before a decision to change support, clause by clause; each gate with what would clear it.

A gate binds where its place adopted the rule, only warns a pending body, and gives way to a step set aside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from contracts.funding import ChangeGround, ChangeKind
from contracts.improvement import TimetableResult
from contracts.place import Place
from contracts.rules import RuleSet
from services.funding.change_case import Case
from services.funding.gates import Warned, rules_on, stop
from services.funding.representations import time_is_over
from services.funding.seniority import above
from services.funding.steps import DecideChange
from services.runtime.calendar import london_date
from services.runtime.decisions import Rejection

Gate = Callable[[Case, DecideChange, RuleSet], Rejection | None]


def hindrances(facts: Case, command: DecideChange, place: Place) -> Iterator[Rejection | Warned]:
    """Every gate that does not open, in the order of the steps."""
    rules, today = rules_on(place, command.now), london_date(command.now)
    for step, gate in GATES:
        name = RULE_OF.get(step, step)
        if in_force(facts, step, today):
            continue
        refusal = gate(facts, command, rules)
        found = refusal and stop(place, getattr(rules, name), command.actor.organisation, command.now, refusal)
        if found:
            yield found
    refusal = _not_senior(facts, command, place)
    found = refusal and stop(place, rules.representation, command.actor.organisation, command.now, refusal)
    if found:
        yield found


def in_force(facts: Case, step: str, today: date) -> bool:
    """Whether a step is set aside on this day."""
    aside = facts.set_aside.get(step)
    return aside is not None and today < aside.lapses_on


def missing_groups(facts: Case, rules: RuleSet) -> tuple[str, ...]:
    """Groups for which the funder gave no number: those named by the rule, and those the organisation serves."""
    needed = dict.fromkeys((*(rules.impact.people if rules.impact else ()), *facts.groups))
    counted = {
        one.group
        for assessed in facts.impact
        for one in assessed.groups
        if one.people is not None or one.fewer_than_five
    }
    return tuple(group for group in needed if group not in counted)


def _concern_open(facts: Case, command: DecideChange, rules: RuleSet) -> Rejection | None:
    """An open concern about independence holds an adverse decision (Sutton Compact 3.1.1)."""
    if not facts.concerns:
        return None
    return Rejection(
        "independence_concern_open", "The organisation raised a concern about its independence that nobody answered.",
        remedy="Wait until somebody of another signatory has answered it.",
    )  # fmt: skip


def _timetable(facts: Case, command: DecideChange, rules: RuleSet) -> Rejection | None:
    """Support ends on performance only after an agreed timetable of actions failed (Sutton Compact 3.4.1)."""
    proposed = facts.proposed
    ends = proposed and proposed.kind is ChangeKind.END and proposed.ground is ChangeGround.PERFORMANCE
    if not ends or facts.timetable == TimetableResult.FAILED:
        return None
    if facts.timetable == "running":
        return Rejection(
            "remedial_timetable_running", "The agreed timetable of actions to improve still runs.",
            remedy="Wait until it has ended, or until an action was missed.",
        )  # fmt: skip
    if facts.timetable == TimetableResult.RECOVERED:
        return Rejection(
            "performance_recovered", "The actions to improve were done: performance is no ground to end support.",
            remedy="Keep the agreement, or raise under-performance anew.",
        )  # fmt: skip
    return Rejection(
        "no_remedial_timetable", "No timetable of actions to improve has been agreed and has failed.",
        remedy="Agree one in monitoring; support ends only where its actions were missed.",
    )  # fmt: skip


def _no_impact(facts: Case, command: DecideChange, rules: RuleSet) -> Rejection | None:
    """Impact is assessed before a decision, with numbers by group (Sutton Compact 3.4.2, 3.5.1)."""
    if not facts.impact:
        return Rejection(
            "impact_not_assessed", "The impact on beneficiaries, service users and volunteers is not assessed.",
            remedy="Assess it, with numbers by group.",
        )  # fmt: skip
    if missing := missing_groups(facts, rules):
        return Rejection(
            "numbers_missing", f"No number is given for: {', '.join(missing)}.",
            remedy="Give the number of people affected in each group.",
        )  # fmt: skip
    return None


def _no_estimate(facts: Case, command: DecideChange, rules: RuleSet) -> Rejection | None:
    """The organisation's own estimate stands beside the funder's, or its time for it has passed (3.4.2)."""
    if facts.own_estimate or time_is_over(facts, command):
        return None
    return Rejection(
        "own_estimate_missing", "The organisation's own estimate does not stand beside the funder's.",
        remedy="Wait for it, until the last day on which the organisation may respond.",
    )  # fmt: skip


def _no_reallocation(facts: Case, command: DecideChange, rules: RuleSet) -> Rejection | None:
    """Whether the money goes to another organisation of the same group is answered (Sutton Compact 3.4.2)."""
    if facts.reallocation:
        return None
    return Rejection(
        "reallocation_not_assessed", "Nobody answered whether another organisation needs the money.",
        remedy="Answer whether money has to go to another organisation serving the same group, and why.",
    )  # fmt: skip


def _no_say(facts: Case, command: DecideChange, rules: RuleSet) -> Rejection | None:
    """A meeting, time to respond, every point answered, both positions on record (Sutton Compact 3.4.3)."""
    return next(filter(None, (check(facts, command, rules) for check in SAY)), None)


def _not_told(facts: Case, command: DecideChange, rules: RuleSet) -> Rejection | None:
    if facts.telling.earliest:
        return None
    return Rejection(
        "organisation_not_told", "The organisation concerned has not been served with the proposal.",
        remedy="Wait until the notice of the proposal is served.",
    )  # fmt: skip


def _no_meeting(facts: Case, command: DecideChange, rules: RuleSet) -> Rejection | None:
    if facts.met_on or not (rules.representation and rules.representation.meeting):
        return None
    return Rejection(
        "no_meeting", "Funder and organisation have not met about the proposal.", remedy="Meet, and enter the day."
    )


def _too_early(facts: Case, command: DecideChange, rules: RuleSet) -> Rejection | None:
    if time_is_over(facts, command):
        return None
    until = f"{facts.invited.respond_by:%-d %B %Y}" if facts.invited else "a date not yet known"
    return Rejection(
        "time_to_respond", f"The organisation may respond until the end of {until}.", remedy="Decide after that day."
    )


def _unanswered(facts: Case, command: DecideChange, rules: RuleSet) -> Rejection | None:
    if not facts.unanswered:
        return None
    return Rejection(
        "point_unanswered", f"{len(facts.unanswered)} numbered points of the organisation are unanswered.",
        remedy="Answer each point.",
    )  # fmt: skip


def _no_positions(facts: Case, command: DecideChange, rules: RuleSet) -> Rejection | None:
    if facts.agreed is not None:
        return None
    return Rejection(
        "positions_missing", "It is not on record whether both sides agree.",
        remedy="State the funder's position; the organisation states its own, or has let its time pass.",
    )  # fmt: skip


SAY: tuple[Gate, ...] = (_not_told, _no_meeting, _too_early, _unanswered, _no_positions)


def _not_senior(facts: Case, command: DecideChange, place: Place) -> Rejection | None:
    """Without agreement only somebody senior to the proposer decides (Sutton Compact 3.4.3)."""
    proposed = facts.proposed
    if facts.agreed or proposed is None:
        return None
    if command.actor.role in above(place, proposed.funder_id, proposed.proposed_by, proposed.proposer_role):
        return None
    return Rejection(
        "not_senior", "Without agreement only a decider to whom the proposer's office answers may decide.",
        remedy="Ask a senior decider, or come to an agreement; the register of offices says who answers to whom.",
    )  # fmt: skip


def _rationale(facts: Case, command: DecideChange, rules: RuleSet) -> Rejection | None:
    """The rationale answers every part (Sutton Compact 3.4.4)."""
    needed = rules.notice_periods.rationale_parts if rules.notice_periods else ()
    skipped = [part for part in needed if part not in {one.part for one in command.rationale}]
    if not skipped:
        return None
    return Rejection(
        "rationale_incomplete", f"The rationale says nothing about: {', '.join(skipped)}.",
        remedy="Give the reason under each part.",
    )  # fmt: skip


def _notice(facts: Case, command: DecideChange, rules: RuleSet) -> Rejection | None:
    """Six months' notice unless the reason why not is given; under three only on a listed ground (3.4.4)."""
    rule, proposed = rules.notice_periods, facts.proposed
    if rule is None or proposed is None or command.notice_months >= rule.best_practice_months:
        return None
    if command.notice_months < rule.minimum_months and proposed.ground.value not in rule.short_grounds:
        return Rejection(
            "notice_too_short", f"Notice is at least {rule.minimum_months} months on this ground.",
            remedy=f"Give {rule.minimum_months} months, or {rule.best_practice_months} as is best practice.",
        )  # fmt: skip
    if command.shorter_because is None:
        return Rejection(
            "notice_without_reason", f"Notice is {rule.best_practice_months} months unless a reason why not is given.",
            remedy="Give the reason, or the full notice.",
        )  # fmt: skip
    return None


def _short_notice_unsigned(facts: Case, command: DecideChange, rules: RuleSet) -> Rejection | None:
    """Notice under the minimum is signed by a second person (Sutton Compact 3.4.4); never set aside."""
    rule = rules.notice_periods
    if rule is None or command.notice_months >= rule.minimum_months:
        return None
    if any(one.months <= command.notice_months for one in facts.signed_short):
        return None
    return Rejection(
        "short_notice_unsigned", "No second person has signed for a notice this short.",
        remedy="Ask a second person of the funder to sign for it.",
    )  # fmt: skip


GATES: tuple[tuple[str, Gate], ...] = (
    ("independence", _concern_open),
    ("remedial_timetable", _timetable),
    ("impact", _no_impact),
    ("impact", _no_estimate),
    ("reallocation", _no_reallocation),
    ("representation", _no_say),
    ("rationale", _rationale),
    ("notice_periods", _notice),
    ("second_person", _short_notice_unsigned),
)
"""Each gate by the step that it stands for; the step names its rule."""
RULE_OF = {"rationale": "notice_periods", "second_person": "notice_periods"}
