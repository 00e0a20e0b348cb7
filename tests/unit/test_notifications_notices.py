from datetime import date

import pytest

from contracts.funding import RationaleGiven
from contracts.notifications import NoticeDirected, NoticeEscalated, NoticeRequested
from services.notifications import attempts
from services.notifications.notices import number_of
from services.runtime.calendar import CalendarExhausted
from services.runtime.decisions import Waiting
from tests.unit.notifications_givens import (
    BID,
    EMAIL,
    LETTER,
    NOTICE,
    SECOND_EMAIL,
    TUESDAY,
    VCO,
    Told,
    a_place,
    at,
    first,
    given,
    kinds,
    on_its_way,
    requested,
)


def test_a_notice_goes_to_every_email_contact():
    told = Told().add(EMAIL, SECOND_EMAIL, LETTER)

    decided = told.request()

    assert kinds(decided) == ["NoticeRequested", "NoticeDirected"]
    assert told.due() == ["email-1", "email-2"]


def test_notice_of_a_change_goes_to_the_contacts_and_the_registered_address_at_the_same_time():
    told = Told().add(EMAIL, SECOND_EMAIL, LETTER)

    told.request(template="change_decided", about="change:c1")

    assert told.due() == ["email-1", "email-2", "post-1"]
    assert told.redirect() == []


def test_a_notice_goes_by_letter_where_there_is_no_email_address():
    told = requested(LETTER)

    assert told.due() == ["post-1"]


def test_a_notice_to_an_organisation_without_any_contact_is_given_to_a_person_at_once_and_goes_out_later():
    told = Told()

    decided = told.request()
    told.add(EMAIL)
    later = told.redirect()

    assert kinds(decided) == ["NoticeRequested", "NoticeEscalated"]
    assert first(decided, NoticeEscalated).reason == "no_contact"
    assert kinds(later) == ["NoticeDirected"]
    assert told.due() == ["email-1"]
    assert not told.notice().escalated
    assert told.redirect() == []


def test_a_compact_group_without_an_address_is_told_by_a_person_of_a_step_set_aside():
    told = Told().add(EMAIL)

    decided = told.request(template="step_set_aside", organisation_id="sutton-compact-group", about="change:c1")

    assert kinds(decided) == ["NoticeRequested", "NoticeEscalated"]
    escalated = first(decided, NoticeEscalated)
    assert (escalated.organisation_id, escalated.reason) == ("sutton-compact-group", "no_contact")


def test_the_same_notice_is_requested_once():
    told = requested(EMAIL)

    assert told.request() == []


def test_an_award_waits_for_its_rationale():
    told = Told().add(EMAIL)

    waiting = told.request(template="award", about=f"bid:{BID}")
    told.add(RationaleGiven(bid_id=BID, programme_id="p", organisation_id=VCO, rationale=(), opens=()))
    decided = told.request(template="award", about=f"bid:{BID}")

    assert isinstance(waiting, Waiting)
    assert kinds(decided) == ["NoticeRequested", "NoticeDirected"]


def test_a_notice_number_follows_from_the_id_and_is_easily_read_out():
    numbers = {number_of(f"notice-{n}") for n in range(2000)}

    assert len(numbers) == 2000
    assert number_of("notice-1") == number_of("notice-1")
    assert all(number.startswith("N-") and len(number) == 12 for number in numbers)
    assert not {"I", "L", "O", "U"} & set("".join(number[2:] for number in numbers))


def test_an_attempt_is_recorded_with_message_id_and_hash_and_is_no_longer_due():
    told = requested(EMAIL)

    decided = told.attempt(EMAIL)

    assert kinds(decided) == ["NoticeAttempted"]
    assert decided[0].message_id == "<email-1-1@example.invalid>"
    assert told.due() == []
    assert told.attempt(EMAIL) == []


def test_a_second_attempt_at_the_same_address_is_refused_while_one_is_open():
    told = requested(EMAIL)
    told.attempt(EMAIL)

    assert told.attempt(EMAIL, 2).code == "attempt_open"


def test_an_attempt_is_refused_where_nothing_is_due_or_the_address_was_withdrawn():
    told = requested(EMAIL, LETTER)
    told.withdraw(EMAIL)

    assert told.attempt(EMAIL).code == "address_withdrawn"
    assert told.attempt(LETTER).code == "attempt_not_due"
    assert Told().attempt(EMAIL).status == 404


