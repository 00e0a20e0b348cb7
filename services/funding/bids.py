"""Bids as their bidders see them: submitted, joined by members, taken back; sealed until two people open them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from contracts.envelope import DocumentRef, Event
from contracts.funding import BidReceived, BidSubmitted, BidWithdrawn, ConsortiumMemberConfirmed
from contracts.place import Place
from services.funding.bidding import Bidding
from services.funding.drafts import CheckBid, Draft, faults
from services.funding.gates import in_words
from services.funding.register import of_organisations
from services.funding.rounds import of_programme
from services.runtime.decisions import Command, Decision, Item, Query, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class SubmitBid(Command):
    """Hand in a bid; `now` is the moment of its receipt."""

    subject: ClassVar[str] = "programme_id"
    programme_id: str
    bid_id: str
    draft: Draft
    document: DocumentRef


@dataclass(frozen=True, kw_only=True)
class WithdrawBid(Command):
    """Take a bid back before closing."""

    subject: ClassVar[str] = "bid_id"
    bid_id: str
    programme_id: str


@dataclass(frozen=True, kw_only=True)
class ConfirmPart(Command):
    """Confirm, for a member of a consortium, its part and share before closing (Compact 3.3.6)."""

    subject: ClassVar[str] = "bid_id"
    bid_id: str
    programme_id: str
    share_pounds: int


def facts_of_bidding(command: CheckBid | SubmitBid) -> Query[Bidding]:
    """The round, what the bidder has standing in it, and the standing of all who take part."""
    programme, bidder = f"programme:{command.programme_id}", command.actor.organisation
    return Query(
        of_programme(command.programme_id),
        Item(programme, f"organisation:{bidder}", only=(BidSubmitted, BidWithdrawn)),
        *([Item(f"bid:{command.bid_id}", only=(BidSubmitted,))] if isinstance(command, SubmitBid) else []),
        *of_organisations((bidder, *command.draft.member_ids)),
        fold=Bidding,
    )


def facts_of_bid(command: WithdrawBid | ConfirmPart) -> Query[Bidding]:
    """The round and this bid."""
    return Query(
        of_programme(command.programme_id),
        Item(f"bid:{command.bid_id}", only=(BidSubmitted, BidWithdrawn, ConsortiumMemberConfirmed)),
        fold=Bidding,
    )


def submit(facts: Bidding, command: SubmitBid, place: Place) -> Decision:
    """Take a bid in, sealed, with its receipt, unless a gate stands in the way (SPP2)."""
    if facts.published is None:
        return unknown("programme", command.programme_id)
    if bid := facts.bids.get(command.bid_id):
        return [] if bid.organisation_id == command.actor.organisation else unknown("bid", command.bid_id)
    found = faults(facts, command.draft, command, place)
    return found[0] if found else _taken_in(command)


def withdraw(facts: Bidding, command: WithdrawBid, place: Place) -> Decision:
    """Take a bid back; only its lead may, and only before closing (SPP2)."""
    bid = facts.bids.get(command.bid_id)
    if bid is None or bid.organisation_id != command.actor.organisation:
        return unknown("bid", command.bid_id)
    if command.bid_id in facts.withdrawn:
        return []
    if closed := _closed(facts, command.now, "A bid can be taken back"):
        return closed
    return [BidWithdrawn(bid_id=bid.bid_id, programme_id=bid.programme_id, organisation_id=bid.organisation_id)]


def confirm_part(facts: Bidding, command: ConfirmPart, place: Place) -> Decision:
    """Confirm a member's part with the very share that the bid names (Compact 3.3.6)."""
    bid, member = facts.standing(command.bid_id), command.actor.organisation
    part = next((part for part in bid.members if part.organisation_id == member), None) if bid else None
    if bid is None or part is None:
        return unknown("bid", command.bid_id)
    if (bid.bid_id, member) in facts.confirmed:
        return []
    if closed := _closed(facts, command.now, "A member can confirm its part"):
        return closed
    if part.share_pounds != command.share_pounds:
        return Rejection(
            "share_differs", "The share confirmed is not the share that the bid names.",
            facts.cite("consortium"), "Agree the share with the lead, who can withdraw the bid and submit it again.",
        )  # fmt: skip
    return [
        ConsortiumMemberConfirmed(
            bid_id=bid.bid_id,
            programme_id=bid.programme_id,
            organisation_id=member,
            share_pounds=part.share_pounds,
            confirmed_by=command.actor.person,
        )
    ]


def receipt_number(bid_id: str) -> str:
    """The number on a bid's receipt: always the same for the same bid, and telling nothing about it."""
    digits = hashlib.sha256(bid_id.encode()).hexdigest()[:12].upper()
    return f"R-{digits[:4]}-{digits[4:8]}-{digits[8:]}"


def _closed(facts: Bidding, moment: datetime, what: str) -> Rejection | None:
    if not facts.closed(moment):
        return None
    return Rejection(
        "bidding_closed", f"{what} until bidding closes; it closed at {in_words(facts.closes_at)}.",
        facts.cite("closing time"), "Write to the funder.",
    )  # fmt: skip


def _taken_in(command: SubmitBid) -> list[Event]:
    draft, received_at = command.draft, command.now
    return [
        BidSubmitted(
            bid_id=command.bid_id,
            programme_id=command.programme_id,
            organisation_id=command.actor.organisation,
            members=draft.members,
            member_ids=draft.member_ids,
            lines=draft.lines,
            outcomes=draft.outcomes,
            declared=tuple(criterion for criterion, met in draft.declarations if met),
            document=command.document,
            receipt_number=receipt_number(command.bid_id),
            received_at=received_at,
            submitted_by=command.actor.person,
            legal_basis_acknowledged=draft.legal_basis_acknowledged,
        ),
        BidReceived(
            bid_id=command.bid_id,
            programme_id=command.programme_id,
            content_hash=command.document.hash,
            received_at=received_at,
        ),
    ]
