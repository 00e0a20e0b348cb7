"""Claims of partner bodies: taken once each, in the order of their topic, and turned into a step of funding's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from contracts.bodies import EffectReported
from contracts.change_gates import ClaimNotTaken, ClaimReceived, PartnerEffectReported
from contracts.envelope import Event
from contracts.place import Place
from services.funding.change_case import AboutChange, Case
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class TakeClaim(Command):
    """A record stands on the topic of a body; `claim` is what it says, or `fault` why it says nothing."""

    subject: ClassVar[str] = "claim_key"
    claim_key: str
    body_id: str
    topic: str
    offset: int
    content_hash: str
    claim: EffectReported | None = None
    fault: str = ""


@dataclass(frozen=True, kw_only=True)
class ReportEffect(AboutChange):
    """A body says what a disclosed change would do to its own work."""

    people: int | None
    referrals_a_year: int | None


@dataclass
class Claims:
    """What was taken under one source and id."""

    folds: ClassVar[tuple[type[Event], ...]] = (ClaimReceived, ClaimNotTaken)
    hashes: set[str] = field(default_factory=set)
    refused: set[tuple[str, int]] = field(default_factory=set)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one record."""
        match event.data:
            case ClaimReceived() as received:
                self.hashes.add(received.content_hash)
            case ClaimNotTaken() as refused:
                self.refused.add((refused.topic, refused.offset))


def facts_of(command: TakeClaim) -> Query[Claims]:
    """What stands under this source and id."""
    return Query(Item(f"claim:{command.claim_key}"), fold=Claims)


def take(facts: Claims, command: TakeClaim, place: Place) -> Decision:
    """Take a claim once; what is unreadable, not the body's, or another thing under a known id is not taken."""
    if command.claim is not None and command.content_hash in facts.hashes:
        return []
    fault = command.fault or ("another_under_this_id" if facts.hashes else "")
    if command.claim is None or fault:
        return [] if (command.topic, command.offset) in facts.refused else [_not_taken(command, fault)]
    return [
        ClaimReceived(
            claim_key=command.claim_key, body_id=command.body_id, topic=command.topic, offset=command.offset,
            content_hash=command.content_hash, **command.claim.model_dump(),
        )
    ]  # fmt: skip


def report_effect(facts: Case, command: ReportEffect, place: Place) -> Decision:
    """Put a body's effect before the decider, once the change was disclosed to it (Compact 3.4.2)."""
    proposed = facts.proposed
    bodies = [place.stands_in(one) for one in (command.actor.organisation, proposed.funder_id)] if proposed else []
    if proposed is None or not facts.disclosed or bodies[0] == bodies[1]:
        return unknown("change", command.change_id)
    if facts.settled:
        return Rejection("change_settled", "This change is decided or no longer stands.")
    return [
        PartnerEffectReported(
            change_id=proposed.change_id, agreement_id=proposed.agreement_id, funder_id=proposed.funder_id,
            organisation_id=facts.organisation_id, body_id=command.actor.organisation, people=command.people,
            referrals_a_year=command.referrals_a_year,
        )
    ]  # fmt: skip


def _not_taken(command: TakeClaim, fault: str) -> ClaimNotTaken:
    return ClaimNotTaken(
        claim_key=command.claim_key, topic=command.topic, offset=command.offset, reason=fault,
        content_hash=command.content_hash,
    )  # fmt: skip
