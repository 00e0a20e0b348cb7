"""A plan for the end of support, redundancy costs included, where a change weighs heavily (Sutton Compact 3.4.5)."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.change_gates import (
    ExitPlanAsked,
    ExitPlanOverdue,
    ExitPlanSubmitted,
    ImpactAssessed,
    OwnEstimateGiven,
    RedundancyViewGiven,
)
from contracts.envelope import DocumentRef
from contracts.place import Place
from services.funding.change_case import AboutChange, Case
from services.funding.gates import only, rules_on
from services.funding.impact import ASSESSORS, VCO
from services.runtime.calendar import add_working_days, london_date
from services.runtime.decisions import Decision, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class AskExitPlan(AboutChange):
    """Notice runs: ask for a plan where one is due."""


@dataclass(frozen=True, kw_only=True)
class SubmitExitPlan(AboutChange):
    """The organisation gives its plan."""

    plan: DocumentRef
    redundancy_pounds: int


@dataclass(frozen=True, kw_only=True)
class MarkPlanOverdue(AboutChange):
    """The plan's date has passed."""


@dataclass(frozen=True, kw_only=True)
class GiveRedundancyView(AboutChange):
    """The funder says what it thinks of the redundancy costs."""

    view: DocumentRef


def ask(facts: Case, command: AskExitPlan, place: Place) -> Decision:
    """Ask for a plan where either side counts jobs lost or more than the rule's share of income (3.4.5)."""
    decided, period = facts.decided, facts.period
    rules = rules_on(place, command.now)
    rule = rules.exit_plans
    if decided is None or period is None or rule is None or facts.plan_asked or facts.plan:
        return []
    binds = place.binds(rule, decided.funder_id, london_date(command.now))
    if not binds or not _heavy(facts, rule.over_share_of_income):
        return []
    return [
        ExitPlanAsked(
            change_id=decided.change_id, agreement_id=decided.agreement_id, funder_id=decided.funder_id,
            organisation_id=facts.organisation_id,
            due_on=add_working_days(london_date(command.now), rule.due_working_days, rules.calendar),
            calendar_version=rules.calendar.version, citation=rule.citation,
        )
    ]  # fmt: skip


def submit(facts: Case, command: SubmitExitPlan, place: Place) -> Decision:
    """Take the organisation's plan, in time or late (Compact 3.4.5)."""
    proposed, asked = facts.known(command), facts.plan_asked
    if isinstance(proposed, Rejection):
        return proposed
    if asked is None:
        return Rejection("no_plan_asked", "No plan was asked for.", remedy="Wait until notice has been served.")
    return only(command, VCO, facts.organisation_id) or [
        ExitPlanSubmitted(
            change_id=proposed.change_id, funder_id=proposed.funder_id, organisation_id=facts.organisation_id,
            plan=command.plan, redundancy_pounds=command.redundancy_pounds,
            late=london_date(command.now) > asked.due_on, submitted_by=command.actor.person,
        )
    ]  # fmt: skip


def mark_overdue(facts: Case, command: MarkPlanOverdue, place: Place) -> Decision:
    """Note that a plan's date passed without it (Compact 3.4.5)."""
    asked = facts.plan_asked
    if asked is None or facts.plan or facts.plan_overdue or london_date(command.now) <= asked.due_on:
        return []
    return [
        ExitPlanOverdue(
            change_id=asked.change_id, funder_id=asked.funder_id, organisation_id=facts.organisation_id,
            due_on=asked.due_on,
        )
    ]  # fmt: skip


def give_view(facts: Case, command: GiveRedundancyView, place: Place) -> Decision:
    """Record the funder's view on redundancy costs (Compact 3.4.5)."""
    proposed = facts.known(command)
    if isinstance(proposed, Rejection):
        return proposed
    if facts.plan is None:
        return unknown("exit_plan", command.change_id)
    return only(command, ASSESSORS, proposed.funder_id) or [
        RedundancyViewGiven(
            change_id=proposed.change_id, funder_id=proposed.funder_id, organisation_id=facts.organisation_id,
            view=command.view, given_by=place.principal(command.actor.person), opens=(command.view,),
        )
    ]  # fmt: skip


def _heavy(facts: Case, over: int) -> bool:
    counts: list[ImpactAssessed | OwnEstimateGiven] = [*facts.impact]
    counts += [facts.own_estimate] if facts.own_estimate else []
    return any(one.costs_jobs or one.share_of_income > over for one in counts)
