"""Acting in another's name satisfies no two-person rule: the natural person counts, also once the delegation ended."""

from collections.abc import Callable
from typing import Any

import pytest
from change_givens import a_change, act, decide, prepared
from funding_givens import (
    ADVICE,
    AUTHORITY,
    BID,
    COMMISSIONER,
    COUNCIL,
    DECIDER,
    Ledger,
    a_round,
    an_opened_bid,
    appointed,
    approve,
    ask_to_open,
    find_eligible,
    refused,
)
from panel_givens import (
    CHAIR,
    CONSTABLE,
    PANEL,
    SCORED_AT,
    SPARE,
    a_recommendation,
    appoint,
    declare,
    recommend,
    score,
    scored,
    two_bids,
)
from payment_givens import (
    FINANCE,
    MANAGER,
    VCO,
    an_agreement_in_force,
    ask,
    confirm,
    confirm_hold,
    enter,
    propose_hold,
    release,
    with_an_account,
)

from contracts.partners import OfficeHolderRemoved
from services.runtime.decisions import Actor

STAND_IN = Actor("p-stand-in", "finance", COUNCIL)


def stands_in_for(ledger: Ledger, who: Actor, whom: Actor) -> None:
    ledger.receive(appointed(who, 400_000, AUTHORITY, delegate_of=whom.person))


def stands_in_no_more(ledger: Ledger, who: Actor) -> None:
    """The delegation ends; the person is appointed to the same office in its own right."""
    ledger.receive(
        OfficeHolderRemoved(person_id=who.person, organisation_id=COUNCIL, place="sutton", role=who.role),
        appointed(who, 400_000, AUTHORITY),
    )


def an_agreement(whom: Actor = MANAGER) -> Ledger:
    ledger = with_an_account(an_agreement_in_force())
    stands_in_for(ledger, STAND_IN, whom)
    return ledger


def test_whoever_asked_for_a_payment_in_anothers_name_does_not_release_it_later():
    ledger = an_agreement()
    assert ask(ledger, STAND_IN).rejection is None

    stands_in_no_more(ledger, STAND_IN)

    assert refused(release(ledger, STAND_IN))[0] == "same_person"
    assert release(ledger, FINANCE).rejection is None


def test_neither_does_the_person_in_whose_name_it_was_asked_for():
    ledger = an_agreement(FINANCE)
    assert ask(ledger, STAND_IN).rejection is None

    stands_in_no_more(ledger, STAND_IN)

    assert refused(release(ledger, FINANCE))[0] == "same_person"


def test_what_a_former_delegate_asks_for_in_its_own_name_the_other_may_release():
    ledger = an_agreement(FINANCE)
    stands_in_no_more(ledger, STAND_IN)

    assert ask(ledger, STAND_IN).rejection is None

    assert release(ledger, FINANCE).rejection is None


def test_whoever_proposed_a_hold_in_anothers_name_does_not_confirm_it_later():
    ledger = an_agreement()
    assert propose_hold(ledger, STAND_IN).rejection is None

    stands_in_no_more(ledger, STAND_IN)

    assert refused(confirm_hold(ledger, STAND_IN))[0] == "same_person"


def test_whoever_entered_bank_details_in_anothers_name_does_not_confirm_them_later():
    ledger = an_agreement()
    assert enter(ledger, STAND_IN, "bd2").rejection is None

    stands_in_no_more(ledger, STAND_IN)

    assert refused(confirm(ledger, STAND_IN, "bd2"))[0] == "same_person"
    assert enter(ledger, VCO, "bd3").rejection is None
    assert confirm(ledger, STAND_IN, "bd3").rejection is None


def test_whoever_asked_first_to_open_bids_in_anothers_name_is_no_second_person_later():
    ledger, officer = a_round(), Actor("p-stand-in", "body_officer", COUNCIL)
    stands_in_for(ledger, officer, COMMISSIONER)
    assert ask_to_open(ledger, officer).rejection is None

    stands_in_no_more(ledger, officer)

    assert refused(ask_to_open(ledger, officer))[0] == "same_person"


