"""Agreements come into force only signed, managed and with monitoring agreed (SPP4, Sutton Compact 3.3.5)."""

from datetime import timedelta

import pytest
from funding_givens import (
    ADVICE,
    AUTHORITY,
    BID,
    CARERS,
    COMMISSIONER,
    COUNCIL,
    DECIDER,
    HEALTH,
    JUNIOR,
    MANAGER,
    NURSE,
    NURSE_DECIDER,
    RESULTS_AT,
    ROUND,
    SYSTEM,
    Ledger,
    an_awarded_bid,
    an_opened_bid,
    appointed,
    approve,
    document,
    find_eligible,
    refused,
    representative,
    settle_terms,
    the_agreement,
    turned_down,
)

from contracts.change_gates import DoubtAnswered
from contracts.every_service import DecidedUnaware, StepRefused, StepWarned
from contracts.funding import AgreementDrafted, AgreementInForce, AgreementSignedByParty
from contracts.monitoring import MonitoringAgreed
from contracts.partners import (
    CommissioningManagerNominated,
    CommissioningManagerReplaced,
    OfficeHolderRemoved,
    OrganisationSuspended,
)
from services.funding import handlers
from services.funding.agreements import BringIntoForce, DraftAgreement, SignAgreement
from services.funding.change_handlers import answer_doubt
from services.funding.doubts import AnswerDoubt
from services.funding.tables import Agreements, Signatures
from services.runtime.decisions import Actor
from services.runtime.unit import Outcome

LATER = RESULTS_AT + timedelta(days=3)
VCO = representative(ADVICE)


def agreement_of(ledger: Ledger) -> AgreementDrafted:
    [drafted] = ledger.of(AgreementDrafted)
    assert isinstance(drafted, AgreementDrafted)
    return drafted


def sign(ledger: Ledger, actor: Actor, agreement: str = "", at=LATER) -> Outcome:
    which = agreement or agreement_of(ledger).agreement_id
    command = SignAgreement(actor=actor, now=at, agreement_id=which)
    return ledger.do(handlers.sign_agreement(ledger, command), at)


def bring(ledger: Ledger, actor: Actor = COMMISSIONER, agreement: str = "") -> Outcome:
    which = agreement or agreement_of(ledger).agreement_id
    command = BringIntoForce(actor=actor, now=LATER, agreement_id=which)
    return ledger.do(handlers.bring_into_force(ledger, command), LATER)


def nominate(ledger: Ledger) -> None:
    nominated = CommissioningManagerNominated(
        agreement_id=agreement_of(ledger).agreement_id, organisation_id=COUNCIL, person_id=MANAGER.person
    )
    ledger.receive(nominated, at=LATER)


def agree_monitoring(ledger: Ledger) -> None:
    drafted = agreement_of(ledger)
    agreed = MonitoringAgreed(
        agreement_id=drafted.agreement_id, organisation_id=ADVICE, funder_id=drafted.funder_id, proposal_id="pr1",
        reports=(), questions=(), agreed_by=VCO.person,
    )  # fmt: skip
    ledger.receive(agreed, at=LATER)


def sign_both(ledger: Ledger) -> None:
    sign(ledger, VCO)
    sign(ledger, DECIDER)


STEPS = {"sign": sign_both, "nominate": nominate, "monitor": agree_monitoring}


def a_health_agreement() -> Ledger:
    ledger = an_opened_bid(actor=NURSE)
    find_eligible(ledger, actor=NURSE)
    approve(ledger, actor=NURSE_DECIDER)
    ledger.ring(RESULTS_AT)
    settle_terms(ledger, NURSE)
    sign(ledger, VCO)
    sign(ledger, NURSE_DECIDER)
    return ledger


def test_an_agreement_is_drafted_once_with_the_very_terms_of_the_award():
    ledger = an_awarded_bid()
    drafted = agreement_of(ledger)

    command = DraftAgreement(actor=SYSTEM, now=LATER, agreement_id="a2", bid_id=BID, programme_id=ROUND)
    again = ledger.do(handlers.draft_agreement(ledger, command), LATER)

    assert (drafted.funder_id, drafted.organisation_id, drafted.rules_key) == (COUNCIL, ADVICE, "spp")
    assert sum(amount.pounds for amount in drafted.amounts) == 300_000
    assert again.events == ()


def test_there_is_no_agreement_without_an_award():
    ledger = an_opened_bid()
    command = DraftAgreement(actor=SYSTEM, now=LATER, agreement_id="a2", bid_id=BID, programme_id=ROUND)

    assert turned_down(ledger.do(handlers.draft_agreement(ledger, command), LATER)) == ("bid_unknown", 404)


def test_each_party_signs_by_office_and_authority():
    ledger = an_awarded_bid()

    sign_both(ledger)

    by_vco, by_funder = ledger.of(AgreementSignedByParty)
    assert (by_vco.organisation_id, by_vco.office) == (ADVICE, "vco_representative")
    assert (by_funder.organisation_id, by_funder.authority) == (COUNCIL, AUTHORITY)
    assert len(ledger.tables[Signatures]) == 2
    assert sign(ledger, VCO).events == sign(ledger, DECIDER).events == ()


def test_a_decider_signs_only_within_the_limit():
    assert refused(sign(an_awarded_bid(), JUNIOR)) == ("over_limit", f"{AUTHORITY} limit")


