"""The panel recommends by weighted scores, and says why where it departs from them; nothing is awarded without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from contracts.envelope import DocumentRef, Event
from contracts.funding import BidSubmitted
from contracts.panels import BidScored, PanelRecommended, RankedBid
from contracts.place import Place
from services.funding.eligibility import OnOpenedBid
from services.funding.gates import Warned, citation, malformed, only, rules_on, warnings
from services.funding.opened_bids import Opened
from services.funding.panel_facts import PANEL_MEMBER, organisations_of
from services.funding.panels import OnPanel, of_interests
from services.funding.scoring import too_few
from services.runtime.decisions import Decision, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class Recommend(OnPanel):
    """Recommend these bids for an award, in this order."""

    bid_ids: tuple[str, ...]
    departure: DocumentRef | None = None
    """Why the panel departs from the order of the weighted scores, where it does."""


def recommend(facts: Opened, command: Recommend, place: Place) -> Decision:
    """Recommend once every bid was scored by enough members and every proposer met (COV5, COV6, Compact 3.3.2)."""
    if facts.published is None:
        return unknown("programme", command.programme_id)
    gates = list(_faults(facts, command, place))
    if refused := next((gate for gate in gates if isinstance(gate, Rejection)), None):
        return refused
    recommended = PanelRecommended(
        programme_id=command.programme_id,
        ranking=_marked(ranking(facts, place), command.bid_ids),
        departure=command.departure,
        recommended_by=command.actor.person,
        counted_with=place.counted_with(command.actor.person),
    )
    there = facts.panel.recommended
    by = {"recommended_by": there.recommended_by, "counted_with": there.counted_with} if there else {}
    if recommended.model_copy(update=by) == there:
        return []
    about = f"programme:{command.programme_id}"
    said = {gate.code: gate for gate in gates if isinstance(gate, Warned)}
    warned: list[Event] = [fact for gate in said.values() for fact in warnings(gate, command, about)]
    return [recommended, *warned]


def ranking(facts: Opened, place: Place) -> tuple[RankedBid, ...]:
    """The bids before the panel by their weighted scores, the highest first."""
    ranked = [
        RankedBid(bid_id=bid.bid_id, hundredths=weighted(facts, list(facts.panel.scores_of(bid, place).values())))
        for bid in before_panel(facts)
    ]
    return tuple(sorted(ranked, key=lambda one: -one.hundredths))


def weighted(facts: Opened, scores: Sequence[BidScored]) -> int:
    """The mean of the members' points under each criterion, by its weight: hundredths of a point of 100."""
    most, total = facts.programme.panel_points or 1, Fraction(0)
    for criterion in facts.programme.criteria:
        points = [one.points for fact in scores for one in fact.scores if one.criterion_id == criterion.id]
        total += Fraction(sum(points) * criterion.weight * 100, most * max(len(points), 1))
    return int(total + Fraction(1, 2))


def before_panel(facts: Opened) -> tuple[BidSubmitted, ...]:
    """The bids that can be awarded at all: neither found ineligible nor with members who never confirmed."""
    return tuple(
        bid for bid in facts.standing_bids if bid.bid_id not in facts.ineligible and not facts.unconfirmed(bid)
    )


def _undecided(facts: Opened) -> tuple[BidSubmitted, ...]:
    return tuple(bid for bid in before_panel(facts) if not facts.decided(bid.bid_id))


def without_recommendation(facts: Opened, bid: BidSubmitted, command: OnOpenedBid, place: Place) -> Iterator[Rejection]:
    """Where a panel sits, a decider who did not sit on it decides on its recommendation (Compact 3.1.6, 3.3.2)."""
    if facts.programme.panel_points is None:
        return
    if facts.panel.sat(command.actor.person, place):
        yield Rejection(
            "sat_on_panel", "Who sat on the panel does not decide; a delegate counts as the person.",
            of_interests(facts, place, command.now), "Ask a decider who did not sit on it.",
        )  # fmt: skip
    cited, recommended = facts.cite("recommendation of the panel"), facts.panel.recommended
    if recommended is None or bid.bid_id not in {one.bid_id for one in recommended.ranking}:
        yield Rejection(
            "no_recommendation", "The panel has not recommended anything about this bid yet.",
            cited, "The panel scores the bids, meets the proposers and recommends.",
        )  # fmt: skip
        return
    now = {one.bid_id: one.hundredths for one in ranking(facts, place)}
    few = any(
        isinstance(gate, Rejection)
        for other in _undecided(facts)
        for gate in too_few(facts, other, facts.panel.scorers(other, place), place, command.now)
    )
    if few or now != {one.bid_id: one.hundredths for one in recommended.ranking}:
        yield Rejection(
            "recommendation_overtaken",
            "Since the recommendation, an interest was declared, a member left or a score was given.",
            of_interests(facts, place, command.now), "The panel recommends again, refilled where it is too small.",
        )  # fmt: skip


