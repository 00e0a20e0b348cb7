"""Payments are due on a working day, released by two people, made once, and late against one side (Compact 3.3.4)."""

from datetime import date, timedelta

import pytest
from funding_givens import (
    ADVICE,
    AUTHORITY,
    CARERS,
    COMMISSIONER,
    COUNCIL,
    DECIDER,
    JUNIOR,
    MANAGER,
    NURSE,
    SPORTS,
    Ledger,
    document,
    refused,
    representative,
    the_agreement,
    turned_down,
)
from payment_givens import (
    FINANCE,
    FIRST_DUE,
    HEALTH_FINANCE,
    IN_FORCE_AT,
    MANAGERS_DELEGATE,
    SECOND_FINANCE,
    SMALL_FINANCE,
    VCO,
    a_payment_made,
    an_agreement_in_force,
    ask,
    at,
    confirm,
    enter,
    make,
    payment_id,
    release,
    scheduled,
    send_back,
    with_an_account,
)

from contracts.agreement_terms import FinancingModel, Timing
from contracts.every_service import DecidedUnaware
from contracts.funding import YearAmount
from contracts.monitoring import ReportOverdue, ReportSubmitted
from contracts.partners import OrganisationDissolved, OrganisationSuspended
from contracts.payments import (
    AdditionalContractRecorded,
    BankDetailsConfirmed,
    BankDetailsEntered,
    LateBecause,
    PaymentDueAgain,
    PaymentMade,
    PaymentOverdue,
    PaymentReleased,
    PaymentRequested,
    PaymentReturned,
    ReturnReason,
    WaitedFor,
)
from services.funding import change_handlers, handlers_payments
from services.funding.contracts_beside import RecordContract
from services.funding.doubts import AnswerDoubt
from services.funding.payment_dates import MarkPaymentOverdue, SchedulePayments
from services.funding.tables_payments import AccountsConfirmed, AdditionalContracts, BankDetails, Payments
from services.runtime.decisions import Actor
from services.runtime.unit import Outcome

BY_TWO = "Agreement Strategic Partners 2014 payments by two people"
LEDGER = "Agreement Strategic Partners 2014 payments"
DETAILS = "Agreement Strategic Partners 2014 bank details"
AFTER = at(FIRST_DUE + timedelta(days=1))


# When payments are due


def test_payments_are_scheduled_once_from_the_agreement_in_force():
    ledger = an_agreement_in_force()

    found = scheduled(ledger)

    assert len(found) == 12
    assert sum(payment.pounds for payment in found) == 300_000
    assert (found[0].due_on, found[1].due_on) == (FIRST_DUE, date(2014, 7, 1))
    assert {payment.calendar_version for payment in found} == {found[0].calendar_version} != {""}
    assert str(found[0].citation) == "Sutton Compact 3.3.4"
    again = SchedulePayments(actor=VCO, now=IN_FORCE_AT, agreement_id=the_agreement(ledger).agreement_id)
    assert ledger.do(handlers_payments.schedule_payments(ledger, again), IN_FORCE_AT).events == ()


def test_in_arrears_the_first_payment_is_due_when_its_period_ends():
    assert scheduled(an_agreement_in_force(timing=Timing.ARREARS))[0].due_on == date(2014, 6, 30)


def test_in_coventry_payments_are_scheduled_without_any_citation_once_their_model_is_chosen():
    ledger = an_agreement_in_force("coventry")

    found = scheduled(ledger)

    assert (len(found), found[0].due_on, found[0].citation) == (12, date(2014, 4, 4), None)


# Bank details


def test_bank_details_are_confirmed_by_a_second_person_and_no_event_holds_them():
    ledger = an_agreement_in_force()
    enter(ledger, FINANCE)

    assert refused(confirm(ledger, FINANCE)) == (
        "same_person", "Register of bank details confirmed by a second person",
    )  # fmt: skip
    assert confirm(ledger, SECOND_FINANCE).rejection is None

    [entered], [confirmed] = ledger.of(BankDetailsEntered), ledger.of(BankDetailsConfirmed)
    assert (entered.document, confirmed.confirmed_by) == (document("bd1"), SECOND_FINANCE.person)
    assert ledger.row(BankDetails, "bd1")["sealed"] is True
    assert ledger.row(AccountsConfirmed, ADVICE, COUNCIL)["details_id"] == "bd1"


