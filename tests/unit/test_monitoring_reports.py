"""Reports fall due as agreed and are handed in; one that is late is recorded as late (Sutton Compact 3.3.10)."""

from datetime import date, datetime, timedelta

import pytest
from monitoring_givens import (
    ALL_OUTCOMES,
    COUNCIL,
    DAY,
    DUE_ON,
    MANAGER,
    OPENS_ON,
    PARTNER,
    REPORT,
    RULES,
    STRANGER,
    SYSTEM,
    VCO,
    Told,
    a_scheduled_report,
    a_submitted_report,
    accept,
    an_open_report,
    at,
    step,
    submit,
)

from contracts.monitoring import (
    OutcomeReported,
    OutcomeStatus,
    ReportDue,
    ReportOverdue,
    ReportOverdueWithdrawn,
    ReportSubmitted,
)
from services.monitoring import reports
from services.monitoring.reports import OutcomeGiven
from services.runtime.calendar import add_working_days
from services.runtime.decisions import Actor

CALENDAR = RULES["sutton"].calendar
ANSWER_DUE_ON = add_working_days(DUE_ON, 20, CALENDAR)


def kinds(events: object) -> list[type]:
    assert isinstance(events, list), events
    return [type(event) for event in events]


# The form opens


def test_a_form_opens_on_its_day_with_a_reminder_five_working_days_before_the_date() -> None:
    told = a_scheduled_report()

    assert told.ring(at(OPENS_ON - DAY)) == []
    (due,) = told.ring(at(OPENS_ON))

    assert isinstance(due, ReportDue)
    assert str(due.citation) == "Sutton Compact 3.3.10"
    assert (due.opened_on, due.due_on, due.remind_on) == (OPENS_ON, DUE_ON, date(2014, 7, 24))
    assert due.calendar_version == CALENDAR.version
    assert told.timers() == {"mark_overdue": DUE_ON + DAY}


def test_a_form_that_opens_late_is_still_open_for_twenty_working_days() -> None:
    told = a_scheduled_report()

    (due,) = told.ring(at(date(2014, 7, 21)))

    assert (due.opened_on, due.due_on) == (date(2014, 7, 21), date(2014, 8, 18))


def test_a_form_opens_once() -> None:
    told = an_open_report()

    assert step(told, reports.open_form, reports.OpenReport, SYSTEM, at(OPENS_ON)) == []


def test_a_place_without_the_rule_keeps_the_agreed_date_and_reminds_nobody() -> None:
    told = a_scheduled_report("coventry")

    (due,) = told.ring(at(date(2014, 7, 21)))

    assert (due.due_on, due.remind_on, due.citation) == (DUE_ON, None, None)


# Handing in


def test_a_report_is_handed_in_with_every_outcome() -> None:
    told = an_open_report()

    submitted, first, second = submit(told, at(DUE_ON))

    assert isinstance(submitted, ReportSubmitted)
    assert isinstance(first, OutcomeReported)
    assert (submitted.late, submitted.submitted_by, submitted.answer_due_on) == (False, PARTNER.person, ANSWER_DUE_ON)
    assert submitted.opens == (submitted.document,)
    assert (first.outcome_id, first.people, first.measured, first.unit) == ("o1", 42, 12, "organisations")
    assert (second.outcome_id, second.status) == ("o2", OutcomeStatus.NOT_YET)
    assert told.timers() == {"accept_unanswered": ANSWER_DUE_ON + DAY}
    assert told.row("outcomes_reported", REPORT, "o1")["people"] == 42


@pytest.mark.parametrize(("people", "kept"), [(None, None), (0, None), (1, None), (4, None), (5, 5), (42, 42)])
def test_counts_of_people_below_five_are_left_out(people: int | None, kept: int | None) -> None:
    outcomes = (OutcomeGiven("o1", OutcomeStatus.PARTLY, people=people), ALL_OUTCOMES[1])

    _, first, _ = submit(an_open_report(), at(DUE_ON), outcomes=outcomes)

    assert first.people == kept


