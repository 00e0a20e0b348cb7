"""Requests of the funder about opened bids: eligibility verified, documents asked for, awards decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Response

from contracts.funding import BidDocumentRequested, RationalePart
from services.funding import handlers, queries
from services.funding.awards import ApproveAward, DeclineBid
from services.funding.eligibility import VERIFIERS, FindEligible, FindIneligible, OnOpenedBid, RequestDocument
from services.funding.forms import ApprovalForm, DocumentRequestForm, EligibleForm, IneligibleForm, RefusalForm
from services.runtime.http import Asked, asked_by
from services.runtime.unit import Outcome

C = TypeVar("C", bound=OnOpenedBid)
router = APIRouter(tags=["decisions"])

Verifier = Annotated[Asked, asked_by(*VERIFIERS)]
Decider = Annotated[Asked, asked_by("decider")]
Answerer = Annotated[Asked, asked_by("decider", "finance", *queries.OVERSEERS)]


@router.post("/bids/{bid_id}/document-requests", status_code=201)
async def request_document(bid_id: str, form: DocumentRequestForm, asked: Verifier) -> Response:
    """Ask a bidder to put a document right, with reasons (Sutton Compact 3.3.8)."""
    command = await _about(
        RequestDocument, asked, bid_id, criterion_id=form.criterion_id, due_on=form.due_on,
        reasons=await asked.keep_text("reasons", form.reasons.encode()),
    )  # fmt: skip
    return await asked.perform(handlers.request_document, command, lambda outcome: _requested(command, outcome))


@router.post("/bids/{bid_id}/eligible")
async def find_eligible(bid_id: str, form: EligibleForm, asked: Verifier) -> Response:
    """Find a bid eligible, with a reason under every published criterion (Sutton Compact 3.3.8)."""
    command = await _about(FindEligible, asked, bid_id, checked=await _parts(asked, form.reasons))
    return await asked.perform(handlers.find_eligible, command, lambda _: {"bid_id": bid_id, "eligible": True})


@router.post("/bids/{bid_id}/ineligible")
async def find_ineligible(bid_id: str, form: IneligibleForm, asked: Verifier) -> Response:
    """Find a criterion not met, with reasons, after the days to put it right (Sutton Compact 3.3.8)."""
    reasons = await asked.keep_text("reasons", form.reasons.encode())
    command = await _about(FindIneligible, asked, bid_id, criterion_id=form.criterion_id, reasons=reasons)
    return await asked.perform(handlers.find_ineligible, command, lambda _: {"bid_id": bid_id, "eligible": False})


@router.post("/bids/{bid_id}/approve")
async def approve_award(bid_id: str, form: ApprovalForm, asked: Decider) -> Response:
    """Approve an award within limit and money, with its rationale (Sutton Compact 3.3.2)."""
    row = await queries.opened_bid(asked, bid_id)
    command = await _about(
        ApproveAward, asked, bid_id, organisation_id=row["organisation_id"], amounts=form.awarded(),
        rationale=await _parts(asked, form.rationale),
    )  # fmt: skip
    return await asked.perform(handlers.approve_award, command, lambda _: {"bid_id": bid_id, "decided": True})


@router.post("/bids/{bid_id}/decline")
async def decline_bid(bid_id: str, form: RefusalForm, asked: Decider) -> Response:
    """Decline a bid, with its rationale (Sutton Compact 3.3.2)."""
    row = await queries.opened_bid(asked, bid_id)
    command = await _about(
        DeclineBid, asked, bid_id, organisation_id=row["organisation_id"],
        rationale=await _parts(asked, form.rationale),
    )  # fmt: skip
    return await asked.perform(handlers.decline_bid, command, lambda _: {"bid_id": bid_id, "decided": True})


@router.get("/decisions-in-doubt")
async def decisions_in_doubt(asked: Answerer) -> dict[str, Any]:
    """Decisions that a fact would have stopped had it come in time; a person must answer."""
    return await queries.doubts(asked)


async def _about(command: type[C], asked: Asked, bid_id: str, **particulars: Any) -> C:
    row = await queries.opened_bid(asked, bid_id)
    ids = {"bid_id": bid_id, "programme_id": row["programme_id"]}
    return command(actor=asked.actor, now=asked.now, **ids, **particulars)


async def _parts(asked: Asked, reasons: Mapping[str, str]) -> tuple[RationalePart, ...]:
    return tuple(
        [
            RationalePart(criterion_id=one, document=await asked.keep_text(f"rationale {one}", words.encode()))
            for one, words in reasons.items()
        ]
    )


def _requested(command: RequestDocument, outcome: Outcome) -> dict[str, Any]:
    due = [event.due_on for event in outcome.events if isinstance(event, BidDocumentRequested)]
    return {"bid_id": command.bid_id, "criterion_id": command.criterion_id, "due_on": due[0] if due else None}
