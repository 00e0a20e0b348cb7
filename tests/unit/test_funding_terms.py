"""Nobody signs before the terms are settled (Sutton Compact 3.1.1, 3.3.1, 3.3.3, 3.3.6, 3.3.7)."""

from datetime import date
from typing import Any

import pytest
from funding_givens import (
    A_CONSORTIUM,
    ADVICE,
    CARERS,
    COMMISSIONER,
    COUNCIL,
    DECIDER,
    HEALTH,
    NURSE,
    NURSE_DECIDER,
    RESULTS_AT,
    SPORTS,
    Ledger,
    a_draft,
    a_publication,
    a_round,
    allocate_risks,
    an_awarded_bid,
    an_opened_bid,
    approve,
    choose_financing,
    confirm,
    confirm_agreed_part,
    document,
    draft_clauses,
    find_eligible,
    give_views,
    open_all,
    publish,
    reason_term,
    refused,
    representative,
    settle_terms,
    submit,
    the_agreement,
    turned_down,
)

from contracts.agreement_terms import (
    AgreementPartConfirmed,
    ClausesDrafted,
    FinancingModelChosen,
    Restriction,
    TermReasoned,
    Timing,
)
from contracts.every_service import StepWarned
from contracts.funding import BudgetLine, Criterion, LineKind
from contracts.partners import OrganisationDetailsChanged, Size
from services.funding import handlers
from services.funding.agreements import SignAgreement
from services.funding.proportion import most_for_one, questions_allowed
from services.funding.tables_terms import AgreementParts, AgreementTerms
from services.runtime.decisions import Actor
from services.runtime.unit import Outcome

VCO = representative(ADVICE)
SIGNATURES = "Programme Strategic Partners 2014 signatures"


def sign(ledger: Ledger, actor: Actor) -> Outcome:
    command = SignAgreement(actor=actor, now=RESULTS_AT, agreement_id=the_agreement(ledger).agreement_id)
    return ledger.do(handlers.sign_agreement(ledger, command), RESULTS_AT)


def a_consortiums_award() -> Ledger:
    ledger = a_round()
    submit(ledger, draft=a_draft(members=A_CONSORTIUM))
    confirm(ledger)
    open_all(ledger)
    find_eligible(ledger)
    approve(ledger)
    ledger.ring(RESULTS_AT)
    return ledger


STEPS: list[tuple[str, str, Any]] = [
    ("clauses_not_drafted", "3.1.1", draft_clauses),
    ("term_not_reasoned", "3.3.3", reason_term),
    ("financing_not_chosen", "3.3.7", choose_financing),
    ("risks_not_allocated", "3.3.6", allocate_risks),
    ("risk_views_missing", "3.3.6", give_views),
]


@pytest.mark.parametrize("party", [VCO, DECIDER], ids=["organisation", "funder"])
def test_neither_party_signs_before_each_term_is_settled(party):
    ledger = an_awarded_bid(settled=False)

    for code, clause, step in STEPS:
        assert refused(sign(ledger, party)) == (code, f"Sutton Compact {clause}")
        assert step(ledger).rejection is None

    assert sign(ledger, party).rejection is None


def test_a_term_shorter_than_the_outcome_takes_needs_its_reason():
    ledger = an_awarded_bid(settled=False)

    assert refused(reason_term(ledger, until=date(2019, 3, 31))) == ("shorter_term_unexplained", "Sutton Compact 3.3.3")
    assert reason_term(ledger, until=date(2019, 3, 31), reason=document("why")).rejection is None

    [term] = ledger.of(TermReasoned)
    assert (term.shorter, term.ends_on, term.takes_until) == (True, date(2017, 3, 31), date(2019, 3, 31))


def test_a_term_as_long_as_the_outcome_takes_needs_none():
    ledger = an_awarded_bid(settled=False)

    assert reason_term(ledger, until=date(2017, 3, 31)).rejection is None


