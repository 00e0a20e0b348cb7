from datetime import date
from typing import Any

from contracts.envelope import Event
from contracts.monitoring import (
    MonitoringClosed,
    ReportDue,
    ReportExtensionAgreed,
    ReportOverdue,
    ReportReturned,
    ReportSubmitted,
)
from contracts.notifications import NoticeRequested, ReminderSent
from services.notifications import reminders
from services.notifications.timers import timers
from services.runtime.reactions import Act
from tests.unit.notifications_givens import (
    EMAIL,
    LETTER,
    SYSTEM,
    VCO,
    Told,
    at,
    document,
    first,
    kinds,
    recorded,
)

REPORT, KEY = "r1", f"r1 {VCO}"
ABOUT = {
    "report_id": REPORT, "agreement_id": "a1", "organisation_id": VCO, "funder_id": "sutton-council",
    "calendar_version": "v",
}  # fmt: skip
REMIND_ON, DUE_ON = date(2014, 10, 24), date(2014, 10, 31)
DUE = ReportDue(**ABOUT, period="first half", opened_on=date(2014, 10, 1), due_on=DUE_ON, remind_on=REMIND_ON)
SUBMITTED = ReportSubmitted(
    **ABOUT, document=document(), late=False, submitted_by="p", answer_due_on=None, opens=()
)  # fmt: skip


def extended(due_on: date, remind_on: date | None) -> ReportExtensionAgreed:
    return ReportExtensionAgreed(**ABOUT, due_on=due_on, remind_on=remind_on, by_silence=False)


def remind(told: Told, day: date = REMIND_ON) -> Any:
    make, _handler = timers.by_name["remind_of_report"]
    command = make(KEY, Act(SYSTEM, at(day), "seed"))
    return told.decide(reminders.remind, command, reminders.facts_of(REPORT, VCO))


def told_of(*facts: Event) -> Told:
    return Told().add(EMAIL, *facts)


def test_a_report_that_is_awaited_is_reminded_of_once_on_its_day():
    told = told_of(DUE)
    before = told.timers("remind_of_report")

    decided = remind(told)

    asked = first(decided, NoticeRequested)
    assert before == [REMIND_ON]
    assert kinds(decided) == ["NoticeRequested", "NoticeDirected"]
    assert (asked.template, asked.due_on, asked.statutory) == ("report_reminder", DUE_ON, False)
    assert told.timers("remind_of_report") == []
    assert remind(told) == []


def test_a_report_that_was_handed_in_is_not_reminded_of():
    told = told_of(DUE, SUBMITTED)

    assert told.timers("remind_of_report") == []
    assert remind(told) == []


def test_an_overdue_report_is_not_reminded_of_any_more():
    overdue = ReportOverdue(**{k: v for k, v in ABOUT.items() if k != "calendar_version"}, due_on=DUE_ON)
    told = told_of(DUE, overdue)

    assert told.timers("remind_of_report") == []
    assert remind(told) == []


def test_nothing_is_reminded_of_once_the_organisation_is_gone():
    closed = MonitoringClosed(
        agreement_id="a1", organisation_id=VCO, funder_id="sutton-council", report_ids=(REPORT,),
        closed_on=date(2014, 10, 20),
    )  # fmt: skip

    assert told_of(DUE, closed).timers("remind_of_report") == []


def test_an_extension_moves_the_reminder_and_earns_another():
    told = told_of(DUE)
    one = first(remind(told), NoticeRequested)

    told.add(extended(date(2014, 11, 28), date(2014, 11, 21)))
    moved = told.timers("remind_of_report")
    two = first(remind(told, date(2014, 11, 21)), NoticeRequested)

    assert moved == [date(2014, 11, 21)]
    assert two.due_on == date(2014, 11, 28)
    assert one.notice_id != two.notice_id
    assert told.timers("remind_of_report") == []


def test_an_extension_that_leaves_no_time_for_a_reminder_takes_it_away():
    told = told_of(DUE, extended(date(2014, 11, 3), None))

    assert told.timers("remind_of_report") == []
    assert remind(told) == []


def test_a_report_sent_back_is_reminded_of_again_even_for_the_same_date():
    told = told_of(DUE)
    remind(told)
    told.add(
        SUBMITTED,
        ReportReturned(**ABOUT, reasons=document(), due_on=DUE_ON, remind_on=REMIND_ON, returned_by="p", opens=()),
    )

    assert kinds(remind(told)) == ["NoticeRequested", "NoticeDirected"]
    assert told.timers("remind_of_report") == []


def test_a_reminder_is_on_record_when_it_went_out_and_once_only():
    told = told_of(LETTER)
    told.request(template="report_reminder", due_on=DUE_ON)
    told.attempt(EMAIL)

    sent = told.sent(EMAIL)

    assert kinds(sent) == ["NoticeSent", "ReminderSent"]
    assert (first(sent, ReminderSent).about, first(sent, ReminderSent).due_on) == ("report:r1", DUE_ON)
    assert told.notice().reminded


def test_a_second_email_of_a_reminder_is_no_second_reminder():
    told = told_of()
    told.add(EMAIL.model_copy(update={"address_id": "email-2"}))
    told.request(template="report_reminder", due_on=DUE_ON)
    for contact in (EMAIL, EMAIL.model_copy(update={"address_id": "email-2"})):
        told.attempt(contact)
        decided = told.sent(contact)

    assert kinds(decided) == ["NoticeSent"]


def test_the_fold_takes_events_of_the_report_alone():
    report = reminders.Report()

    report.evolve(recorded(DUE))

    assert report.remind_of == DUE_ON
