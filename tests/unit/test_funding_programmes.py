"""A round is published within the rules of its place, asked about, and put off for all (SPP1, SPP2, SPP8, COV12)."""

from datetime import date, timedelta

import pytest
from funding_givens import (
    CLOSES_AT,
    COMMISSIONER,
    DECIDER,
    IN_TIME,
    NURSE,
    OPENED_AT,
    RESULTS_AT,
    ROUND,
    SECOND,
    Ledger,
    a_ledger,
    a_publication,
    a_round,
    ask_to_open,
    document,
    publish,
    refused,
    representative,
    submit,
    turned_down,
)

from contracts.envelope import Audience
from contracts.funding import (
    ClosingExtended,
    Criterion,
    EligibilityCriterion,
    ProgrammePublished,
    QuestionAnsweredToAll,
    QuestionAsked,
    YearAmount,
)
from services.funding import handlers
from services.funding.programmes import ExtendClosing
from services.funding.questions import AnswerQuestion, AskQuestion
from services.funding.tables import Answers, Programmes, QuestionsAsked
from services.runtime.decisions import Actor
from services.runtime.unit import Outcome

ASKER = representative("carers-forum")


def extend(ledger: Ledger, to, at=IN_TIME, actor: Actor = COMMISSIONER) -> Outcome:
    command = ExtendClosing(actor=actor, now=at, programme_id=ROUND, closes_at=to, reason=document("failure"))
    return ledger.do(handlers.extend_closing(ledger, command), at)


def ask(ledger: Ledger, at=IN_TIME, programme: str = ROUND) -> Outcome:
    command = AskQuestion(actor=ASKER, now=at, programme_id=programme, question_id="q1", document=document("question"))
    return ledger.do(handlers.ask_question(ledger, command), at)


def answer(ledger: Ledger, actor: Actor = COMMISSIONER, reworded=None) -> Outcome:
    command = AnswerQuestion(
        actor=actor, now=IN_TIME, programme_id=ROUND, question_id="q1", answer=document("answer"), question=reworded
    )
    return ledger.do(handlers.answer_question(ledger, command), IN_TIME)


def test_a_commissioner_publishes_a_round_with_its_framework_and_legal_basis():
    ledger = a_ledger()

    publish(ledger, a_publication(framework=document("framework"), legal_basis="Local Government Act 1972, s. 137"))

    [published] = ledger.of(ProgrammePublished)
    assert published.funder_id == "council"
    assert published.opens == (document("framework"),)
    assert published.audience is Audience.PARTNERS
    assert ledger.row(Programmes, ROUND)["legal_basis"] == "Local Government Act 1972, s. 137"


def test_publishing_a_round_again_changes_nothing():
    ledger = a_round()

    again = publish(ledger, a_publication(title="Another title"))

    assert again.events == ()
    assert again.rejection is None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"criteria": (Criterion(id="need", text="Need", weight=60),)}, "weights_not_100"),
        (
            {"criteria": (Criterion(id="a", text="A", weight=50), Criterion(id="a", text="B", weight=50))},
            "criterion_repeated",
        ),
        (
            {"eligibility": (EligibilityCriterion(id="need", text="Shares an id with a criterion"),)},
            "criterion_repeated",
        ),
        ({"opens_at": CLOSES_AT + SECOND}, "dates_out_of_order"),
        ({"closes_at": RESULTS_AT}, "dates_out_of_order"),
        ({"now": CLOSES_AT}, "closing_in_the_past"),
        ({"term_starts_on": date(2014, 3, 31)}, "term_out_of_order"),
        ({"term_ends_on": date(2014, 4, 1)}, "term_out_of_order"),
        ({"money": (YearAmount(year="2013/14", pounds=1),)}, "money_outside_term"),
        ({"money": (YearAmount(year="2014/15", pounds=1), YearAmount(year="2014/15", pounds=2))}, "money_outside_term"),
        ({"rules_key": "neighbourhoods"}, "programme_rules_unknown"),
    ],
)
def test_a_round_that_cannot_be_carried_out_is_malformed(changed, code):
    outcome = publish(a_ledger(), a_publication(**changed))

    assert turned_down(outcome) == (code, 422)


def test_an_unknown_kind_of_programme_is_answered_with_those_that_there_are():
    outcome = publish(a_ledger(), a_publication(rules_key="arts"))

    assert outcome.rejection is not None
    assert outcome.rejection.remedy == "Name one of: spp."


def test_support_runs_no_longer_than_the_programme_allows():
    outcome = publish(a_ledger(), a_publication(term_ends_on=date(2017, 4, 1)))

    assert refused(outcome) == ("term_too_long", "Strategic Partner Programme Structure")


