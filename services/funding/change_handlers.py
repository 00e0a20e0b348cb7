"""The steps of a change of support to decisions: load the whole case, decide, append."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from contracts.place import Place
from services.funding import (
    change_decisions,
    claims,
    doubts,
    exit_plans,
    grounds,
    impact,
    notice_periods,
    representations,
    set_aside,
    steps,
    successors,
    taking_effect,
)
from services.funding.change_case import AboutChange, Case, facts_of
from services.runtime.decisions import Decision
from services.runtime.unit import Outcome, Unit

C = TypeVar("C", bound=AboutChange)


async def _decide(unit: Unit, command: C, decision: Callable[[Case, C, Place], Decision]) -> Outcome:
    """Decide on the change with its agreement and organisation, which never change once it is proposed."""
    known = await unit.look(facts_of(command.change_id))
    return await unit.decide(facts_of(command.change_id, known), decision, command)


async def change_the_ground(unit: Unit, command: grounds.ChangeTheGround) -> Outcome:
    """Change the ground; all steps start again (Compact 3.4.1)."""
    return await _decide(unit, command, grounds.change_the_ground)


async def invite_representation(unit: Unit, command: representations.InviteRepresentation) -> Outcome:
    """Work out until when the organisation may respond (Compact 3.4.3)."""
    return await _decide(unit, command, representations.invite)


async def assess_impact(unit: Unit, command: impact.AssessImpact) -> Outcome:
    """Take the funder's assessment (Compact 3.4.2)."""
    return await _decide(unit, command, impact.assess)


async def give_estimate(unit: Unit, command: impact.GiveEstimate) -> Outcome:
    """Take the organisation's own estimate (Compact 3.4.2, 3.4.7)."""
    return await _decide(unit, command, impact.estimate)


async def assess_reallocation(unit: Unit, command: impact.AssessReallocation) -> Outcome:
    """Take the answer on re-allocation (Compact 3.4.2)."""
    return await _decide(unit, command, impact.assess_reallocation)


async def record_meeting(unit: Unit, command: representations.RecordMeeting) -> Outcome:
    """Note a meeting (Compact 3.4.3)."""
    return await _decide(unit, command, representations.record_meeting)


async def represent(unit: Unit, command: representations.Represent) -> Outcome:
    """Receive a response (Compact 3.4.3)."""
    return await _decide(unit, command, representations.represent)


async def answer_point(unit: Unit, command: representations.AnswerPoint) -> Outcome:
    """Answer a point (Compact 3.4.3)."""
    return await _decide(unit, command, representations.answer)


async def mark_answer(unit: Unit, command: representations.MarkAnswer) -> Outcome:
    """Note whether a point counts as answered (Compact 3.4.3)."""
    return await _decide(unit, command, representations.mark)


async def state_position(unit: Unit, command: representations.StatePosition) -> Outcome:
    """Record a position (Compact 3.4.3)."""
    return await _decide(unit, command, representations.state_position)


async def sign_short_notice(unit: Unit, command: steps.SignShortNotice) -> Outcome:
    """Sign for a short notice (Compact 3.4.4)."""
    return await _decide(unit, command, change_decisions.sign_short_notice)


async def decide_change(unit: Unit, command: steps.DecideChange) -> Outcome:
    """Decide a change (Compact 3.1.1, 3.4.1 to 3.4.4)."""
    return await _decide(unit, command, change_decisions.decide)


async def withdraw_change(unit: Unit, command: steps.WithdrawChange) -> Outcome:
    """Take a change back (Compact 3.4.3)."""
    return await _decide(unit, command, change_decisions.withdraw)


async def reckon_notice(unit: Unit, command: notice_periods.ReckonNotice) -> Outcome:
    """Bring the notice period in line with what stands served (Compact 3.4.4)."""
    return await _decide(unit, command, notice_periods.bring_in_line)


async def take_effect(unit: Unit, command: taking_effect.TakeEffect) -> Outcome:
    """Let a change hold (Compact 3.4.4)."""
    return await _decide(unit, command, taking_effect.take_effect)


async def follow_organisation(unit: Unit, command: successors.FollowOrganisation) -> Outcome:
    """End the changes of an organisation that is gone, or let its successor stand in."""
    organisations = await unit.with_those_it_took_over(command.organisation_id)
    return await unit.decide(successors.facts_of(organisations), successors.follow, command)


async def ask_exit_plan(unit: Unit, command: exit_plans.AskExitPlan) -> Outcome:
    """Ask for a plan (Compact 3.4.5)."""
    return await _decide(unit, command, exit_plans.ask)


async def submit_exit_plan(unit: Unit, command: exit_plans.SubmitExitPlan) -> Outcome:
    """Take a plan (Compact 3.4.5)."""
    return await _decide(unit, command, exit_plans.submit)


async def mark_plan_overdue(unit: Unit, command: exit_plans.MarkPlanOverdue) -> Outcome:
    """Note that a plan is overdue (Compact 3.4.5)."""
    return await _decide(unit, command, exit_plans.mark_overdue)


async def give_redundancy_view(unit: Unit, command: exit_plans.GiveRedundancyView) -> Outcome:
    """Record the funder's view on redundancy costs (Compact 3.4.5)."""
    return await _decide(unit, command, exit_plans.give_view)


async def set_step_aside(unit: Unit, command: set_aside.SetAside) -> Outcome:
    """Set a step aside (setting an undertaking aside)."""
    return await _decide(unit, command, set_aside.set_aside)


async def let_setting_aside_lapse(unit: Unit, command: set_aside.LetLapse) -> Outcome:
    """Let a step hold again (setting an undertaking aside)."""
    return await _decide(unit, command, set_aside.let_lapse)


async def take_claim(unit: Unit, command: claims.TakeClaim) -> Outcome:
    """Take a claim of a partner body once."""
    return await unit.decide(claims.facts_of(command), claims.take, command)


async def report_effect(unit: Unit, command: claims.ReportEffect) -> Outcome:
    """Put a body's effect before the decider (Compact 3.4.2)."""
    return await _decide(unit, command, claims.report_effect)


async def answer_doubt(unit: Unit, command: doubts.AnswerDoubt) -> Outcome:
    """Answer for a decision made unaware."""
    return await unit.decide(doubts.facts_of(command), doubts.answer, command)
