"""A panel recommends by weighted scores, an award needs it, and bidders are given their scores (Compact 3.3.2)."""

from datetime import timedelta

import pytest
from funding_givens import (
    A_CONSORTIUM,
    ADVICE,
    AUTHORITY,
    BID,
    CLOSES_AT,
    COMMISSIONER,
    COUNCIL,
    DECIDER,
    DELEGATE,
    RESULTS_AT,
    SPORTS,
    a_draft,
    a_publication,
    a_round,
    appointed,
    approve,
    decline,
    find_eligible,
    open_all,
    publish,
    refused,
    submit,
    turned_down,
)
from panel_givens import (
    CHAIR,
    CONSTABLE,
    OTHER,
    PANEL,
    SCORED_AT,
    SPARE,
    TRUSTEE,
    a_panel,
    a_recommendation,
    appoint,
    declare,
    meet,
    points,
    recommend,
    score,
    scored,
    stand_aside,
    two_bids,
)

from contracts.envelope import Audience
from contracts.every_service import DecidedUnaware
from contracts.funding import (
    AwardApproved,
    BidDeclined,
    CommitmentMadeUnaware,
    Criterion,
)
from contracts.panels import (
    BidScored,
    PanelRecommended,
    ProposerMet,
    ScoresGiven,
)
from services.runtime.decisions import Actor

TITLE = "Programme Strategic Partners 2014"
INTERESTS = "Sutton Compact 3.1.6"


# Met and recommended


def test_the_panel_recommends_by_weighted_scores():
    ledger = scored(a_panel(two_bids()))

    assert recommend(ledger, BID).rejection is None
    [made] = ledger.of(PanelRecommended)
    assert [(one.bid_id, one.hundredths, one.recommended) for one in made.ranking] == [
        (BID, 7200, True), (OTHER, 4800, False)
    ]  # fmt: skip
    assert recommend(ledger, BID).events == ()
    [met, _] = ledger.of(ProposerMet)
    assert met.minutes == 90


def test_a_departure_from_the_order_of_scores_has_its_reasons():
    ledger = scored(a_panel(two_bids()))

    assert refused(recommend(ledger, OTHER)) == ("departure_without_reasons", "Sutton Compact 3.3.2")
    assert refused(recommend(ledger, OTHER, BID)) == ("departure_without_reasons", "Sutton Compact 3.3.2")
    assert recommend(ledger, OTHER, departure="nobody else reaches them").rejection is None


def test_no_recommendation_before_every_member_scored_and_every_proposer_was_met():
    ledger = a_panel(two_bids())
    for one in PANEL[:2]:
        score(ledger, one)
        score(ledger, one, OTHER)
    assert refused(recommend(ledger, BID)) == ("scores_missing", f"{TITLE} scores given apart")

    score(ledger, TRUSTEE)
    score(ledger, TRUSTEE, OTHER)
    meet(ledger)
    assert refused(recommend(ledger, BID)) == ("proposer_not_met", f"{TITLE} meeting each proposer")
    assert meet(ledger, OTHER).rejection is None
    assert recommend(ledger, BID).rejection is None


def test_a_meeting_names_members_who_were_there_after_closing():
    ledger = a_panel(two_bids())

    assert turned_down(meet(ledger, present=())) == ("present_unknown", 422)
    assert turned_down(meet(ledger, present=(CHAIR, SPARE))) == ("present_unknown", 422)
    assert turned_down(meet(ledger, at=CLOSES_AT)) == ("meeting_day_wrong", 422)
    assert meet(ledger).rejection is None
    assert meet(ledger).events == ()


def test_a_member_with_an_interest_does_not_speak_for_the_panel_and_the_commissioner_may():
    ledger = two_bids()
    appoint(ledger, *PANEL, SPARE)
    for one in (*PANEL, SPARE):
        declare(ledger, one, *([ADVICE] if one is CHAIR else []))
    without = (CONSTABLE, TRUSTEE, SPARE)
    for one in without:
        score(ledger, one)
    for one in (CHAIR, *without):
        score(ledger, one, OTHER, 4, 6)
    meet(ledger, BID, TRUSTEE, without)
    meet(ledger, OTHER)

    assert refused(recommend(ledger, BID)) == ("interest_declared", INTERESTS)
    assert turned_down(recommend(ledger, BID, actor=DECIDER)) == ("not_yours_to_do", 403)
    assert recommend(ledger, BID, actor=COMMISSIONER).rejection is None


