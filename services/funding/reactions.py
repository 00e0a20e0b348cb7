"""What funding does about events: the whole routing."""

from __future__ import annotations

from datetime import date
from typing import Any

from contracts import every_service, funding, monitoring, notifications, partners
from contracts.envelope import Event
from services.funding import handlers
from services.funding.agreements import BringIntoForce, DraftAgreement
from services.funding.announcing import AnnounceResults
from services.funding.changes import ScheduleDisclosure
from services.funding.unsealing import DiscloseSealedSteps, RecordUnaware
from services.runtime.decisions import Recorded
from services.runtime.reactions import Act, Reactions

reactions = Reactions()
_kind: type[Event]


def announce_late_results(event: Recorded[Any], act: Act) -> AnnounceResults:
    """Results that missed their time come out as soon as the last bid is decided (SPP2)."""
    return AnnounceResults(actor=act.actor, now=act.now, programme_id=event.data.programme_id)


for _kind in (funding.AwardApproved, funding.AwardDeclined, funding.BidFoundIneligible):
    reactions.to(_kind, handlers.announce_results)(announce_late_results)


@reactions.to(funding.BidAwarded, handlers.draft_agreement)
def draft_agreement(event: Recorded[funding.BidAwarded], act: Act) -> DraftAgreement:
    """An award calls for an agreement."""
    return DraftAgreement(
        actor=act.actor, now=act.now, agreement_id=act.new_id("agreement"), bid_id=event.data.bid_id,
        programme_id=event.data.programme_id,
    )  # fmt: skip


def bring_into_force(event: Recorded[Any], act: Act) -> BringIntoForce:
    """An agreement holds once the last of what must stand before it is there (SPP4, Compact 3.3.5)."""
    return BringIntoForce(actor=act.actor, now=act.now, agreement_id=event.data.agreement_id)


for _kind in (
    funding.AgreementSignedByParty, partners.CommissioningManagerNominated, partners.CommissioningManagerReplaced,
    monitoring.MonitoringAgreed,
):  # fmt: skip
    reactions.to(_kind, handlers.bring_into_force_when_ready)(bring_into_force)


def disclose_refused_steps(event: Recorded[Any], act: Act) -> DiscloseSealedSteps:
    """What was refused about a bid while it was sealed becomes known with its result."""
    return DiscloseSealedSteps(actor=act.actor, now=act.now, about=f"bid:{event.data.bid_id}")


for _kind in (funding.BidAwarded, funding.BidDeclined):
    reactions.to(_kind, handlers.disclose_sealed_steps)(disclose_refused_steps)


@reactions.to(funding.ResultsAnnounced, handlers.disclose_sealed_steps)
def disclose_steps_of_round(event: Recorded[funding.ResultsAnnounced], act: Act) -> DiscloseSealedSteps:
    """What was refused about a whole round while it was sealed becomes known with its results."""
    return DiscloseSealedSteps(actor=act.actor, now=act.now, about=f"programme:{event.data.programme_id}")


def disclose_late_step(event: Recorded[Any], act: Act) -> DiscloseSealedSteps:
    """A step about a matter whose results are out already is disclosed at once."""
    return DiscloseSealedSteps(actor=act.actor, now=act.now, about=event.data.about)


for _kind in (every_service.SealedStepRefused, funding.SealedStepWarned, funding.CommitmentMadeUnaware):
    reactions.to(_kind, handlers.disclose_sealed_steps)(disclose_late_step)


@reactions.to(partners.OrganisationDissolved, handlers.record_unaware)
def doubt_for_dissolution(event: Recorded[partners.OrganisationDissolved], act: Act) -> RecordUnaware:
    """A dissolution that arrives after a decision it would have stopped is put before a person."""
    return _unaware(event, act, "organisation_dissolved", event.data.dissolved_on)


@reactions.to(partners.OrganisationSucceeded, handlers.record_unaware)
def doubt_for_succession(event: Recorded[partners.OrganisationSucceeded], act: Act) -> RecordUnaware:
    """A succession that arrives after a decision it would have stopped is put before a person."""
    return _unaware(event, act, "organisation_succeeded", event.data.succeeded_on)


@reactions.to(partners.OrganisationSuspended, handlers.record_unaware)
def doubt_for_suspension(event: Recorded[partners.OrganisationSuspended], act: Act) -> RecordUnaware:
    """A suspension that arrives after a decision it would have stopped is put before a person."""
    return _unaware(event, act, "organisation_suspended")


def schedule_disclosure(event: Recorded[Any], act: Act) -> ScheduleDisclosure | None:
    """The day on which other bodies learn of a change follows from what stands served (Compact 3.4.3)."""
    kind, _, change_id = event.data.about.partition(":")
    if kind != "change":
        return None
    return ScheduleDisclosure(actor=act.actor, now=act.now, change_id=change_id)


for _kind in (notifications.NoticeServed, notifications.ServiceDeemed, notifications.ServiceWithdrawn):
    reactions.to(_kind, handlers.schedule_disclosure)(schedule_disclosure)


def _unaware(event: Recorded[Any], act: Act, code: str, from_day: date | None = None) -> RecordUnaware:
    return RecordUnaware(
        actor=act.actor, now=act.now, organisation_id=event.data.organisation_id, late_event_id=event.id,
        late_position=event.position, late_time=event.time, code=code, from_day=from_day,
    )  # fmt: skip
