"""What becomes of a round's money after it was published; published by funding."""

from __future__ import annotations

from contracts.envelope import Audience, DocumentRef, Event
from contracts.funding import ProgrammeId, YearAmount
from contracts.partners import OrganisationId
from contracts.rules import Citation


class ProgrammeMoneyCut(Event, wire="funding.programme_money_cut", audience=Audience.PARTNERS):
    """A round has less money from now on, by its funder's own budget decision; never less than is committed (SPP1)."""

    programme_id: ProgrammeId
    funder_id: OrganisationId
    money: tuple[YearAmount, ...]
    """What each financial year of the round has now."""
    budget_decision: Citation
    reasons: DocumentRef
    decided_by: str
    authority: str
    opens: tuple[DocumentRef, ...]
