"""Requests about payments, the holds on them, bank details, and where all current funding goes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response

from services.funding import handlers_payments, queries, queries_payments
from services.funding.bank_details import ConfirmBankDetails, EnterBankDetails
from services.funding.contracts_beside import RECORDERS, RecordContract
from services.funding.forms_payments import BankDetailsForm, ContractForm, HoldForm, MadeForm, ReturnedForm
from services.funding.holds import HOLDERS, ConfirmHold, LiftHold, ProposeHold
from services.funding.payments import (
    FINANCE,
    RELEASERS,
    REQUESTERS,
    MakePayment,
    ReleasePayment,
    RequestPayment,
    ReturnPayment,
)
from services.runtime.calendar import london_date
from services.runtime.http import Asked, asked_by
from services.runtime.unit import Outcome

router = APIRouter(tags=["payments"])

Party = Annotated[Asked, asked_by(*queries.PARTIES, *queries.OVERSEERS)]
Anybody = Annotated[
    Asked, asked_by(*queries.PARTIES, *queries.OVERSEERS, "panel_member", "councillor", "independent_reviewer")
]
Payee = Annotated[Asked, asked_by(queries.VCO, *FINANCE)]
Requester = Annotated[Asked, asked_by(*REQUESTERS)]
Releaser = Annotated[Asked, asked_by(*RELEASERS)]
Finance = Annotated[Asked, asked_by(*FINANCE)]
Holder = Annotated[Asked, asked_by(*HOLDERS)]
Recorder = Annotated[Asked, asked_by(*RECORDERS)]


@router.get("/agreements/{agreement_id}/payments")
async def payments_of(agreement_id: str, asked: Party) -> dict[str, Any]:
    """The payments of an agreement, in order (Sutton Compact 3.3.4)."""
    return await queries_payments.payments_of(asked, agreement_id)


@router.get("/payments")
async def payments(asked: Party) -> dict[str, Any]:
    """One's own payments; `late=yes` those that are late, with the side that was waited for."""
    return await queries_payments.payments(asked)


@router.post("/payments/{payment_id}/request")
async def request_payment(payment_id: str, asked: Requester) -> Response:
    """Ask for a payment, as the first of two people."""
    command = RequestPayment(actor=asked.actor, now=asked.now, payment_id=payment_id)
    return await asked.perform(handlers_payments.request_payment, command, lambda _: {"requested": True})


@router.post("/payments/{payment_id}/release")
async def release_payment(payment_id: str, asked: Releaser) -> Response:
    """Release a payment, as the second person, within the limit of an office."""
    command = ReleasePayment(actor=asked.actor, now=asked.now, payment_id=payment_id)
    return await asked.perform(handlers_payments.release_payment, command, lambda _: {"released": True})


@router.post("/payments/{payment_id}/made")
async def make_payment(payment_id: str, form: MadeForm, asked: Finance) -> Response:
    """Record that a payment was made, under finance's own reference."""
    command = MakePayment(
        actor=asked.actor, now=asked.now, payment_id=payment_id, ledger_reference=form.ledger_reference,
        made_on=form.made_on or london_date(asked.now),
    )  # fmt: skip
    return await asked.perform(handlers_payments.make_payment, command, lambda _: {"made": True})


@router.post("/payments/{payment_id}/returned")
async def return_payment(payment_id: str, form: ReturnedForm, asked: Finance) -> Response:
    """Record that the bank sent a payment back; it is due again."""
    command = ReturnPayment(actor=asked.actor, now=asked.now, payment_id=payment_id, reason=form.reason)
    return await asked.perform(handlers_payments.return_payment, command, _due_on)


@router.get("/payments/{payment_id}/holds")
async def holds(payment_id: str, asked: Party) -> dict[str, Any]:
    """The holds on a payment, with ground and end (Sutton Compact 3.3.4)."""
    return {"items": await queries_payments.holds_of(asked, payment_id), "next": None}


@router.get("/holds/{hold_id}/reasons")
async def reasons_of_hold(hold_id: str, asked: Party) -> Response:
    """Why a payment is held, word for word."""
    return await asked.document(await queries_payments.reasons_of_hold(asked, hold_id))


