"""The unsuccessful may ask once for a review by somebody who neither sat nor decided, and get its answer (3.3.2)."""

from datetime import date, timedelta

import pytest
from funding_givens import (
    ADVICE,
    AUTHORITY,
    COUNCIL,
    DECIDER,
    OPENED_AT,
    RESULTS_AT,
    SPORTS,
    Ledger,
    a_round,
    appointed,
    approve,
    decline,
    find_ineligible,
    open_all,
    refused,
    representative,
    request,
    submit,
    turned_down,
)
from panel_givens import (
    CHAIR,
    OTHER,
    REVIEWER,
    SCORED_AT,
    a_recommendation,
    answer_review,
    ask_for_review,
)

from contracts.panels import (
    DecisionReviewAnswered,
    DecisionReviewOverdue,
    DecisionReviewRequested,
    ReviewOutcome,
)
from services.runtime.calendar import end_of_london_day
from services.runtime.decisions import Actor

ASKED_AT = RESULTS_AT + timedelta(days=3)
RATIONALE = "Sutton Compact 3.3.2"
SPORTS_REP, ADVICE_REP = representative(SPORTS), representative(ADVICE)


def announced() -> Ledger:
    ledger = a_recommendation()
    approve(ledger, at=SCORED_AT)
    decline(ledger, OTHER, SPORTS, at=SCORED_AT)
    ledger.ring(RESULTS_AT)
    return ledger


def asked() -> Ledger:
    ledger = announced()
    assert ask_for_review(ledger, SPORTS_REP, ASKED_AT).rejection is None
    return ledger


def test_an_unsuccessful_bidder_asks_once_and_is_told_by_when_it_is_answered():
    ledger = asked()

    [made] = ledger.of(DecisionReviewRequested)
    assert (made.answer_due_on, str(made.citation)) == (date(2014, 5, 7), RATIONALE)
    assert made.calendar_version
    assert ask_for_review(ledger, SPORTS_REP, ASKED_AT).events == ()
    assert refused(ask_for_review(ledger, SPORTS_REP, ASKED_AT, grounds="more")) == ("review_asked_already", RATIONALE)


def test_a_bidder_asks_after_the_results_and_about_its_own_declined_bid():
    early = a_recommendation()
    assert refused(ask_for_review(early, SPORTS_REP, SCORED_AT)) == ("nothing_to_review", RATIONALE)

    ledger = announced()
    assert refused(ask_for_review(ledger, ADVICE_REP, ASKED_AT, "b1")) == ("nothing_to_review", RATIONALE)
    assert turned_down(ask_for_review(ledger, ADVICE_REP, ASKED_AT)) == ("bid_unknown", 404)


def test_somebody_who_took_no_part_answers():
    ledger = asked()

    assert answer_review(ledger, REVIEWER, ASKED_AT, ReviewOutcome.STANDS).rejection is None
    [made] = ledger.of(DecisionReviewAnswered)
    assert (made.outcome, made.late, made.answered_by) == (ReviewOutcome.STANDS, False, REVIEWER.person)
    assert answer_review(ledger, REVIEWER, ASKED_AT, ReviewOutcome.STANDS).events == ()
    assert turned_down(answer_review(ledger, REVIEWER, ASKED_AT, ReviewOutcome.AT_FAULT)) == ("review_answered", 409)


@pytest.mark.parametrize("who", [CHAIR, DECIDER])
@pytest.mark.parametrize("as_delegate", [False, True])
def test_who_sat_or_decided_does_not_answer_and_nor_does_a_delegate(who, as_delegate):
    ledger = asked()
    actor = Actor("p-for-them" if as_delegate else who.person, "independent_reviewer", COUNCIL)
    ledger.receive(appointed(actor, delegate_of=who.person if as_delegate else None))

    assert refused(answer_review(ledger, actor, ASKED_AT, ReviewOutcome.STANDS)) == ("reviewer_took_part", RATIONALE)


def test_who_found_a_bid_ineligible_does_not_answer():
    ledger = a_round()
    submit(ledger)
    open_all(ledger)
    request(ledger)
    find_ineligible(ledger, at=OPENED_AT + timedelta(days=9))
    ledger.ring(RESULTS_AT)
    verifier = Actor("p-commissioner", "independent_reviewer", COUNCIL)
    ledger.receive(appointed(verifier), appointed(REVIEWER))
    assert ask_for_review(ledger, ADVICE_REP, ASKED_AT, "b1").rejection is None

    outcome = answer_review(ledger, verifier, ASKED_AT, ReviewOutcome.STANDS, "b1")

    assert refused(outcome) == ("reviewer_took_part", RATIONALE)
    assert answer_review(ledger, REVIEWER, ASKED_AT, ReviewOutcome.AT_FAULT, "b1").rejection is None


def test_others_do_not_answer():
    ledger = asked()
    abroad = Actor("p-abroad", "decider", "health")
    ledger.receive(appointed(abroad, 1, AUTHORITY), appointed(Actor("p-own", "independent_reviewer", SPORTS)))

    assert turned_down(answer_review(ledger, abroad, ASKED_AT, ReviewOutcome.STANDS)) == ("not_yours_to_do", 403)
    own = Actor("p-own", "independent_reviewer", SPORTS)
    assert turned_down(answer_review(ledger, own, ASKED_AT, ReviewOutcome.STANDS)) == ("review_unknown", 404)
    assert turned_down(answer_review(announced(), REVIEWER, ASKED_AT, ReviewOutcome.STANDS)) == ("review_unknown", 404)


def test_a_review_not_answered_in_time_is_overdue_once_and_answered_late():
    ledger = asked()
    due = end_of_london_day(date(2014, 5, 7))

    ledger.ring(due - timedelta(seconds=1))
    assert ledger.of(DecisionReviewOverdue) == []
    ledger.ring(due)
    ledger.ring(due + timedelta(days=1))
    assert len(ledger.of(DecisionReviewOverdue)) == 1

    answer_review(ledger, REVIEWER, due, ReviewOutcome.STANDS)
    [made] = ledger.of(DecisionReviewAnswered)
    assert made.late


def test_a_review_answered_in_time_is_never_overdue():
    ledger = asked()
    answer_review(ledger, REVIEWER, ASKED_AT, ReviewOutcome.STANDS)

    ledger.ring(end_of_london_day(date(2014, 5, 7)))

    assert ledger.of(DecisionReviewOverdue) == []


def test_in_a_place_without_a_rule_a_review_has_no_day_and_cites_the_round():
    ledger = a_round("coventry")
    submit(ledger)
    open_all(ledger)
    request(ledger, due_on=date(2014, 2, 10))
    find_ineligible(ledger, at=OPENED_AT + timedelta(days=9))
    title = "Programme Strategic Partners 2014 review of a decision"
    assert refused(ask_for_review(ledger, ADVICE_REP, OPENED_AT, "b1")) == ("nothing_to_review", title)
    ledger.ring(RESULTS_AT)

    ask_for_review(ledger, ADVICE_REP, ASKED_AT, "b1")

    [made] = ledger.of(DecisionReviewRequested)
    assert (made.answer_due_on, made.citation) == (None, None)
