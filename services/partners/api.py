"""Requests to partners: rules adopted, signatories, the register and its import, office holders, managers."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response

from services.partners import api_concerns, handlers, imports, locality, queries
from services.partners.forms import (
    AppointmentForm,
    DepartureForm,
    DetailsForm,
    DissolutionForm,
    ErasureForm,
    ManagerForm,
    OrganisationForm,
    RemovalForm,
    RulesForm,
    SignatoryForm,
    SuccessionForm,
    SuspensionForm,
    VerificationForm,
)
from services.partners.landing import ImportOrganisations
from services.partners.locality_files import LocalityMistake
from services.partners.managers import NominateManager, ReplaceManager
from services.partners.offices import AppointOfficeHolder, ErasePerson, RemoveOfficeHolder
from services.partners.organisations import (
    ChangeDetails,
    DissolveOrganisation,
    RegisterOrganisation,
    ReinstateOrganisation,
    SucceedOrganisation,
    SuspendOrganisation,
    VerifyOrganisation,
    registration,
)
from services.partners.rules import AdoptRules, fingerprint
from services.partners.signatories import JoinSignatories, LeaveSignatories
from services.runtime.calendar import london_date
from services.runtime.http import Asked, asked_by
from services.runtime.problems import Problem

router = APIRouter(tags=["partners"])
router.include_router(api_concerns.router)
EVERYBODY = (
    "partnership_office", "commissioner", "decider", "commissioning_manager", "finance", "panel_member",
    "body_officer", "councillor", "vco_representative", "independent_reviewer", "auditor",
)  # fmt: skip
CSV: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}, "example": "Name,Charity number\n"}},
    }
}

Public = Annotated[Asked, asked_by()]
Anybody = Annotated[Asked, asked_by(*EVERYBODY)]
Office = Annotated[Asked, asked_by("partnership_office")]
OfficeOrAuditor = Annotated[Asked, asked_by("partnership_office", "auditor")]
OfficeOrRepresentative = Annotated[Asked, asked_by("partnership_office", "vco_representative")]
Concerned = Annotated[
    Asked,
    asked_by(
        "partnership_office", "commissioner", "decider", "commissioning_manager", "finance", "auditor",
        "vco_representative",
    ),
]  # fmt: skip
Naming = Annotated[Asked, asked_by("commissioner", "partnership_office", "commissioning_manager", "auditor")]
Commissioning = Annotated[Asked, asked_by("commissioner", "partnership_office", "commissioning_manager")]


@router.post("/rules", status_code=201)
async def adopt_rules(form: RulesForm, asked: Office) -> Response:
    """Adopt the rules that are shipped for this place, with the bodies that they name as parties."""
    settings = asked.running.settings
    if form.place != settings.place or not (settings.localities / form.place).is_dir():
        raise asked.not_found("place", form.place)
    try:
        rules = await asyncio.to_thread(locality.load, settings.localities / form.place)
    except LocalityMistake as mistake:
        raise Problem(422, "locality_mistaken", "Not adoptable", str(mistake)) from None
    command = AdoptRules(actor=asked.actor, now=asked.now, place=form.place, rules=rules)
    answer = {"place": form.place, "adopted_on": rules.adopted_on, "rules_hash": fingerprint(rules)}
    return await asked.perform(handlers.adopt_rules, command, lambda _: answer)


@router.get("/rules")
async def rules_in_force(asked: Public) -> dict[str, Any]:
    """The rules that hold today, each with its citation."""
    return await queries.rules_in_force(asked)


@router.get("/undertakings/{clause}")
async def undertaking(clause: str, asked: Public) -> dict[str, Any]:
    """One undertaking, in its own words and in short."""
    return await queries.undertaking(asked, clause)


@router.post("/signatories", status_code=201)
async def join_signatories(form: SignatoryForm, asked: Office) -> Response:
    """Note that a body signed, or is named and has yet to sign."""
    command = JoinSignatories(actor=asked.actor, now=asked.now, **form.model_dump())
    return await asked.perform(handlers.join_signatories, command, lambda _: form.model_dump())


@router.post("/signatories/{organisation_id}/departure")
async def leave_signatories(organisation_id: str, form: DepartureForm, asked: Office) -> Response:
    """Note from when a body is no longer bound."""
    command = LeaveSignatories(actor=asked.actor, now=asked.now, organisation_id=organisation_id, left_on=form.left_on)
    answer = {"organisation_id": organisation_id, "left_on": form.left_on}
    return await asked.perform(handlers.leave_signatories, command, lambda _: answer)


@router.get("/signatories")
async def signatories(asked: Public) -> dict[str, Any]:
    """Who is bound, from when, and who has yet to sign."""
    return await asked.page(
        "select s.*, o.name, o.kind from signatories s left join organisations o using (organisation_id)",
        key="organisation_id",
    )


@router.post("/organisations", status_code=201)
async def register_organisation(form: OrganisationForm, asked: Office) -> Response:
    """Enter an organisation; its id comes from its charity or company number, or else from its name."""
    values = form.model_dump() | {"organisation_id": form.organisation_id or ""}
    command = RegisterOrganisation(actor=asked.actor, now=asked.now, **values)
    answer = {"organisation_id": registration(command, asked.running.settings.place).organisation_id}
    return await asked.perform(handlers.register_organisation, command, lambda _: answer)


@router.get("/organisations")
async def organisations(asked: Anybody, charity_number: str = "", name: str = "") -> dict[str, Any]:
    """The register, page by page, searched by charity number or by a part of the name."""
    return await queries.organisations(asked, charity_number, name)


@router.get("/organisations/{organisation_id}")
async def organisation(organisation_id: str, asked: Anybody) -> dict[str, Any]:
    """One organisation."""
    return await queries.organisation(asked, organisation_id)


@router.post("/organisations/{organisation_id}/details")
async def change_details(organisation_id: str, form: DetailsForm, asked: OfficeOrRepresentative) -> Response:
    """Change details; what the organisation changes itself, no import overwrites."""
    command = ChangeDetails(actor=asked.actor, now=asked.now, organisation_id=organisation_id, **form.model_dump())
    return await asked.perform(handlers.change_details, command, lambda _: {"organisation_id": organisation_id})


@router.post("/organisations/{organisation_id}/verification")
async def verify_organisation(organisation_id: str, form: VerificationForm, asked: Office) -> Response:
    """Note that the organisation was looked up in a public register."""
    command = VerifyOrganisation(actor=asked.actor, now=asked.now, organisation_id=organisation_id, **form.model_dump())
    return await asked.perform(handlers.verify_organisation, command, lambda _: {"organisation_id": organisation_id})


@router.post("/organisations/{organisation_id}/suspension")
async def suspend_organisation(organisation_id: str, form: SuspensionForm, asked: Office) -> Response:
    """Keep the organisation from entering new commitments."""
    reasons = await asked.keep_text("suspension", form.reasons.encode())
    command = SuspendOrganisation(actor=asked.actor, now=asked.now, organisation_id=organisation_id, reasons=reasons)
    return await asked.perform(handlers.suspend_organisation, command, lambda _: {"organisation_id": organisation_id})


@router.post("/organisations/{organisation_id}/reinstatement")
async def reinstate_organisation(organisation_id: str, asked: Office) -> Response:
    """End the suspension."""
    command = ReinstateOrganisation(actor=asked.actor, now=asked.now, organisation_id=organisation_id)
    return await asked.perform(handlers.reinstate_organisation, command, lambda _: {"organisation_id": organisation_id})


@router.post("/organisations/{organisation_id}/dissolution")
async def dissolve_organisation(organisation_id: str, form: DissolutionForm, asked: Office) -> Response:
    """Note that the organisation no longer exists."""
    command = DissolveOrganisation(
        actor=asked.actor, now=asked.now, organisation_id=organisation_id, dissolved_on=form.dissolved_on
    )
    return await asked.perform(handlers.dissolve_organisation, command, lambda _: {"organisation_id": organisation_id})


@router.post("/organisations/{organisation_id}/succession")
async def succeed_organisation(organisation_id: str, form: SuccessionForm, asked: Office) -> Response:
    """Note who took over what the organisation held; a signatory's successor is bound as it was."""
    command = SucceedOrganisation(
        actor=asked.actor, now=asked.now, organisation_id=organisation_id, **form.model_dump()
    )
    return await asked.perform(handlers.succeed_organisation, command, lambda _: {"organisation_id": organisation_id})