@router.post("/payments/{payment_id}/holds", status_code=201)
async def propose_hold(payment_id: str, form: HoldForm, asked: Holder) -> Response:
    """Propose to hold a payment, or to go on holding it, as the first of two people (Sutton Compact 3.3.4)."""
    command = ProposeHold(
        actor=asked.actor, now=asked.now, payment_id=payment_id, hold_id=asked.new_id("hold"), ground=form.ground,
        reasons=await asked.keep_text("hold", form.reasons.encode()),
    )  # fmt: skip
    return await asked.perform(handlers_payments.propose_hold, command, lambda _: {"hold_id": command.hold_id})


@router.post("/payments/{payment_id}/holds/{hold_id}/confirm")
async def confirm_hold(payment_id: str, hold_id: str, asked: Holder) -> Response:
    """Hold a payment, as the second person; its organisation is told in writing (Sutton Compact 3.3.4)."""
    command = ConfirmHold(actor=asked.actor, now=asked.now, payment_id=payment_id, hold_id=hold_id)
    return await asked.perform(
        handlers_payments.confirm_hold, command,
        lambda outcome: {"ends_on": outcome.events[0].ends_on if outcome.events else None},  # type: ignore[attr-defined]
    )  # fmt: skip


@router.post("/payments/{payment_id}/lift-hold")
async def lift_hold(payment_id: str, asked: Holder) -> Response:
    """Lift a hold before its end."""
    command = LiftHold(actor=asked.actor, now=asked.now, payment_id=payment_id)
    return await asked.perform(handlers_payments.lift_hold, command, _due_on)


@router.post("/bank-details", status_code=201)
async def enter_bank_details(form: BankDetailsForm, asked: Payee) -> Response:
    """Enter where an organisation is to be paid; nothing goes there before a second person confirmed it."""
    document = await asked.keep_text("bank details", form.model_dump_json().encode(), "application/json")
    command = EnterBankDetails(
        actor=asked.actor, now=asked.now, details_id=asked.new_id("details"), organisation_id=form.organisation_id,
        document=document,
    )  # fmt: skip
    return await asked.perform(
        handlers_payments.enter_bank_details, command, lambda _: {"details_id": command.details_id}
    )


@router.get("/organisations/{organisation_id}/bank-details")
async def accounts(organisation_id: str, asked: Payee) -> dict[str, Any]:
    """Which details were entered and who confirmed them, without the details."""
    return {"items": await queries_payments.accounts(asked, organisation_id), "next": None}


@router.get("/bank-details/{details_id}")
async def bank_details(details_id: str, asked: Payee) -> Response:
    """Bank details, for the organisation itself and for finance of who funds it."""
    return await asked.document(await queries_payments.bank_details(asked, details_id))


@router.post("/organisations/{organisation_id}/bank-details/{details_id}/confirm")
async def confirm_bank_details(organisation_id: str, details_id: str, asked: Finance) -> Response:
    """Confirm bank details, as a second person of finance."""
    command = ConfirmBankDetails(
        actor=asked.actor, now=asked.now, details_id=details_id, organisation_id=organisation_id
    )
    return await asked.perform(handlers_payments.confirm_bank_details, command, lambda _: {"confirmed": True})


@router.post("/contracts", status_code=201)
async def record_contract(form: ContractForm, asked: Recorder) -> Response:
    """Record a contract for additional services that a partner holds (SPP7)."""
    command = RecordContract(
        actor=asked.actor, now=asked.now, contract_id=asked.new_id("contract"), organisation_id=form.organisation_id,
        title=form.title, amounts=form.yearly(), starts_on=form.starts_on, ends_on=form.ends_on,
    )  # fmt: skip
    return await asked.perform(
        handlers_payments.record_contract, command, lambda _: {"contract_id": command.contract_id}
    )


@router.get("/funding")
async def all_current_funding(asked: Anybody) -> dict[str, Any]:
    """Where all current funding goes, partner by partner (SPP7)."""
    return await queries_payments.all_current_funding(asked)


@router.get("/funding/{organisation_id}")
async def current_funding(organisation_id: str, asked: Anybody) -> dict[str, Any]:
    """A partner's agreements and additional contracts side by side, with what was paid (SPP7)."""
    return await queries_payments.current_funding(asked, organisation_id)


def _due_on(outcome: Outcome) -> dict[str, Any]:
    """The new date of a payment, where it got one."""
    return {"due_on": outcome.events[0].due_on if outcome.events else None}  # type: ignore[attr-defined]
