"""A lost round or a term's end is a change of support of its own, with a notice of its own (SPP9, Compact 3.4.4)."""

from datetime import UTC, date, datetime

import pytest
from funding_givens import (
    ADVICE,
    BID,
    CARERS,
    COMMISSIONER,
    COUNCIL,
    DECIDER,
    HEALTH,
    NURSE,
    OPENED_AT,
    RESULTS_AT,
    SPORTS,
    SYSTEM,
    Ledger,
    a_draft,
    a_ledger,
    a_publication,
    approve,
    decline,
    document,
    find_eligible,
    open_all,
    publish,
    refused,
    submit,
    turned_down,
)
from hypothesis import given
from hypothesis import strategies as st

from contracts.change_gates import AgreementEnded, SumsMadeGood
from contracts.every_service import StepWarned
from contracts.funding import (
    AgreementInForce,
    ChangeGround,
    ChangeKind,
    FundingChangeProposed,
    ProgrammePublished,
    YearAmount,
)
from contracts.incumbents import (
    IncumbentNotAwarded,
    SupportAffectedByRound,
    TermEndAnswered,
    TermEndAsked,
    TermEndChoice,
    TermQuestionScheduled,
)
from services.funding import handlers_incumbents
from services.funding.incumbents import Affects, latest
from services.funding.terms_ending import AnswerTermEnd, AskTermEnd, ProposeEnd
from services.runtime.calendar import add_months
from services.runtime.unit import Outcome

NOTICE = "Sutton Compact 3.4.4"
OLD = "a-old"


def in_force(
    agreement: str = OLD, organisation: str = ADVICE, ends_on: date = date(2014, 10, 31), funder: str = COUNCIL
) -> AgreementInForce:
    return AgreementInForce(
        agreement_id=agreement, programme_id="p0", funder_id=funder, organisation_id=organisation, title="Advice 2011",
        amounts=(YearAmount(year="2013/14", pounds=60_000), YearAmount(year="2014/15", pounds=50_000)),
        starts_on=date(2011, 4, 1), ends_on=ends_on,
    )  # fmt: skip


def affects(*agreements: str, organisations: tuple[str, ...] = (), less: str = "") -> Affects:
    return Affects(
        meaning=document("what it means"), agreement_ids=agreements, organisation_ids=organisations,
        less_notice=document(less) if less else None,
    )  # fmt: skip


def with_support(*agreements: AgreementInForce) -> Ledger:
    ledger = a_ledger()
    ledger.receive(*agreements)
    return ledger


def played(ledger: Ledger, pounds: int | None) -> Ledger:
    """The incumbent bids and is awarded this much a year, or is declined; another bidder loses."""
    submit(ledger, draft=a_draft(90_000))
    submit(ledger, "b2", SPORTS, a_draft())
    open_all(ledger)
    for bid in (BID, "b2"):
        find_eligible(ledger, bid)
    if pounds is None:
        decline(ledger)
    else:
        approve(ledger, pounds=pounds)
    decline(ledger, "b2", SPORTS)
    ledger.ring(RESULTS_AT)
    return ledger


# At publication


@pytest.mark.parametrize("ends_on", [date(2014, 6, 30), date(2014, 4, 1), date(2014, 2, 1)])
def test_a_round_is_refused_whose_results_leave_less_than_the_minimum_notice(ends_on):
    ledger = with_support(in_force(ends_on=ends_on))

    outcome = publish(ledger, a_publication(affects=affects(OLD, less="no time")))

    assert refused(outcome) == ("results_leave_no_notice", NOTICE)
    assert ledger.of(ProgrammePublished) == []


def test_the_refusal_names_the_last_day_for_results():
    ledger = with_support(in_force(ends_on=date(2014, 6, 30)))

    outcome = publish(ledger, a_publication(affects=affects(OLD)))

    assert outcome.rejection is not None
    assert "by 31 March 2014" in outcome.rejection.remedy


def test_less_than_best_practice_is_explained():
    ledger = with_support(in_force(ends_on=date(2014, 7, 1)))

    assert refused(publish(ledger, a_publication(affects=affects(OLD)))) == ("less_notice_unexplained", NOTICE)
    assert publish(ledger, a_publication(affects=affects(OLD, less="the grant came late"))).rejection is None
    [made] = ledger.of(SupportAffectedByRound)
    assert (made.notice_by, str(made.citation)) == (date(2014, 4, 1), NOTICE)
    assert made.less_notice is not None