def test_bank_details_are_nobody_elses_business():
    ledger = an_agreement_in_force()

    for who in (representative(CARERS), HEALTH_FINANCE, MANAGER):
        assert turned_down(enter(ledger, who)) == ("not_yours_to_do", 403)
    enter(ledger)
    for who in (VCO, HEALTH_FINANCE, COMMISSIONER):
        assert turned_down(confirm(ledger, who)) == ("not_yours_to_do", 403)
    assert turned_down(confirm(ledger, FINANCE, "bd9")) == ("bank_details_unknown", 404)


def test_new_details_are_paid_to_only_once_confirmed_and_a_release_to_the_old_ones_is_void():
    ledger = with_an_account(an_agreement_in_force())
    ask(ledger), release(ledger), enter(ledger, VCO, "bd2")

    confirm(ledger, FINANCE, "bd2")

    assert refused(make(ledger)) == ("payment_not_released", BY_TWO)
    release(ledger)
    make(ledger)
    [made] = ledger.of(PaymentMade)
    assert made.details_id == "bd2"


# Two people


def test_a_payment_is_asked_for_released_and_made_in_time():
    ledger = a_payment_made()

    [asked], [released], [made] = ledger.of(PaymentRequested), ledger.of(PaymentReleased), ledger.of(PaymentMade)
    assert asked.requested_by == MANAGER.person
    assert (released.released_by, released.authority) == (FINANCE.person, AUTHORITY)
    assert (made.pounds, made.late, made.waited_for, made.ledger_reference) == (25_000, False, None, "SC-1")
    assert ledger.due(at(date(2014, 6, 1))) == []
    assert ask(ledger).events == release(ledger).events == make(ledger).events == ()


def test_the_person_who_asked_does_not_release_and_neither_does_a_delegate():
    ledger = with_an_account(an_agreement_in_force())
    ask(ledger, FINANCE)
    assert refused(release(ledger, FINANCE)) == ("same_person", BY_TWO)

    other = with_an_account(an_agreement_in_force())
    ask(other, MANAGER)
    assert refused(release(other, MANAGERS_DELEGATE)) == ("same_person", BY_TWO)
    assert other.of(PaymentReleased) == []


def test_a_release_needs_a_request_a_limit_and_a_confirmed_account():
    ledger = an_agreement_in_force()

    assert refused(release(ledger)) == ("payment_not_requested", BY_TWO)
    ask(ledger)
    assert refused(release(ledger, SMALL_FINANCE)) == ("over_limit", f"{AUTHORITY} limit")
    assert refused(release(ledger)) == ("bank_details_not_confirmed", DETAILS)
    enter(ledger)
    assert refused(release(ledger)) == ("bank_details_not_confirmed", DETAILS)
    confirm(ledger)
    assert release(ledger, JUNIOR).rejection is None


def test_nothing_is_paid_unreleased_twice_or_under_anothers_reference():
    ledger = with_an_account(an_agreement_in_force())
    assert refused(make(ledger)) == ("payment_not_released", BY_TWO)
    ask(ledger)
    assert refused(make(ledger)) == ("payment_not_released", BY_TWO)
    release(ledger), make(ledger)

    assert refused(make(ledger, reference="SC-2")) == ("already_paid", LEDGER)
    ask(ledger, number=2), release(ledger, number=2)
    assert refused(make(ledger, number=2)) == ("ledger_reference_used", LEDGER)
    assert make(ledger, number=2, reference="SC-2").rejection is None
    assert len(ledger.of(PaymentMade)) == 2


@pytest.mark.parametrize("made_on", [IN_FORCE_AT.date() + timedelta(days=1), IN_FORCE_AT.date() - timedelta(days=1)])
def test_a_payment_is_made_between_its_release_and_today(made_on):
    ledger = with_an_account(an_agreement_in_force())
    ask(ledger), release(ledger)

    assert turned_down(make(ledger, made_on=made_on)) == ("made_on_another_day", 422)


