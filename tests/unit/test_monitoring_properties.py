"""Whatever is asked, refused, handed in or falls due, in any order, lateness is never recorded wrongly (3.3.10)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from monitoring_givens import (
    AGREEMENT,
    DAY,
    DECIDES,
    OPENS_ON,
    PARTNER,
    REPORT,
    RULES,
    SYSTEM,
    Told,
    a_scheduled_report,
    accept,
    agree_longer,
    ask,
    at,
    covers,
    give_back,
    refuse_longer,
    submit,
)

from contracts.monitoring import (
    FunderAnswerOverdue,
    ReportAccepted,
    ReportDue,
    ReportExtensionAgreed,
    ReportOverdue,
    ReportOverdueWithdrawn,
    ReportReturned,
    ReportSubmitted,
)
from services.monitoring import report
from services.monitoring.report import Report, ReportCommand, Status
from services.monitoring.timers import timers
from services.runtime.calendar import add_working_days, end_of_london_day, london_date
from services.runtime.decisions import Rejection
from services.runtime.reactions import Act

ABOUT = ReportCommand(actor=PARTNER, now=at(OPENS_ON), agreement_id=AGREEMENT, report_id=REPORT)


class Life:
    """One report's life, step by step; timers may be late, and what came earlier be decided later."""

    def __init__(self, place: str) -> None:
        self.told: Told = a_scheduled_report(place)
        self.bound = place == "sutton"
        self.now: datetime = at(OPENS_ON)
        self.told.ring(self.now)
        self.folded_on = Report()
        self.taken = 0
        self.look()

    def look(self) -> None:
        """Take what is new into the state that is folded on, and fold everything anew."""
        query = report.facts_of(ABOUT)
        for event in self.told.facts[self.taken :]:
            if covers(query, event):
                self.folded_on.evolve(event)
        self.taken = len(self.told.facts)
        self.facts: Report = self.told.fold(query)

    def history(self) -> list[Any]:
        return [event.data for event in self.told.facts if f"report:{REPORT}" in event.tags]

    @property
    def date_waited_for(self) -> date | None:
        """The date that the partner, or else the funder, has to keep."""
        return self.facts.due_on if self.facts.awaited else self.facts.answer_due_on

    def twice(self, act: Any, now: datetime, *args: Any, **more: Any) -> Any:
        """Take a step; what was taken is, when repeated, already so."""
        taken = act(self.told, now, *args, **more)
        if not isinstance(taken, Rejection):
            assert act(self.told, now, *args, **more) == []
        return taken

    def earlier(self, hours: int) -> datetime:
        return max(at(OPENS_ON), self.now - timedelta(hours=hours))

    def document(self) -> str:
        return f"d{len(self.told.facts)}"


# What can happen, each with a number that says how long, how late or until when


def days_pass(life: Life, number: int) -> None:
    life.now += number * DAY


def the_date_waited_for_passes(life: Life, number: int) -> None:
    if life.date_waited_for:
        life.now = max(life.now, end_of_london_day(life.date_waited_for) + timedelta(hours=number - 2))


def what_is_due_is_done(life: Life, number: int) -> None:
    life.told.ring(life.now)


def a_timer_rings_that_was_cleared_meanwhile(life: Life, number: int) -> None:
    name = sorted(DECIDES)[number % len(DECIDES)]
    make, _ = timers.by_name[name]
    command = make(f"{AGREEMENT}/{REPORT}", Act(SYSTEM, life.now, "seed"))
    assert not isinstance(life.told.do(DECIDES[name], command, report.facts_of), Rejection)


def the_partner_hands_in(life: Life, number: int) -> None:
    life.twice(submit, life.earlier(number % 3 * 8), which=life.document())


def the_partner_asks_for_longer(life: Life, number: int) -> None:
    until = max(life.facts.due_on, OPENS_ON) + (2 * number - 2) * DAY
    life.twice(ask, life.earlier(number % 3 * 8), until, which=life.document())


def the_funder_agrees_to_longer(life: Life, number: int) -> None:
    life.twice(agree_longer, life.now)


def the_funder_refuses_longer(life: Life, number: int) -> None:
    granted_already = life.facts.granted_by_silence(london_date(life.now))
    refused = life.twice(refuse_longer, life.now, which=life.document())
    assert isinstance(refused, Rejection) or not granted_already


def the_funder_returns_the_report(life: Life, number: int) -> None:
    too_late = life.facts.answer_is_late(london_date(life.now))
    returned = life.twice(give_back, life.now, london_date(life.now) + 3 * number * DAY, which=life.document())
    assert isinstance(returned, Rejection) or not too_late


