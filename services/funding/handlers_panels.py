"""Commands about panels and reviews to decisions: load what the decision stands on, decide, append."""

from __future__ import annotations

from services.funding import late_interests, panels, recommending, reviews_of_decisions, scoring
from services.runtime.unit import Outcome, Unit


async def appoint_panel(unit: Unit, command: panels.AppointPanel) -> Outcome:
    """Appoint a panel, or refill it (COV5)."""
    return await unit.decide(panels.facts_of(command), panels.appoint, command)


async def declare_interests(unit: Unit, command: panels.DeclareInterests) -> Outcome:
    """Declare nil or an interest (Compact 3.1.6)."""
    return await unit.decide(panels.facts_of(command), panels.declare, command)


async def stand_aside(unit: Unit, command: panels.StandAside) -> Outcome:
    """Leave the panel."""
    return await unit.decide(panels.facts_of(command), panels.stand_aside, command)


async def score_bid(unit: Unit, command: scoring.ScoreBid) -> Outcome:
    """Score a bid (Compact 3.1.6)."""
    return await unit.decide(scoring.facts_of(command), scoring.score, command)


async def meet_proposer(unit: Unit, command: scoring.MeetProposer) -> Outcome:
    """Record a meeting with a proposer (COV5)."""
    return await unit.decide(scoring.facts_of(command), scoring.meet, command)


async def recommend(unit: Unit, command: recommending.Recommend) -> Outcome:
    """Recommend by weighted scores (COV6)."""
    return await unit.decide(panels.facts_of(command), recommending.recommend, command)


async def record_late_interest(unit: Unit, command: late_interests.RecordLateInterest) -> Outcome:
    """Put awards before a person that a member scored who declared an interest afterwards (Compact 3.1.6)."""
    known = await unit.look(late_interests.facts_of(command))
    return await unit.decide(late_interests.facts_of(command, known.bid_ids), late_interests.record, command)


async def request_review(unit: Unit, command: reviews_of_decisions.RequestReview) -> Outcome:
    """Ask for a review by somebody else (Compact 3.3.2)."""
    return await unit.decide(reviews_of_decisions.facts_of(command), reviews_of_decisions.request, command)


async def answer_review(unit: Unit, command: reviews_of_decisions.AnswerReview) -> Outcome:
    """Answer a review (Compact 3.3.2)."""
    return await unit.decide(reviews_of_decisions.facts_of(command), reviews_of_decisions.answer, command)


async def mark_review_overdue(unit: Unit, command: reviews_of_decisions.MarkReviewOverdue) -> Outcome:
    """Record that a review was not answered in time (Compact 3.3.2)."""
    return await unit.decide(reviews_of_decisions.facts_of(command), reviews_of_decisions.mark_overdue, command)