def test_payments_are_their_funders_and_each_step_has_its_office():
    ledger = with_an_account(an_agreement_in_force())

    assert turned_down(ask(ledger, NURSE)) == ("payment_unknown", 404)
    assert turned_down(ask(ledger, number=99)) == ("payment_unknown", 404)
    assert turned_down(ask(ledger, DECIDER)) == ("not_yours_to_do", 403)
    ask(ledger)
    assert turned_down(release(ledger, COMMISSIONER)) == ("no_authority", 403)
    release(ledger)
    assert turned_down(make(ledger, MANAGER)) == ("not_yours_to_do", 403)
    assert turned_down(send_back(ledger, MANAGER)) == ("not_yours_to_do", 403)


def test_an_organisation_that_is_gone_is_not_paid():
    ledger = with_an_account(an_agreement_in_force())
    ask(ledger)
    ledger.receive(OrganisationDissolved(organisation_id=ADVICE, dissolved_on=IN_FORCE_AT.date()), at=IN_FORCE_AT)

    assert refused(release(ledger)) == ("organisation_dissolved", LEDGER)


def test_a_release_made_unaware_of_a_dissolution_is_put_before_finance_and_one_of_a_suspension_is_not():
    ledger = with_an_account(an_agreement_in_force())
    ask(ledger), release(ledger, when=AFTER)

    ledger.receive(OrganisationSuspended(organisation_id=ADVICE, reasons=document()), at=IN_FORCE_AT)
    doubts = [doubt for doubt in ledger.of(DecidedUnaware) if doubt.about.startswith("payment:")]
    gone = OrganisationDissolved(organisation_id=ADVICE, dissolved_on=IN_FORCE_AT.date())
    ledger.receive(gone, at=IN_FORCE_AT + timedelta(hours=1))

    assert doubts == []
    [doubt] = [doubt for doubt in ledger.of(DecidedUnaware) if doubt.about.startswith("payment:")]
    assert (doubt.about, doubt.given_to_role) == (f"payment:{payment_id(ledger)}", "finance")


@pytest.mark.parametrize(("days_before", "in_doubt"), [(1, True), (0, False)], ids=["a day before", "the same day"])
def test_a_dissolution_that_the_register_learns_late_counts_from_the_day_it_names(days_before: int, in_doubt: bool):
    ledger = with_an_account(an_agreement_in_force())
    ask(ledger), release(ledger, when=AFTER)

    gone = OrganisationDissolved(organisation_id=ADVICE, dissolved_on=AFTER.date() - timedelta(days=days_before))
    ledger.receive(gone, at=AFTER + timedelta(days=3))

    assert any(doubt.about.startswith("payment:") for doubt in ledger.of(DecidedUnaware)) is in_doubt


def released_unaware() -> Ledger:
    """A payment released to an organisation of which it becomes known later that it was dissolved before."""
    ledger = with_an_account(an_agreement_in_force())
    ask(ledger), release(ledger, when=AFTER)
    gone = OrganisationDissolved(organisation_id=ADVICE, dissolved_on=IN_FORCE_AT.date())
    ledger.receive(gone, at=IN_FORCE_AT + timedelta(hours=1))
    return ledger


def answer(ledger: Ledger, actor: Actor = SECOND_FINANCE, stands: bool = False) -> Outcome:
    [doubt] = [doubt for doubt in ledger.of(DecidedUnaware) if doubt.about.startswith("payment:")]
    when = AFTER + timedelta(days=1)
    command = AnswerDoubt(
        actor=actor, now=when, about=doubt.about, decision_id=doubt.decision_id, late_event_id=doubt.late_event_id,
        stands=stands, reasons=document("why"),
    )  # fmt: skip
    return ledger.do(change_handlers.answer_doubt(ledger, command), when)


def test_a_release_that_does_not_stand_is_taken_back_and_pays_nothing():
    ledger = released_unaware()

    assert answer(ledger).rejection is None

    assert refused(make(ledger, when=AFTER + timedelta(days=2))) == ("payment_not_released", BY_TWO)
    row = ledger.row(Payments, payment_id(ledger))
    assert (row["requested_by"], row["released_by"]) == (MANAGER.person, "")


