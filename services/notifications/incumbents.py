"""What is told about present support: to incumbents of a round that affects it, to funders of a term's end (SPP9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts import incumbents
from services.notifications import handlers
from services.notifications.notices import RequestNotice
from services.notifications.particulars import REASONS
from services.notifications.reactions import reactions
from services.notifications.read_tables import Particulars, projections
from services.runtime.decisions import Recorded
from services.runtime.projections import RowChange, Upsert
from services.runtime.reactions import Act


@projections.of(incumbents.SupportAffectedByRound)
def note_affected_support(event: Recorded[incumbents.SupportAffectedByRound]) -> Iterator[RowChange]:
    """What is said to an incumbent of a round."""
    said = event.data
    text = {"about": REASONS, "document": said.meaning.model_dump(mode="json")}
    facts = {"ends_on": said.support_ends_on.isoformat()}
    about = {"programme_id": said.programme_id, "agreement_id": said.agreement_id, "funder_id": said.funder_id}
    yield Upsert(Particulars, event.id, facts=facts, texts=[text], **about)


@projections.of(incumbents.TermEndAsked)
def note_term_end(event: Recorded[incumbents.TermEndAsked]) -> Iterator[RowChange]:
    """What is said to a funder of a term that ends."""
    said = event.data
    facts = {"ends_on": said.support_ends_on.isoformat(), "citation": str(said.citation)}
    about = {"agreement_id": said.agreement_id, "funder_id": said.funder_id}
    yield Upsert(Particulars, event.id, facts=facts, texts=[], **about)


@reactions.to(incumbents.SupportAffectedByRound, handlers.request_notice)
def tell_incumbent(event: Recorded[incumbents.SupportAffectedByRound], act: Act) -> RequestNotice:
    """An organisation hears from its funder that a round affects its support (Sutton Compact 3.4.3)."""
    return _notice(event, act, event.data.organisation_id, "support_affected", statutory=True)


@reactions.to(incumbents.TermEndAsked, handlers.request_notice)
def remind_funder(event: Recorded[incumbents.TermEndAsked], act: Act) -> RequestNotice:
    """The funder is reminded that a term ends and that it has to choose (SPP9)."""
    return _notice(event, act, event.data.funder_id, "funder_asked_of_term_end", statutory=False)


def _notice(event: Recorded[Any], act: Act, told: str, template: str, *, statutory: bool) -> RequestNotice:
    return RequestNotice(
        actor=act.actor, now=act.now, notice_id=act.new_id(f"notice for {told}"), organisation_id=told,
        about=f"agreement:{event.data.agreement_id}", template=template, because_of=event.id, statutory=statutory,
    )  # fmt: skip
