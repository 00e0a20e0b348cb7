"""Monitoring is agreed by both sides before the agreement is made (Sutton Compact 3.3.5)."""

from datetime import date, timedelta

import pytest
from monitoring_givens import (
    AGREEMENT,
    BOTH_QUESTIONS,
    BOTH_REPORTS,
    COMMISSIONER,
    DRAFTED_ON,
    HEALTH,
    MANAGER,
    PARTNER,
    SECOND_DUE_ON,
    SECOND_OPENS_ON,
    STRANGER,
    VCO,
    Told,
    a_place,
    a_report,
    a_scheduled_report,
    agree,
    an_open_report,
    at,
    drafted,
    in_force,
    propose,
    schedule,
)

from contracts.every_service import StepWarned
from contracts.monitoring import (
    MonitoringAgreed,
    MonitoringChangeAgreed,
    MonitoringProposed,
    MonitoringQuestion,
    ReportsScheduled,
)
from services.runtime.decisions import Actor, Waiting


def a_draft(place: str = "sutton", funder: str = "council") -> Told:
    return Told(a_place(place)).add(drafted(funder))


def kinds(events: object) -> list[type]:
    assert isinstance(events, list), events
    return [type(event) for event in events]


# Agreeing


@pytest.mark.parametrize("proposer", [COMMISSIONER, MANAGER])
def test_the_funder_proposes_and_the_partner_agrees(proposer: Actor) -> None:
    told = a_draft()

    (proposed,) = propose(told, proposer)
    (agreed,) = agree(told)

    assert isinstance(proposed, MonitoringProposed)
    assert (proposed.by_funder, str(proposed.citation)) == (True, "Sutton Compact 3.3.5")
    assert isinstance(agreed, MonitoringAgreed)
    assert (agreed.reports, agreed.agreed_by) == (BOTH_REPORTS, PARTNER.person)
    assert told.row("monitoring_plans", AGREEMENT)["status"] == "agreed"


def test_the_partner_may_propose_too_and_then_the_funder_agrees() -> None:
    told = a_draft()

    (proposed,) = propose(told, PARTNER)

    assert proposed.by_funder is False
    assert kinds(agree(told, MANAGER)) == [MonitoringAgreed]


@pytest.mark.parametrize(
    ("proposer", "agreer"), [(COMMISSIONER, COMMISSIONER), (COMMISSIONER, MANAGER), (PARTNER, PARTNER)]
)
def test_nobody_agrees_to_the_proposal_of_their_own_side(proposer: Actor, agreer: Actor) -> None:
    told = a_draft()
    propose(told, proposer)

    refused = agree(told, agreer)

    assert refused.code == "own_proposal"
    assert str(refused.citation) == "Sutton Compact 3.3.5"
    assert refused.remedy


@pytest.mark.parametrize(
    "actor",
    [STRANGER, Actor("p", "commissioner", "police"), Actor("p", "finance", "council"), Actor("p", "commissioner", VCO)],
)
def test_nobody_but_the_two_parties_proposes_or_agrees(actor: Actor) -> None:
    told = a_draft()

    assert propose(told, actor).status == 403
    propose(told)
    assert agree(told, actor).status == 403


def test_an_agreement_that_does_not_exist_is_unknown() -> None:
    assert propose(Told()).status == 404
    assert agree(Told()).status == 404


def test_a_proposal_that_does_not_exist_is_unknown() -> None:
    assert agree(a_draft(), proposal="elsewhere").code == "proposal_unknown"


def test_a_later_proposal_takes_the_place_of_the_earlier() -> None:
    told = a_draft()
    propose(told)
    propose(told, PARTNER, proposal_id="pr2")

    refused = agree(told)

    assert refused.code == "proposal_superseded"
    assert "pr2" in refused.remedy
    assert kinds(agree(told, COMMISSIONER, "pr2")) == [MonitoringAgreed]


def test_what_was_said_before_is_already_so() -> None:
    told = a_draft()
    propose(told)

    assert propose(told) == []
    agree(told)
    assert agree(told) == []
    assert propose(told) == []


# The gates


def test_a_form_is_open_for_twenty_working_days_before_the_report_is_due() -> None:
    # 1 July 2014 and twenty working days: 29 July.
    enough = a_report(due_on=date(2014, 7, 29))

    assert kinds(propose(a_draft(), reports=(enough,))) == [MonitoringProposed]


@pytest.mark.parametrize("proposer", [COMMISSIONER, PARTNER])
def test_a_form_open_for_less_is_refused_with_the_earliest_date(proposer: Actor) -> None:
    short = a_report(due_on=date(2014, 7, 28))

    refused = propose(a_draft(), proposer, reports=(short,))

    assert refused.code == "form_open_too_short"
    assert str(refused.citation) == "Sutton Compact 3.3.10"
    assert "29 July 2014" in refused.remedy


def test_a_bank_holiday_does_not_count_among_the_twenty_days() -> None:
    # From Friday 1 August 2014, with Monday 25 August a holiday.
    friday, monday = (a_report(opens_on=date(2014, 8, 1), due_on=day) for day in (date(2014, 8, 29), date(2014, 9, 1)))

    assert "1 September 2014" in propose(a_draft(), reports=(friday,)).remedy
    assert kinds(propose(a_draft(), reports=(monday,))) == [MonitoringProposed]


def test_a_form_cannot_have_opened_before_it_was_proposed() -> None:
    backdated = a_report(opens_on=DRAFTED_ON - timedelta(days=90), due_on=DRAFTED_ON + timedelta(days=3))

    assert propose(a_draft(), reports=(backdated,)).code == "form_open_too_short"


