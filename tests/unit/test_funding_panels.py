"""A panel is appointed after opening, declares before it reads, and scores without an interest (Compact 3.1.6)."""

import pytest
from funding_givens import (
    A_CONSORTIUM,
    ADVICE,
    CARERS,
    COMMISSIONER,
    COUNCIL,
    CVS,
    DECIDER,
    NURSE,
    OPENED_AT,
    ROUND,
    SPORTS,
    Ledger,
    a_draft,
    a_round,
    appointed,
    confirm,
    find_eligible,
    open_all,
    refused,
    submit,
    turned_down,
)
from panel_givens import (
    CHAIR,
    CONSTABLE,
    OTHER,
    PANEL,
    SPARE,
    TRUSTEE,
    a_panel,
    appoint,
    as_member,
    declare,
    meet,
    points,
    score,
    stand_aside,
    two_bids,
)

from contracts.envelope import Audience
from contracts.every_service import SealedStepRefused
from contracts.funding import (
    SealedStepWarned,
)
from contracts.panels import (
    BidScored,
    PanelAppointed,
    PanelInterestDeclared,
    PanelMember,
    PanelMemberStoodAside,
)
from contracts.partners import OfficeHolderRemoved
from services.runtime.decisions import Actor

TITLE = "Programme Strategic Partners 2014"
INTERESTS = "Sutton Compact 3.1.6"


# Appointed


def test_a_panel_is_appointed_once_bids_are_opened():
    ledger = two_bids()

    assert appoint(ledger, *PANEL).rejection is None
    [made] = ledger.of(PanelAppointed)
    assert [(one.person_id, one.sector) for one in made.members] == [
        ("p-chair", False), ("p-constable", False), ("p-trustee", True)
    ]  # fmt: skip
    assert appoint(ledger, *PANEL).events == ()


def test_no_panel_before_opening_and_none_in_a_round_without():
    sealed = a_round(panel_points=10)
    submit(sealed)
    sealed.receive(*(appointed(one) for one in PANEL))
    without = two_bids()
    without.rows[:] = [row for row in without.rows if not isinstance(row.data, PanelAppointed)]

    assert refused(appoint(sealed, CHAIR)) == ("bids_not_opened", f"{TITLE} opening by two people")
    plain = a_round()
    assert refused(appoint(open_all(plain), CHAIR)) == ("round_without_panel", f"{TITLE} who weighs the bids")


def test_only_the_funders_commissioner_appoints():
    ledger = two_bids()

    assert turned_down(appoint(ledger, *PANEL, actor=DECIDER)) == ("not_yours_to_do", 403)
    assert turned_down(appoint(ledger, *PANEL, actor=NURSE)) == ("not_yours_to_do", 403)


def test_nobody_of_a_bidder_or_its_consortium_sits():
    ledger = a_round(panel_points=10)
    submit(ledger, draft=a_draft(members=A_CONSORTIUM))
    confirm(ledger)
    open_all(ledger)
    people = [Actor(f"p-{one}", "panel_member", one) for one in (ADVICE, CARERS)]
    ledger.receive(*(appointed(one) for one in people))

    for one in people:
        member = PanelMember(person_id=one.person, organisation_id=one.organisation, sector=True)
        assert refused(appoint(ledger, member)) == ("bidder_on_panel", INTERESTS)


def test_the_sectors_infrastructure_body_does_not_score():
    ledger = two_bids()
    ledger.receive(appointed(Actor("p-cvs", "panel_member", CVS)))

    outcome = appoint(ledger, PanelMember(person_id="p-cvs", organisation_id=CVS))

    assert refused(outcome) == ("infrastructure_may_not_score", f"{TITLE} who sits on the panel")


@pytest.mark.parametrize(
    ("member", "code"),
    [
        (PanelMember(person_id="p-nobody", organisation_id=COUNCIL), "not_a_panel_member"),
        (as_member(CHAIR).model_copy(update={"sector": True}), "sector_wrong"),
        (as_member(TRUSTEE).model_copy(update={"sector": False}), "sector_wrong"),
    ],
)
def test_a_member_holds_the_office_and_is_of_the_sector_or_not(member, code):
    assert turned_down(appoint(two_bids(), member)) == (code, 422)


