"""Setting a step aside for a named statute: outside the proposer's line, told the same working day, for a time."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.change_gates import SettingAsideLapsed, UndertakingSetAside
from contracts.envelope import DocumentRef
from contracts.funding import FundingChangeProposed
from contracts.place import Place
from contracts.rules import Citation, SettingAside
from services.funding.change_case import AboutChange, Case
from services.funding.gates import done_already, only, rules_on
from services.funding.seniority import in_line
from services.runtime.calendar import add_months, add_working_days, is_working_day, london_date
from services.runtime.decisions import Decision, Rejection


@dataclass(frozen=True, kw_only=True)
class SetAside(AboutChange):
    """Set one step of a change aside for a statute and its section."""

    step: str
    statute: Citation
    reasons: DocumentRef


@dataclass(frozen=True, kw_only=True)
class LetLapse(AboutChange):
    """Three months have passed since a step was set aside."""

    step: str


def set_aside(facts: Case, command: SetAside, place: Place) -> Decision:
    """Set a step aside: never a limit, a seal, an interest or a second person (setting an undertaking aside)."""
    proposed, rules = facts.open_for(command), rules_on(place, command.now)
    if isinstance(proposed, Rejection):
        return proposed
    rule = rules.setting_aside
    if rule is None:
        return Rejection("nothing_to_set_aside", "This place has no undertakings that could be set aside.")
    refused = only(command, rule.roles, proposed.funder_id) or _may_not(facts, proposed, rule, command, place)
    if refused:
        return refused
    if there := facts.set_aside.get(command.step):
        return done_already(there.set_aside_by, command, place, "set_aside_already", "This step was set aside")
    today = london_date(command.now)
    return [
        UndertakingSetAside(
            change_id=proposed.change_id,
            agreement_id=proposed.agreement_id,
            funder_id=proposed.funder_id,
            organisation_id=facts.organisation_id,
            step=command.step,
            statute=command.statute,
            reasons=command.reasons,
            set_aside_by=place.principal(command.actor.person),
            lapses_on=add_months(today, rule.months),
            tell_by=today if is_working_day(today, rules.calendar) else add_working_days(today, 1, rules.calendar),
            told_organisations=tuple(dict.fromkeys((facts.organisation_id, *rule.told))),
            calendar_version=rules.calendar.version,
            citation=rule.citation,
            opens=(command.reasons,),
        )
    ]


def let_lapse(facts: Case, command: LetLapse, place: Place) -> Decision:
    """Let a step hold again once its time aside is over (setting an undertaking aside)."""
    aside = facts.set_aside.get(command.step)
    if aside is None or london_date(command.now) < aside.lapses_on:
        return []
    return [
        SettingAsideLapsed(
            change_id=command.change_id, organisation_id=facts.organisation_id, step=command.step,
            lapsed_on=aside.lapses_on,
        )
    ]  # fmt: skip


def _may_not(
    facts: Case, proposed: FundingChangeProposed, rule: SettingAside, command: SetAside, place: Place
) -> Rejection | None:
    if command.step not in rule.steps:
        return Rejection(
            "never_set_aside", "A limit, a seal, an interest or the need for a second person is never set aside.",
            rule.citation, f"Only these can be: {', '.join(rule.steps)}.",
        )  # fmt: skip
    actor, first = command.actor, (proposed.proposed_by, proposed.proposer_role)
    involved = facts.involved.proposed | facts.involved.assessed
    in_proposers_line = in_line(place, proposed.funder_id, first, (actor.person, actor.role))
    if in_proposers_line or place.same_person(involved, actor.person):
        return Rejection(
            "in_the_proposers_line", "A step is set aside by somebody outside the line of whoever proposed the change.",
            rule.citation, "Ask the monitoring officer or a finance officer who answers elsewhere.",
        )  # fmt: skip
    return None
