"""The funder verifies opened bids against the published criteria; a document can be put right in a few working days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from contracts.envelope import DocumentRef
from contracts.funding import (
    BidDocumentPutRight,
    BidDocumentRequested,
    BidFoundEligible,
    BidFoundIneligible,
    BidSubmitted,
    RationalePart,
)
from contracts.place import Place
from services.funding.gates import Warned, citation, done_already, in_words, malformed, rules_on, stop, warnings
from services.funding.opened_bids import Opened
from services.runtime.calendar import add_working_days, end_of_london_day, london_date
from services.runtime.decisions import Command, Decision, Rejection, unknown

VERIFIERS = ("commissioner", "body_officer")


@dataclass(frozen=True, kw_only=True)
class OnOpenedBid(Command):
    """A step of the funder on an opened bid; even its refusal is sealed until the results are out."""

    subject: ClassVar[str] = "bid_id"
    sealed: ClassVar[bool] = True
    bid_id: str
    programme_id: str


@dataclass(frozen=True, kw_only=True)
class RequestDocument(OnOpenedBid):
    """Ask a bidder to put a document right, with reasons."""

    criterion_id: str
    reasons: DocumentRef
    due_on: date | None = None
    """A later day than the place's rule gives, or the day where the place has no rule."""


@dataclass(frozen=True, kw_only=True)
class PutDocumentRight(Command):
    """Hand in, as the bidder, the document that was asked for."""

    subject: ClassVar[str] = "bid_id"
    bid_id: str
    programme_id: str
    criterion_id: str
    document: DocumentRef


@dataclass(frozen=True, kw_only=True)
class FindEligible(OnOpenedBid):
    """Find every published criterion met, each with its reason."""

    checked: tuple[RationalePart, ...]


@dataclass(frozen=True, kw_only=True)
class FindIneligible(OnOpenedBid):
    """Find a published criterion not met, with reasons."""

    criterion_id: str
    reasons: DocumentRef


def request_document(facts: Opened, command: RequestDocument, place: Place) -> Decision:
    """Give the bidder working days to put a document right (Compact 3.3.8)."""
    bid = _verifiable(facts, command)
    if isinstance(bid, Rejection):
        return bid
    if (bid.bid_id, command.criterion_id) in facts.requested:
        return []
    if not _published(facts, command.criterion_id):
        return unknown("criterion", command.criterion_id)
    rules, today = rules_on(place, command.now), london_date(command.now)
    rule = rules.eligibility
    legal = add_working_days(today, rule.put_right_working_days, rules.calendar) if rule else today
    due_on = max(legal, command.due_on or legal)
    if due_on <= today:
        return malformed("due_on_missing", "This place has no rule for it: name a later day on which it is due.")
    return [
        BidDocumentRequested(
            bid_id=bid.bid_id,
            programme_id=bid.programme_id,
            organisation_id=bid.organisation_id,
            criterion_id=command.criterion_id,
            reasons=command.reasons,
            due_on=due_on,
            calendar_version=rules.calendar.version if rule else "",
            citation=rule.citation if rule else None,
            opens=(command.reasons,),
        )
    ]


def put_document_right(facts: Opened, command: PutDocumentRight, place: Place) -> Decision:
    """Take the bidder's document until the end of its last day in London (Compact 3.3.8)."""
    bid, key = facts.standing(command.bid_id), (command.bid_id, command.criterion_id)
    if bid is None or bid.organisation_id != command.actor.organisation or key not in facts.requested:
        return unknown("document_request", command.criterion_id)
    if (there := facts.put_right.get(key)) and there.document.hash == command.document.hash:
        return []
    if command.now >= end_of_london_day(facts.requested[key]):
        return _put_right_late(facts, command, place)
    return [
        BidDocumentPutRight(
            bid_id=bid.bid_id,
            programme_id=bid.programme_id,
            organisation_id=bid.organisation_id,
            criterion_id=command.criterion_id,
            document=command.document,
        )
    ]


def find_eligible(facts: Opened, command: FindEligible, place: Place) -> Decision:
    """Find a bid eligible, with a reason under every published criterion (Compact 3.3.8)."""
    bid = _verifiable(facts, command)
    if isinstance(bid, Rejection):
        return bid
    if there := facts.eligible.get(command.bid_id):
        return done_already(there.verified_by, command, place, "found_already", "This bid was found eligible")
    if refused := facts.member_missing(bid) or _strange(facts, command.checked):
        return refused
    gate = _each_criterion(facts, command, place)
    if isinstance(gate, Rejection):
        return gate
    found = BidFoundEligible(
        bid_id=bid.bid_id,
        programme_id=bid.programme_id,
        checked=command.checked,
        verified_by=place.principal(command.actor.person),
    )
    return [found, *warnings(gate, command, f"bid:{command.bid_id}")]


