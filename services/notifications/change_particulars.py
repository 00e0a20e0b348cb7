"""What notices about a change of support say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from contracts import change_gates, independence
from services.notifications.particulars import REASONS, particulars_of, text_of
from services.notifications.read_tables import projections
from services.runtime.decisions import Recorded
from services.runtime.projections import RowChange

SHORTER = "Why the notice is shorter than six months"


@projections.of(change_gates.RepresentationInvited)
def note_time_to_respond(event: Recorded[change_gates.RepresentationInvited]) -> Iterator[RowChange]:
    """Until when the organisation may respond (Sutton Compact 3.4.3)."""
    facts = {"respond_by": event.data.respond_by.isoformat(), "citation": _cited(event.data.citation)}
    yield _of_agreement(event, facts)


@projections.of(change_gates.FundingChangeWithdrawn)
def note_withdrawal(event: Recorded[change_gates.FundingChangeWithdrawn]) -> Iterator[RowChange]:
    """Whether a proposal was taken back or made anew on another ground."""
    yield _of_agreement(event, {"anew": event.data.restarted_as is not None})


@projections.of(change_gates.FundingChangeDecided)
def note_decision(event: Recorded[change_gates.FundingChangeDecided]) -> Iterator[RowChange]:
    """The decision with its rationale under every part (Sutton Compact 3.4.3, 3.4.4)."""
    change = event.data
    facts = {
        "kind": change.kind.value, "support": change.support.value, "months": change.notice_months,
        "agreed": change.agreed, "amounts": [amount.model_dump() for amount in change.amounts],
    }  # fmt: skip
    texts = [text_of(_heading(part.part), part.document) for part in change.rationale]
    texts += [text_of(SHORTER, change.shorter_because)] if change.shorter_because else []
    yield _of_agreement(event, facts, texts)


@projections.of(change_gates.NoticePeriodStarted)
def note_notice_period(event: Recorded[change_gates.NoticePeriodStarted]) -> Iterator[RowChange]:
    """When notice was served, when it ends, and from when the change holds (Sutton Compact 3.4.4)."""
    fact = event.data
    facts = {name: getattr(fact, name).isoformat() for name in ("served_on", "ends_on", "effect_on")}
    yield _of_agreement(event, facts)


@projections.of(change_gates.ExitPlanAsked)
def note_exit_plan(event: Recorded[change_gates.ExitPlanAsked]) -> Iterator[RowChange]:
    """By when a plan is asked for (Sutton Compact 3.4.5)."""
    yield _of_agreement(event, {"due_on": event.data.due_on.isoformat(), "citation": _cited(event.data.citation)})


@projections.of(change_gates.SumsMadeGood)
def note_sums_made_good(event: Recorded[change_gates.SumsMadeGood]) -> Iterator[RowChange]:
    """From when the change had wrongly held, and what is given again (Sutton Compact 3.4.4)."""
    fact = event.data
    amounts = [amount.model_dump() for amount in fact.amounts]
    yield _of_agreement(event, {"held_from": fact.held_from.isoformat(), "amounts": amounts})


@projections.of(change_gates.ChangeTakenOver)
def note_taken_over(event: Recorded[change_gates.ChangeTakenOver]) -> Iterator[RowChange]:
    """How far a change is that came to a successor."""
    fact = event.data
    ends_on = fact.ends_on.isoformat() if fact.ends_on else ""
    yield _of_agreement(
        event, {"taken_over_on": fact.taken_over_on.isoformat(), "decided": fact.decided, "ends_on": ends_on}
    )


@projections.of(change_gates.UndertakingSetAside)
def note_step_set_aside(event: Recorded[change_gates.UndertakingSetAside]) -> Iterator[RowChange]:
    """Which step, for which statute, until when, with the reasons."""
    fact = event.data
    facts = {"step": _heading(fact.step), "statute": str(fact.statute), "lapses_on": fact.lapses_on.isoformat()}
    yield _of_agreement(event, facts, [text_of(REASONS, fact.reasons)])


@projections.of(independence.IndependenceConcernAnswered)
def note_answered_concern(event: Recorded[independence.IndependenceConcernAnswered]) -> Iterator[RowChange]:
    """What came of a concern about independence (Sutton Compact 3.1.1)."""
    fact = event.data
    texts = [text_of(REASONS, fact.answer)]
    yield particulars_of(event, {"finding": fact.finding.value}, texts, funder_id=fact.answered_for)


def _of_agreement(event: Recorded[Any], facts: dict[str, Any], texts: Iterable[dict[str, Any]] = ()) -> RowChange:
    fact = event.data
    return particulars_of(event, facts, list(texts), agreement_id=fact.agreement_id, funder_id=fact.funder_id)


def _heading(part: str) -> str:
    return part.replace("_", " ").capitalize()


def _cited(citation: Any) -> str:
    return str(citation) if citation else ""
