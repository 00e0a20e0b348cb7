"""All results come out together, and with them what was refused while they were sealed (SPP2)."""

from datetime import timedelta

from funding_givens import (
    ADVICE,
    BID,
    CARERS,
    COUNCIL,
    NURSE,
    NURSE_DECIDER,
    OPENED_AT,
    RESULTS_AT,
    ROUND,
    SECOND,
    SPORTS,
    SYSTEM,
    Ledger,
    a_round,
    an_awarded_bid,
    an_opened_bid,
    approve,
    decline,
    document,
    find_eligible,
    find_ineligible,
    open_all,
    parts,
    refused,
    registered,
    request,
    submit,
    turned_down,
)

from contracts.every_service import DecidedUnaware, SealedStepRefused, StepRefused, StepWarned
from contracts.funding import (
    AgreementDrafted,
    AnnouncementMissed,
    BidAwarded,
    BidDeclined,
    CommitmentMadeUnaware,
    RationaleGiven,
    ResultsAnnounced,
)
from contracts.partners import OrganisationDissolved, OrganisationSucceeded, OrganisationSuspended
from services.funding import handlers
from services.funding.announcing import AnnounceResults
from services.funding.tables import Doubts, ProgrammeMoney, Programmes, Results, Verdicts
from services.runtime.unit import Outcome

BEFORE = OPENED_AT + timedelta(days=1)
DECIDED = OPENED_AT + timedelta(days=2)


def announce(ledger: Ledger, at=RESULTS_AT, programme: str = ROUND) -> Outcome:
    command = AnnounceResults(actor=SYSTEM, now=at, programme_id=programme)
    return ledger.do(handlers.announce_results(ledger, command), at)


def three_opened_bids() -> Ledger:
    ledger = a_round()
    for bid, organisation in ((BID, ADVICE), ("b2", CARERS), ("b3", SPORTS)):
        submit(ledger, bid, organisation)
    return open_all(ledger)


def test_all_results_come_out_in_one_decision_at_the_set_time():
    ledger = three_opened_bids()
    find_eligible(ledger)
    approve(ledger)
    decline(ledger, "b2", CARERS)
    request(ledger, bid_id="b3")
    find_ineligible(ledger, "b3", at=OPENED_AT + timedelta(days=9))

    assert ledger.due(RESULTS_AT - SECOND) == []
    ledger.ring(RESULTS_AT)

    [announced] = ledger.of(ResultsAnnounced)
    assert (announced.bids, announced.awards, announced.awarded_pounds) == (3, 1, 300_000)
    [awarded], [given] = ledger.of(BidAwarded), ledger.of(RationaleGiven)
    assert awarded.title == "Strategic Partners 2014"
    assert [outcome.id for outcome in awarded.outcomes] == ["governance"]
    assert given.opens == (document("why-need"), document("why-value"))
    declined, ineligible = ledger.of(BidDeclined)
    assert declined.rationale == parts("need", "value")
    assert ineligible.ineligible
    assert ineligible.opens == (document("not met"),)
    assert ledger.due(RESULTS_AT) == []


def test_nothing_is_announced_before_the_set_time():
    ledger = an_opened_bid()
    decline(ledger)

    assert announce(ledger, RESULTS_AT - SECOND).events == ()
    assert Results not in ledger.tables
    assert ledger.row(Verdicts, BID)["sealed"] is True


def test_results_are_unsealed_with_the_announcement():
    ledger = an_awarded_bid()

    assert ledger.row(Verdicts, BID)["sealed"] is False
    assert ledger.row(Results, BID)["pounds"] == 300_000
    assert ledger.row(ProgrammeMoney, ROUND, "2014/15")["awarded"] == 100_000
    assert len(ledger.of(AgreementDrafted)) == 1


def test_announcing_again_changes_nothing():
    ledger = an_awarded_bid()

    assert announce(ledger).events == ()
    assert turned_down(announce(ledger, programme="p2")) == ("programme_unknown", 404)


