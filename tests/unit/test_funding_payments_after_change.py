"""What a change of support makes of payments: cancelled, cut by the day, shared anew, given again (Compact 3.4.4)."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from funding_givens import ADVICE, COUNCIL, MANAGER, SYSTEM, Ledger, refused, the_agreement
from hypothesis import given, settings
from hypothesis import strategies as st
from payment_givens import (
    FINANCE,
    IN_FORCE_AT,
    a_payment_made,
    an_agreement_in_force,
    ask,
    at,
    confirm_hold,
    make,
    payment_id,
    propose_hold,
    release,
    send_back,
    with_an_account,
)

from contracts.agreement_terms import Timing
from contracts.change_gates import AgreementEnded, AgreementVaried, SumsMadeGood
from contracts.envelope import Event
from contracts.funding import ChangeKind, Support, YearAmount
from contracts.incumbents import IncumbentNotAwarded
from contracts.payments import (
    PaymentCancelled,
    PaymentHeld,
    PaymentHoldEnded,
    PaymentMade,
    PaymentOverdue,
    PaymentScheduled,
)
from services.funding import handlers_payments
from services.funding.payments_after_change import FollowChange
from services.funding.projections_payments import HOLD_ENDS, OVERDUE
from services.funding.tables_payments import PaymentHolds, Payments
from services.runtime.projections import Timers

YEARS = ("2014/15", "2015/16", "2016/17")
FROM = date(2015, 8, 16)
"""In the middle of the sixth of twelve quarters; its first 46 days of 92 are owed."""


def parties(ledger: Ledger, change: str = "c1") -> dict[str, Any]:
    return {"agreement_id": the_agreement(ledger).agreement_id, "change_id": change, "funder_id": COUNCIL,
            "organisation_id": ADVICE}  # fmt: skip


def amounts(*pounds: int) -> tuple[YearAmount, ...]:
    return tuple(YearAmount(year=year, pounds=each) for year, each in zip(YEARS, pounds, strict=False))


def end(ledger: Ledger, day: date = FROM, change: str = "c1") -> None:
    ledger.receive(AgreementEnded(**parties(ledger, change), from_day=day), at=at(day))


def vary(
    ledger: Ledger, *pounds: int, day: date = FROM, change: str = "c1", support: Support = Support.FUNDING
) -> None:
    fact = AgreementVaried(**parties(ledger, change), support=support, amounts=amounts(*pounds), from_day=day)
    ledger.receive(fact, at=at(day))


def make_good(ledger: Ledger, day: date, held_from: date = FROM, change: str = "c1") -> None:
    fact = SumsMadeGood(**parties(ledger, change), amounts=amounts(100_000, 100_000, 100_000), held_from=held_from)
    ledger.receive(fact, at=at(day))


def standing(ledger: Ledger) -> list[PaymentScheduled]:
    gone = {fact.payment_id for fact in ledger.of(PaymentCancelled)}
    return [fact for fact in ledger.of(PaymentScheduled) if fact.payment_id not in gone]


def pay(ledger: Ledger, *numbers: int, when: datetime = IN_FORCE_AT) -> None:
    for number in numbers:
        for step in (ask, release):
            assert step(ledger, number=number, when=when).rejection is None
        assert make(ledger, number=number, when=when, reference=f"SC-{number}").rejection is None


def timers(ledger: Ledger, name: str) -> set[str]:
    return {about for kind, about in ledger.tables[Timers] if kind == name}


# The agreement ended


def test_what_falls_due_after_the_end_is_cancelled_and_can_never_be_late():
    ledger = with_an_account(an_agreement_in_force())
    pay(ledger, 1, 2, 3, 4, 5)

    end(ledger)

    gone = {fact.payment_id for fact in ledger.of(PaymentCancelled)}
    assert gone == {payment_id(ledger, number) for number in range(6, 13)}
    assert timers(ledger, OVERDUE) == {payment_id(ledger, 13)}
    ledger.ring(at(date(2017, 6, 1)))
    assert {fact.payment_id for fact in ledger.of(PaymentOverdue)} & gone == set()


def test_the_period_that_the_end_cuts_is_owed_by_the_day():
    ledger = with_an_account(an_agreement_in_force())
    pay(ledger, 1, 2, 3, 4, 5)

    end(ledger)

    [cut] = [fact for fact in standing(ledger) if fact.number > 5]
    assert (cut.pounds, cut.pays_from, cut.pays_until) == (12_500, date(2015, 7, 1), date(2015, 8, 15))
    assert (cut.due_on, cut.replaces, cut.made_good) == (date(2015, 7, 1), payment_id(ledger, 6), False)
    assert (ledger.row(Payments, cut.payment_id)["pounds"], cut.change_id) == (12_500, "c1")


def test_in_arrears_what_is_owed_at_the_end_is_due_as_soon_as_the_funder_can_pay():
    ledger = with_an_account(an_agreement_in_force(timing=Timing.ARREARS))

    end(ledger)

    kept = standing(ledger)
    assert [fact.number for fact in kept] == [1, 2, 3, 4, 5, 13]
    assert (kept[-1].pounds, kept[-1].due_on) == (12_500, date(2015, 8, 28))


def test_an_end_on_the_first_day_of_a_period_leaves_nothing_of_it():
    ledger = with_an_account(an_agreement_in_force())

    end(ledger, date(2015, 7, 1))

    assert [fact.number for fact in standing(ledger)] == [1, 2, 3, 4, 5]


def test_what_was_paid_is_never_cancelled():
    ledger = with_an_account(an_agreement_in_force())
    pay(ledger, 6)

    end(ledger)

    assert payment_id(ledger, 6) in {fact.payment_id for fact in standing(ledger)}
    assert sum(fact.pounds for fact in standing(ledger)) == 150_000


def test_a_cancelled_payment_is_neither_asked_for_nor_released_nor_made_nor_held():
    ledger = with_an_account(an_agreement_in_force())
    ask(ledger, number=7), release(ledger, number=7)
    end(ledger)

    later = at(FROM + timedelta(days=1))
    for step in (ask, release, make, send_back, propose_hold):
        code, cited = refused(step(ledger, number=7, when=later))
        assert (code, cited) == ("payment_cancelled", "Agreement Strategic Partners 2014 payments"), step


def test_a_hold_ends_with_the_payment_that_it_stood_on():
    ledger = with_an_account(an_agreement_in_force())
    propose_hold(ledger, number=7), confirm_hold(ledger, number=7)
    assert timers(ledger, HOLD_ENDS)

    end(ledger)

    assert timers(ledger, HOLD_ENDS) == set()
    assert ledger.row(PaymentHolds, "h1")["ended"] is True
    row = ledger.row(Payments, payment_id(ledger, 7))
    assert (row["cancelled"], row["held"]) == (True, False)


HELD_AT = at(date(2015, 12, 21))


def held_and_lowered() -> tuple[Ledger, PaymentScheduled]:
    """The eighth payment was held ten days before the year was lowered by £1,000; and what stands in its place."""
    ledger = with_an_account(an_agreement_in_force())
    ask(ledger, number=8, when=HELD_AT)
    for step in (propose_hold, confirm_hold):
        assert step(ledger, number=8, when=HELD_AT).rejection is None
    vary(ledger, 100_000, 99_000, 100_000, day=date(2016, 1, 1))
    [instead] = [fact for fact in standing(ledger) if fact.replaces == payment_id(ledger, 8)]
    return ledger, instead


def test_a_hold_goes_on_with_the_payment_in_whose_place_another_comes_to_stand():
    ledger, instead = held_and_lowered()

    before, hold = ledger.of(PaymentHeld)
    assert (hold.payment_id, hold.carried_from, hold.pounds) == (instead.payment_id, payment_id(ledger, 8), 24_000)
    assert (hold.hold_id, hold.ends_on, hold.proposed_by) == (before.hold_id, before.ends_on, before.proposed_by)
    row = ledger.row(PaymentHolds, "h1")
    assert (row["payment_id"], row["ended"]) == (instead.payment_id, False)
    ask(ledger, number=instead.number, when=HELD_AT)
    for step in (release, make):
        assert refused(step(ledger, number=instead.number, when=HELD_AT)) == ("payment_held", "Sutton Compact 3.3.4")
    assert timers(ledger, HOLD_ENDS) == {instead.payment_id}


def test_a_hold_that_went_on_ends_on_its_own_day_and_is_renewed_no_oftener():
    ledger, instead = held_and_lowered()
    ends = at(ledger.of(PaymentHeld)[-1].ends_on)

    ledger.ring(ends)

    assert [fact.payment_id for fact in ledger.of(PaymentHoldEnded)] == [instead.payment_id]
    ask(ledger, number=instead.number, when=ends)
    assert release(ledger, number=instead.number, when=ends).rejection is None
    again = propose_hold(ledger, number=instead.number, when=ends, hold="h2")
    assert refused(again) == ("hold_used_up", "Sutton Compact 3.3.4")


@pytest.mark.parametrize(("good_on", "held"), [(date(2014, 4, 20), True), (date(2015, 9, 1), False)])
def test_what_is_made_good_is_held_as_long_as_the_hold_would_have_stood(good_on, held):
    ledger = with_an_account(an_agreement_in_force())
    propose_hold(ledger, number=12), confirm_hold(ledger, number=12)
    end(ledger, date(2014, 4, 10))

    make_good(ledger, good_on, date(2014, 4, 10))

    last = standing(ledger)[-1]
    assert (last.pays_until, ledger.row(Payments, last.payment_id)["held"]) == (date(2017, 3, 31), held)
    again = refused(propose_hold(ledger, number=last.number, when=at(date(2015, 9, 2)), hold="h2")) if not held else ()
    assert again in ((), ("hold_used_up", "Sutton Compact 3.3.4"))


def restored(ledger: Ledger) -> None:
    make_good(ledger, FROM)


def lowered(ledger: Ledger) -> None:
    vary(ledger, 100_000, 80_000)


@pytest.mark.parametrize("follows", [end, lowered, restored])
def test_to_follow_the_same_change_again_does_nothing(follows):
    ledger = with_an_account(an_agreement_in_force())
    end(ledger)
    follows(ledger)

    for which in ("c1", "unknown"):
        named = {"agreement_id": the_agreement(ledger).agreement_id, "change_id": which}
        again = FollowChange(actor=SYSTEM, now=at(FROM), **named)
        assert ledger.do(handlers_payments.follow_change(ledger, again), again.now).events == ()


# The agreement was varied


def test_what_a_year_still_has_is_shared_by_its_periods_to_come():
    ledger = with_an_account(an_agreement_in_force())
    pay(ledger, 1, 2, 3, 4, 5, 6)

    vary(ledger, 100_000, 80_001, 40_000, day=date(2015, 10, 1))

    by_year = Counter[str]()
    for fact in standing(ledger):
        by_year[fact.year] += fact.pounds
    assert by_year == {"2014/15": 100_000, "2015/16": 80_001, "2016/17": 40_000}
    changed = [(one.pounds, one.due_on, one.replaces) for one in standing(ledger) if one.change_id]
    assert changed[:2] == [
        (15_001, date(2015, 10, 1), payment_id(ledger, 7)), (15_000, date(2015, 12, 31), payment_id(ledger, 8)),
    ]  # fmt: skip
    assert len(changed) == 6


def test_a_year_without_money_has_no_payments_and_other_years_stay_as_they_are():
    ledger = with_an_account(an_agreement_in_force())

    vary(ledger, 100_000, 100_000)

    assert {fact.payment_id for fact in ledger.of(PaymentCancelled)} == {payment_id(ledger, n) for n in range(9, 13)}
    assert [fact.number for fact in standing(ledger)] == [*range(1, 9)]


def test_a_year_that_was_paid_beyond_its_new_amount_owes_nothing_more():
    ledger = with_an_account(an_agreement_in_force())
    pay(ledger, 5, 6, 7)

    vary(ledger, 100_000, 60_000, 100_000, day=date(2016, 1, 1))

    assert [fact.number for fact in standing(ledger) if fact.year == "2015/16"] == [5, 6, 7]


def test_another_kind_of_support_leaves_payments_as_they_are():
    ledger = with_an_account(an_agreement_in_force())

    vary(ledger, support=Support.PREMISES)

    assert ledger.of(PaymentCancelled) == []


# Sums made good


def test_what_was_withheld_on_a_notice_that_fell_away_is_owed_again_at_once():
    ledger = with_an_account(an_agreement_in_force())
    pay(ledger, 1, 2, 3, 4, 5)
    end(ledger)

    make_good(ledger, date(2016, 2, 1))

    assert sum(fact.pounds for fact in standing(ledger)) == 300_000
    again = [fact for fact in standing(ledger) if fact.made_good]
    assert [fact.pays_from.isoformat() for fact in again][:3] == ["2015-07-01", "2015-10-01", "2016-01-01"]
    assert {fact.due_on for fact in again[:3]} == {date(2016, 2, 15)}
    assert again[3].due_on == date(2016, 4, 1)


def test_what_was_paid_in_place_of_the_withheld_is_not_paid_twice():
    ledger = with_an_account(an_agreement_in_force())
    pay(ledger, 1, 2, 3, 4, 5)
    end(ledger)
    pay(ledger, 13, when=at(FROM))

    make_good(ledger, date(2016, 2, 1))

    [rest] = [fact for fact in standing(ledger) if fact.replaces == payment_id(ledger, 6) and fact.made_good]
    assert rest.pounds == 12_500
    assert sum(fact.pounds for fact in standing(ledger)) == 300_000


def test_a_change_that_holds_again_after_sums_were_made_good_cuts_again_and_is_undone_again():
    ledger = with_an_account(an_agreement_in_force())
    end(ledger)
    make_good(ledger, date(2015, 9, 1))

    end(ledger, date(2016, 1, 1))
    assert sum(fact.pounds for fact in standing(ledger)) == 175_000

    make_good(ledger, date(2016, 2, 1), date(2016, 1, 1))
    assert sum(fact.pounds for fact in standing(ledger)) == 300_000


# Changes that overlap


def by_year(ledger: Ledger) -> dict[str, int]:
    found = Counter[str]()
    for fact in standing(ledger):
        found[fact.year] += fact.pounds
    return dict(found)


def test_a_change_that_took_effect_before_another_was_undone_goes_on_holding():
    ledger = with_an_account(an_agreement_in_force())
    vary(ledger, 100_000, 80_000, 80_000, day=FROM, change="c1")
    vary(ledger, 100_000, 80_000, 40_000, day=date(2016, 1, 1), change="c2")

    make_good(ledger, date(2016, 2, 1), change="c1")

    assert by_year(ledger) == {"2014/15": 100_000, "2015/16": 80_000, "2016/17": 40_000}
    make_good(ledger, date(2016, 3, 1), date(2016, 1, 1), change="c2")
    assert by_year(ledger) == {"2014/15": 100_000, "2015/16": 100_000, "2016/17": 100_000}


def test_an_end_that_is_undone_leaves_the_reduction_that_came_after_it():
    ledger = with_an_account(an_agreement_in_force())
    pay(ledger, 1, 2, 3, 4, 5)
    end(ledger)
    vary(ledger, 100_000, 100_000, 40_000, day=date(2016, 4, 1), change="c2")
    assert by_year(ledger) == {"2014/15": 100_000, "2015/16": 37_500}

    make_good(ledger, date(2016, 5, 2), change="c1")

    assert by_year(ledger) == {"2014/15": 100_000, "2015/16": 100_000, "2016/17": 40_000}


def test_a_reduction_that_is_undone_after_an_end_gives_the_full_rate_until_the_end():
    ledger = with_an_account(an_agreement_in_force())
    vary(ledger, 100_000, 60_000, 60_000, day=date(2015, 4, 1), change="c2")
    end(ledger)

    make_good(ledger, date(2015, 9, 1), date(2015, 4, 1), change="c2")

    assert by_year(ledger) == {"2014/15": 100_000, "2015/16": 37_500}
    [cut] = [fact for fact in standing(ledger) if fact.pays_until == date(2015, 8, 15)]
    assert (cut.pounds, cut.made_good, cut.due_on) == (12_500, True, date(2015, 9, 15))


CHANGES = st.lists(
    st.one_of(st.none(), st.lists(st.integers(0, 100_000), min_size=3, max_size=3)), min_size=1, max_size=4
)


@settings(max_examples=40, deadline=None)
@given(CHANGES, st.data())
def test_in_whatever_order_changes_are_undone_what_stands_is_what_the_others_make_of_it(changes, data):
    ledger, other = with_an_account(an_agreement_in_force()), with_an_account(an_agreement_in_force())
    undone = data.draw(st.lists(st.sampled_from(range(len(changes))), unique=True))
    for number, what in enumerate(changes):
        for one in [ledger] if number in undone else [ledger, other]:
            day, change = date(2014, 10, 15) + timedelta(days=150 * number), f"c{number}"
            end(one, day, change) if what is None else vary(one, *what, day=day, change=change)

    for number in undone:
        make_good(ledger, date(2017, 1, 2), change=f"c{number}")

    periods = [
        sorted((one.pays_from, one.pays_until, one.pounds) for one in standing(each)) for each in (ledger, other)
    ]
    assert periods[0] == periods[1]


STEPS = st.one_of(
    st.tuples(st.just("end"), st.dates(date(2014, 6, 1), date(2017, 3, 31))),
    st.tuples(st.just("vary"), st.lists(st.integers(0, 100_000), min_size=3, max_size=3)),
    st.tuples(st.just("make good"), st.sampled_from(["c1", "c2"])),
    st.tuples(st.just("pay"), st.integers(1, 20)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, max_size=8), st.sampled_from(Timing))
def test_whatever_changes_come_and_go_no_more_stands_than_was_agreed_and_made_good_all_of_it_does(steps, timing):
    ledger = with_an_account(an_agreement_in_force(timing=timing))
    for number, (kind, what) in enumerate(steps):
        match kind:
            case "end":
                end(ledger, what)
            case "vary":
                vary(ledger, *what, day=date(2015, 1, 1) + timedelta(days=60 * number), change="c2")
            case "make good":
                make_good(ledger, date(2016, 2, 1), change=what)
            case "pay":
                (
                    ask(ledger, number=what),
                    release(ledger, number=what),
                    make(ledger, number=what, reference=f"SC-{what}"),
                )
        assert sum(fact.pounds for fact in standing(ledger)) <= 300_000
        paid = {fact.payment_id for fact in ledger.of(PaymentMade)}
        assert paid <= {fact.payment_id for fact in standing(ledger)}

    make_good(ledger, date(2016, 3, 1))
    make_good(ledger, date(2016, 3, 1), change="c2")

    assert sum(fact.pounds for fact in standing(ledger)) == 300_000
    assert len({fact.payment_id for fact in ledger.of(PaymentScheduled)}) == len(ledger.of(PaymentScheduled))


# An incumbent that lost


def lose(ledger: Ledger, kept_until: date | None, kind: ChangeKind = ChangeKind.END) -> None:
    named = {name: value for name, value in parties(ledger).items() if name != "change_id"}
    lost: Event = IncumbentNotAwarded(
        **named, programme_id="p9", kind=kind, support_ends_on=date(2017, 3, 31), kept_until_at_least=kept_until
    )
    ledger.receive(lost, at=at(date(2017, 3, 1)))


@pytest.mark.parametrize(("timing", "due"), [(Timing.ADVANCE, date(2017, 3, 31)), (Timing.ARREARS, date(2017, 6, 1))])
def test_an_incumbent_that_keeps_its_support_beyond_its_term_is_paid_for_it(timing, due):
    ledger = with_an_account(an_agreement_in_force(timing=timing))

    lose(ledger, date(2017, 6, 1))
    lose(ledger, date(2017, 6, 1))

    [kept] = [fact for fact in ledger.of(PaymentScheduled) if fact.number > 12]
    assert (kept.pays_from, kept.pays_until, kept.due_on) == (date(2017, 4, 1), date(2017, 6, 1), due)
    assert kept.pounds == -(-25_000 * 62 // 90)
    assert kept.year == "2017/18"
    assert (ask(ledger, MANAGER, at(due), 13).rejection, release(ledger, FINANCE, at(due), 13).rejection) == (
        None,
        None,
    )


def test_what_an_incumbent_keeps_beyond_its_term_is_no_part_of_a_year_that_is_lowered():
    ledger = with_an_account(an_agreement_in_force())
    lose(ledger, date(2017, 6, 1))

    vary(ledger, 100_000, 100_000, 80_000, day=date(2017, 3, 2))

    assert payment_id(ledger, 13) in {fact.payment_id for fact in standing(ledger)}


@pytest.mark.parametrize("kept_until", [None, date(2017, 3, 31), date(2016, 12, 31)])
def test_an_incumbent_whose_support_runs_long_enough_is_paid_what_was_agreed(kept_until):
    ledger = a_payment_made()

    lose(ledger, kept_until)

    assert len(ledger.of(PaymentScheduled)) == 12


def test_an_incumbent_whose_agreement_ended_before_is_kept_no_longer():
    ledger = with_an_account(an_agreement_in_force())
    end(ledger)

    lose(ledger, date(2017, 6, 1))

    assert [fact.number for fact in ledger.of(PaymentScheduled)] == [*range(1, 14)]
