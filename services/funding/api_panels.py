"""Requests about panels: appointed, interests declared, bids scored, proposers met, recommended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Response

from contracts.panels import CriterionScore, OrganisationInterest, PanelInterestDeclared, PanelRecommended
from services.funding import handlers_panels, queries, reading_panels
from services.funding.forms_panels import (
    AsideForm,
    InterestsForm,
    MeetingForm,
    PanelForm,
    RecommendationForm,
    ScoresForm,
)
from services.funding.gates import FUNDER_ROLES
from services.funding.panel_facts import PANEL_MEMBER
from services.funding.panels import AppointPanel, DeclareInterests, StandAside
from services.funding.recommending import Recommend
from services.funding.scoring import MeetProposer, ScoreBid
from services.runtime.http import Asked, asked_by
from services.runtime.journal import Record
from services.runtime.unit import Outcome

router = APIRouter(tags=["panels"])

Commissioner = Annotated[Asked, asked_by("commissioner")]
Member = Annotated[Asked, asked_by(PANEL_MEMBER)]
Clerk = Annotated[Asked, asked_by(PANEL_MEMBER, "commissioner")]
Reader = Annotated[Asked, asked_by(PANEL_MEMBER, *FUNDER_ROLES)]


@router.post("/programmes/{programme_id}/panel", status_code=201)
async def appoint_panel(programme_id: str, form: PanelForm, asked: Commissioner) -> Response:
    """Appoint the panel of a round once its bids are opened, or refill it (Sutton Compact 3.1.6)."""
    members = tuple(one.member() for one in form.members)
    command = AppointPanel(actor=asked.actor, now=asked.now, programme_id=programme_id, members=members)
    return await asked.perform(
        handlers_panels.appoint_panel, command, lambda _: {"programme_id": programme_id, "members": len(members)}
    )


@router.get("/programmes/{programme_id}/panel")
async def panel(programme_id: str, asked: Reader) -> dict[str, Any]:
    """Who sits on the panel of a round; for its funder and its members."""
    await _concerned(asked, programme_id)
    rows = await asked.rows(
        "select person_id, organisation_id, sector from panel_members where programme_id = $1 and not aside"
        " order by person_id",
        programme_id,
    )
    return {"programme_id": programme_id, "members": [dict(row) for row in rows]}


@router.get("/programmes/{programme_id}/panel/interests")
async def interests(programme_id: str, asked: Member) -> dict[str, Any]:
    """For whom a member has to declare nil or an interest, and what it declared (Sutton Compact 3.1.6)."""
    if not await reading_panels.sits(asked, programme_id):
        raise asked.not_found("panel", programme_id)
    said = await reading_panels.declared_of(asked, programme_id)
    return {"interests": {one: said.get(one) for one in await reading_panels.parties(asked, programme_id)}}


@router.post("/programmes/{programme_id}/panel/interests")
async def declare_interests(programme_id: str, form: InterestsForm, asked: Member) -> Response:
    """Declare nil or an interest for each bidder and consortium member, before reading (Sutton Compact 3.1.6)."""
    command = DeclareInterests(
        actor=asked.actor, now=asked.now, programme_id=programme_id,
        interests=tuple(OrganisationInterest(organisation_id=one, interest=its) for one, its in form.interests.items()),
        nature=await asked.keep_text("interest", form.nature.encode()) if form.nature else None,
    )  # fmt: skip
    return await asked.perform(
        handlers_panels.declare_interests, command, lambda outcome: {"declared": len(_declared(outcome))}
    )


@router.post("/programmes/{programme_id}/panel/stand-aside")
async def stand_aside(programme_id: str, form: AsideForm, asked: Clerk) -> Response:
    """Leave the panel, or note as the commissioner that a member left it."""
    member = form.person_id or asked.actor.person
    command = StandAside(actor=asked.actor, now=asked.now, programme_id=programme_id, member=member)
    return await asked.perform(handlers_panels.stand_aside, command, lambda _: {"person_id": member})


@router.get("/programmes/{programme_id}/panel/bids")
async def bids(programme_id: str, asked: Member) -> dict[str, Any]:
    """The opened bids that a member may read: none before it declared, none in which it has an interest."""
    if not await reading_panels.sits(asked, programme_id):
        raise asked.not_found("panel", programme_id)
    rows = await asked.rows(
        "select bid_id, programme_id, organisation_id, member_ids from bids"
        " where programme_id = $1 and not sealed order by bid_id",
        programme_id,
    )
    return {"bids": [dict(row) for row in rows if await reading_panels.may_read(asked, dict(row))]}


@router.post("/bids/{bid_id}/scores", status_code=201)
async def score_bid(bid_id: str, form: ScoresForm, asked: Member) -> Response:
    """Score a bid under every criterion, each with its reason; the scores stand (Sutton Compact 3.1.6)."""
    scores = [
        CriterionScore(
            criterion_id=one, points=given.points, reason=await asked.keep_text(f"score {one}", given.reason.encode())
        )
        for one, given in form.scores.items()
    ]
    command = ScoreBid(
        actor=asked.actor, now=asked.now, bid_id=bid_id, programme_id=await _round_of(asked, bid_id),
        scores=tuple(scores),
    )  # fmt: skip
    return await asked.perform(handlers_panels.score_bid, command, lambda _: {"bid_id": bid_id, "scored": True})


@router.get("/bids/{bid_id}/scores")
async def scores(bid_id: str, asked: Reader) -> dict[str, Any]:
    """The scores of a bid: for a member once its own are in, for the funder once the panel recommended."""
    rows = await reading_panels.scores_of(asked, await queries.bid(asked, bid_id))
    return {"bid_id": bid_id, "scores": [one for row in rows for one in _shown(row)]}


@router.get("/bids/{bid_id}/scores/documents/{document_id}")
async def score_reason(bid_id: str, document_id: str, asked: Reader) -> Response:
    """The reason for a score, for whoever may read the score."""
    rows = await reading_panels.scores_of(asked, await queries.bid(asked, bid_id))
    for one in (one for row in rows for one in queries.loaded(row["scores"])):
        ref = queries.reference(one["reason"])
        if ref and ref.id == document_id:
            return await asked.document(ref)
    raise asked.not_found("document", document_id)


@router.post("/bids/{bid_id}/meetings", status_code=201)
async def meet_proposer(bid_id: str, form: MeetingForm, asked: Member) -> Response:
    """Record that the panel met a proposer: when, how long, who was there, and what was said."""
    command = MeetProposer(
        actor=asked.actor, now=asked.now, bid_id=bid_id, programme_id=await _round_of(asked, bid_id),
        met_on=form.met_on, minutes=form.minutes, present=form.present,
        note=await asked.keep_text("meeting", form.note.encode()),
    )  # fmt: skip
    return await asked.perform(handlers_panels.meet_proposer, command, lambda _: {"bid_id": bid_id, "met": True})


@router.get("/bids/{bid_id}/meetings")
async def meetings(bid_id: str, asked: Reader) -> dict[str, Any]:
    """When the panel met the proposer of a bid, for whoever may read the bid."""
    await queries.bid(asked, bid_id)
    rows = await asked.rows(
        "select met_on, minutes, present from proposer_meetings where bid_id = $1 order by met_on", bid_id
    )
    return {"bid_id": bid_id, "meetings": [dict(row) for row in rows]}


@router.post("/programmes/{programme_id}/recommendation", status_code=201)
async def recommend(programme_id: str, form: RecommendationForm, asked: Clerk) -> Response:
    """Recommend by the weighted scores, or say why not in their order (Sutton Compact 3.3.2)."""
    command = Recommend(
        actor=asked.actor, now=asked.now, programme_id=programme_id, bid_ids=form.bid_ids,
        departure=await asked.keep_text("departure", form.departure.encode()) if form.departure else None,
    )  # fmt: skip
    return await asked.perform(handlers_panels.recommend, command, lambda outcome: {"ranking": _ranked(outcome)})


@router.get("/programmes/{programme_id}/recommendation")
async def recommendation(programme_id: str, asked: Reader) -> dict[str, Any]:
    """What the panel recommends, for the funder's people and members without an interest."""
    funder = (await queries.programme(asked, programme_id))["funder_id"]
    row = await reading_panels.recommended(asked, programme_id)
    if row is None or not await reading_panels.may_read_recommendation(asked, programme_id, funder):
        raise asked.not_found("recommendation", programme_id)
    departure = queries.reference(row["departure"])
    return {
        "programme_id": programme_id, "ranking": queries.loaded(row["ranking"]),
        "recommended_by": row["recommended_by"], "departure_document_id": departure.id if departure else None,
    }  # fmt: skip