@pytest.mark.parametrize(("step", "code"), [("impact", "assessed_it"), ("reallocation", "assessed_it")])
def test_whoever_assessed_a_change_in_anothers_name_does_not_decide_it_later(step, code):
    ledger, officer = a_change(), Actor("p-stand-in", "body_officer", COUNCIL)
    stands_in_for(ledger, officer, COMMISSIONER)
    prepared(ledger, without=step)
    assert act(ledger, step, officer).rejection is None
    stands_in_no_more(ledger, officer)
    deciding = Actor(officer.person, "decider", COUNCIL)
    ledger.receive(appointed(deciding, 600_000, AUTHORITY))

    assert refused(decide(ledger, actor=deciding))[0] == code
    assert decide(ledger).rejection is None


def test_of_two_deciders_on_one_bid_the_second_is_told_who_decided():
    ledger, deputy = an_opened_bid(), Actor("p-deputy", "decider", COUNCIL)
    ledger.receive(appointed(deputy, 600_000, AUTHORITY))
    assert find_eligible(ledger).rejection is None
    assert approve(ledger).rejection is None

    second = approve(ledger, actor=deputy)

    assert second.rejection is not None
    assert (second.rejection.code, DECIDER.person in second.rejection.sentence) == ("already_decided", True)
    assert approve(ledger).events == ()


PANEL_STEPS: dict[str, Callable[[Ledger], Any]] = {
    "appointed": lambda ledger: appoint(ledger, *PANEL),
    "declaring": lambda ledger: [declare(ledger, one) for one in PANEL],
    "scoring": scored,
    "recommending": lambda ledger: recommend(ledger, BID),
}
OTHER_SELF = Actor("p-other-self", "body_officer", COUNCIL)


def a_decider(ledger: Ledger, who: Actor) -> Actor:
    deciding = Actor(who.person, "decider", COUNCIL)
    ledger.receive(appointed(deciding, 600_000, AUTHORITY))
    return deciding


@pytest.mark.parametrize("during", PANEL_STEPS)
@pytest.mark.parametrize("whom", [CHAIR, OTHER_SELF])
def test_whoever_counted_as_a_member_of_the_panel_then_does_not_decide_later(during, whom):
    ledger = two_bids()
    delegate = Actor((OTHER_SELF if whom is CHAIR else CHAIR).person, "body_officer", COUNCIL)
    for step, takes in PANEL_STEPS.items():
        if step == during:
            stands_in_for(ledger, delegate, whom)
        takes(ledger)
        if step == during:
            stands_in_no_more(ledger, delegate)

    assert refused(approve(ledger, actor=a_decider(ledger, OTHER_SELF), at=SCORED_AT))[0] == "sat_on_panel"
    assert approve(ledger, at=SCORED_AT).rejection is None


def test_whoever_stood_in_for_a_member_of_the_panel_only_before_it_was_appointed_may_decide():
    ledger = two_bids()
    stands_in_for(ledger, OTHER_SELF, CHAIR)
    stands_in_no_more(ledger, OTHER_SELF)
    for takes in PANEL_STEPS.values():
        takes(ledger)

    assert approve(ledger, actor=a_decider(ledger, OTHER_SELF), at=SCORED_AT).rejection is None


def test_what_the_panel_recommends_again_without_a_change_is_one_recommendation_whoever_stands_in_for_whom():
    ledger = a_recommendation()
    stands_in_for(ledger, OTHER_SELF, CHAIR)

    assert recommend(ledger, BID).events == ()


def test_an_interest_declared_in_anothers_name_stands_for_that_person_later():
    ledger, constable = two_bids(), Actor(CONSTABLE.person, "body_officer", COUNCIL)
    appoint(ledger, *PANEL)
    stands_in_for(ledger, constable, SPARE)
    for one in PANEL:
        declare(ledger, one, *([ADVICE] if one is CONSTABLE else []))
    stands_in_no_more(ledger, constable)
    appoint(ledger, SPARE)
    declare(ledger, SPARE)

    assert refused(score(ledger, SPARE))[0] == "interest_declared"
