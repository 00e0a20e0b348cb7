"""Members without an interest score opened bids under every criterion, and the panel meets each proposer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from contracts.envelope import DocumentRef, Event
from contracts.funding import BidSubmitted
from contracts.panels import BidScored, CriterionScore, PanelMember, ProposerMet
from contracts.place import Place
from services.funding.eligibility import OnOpenedBid
from services.funding.gates import Warned, malformed, programme_rules, rules_on, stop, warnings
from services.funding.opened_bids import Opened, facts_of_round
from services.funding.panel_facts import PANEL_MEMBER, organisations_of
from services.funding.panels import of_interests
from services.runtime.calendar import london_date
from services.runtime.decisions import Decision, Query, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class ScoreBid(OnOpenedBid):
    """Score a bid under every published criterion, each with its reason."""

    scores: tuple[CriterionScore, ...]


@dataclass(frozen=True, kw_only=True)
class MeetProposer(OnOpenedBid):
    """Record that the panel met the proposer of a bid."""

    met_on: date
    minutes: int
    present: tuple[str, ...]
    note: DocumentRef


def facts_of(command: OnOpenedBid) -> Query[Opened]:
    """The round, every bid in it and its panel."""
    return facts_of_round(command.programme_id)


def score(facts: Opened, command: ScoreBid, place: Place) -> Decision:
    """Take a member's scores: no declaration or an interest, no score; once given they stand (Compact 3.1.6)."""
    bid = _bid_before_panel(facts, command, place)
    if isinstance(bid, Rejection):
        return bid
    there = facts.panel.scored.get((bid.bid_id, command.actor.person))
    if there and there.scores == command.scores:
        return []
    refused = next(_score_faults(facts, bid, command, there), None)
    if refused:
        return refused
    gates = list(too_few(facts, bid, facts.panel.scorers(bid, place), place, command.now))
    if stopped := next((gate for gate in gates if isinstance(gate, Rejection)), None):
        return stopped
    scored = BidScored(
        bid_id=bid.bid_id, programme_id=bid.programme_id, member=command.actor.person, scores=command.scores,
        counted_with=place.counted_with(command.actor.person),
    )  # fmt: skip
    return [scored, *warned(gates, command)]


def meet(facts: Opened, command: MeetProposer, place: Place) -> Decision:
    """Record a meeting with a proposer, at which nobody with an interest in the bid sat (COV5)."""
    bid = _bid_before_panel(facts, command, place)
    if isinstance(bid, Rejection):
        return bid
    met = ProposerMet(
        bid_id=bid.bid_id,
        programme_id=bid.programme_id,
        met_on=command.met_on,
        minutes=command.minutes,
        present=command.present,
        note=command.note,
        recorded_by=command.actor.person,
    )
    if any(met.model_copy(update={"note": one.note}) == one for one in facts.panel.met.get(bid.bid_id, ())):
        return []
    return next(_meeting_faults(facts, bid, command, place), None) or [met]


def too_few(
    facts: Opened, bid: BidSubmitted, scorers: tuple[PanelMember, ...], place: Place, moment: datetime
) -> Iterator[Rejection | Warned]:
    """Enough members remain who may score a bid, and one of the sector (Compact 3.1.6, COV5)."""
    sector = sum(one.sector for one in scorers)
    rule, own = rules_on(place, moment).interests, programme_rules(place, facts.programme, moment)
    if rule and (len(scorers) < rule.scorers or sector < rule.sector_scorers):
        needed = f"{rule.scorers}, of whom {rule.sector_scorers} of the voluntary sector"
        gate = stop(place, rule, facts.programme.funder_id, moment, _small(bid, len(scorers), sector, needed))
        if gate:
            yield gate
    if own and own.panel_sector_scorers and sector < own.panel_sector_scorers:
        small = _small(bid, len(scorers), sector, f"{own.panel_sector_scorers} of the voluntary sector")
        yield Rejection(small.code, small.sentence, own.cite("panel_sector_scorers"), small.remedy)


def warned(gates: list[Rejection | Warned], command: OnOpenedBid) -> list[Event]:
    """What a pending body was warned of."""
    return [
        fact for gate in gates if isinstance(gate, Warned) for fact in warnings(gate, command, f"bid:{command.bid_id}")
    ]


def _small(bid: BidSubmitted, scorers: int, sector: int, needed: str) -> Rejection:
    return Rejection(
        "panel_too_small",
        f"{scorers} members, {sector} of them of the voluntary sector, declared nil for this bid; it needs {needed}.",
        remedy="Appoint further members, who declare their interests, before the bid is scored.",
    )


def _bid_before_panel(facts: Opened, command: OnOpenedBid, place: Place) -> BidSubmitted | Rejection:
    """The bid, for a member who sits, declared and has no interest in it."""
    person, bid = command.actor.person, facts.standing(command.bid_id)
    if bid is None or bid.bid_id not in (facts.opened or ()) or not facts.panel.sits(person):
        return unknown("bid", command.bid_id)
    if command.actor.role != PANEL_MEMBER:
        return Rejection("not_yours_to_do", "Only members of the panel may do this.", status=403)
    if facts.announced:
        return Rejection("results_announced", "The results of this round are out; they stand as announced.")
    if not facts.panel.has_declared(person, organisations_of(bid)):
        return Rejection(
            "interest_not_declared", "No declaration, no access: this member has declared nothing yet.",
            of_interests(facts, place, command.now), "Declare nil or an interest for each bidder first.",
        )  # fmt: skip
    if person not in {one.person_id for one in facts.panel.remaining(bid, place)}:
        return Rejection(
            "interest_declared", "An interest in this bid was declared: no score.",
            of_interests(facts, place, command.now), "The other members score it.",
        )  # fmt: skip
    return bid


def _score_faults(facts: Opened, bid: BidSubmitted, command: ScoreBid, there: BidScored | None) -> Iterator[Rejection]:
    if facts.decided(bid.bid_id):
        yield Rejection("already_decided", "This bid is decided; no further score counts.")
    criteria, most = [one.id for one in facts.programme.criteria], facts.programme.panel_points or 0
    if sorted(one.criterion_id for one in command.scores) != sorted(criteria):
        yield malformed("scores_incomplete", f"Score each of these criteria once: {', '.join(criteria)}.")
    if over := [one.criterion_id for one in command.scores if one.points > most]:
        yield malformed("points_over_most", f"At most {most} points under a criterion: {', '.join(over)}.")
    if there:
        yield Rejection(
            "score_stands", "This member scored the bid already; scores stand as they were given.",
            facts.cite("scores given apart"), "Say what has changed in the panel's reasons.",
        )  # fmt: skip


def _meeting_faults(facts: Opened, bid: BidSubmitted, command: MeetProposer, place: Place) -> Iterator[Rejection]:
    if command.met_on > london_date(command.now) or command.met_on < london_date(facts.closes_at):
        yield malformed("meeting_day_wrong", "A meeting is recorded once it was held, after bidding closed.")
    able = {one.person_id for one in facts.panel.scorers(bid, place)}
    strange = [one for one in command.present if one not in able]
    if conflicted := [one for one in strange if facts.panel.has_interest(one, organisations_of(bid))]:
        yield Rejection(
            "interest_at_meeting", f"With an interest in this bid, these may not sit: {', '.join(conflicted)}.",
            of_interests(facts, place, command.now), "Meet the proposer again without them.",
        )  # fmt: skip
    if strange or not command.present or len(set(command.present)) < len(command.present):
        yield malformed("present_unknown", "Name each member of the panel who was there, once, and nobody else.")
