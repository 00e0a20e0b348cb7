"""Every payment has two people, a confirmed account and its own sum; no agreement gives more than it says (3.3.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from faults.checker.facts import Data, Fact, People, Rules, day, follow
from faults.checker.stores import Case

KINDS = tuple(f"funding.{name}" for name in (
    "bank_details_entered", "bank_details_confirmed", "payment_scheduled", "payment_due_again", "payment_requested",
    "payment_released", "payment_made", "payment_returned", "payment_cancelled", "payment_hold_proposed",
    "payment_held", "payment_hold_ended", "agreement_drafted", "agreement_varied",
))  # fmt: skip


@dataclass
class Payment:
    """One instalment and how far it has come."""

    scheduled: Data
    due_on: str
    requested_by: str = ""
    released: bool = False
    held: bool = False
    cancelled: bool = False


@dataclass
class Known:
    """What the journal held up to a position."""

    entered: dict[str, str] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    payments: dict[str, Payment] = field(default_factory=dict)
    agreed: Counter[str] = field(default_factory=Counter)
    """What an agreement ever gave at most, over all of its years."""
    paid: Counter[str] = field(default_factory=Counter)
    people: People = field(default_factory=People)


def _take(known: Known, fact: Fact) -> None:
    data = fact.data
    match fact.kind:
        case "funding.agreement_drafted" | "funding.agreement_varied":
            gives = sum(one["pounds"] for one in data["amounts"])
            known.agreed[data["agreement_id"]] = max(known.agreed[data["agreement_id"]], gives)
        case "funding.bank_details_entered":
            known.entered[data["details_id"]] = data["entered_by"]
        case "funding.bank_details_confirmed":
            known.confirmed.add(data["details_id"])
        case "funding.payment_scheduled":
            known.payments[data["payment_id"]] = Payment(data, data["due_on"])
        case _ if data.get("payment_id") in known.payments:
            _move(known, known.payments[data["payment_id"]], fact)


def _move(known: Known, payment: Payment, fact: Fact) -> None:
    data = fact.data
    match fact.kind:
        case "funding.payment_requested":
            payment.requested_by = data["requested_by"]
        case "funding.payment_released":
            payment.released = True
        case "funding.payment_made":
            known.paid[data["agreement_id"]] += data["pounds"]
            payment.requested_by, payment.released = "", False
        case "funding.payment_returned":
            known.paid[data["agreement_id"]] -= data["pounds"]
            payment.due_on = data["due_on"]
        case "funding.payment_held":
            payment.held = True
        case "funding.payment_hold_ended":
            payment.held, payment.due_on = False, data["due_on"]
        case "funding.payment_due_again":
            payment.due_on = data["due_on"]
        case "funding.payment_cancelled":
            payment.cancelled = True


def _wrong(known: Known, fact: Fact) -> Iterator[str]:
    data, payment = fact.data, known.payments.get(fact.data.get("payment_id", ""))
    match fact.kind, payment:
        case "funding.bank_details_confirmed", _:
            entered_by = known.entered.get(data["details_id"])
            if entered_by is None or known.people.same(data["confirmed_by"], entered_by):
                yield "was confirmed by whoever entered it, or entered by nobody"
        case "funding.payment_held", _:
            if known.people.same(data["proposed_by"], data["confirmed_by"]):
                yield "was proposed and confirmed by one person"
        case "funding.payment_released", Payment():
            yield from _wrongly_released(known, payment, data)
        case "funding.payment_made", Payment():
            yield from _wrongly_made(known, payment, data)


def _wrongly_released(known: Known, payment: Payment, data: Data) -> Iterator[str]:
    if not payment.requested_by:
        yield "was released, and nobody had asked for it"
    elif known.people.same(payment.requested_by, data["released_by"]):
        yield "was asked for and released by one person"
    if data["details_id"] not in known.confirmed:
        yield "goes to an account that nobody confirmed"
    if payment.held or payment.cancelled:
        yield f"was released while it was {'held' if payment.held else 'cancelled'}"


def _wrongly_made(known: Known, payment: Payment, data: Data) -> Iterator[str]:
    if not payment.released:
        yield "was made, and nobody had released it"
    if payment.cancelled:
        yield "was made after it was cancelled"
    if data["pounds"] != payment.scheduled["pounds"]:
        yield f"gives {data['pounds']}, and {payment.scheduled['pounds']} was due"
    if data["late"] is not (day(data["made_on"]) > day(payment.due_on)):
        yield f"says late {data['late']}: made on {data['made_on']}, due on {payment.due_on}"
    agreement = data["agreement_id"]
    if agreement in known.agreed and known.paid[agreement] + data["pounds"] > known.agreed[agreement]:
        yield f"brings agreement {agreement} beyond the {known.agreed[agreement]} that it gives"


PAYMENTS = Rules("two_people_pay", "funding", KINDS, ("funding.payment_made", "payments made"), Known, _wrong, _take)


async def check_payments(case: Case, service: str) -> None:
    """Follow every payment through the funder's journal."""
    await follow(case, service, PAYMENTS)
