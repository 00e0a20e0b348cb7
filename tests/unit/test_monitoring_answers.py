"""The nominated manager answers a report in time, or the lateness is the funder's (Sutton Compact 3.3.10)."""

from copy import deepcopy
from datetime import date, timedelta

import pytest
from monitoring_givens import (
    AGREEMENT,
    COMMISSIONER,
    COUNCIL,
    DAY,
    DEPUTY,
    DUE_ON,
    MANAGER,
    OPENS_ON,
    OTHER_MANAGER,
    PARTNER,
    REPORT,
    RULES,
    SYSTEM,
    VCO,
    a_submitted_report,
    accept,
    an_open_report,
    at,
    document,
    give_back,
    nominated,
    step,
    submit,
)

from contracts.monitoring import (
    FunderAnswerOverdue,
    MonitoringClosed,
    ReportAccepted,
    ReportReturned,
)
from contracts.partners import CommissioningManagerReplaced, OfficeHolderAppointed, OfficeHolderRemoved
from services.monitoring import reports
from services.runtime.calendar import add_working_days
from services.runtime.decisions import Actor
from tests.unit.monitoring_givens import recorded

CALENDAR = RULES["sutton"].calendar
ANSWER_DUE_ON = add_working_days(DUE_ON, 20, CALENDAR)
MUCH_LATER = DUE_ON + timedelta(days=60)


def kinds(events: object) -> list[type]:
    assert isinstance(events, list), events
    return [type(event) for event in events]


# The answer


def test_the_nominated_manager_accepts() -> None:
    told = a_submitted_report()

    (accepted,) = accept(told, at(ANSWER_DUE_ON))

    assert isinstance(accepted, ReportAccepted)
    assert (accepted.by_silence, accepted.accepted_by) == (False, MANAGER.person)
    assert accept(told, at(ANSWER_DUE_ON)) == []
    assert told.timers() == {}


def test_a_delegate_accepts_as_the_manager() -> None:
    (accepted,) = accept(a_submitted_report(), at(DUE_ON), DEPUTY)

    assert accepted.accepted_by == MANAGER.person


def test_another_manager_of_the_funder_does_not_answer() -> None:
    refused = accept(a_submitted_report(), at(DUE_ON), OTHER_MANAGER)

    assert refused.code == "not_the_nominated_manager"
    assert refused.status == 409
    assert refused.remedy
    assert str(refused.citation) == "Strategic Partner Programme Checks and balances"


def test_without_that_rule_another_manager_is_turned_away_without_a_citation() -> None:
    refused = accept(a_submitted_report("coventry"), at(DUE_ON), OTHER_MANAGER)

    assert (refused.code, refused.status, refused.citation) == ("not_the_nominated_manager", 403, None)


def test_where_nobody_needs_to_be_nominated_any_manager_of_the_funder_answers() -> None:
    told = an_open_report("coventry", manager=None)
    submit(told, at(DUE_ON))

    assert kinds(accept(told, at(DUE_ON), OTHER_MANAGER)) == [ReportAccepted]


def test_where_somebody_must_be_nominated_nobody_else_answers() -> None:
    told = an_open_report(manager=None)
    submit(told, at(DUE_ON))

    assert accept(told, at(DUE_ON)).code == "not_the_nominated_manager"
    told.add(nominated())
    assert kinds(accept(told, at(DUE_ON))) == [ReportAccepted]


def test_once_the_nominated_manager_has_left_any_manager_of_the_funder_answers() -> None:
    told = a_submitted_report()
    told.place = deepcopy(told.place)
    office = {"person_id": MANAGER.person, "organisation_id": COUNCIL, "place": "sutton", "role": MANAGER.role}
    told.place.evolve(recorded(OfficeHolderAppointed(**office)))
    assert accept(told, at(DUE_ON), OTHER_MANAGER).code == "not_the_nominated_manager"

    told.place.evolve(recorded(OfficeHolderRemoved(**office)))

    (accepted,) = accept(told, at(DUE_ON), OTHER_MANAGER)
    assert accepted.accepted_by == OTHER_MANAGER.person


def test_a_replaced_manager_no_longer_answers() -> None:
    told = a_submitted_report().add(
        CommissioningManagerReplaced(
            agreement_id=AGREEMENT, organisation_id=COUNCIL, person_id=OTHER_MANAGER.person,
            former_person_id=MANAGER.person,
        )
    )  # fmt: skip

    assert accept(told, at(DUE_ON)).code == "not_the_nominated_manager"
    assert kinds(accept(told, at(DUE_ON), OTHER_MANAGER)) == [ReportAccepted]


@pytest.mark.parametrize("actor", [COMMISSIONER, PARTNER, Actor(MANAGER.person, "commissioning_manager", "police")])
def test_nobody_outside_the_funders_managers_answers(actor: Actor) -> None:
    refused = accept(a_submitted_report(), at(DUE_ON), actor)

    assert (refused.code, refused.status) == ("not_the_funder", 403)


