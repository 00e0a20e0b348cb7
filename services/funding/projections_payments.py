"""How facts change what is read of payments, and what falls due by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from contracts import change_gates, partners, payments
from services.funding.projections import projections
from services.funding.tables_payments import (
    AccountsConfirmed,
    AdditionalContracts,
    BankDetails,
    PaymentHolds,
    Payments,
    Successions,
)
from services.runtime.decisions import Recorded
from services.runtime.projections import Add, ClearTimer, Delete, RowChange, SetTimer, Upsert

OVERDUE, HOLD_ENDS = "payment_overdue", "payment_hold_ends"
NOT_LATE: dict[str, Any] = {"overdue": False, "waited_for": "", "because": ""}
DAY = timedelta(days=1)


def _due(payment_id: str, due_on: date) -> RowChange:
    """A payment is overdue from the start of the day after its date."""
    return SetTimer(OVERDUE, payment_id, due_on=due_on + DAY)


@projections.of(payments.PaymentScheduled)
def show_payment(event: Recorded[payments.PaymentScheduled]) -> Iterator[RowChange]:
    """A payment has its date (Compact 3.3.4)."""
    fact = event.data
    yield Upsert(
        Payments, fact.payment_id, agreement_id=fact.agreement_id, funder_id=fact.funder_id,
        organisation_id=fact.organisation_id, number=fact.number, year=fact.year, pounds=fact.pounds,
        timing=fact.timing.value, due_on=fact.due_on, pays_from=fact.pays_from, pays_until=fact.pays_until,
        replaces=fact.replaces or "", made_good=fact.made_good,
    )  # fmt: skip
    yield _due(fact.payment_id, fact.due_on)


@projections.of(payments.PaymentCancelled)
def show_cancelled(event: Recorded[payments.PaymentCancelled]) -> Iterator[RowChange]:
    """A payment is not owed any more: it is neither late nor held (Compact 3.4.4)."""
    fact = event.data
    yield Upsert(Payments, fact.payment_id, cancelled=True, held=False, held_until=None, **NOT_LATE)
    yield ClearTimer(OVERDUE, fact.payment_id)
    yield ClearTimer(HOLD_ENDS, fact.payment_id)
    if fact.hold_id:
        yield Upsert(PaymentHolds, fact.hold_id, ended=True)


@projections.of(payments.PaymentDueAgain)
def show_new_date(event: Recorded[payments.PaymentDueAgain]) -> Iterator[RowChange]:
    """What was missing came: a payment has another date."""
    yield Upsert(Payments, event.data.payment_id, due_on=event.data.due_on, **NOT_LATE)
    yield _due(event.data.payment_id, event.data.due_on)


@projections.of(payments.PaymentRequested)
def show_request(event: Recorded[payments.PaymentRequested]) -> Iterator[RowChange]:
    """A first person asked for a payment."""
    yield Upsert(Payments, event.data.payment_id, requested_by=event.data.requested_by)


@projections.of(payments.PaymentReleased)
def show_release(event: Recorded[payments.PaymentReleased]) -> Iterator[RowChange]:
    """A second person released a payment."""
    yield Upsert(Payments, event.data.payment_id, released_by=event.data.released_by)


@projections.of(payments.PaymentMade)
def show_made(event: Recorded[payments.PaymentMade]) -> Iterator[RowChange]:
    """A payment went out; nothing of it falls due any more."""
    fact = event.data
    yield Upsert(
        Payments, fact.payment_id, made_on=fact.made_on, ledger_reference=fact.ledger_reference, late=fact.late,
        waited_for=fact.waited_for.value if fact.waited_for else "", overdue=False,
    )  # fmt: skip
    yield ClearTimer(OVERDUE, fact.payment_id)


@projections.of(payments.PaymentReturned)
def show_returned(event: Recorded[payments.PaymentReturned]) -> Iterator[RowChange]:
    """A payment came back: it is due again, and its account is no longer paid to."""
    fact = event.data
    yield Upsert(
        Payments, fact.payment_id, due_on=fact.due_on, made_on=None, ledger_reference="", requested_by="",
        released_by="", late=False, **NOT_LATE,
    )  # fmt: skip
    yield Add(Payments, fact.payment_id, returned=1)
    yield _due(fact.payment_id, fact.due_on)
    yield Delete(AccountsConfirmed, fact.organisation_id, fact.funder_id)


@projections.of(change_gates.DoubtAnswered)
def show_release_taken_back(event: Recorded[change_gates.DoubtAnswered]) -> Iterator[RowChange]:
    """A release that does not stand needs a second person again."""
    kind, _, payment_id = event.data.about.partition(":")
    if kind == "payment" and not event.data.stands:
        yield Upsert(Payments, payment_id, released_by="")


@projections.of(payments.PaymentOverdue)
def show_overdue(event: Recorded[payments.PaymentOverdue]) -> Iterator[RowChange]:
    """A payment is late, and it is known on whose side it waited (Compact 3.3.4)."""
    fact = event.data
    yield Upsert(Payments, fact.payment_id, overdue=True, waited_for=fact.waited_for.value, because=fact.because.value)
    yield ClearTimer(OVERDUE, fact.payment_id)


@projections.of(payments.PaymentHeld)
def show_hold(event: Recorded[payments.PaymentHeld]) -> Iterator[RowChange]:
    """A payment is held until a day; until then it is not late (Compact 3.3.4)."""
    fact = event.data
    yield Upsert(
        PaymentHolds, fact.hold_id, payment_id=fact.payment_id, funder_id=fact.funder_id,
        organisation_id=fact.organisation_id, ground=fact.ground.value, reasons=fact.reasons.model_dump(mode="json"),
        renewal=fact.renewal, held_on=fact.held_on, ends_on=fact.ends_on, ended=False, lifted=False,
    )  # fmt: skip
    yield Upsert(Payments, fact.payment_id, held=True, held_until=fact.ends_on)
    yield ClearTimer(OVERDUE, fact.payment_id)
    if fact.ends_on:
        yield SetTimer(HOLD_ENDS, fact.payment_id, due_on=fact.ends_on)


@projections.of(payments.PaymentHoldEnded)
def show_hold_ended(event: Recorded[payments.PaymentHoldEnded]) -> Iterator[RowChange]:
    """A hold ended: the payment is due (Compact 3.3.4)."""
    fact = event.data
    yield Upsert(PaymentHolds, fact.hold_id, ended=True, lifted=fact.lifted)
    yield Upsert(Payments, fact.payment_id, held=False, held_until=None, due_on=fact.due_on, **NOT_LATE)
    yield ClearTimer(HOLD_ENDS, fact.payment_id)
    yield _due(fact.payment_id, fact.due_on)


@projections.of(payments.BankDetailsEntered)
def keep_bank_details(event: Recorded[payments.BankDetailsEntered]) -> Iterator[RowChange]:
    """Details wait for a second person; only their document holds them."""
    fact = event.data
    document = fact.document.model_dump(mode="json")
    yield Upsert(
        BankDetails,
        fact.details_id,
        organisation_id=fact.organisation_id,
        document=document,
        entered_by=fact.entered_by,
        position=event.position,
    )


@projections.of(partners.OrganisationSucceeded)
def show_succession(event: Recorded[partners.OrganisationSucceeded]) -> Iterator[RowChange]:
    """Accounts that were entered for the former organisation are no longer paid to."""
    fact = event.data
    yield Upsert(Successions, fact.organisation_id, successor_id=fact.successor_id, position=event.position)


@projections.of(payments.BankDetailsConfirmed)
def show_account(event: Recorded[payments.BankDetailsConfirmed]) -> Iterator[RowChange]:
    """A funder pays to these details from now on."""
    fact = event.data
    yield Upsert(
        AccountsConfirmed, fact.organisation_id, fact.funder_id, details_id=fact.details_id,
        confirmed_by=fact.confirmed_by,
    )  # fmt: skip


@projections.of(payments.AdditionalContractRecorded)
def show_contract(event: Recorded[payments.AdditionalContractRecorded]) -> Iterator[RowChange]:
    """A partner holds a contract beside its agreements (SPP7)."""
    fact = event.data
    yield Upsert(
        AdditionalContracts, fact.contract_id, funder_id=fact.funder_id, organisation_id=fact.organisation_id,
        title=fact.title, amounts=[amount.model_dump() for amount in fact.amounts], starts_on=fact.starts_on,
        ends_on=fact.ends_on,
    )  # fmt: skip
