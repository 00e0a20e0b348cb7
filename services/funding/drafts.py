"""What is wrong with a draft: every gate before a bid, each as a function of the case before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from contracts.funding import BudgetLine, ConsortiumPart, LineKind, OutcomeCommitted
from contracts.place import Place
from contracts.rules import ProgrammeRules
from services.funding.bidding import Bidding
from services.funding.gates import citation, in_words, malformed, programme_rules, rules_on
from services.funding.money import in_pounds, per_year, total
from services.runtime.calendar import london_date
from services.runtime.decisions import Command, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a bid commits to and asks for, before or when it is submitted."""

    lines: tuple[BudgetLine, ...]
    outcomes: tuple[OutcomeCommitted, ...]
    declarations: tuple[tuple[str, bool], ...]
    """Each published eligibility criterion, and whether the bidder declares itself to meet it."""
    members: tuple[ConsortiumPart, ...] = ()
    legal_basis_acknowledged: bool = False

    @property
    def member_ids(self) -> tuple[str, ...]:
        """The organisations beside the lead."""
        return tuple(member.organisation_id for member in self.members)


@dataclass(frozen=True, kw_only=True)
class CheckBid(Command):
    """See every fault of a draft, with nothing recorded."""

    subject: ClassVar[str] = "programme_id"
    programme_id: str
    draft: Draft


@dataclass(frozen=True)
class Case:
    """A draft before the gates."""

    facts: Bidding
    draft: Draft
    bidder: str
    received_at: datetime
    place: Place

    @property
    def rules(self) -> ProgrammeRules | None:
        """The limits of this kind of programme."""
        return programme_rules(self.place, self.facts.programme, self.received_at)

    @property
    def correctable(self) -> str:
        """Until when a fault can be put right."""
        return f"Correct the bid and submit it by {in_words(self.facts.closes_at)}."


Gate = Callable[[Case], Iterator[Rejection]]


def faults(facts: Bidding, draft: Draft, command: Command, place: Place) -> list[Rejection]:
    """Every fault of a draft, the one that a submission would be refused for first (Compact 3.3.8)."""
    case = Case(facts, draft, command.actor.organisation, command.now, place)
    return [fault for gate in GATES for fault in gate(case)]


def check(facts: Bidding, command: CheckBid, place: Place) -> list[Rejection]:
    """What a submission of this draft would be refused for, were it made now (Compact 3.3.8)."""
    if facts.published is None:
        return [unknown("programme", command.programme_id)]
    return faults(facts, command.draft, command, place)


def too_late(case: Case) -> Iterator[Rejection]:
    """Bidding closes at a set time, to the second (SPP2)."""
    if case.facts.closed(case.received_at):
        yield Rejection(
            "bid_late",
            f"Bidding closed at {in_words(case.facts.closes_at)}; this bid came at {in_words(case.received_at)}.",
            case.facts.cite("closing time"),
            "If the system failed near closing, ask the funder to extend closing for all.",
        )


def too_early(case: Case) -> Iterator[Rejection]:
    """Bidding opens at a set time (SPP2)."""
    opens_at = case.facts.programme.opens_at
    if case.received_at < opens_at:
        yield Rejection(
            "bidding_not_open", f"Bidding opens at {in_words(opens_at)}.",
            case.facts.cite("opening time"), "Submit the bid from then on.",
        )  # fmt: skip


def not_admitted(case: Case) -> Iterator[Rejection]:
    """Registered voluntary and community organisations bid: not suspended, not gone, not the infrastructure body."""
    day = london_date(case.received_at)
    for organisation in dict.fromkeys((case.bidder, *case.draft.member_ids)):
        refusal = case.facts.register.may_not_bid(organisation, day)
        if refusal:
            known = refusal.code != "organisation_unknown"
            yield replace(refusal, citation=case.facts.cite("who may bid") if known else None)


