"""The rules of a place as data: each with its citation, its numbers and the day from which it binds.

A rule that a place did not adopt is `None`; a decision that finds `None` has no such gate and cites nothing.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, PlainSerializer

from contracts.envelope import Record

Number = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]


def _in_order(days: frozenset[date]) -> list[date]:
    return sorted(days)


Days = Annotated[frozenset[date], PlainSerializer(_in_order, return_type=list[date])]
"""A set of days, written in order, so that the same rules are always the same bytes."""


class Citation(Record):
    """Where a rule stands: the document and the clause in it, for example Sutton Compact 3.4.4."""

    document: str
    clause: str

    def __str__(self) -> str:
        return f"{self.document} {self.clause}".strip()


class Rule(Record):
    """What every rule has."""

    citation: Citation
    binds_from: date


class ProgrammeRules(Rule):
    """A kind of programme's own limits (SPP1, SPP3, SPP4; COV12). Amounts in whole pounds."""

    title: str
    max_per_year: Positive | None = None
    """At most this much to one partner in one financial year."""
    years: Positive | None = None
    core_costs_only: bool = False
    """A line of kind `project` is refused (Strategic Partner Programme, Aims)."""
    second_tier_only: bool = False
    outcomes_required: bool = False
    """No funding without outcomes or improved services committed to."""
    commissioning_manager_required: bool = False
    """No agreement comes into force without a nominated manager from the council."""
    money_per_year: Positive | None = None
    """What the place adopted for the whole programme per financial year, where it said so."""
    votes_each: Positive | None = None
    priorities_chosen: Positive | None = None
    meetings_per_year: Positive | None = None
    citations: dict[str, Citation] = Field(default_factory=dict)
    """For a limit that stands elsewhere than `citation`: its field name to where it stands."""

    def cite(self, limit: str) -> Citation:
        """Where this limit stands: `cite("core_costs_only")`."""
        return self.citations.get(limit, self.citation)


class Eligibility(Rule):
    """Eligibility is sure before applying (Compact 3.3.8)."""

    put_right_working_days: Number


class Rationale(Rule):
    """A clear rationale for every funding decision, answering every published criterion (Compact 3.3.2)."""


class MonitoringBefore(Rule):
    """Monitoring is agreed by both sides before the agreement is made (Compact 3.3.5)."""


class Reporting(Rule):
    """When reports fall due and are answered (Compact 3.3.10). All in working days."""

    open_working_days: Number
    """A report is never due before its form was open this long."""
    answer_working_days: Number
    """After this long without the funder's answer the report counts as accepted, the lateness as the funder's."""
    remind_working_days: Number


class NoticePeriods(Rule):
    """Written notice of a change of support (Compact 3.4.4), in calendar months."""

    minimum_months: Positive
    best_practice_months: Positive
    short_grounds: tuple[str, ...] = ()
    rationale_parts: tuple[str, ...] = ()
    """What the rationale of a decision answers, each part for itself."""


class Representation(Rule):
    """Early discussion and time to respond before a change is decided (Compact 3.4.3)."""

    respond_working_days: Number
    meeting: bool = False
    """Whether both sides meet before it is decided."""


class Impact(Rule):
    """The impact of a change is assessed before it is decided (Compact 3.4.2)."""

    people: tuple[str, ...]
    """Whose numbers are always given, beside the groups that the organisation serves."""


class Reallocation(Rule):
    """The need to re-allocate money to another organisation serving the same group is assessed (Compact 3.4.2)."""


class ExitPlans(Rule):
    """A plan for the end of support is asked for where a change weighs heavily (Compact 3.4.5)."""

    over_share_of_income: Number
    """In hundredths of the organisation's yearly income; where a change costs jobs a plan is asked for in any case."""
    due_working_days: Positive


class Independence(Rule):
    """While a concern about independence is open no adverse decision is made (Compact 3.1.1)."""

    answer_working_days: Positive


class SettingAside(Rule):
    """A step may be set aside for a named statute; limits, seals, interests and second persons never."""

    months: Positive
    steps: tuple[str, ...]
    roles: tuple[str, ...]
    told: tuple[str, ...] = ()
    """Organisations told beside the one concerned, such as the Compact group."""


class Disclosure(Rule):
    """A VCO hears of a proposed change first; the bodies that also fund it, this many working days after service."""

    working_days: Number


class RemedialTimetable(Rule):
    """A timetable of actions is agreed before any decision to end support (Compact 3.4.1)."""

    agree_working_days: Number


class ServiceOfNotice(Rule):
    """When a written notice counts as served (locality data), in working days after the act."""

    email_working_days: Number
    posted_working_days: Number
    contacts: Positive
    deemed_after_failures: Positive


class Undertaking(Record):
    """One numbered undertaking of a Compact: its full sentence and a short form."""

    clause: str
    by: str = Field(pattern="^(public|vco)$")
    outcome: str
    text: str
    short: str


class Priority(Record):
    """A shared priority: its theme, its main principle and the other principles it touches."""

    id: str
    theme: str
    principle: str
    other_principles: tuple[str, ...] = ()
    text: str


class Figure(Record):
    """A number as the source gave it: qualifier kept, unknown is None and not nought."""

    what: str
    number: Number | None
    unit: str = ""
    qualifier: str = ""
    area: str
    source: str


class Resources(Record):
    """What a sector brings, with its source's own qualifiers."""

    sector: str
    figures: tuple[Figure, ...]
    provides: tuple[str, ...] = ()
    """Services that the sector provides, where its source names them."""


class Signatory(Record):
    """A body that the place's documents name as a party."""

    organisation_id: str
    name: str
    kind: str
    pending: bool = False
    note: str = ""


class Calendar(Record):
    """The days that are not working days, beside Saturdays and Sundays; `version` is written into every legal date."""

    version: str
    time_zone: str = "Europe/London"
    first_year: int
    last_year: int
    bank_holidays: Days = frozenset()


class RuleSet(Record):
    """All that a place adopted on one day."""

    place: str
    title: str
    adopted_on: date
    calendar: Calendar
    programmes: dict[str, ProgrammeRules] = Field(default_factory=dict)
    eligibility: Eligibility | None = None
    rationale: Rationale | None = None
    monitoring_before: MonitoringBefore | None = None
    reporting: Reporting | None = None
    notice_periods: NoticePeriods | None = None
    representation: Representation | None = None
    disclosure: Disclosure | None = None
    impact: Impact | None = None
    reallocation: Reallocation | None = None
    exit_plans: ExitPlans | None = None
    independence: Independence | None = None
    setting_aside: SettingAside | None = None
    remedial_timetable: RemedialTimetable | None = None
    service_of_notice: ServiceOfNotice | None = None
    outcomes: tuple[str, ...] = ()
    undertakings: tuple[Undertaking, ...] = ()
    priorities: tuple[Priority, ...] = ()
    principles: tuple[str, ...] = ()
    resources: tuple[Resources, ...] = ()
    signatories: tuple[Signatory, ...] = ()