def test_support_is_named_by_agreement_or_by_organisation():
    ledger = with_support(in_force(), in_force("a-two", CARERS), in_force("a-past", ADVICE, date(2013, 11, 30)))

    outcome = publish(ledger, a_publication(affects=affects("a-two", organisations=(ADVICE,))))

    assert outcome.rejection is None
    assert {made.agreement_id for made in ledger.of(SupportAffectedByRound)} == {OLD, "a-two"}
    assert publish(ledger, a_publication(affects=affects("a-two", organisations=(ADVICE,)))).events == ()


def test_support_of_another_funder_or_none_is_not_named():
    ledger = with_support(in_force(funder=HEALTH))

    for named in (affects(OLD), affects("nothing"), affects(organisations=(SPORTS,))):
        assert turned_down(publish(ledger, a_publication(affects=named))) == ("support_unknown", 422)


def test_a_pending_body_is_warned_that_its_results_come_late():
    ledger = with_support(in_force(funder=HEALTH, ends_on=date(2014, 5, 1)))

    assert publish(ledger, a_publication(NURSE, affects=affects(OLD))).rejection is None
    assert [fact.code for fact in ledger.of(StepWarned)] == ["results_leave_no_notice"]


def test_a_place_without_a_rule_of_notice_has_no_such_gate():
    ledger = a_ledger("coventry")
    ledger.receive(in_force(ends_on=date(2014, 4, 2)))

    outcome = publish(ledger, a_publication(rules_key="neighbourhoods", affects=affects(OLD)))

    assert outcome.rejection is None
    [made] = ledger.of(SupportAffectedByRound)
    assert (made.notice_by, made.citation) == (None, None)


@given(st.dates(date(2011, 1, 1), date(2030, 12, 31)), st.sampled_from([3, 6, 9]))
def test_the_last_day_for_results_is_the_last_that_leaves_the_months(ends_on, months):
    day = latest(ends_on, months)

    assert add_months(day, months) <= ends_on
    assert add_months(date.fromordinal(day.toordinal() + 1), months) > ends_on


# With the results


def test_an_incumbent_that_loses_keeps_its_support_and_is_told_of_a_change_first():
    ledger = with_support(in_force())
    publish(ledger, a_publication(affects=affects(OLD)))

    played(ledger, None)

    [lost] = ledger.of(IncumbentNotAwarded)
    assert (lost.kind, lost.support_ends_on, lost.kept_until_at_least) == (
        ChangeKind.END, date(2014, 10, 31), date(2014, 7, 1)
    )  # fmt: skip
    [change] = ledger.of(FundingChangeProposed)
    assert (change.agreement_id, change.kind, change.ground) == (OLD, ChangeKind.END, ChangeGround.NEED)
    assert (change.proposed_by, change.reasons) == (COMMISSIONER.person, document("what it means"))
    assert change.proposer_role == "commissioner"


def test_an_incumbent_that_gets_less_is_told_that_its_support_is_reduced():
    ledger = with_support(in_force())
    publish(ledger, a_publication(affects=affects(OLD)))

    played(ledger, 49_999)

    assert [fact.kind for fact in ledger.of(FundingChangeProposed)] == [ChangeKind.REDUCE]


def test_an_incumbent_that_gets_as_much_has_no_change():
    ledger = with_support(in_force())
    publish(ledger, a_publication(affects=affects(OLD)))

    played(ledger, 50_000)

    assert ledger.of(IncumbentNotAwarded, FundingChangeProposed) == []


def test_an_incumbent_that_did_not_bid_loses_too():
    ledger = with_support(in_force("a-carers", CARERS))
    publish(ledger, a_publication(affects=affects("a-carers")))

    played(ledger, 50_000)

    assert [fact.organisation_id for fact in ledger.of(FundingChangeProposed)] == [CARERS]


# Before a term ends


def choose(ledger: Ledger, choice: TermEndChoice, at: datetime, actor=COMMISSIONER, why: str = "why") -> Outcome:
    command = AnswerTermEnd(actor=actor, now=at, agreement_id=OLD, choice=choice, reasons=document(why))
    return ledger.do(handlers_incumbents.answer_term_end(ledger, command), at)


ASKED_AT = datetime(2016, 7, 1, 9, tzinfo=UTC)


def test_nine_months_before_a_term_ends_the_funder_is_asked_once():
    ledger = with_support(in_force(ends_on=date(2017, 3, 31)))
    [made] = ledger.of(TermQuestionScheduled)
    assert (made.ask_on, str(made.citation)) == (date(2016, 6, 30), "Sutton Compact 3.4.3")

    ledger.ring(datetime(2016, 6, 29, 22, 59, tzinfo=UTC))
    assert ledger.of(TermEndAsked) == []
    ledger.ring(datetime(2016, 6, 29, 23, 0, tzinfo=UTC))
    ledger.ring(ASKED_AT)

    assert len(ledger.of(TermEndAsked)) == 1


