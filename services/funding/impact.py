"""Whom a change affects, by the funder's and by the organisation's own count, and whether money goes elsewhere.

Counts below five never leave this module (Sutton Compact 3.4.2, 3.4.7, 3.5.1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.change_gates import GroupAffected, ImpactAssessed, OwnEstimateGiven, Part, ReallocationAssessed
from contracts.envelope import DocumentRef
from contracts.monitoring import FEWEST_COUNTED
from contracts.place import Place
from services.funding.change_case import AboutChange, Case
from services.funding.gates import only
from services.runtime.decisions import Decision, Rejection

ASSESSORS = ("commissioner", "commissioning_manager", "body_officer")
VCO = ("vco_representative",)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """How many people of one group, as somebody counted them; None where nobody knows."""

    group: str
    people: int | None


@dataclass(frozen=True, kw_only=True)
class Assessment(AboutChange):
    """Numbers by group, the effect on each in words, and what the organisation stands to lose."""

    groups: tuple[Counted, ...]
    parts: tuple[Part, ...]
    costs_jobs: bool
    share_of_income: int


@dataclass(frozen=True, kw_only=True)
class AssessImpact(Assessment):
    """The funder's assessment (Compact 3.4.2)."""


@dataclass(frozen=True, kw_only=True)
class GiveEstimate(Assessment):
    """The organisation's own estimate beside it (Compact 3.4.2)."""


@dataclass(frozen=True, kw_only=True)
class AssessReallocation(AboutChange):
    """Whether money has to go to another organisation serving the same group (Compact 3.4.2)."""

    needed: bool
    to_organisations: tuple[str, ...]
    reasons: DocumentRef


def assess(facts: Case, command: AssessImpact, place: Place) -> Decision:
    """Take the funder's numbers; whoever gives them cannot decide (Compact 3.4.2)."""
    proposed = facts.open_for(command)
    if isinstance(proposed, Rejection):
        return proposed
    return only(command, ASSESSORS, proposed.funder_id) or [
        ImpactAssessed(
            change_id=proposed.change_id,
            agreement_id=proposed.agreement_id,
            funder_id=proposed.funder_id,
            organisation_id=facts.organisation_id,
            groups=suppressed(command.groups),
            parts=command.parts,
            costs_jobs=command.costs_jobs,
            share_of_income=command.share_of_income,
            assessed_by=place.principal(command.actor.person),
        )
    ]


def estimate(facts: Case, command: GiveEstimate, place: Place) -> Decision:
    """Take the organisation's own numbers, shown to the decider beside the funder's (Compact 3.4.2, 3.4.7)."""
    proposed = facts.open_for(command)
    if isinstance(proposed, Rejection):
        return proposed
    return only(command, VCO, facts.organisation_id) or [
        OwnEstimateGiven(
            change_id=proposed.change_id,
            organisation_id=facts.organisation_id,
            groups=suppressed(command.groups),
            parts=command.parts,
            costs_jobs=command.costs_jobs,
            share_of_income=command.share_of_income,
            given_by=command.actor.person,
        )
    ]


def assess_reallocation(facts: Case, command: AssessReallocation, place: Place) -> Decision:
    """Answer whether the money has to go to somebody else who serves the same group (Compact 3.4.2)."""
    proposed = facts.open_for(command)
    if isinstance(proposed, Rejection):
        return proposed
    return only(command, ASSESSORS, proposed.funder_id) or [
        ReallocationAssessed(
            change_id=proposed.change_id,
            agreement_id=proposed.agreement_id,
            funder_id=proposed.funder_id,
            organisation_id=facts.organisation_id,
            needed=command.needed,
            to_organisations=command.to_organisations,
            reasons=command.reasons,
            assessed_by=place.principal(command.actor.person),
        )
    ]


def suppressed(counts: Iterable[Counted]) -> tuple[GroupAffected, ...]:
    """Counts as an event may carry them: none below five."""
    return tuple(_suppressed(one) for one in counts)


def _suppressed(count: Counted) -> GroupAffected:
    few = count.people is not None and count.people < FEWEST_COUNTED
    return GroupAffected(group=count.group, people=None if few else count.people, fewer_than_five=few)
