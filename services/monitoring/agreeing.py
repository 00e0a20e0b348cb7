"""How the outcomes of an agreement are monitored is agreed by both sides before it is made (Sutton Compact 3.3.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from contracts.envelope import DocumentRef, Event
from contracts.funding import AgreementDrafted, AgreementInForce
from contracts.monitoring import (
    MonitoringAgreed,
    MonitoringChangeAgreed,
    MonitoringClosed,
    MonitoringProposed,
    MonitoringQuestion,
    ReportAsked,
    ReportDue,
    ReportsScheduled,
)
from contracts.place import Place
from services.monitoring.milestones import about_outcomes, outcomes_not_first
from services.monitoring.parties import is_partner, speaks_for_funder
from services.monitoring.report_parts import largest, year_of
from services.monitoring.terms import Fault, Terms, beyond_calendar, terms_of
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Rejection, Waiting, unknown


@dataclass(frozen=True, kw_only=True)
class ProposeMonitoring(Command):
    """Propose what is asked about each outcome, and when reports open and fall due."""

    subject: ClassVar[str] = "agreement_id"
    agreement_id: str
    proposal_id: str
    reports: tuple[ReportAsked, ...]
    questions: tuple[MonitoringQuestion, ...]
    document: DocumentRef
    change_reasoned: bool = False
    """Whether the document says why monitoring that was agreed should change."""


@dataclass(frozen=True, kw_only=True)
class AgreeMonitoring(Command):
    """Agree to what the other side proposed."""

    subject: ClassVar[str] = "agreement_id"
    agreement_id: str
    proposal_id: str


@dataclass(frozen=True, kw_only=True)
class ScheduleReports(Command):
    """Schedule the agreed reports, now that the agreement is in force."""

    subject: ClassVar[str] = "agreement_id"
    agreement_id: str


@dataclass
class Monitoring:
    """What two parties proposed and agreed about the monitoring of one agreement."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        AgreementDrafted, AgreementInForce, MonitoringProposed, MonitoringAgreed, MonitoringChangeAgreed,
        ReportsScheduled, ReportDue, MonitoringClosed,
    )  # fmt: skip
    agreement: AgreementDrafted | None = None
    in_force: bool = False
    closed: bool = False
    proposals: dict[str, MonitoringProposed] = field(default_factory=dict)
    latest: str = ""
    """The proposal on the table: a later one takes its place."""
    agreed: str = ""
    scheduled: dict[str, ReportAsked] = field(default_factory=dict)
    """Reports to come, their forms not yet open."""
    scheduled_once: bool = False
    opened_periods: set[str] = field(default_factory=set)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact."""
        match event.data:
            case AgreementDrafted() as drafted:
                self.agreement = drafted
            case AgreementInForce():
                self.in_force = True
            case MonitoringProposed() as proposed:
                self.proposals[proposed.proposal_id] = proposed
                self.latest = proposed.proposal_id
            case MonitoringAgreed() | MonitoringChangeAgreed() as agreed:
                self.agreed = agreed.proposal_id
            case ReportsScheduled() as schedule:
                self.scheduled = {report.report_id: report for report in schedule.reports}
                self.scheduled_once = True
            case ReportDue() as due:
                self.scheduled.pop(due.report_id, None)
                self.opened_periods.add(due.period)
            case MonitoringClosed():
                self.closed = True


def facts_of(command: ProposeMonitoring | AgreeMonitoring | ScheduleReports) -> Query[Monitoring]:
    """All that was said and agreed under this agreement."""
    return Query(Item(f"agreement:{command.agreement_id}"), fold=Monitoring)


def propose(monitoring: Monitoring, command: ProposeMonitoring, place: Place) -> Decision:
    """Propose how outcomes are monitored (Sutton Compact 3.3.5), each form open long enough (3.3.10)."""
    if (agreement := monitoring.agreement) is None:
        return unknown("agreement", command.agreement_id)
    if stop := _not_a_party(agreement, command) or _over(monitoring):
        return stop
    if command.proposal_id in monitoring.proposals:
        return []
    terms = terms_of(place, agreement.funder_id, command.now)
    if stop := _malformed(monitoring, agreement, command, terms):
        return stop
    faults = [*_faults(monitoring, agreement, command, terms)]
    return terms.refusal(faults) or [
        *_warnings(agreement, command, terms, faults),
        _proposed(agreement, command, terms),
    ]


def agree(monitoring: Monitoring, command: AgreeMonitoring, place: Place) -> Decision:
    """Agree to the other side's proposal (Sutton Compact 3.3.5); nobody agrees to their own."""
    if (agreement := monitoring.agreement) is None:
        return unknown("agreement", command.agreement_id)
    if stop := _not_a_party(agreement, command):
        return stop
    if (proposal := monitoring.proposals.get(command.proposal_id)) is None:
        return unknown("proposal", command.proposal_id)
    terms = terms_of(place, agreement.funder_id, command.now)
    if proposal.by_funder == _by_funder(agreement, command):
        return _own_proposal(terms)
    if monitoring.agreed == command.proposal_id:
        return []
    return _over(monitoring) or _superseded(monitoring, proposal) or _agreed(monitoring, proposal, command, place)


