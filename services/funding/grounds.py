"""Changing the ground of a proposed change: it is proposed anew, and every step starts again (Sutton Compact 3.4.1)."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.envelope import DocumentRef
from contracts.funding import ChangeGround
from contracts.place import Place
from contracts.rules import Citation
from services.funding.change_case import AboutChange, Case
from services.funding.change_decisions import withdrawal
from services.funding.changes import PROPOSERS, budget_decision_missing
from services.funding.gates import only, warnings
from services.runtime.decisions import Decision, Rejection


@dataclass(frozen=True, kw_only=True)
class ChangeTheGround(AboutChange):
    """Put a proposal on another ground, with its reasons."""

    new_change_id: str
    ground: ChangeGround
    reasons: DocumentRef
    budget_decision: Citation | None = None


def change_the_ground(facts: Case, command: ChangeTheGround, place: Place) -> Decision:
    """Withdraw the proposal and make it anew: told, assessed and discussed from the beginning (Compact 3.4.1)."""
    proposed = facts.open_for(command)
    if isinstance(proposed, Rejection):
        return proposed
    refused = only(command, PROPOSERS, proposed.funder_id)
    gate = budget_decision_missing(command, command.ground, command.budget_decision, place)
    if refused:
        return refused
    if isinstance(gate, Rejection):
        return gate
    person = place.principal(command.actor.person)
    anew = {
        "change_id": command.new_change_id, "organisation_id": facts.organisation_id, "ground": command.ground,
        "reasons": command.reasons, "opens": (command.reasons,), "budget_decision": command.budget_decision,
        "restarts": proposed.change_id, "proposed_by": person, "proposer_role": command.actor.role,
    }  # fmt: skip
    return [
        *withdrawal(facts, proposed, command, place, command.new_change_id),
        proposed.model_copy(update=anew),
        *warnings(gate, command, f"change:{command.new_change_id}"),
    ]