def test_a_release_that_stands_is_paid():
    ledger = released_unaware()

    assert answer(ledger, stands=True).rejection is None

    assert make(ledger, when=AFTER + timedelta(days=2)).rejection is None
    assert ledger.row(Payments, payment_id(ledger))["released_by"] == FINANCE.person


def test_the_office_that_a_doubt_is_given_to_answers_it_and_never_whoever_released():
    ledger = released_unaware()

    assert refused(answer(ledger, FINANCE)) == ("decided_it", f"{AUTHORITY} never the same person")
    assert turned_down(answer(ledger, DECIDER)) == ("no_authority", 403)
    assert turned_down(answer(ledger, HEALTH_FINANCE)) == ("decision_unknown", 404)


# Late


def test_a_payment_that_its_funder_did_not_make_is_late_against_the_funder():
    ledger = with_an_account(an_agreement_in_force())
    ledger.ring(at(FIRST_DUE, 22))
    assert ledger.of(PaymentOverdue) == []

    ledger.ring(AFTER)

    [late] = ledger.of(PaymentOverdue)
    assert (late.waited_for, late.because, str(late.citation)) == (
        WaitedFor.FUNDER, LateBecause.NOT_PAID, "Sutton Compact 3.3.4",
    )  # fmt: skip
    assert ledger.due(AFTER) == []
    ask(ledger, when=AFTER), release(ledger, when=AFTER), make(ledger, when=AFTER)
    [made] = ledger.of(PaymentMade)
    assert (made.late, made.waited_for) == (True, WaitedFor.FUNDER)


def test_a_payment_without_bank_details_is_late_against_the_organisation_until_they_come():
    ledger = an_agreement_in_force()
    ledger.ring(AFTER)
    [late] = ledger.of(PaymentOverdue)
    assert (late.waited_for, late.because) == (WaitedFor.ORGANISATION, LateBecause.NO_BANK_DETAILS)

    enter(ledger, when=AFTER)

    [again] = ledger.of(PaymentDueAgain)
    assert again.due_on == date(2014, 5, 6)
    row = ledger.row(Payments, payment_id(ledger))
    assert (row["due_on"], row["overdue"], row["waited_for"]) == (again.due_on, False, "")
    ledger.ring(at(date(2014, 5, 7)))
    late = ledger.of(PaymentOverdue)[-1]
    assert (late.waited_for, late.due_on) == (WaitedFor.FUNDER, again.due_on)


def test_details_that_come_just_before_the_day_give_the_funder_its_time():
    ledger = an_agreement_in_force()

    enter(ledger, when=at(FIRST_DUE))

    [again] = ledger.of(PaymentDueAgain)
    assert (again.payment_id, again.due_on) == (payment_id(ledger), date(2014, 5, 6))


def test_a_second_entry_of_details_gives_no_funder_more_time():
    ledger = with_an_account(an_agreement_in_force())

    enter(ledger, VCO, "bd2", at(FIRST_DUE))

    assert ledger.of(PaymentDueAgain) == []


def test_where_payment_waits_for_reports_an_overdue_report_counts_against_the_organisation():
    ledger = with_an_account(an_agreement_in_force(model=FinancingModel.BY_OUTCOME))
    about = {"report_id": "r1", "agreement_id": the_agreement(ledger).agreement_id, "organisation_id": ADVICE}
    ledger.receive(ReportOverdue(**about, funder_id=COUNCIL, due_on=FIRST_DUE), at=AFTER)
    ask(ledger)
    assert refused(release(ledger)) == ("report_awaited", "Agreement Strategic Partners 2014 payment by outcome")

    ledger.ring(AFTER)
    [late] = ledger.of(PaymentOverdue)
    submitted = ReportSubmitted(
        **about, funder_id=COUNCIL, document=document(), late=True, submitted_by=VCO.person, answer_due_on=None,
        calendar_version="v", opens=(),
    )  # fmt: skip
    ledger.receive(submitted, at=AFTER)

    assert (late.waited_for, late.because) == (WaitedFor.ORGANISATION, LateBecause.REPORT_OVERDUE)
    [again] = ledger.of(PaymentDueAgain)
    assert again.due_on == date(2014, 5, 6)
    assert release(ledger).rejection is None


