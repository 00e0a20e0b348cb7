"""A place adopts its rules; bodies are named, sign and leave."""

from datetime import date

import pytest
from partners_givens import (
    COUNCIL,
    COVENTRY,
    HEALTH,
    NOW,
    OFFICER,
    REPRESENTATIVE,
    SECOND_OFFICER,
    SUTTON,
    SYSTEM,
    Told,
    registering,
    sutton,
)

from contracts.partners import OrganisationRegistered, RulesAdopted, SignatoryJoined, SignatoryLeft
from contracts.rules import RuleSet
from services.partners.rules import AdoptRules, fingerprint
from services.partners.signatories import JoinSignatories, LeaveSignatories
from services.runtime.decisions import Actor


def adopting(rules: RuleSet = SUTTON, actor: Actor = OFFICER) -> AdoptRules:
    return AdoptRules(actor=actor, now=NOW, place=rules.place, rules=rules)


def joining(which: str, pending: bool = False, joined_on: date = date(2013, 11, 1)) -> JoinSignatories:
    return JoinSignatories(actor=OFFICER, now=NOW, organisation_id=which, joined_on=joined_on, pending=pending)


def leaving(which: str, left_on: date = date(2013, 11, 4)) -> LeaveSignatories:
    return LeaveSignatories(actor=OFFICER, now=NOW, organisation_id=which, left_on=left_on)


@pytest.mark.parametrize("actor", [SYSTEM, OFFICER])
def test_the_first_rules_are_adopted_with_the_bodies_they_name_and_health_stays_pending(actor: Actor) -> None:
    told = Told()

    decided = told.does(adopting(actor=actor))

    assert isinstance(decided[0], RulesAdopted)
    assert decided[0].rules_hash == fingerprint(SUTTON)
    joined = {fact.organisation_id: fact.pending for fact in decided if isinstance(fact, SignatoryJoined)}
    assert joined == {body.organisation_id: body.pending for body in SUTTON.signatories}
    assert joined[HEALTH] is True
    assert {fact.organisation_id for fact in decided if isinstance(fact, OrganisationRegistered)} == set(joined)


def test_a_place_without_a_compact_adopts_its_own_rules_in_the_same_way() -> None:
    decided = Told().does(adopting(COVENTRY))

    assert isinstance(decided[0], RulesAdopted)
    assert decided[0].place == "coventry"
    joined = [fact.organisation_id for fact in decided if isinstance(fact, SignatoryJoined)]
    assert joined == [body.organisation_id for body in COVENTRY.signatories]


def test_the_same_rules_are_adopted_once() -> None:
    told = sutton()

    assert told.decide(adopting()) == []


def test_corrected_rules_of_the_same_day_are_adopted_and_name_nobody_twice() -> None:
    told = sutton()

    decided = told.does(adopting(SUTTON.model_copy(update={"title": "Sutton Compact, corrected"})))

    assert [type(fact) for fact in decided] == [RulesAdopted]
    rules = told.place.rules(date(2014, 1, 1))
    assert rules is not None
    assert rules.title == "Sutton Compact, corrected"


def test_the_fingerprint_is_the_same_whatever_the_order_of_bank_holidays() -> None:
    again = RuleSet.model_validate_json(SUTTON.model_dump_json())

    assert fingerprint(again) == fingerprint(SUTTON)


def test_rules_older_than_those_adopted_are_refused() -> None:
    refused = sutton().refuses(adopting(SUTTON.model_copy(update={"adopted_on": date(2001, 1, 1)})))

    assert (refused.code, refused.citation) == ("rules_older_than_adopted", None)


def test_rules_are_adopted_by_the_partnership_office_only() -> None:
    told = sutton()
    newer = SUTTON.model_copy(update={"title": "Another"})

    assert told.refuses(adopting(newer, REPRESENTATIVE)).code == "partnership_office_only"
    assert told.refuses(adopting(newer, SYSTEM)).code == "partnership_office_only"
    refused = told.refuses(adopting(newer, SECOND_OFFICER))
    assert (refused.code, str(refused.citation)) == (
        "office_not_held", "Register of office holders partnership_office",
    )  # fmt: skip


def test_a_pending_body_signs_and_is_bound_from_that_day() -> None:
    told = sutton()
    rule = SUTTON.rationale
    assert rule is not None
    assert told.place.warns(rule, HEALTH, date(2013, 11, 4))

    told.does(joining(HEALTH))

    assert told.place.binds(rule, HEALTH, date(2013, 11, 4))
    assert told.decide(joining(HEALTH)) == []


def test_adopting_rules_again_does_not_make_a_body_pending_that_has_signed() -> None:
    told = sutton()
    told.does(joining(HEALTH))

    told.does(adopting(SUTTON.model_copy(update={"title": "Corrected"})))

    assert told.place.joined[HEALTH] == (date(2013, 11, 1), False)


def test_a_body_that_signed_cannot_become_pending_again() -> None:
    assert sutton().refuses(joining(COUNCIL, pending=True)).code == "signed_already"


def test_a_body_must_be_in_the_register_before_it_signs() -> None:
    refused = sutton().refuses(joining("nobody"))

    assert (refused.code, refused.status) == ("organisation_unknown", 404)


def test_a_body_cannot_sign_or_leave_on_a_day_that_has_not_come() -> None:
    told = sutton()
    told.does(registering(organisation_id="probation", name="Probation Trust", charity_number=None))

    assert told.refuses(joining("probation", joined_on=date(2013, 11, 5))).code == "joined_in_future"
    assert told.refuses(leaving(COUNCIL, date(2013, 11, 5))).code == "left_in_future"


def test_a_body_leaves_once_and_may_sign_again() -> None:
    told = sutton()

    assert told.does(leaving(COUNCIL)) == [
        SignatoryLeft(organisation_id=COUNCIL, place="sutton", left_on=date(2013, 11, 4))
    ]
    assert told.decide(leaving(COUNCIL)) == []
    assert [type(fact) for fact in told.does(joining(COUNCIL, joined_on=date(2013, 11, 4)))] == [SignatoryJoined]
    assert COUNCIL not in told.place.left


def test_only_a_signatory_can_leave_and_not_before_it_joined() -> None:
    told = sutton()

    assert told.refuses(leaving("nobody")).code == "signatory_unknown"
    assert told.refuses(leaving(COUNCIL, date(2013, 9, 1))).code == "left_before_joined"
