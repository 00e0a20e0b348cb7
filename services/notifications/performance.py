"""What an organisation is told about performance: meetings, under-performance and its timetable, the annual review."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts import improvement, reviews
from contracts.envelope import DocumentRef, Event
from services.notifications import handlers
from services.notifications.notices import RequestNotice
from services.notifications.particulars import REASONS
from services.notifications.reactions import reactions
from services.notifications.read_tables import Particulars, projections
from services.runtime.decisions import Recorded
from services.runtime.projections import RowChange, Upsert
from services.runtime.reactions import Act


@dataclass(frozen=True)
class Telling:
    """How a fact is told: the template, what of the fact it says, which text goes with it, and its date."""

    template: str
    says: tuple[str, ...] = ()
    text: str = ""
    by: str = ""
    """The field that holds the date by which something is to be done."""


TOLD: Mapping[type[Event], Telling] = {
    reviews.QuarterlyReviewDue: Telling("meeting_due", ("hold_by",), by="hold_by"),
    reviews.QuarterlyReviewMissed: Telling("meeting_missed", ("hold_by",)),
    improvement.UnderPerformanceRaised: Telling(
        "under_performance_raised", ("outcome_ids", "agree_by"), "reason", by="agree_by"
    ),
    improvement.RemedialTimetableProposed: Telling("timetable_proposed", ("side",), "document"),
    improvement.RemedialTimetableAgreed: Telling("timetable_agreed", ("ends_on",), by="ends_on"),
    improvement.RemedialTimetableNotAgreed: Telling(
        "timetable_not_agreed", ("agree_by", "positions_by"), by="positions_by"
    ),
    improvement.RemedialTimetableDecided: Telling("timetable_decided", ("ends_on",), "reasons", by="ends_on"),
    improvement.RemedialActionNotConfirmed: Telling(
        "action_not_confirmed", ("action_id", "side", "due_on"), "reason", by="due_on"
    ),
    improvement.RemedialActionMissed: Telling("action_missed", ("action_id", "side", "due_on")),
    improvement.RemedialTimetableEnded: Telling("timetable_ended", ("result",)),
    reviews.AnnualReviewOpened: Telling(
        "review_opened", ("from_on", "to_on", "parts", "conclude_by"), by="conclude_by"
    ),
    reviews.AnnualReviewAssessed: Telling("review_assessed", ("conclude_by",), "parts", by="conclude_by"),
    reviews.AnnualReviewConcluded: Telling("review_concluded", ("late",), "conclusion"),
    reviews.AnnualReviewMissed: Telling("review_missed", ("conclude_by", "waited_for")),
}
"""Every fact about performance that the organisation concerned is told in writing."""
OWN = (improvement.RemedialTimetableProposed, improvement.RemedialActionNotConfirmed)
"""Facts that either side brings about; the organisation is told of the funder's only."""
STATUTORY = (
    improvement.UnderPerformanceRaised, improvement.RemedialTimetableDecided, improvement.RemedialTimetableEnded,
)  # fmt: skip
"""What may lead to an end of support is told as strictly as that end."""


@projections.of(*TOLD)
def note_performance(event: Recorded[Any]) -> Iterator[RowChange]:
    """What is said of a fact about performance (SPP5, SPP6; Sutton Compact 3.4.1)."""
    fact, telling = event.data, TOLD[type(event.data)]
    facts = {name: _plain(getattr(fact, name)) for name in telling.says}
    texts = [*_texts(getattr(fact, telling.text))] if telling.text else []
    about = {"agreement_id": fact.agreement_id, "funder_id": fact.funder_id}
    yield Upsert(Particulars, event.id, facts=facts, texts=texts, **about)


def tell_of_performance(event: Recorded[Any], act: Act) -> RequestNotice | None:
    """The organisation is told in writing of a fact about its performance (SPP5, SPP6; Sutton Compact 3.4.1)."""
    fact, telling = event.data, TOLD[type(event.data)]
    if _brought_about_itself(fact):
        return None
    return RequestNotice(
        actor=act.actor, now=act.now, notice_id=act.new_id(f"notice for {fact.organisation_id}"),
        organisation_id=fact.organisation_id, about=event.subject, template=telling.template, because_of=event.id,
        statutory=isinstance(fact, STATUTORY), due_on=getattr(fact, telling.by) if telling.by else None,
    )  # fmt: skip


for kind in TOLD:
    reactions.to(kind, handlers.request_notice)(tell_of_performance)


def _brought_about_itself(fact: Any) -> bool:
    if not isinstance(fact, OWN):
        return False
    proposed = isinstance(fact, improvement.RemedialTimetableProposed)
    return bool((fact.side is improvement.Side.PARTNER) == proposed)


def _texts(said: DocumentRef | tuple[reviews.PartAnswered, ...]) -> Iterator[dict[str, Any]]:
    if isinstance(said, DocumentRef):
        yield {"about": REASONS, "document": said.model_dump(mode="json")}
        return
    for part in said:
        yield {"about": part.part, "document": part.document.model_dump(mode="json")}


def _plain(value: Any) -> Any:
    """A value as a template takes it: dates as text, none as nothing said."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
