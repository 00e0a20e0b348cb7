"""How facts about panels and reviews change the read tables and timers of funding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from contracts import panels
from contracts.envelope import DocumentRef, Record
from services.funding.projections import projections
from services.funding.tables_panels import (
    GivenScores,
    PanelInterests,
    PanelMembers,
    PanelScores,
    ProposerMeetings,
    Recommendations,
    Reviews,
)
from services.runtime.decisions import Recorded
from services.runtime.projections import ClearTimer, RowChange, SetTimer, Upsert

REVIEW_OVERDUE = "mark_review_overdue"
projections.keep(
    PanelMembers, PanelInterests, PanelScores, ProposerMeetings, Recommendations, GivenScores, Reviews
)  # fmt: skip


def _plain(records: Iterable[Record]) -> list[dict[str, Any]]:
    return [record.model_dump(mode="json") for record in records]


def _ref(document: DocumentRef | None) -> dict[str, Any] | None:
    return document.model_dump(mode="json") if document else None


@projections.of(panels.PanelAppointed)
def seat_members(event: Recorded[panels.PanelAppointed]) -> Iterator[RowChange]:
    """These people sit on the panel."""
    for one in event.data.members:
        yield Upsert(
            PanelMembers, event.data.programme_id, one.person_id, organisation_id=one.organisation_id,
            sector=one.sector, aside=False,
        )  # fmt: skip


@projections.of(panels.PanelMemberStoodAside)
def unseat_member(event: Recorded[panels.PanelMemberStoodAside]) -> Iterator[RowChange]:
    """This person no longer sits."""
    yield Upsert(PanelMembers, event.data.programme_id, event.data.member, aside=True)


@projections.of(panels.PanelInterestDeclared)
def keep_interests(event: Recorded[panels.PanelInterestDeclared]) -> Iterator[RowChange]:
    """What a member declared decides what it may read (Compact 3.1.6)."""
    fact = event.data
    for one in fact.interests:
        yield Upsert(
            PanelInterests, fact.programme_id, fact.member, one.organisation_id, interest=one.interest
        )  # fmt: skip


@projections.of(panels.BidScored)
def keep_scores(event: Recorded[panels.BidScored]) -> Iterator[RowChange]:
    """A member's scores are in."""
    fact = event.data
    yield Upsert(
        PanelScores, fact.bid_id, fact.member, programme_id=fact.programme_id, scores=_plain(fact.scores)
    )  # fmt: skip


@projections.of(panels.ProposerMet)
def keep_meeting(event: Recorded[panels.ProposerMet]) -> Iterator[RowChange]:
    """The panel met a proposer (COV5)."""
    fact = event.data
    yield Upsert(
        ProposerMeetings, fact.bid_id, fact.met_on, minutes=fact.minutes, present=fact.present, note=_ref(fact.note)
    )  # fmt: skip


@projections.of(panels.PanelRecommended)
def keep_recommendation(event: Recorded[panels.PanelRecommended]) -> Iterator[RowChange]:
    """What the panel recommends now."""
    fact = event.data
    yield Upsert(
        Recommendations, fact.programme_id, ranking=_plain(fact.ranking), departure=_ref(fact.departure),
        recommended_by=fact.recommended_by,
    )  # fmt: skip


@projections.of(panels.ScoresGiven)
def give_scores(event: Recorded[panels.ScoresGiven]) -> Iterator[RowChange]:
    """The bidder reads its scores (Compact 3.3.2)."""
    fact = event.data
    yield Upsert(GivenScores, fact.bid_id, points_at_most=fact.points_at_most, scores=_plain(fact.scores))


@projections.of(panels.DecisionReviewRequested)
def await_answer(event: Recorded[panels.DecisionReviewRequested]) -> Iterator[RowChange]:
    """A review waits for its answer, by a day where the place's rule sets one."""
    fact = event.data
    yield Upsert(
        Reviews, fact.bid_id, programme_id=fact.programme_id, funder_id=fact.funder_id,
        organisation_id=fact.organisation_id, grounds=_ref(fact.grounds), answer_due_on=fact.answer_due_on,
    )  # fmt: skip
    if fact.answer_due_on:
        yield SetTimer(
            REVIEW_OVERDUE, f"{fact.programme_id} {fact.bid_id}", due_on=fact.answer_due_on + timedelta(days=1)
        )  # fmt: skip


@projections.of(panels.DecisionReviewOverdue)
def show_overdue(event: Recorded[panels.DecisionReviewOverdue]) -> Iterator[RowChange]:
    """The funder is late with its answer."""
    yield Upsert(Reviews, event.data.bid_id, overdue=True)
    yield ClearTimer(REVIEW_OVERDUE, f"{event.data.programme_id} {event.data.bid_id}")


@projections.of(panels.DecisionReviewAnswered)
def show_answer(event: Recorded[panels.DecisionReviewAnswered]) -> Iterator[RowChange]:
    """The bidder reads the answer (Compact 3.3.2)."""
    fact = event.data
    yield Upsert(
        Reviews, fact.bid_id, outcome=fact.outcome.value, answer=_ref(fact.answer), answered_by=fact.answered_by,
        late=fact.late,
    )  # fmt: skip
    yield ClearTimer(REVIEW_OVERDUE, f"{fact.programme_id} {fact.bid_id}")
