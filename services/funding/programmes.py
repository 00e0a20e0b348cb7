"""A round is published within the limits of its kind; its closing is put off for all or for nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from contracts.envelope import DocumentRef
from contracts.funding import (
    ClosingExtended,
    Criterion,
    EligibilityCriterion,
    ProgrammePublished,
    YearAmount,
)
from contracts.place import Place
from contracts.rules import ProgrammeRules
from services.funding.gates import Warned, in_words, malformed, only, rules_on, warnings
from services.funding.incumbents import Affects, PresentSupport, affected, notice_faults, supports
from services.funding.money import in_pounds, years_between
from services.funding.panel_terms import panel_faults
from services.funding.proportion import form_too_long, most_for_one
from services.funding.rounds import Round, of_programme
from services.runtime.calendar import add_months, london_date
from services.runtime.decisions import Command, Decision, Query, Rejection, unknown

EXTENDABLE_AFTER_CLOSING = timedelta(hours=24)
"""How long after closing a failure near closing may still put it off for all."""
WHOLE = 100


@dataclass(frozen=True, kw_only=True)
class PublishProgramme(Command):
    """Publish a round: criteria, weights, money per year and dates stand fixed from then on."""

    subject: ClassVar[str] = "programme_id"
    programme_id: str
    title: str
    rules_key: str
    criteria: tuple[Criterion, ...]
    eligibility: tuple[EligibilityCriterion, ...]
    money: tuple[YearAmount, ...]
    opens_at: datetime
    closes_at: datetime
    results_at: datetime
    term_starts_on: date
    term_ends_on: date
    framework: DocumentRef | None = None
    legal_basis: str = ""
    panel_points: int | None = None
    affects: Affects | None = None
    """The present support that its results may end or lower."""


@dataclass(frozen=True, kw_only=True)
class ExtendClosing(Command):
    """Put closing off for all bidders, with the reason."""

    subject: ClassVar[str] = "programme_id"
    programme_id: str
    closes_at: datetime
    reason: DocumentRef


def facts_of_publication(command: PublishProgramme) -> Query[PresentSupport]:
    """The round, and the present support that it affects."""
    return Query(of_programme(command.programme_id), *supports(command.affects), fold=PresentSupport)


def facts_of_round(command: ExtendClosing) -> Query[Round]:
    """The round itself."""
    return Query(of_programme(command.programme_id), fold=Round)


def publish(facts: PresentSupport, command: PublishProgramme, place: Place) -> Decision:
    """Publish a round within the place's rules for its kind (SPP1, SPP2, SPP8, SPP9, COV12)."""
    if facts.published:
        return []
    fault = next(_faults(command, place), None)
    gates = list(_gates(facts, command, place)) if not fault else []
    if refused := fault or next((gate for gate in gates if isinstance(gate, Rejection)), None):
        return refused
    about = f"programme:{command.programme_id}"
    warned = [fact for gate in gates if isinstance(gate, Warned) for fact in warnings(gate, command, about)]
    return [
        ProgrammePublished(
            programme_id=command.programme_id,
            funder_id=command.actor.organisation,
            title=command.title,
            rules_key=command.rules_key,
            criteria=command.criteria,
            eligibility=command.eligibility,
            money=command.money,
            opens_at=command.opens_at,
            closes_at=command.closes_at,
            results_at=command.results_at,
            term_starts_on=command.term_starts_on,
            term_ends_on=command.term_ends_on,
            framework=command.framework,
            legal_basis=command.legal_basis,
            opens=(command.framework,) if command.framework else (),
            panel_points=command.panel_points,
        ),
        *affected(facts, command.affects, command, command.programme_id, place),
        *warned,
    ]


def _gates(facts: PresentSupport, command: PublishProgramme, place: Place) -> Iterator[Rejection | Warned]:
    """What the place's rules say against the form's length and the support that the results would affect."""
    asked = len(command.criteria) + len(command.eligibility)
    kind = rules_on(place, command.now).programmes.get(command.rules_key)
    if long := form_too_long(place, command, asked, most_for_one(command.money, kind)):
        yield long
    yield from notice_faults(facts, command.affects, command, command.results_at, place)


