"""Where an organisation is dissolved and nobody stands in for it, nothing more is asked and nobody's time runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.funding import AgreementDrafted
from contracts.monitoring import MonitoringClosed, ReportAccepted, ReportDue, ReportsScheduled
from contracts.place import Place
from services.runtime.calendar import london_date
from services.runtime.decisions import Command, Decision, Item, Query, Recorded


@dataclass(frozen=True, kw_only=True)
class CloseMonitoring(Command):
    """Close whatever is monitored with an organisation that no longer exists, or that it had taken over."""

    subject: ClassVar[str] = "organisation_id"
    organisation_id: str


@dataclass
class Monitored:
    """One agreement and its reports that are still to come or unanswered."""

    funder_id: str
    organisation_id: str
    to_come: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)


@dataclass
class Partner:
    """What is monitored with an organisation; agreements in which it is the funder are folded too, and left alone."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        AgreementDrafted, ReportsScheduled, ReportDue, ReportAccepted, MonitoringClosed,
    )  # fmt: skip
    agreements: dict[str, Monitored] = field(default_factory=dict)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact."""
        match event.data:
            case AgreementDrafted() as fact:
                self.agreements[fact.agreement_id] = Monitored(fact.funder_id, fact.organisation_id)
            case MonitoringClosed() as fact:
                self.agreements.pop(fact.agreement_id, None)
            case ReportsScheduled() | ReportDue() | ReportAccepted() as fact:
                self._evolve_reports(fact)

    def _evolve_reports(self, fact: ReportsScheduled | ReportDue | ReportAccepted) -> None:
        monitored = self.agreements.get(fact.agreement_id)
        if monitored is None:
            return
        match fact:
            case ReportsScheduled():
                monitored.to_come = {report.report_id for report in fact.reports}
            case ReportDue():
                monitored.to_come.discard(fact.report_id)
                monitored.opened.add(fact.report_id)
            case ReportAccepted():
                monitored.opened.discard(fact.report_id)


def facts_of(organisations: Iterable[str]) -> Query[Partner]:
    """All that is monitored with these organisations."""
    return Query(*(Item(f"organisation:{one}") for one in organisations), fold=Partner)


def close(partner: Partner, command: CloseMonitoring, place: Place) -> Decision:
    """Close what is monitored with an organisation once it is dissolved."""
    return [*_closed(partner, command, place)]


def _closed(partner: Partner, command: CloseMonitoring, place: Place) -> Iterator[MonitoringClosed]:
    for agreement_id, monitored in partner.agreements.items():
        with_it = place.stands_in(monitored.organisation_id) == place.stands_in(command.organisation_id)
        if with_it and place.is_no_more(monitored.organisation_id, london_date(command.now)):
            yield MonitoringClosed(
                agreement_id=agreement_id,
                organisation_id=monitored.organisation_id,
                funder_id=monitored.funder_id,
                report_ids=tuple(sorted(monitored.to_come | monitored.opened)),
                closed_on=london_date(command.now),
            )
