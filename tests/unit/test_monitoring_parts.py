from datetime import date

import pytest
from monitoring_givens import (
    BOTH_QUESTIONS,
    BOTH_REPORTS,
    COMMISSIONER,
    DRAFTED_ON,
    DUE_ON,
    HEALTH,
    OPENS_ON,
    PARTNER,
    SECOND_DUE_ON,
    SECOND_OPENS_ON,
    Told,
    a_place,
    a_report,
    agree,
    at,
    document,
    drafted,
    in_force,
    nominated,
    propose,
    schedule,
    submit,
)
from pydantic import ValidationError

from contracts.every_service import StepWarned
from contracts.monitoring import (
    MonitoringProposed,
    MonitoringQuestion,
    QuestionKind,
    ReportDue,
    ReportPart,
    ReportSubmitted,
)
from services.monitoring.forms import QuestionForm

VALUE, EQUALITY = ReportPart.VALUE, ReportPart.EQUALITY


def opened(place: str = "sutton", pounds: int = 20_000) -> Told:
    told = Told(a_place(place)).add(drafted(pounds=pounds))
    propose(told)
    agree(told)
    told.add(nominated(), in_force())
    schedule(told)
    told.ring(at(OPENS_ON))
    return told


def asked(told: Told) -> list[tuple[ReportPart, ...]]:
    told.ring(at(SECOND_OPENS_ON))
    return [event.data.parts for event in told.facts if isinstance(event.data, ReportDue)]


@pytest.mark.parametrize(("pounds", "parts"), [(24_999, ()), (25_000, (VALUE,))])
def test_value_is_asked_of_reports_on_support_that_is_large_enough(pounds, parts):
    assert asked(opened(pounds=pounds)) == [parts, (*parts, EQUALITY)]


def test_a_report_without_its_value_is_refused_with_what_would_clear_it():
    told = opened(pounds=60_000)

    refused = submit(told, at(DUE_ON))
    given = submit(told, at(DUE_ON), parts=(VALUE,))

    assert (refused.code, str(refused.citation)) == ("value_not_shown", "Sutton Compact 3.3.11")
    assert "`value`" in refused.remedy
    assert isinstance(given[0], ReportSubmitted)
    assert given[0].parts == (VALUE,)


def test_the_last_report_of_a_year_shows_what_the_work_does_for_equality():
    told = opened()
    told.ring(at(SECOND_OPENS_ON))
    second = {"report_id": "pr1-2", "which": "second"}

    refused = submit(told, at(SECOND_DUE_ON), **second)
    given = submit(told, at(SECOND_DUE_ON), parts=(EQUALITY,), **second)

    assert (refused.code, str(refused.citation)) == ("equality_not_shown", "Sutton Compact 3.5.4")
    assert isinstance(given[0], ReportSubmitted)


def test_coventry_asks_for_neither_and_cites_nothing():
    told = opened("coventry", pounds=60_000)

    assert isinstance(submit(told, at(DUE_ON))[0], ReportSubmitted)
    assert asked(told) == [(), ()]


def test_a_funder_asks_a_small_partner_for_one_report_a_year_and_no_more():
    told = Told(a_place()).add(drafted(pounds=9_999))
    yearly = (a_report(), a_report(2, date(2015, 7, 1), date(2015, 8, 14)))

    refused = propose(told)

    assert (refused.code, str(refused.citation)) == ("reports_too_often", "Sutton Compact 3.3.5")
    assert isinstance(propose(told, reports=yearly)[-1], MonitoringProposed)


def test_a_small_partner_may_offer_to_report_more_often_and_a_larger_one_is_asked_more_often():
    offered = propose(Told(a_place()).add(drafted(pounds=9_999)), PARTNER)
    larger = propose(Told(a_place()).add(drafted(pounds=10_000)))

    assert isinstance(offered[-1], MonitoringProposed)
    assert isinstance(larger[-1], MonitoringProposed)


def test_a_pending_signatory_that_asks_too_often_is_warned_only():
    told = Told(a_place()).add(drafted(HEALTH, pounds=9_999))
    funder = COMMISSIONER.__class__(COMMISSIONER.person, COMMISSIONER.role, HEALTH)

    facts = propose(told, funder, reports=BOTH_REPORTS, day=DRAFTED_ON, document=document("p"))

    assert [type(fact) for fact in facts] == [StepWarned, MonitoringProposed]
    assert facts[0].code == "reports_too_often"


MILESTONE = MonitoringQuestion(id="m1", outcome_id="o1", kind=QuestionKind.MILESTONE, reached_by=DUE_ON)
OUTPUT = MonitoringQuestion(id="x1", outcome_id="o2", kind=QuestionKind.OUTPUT)


@pytest.mark.parametrize(
    ("place", "programme", "cited"),
    [
        ("sutton", "spp", "Strategic Partner Programme Aims"),
        (
            "coventry", "neighbourhoods",
            "Developing a commissioning approach to partnership work The Specification",
        ),
    ],
)  # fmt: skip
def test_milestones_and_outputs_stand_beside_outcomes_that_stay_first(place, programme, cited):
    told = Told(a_place(place)).add(drafted(rules_key=programme))

    alone = propose(told, questions=(BOTH_QUESTIONS[0], MILESTONE, OUTPUT))
    beside = propose(told, questions=(*BOTH_QUESTIONS, MILESTONE, OUTPUT))

    assert (alone.code, str(alone.citation)) == ("outcomes_come_first", cited)
    assert "x1" in alone.sentence
    assert "m1" not in alone.sentence
    assert isinstance(beside[-1], MonitoringProposed)
    assert beside[-1].questions[2:] == (MILESTONE, OUTPUT)


@pytest.mark.parametrize(
    ("kind", "reached_by", "well"),
    [
        ("milestone", "2014-12-01", True),
        ("milestone", None, False),
        ("output", "2014-12-01", False),
        ("output", None, True),
    ],
)  # fmt: skip
def test_a_milestone_and_nothing_else_has_a_date(kind, reached_by, well):
    words = dict.fromkeys(("what", "why", "how_used"), "Long enough to be read.")
    form = {"id": "q1", "outcome_id": "o1", "kind": kind, "reached_by": reached_by, **words}

    if well:
        assert QuestionForm(**form).kind == kind
    else:
        with pytest.raises(ValidationError, match="by when it is to be reached"):
            QuestionForm(**form)