@pytest.mark.parametrize("choice", [TermEndChoice.RENEW, TermEndChoice.RETENDER])
def test_to_renew_or_re_tender_is_recorded(choice):
    ledger = with_support(in_force(ends_on=date(2017, 3, 31)))
    ledger.ring(ASKED_AT)

    assert choose(ledger, choice, ASKED_AT).rejection is None
    assert ledger.of(FundingChangeProposed) == []
    assert choose(ledger, choice, ASKED_AT).events == ()
    assert turned_down(choose(ledger, TermEndChoice.END, ASKED_AT)) == ("term_end_answered", 409)


def test_to_end_support_with_its_term_is_a_change_like_any_other():
    ledger = with_support(in_force(ends_on=date(2017, 3, 31)))
    ledger.ring(ASKED_AT)

    choose(ledger, TermEndChoice.END, ASKED_AT)

    [change] = ledger.of(FundingChangeProposed)
    assert (change.agreement_id, change.kind, change.proposed_by) == (OLD, ChangeKind.END, COMMISSIONER.person)
    assert change.proposer_role == "commissioner"


def test_only_the_funders_commissioner_answers():
    ledger = with_support(in_force())

    assert turned_down(choose(ledger, TermEndChoice.END, OPENED_AT, DECIDER)) == ("not_yours_to_do", 403)
    assert turned_down(choose(ledger, TermEndChoice.END, OPENED_AT, NURSE)) == ("agreement_unknown", 404)


def test_a_funder_that_chose_early_is_not_asked():
    ledger = with_support(in_force(ends_on=date(2017, 3, 31)))
    choose(ledger, TermEndChoice.RENEW, OPENED_AT)

    assert ledger.due(ASKED_AT) == []
    assert len(ledger.of(TermEndAnswered)) == 1


ENDED = AgreementEnded(
    agreement_id=OLD, change_id="c9", funder_id=COUNCIL, organisation_id=ADVICE, from_day=date(2015, 6, 1)
)
RESTORED = SumsMadeGood(
    change_id="c9", agreement_id=OLD, funder_id=COUNCIL, organisation_id=ADVICE, amounts=(), held_from=date(2015, 6, 1)
)


def test_nobody_is_asked_what_follows_an_agreement_that_ended_before_its_term():
    ledger = with_support(in_force(ends_on=date(2017, 3, 31)))

    ledger.receive(ENDED)

    assert ledger.due(ASKED_AT) == []
    asking = AskTermEnd(actor=SYSTEM, now=ASKED_AT, agreement_id=OLD)
    assert ledger.do(handlers_incumbents.ask_term_end(ledger, asking), ASKED_AT).events == ()
    assert turned_down(choose(ledger, TermEndChoice.END, ASKED_AT)) == ("agreement_ended", 409)
    assert ledger.of(TermEndAsked, TermEndAnswered, FundingChangeProposed) == []


def test_an_agreement_that_stands_again_is_asked_about_again():
    ledger = with_support(in_force(ends_on=date(2017, 3, 31)))

    ledger.receive(ENDED, RESTORED)
    ledger.ring(ASKED_AT)

    assert len(ledger.of(TermEndAsked)) == 1


def test_who_was_asked_before_the_agreement_ended_is_not_asked_twice():
    ledger = with_support(in_force(ends_on=date(2017, 3, 31)))
    ledger.ring(ASKED_AT)

    ledger.receive(ENDED, RESTORED)

    assert ledger.due(ASKED_AT.replace(year=2018)) == []
    assert len(ledger.of(TermQuestionScheduled)) == 1


def test_an_end_that_was_chosen_before_the_agreement_ended_is_not_proposed_after_it():
    ledger = with_support(in_force(ends_on=date(2017, 3, 31)))
    choose(ledger, TermEndChoice.END, OPENED_AT)
    ledger.receive(ENDED)

    late = ProposeEnd(actor=SYSTEM, now=ASKED_AT, agreement_id=OLD, change_id="c10")

    assert ledger.do(handlers_incumbents.propose_end(ledger, late), ASKED_AT).events == ()


def test_a_place_without_the_rule_asks_nobody():
    ledger = a_ledger("coventry")
    ledger.receive(in_force())

    assert ledger.of(TermQuestionScheduled) == []
