"""Where an organisation is paid: entered by one person, confirmed by a second. The details are a document, no fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contracts.envelope import DocumentRef
from contracts.payments import BankDetailsConfirmed, BankDetailsEntered
from contracts.place import Place
from contracts.rules import Citation
from services.funding.gates import done_already
from services.funding.payment_book import PaymentBook, of_organisation
from services.runtime.decisions import Command, Decision, Query, Rejection, unknown

BY_TWO = Citation(document="Register of bank details", clause="confirmed by a second person")


@dataclass(frozen=True, kw_only=True)
class EnterBankDetails(Command):
    """Enter where an organisation is to be paid."""

    subject: ClassVar[str] = "details_id"
    details_id: str
    organisation_id: str
    document: DocumentRef


@dataclass(frozen=True, kw_only=True)
class ConfirmBankDetails(Command):
    """Confirm, as the second person, where an organisation is to be paid."""

    subject: ClassVar[str] = "details_id"
    details_id: str
    organisation_id: str


def facts_of(command: EnterBankDetails | ConfirmBankDetails) -> Query[PaymentBook]:
    """The organisation's accounts, and who funds it."""
    return of_organisation(command.organisation_id)


def enter(book: PaymentBook, command: EnterBankDetails, place: Place) -> Decision:
    """Take details in; until they are confirmed, those confirmed before still hold."""
    if command.details_id in book.entered:
        return []
    return _not_theirs(book, command) or [BankDetailsEntered(
        details_id=command.details_id, organisation_id=command.organisation_id, document=command.document,
        entered_by=place.principal(command.actor.person),
    )]  # fmt: skip


def confirm(book: PaymentBook, command: ConfirmBankDetails, place: Place) -> Decision:
    """Confirm details as a second person of the funder's finance; from then on they are paid to."""
    entered, funder = book.entered.get(command.details_id), command.actor.organisation
    if entered is None:
        return unknown("bank_details", command.details_id)
    if command.actor.role != "finance" or _not_theirs(book, command):
        return Rejection("not_yours_to_do", "Only finance of a funder confirms bank details.", status=403)
    if book.account(funder) == command.details_id:
        by = book.confirmers.get(funder, "")
        return done_already(by, command, place, "confirmed_already", "These details were confirmed")
    if place.same_person(book.hands[command.details_id], command.actor.person):
        return Rejection(
            "same_person", "Two different people enter and confirm bank details; a delegate counts as the person.",
            BY_TWO, "Ask a second person of finance to confirm them, from another source than who entered them.",
        )  # fmt: skip
    return [BankDetailsConfirmed(
        details_id=command.details_id, organisation_id=command.organisation_id, funder_id=funder,
        confirmed_by=place.principal(command.actor.person),
    )]  # fmt: skip


def _not_theirs(book: PaymentBook, command: EnterBankDetails | ConfirmBankDetails) -> Rejection | None:
    actor = command.actor
    if actor.role == "vco_representative" and actor.organisation == command.organisation_id:
        return None
    if actor.role == "finance" and actor.organisation in book.funders:
        return None
    return Rejection(
        "not_yours_to_do", "An organisation, or finance of a body that funds it, enters its bank details.", status=403
    )