def not_recommended(facts: Opened, bid: BidSubmitted) -> Iterator[Rejection]:
    """An award goes to a bid that the panel recommends."""
    recommended = facts.panel.recommended
    if facts.programme.panel_points is None or recommended is None:
        return
    if bid.bid_id not in {one.bid_id for one in recommended.ranking if one.recommended}:
        yield Rejection(
            "not_recommended", "The panel does not recommend this bid for an award.",
            facts.cite("recommendation of the panel"), "Decline it, or ask the panel to recommend again.",
        )  # fmt: skip


def _faults(facts: Opened, command: Recommend, place: Place) -> Iterator[Rejection | Warned]:
    yield from _speaker_faults(facts, command, place)
    if facts.announced:
        yield Rejection("results_announced", "The results of this round are out; they stand as announced.")
    bids = before_panel(facts)
    for bid in _undecided(facts):
        yield from _bid_faults(facts, bid, command, place)
    known = {bid.bid_id for bid in bids}
    if not set(command.bid_ids) <= known or len(set(command.bid_ids)) < len(command.bid_ids):
        yield malformed("bid_unknown", "Name each bid that the panel recommends once, of those before it.")
    elif departs(ranking(facts, place), command.bid_ids) and command.departure is None:
        yield _unreasoned(facts, command, place)


def _speaker_faults(facts: Opened, command: Recommend, place: Place) -> Iterator[Rejection]:
    """A member with no interest in any bid speaks for the panel, or the commissioner who is its clerk."""
    if command.actor.role != PANEL_MEMBER:
        yield from filter(None, (only(command, ("commissioner",), facts.programme.funder_id),))
        return
    person = command.actor.person
    if not facts.panel.sits(person):
        yield unknown("panel", command.programme_id)
    if any(facts.panel.has_interest(person, organisations_of(bid)) for bid in before_panel(facts)):
        yield Rejection(
            "interest_declared", "A member with an interest in one of the bids does not speak for the panel.",
            of_interests(facts, place, command.now), "Another member, or the commissioner, records what it recommends.",
        )  # fmt: skip


def _bid_faults(facts: Opened, bid: BidSubmitted, command: Recommend, place: Place) -> Iterator[Rejection | Warned]:
    if bid.bid_id not in facts.eligible:
        yield Rejection(
            "eligibility_not_verified", f"The eligibility of bid {bid.bid_id} was not verified.",
            facts.cite("eligibility"), "A commissioner of the funder verifies it first.",
        )  # fmt: skip
    yield from too_few(facts, bid, facts.panel.scorers(bid, place), place, command.now)
    in_ = facts.panel.scores_of(bid, place)
    missing = [one.person_id for one in facts.panel.remaining(bid, place) if one.person_id not in in_]
    if missing or not in_:
        yield Rejection(
            "scores_missing", f"Not every member without an interest has scored bid {bid.bid_id}.",
            facts.cite("scores given apart"), f"To score it or stand aside: {', '.join(missing) or 'new members'}.",
        )  # fmt: skip
    if bid.bid_id not in facts.panel.met:
        yield Rejection(
            "proposer_not_met", f"The panel has not met the proposer of bid {bid.bid_id}.",
            facts.cite("meeting each proposer"), "Meet the proposer and record the meeting.",
        )  # fmt: skip


def departs(ranked: Sequence[RankedBid], chosen: Sequence[str]) -> bool:
    """Whether the bids chosen are not, in this order, those with the highest scores; equal ones stand either way."""
    scores = {one.bid_id: one.hundredths for one in ranked}
    return [scores[one] for one in chosen] != sorted(scores.values(), reverse=True)[: len(chosen)]


def _unreasoned(facts: Opened, command: Recommend, place: Place) -> Rejection:
    rule, funder = rules_on(place, command.now).rationale, facts.programme.funder_id
    return Rejection(
        "departure_without_reasons", "The recommendation departs from the order of the weighted scores.",
        citation(place, rule, funder, command.now, facts.cite("order of the scores")), "Give the reasons for it.",
    )  # fmt: skip


def _marked(ranked: Sequence[RankedBid], chosen: Sequence[str]) -> tuple[RankedBid, ...]:
    return tuple(one.model_copy(update={"recommended": one.bid_id in chosen}) for one in ranked)
