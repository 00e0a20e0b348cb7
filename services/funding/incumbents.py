"""Present support that a round replaces: its results leave the notice that is due, and who loses keeps its money."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from contracts.envelope import DocumentRef, Event
from contracts.funding import AgreementInForce, BidSubmitted, ChangeGround, ChangeKind, FundingChangeProposed, Support
from contracts.incumbents import IncumbentNotAwarded, SupportAffectedByRound
from contracts.place import Place
from contracts.rules import NoticePeriods
from services.funding.gates import Warned, malformed, rules_on, stop
from services.funding.money import per_year
from services.funding.opened_bids import Opened
from services.funding.panel_facts import organisations_of
from services.funding.rounds import Round
from services.runtime.calendar import add_months, london_date
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Rejection

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Affects:
    """The agreements and the organisations whose present support a round affects, and what it means for them."""

    meaning: DocumentRef
    agreement_ids: tuple[str, ...] = ()
    organisation_ids: tuple[str, ...] = ()
    less_notice: DocumentRef | None = None


@dataclass(frozen=True, kw_only=True)
class ProposeForIncumbent(Command):
    """Propose the change of support that follows from the results of a round."""

    subject: ClassVar[str] = "change_id"
    change_id: str
    agreement_id: str
    programme_id: str


@dataclass
class PresentSupport(Round):
    """A round, and agreements in force."""

    folds: ClassVar[tuple[type[Event], ...]] = (*Round.folds, AgreementInForce)
    in_force: dict[str, AgreementInForce] = field(default_factory=dict)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact of the round, or an agreement that came into force."""
        super().evolve(event)
        if isinstance(event.data, AgreementInForce):
            self.in_force[event.data.agreement_id] = event.data


