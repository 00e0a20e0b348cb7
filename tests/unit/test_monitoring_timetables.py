from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from performance_givens import (
    ACTIONS,
    CASE,
    DECIDER,
    STAND_IN,
    agree,
    an_agreement,
    claim,
    clocks,
    confirm,
    decide,
    dispute,
    position,
    propose,
    raise_case,
    ring,
    too_early,
)

from contracts.improvement import (
    RemedialAction,
    RemedialActionCompleted,
    RemedialActionMissed,
    RemedialActionNotConfirmed,
    RemedialTimetableDecided,
    RemedialTimetableEnded,
    RemedialTimetableNotAgreed,
    Side,
    TimetableResult,
)
from contracts.partners import OfficeHolderAppointed
from tests.unit.monitoring_givens import (
    COMMISSIONER,
    DAY,
    DEPUTY,
    MANAGER,
    OTHER_MANAGER,
    PARTNER,
    STRANGER,
    Told,
    recorded,
)

RAISED = date(2014, 9, 8)
AGREE_BY = date(2014, 10, 6)
POSITIONS_BY = date(2014, 10, 21)
COMPACT = "Sutton Compact 3.4.1"
FORUM, ROOM = ACTIONS


def raised(place: str = "sutton") -> Told:
    told = an_agreement(place, rules_key="spp" if place == "sutton" else "neighbourhoods")
    raise_case(told, RAISED)
    return told


def fell_due(told: Told, day: date) -> list[Any]:
    """What fell due about under-performance up to this day; meetings fall due beside it."""
    return [fact for fact in ring(told, day) if hasattr(fact, "under_performance_id")]


def running(place: str = "sutton") -> Told:
    told = raised(place)
    propose(told, RAISED)
    agree(told, RAISED)
    return told


def not_agreed() -> Told:
    told = raised()
    propose(told, RAISED)
    ring(told, AGREE_BY + DAY)
    return told


def test_under_performance_names_its_outcomes_and_gives_twenty_working_days_to_agree_a_timetable():
    told = an_agreement()

    [fact] = raise_case(told, RAISED)

    assert (fact.outcome_ids, fact.agree_by, fact.raised_by) == (("o1",), AGREE_BY, MANAGER.person)
    assert str(fact.citation) == COMPACT
    assert fact.opens == (fact.reason,)
    assert raise_case(told, RAISED) == []


def test_a_second_case_waits_until_the_first_timetable_has_ended():
    told = raised()

    refused = raise_case(told, RAISED, which="up2")

    assert (refused.code, str(refused.citation)) == ("under_performance_open", COMPACT)


@pytest.mark.parametrize("actor", [PARTNER, COMMISSIONER, OTHER_MANAGER], ids=lambda it: it.person)
def test_only_the_nominated_manager_raises_under_performance(actor):
    assert raise_case(an_agreement(), RAISED, actor).code in ("not_the_funder", "not_the_nominated_manager")


def test_under_performance_against_an_outcome_that_was_never_agreed_is_refused():
    assert raise_case(an_agreement(), RAISED, outcome_ids=("o9",)).code == "outcome_unknown"


def test_a_timetable_is_agreed_by_the_other_side_and_never_by_the_one_that_proposed_it():
    told = raised()
    propose(told, RAISED)

    own = agree(told, RAISED, DEPUTY)
    [agreed] = agree(told, RAISED)

    assert (own.code, str(own.citation)) == ("own_proposal", COMPACT)
    assert (agreed.ends_on, agreed.actions) == (FORUM.due_on, ACTIONS)
    assert agree(told, RAISED) == []
    assert clocks(told, "note_not_agreed") == {}
    assert set(clocks(told, "mark_action_missed")) == {f"{CASE}/forum", f"{CASE}/room"}


def test_a_partner_proposes_too_and_a_later_proposal_takes_an_earlier_one_s_place():
    told = raised()
    propose(told, RAISED)
    propose(told, RAISED, PARTNER, "t2")

    assert agree(told, RAISED).code == "proposal_superseded"
    assert agree(told, RAISED, MANAGER, "t2")[0].proposal_id == "t2"
    assert propose(told, RAISED, proposal="t3").code == "timetable_settled"


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        ((ROOM,), "no_action_of_partner"),
        ((FORUM, FORUM), "action_repeated"),
        ((FORUM.model_copy(update={"due_on": RAISED}),), "action_due_already"),
    ],
)
def test_what_is_no_timetable_is_refused(plan, code):
    assert propose(raised(), RAISED, plan=plan).code == code


