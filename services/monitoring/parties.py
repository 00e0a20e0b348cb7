"""Who stands on which side of an agreement, and who may read what was reported under it."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.rules import Citation
from services.monitoring.terms import Terms
from services.runtime.decisions import Actor, Rejection

PARTNER = "vco_representative"
MANAGER = "commissioning_manager"
PROPOSERS = ("commissioner", MANAGER)
FUNDER_READERS = ("commissioner", MANAGER, "decider", "finance")
OVERSEERS = ("partnership_office", "auditor")
RESIDENT = Actor("resident", "public", "")
"""Who gives feedback without a token: nobody in particular."""
EVERYBODY = (
    PARTNER, *FUNDER_READERS, *OVERSEERS, "panel_member", "body_officer", "councillor", "independent_reviewer",
)  # fmt: skip
"""Every role that a person can act in: those who may not read a thing are told that it is not there."""


@dataclass(frozen=True)
class Sight:
    """Whose agreements somebody sees: everybody's, those of one partner, or those of one funder."""

    everything: bool = False
    partner_id: str | None = None
    funder_id: str | None = None

    def covers(self, organisation_id: str, funder_id: str) -> bool:
        """Whether an agreement between these two is seen."""
        return self.everything or self.partner_id == organisation_id or self.funder_id == funder_id


def sight_of(actor: Actor) -> Sight:
    """What somebody may read, by role and organisation."""
    if actor.role in OVERSEERS:
        return Sight(everything=True)
    if actor.role == PARTNER:
        return Sight(partner_id=actor.organisation)
    return Sight(funder_id=actor.organisation if actor.role in FUNDER_READERS else None)


def is_partner(actor: Actor, organisation_id: str) -> bool:
    """Whether somebody speaks for the organisation that is supported."""
    return actor.role == PARTNER and actor.organisation == organisation_id


def speaks_for_funder(actor: Actor, funder_id: str) -> bool:
    """Whether somebody speaks for the funder when monitoring is agreed."""
    return actor.role in PROPOSERS and actor.organisation == funder_id


def not_the_manager(actor: Actor, manager: str, terms: Terms) -> Rejection | None:
    """The refusal of anybody but the nominated commissioning manager or a delegate; any manager where that one left."""
    if actor.role != MANAGER or actor.organisation != terms.funder_id:
        return Rejection("not_the_funder", "Only the agreement's funder answers a report.", status=403)
    if (manager and terms.place.same_person(actor.person, manager)) or not (manager or terms.manager_citation):
        return None
    if terms.place.has_left(manager, terms.funder_id, MANAGER):
        return None
    return _not_nominated(terms.manager_citation)


def _not_nominated(citation: Citation | None) -> Rejection:
    return Rejection(
        "not_the_nominated_manager",
        "Only the commissioning manager nominated for this agreement answers its reports.",
        citation,
        "Ask the nominated manager, or have the partnership office record a replacement or a delegate.",
        status=409 if citation else 403,
    )