def schedule(monitoring: Monitoring, command: ScheduleReports, place: Place) -> Decision | Waiting:
    """Schedule the agreed reports once the agreement is in force."""
    if monitoring.scheduled_once or monitoring.closed:
        return []
    if not (monitoring.in_force and monitoring.agreed):
        return Waiting("monitoring is agreed and the agreement in force")
    return [_scheduled(monitoring, monitoring.proposals[monitoring.agreed])]


def _by_funder(agreement: AgreementDrafted, command: Command) -> bool:
    return command.actor.organisation == agreement.funder_id


def _not_a_party(agreement: AgreementDrafted, command: Command) -> Rejection | None:
    if speaks_for_funder(command.actor, agreement.funder_id) or is_partner(command.actor, agreement.organisation_id):
        return None
    return Rejection("not_a_party", "Monitoring is agreed by the two parties to the agreement.", status=403)


def _over(monitoring: Monitoring) -> Rejection | None:
    if not monitoring.closed:
        return None
    return Rejection("monitoring_closed", "The organisation no longer exists; nothing more is monitored.")


def _malformed(
    monitoring: Monitoring, agreement: AgreementDrafted, command: ProposeMonitoring, terms: Terms
) -> Rejection | None:
    """What no rule needs to say: dates in order, nothing twice, nothing that the agreement does not know."""
    periods = [report.period for report in command.reports]
    outcomes = {outcome.id for outcome in agreement.outcomes}
    asked = {question.outcome_id for question in command.questions} - {None}
    if not terms.knows(*(day for report in command.reports for day in (report.opens_on, report.due_on))):
        return beyond_calendar(terms)
    if any(report.due_on < report.opens_on for report in command.reports):
        return Rejection("due_before_form_opens", "A report falls due before its form opens.")
    if len({*periods}) < len(periods):
        return Rejection("period_repeated", "Two reports are for the same period.")
    if strange := sorted(str(outcome) for outcome in asked - outcomes):
        return Rejection("outcome_unknown", f"The agreement has no outcome {', '.join(strange)}.")
    first = outcomes_not_first(agreement, command.questions, terms.place, terms.day)
    return first or _opened_already(monitoring, command.reports)


def _opened_already(monitoring: Monitoring, reports: tuple[ReportAsked, ...]) -> Rejection | None:
    opened = sorted(report.period for report in reports if report.period in monitoring.opened_periods)
    if not opened:
        return None
    return Rejection(
        "report_already_open",
        f"The form for {', '.join(opened)} is open already and stays as it was agreed.",
        remedy="Propose the reports that are still to come only.",
    )


def _faults(
    monitoring: Monitoring, agreement: AgreementDrafted, command: ProposeMonitoring, terms: Terms
) -> Iterator[Fault]:
    yield from _short_forms(command, terms)
    yield from _too_often(agreement, command, terms)
    if (rule := terms.rules.monitoring_before) is None:
        return
    missing = {outcome.id for outcome in agreement.outcomes} - about_outcomes(command.questions)
    if missing:
        names = ", ".join(sorted(missing))
        yield Fault(rule, "outcome_not_monitored", f"Nothing is asked about {names}.", "Ask about every outcome.")
    if monitoring.agreed and not command.change_reasoned:
        sentence = "Monitoring that was agreed does not change during the term without a reason."
        yield Fault(rule, "change_without_reason", sentence, "Say why the change is necessary.")