def test_what_was_due_at_a_withdrawn_address_goes_another_way():
    told = requested(EMAIL, LETTER)
    told.withdraw(EMAIL)

    decided = told.redirect()

    assert first(decided, NoticeDirected).dropped_ids == ("email-1",)
    assert told.due() == ["post-1"]


def test_a_letter_lies_ready_as_soon_as_it_is_recorded():
    told = requested(LETTER)

    assert kinds(told.attempt(LETTER)) == ["NoticeAttempted", "LetterReady"]


def test_nothing_is_begun_beyond_the_calendar():
    told = requested(EMAIL)

    with pytest.raises(CalendarExhausted):
        told.attempt(EMAIL, now=at(date(2040, 1, 2)))


@pytest.mark.parametrize(
    ("sent_at", "serves_on"),
    [
        (at(date(2014, 4, 1), 9), date(2014, 4, 2)),
        (at(date(2014, 6, 27), 22, 30), date(2014, 6, 30)),  # Friday 23:30 in London
        (at(date(2014, 6, 27), 23, 30), date(2014, 6, 30)),  # already Saturday in London
        (at(date(2014, 6, 29), 23, 30), date(2014, 7, 1)),  # already Monday in London
        (at(date(2014, 4, 17), 12), date(2014, 4, 22)),  # before Good Friday and Easter Monday
        (at(date(2013, 12, 24), 12), date(2013, 12, 27)),
        (at(date(2014, 3, 30), 0, 30), date(2014, 3, 31)),  # the night the clocks go forward
    ],
)
def test_an_email_counts_as_served_the_next_working_day_in_london(sent_at, serves_on):
    told = requested(EMAIL)
    told.attempt(EMAIL, now=sent_at)

    decided = told.sent(EMAIL, now=sent_at)

    assert decided[0].serves_on == serves_on
    assert decided[0].sent_at == sent_at
    assert decided[0].calendar_version == told.place.rules(TUESDAY).calendar.version
    assert told.timers("serve_attempt") == [serves_on]


def test_where_no_rule_says_otherwise_an_email_counts_on_the_day_it_was_sent():
    told = requested(EMAIL, place=a_place("sutton", service_of_notice=None))
    told.attempt(EMAIL)

    assert told.sent(EMAIL)[0].serves_on == TUESDAY


def test_what_was_sent_is_recorded_once_and_an_unknown_attempt_not_at_all():
    told = on_its_way()

    assert told.sent(EMAIL) == []
    assert told.sent(EMAIL, 7).status == 404
    assert told.put_off(EMAIL, 7).status == 404
    assert told.uncertain(EMAIL, 7).status == 404
    assert told.failed(EMAIL, 7).status == 404


def test_after_an_uncertain_attempt_a_copy_follows_and_has_to_be_marked():
    told = requested(EMAIL)
    told.attempt(EMAIL)

    decided = told.uncertain(EMAIL)
    unmarked = told.attempt(EMAIL, 2)
    copy = told.attempt(EMAIL, 2, copy=True)

    assert kinds(decided) == ["NoticeAttemptUncertain", "NoticeDirected"]
    assert told.uncertain(EMAIL) == []
    assert unmarked.code == "copy_not_marked"
    assert kinds(copy) == ["NoticeAttempted"]
    assert copy[0].copy_of_earlier


def test_a_first_attempt_is_never_marked_as_a_copy():
    told = requested(EMAIL)

    assert told.attempt(EMAIL, copy=True).code == "copy_not_marked"


def test_an_uncertain_attempt_turns_out_to_have_been_sent():
    told = requested(EMAIL)
    told.attempt(EMAIL)
    told.uncertain(EMAIL)

    assert kinds(told.sent(EMAIL)) == ["NoticeSent"]


def test_an_address_that_never_answers_is_not_sent_copies_for_ever():
    told = requested(EMAIL, LETTER)

    for number in (1, 2, 3):
        told.attempt(EMAIL, number, copy=number > 1)
        told.uncertain(EMAIL, number)

    assert told.due() == ["post-1"]


def test_an_only_address_that_never_answers_is_given_to_a_person():
    told = requested(EMAIL)

    for number in (1, 2, 3):
        told.attempt(EMAIL, number, copy=number > 1)
        decided = told.uncertain(EMAIL, number)

    assert kinds(decided) == ["NoticeAttemptUncertain", "NoticeEscalated"]
    assert told.due() == []