def test_a_missed_announcement_is_recorded_once_and_made_up_with_the_last_decision():
    ledger = three_opened_bids()
    decline(ledger)
    ledger.ring(RESULTS_AT)
    announce(ledger, RESULTS_AT + timedelta(hours=1))

    [missed] = ledger.of(AnnouncementMissed)
    assert missed.undecided == 2
    assert ledger.row(Programmes, ROUND)["announcement_missed"] is True
    assert ledger.due(RESULTS_AT + timedelta(days=1)) == []

    decline(ledger, "b2", CARERS, RESULTS_AT + timedelta(days=1))
    assert ledger.of(ResultsAnnounced) == []
    decline(ledger, "b3", SPORTS, RESULTS_AT + timedelta(days=2))
    [announced] = ledger.of(ResultsAnnounced)
    assert announced.announced_at == RESULTS_AT + timedelta(days=2)


def test_bids_that_were_never_opened_miss_their_announcement():
    ledger = a_round()
    submit(ledger)

    ledger.ring(RESULTS_AT)

    assert ledger.of(AnnouncementMissed)[0].undecided == 1


def test_a_round_without_bids_announces_that():
    ledger = a_round()

    ledger.ring(RESULTS_AT)

    assert ledger.of(ResultsAnnounced)[0].bids == 0


def test_a_step_refused_while_sealed_is_disclosed_with_the_result():
    ledger = an_opened_bid()
    refused(approve(ledger))
    decline(ledger)

    assert ledger.of(StepRefused) == []
    ledger.ring(RESULTS_AT)

    [disclosed] = ledger.of(StepRefused)
    assert (disclosed.body_id, disclosed.command, disclosed.about) == (COUNCIL, "ApproveAward", "bid:b1")
    assert disclosed.code == "eligibility_not_verified"


def test_a_sealed_refusal_that_comes_after_the_result_is_disclosed_at_once_and_once():
    ledger = an_opened_bid()
    refused(approve(ledger))
    decline(ledger)
    ledger.ring(RESULTS_AT)
    [sealed] = ledger.of(SealedStepRefused)

    ledger.receive(sealed.model_copy(update={"code": "office_not_held"}), at=RESULTS_AT)

    assert [fact.code for fact in ledger.of(StepRefused)] == ["eligibility_not_verified", "office_not_held"]


def test_what_a_pending_body_was_warned_of_is_disclosed_with_the_result():
    ledger = an_opened_bid(actor=NURSE)
    decline(ledger, actor=NURSE_DECIDER, rationale=())

    assert ledger.of(StepWarned) == []
    announce_at = RESULTS_AT
    ledger.ring(announce_at)
    assert [fact.code for fact in ledger.of(StepWarned)] == ["rationale_incomplete"]


def an_approved_bid() -> Ledger:
    ledger = an_opened_bid()
    find_eligible(ledger)
    assert approve(ledger, at=DECIDED).rejection is None
    return ledger


def test_a_suspension_that_arrives_too_late_is_put_before_a_person_once_the_award_is_open():
    ledger = an_approved_bid()

    ledger.receive(OrganisationSuspended(organisation_id=ADVICE, reasons=document()), at=BEFORE)

    assert len(ledger.of(CommitmentMadeUnaware)) == 1
    assert ledger.of(DecidedUnaware) == []
    ledger.ring(RESULTS_AT)
    [doubt] = ledger.of(DecidedUnaware)
    assert (doubt.about, doubt.code, doubt.given_to_role) == ("bid:b1", "organisation_suspended", "decider")
    assert ledger.row(Doubts, doubt.decision_id, doubt.late_event_id)["code"] == "organisation_suspended"


def test_a_dissolution_that_arrives_after_the_announcement_is_put_before_a_person_at_once():
    ledger = an_approved_bid()
    ledger.ring(RESULTS_AT)

    ledger.receive(OrganisationDissolved(organisation_id=ADVICE, dissolved_on=BEFORE.date()), at=BEFORE)

    assert [doubt.code for doubt in ledger.of(DecidedUnaware)] == ["organisation_dissolved"]


def test_facts_that_would_not_have_stopped_the_award_raise_no_doubt():
    ledger = an_approved_bid()
    after = DECIDED.date() + timedelta(days=1)

    ledger.receive(OrganisationSuspended(organisation_id=ADVICE, reasons=document()), at=DECIDED + SECOND)
    ledger.receive(OrganisationDissolved(organisation_id=ADVICE, dissolved_on=after), at=BEFORE)
    ledger.receive(OrganisationSucceeded(organisation_id=SPORTS, successor_id=CARERS, succeeded_on=after), at=BEFORE)
    ledger.receive(registered("another"))

    assert ledger.of(CommitmentMadeUnaware) == []