def test_coventry_weighs_three_things_and_has_somebody_of_the_sector():
    selection = "Developing a commissioning approach to partnership work The Selection Panels"
    ledger = a_round("coventry")
    weighed = tuple(
        Criterion(id=one, text=one, weight=weight, weighs=one)
        for one, weight in (("measuring", 40), ("evaluation", 30), ("sustaining", 30))
    )
    form = {"programme": "p2", "rules_key": "neighbourhoods", "panel_points": 10}

    assert refused(publish(ledger, a_publication(**form))) == ("panel_criterion_missing", selection)
    two = a_publication(**form, criteria=(*weighed[:2], weighed[2].model_copy(update={"weighs": ""})))
    assert refused(publish(ledger, two)) == ("panel_criterion_missing", selection)
    assert publish(ledger, a_publication(**form, criteria=weighed)).rejection is None


def test_in_coventry_a_panel_without_the_sector_does_not_score():
    need = (
        Criterion(id="need", text="Need", weight=60, weighs="measuring"),
        Criterion(id="value", text="Value", weight=30, weighs="evaluation"),
        Criterion(id="last", text="Last", weight=10, weighs="sustaining"),
    )
    ledger = two_bids("coventry", criteria=need)
    appoint(ledger, CHAIR)
    declare(ledger, CHAIR)
    every = (*points(8, 6), points(8, 6)[0].model_copy(update={"criterion_id": "last"}))

    assert refused(score(ledger, CHAIR, scores=every)) == (
        "panel_too_small", "Developing a commissioning approach to partnership work The Selection Panels"
    )  # fmt: skip


# Awarded on the recommendation


def test_an_award_stands_on_the_panels_recommendation():
    ledger = a_recommendation()

    assert approve(ledger, at=SCORED_AT).rejection is None
    [award] = ledger.of(AwardApproved)
    assert award.authority == AUTHORITY
    assert decline(ledger, OTHER, SPORTS, at=SCORED_AT).rejection is None


def test_nothing_is_decided_without_the_panels_recommendation():
    ledger = scored(a_panel(two_bids()))
    cited = f"{TITLE} recommendation of the panel"

    assert refused(approve(ledger, at=SCORED_AT)) == ("no_recommendation", cited)
    assert refused(decline(ledger, at=SCORED_AT)) == ("no_recommendation", cited)
    recommend(ledger, BID)
    assert refused(approve(ledger, OTHER, SPORTS, at=SCORED_AT)) == ("not_recommended", cited)


@pytest.mark.parametrize("sat", [CHAIR, TRUSTEE])
def test_who_sat_on_the_panel_does_not_decide_and_nor_does_a_delegate(sat):
    ledger = a_recommendation()
    itself, delegate = Actor(sat.person, "decider", COUNCIL), Actor("p-for-them", "decider", COUNCIL)
    ledger.receive(
        appointed(itself, 600_000, AUTHORITY), appointed(delegate, 600_000, AUTHORITY, delegate_of=sat.person)
    )

    for one in (itself, delegate):
        assert refused(approve(ledger, actor=one, at=SCORED_AT)) == ("sat_on_panel", INTERESTS)
        assert refused(decline(ledger, actor=one, at=SCORED_AT)) == ("sat_on_panel", INTERESTS)


def test_who_stood_aside_or_spoke_for_the_panel_does_not_decide_either():
    ledger = scored(a_panel(two_bids()))
    recommend(ledger, BID, actor=COMMISSIONER)
    stand_aside(ledger, TRUSTEE, TRUSTEE)
    people = [Actor(one.person, "decider", COUNCIL) for one in (TRUSTEE, COMMISSIONER, DELEGATE)]
    ledger.receive(*(appointed(one, 600_000, AUTHORITY) for one in people[:2]))
    ledger.receive(appointed(people[2], 600_000, AUTHORITY, delegate_of=COMMISSIONER.person))

    for one in people:
        assert refused(approve(ledger, actor=one, at=SCORED_AT)) == ("sat_on_panel", INTERESTS)


