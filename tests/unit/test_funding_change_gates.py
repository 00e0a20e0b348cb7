"""Gate by gate to a decision that changes support: each refusal with its clause, and the way past it (Compact 3.4)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from change_givens import (
    AGREED_ON,
    ASSESSOR,
    DECIDED_AT,
    PARTS,
    REASON,
    RESPOND_BY,
    SIGNER,
    a_change,
    a_ready_change,
    act,
    answers_to,
    counted,
    decide,
    ended,
    now,
    part,
    prepared,
    step,
)
from funding_givens import (
    ADVICE,
    COMMISSIONER,
    COUNCIL,
    DECIDER,
    DELEGATE,
    HEALTH,
    NURSE_DECIDER,
    SPORTS,
    Ledger,
    appointed,
    document,
    refused,
    representative,
    turned_down,
)

from contracts.change_gates import (
    ChangeAgreed,
    ChangeNotAgreed,
    FundingChangeDecided,
    FundingChangeWithdrawn,
    ImpactAssessed,
    OwnEstimateGiven,
    Position,
    RepresentationInvited,
    RepresentationReceived,
)
from contracts.every_service import StepWarned
from contracts.funding import ChangeGround, ChangeKind, FundingChangeProposed, Support
from contracts.improvement import TimetableResult
from contracts.partners import OfficeHolderRemoved
from services.funding import change_handlers as handlers
from services.funding.grounds import ChangeTheGround
from services.funding.steps import SignShortNotice, WithdrawChange
from services.runtime.decisions import Actor


def test_a_change_with_every_step_taken_is_decided_with_its_rationale_its_notice_and_its_authority():
    ledger = a_ready_change()

    outcome = decide(ledger)

    assert outcome.rejection is None
    [decided] = ledger.of(FundingChangeDecided)
    assert decided.agreed is True
    assert decided.decided_by == DECIDER.person
    assert decided.notice_months == 6
    assert {part.part for part in decided.rationale} == set(PARTS)
    assert decided.opens == tuple(one.document for one in decided.rationale)
    assert decide(ledger).events == ()


SKIPPED = [
    ("impact", "impact_not_assessed", "3.4.2"),
    ("estimate", "own_estimate_missing", "3.4.2"),
    ("reallocation", "reallocation_not_assessed", "3.4.2"),
    ("told", "organisation_not_told", "3.4.3"),
    ("meeting", "no_meeting", "3.4.3"),
    ("answers", "point_unanswered", "3.4.3"),
    ("positions", "positions_missing", "3.4.3"),
]


@pytest.mark.parametrize(("skipped", "code", "clause"), SKIPPED, ids=[one[1] for one in SKIPPED])
def test_a_decision_that_skips_a_step_is_refused_with_its_clause_and_its_remedy(skipped, code, clause):
    ledger = a_change()
    prepared(ledger, without=skipped)

    outcome = decide(ledger, RESPOND_BY_AT if skipped == "estimate" else DECIDED_AT)

    assert refused(outcome) == (code, f"Sutton Compact {clause}")
    assert outcome.rejection.remedy


RESPOND_BY_AT = datetime(RESPOND_BY.year, RESPOND_BY.month, RESPOND_BY.day, 12, tzinfo=UTC)


def test_it_is_not_decided_before_the_end_of_the_twentieth_working_day():
    ledger = a_ready_change()

    assert refused(decide(ledger, RESPOND_BY_AT)) == ("time_to_respond", "Sutton Compact 3.4.3")
    assert decide(ledger, RESPOND_BY_AT + timedelta(days=1)).rejection is None


def test_the_time_to_respond_is_twenty_working_days_from_proved_service():
    ledger = a_change()

    step(ledger, "told")

    [invited] = ledger.of(RepresentationInvited)
    assert (invited.served_on, invited.respond_by) == (date(2015, 3, 6), RESPOND_BY)
    assert str(invited.citation) == "Sutton Compact 3.4.3"


def test_a_service_that_is_withdrawn_leaves_the_organisation_untold():
    ledger = a_ready_change()

    step(ledger, "untold")

    assert refused(decide(ledger))[0] == "organisation_not_told"


def test_numbers_are_needed_for_every_group_that_the_organisation_serves():
    ledger = a_change(serves=("carers", "disabled people"))
    prepared(ledger, groups=counted(beneficiaries=40, service_users=30, volunteers=12, carers=9))

    outcome = decide(ledger)

    assert refused(outcome) == ("numbers_missing", "Sutton Compact 3.4.2")
    assert "disabled people" in outcome.rejection.sentence


def test_a_number_below_five_is_given_and_not_shown():
    ledger = a_change()
    prepared(ledger, groups=counted(beneficiaries=40, service_users=4, volunteers=0))

    [assessed] = ledger.of(ImpactAssessed)
    shown = {one.group: (one.people, one.fewer_than_five) for one in assessed.groups}
    assert shown == {"beneficiaries": (40, False), "service_users": (None, True), "volunteers": (None, True)}
    assert decide(ledger).rejection is None


def test_a_number_that_nobody_knows_is_none():
    ledger = a_change()
    prepared(ledger, groups=counted(beneficiaries=40, service_users=None, volunteers=6))

    assert refused(decide(ledger))[0] == "numbers_missing"


def test_an_organisation_that_let_its_time_pass_stops_nobody_by_silence():
    ledger = a_change()
    prepared(ledger, without=("estimate", "answers", "own_position"))
    act(ledger, "position", COMMISSIONER, at=DECIDED_AT, position=Position.AGREED)

    assert isinstance(ledger.of(ChangeAgreed, ChangeNotAgreed)[-1], ChangeNotAgreed)
    assert ledger.of(ChangeNotAgreed)[-1].organisation_position is None
    assert ledger.of(OwnEstimateGiven) == []
    answers_to(ledger, "decider")
    assert decide(ledger).rejection is None


def test_a_representation_without_its_basis_is_received_marked_and_has_to_be_answered():
    ledger = a_change()
    prepared(ledger, without="answers")
    received = ledger.of(RepresentationReceived)[0]

    assert received.basis is None
    assert received.basis_stated is False
    assert refused(decide(ledger))[0] == "point_unanswered"


def test_an_answer_that_the_organisation_does_not_find_one_stands_in_nobodys_way():
    ledger = a_ready_change()

    act(ledger, "mark", representative(ADVICE), answered=False)

    assert decide(ledger).rejection is None


@pytest.mark.parametrize(
    ("actor", "code"), [(COMMISSIONER, "proposed_it"), (DELEGATE, "proposed_it"), (ASSESSOR, "assessed_it")]
)
def test_whoever_proposed_or_assessed_does_not_decide_and_a_delegate_counts_as_the_person(actor, code):
    ledger = a_ready_change()
    deciding = Actor(actor.person, "decider", COUNCIL)
    delegate_of = COMMISSIONER.person if actor is DELEGATE else None
    ledger.receive(appointed(deciding, 600_000, "Scheme of delegation 4.2", delegate_of))

    assert refused(decide(ledger, actor=deciding)) == (code, "Scheme of delegation 4.2 never the same person")


def test_without_agreement_only_somebody_senior_to_the_proposer_decides():
    ledger = a_change()
    prepared(ledger, own=Position.NOT_AGREED)

    assert refused(decide(ledger)) == ("not_senior", "Sutton Compact 3.4.3")
    answers_to(ledger, "body_officer")
    assert refused(decide(ledger))[0] == "not_senior"
    answers_to(ledger, "decider", of=ASSESSOR)
    assert decide(ledger).rejection is None
    assert ledger.of(FundingChangeDecided)[0].agreed is False


def test_a_proposer_who_left_answered_to_whom_the_office_did():
    ledger = a_change()
    answers_to(ledger, "decider")
    prepared(ledger, own=Position.NOT_AGREED)

    ledger.receive(OfficeHolderRemoved(
        person_id=COMMISSIONER.person, organisation_id=COUNCIL, place="sutton", role=COMMISSIONER.role,
    ))  # fmt: skip

    assert decide(ledger).rejection is None
    [decided] = ledger.of(FundingChangeDecided)
    assert (decided.decided_by, decided.agreed) == (DECIDER.person, False)


def test_an_agreement_with_changes_is_an_agreement():
    ledger = a_change()
    prepared(ledger, own=Position.AGREED_WITH_CHANGES)

    [agreed] = ledger.of(ChangeAgreed)
    assert agreed.with_changes is True
    assert decide(ledger).rejection is None


@pytest.mark.parametrize("skipped", PARTS)
def test_a_rationale_that_skips_a_part_is_refused(skipped):
    ledger = a_ready_change()

    outcome = decide(ledger, rationale=tuple(part(one) for one in PARTS if one != skipped))

    assert refused(outcome) == ("rationale_incomplete", "Sutton Compact 3.4.4")
    assert skipped in outcome.rejection.sentence


def test_notice_under_six_months_needs_its_reason():
    ledger = a_ready_change()

    assert refused(decide(ledger, notice_months=5)) == ("notice_without_reason", "Sutton Compact 3.4.4")
    assert decide(ledger, notice_months=3, shorter_because=REASON).rejection is None


def test_notice_under_three_months_needs_a_listed_ground():
    ledger = a_ready_change()

    assert refused(decide(ledger, notice_months=2, shorter_because=REASON))[0] == "notice_too_short"
    assert refused(sign(ledger)) == ("ground_not_listed", "Sutton Compact 3.4.4")


def test_notice_under_three_months_on_a_listed_ground_is_signed_by_a_second_person():
    ledger = a_change(ground=ChangeGround.FRAUD)
    prepared(ledger)
    short: dict[str, Any] = {"notice_months": 1, "shorter_because": REASON}

    assert refused(decide(ledger, **short)) == ("short_notice_unsigned", "Sutton Compact 3.4.4")
    assert refused(sign(ledger, COMMISSIONER_AS_FINANCE))[0] == "proposed_it"
    assert sign(ledger).rejection is None
    ledger.receive(appointed(Actor(SIGNER.person, "decider", COUNCIL), 600_000, "Scheme of delegation 3"))
    assert refused(decide(ledger, actor=Actor(SIGNER.person, "decider", COUNCIL), **short))[0] == "signed_for_it"
    assert refused(decide(ledger, notice_months=0, shorter_because=REASON))[0] == "short_notice_unsigned"
    assert decide(ledger, **short).rejection is None


COMMISSIONER_AS_FINANCE = Actor(COMMISSIONER.person, "finance", COUNCIL)


def sign(ledger: Ledger, actor: Actor = SIGNER, months: int = 1) -> Any:
    command = SignShortNotice(actor=actor, now=DECIDED_AT, change_id="c1", months=months)
    return ledger.do(handlers.sign_short_notice(now(ledger), command), DECIDED_AT)


def test_an_open_concern_about_independence_holds_the_decision_until_it_is_answered():
    ledger = a_ready_change()
    step(ledger, "concern")

    assert refused(decide(ledger)) == ("independence_concern_open", "Sutton Compact 3.1.1")
    step(ledger, "concern_answered")
    assert decide(ledger).rejection is None


@pytest.mark.parametrize(
    ("timetable", "code"),
    [
        ((), "no_remedial_timetable"), (("running",), "remedial_timetable_running"),
        (("running", TimetableResult.RECOVERED), "performance_recovered"),
        (("running", TimetableResult.FAILED, "running"), "remedial_timetable_running"),
    ],
)  # fmt: skip
def test_support_does_not_end_on_performance_before_a_timetable_has_failed(timetable, code):
    ledger = a_change(kind=ChangeKind.END, ground=ChangeGround.PERFORMANCE)
    prepared(ledger)
    ended(ledger, *timetable)

    assert refused(decide(ledger, amounts=())) == (code, "Sutton Compact 3.4.1")
    ended(ledger, TimetableResult.FAILED)
    assert decide(ledger, amounts=()).rejection is None


def test_a_reduction_on_performance_needs_no_timetable():
    ledger = a_change(ground=ChangeGround.PERFORMANCE)
    prepared(ledger)

    assert decide(ledger).rejection is None


def test_changing_the_ground_starts_every_step_again():
    ledger = a_ready_change()
    command = ChangeTheGround(
        actor=COMMISSIONER, now=DECIDED_AT, change_id="c1", new_change_id="c2", ground=ChangeGround.NEED,
        reasons=document("other"),
    )  # fmt: skip

    assert ledger.do(handlers.change_the_ground(now(ledger), command), DECIDED_AT).rejection is None

    assert ledger.of(FundingChangeWithdrawn)[0].restarted_as == "c2"
    anew = ledger.of(FundingChangeProposed)[-1]
    assert (anew.change_id, anew.restarts, anew.ground) == ("c2", "c1", ChangeGround.NEED)
    assert turned_down(decide(ledger)) == ("change_withdrawn", 409)
    assert refused(decide(ledger, change_id="c2"))[0] == "impact_not_assessed"


def test_a_ground_of_resources_cites_the_funders_own_budget_decision():
    ledger = a_change(ground=ChangeGround.NEED)
    command = ChangeTheGround(
        actor=COMMISSIONER, now=DECIDED_AT, change_id="c1", new_change_id="c2", ground=ChangeGround.RESOURCES,
        reasons=document("other"),
    )  # fmt: skip

    outcome = ledger.do(handlers.change_the_ground(now(ledger), command), DECIDED_AT)

    assert refused(outcome) == ("budget_decision_missing", "Sutton Compact 3.4.1")


def test_a_pending_body_is_warned_of_every_gate_and_may_decide():
    ledger = a_change(funder=HEALTH)

    outcome = decide(ledger, actor=NURSE_DECIDER, rationale=(), notice_months=6)

    assert outcome.rejection is None
    codes = {warned.code for warned in ledger.of(StepWarned)}
    assert {"impact_not_assessed", "own_estimate_missing", "reallocation_not_assessed", "not_senior"} <= codes


def test_a_place_without_the_compact_has_none_of_its_gates_and_cites_none_of_its_clauses():
    ledger = a_change(place="coventry")

    assert decide(ledger, rationale=(), notice_months=0).rejection is None
    [decided] = ledger.of(FundingChangeDecided)
    assert "Compact" not in decided.model_dump_json()
    assert ledger.of(StepWarned) == []


def test_the_limit_of_an_office_holds_for_what_is_cut():
    ledger = a_ready_change()
    little = Actor("p-little", "decider", COUNCIL)
    ledger.receive(appointed(little, 10, "Scheme of delegation 9"))

    assert refused(decide(ledger, actor=little)) == ("over_limit", "Scheme of delegation 9 limit")


def test_amounts_that_do_not_fall_are_no_reduction():
    ledger = a_ready_change()

    assert turned_down(decide(ledger, amounts=AGREED_ON)) == ("amounts_not_lower", 422)


def test_other_support_changes_by_the_same_gates_and_names_no_amounts():
    ledger = a_change(support=Support.PREMISES)

    assert refused(decide(ledger, amounts=()))[0] == "impact_not_assessed"
    prepared(ledger)
    assert decide(ledger, amounts=()).rejection is None


def test_nobody_but_the_two_sides_finds_a_change_there():
    ledger = a_ready_change()

    assert turned_down(act(ledger, "position", representative(SPORTS))) == ("change_unknown", 404)
    assert turned_down(decide(ledger, actor=NURSE_DECIDER)) == ("change_unknown", 404)
    assert turned_down(act(ledger, "impact", representative(ADVICE))) == ("not_yours_to_do", 403)
    assert turned_down(act(ledger, "estimate", COMMISSIONER)) == ("not_yours_to_do", 403)


def test_no_step_is_open_once_a_change_is_decided():
    ledger = a_ready_change()
    decide(ledger)

    assert turned_down(act(ledger, "impact", ASSESSOR))[0] == "change_decided"
    assert turned_down(decide(ledger, notice_months=7))[0] == "change_decided"


def test_a_change_is_taken_back_until_it_holds():
    ledger = a_ready_change()
    command = WithdrawChange(actor=COMMISSIONER, now=DECIDED_AT, change_id="c1")

    assert ledger.do(handlers.withdraw_change(now(ledger), command), DECIDED_AT).rejection is None
    assert ledger.do(handlers.withdraw_change(now(ledger), command), DECIDED_AT).events == ()
    assert turned_down(decide(ledger))[0] == "change_withdrawn"


def test_a_meeting_before_the_organisation_was_told_is_none_about_the_proposal():
    ledger = a_change()
    step(ledger, "told")

    early = act(ledger, "meeting", COMMISSIONER, held_on=date(2015, 3, 5))

    assert turned_down(early) == ("meeting_not_about_the_proposal", 422)
