from copy import deepcopy
from datetime import date

import pytest

from contracts.notifications import NoticeServed, Proof, ServiceWithdrawn
from contracts.partners import OfficeHolderAppointed
from services.notifications import serving
from services.runtime.decisions import Actor, Rejection
from tests.unit.notifications_givens import (
    COLLEAGUE,
    DELEGATE,
    EMAIL,
    LETTER,
    OFFICER,
    SECOND_EMAIL,
    STRANGER,
    TUESDAY,
    Told,
    a_place,
    at,
    attempt_id,
    first,
    hashed,
    kinds,
    on_its_way,
    recorded,
    requested,
)

WEDNESDAY, THURSDAY, FRIDAY = date(2014, 4, 2), date(2014, 4, 3), date(2014, 4, 4)
MONDAY = date(2014, 4, 7)


def lying_ready() -> Told:
    told = requested(LETTER)
    told.attempt(LETTER)
    return told


def back(told: Told, day: date = WEDNESDAY) -> object:
    return told.about(serving.RecordLetterBack, serving.take_back, OFFICER, day=day, attempt_id=attempt_id(LETTER))


def failed_everywhere() -> Told:
    told = requested(EMAIL)
    for number in (1, 2):
        told.attempt(EMAIL, number)
        told.failed(EMAIL, number)
    return told


def test_an_email_that_did_not_bounce_serves_on_its_date():
    told = on_its_way()

    early = told.stand(EMAIL, TUESDAY)
    decided = told.stand(EMAIL, WEDNESDAY)

    assert isinstance(early, Rejection)
    assert early.code == "date_not_come"
    served = first(decided, NoticeServed)
    assert kinds(decided) == ["AttemptStood", "NoticeServed"]
    assert (served.served_on, served.proved_by) == (WEDNESDAY, Proof.EMAILED_NOT_BOUNCED)
    assert served.content_hash == hashed("email-1/1")
    assert served.citation == told.place.rules(TUESDAY).service_of_notice.citation
    assert served.calendar_version == told.place.rules(TUESDAY).calendar.version
    assert told.stand(EMAIL, WEDNESDAY) == []
    assert told.timers("serve_attempt") == []


def test_service_in_a_place_without_the_rule_cites_nothing():
    told = requested(EMAIL, place=a_place("sutton", service_of_notice=None))
    told.attempt(EMAIL)
    told.sent(EMAIL)

    served = first(told.stand(EMAIL, TUESDAY), NoticeServed)

    assert served.served_on == TUESDAY
    assert served.citation is None


def test_the_timer_serves_late_but_on_the_right_date_after_the_system_was_down():
    told = on_its_way()

    told.ring(at(MONDAY))

    assert told.notice().served.served_on == WEDNESDAY


def test_an_email_that_bounced_before_its_date_never_serves():
    told = on_its_way(EMAIL, LETTER)

    decided = told.failed(EMAIL)
    told.ring(at(WEDNESDAY))

    assert kinds(decided) == ["NoticeFailed", "NoticeDirected"]
    assert told.notice().served is None
    assert told.due() == ["post-1"]
    assert told.stand(EMAIL, WEDNESDAY) == []


def test_a_late_bounce_that_leaves_no_other_service_withdraws_it_and_the_letter_follows():
    told = on_its_way(EMAIL, LETTER)
    told.ring(at(WEDNESDAY))

    decided = told.failed(EMAIL, day=FRIDAY)

    assert kinds(decided) == ["NoticeFailed", "ServiceWithdrawn", "NoticeDirected"]
    assert first(decided, ServiceWithdrawn).was_served_on == WEDNESDAY
    assert told.due() == ["post-1"]
    assert told.failed(EMAIL, day=FRIDAY) == []


def test_a_late_bounce_takes_nothing_away_while_another_email_of_the_same_date_stands():
    told = requested(EMAIL, SECOND_EMAIL)
    for contact in (EMAIL, SECOND_EMAIL):
        told.attempt(contact)
        told.sent(contact)
    told.ring(at(WEDNESDAY))

    of_the_other = told.failed(SECOND_EMAIL, day=FRIDAY)

    assert kinds(of_the_other) == ["NoticeFailed"]
    assert told.notice().served.content_hash == hashed("email-1/1")


