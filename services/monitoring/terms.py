"""What the place's rules ask of a funder on a London day, and the dates that follow.

A rule that the place did not adopt, or that does not bind this funder, asks for nothing and is never cited.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from contracts.every_service import StepWarned
from contracts.place import Place
from contracts.rules import Citation, Reporting, Rule, RuleSet
from services.runtime.calendar import add_working_days, london_date
from services.runtime.decisions import Rejection

R = TypeVar("R", bound=Rule)


@dataclass(frozen=True)
class Fault:
    """What stands against a step under a rule: a refusal for who is bound, a warning for a pending signatory."""

    rule: Rule
    code: str
    sentence: str
    remedy: str

    def refusal(self) -> Rejection:
        """The refusal, on the rule's own citation."""
        return Rejection(self.code, self.sentence, self.rule.citation, self.remedy)

    def warning(self, body: str, command: str, about: str) -> StepWarned:
        """The warning to a body that has yet to sign."""
        return StepWarned(body_id=body, command=command, code=self.code, citation=self.rule.citation, about=about)


@dataclass(frozen=True)
class Terms:
    """The rules of one funder on one day."""

    place: Place
    funder_id: str
    day: date
    rules: RuleSet

    def bound_by(self, rule: R | None) -> R | None:
        """The rule, where the place has it and it binds this funder."""
        return rule if rule and self.place.binds(rule, self.funder_id, self.day) else None

    @property
    def reporting(self) -> Reporting | None:
        """When reports fall due and are answered (Sutton Compact 3.3.10)."""
        return self.bound_by(self.rules.reporting)

    @property
    def reporting_citation(self) -> Citation | None:
        """Where that rule stands, if it binds."""
        return self.reporting.citation if self.reporting else None

    @property
    def monitoring_citation(self) -> Citation | None:
        """Where it stands that monitoring is agreed by both sides (Sutton Compact 3.3.5), if it binds."""
        rule = self.bound_by(self.rules.monitoring_before)
        return rule.citation if rule else None

    @property
    def manager_citation(self) -> Citation | None:
        """Where a programme of the place asks for a nominated commissioning manager (SPP4), if one does."""
        asked = (rule for rule in self.rules.programmes.values() if rule.commissioning_manager_required)
        cited = (rule.cite("commissioning_manager_required") for rule in asked if rule.binds_from <= self.day)
        return next(cited, None)

    @property
    def calendar_version(self) -> str:
        """The version that goes into every date computed here."""
        return self.rules.calendar.version

    def knows(self, *days: date) -> bool:
        """Whether the place's calendar reaches these days."""
        return all(self.rules.calendar.first_year <= day.year <= self.rules.calendar.last_year for day in days)

    def on(self, day: date, working_days: int) -> date:
        """So many working days on from a day."""
        return add_working_days(day, working_days, self.rules.calendar)

    def due_at_the_earliest(self, asked: date) -> date:
        """The date asked for, or later where a form opened today would be open too short (3.3.10)."""
        open_for = self.reporting.open_working_days if self.reporting else 0
        return max(asked, self.on(self.day, open_for) if open_for else self.day)

    def remind_on(self, due_on: date) -> date | None:
        """When the partner is reminded, if a day for it is left (3.3.10)."""
        if not self.reporting:
            return None
        remind_on = self.on(due_on, -self.reporting.remind_working_days)
        return remind_on if remind_on > self.day else None

    def answer_due_on(self) -> date | None:
        """By when the funder answers what came in today (3.3.10)."""
        return self.on(self.day, self.reporting.answer_working_days) if self.reporting else None

    def refusal(self, faults: Iterable[Fault]) -> Rejection | None:
        """The first fault that binds this funder, as a refusal."""
        bound = (fault for fault in faults if self.bound_by(fault.rule))
        return next((fault.refusal() for fault in bound), None)

    def warnings(self, faults: Iterable[Fault], command: str, about: str) -> list[StepWarned]:
        """The faults that only warn this funder, because it has yet to sign."""
        warned = (fault for fault in faults if self.place.warns(fault.rule, self.funder_id, self.day))
        return [fault.warning(self.funder_id, command, about) for fault in warned]


def terms_of(place: Place, funder_id: str, now: datetime) -> Terms:
    """What binds this funder at this moment."""
    day = london_date(now)
    rules = place.rules(day)
    if rules is None:
        raise LookupError(f"no rules are in force on {day}: commands wait until the place has adopted a set")
    return Terms(place, funder_id, day, rules)


def beyond_calendar(terms: Terms) -> Rejection:
    """The refusal of a date for which nobody has said which days are working days."""
    reach = f"{terms.rules.calendar.first_year} to {terms.rules.calendar.last_year}"
    return Rejection(
        "date_beyond_calendar",
        f"The place's calendar of working days covers {reach} only.",
        remedy="Choose dates within those years.",
    )