def test_a_delegate_of_a_member_is_no_second_member():
    ledger = two_bids()
    delegate = Actor("p-stand-in", "panel_member", COUNCIL)
    ledger.receive(appointed(delegate, delegate_of=CHAIR.person))

    assert turned_down(appoint(ledger, CHAIR, delegate)) == ("member_repeated", 422)


# Declared


def test_each_member_declares_for_every_bidder_and_consortium_member():
    ledger = two_bids()
    appoint(ledger, *PANEL)

    assert turned_down(declare(ledger, CHAIR, **{CARERS: False})) == ("declaration_unknown", 422)
    assert declare(ledger, CHAIR).rejection is None
    [told] = ledger.of(PanelInterestDeclared)
    assert {one.organisation_id for one in told.interests} == {ADVICE, SPORTS}
    assert (told.audience, told.anonymous) == (Audience.PRIVATE, True)
    assert declare(ledger, CHAIR).events == ()


def test_a_declaration_that_leaves_somebody_out_is_not_taken():
    ledger = a_round(panel_points=10)
    submit(ledger, draft=a_draft(members=A_CONSORTIUM))
    confirm(ledger)
    submit(ledger, OTHER, SPORTS)
    open_all(ledger)
    ledger.receive(appointed(CHAIR))
    appoint(ledger, CHAIR)

    outcome = declare(ledger, CHAIR)

    assert turned_down(outcome) == ("declaration_incomplete", 422)
    assert outcome.rejection is not None
    assert CARERS in outcome.rejection.sentence


def test_an_interest_once_declared_stands():
    ledger = two_bids()
    appoint(ledger, *PANEL)
    declare(ledger, CHAIR, ADVICE)

    assert refused(declare(ledger, CHAIR)) == ("interest_stands", INTERESTS)


def test_who_does_not_sit_declares_nothing():
    ledger = a_panel(two_bids())
    stand_aside(ledger, CHAIR, CHAIR)

    assert turned_down(declare(ledger, SPARE)) == ("panel_unknown", 404)
    assert turned_down(declare(ledger, CHAIR, ADVICE)) == ("panel_unknown", 404)


# Scored


def test_members_score_under_every_criterion():
    ledger = a_panel(two_bids())

    assert score(ledger, CHAIR).rejection is None
    [made] = ledger.of(BidScored)
    assert [(one.criterion_id, one.points) for one in made.scores] == [("need", 8), ("value", 6)]
    assert (made.audience, made.anonymous, made.opened_by) == (Audience.PRIVATE, True, "funding.results_announced")
    assert score(ledger, CHAIR).events == ()


def test_no_declaration_no_score():
    ledger = two_bids()
    appoint(ledger, *PANEL)

    assert refused(score(ledger, CHAIR)) == ("interest_not_declared", INTERESTS)
    assert refused(meet(ledger)) == ("interest_not_declared", INTERESTS)


def test_an_interest_no_score_on_that_bid():
    ledger = two_bids()
    appoint(ledger, *PANEL, SPARE)
    for one in (*PANEL, SPARE):
        declare(ledger, one, *([ADVICE] if one is CHAIR else []))

    assert refused(score(ledger, CHAIR)) == ("interest_declared", INTERESTS)
    assert refused(meet(ledger)) == ("interest_declared", INTERESTS)
    assert score(ledger, CHAIR, OTHER).rejection is None
    assert refused(meet(ledger, actor=TRUSTEE)) == ("interest_at_meeting", INTERESTS)
    assert {type(fact) for fact in ledger.of(SealedStepRefused)} == {SealedStepRefused}


def test_an_interest_of_a_member_binds_whom_the_member_stands_for():
    ledger = two_bids()
    stand_in = Actor("p-stand-in", "panel_member", COUNCIL)
    ledger.receive(appointed(stand_in))
    appoint(ledger, *PANEL, SPARE, stand_in)
    for one in (*PANEL, SPARE):
        declare(ledger, one, *([ADVICE] if one is CHAIR else []))
    declare(ledger, stand_in)
    ledger.receive(appointed(stand_in, delegate_of=CHAIR.person))

    assert refused(score(ledger, stand_in)) == ("interest_declared", INTERESTS)


