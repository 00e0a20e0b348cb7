from datetime import date, timedelta

import pytest
from performance_givens import (
    PARTS,
    REVIEW,
    an_agreement,
    answer,
    assess,
    clocks,
    conclude,
    gather,
    hear,
    invite,
    ring,
    too_early,
)

from contracts.reviews import AnnualReviewConcluded, AnnualReviewMissed, AnnualReviewOpened, AwaitedPart, GroupCount
from services.monitoring.feedback import MOST_IN_A_DAY
from services.monitoring.performance_forms import GatheredForm, GroupForm
from tests.unit.monitoring_givens import COMMISSIONER, DAY, DEPUTY, MANAGER, OTHER_MANAGER, PARTNER, Told, document

OPENS = date(2015, 6, 1)
CONCLUDE_BY = date(2015, 8, 24)
UNTIL = date(2015, 7, 31)
SPP = "Strategic Partner Programme Checks and balances"


def opened() -> Told:
    told = an_agreement()
    ring(told, OPENS)
    return told


def invited() -> Told:
    told = opened()
    invite(told, OPENS, UNTIL)
    return told


def answered() -> Told:
    told = invited()
    hear(told, OPENS)
    assess(told, OPENS)
    answer(told, OPENS)
    return told


def test_a_review_opens_by_itself_on_the_day_after_each_year_with_its_named_parts():
    told = an_agreement()

    ring(told, OPENS - DAY)
    [review] = [fact for fact in ring(told, OPENS) if isinstance(fact, AnnualReviewOpened)]

    assert (review.from_on, review.to_on, review.parts) == (date(2014, 6, 1), date(2015, 5, 31), PARTS)
    assert (review.conclude_by, str(review.citation)) == (CONCLUDE_BY, SPP)
    assert REVIEW not in clocks(told, "open_review")


def test_a_review_is_concluded_once_residents_were_heard_and_the_partner_answered():
    told = answered()

    [concluded] = conclude(told, OPENS)

    assert isinstance(concluded, AnnualReviewConcluded)
    assert (concluded.late, concluded.people_heard) == (False, None)
    assert conclude(told, OPENS) == []
    assert REVIEW not in clocks(told, "mark_review_missed")
    assert hear(told, OPENS, "f2").code == "review_concluded"


def test_another_who_concludes_a_review_in_the_same_words_is_told_who_concluded_it():
    told = answered()
    conclude(told, OPENS)

    refused = conclude(told, OPENS, OTHER_MANAGER)

    assert refused.code == "review_concluded"
    assert MANAGER.person in refused.sentence


def test_a_review_is_not_concluded_without_residents_or_service_users():
    told = invited()
    assess(told, OPENS)

    refused = conclude(told, OPENS)

    assert (refused.code, str(refused.citation)) == ("residents_not_heard", SPP)
    assert answer(told, OPENS).code == "residents_not_heard"


def test_a_review_is_not_concluded_before_every_part_was_answered():
    told = invited()
    hear(told, OPENS)

    partly = assess(told, OPENS, parts=("effectiveness", "efficiency"))
    refused = conclude(told, OPENS)

    assert (partly.code, str(partly.citation)) == ("part_not_answered", SPP)
    assert "economy" in partly.sentence
    assert (refused.code, answer(told, OPENS).code) == ("review_not_assessed", "review_not_assessed")
    assert assess(told, OPENS, parts=(*PARTS, "charm")).code == "part_unknown"


def test_a_review_is_not_concluded_before_the_partner_answered():
    told = invited()
    hear(told, OPENS)
    assess(told, OPENS)

    refused = conclude(told, OPENS)

    assert (refused.code, str(refused.citation)) == ("partner_has_not_answered", SPP)


@pytest.mark.parametrize("step", ["feedback", "assessment"])
def test_what_came_in_after_the_partner_s_answer_has_to_be_seen_too(step):
    told = answered()
    if step == "feedback":
        hear(told, OPENS + DAY, "f2")
    else:
        assess(told, OPENS + DAY)

    assert conclude(told, OPENS + DAY).code == "partner_has_not_answered"
    answer(told, OPENS + DAY)
    assert isinstance(conclude(told, OPENS + DAY)[0], AnnualReviewConcluded)


