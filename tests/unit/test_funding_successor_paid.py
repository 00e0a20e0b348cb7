"""Whoever took over what an organisation held is paid what it was owed, to an account of its own (decision 0012)."""

from datetime import date, timedelta

import pytest
from change_givens import a_change
from funding_givens import ADVICE, CARERS, COMMISSIONER, COUNCIL, SPORTS, Ledger, document, refused, representative
from payment_givens import (
    FINANCE,
    FIRST_DUE,
    IN_FORCE_AT,
    SECOND_FINANCE,
    an_agreement_in_force,
    ask,
    at,
    confirm,
    enter,
    make,
    payment_id,
    release,
    with_an_account,
)

from contracts.change_gates import ChangeTakenOver, NoticeNoLongerPossible
from contracts.every_service import DecidedUnaware
from contracts.funding import ChangeGround, ChangeKind, FundingChangeProposed, Support
from contracts.partners import OrganisationDissolved, OrganisationSucceeded
from contracts.payments import LateBecause, PaymentMade, PaymentOverdue, WaitedFor
from services.funding import handlers
from services.funding.changes import ProposeChange
from services.funding.tables_payments import Successions
from services.runtime.decisions import Actor

PASSED_ON = IN_FORCE_AT + timedelta(days=1)
PAID_AT = IN_FORCE_AT + timedelta(days=4)
HEIR = Actor(representative(SPORTS).person, "vco_representative", ADVICE)
"""Somebody of the successor, who names the former organisation in the header."""


def pass_on(ledger: Ledger, former: str = ADVICE, heir: str = SPORTS, days: int = 0) -> Ledger:
    when = PASSED_ON + timedelta(days=days)
    fact = OrganisationSucceeded(organisation_id=former, successor_id=heir, succeeded_on=PASSED_ON.date())
    ledger.receive(fact, at=when)
    return ledger


def dissolve(ledger: Ledger, which: str, when: date, days: int = 2) -> Ledger:
    fact = OrganisationDissolved(organisation_id=which, dissolved_on=when)
    ledger.receive(fact, at=PASSED_ON + timedelta(days=days))
    return ledger


def doubts(ledger: Ledger) -> list[tuple[str, str]]:
    return [(one.about, one.code) for one in ledger.of(DecidedUnaware) if one.about.startswith("payment:")]


def taken_over() -> Ledger:
    """A payment that was asked for, an account confirmed, and then another organisation took over."""
    ledger = with_an_account(an_agreement_in_force())
    assert ask(ledger).rejection is None
    return pass_on(ledger)


def test_nothing_goes_to_the_account_of_the_former_organisation() -> None:
    ledger = taken_over()

    told = release(ledger, when=PAID_AT)

    assert refused(told)[0] == "bank_details_not_confirmed"
    assert told.rejection
    assert told.rejection.remedy.startswith(f"{SPORTS} enters where it is paid")
    assert confirm(ledger, SECOND_FINANCE, when=PAID_AT).rejection.code == "bank_details_unknown"
    assert ledger.row(Successions, ADVICE)["successor_id"] == SPORTS


def test_what_was_released_to_the_former_account_is_not_paid_there() -> None:
    ledger = with_an_account(an_agreement_in_force())
    ask(ledger), release(ledger)
    pass_on(ledger)

    assert refused(make(ledger, when=PAID_AT))[0] == "payment_not_released"


def test_the_successor_says_where_it_is_paid_and_two_people_pay_it() -> None:
    ledger = taken_over()

    assert enter(ledger, HEIR, "bd2", PAID_AT).rejection is None
    assert refused(release(ledger, when=PAID_AT))[0] == "bank_details_not_confirmed"
    for step in (
        confirm(ledger, FINANCE, "bd2", PAID_AT), release(ledger, SECOND_FINANCE, PAID_AT), make(ledger, when=PAID_AT),
    ):  # fmt: skip
        assert step.rejection is None

    [paid] = ledger.of(PaymentMade)
    assert (paid.organisation_id, paid.details_id) == (ADVICE, "bd2")