def test_a_proposal_whose_dates_have_passed_can_no_longer_be_agreed():
    soon = (RemedialAction(id="soon", side=Side.PARTNER, due_on=RAISED + DAY),)
    told = raised()
    propose(told, RAISED, plan=soon)

    assert agree(told, RAISED + DAY).code == "action_due_already"


def test_a_stranger_takes_no_step():
    assert propose(raised(), RAISED, STRANGER).status == 403


def test_where_no_timetable_is_agreed_in_time_both_positions_are_asked_for():
    told = raised()

    assert fell_due(told, AGREE_BY) == []
    assert position(told, AGREE_BY, PARTNER).code == "position_not_asked"
    [noted] = fell_due(told, AGREE_BY + DAY)

    assert isinstance(noted, RemedialTimetableNotAgreed)
    assert (noted.agree_by, noted.positions_by, str(noted.citation)) == (AGREE_BY, POSITIONS_BY, COMPACT)


def test_nothing_about_a_timetable_falls_due_on_the_last_day_itself():
    waiting, told = raised(), running()
    before = too_early(told, "mark_action_missed", f"{CASE}/forum", FORUM.due_on)
    [claimed] = claim(told, FORUM.due_on)

    assert too_early(waiting, "note_not_agreed", CASE, AGREE_BY) == []
    assert before == []
    assert too_early(told, "confirm_action", f"{CASE}/forum", claimed.confirm_by) == []
    assert too_early(told, "mark_action_missed", f"{CASE}/forum", FORUM.due_on + DAY) == []


def test_a_second_person_decides_once_both_positions_are_on_record():
    told = not_agreed()

    early = decide(told, AGREE_BY + DAY)
    position(told, AGREE_BY + DAY, PARTNER)
    half = decide(told, AGREE_BY + DAY)
    position(told, AGREE_BY + DAY, MANAGER)
    [decided] = decide(told, AGREE_BY + DAY)

    assert (early.code, half.code, str(half.citation)) == ("position_missing", "position_missing", COMPACT)
    assert "funder" in half.sentence
    assert "partner" not in half.sentence
    assert isinstance(decided, RemedialTimetableDecided)
    assert (decided.silent, decided.decided_by, decided.ends_on) == ((), DECIDER.person, FORUM.due_on)
    assert set(clocks(told, "mark_action_missed")) == {f"{CASE}/forum", f"{CASE}/room"}


def test_a_side_that_stays_silent_does_not_keep_the_second_person_from_deciding():
    told = not_agreed()
    position(told, AGREE_BY + DAY, MANAGER)

    assert decide(told, POSITIONS_BY).code == "position_missing"
    assert decide(told, POSITIONS_BY + DAY)[0].silent == (Side.PARTNER,)


def test_nobody_decides_while_both_sides_can_still_agree():
    refused = decide(raised(), RAISED)

    assert (refused.code, str(refused.citation)) == ("still_to_be_agreed", COMPACT)
    assert "6 October 2014" in refused.sentence


@pytest.mark.parametrize("actor", [MANAGER, DEPUTY, STAND_IN], ids=lambda it: it.person)
def test_whoever_raised_it_is_not_the_second_person_nor_is_a_delegate(actor):
    told = not_agreed()

    refused = decide(told, POSITIONS_BY + DAY, actor)

    assert (refused.code, str(refused.citation)) == ("not_a_second_person", COMPACT)


def test_whoever_raised_it_in_anothers_name_does_not_decide_once_that_delegation_ended():
    told = an_agreement()
    raise_case(told, RAISED, replace(STAND_IN, role=MANAGER.role))
    ring(told, AGREE_BY + DAY)
    told.place.evolve(recorded(OfficeHolderAppointed(
        person_id=STAND_IN.person, organisation_id=STAND_IN.organisation, place="sutton", role="decider",
    )))  # fmt: skip

    assert decide(told, POSITIONS_BY + DAY, STAND_IN).code == "not_a_second_person"


def test_the_partner_does_not_decide():
    assert decide(not_agreed(), POSITIONS_BY + DAY, PARTNER).status == 403


def test_both_sides_can_still_agree_until_a_second_person_has_decided():
    told = not_agreed()

    assert agree(told, AGREE_BY + DAY)[0].proposal_id == "t1"
    assert decide(told, POSITIONS_BY + DAY).code == "timetable_settled"


