"""What monitoring does about events: the whole routing."""

from __future__ import annotations

from contracts import funding, monitoring, partners
from services.monitoring import handlers, performance_handlers
from services.monitoring.agreeing import ScheduleReports
from services.monitoring.closing import CloseMonitoring
from services.monitoring.meetings import SchedulePerformanceReviews
from services.monitoring.performance_closing import ClosePerformance
from services.runtime.decisions import Recorded
from services.runtime.reactions import Act, Reactions

reactions = Reactions()


@reactions.to(funding.AgreementInForce, handlers.schedule_reports)
def schedule_reports(event: Recorded[funding.AgreementInForce], act: Act) -> ScheduleReports:
    """The agreed reports are scheduled once the agreement is in force."""
    return ScheduleReports(actor=act.actor, now=act.now, agreement_id=event.data.agreement_id)


@reactions.to(partners.OrganisationDissolved, handlers.close_monitoring)
def close_monitoring(event: Recorded[partners.OrganisationDissolved], act: Act) -> CloseMonitoring:
    """Nothing more is asked of an organisation that no longer exists."""
    return CloseMonitoring(actor=act.actor, now=act.now, organisation_id=event.data.organisation_id)


@reactions.to(funding.AgreementDrafted, handlers.close_monitoring)
def close_late_agreement(event: Recorded[funding.AgreementDrafted], act: Act) -> CloseMonitoring:
    """Nor under an agreement that is heard of only after the dissolution: the two come from different publishers."""
    return CloseMonitoring(actor=act.actor, now=act.now, organisation_id=event.data.organisation_id)


@reactions.to(funding.AgreementInForce, performance_handlers.schedule_reviews)
def schedule_reviews(event: Recorded[funding.AgreementInForce], act: Act) -> SchedulePerformanceReviews:
    """Performance meetings and annual reviews stand from the agreement's coming into force on (SPP5, SPP6)."""
    return SchedulePerformanceReviews(actor=act.actor, now=act.now, agreement_id=event.data.agreement_id)


@reactions.to(monitoring.MonitoringClosed, performance_handlers.close_performance)
def close_performance(event: Recorded[monitoring.MonitoringClosed], act: Act) -> ClosePerformance:
    """Nobody waits for a meeting, an action or a review with an organisation that no longer exists."""
    return ClosePerformance(actor=act.actor, now=act.now, agreement_id=event.data.agreement_id)