def test_what_an_organisation_is_owed_itself_is_paid_as_before_when_it_takes_over_from_another() -> None:
    ledger = with_an_account(an_agreement_in_force())
    ask(ledger)

    pass_on(ledger, former=SPORTS, heir=ADVICE)

    assert release(ledger, when=PAID_AT).rejection is None


def test_a_payment_that_waits_for_the_successors_account_is_late_on_its_side() -> None:
    ledger = taken_over()

    ledger.ring(at(FIRST_DUE + timedelta(days=1)))

    [late] = ledger.of(PaymentOverdue)
    assert (late.waited_for, late.because) == (WaitedFor.ORGANISATION, LateBecause.NO_BANK_DETAILS)


def test_the_former_organisation_may_be_dissolved_and_its_successor_is_paid_all_the_same() -> None:
    ledger = taken_over()
    enter(ledger, HEIR, "bd2", PAID_AT), confirm(ledger, FINANCE, "bd2", PAID_AT)
    assert release(ledger, SECOND_FINANCE, PAID_AT).rejection is None

    dissolve(ledger, ADVICE, PASSED_ON.date(), days=10)

    assert make(ledger, when=PAID_AT).rejection is None
    assert doubts(ledger) == []


def test_a_release_before_anybody_heard_of_the_succession_is_put_before_finance() -> None:
    ledger = with_an_account(an_agreement_in_force())
    ask(ledger), release(ledger, when=PAID_AT)

    pass_on(ledger, days=10)

    assert doubts(ledger) == [(f"payment:{payment_id(ledger)}", "organisation_succeeded")]


def test_where_the_successor_is_no_more_either_nothing_is_paid_and_a_release_meanwhile_is_in_doubt() -> None:
    ledger = taken_over()
    enter(ledger, HEIR, "bd2", PAID_AT), confirm(ledger, FINANCE, "bd2", PAID_AT)
    assert release(ledger, SECOND_FINANCE, PAID_AT).rejection is None

    dissolve(ledger, SPORTS, PASSED_ON.date(), days=10)

    assert doubts(ledger) == [(f"payment:{payment_id(ledger)}", "organisation_dissolved")]
    ask(ledger, number=2)
    assert refused(release(ledger, when=PAID_AT, number=2))[0] == "organisation_dissolved"


def test_a_dissolution_before_anybody_took_over_holds_payments_until_somebody_did() -> None:
    ledger = with_an_account(an_agreement_in_force())
    ask(ledger)
    dissolve(ledger, ADVICE, PASSED_ON.date())
    assert refused(release(ledger, when=PAID_AT))[0] == "organisation_dissolved"

    pass_on(ledger, days=3)
    enter(ledger, HEIR, "bd2", PAID_AT), confirm(ledger, FINANCE, "bd2", PAID_AT)

    assert release(ledger, SECOND_FINANCE, PAID_AT).rejection is None


def test_a_change_proposed_after_the_succession_concerns_the_successor() -> None:
    ledger = pass_on(an_agreement_in_force())
    [agreement] = {payment_id(ledger).rpartition(".")[0]}
    command = ProposeChange(
        actor=COMMISSIONER, now=PAID_AT, change_id="c9", agreement_id=agreement, kind=ChangeKind.REDUCE,
        support=Support.FUNDING, ground=ChangeGround.NEED, reasons=document("why"), budget_decision=None,
    )  # fmt: skip

    assert ledger.do(handlers.propose_change(ledger, command), PAID_AT).rejection is None  # type: ignore[arg-type]

    [proposed] = ledger.of(FundingChangeProposed)
    assert (proposed.organisation_id, proposed.funder_id) == (SPORTS, COUNCIL)


@pytest.mark.parametrize("gone", ["dissolved", "succeeded"])
def test_what_becomes_of_a_successor_becomes_of_the_change_that_it_took_over(gone: str) -> None:
    ledger = pass_on(a_change())

    if gone == "dissolved":
        dissolve(ledger, SPORTS, PASSED_ON.date())
        assert [one.organisation_id for one in ledger.of(NoticeNoLongerPossible)] == [SPORTS]
    else:
        pass_on(ledger, SPORTS, CARERS)
        assert [one.organisation_id for one in ledger.of(ChangeTakenOver)] == [SPORTS, CARERS]
