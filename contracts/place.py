"""The standing facts of a place that belong to every decision: rules, signatories, office holders, who stands for whom.

Folded the same way by every service, from events that `partners` publishes under the tag `place:<place>`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from contracts.envelope import Event
from contracts.partners import (
    OfficeHolderAppointed,
    OfficeHolderRemoved,
    OrganisationDissolved,
    OrganisationSucceeded,
    RulesAdopted,
    SignatoryJoined,
    SignatoryLeft,
)
from contracts.rules import Rule, RuleSet

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Office:
    """What one person may do, for one organisation."""

    person_id: str
    organisation_id: str
    role: str
    limit_pounds: int | None
    authority: str
    answers_to: str | None
    delegate_of: str | None


@dataclass
class Place:
    """Rules in force, who signed, who holds which office, who is no more and who took over."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        RulesAdopted, SignatoryJoined, SignatoryLeft, OfficeHolderAppointed, OfficeHolderRemoved,
        OrganisationDissolved, OrganisationSucceeded,
    )  # fmt: skip
    rule_sets: list[RuleSet] = field(default_factory=list)
    joined: dict[str, tuple[date, bool]] = field(default_factory=dict)
    """Signatory to the day it joined and whether it is still pending."""
    left: dict[str, date] = field(default_factory=dict)
    heirs: dict[str, str] = field(default_factory=dict)
    """Organisation to the one that took over what it held."""
    dissolved: dict[str, date] = field(default_factory=dict)
    """Organisation to the day from which it is no more."""
    offices: dict[tuple[str, str, str], Office] = field(default_factory=dict)
    """By person, organisation and role."""
    former: dict[tuple[str, str, str], Office] = field(default_factory=dict)
    """Offices that ended and were not given again to the same person."""

    def evolve(self, event: Any) -> None:
        """Take one standing fact (a `Recorded` event)."""
        match event.data:
            case RulesAdopted() as adopted:
                self.rule_sets = sorted([*self.rule_sets, adopted.rules], key=lambda rules: rules.adopted_on)
            case SignatoryJoined() as joined:
                self.joined[joined.organisation_id] = (joined.joined_on, joined.pending)
                self.left.pop(joined.organisation_id, None)
                self.heirs.pop(joined.organisation_id, None)
            case SignatoryLeft() as left:
                self.left[left.organisation_id] = left.left_on
                if left.succeeded_by:
                    self.heirs[left.organisation_id] = left.succeeded_by
            case OrganisationSucceeded() as succeeded:
                self.heirs[succeeded.organisation_id] = succeeded.successor_id
            case OrganisationDissolved() as dissolved:
                self.dissolved[dissolved.organisation_id] = dissolved.dissolved_on
            case OfficeHolderAppointed() as held:
                self.former.pop((held.person_id, held.organisation_id, held.role), None)
                self.offices[held.person_id, held.organisation_id, held.role] = Office(
                    held.person_id, held.organisation_id, held.role, held.limit_pounds,
                    held.authority, held.answers_to, held.delegate_of,
                )  # fmt: skip
            case OfficeHolderRemoved() as removed:
                key = (removed.person_id, removed.organisation_id, removed.role)
                if office := self.offices.pop(key, None):
                    self.former[key] = office

    def rules(self, day: date) -> RuleSet | None:
        """The set in force on that day; `None` before the first."""
        in_force = [rules for rules in self.rule_sets if rules.adopted_on <= day]
        return in_force[-1] if in_force else None

    def binds(self, rule: Rule, body: str, day: date) -> bool:
        """Whether a gate binds this body on this day: signed up, no longer pending, and the rule is in force."""
        body = self.stands_in(body)
        joined_on, pending = self.joined.get(body, (date.max, True))
        return not pending and joined_on <= day and rule.binds_from <= day and self.left.get(body, date.max) > day

    def warns(self, rule: Rule, body: str, day: date) -> bool:
        """Whether a gate only warns this body: a pending signatory on this day."""
        body = self.stands_in(body)
        joined_on, pending = self.joined.get(body, (date.max, False))
        return pending and joined_on <= day and rule.binds_from <= day and self.left.get(body, date.max) > day

    def office(self, person: str, organisation: str, role: str) -> Office | None:
        """The office this person holds there, if any; for a body that was succeeded, also with its successor."""
        with_heir = (person, self.stands_in(organisation), role)
        return self.offices.get((person, organisation, role)) or self.offices.get(with_heir)

    def stands_in(self, body: str) -> str:
        """The organisation that stands in for one that was succeeded (chains are followed); else itself."""
        seen: set[str] = set()
        while body in self.heirs and body not in seen:
            seen.add(body)
            body = self.heirs[body]
        return body

    def taken_over_by(self, body: str) -> tuple[str, ...]:
        """The organisations that this one succeeded, and those that they had succeeded."""
        found = [body]
        for each in found:
            found += [former for former, heir in self.heirs.items() if heir == each and former not in found]
        return tuple(found[1:])

    def is_no_more(self, body: str, day: date) -> bool:
        """Whether on this day neither the organisation exists nor one that took over what it held."""
        return self.dissolved.get(self.stands_in(body), date.max) <= day

    def has_left(self, person: str, organisation: str, role: str) -> bool:
        """Whether this person held the office there and no longer does, nor with a successor of that body."""
        key = (person, organisation, role)
        return key in self.former and self.office(*key) is None

    def principal(self, person: str) -> str:
        """The person whose acts these are: a delegate counts as the person who delegated (chains are followed)."""
        seen: set[str] = set()
        while person not in seen:
            seen.add(person)
            person = next((o.delegate_of for o in self._of(person) if o.delegate_of), person)
        return person

    def counted_with(self, person: str) -> tuple[str, ...]:
        """Who else counts as this person now: whom it stands in for, and all who stand in for the same one."""
        principal = self.principal(person)
        others = {holder for holder, _, _ in self.offices if self.principal(holder) == principal}
        return tuple(sorted({principal, *others} - {person}))

    def same_person(self, one: str | Iterable[str], other: str) -> bool:
        """Whether an actor counts as the person, or as one of the people, who took a step before."""
        people = {one} if isinstance(one, str) else set(one)
        return not {other, self.principal(other)}.isdisjoint(people | set(map(self.principal, people)))

    def _of(self, person: str) -> Iterable[Office]:
        return (office for (holder, _, _), office in self.offices.items() if holder == person)
