"""Requests of bidders: check, submit, withdraw, confirm a part, read one's own, put a document right."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response

from services.funding import handlers, queries
from services.funding.bids import ConfirmPart, SubmitBid, WithdrawBid, receipt_number
from services.funding.drafts import CheckBid
from services.funding.eligibility import PutDocumentRight
from services.funding.forms import BidForm, DocumentForm, PartForm
from services.funding.gates import FUNDER_ROLES
from services.funding.panel_facts import PANEL_MEMBER
from services.funding.reading_panels import REVIEWER
from services.runtime.decisions import Rejection
from services.runtime.http import Asked, asked_by
from services.runtime.unit import Outcome, Unit

router = APIRouter(tags=["bids"])

Bidder = Annotated[Asked, asked_by(queries.VCO)]
InTime = Annotated[Asked, asked_by(queries.VCO, deadline="programme_id")]
Reader = Annotated[Asked, asked_by(queries.VCO, *FUNDER_ROLES, PANEL_MEMBER, REVIEWER)]


@router.post("/programmes/{programme_id}/bids/check")
async def check_bid(programme_id: str, form: BidForm, asked: Bidder) -> Response:
    """See every fault of a draft; nothing is recorded (Sutton Compact 3.3.8)."""
    found: list[Rejection] = []
    command = CheckBid(actor=asked.actor, now=asked.now, programme_id=programme_id, draft=form.draft())

    async def check(unit: Unit, looked: CheckBid) -> Outcome:
        return await handlers.check_bid(unit, looked, found)

    return await asked.perform(check, command, lambda _: {"faults": [_fault(one) for one in found]})


@router.post("/programmes/{programme_id}/bids", status_code=201)
async def submit_bid(programme_id: str, form: BidForm, asked: InTime) -> Response:
    """Hand in a bid; the answer is its receipt (SPP2)."""
    document = await asked.keep_text("bid", form.model_dump_json().encode(), "application/json")
    command = SubmitBid(
        actor=asked.actor, now=asked.now, programme_id=programme_id, bid_id=asked.new_id("bid"), draft=form.draft(),
        document=document,
    )  # fmt: skip
    salt = await asked.running.documents.salt_of(document)
    receipt = {
        "number": receipt_number(command.bid_id), "received_at": command.now.isoformat(),
        "document_hash": document.hash, "document_salt": salt,
    }  # fmt: skip
    return await asked.perform(handlers.submit_bid, command, lambda _: {"bid_id": command.bid_id, "receipt": receipt})


@router.post("/bids/{bid_id}/withdraw")
async def withdraw_bid(bid_id: str, asked: Bidder) -> Response:
    """Take a bid back before closing (SPP2)."""
    row = await queries.own_bid(asked, bid_id)
    command = WithdrawBid(actor=asked.actor, now=asked.now, bid_id=bid_id, programme_id=row["programme_id"])
    return await asked.perform(
        handlers.withdraw_bid, command, lambda _: {"bid_id": bid_id, "withdrawn": True},
        deadline=f"programme:{command.programme_id}",
    )  # fmt: skip


@router.get("/bids/{bid_id}/part")
async def part(bid_id: str, asked: Bidder) -> dict[str, Any]:
    """What a member of a consortium may know of the bid that names it: its own part."""
    return await queries.bid_as_member(asked, bid_id)


@router.post("/bids/{bid_id}/part/confirm")
async def confirm_part(bid_id: str, form: PartForm, asked: Bidder) -> Response:
    """Confirm, as a member of a consortium, its part and share before closing (Sutton Compact 3.3.6)."""
    row = await queries.bid_as_member(asked, bid_id)
    command = ConfirmPart(
        actor=asked.actor, now=asked.now, bid_id=bid_id, programme_id=row["programme_id"],
        share_pounds=form.share_pounds,
    )  # fmt: skip
    return await asked.perform(
        handlers.confirm_part, command, lambda _: {"bid_id": bid_id, "confirmed": True},
        deadline=f"programme:{command.programme_id}",
    )  # fmt: skip


@router.get("/receipts")
async def receipts(asked: Bidder) -> dict[str, Any]:
    """One's own receipts, page by page."""
    return await queries.receipts(asked)


