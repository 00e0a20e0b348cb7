"""A step is set aside for a statute, by somebody outside the proposer's line, for a time, and told of the same day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from faults.checker.facts import LONDON, Data, Fact, People, Rules, corresponding, day, facts_of, follow
from faults.checker.stores import Case

RULE = "set_aside_openly"
ASIDE, REQUESTED = "funding.undertaking_set_aside", "notifications.notice_requested"
KINDS = (*(f"funding.{name}" for name in (
    "funding_change_proposed", "impact_assessed", "reallocation_assessed", "change_taken_over", "undertaking_set_aside",
    "setting_aside_lapsed", "funding_change_decided",
)), "partners.rules_adopted", "partners.office_holder_removed")  # fmt: skip
NEWEST = "select max(time) from ledger.journal where audience <> 'received'"


@dataclass
class Change:
    """One change of support: who proposed it in what role, who assessed it, what of it is set aside until when."""

    funder: str
    organisation: str
    proposed_by: str
    role: str
    assessed_by: set[str] = field(default_factory=set)
    aside: dict[str, date] = field(default_factory=dict)


@dataclass
class Known:
    """What the funder's journal held up to a position."""

    rules: Data = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    offices: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """Person, body and role to the role that this office answers to."""
    ended: set[tuple[str, str, str]] = field(default_factory=set)
    people: People = field(default_factory=People)

    def above(self, body: str, person: str, role: str) -> set[str]:
        """The roles that somebody's office answers to, directly or through others."""
        found: set[str] = set()
        waiting = {self.offices.get((person, body, role), "")}
        while waiting := waiting - found - {"", role}:
            found |= waiting
            waiting = {to for key, to in self.offices.items() if key[1:] in {(body, one) for one in waiting}
                       and key not in self.ended}  # fmt: skip
        return found


def _take(known: Known, fact: Fact) -> None:
    data = fact.data
    change = known.changes.get(data.get("change_id", ""))
    match fact.kind.partition(".")[2], change:
        case "rules_adopted", _:
            known.rules = data["rules"]
        case "office_holder_appointed", _:
            known.offices[_office(data)] = data.get("answers_to") or ""
            known.ended.discard(_office(data))
        case "office_holder_removed", _:
            known.ended.add(_office(data))
        case "funding_change_proposed", _:
            known.changes[data["change_id"]] = Change(
                data["funder_id"], data["organisation_id"], data["proposed_by"], data["proposer_role"]
            )
        case _, Change():
            _move(change, fact)


def _office(data: Data) -> tuple[str, str, str]:
    return data["person_id"], data["organisation_id"], data["role"]


def _move(change: Change, fact: Fact) -> None:
    data = fact.data
    match fact.kind.partition(".")[2]:
        case "impact_assessed" | "reallocation_assessed":
            change.assessed_by.add(data["assessed_by"])
        case "change_taken_over":
            change.organisation = data["organisation_id"]
        case "undertaking_set_aside":
            change.aside[data["step"]] = day(data["lapses_on"])
        case "setting_aside_lapsed":
            change.aside.pop(data["step"], None)


def _wrong(known: Known, fact: Fact) -> Iterator[str]:
    match fact.kind.partition(".")[2], known.changes.get(fact.data.get("change_id", "")):
        case "undertaking_set_aside", Change() if not known.rules.get("setting_aside"):
            yield "sets a step aside where none ever is"
        case "undertaking_set_aside", Change() as change:
            yield from _by_the_wrong(known, change, fact)
            yield from _incomplete(known.rules, change, fact)
        case "setting_aside_lapsed", Change() as change:
            until = change.aside.get(fact.data["step"], date.max)
            if fact.day < until:
                yield f"lapsed on {fact.day}, and it was set aside until {until}"
        case "funding_change_decided", Change() as change:
            held = {step for step, until in change.aside.items() if fact.day < until}
            if set(fact.data["set_aside"]) != held:
                yield f"counts {_listed(fact.data['set_aside'])} as set aside, and that was {_listed(held)}"


def _by_the_wrong(known: Known, change: Change, fact: Fact) -> Iterator[str]:
    person, roles = fact.data["set_aside_by"], known.rules["setting_aside"]["roles"]
    if fact.role not in roles:
        yield f"was set aside in the role {fact.role}"
    if known.people.among(person, {change.proposed_by, *change.assessed_by}):
        yield "was set aside by whoever proposed or assessed the change"
    over = known.above(change.funder, change.proposed_by, change.role)
    if fact.role in over or change.role in known.above(change.funder, person, fact.role):
        yield "was set aside in the line of whoever proposed the change"


def _incomplete(rules: Data, change: Change, fact: Fact) -> Iterator[str]:
    data, rule = fact.data, rules["setting_aside"]
    if data["step"] not in rule["steps"]:
        yield f"sets {data['step']} aside, which never is"
    if not all(data["statute"].get(part, "").strip() for part in ("document", "clause")):
        yield "names no statute and section"
    until, same_day = corresponding(fact.day, rule["months"]), _working_day(fact.day, rules["calendar"])
    if day(data["lapses_on"]) != until:
        yield f"lapses on {data['lapses_on']}, but its time ends on {until}"
    if day(data["tell_by"]) != same_day:
        yield f"is to be told by {data['tell_by']}, but the same working day is {same_day}"
    if untold := {change.organisation, *rule["told"]} - {*data["told_organisations"]}:
        yield f"leaves {_listed(untold)} untold"


def _working_day(first: date, calendar: Data) -> date:
    while first.weekday() >= 5 or first.isoformat() in calendar["bank_holidays"]:
        first += timedelta(days=1)
    return first


def _listed(names: set[str] | list[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"


ASIDES = Rules(RULE, "funding", KINDS, (ASIDE, "steps set aside"), Known, _wrong, _take)


async def check_asides(case: Case, service: str) -> None:
    """Follow every step that is set aside, until it holds again, and hold what was told of it against it."""
    if service == "notifications":
        await _check_told(case)
    known = await follow(case, service, ASIDES)
    if not known.changes:
        return
    today = (await case.value(service, NEWEST)).astimezone(LONDON).date()
    for which, change in known.changes.items():
        for step, until in change.aside.items():
            if until < today:
                case.report.say(RULE, service, f"{step} of change {which} was set aside until {until} and never lapsed")


async def _check_told(case: Case) -> None:
    """Each organisation that is to be told was told, by the day it is to be told."""
    asides: dict[str, Fact] = {}
    told: set[tuple[str, str]] = set()
    restored = case.evidence.restored.get("notifications")  # what it asked for may be asked for anew, later
    async for fact in facts_of(case, "notifications", ASIDE, REQUESTED):
        about = asides.get(fact.data.get("because_of", ""))
        if fact.kind == ASIDE:
            asides[fact.id] = fact
        elif about:
            told.add((about.id, fact.data["organisation_id"]))
            if fact.day > day(about.data["tell_by"]) and not restored:
                what = f"{fact} tells of it on {fact.day}, after {about.data['tell_by']}"
                case.report.say(RULE, "notifications", what)
    for fact in asides.values():
        for one in fact.data["told_organisations"]:
            if (fact.id, one) not in told:
                case.report.say(RULE, "notifications", f"{fact} was never told to {one}")
