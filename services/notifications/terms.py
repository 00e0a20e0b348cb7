"""When a written notice counts as served in this place, and under which calendar (service of a notice, locality data).

A place that adopted no such rule counts a notice on the London day it was sent or posted, and cites nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from contracts.place import Place
from contracts.rules import Calendar, Citation, ServiceOfNotice
from services.runtime.calendar import add_working_days, london_date


@dataclass(frozen=True)
class Terms:
    """The rule on service in force on a London day."""

    today: date
    rule: ServiceOfNotice | None
    calendar: Calendar

    @property
    def citation(self) -> Citation | None:
        """Where the rule on service stands, if the place has one."""
        return self.rule.citation if self.rule else None

    def after_email(self, sent_on: date) -> date:
        """The date on which an e-mail sent that day counts as served."""
        return add_working_days(sent_on, self.rule.email_working_days if self.rule else 0, self.calendar)

    def after_posting(self, posted_on: date) -> date:
        """The date on which a letter posted that day counts as served."""
        return add_working_days(posted_on, self.rule.posted_working_days if self.rule else 0, self.calendar)

    def exhausted(self, failures: int) -> bool:
        """Whether so many failures at the last address given are enough for service to be deemed, or to give up."""
        return failures >= (self.rule.deemed_after_failures if self.rule else 1)


def terms_of(place: Place, now: datetime) -> Terms:
    """What holds in this place at this moment."""
    today = london_date(now)
    rules = place.rules(today)
    if rules is None:
        raise LookupError(f"no rules are in force on {today}: commands wait until the place has adopted a set")
    rule = rules.service_of_notice
    return Terms(today, rule if rule and rule.binds_from <= today else None, rules.calendar)