def test_coventry_holds_a_round_to_its_own_money_and_cites_no_compact():
    money = (YearAmount(year="2014/15", pounds=5_000_001),)

    outcome = publish(a_ledger("coventry"), a_publication(rules_key="neighbourhoods", money=money))

    code, citation = refused(outcome)
    assert code == "over_adopted_money"
    assert "Compact" not in citation


def test_only_a_commissioner_publishes():
    assert turned_down(publish(a_ledger(), a_publication(DECIDER))) == ("not_yours_to_do", 403)


def test_a_question_is_kept_without_who_asked_and_answered_to_all():
    ledger = a_round()

    ask(ledger)
    answer(ledger)

    [asked], [answered] = ledger.of(QuestionAsked), ledger.of(QuestionAnsweredToAll)
    assert asked.audience is Audience.PRIVATE
    assert asked.opened_by == "never"
    assert "carers-forum" not in answered.model_dump_json()
    assert "carers-forum" not in str(ledger.row(QuestionsAsked, "q1"))
    assert ledger.row(Answers, "q1")["answer"]["id"] == "answer"


def test_a_question_that_says_who_asked_is_published_in_other_words():
    ledger = a_round()
    ask(ledger)

    answer(ledger, reworded=document("reworded"))

    assert ledger.of(QuestionAnsweredToAll)[0].opens == (document("reworded"), document("answer"))


def test_asking_and_answering_again_changes_nothing():
    ledger = a_round()
    ask(ledger)
    answer(ledger)

    assert ask(ledger).events == answer(ledger).events == ()


def test_questions_end_with_bidding():
    outcome = ask(a_round(), at=CLOSES_AT + SECOND)

    assert refused(outcome) == ("questions_closed", "Programme Strategic Partners 2014 closing time")


def test_only_the_funders_commissioner_answers():
    ledger = a_round()
    ask(ledger)

    assert turned_down(answer(ledger, NURSE)) == ("not_yours_to_do", 403)
    assert turned_down(answer(a_round(), COMMISSIONER)) == ("question_unknown", 404)
    assert turned_down(ask(ledger, programme="p2")) == ("programme_unknown", 404)


def test_closing_is_put_off_for_all_with_the_reason():
    ledger = a_round()
    later = CLOSES_AT + timedelta(days=3)

    extend(ledger, later, at=CLOSES_AT + timedelta(hours=24))

    [extended] = ledger.of(ClosingExtended)
    assert (extended.closed_at_before, extended.closes_at) == (CLOSES_AT, later)
    assert submit(ledger, at=later).rejection is None
    assert extend(ledger, later).events == ()


def test_closing_is_put_off_no_later_than_a_day_after_it():
    outcome = extend(a_round(), OPENED_AT, at=CLOSES_AT + timedelta(hours=24, seconds=1))

    assert refused(outcome) == ("extension_too_late", "Programme Strategic Partners 2014 closing time")


def test_closing_is_never_put_off_once_bids_are_opened():
    ledger = a_round()
    open_at = CLOSES_AT + timedelta(hours=1)
    ask_to_open(ledger, COMMISSIONER, open_at)
    ask_to_open(ledger, DECIDER, open_at)

    outcome = extend(ledger, OPENED_AT, at=open_at)

    assert refused(outcome) == ("bids_already_opened", "Programme Strategic Partners 2014 opening by two people")


def test_opening_starts_anew_where_closing_was_put_off_meanwhile():
    ledger = a_round()
    ask_to_open(ledger, COMMISSIONER, CLOSES_AT + timedelta(hours=1))
    extend(ledger, CLOSES_AT + timedelta(hours=5), at=CLOSES_AT + timedelta(hours=2))

    ask_to_open(ledger, DECIDER)

    assert not ledger.row(Programmes, ROUND)["opened"]
    ask_to_open(ledger, COMMISSIONER)
    assert ledger.row(Programmes, ROUND)["opened"]


@pytest.mark.parametrize("to", [CLOSES_AT - SECOND, CLOSES_AT, RESULTS_AT])
def test_a_later_closing_is_later_and_before_the_results(to):
    assert turned_down(extend(a_round(), to)) == ("closing_not_later", 422)


def test_only_the_funders_commissioner_puts_closing_off():
    later = CLOSES_AT + timedelta(days=1)

    assert turned_down(extend(a_round(), later, actor=NURSE)) == ("not_yours_to_do", 403)
    assert turned_down(extend(a_ledger(), later)) == ("programme_unknown", 404)