def find_ineligible(facts: Opened, command: FindIneligible, place: Place) -> Decision:
    """Find a criterion not met, only after the bidder's days to put its document right (Compact 3.3.8)."""
    bid = _verifiable(facts, command)
    if isinstance(bid, Rejection):
        return bid
    if there := facts.ineligible.get(command.bid_id):
        return done_already(there.verified_by, command, place, "found_already", "This bid was found ineligible")
    if not _published(facts, command.criterion_id):
        return unknown("criterion", command.criterion_id)
    gate = _days_to_put_right(facts, command, place)
    if isinstance(gate, Rejection):
        return gate
    found = BidFoundIneligible(
        bid_id=bid.bid_id,
        programme_id=bid.programme_id,
        criterion_id=command.criterion_id,
        reasons=command.reasons,
        verified_by=place.principal(command.actor.person),
    )
    return [found, *warnings(gate, command, f"bid:{command.bid_id}")]


def _verifiable(facts: Opened, command: OnOpenedBid) -> BidSubmitted | Rejection:
    if command.actor.role not in VERIFIERS:
        return Rejection("not_yours_to_do", f"Only {' or '.join(VERIFIERS)} verifies eligibility.", status=403)
    bid = facts.opened_bid(command.bid_id, command.actor.organisation)
    if isinstance(bid, Rejection):
        return bid
    if refused := _found_otherwise(facts, command):
        return refused
    return bid


def _found_otherwise(facts: Opened, command: OnOpenedBid) -> Rejection | None:
    """The refusal, with who found it, of whoever would find otherwise; who finds the same is answered by the step."""
    eligible, ineligible = facts.eligible.get(command.bid_id), facts.ineligible.get(command.bid_id)
    there = (None if isinstance(command, FindEligible) else eligible) or (
        None if isinstance(command, FindIneligible) else ineligible
    )
    if there is None:
        return None
    found = f"This bid was found {'eligible' if eligible else 'ineligible'} already, by {there.verified_by}"
    return Rejection("eligibility_already_found", f"{found}; that stands.")


def _published(facts: Opened, criterion_id: str) -> bool:
    return criterion_id in {criterion.id for criterion in facts.programme.eligibility}


def _strange(facts: Opened, checked: Iterable[RationalePart]) -> Rejection | None:
    strange = [part.criterion_id for part in checked if not _published(facts, part.criterion_id)]
    return (
        malformed("criterion_unknown", f"Not an eligibility criterion here: {', '.join(strange)}.") if strange else None
    )


def _each_criterion(facts: Opened, command: FindEligible, place: Place) -> Rejection | Warned | None:
    answered = {part.criterion_id for part in command.checked}
    missing = [criterion.id for criterion in facts.programme.eligibility if criterion.id not in answered]
    if not missing:
        return None
    return stop(
        place, rules_on(place, command.now).eligibility, facts.programme.funder_id, command.now,
        Rejection(
            "verification_incomplete", f"No reason is given under: {', '.join(missing)}.",
            remedy="Say under each published criterion why it counts as met.",
        ),
    )  # fmt: skip


def _days_to_put_right(facts: Opened, command: FindIneligible, place: Place) -> Rejection | Warned | None:
    key = (command.bid_id, command.criterion_id)
    due_on = facts.requested.get(key)
    if due_on and (key in facts.put_right or command.now >= end_of_london_day(due_on)):
        return None
    refusal = (
        Rejection("put_right_days_running", f"The bidder has until the end of {due_on:%-d %B %Y} to put it right.",
                  remedy="Wait for its document, or until that day has passed.")
        if due_on
        else Rejection("document_not_requested", "The bidder was not asked to put its document right.",
                       remedy="Request the document first, with reasons.")
    )  # fmt: skip
    return stop(place, rules_on(place, command.now).eligibility, facts.programme.funder_id, command.now, refusal)


def _put_right_late(facts: Opened, command: PutDocumentRight, place: Place) -> Rejection:
    rule = rules_on(place, command.now).eligibility
    due_on = facts.requested[command.bid_id, command.criterion_id]
    return Rejection(
        "put_right_late",
        f"The document was due by the end of {due_on:%-d %B %Y}; this came at {in_words(command.now)}.",
        citation(place, rule, facts.programme.funder_id, command.now, facts.cite("eligibility")),
        "Write to the funder.",
    )