def test_an_overdue_report_keeps_no_payment_back_where_that_was_not_agreed():
    ledger = with_an_account(an_agreement_in_force())
    about = {"report_id": "r1", "agreement_id": the_agreement(ledger).agreement_id, "organisation_id": ADVICE}
    ledger.receive(ReportOverdue(**about, funder_id=COUNCIL, due_on=FIRST_DUE), at=AFTER)
    ask(ledger)

    ledger.ring(AFTER)

    assert ledger.of(PaymentOverdue)[0].waited_for is WaitedFor.FUNDER
    assert release(ledger).rejection is None


def test_a_payment_is_overdue_once_however_often_the_timer_rings():
    ledger = an_agreement_in_force()
    ledger.ring(AFTER)

    again = MarkPaymentOverdue(actor=VCO, now=AFTER, payment_id=payment_id(ledger))

    assert ledger.do(handlers_payments.mark_overdue(ledger, again), AFTER).events == ()


# Returned


def test_a_returned_payment_is_due_again_needs_two_people_again_and_another_account():
    ledger = a_payment_made()
    when = at(date(2014, 5, 1))

    assert send_back(ledger, when=when).rejection is None

    [back] = ledger.of(PaymentReturned)
    assert (back.due_on, back.ledger_reference) == (date(2014, 5, 16), "SC-1")
    assert (AccountsConfirmed in ledger.tables, ledger.tables[AccountsConfirmed]) == (True, {})
    assert refused(release(ledger, when=when)) == ("payment_not_requested", BY_TWO)
    ask(ledger, when=when)
    assert refused(release(ledger, when=when)) == ("bank_details_not_confirmed", DETAILS)
    ledger.ring(at(date(2014, 5, 17)))
    assert ledger.of(PaymentOverdue)[-1].waited_for is WaitedFor.ORGANISATION
    later = at(date(2014, 5, 19))
    enter(ledger, VCO, "bd2", later), confirm(ledger, FINANCE, "bd2", later), release(ledger, when=later)
    assert refused(make(ledger, when=later)) == ("ledger_reference_used", LEDGER)
    assert make(ledger, when=later, reference="SC-2").rejection is None
    assert ledger.row(Payments, payment_id(ledger))["returned"] == 1


def test_what_a_bank_refused_is_confirmed_anew_by_finance_without_new_details():
    ledger = a_payment_made()
    send_back(ledger, reason=ReturnReason.REFUSED_BY_BANK)
    ask(ledger)

    assert refused(release(ledger)) == ("bank_details_not_confirmed", DETAILS)
    confirm(ledger)
    assert release(ledger).rejection is None


def test_what_was_not_made_cannot_be_returned():
    assert refused(send_back(an_agreement_in_force())) == ("payment_not_made", LEDGER)


# Where all current funding goes


def test_a_contract_for_additional_services_is_recorded_beside_the_agreement():
    ledger = an_agreement_in_force()
    given = {
        "contract_id": "k1", "organisation_id": ADVICE, "title": "Welcome desk", "starts_on": date(2014, 6, 1),
        "amounts": (YearAmount(year="2014/15", pounds=9_000),),
    }  # fmt: skip

    def record(**changed):
        command = RecordContract(
            **{"actor": COMMISSIONER, "now": IN_FORCE_AT, "ends_on": date(2015, 5, 31), **given, **changed}
        )
        return ledger.do(handlers_payments.record_contract(ledger, command), IN_FORCE_AT)

    assert turned_down(record(ends_on=date(2014, 5, 31))) == ("contract_ends_before_it_starts", 422)
    assert turned_down(record(organisation_id="nobody")) == ("organisation_unknown", 409)
    assert record().rejection is None
    assert record().events == ()
    assert record(contract_id="k2", organisation_id=SPORTS).rejection is None
    assert [fact.organisation_id for fact in ledger.of(AdditionalContractRecorded)] == [ADVICE, SPORTS]
    assert ledger.row(AdditionalContracts, "k1")["amounts"] == [{"year": "2014/15", "pounds": 9_000}]
