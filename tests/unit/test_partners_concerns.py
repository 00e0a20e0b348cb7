"""Concerns about independence: raised by the organisation, answered by another signatory in time (Compact 3.1.1)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from contracts.envelope import DocumentRef, Event
from contracts.independence import (
    Finding,
    IndependenceAnswerOverdue,
    IndependenceConcernAnswered,
    IndependenceConcernRaised,
)
from contracts.partners import OfficeHolderAppointed, RulesAdopted, SignatoryJoined, SignatoryLeft
from contracts.place import Place
from services.partners import concern_handlers as handlers
from services.partners.concern_projections import OVERDUE, projections
from services.partners.concerns import AnswerConcern, Concern, MarkAnswerOverdue, RaiseConcern, facts_of
from services.partners.concerns import answer as decide_answer
from services.partners.concerns import mark_overdue as decide_overdue
from services.partners.concerns import raise_concern as decide_raise
from services.partners.timers import timers
from services.runtime.decisions import Actor, Rejection
from services.runtime.projections import Timers
from services.runtime.reactions import Act
from tests.unit.notifications_givens import RULES, recorded

CARERS = Actor("p-carers", "vco_representative", "carers")
COUNCIL, POLICE, HEALTH = "sutton-council", "sutton-police", "sutton-ccg"
SYSTEM = Actor("system", "system", "sutton")
RAISED_AT = datetime(2015, 3, 9, 10, tzinfo=UTC)
DUE_ON = date(2015, 3, 30)


def document(which: str) -> DocumentRef:
    return DocumentRef(id=which, media_type="text/plain", size=1, hash="0" * 64)


def a_place(name: str = "sutton") -> Place:
    place = Place()
    facts: list[Event] = [RulesAdopted(place=name, rules=RULES[name], rules_hash="0" * 64)]
    facts += [
        SignatoryJoined(organisation_id=body, place=name, joined_on=date(2013, 10, 1), pending=body == HEALTH)
        for body in (COUNCIL, POLICE, HEALTH)
    ]
    facts += [OfficeHolderAppointed(person_id="p-police", organisation_id=POLICE, place=name, role="body_officer")]
    for fact in facts:
        place.evolve(recorded(fact))
    return place


def raised(facts: Concern | None = None, place: str = "sutton", actor: Actor = CARERS, body: str = COUNCIL) -> Any:
    command = RaiseConcern(actor=actor, now=RAISED_AT, concern_id="c1", body_id=body, words=document("words"))
    return decide_raise(facts or Concern(), command, a_place(place))


def an_open_concern() -> Concern:
    facts = Concern()
    facts.evolve(recorded(raised()[0]))
    return facts


def answered(facts: Concern, organisation: str = POLICE, role: str = "body_officer", day: int = 20) -> Any:
    command = AnswerConcern(
        actor=Actor("p-police", role, organisation), now=datetime(2015, 3, day, 10, tzinfo=UTC), concern_id="c1",
        finding=Finding.PUT_RIGHT, answer=document("answer"),
    )  # fmt: skip
    return decide_answer(facts, command, a_place())


def overdue(facts: Concern, at: datetime) -> Any:
    return decide_overdue(facts, MarkAnswerOverdue(actor=SYSTEM, now=at, concern_id="c1"), a_place())


def test_a_concern_waits_for_an_answer_within_fifteen_working_days():
    [concern] = raised()

    assert (concern.organisation_id, concern.body_id, concern.answer_due_on) == ("carers", COUNCIL, DUE_ON)
    assert str(concern.citation) == "Sutton Compact 3.1.1"
    assert raised(an_open_concern()) == []


@pytest.mark.parametrize("body", [COUNCIL, HEALTH])
def test_somebody_of_another_signatory_answers(body):
    facts = Concern()
    facts.evolve(recorded(raised(body=body)[0]))

    [answer] = answered(facts)

    assert (answer.answered_for, answer.finding, answer.late) == (POLICE, Finding.PUT_RIGHT, False)
    assert answer.opens == (document("answer"),)


def test_a_concern_about_a_body_is_not_answered_by_the_body_that_succeeded_it():
    place, heir = a_place(), "new-council"
    for fact in (
        SignatoryLeft(organisation_id=COUNCIL, place="sutton", left_on=DUE_ON, succeeded_by=heir),
        SignatoryJoined(organisation_id=heir, place="sutton", joined_on=date(2015, 3, 9), pending=False),
    ):
        place.evolve(recorded(fact))
    actor = Actor("p-heir", "body_officer", heir)
    command = AnswerConcern(
        actor=actor, now=RAISED_AT, concern_id="c1", finding=Finding.PUT_RIGHT, answer=document("answer")
    )

    refused = decide_answer(an_open_concern(), command, place)

    assert isinstance(refused, Rejection)
    assert refused.code == "not_another_signatory"


@pytest.mark.parametrize("organisation", [COUNCIL, HEALTH, "nobody"])
def test_neither_the_body_itself_nor_a_pending_one_nor_a_stranger_answers(organisation):
    refused = answered(an_open_concern(), organisation)

    assert isinstance(refused, Rejection)
    assert (refused.code, str(refused.citation)) == ("not_another_signatory", "Sutton Compact 3.1.1")
    assert refused.remedy


def test_an_answer_stands_and_the_same_again_changes_nothing():
    facts = an_open_concern()
    facts.evolve(recorded(answered(facts)[0]))

    assert answered(facts) == []
    facts.answered = facts.answered.model_copy(update={"finding": Finding.UPHELD})
    assert answered(facts).code == "concern_answered"


def test_an_answer_that_does_not_come_is_overdue_the_day_after_and_late_when_it_does():
    facts = an_open_concern()

    assert overdue(facts, datetime(2015, 3, 30, 22, 30, tzinfo=UTC)) == []
    [late] = overdue(facts, datetime(2015, 3, 30, 23, 0, tzinfo=UTC))
    facts.evolve(recorded(late))
    assert overdue(facts, datetime(2015, 4, 7, tzinfo=UTC)) == []
    assert answered(facts, day=31)[0].late is True


def test_who_may_raise_and_about_whom():
    assert raised(actor=Actor("p", "commissioner", COUNCIL)).status == 403
    assert raised(body="nobody").code == "signatory_unknown"
    assert raised(place="coventry").status == 404
    assert answered(Concern()).code == "concern_unknown"
    assert answered(an_open_concern(), role="commissioning_manager").status == 403


def test_the_day_after_the_date_rings_once_and_an_answer_silences_it():
    concern = raised()[0]
    answer = answered(an_open_concern())[0]
    late = IndependenceAnswerOverdue(concern_id="c1", organisation_id="carers", body_id=COUNCIL, answer_due_on=DUE_ON)

    def timers_of(fact: Event) -> list[Any]:
        return [change for change in projections.changes(recorded(fact)) if change.table is Timers]

    [ringing] = timers_of(concern)
    assert (ringing.row_key, ringing.values["due_on"]) == ((OVERDUE, "c1"), date(2015, 3, 31))
    assert [type(one).__name__ for fact in (answer, late) for one in timers_of(fact)] == ["Delete", "Delete"]
    make, handler = timers.by_name[OVERDUE]
    assert make("c1", Act(SYSTEM, RAISED_AT, "x")).concern_id == "c1"
    assert handler is handlers.mark_answer_overdue


def test_a_decision_about_a_concern_stands_on_that_concern():
    command = MarkAnswerOverdue(actor=SYSTEM, now=RAISED_AT, concern_id="c1")

    [item] = facts_of(command).items

    assert item.tags == ("concern:c1",)
    assert {IndependenceConcernRaised, IndependenceConcernAnswered} < set(Concern.folds)