@router.post("/imports", status_code=201, openapi_extra=CSV)
async def import_organisations(request: Request, asked: Office) -> Response:
    """Import a list of organisations (CSV): good rows land, the others are named by line, column and reason."""
    data = await request.body()
    place, today = asked.running.settings.place, london_date(asked.now)
    try:
        parsed = await asyncio.to_thread(imports.parse, data, place, today)
    except imports.FileUnreadable as unreadable:
        raise Problem(422, unreadable.code, "Not importable", unreadable.sentence) from None
    file = hashlib.sha256(data).hexdigest()
    command = ImportOrganisations(
        actor=asked.actor, now=asked.now, import_id=f"import-{file[:16]}", file=file, rows=parsed.rows,
        refusals=parsed.refusals, lines=parsed.lines, contact_columns=parsed.contact_columns,
    )  # fmt: skip
    return await asked.perform(
        handlers.import_organisations, command, lambda outcome: queries.import_answer(outcome, command.import_id)
    )


@router.get("/imports/{import_id}")
async def import_report(import_id: str, asked: OfficeOrAuditor) -> dict[str, Any]:
    """What became of an imported file, line by line."""
    return await queries.import_report(asked, import_id)


@router.post("/office-holders", status_code=201)
async def appoint_office_holder(form: AppointmentForm, asked: OfficeOrRepresentative) -> Response:
    """Appoint a person, known by an opaque id, to an office; again to change its limit, authority or delegation."""
    command = AppointOfficeHolder(actor=asked.actor, now=asked.now, **form.model_dump())
    answer = {"organisation_id": form.organisation_id, "role": form.role}
    return await asked.perform(handlers.appoint_office_holder, command, lambda _: answer)


