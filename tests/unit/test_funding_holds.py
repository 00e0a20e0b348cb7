"""A hold needs a listed ground, a second person and an end, and is renewed once (Sutton Compact 3.3.4)."""

from datetime import date, timedelta

from funding_givens import COMMISSIONER, MANAGER, NURSE, refused, turned_down
from payment_givens import (
    FINANCE,
    FIRST_DUE,
    IN_FORCE_AT,
    MANAGERS_DELEGATE,
    VCO,
    a_payment_made,
    an_agreement_in_force,
    ask,
    at,
    confirm_hold,
    lift,
    make,
    payment_id,
    propose_hold,
    release,
    with_an_account,
)

from contracts.payments import (
    HoldGround,
    PaymentHeld,
    PaymentHoldEnded,
    PaymentHoldProposed,
    PaymentOverdue,
    WaitedFor,
)
from services.funding.tables_payments import PaymentHolds, Payments

CLAUSE = "Sutton Compact 3.3.4"
ENDS = date(2014, 5, 6)
"""Twenty working days after 3 April 2014: Good Friday, Easter Monday and 5 May are none."""


def a_held_payment():
    ledger = with_an_account(an_agreement_in_force())
    assert propose_hold(ledger).rejection is None
    assert confirm_hold(ledger).rejection is None
    return ledger


def test_two_people_hold_a_payment_until_a_working_day_written_into_the_fact():
    ledger = a_held_payment()

    [held] = ledger.of(PaymentHeld)

    assert (held.held_on, held.ends_on, str(held.citation)) == (IN_FORCE_AT.date(), ENDS, CLAUSE)
    assert (held.proposed_by, held.confirmed_by) == (MANAGER.person, FINANCE.person)
    assert held.opens == (held.reasons,)
    assert held.calendar_version
    assert confirm_hold(ledger).events == ()


def test_nobody_confirms_a_hold_of_their_own_and_neither_does_a_delegate():
    ledger = an_agreement_in_force()
    propose_hold(ledger)

    by_two = ("same_person", "Agreement Strategic Partners 2014 payments by two people")
    assert refused(confirm_hold(ledger, MANAGER)) == by_two
    assert refused(confirm_hold(ledger, MANAGERS_DELEGATE)) == by_two
    assert ledger.of(PaymentHeld) == []


def test_a_hold_needs_a_ground_that_the_place_lists():
    ledger = an_agreement_in_force()

    assert refused(propose_hold(ledger, ground=HoldGround.FUNDERS_BUDGET)) == ("hold_ground_not_listed", CLAUSE)
    assert refused(propose_hold(ledger, ground=HoldGround.OTHER)) == ("hold_ground_not_listed", CLAUSE)
    assert ledger.of(PaymentHoldProposed) == []


def test_a_held_payment_is_not_paid_and_not_late_until_the_hold_ends():
    ledger = with_an_account(an_agreement_in_force())
    ask(ledger), release(ledger)
    propose_hold(ledger), confirm_hold(ledger)

    assert refused(make(ledger)) == ("payment_held", CLAUSE)
    ledger.ring(at(FIRST_DUE + timedelta(days=5)))
    assert ledger.of(PaymentOverdue) == []
    ledger.ring(at(ENDS, 9))

    [ended] = ledger.of(PaymentHoldEnded)
    assert (ended.lifted, ended.due_on) == (False, ENDS)
    row = ledger.row(Payments, payment_id(ledger))
    assert (row["held"], row["due_on"]) == (False, ENDS)
    assert ledger.row(PaymentHolds, "h1")["ended"] is True
    ledger.ring(at(ENDS + timedelta(days=1)))
    [late] = ledger.of(PaymentOverdue)
    assert late.waited_for is WaitedFor.FUNDER
    assert make(ledger, when=at(ENDS + timedelta(days=1))).rejection is None


def test_a_hold_is_renewed_once_from_where_it_would_have_ended_by_two_people_again():
    ledger = a_held_payment()
    later = at(ENDS - timedelta(days=1))

    assert propose_hold(ledger, when=later, hold="h2").rejection is None
    assert refused(confirm_hold(ledger, MANAGER, later, hold="h2"))[0] == "same_person"
    assert confirm_hold(ledger, COMMISSIONER, later, hold="h2").rejection is None

    renewed = ledger.of(PaymentHeld)[-1]
    assert (renewed.renewal, renewed.ends_on) == (True, date(2014, 6, 4))
    ledger.ring(at(ENDS))
    assert ledger.of(PaymentHoldEnded) == []
    assert refused(propose_hold(ledger, when=later, hold="h3")) == ("hold_renewed_already", CLAUSE)
    ledger.ring(at(date(2014, 6, 4)))
    assert len(ledger.of(PaymentHoldEnded)) == 1


def test_a_payment_whose_hold_ended_is_not_held_again():
    ledger = a_held_payment()
    ledger.ring(at(ENDS))

    assert refused(propose_hold(ledger, when=at(ENDS), hold="h2")) == ("hold_used_up", CLAUSE)


def test_a_lifted_hold_leaves_the_payment_due_as_it_was():
    ledger = a_held_payment()

    assert lift(ledger).rejection is None

    [ended] = ledger.of(PaymentHoldEnded)
    assert (ended.lifted, ended.due_on) == (True, FIRST_DUE)
    assert lift(ledger).events == ()
    ledger.ring(at(ENDS))
    assert len(ledger.of(PaymentHoldEnded)) == 1


def test_what_was_paid_is_not_held():
    ledger = a_payment_made()

    assert refused(propose_hold(ledger)) == ("already_paid", "Agreement Strategic Partners 2014 payments")


def test_what_was_paid_between_proposal_and_confirmation_is_not_held():
    ledger = with_an_account(an_agreement_in_force())
    propose_hold(ledger), ask(ledger), release(ledger), make(ledger)

    assert refused(confirm_hold(ledger)) == ("already_paid", "Agreement Strategic Partners 2014 payments")


def test_holds_are_the_funders():
    ledger = an_agreement_in_force()

    assert turned_down(propose_hold(ledger, NURSE)) == ("payment_unknown", 404)
    assert turned_down(propose_hold(ledger, VCO)) == ("payment_unknown", 404)
    assert turned_down(confirm_hold(ledger, hold="h9")) == ("proposed_hold_unknown", 404)


def test_in_coventry_a_hold_needs_two_people_and_cites_nothing_of_the_compact():
    ledger = an_agreement_in_force("coventry")

    assert propose_hold(ledger, ground=HoldGround.OTHER).rejection is None
    assert refused(confirm_hold(ledger, MANAGER)) == (
        "same_person", "Agreement Strategic Partners 2014 payments by two people",
    )  # fmt: skip
    assert confirm_hold(ledger).rejection is None

    [held] = ledger.of(PaymentHeld)
    assert (held.ends_on, held.citation) == (None, None)
    assert lift(ledger).rejection is None