@dataclass
class Losing:
    """What became of an incumbent's support, and the change proposed for it."""

    folds: ClassVar[tuple[type[Event], ...]] = (SupportAffectedByRound, IncumbentNotAwarded, FundingChangeProposed)
    affected: dict[str, SupportAffectedByRound] = field(default_factory=dict)
    """By round."""
    lost: dict[str, IncumbentNotAwarded] = field(default_factory=dict)
    proposed: set[str] = field(default_factory=set)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact about the support."""
        match event.data:
            case SupportAffectedByRound() as affected:
                self.affected[affected.programme_id] = affected
            case IncumbentNotAwarded() as lost:
                self.lost[lost.programme_id] = lost
            case FundingChangeProposed() as proposed:
                self.proposed.add(proposed.change_id)


def supports(affects: Affects | None) -> tuple[Item, ...]:
    """The agreements that a round names, and those of the organisations it names."""
    if affects is None:
        return ()
    tags = [f"agreement:{one}" for one in affects.agreement_ids]
    tags += [f"organisation:{one}" for one in affects.organisation_ids]
    return tuple(Item(tag, only=(AgreementInForce,)) for tag in tags)


def facts_of_losing(command: ProposeForIncumbent) -> Query[Losing]:
    """What stands recorded of the support."""
    return Query(Item(f"agreement:{command.agreement_id}"), fold=Losing)


def notice_faults(
    facts: PresentSupport, affects: Affects | None, command: Command, results_at: datetime, place: Place
) -> Iterator[Rejection | Warned]:
    """Results leave at least the minimum notice before present support ends, and say why not more (SPP9, 3.4.4)."""
    if affects is None:
        return
    if missing := _unfound(facts, affects, command):
        yield malformed("support_unknown", f"The funder gives no present support under: {', '.join(missing)}.")
    rule = rules_on(place, command.now).notice_periods
    for support in _present(facts, command) if rule else ():
        assert rule is not None
        fault = _notice_fault(support, rule, london_date(results_at), affects)
        gate = stop(place, rule, command.actor.organisation, command.now, fault) if fault else None
        if gate:
            yield gate


def affected(
    facts: PresentSupport, affects: Affects | None, command: Command, programme_id: str, place: Place
) -> Iterator[SupportAffectedByRound]:
    """What is recorded of each support that a round affects."""
    rule = rules_on(place, command.now).notice_periods
    for support in _present(facts, command) if affects else ():
        assert affects is not None
        yield SupportAffectedByRound(
            agreement_id=support.agreement_id,
            programme_id=programme_id,
            funder_id=support.funder_id,
            organisation_id=support.organisation_id,
            support_ends_on=support.ends_on,
            pounds_a_year=_last_year(support),
            notice_by=latest(support.ends_on, rule.minimum_months) if rule else None,
            citation=rule.citation if rule else None,
            meaning=affects.meaning,
            less_notice=affects.less_notice,
            published_by=place.principal(command.actor.person),
            opens=tuple(filter(None, (affects.meaning, affects.less_notice))),
        )


def not_awarded(
    facts: Opened, present: Iterable[SupportAffectedByRound], command: Command, place: Place
) -> Iterator[IncumbentNotAwarded]:
    """Each incumbent that lost or is to get less keeps its money until a notice of its own has run (SPP9, 3.4.4)."""
    rule = rules_on(place, command.now).notice_periods
    for support in present:
        if kind := _change(facts, support):
            yield IncumbentNotAwarded(
                agreement_id=support.agreement_id,
                programme_id=support.programme_id,
                funder_id=support.funder_id,
                organisation_id=support.organisation_id,
                kind=kind,
                support_ends_on=support.support_ends_on,
                kept_until_at_least=add_months(london_date(command.now), rule.minimum_months) if rule else None,
                citation=rule.citation if rule else None,
            )


def propose(facts: Losing, command: ProposeForIncumbent, place: Place) -> Decision:
    """A lost round is itself a change of support: proposed, told first, noticed like any other (SPP9, 3.4.2-3.4.4)."""
    lost, support = facts.lost.get(command.programme_id), facts.affected.get(command.programme_id)
    if lost is None or support is None or command.change_id in facts.proposed:
        return []
    return [
        FundingChangeProposed(
            change_id=command.change_id,
            agreement_id=lost.agreement_id,
            funder_id=lost.funder_id,
            organisation_id=lost.organisation_id,
            kind=lost.kind,
            support=Support.FUNDING,
            ground=ChangeGround.NEED,
            proposed_by=support.published_by,
            proposer_role="commissioner",
            reasons=support.meaning,
            opens=(support.meaning,),
        )
    ]


def latest(ends_on: date, months: int) -> date:
    """The last day from which so many calendar months run out before or on this day."""
    day = add_months(ends_on, -months)
    while add_months(day + DAY, months) <= ends_on:
        day += DAY
    return day


def _present(facts: PresentSupport, command: Command) -> list[AgreementInForce]:
    today, funder = london_date(command.now), command.actor.organisation
    return [one for one in facts.in_force.values() if one.funder_id == funder and one.ends_on >= today]


def _unfound(facts: PresentSupport, affects: Affects, command: Command) -> list[str]:
    present = _present(facts, command)
    known = {one.agreement_id for one in present} | {one.organisation_id for one in present}
    return [one for one in (*affects.agreement_ids, *affects.organisation_ids) if one not in known]


def _notice_fault(support: AgreementInForce, rule: NoticePeriods, results: date, affects: Affects) -> Rejection | None:
    least, best = latest(support.ends_on, rule.minimum_months), latest(support.ends_on, rule.best_practice_months)
    ends = f"Support under {support.agreement_id} ends on {support.ends_on:%-d %B %Y}"
    late = Rejection("results_leave_no_notice", f"{ends}; less than {rule.minimum_months} months after the results.")
    if results > least:
        return replace(late, remedy=f"Announce the results by {least:%-d %B %Y}, or extend the support first.")
    if results > best and affects.less_notice is None:
        return Rejection(
            "less_notice_unexplained", f"{ends}; less than {rule.best_practice_months} months after the results.",
            remedy=f"Announce the results by {best:%-d %B %Y}, or say why that is not possible.",
        )  # fmt: skip
    return None


def _last_year(support: AgreementInForce) -> int:
    years = per_year(support.amounts)
    return years[max(years)] if years else 0


def _change(facts: Opened, support: SupportAffectedByRound) -> ChangeKind | None:
    """How the results change an incumbent's support: it ends, is lowered, or not at all."""
    awarded = [bid for bid in facts.standing_bids if bid.bid_id in facts.approved]
    parts = [_a_year(facts, bid, support) for bid in awarded if support.organisation_id in organisations_of(bid)]
    if not parts:
        return ChangeKind.END
    return ChangeKind.REDUCE if sum(parts) < support.pounds_a_year else None


def _a_year(facts: Opened, bid: BidSubmitted, support: SupportAffectedByRound) -> int:
    years = per_year(facts.approved[bid.bid_id].amounts)
    if bid.organisation_id == support.organisation_id:
        return years[min(years)] - sum(part.share_pounds for part in bid.members) // max(len(years), 1)
    share = sum(part.share_pounds for part in bid.members if part.organisation_id == support.organisation_id)
    return share // max(len(years), 1)