@router.post("/office-holders/removal")
async def remove_office_holder(form: RemovalForm, asked: OfficeOrRepresentative) -> Response:
    """End an office, and what was delegated from it."""
    command = RemoveOfficeHolder(actor=asked.actor, now=asked.now, **form.model_dump())
    answer = {"organisation_id": form.organisation_id, "role": form.role}
    return await asked.perform(handlers.remove_office_holder, command, lambda _: answer)


@router.get("/office-holders")
async def office_holders(asked: OfficeOrAuditor) -> dict[str, Any]:
    """Who holds which office, by opaque ids."""
    return await asked.page("select * from office_holders", key="holding")


@router.post("/persons/erasure")
async def erase_person(form: ErasureForm, asked: Office) -> Response:
    """End a person's offices and have what is kept to reach that person erased."""
    command = ErasePerson(actor=asked.actor, now=asked.now, person_id=form.person_id)
    return await asked.perform(handlers.erase_person, command, lambda _: {"erased": True})


@router.post("/managers/{agreement_id}", status_code=201)
async def nominate_manager(agreement_id: str, form: ManagerForm, asked: Commissioning) -> Response:
    """Name the officer who manages an agreement (Strategic Partner Programme, Checks and balances)."""
    agreement = await queries.manager(asked, agreement_id)
    command = NominateManager(
        actor=asked.actor, now=asked.now, agreement_id=agreement_id, programme_id=agreement["programme_id"],
        person_id=form.person_id,
    )  # fmt: skip
    return await asked.perform(handlers.nominate_manager, command, lambda _: {"agreement_id": agreement_id})


@router.post("/managers/{agreement_id}/replacement")
async def replace_manager(agreement_id: str, form: ManagerForm, asked: Commissioning) -> Response:
    """Name another officer for an agreement (Strategic Partner Programme, Checks and balances)."""
    agreement = await queries.manager(asked, agreement_id)
    command = ReplaceManager(
        actor=asked.actor, now=asked.now, agreement_id=agreement_id, programme_id=agreement["programme_id"],
        person_id=form.person_id,
    )  # fmt: skip
    return await asked.perform(handlers.replace_manager, command, lambda _: {"agreement_id": agreement_id})


@router.get("/managers")
async def managers(asked: Naming, left: Literal["yes", "no", ""] = "") -> dict[str, Any]:
    """Which agreements have a manager who holds that office, and which wait for another (SPP4)."""
    return await queries.managers(asked, left)


@router.get("/managers/{agreement_id}")
async def manager(agreement_id: str, asked: Concerned) -> dict[str, Any]:
    """Who manages an agreement, by an opaque id."""
    return await queries.manager(asked, agreement_id)
