"""What stands recorded of a round's panel: who sits, who declared what, who scored which bid, whom it met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.envelope import Event
from contracts.funding import BidSubmitted
from contracts.panels import (
    BidScored,
    PanelAppointed,
    PanelInterestDeclared,
    PanelMember,
    PanelMemberStoodAside,
    PanelRecommended,
    ProposerMet,
)
from contracts.place import Place

PANEL_FACTS: tuple[type[Event], ...] = (
    PanelAppointed, PanelMemberStoodAside, PanelInterestDeclared, BidScored, ProposerMet, PanelRecommended,
)  # fmt: skip
PANEL_MEMBER = "panel_member"


@dataclass
class Panel:
    """The panel of one round."""

    members: dict[str, PanelMember] = field(default_factory=dict)
    aside: set[str] = field(default_factory=set)
    declared: dict[str, dict[str, bool]] = field(default_factory=dict)
    """Member to organisation to whether there is an interest."""
    scored: dict[tuple[str, str], BidScored] = field(default_factory=dict)
    """By bid and member."""
    met: dict[str, list[ProposerMet]] = field(default_factory=dict)
    recommended: PanelRecommended | None = None
    hands: set[str] = field(default_factory=set)
    """Everybody who counted as a member, or as whoever spoke for the panel, when that one was appointed or acted."""
    known_as: dict[str, set[str]] = field(default_factory=dict)
    """Member to everybody who counted as that member when it declared."""

    def take(self, fact: Any) -> None:
        """Take one fact about the panel; anything else is passed over."""
        match fact:
            case PanelAppointed():
                self.members |= {member.person_id: member for member in fact.members}
                self.hands |= {one for member in fact.members for one in (member.person_id, *member.counted_with)}
                self.aside -= {member.person_id for member in fact.members}
            case PanelMemberStoodAside():
                self.aside.add(fact.member)
            case PanelInterestDeclared():
                said = self.declared.setdefault(fact.member, {})
                said |= {one.organisation_id: one.interest for one in fact.interests}
                self.known_as.setdefault(fact.member, {fact.member}).update(fact.counted_with)
                self.hands |= self.known_as[fact.member]
            case BidScored():
                self.scored[fact.bid_id, fact.member] = fact
                self.hands.update(fact.counted_with)
            case ProposerMet():
                self.met.setdefault(fact.bid_id, []).append(fact)
            case PanelRecommended():
                self.recommended = fact
                self.hands |= {fact.recommended_by, *fact.counted_with}

    def sits(self, person: str) -> bool:
        """Whether this person was appointed and did not stand aside."""
        return person in self.members and person not in self.aside

    def has_declared(self, member: str, organisations: Iterable[str]) -> bool:
        """Whether a member said nil or an interest for each of these."""
        return set(organisations) <= self.declared.get(member, {}).keys()

    def has_interest(self, member: str, organisations: Iterable[str]) -> bool:
        """Whether a member declared an interest in any of these."""
        said = self.declared.get(member, {})
        return any(said.get(one, False) for one in organisations)

    def remaining(self, bid: BidSubmitted, place: Place) -> tuple[PanelMember, ...]:
        """Who sits and holds the office, unless an interest in this bid was declared; each person once."""
        found: dict[str, PanelMember] = {}
        for member in self.members.values():
            holds = place.office(member.person_id, member.organisation_id, PANEL_MEMBER)
            conflicted = any(
                self.has_interest(other, organisations_of(bid))
                for other in self.declared
                if place.same_person(self.known_as[other], member.person_id)
            )
            if holds and self.sits(member.person_id) and not conflicted:
                found.setdefault(place.principal(member.person_id), member)
        return tuple(found.values())

    def scorers(self, bid: BidSubmitted, place: Place) -> tuple[PanelMember, ...]:
        """Those of them who declared nil for the bidder and each member of its consortium: they may score it."""
        organisations = organisations_of(bid)
        return tuple(one for one in self.remaining(bid, place) if self.has_declared(one.person_id, organisations))

    def scores_of(self, bid: BidSubmitted, place: Place) -> Mapping[str, BidScored]:
        """The scores that count, by member."""
        counted = {one.person_id for one in self.scorers(bid, place)}
        return {who: fact for (which, who), fact in self.scored.items() if which == bid.bid_id and who in counted}

    def sat(self, person: str, place: Place) -> bool:
        """Whether this person was ever on the panel or spoke for it; a delegate counts, also of the time."""
        return place.same_person(self.hands, person)


def organisations_of(bid: BidSubmitted) -> tuple[str, ...]:
    """The bidder and each member of its consortium."""
    return (bid.organisation_id, *bid.member_ids)