def test_arrears_to_a_small_organisation_need_to_say_how_it_carries_the_cost():
    ledger = an_awarded_bid(settled=False)
    told = OrganisationDetailsChanged(organisation_id=ADVICE, size=Size.SMALL, changed_fields=("size",), by_itself=True)
    ledger.receive(told)

    refusal = choose_financing(ledger, COMMISSIONER, "value_for_money", timing=Timing.ARREARS)

    assert refused(refusal) == ("financing_unexplained", "Sutton Compact 3.3.7")
    assert "carrying the cost" in (refusal.rejection.sentence if refusal.rejection else "")
    both = ("value_for_money", "carrying_the_cost")
    assert choose_financing(ledger, COMMISSIONER, *both, timing=Timing.ARREARS).rejection is None
    [chosen] = ledger.of(FinancingModelChosen)
    assert chosen.small_organisation


def test_a_choice_of_payment_without_value_for_money_is_refused_to_anybody():
    refusal = choose_financing(an_awarded_bid(settled=False), COMMISSIONER, "carrying_the_cost")

    assert refused(refusal) == ("financing_unexplained", "Sutton Compact 3.3.7")


@pytest.mark.parametrize("restricts", [(Restriction.CAMPAIGNING,), (Restriction.USE_OF_NAME, Restriction.CAMPAIGNING)])
def test_no_clause_may_limit_campaigning(restricts):
    ledger = an_awarded_bid(settled=False)

    assert refused(draft_clauses(ledger, COMMISSIONER, *restricts)) == (
        "clause_limits_campaigning", "Sutton Compact 3.1.1",
    )  # fmt: skip
    assert ledger.of(ClausesDrafted) == []
    assert draft_clauses(ledger, COMMISSIONER, Restriction.USE_OF_PERSONAL_DATA).rejection is None


def test_a_risk_lies_with_a_party_of_the_agreement():
    ledger = an_awarded_bid(settled=False)

    assert turned_down(allocate_risks(ledger, COMMISSIONER, SPORTS)) == ("risk_owner_unknown", 422)


def test_views_are_given_on_every_risk_agreed_or_not_and_anew_when_risks_change():
    ledger = an_awarded_bid(settled=False)
    assert turned_down(give_views(ledger)) == ("allocation_of_risks_unknown", 404)
    allocate_risks(ledger, COMMISSIONER, ADVICE, COUNCIL)

    assert turned_down(give_views(ledger)) == ("views_incomplete", 422)
    assert give_views(ledger, ADVICE, f"risk-{ADVICE}", f"risk-{COUNCIL}", agrees=False).rejection is None
    agreement = the_agreement(ledger).agreement_id
    assert len(ledger.row(AgreementTerms, agreement)["views"]) == 2
    allocate_risks(ledger)
    assert ledger.row(AgreementTerms, agreement)["views"] is None
    draft_clauses(ledger), reason_term(ledger), choose_financing(ledger)
    assert refused(sign(ledger, VCO)) == ("risk_views_missing", "Sutton Compact 3.3.6")


def test_each_member_of_a_consortium_confirms_its_share_and_risks_before_anybody_signs():
    ledger = a_consortiums_award()
    reason_term(ledger), choose_financing(ledger), draft_clauses(ledger)
    allocate_risks(ledger, COMMISSIONER, ADVICE, CARERS)
    give_views(ledger, ADVICE, f"risk-{ADVICE}", f"risk-{CARERS}")

    assert refused(sign(ledger, VCO)) == ("part_not_confirmed", "Sutton Compact 3.3.6")
    consortium = "Programme Strategic Partners 2014 consortium"
    assert refused(confirm_agreed_part(ledger, CARERS, 30_001, f"risk-{CARERS}")) == ("share_differs", consortium)
    assert refused(confirm_agreed_part(ledger, CARERS, 30_000)) == ("risks_differ", "Sutton Compact 3.3.6")
    assert turned_down(confirm_agreed_part(ledger, SPORTS)) == ("part_of_agreement_unknown", 404)
    assert confirm_agreed_part(ledger, CARERS, 30_000, f"risk-{CARERS}").rejection is None

    [part] = ledger.of(AgreementPartConfirmed)
    assert ledger.row(AgreementParts, part.agreement_id, CARERS)["confirmed"] is True
    assert sign(ledger, VCO).rejection is None


