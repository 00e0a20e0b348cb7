"""A round's money is cut by its funder's own budget decision, never below what is committed under it (SPP1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from contracts.budgets import ProgrammeMoneyCut
from contracts.change_gates import AgreementEnded, AgreementVaried, SumsMadeGood
from contracts.envelope import DocumentRef, Event
from contracts.funding import AgreementDrafted, AwardApproved, Support, YearAmount
from contracts.payments import PaymentCancelled, PaymentScheduled
from contracts.place import Place
from contracts.rules import Citation
from services.funding.gates import malformed, programme_rules
from services.funding.limits import decider
from services.funding.money import in_pounds, per_year
from services.funding.rounds import ROUND, Round
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Rejection, unknown

COMMITTED: tuple[type[Event], ...] = (AwardApproved, AgreementDrafted)
GIVEN: tuple[type[Event], ...] = (AgreementVaried, AgreementEnded, SumsMadeGood, PaymentScheduled, PaymentCancelled)


@dataclass(frozen=True, kw_only=True)
class CutMoney(Command):
    """Lower the money of a round in one or more financial years."""

    subject: ClassVar[str] = "programme_id"
    programme_id: str
    money: tuple[YearAmount, ...]
    """What the years named have from now on; the others stay as they are."""
    budget_decision: Citation
    reasons: DocumentRef


@dataclass
class Commitment:
    """What one agreement is committed to give: its payments where they are scheduled, else its amounts."""

    amounts: tuple[YearAmount, ...]
    ended: bool = False
    payments: dict[str, PaymentScheduled] = field(default_factory=dict)

    def take(self, fact: Any) -> None:
        """Take one fact of the agreement."""
        match fact:
            case AgreementVaried(support=Support.FUNDING):
                self.amounts = fact.amounts
            case AgreementEnded():
                self.ended = True
            case SumsMadeGood():
                self.amounts, self.ended = fact.amounts, fact.ended_from is not None
            case PaymentScheduled():
                self.payments[fact.payment_id] = fact
            case PaymentCancelled():
                self.payments.pop(fact.payment_id, None)

    @property
    def by_year(self) -> Counter[str]:
        """The pounds of each financial year."""
        if self.payments:
            found = Counter[str]()
            for one in self.payments.values():
                found[one.year] += one.pounds
            return found
        return Counter() if self.ended else per_year(self.amounts)


@dataclass
class Budget(Round):
    """A round's money, the awards approved in it, and what the agreements made of them are committed to."""

    folds: ClassVar[tuple[type[Event], ...]] = (*ROUND, *COMMITTED, *GIVEN)
    approved: dict[str, AwardApproved] = field(default_factory=dict)
    agreements: dict[str, Commitment] = field(default_factory=dict)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one fact of the round or of an agreement made in it."""
        super().evolve(event)
        match event.data:
            case AwardApproved() as approved:
                self.approved[approved.bid_id] = approved
            case AgreementDrafted() as drafted:
                self.approved.pop(drafted.bid_id, None)
                self.agreements[drafted.agreement_id] = Commitment(drafted.amounts)
            case fact if known := self.agreements.get(getattr(fact, "agreement_id", "")):
                known.take(fact)

    def committed(self, year: str) -> int:
        """What agreements, and awards that are none yet, give in a financial year."""
        awarded = sum(per_year(one.amounts)[year] for one in self.approved.values())
        return awarded + sum(one.by_year[year] for one in self.agreements.values())


def facts_of(command: CutMoney, known: Budget | None = None) -> Query[Budget]:
    """The round and its awards; with each of its agreements, once it is known which they are."""
    agreements = known.agreements if known else ()
    return Query(
        Item(f"programme:{command.programme_id}", only=(*ROUND, *COMMITTED)),
        *(Item(f"agreement:{one}", only=GIVEN) for one in agreements),
        fold=Budget,
    )


def cut(facts: Budget, command: CutMoney, place: Place) -> Decision:
    """Lower a round's money as far as nothing is committed; the rest is lowered by changes of support (SPP1, 3.4.2)."""
    published = facts.published
    if published is None or published.funder_id != command.actor.organisation:
        return unknown("programme", command.programme_id)
    office = decider(place, command)
    if isinstance(office, Rejection):
        return office
    if refused := next(_faults(facts, command, place), None):
        return refused
    lower = {one.year: one.pounds for one in command.money}
    money = tuple(YearAmount(year=one.year, pounds=lower.get(one.year, one.pounds)) for one in facts.money)
    if money == facts.money:
        return []
    return [
        ProgrammeMoneyCut(
            programme_id=command.programme_id, funder_id=published.funder_id, money=money,
            budget_decision=command.budget_decision, reasons=command.reasons,
            decided_by=place.principal(command.actor.person), authority=office.authority, opens=(command.reasons,),
        )
    ]  # fmt: skip


def _faults(facts: Budget, command: CutMoney, place: Place) -> Iterator[Rejection]:
    before = per_year(facts.money)
    if any(one.year not in before or one.pounds > before[one.year] for one in command.money):
        yield malformed("money_not_lower", "Name years of the round, each with no more money than it has now.")
    if facts.opened is not None and not facts.announced:
        yield Rejection(
            "results_awaited", "Bids are opened and their results are not out: until then the money stands.",
            facts.cite("results"), "Cut it once the results are out.",
        )  # fmt: skip
    for one in sorted(command.money, key=lambda each: each.year):
        if one.pounds < facts.committed(one.year):
            yield _below(facts, one, command, place)


def _below(facts: Budget, amount: YearAmount, command: CutMoney, place: Place) -> Rejection:
    committed = facts.committed(amount.year)
    giving = ", ".join(which for which, one in facts.agreements.items() if one.by_year[amount.year])
    rules = programme_rules(place, facts.programme, command.now)
    return Rejection(
        "money_below_commitments",
        f"In {amount.year} {in_pounds(committed)} is committed, {in_pounds(committed - amount.pounds)} more than that.",
        rules.cite("money_per_year") if rules and rules.money_per_year is not None else facts.cite("money per year"),
        f"Propose changes of support first, each through its own gates: {giving}. The money can be cut as they hold.",
    )