@pytest.mark.parametrize("missing", [CONSTABLE, TRUSTEE])
def test_three_remain_and_one_of_the_sector_or_the_panel_is_refilled(missing):
    ledger = two_bids()
    appoint(ledger, *PANEL)
    for one in PANEL:
        declare(ledger, one, *([ADVICE] if one is missing else []))

    assert refused(score(ledger, CHAIR)) == ("panel_too_small", INTERESTS)
    assert score(ledger, CHAIR, OTHER).rejection is None

    appoint(ledger, SPARE)
    declare(ledger, SPARE)
    assert score(ledger, CHAIR).rejection is None


def test_three_without_anybody_of_the_sector_are_not_enough():
    ledger = two_bids()
    officer = Actor("p-third", "panel_member", COUNCIL)
    ledger.receive(appointed(officer))
    appoint(ledger, CHAIR, CONSTABLE, officer)
    for one in (CHAIR, CONSTABLE, officer):
        declare(ledger, one)

    assert refused(score(ledger, CHAIR)) == ("panel_too_small", INTERESTS)


def test_a_member_who_lost_the_office_does_not_remain():
    ledger = a_panel(two_bids())
    ledger.receive(
        OfficeHolderRemoved(
            person_id=CONSTABLE.person, organisation_id=CONSTABLE.organisation, place="sutton", role="panel_member"
        )
    )

    assert refused(score(ledger, CHAIR)) == ("panel_too_small", INTERESTS)


@pytest.mark.parametrize(
    ("scores", "code"),
    [
        (points(8, 6)[:1], "scores_incomplete"),
        ((*points(8, 6), points(8, 6)[0]), "scores_incomplete"),
        (points(11, 6), "points_over_most"),
    ],
)
def test_scores_answer_each_criterion_once_up_to_the_most(scores, code):
    assert turned_down(score(a_panel(two_bids()), CHAIR, scores=scores)) == (code, 422)


def test_scores_stand_as_they_were_given():
    ledger = a_panel(two_bids())
    score(ledger, CHAIR)

    assert refused(score(ledger, CHAIR, need=9)) == ("score_stands", f"{TITLE} scores given apart")


def test_strangers_and_who_stood_aside_find_no_bid():
    ledger = a_panel(two_bids())
    stand_aside(ledger, TRUSTEE, TRUSTEE)

    assert turned_down(score(ledger, SPARE)) == ("bid_unknown", 404)
    assert turned_down(score(ledger, TRUSTEE)) == ("bid_unknown", 404)
    assert turned_down(score(ledger, COMMISSIONER)) == ("bid_unknown", 404)
    assert turned_down(score(ledger, CHAIR, "nothing")) == ("bid_unknown", 404)


def test_only_the_member_or_the_commissioner_says_that_a_member_left():
    ledger = a_panel(two_bids())

    assert turned_down(stand_aside(ledger, CHAIR, TRUSTEE)) == ("not_yours_to_do", 403)
    assert turned_down(stand_aside(ledger, COMMISSIONER, SPARE)) == ("panel_member_unknown", 404)
    assert stand_aside(ledger, COMMISSIONER, TRUSTEE).rejection is None
    assert stand_aside(ledger, TRUSTEE, TRUSTEE).events == ()
    assert len(ledger.of(PanelMemberStoodAside)) == 1


def test_a_pending_funder_is_warned_that_its_panel_is_small():
    ledger = a_round(actor=NURSE, panel_points=10)
    nurse_chair = Actor("p-nurse-chair", "panel_member", "health")
    ledger.receive(appointed(nurse_chair))
    submit(ledger)
    open_all(ledger, NURSE, Actor("p-nurse-officer", "body_officer", "health"))
    find_eligible(ledger, actor=NURSE)
    appoint(ledger, PanelMember(person_id="p-nurse-chair", organisation_id="health"), actor=NURSE)
    from_member = declare_one(ledger, nurse_chair)

    assert from_member.rejection is None
    assert score(ledger, nurse_chair).rejection is None
    assert [fact.code for fact in ledger.of(SealedStepWarned)] == ["panel_too_small"]


def declare_one(ledger: Ledger, actor: Actor):
    from contracts.panels import OrganisationInterest
    from services.funding import handlers_panels
    from services.funding.panels import DeclareInterests

    command = DeclareInterests(
        actor=actor, now=OPENED_AT, programme_id=ROUND,
        interests=(OrganisationInterest(organisation_id=ADVICE, interest=False),),
    )  # fmt: skip
    return ledger.do(handlers_panels.declare_interests(ledger, command), OPENED_AT)