def test_there_is_nothing_to_answer_before_a_report_came() -> None:
    told = an_open_report()

    assert accept(told, at(OPENS_ON)).code == "report_not_submitted"
    assert give_back(told, at(OPENS_ON), DUE_ON).code == "report_not_submitted"


def test_a_report_is_returned_with_reasons_and_comes_back() -> None:
    told = a_submitted_report()
    new_date = date(2014, 8, 20)

    (returned,) = give_back(told, at(date(2014, 8, 4)), new_date)
    assert isinstance(returned, ReportReturned)
    assert returned.opens == (document("reasons"),)
    assert (returned.due_on, returned.remind_on, returned.returned_by) == (new_date, date(2014, 8, 13), MANAGER.person)
    assert told.timers() == {"mark_overdue": new_date + DAY}
    assert give_back(told, at(date(2014, 8, 4)), new_date) == []
    again, *_ = submit(told, at(new_date), which="corrected")

    assert not again.late
    assert again.answer_due_on == add_working_days(new_date, 20, CALENDAR)
    assert kinds(accept(told, at(new_date))) == [ReportAccepted]


def test_a_returned_report_leaves_five_working_days() -> None:
    told = a_submitted_report()
    friday = date(2014, 8, 1)

    refused = give_back(told, at(friday), date(2014, 8, 7))

    assert refused.code == "return_too_short"
    assert str(refused.citation) == "Sutton Compact 3.3.10"
    assert "8 August 2014" in refused.remedy
    assert kinds(give_back(told, at(friday), date(2014, 8, 8))) == [ReportReturned]


def test_an_accepted_report_is_not_returned() -> None:
    told = a_submitted_report()
    accept(told, at(DUE_ON))

    assert give_back(told, at(DUE_ON), MUCH_LATER).code == "report_already_accepted"


# Lateness of the funder


def test_a_funder_that_does_not_answer_is_late_and_the_report_accepted() -> None:
    told = a_submitted_report()

    assert told.ring(at(ANSWER_DUE_ON)) == []
    late, accepted = told.ring(at(ANSWER_DUE_ON + DAY))

    assert isinstance(late, FunderAnswerOverdue)
    assert str(late.citation) == "Sutton Compact 3.3.10"
    assert late.answer_due_on == ANSWER_DUE_ON
    assert accepted.by_silence
    assert accepted.accepted_by == "system"
    assert told.row("funder_lateness", REPORT)["funder_id"] == COUNCIL
    assert step(told, reports.accept_unanswered, reports.AcceptUnanswered, SYSTEM, at(MUCH_LATER)) == []


def test_after_its_time_the_funder_can_no_longer_return_a_report() -> None:
    refused = give_back(a_submitted_report(), at(ANSWER_DUE_ON + DAY), MUCH_LATER)

    assert refused.code == "answer_too_late"
    assert str(refused.citation) == "Sutton Compact 3.3.10"
    assert refused.remedy


def test_a_late_acceptance_is_an_acceptance_by_silence() -> None:
    told = a_submitted_report()

    late, accepted = accept(told, at(ANSWER_DUE_ON + DAY))

    assert isinstance(late, FunderAnswerOverdue)
    assert accepted.by_silence


def test_the_funders_last_day_ends_at_midnight_in_london() -> None:
    last_moment = at(ANSWER_DUE_ON, 22, 59, 59)

    assert kinds(accept(a_submitted_report(), last_moment)) == [ReportAccepted]
    assert kinds(accept(a_submitted_report(), last_moment + timedelta(seconds=1)))[0] is FunderAnswerOverdue


def test_a_place_without_the_rule_waits_for_its_funder() -> None:
    told = a_submitted_report("coventry")

    assert told.row("reports", REPORT)["answer_due_on"] is None
    assert told.ring(at(MUCH_LATER)) == []
    tomorrow = MUCH_LATER + DAY
    assert give_back(told, at(MUCH_LATER), MUCH_LATER).citation is None
    (returned,) = give_back(told, at(MUCH_LATER), tomorrow + 2 * DAY)
    assert returned.remind_on is None


# A dissolved organisation


def test_nothing_is_asked_of_an_organisation_that_no_longer_exists() -> None:
    told = an_open_report().add(
        MonitoringClosed(
            agreement_id=AGREEMENT, organisation_id=VCO, funder_id=COUNCIL, report_ids=(REPORT,), closed_on=DUE_ON
        )
    )

    assert submit(told, at(DUE_ON)).code == "monitoring_closed"
    assert accept(told, at(DUE_ON)).code == "monitoring_closed"
    assert step(told, reports.mark_overdue, reports.MarkReportOverdue, SYSTEM, at(MUCH_LATER)) == []
    assert ("reports", REPORT) in told.rows
    assert told.timers() == {}
