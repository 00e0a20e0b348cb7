"""Bids are opened by two different people, after closing, once none received in time is undecided (SPP2)."""

import pytest
from funding_givens import (
    BID,
    CARERS,
    CLOSES_AT,
    COMMISSIONER,
    DECIDER,
    DELEGATE,
    MANAGER,
    NURSE,
    OFFICER,
    SECOND,
    a_ledger,
    a_round,
    ask_to_open,
    open_all,
    refused,
    submit,
    turned_down,
    withdraw,
)

from contracts.envelope import Audience
from contracts.every_service import StepRefused
from contracts.funding import BidsOpened, BidsOpeningStarted
from services.funding.tables import Bids

OPENING = "Programme Strategic Partners 2014 opening by two people"


def test_the_first_person_opens_nothing():
    ledger = a_round()
    submit(ledger)

    ask_to_open(ledger, COMMISSIONER)

    [started] = ledger.of(BidsOpeningStarted)
    assert started.opener == COMMISSIONER.person
    assert started.audience is Audience.PRIVATE
    assert ledger.row(Bids, BID)["sealed"] is True


def test_the_second_person_opens_the_bids_that_stand():
    ledger = a_round()
    submit(ledger)
    submit(ledger, "b2", CARERS)
    withdraw(ledger, "b2", CARERS)

    open_all(ledger)

    [opened] = ledger.of(BidsOpened)
    assert opened.bid_ids == (BID,)
    assert (opened.first_opener, opened.second_opener) == (COMMISSIONER.person, OFFICER.person)
    assert ledger.row(Bids, BID)["sealed"] is False
    assert ledger.row(Bids, "b2")["sealed"] is True


@pytest.mark.parametrize("second", [COMMISSIONER, DELEGATE])
def test_the_same_person_or_its_delegate_does_not_open_twice(second):
    ledger = a_round()
    ask_to_open(ledger, COMMISSIONER)

    assert refused(ask_to_open(ledger, second)) == ("same_person", OPENING)
    assert len(ledger.of(StepRefused)) == 1


def test_a_delegate_who_opens_first_counts_as_the_person():
    ledger = a_round()
    ask_to_open(ledger, DELEGATE)

    assert refused(ask_to_open(ledger, COMMISSIONER)) == ("same_person", OPENING)


def test_opening_again_changes_nothing_and_a_third_person_is_told_who_did():
    ledger = open_all(a_round())

    assert ask_to_open(ledger, COMMISSIONER).rejection is None
    third = ask_to_open(ledger, DECIDER)

    assert turned_down(third) == ("opened_already", 409)
    assert OFFICER.person in str(third.rejection)
    assert len(ledger.of(BidsOpened)) == 1


@pytest.mark.parametrize("at", [CLOSES_AT - SECOND, CLOSES_AT])
def test_bids_are_never_opened_before_closing(at):
    outcome = ask_to_open(a_round(), COMMISSIONER, at)

    assert refused(outcome) == ("opening_too_early", "Programme Strategic Partners 2014 closing time")


def test_opening_waits_for_a_bid_that_is_still_being_received():
    ledger = a_round()
    ledger.being_received = 1

    assert turned_down(ask_to_open(ledger, COMMISSIONER)) == ("bids_still_being_received", 503)


def test_only_people_of_the_funder_open():
    assert turned_down(ask_to_open(a_round(), NURSE)) == ("not_yours_to_do", 403)
    assert turned_down(ask_to_open(a_round(), MANAGER)) == ("not_yours_to_do", 403)
    assert turned_down(ask_to_open(a_ledger(), COMMISSIONER)) == ("programme_unknown", 404)