def test_nobody_else_signs():
    ledger = an_awarded_bid()

    assert turned_down(sign(ledger, COMMISSIONER)) == ("no_authority", 403)
    assert turned_down(sign(ledger, representative(CARERS))) == ("agreement_unknown", 404)
    assert turned_down(sign(ledger, VCO, "a9")) == ("agreement_unknown", 404)
    assert turned_down(sign(ledger, Actor("p-x", "commissioner", ADVICE))) == ("not_yours_to_do", 403)


def test_a_suspended_organisation_does_not_sign():
    ledger = an_awarded_bid()
    ledger.receive(OrganisationSuspended(organisation_id=ADVICE, reasons=document()), at=LATER)

    outcome = sign(ledger, VCO)

    assert refused(outcome) == ("organisation_suspended", "Programme Strategic Partners 2014 who may sign")


@pytest.mark.parametrize(
    "order",
    [("sign", "nominate", "monitor"), ("nominate", "monitor", "sign"), ("monitor", "sign", "nominate")],
)
def test_an_agreement_comes_into_force_by_itself_with_the_last_of_three_in_any_order(order):
    ledger = an_awarded_bid()

    for step in order[:2]:
        STEPS[step](ledger)
    assert ledger.of(AgreementInForce) == []
    STEPS[order[2]](ledger)

    [in_force] = ledger.of(AgreementInForce)
    assert in_force.starts_on.isoformat() == "2014-04-01"
    assert ledger.row(Agreements, in_force.agreement_id)["in_force"] is True
    assert bring(ledger).events == ()
    assert ledger.of(StepRefused) == []


def test_a_commissioner_is_told_what_is_missing_with_its_citation():
    ledger = an_awarded_bid()

    assert refused(bring(ledger)) == (
        "no_commissioning_manager", "Strategic Partner Programme Checks and balances",
    )  # fmt: skip
    nominate(ledger)
    assert refused(bring(ledger)) == ("monitoring_not_agreed", "Sutton Compact 3.3.5")
    agree_monitoring(ledger)
    assert refused(bring(ledger)) == ("not_signed", "Programme Strategic Partners 2014 signatures")
    assert len(ledger.of(StepRefused)) == 3


def test_an_agreement_whose_manager_left_waits_for_another_one():
    ledger = an_awarded_bid()
    nominate(ledger)
    ledger.receive(OfficeHolderRemoved(
        person_id=MANAGER.person, organisation_id=COUNCIL, place="sutton", role=MANAGER.role,
    ))  # fmt: skip
    agree_monitoring(ledger), sign_both(ledger)
    assert ledger.of(AgreementInForce) == []
    assert refused(bring(ledger)) == (
        "commissioning_manager_left", "Strategic Partner Programme Checks and balances",
    )  # fmt: skip
    other = Actor("p-other-manager", MANAGER.role, COUNCIL)

    ledger.receive(
        appointed(other),
        CommissioningManagerReplaced(
            agreement_id=the_agreement(ledger).agreement_id, organisation_id=COUNCIL, person_id=other.person,
            former_person_id=MANAGER.person,
        ),
    )  # fmt: skip

    assert len(ledger.of(AgreementInForce)) == 1


def test_only_the_funders_commissioner_brings_into_force():
    ledger = an_awarded_bid()

    assert turned_down(bring(ledger, DECIDER)) == ("not_yours_to_do", 403)
    assert turned_down(bring(ledger, NURSE)) == ("agreement_unknown", 404)
    assert turned_down(bring(ledger, agreement="a9")) == ("agreement_unknown", 404)


def test_a_pending_body_is_warned_about_monitoring_and_only_where_it_takes_the_step_itself():
    ledger = a_health_agreement()
    nominate(ledger)
    assert ledger.of(AgreementInForce) == []

    bring(ledger, NURSE)

    assert len(ledger.of(AgreementInForce)) == 1
    [warned] = ledger.of(StepWarned)
    assert (warned.body_id, warned.code, str(warned.citation)) == (
        HEALTH, "monitoring_not_agreed", "Sutton Compact 3.3.5",
    )  # fmt: skip


def test_coventry_needs_neither_manager_nor_monitoring_before():
    ledger = an_awarded_bid("coventry")

    sign_both(ledger)

    assert len(ledger.of(AgreementInForce)) == 1


def test_a_suspension_that_arrives_after_a_signature_is_put_before_a_person_of_the_funder_who_answers():
    ledger = an_awarded_bid()
    sign(ledger, VCO)

    suspended = OrganisationSuspended(organisation_id=ADVICE, reasons=document())
    ledger.receive(suspended, at=LATER - timedelta(days=1))

    [doubt] = ledger.of(DecidedUnaware)
    assert doubt.about == f"agreement:{agreement_of(ledger).agreement_id}"

    command = AnswerDoubt(
        actor=DECIDER, now=LATER, about=doubt.about, decision_id=doubt.decision_id, late_event_id=doubt.late_event_id,
        stands=True, reasons=document("reasons"),
    )  # fmt: skip
    assert ledger.do(answer_doubt(ledger, command), LATER).rejection is None
    assert [answered.answered_by for answered in ledger.of(DoubtAnswered)] == [DECIDER.person]
