"""Commands about terms to decisions."""

from __future__ import annotations

from services.funding import terms_setting
from services.runtime.unit import Outcome, Unit


async def reason_term(unit: Unit, command: terms_setting.ReasonTerm) -> Outcome:
    """Set the term beside the time that the outcome takes (Compact 3.3.3)."""
    return await unit.decide(terms_setting.facts_of(command), terms_setting.reason_term, command)


async def choose_financing(unit: Unit, command: terms_setting.ChooseFinancing) -> Outcome:
    """Choose the financing model, knowing how large the organisation is, which the draft names (Compact 3.3.7)."""
    known = await unit.look(terms_setting.facts_of(command))
    organisation = known.drafted.organisation_id if known.drafted else ""
    facts = terms_setting.facts_of(command, organisation)
    return await unit.decide(facts, terms_setting.choose_financing, command)


async def allocate_risks(unit: Unit, command: terms_setting.AllocateRisks) -> Outcome:
    """Give each risk an owner (Compact 3.3.6)."""
    return await unit.decide(terms_setting.facts_of(command), terms_setting.allocate_risks, command)


async def give_risk_views(unit: Unit, command: terms_setting.GiveRiskViews) -> Outcome:
    """Take the organisation's view on each risk (Compact 3.3.6)."""
    return await unit.decide(terms_setting.facts_of(command), terms_setting.give_risk_views, command)


async def draft_clauses(unit: Unit, command: terms_setting.DraftClauses) -> Outcome:
    """Draft the clauses (Compact 3.1.1)."""
    return await unit.decide(terms_setting.facts_of(command), terms_setting.draft_clauses, command)


async def confirm_part(unit: Unit, command: terms_setting.ConfirmAgreementPart) -> Outcome:
    """Confirm a member's part, share and risks (Compact 3.3.6)."""
    return await unit.decide(terms_setting.facts_of(command), terms_setting.confirm_part, command)