def test_what_the_mail_server_put_off_is_tried_again_unmarked():
    told = requested(EMAIL)
    told.attempt(EMAIL)

    decided = told.put_off(EMAIL)

    assert kinds(decided) == ["NoticePutOff", "NoticeDirected"]
    assert told.put_off(EMAIL) == []
    assert kinds(told.attempt(EMAIL, 2)) == ["NoticeAttempted"]


def test_an_address_that_is_always_put_off_fails_in_the_end(monkeypatch):
    monkeypatch.setattr(attempts, "PUT_OFFS_BEFORE_FAILURE", 4)
    told = requested(EMAIL, LETTER)

    for number in (1, 2, 3, 4):
        told.attempt(EMAIL, number)
        decided = told.put_off(EMAIL, number)

    assert kinds(decided) == ["NoticeFailed", "NoticeDirected"]
    assert decided[0].reason == "kept_putting_off"
    assert told.due() == ["post-1"]


def test_a_letter_follows_only_when_every_email_has_failed():
    told = requested(EMAIL, SECOND_EMAIL, LETTER)
    told.attempt(EMAIL)
    told.attempt(SECOND_EMAIL)

    one = told.failed(EMAIL, bounced=False)
    both = told.failed(SECOND_EMAIL, bounced=False)

    assert kinds(one) == ["NoticeFailed"]
    assert kinds(both) == ["NoticeFailed", "NoticeDirected"]
    assert told.due() == ["post-1"]


def test_an_only_address_is_tried_until_service_can_be_deemed_and_then_given_to_a_person():
    told = requested(EMAIL)
    told.attempt(EMAIL)

    once = told.failed(EMAIL)
    told.attempt(EMAIL, 2)
    twice = told.failed(EMAIL, 2)

    assert kinds(once) == ["NoticeFailed", "NoticeDirected"]
    assert kinds(twice) == ["NoticeFailed", "NoticeEscalated"]
    assert first(twice, NoticeEscalated).reason == "attempts_failed"
    assert told.failed(EMAIL, 2) == []


def test_a_new_address_revives_a_notice_that_had_failed_everywhere():
    told = requested(EMAIL)
    told.attempt(EMAIL)
    told.failed(EMAIL)
    told.attempt(EMAIL, 2)
    told.failed(EMAIL, 2)
    told.add(SECOND_EMAIL)

    told.redirect()

    assert told.due() == ["email-2"]


def test_a_notice_that_cannot_be_put_into_words_is_given_to_a_person():
    told = requested(EMAIL)

    decided = told.about(attempts.GiveToPerson, attempts.give_to_person)

    assert kinds(decided) == ["NoticeDirected", "NoticeEscalated"]
    assert told.due() == []
    assert told.about(attempts.GiveToPerson, attempts.give_to_person) == []
    assert Told().about(attempts.GiveToPerson, attempts.give_to_person).status == 404


def test_notices_to_one_organisation_do_not_touch_each_other():
    told = requested(EMAIL)
    told.notice_id = "n2"
    told.request()
    told.attempt(EMAIL)

    decided = told.redirect()

    assert decided == []
    assert told.due() == ["email-1"]
    told.notice_id = NOTICE
    assert told.notice().attempts == {}
    assert told.notice().due == ("email-1",)


def test_no_event_about_a_notice_holds_more_than_ids_dates_codes_and_hashes():
    told = on_its_way(given("a", person="p-1"), LETTER)

    allowed = {"notice_number", "about", "template", "because_of", "message_id", "office", "reason", "channel"}
    for event in told.facts:
        for name, value in event.data.model_dump(mode="json", exclude_none=True).items():
            known = name.endswith(("_id", "_ids", "_on", "_at", "hash", "version")) or not isinstance(value, str)
            assert known or name in allowed, f"{type(event.data).__name__}.{name}"


def test_a_request_says_why_and_about_what():
    told = Told().add(EMAIL)

    asked = first(told.request(statutory=False, due_on=date(2014, 5, 1)), NoticeRequested)

    assert (asked.because_of, asked.about, asked.statutory, asked.due_on) == (
        "cause", "report:r1", False, date(2014, 5, 1),
    )  # fmt: skip
    assert set(asked.tags) == {f"notice:{NOTICE}", f"organisation:{VCO}", "about:report:r1"}