def _too_often(agreement: AgreementDrafted, command: ProposeMonitoring, terms: Terms) -> Iterator[Fault]:
    """How often is in proportion to size: a funder asks a small partner for one report a year (3.3.5)."""
    rule = terms.rules.monitoring_before
    if rule is None or rule.yearly_below_pounds is None or not _by_funder(agreement, command):
        return
    years = Counter(year_of(agreement, report.due_on) for report in command.reports)
    if largest(agreement.amounts) < rule.yearly_below_pounds and any(often > 1 for often in years.values()):
        sentence = f"Below £{rule.yearly_below_pounds:,} a year, a partner reports once a year."
        yield Fault(rule, "reports_too_often", sentence, "Ask for one report in each year of the agreement.")


def _short_forms(command: ProposeMonitoring, terms: Terms) -> Iterator[Fault]:
    """A form cannot open before today, whatever the proposal says."""
    if (rule := terms.rules.reporting) is None:
        return
    for report in command.reports:
        earliest = terms.on(max(report.opens_on, terms.day), rule.open_working_days)
        if report.due_on < earliest:
            sentence = f"The form for {report.period} is open for less than {rule.open_working_days} working days."
            remedy = f"Let it fall due on or after {earliest:%-d %B %Y}, or open the form earlier."
            yield Fault(rule, "form_open_too_short", sentence, remedy)


def _warnings(agreement: AgreementDrafted, command: Command, terms: Terms, faults: list[Fault]) -> list[Event]:
    if not _by_funder(agreement, command):
        return []
    return [*terms.warnings(faults, type(command).__name__, f"agreement:{agreement.agreement_id}")]


def _proposed(agreement: AgreementDrafted, command: ProposeMonitoring, terms: Terms) -> MonitoringProposed:
    return MonitoringProposed(
        agreement_id=agreement.agreement_id,
        organisation_id=agreement.organisation_id,
        funder_id=agreement.funder_id,
        proposal_id=command.proposal_id,
        by_funder=_by_funder(agreement, command),
        reports=command.reports,
        questions=command.questions,
        document=command.document,
        proposed_by=terms.place.principal(command.actor.person),
        calendar_version=terms.calendar_version,
        citation=terms.monitoring_citation,
        opens=(command.document,),
    )


def _own_proposal(terms: Terms) -> Rejection:
    return Rejection(
        "own_proposal",
        "Monitoring is agreed by the other side, not by the one that proposed it.",
        terms.monitoring_citation,
        "Wait for the other side to agree, or to propose something else.",
    )


def _superseded(monitoring: Monitoring, proposal: MonitoringProposed) -> Rejection | None:
    if proposal.proposal_id == monitoring.latest:
        return _opened_already(monitoring, proposal.reports)
    return Rejection(
        "proposal_superseded",
        "A later proposal has taken this one's place.",
        remedy=f"Agree to proposal {monitoring.latest}, or propose this again.",
    )


def _agreed(
    monitoring: Monitoring, proposal: MonitoringProposed, command: AgreeMonitoring, place: Place
) -> list[Event]:
    about = {name: getattr(proposal, name) for name in ("agreement_id", "organisation_id", "funder_id", "proposal_id")}
    agreed = {**about, "reports": proposal.reports, "questions": proposal.questions}
    agreed_by = place.principal(command.actor.person)
    if not monitoring.agreed:
        first: Event = MonitoringAgreed(**agreed, agreed_by=agreed_by)
    else:
        first = MonitoringChangeAgreed(**agreed, agreed_by=agreed_by, former_proposal_id=monitoring.agreed)
    return [first, _scheduled(monitoring, proposal)] if monitoring.in_force else [first]


def _scheduled(monitoring: Monitoring, proposal: MonitoringProposed) -> ReportsScheduled:
    return ReportsScheduled(
        agreement_id=proposal.agreement_id,
        organisation_id=proposal.organisation_id,
        funder_id=proposal.funder_id,
        reports=proposal.reports,
        dropped=tuple(monitoring.scheduled),
    )