def test_every_outcome_of_the_agreement_is_asked_about() -> None:
    refused = propose(a_draft(), questions=BOTH_QUESTIONS[:1])

    assert refused.code == "outcome_not_monitored"
    assert str(refused.citation) == "Sutton Compact 3.3.5"
    assert "o2" in refused.sentence
    assert refused.remedy


def test_a_pending_signatory_is_warned_only() -> None:
    told = a_draft(funder=HEALTH)
    short = (a_report(due_on=date(2014, 7, 2)),)

    decided = propose(told, Actor("p", "commissioner", HEALTH), reports=short, questions=BOTH_QUESTIONS[:1])

    assert kinds(decided) == [StepWarned, StepWarned, MonitoringProposed]
    assert [event.code for event in decided[:2]] == ["form_open_too_short", "outcome_not_monitored"]
    assert decided[0].body_id == HEALTH
    assert decided[2].citation is None


def test_a_partner_is_not_warned_in_the_place_of_a_pending_signatory() -> None:
    short = (a_report(due_on=date(2014, 7, 2)),)

    assert kinds(propose(a_draft(funder=HEALTH), PARTNER, reports=short)) == [MonitoringProposed]


def test_a_place_without_these_rules_has_neither_gate_nor_citation() -> None:
    told = a_draft("coventry")

    (proposed,) = propose(told, reports=(a_report(due_on=date(2014, 7, 2)),), questions=BOTH_QUESTIONS[:1])

    assert proposed.citation is None
    assert agree(told, COMMISSIONER).citation is None
    assert kinds(agree(told)) == [MonitoringAgreed]


@pytest.mark.parametrize("place", ["sutton", "coventry"])
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"reports": (a_report(due_on=date(2014, 6, 30)),)}, "due_before_form_opens"),
        ({"reports": (a_report(), a_report())}, "period_repeated"),
        ({"questions": (*BOTH_QUESTIONS, MonitoringQuestion(id="q3", outcome_id="o9"))}, "outcome_unknown"),
        ({"reports": (a_report(due_on=date(2099, 1, 1)),)}, "date_beyond_calendar"),
    ],
)
def test_a_muddled_proposal_is_refused_everywhere_without_a_citation(place: str, changed: dict, code: str) -> None:
    refused = propose(a_draft(place), **changed)

    assert refused.code == code
    assert refused.citation is None


# Scheduling and changing


def test_reports_are_scheduled_once_the_agreement_is_in_force() -> None:
    told = a_draft()
    propose(told)
    agree(told)

    assert isinstance(schedule(told), Waiting)
    told.add(in_force())
    (scheduled,) = schedule(told)

    assert isinstance(scheduled, ReportsScheduled)
    assert scheduled.reports == BOTH_REPORTS
    assert schedule(told) == []
    assert told.timers() == {"open_report": BOTH_REPORTS[0].opens_on}


def test_scheduling_waits_for_monitoring_that_is_not_agreed_yet() -> None:
    told = a_draft().add(in_force())

    assert isinstance(schedule(told), Waiting)


LATER = (a_report(2, SECOND_OPENS_ON, SECOND_DUE_ON + timedelta(days=21), "pr2"),)


def test_agreed_monitoring_changes_only_with_a_reason_and_both_sides() -> None:
    told = an_open_report()
    midterm = date(2014, 9, 1)

    refused = propose(told, day=midterm, proposal_id="pr2", reports=LATER)
    propose(told, day=midterm, proposal_id="pr2", reports=LATER, change_reasoned=True)
    own = agree(told, COMMISSIONER, "pr2", midterm)
    agreed = agree(told, PARTNER, "pr2", midterm)

    assert refused.code == "change_without_reason"
    assert str(refused.citation) == "Sutton Compact 3.3.5"
    assert own.code == "own_proposal"
    assert kinds(agreed) == [MonitoringChangeAgreed, ReportsScheduled]
    assert agreed[0].former_proposal_id == "pr1"
    assert agreed[1].dropped == ("pr1-2",)


def test_a_change_leaves_open_reports_and_replaces_those_to_come() -> None:
    told = an_open_report()
    midterm = date(2014, 9, 1)

    propose(told, day=midterm, proposal_id="pr2", reports=LATER, change_reasoned=True)
    agree(told, PARTNER, "pr2", midterm)

    assert told.row("reports", "pr1-1")["status"] == "open"
    assert ("reports", "pr1-2") not in told.rows
    assert told.row("reports", "pr2-2")["due_on"] == LATER[0].due_on
    assert {key[2] for key, _ in told.timer_rows()} == {f"{AGREEMENT}/pr1-1", f"{AGREEMENT}/pr2-2"}


def test_a_period_whose_form_is_open_is_not_proposed_again() -> None:
    told = an_open_report()
    again = (a_report(1, date(2014, 10, 1), date(2014, 12, 1), "pr2"),)

    refused = propose(told, day=date(2014, 9, 1), proposal_id="pr2", reports=again, change_reasoned=True)

    assert refused.code == "report_already_open"


def test_a_proposal_is_not_agreed_once_the_form_of_its_period_has_opened() -> None:
    told = a_scheduled_report()
    propose(told, proposal_id="pr2", reports=(a_report(proposal="pr2"),), change_reasoned=True)
    told.ring(at(date(2014, 7, 1)))

    assert agree(told, proposal="pr2", day=date(2014, 7, 1)).code == "report_already_open"
