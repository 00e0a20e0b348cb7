"""A panel is appointed after opening; each member declares nil or an interest before reading any bid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from contracts.envelope import DocumentRef
from contracts.panels import (
    OrganisationInterest,
    PanelAppointed,
    PanelInterestDeclared,
    PanelMember,
    PanelMemberStoodAside,
)
from contracts.partners import OrganisationKind
from contracts.place import Place
from contracts.rules import Citation
from services.funding.gates import citation, malformed, only, rules_on
from services.funding.opened_bids import Opened, facts_of_round
from services.funding.panel_facts import PANEL_MEMBER, organisations_of
from services.funding.register import of_organisations
from services.runtime.decisions import Command, Decision, Query, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class OnPanel(Command):
    """A step about the panel of a round; even its refusal is sealed until the results are out."""

    subject: ClassVar[str] = "programme_id"
    sealed: ClassVar[bool] = True
    programme_id: str


@dataclass(frozen=True, kw_only=True)
class AppointPanel(OnPanel):
    """Appoint people to the panel, or further ones."""

    members: tuple[PanelMember, ...]


@dataclass(frozen=True, kw_only=True)
class DeclareInterests(OnPanel):
    """Declare nil or an interest for each bidder and each member of its consortium."""

    interests: tuple[OrganisationInterest, ...]
    nature: DocumentRef | None = None


@dataclass(frozen=True, kw_only=True)
class StandAside(OnPanel):
    """Leave the panel, or note that a member left it."""

    member: str


def facts_of(command: OnPanel) -> Query[Opened]:
    """The round, every bid in it and its panel; of new members, what the register says of their organisations."""
    members = command.members if isinstance(command, AppointPanel) else ()
    return facts_of_round(command.programme_id, *of_organisations(member.organisation_id for member in members))


def appoint(facts: Opened, command: AppointPanel, place: Place) -> Decision:
    """Appoint a panel once bids are opened, or refill it; nobody who bids sits on it (Compact 3.1.6, COV5)."""
    if facts.published is None:
        return unknown("programme", command.programme_id)
    new = tuple(member for member in command.members if not facts.panel.sits(member.person_id))
    refused = only(command, ("commissioner",), facts.published.funder_id) or next(
        _appointment_faults(facts, command, new, place), None
    )
    if refused or not new:
        return refused or []
    return [
        PanelAppointed(
            programme_id=command.programme_id,
            funder_id=facts.published.funder_id,
            members=tuple(one.model_copy(update={"counted_with": place.counted_with(one.person_id)}) for one in new),
            appointed_by=place.principal(command.actor.person),
        )
    ]


def declare(facts: Opened, command: DeclareInterests, place: Place) -> Decision:
    """Take a member's declaration, before reading or late; an interest once declared stands (Compact 3.1.6)."""
    if facts.published is None or not facts.panel.sits(command.actor.person):
        return unknown("panel", command.programme_id)
    known = facts.panel.declared.get(command.actor.person, {})
    said = {one.organisation_id: one.interest for one in command.interests}
    if refused := next(_declaration_faults(facts, command, known, said, place), None):
        return refused
    new = tuple(one for one in command.interests if known.get(one.organisation_id) is not one.interest)
    if not new:
        return []
    return [
        PanelInterestDeclared(
            programme_id=command.programme_id,
            member=command.actor.person,
            interests=new,
            nature=command.nature,
            counted_with=place.counted_with(command.actor.person),
        )
    ]


def stand_aside(facts: Opened, command: StandAside, place: Place) -> Decision:
    """Note that a member left: on the member's own word, or on the commissioner's."""
    if facts.published is None or command.member not in facts.panel.members:
        return unknown("panel_member", command.member)
    if command.actor.person != command.member:
        refused = only(command, ("commissioner",), facts.published.funder_id)
        if refused:
            return refused
    if command.member in facts.panel.aside:
        return []
    return [PanelMemberStoodAside(programme_id=command.programme_id, member=command.member)]