def test_the_proof_moves_to_what_still_stands_on_the_same_date_without_a_withdrawal():
    told = requested(EMAIL, SECOND_EMAIL)
    for contact in (EMAIL, SECOND_EMAIL):
        told.attempt(contact)
        told.sent(contact)
    told.ring(at(WEDNESDAY))

    decided = told.failed(EMAIL, day=FRIDAY)

    assert kinds(decided) == ["NoticeFailed", "NoticeServed"]
    served = first(decided, NoticeServed)
    assert (served.served_on, served.content_hash) == (WEDNESDAY, hashed("email-2/1"))


def test_the_organisation_serves_a_notice_at_once_by_acknowledging_it():
    told = on_its_way()

    decided = told.acknowledged(TUESDAY)

    assert kinds(decided) == ["NoticeAcknowledged", "NoticeServed"]
    assert first(decided, NoticeServed).proved_by is Proof.ACKNOWLEDGED
    assert first(decided, NoticeServed).served_on == TUESDAY
    assert told.acknowledged(WEDNESDAY) == []
    told.ring(at(WEDNESDAY))
    assert told.notice().served.served_on == TUESDAY


def test_only_the_organisation_itself_acknowledges_and_only_what_was_sent():
    told = requested(EMAIL)

    assert told.acknowledged(TUESDAY, STRANGER).status == 403
    assert told.acknowledged(TUESDAY).code == "nothing_sent_yet"
    assert Told().acknowledged(TUESDAY).status == 404


def test_after_a_late_bounce_the_later_acknowledgement_is_what_counts():
    told = on_its_way()
    told.ring(at(WEDNESDAY))
    told.acknowledged(THURSDAY)

    decided = told.failed(EMAIL, day=FRIDAY)

    assert kinds(decided) == ["NoticeFailed", "ServiceWithdrawn", "NoticeServed"]
    assert told.notice().served.served_on == THURSDAY


def test_a_letter_counts_two_working_days_after_posting_once_a_second_person_confirmed_it():
    told = lying_ready()

    entered = told.posted(TUESDAY)
    confirmed = told.confirmed(WEDNESDAY)
    told.ring(at(THURSDAY))

    assert kinds(entered) == ["LetterPosted"]
    assert entered[0].certificate == "CP-1"
    assert kinds(confirmed) == ["LetterConfirmed"]
    assert confirmed[0].serves_on == THURSDAY
    assert told.notice().served.proved_by is Proof.POSTED
    assert told.posted(TUESDAY) == []
    assert told.confirmed(THURSDAY) == []


@pytest.mark.parametrize(
    ("posted_on", "serves_on"),
    [
        (date(2014, 4, 16), date(2014, 4, 22)),  # Wednesday before Easter
        (date(2014, 4, 18), date(2014, 4, 23)),  # Good Friday itself
        (date(2014, 5, 2), date(2014, 5, 7)),  # Friday before the early May bank holiday
    ],
)
def test_bank_holidays_do_not_count_for_a_letter(posted_on, serves_on):
    told = lying_ready()
    told.posted(posted_on)

    assert told.confirmed(posted_on)[0].serves_on == serves_on


@pytest.mark.parametrize("actor", [OFFICER, DELEGATE])
def test_whoever_entered_a_posting_cannot_confirm_it_nor_can_a_delegate(actor):
    told = lying_ready()
    told.posted(TUESDAY)

    refused = told.confirmed(TUESDAY, actor)

    assert refused.code == "same_person"
    assert refused.citation == told.place.rules(TUESDAY).service_of_notice.citation


def test_a_posting_entered_by_a_delegate_counts_as_the_principals():
    told = lying_ready()
    told.posted(TUESDAY, DELEGATE)

    assert told.confirmed(TUESDAY, OFFICER).code == "same_person"
    assert kinds(told.confirmed(TUESDAY, COLLEAGUE)) == ["LetterConfirmed"]


def test_whoever_entered_a_posting_in_another_name_does_not_confirm_it_once_that_delegation_ended():
    told = lying_ready()
    told.posted(TUESDAY, DELEGATE)
    told.place = deepcopy(told.place)
    office = {"person_id": DELEGATE.person, "organisation_id": DELEGATE.organisation, "role": DELEGATE.role}
    told.place.evolve(recorded(OfficeHolderAppointed(**office, place="sutton")))

    assert told.confirmed(TUESDAY, DELEGATE).code == "same_person"
    assert told.confirmed(TUESDAY, OFFICER).code == "same_person"


