"""Longer time asked for before the date is granted unless refused with a reason (Sutton Compact 3.3.10)."""

from datetime import date, timedelta

import pytest
from monitoring_givens import (
    DAY,
    DUE_ON,
    MANAGER,
    OPENS_ON,
    OTHER_MANAGER,
    REPORT,
    STRANGER,
    SYSTEM,
    a_scheduled_report,
    a_submitted_report,
    agree_longer,
    an_open_report,
    ask,
    at,
    refuse_longer,
    step,
    submit,
)

from contracts.monitoring import (
    ReportExtensionAgreed,
    ReportExtensionAsked,
    ReportExtensionRefused,
    ReportOverdue,
    ReportOverdueWithdrawn,
    ReportSubmitted,
)
from services.monitoring import extensions
from services.runtime.decisions import Actor

LONGER = date(2014, 8, 14)
LAST_MOMENT = at(DUE_ON, 22, 59, 59)
MIDNIGHT = LAST_MOMENT + timedelta(seconds=1)


def kinds(events: object) -> list[type]:
    assert isinstance(events, list), events
    return [type(event) for event in events]


def test_longer_is_granted_by_silence_at_the_end_of_the_due_date() -> None:
    told = an_open_report()

    (asked,) = ask(told, LAST_MOMENT, LONGER)
    assert isinstance(asked, ReportExtensionAsked)
    assert str(asked.citation) == "Sutton Compact 3.3.10"
    assert told.ring(LAST_MOMENT) == []
    (granted,) = told.ring(MIDNIGHT)

    assert isinstance(granted, ReportExtensionAgreed)
    assert (granted.by_silence, granted.due_on, granted.remind_on) == (True, LONGER, date(2014, 8, 7))
    assert told.timers() == {"mark_overdue": LONGER + DAY}
    assert step(told, extensions.grant_unanswered, extensions.GrantUnanswered, SYSTEM, MIDNIGHT) == []


def test_the_funder_grants_by_its_word() -> None:
    told = an_open_report()
    ask(told, at(OPENS_ON), LONGER)

    (granted,) = agree_longer(told, at(OPENS_ON))

    assert (granted.by_silence, granted.due_on) == (False, LONGER)
    assert agree_longer(told, at(OPENS_ON)) == []
    assert kinds(told.ring(at(LONGER + DAY))) == [ReportOverdue]


def test_the_funder_refuses_with_a_reason_and_the_date_stands() -> None:
    told = an_open_report()
    ask(told, at(OPENS_ON), LONGER)

    (refused,) = refuse_longer(told, LAST_MOMENT)

    assert isinstance(refused, ReportExtensionRefused)
    assert refused.due_on == DUE_ON
    assert refused.opens
    assert refuse_longer(told, LAST_MOMENT) == []
    assert kinds(told.ring(MIDNIGHT)) == [ReportOverdue]


def test_after_a_refusal_longer_can_be_asked_for_again() -> None:
    told = an_open_report()
    ask(told, at(OPENS_ON), LONGER)
    refuse_longer(told, at(OPENS_ON))

    assert kinds(ask(told, at(OPENS_ON), LONGER, which="why again")) == [ReportExtensionAsked]


def test_asking_late_is_refused() -> None:
    refused = ask(an_open_report(), MIDNIGHT, LONGER)

    assert refused.code == "extension_asked_late"
    assert str(refused.citation) == "Sutton Compact 3.3.10"
    assert "31 July 2014" in refused.sentence
    assert refused.remedy


def test_refusing_late_is_refused_because_silence_has_granted() -> None:
    told = an_open_report()
    ask(told, at(OPENS_ON), LONGER)

    refused = refuse_longer(told, MIDNIGHT)

    assert refused.code == "extension_granted_by_silence"
    assert str(refused.citation) == "Sutton Compact 3.3.10"
    (granted,) = agree_longer(told, MIDNIGHT)
    assert granted.by_silence


def test_asking_twice_is_already_so_and_asking_otherwise_is_refused() -> None:
    told = an_open_report()
    ask(told, at(OPENS_ON), LONGER)

    assert ask(told, at(OPENS_ON), LONGER) == []
    assert ask(told, at(OPENS_ON), LONGER + DAY, which="other").code == "extension_already_asked"


def test_longer_is_later_than_the_date_and_within_the_calendar() -> None:
    told = an_open_report()

    assert ask(told, at(OPENS_ON), DUE_ON).code == "extension_not_longer"
    assert ask(told, at(OPENS_ON), date(2099, 1, 1)).code == "date_beyond_calendar"


def test_nothing_is_extended_that_is_not_awaited() -> None:
    assert ask(a_scheduled_report(), at(OPENS_ON), LONGER).code == "form_not_open"
    assert ask(a_submitted_report(), at(DUE_ON), LONGER).code == "report_already_submitted"
    assert agree_longer(an_open_report(), at(OPENS_ON)).code == "no_extension_asked"
    assert refuse_longer(an_open_report(), at(OPENS_ON)).code == "no_extension_asked"


@pytest.mark.parametrize("actor", [STRANGER, MANAGER])
def test_nobody_but_the_partner_asks(actor: Actor) -> None:
    assert ask(an_open_report(), at(OPENS_ON), LONGER, actor).status == 403


@pytest.mark.parametrize("answer", [agree_longer, refuse_longer])
def test_nobody_but_the_nominated_manager_answers(answer) -> None:
    told = an_open_report()
    ask(told, at(OPENS_ON), LONGER)

    assert answer(told, at(OPENS_ON), STRANGER).status == 403
    assert answer(told, at(OPENS_ON), OTHER_MANAGER).code == "not_the_nominated_manager"


def test_a_report_handed_in_while_the_funder_is_silent_counts_against_the_longer_date() -> None:
    told = an_open_report()
    ask(told, at(OPENS_ON), LONGER)

    granted, submitted, *_ = submit(told, at(LONGER))

    assert isinstance(granted, ReportExtensionAgreed)
    assert granted.by_silence
    assert isinstance(submitted, ReportSubmitted)
    assert not submitted.late


def test_a_report_handed_in_before_the_date_leaves_nothing_to_extend() -> None:
    told = an_open_report()
    ask(told, at(OPENS_ON), LONGER)

    assert kinds(submit(told, at(DUE_ON)))[0] is ReportSubmitted
    assert set(told.timers()) == {"accept_unanswered"}
    assert refuse_longer(told, at(DUE_ON)).code == "no_extension_asked"


def test_what_was_asked_in_time_and_decided_later_strikes_the_lateness() -> None:
    told = an_open_report()
    told.ring(MIDNIGHT)

    assert kinds(ask(told, LAST_MOMENT, LONGER)) == [ReportOverdueWithdrawn, ReportExtensionAsked]
    assert kinds(told.ring(MIDNIGHT)) == [ReportExtensionAgreed]
    assert not told.row("reports", REPORT)["overdue"]


def test_a_place_without_the_rule_grants_nothing_by_silence_and_waits_for_the_funder() -> None:
    told = an_open_report("coventry")

    (asked,) = ask(told, at(DUE_ON), LONGER)
    assert (asked.silence_grants, asked.citation) == (False, None)
    assert told.ring(at(LONGER + 30 * DAY)) == []
    assert told.timers() == {}
    refuse_longer(told, at(LONGER))

    assert kinds(told.ring(at(LONGER))) == [ReportOverdue]
    assert ask(told, at(LONGER), LONGER + DAY, which="late").citation is None
