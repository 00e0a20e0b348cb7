"""Awards are approved within limit, money and rules, with a rationale per criterion (SPP1, Sutton Compact 3.3.2)."""

from datetime import timedelta

import pytest
from funding_givens import (
    A_CONSORTIUM,
    ADVICE,
    AUTHORITY,
    BID,
    CARERS,
    COMMISSIONER,
    DECIDER,
    JUNIOR,
    NO_AUTHORITY,
    NURSE,
    NURSE_DECIDER,
    OPENED_AT,
    YEARS,
    Ledger,
    a_draft,
    a_round,
    an_awarded_bid,
    an_opened_bid,
    approve,
    ask_to_open,
    confirm,
    decline,
    document,
    find_eligible,
    find_ineligible,
    open_all,
    refused,
    request,
    submit,
    turned_down,
)

from contracts.envelope import Audience
from contracts.every_service import SealedStepRefused
from contracts.funding import AwardApproved, AwardDeclined, SealedStepWarned, YearAmount
from contracts.partners import OrganisationSuspended
from services.funding.tables import Results, Verdicts

TITLE = "Programme Strategic Partners 2014"


def an_eligible_bid(draft=None, **changed) -> Ledger:
    ledger = a_round(**changed)
    submit(ledger, draft=draft)
    open_all(ledger)
    find_eligible(ledger)
    return ledger


def two_eligible_bids() -> Ledger:
    ledger = a_round()
    submit(ledger, draft=a_draft(175_000))
    submit(ledger, "b2", CARERS, a_draft(175_000))
    open_all(ledger)
    find_eligible(ledger)
    find_eligible(ledger, "b2")
    return ledger


def test_a_named_decider_approves_within_limit_and_money():
    ledger = an_eligible_bid()

    approve(ledger)

    [approved] = ledger.of(AwardApproved)
    assert (approved.decided_by, approved.authority) == (DECIDER.person, AUTHORITY)
    assert [part.criterion_id for part in approved.rationale] == ["need", "value"]
    assert approved.audience is Audience.PRIVATE
    assert ledger.row(Verdicts, BID)["sealed"] is True
    assert Results not in ledger.tables


def test_approving_again_changes_nothing_and_another_decision_is_turned_down():
    ledger = an_eligible_bid()
    approve(ledger)

    assert approve(ledger).events == ()
    assert approve(ledger).rejection is None
    assert turned_down(approve(ledger, pounds=90_000)) == ("already_decided", 409)
    assert turned_down(decline(ledger)) == ("already_decided", 409)


def test_a_bid_is_declined_with_its_rationale_without_having_been_verified():
    ledger = an_opened_bid()

    decline(ledger)

    assert len(ledger.of(AwardDeclined)) == 1
    assert decline(ledger).events == ()
    assert turned_down(approve(ledger)) == ("already_decided", 409)


def test_a_rationale_that_leaves_a_criterion_out_is_refused_and_stays_sealed():
    ledger = an_eligible_bid()

    assert refused(approve(ledger, rationale=("need",))) == ("rationale_incomplete", "Sutton Compact 3.3.2")
    assert refused(decline(ledger, rationale=())) == ("rationale_incomplete", "Sutton Compact 3.3.2")
    assert [fact.about for fact in ledger.of(SealedStepRefused)] == ["bid:b1", "bid:b1"]


def test_a_rationale_about_something_else_is_malformed():
    ledger = an_eligible_bid()

    assert turned_down(approve(ledger, rationale=("need", "value", "charm"))) == ("criterion_unknown", 422)
    assert turned_down(decline(ledger, rationale=("need", "need"))) == ("criterion_unknown", 422)


def test_a_pending_body_is_warned_about_its_rationale_and_only_in_private():
    ledger = an_opened_bid(actor=NURSE)
    find_eligible(ledger, actor=NURSE)

    assert approve(ledger, actor=NURSE_DECIDER, rationale=()).rejection is None
    [warned] = ledger.of(SealedStepWarned)
    assert (warned.code, warned.audience) == ("rationale_incomplete", Audience.PRIVATE)


def test_coventry_approves_without_the_compacts_rationale():
    ledger = an_opened_bid("coventry")
    find_eligible(ledger)

    assert approve(ledger, rationale=()).rejection is None
    assert ledger.of(SealedStepWarned) == []