def test_a_report_that_leaves_an_outcome_out_is_refused() -> None:
    refused = submit(an_open_report(), at(DUE_ON), outcomes=ALL_OUTCOMES[:1])

    assert refused.code == "outcome_not_reported"
    assert str(refused.citation) == "Sutton Compact 3.3.10"
    assert "o2" in refused.sentence
    assert refused.remedy


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ((*ALL_OUTCOMES, OutcomeGiven("o9", OutcomeStatus.PARTLY)), "outcome_unknown"),
        ((*ALL_OUTCOMES, ALL_OUTCOMES[0]), "outcome_repeated"),
    ],
)
def test_a_muddled_report_is_refused_without_a_citation(outcomes: tuple[OutcomeGiven, ...], code: str) -> None:
    refused = submit(an_open_report(), at(DUE_ON), outcomes=outcomes)

    assert refused.code == code
    assert refused.citation is None


def test_a_report_is_not_taken_before_its_form_opens() -> None:
    assert submit(a_scheduled_report(), at(OPENS_ON)).code == "form_not_open"


@pytest.mark.parametrize("actor", [STRANGER, MANAGER, Actor("p", "vco_representative", COUNCIL)])
def test_nobody_but_the_partner_hands_in_its_report(actor: Actor) -> None:
    refused = submit(an_open_report(), at(DUE_ON), actor)

    assert (refused.code, refused.status, refused.citation) == ("not_your_report", 403, None)


def test_a_report_that_was_never_asked_for_is_unknown() -> None:
    assert submit(an_open_report(), at(DUE_ON), report_id="r9").status == 404
    assert submit(Told(), at(DUE_ON)).status == 404


def test_a_report_handed_in_again_is_already_so_and_another_is_refused() -> None:
    told = a_submitted_report()

    assert submit(told, at(DUE_ON)) == []
    refused = submit(told, at(DUE_ON), which="another")
    accept(told, at(DUE_ON))

    assert refused.code == "report_already_submitted"
    assert refused.remedy
    assert submit(told, at(DUE_ON)) == []
    assert submit(told, at(DUE_ON), which="another").code == "report_already_accepted"


@pytest.mark.parametrize(
    ("opens_on", "due_on", "last_moment"),
    [
        (OPENS_ON, DUE_ON, datetime.fromisoformat("2014-07-31T22:59:59+00:00")),
        (date(2014, 11, 3), date(2014, 12, 31), datetime.fromisoformat("2014-12-31T23:59:59+00:00")),
    ],
)
def test_a_date_ends_at_midnight_in_london_in_summer_and_in_winter(
    opens_on: date, due_on: date, last_moment: datetime
) -> None:
    told = a_scheduled_report()
    told.ring(at(opens_on))
    told.facts[-1] = told.facts[-1]._replace(data=told.facts[-1].data.model_copy(update={"due_on": due_on}))
    at_midnight = last_moment + timedelta(seconds=1)

    in_time = submit(Told(told.place, [*told.facts]), last_moment)
    late = submit(Told(told.place, [*told.facts]), at_midnight)
    overdue = [
        step(told, reports.mark_overdue, reports.MarkReportOverdue, SYSTEM, moment)
        for moment in (last_moment, at_midnight)
    ]

    assert (in_time[0].late, late[0].late) == (False, True)
    assert overdue[0] == []
    assert kinds(overdue[1]) == [ReportOverdue]


# Lateness of the partner


def test_a_report_becomes_overdue_by_itself_and_is_no_longer_once_it_comes() -> None:
    told = an_open_report()

    (overdue,) = told.ring(at(DUE_ON + DAY))
    assert isinstance(overdue, ReportOverdue)
    assert overdue.due_on == DUE_ON
    assert told.row("overdue_reports", REPORT)["organisation_id"] == VCO
    assert told.timers() == {}
    submitted, *_ = submit(told, at(DUE_ON + 2 * DAY))

    assert submitted.late
    assert ("overdue_reports", REPORT) not in told.rows


def test_a_report_received_in_time_and_decided_later_strikes_the_lateness() -> None:
    told = an_open_report()
    told.ring(at(DUE_ON + DAY))

    struck, submitted, *_ = submit(told, at(DUE_ON, 22))

    assert isinstance(struck, ReportOverdueWithdrawn)
    assert not submitted.late
    assert ("overdue_reports", REPORT) not in told.rows
    assert not told.row("reports", REPORT)["overdue"]


def test_a_report_in_hand_does_not_become_overdue() -> None:
    told = a_submitted_report()

    assert step(told, reports.mark_overdue, reports.MarkReportOverdue, SYSTEM, at(DUE_ON + DAY)) == []
