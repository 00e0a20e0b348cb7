"""Eligibility is verified after opening, with days to put a document right (Sutton Compact 3.3.8)."""

from datetime import UTC, date, datetime

from funding_givens import (
    A_CONSORTIUM,
    BID,
    CARERS,
    COMMISSIONER,
    DECIDER,
    NURSE,
    OFFICER,
    OPENED_AT,
    ROUND,
    SPORTS,
    a_draft,
    a_round,
    an_awarded_bid,
    an_opened_bid,
    ask_to_open,
    document,
    find_eligible,
    find_ineligible,
    open_all,
    parts,
    put_right,
    refused,
    request,
    submit,
    turned_down,
    withdraw,
)

from contracts.envelope import Audience
from contracts.every_service import SealedStepRefused
from contracts.funding import (
    BidDocumentPutRight,
    BidDocumentRequested,
    BidFoundEligible,
    BidFoundIneligible,
    SealedStepWarned,
)
from services.funding import handlers
from services.funding.eligibility import FindEligible
from services.funding.tables import BidDocuments, Verdicts

LAST_MOMENT = datetime(2014, 2, 10, 23, 59, 59, tzinfo=UTC)
TOO_LATE = datetime(2014, 2, 11, tzinfo=UTC)


def find_eligible_without_reasons(ledger, actor=COMMISSIONER):
    command = FindEligible(actor=actor, now=OPENED_AT, bid_id=BID, programme_id=ROUND, checked=())
    return ledger.do(handlers.find_eligible(ledger, command), OPENED_AT)


def test_a_bidder_has_five_working_days_in_london_to_put_a_document_right():
    ledger = an_opened_bid()

    request(ledger)

    [asked] = ledger.of(BidDocumentRequested)
    assert asked.due_on == date(2014, 2, 10)
    assert str(asked.citation) == "Sutton Compact 3.3.8"
    assert asked.calendar_version == "england-2026.1"
    assert asked.opens == (document("unsigned"),)
    assert request(ledger, OPENED_AT).events == ()


def test_a_document_is_put_right_until_the_end_of_its_last_day():
    ledger = an_opened_bid()
    request(ledger)

    put_right(ledger, LAST_MOMENT)

    assert len(ledger.of(BidDocumentPutRight)) == 1
    assert ledger.row(BidDocuments, BID, "constituted")["document"]["id"] == "signed"
    assert put_right(ledger, LAST_MOMENT).events == ()


def test_a_document_is_not_put_right_a_second_later():
    ledger = an_opened_bid()
    request(ledger)

    outcome = put_right(ledger, TOO_LATE)

    assert refused(outcome) == ("put_right_late", "Sutton Compact 3.3.8")
    assert outcome.rejection is not None
    assert "00:00:00 on 11 February 2014" in outcome.rejection.sentence


def test_nobody_puts_right_what_was_not_asked_of_it():
    ledger = an_opened_bid()

    assert turned_down(put_right(ledger, OPENED_AT)) == ("document_request_unknown", 404)
    request(ledger)
    assert turned_down(put_right(ledger, OPENED_AT, SPORTS)) == ("document_request_unknown", 404)


def test_a_funder_may_give_more_days_but_never_fewer():
    more, fewer = an_opened_bid(), an_opened_bid()

    request(more, due_on=date(2014, 2, 14))
    request(fewer, due_on=date(2014, 2, 4))

    assert more.of(BidDocumentRequested)[0].due_on == date(2014, 2, 14)
    assert fewer.of(BidDocumentRequested)[0].due_on == date(2014, 2, 10)


def test_where_the_place_has_no_rule_the_funder_names_the_day():
    ledger = an_opened_bid("coventry")

    assert turned_down(request(ledger)) == ("due_on_missing", 422)
    request(ledger, due_on=date(2014, 2, 7))
    assert ledger.of(BidDocumentRequested)[0].citation is None


def test_a_bid_is_found_eligible_with_a_reason_under_every_criterion():
    ledger = an_opened_bid()

    find_eligible(ledger)

    [found] = ledger.of(BidFoundEligible)
    assert found.checked == parts("constituted")
    assert found.audience is Audience.PRIVATE
    assert ledger.row(Verdicts, BID)["sealed"] is True
    assert find_eligible(ledger).events == ()


def test_no_gate_is_opened_without_reasons():
    assert refused(find_eligible_without_reasons(an_opened_bid())) == (
        "verification_incomplete",
        "Sutton Compact 3.3.8",
    )


