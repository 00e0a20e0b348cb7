"""The money of a round is cut by the funder's own budget decision, never below what is committed (SPP1)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from funding_givens import (
    ADVICE,
    AUTHORITY,
    COMMISSIONER,
    COUNCIL,
    DECIDER,
    NURSE_DECIDER,
    OPENED_AT,
    PUBLISHED_AT,
    RESULTS_AT,
    ROUND,
    RULES,
    YEARS,
    Ledger,
    a_round,
    an_awarded_bid,
    an_opened_bid,
    approve,
    document,
    find_eligible,
    open_all,
    refused,
    submit,
    the_agreement,
    turned_down,
)
from payment_givens import an_agreement_in_force

from contracts.budgets import ProgrammeMoneyCut
from contracts.change_gates import AgreementEnded, AgreementVaried, SumsMadeGood
from contracts.every_service import StepRefused
from contracts.funding import Support, YearAmount
from contracts.partners import RulesAdopted
from contracts.rules import Citation
from services.funding import handlers
from services.funding.budget_cuts import CutMoney
from services.funding.tables import ProgrammeMoney
from services.runtime.decisions import Actor
from services.runtime.unit import Outcome

LATER = RESULTS_AT + timedelta(days=30)
BUDGET = Citation(document="Council budget 2015/16", clause="minute 42")


def cut(ledger: Ledger, *pounds: int, actor: Actor = DECIDER, at: datetime = LATER, years: Any = YEARS) -> Outcome:
    """The years of the round, in order, have so much from now on."""
    money = tuple(YearAmount(year=year, pounds=each) for year, each in zip(years, pounds, strict=False))
    command = CutMoney(
        actor=actor, now=at, programme_id=ROUND, money=money, budget_decision=BUDGET, reasons=document("less")
    )
    return ledger.do(handlers.cut_money(ledger, command), at)  # type: ignore[arg-type]


def varied(ledger: Ledger, *pounds: int) -> AgreementVaried:
    amounts = tuple(YearAmount(year=year, pounds=each) for year, each in zip(YEARS, pounds, strict=True))
    return AgreementVaried(**parties(ledger), support=Support.FUNDING, amounts=amounts, from_day=date(2015, 4, 1))


def parties(ledger: Ledger) -> dict[str, Any]:
    return {"agreement_id": the_agreement(ledger).agreement_id, "change_id": "c1", "funder_id": COUNCIL,
            "organisation_id": ADVICE}  # fmt: skip


def test_what_is_not_committed_can_be_cut_by_a_decision_that_cites_the_bodys_own_budget():
    ledger = an_awarded_bid()

    assert cut(ledger, 250_000, 100_000).rejection is None

    [fact] = ledger.of(ProgrammeMoneyCut)
    assert [(one.year, one.pounds) for one in fact.money] == list(zip(YEARS, (250_000, 100_000, 250_000), strict=True))
    assert (fact.budget_decision, fact.decided_by, fact.authority) == (BUDGET, DECIDER.person, AUTHORITY)
    assert ledger.row(ProgrammeMoney, ROUND, YEARS[1])["pounds"] == 100_000
    assert cut(ledger, 250_000, 100_000).events == ()


def test_money_is_never_cut_below_what_is_committed_and_the_remedy_is_a_change_of_support():
    ledger = an_awarded_bid()

    outcome = cut(ledger, 250_000, 99_999)

    code, _ = refused(outcome)
    assert code == "money_below_commitments"
    assert outcome.rejection is not None
    assert "£100,000 is committed, £1 more than that" in outcome.rejection.sentence
    assert the_agreement(ledger).agreement_id in outcome.rejection.remedy
    assert outcome.rejection.citation is not None
    assert ledger.of(ProgrammeMoneyCut) == []
    [told] = [fact for fact in ledger.of(StepRefused) if fact.code == "money_below_commitments"]
    assert told.about == f"programme:{ROUND}"


def test_once_a_change_of_support_holds_the_money_can_be_cut_as_far_and_no_further():
    ledger = an_awarded_bid()
    ledger.receive(varied(ledger, 100_000, 60_000, 60_000), at=LATER)

    assert refused(cut(ledger, 250_000, 59_999))[0] == "money_below_commitments"
    assert cut(ledger, 250_000, 60_000, 60_000).rejection is None

    good = SumsMadeGood(**parties(ledger), amounts=the_agreement(ledger).amounts, held_from=date(2015, 4, 1))
    ledger.receive(good, at=LATER)
    assert refused(cut(ledger, 200_000, 59_000))[0] == "money_below_commitments"


def test_what_an_ended_agreement_was_paid_and_is_owed_stays_committed():
    ledger = an_agreement_in_force()
    ledger.receive(AgreementEnded(**parties(ledger), from_day=date(2015, 8, 16)), at=LATER)

    assert refused(cut(ledger, 250_000, 37_499))[0] == "money_below_commitments"
    assert cut(ledger, 250_000, 37_500, 0).rejection is None


def test_between_opening_and_results_the_money_stands():
    ledger = an_opened_bid()

    assert refused(cut(ledger, 100_000, at=OPENED_AT)) == (
        "results_awaited",
        "Programme Strategic Partners 2014 results",
    )


def test_an_award_stays_within_the_money_that_is_left_after_a_cut():
    ledger = a_round()
    assert cut(ledger, 99_999, at=PUBLISHED_AT).rejection is None
    assert submit(ledger).rejection is None
    open_all(ledger)
    assert find_eligible(ledger).rejection is None

    assert refused(approve(ledger))[0] == "beyond_the_money"


def test_an_award_stays_within_the_money_that_the_place_has_adopted_since():
    ledger = an_opened_bid()
    assert find_eligible(ledger).rejection is None
    rules = RULES["sutton"]
    less = rules.programmes["spp"].model_copy(update={"money_per_year": 99_999})
    adopted = rules.model_copy(update={"programmes": {**rules.programmes, "spp": less}, "adopted_on": date(2014, 1, 2)})
    ledger.receive(RulesAdopted(place="sutton", rules=adopted, rules_hash="1" * 64), at=OPENED_AT)

    assert refused(approve(ledger))[0] == "beyond_the_money"


@pytest.mark.parametrize(("actor", "what"), [(COMMISSIONER, ("no_authority", 403)),
                                             (NURSE_DECIDER, ("programme_unknown", 404))])  # fmt: skip
def test_only_a_decider_of_the_funder_cuts_money(actor, what):
    assert turned_down(cut(an_awarded_bid(), 100_000, actor=actor)) == what


@pytest.mark.parametrize(("years", "pounds"), [(YEARS, 250_001), (("2030/31",), 1)])
def test_more_money_or_another_year_is_no_cut(years, pounds):
    assert turned_down(cut(an_awarded_bid(), pounds, years=years)) == ("money_not_lower", 422)
