"""Bids are checked, taken in sealed with a receipt, or refused gate by gate (SPP1 to SPP3, Sutton Compact 3.3.8)."""

from datetime import timedelta

import pytest
from funding_givens import (
    A_CONSORTIUM,
    ADVICE,
    BID,
    CARERS,
    CLOSES_AT,
    CVS,
    IN_TIME,
    NURSE,
    OPENS_AT,
    ROUND,
    SECOND,
    SPORTS,
    YEARS,
    Ledger,
    a_draft,
    a_round,
    confirm,
    document,
    refused,
    registered,
    representative,
    submit,
    turned_down,
    withdraw,
)

from contracts.envelope import Audience
from contracts.every_service import RequestRefused
from contracts.funding import (
    BidReceived,
    BidSubmitted,
    BidWithdrawn,
    BudgetLine,
    ConsortiumMemberConfirmed,
    ConsortiumPart,
    LineKind,
)
from contracts.partners import (
    OrganisationDissolved,
    OrganisationKind,
    OrganisationReinstated,
    OrganisationSucceeded,
    OrganisationSuspended,
)
from services.funding import handlers
from services.funding.drafts import CheckBid, Draft
from services.funding.tables import BidMembers, Bids
from services.runtime.decisions import Rejection

TITLE = "Programme Strategic Partners 2014"


def check(ledger: Ledger, draft: Draft, at=IN_TIME) -> list[Rejection]:
    found: list[Rejection] = []
    command = CheckBid(actor=representative(ADVICE), now=at, programme_id=ROUND, draft=draft)
    outcome = ledger.do(handlers.check_bid(ledger, command, found), at)
    assert outcome.events == ()
    return found


def with_line(kind: LineKind, pounds: int = 1_000) -> Draft:
    draft = a_draft()
    line = BudgetLine(id="extra", kind=kind, year=YEARS[0], pounds=pounds)
    return a_draft(lines=(*draft.lines, line))


def test_a_bid_is_taken_in_with_a_receipt_and_only_its_hash_is_told():
    ledger = a_round()

    outcome = submit(ledger)

    submitted, received = outcome.events
    assert isinstance(submitted, BidSubmitted)
    assert submitted.receipt_number.startswith("R-")
    assert submitted.received_at == IN_TIME
    assert submitted.declared == ("constituted",)
    assert submitted.audience is Audience.PRIVATE
    assert isinstance(received, BidReceived)
    assert received.content_hash == document(f"bid {BID}").hash
    assert received.tags == ("bid:b1", "programme:p1")
    assert ADVICE not in received.model_dump_json()
    assert ledger.row(Bids, BID)["sealed"] is True


def test_the_same_bid_again_changes_nothing():
    ledger = a_round()
    submit(ledger)

    again = submit(ledger, at=CLOSES_AT + timedelta(days=1))

    assert again.events == ()
    assert again.rejection is None


def test_the_id_of_a_bid_is_never_that_of_another_organisations_bid_too():
    """It is made from the request's key and the bidder, so that nobody meets this; a second would hide the first."""
    ledger = a_round()
    submit(ledger, "b1", CARERS)

    taken = submit(ledger, "b1", ADVICE, a_draft(members=A_CONSORTIUM))

    assert taken.rejection is not None
    assert taken.rejection.code == "bid_unknown"
    assert [bid.organisation_id for bid in ledger.of(BidSubmitted)] == [CARERS]


def test_a_bid_over_the_yearly_maximum_is_refused_with_the_programmes_words():
    outcome = submit(a_round(), draft=a_draft(175_001))

    assert refused(outcome) == ("over_yearly_maximum", "Strategic Partner Programme Structure")
    assert outcome.rejection is not None
    assert "£175,001" in outcome.rejection.sentence
    assert submit(a_round(), draft=a_draft(175_000)).rejection is None


def test_a_project_cost_line_is_refused_and_can_be_corrected_until_closing():
    ledger = a_round()

    outcome = submit(ledger, draft=with_line(LineKind.PROJECT))

    assert refused(outcome) == ("project_cost_line", "Strategic Partner Programme Aims")
    assert outcome.rejection is not None
    assert outcome.rejection.remedy == "Correct the bid and submit it by 12:00:00 on 31 January 2014."
    assert submit(ledger, draft=with_line(LineKind.OVERHEAD), at=CLOSES_AT).rejection is None


def test_a_bid_without_outcomes_is_refused():
    outcome = submit(a_round(), draft=a_draft(outcomes=()))

    assert refused(outcome) == ("no_outcomes", "Strategic Partner Programme Aims")