def second_bid(case: Case) -> Iterator[Rejection]:
    """An organisation has one bid standing in a round (SPP2)."""
    if standing := case.facts.standing_of(case.bidder):
        yield Rejection(
            "bid_already_submitted", f"Bid {standing.bid_id} of this organisation stands in this round.",
            case.facts.cite("one bid for each organisation"), "Withdraw that bid first, before closing.",
        )  # fmt: skip


def declarations(case: Case) -> Iterator[Rejection]:
    """The bidder declares itself against each published criterion; only a declared "no" is refused (Compact 3.3.8)."""
    published = {criterion.id: criterion.text for criterion in case.facts.programme.eligibility}
    declared = dict(case.draft.declarations)
    if missing := [one for one in published if one not in declared]:
        yield malformed("declaration_missing", f"Declare yes or no to: {', '.join(missing)}.")
    if strange := [one for one in declared if one not in published]:
        yield malformed("declaration_unknown", f"This round has no eligibility criterion: {', '.join(strange)}.")
    for one, text in published.items():
        if declared.get(one) is False:
            yield _declared_no(case, text)


def money(case: Case) -> Iterator[Rejection]:
    """At most so much to one partner in one year, in years that the round funds (SPP1)."""
    asked = per_year(case.draft.lines)
    if strange := sorted(set(asked) - {amount.year for amount in case.facts.programme.money}):
        yield Rejection(
            "year_not_funded", f"This round has no money in {', '.join(strange)}.",
            case.facts.cite("money per year"), case.correctable,
        )  # fmt: skip
    most = case.rules.max_per_year if case.rules else None
    for year, pounds in sorted(asked.items()):
        if case.rules and most is not None and pounds > most:
            yield Rejection(
                "over_yearly_maximum",
                f"The bid asks for {in_pounds(pounds)} in {year}; at most {in_pounds(most)} goes to a partner a year.",
                case.rules.cite("max_per_year"), case.correctable,
            )  # fmt: skip


def project_costs(case: Case) -> Iterator[Rejection]:
    """Core costs only, where the place adopted that; overheads are core (SPP1, Compact 3.3.1)."""
    lines = [line.id for line in case.draft.lines if line.kind is LineKind.PROJECT]
    if lines and case.rules and case.rules.core_costs_only:
        yield Rejection(
            "project_cost_line", f"This programme pays core costs only; project costs are: {', '.join(lines)}.",
            case.rules.cite("core_costs_only"), case.correctable,
        )  # fmt: skip


def without_outcomes(case: Case) -> Iterator[Rejection]:
    """A bid commits to outcomes or improved services, or there is no funding (SPP3)."""
    if not case.draft.outcomes and case.rules and case.rules.outcomes_required:
        yield Rejection(
            "no_outcomes", "The bid commits to no outcome or improved service; there is no funding without.",
            case.rules.cite("outcomes_required"), case.correctable,
        )  # fmt: skip


def consortium(case: Case) -> Iterator[Rejection]:
    """Each member once, beside the lead, with shares that the bid can hold."""
    together = (case.bidder, *case.draft.member_ids)
    if len(set(together)) < len(together):
        yield malformed("member_repeated", "Name each member of the consortium once, and not the lead.")
    if sum(member.share_pounds for member in case.draft.members) > total(case.draft.lines):
        yield malformed("shares_over_bid", "The members' shares are more than the bid asks for.")


GATES: tuple[Gate, ...] = (
    too_late, too_early, not_admitted, second_bid, declarations, money, project_costs, without_outcomes, consortium,
)  # fmt: skip
"""In the order in which a submission meets them."""


def _declared_no(case: Case, text: str) -> Rejection:
    rule = rules_on(case.place, case.received_at).eligibility
    funder, otherwise = case.facts.programme.funder_id, case.facts.cite("eligibility")
    return Rejection(
        "declared_not_eligible", f"The bidder declares that it does not meet: {text}",
        citation(case.place, rule, funder, case.received_at, otherwise),
        f"If the answer was a mistake: {case.correctable} Otherwise ask the funder which rounds are open to you.",
    )  # fmt: skip
