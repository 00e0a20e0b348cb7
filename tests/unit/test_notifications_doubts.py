"""After a restore lost what was recorded of sending, nothing leaves unmarked and nothing is left unsent."""

from __future__ import annotations

from contracts.every_service import HistoryRecovered
from contracts.notifications import NoticeRequested, NoticesDoubted
from services.notifications import correspondence, doubts
from services.runtime.decisions import Rejection
from tests.unit.notifications_givens import (
    EMAIL,
    LETTER,
    NOTICE,
    SECOND_EMAIL,
    SYSTEM,
    TUESDAY,
    VCO,
    Told,
    at,
    kinds,
    on_its_way,
    requested,
)

JOURNAL = "sutton.notifications"
RECOVERED = HistoryRecovered(journal=JOURNAL, after=4, upto=9, published=2, received=1, lost=2, digest="0" * 64)
PARTICULARS = {"actor": SYSTEM, "now": at(TUESDAY), "journal_id": JOURNAL, "recovery": "e9"}


def doubt(told: Told) -> object:
    command = doubts.DoubtOrganisation(**PARTICULARS, organisation_id=VCO)  # type: ignore[arg-type]
    return told.decide(doubts.doubt, command, correspondence.correspondence_of(VCO))


def settle(told: Told) -> object:
    command = doubts.DoubtNotices(**PARTICULARS)  # type: ignore[arg-type]
    return told.decide(doubts.settle, command, doubts.doubts_of(JOURNAL))


def test_what_was_due_when_the_history_was_restored_goes_out_as_a_copy():
    told = requested(EMAIL, SECOND_EMAIL).add(RECOVERED)

    assert kinds(doubt(told)) == ["AttemptLost", "AttemptLost"]
    settle(told)

    assert told.due() == ["email-1", "email-2"]
    assert told.attempt(EMAIL, copy=False).code == "copy_not_marked"
    assert kinds(told.attempt(EMAIL, copy=True)) == ["NoticeAttempted"]


def test_a_notice_of_which_nothing_but_its_request_came_back_is_directed_again_as_a_copy():
    told = Told().add(EMAIL, *(fact.data for fact in requested(EMAIL).facts if isinstance(fact.data, NoticeRequested)))

    decided = doubt(told.add(RECOVERED))
    settle(told)

    assert kinds(decided) == ["NoticeDirected", "AttemptLost"]
    assert told.due() == ["email-1"]
    assert kinds(told.attempt(EMAIL, copy=True)) == ["NoticeAttempted"]


def test_what_is_on_its_way_served_or_with_a_person_is_left_as_it_is():
    without_contact = Told()
    without_contact.request()
    served = on_its_way(EMAIL)
    served.ring(at(TUESDAY.replace(day=8)))

    assert doubt(on_its_way(EMAIL)) == []
    assert served.notice().served is not None
    assert doubt(served) == []
    assert doubt(without_contact) == []


def test_nothing_leaves_between_a_recovery_and_the_look_at_every_notice():
    told = requested(EMAIL).add(RECOVERED)
    query = correspondence.facts_of(NOTICE, VCO, journal=JOURNAL)
    told._notice = lambda: query  # type: ignore[method-assign]

    before = told.attempt(EMAIL)
    doubt(told)
    still = told.attempt(EMAIL, copy=True)
    settle(told)

    assert isinstance(before, Rejection)
    assert (before.code, still.code, before.citation) == ("history_recovered", "history_recovered", None)
    assert kinds(told.attempt(EMAIL, copy=True)) == ["NoticeAttempted"]


def test_the_same_recovery_is_doubted_once():
    told = requested(LETTER).add(RECOVERED)

    first = kinds(doubt(told))

    assert first == ["AttemptLost"]
    assert doubt(told) == []
    assert kinds(settle(told)) == [NoticesDoubted.__name__]
    assert settle(told) == []