@router.get("/programmes/{programme_id}/recommendation/departure")
async def departure(programme_id: str, asked: Reader) -> Response:
    """Why the panel departs from the order of the scores."""
    funder = (await queries.programme(asked, programme_id))["funder_id"]
    row = await reading_panels.recommended(asked, programme_id)
    ref = queries.reference(row["departure"]) if row else None
    if ref is None or not await reading_panels.may_read_recommendation(asked, programme_id, funder):
        raise asked.not_found("recommendation", programme_id)
    return await asked.document(ref)


async def _concerned(asked: Asked, programme_id: str) -> None:
    funder = (await queries.programme(asked, programme_id))["funder_id"]
    of_funder = asked.actor.role in FUNDER_ROLES and asked.actor.organisation == funder
    if not of_funder and not await reading_panels.sits(asked, programme_id):
        raise asked.not_found("panel", programme_id)


async def _round_of(asked: Asked, bid_id: str) -> str:
    """The round of an opened bid, for a member of its panel; for anybody else the bid is not there."""
    rows = await asked.rows("select programme_id from bids where bid_id = $1 and not sealed", bid_id)
    if not rows or not await reading_panels.sits(asked, rows[0]["programme_id"]):
        raise asked.not_found("bid", bid_id)
    found: str = rows[0]["programme_id"]
    return found


def _shown(row: Record) -> Iterable[dict[str, Any]]:
    for one in queries.loaded(row["scores"]):
        yield {
            "person_id": row["person_id"], "criterion_id": one["criterion_id"], "points": one["points"],
            "reason_document_id": one["reason"]["id"],
        }  # fmt: skip


def _declared(outcome: Outcome) -> list[OrganisationInterest]:
    return [one for fact in outcome.events if isinstance(fact, PanelInterestDeclared) for one in fact.interests]


def _ranked(outcome: Outcome) -> list[dict[str, Any]]:
    made = [fact for fact in outcome.events if isinstance(fact, PanelRecommended)]
    return [one.model_dump() for fact in made for one in fact.ranking]
