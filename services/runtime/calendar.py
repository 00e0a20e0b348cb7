"""Guarantee: the same day, number and calendar always give the same date; no clock is read.

Days are London calendar days, moments are aware UTC. A date outside a calendar's years is refused, never guessed.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from contracts.rules import Calendar

LONDON = ZoneInfo("Europe/London")
DAY = timedelta(days=1)
SATURDAY = 5


class CalendarExhausted(Exception):
    """A date was asked for that the calendar does not cover."""

    def __init__(self, year: int, calendar: Calendar) -> None:
        super().__init__(
            f"The calendar {calendar.version} covers {calendar.first_year} to {calendar.last_year}, not {year}; "
            f"adopt a calendar that does."
        )
        self.year, self.version = year, calendar.version


def london_date(moment: datetime) -> date:
    """The day it is in London at this moment."""
    if moment.tzinfo is None:
        raise ValueError(f"a moment needs a time zone: {moment.isoformat()}")
    return moment.astimezone(LONDON).date()


def start_of_london_day(day: date) -> datetime:
    """The moment at which this day begins in London."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def end_of_london_day(day: date) -> datetime:
    """The moment at which the next day begins in London: the first that is no longer within this day."""
    return start_of_london_day(day + DAY)


def is_working_day(day: date, calendar: Calendar) -> bool:
    """Whether this is neither a Saturday, a Sunday nor a bank holiday."""
    if not calendar.first_year <= day.year <= calendar.last_year:
        raise CalendarExhausted(day.year, calendar)
    return day.weekday() < SATURDAY and day not in calendar.bank_holidays


def add_working_days(day: date, days: int, calendar: Calendar) -> date:
    """The last of so many working days after this day, itself not counted; before it where `days` is negative."""
    step = DAY if days > 0 else -DAY
    for _ in range(abs(days)):
        day = _next_working_day(day, step, calendar)
    return day


def add_months(day: date, months: int) -> date:
    """The corresponding date so many calendar months on, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def day_after_months(day: date, months: int) -> date:
    """The day after a period of so many calendar months counted from this day."""
    return add_months(day, months) + DAY


def _next_working_day(day: date, step: timedelta, calendar: Calendar) -> date:
    day += step
    while not is_working_day(day, calendar):
        day += step
    return day