def test_a_pending_body_is_warned_where_a_signatory_is_refused():
    ledger = an_opened_bid(actor=NURSE)

    outcome = find_eligible_without_reasons(ledger, NURSE)

    assert outcome.rejection is None
    [warned] = ledger.of(SealedStepWarned)
    assert (warned.body_id, warned.code) == ("health", "verification_incomplete")
    assert str(warned.citation) == "Sutton Compact 3.3.8"


def test_coventry_has_no_such_gate():
    ledger = an_opened_bid("coventry")

    assert find_eligible_without_reasons(ledger).rejection is None
    assert ledger.of(SealedStepWarned) == []


def test_a_reason_under_something_else_is_malformed():
    assert turned_down(find_eligible(an_opened_bid(), BID, OPENED_AT, COMMISSIONER, "tall")) == (
        "criterion_unknown",
        422,
    )
    assert turned_down(request(an_opened_bid(), criterion_id="tall")) == ("criterion_unknown", 404)


def test_a_bid_is_not_found_ineligible_before_its_document_was_asked_for():
    ledger = an_opened_bid()

    outcome = find_ineligible(ledger)

    assert refused(outcome) == ("document_not_requested", "Sutton Compact 3.3.8")
    [sealed] = ledger.of(SealedStepRefused)
    assert (sealed.about, sealed.command) == ("bid:b1", "FindIneligible")


def test_a_bid_is_not_found_ineligible_while_the_days_run():
    ledger = an_opened_bid()
    request(ledger)

    assert refused(find_ineligible(ledger, at=LAST_MOMENT)) == ("put_right_days_running", "Sutton Compact 3.3.8")


def test_a_bid_is_found_ineligible_after_the_days_have_passed():
    ledger = an_opened_bid()
    request(ledger)

    find_ineligible(ledger, at=TOO_LATE)

    assert len(ledger.of(BidFoundIneligible)) == 1
    assert find_ineligible(ledger, at=TOO_LATE).events == ()
    assert turned_down(find_eligible(ledger)) == ("eligibility_already_found", 409)


def test_a_document_put_right_can_be_judged_at_once():
    good, bad = an_opened_bid(), an_opened_bid()
    for ledger in (good, bad):
        request(ledger)
        put_right(ledger, OPENED_AT)

    assert find_eligible(good).rejection is None
    assert find_ineligible(bad).rejection is None
    assert turned_down(find_ineligible(good)) == ("eligibility_already_found", 409)


def test_coventry_finds_ineligible_without_the_compacts_days():
    assert find_ineligible(an_opened_bid("coventry")).rejection is None


def test_a_pending_body_that_gives_no_days_is_warned():
    ledger = an_opened_bid(actor=NURSE)

    assert find_ineligible(ledger, actor=NURSE).rejection is None
    assert [warned.code for warned in ledger.of(SealedStepWarned)] == ["document_not_requested"]


def test_before_opening_a_bid_does_not_exist_for_its_funder():
    ledger = a_round()
    submit(ledger)
    ask_to_open(ledger, COMMISSIONER)

    assert turned_down(find_eligible(ledger)) == ("bid_unknown", 404)
    assert turned_down(request(ledger)) == ("bid_unknown", 404)
    assert turned_down(find_eligible(ledger, "b9")) == ("bid_unknown", 404)


def test_a_withdrawn_bid_is_not_opened():
    ledger = a_round()
    submit(ledger)
    withdraw(ledger)
    open_all(ledger)

    assert turned_down(find_eligible(ledger)) == ("bid_unknown", 404)


def test_only_the_funders_officers_verify():
    ledger = an_opened_bid()

    assert turned_down(find_eligible(ledger, actor=NURSE)) == ("bid_unknown", 404)
    assert turned_down(find_eligible(ledger, actor=DECIDER)) == ("not_yours_to_do", 403)
    assert find_eligible(ledger, actor=OFFICER).rejection is None


def test_a_consortium_whose_member_did_not_confirm_is_not_found_eligible():
    ledger = an_opened_bid(draft=a_draft(members=A_CONSORTIUM))

    outcome = find_eligible(ledger)

    assert refused(outcome) == ("member_not_confirmed", "Programme Strategic Partners 2014 consortium")
    assert outcome.rejection is not None
    assert CARERS in outcome.rejection.sentence


def test_findings_stand_once_the_results_are_out():
    ledger = an_awarded_bid()

    assert turned_down(request(ledger)) == ("results_announced", 409)
