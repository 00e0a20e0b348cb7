"""What funding does about the steps of a change of support, and about notices of them."""

from __future__ import annotations

from typing import Any

from contracts import change_gates, independence, notifications, partners
from contracts.envelope import Event
from services.funding import change_handlers as handlers
from services.funding.claims import ReportEffect
from services.funding.exit_plans import AskExitPlan
from services.funding.handlers import record_unaware
from services.funding.notice_periods import ReckonNotice
from services.funding.reactions import reactions
from services.funding.representations import InviteRepresentation
from services.funding.successors import FollowOrganisation
from services.funding.unsealing import RecordUnaware
from services.runtime.decisions import Actor, Recorded
from services.runtime.reactions import Act

_kind: type[Event]


def invite_representation(event: Recorded[Any], act: Act) -> InviteRepresentation | None:
    """The time to respond follows from what stands served (Compact 3.4.3)."""
    change_id = _change_of(event.data.about)
    return InviteRepresentation(actor=act.actor, now=act.now, change_id=change_id) if change_id else None


def reckon_notice(event: Recorded[Any], act: Act) -> ReckonNotice | None:
    """The notice period follows from what stands served (Compact 3.4.4)."""
    change_id = _change_of(event.data.about)
    return ReckonNotice(actor=act.actor, now=act.now, change_id=change_id) if change_id else None


for _kind in (notifications.NoticeServed, notifications.ServiceDeemed, notifications.ServiceWithdrawn):
    reactions.to(_kind, handlers.invite_representation)(invite_representation)
    reactions.to(_kind, handlers.reckon_notice)(reckon_notice)


@reactions.to(change_gates.NoticePeriodStarted, handlers.ask_exit_plan)
def ask_exit_plan(event: Recorded[change_gates.NoticePeriodStarted], act: Act) -> AskExitPlan:
    """Once notice runs, a plan is asked for where one is due (Compact 3.4.5)."""
    return AskExitPlan(actor=act.actor, now=act.now, change_id=event.data.change_id)


@reactions.to(independence.IndependenceConcernRaised, record_unaware)
def doubt_for_concern(event: Recorded[independence.IndependenceConcernRaised], act: Act) -> RecordUnaware:
    """A concern that arrives after a decision it would have held is put before a person (Compact 3.1.1)."""
    return RecordUnaware(
        actor=act.actor, now=act.now, organisation_id=event.data.organisation_id, late_event_id=event.id,
        late_position=event.position, late_time=event.time, code="independence_concern_open",
    )  # fmt: skip


@reactions.to(change_gates.ClaimReceived, handlers.report_effect)
def report_effect(event: Recorded[change_gates.ClaimReceived], act: Act) -> ReportEffect:
    """What a body claims becomes a step of funding's own, on behalf of the body (Compact 3.4.2)."""
    fact = event.data
    body = Actor(act.actor.person, act.actor.role, fact.body_id)
    return ReportEffect(
        actor=body, now=act.now, change_id=fact.change_id, people=fact.people, referrals_a_year=fact.referrals_a_year
    )


@reactions.to(partners.OrganisationDissolved, handlers.follow_organisation)
def end_changes(event: Recorded[partners.OrganisationDissolved], act: Act) -> FollowOrganisation:
    """Notice to an organisation that is no more is not possible (Compact 3.4.4)."""
    fact = event.data
    return FollowOrganisation(
        actor=act.actor, now=act.now, organisation_id=fact.organisation_id, gone_on=fact.dissolved_on
    )


@reactions.to(partners.OrganisationSucceeded, handlers.follow_organisation)
def let_successor_stand_in(event: Recorded[partners.OrganisationSucceeded], act: Act) -> FollowOrganisation:
    """A successor takes the place of the organisation that a change concerns."""
    fact = event.data
    return FollowOrganisation(
        actor=act.actor, now=act.now, organisation_id=fact.organisation_id, gone_on=fact.succeeded_on,
        successor_id=fact.successor_id,
    )  # fmt: skip


def _change_of(about: str) -> str | None:
    kind, _, change_id = about.partition(":")
    return change_id if kind == "change" else None