def test_a_declared_no_is_refused_with_clause_3_3_8():
    outcome = submit(a_round(), draft=a_draft(declarations=(("constituted", False),)))

    assert refused(outcome) == ("declared_not_eligible", "Sutton Compact 3.3.8")


def test_a_declared_no_in_coventry_and_to_a_pending_body_cites_the_round():
    draft = a_draft(declarations=(("constituted", False),))

    assert refused(submit(a_round("coventry"), draft=draft)) == ("declared_not_eligible", f"{TITLE} eligibility")
    assert refused(submit(a_round(actor=NURSE), draft=draft)) == ("declared_not_eligible", f"{TITLE} eligibility")


@pytest.mark.parametrize(
    ("declarations", "code"),
    [((), "declaration_missing"), ((("constituted", True), ("tall", True)), "declaration_unknown")],
)
def test_the_bidder_declares_itself_against_each_published_criterion(declarations, code):
    assert turned_down(submit(a_round(), draft=a_draft(declarations=declarations))) == (code, 422)


def test_a_bid_one_second_late_is_refused_with_its_time():
    outcome = submit(a_round(), at=CLOSES_AT + SECOND)

    assert refused(outcome) == ("bid_late", f"{TITLE} closing time")
    assert outcome.rejection is not None
    assert outcome.rejection.sentence == (
        "Bidding closed at 12:00:00 on 31 January 2014; this bid came at 12:00:01 on 31 January 2014."
    )


@pytest.mark.parametrize("at", [CLOSES_AT, CLOSES_AT + timedelta(milliseconds=999)])
def test_a_bid_within_the_second_of_closing_is_in_time(at):
    assert submit(a_round(), at=at).rejection is None


def test_a_bid_before_the_opening_time_is_refused():
    outcome = submit(a_round(), at=OPENS_AT - SECOND)

    assert refused(outcome) == ("bidding_not_open", f"{TITLE} opening time")


def test_a_refused_bid_is_a_private_fact_without_content():
    ledger = a_round()

    submit(ledger, draft=a_draft(175_001))

    [fact] = ledger.of(RequestRefused)
    assert (fact.organisation_id, fact.command, fact.about) == (ADVICE, "SubmitBid", "programme:p1")
    assert fact.audience is Audience.PRIVATE


def test_a_suspended_organisation_bids_again_only_once_reinstated():
    ledger = a_round()
    ledger.receive(OrganisationSuspended(organisation_id=ADVICE, reasons=document()))

    assert refused(submit(ledger)) == ("organisation_suspended", f"{TITLE} who may bid")
    ledger.receive(OrganisationReinstated(organisation_id=ADVICE))
    assert submit(ledger).rejection is None


def test_a_dissolved_organisation_does_not_bid():
    ledger = a_round()
    ledger.receive(OrganisationDissolved(organisation_id=ADVICE, dissolved_on=IN_TIME.date()))
    ledger.receive(OrganisationSucceeded(organisation_id=CARERS, successor_id=SPORTS, succeeded_on=IN_TIME.date()))

    assert refused(submit(ledger)) == ("organisation_dissolved", f"{TITLE} who may bid")
    assert refused(submit(ledger, "b2", CARERS))[0] == "organisation_dissolved"


def test_an_organisation_that_is_dissolved_later_still_bids():
    ledger = a_round()
    later = IN_TIME.date() + timedelta(days=1)
    ledger.receive(OrganisationDissolved(organisation_id=ADVICE, dissolved_on=later))

    assert submit(ledger).rejection is None


def test_the_infrastructure_body_and_public_bodies_do_not_bid():
    ledger = a_round()
    ledger.receive(registered("fire", OrganisationKind.FIRE))

    assert refused(submit(ledger, organisation=CVS)) == ("infrastructure_may_not_bid", f"{TITLE} who may bid")
    assert refused(submit(ledger, organisation="fire")) == ("only_vcos_bid", f"{TITLE} who may bid")


def test_an_organisation_that_nobody_registered_is_told_whom_to_ask():
    outcome = submit(a_round(), organisation="nobody")

    assert turned_down(outcome) == ("organisation_unknown", 409)


def test_an_organisation_has_one_bid_standing_in_a_round():
    ledger = a_round()
    submit(ledger)

    second = submit(ledger, "b2")

    assert refused(second) == ("bid_already_submitted", f"{TITLE} one bid for each organisation")
    assert second.rejection is not None
    assert "Withdraw" in second.rejection.remedy


def test_a_withdrawn_bid_makes_room_for_another():
    ledger = a_round()
    submit(ledger)

    withdraw(ledger)

    assert len(ledger.of(BidWithdrawn)) == 1
    assert submit(ledger, "b2").rejection is None
    assert withdraw(ledger).events == ()


