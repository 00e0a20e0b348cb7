"""Who may enter new commitments: what partners told about an organisation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from contracts.envelope import Event
from contracts.partners import (
    OrganisationDissolved,
    OrganisationKind,
    OrganisationRegistered,
    OrganisationReinstated,
    OrganisationSucceeded,
    OrganisationSuspended,
)
from services.runtime.decisions import Item, Rejection

STANDING: tuple[type[Event], ...] = (
    OrganisationRegistered, OrganisationSuspended, OrganisationReinstated, OrganisationDissolved, OrganisationSucceeded,
)  # fmt: skip


@dataclass
class Register:
    """Kind of each organisation, who is suspended, who is gone since when."""

    kinds: dict[str, OrganisationKind] = field(default_factory=dict)
    suspended: set[str] = field(default_factory=set)
    gone: dict[str, date] = field(default_factory=dict)

    def take(self, fact: Any) -> None:
        """Take one fact about an organisation; anything else is passed over."""
        match fact:
            case OrganisationRegistered():
                self.kinds[fact.organisation_id] = fact.kind
            case OrganisationSuspended():
                self.suspended.add(fact.organisation_id)
            case OrganisationReinstated():
                self.suspended.discard(fact.organisation_id)
            case OrganisationDissolved():
                self.gone[fact.organisation_id] = fact.dissolved_on
            case OrganisationSucceeded():
                self.gone[fact.organisation_id] = fact.succeeded_on

    def hindrance(self, organisation: str, day: date) -> Rejection | None:
        """What keeps an organisation from any new commitment on this day."""
        if organisation not in self.kinds:
            return Rejection(
                "organisation_unknown", f"No organisation {organisation} stands in the register.",
                remedy="Ask the partnership office to register it.",
            )  # fmt: skip
        if self.gone.get(organisation, date.max) <= day:
            return Rejection("organisation_dissolved", f"{organisation} no longer exists.")
        if organisation in self.suspended:
            return Rejection(
                "organisation_suspended", f"{organisation} is suspended and may not enter new commitments.",
                remedy="Ask the partnership office what is needed for reinstatement.",
            )  # fmt: skip
        return None

    def may_not_bid(self, organisation: str, day: date) -> Rejection | None:
        """What keeps an organisation from bidding: only voluntary and community organisations do."""
        kind = self.kinds.get(organisation)
        if kind is OrganisationKind.INFRASTRUCTURE:
            return Rejection(
                "infrastructure_may_not_bid", "The sector's own infrastructure body neither bids nor scores."
            )
        if kind not in (OrganisationKind.VCO, None):
            return Rejection("only_vcos_bid", f"{organisation} is not a voluntary or community organisation.")
        return self.hindrance(organisation, day)


def of_organisations(organisations: Iterable[str]) -> tuple[Item, ...]:
    """What partners told about each of these."""
    return tuple(Item(f"organisation:{one}", only=STANDING) for one in dict.fromkeys(organisations))
