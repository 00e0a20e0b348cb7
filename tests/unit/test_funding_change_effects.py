"""After the decision: notice runs from proved service, stops with it; the change holds on its day (Compact 3.4.4)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from change_givens import (
    AGREED_ON,
    ASSESSOR,
    DECIDED_AT,
    LAWYER,
    LOWER,
    SIGNER,
    a_change,
    a_ready_change,
    act,
    answers_to,
    decide,
    now,
    prepared,
)
from funding_givens import (
    ADVICE,
    COMMISSIONER,
    COUNCIL,
    DECIDER,
    SPORTS,
    SYSTEM,
    Ledger,
    appointed,
    document,
    refused,
    representative,
    turned_down,
)

from contracts.agreement_terms import Timing
from contracts.change_gates import (
    AgreementEnded,
    AgreementVaried,
    ChangeTakenOver,
    ExitPlanAsked,
    ExitPlanOverdue,
    ExitPlanSubmitted,
    FundingChangeTookEffect,
    NoticeNoLongerPossible,
    NoticePeriodStarted,
    NoticePeriodStopped,
    RedundancyViewGiven,
    SettingAsideLapsed,
    Stopped,
    SumsMadeGood,
    UndertakingSetAside,
)
from contracts.funding import ChangeKind, Support
from contracts.notifications import NoticeRequested, NoticeServed, Proof, ServiceDeemed, ServiceWithdrawn
from contracts.partners import OrganisationDissolved, OrganisationSucceeded
from contracts.payments import PaymentMade, PaymentReturned, PaymentScheduled, ReturnReason
from contracts.rules import Citation
from services.funding import change_handlers as handlers
from services.funding.change_tables import ChangeProgress, StepsSetAside
from services.funding.exit_plans import GiveRedundancyView, SubmitExitPlan
from services.funding.instalments import instalments
from services.funding.set_aside import SetAside
from services.funding.steps import WithdrawChange
from services.funding.tables import Agreements
from services.funding.taking_effect import TakeEffect
from services.runtime.decisions import Actor
from services.runtime.unit import Outcome

SERVED_ON, ENDS_ON, EFFECT_ON = date(2015, 4, 30), date(2015, 10, 30), date(2015, 10, 31)
SERVED_AT = datetime(2015, 4, 30, 9, tzinfo=UTC)
HOLDS_AT = datetime(2015, 10, 31, tzinfo=UTC)


def a_decided_change(**given: Any) -> Ledger:
    amounts = given.pop("amounts", LOWER)
    ledger = a_ready_change(**given)
    assert decide(ledger, amounts=amounts).rejection is None
    return ledger


def served(ledger: Ledger, notice: str = "n9", on: date = SERVED_ON, at: datetime = SERVED_AT) -> None:
    fact = NoticeServed(
        notice_id=notice, notice_number="N-9", organisation_id=ADVICE, about="change:c1", template="change_decided",
        served_on=on, proved_by=Proof.POSTED, content_hash="0" * 64, calendar_version="x",
    )  # fmt: skip
    ledger.receive(fact, at=at)


def bounced(ledger: Ledger, notice: str = "n9", at: datetime = SERVED_AT) -> None:
    fact = ServiceWithdrawn(notice_id=notice, organisation_id=ADVICE, about="change:c1", was_served_on=SERVED_ON)
    ledger.receive(fact, at=at)


def paid(ledger: Ledger, timing: Timing, *numbers: int, returned: tuple[int, ...] = ()) -> None:
    """Of two instalments a year some were paid or came back."""
    party = {"agreement_id": "a1", "funder_id": COUNCIL, "organisation_id": ADVICE}
    cut = instalments(AGREED_ON, date(2014, 4, 1), date(2017, 3, 31), 2, timing)
    ledger.receive(*(
        PaymentScheduled(**party, payment_id=f"a1.{number}", number=number, year=one.year, pounds=one.pounds,
                         timing=timing, pays_from=one.since, pays_until=one.until, due_on=one.day, calendar_version="x")
        for number, one in enumerate(cut, 1)
    ))  # fmt: skip
    named = {**party, "pounds": 30_000, "details_id": "d1"}
    ledger.receive(*(
        PaymentMade(**named, payment_id=f"a1.{number}", ledger_reference=f"GL-{number}", made_on=SERVED_ON,
                    due_on=SERVED_ON, late=False)
        for number in numbers
    ))  # fmt: skip
    ledger.receive(*(
        PaymentReturned(**named, payment_id=f"a1.{number}", ledger_reference=f"GL-{number}", due_on=SERVED_ON,
                        reason=ReturnReason.REFUSED_BY_BANK, calendar_version="x")
        for number in returned
    ))  # fmt: skip


@pytest.mark.parametrize("timing", Timing)
@pytest.mark.parametrize(("numbers", "returned", "holds_on"), [
    ((), (), EFFECT_ON), ((1, 2, 3), (), EFFECT_ON), ((1, 2, 3, 4), (), date(2016, 4, 1)),
    ((1, 2, 3, 4), (4,), EFFECT_ON),
])  # fmt: skip
def test_a_change_never_holds_inside_a_period_that_is_already_paid(timing, numbers, returned, holds_on):
    ledger = a_decided_change()
    paid(ledger, timing, *numbers, returned=returned)

    served(ledger)

    [period] = ledger.of(NoticePeriodStarted)
    assert (period.ends_on, period.effect_on) == (ENDS_ON, holds_on)


def test_a_period_that_is_paid_while_notice_runs_puts_the_day_off():
    ledger = a_decided_change()
    paid(ledger, Timing.ADVANCE, 1, 2, 3)
    served(ledger)

    paid(ledger, Timing.ADVANCE, 4)
    ledger.ring(HOLDS_AT)

    assert ledger.of(FundingChangeTookEffect, AgreementVaried) == []
    assert ledger.of(NoticePeriodStarted)[-1].effect_on == date(2016, 4, 1)
    ledger.ring(datetime(2016, 3, 31, 23, tzinfo=UTC))
    assert [fact.effect_on for fact in ledger.of(FundingChangeTookEffect)] == [date(2016, 4, 1)]


def test_notice_runs_from_proved_service_to_the_corresponding_day_and_the_change_holds_the_day_after():
    ledger = a_decided_change()
    assert ledger.of(NoticePeriodStarted) == []

    served(ledger)

    [period] = ledger.of(NoticePeriodStarted)
    assert (period.served_on, period.months) == (SERVED_ON, 6)
    assert (period.ends_on, period.effect_on) == (ENDS_ON, EFFECT_ON)
    assert str(period.citation) == "Sutton Compact 3.4.4"
    ledger.ring(HOLDS_AT - timedelta(seconds=1))
    assert ledger.of(FundingChangeTookEffect) == []
    ledger.ring(HOLDS_AT)
    [varied] = ledger.of(AgreementVaried)
    assert (varied.amounts, varied.from_day) == (LOWER, EFFECT_ON)
    assert ledger.row(ChangeProgress, "c1")["state"] == "in_effect"
    assert ledger.due(HOLDS_AT + timedelta(days=900)) == [("ask_term_end", "a1")]


def test_a_change_does_not_hold_a_second_before_its_day_whoever_asks():
    ledger = a_decided_change()
    served(ledger)
    early = HOLDS_AT - timedelta(seconds=1)
    command = TakeEffect(actor=SYSTEM, now=early, change_id="c1")

    assert ledger.do(handlers.take_effect(now(ledger), command), early).events == ()


def test_the_proposals_own_notice_starts_no_period_and_deemed_service_does():
    ledger = a_decided_change()
    requested = NoticeRequested(
        notice_id="n9", notice_number="N-9", organisation_id=ADVICE, about="change:c1", template="change_decided",
        because_of="e1",
    )  # fmt: skip
    deemed = ServiceDeemed(
        notice_id="n9", organisation_id=ADVICE, about="change:c1", deemed_on=SERVED_ON, confirmed_by="p-x"
    )

    ledger.receive(requested, deemed, at=SERVED_AT)

    assert [period.notice_id for period in ledger.of(NoticePeriodStarted)] == ["n9"]


def test_support_that_ends_ends_its_agreement():
    ledger = a_decided_change(kind=ChangeKind.END, amounts=())
    served(ledger)

    ledger.ring(HOLDS_AT)

    [end] = ledger.of(AgreementEnded)
    assert end.from_day == EFFECT_ON
    assert ledger.row(Agreements, "a1")["in_force"] is False
    assert ledger.row(Agreements, "a1")["ended_on"] == EFFECT_ON


def test_premises_taken_back_leave_the_money_as_it_is():
    ledger = a_decided_change(kind=ChangeKind.END, support=Support.PREMISES, amounts=())
    served(ledger)

    ledger.ring(HOLDS_AT)

    [varied] = ledger.of(AgreementVaried)
    assert (varied.support, varied.amounts) == (Support.PREMISES, AGREED_ON)
    assert ledger.of(AgreementEnded) == []


def test_a_late_bounce_stops_the_period_and_a_new_service_starts_another():
    ledger = a_decided_change()
    served(ledger)

    bounced(ledger)

    assert [one.because for one in ledger.of(NoticePeriodStopped)] == [Stopped.SERVICE_WITHDRAWN]
    assert ledger.of(SumsMadeGood) == []
    ledger.ring(HOLDS_AT)
    assert ledger.of(FundingChangeTookEffect) == []
    served(ledger, "n10", date(2015, 5, 6))
    assert ledger.of(NoticePeriodStarted)[-1].effect_on == date(2015, 11, 7)


def test_a_bounce_after_the_change_holds_makes_the_sums_good():
    ledger = a_decided_change()
    served(ledger)
    ledger.ring(HOLDS_AT)

    bounced(ledger, at=HOLDS_AT)

    [good] = ledger.of(SumsMadeGood)
    assert (good.amounts, good.held_from) == (AGREED_ON, EFFECT_ON)
    assert ledger.row(ChangeProgress, "c1")["state"] == "decided"
    served(ledger, "n10", date(2015, 11, 6), HOLDS_AT)
    later = datetime(2016, 5, 7, tzinfo=UTC)
    ledger.ring(later)
    assert [one.effect_on for one in ledger.of(FundingChangeTookEffect)] == [EFFECT_ON, later.date()]
    assert ledger.of(AgreementVaried)[-1].amounts == LOWER


LOWEST = tuple(amount.model_copy(update={"pounds": amount.pounds // 4}) for amount in LOWER)


def another_change(kind: type[AgreementEnded] | type[AgreementVaried], day: date) -> AgreementEnded | AgreementVaried:
    named: dict[str, Any] = {"agreement_id": "a1", "change_id": "c2", "funder_id": COUNCIL, "organisation_id": ADVICE,
                             "from_day": day}  # fmt: skip
    more = {} if kind is AgreementEnded else {"support": Support.FUNDING, "amounts": LOWEST}
    return kind(**named, **more)


def test_sums_made_good_leave_what_another_change_made_of_the_agreement_since():
    ledger = a_decided_change()
    served(ledger)
    ledger.ring(HOLDS_AT)
    ledger.receive(another_change(AgreementVaried, HOLDS_AT.date()), at=HOLDS_AT)

    bounced(ledger, at=HOLDS_AT)

    [good] = ledger.of(SumsMadeGood)
    assert (good.amounts, good.ended_from) == (LOWEST, None)
    row = ledger.row(Agreements, "a1")
    assert (row["in_force"], row["amounts"]) == (True, [amount.model_dump(mode="json") for amount in LOWEST])


def test_an_agreement_that_another_change_ended_stays_ended_when_sums_are_made_good():
    ledger = a_decided_change()
    served(ledger)
    ledger.ring(HOLDS_AT)
    ledger.receive(another_change(AgreementEnded, HOLDS_AT.date()), at=HOLDS_AT)

    bounced(ledger, at=HOLDS_AT)

    [good] = ledger.of(SumsMadeGood)
    assert (good.amounts, good.ended_from) == (AGREED_ON, HOLDS_AT.date())
    row = ledger.row(Agreements, "a1")
    assert (row["in_force"], row["ended_on"]) == (False, HOLDS_AT.date())


def test_another_valid_service_takes_the_place_of_one_that_bounced():
    ledger = a_decided_change()
    served(ledger)
    served(ledger, "n10", date(2015, 5, 6))
    assert len(ledger.of(NoticePeriodStarted)) == 1

    bounced(ledger)

    assert [one.notice_id for one in ledger.of(NoticePeriodStarted)] == ["n9", "n10"]
    assert len(ledger.of(NoticePeriodStopped)) == 1


def test_a_decided_change_taken_back_stops_its_notice_and_never_holds():
    ledger = a_decided_change()
    served(ledger)
    command = WithdrawChange(actor=COMMISSIONER, now=SERVED_AT, change_id="c1")

    ledger.do(handlers.withdraw_change(now(ledger), command), SERVED_AT)

    assert ledger.of(NoticePeriodStopped)[0].because is Stopped.CHANGE_WITHDRAWN
    ledger.ring(HOLDS_AT)
    assert ledger.of(FundingChangeTookEffect) == []
    served(ledger, "n10")
    assert len(ledger.of(NoticePeriodStarted)) == 1


def test_a_change_that_holds_is_not_taken_back():
    ledger = a_decided_change()
    served(ledger)
    ledger.ring(HOLDS_AT)
    command = WithdrawChange(actor=COMMISSIONER, now=HOLDS_AT, change_id="c1")

    assert turned_down(ledger.do(handlers.withdraw_change(now(ledger), command), HOLDS_AT)) == ("change_holds", 409)


# A dissolved organisation, and a successor


def test_a_dissolution_in_the_middle_of_its_notice_ends_it():
    ledger = a_decided_change()
    served(ledger)

    ledger.receive(OrganisationDissolved(organisation_id=ADVICE, dissolved_on=date(2015, 6, 1)), at=SERVED_AT)

    assert ledger.of(NoticePeriodStopped)[0].because is Stopped.ORGANISATION_DISSOLVED
    assert ledger.of(NoticeNoLongerPossible)[0].dissolved_on == date(2015, 6, 1)
    assert ledger.row(ChangeProgress, "c1")["state"] == "notice_no_longer_possible"
    ledger.ring(HOLDS_AT)
    assert ledger.of(FundingChangeTookEffect) == []
    served(ledger, "n10")
    assert len(ledger.of(NoticePeriodStarted)) == 1


def test_nothing_holds_where_the_dissolution_came_a_moment_before_the_day():
    ledger = a_decided_change()
    served(ledger)
    gone = OrganisationDissolved(organisation_id=ADVICE, dissolved_on=date(2015, 6, 1))
    ledger.receive(gone, at=HOLDS_AT, react=False)

    command = TakeEffect(actor=SYSTEM, now=HOLDS_AT, change_id="c1")
    outcome = ledger.do(handlers.take_effect(now(ledger), command), HOLDS_AT, react=False)

    assert outcome.events == ()
    ledger.react(HOLDS_AT)
    assert len(ledger.of(NoticeNoLongerPossible)) == 1


def test_a_successor_stands_in_and_the_notice_runs_on():
    ledger = a_decided_change()
    served(ledger)
    gone = OrganisationSucceeded(organisation_id=ADVICE, successor_id=SPORTS, succeeded_on=date(2015, 6, 1))

    ledger.receive(gone, OrganisationDissolved(organisation_id=ADVICE, dissolved_on=date(2015, 6, 1)), at=SERVED_AT)

    assert [one.organisation_id for one in ledger.of(ChangeTakenOver)] == [SPORTS]
    assert ledger.of(NoticeNoLongerPossible, NoticePeriodStopped) == []
    ledger.ring(HOLDS_AT)
    assert ledger.of(FundingChangeTookEffect)[0].organisation_id == SPORTS


def test_a_successor_responds_in_the_place_of_the_former_organisation():
    ledger = a_change()
    prepared(ledger, without=("representation", "answers"))
    ledger.receive(OrganisationSucceeded(organisation_id=ADVICE, successor_id=SPORTS, succeeded_on=date(2015, 3, 20)))

    assert act(ledger, "representation", representative(SPORTS)).rejection is None
    assert turned_down(act(ledger, "representation", representative(ADVICE)))[0] == "change_unknown"


# The exit plan


def heavy(**weight: Any) -> Ledger:
    ledger = a_change()
    prepared(ledger)
    act(ledger, "estimate", representative(ADVICE), **weight)
    assert decide(ledger).rejection is None
    served(ledger)
    return ledger


def plan(ledger: Ledger, at: datetime, actor: Actor | None = None) -> Outcome:
    command = SubmitExitPlan(
        actor=actor or representative(ADVICE), now=at, change_id="c1", plan=document("plan"), redundancy_pounds=4_800
    )
    return ledger.do(handlers.submit_exit_plan(now(ledger), command), at)


@pytest.mark.parametrize(
    ("weight", "asked"),
    [({"share_of_income": 25}, 0), ({"share_of_income": 26}, 1), ({"costs_jobs": True}, 1), ({}, 0)],
)
def test_an_exit_plan_is_asked_for_above_a_quarter_of_income_or_where_jobs_go(weight, asked):
    ledger = heavy(**weight)

    plans = ledger.of(ExitPlanAsked)

    assert len(plans) == asked
    assert [(one.due_on, str(one.citation)) for one in plans] == [(date(2015, 6, 1), "Sutton Compact 3.4.5")] * asked


def test_a_plan_in_time_is_in_time_and_the_funder_says_what_it_thinks_of_redundancy_costs():
    ledger = heavy(costs_jobs=True)

    assert plan(ledger, datetime(2015, 6, 1, 22, tzinfo=UTC)).rejection is None

    [given] = ledger.of(ExitPlanSubmitted)
    assert (given.late, given.redundancy_pounds) == (False, 4_800)
    ledger.ring(datetime(2015, 6, 15, tzinfo=UTC))
    assert ledger.of(ExitPlanOverdue) == []
    view = GiveRedundancyView(actor=ASSESSOR, now=SERVED_AT, change_id="c1", view=document("view"))
    assert ledger.do(handlers.give_redundancy_view(now(ledger), view), SERVED_AT).rejection is None
    assert len(ledger.of(RedundancyViewGiven)) == 1


def test_a_plan_that_does_not_come_is_overdue_and_counts_late_when_it_does():
    ledger = heavy(costs_jobs=True)

    ledger.ring(datetime(2015, 6, 1, 23, tzinfo=UTC))

    assert len(ledger.of(ExitPlanOverdue)) == 1
    assert plan(ledger, datetime(2015, 6, 3, tzinfo=UTC)).rejection is None
    assert ledger.of(ExitPlanSubmitted)[0].late is True


def test_a_plan_that_nobody_asked_for_is_turned_down():
    assert turned_down(plan(a_decided_change(), SERVED_AT)) == ("no_plan_asked", 409)
    assert turned_down(plan(heavy(costs_jobs=True), SERVED_AT, ASSESSOR)) == ("not_yours_to_do", 403)


# Setting a step aside

STATUTE = Citation(document="Local Government Finance Act 1988", clause="section 114")


def set_aside(ledger: Ledger, step: str, actor: Actor = LAWYER, at: datetime = DECIDED_AT) -> Outcome:
    command = SetAside(actor=actor, now=at, change_id="c1", step=step, statute=STATUTE, reasons=document("why aside"))
    return ledger.do(handlers.set_step_aside(now(ledger), command), at)


@pytest.mark.parametrize(
    ("step", "without", "code"),
    [
        ("impact", ("impact", "estimate"), "impact_not_assessed"),
        ("reallocation", "reallocation", "reallocation_not_assessed"),
        ("representation", ("meeting", "answers"), "no_meeting"),
    ],
)  # fmt: skip
def test_a_step_set_aside_for_a_statute_no_longer_stands_in_the_way(step, without, code):
    ledger = a_change()
    prepared(ledger, without)
    assert refused(decide(ledger))[0] == code

    assert set_aside(ledger, step).rejection is None

    [aside] = ledger.of(UndertakingSetAside)
    assert (aside.tell_by, aside.lapses_on) == (date(2015, 4, 9), date(2015, 7, 9))
    assert aside.told_organisations == (ADVICE, "sutton-compact-group")
    assert decide(ledger).rejection is None
    assert set_aside(ledger, step).rejection is not None


def test_what_is_set_aside_on_a_sunday_is_told_on_the_next_working_day():
    ledger = a_change()

    set_aside(ledger, "impact", at=datetime(2015, 4, 5, 10, tzinfo=UTC))

    assert ledger.of(UndertakingSetAside)[0].tell_by == date(2015, 4, 7)


def test_a_step_set_aside_holds_again_after_three_months():
    ledger = a_change()
    prepared(ledger, "reallocation")
    set_aside(ledger, "reallocation")

    ledger.ring(datetime(2015, 7, 8, 23, tzinfo=UTC))

    assert [one.step for one in ledger.of(SettingAsideLapsed)] == ["reallocation"]
    assert ledger.row(StepsSetAside, "c1", "reallocation")["lapsed"] is True
    assert refused(decide(ledger, datetime(2015, 7, 9, 9, tzinfo=UTC)))[0] == "reallocation_not_assessed"


def test_a_step_has_lapsed_on_its_day_also_where_nobody_has_noted_it_yet():
    ledger = a_change()
    prepared(ledger, "reallocation")
    set_aside(ledger, "reallocation")

    assert refused(decide(ledger, datetime(2015, 7, 9, 9, tzinfo=UTC)))[0] == "reallocation_not_assessed"


@pytest.mark.parametrize("step", ["limit", "sealing", "interest", "second_person", "independence", "rationale"])
def test_a_limit_a_seal_an_interest_and_a_second_person_are_never_set_aside(step):
    outcome = set_aside(a_change(), step)

    assert refused(outcome) == ("never_set_aside", "Sutton setting aside of undertakings")


def test_a_step_is_set_aside_outside_the_proposers_line():
    ledger = a_change()
    proposer = Actor(COMMISSIONER.person, "finance", COUNCIL)
    ledger.receive(appointed(proposer))

    assert refused(set_aside(ledger, "impact", proposer))[0] == "in_the_proposers_line"
    answers_to(ledger, "commissioner", of=SIGNER)
    assert refused(set_aside(ledger, "impact", SIGNER))[0] == "in_the_proposers_line"
    assert turned_down(set_aside(ledger, "impact", DECIDER)) == ("not_yours_to_do", 403)
    assert set_aside(ledger, "impact", LAWYER).rejection is None


def test_a_place_without_undertakings_has_nothing_to_set_aside():
    assert turned_down(set_aside(a_change("coventry"), "impact"))[0] == "nothing_to_set_aside"
