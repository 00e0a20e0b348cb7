"""The period of a written notice: from the day of proved service to the corresponding day, effect the day after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from contracts.change_gates import FundingChangeDecided, NoticePeriodStarted, Stopped
from contracts.place import Place
from services.funding.change_case import AboutChange, Case
from services.funding.change_decisions import stopped
from services.funding.gates import rules_on
from services.funding.taking_effect import made_good
from services.runtime.calendar import DAY, add_months
from services.runtime.decisions import Decision


@dataclass(frozen=True, kw_only=True)
class ReckonNotice(AboutChange):
    """Bring the notice period in line with what stands served."""


@dataclass(frozen=True)
class Period:
    """The last day of a notice period, and the first day on which the change holds."""

    ends_on: date
    effect_on: date


def reckon(served_on: date, months: int, paid_until: date | None = None) -> Period:
    """Count calendar months from the day of service; what is paid for already is never cut (Compact 3.4.4)."""
    ends_on = add_months(served_on, months)
    return Period(ends_on, max(ends_on, paid_until or ends_on) + DAY)


def bring_in_line(facts: Case, command: ReckonNotice, place: Place) -> Decision:
    """Start the period at proved service; stop it, and make sums good, where that service fell away (3.4.4)."""
    decided, served = facts.decided, facts.notice.earliest
    if decided is None or facts.withdrawn or facts.closed:
        return []
    if served is None:
        return [*stopped(facts, Stopped.SERVICE_WITHDRAWN), *made_good(facts)]
    started, period = _started(facts, decided, served, place, command), facts.period
    if period is None:
        return [started]
    if (period.notice_id, period.served_on) == (started.notice_id, started.served_on):
        return []
    if facts.effective is None:
        return [*stopped(facts, Stopped.SERVICE_WITHDRAWN), started]
    if started.effect_on <= facts.effective.effect_on:
        return []
    return [*stopped(facts, Stopped.SERVICE_WITHDRAWN), *made_good(facts), started]


def _started(
    facts: Case, decided: FundingChangeDecided, served: tuple[date, str], place: Place, command: ReckonNotice
) -> NoticePeriodStarted:
    rules, (served_on, notice_id) = rules_on(place, command.now), served
    period = reckon(served_on, decided.notice_months, facts.paid_until)
    return NoticePeriodStarted(
        change_id=decided.change_id,
        notice_id=notice_id,
        agreement_id=decided.agreement_id,
        funder_id=decided.funder_id,
        organisation_id=facts.organisation_id,
        served_on=served_on,
        months=decided.notice_months,
        ends_on=period.ends_on,
        effect_on=period.effect_on,
        paid_until=facts.paid_until,
        calendar_version=rules.calendar.version,
        citation=rules.notice_periods.citation if rules.notice_periods else None,
    )
