"""Changes of support: proposed to the organisation first, disclosed to other bodies only after it was served."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from contracts.change_gates import ChangeTakenOver, FundingChangeWithdrawn, NoticeNoLongerPossible
from contracts.envelope import DocumentRef, Event
from contracts.funding import (
    AgreementInForce,
    ChangeDisclosed,
    ChangeGround,
    ChangeKind,
    DisclosureScheduled,
    DisclosureStopped,
    FundingChangeProposed,
    Support,
)
from contracts.notifications import NoticeRequested, NoticeServed, ServiceDeemed, ServiceWithdrawn
from contracts.place import Place
from contracts.rules import Citation
from services.funding.gates import Warned, only, rules_on, stop, warnings
from services.runtime.calendar import add_working_days, london_date
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Rejection

PROPOSERS = ("commissioner", "commissioning_manager", "body_officer")
TOLD = "change_proposed"
"""The template by which an organisation is told that its support may change."""


@dataclass(frozen=True, kw_only=True)
class ProposeChange(Command):
    """Propose to change support that an agreement gives, with reasons."""

    subject: ClassVar[str] = "change_id"
    change_id: str
    agreement_id: str
    kind: ChangeKind
    support: Support
    ground: ChangeGround
    reasons: DocumentRef
    budget_decision: Citation | None = None


@dataclass(frozen=True, kw_only=True)
class ScheduleDisclosure(Command):
    """Work out when other bodies learn of a change, from what stands served."""

    subject: ClassVar[str] = "change_id"
    change_id: str


@dataclass(frozen=True, kw_only=True)
class DiscloseChange(Command):
    """Disclose a change whose day of disclosure has come."""

    counts_absence: ClassVar[bool] = True
    subject: ClassVar[str] = "change_id"
    change_id: str


@dataclass
class Change:
    """An agreement, a change proposed to it, and whether its organisation was told."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        AgreementInForce, FundingChangeProposed, NoticeRequested, NoticeServed, ServiceDeemed, ServiceWithdrawn,
        DisclosureScheduled, DisclosureStopped, ChangeDisclosed, FundingChangeWithdrawn, NoticeNoLongerPossible,
        ChangeTakenOver,
    )  # fmt: skip
    agreement: AgreementInForce | None = None
    proposed: FundingChangeProposed | None = None
    telling: set[str] = field(default_factory=set)
    """The notices that tell the organisation of the proposal."""
    served: dict[str, date] = field(default_factory=dict)
    scheduled: DisclosureScheduled | None = None
    disclosed: bool = False
    ended: bool = False
    """Whether it was taken back, or its organisation is no more."""
    organisation_id: str = ""
    """Whom it concerns now: the organisation, or whoever took over."""

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact of the agreement, the change, or a notice about it."""
        match event.data:
            case AgreementInForce() as agreement:
                self.agreement = agreement
            case FundingChangeProposed() as proposed:
                self.proposed, self.organisation_id = proposed, proposed.organisation_id
            case ChangeTakenOver() as taken_over:
                self.organisation_id = taken_over.organisation_id
            case FundingChangeWithdrawn() | NoticeNoLongerPossible():
                self.ended = True
            case DisclosureScheduled() as scheduled:
                self.scheduled = scheduled
            case DisclosureStopped():
                self.scheduled = None
            case ChangeDisclosed():
                self.disclosed = True
            case notice:
                self._take_notice(notice)

    def _take_notice(self, notice: Any) -> None:
        match notice:
            case NoticeRequested(template=template) if template == TOLD:
                self.telling.add(notice.notice_id)
            case NoticeServed(template=template) if template == TOLD:
                self.served[notice.notice_id] = notice.served_on
            case ServiceDeemed() if notice.notice_id in self.telling:
                self.served[notice.notice_id] = notice.deemed_on
            case ServiceWithdrawn():
                self.served.pop(notice.notice_id, None)

    @property
    def told(self) -> tuple[date, str] | None:
        """The earliest day of service that stands, and its notice."""
        return min(((day, notice) for notice, day in self.served.items()), default=None)


def facts_of_proposal(command: ProposeChange) -> Query[Change]:
    """The agreement and this change."""
    agreement = Item(f"agreement:{command.agreement_id}", only=(AgreementInForce,))
    return Query(agreement, Item(f"change:{command.change_id}"), fold=Change)


def facts_of(command: ScheduleDisclosure | DiscloseChange) -> Query[Change]:
    """The change and every notice about it."""
    change = f"change:{command.change_id}"
    return Query(Item(change), Item(f"about:{change}"), fold=Change)


def propose(facts: Change, command: ProposeChange, place: Place) -> Decision:
    """Propose a change of support in force; the organisation concerned is told first (Compact 3.4.3)."""
    agreement = facts.agreement
    if facts.proposed:
        return []
    if agreement is None or agreement.funder_id != command.actor.organisation:
        return _no_agreement(command)
    refused = only(command, PROPOSERS, agreement.funder_id)
    gate = budget_decision_missing(command, command.ground, command.budget_decision, place)
    if refused:
        return refused
    if isinstance(gate, Rejection):
        return gate
    return [
        FundingChangeProposed(
            change_id=command.change_id,
            agreement_id=agreement.agreement_id,
            funder_id=agreement.funder_id,
            organisation_id=place.stands_in(agreement.organisation_id),
            kind=command.kind,
            support=command.support,
            ground=command.ground,
            proposed_by=place.principal(command.actor.person),
            reasons=command.reasons,
            opens=(command.reasons,),
            budget_decision=command.budget_decision,
            proposer_role=command.actor.role,
        ),
        *warnings(gate, command, f"change:{command.change_id}"),
    ]


def schedule_disclosure(facts: Change, command: ScheduleDisclosure | DiscloseChange, place: Place) -> Decision:
    """Count the working days from proved service, or stop where none stands any more (Compact 3.4.3)."""
    if facts.proposed is None or facts.disclosed:
        return []
    if facts.told is None or facts.ended:
        return [DisclosureStopped(change_id=command.change_id)] if facts.scheduled else []
    served_on, notice_id = facts.told
    rules = rules_on(place, command.now)
    days = rules.disclosure.working_days if rules.disclosure else 0
    scheduled = DisclosureScheduled(
        change_id=command.change_id,
        notice_id=notice_id,
        served_on=served_on,
        disclose_on=add_working_days(served_on, days, rules.calendar),
        calendar_version=rules.calendar.version,
        citation=rules.disclosure.citation if rules.disclosure else None,
    )
    return [] if scheduled == facts.scheduled else [scheduled]


def disclose(facts: Change, command: DiscloseChange, place: Place) -> Decision:
    """Disclose a change to the other bodies from its day on, while the notice to its organisation stands served."""
    proposed, scheduled, today = facts.proposed, facts.scheduled, london_date(command.now)
    if proposed is None or scheduled is None or facts.disclosed:
        return []
    if scheduled.notice_id not in facts.served or facts.ended:
        return schedule_disclosure(facts, command, place)
    if today < scheduled.disclose_on:
        return []
    return [
        ChangeDisclosed(
            change_id=proposed.change_id,
            agreement_id=proposed.agreement_id,
            funder_id=proposed.funder_id,
            organisation_id=facts.organisation_id,
            kind=proposed.kind,
            support=proposed.support,
            ground=proposed.ground,
            told_organisation_on=scheduled.served_on,
            disclosed_on=today,
            calendar_version=scheduled.calendar_version,
        )
    ]


def budget_decision_missing(
    command: Command, ground: ChangeGround, cited: Citation | None, place: Place
) -> Rejection | Warned | None:
    """A ground of resources cites the funder's own budget decision (Compact 3.4.1)."""
    if ground is not ChangeGround.RESOURCES or cited:
        return None
    refusal = Rejection(
        "budget_decision_missing", "A ground of resources cites the funder's own decision on its budget.",
        remedy="Name the decision: its document and where in it.",
    )  # fmt: skip
    rule = rules_on(place, command.now).remedial_timetable
    return stop(place, rule, command.actor.organisation, command.now, refusal)


def _no_agreement(command: ProposeChange) -> Rejection:
    return Rejection(
        "no_agreement_in_force", f"No agreement {command.agreement_id} of {command.actor.organisation} is in force.",
        remedy="Only support that is in force can change.", status=404,
    )  # fmt: skip