def test_a_member_of_another_bid_may_lead_one_of_its_own():
    ledger = a_round()
    submit(ledger, draft=a_draft(members=A_CONSORTIUM))

    assert submit(ledger, "b2", CARERS).rejection is None


def test_money_is_asked_only_in_years_that_the_round_funds():
    line = BudgetLine(id="late", kind=LineKind.CORE, year="2017/18", pounds=1)

    outcome = submit(a_round(), draft=a_draft(lines=(line,)))

    assert refused(outcome) == ("year_not_funded", f"{TITLE} money per year")


def test_coventry_takes_project_costs_and_large_sums():
    draft = a_draft(lines=with_line(LineKind.PROJECT, 900_000).lines)

    assert submit(a_round("coventry"), draft=draft).rejection is None


def test_a_check_answers_every_fault_and_records_nothing():
    ledger = a_round()
    draft = with_line(LineKind.PROJECT, 175_000)
    draft = a_draft(lines=draft.lines, outcomes=(), declarations=(("constituted", False),))
    before = len(ledger.rows)

    found = check(ledger, draft)

    codes = ["declared_not_eligible", "over_yearly_maximum", "project_cost_line", "no_outcomes"]
    assert [fault.code for fault in found] == codes
    assert len(ledger.rows) == before
    assert check(ledger, a_draft()) == []


def test_a_check_of_an_unknown_round_says_so():
    ledger = a_round()
    found: list[Rejection] = []
    command = CheckBid(actor=representative(ADVICE), now=IN_TIME, programme_id="p2", draft=a_draft())

    ledger.do(handlers.check_bid(ledger, command, found), IN_TIME)

    assert [fault.code for fault in found] == ["programme_unknown"]


def test_a_bid_is_withdrawn_only_by_its_lead_and_before_closing():
    ledger = a_round()
    submit(ledger)

    assert turned_down(withdraw(ledger, organisation=CARERS)) == ("bid_unknown", 404)
    assert turned_down(withdraw(ledger, "b9")) == ("bid_unknown", 404)
    assert refused(withdraw(ledger, at=CLOSES_AT + SECOND)) == ("bidding_closed", f"{TITLE} closing time")


def test_a_member_confirms_its_part_before_closing():
    ledger = a_round()
    submit(ledger, draft=a_draft(members=A_CONSORTIUM))

    confirm(ledger)

    [confirmed] = ledger.of(ConsortiumMemberConfirmed)
    assert (confirmed.organisation_id, confirmed.share_pounds) == (CARERS, 30_000)
    assert ledger.row(BidMembers, BID, CARERS)["confirmed"] is True
    assert confirm(ledger).events == ()


def test_a_part_is_confirmed_by_the_member_itself_with_the_very_share_and_in_time():
    ledger = a_round()
    submit(ledger, draft=a_draft(members=A_CONSORTIUM))

    assert turned_down(confirm(ledger, member=SPORTS)) == ("bid_unknown", 404)
    assert turned_down(confirm(ledger, member=ADVICE)) == ("bid_unknown", 404)
    assert refused(confirm(ledger, pounds=29_999)) == ("share_differs", f"{TITLE} consortium")
    assert refused(confirm(ledger, at=CLOSES_AT + SECOND)) == ("bidding_closed", f"{TITLE} closing time")


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ((ConsortiumPart(organisation_id=ADVICE, share_pounds=1),), "member_repeated"),
        (A_CONSORTIUM * 2, "member_repeated"),
        ((ConsortiumPart(organisation_id=CARERS, share_pounds=300_001),), "shares_over_bid"),
    ],
)
def test_a_consortium_names_each_member_once_with_a_share_that_the_bid_holds(members, code):
    assert turned_down(submit(a_round(), draft=a_draft(members=members))) == (code, 422)


def test_a_suspended_member_keeps_a_consortium_from_bidding():
    ledger = a_round()
    ledger.receive(OrganisationSuspended(organisation_id=CARERS, reasons=document()))

    outcome = submit(ledger, draft=a_draft(members=A_CONSORTIUM))

    assert refused(outcome)[0] == "organisation_suspended"


def test_the_legal_basis_is_acknowledged_but_never_a_gate():
    ledger = a_round(legal_basis="Local Government Act 1972")

    submit(ledger, draft=a_draft(legal_basis_acknowledged=True))
    submit(ledger, "b2", CARERS)

    assert [bid.legal_basis_acknowledged for bid in ledger.of(BidSubmitted)] == [True, False]
