"""Requests to decisions: load, decide, append."""

from __future__ import annotations

from services.partners import landing, managers, offices, organisations, rules, signatories
from services.partners.register import whole_register
from services.runtime.unit import Outcome, Unit


async def adopt_rules(unit: Unit, command: rules.AdoptRules) -> Outcome:
    """Adopt a place's rules."""
    return await unit.decide(rules.facts_of(command), rules.adopt, command)


async def join_signatories(unit: Unit, command: signatories.JoinSignatories) -> Outcome:
    """Bind a body."""
    return await unit.decide(signatories.facts_of(command), signatories.join, command)


async def leave_signatories(unit: Unit, command: signatories.LeaveSignatories) -> Outcome:
    """Release a body."""
    return await unit.decide(signatories.facts_of(command), signatories.leave, command)


async def register_organisation(unit: Unit, command: organisations.RegisterOrganisation) -> Outcome:
    """Enter an organisation."""
    return await unit.decide(organisations.all_of(command), organisations.register, command)


async def change_details(unit: Unit, command: organisations.ChangeDetails) -> Outcome:
    """Change what the register says of an organisation."""
    return await unit.decide(organisations.all_of(command), organisations.change_details, command)


async def verify_organisation(unit: Unit, command: organisations.VerifyOrganisation) -> Outcome:
    """Note a look-up in a public register."""
    return await unit.decide(organisations.facts_of(command), organisations.verify, command)


async def suspend_organisation(unit: Unit, command: organisations.SuspendOrganisation) -> Outcome:
    """Suspend an organisation."""
    return await unit.decide(organisations.facts_of(command), organisations.suspend, command)


async def reinstate_organisation(unit: Unit, command: organisations.ReinstateOrganisation) -> Outcome:
    """End a suspension."""
    return await unit.decide(organisations.facts_of(command), organisations.reinstate, command)


async def dissolve_organisation(unit: Unit, command: organisations.DissolveOrganisation) -> Outcome:
    """Note that an organisation no longer exists."""
    return await unit.decide(organisations.facts_of(command), organisations.dissolve, command)


async def succeed_organisation(unit: Unit, command: organisations.SucceedOrganisation) -> Outcome:
    """Note a successor."""
    return await unit.decide(organisations.succession_of(command), organisations.succeed, command)


async def import_organisations(unit: Unit, command: landing.ImportOrganisations) -> Outcome:
    """Take the rows of a file into the register, all in one append."""
    return await unit.decide(whole_register(), landing.land, command)


async def appoint_office_holder(unit: Unit, command: offices.AppointOfficeHolder) -> Outcome:
    """Appoint a person to an office."""
    return await unit.decide(offices.facts_of(command), offices.appoint, command)


async def remove_office_holder(unit: Unit, command: offices.RemoveOfficeHolder) -> Outcome:
    """End a person's office."""
    return await unit.decide(offices.facts_of(command), offices.remove, command)


async def erase_person(unit: Unit, command: offices.ErasePerson) -> Outcome:
    """Have what is kept to reach a person erased."""
    return await unit.decide(offices.person_of(command), offices.erase, command)


async def nominate_manager(unit: Unit, command: managers.NominateManager) -> Outcome:
    """Name the commissioning manager of an agreement."""
    return await unit.decide(managers.facts_of(command), managers.nominate, command)


async def replace_manager(unit: Unit, command: managers.ReplaceManager) -> Outcome:
    """Name another commissioning manager."""
    return await unit.decide(managers.facts_of(command), managers.replace, command)
