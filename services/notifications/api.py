"""Requests to notifications: contacts, notices with their proof, letters posted by hand."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response

from services.notifications import address_book, handlers, queries
from services.notifications.contacts import GiveContact, WithdrawContact
from services.notifications.forms import ContactForm, LetterForm, NoForm, PostingForm, WithdrawalForm
from services.notifications.serving import (
    AcknowledgeNotice,
    ConfirmPosting,
    DeemService,
    EnterPosting,
    RecordLetterBack,
)
from services.runtime.http import Asked, asked_by, key_reused
from services.runtime.unit import Outcome

router = APIRouter(tags=["notifications"])
Office = Annotated[Asked, asked_by("partnership_office")]
Recipient = Annotated[Asked, asked_by("vco_representative")]
OfficeOrRecipient = Annotated[Asked, asked_by("partnership_office", "vco_representative")]
Readers = Annotated[Asked, asked_by("partnership_office", "vco_representative", "auditor")]


@router.post("/contacts", status_code=201)
async def give_contact(form: ContactForm, asked: OfficeOrRecipient) -> Response:
    """Give an address at which an organisation can be reached; the answer never repeats it."""
    if (queries.own(asked) or form.organisation_id) != form.organisation_id:
        raise asked.forbidden("A representative acts for its own organisation only.")
    entry = address_book.Entry(
        address_id=asked.new_id("address"),
        organisation_id=form.organisation_id,
        person_id=form.person_id,
        office=form.office,
        channel=form.channel.value,
        address=form.address,
        name=form.name,
    )
    address_hash = await address_book.write(asked.running.pool, entry)
    if address_hash is None:
        raise key_reused()
    command = GiveContact(
        actor=asked.actor,
        now=asked.now,
        address_id=entry.address_id,
        organisation_id=form.organisation_id,
        person_id=form.person_id,
        office=form.office,
        channel=form.channel,
        address_hash=address_hash,
    )
    said = {"contact_id": entry.address_id, "address_hash": address_hash}
    return await asked.perform(handlers.give_contact, command, lambda outcome: said)


@router.get("/contacts")
async def list_contacts(asked: Readers, organisation_id: str | None = None) -> dict[str, Any]:
    """Contacts: a representative sees its own organisation's, an auditor sees no addresses."""
    return await queries.contacts(asked, organisation_id)


@router.post("/contacts/{contact_id}/withdraw")
async def withdraw_contact(contact_id: str, form: WithdrawalForm, asked: OfficeOrRecipient) -> Response:
    """Let an address no longer be used."""
    command = WithdrawContact(
        actor=asked.actor,
        now=asked.now,
        address_id=contact_id,
        organisation_id=await queries.contact_organisation(asked, contact_id),
        reason=form.reason.value,
    )
    return await asked.perform(handlers.withdraw_contact, command, lambda outcome: {"contact_id": contact_id})


@router.get("/notices")
async def list_notices(asked: Readers, organisation_id: str | None = None) -> dict[str, Any]:
    """Notices and how far they came: a representative sees its own organisation's."""
    return await queries.notices(asked, organisation_id)


@router.get("/notices/{notice_id}")
async def show_notice(notice_id: str, asked: Readers) -> dict[str, Any]:
    """A notice with the trail of its attempts and the proof of its service."""
    return await queries.notice_with_trail(asked, notice_id)


@router.get("/notices/{notice_id}/attempts/{attempt_id}/content")
async def show_content(notice_id: str, attempt_id: str, asked: Readers) -> Response:
    """Exactly what was sent in an attempt: its hash is the `content_hash` of that attempt."""
    return await asked.document(await queries.content(asked, notice_id, attempt_id))


@router.get("/notices/{notice_id}/letter")
async def show_letter(notice_id: str, asked: Readers) -> Response:
    """The latest letter of a notice, as accessible PDF."""
    return await asked.document(await queries.content(asked, notice_id, None, "letter"))


@router.post("/notices/{notice_id}/acknowledge")
async def acknowledge_notice(notice_id: str, form: NoForm, asked: Recipient) -> Response:
    """Say that the organisation has the notice: it counts as served at once."""
    command = AcknowledgeNotice(**await _about(asked, notice_id))
    return await asked.perform(handlers.acknowledge, command, lambda outcome: _answer(notice_id, outcome))


@router.post("/notices/{notice_id}/posted")
async def enter_posting(notice_id: str, form: PostingForm, asked: Office) -> Response:
    """Enter that a letter was posted, with its certificate; a second person has yet to confirm it."""
    command = EnterPosting(
        **await _about(asked, notice_id),
        attempt_id=form.attempt_id,
        posted_on=form.posted_on,
        certificate=form.certificate,
    )
    return await asked.perform(handlers.enter_posting, command, lambda outcome: _answer(notice_id, outcome))


@router.post("/notices/{notice_id}/confirm")
async def confirm_posting(notice_id: str, form: LetterForm, asked: Office) -> Response:
    """Confirm a posting that somebody else entered."""
    command = ConfirmPosting(**await _about(asked, notice_id), attempt_id=form.attempt_id)
    return await asked.perform(handlers.confirm_posting, command, lambda outcome: _answer(notice_id, outcome))


@router.post("/notices/{notice_id}/came-back")
async def take_letter_back(notice_id: str, form: LetterForm, asked: Office) -> Response:
    """Record that a letter came back undelivered."""
    command = RecordLetterBack(**await _about(asked, notice_id), attempt_id=form.attempt_id)
    return await asked.perform(handlers.take_letter_back, command, lambda outcome: _answer(notice_id, outcome))


@router.post("/notices/{notice_id}/deem")
async def deem_served(notice_id: str, form: NoForm, asked: Office) -> Response:
    """Confirm that service is deemed, after failures at the last address the organisation gave."""
    command = DeemService(**await _about(asked, notice_id))
    return await asked.perform(handlers.deem_served, command, lambda outcome: _answer(notice_id, outcome))


@router.get("/letters/waiting")
async def list_letters_waiting(asked: Office) -> dict[str, Any]:
    """Letters to post, and postings to confirm, each with the address to write on its envelope."""
    return await queries.letters_waiting(asked)


async def _about(asked: Asked, notice_id: str) -> dict[str, Any]:
    found = await queries.notice(asked, notice_id)
    return {
        "actor": asked.actor,
        "now": asked.now,
        "notice_id": notice_id,
        "organisation_id": found["organisation_id"],
    }


def _answer(notice_id: str, outcome: Outcome) -> dict[str, Any]:
    """What was decided: the legal dates among the new facts."""
    dates = ("posted_on", "serves_on", "served_on", "deemed_on", "was_served_on")
    facts = [event.model_dump(mode="json", include=set(dates)) for event in outcome.events]
    return {"notice_id": notice_id, **{name: value for fact in facts for name, value in fact.items()}}
