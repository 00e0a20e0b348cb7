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


class AnnualReview(Record):
    """The use of the money is reviewed each year, part by part, residents and the partner heard (SPP6)."""

    parts: tuple[str, ...] = Field(min_length=1)
    conclude_working_days: Positive
    """Counted from the day on which a review opens."""


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
    """So many performance meetings a year at the least (SPP5)."""
    meeting_reminder_working_days: Number | None = None
    """Both sides are reminded of a meeting so long before its last date."""
    annual_review: AnnualReview | None = None
    panel_sector_scorers: Positive | None = None
    """Where a panel sits: at least so many who score are of the voluntary sector (COV5)."""
    panel_weighs: tuple[str, ...] = ()
    """Where a panel sits: what its criteria have to cover (COV6)."""
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


class Interests(Rule):
    """Members of a panel declare interests before they read; enough of them without one score (Compact 3.1.6)."""

    scorers: Positive
    """At least so many score each bid."""
    sector_scorers: Number
    """At least so many of those are of the voluntary sector."""


class DecisionReview(Rule):
    """An unsuccessful bidder may ask once for a review by somebody else (Compact 3.3.2)."""

    answer_working_days: Positive | None = None


class TermEnding(Rule):
    """Before a term ends the funder is asked to renew, re-tender or end (Compact 3.4.3), in calendar months."""

    ask_months: Positive


class MonitoringBefore(Rule):
    """Monitoring is agreed by both sides before the agreement is made, in proportion to its size (Compact 3.3.5)."""

    yearly_below_pounds: Positive | None = None
    """A funder asks a partner with less than this a year for one report a year and no more."""


class ValueShown(Rule):
    """A report shows social, environmental or economic value, where the support is large enough (Compact 3.3.11)."""

    from_pounds: Positive
    """From so many pounds of support in a year on."""


class EqualityDuty(Rule):
    """The last report of a year shows what the work does for the bodies' equality duty (Compact 3.5.4)."""


class Reporting(Rule):
    """When reports fall due and are answered (Compact 3.3.10). All in working days."""

    open_working_days: Number
    """A report is never due before its form was open this long."""
    answer_working_days: Number
    """After this long without the funder's answer the report counts as accepted, the lateness as the funder's."""
    remind_working_days: Number


class FreeToCampaign(Rule):
    """The right to campaign is respected whatever the funding relationship (Compact 3.1.1)."""


class FormBand(Record):
    """How many questions a form may ask where at most this much can be won; without a sum, however much it is."""

    up_to_pounds: Positive | None = None
    questions: Positive


class Proportion(Rule):
    """The length of an application follows its value (Compact 3.3.1); bands from the lowest sum up."""

    forms: tuple[FormBand, ...]


class FundingTerm(Rule):
    """The term reflects the time that the outcome takes, or its reason is explained (Compact 3.3.3)."""


class TimelyPayment(Rule):
    """When funds are paid, and how long a payment may be held (Compact 3.3.4). Days are working days."""

    pay_working_days: Positive
    """How long a funder has from when nothing on the other side keeps it from paying."""
    hold_working_days: Positive
    hold_renewals: Number
    hold_grounds: tuple[str, ...]


class RiskAllocation(Rule):
    """Risks lie with whoever can manage them best, after discussion (Compact 3.3.6)."""


class Financing(Rule):
    """The financing model is chosen case by case, with its reason (Compact 3.3.7)."""


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
    position_working_days: Number = 10
    """Where none was agreed, each side has so long to give its position; then a second person decides."""
    confirm_working_days: Number = 10
    """An action said to be done counts as done after so long without the other side's word."""


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
    interests: Interests | None = None
    decision_review: DecisionReview | None = None
    term_ending: TermEnding | None = None
    monitoring_before: MonitoringBefore | None = None
    reporting: Reporting | None = None
    value_shown: ValueShown | None = None
    equality_duty: EqualityDuty | None = None
    free_to_campaign: FreeToCampaign | None = None
    proportion: Proportion | None = None
    funding_term: FundingTerm | None = None
    timely_payment: TimelyPayment | None = None
    risk_allocation: RiskAllocation | None = None
    financing: Financing | None = None
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