def extend_closing(facts: Round, command: ExtendClosing, place: Place) -> Decision:
    """Put closing off for all, before or soon after it and never once bids are opened (SPP2)."""
    if facts.published is None:
        return unknown("programme", command.programme_id)
    if facts.extended_to == command.closes_at:
        return []
    return (
        only(command, ("commissioner",), facts.published.funder_id)
        or next(_extension_faults(facts, command), None)
        or [
            ClosingExtended(
                programme_id=command.programme_id,
                closed_at_before=facts.closes_at,
                closes_at=command.closes_at,
                reason=command.reason,
                opens=(command.reason,),
            )
        ]
    )


def _extension_faults(facts: Round, command: ExtendClosing) -> Iterator[Rejection]:
    if facts.opened is not None:
        yield Rejection(
            "bids_already_opened", "The bids are opened; closing cannot be put off any more.",
            facts.cite("opening by two people"), "Publish a new round.",
        )  # fmt: skip
    if command.now > facts.closes_at + EXTENDABLE_AFTER_CLOSING:
        yield Rejection(
            "extension_too_late",
            f"Bidding closed at {in_words(facts.closes_at)}; it could be put off until 24 hours later.",
            facts.cite("closing time"), "Publish a new round.",
        )  # fmt: skip
    if command.closes_at <= max(command.now, facts.closes_at) or command.closes_at >= facts.programme.results_at:
        yield malformed(
            "closing_not_later",
            "The new closing time must be still to come, later than the one before, and earlier than the results.",
        )


def _faults(command: PublishProgramme, place: Place) -> Iterator[Rejection]:
    if command.actor.role != "commissioner":
        yield Rejection("not_yours_to_do", "Only a commissioner of the funder publishes a round.", status=403)
    yield from _criteria_faults(command)
    yield from _date_faults(command)
    yield from _money_faults(command)
    known = rules_on(place, command.now).programmes
    rules = known.get(command.rules_key)
    if rules is None or rules.binds_from > london_date(command.now):
        yield malformed(
            "programme_rules_unknown", f"This place has no programme rules called {command.rules_key!r}.",
            f"Name one of: {', '.join(sorted(known)) or 'none adopted'}.",
        )  # fmt: skip
        return
    yield from _limit_faults(command, rules)
    yield from panel_faults(command.panel_points, command.criteria, rules)


def _criteria_faults(command: PublishProgramme) -> Iterator[Rejection]:
    weights = sum(criterion.weight for criterion in command.criteria)
    if weights != WHOLE:
        yield malformed("weights_not_100", f"The weights of the criteria add up to {weights}, not 100.")
    ids = [one.id for one in command.criteria] + [one.id for one in command.eligibility]
    if len(set(ids)) < len(ids):
        yield malformed("criterion_repeated", "Each criterion needs an id of its own.")


def _date_faults(command: PublishProgramme) -> Iterator[Rejection]:
    if not command.opens_at < command.closes_at < command.results_at:
        yield malformed("dates_out_of_order", "A round opens, then closes, then has its results.")
    if command.closes_at <= command.now:
        yield malformed("closing_in_the_past", "A round cannot close before it is published.")
    if not london_date(command.results_at) <= command.term_starts_on < command.term_ends_on:
        yield malformed("term_out_of_order", "The term starts on or after the day of the results, and ends after that.")


def _money_faults(command: PublishProgramme) -> Iterator[Rejection]:
    years = [amount.year for amount in command.money]
    term = years_between(command.term_starts_on, command.term_ends_on)
    if len(set(years)) < len(years) or not set(years) <= set(term):
        yield malformed("money_outside_term", f"Money is set once for each year of the term: {', '.join(term)}.")


def _limit_faults(command: PublishProgramme, rules: ProgrammeRules) -> Iterator[Rejection]:
    if rules.years and command.term_ends_on >= add_months(command.term_starts_on, 12 * rules.years):
        yield Rejection(
            "term_too_long", f"Support under {rules.title} runs for at most {rules.years} years.",
            rules.cite("years"), "Set an earlier end of the term.",
        )  # fmt: skip
    most = rules.money_per_year
    if most is not None and any(amount.pounds > most for amount in command.money):
        yield Rejection(
            "over_adopted_money", f"{rules.title} has at most {in_pounds(most)} in one financial year.",
            rules.cite("money_per_year"), "Lower the money of the year.",
        )  # fmt: skip
