"""A fact that would have stopped a decision and comes late is put before a person, who is not who decided."""

from datetime import timedelta
from typing import Any

import pytest
from change_givens import DECIDED_AT, a_ready_change, decide, now, step
from funding_givens import (
    COUNCIL,
    DECIDER,
    JUNIOR,
    NO_AUTHORITY,
    NURSE_DECIDER,
    Ledger,
    document,
    refused,
    turned_down,
)

from contracts.change_gates import DoubtAnswered
from contracts.every_service import DecidedUnaware
from contracts.partners import OrganisationSuspended
from services.funding import change_handlers as handlers
from services.funding.doubts import AnswerDoubt
from services.funding.tables import Doubts
from services.runtime.decisions import Actor
from services.runtime.unit import Outcome


def a_late_concern() -> Ledger:
    """A change decided on 9 April; a concern raised on 23 March arrives after it."""
    ledger = a_ready_change()
    assert decide(ledger).rejection is None
    step(ledger, "concern")
    return ledger


def answer(ledger: Ledger, actor: Actor = JUNIOR, **changed: Any) -> Outcome:
    [unaware] = ledger.of(DecidedUnaware)
    given = {
        "about": unaware.about, "decision_id": unaware.decision_id, "late_event_id": unaware.late_event_id,
        "stands": True, "reasons": document("it stands"),
    }  # fmt: skip
    command = AnswerDoubt(actor=actor, now=DECIDED_AT + timedelta(days=1), **{**given, **changed})
    return ledger.do(handlers.answer_doubt(now(ledger), command), command.now)


def test_a_concern_that_would_have_held_a_decision_and_comes_late_is_put_before_a_person():
    [unaware] = a_late_concern().of(DecidedUnaware)

    assert (unaware.about, unaware.code) == ("change:c1", "independence_concern_open")
    assert unaware.given_to_role == "decider"


def test_what_would_have_stopped_nothing_raises_no_doubt():
    ledger = a_ready_change()
    decide(ledger)

    ledger.receive(OrganisationSuspended(organisation_id="advice-together", reasons=document("x")))

    assert ledger.of(DecidedUnaware) == []


@pytest.mark.parametrize("stands", [True, False])
def test_another_decider_answers_whether_it_stands(stands):
    ledger = a_late_concern()

    assert answer(ledger, stands=stands).rejection is None

    [answered] = ledger.of(DoubtAnswered)
    assert (answered.stands, answered.answered_by) == (stands, JUNIOR.person)
    row = ledger.row(Doubts, answered.decision_id, answered.late_event_id)
    assert (row["stands"], row["answered_by"]) == (stands, JUNIOR.person)
    assert answer(ledger, stands=stands).events == ()
    assert turned_down(answer(ledger, reasons=document("other")))[0] == "answered_already"


def test_whoever_decided_does_not_answer_for_it():
    assert refused(answer(a_late_concern(), DECIDER)) == (
        "decided_it",
        "Scheme of delegation 4.2 never the same person",
    )


def test_only_a_decider_with_authority_of_the_same_body_answers():
    ledger = a_late_concern()

    assert turned_down(answer(ledger, NO_AUTHORITY)) == ("no_authority", 403)
    assert turned_down(answer(ledger, NURSE_DECIDER)) == ("decision_unknown", 404)
    assert turned_down(answer(ledger, decision_id="e0")) == ("decision_unknown", 404)
    assert JUNIOR.organisation == COUNCIL
