"""Which rows of the Compact's record facts make: for whom, under which deed, and what is struck again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from change_samples import sample

from contracts.envelope import Event
from contracts.every_service import StepRefused, StepWarned
from contracts.rules import Citation
from services.funding.__main__ import service
from services.funding.scorecard_table import ScorecardFacts
from services.runtime import tables
from services.runtime.decisions import Recorded

NOW = datetime(2014, 4, 1, 9, 0, tzinfo=UTC)
COUNCIL, POLICE = "sutton-council", "sutton-police"
TIMELY = Citation(document="Sutton Compact", clause="3.3.4")
Rows = dict[tuple[str, str], dict[str, Any]]


def rows(*facts: Event, source: str = "/sutton/funding") -> Rows:
    """The rows that stand after these facts, with those that only wait for something."""
    found: dict[Any, Any] = {}
    for position, fact in enumerate(facts, 1):
        event = Recorded(position, f"e{position}", source, NOW, NOW, "p", "r", "o", "c", "", fact.tags, fact)
        for change in service.projections.changes(event):
            if change.table is ScorecardFacts:
                found[change.row_key] = tables._apply(
                    ScorecardFacts, change.row_key, found.get(change.row_key), [change]
                )
    return {key: row for key, row in found.items() if row is not None}


def deeds(*facts: Event) -> dict[str, str]:
    """The deeds that count, each with its body."""
    return {row["deed"]: row["body"] for row in rows(*facts).values() if row["counts"] and row["awaited"] <= 0}


def numbers(*facts: Event) -> Counter[str]:
    return Counter(row["deed"] for row in rows(*facts).values() if row["counts"] and row["awaited"] <= 0)


@pytest.mark.parametrize(
    "wire",
    ["funding.clauses_drafted", "funding.programme_published", "funding.term_reasoned", "funding.risks_allocated",
     "funding.financing_model_chosen", "funding.impact_assessed", "funding.reallocation_assessed",
     "funding.change_meeting_held", "funding.change_agreed", "funding.change_not_agreed", "funding.sums_made_good",
     "funding.redundancy_view_given", "funding.term_end_answered", "funding.decision_review_overdue",
     "monitoring.monitoring_agreed", "monitoring.funder_answer_overdue", "monitoring.remedial_timetable_agreed",
     "monitoring.remedial_timetable_not_agreed", "funding.notice_period_started"],
)  # fmt: skip
def test_what_a_funder_does_or_misses_counts_for_it(wire: str) -> None:
    assert deeds(sample(wire, funder_id=COUNCIL)) == {wire: COUNCIL}


@pytest.mark.parametrize(
    "wire", ["funding.own_estimate_given", "funding.exit_plan_overdue", "monitoring.annual_review_answered"]
)
def test_what_an_organisation_does_or_misses_counts_for_the_sector_without_its_name(wire: str) -> None:
    fact = sample(wire)

    assert deeds(fact) == {wire: ""}


def test_a_row_says_which_event_of_which_service_made_it_and_where() -> None:
    (row,) = rows(sample("monitoring.monitoring_agreed", agreement_id="a1"), source="/sutton/monitoring").values()

    said = (row["event_id"], row["type"], row["service"], row["position"], row["recorded"], row["about"])
    assert said == ("e1", "monitoring.monitoring_agreed", "monitoring", 1, NOW, "agreement:a1")


def test_what_is_settled_twice_about_one_thing_counts_once() -> None:
    chosen = sample("funding.financing_model_chosen", agreement_id="a1")

    assert numbers(chosen, chosen) == {"funding.financing_model_chosen": 1}
    assert numbers(chosen, sample("funding.financing_model_chosen", agreement_id="a2")).total() == 2


def test_a_payment_in_time_is_done_and_one_that_waited_for_the_funder_is_missed() -> None:
    overdue = sample("funding.payment_overdue", payment_id="a.1", funder_id=COUNCIL, waited_for="funder")
    late = sample("funding.payment_made", payment_id="a.1", funder_id=COUNCIL, late=True, waited_for="funder")
    in_time = sample("funding.payment_made", payment_id="a.2", funder_id=COUNCIL, late=False)

    assert deeds(in_time) == {"funding.payment_made": COUNCIL}
    assert deeds(overdue) == deeds(late) == {"funding.payment_overdue": COUNCIL}
    assert numbers(overdue, late, in_time) == {"funding.payment_overdue": 1, "funding.payment_made": 1}


def test_a_payment_that_waited_for_the_organisation_does_not_count_against_its_funder() -> None:
    overdue = sample("funding.payment_overdue", payment_id="a.1", waited_for="organisation")
    made = sample("funding.payment_made", payment_id="a.1", late=True, waited_for="organisation")

    assert deeds(overdue) == {}
    assert numbers(overdue, made) == {"funding.payment_made": 1}


def test_a_payment_that_came_back_and_was_made_again_counts_once() -> None:
    made = sample("funding.payment_made", payment_id="a.1", late=False)

    assert numbers(made, sample("funding.payment_returned", payment_id="a.1"), made) == {"funding.payment_made": 1}


def test_a_rationale_counts_for_the_funder_that_the_award_names() -> None:
    given = sample("funding.rationale_given", bid_id="b1")
    awarded = sample("funding.bid_awarded", bid_id="b1", funder_id=COUNCIL)

    for facts in ((given, awarded), (awarded, given)):
        assert deeds(*facts) == {"funding.rationale_given": COUNCIL, "funding.bid_awarded:eligible": ""}
    assert deeds(awarded) == {"funding.bid_awarded:eligible": ""}


@pytest.mark.parametrize(("ineligible", "word"), [(True, "ineligible"), (False, "eligible")])
def test_a_declined_bid_says_its_rationale_and_whether_it_was_eligible(ineligible: bool, word: str) -> None:
    declined = sample("funding.bid_declined", funder_id=COUNCIL, ineligible=ineligible)

    assert deeds(declined) == {"funding.bid_declined": COUNCIL, f"funding.bid_declined:{word}": ""}


@pytest.mark.parametrize(("late", "counted"), [(False, {"funding.decision_review_answered": COUNCIL}), (True, {})])
def test_a_review_answered_late_is_not_done(late: bool, counted: dict[str, str]) -> None:
    assert deeds(sample("funding.decision_review_answered", funder_id=COUNCIL, late=late)) == counted


@pytest.mark.parametrize(
    ("finding", "late", "counted"),
    [("not_upheld", False, ""), ("put_right", False, ""), ("upheld", False, ":upheld"), ("upheld", True, ":upheld"),
     ("not_upheld", True, None)],
)  # fmt: skip
def test_an_upheld_concern_counts_against_the_body_that_it_is_about(
    finding: str, late: bool, counted: str | None
) -> None:
    wire = "partners.independence_concern_answered"
    answered = sample(wire, body_id=COUNCIL, answered_for=POLICE, finding=finding, late=late)

    assert deeds(answered) == ({f"{wire}{counted}": COUNCIL} if counted is not None else {})


def test_a_concern_nobody_answered_in_time_counts_against_the_body_that_it_is_about() -> None:
    wire = "partners.independence_answer_overdue"

    assert deeds(sample(wire, body_id=COUNCIL)) == {wire: COUNCIL}


def test_a_report_counts_for_what_it_shows_and_for_coming_in_time() -> None:
    wire = "monitoring.report_submitted"

    assert deeds(sample(wire, late=False, parts=[])) == {wire: ""}
    assert deeds(sample(wire, late=True, parts=["value", "equality"])) == {f"{wire}:value": "", f"{wire}:equality": ""}


def test_a_lateness_that_was_struck_is_not_counted_and_another_one_of_the_report_stays() -> None:
    wire = "monitoring.report_overdue"
    first, second = (sample(wire, report_id="r1", due_on=day) for day in ("2014-05-01", "2014-07-01"))
    struck = sample(f"{wire}_withdrawn", report_id="r1", due_on="2014-07-01")

    assert numbers(first, second) == {wire: 2}
    assert list(rows(first, second, struck)) == [(wire, "report:r1 2014-05-01")]


def test_a_funders_silence_is_no_answer_to_a_report() -> None:
    wire = "monitoring.report_accepted"

    assert deeds(sample(wire, funder_id=COUNCIL, by_silence=False)) == {wire: COUNCIL}
    assert deeds(sample(wire, by_silence=True)) == {}


@pytest.mark.parametrize(("side", "counted"), [("partner", {"monitoring.feedback_invited": ""}), ("funder", {})])
def test_an_invitation_counts_where_the_organisation_asks(side: str, counted: dict[str, str]) -> None:
    assert deeds(sample("monitoring.feedback_invited", side=side)) == counted


@pytest.mark.parametrize("wire", ["monitoring.remedial_action_completed", "monitoring.remedial_action_missed"])
def test_an_action_counts_for_the_side_whose_it_is(wire: str) -> None:
    ours = sample(wire, funder_id=COUNCIL, side="funder", action_id="one")
    theirs = sample(wire, funder_id=COUNCIL, side="partner", action_id="two")

    assert [row["body"] for row in rows(ours, theirs, theirs).values()] == [COUNCIL, ""]


def test_another_bodys_effect_counts_for_that_body() -> None:
    wire = "funding.partner_effect_reported"

    assert deeds(sample(wire, funder_id=COUNCIL, body_id=POLICE)) == {wire: POLICE}


def test_a_response_counts_as_answered_once_and_only_when_every_point_is() -> None:
    points = sample("funding.representation_received").model_dump()["points"][:1]
    about = {"representation_id": "s1", "change_id": "ch1"}
    two = [{**points[0], "part": number} for number in ("1", "2")]
    received = sample("funding.representation_received", **about, points=two, basis_stated=True)
    answered = [sample("funding.representation_answered", **about, funder_id=COUNCIL, point=n) for n in ("1", "2")]

    taken_part = {"funding.representation_received": "", "funding.representation_received:basis": ""}
    assert deeds(received) == deeds(received, answered[0]) == taken_part
    assert deeds(received, *answered) == {**taken_part, "funding.representation_answered": COUNCIL}
    assert numbers(received, *answered)["funding.representation_answered"] == 1


def test_a_response_without_its_basis_took_part_all_the_same() -> None:
    received = sample("funding.representation_received", basis=None, basis_stated=False)

    assert deeds(received) == {"funding.representation_received": ""}


def test_a_notice_whose_service_was_withdrawn_was_none_and_a_dissolved_organisation_had_its_notice() -> None:
    about = {"change_id": "ch1", "notice_id": "n1"}
    started = sample("funding.notice_period_started", **about)
    stopped = {
        why: sample("funding.notice_period_stopped", **about, because=why)
        for why in ("service_withdrawn", "organisation_dissolved")
    }

    assert rows(started, stopped["service_withdrawn"]) == {}
    assert numbers(started, stopped["organisation_dissolved"]) == {"funding.notice_period_started": 1}


@pytest.mark.parametrize(("late", "counted"), [(False, {"funding.exit_plan_submitted": ""}), (True, {})])
def test_an_exit_plan_counts_in_time(late: bool, counted: dict[str, str]) -> None:
    assert deeds(sample("funding.exit_plan_submitted", late=late)) == counted


def test_a_step_set_aside_counts_by_its_step() -> None:
    aside = sample("funding.undertaking_set_aside", step="impact", funder_id=COUNCIL)

    assert deeds(aside) == {"funding.undertaking_set_aside:impact": COUNCIL}


def refusal(kind: Any = StepRefused, code: str = "payment_late", about: str = "payment:a.1") -> Event:
    fact: Event = kind(body_id=COUNCIL, command="MakePayment", code=code, citation=TIMELY, about=about)
    return fact


@pytest.mark.parametrize("kind", [StepRefused, StepWarned])
def test_a_refusal_keeps_what_it_cites_and_each_is_one(kind: Any) -> None:
    found = rows(refusal(kind), refusal(kind))

    assert [
        (row["deed"], row["cited_document"], row["cited_clause"], row["code"], row["about"], row["change_id"])
        for row in found.values()
    ] == [(kind.wire, "Sutton Compact", "3.3.4", "payment_late", "payment:a.1", "")] * 2


def test_what_is_about_a_change_says_so() -> None:
    facts: Sequence[Event] = (refusal(about="change:ch1"), sample("funding.impact_assessed", change_id="ch1"))

    assert [row["change_id"] for row in rows(*facts).values()] == ["ch1", "ch1"]


def test_a_refusal_that_tells_of_feedback_is_marked_as_such() -> None:
    assert list(deeds(refusal(code="independence_concern_open"))) == ["compact.step_refused:feedback"]
    assert list(deeds(refusal(StepWarned, code="point_unanswered"))) == ["compact.step_warned:feedback"]