def test_an_award_over_the_deciders_limit_cites_the_authority():
    outcome = approve(an_eligible_bid(), actor=JUNIOR)

    assert refused(outcome) == ("over_limit", f"{AUTHORITY} limit")


@pytest.mark.parametrize("actor", [NO_AUTHORITY, COMMISSIONER])
def test_only_a_decider_with_an_authority_decides(actor):
    ledger = an_eligible_bid()

    assert turned_down(approve(ledger, actor=actor)) == ("no_authority", 403)
    assert turned_down(decline(ledger, actor=actor)) == ("no_authority", 403)


def test_a_decider_of_another_body_finds_no_bid():
    ledger = an_eligible_bid()

    assert turned_down(approve(ledger, actor=NURSE_DECIDER)) == ("bid_unknown", 404)
    assert turned_down(approve(ledger, organisation=CARERS)) == ("bid_unknown", 404)


def test_no_award_before_opening():
    ledger = a_round()
    submit(ledger)
    ask_to_open(ledger, COMMISSIONER)

    assert turned_down(approve(ledger)) == ("bid_unknown", 404)


def test_no_award_without_verified_eligibility():
    assert refused(approve(an_opened_bid())) == ("eligibility_not_verified", f"{TITLE} eligibility")


def test_a_bid_found_ineligible_is_decided():
    ledger = an_opened_bid()
    request(ledger)
    find_ineligible(ledger, at=OPENED_AT + timedelta(days=9))

    assert turned_down(approve(ledger)) == ("already_decided", 409)
    assert turned_down(decline(ledger)) == ("already_decided", 409)


def test_the_award_beyond_the_money_is_refused():
    ledger = two_eligible_bids()
    approve(ledger, pounds=175_000)

    outcome = approve(ledger, "b2", CARERS, 75_001)

    assert refused(outcome) == ("beyond_the_money", f"{TITLE} money per year")
    assert outcome.rejection is not None
    assert "£75,000 left" in outcome.rejection.sentence
    assert approve(ledger, "b2", CARERS, 75_000).rejection is None


def test_an_award_is_within_the_bid():
    assert refused(approve(an_eligible_bid(), pounds=100_001)) == ("beyond_the_bid", f"{TITLE} award within the bid")


def test_an_award_is_within_the_yearly_maximum_adopted_since():
    ledger = an_eligible_bid(draft=a_draft(175_000))

    assert refused(approve(ledger, pounds=175_001)) == ("over_yearly_maximum", "Strategic Partner Programme Structure")


def test_money_is_counted_year_by_year():
    ledger = an_eligible_bid(
        money=(YearAmount(year=YEARS[0], pounds=250_000), YearAmount(year=YEARS[1], pounds=250_000),
               YearAmount(year=YEARS[2], pounds=99_999)),
    )  # fmt: skip

    outcome = approve(ledger)

    assert refused(outcome) == ("beyond_the_money", f"{TITLE} money per year")
    assert outcome.rejection is not None
    assert outcome.rejection.sentence.startswith("In 2016/17")


def test_a_suspended_bidder_is_not_awarded_anything():
    ledger = an_eligible_bid()
    ledger.receive(OrganisationSuspended(organisation_id=ADVICE, reasons=document()), at=OPENED_AT)

    assert refused(approve(ledger)) == ("organisation_suspended", f"{TITLE} who may bid")


def test_a_consortium_that_was_not_confirmed_can_only_be_declined():
    ledger = an_opened_bid(draft=a_draft(members=A_CONSORTIUM))

    assert refused(approve(ledger)) == ("member_not_confirmed", f"{TITLE} consortium")
    assert decline(ledger).rejection is None


def test_a_confirmed_consortium_is_awarded():
    ledger = a_round()
    submit(ledger, draft=a_draft(members=A_CONSORTIUM))
    confirm(ledger)
    open_all(ledger)
    find_eligible(ledger)

    assert approve(ledger).rejection is None


def test_decisions_stand_once_the_results_are_out():
    ledger = an_awarded_bid()

    assert turned_down(approve(ledger, pounds=1)) == ("results_announced", 409)
    assert turned_down(decline(ledger)) == ("results_announced", 409)