def test_with_the_last_action_confirmed_by_the_other_side_the_timetable_ends_recovered():
    told = running()
    claim(told, date(2014, 10, 1), MANAGER, "room")
    first = confirm(told, date(2014, 10, 2), PARTNER, "room")
    claim(told, FORUM.due_on)

    done, ended = confirm(told, FORUM.due_on + DAY)

    assert [type(fact) for fact in first] == [RemedialActionCompleted]
    assert (type(done), done.by_silence) == (RemedialActionCompleted, False)
    assert (type(ended), ended.result, ended.missed) == (RemedialTimetableEnded, TimetableResult.RECOVERED, ())
    assert str(ended.citation) == COMPACT
    assert confirm(told, FORUM.due_on + DAY) == []
    assert told.row("under_performance", CASE)["status"] == "recovered"


def test_an_action_is_claimed_by_its_own_side_and_confirmed_by_the_other_only():
    told = running()

    not_theirs = claim(told, RAISED, MANAGER)
    claim(told, RAISED)
    own = confirm(told, RAISED, PARTNER)

    assert (not_theirs.code, not_theirs.status) == ("not_your_action", 403)
    assert (own.code, str(own.citation)) == ("own_action", COMPACT)
    assert claim(told, RAISED).code == "action_claimed"
    assert confirm(told, RAISED, PARTNER, "room").code == "action_not_claimed"


def test_an_action_of_the_partner_that_is_missed_ends_the_timetable_as_failed():
    told = running()
    claim(told, ROOM.due_on, MANAGER, "room")
    confirm(told, ROOM.due_on, PARTNER, "room")

    assert fell_due(told, FORUM.due_on) == []
    missed, ended = fell_due(told, FORUM.due_on + DAY)

    assert (missed.action_id, missed.side) == ("forum", Side.PARTNER)
    assert (ended.result, ended.missed) == (TimetableResult.FAILED, ("forum",))
    assert claim(told, FORUM.due_on + DAY).code == "timetable_not_running"


def test_an_action_of_the_funder_that_is_missed_counts_against_the_funder_and_never_makes_the_partner_fail():
    told = running()

    [missed] = fell_due(told, ROOM.due_on + DAY)
    claim(told, FORUM.due_on)
    _, ended = confirm(told, FORUM.due_on)

    assert (missed.side, type(missed)) == (Side.FUNDER, RemedialActionMissed)
    assert (ended.result, ended.missed) == (TimetableResult.RECOVERED, ("room",))


def test_what_is_left_when_a_timetable_fails_is_no_longer_waited_for():
    early = (ROOM, FORUM.model_copy(update={"id": "first", "due_on": date(2014, 9, 30)}))
    told = raised()
    propose(told, RAISED, plan=early)
    agree(told, RAISED)

    _, ended = fell_due(told, date(2014, 10, 1))

    assert (ended.left, clocks(told, "mark_action_missed")) == (("room",), {})


def test_an_action_said_to_be_done_waits_for_the_other_side_and_is_not_missed():
    told = running()
    [claimed] = claim(told, FORUM.due_on)

    assert claimed.confirm_by == date(2014, 12, 12)
    assert f"{CASE}/forum" not in clocks(told, "mark_action_missed")
    silent = [fact for fact in fell_due(told, claimed.confirm_by + DAY) if hasattr(fact, "by_silence")]

    assert [fact.by_silence for fact in silent] == [True]
    assert told.row("under_performance", CASE)["status"] == "recovered"


def test_a_disputed_action_is_open_again_and_missed_where_its_date_is_over():
    told = running()
    claim(told, RAISED)

    again = dispute(told, RAISED + DAY)
    claim(told, FORUM.due_on)
    over = dispute(told, FORUM.due_on + DAY)

    assert [type(fact) for fact in again] == [RemedialActionNotConfirmed]
    assert [type(fact) for fact in over] == [
        RemedialActionNotConfirmed, RemedialActionMissed, RemedialTimetableEnded,
    ]  # fmt: skip
    assert clocks(told, "confirm_action") == {}


def test_a_place_without_the_rule_has_no_time_to_agree_and_nobody_decides_and_nothing_is_cited():
    told = raised("coventry")

    [agreed, *_] = [*propose(told, RAISED), *agree(told, RAISED)][1:]
    claim(told, FORUM.due_on)
    claim(told, RAISED, MANAGER, "room")
    confirm(told, RAISED, PARTNER, "room")
    _, ended = confirm(told, FORUM.due_on)

    assert clocks(told, "note_not_agreed") == {}
    assert agreed.ends_on == FORUM.due_on
    assert decide(told, RAISED).code == "timetable_settled"
    assert (ended.result, ended.citation) == (TimetableResult.RECOVERED, None)
    assert agree(raised("coventry"), RAISED).code == "proposal_unknown"