def bidding(facts: Opened) -> tuple[str, ...]:
    """Every bidder and consortium member of the opened bids, each once."""
    opened = [bid for bid in facts.bids.values() if bid.bid_id in (facts.opened or ())]
    return tuple(dict.fromkeys(one for bid in opened for one in organisations_of(bid)))


def of_interests(facts: Opened, place: Place, moment: datetime) -> Citation:
    """Where it stands that interests are declared: the place's rule, else the round's own (Compact 3.1.6)."""
    rule = rules_on(place, moment).interests
    return citation(place, rule, facts.programme.funder_id, moment, facts.cite("interests of the panel"))


def _appointment_faults(
    facts: Opened, command: AppointPanel, new: tuple[PanelMember, ...], place: Place
) -> Iterator[Rejection]:
    if facts.programme.panel_points is None:
        yield Rejection(
            "round_without_panel", "This round was published without a panel.",
            facts.cite("who weighs the bids"), "A decider decides its bids.",
        )  # fmt: skip
    if facts.opened is None:
        yield Rejection(
            "bids_not_opened", "A panel is appointed once the bids are opened, so that nobody who bids sits on it.",
            facts.cite("opening by two people"), "Open the bids first.",
        )  # fmt: skip
    if facts.announced:
        yield Rejection("results_announced", "The results of this round are out; they stand as announced.")
    people = [place.principal(one.person_id) for one in (*new, *_sitting(facts))]
    if len(set(people)) < len(people):
        yield malformed("member_repeated", "Name each person once; a delegate counts as the person.")
    for member in new:
        yield from _member_faults(facts, member, command.now, place)


def _sitting(facts: Opened) -> tuple[PanelMember, ...]:
    return tuple(one for one in facts.panel.members.values() if facts.panel.sits(one.person_id))


def _member_faults(facts: Opened, member: PanelMember, moment: datetime, place: Place) -> Iterator[Rejection]:
    kind = facts.register.kinds.get(member.organisation_id)
    if place.office(member.person_id, member.organisation_id, PANEL_MEMBER) is None:
        yield malformed(
            "not_a_panel_member", f"{member.person_id} holds no office of panel member for {member.organisation_id}.",
            "The partnership office appoints panel members.",
        )  # fmt: skip
    if member.sector is not (kind is OrganisationKind.VCO):
        yield malformed(
            "sector_wrong", f"{member.organisation_id} is {'not ' if member.sector else ''}of the voluntary sector.",
            "Mark the members who sit for a voluntary or community organisation, and nobody else.",
        )  # fmt: skip
    if kind is OrganisationKind.INFRASTRUCTURE:
        yield Rejection(
            "infrastructure_may_not_score", "The sector's own infrastructure body neither bids nor scores.",
            facts.cite("who sits on the panel"), "Ask another organisation of the sector.",
        )  # fmt: skip
    if member.organisation_id in bidding(facts):
        yield Rejection(
            "bidder_on_panel", f"{member.organisation_id} takes part in a bid of this round.",
            of_interests(facts, place, moment), "Appoint somebody of an organisation that does not bid.",
        )  # fmt: skip


def _declaration_faults(
    facts: Opened, command: DeclareInterests, known: dict[str, bool], said: dict[str, bool], place: Place
) -> Iterator[Rejection]:
    every = bidding(facts)
    if len(said) < len(command.interests) or not said.keys() <= set(every):
        yield malformed("declaration_unknown", "Declare once for each bidder and consortium member, and nobody else.")
    if missing := [one for one in every if one not in {**known, **said}]:
        yield malformed("declaration_incomplete", f"Declare nil or an interest for: {', '.join(missing)}.")
    if any(known.get(one) and not interest for one, interest in said.items()):
        yield Rejection(
            "interest_stands", "An interest that was declared stands.", of_interests(facts, place, command.now),
            "Ask the commissioner whether somebody else is needed on the panel.",
        )  # fmt: skip