def test_a_review_that_is_not_concluded_by_its_date_is_missed_and_whoever_was_waited_for_is_named():
    waiting = {}
    for who, told in (
        ("residents", invited()),
        ("funder", invited()),
        ("partner", invited()),
        ("answered", answered()),
    ):
        if who != "residents":
            hear(told, OPENS)
        if who == "partner":
            assess(told, OPENS)
        assert [fact for fact in ring(told, CONCLUDE_BY) if isinstance(fact, AnnualReviewMissed)] == []
        [waiting[who]] = [fact for fact in ring(told, CONCLUDE_BY + DAY) if isinstance(fact, AnnualReviewMissed)]

    assert {who: fact.waited_for for who, fact in waiting.items()} == {
        "residents": AwaitedPart.RESIDENTS, "funder": AwaitedPart.FUNDER, "partner": AwaitedPart.PARTNER,
        "answered": AwaitedPart.FUNDER,
    }  # fmt: skip
    assert str(waiting["funder"].citation) == SPP


def test_a_review_is_neither_opened_nor_missed_a_day_too_early():
    assert too_early(an_agreement(), "open_review", REVIEW, OPENS - DAY) == []
    assert too_early(opened(), "mark_review_missed", REVIEW, CONCLUDE_BY) == []


def test_a_missed_review_is_still_concluded_and_is_late():
    told = answered()
    ring(told, CONCLUDE_BY + DAY)

    [concluded] = conclude(told, CONCLUDE_BY + DAY)

    assert concluded.late


def test_feedback_is_taken_while_it_is_asked_for_and_from_nobody_in_particular():
    told = opened()

    before = hear(told, OPENS)
    invite(told, OPENS, UNTIL)
    [received] = hear(told, UNTIL)
    after = hear(told, UNTIL + DAY, "f2")

    assert (before.code, after.code) == ("feedback_not_asked", "feedback_not_asked")
    assert (before.citation, after.citation) == (None, None)
    assert (received.people, received.groups, received.name) == (None, (), None)
    assert hear(told, UNTIL) == []


def test_a_name_that_was_given_is_a_document_of_its_own():
    told = invited()

    [received] = hear(told, OPENS, name=document("name"))

    assert received.name == document("name")
    assert received.name != received.words


def test_a_flood_of_feedback_stops_for_the_day_and_goes_on_the_day_after():
    told = invited()
    for number in range(MOST_IN_A_DAY):
        hear(told, OPENS, f"f{number}")

    flooded = hear(told, OPENS, "one more")
    [received] = hear(told, OPENS + DAY, "one more")

    assert (flooded.code, flooded.status, flooded.citation) == ("too_much_today", 429, None)
    assert received.feedback_id == "one more"


@pytest.mark.parametrize(("people", "kept"), [(4, None), (5, 5), (31, 31)])
def test_people_heard_together_are_counted_from_five_on(people, kept):
    told = invited()

    [received] = gather(told, OPENS, people, groups=(GroupCount(group="carers", people=12),))
    assess(told, OPENS)
    answer(told, OPENS)
    [concluded] = conclude(told, OPENS)

    assert (received.people, concluded.people_heard) == (kept, kept)


def test_groups_below_five_are_left_out_of_the_form_before_anything_is_kept():
    groups = tuple(GroupForm(group=f"g{people}", people=people) for people in (0, 4, 5, 12))
    form = GatheredForm(words="What several people said together.", people=21, groups=groups)

    assert form.counted() == (GroupCount(group="g5", people=5), GroupCount(group="g12", people=12))
    assert form.too_small == ("g0", "g4")


@pytest.mark.parametrize(
    ("until", "code"),
    [
        (OPENS - DAY, "date_is_over"),
        (CONCLUDE_BY + DAY, "feedback_after_review"),
        (OPENS + timedelta(days=40_000), "date_beyond_calendar"),
    ],
)
def test_feedback_is_asked_for_within_the_time_of_the_review(until, code):
    assert invite(opened(), OPENS, until).code == code


def test_either_side_invites_feedback_and_nobody_else():
    told = opened()

    assert invite(told, OPENS, UNTIL, DEPUTY)[0].side == "funder"
    assert invite(told, OPENS, UNTIL, PARTNER) == []
    assert invite(told, OPENS, UNTIL - DAY, PARTNER)[0].side == "partner"
    assert invite(told, OPENS, UNTIL, COMMISSIONER).status == 403


@pytest.mark.parametrize("actor", [PARTNER, COMMISSIONER, OTHER_MANAGER], ids=lambda it: it.person)
def test_only_the_nominated_manager_assesses_and_concludes(actor):
    told = answered()

    assert assess(told, OPENS, actor).code in ("not_the_funder", "not_the_nominated_manager")
    assert conclude(told, OPENS, actor).code in ("not_the_funder", "not_the_nominated_manager")


def test_only_the_partner_answers():
    assert answer(answered(), OPENS, MANAGER).status == 403
