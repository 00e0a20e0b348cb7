"""All results of a round come out together, at the set time or as soon after it as the last bid is decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from contracts.envelope import DocumentRef, Event
from contracts.funding import (
    AnnouncementMissed,
    BidAwarded,
    BidDeclined,
    BidSubmitted,
    RationaleGiven,
    RationalePart,
    ResultsAnnounced,
)
from contracts.incumbents import SupportAffectedByRound
from contracts.panels import GivenScore, ScoresGiven
from contracts.place import Place
from services.funding.incumbents import not_awarded
from services.funding.money import total
from services.funding.opened_bids import Opened
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, unknown


@dataclass(frozen=True, kw_only=True)
class AnnounceResults(Command):
    """Announce the results of a round, if it is time and every bid is decided."""

    subject: ClassVar[str] = "programme_id"
    sealed: ClassVar[bool] = True
    programme_id: str


@dataclass
class Results(Opened):
    """A round with every bid and what was decided about it."""

    folds: ClassVar[tuple[type[Event], ...]] = (*Opened.folds, AnnouncementMissed, SupportAffectedByRound)
    missed: bool = False
    affected: list[SupportAffectedByRound] = field(default_factory=list)
    """The present support of incumbents."""

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact of the round."""
        super().evolve(event)
        match event.data:
            case AnnouncementMissed():
                self.missed = True
            case SupportAffectedByRound() as support:
                self.affected.append(support)


def facts_of(command: AnnounceResults) -> Query[Results]:
    """Everything about the round."""
    return Query(Item(f"programme:{command.programme_id}"), fold=Results)


def announce(facts: Results, command: AnnounceResults, place: Place) -> Decision:
    """Announce all results at once from the set time on, or record once that it was missed (SPP2)."""
    if facts.published is None:
        return unknown("programme", command.programme_id)
    if facts.announced or command.now < facts.published.results_at:
        return []
    undecided = [bid for bid in facts.standing_bids if not facts.decided(bid.bid_id)]
    if not undecided:
        results = (
            event for bid in facts.standing_bids for event in (*_result(facts, bid), *_scores(facts, bid, place))
        )
        return [_announced(facts, command), *results, *not_awarded(facts, facts.affected, command, place)]
    if facts.missed:
        return []
    results_at = facts.published.results_at
    return [AnnouncementMissed(programme_id=command.programme_id, results_at=results_at, undecided=len(undecided))]


def _announced(facts: Results, command: AnnounceResults) -> ResultsAnnounced:
    return ResultsAnnounced(
        programme_id=command.programme_id,
        funder_id=facts.programme.funder_id,
        announced_at=command.now,
        bids=len(facts.standing_bids),
        awards=len(facts.approved),
        awarded_pounds=sum(total(award.amounts) for award in facts.approved.values()),
    )


def _result(facts: Results, bid: BidSubmitted) -> Iterator[Event]:
    if award := facts.approved.get(bid.bid_id):
        yield _awarded(facts, bid)
        yield RationaleGiven(
            bid_id=bid.bid_id,
            programme_id=bid.programme_id,
            organisation_id=bid.organisation_id,
            rationale=award.rationale,
            opens=_documents(award.rationale),
        )
    else:
        yield _declined(facts, bid)


def _scores(facts: Results, bid: BidSubmitted, place: Place) -> Iterator[ScoresGiven]:
    """The scores that counted, unaltered, in an order that tells of nobody (Compact 3.3.2)."""
    counted = [one for fact in facts.panel.scores_of(bid, place).values() for one in fact.scores]
    given = [GivenScore(**one.model_dump()) for one in sorted(counted, key=lambda one: one.reason.hash)]
    if given and facts.programme.panel_points:
        yield ScoresGiven(
            bid_id=bid.bid_id,
            programme_id=bid.programme_id,
            funder_id=facts.programme.funder_id,
            organisation_id=bid.organisation_id,
            points_at_most=facts.programme.panel_points,
            scores=tuple(given),
            opens=tuple(one.reason for one in given),
        )


def _awarded(facts: Results, bid: BidSubmitted) -> BidAwarded:
    programme = facts.programme
    return BidAwarded(
        bid_id=bid.bid_id,
        programme_id=bid.programme_id,
        funder_id=programme.funder_id,
        organisation_id=bid.organisation_id,
        member_ids=bid.member_ids,
        title=programme.title,
        amounts=facts.approved[bid.bid_id].amounts,
        outcomes=bid.outcomes,
        term_starts_on=programme.term_starts_on,
        term_ends_on=programme.term_ends_on,
    )


def _declined(facts: Results, bid: BidSubmitted) -> BidDeclined:
    rationale = _reasons(facts, bid)
    return BidDeclined(
        bid_id=bid.bid_id,
        programme_id=bid.programme_id,
        funder_id=facts.programme.funder_id,
        organisation_id=bid.organisation_id,
        title=facts.programme.title,
        ineligible=bid.bid_id in facts.ineligible,
        rationale=rationale,
        opens=_documents(rationale),
    )


def _reasons(facts: Results, bid: BidSubmitted) -> tuple[RationalePart, ...]:
    if found := facts.ineligible.get(bid.bid_id):
        return (RationalePart(criterion_id=found.criterion_id, document=found.reasons),)
    return facts.declined[bid.bid_id].rationale


def _documents(rationale: tuple[RationalePart, ...]) -> tuple[DocumentRef, ...]:
    return tuple(part.document for part in rationale)