def test_an_interest_declared_since_stops_the_award_until_the_panel_recommends_again():
    ledger = a_recommendation()
    declare(ledger, CONSTABLE, ADVICE, at=SCORED_AT)
    assert refused(approve(ledger, at=SCORED_AT)) == ("recommendation_overtaken", INTERESTS)
    assert refused(recommend(ledger, BID)) == ("panel_too_small", INTERESTS)

    appoint(ledger, SPARE)
    declare(ledger, SPARE)
    assert refused(recommend(ledger, BID)) == ("scores_missing", f"{TITLE} scores given apart")
    score(ledger, SPARE, BID, 10, 10)
    score(ledger, SPARE, OTHER, 4, 6)
    assert recommend(ledger, BID).rejection is None

    assert approve(ledger, at=SCORED_AT).rejection is None


def test_an_interest_declared_after_the_approval_is_put_before_a_person():
    ledger = a_recommendation()
    approve(ledger, at=SCORED_AT)
    decline(ledger, OTHER, SPORTS, at=SCORED_AT)

    declare(ledger, CONSTABLE, ADVICE, at=SCORED_AT + timedelta(days=1))
    [doubt] = ledger.of(CommitmentMadeUnaware)
    assert (doubt.about, doubt.code, doubt.given_to_role) == (f"bid:{BID}", "interest_declared_late", "decider")
    assert ledger.of(DecidedUnaware) == []

    ledger.ring(RESULTS_AT)
    [known] = ledger.of(DecidedUnaware)
    assert known.decision_id == doubt.decision_id


def test_an_interest_in_a_bid_that_was_not_awarded_casts_no_doubt():
    ledger = a_recommendation()
    approve(ledger, at=SCORED_AT)

    declare(ledger, CONSTABLE, SPORTS, at=SCORED_AT)

    assert ledger.of(CommitmentMadeUnaware) == []


def test_a_round_without_a_panel_is_decided_as_before():
    ledger = a_round()
    submit(ledger)
    open_all(ledger)
    find_eligible(ledger)

    assert approve(ledger).rejection is None


def test_a_bid_whose_members_did_not_confirm_is_declined_without_the_panel():
    ledger = two_bids(draft=a_draft(members=A_CONSORTIUM))

    assert decline(ledger).rejection is None


# Announced


def test_each_bidder_is_given_its_own_scores_and_reasons_unaltered():
    ledger = a_recommendation()
    approve(ledger, at=SCORED_AT)
    decline(ledger, OTHER, SPORTS, at=SCORED_AT)
    assert ledger.of(ScoresGiven) == []

    ledger.ring(RESULTS_AT)

    given = {one.organisation_id: one for one in ledger.of(ScoresGiven)}
    assert given.keys() == {ADVICE, SPORTS}
    made = [one for fact in ledger.of(BidScored) if fact.bid_id == OTHER for one in fact.scores]
    told = [(one.criterion_id, one.points, one.reason) for one in given[SPORTS].scores]
    assert sorted(told, key=str) == sorted(((one.criterion_id, one.points, one.reason) for one in made), key=str)
    assert not any(member.person in given[SPORTS].model_dump_json() for member in PANEL)
    assert ledger.of(BidDeclined)


def test_nothing_of_what_a_panel_does_is_published_before_the_results():
    ledger = a_recommendation()
    approve(ledger, at=SCORED_AT)
    declare(ledger, CONSTABLE, ADVICE, at=SCORED_AT)

    own = [row.data for row in ledger.rows if row.data.wire.startswith(("funding.", "compact."))]
    told = {type(fact).__name__ for fact in own if fact.audience is not Audience.PRIVATE}

    assert told == {"ProgrammePublished", "BidReceived", "BidsOpened"}