@router.get("/bids/{bid_id}")
async def bid(bid_id: str, asked: Reader) -> dict[str, Any]:
    """A bid: its bidder's own at any time, its funder's once two people opened it."""
    row = await queries.bid(asked, bid_id)
    content = {name: queries.loaded(row[name]) for name in ("lines", "outcomes")}
    document = queries.reference(row["document"])
    return {
        **queries.without(row, "document", "submitted_by", "funder_id", "announced_at"),
        **content,
        "document_hash": document.hash if document else None,
    }


@router.get("/bids/{bid_id}/document")
async def bid_document(bid_id: str, asked: Reader) -> Response:
    """The whole bid as it was handed in."""
    return await _document(asked, (await queries.bid(asked, bid_id))["document"], bid_id)


@router.get("/bids/{bid_id}/document-requests")
async def document_requests(bid_id: str, asked: Reader) -> list[dict[str, Any]]:
    """What a bidder was asked to put right, and by when."""
    rows = await queries.document_requests(asked, bid_id)
    return [
        {"criterion_id": row["criterion_id"], "due_on": row["due_on"], "put_right": bool(row["document"])}
        for row in rows
    ]


@router.get("/bids/{bid_id}/document-requests/{criterion_id}/{which}")
async def request_document_text(bid_id: str, criterion_id: str, which: str, asked: Reader) -> Response:
    """The `reasons` of a request, or the `document` that was put right."""
    for row in await queries.document_requests(asked, bid_id):
        if row["criterion_id"] == criterion_id and which in ("reasons", "document"):
            return await _document(asked, row[which], criterion_id)
    raise asked.not_found("document_request", criterion_id)


@router.post("/bids/{bid_id}/document-requests/{criterion_id}/document", status_code=201)
async def put_document_right(bid_id: str, criterion_id: str, form: DocumentForm, asked: Bidder) -> Response:
    """Hand in the document that was asked for, by the end of its last day (Sutton Compact 3.3.8)."""
    row = await queries.own_bid(asked, bid_id)
    command = PutDocumentRight(
        actor=asked.actor, now=asked.now, bid_id=bid_id, programme_id=row["programme_id"], criterion_id=criterion_id,
        document=await asked.keep_text("document", form.text.encode()),
    )  # fmt: skip
    return await asked.perform(
        handlers.put_document_right, command, lambda _: {"bid_id": bid_id, "criterion_id": criterion_id},
        deadline=f"bid:{bid_id}",
    )  # fmt: skip


@router.get("/bids/{bid_id}/rationale")
async def rationale(bid_id: str, asked: Reader) -> dict[str, Any]:
    """Under which criteria reasons were given, once the results are out (Sutton Compact 3.3.2)."""
    return {"criterion_ids": sorted(await queries.reasons_given(asked, bid_id))}


@router.get("/bids/{bid_id}/rationale/{criterion_id}")
async def rationale_part(bid_id: str, criterion_id: str, asked: Reader) -> Response:
    """The reason under one criterion, unaltered (Sutton Compact 3.3.2)."""
    ref = (await queries.reasons_given(asked, bid_id)).get(criterion_id)
    if ref is None:
        raise asked.not_found("criterion", criterion_id)
    return await asked.document(ref)


async def _document(asked: Asked, value: Any, which: str) -> Response:
    ref = queries.reference(value)
    if ref is None:
        raise asked.not_found("document", which)
    return await asked.document(ref)


def _fault(fault: Rejection) -> dict[str, Any]:
    return {
        "code": fault.code,
        "detail": fault.sentence,
        "citation": fault.citation.model_dump() if fault.citation else None,
        "remedy": fault.remedy,
    }
