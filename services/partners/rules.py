"""A place adopts its rules: the whole set as one fact, with the bodies that its documents name as parties."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.partners import OrganisationKind, OrganisationRegistered, RulesAdopted, SignatoryJoined
from contracts.place import Place
from contracts.rules import RuleSet, Signatory
from services.partners.offices import lacks_partnership_office
from services.runtime.decisions import Command, Decision, Item, Query, Recorded, Rejection


@dataclass(frozen=True, kw_only=True)
class AdoptRules(Command):
    """Adopt the set of rules that is shipped for a place."""

    subject: ClassVar[str] = "place"
    before_rules: ClassVar[bool] = True
    bootstraps: ClassVar[bool] = True
    place: str
    rules: RuleSet


@dataclass
class Adopted:
    """The sets adopted so far by their hashes, and which of the bodies named are in the register."""

    folds: ClassVar[tuple[type[Event], ...]] = (RulesAdopted, OrganisationRegistered)
    latest: RuleSet | None = None
    hashes: set[str] = field(default_factory=set)
    registered: set[str] = field(default_factory=set)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take an adoption, or a body's entry in the register."""
        match event.data:
            case RulesAdopted() as adopted:
                self.latest = adopted.rules
                self.hashes.add(adopted.rules_hash)
            case OrganisationRegistered() as registered:
                self.registered.add(registered.organisation_id)


def facts_of(command: AdoptRules) -> Query[Adopted]:
    """Earlier adoptions of the place, and the register's entries of the bodies named."""
    bodies = (Item(f"organisation:{body.organisation_id}") for body in command.rules.signatories)
    return Query(Item(f"place:{command.place}", only=(RulesAdopted,)), *bodies, fold=Adopted)


def adopt(facts: Adopted, command: AdoptRules, place: Place) -> Decision:
    """Adopt the set once, name its signatories, keep pending who is pending; a set older than the last is refused."""
    if refused := lacks_partnership_office(command.actor, place):
        return refused
    rules_hash = fingerprint(command.rules)
    if rules_hash in facts.hashes:
        return []
    if facts.latest and command.rules.adopted_on < facts.latest.adopted_on:
        return Rejection(
            "rules_older_than_adopted",
            f"Rules adopted on {facts.latest.adopted_on} already hold; these are of {command.rules.adopted_on}.",
            remedy="Give the set the day on which it was adopted.",
        )
    adopted = RulesAdopted(place=command.place, rules=command.rules, rules_hash=rules_hash)
    return [adopted, *_registrations(facts, command.rules), *_joined(command.rules, place)]


def fingerprint(rules: RuleSet) -> str:
    """SHA-256 over the set in one certain order of writing."""
    plain = rules.model_dump(mode="json")
    plain["calendar"]["bank_holidays"] = sorted(plain["calendar"]["bank_holidays"])
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _registrations(facts: Adopted, rules: RuleSet) -> Iterator[Event]:
    for body in rules.signatories:
        if body.organisation_id not in facts.registered:
            yield OrganisationRegistered(
                organisation_id=body.organisation_id,
                name=body.name,
                kind=OrganisationKind(body.kind),
                registered_on=rules.adopted_on,
            )


def _joined(rules: RuleSet, place: Place) -> Iterable[Event]:
    for body in rules.signatories:
        if _new(body, place):
            yield SignatoryJoined(
                organisation_id=body.organisation_id,
                place=rules.place,
                joined_on=rules.adopted_on,
                pending=body.pending,
            )


def _new(body: Signatory, place: Place) -> bool:
    """Whether the set says more than stands: who signed stays signed, who left stays away until it signs again."""
    if body.organisation_id not in place.joined:
        return True
    return place.joined[body.organisation_id][1] and not body.pending and body.organisation_id not in place.left
