"""Givens of the partners' tests: a journal that answers each decision's own query, and the people who act on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from contracts.envelope import DocumentRef, Event
from contracts.place import Place
from services.partners import landing, managers, offices, organisations, rules, signatories
from services.partners.locality import load
from services.partners.register import Register, whole_register
from services.runtime.decisions import Actor, Command, Decision, Item, Query, Recorded, Rejection

LOCALITIES = Path(__file__).parents[2] / "localities"
SUTTON, COVENTRY = load(LOCALITIES / "sutton"), load(LOCALITIES / "coventry")
COUNCIL, POLICE, HEALTH = "sutton-council", "sutton-police", "sutton-ccg"
VCO = "GB-CHC-9900001"

SYSTEM = Actor("system", "system", "sutton")
OFFICER = Actor("p-office", "partnership_office", COUNCIL)
SECOND_OFFICER = Actor("p-office-2", "partnership_office", COUNCIL)
COMMISSIONER = Actor("p-commissioner", "commissioner", COUNCIL)
REPRESENTATIVE = Actor("p-representative", "vco_representative", VCO)
NOW = datetime(2013, 11, 4, 10, 30, tzinfo=UTC)
TODAY = date(2013, 11, 4)

HANDLED: dict[type[Command], tuple[Callable[[Any], Query[Any]], Callable[[Any, Any, Any], Decision]]] = {
    rules.AdoptRules: (rules.facts_of, rules.adopt),
    signatories.JoinSignatories: (signatories.facts_of, signatories.join),
    signatories.LeaveSignatories: (signatories.facts_of, signatories.leave),
    organisations.RegisterOrganisation: (organisations.all_of, organisations.register),
    organisations.ChangeDetails: (organisations.all_of, organisations.change_details),
    organisations.VerifyOrganisation: (organisations.facts_of, organisations.verify),
    organisations.SuspendOrganisation: (organisations.facts_of, organisations.suspend),
    organisations.ReinstateOrganisation: (organisations.facts_of, organisations.reinstate),
    organisations.DissolveOrganisation: (organisations.facts_of, organisations.dissolve),
    organisations.SucceedOrganisation: (organisations.succession_of, organisations.succeed),
    landing.ImportOrganisations: (lambda _: whole_register(), landing.land),
    offices.AppointOfficeHolder: (offices.facts_of, offices.appoint),
    offices.RemoveOfficeHolder: (offices.facts_of, offices.remove),
    offices.ErasePerson: (offices.person_of, offices.erase),
    managers.NominateManager: (managers.facts_of, managers.nominate),
    managers.ReplaceManager: (managers.facts_of, managers.replace),
}


@dataclass
class Told:
    """What the service was told and decided so far."""

    events: list[Recorded[Any]] = field(default_factory=list)
    place: Place = field(default_factory=Place)

    def that(self, *facts: Event) -> "Told":
        """Further facts."""
        for fact in facts:
            position = len(self.events) + 1
            event = Recorded(
                position, f"e{position}", "partners", NOW, NOW, "p", "r", "o", "c", "", fact.tags, fact
            )  # fmt: skip
            self.events.append(event)
            if type(fact) in Place.folds:
                self.place.evolve(event)
        return self

    def decide(self, command: Command) -> Decision:
        """What is decided, without writing it."""
        facts_of, decision = HANDLED[type(command)]
        return decision(self.load(facts_of(command)), command, self.place)

    def does(self, command: Command) -> Sequence[Event]:
        """What is decided, written down."""
        decided = self.decide(command)
        assert not isinstance(decided, Rejection), decided
        self.that(*decided)
        return decided

    def refuses(self, command: Command) -> Rejection:
        """Why it is refused."""
        decided = self.decide(command)
        assert isinstance(decided, Rejection), decided
        return decided

    def load(self, query: Query[Any]) -> Any:
        """The facts that a query names."""
        facts = query.fold()
        for event in self.events:
            if type(event.data) in facts.folds and any(_covers(item, event) for item in query.items):
                facts.evolve(event)
        return facts

    def register(self) -> Register:
        """The register as it stands."""
        found: Register = self.load(whole_register())
        return found


def _covers(item: Item, event: Recorded[Any]) -> bool:
    return set(item.tags) <= set(event.tags) and (not item.only or type(event.data) in item.only)


def sutton() -> Told:
    """Sutton with its rules, its bodies and the first holder of the partnership office."""
    return Told().that(*_sutton())


@cache
def _sutton() -> tuple[Event, ...]:
    told = Told()
    told.does(rules.AdoptRules(actor=OFFICER, now=NOW, place="sutton", rules=SUTTON))
    told.does(appointment(OFFICER, OFFICER))
    return tuple(event.data for event in told.events)


def sutton_with_vco() -> Told:
    """The same, with one voluntary organisation."""
    told = sutton()
    told.does(registering())
    return told


def registering(**changes: Any) -> organisations.RegisterOrganisation:
    values = {"name": "Ambleford Lunch Club", "charity_number": "9900001"} | changes
    return organisations.RegisterOrganisation(actor=OFFICER, now=NOW, **values)


def appointment(by: Actor, whom: Actor, **changes: Any) -> offices.AppointOfficeHolder:
    values = {"person_id": whom.person, "organisation_id": whom.organisation, "role": whom.role} | changes
    return offices.AppointOfficeHolder(actor=by, now=NOW, **values)


def document() -> DocumentRef:
    return DocumentRef(id="d1", media_type="text/plain", size=1, hash="0" * 64)
