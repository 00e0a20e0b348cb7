"""The whole case of one change of support: what was proposed, answered, served and decided, as every gate sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from contracts.change_gates import (
    AgreementEnded,
    AgreementVaried,
    AnswerMarked,
    ChangeAgreed,
    ChangeMeetingHeld,
    ChangeNotAgreed,
    ChangeTakenOver,
    ExitPlanAsked,
    ExitPlanOverdue,
    ExitPlanSubmitted,
    FundingChangeDecided,
    FundingChangeTookEffect,
    FundingChangeWithdrawn,
    ImpactAssessed,
    NoticeNoLongerPossible,
    NoticePeriodStarted,
    NoticePeriodStopped,
    OwnEstimateGiven,
    PositionStated,
    ReallocationAssessed,
    RedundancyViewGiven,
    RepresentationAnswered,
    RepresentationInvited,
    RepresentationReceived,
    SettingAsideLapsed,
    ShortNoticeSigned,
    SumsMadeGood,
    UndertakingSetAside,
)
from contracts.envelope import Event
from contracts.funding import AgreementInForce, ChangeDisclosed, FundingChangeProposed, Support, YearAmount
from contracts.improvement import (
    RemedialTimetableAgreed,
    RemedialTimetableDecided,
    RemedialTimetableEnded,
)
from contracts.independence import IndependenceConcernAnswered, IndependenceConcernRaised
from contracts.partners import OrganisationDetailsChanged, OrganisationRegistered
from contracts.payments import PaymentMade, PaymentReturned, PaymentScheduled
from services.funding.involved import Involved
from services.funding.register import STANDING, Register
from services.funding.tellings import NOTICES, Telling
from services.runtime.decisions import Command, Item, Query, Recorded, Rejection, unknown

PROPOSAL, DECISION = "change_proposed", "change_decided"
"""The templates by which an organisation is told that its support may change, and that it will."""
TIMETABLE: tuple[type[Event], ...] = (RemedialTimetableAgreed, RemedialTimetableDecided, RemedialTimetableEnded)
ABOUT_AGREEMENT: tuple[type[Event], ...] = (
    AgreementInForce, AgreementVaried, AgreementEnded, SumsMadeGood, PaymentScheduled, PaymentMade, PaymentReturned,
    *TIMETABLE,
)  # fmt: skip
ABOUT_ORGANISATION: tuple[type[Event], ...] = (
    *STANDING, OrganisationDetailsChanged, IndependenceConcernRaised, IndependenceConcernAnswered,
)  # fmt: skip
STEPS: tuple[type[Event], ...] = (
    FundingChangeProposed, ChangeDisclosed, FundingChangeWithdrawn, RepresentationInvited, ImpactAssessed,
    OwnEstimateGiven,
    ReallocationAssessed, ChangeMeetingHeld, RepresentationReceived, RepresentationAnswered, AnswerMarked,
    PositionStated, ChangeAgreed, ChangeNotAgreed, ShortNoticeSigned, UndertakingSetAside, SettingAsideLapsed,
    FundingChangeDecided, NoticePeriodStarted, NoticePeriodStopped, NoticeNoLongerPossible, ChangeTakenOver,
    ExitPlanAsked, ExitPlanSubmitted, ExitPlanOverdue, RedundancyViewGiven, FundingChangeTookEffect, SumsMadeGood,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class AboutChange(Command):
    """A step of one change of support."""

    subject: ClassVar[str] = "change_id"
    change_id: str


@dataclass
class Case:
    """Everything that stands about one change, its agreement and its organisation."""

    folds: ClassVar[tuple[type[Event], ...]] = (*STEPS, *ABOUT_AGREEMENT, *ABOUT_ORGANISATION, *NOTICES)
    proposed: FundingChangeProposed | None = None
    organisation_id: str = ""
    """Who stands for the organisation concerned now: itself, or its successor."""
    disclosed: bool = False
    withdrawn: bool = False
    closed: bool = False
    agreement: AgreementInForce | None = None
    amounts: tuple[YearAmount, ...] = ()
    agreement_ended: bool = False
    held: dict[str, AgreementVaried | AgreementEnded] = field(default_factory=dict)
    """What each change of support that holds made of the agreement."""
    telling: Telling = field(default_factory=lambda: Telling(PROPOSAL))
    notice: Telling = field(default_factory=lambda: Telling(DECISION))
    invited: RepresentationInvited | None = None
    impact: list[ImpactAssessed] = field(default_factory=list)
    own_estimate: OwnEstimateGiven | None = None
    reallocation: ReallocationAssessed | None = None
    involved: Involved = field(default_factory=Involved)
    met_on: list[date] = field(default_factory=list)
    points: dict[tuple[str, str], bool] = field(default_factory=dict)
    """Each numbered point of each response, and whether it was answered."""
    marked: dict[tuple[str, str], bool] = field(default_factory=dict)
    positions: dict[bool, PositionStated] = field(default_factory=dict)
    """What either side said last; the funder's under True."""
    agreed: bool | None = None
    signed_short: list[ShortNoticeSigned] = field(default_factory=list)
    set_aside: dict[str, UndertakingSetAside] = field(default_factory=dict)
    decided: FundingChangeDecided | None = None
    period: NoticePeriodStarted | None = None
    effective: FundingChangeTookEffect | None = None
    plan_asked: ExitPlanAsked | None = None
    plan: ExitPlanSubmitted | None = None
    plan_overdue: bool = False
    redundancy_view: bool = False
    groups: tuple[str, ...] = ()
    """The groups that the organisation serves, by the register."""
    concerns: set[str] = field(default_factory=set)
    """Concerns about independence that nobody has answered."""
    register: Register = field(default_factory=Register)
    instalments: dict[str, date] = field(default_factory=dict)
    """The last day that each instalment pays for."""
    paid: set[str] = field(default_factory=set)
    timetable: str = ""
    """Of the last timetable of actions to improve: `running`, `recovered` or `failed`; empty where there was none."""

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact."""
        fact = event.data
        self.involved.take(event)
        self.register.take(fact)
        self.telling.take(fact)
        self.notice.take(fact)
        for take in (
            self._proposal, self._answers, self._agreement, self._payments, self._decision, self._plan, self._standing,
        ):  # fmt: skip
            take(fact)

    def _proposal(self, fact: Any) -> None:
        match fact:
            case FundingChangeProposed():
                self.proposed, self.organisation_id = fact, fact.organisation_id
            case ChangeDisclosed():
                self.disclosed = True
            case FundingChangeWithdrawn():
                self.withdrawn = True
            case RepresentationInvited():
                self.invited = fact
            case ImpactAssessed():
                self.impact.append(fact)
            case OwnEstimateGiven():
                self.own_estimate = fact
            case ReallocationAssessed():
                self.reallocation = fact
            case UndertakingSetAside():
                self.set_aside[fact.step] = fact
            case SettingAsideLapsed():
                self.set_aside.pop(fact.step, None)

    def _answers(self, fact: Any) -> None:
        match fact:
            case ChangeMeetingHeld():
                self.met_on.append(fact.held_on)
            case RepresentationReceived():
                self.points |= {(fact.representation_id, point.part): False for point in fact.points}
            case RepresentationAnswered():
                self.points[fact.representation_id, fact.point] = True
            case AnswerMarked():
                self.marked[fact.representation_id, fact.point] = fact.answered
            case PositionStated():
                self.positions[fact.by_funder] = fact
            case ChangeAgreed() | ChangeNotAgreed():
                self.agreed = isinstance(fact, ChangeAgreed)

    def _agreement(self, fact: Any) -> None:
        match fact:
            case AgreementInForce():
                self.agreement, self.amounts = fact, fact.amounts
            case AgreementVaried():
                self.held[fact.change_id] = fact
                self.amounts = fact.amounts
            case AgreementEnded():
                self.held[fact.change_id] = fact
                self.agreement_ended = True
            case RemedialTimetableAgreed() | RemedialTimetableDecided():
                self.timetable = "running"
            case RemedialTimetableEnded():
                self.timetable = fact.result.value
            case SumsMadeGood():
                self.held.pop(fact.change_id, None)
                self.amounts, self.agreement_ended = fact.amounts, fact.ended_from is not None
                if self.proposed and fact.change_id == self.proposed.change_id:
                    self.effective = None

    def _payments(self, fact: Any) -> None:
        match fact:
            case PaymentScheduled():
                self.instalments[fact.payment_id] = fact.pays_until
            case PaymentMade():
                self.paid.add(fact.payment_id)
            case PaymentReturned():
                self.paid.discard(fact.payment_id)

    def _decision(self, fact: Any) -> None:
        match fact:
            case ShortNoticeSigned():
                self.signed_short.append(fact)
            case FundingChangeDecided():
                self.decided = fact
            case NoticePeriodStarted():
                self.period = fact
            case NoticePeriodStopped():
                self.period = None
            case NoticeNoLongerPossible():
                self.closed = True
            case FundingChangeTookEffect():
                self.effective = fact

    def _plan(self, fact: Any) -> None:
        match fact:
            case ExitPlanAsked():
                self.plan_asked, self.plan_overdue = fact, False
            case ExitPlanSubmitted():
                self.plan = fact
            case ExitPlanOverdue():
                self.plan_overdue = True
            case RedundancyViewGiven():
                self.redundancy_view = True

    def _standing(self, fact: Any) -> None:
        match fact:
            case ChangeTakenOver():
                self.organisation_id = fact.organisation_id
            case OrganisationRegistered():
                self.groups = fact.serves_groups
            case OrganisationDetailsChanged(serves_groups=groups) if groups is not None:
                self.groups = groups
            case IndependenceConcernRaised():
                self.concerns.add(fact.concern_id)
            case IndependenceConcernAnswered():
                self.concerns.discard(fact.concern_id)

    def given_without(self, change_id: str) -> tuple[tuple[YearAmount, ...], date | None]:
        """What the agreement gives, and from when it is ended, by all changes that hold but this one."""
        others = sorted((one for which, one in self.held.items() if which != change_id), key=lambda one: one.from_day)
        ended = [one.from_day for one in others if isinstance(one, AgreementEnded)]
        amounts = self.agreement.amounts if self.agreement else self.amounts
        for one in others:
            if isinstance(one, AgreementVaried) and one.support is Support.FUNDING:
                amounts = one.amounts
        return amounts, min(ended, default=None)

    @property
    def paid_until(self) -> date | None:
        """The last day that a payment has already been made for (Sutton Compact 3.4.4)."""
        return max((day for which, day in self.instalments.items() if which in self.paid), default=None)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The numbered points that nobody has answered, as `representation point`."""
        return tuple(f"{which} {point}" for (which, point), answered in self.points.items() if not answered)

    @property
    def settled(self) -> bool:
        """Whether no further step before the decision is possible."""
        return self.withdrawn or self.closed or self.decided is not None

    def known(self, command: AboutChange) -> FundingChangeProposed | Rejection:
        """The proposal, for somebody of its funder or of its organisation; for others there is none."""
        found = self.proposed
        ours = found and command.actor.organisation in (found.funder_id, self.organisation_id)
        return found if found and (ours or command.actor.role == "system") else unknown("change", command.change_id)

    def open_for(self, command: AboutChange) -> FundingChangeProposed | Rejection:
        """The proposal while it is undecided."""
        found = self.known(command)
        if isinstance(found, Rejection) or not self.settled:
            return found
        why = "decided" if self.decided else "withdrawn" if self.withdrawn else "closed"
        by = f", by {self.decided.decided_by}" if self.decided and not self.withdrawn else ""
        return Rejection(f"change_{why}", f"This change is {why}{by}: no step of it is open any more.")


def facts_of(change_id: str, known: Case | None = None) -> Query[Case]:
    """A change and its notices; with its agreement and organisation, once it is known which they are."""
    change = f"change:{change_id}"
    items = [Item(change), Item(f"about:{change}", only=NOTICES)]
    if known and known.proposed:
        items.append(Item(f"agreement:{known.proposed.agreement_id}", only=ABOUT_AGREEMENT))
        parties = dict.fromkeys((known.proposed.organisation_id, known.organisation_id))
        items += [Item(f"organisation:{one}", only=ABOUT_ORGANISATION) for one in parties]
    return Query(*items, fold=Case)