def test_of_two_who_confirm_a_posting_the_second_is_told_who_did():
    told = lying_ready()
    told.posted(TUESDAY)
    told.confirmed(TUESDAY)

    second = told.confirmed(TUESDAY, Actor("p-third", "partnership_office", "sutton-council"))

    assert second.code == "posting_confirmed"
    assert COLLEAGUE.person in second.sentence


def test_a_posting_cannot_be_dated_before_the_letter_was_ready_nor_in_the_future():
    told = lying_ready()

    assert told.posted(TUESDAY, posted_on=WEDNESDAY).code == "posted_in_future"
    assert told.posted(TUESDAY, posted_on=date(2014, 3, 31)).code == "posted_before_ready"


def test_a_posting_can_be_put_right_until_it_is_confirmed():
    told = lying_ready()
    told.posted(WEDNESDAY, posted_on=TUESDAY)

    corrected = told.posted(WEDNESDAY)
    confirmed = told.confirmed(WEDNESDAY)
    too_late = told.posted(WEDNESDAY, posted_on=TUESDAY)

    assert kinds(corrected) == ["LetterPosted"]
    assert confirmed[0].serves_on == FRIDAY
    assert too_late.code == "posting_confirmed"


def test_a_letter_that_nobody_entered_cannot_be_confirmed_and_an_email_cannot_be_posted():
    told = lying_ready()

    assert told.confirmed(TUESDAY).code == "posting_not_entered"
    assert on_its_way().confirmed(TUESDAY).status == 404
    assert on_its_way().posted(TUESDAY).status == 404
    assert back(on_its_way()).status == 404


def test_a_letter_that_came_back_withdraws_the_service_that_rested_on_it():
    told = lying_ready()
    not_posted = back(told)
    told.posted(TUESDAY)
    told.confirmed(TUESDAY)
    told.ring(at(THURSDAY))

    decided = back(told, FRIDAY)

    assert not_posted.code == "letter_not_posted"
    assert kinds(decided) == ["NoticeFailed", "ServiceWithdrawn", "NoticeDirected"]
    assert told.due() == ["post-1"]


def test_the_earliest_valid_service_counts_even_where_its_proof_comes_later():
    told = requested(EMAIL, LETTER)
    told.attempt(EMAIL)
    told.failed(EMAIL, bounced=False)
    told.attempt(LETTER)
    told.posted(TUESDAY)
    told.acknowledged(FRIDAY)
    told.confirmed(FRIDAY)

    decided = told.stand(LETTER, FRIDAY)

    assert kinds(decided) == ["AttemptStood", "NoticeServed"]
    assert first(decided, NoticeServed).served_on == THURSDAY


def test_service_is_deemed_by_a_person_after_two_failures_at_the_last_address():
    told = failed_everywhere()

    decided = told.deemed(WEDNESDAY)

    assert kinds(decided) == ["ServiceDeemed"]
    assert (decided[0].deemed_on, decided[0].confirmed_by) == (WEDNESDAY, OFFICER.person)
    assert decided[0].citation == told.place.rules(TUESDAY).service_of_notice.citation
    assert told.deemed(THURSDAY) == []


def test_service_is_not_deemed_after_one_failure_nor_without_an_address():
    once = requested(EMAIL)
    once.attempt(EMAIL)
    once.failed(EMAIL)

    never = requested()

    for told in (once, never):
        refused = told.deemed()
        assert refused.code == "too_few_failures"
        assert refused.citation == told.place.rules(TUESDAY).service_of_notice.citation


def test_service_is_not_deemed_of_what_was_served_nor_where_no_rule_says_so():
    served = on_its_way()
    served.ring(at(WEDNESDAY))
    ruleless = requested(EMAIL, place=a_place("sutton", service_of_notice=None))
    ruleless.attempt(EMAIL)
    ruleless.failed(EMAIL)

    assert served.deemed().code == "served_already"
    assert ruleless.deemed().code == "never_deemed"
    assert ruleless.deemed().citation is None
    assert Told().deemed().status == 404


def test_after_service_was_deemed_nothing_more_is_sent():
    told = failed_everywhere()
    told.deemed()
    told.add(SECOND_EMAIL)

    assert told.redirect() == []
