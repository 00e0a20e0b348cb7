"""Read tables, reactions and timers about incumbents and terms that come to their end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from contracts import change_gates, funding, incumbents
from services.funding import handlers_incumbents as handlers
from services.funding.incumbents import ProposeForIncumbent
from services.funding.projections import projections
from services.funding.reactions import reactions
from services.funding.terms_ending import AskTermEnd, ProposeEnd, ScheduleTermQuestion
from services.funding.timers import timers
from services.runtime.decisions import Recorded
from services.runtime.projections import ClearTimer, RowChange, SetTimer, Table, Upsert
from services.runtime.reactions import Act

ASK = "ask_term_end"


class AffectedSupport(Table, key=("programme_id", "agreement_id")):
    """The present support that each round affects, and what its results did to it."""

    programme_id: str
    agreement_id: str
    funder_id: str = ""
    organisation_id: str = ""
    support_ends_on: date | None = None
    notice_by: date | None = None
    meaning: dict[str, Any] | None = None
    less_notice: dict[str, Any] | None = None
    outcome: str | None = None
    kept_until_at_least: date | None = None


class TermsEnding(Table, key=("agreement_id",)):
    """Terms whose funder was asked what follows, and what it chose."""

    agreement_id: str
    funder_id: str = ""
    organisation_id: str = ""
    title: str = ""
    ask_on: date | None = None
    support_ends_on: date | None = None
    asked: bool = False
    choice: str | None = None
    reasons: dict[str, Any] | None = None


projections.keep(AffectedSupport, TermsEnding)


@projections.of(incumbents.SupportAffectedByRound)
def show_affected(event: Recorded[incumbents.SupportAffectedByRound]) -> Iterator[RowChange]:
    """An incumbent can read what a round means for its support (SPP9)."""
    fact = event.data
    yield Upsert(
        AffectedSupport, fact.programme_id, fact.agreement_id, funder_id=fact.funder_id,
        organisation_id=fact.organisation_id, support_ends_on=fact.support_ends_on, notice_by=fact.notice_by,
        meaning=fact.meaning.model_dump(mode="json"),
        less_notice=fact.less_notice.model_dump(mode="json") if fact.less_notice else None,
    )  # fmt: skip


@projections.of(incumbents.IncumbentNotAwarded)
def show_lost(event: Recorded[incumbents.IncumbentNotAwarded]) -> Iterator[RowChange]:
    """An incumbent that lost keeps its money at least until this day (SPP9)."""
    fact = event.data
    yield Upsert(
        AffectedSupport, fact.programme_id, fact.agreement_id, outcome=fact.kind.value,
        kept_until_at_least=fact.kept_until_at_least,
    )  # fmt: skip


@projections.of(incumbents.TermQuestionScheduled)
def await_question(event: Recorded[incumbents.TermQuestionScheduled]) -> Iterator[RowChange]:
    """The funder is asked on this day (SPP9)."""
    fact = event.data
    yield Upsert(TermsEnding, fact.agreement_id, ask_on=fact.ask_on, support_ends_on=fact.support_ends_on)
    yield SetTimer(ASK, fact.agreement_id, due_on=fact.ask_on)


@projections.of(incumbents.TermEndAsked)
def show_question(event: Recorded[incumbents.TermEndAsked]) -> Iterator[RowChange]:
    """The funder was asked."""
    fact = event.data
    yield Upsert(
        TermsEnding, fact.agreement_id, funder_id=fact.funder_id, organisation_id=fact.organisation_id,
        title=fact.title, support_ends_on=fact.support_ends_on, asked=True,
    )  # fmt: skip
    yield ClearTimer(ASK, fact.agreement_id)


@projections.of(incumbents.TermEndAnswered)
def show_choice(event: Recorded[incumbents.TermEndAnswered]) -> Iterator[RowChange]:
    """The funder chose."""
    fact = event.data
    yield Upsert(
        TermsEnding, fact.agreement_id, funder_id=fact.funder_id, organisation_id=fact.organisation_id,
        choice=fact.choice.value, reasons=fact.reasons.model_dump(mode="json"),
    )  # fmt: skip
    yield ClearTimer(ASK, fact.agreement_id)


@projections.of(change_gates.AgreementEnded)
def ask_no_more(event: Recorded[change_gates.AgreementEnded]) -> Iterator[RowChange]:
    """Nobody is asked what follows an agreement that ended before its term (SPP9)."""
    yield ClearTimer(ASK, event.data.agreement_id)


@reactions.to(incumbents.IncumbentNotAwarded, handlers.propose_for_incumbent)
def propose_for_incumbent(event: Recorded[incumbents.IncumbentNotAwarded], act: Act) -> ProposeForIncumbent:
    """A lost round is a change of support of its own, with a notice of its own (SPP9)."""
    return ProposeForIncumbent(
        actor=act.actor, now=act.now, change_id=act.new_id("change"), agreement_id=event.data.agreement_id,
        programme_id=event.data.programme_id,
    )  # fmt: skip


@reactions.to(funding.AgreementInForce, handlers.schedule_term_question)
def schedule_term_question(event: Recorded[funding.AgreementInForce], act: Act) -> ScheduleTermQuestion:
    """The end of a term is known from its beginning (SPP9)."""
    return ScheduleTermQuestion(actor=act.actor, now=act.now, agreement_id=event.data.agreement_id)


@reactions.to(change_gates.SumsMadeGood, handlers.schedule_term_question)
def schedule_term_question_again(event: Recorded[change_gates.SumsMadeGood], act: Act) -> ScheduleTermQuestion:
    """An agreement that stands again has an end of its term again (SPP9)."""
    return ScheduleTermQuestion(actor=act.actor, now=act.now, agreement_id=event.data.agreement_id)


@reactions.to(incumbents.TermEndAnswered, handlers.propose_end)
def propose_end(event: Recorded[incumbents.TermEndAnswered], act: Act) -> ProposeEnd | None:
    """To end support with its term is a change of support (SPP9)."""
    if event.data.choice is not incumbents.TermEndChoice.END:
        return None
    return ProposeEnd(
        actor=act.actor, now=act.now, agreement_id=event.data.agreement_id, change_id=act.new_id("change")
    )  # fmt: skip


@timers.when(ASK, handlers.ask_term_end)
def ask_term_end(key: str, act: Act) -> AskTermEnd:
    """The day has come on which the funder is asked (SPP9)."""
    return AskTermEnd(actor=act.actor, now=act.now, agreement_id=key)
