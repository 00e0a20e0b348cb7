from datetime import date

import pytest
from performance_givens import (
    BOTH,
    MEETING,
    SECOND_MEETING,
    STARTS,
    an_agreement,
    clocks,
    hold,
    ring,
    too_early,
)

from contracts.monitoring import MonitoringClosed
from contracts.reviews import PerformanceClosed, QuarterlyReviewDue, QuarterlyReviewHeld, QuarterlyReviewMissed
from services.monitoring import performance_closing
from tests.unit.monitoring_givens import (
    AGREEMENT,
    COMMISSIONER,
    COUNCIL,
    DAY,
    DEPUTY,
    OTHER_MANAGER,
    PARTNER,
    SYSTEM,
    VCO,
    at,
)

HELD = date(2014, 8, 20)
LAST = date(2014, 9, 1)


def test_meetings_stand_at_least_quarterly_from_the_coming_into_force_to_the_end_of_the_term():
    told = an_agreement()

    missed = clocks(told, "mark_meeting_missed")
    reviews = clocks(told, "open_review")

    assert [day - DAY for day in missed.values()][:4] == [
        date(2014, 9, 1), date(2014, 12, 1), date(2015, 3, 1), date(2015, 6, 1),
    ]  # fmt: skip
    assert len(missed) == 12
    assert list(reviews.values()) == [date(2015, 6, 1), date(2016, 6, 1), date(2017, 6, 1)]


def test_an_agreement_that_comes_into_force_late_has_its_meetings_from_that_day_on():
    told = an_agreement(day=date(2014, 7, 15))

    assert clocks(told, "mark_meeting_missed")[MEETING] == date(2014, 10, 16)


def test_an_agreement_read_late_after_an_outage_has_its_meetings_from_the_day_it_came_into_force():
    told = an_agreement(day=date(2014, 7, 15), read_on=date(2014, 9, 30))

    assert clocks(told, "mark_meeting_missed")[MEETING] == date(2014, 10, 16)


def test_a_programme_that_asks_for_no_meetings_gets_none():
    told = an_agreement("coventry", rules_key="neighbourhoods")

    assert not clocks(told, "mark_meeting_missed")
    assert not clocks(told, "open_review")


def test_a_meeting_is_reminded_of_five_working_days_before_its_last_date_and_missed_by_itself_after_it():
    told = an_agreement()

    assert ring(told, date(2014, 8, 21)) == []
    assert [type(fact) for fact in ring(told, date(2014, 8, 22))] == [QuarterlyReviewDue]
    assert ring(told, LAST) == []
    [missed] = ring(told, LAST + DAY)

    assert isinstance(missed, QuarterlyReviewMissed)
    assert str(missed.citation) == "Strategic Partner Programme Checks and balances"
    assert told.row("performance_meetings", MEETING)["status"] == "missed"


def test_a_meeting_is_neither_reminded_of_nor_missed_a_day_too_early():
    told = an_agreement()

    assert too_early(told, "remind_of_meeting", MEETING, date(2014, 8, 21)) == []
    assert too_early(told, "mark_meeting_missed", MEETING, LAST) == []


def test_a_meeting_held_with_the_partner_on_every_outcome_is_no_longer_waited_for():
    told = an_agreement()

    [held] = hold(told, HELD)

    assert (held.late, held.attended, held.recorded_by) == (False, BOTH, "p-manager")
    assert MEETING not in clocks(told, "mark_meeting_missed") | clocks(told, "remind_of_meeting")
    assert hold(told, HELD) == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"outcome_ids": ("o1",)}, "outcome_not_reviewed"),
        ({"attended": BOTH[:1]}, "meeting_without_both_sides"),
        ({"held_on": STARTS}, "meeting_of_earlier_quarter"),
    ],
)
def test_a_meeting_that_is_none_is_refused_with_what_would_clear_it(changed, code):
    refused = hold(an_agreement(), HELD, **changed)

    assert (refused.code, str(refused.citation)) == (code, "Strategic Partner Programme Checks and balances")
    assert refused.remedy


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"outcome_ids": ("o1", "o2", "o9")}, "outcome_unknown"), ({"held_on": LAST}, "meeting_to_come")],
)
def test_a_muddled_meeting_is_refused_without_a_citation(changed, code):
    refused = hold(an_agreement(), HELD, **changed)

    assert (refused.code, refused.citation) == (code, None)


def test_one_day_never_counts_for_two_quarters():
    told = an_agreement()
    hold(told, HELD)

    refused = hold(told, HELD, which=SECOND_MEETING)

    assert refused.code == "meeting_of_earlier_quarter"


def test_a_missed_meeting_is_still_held_and_is_late():
    told = an_agreement()
    ring(told, LAST + DAY)

    [held] = hold(told, date(2014, 9, 10))

    assert isinstance(held, QuarterlyReviewHeld)
    assert held.late
    assert told.row("performance_meetings", MEETING)["status"] == "held"


def test_a_meeting_held_in_time_and_entered_late_is_in_time():
    told = an_agreement()
    ring(told, LAST + DAY)

    [held] = hold(told, date(2014, 9, 10), held_on=HELD)

    assert not held.late


@pytest.mark.parametrize(
    ("actor", "status"), [(PARTNER, 403), (COMMISSIONER, 403), (OTHER_MANAGER, 409)], ids=lambda it: str(it)
)
def test_only_the_nominated_manager_or_a_delegate_records_a_meeting(actor, status):
    assert hold(an_agreement(), HELD, actor).status == status
    assert isinstance(hold(an_agreement(), HELD, DEPUTY)[0], QuarterlyReviewHeld)


def test_nothing_is_waited_for_from_an_organisation_that_no_longer_exists():
    told = an_agreement()
    told.add(MonitoringClosed(
        agreement_id=AGREEMENT, organisation_id=VCO, funder_id=COUNCIL, report_ids=(), closed_on=HELD
    ))  # fmt: skip
    command = performance_closing.ClosePerformance(actor=SYSTEM, now=at(HELD), agreement_id=AGREEMENT)

    [closed] = told.do(performance_closing.close, command, performance_closing.facts_of)

    assert isinstance(closed, PerformanceClosed)
    assert told.timer_rows() == []
    assert told.do(performance_closing.close, command, performance_closing.facts_of) == []
    assert hold(told, HELD).code == "monitoring_closed"