def test_terms_stand_once_a_party_signed():
    ledger = an_awarded_bid()
    sign(ledger, VCO)

    for again in (reason_term, choose_financing, allocate_risks, draft_clauses, give_views):
        assert refused(again(ledger)) == ("terms_signed", SIGNATURES)


def test_only_the_funder_settles_terms():
    ledger = an_awarded_bid(settled=False)

    assert turned_down(reason_term(ledger, DECIDER)) == ("not_yours_to_do", 403)
    assert turned_down(choose_financing(ledger, NURSE)) == ("agreement_unknown", 404)
    assert turned_down(give_views(ledger, CARERS)) == ("allocation_of_risks_unknown", 404)


def test_a_pending_body_that_signs_without_terms_is_warned_of_each():
    ledger = an_opened_bid(actor=NURSE)
    find_eligible(ledger, actor=NURSE)
    approve(ledger, actor=NURSE_DECIDER)
    ledger.ring(RESULTS_AT)

    assert sign(ledger, VCO).rejection is None
    assert ledger.of(StepWarned) == []
    assert sign(ledger, NURSE_DECIDER).rejection is None

    assert [(warned.body_id, warned.code) for warned in ledger.of(StepWarned)] == [
        (HEALTH, "clauses_not_drafted"), (HEALTH, "term_not_reasoned"), (HEALTH, "financing_not_chosen"),
        (HEALTH, "risks_not_allocated"),
    ]  # fmt: skip


def test_in_coventry_nothing_of_this_is_asked_for_and_nothing_of_the_compact_is_cited():
    ledger = an_awarded_bid("coventry", settled=False)

    for outcome in (
        sign(ledger, VCO), reason_term(ledger, until=date(2019, 3, 31)), sign(ledger, DECIDER),
        draft_clauses(ledger, COMMISSIONER, Restriction.CAMPAIGNING),
        choose_financing(ledger, COMMISSIONER, "carrying_the_cost", timing=Timing.ARREARS),
    ):  # fmt: skip
        assert outcome.rejection is None


def test_the_length_of_a_form_follows_what_can_be_won():
    criteria = tuple(Criterion(id=f"c{n}", text="Text", weight=10) for n in range(10))
    small = {"criteria": criteria, "money": (a_publication().money[0].model_copy(update={"pounds": 9_000}),)}

    ledger = a_round(actor=COMMISSIONER)
    refusal = publish(ledger, a_publication(programme="p2", **small))
    larger = publish(ledger, a_publication(programme="p3", criteria=criteria))

    assert refused(refusal) == ("form_too_long", "Sutton Compact 3.3.1")
    assert larger.rejection is None
    assert publish(a_round("coventry"), a_publication(programme="p2", rules_key="neighbourhoods", **small)).events


def test_the_band_of_a_form_is_the_first_that_reaches_its_sum():
    place = a_round().place
    rules = place.rules(RESULTS_AT.date())
    assert rules is not None
    assert rules.proportion is not None

    bands = [questions_allowed(rules.proportion, pounds) for pounds in (1, 10_000, 10_001, 100_000, 100_001, 10**9)]

    assert bands == [8, 8, 20, 20, 40, 40]
    assert most_for_one(a_publication().money, rules.programmes["spp"]) == 3 * 175_000


def test_overheads_are_never_refused():
    ledger = a_round()
    lines = tuple(
        BudgetLine(id=f"volunteers-{year}", kind=LineKind.OVERHEAD, year=year, pounds=90_000)
        for year in ("2014/15", "2015/16")
    )

    assert submit(ledger, draft=a_draft(lines=lines)).rejection is None


def test_settled_terms_can_be_read_together():
    ledger = an_awarded_bid(settled=False)
    settle_terms(ledger)

    row = ledger.row(AgreementTerms, the_agreement(ledger).agreement_id)

    assert (row["model"], row["timing"], row["instalments_per_year"]) == ("instalments", "advance", 4)
    assert [risk["owner_id"] for risk in row["risks"]] == [ADVICE]
    assert row["clauses_document"]["id"] == "clauses"
