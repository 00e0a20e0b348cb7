"""Acting in another's name satisfies no two-person rule: the natural person counts, also once the delegation ended."""

import pytest
from change_givens import a_change, act, decide, prepared
from funding_givens import (
    AUTHORITY,
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