def the_funder_accepts(life: Life, number: int) -> None:
    too_late = life.facts.answer_is_late(london_date(life.now))
    accepted = life.twice(accept, life.now)
    if too_late and accepted:
        assert [type(fact) for fact in accepted] == [FunderAnswerOverdue, ReportAccepted]


WHAT_CAN_HAPPEN: list[Callable[[Life, int], None]] = [
    days_pass, the_date_waited_for_passes, the_date_waited_for_passes, what_is_due_is_done, what_is_due_is_done,
    a_timer_rings_that_was_cleared_meanwhile, the_partner_hands_in, the_partner_hands_in, the_partner_asks_for_longer,
    the_partner_asks_for_longer, the_funder_agrees_to_longer, the_funder_refuses_longer, the_funder_returns_the_report,
    the_funder_accepts,
]  # fmt: skip

# What always holds


def a_report_is_never_overdue_while_longer_was_asked_for(life: Life) -> None:
    assert not (life.facts.overdue and life.facts.asked_until)


def a_report_in_time_is_never_overdue_as_well(life: Life) -> None:
    standing = 0
    for fact in life.history():
        standing = 0 if isinstance(fact, ReportDue | ReportReturned) else standing
        standing += isinstance(fact, ReportOverdue) - isinstance(fact, ReportOverdueWithdrawn)
        assert 0 <= standing <= 1
        assert not (isinstance(fact, ReportSubmitted) and standing) or fact.late


def silence_accepts_only_with_the_funders_lateness_beside_it(life: Life) -> None:
    silent = [fact for fact in life.history() if isinstance(fact, ReportAccepted) and fact.by_silence]
    late = [fact for fact in life.history() if isinstance(fact, FunderAnswerOverdue)]
    assert len(silent) == len(late) <= life.bound


def a_place_without_the_rule_decides_nothing_by_silence_and_cites_nothing(life: Life) -> None:
    for fact in life.history() if not life.bound else ():
        assert getattr(fact, "citation", None) is None
        assert not (isinstance(fact, ReportExtensionAgreed) and fact.by_silence)


def folding_on_equals_folding_anew(life: Life) -> None:
    assert life.folded_on == life.facts


def the_read_tables_say_what_the_facts_say(life: Life) -> None:
    row, facts = life.told.row("reports", REPORT), life.facts
    assert (row["status"], row["due_on"]) == (facts.status, facts.due_on)
    assert row.get("overdue", False) == facts.overdue == (("overdue_reports", REPORT) in life.told.rows)
    assert row.get("extension_asked_until") == facts.asked_until


def somebodys_clock_runs_until_the_report_is_accepted(life: Life) -> None:
    if life.bound and life.facts.status is not Status.ACCEPTED and not life.facts.overdue:
        assert len(life.told.timers()) == 1


WHAT_ALWAYS_HOLDS: list[Callable[[Life], None]] = [
    a_report_is_never_overdue_while_longer_was_asked_for, a_report_in_time_is_never_overdue_as_well,
    silence_accepts_only_with_the_funders_lateness_beside_it, folding_on_equals_folding_anew,
    a_place_without_the_rule_decides_nothing_by_silence_and_cites_nothing, the_read_tables_say_what_the_facts_say,
    somebodys_clock_runs_until_the_report_is_accepted,
]  # fmt: skip

STEPS = st.lists(st.tuples(st.sampled_from(WHAT_CAN_HAPPEN), st.integers(0, 10)), min_size=6, max_size=25)


@settings(max_examples=250, deadline=None)
@given(place=st.sampled_from(["sutton", "sutton", "coventry"]), steps=STEPS)
def test_no_sequence_of_steps_records_lateness_wrongly(
    place: str, steps: list[tuple[Callable[[Life, int], None], int]]
) -> None:
    life = Life(place)

    for happens, number in steps:
        happens(life, number)
        life.look()

        for holds in WHAT_ALWAYS_HOLDS:
            holds(life)


@settings(max_examples=50, deadline=None)
@given(steps=STEPS)
def test_left_alone_a_report_is_accepted_if_it_was_handed_in_and_overdue_if_not(
    steps: list[tuple[Callable[[Life, int], None], int]],
) -> None:
    life = Life("sutton")
    for happens, number in steps:
        happens(life, number)
        life.look()

    life.told.ring(life.now + 200 * DAY)
    life.look()

    assert life.facts.status is Status.ACCEPTED or life.facts.overdue
    assert life.told.timers() == {}


def test_a_form_is_open_for_twenty_working_days_whenever_it_opens() -> None:
    for days in range(120):
        told = a_scheduled_report()
        due = next(fact for fact in told.ring(at(OPENS_ON + days * DAY)) if isinstance(fact, ReportDue))

        assert due.due_on >= add_working_days(due.opened_on, 20, RULES["sutton"].calendar)
