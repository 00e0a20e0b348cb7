"""The facts about payments: what is due, asked for, released, made, held, and to which account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from contracts.agreement_terms import FinancingModel, FinancingModelChosen
from contracts.change_gates import AgreementEnded, AgreementVaried, DoubtAnswered, SumsMadeGood
from contracts.envelope import Event
from contracts.funding import AgreementDrafted, AgreementInForce
from contracts.incumbents import IncumbentNotAwarded
from contracts.monitoring import ReportAccepted, ReportOverdue, ReportOverdueWithdrawn, ReportSubmitted
from contracts.partners import OrganisationSucceeded
from contracts.payments import (
    BankDetailsConfirmed,
    BankDetailsEntered,
    PaymentCancelled,
    PaymentDueAgain,
    PaymentHeld,
    PaymentHoldEnded,
    PaymentHoldProposed,
    PaymentMade,
    PaymentOverdue,
    PaymentReleased,
    PaymentRequested,
    PaymentReturned,
    PaymentScheduled,
    ReturnReason,
)
from services.runtime.decisions import Item, Query, Recorded

PAYMENTS: tuple[type[Event], ...] = (
    PaymentScheduled, PaymentDueAgain, PaymentRequested, PaymentReleased, PaymentMade, PaymentReturned,
    PaymentOverdue, PaymentHoldProposed, PaymentHeld, PaymentHoldEnded, PaymentCancelled,
)  # fmt: skip
ACCOUNTS: tuple[type[Event], ...] = (BankDetailsEntered, BankDetailsConfirmed, PaymentReturned, OrganisationSucceeded)
REPORTS: tuple[type[Event], ...] = (ReportOverdue, ReportSubmitted, ReportOverdueWithdrawn, ReportAccepted)
CHANGES: tuple[type[Event], ...] = (AgreementEnded, AgreementVaried, SumsMadeGood)


@dataclass
class Payment:
    """One instalment and how far it has come."""

    scheduled: PaymentScheduled
    due_on: date
    requested_by: str | None = None
    released: PaymentReleased | None = None
    made: PaymentMade | None = None
    cancelled: PaymentCancelled | None = None
    overdue: PaymentOverdue | None = None
    proposal: PaymentHoldProposed | None = None
    """What waits for a second person to confirm it."""
    hold: PaymentHeld | None = None
    cut_short: PaymentHeld | None = None
    """The hold that stood when a change cancelled the payment."""
    holds: int = 0
    """How often it was held, renewals not counted."""
    renewals: int = 0

    def take(self, fact: Any) -> None:
        """Take one fact of this payment."""
        match fact:
            case PaymentRequested():
                self.requested_by = fact.requested_by
            case PaymentReleased():
                self.released = fact
            case PaymentMade():
                self.made = fact
            case PaymentOverdue():
                self.overdue = fact
            case PaymentDueAgain():
                self.due_on, self.overdue = fact.due_on, None
            case PaymentReturned():
                self.due_on, self.overdue = fact.due_on, None
                self.made = self.released = self.requested_by = None
            case PaymentCancelled():
                self.cancelled, self.cut_short, self.hold, self.proposal = fact, self.hold, None, None
            case hold:
                self._take_hold(hold)

    def _take_hold(self, fact: Any) -> None:
        match fact:
            case PaymentHoldProposed():
                self.proposal = fact
            case PaymentHeld():
                self.proposal, self.hold = None, fact
                self.holds += not fact.renewal and not fact.carried_from
                self.renewals += fact.renewal and not fact.carried_from
            case PaymentHoldEnded():
                self.proposal = self.hold = self.overdue = None
                self.due_on = fact.due_on


@dataclass
class PaymentBook:
    """The payments of an agreement, or of an organisation, with what a payment may have to wait for."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        AgreementDrafted, AgreementInForce, FinancingModelChosen, *PAYMENTS, *ACCOUNTS, *REPORTS,
        *CHANGES, DoubtAnswered, IncumbentNotAwarded,
    )  # fmt: skip
    drafted: AgreementDrafted | None = None
    funders: set[str] = field(default_factory=set)
    """Who has an agreement with the organisation, drafted or in force."""
    in_force: bool = False
    financing: FinancingModelChosen | None = None
    payments: dict[str, Payment] = field(default_factory=dict)
    entered: dict[str, BankDetailsEntered] = field(default_factory=dict)
    payee: str = ""
    """The organisation whose accounts these are."""
    confirmed: dict[str, str] = field(default_factory=dict)
    """The account that each funder confirmed last, by funder."""
    confirmers: dict[str, str] = field(default_factory=dict)
    """Who confirmed it, by funder."""
    overdue_reports: set[str] = field(default_factory=set)
    ledger: dict[str, str] = field(default_factory=dict)
    """Finance's own references, and the payment that each stands for."""
    hands: dict[str, frozenset[str]] = field(default_factory=dict)
    """Who took the first of two steps, by the payment asked for, the hold proposed or the bank details entered."""
    changes: dict[str, AgreementEnded | AgreementVaried | SumsMadeGood] = field(default_factory=dict)
    """What each change of support made of the agreement last."""
    kept_until: date | None = None
    """Until when an incumbent that lost keeps its money at least (SPP9)."""

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact."""
        self._take_first_step(event)
        match event.data:
            case AgreementDrafted() as drafted:
                self.drafted = drafted
                self.funders.add(drafted.funder_id)
            case AgreementInForce():
                self.in_force = True
            case FinancingModelChosen() as chosen:
                self.financing = chosen
            case PaymentScheduled() as scheduled:
                self._schedule(scheduled)
            case ReportOverdue() as overdue:
                self.overdue_reports.add(overdue.report_id)
            case ReportSubmitted() | ReportOverdueWithdrawn() | ReportAccepted() as came:
                self.overdue_reports.discard(came.report_id)
            case fact:
                self._take(fact)

    def _take_first_step(self, event: Recorded[Any]) -> None:
        match event.data:
            case PaymentRequested() as asked:
                self.hands[asked.payment_id] = event.hands(asked.requested_by)
            case PaymentHoldProposed() as proposed:
                self.hands[proposed.hold_id] = event.hands(proposed.proposed_by)
            case BankDetailsEntered() as entered:
                self.hands[entered.details_id] = event.hands(entered.entered_by)

    def _schedule(self, scheduled: PaymentScheduled) -> None:
        """What stands in the place of another was held as often as that."""
        payment = Payment(scheduled, scheduled.due_on)
        before = self.payments.get(scheduled.replaces or "")
        line = next((line for line in self.lines if before in line), []) if before else []
        payment.holds = max((one.holds for one in line), default=0)
        payment.renewals = max((one.renewals for one in line), default=0)
        self.payments[scheduled.payment_id] = payment

    def _take(self, fact: Any) -> None:
        if isinstance(fact, PaymentMade):
            self.ledger[fact.ledger_reference] = fact.payment_id
        self._take_account(fact)
        self._take_change(fact)
        payment = self.payments.get(getattr(fact, "payment_id", ""))
        if payment:
            payment.take(fact)

    def _take_change(self, fact: Any) -> None:
        match fact:
            case AgreementEnded() | AgreementVaried() | SumsMadeGood():
                self.changes[fact.change_id] = fact
            case IncumbentNotAwarded(kept_until_at_least=until):
                self.kept_until = max(filter(None, (self.kept_until, until)), default=None)
            case DoubtAnswered(stands=False):
                if payment := self.payments.get(fact.about.removeprefix("payment:")):
                    payment.released = None

    def _take_account(self, fact: Any) -> None:
        match fact:
            case BankDetailsEntered():
                self.entered[fact.details_id], self.payee = fact, fact.organisation_id
            case BankDetailsConfirmed():
                self.confirmed[fact.funder_id] = fact.details_id
                self.confirmers[fact.funder_id] = fact.confirmed_by
            case PaymentReturned() if fact.details_id == self.confirmed.get(fact.funder_id):
                # Danger: whatever the bank's reason, nothing goes to this account again before a person looked.
                del self.confirmed[fact.funder_id]
                if fact.reason is not ReturnReason.REFUSED_BY_BANK:
                    self.entered.pop(fact.details_id, None)
            case OrganisationSucceeded() if fact.organisation_id == self.payee:
                # whoever took over says where it is paid, and finance confirms that anew
                self.entered.clear()
                self.confirmed.clear()

    @property
    def organisation(self) -> str:
        """The organisation that is paid; empty before the agreement was drafted."""
        return self.drafted.organisation_id if self.drafted else ""

    @property
    def ended(self) -> bool:
        """Whether a change ended the agreement before its term, and no sums were made good since."""
        return any(isinstance(one, AgreementEnded) for one in self.changes.values())

    @property
    def standing(self) -> list[Payment]:
        """The payments that no change cancelled."""
        return [one for one in self.payments.values() if one.cancelled is None]

    @property
    def lines(self) -> list[list[Payment]]:
        """For each payment that stands in nobody's place: itself, and all that came to stand in its place."""
        found: dict[str, list[Payment]] = {}
        for which, one in self.payments.items():
            found[which] = found.get(one.scheduled.replaces or "", [])
            found[which].append(one)
        return [line for which, line in found.items() if _id(line[0]) == which]

    @property
    def waits_for_reports(self) -> bool:
        """Whether it was agreed that payments wait for reports that are due (Compact 3.3.7)."""
        return self.financing is not None and self.financing.model is FinancingModel.BY_OUTCOME

    def account(self, funder: str) -> str | None:
        """The account that this funder may pay to."""
        return self.confirmed.get(funder)


def _id(payment: Payment) -> str:
    return payment.scheduled.payment_id


def agreement_of(payment_id: str) -> str:
    """The agreement that a payment belongs to: its id without the number."""
    return payment_id.rpartition(".")[0]


def of_agreement(agreement_id: str, organisation: str = "", *more: Item) -> Query[PaymentBook]:
    """The agreement with its payments and reports, and the accounts and standing of its organisation."""
    items = [Item(f"agreement:{agreement_id}"), *more]
    if organisation:
        items.append(Item(f"organisation:{organisation}", only=ACCOUNTS))
    return Query(*items, fold=PaymentBook)


def of_organisation(organisation: str, *more: Item) -> Query[PaymentBook]:
    """Everything about payments to one organisation, whatever the agreement."""
    kinds: tuple[type[Event], ...] = (AgreementDrafted, *PAYMENTS, *ACCOUNTS)
    return Query(Item(f"organisation:{organisation}", only=kinds), *more, fold=PaymentBook)


def unpaid(payments: Iterable[Payment]) -> list[Payment]:
    """Those that are still to be made, in order of their dates."""
    return sorted((one for one in payments if one.made is None and one.cancelled is None), key=lambda one: one.due_on)
