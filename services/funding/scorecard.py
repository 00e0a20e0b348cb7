"""What is read of the Compact's record, and by whom.

Nothing about a change of support is counted before other bodies may know of it, and nobody who scores or decides is
shown what a voluntary organisation said: neither the numbers nor the facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contracts.place import Place
from contracts.rules import RuleSet, Undertaking
from contracts.scorecard import (
    COUNTED,
    DOCUMENT,
    FEEDBACK,
    FEEDBACK_SHOWN_TO,
    SECTOR,
    Counted,
    Outcome,
    commitments,
    deeds,
)
from services.funding.queries import OVERSEERS
from services.runtime.calendar import london_date
from services.runtime.http import Asked
from services.runtime.problems import Problem

COUNTABLE = """
    with listed as (
        select f.*, m.clause, m.outcome from scorecard_facts f
        join unnest($1::text[], $2::text[], $3::text[]) as m (deed, clause, outcome) using (deed)
        union all
        select f.*, f.cited_clause, 'refused' from scorecard_facts f
        where f.cited_document = $4 and f.cited_clause = any ($5)
    ), shown as (
        select f.*, case when f.body = '' or (f.cited_document <> '' and f.body <> all ($6)) then 'sector'
            else f.body end as whose
        from listed f
        where f.counts and f.awaited <= 0 and (f.deed <> all ($7))
        and not exists (select from changes c where c.change_id = f.change_id and c.sealed)
        and not (f.outcome = 'done' and f.change_id = '' and exists (
            select from scorecard_facts w where w.type = 'compact.step_warned' and w.about = f.about
            and w.cited_document = $4 and w.cited_clause = f.clause))
    )
"""
"""Deeds by clause and outcome, and refusals by the clause that they cite; what a pending body did while it was warned
of that clause is no keeping of it."""
CHOSEN = "from shown where ($8 = '' or clause = $8) and ($9 = '' or whose = $9) and ($10 = '' or outcome = $10)"
COUNTS = f"{COUNTABLE} select clause, whose, outcome, count(*) as n {CHOSEN} group by clause, whose, outcome"
FACTS = (
    f"{COUNTABLE} select lpad(position::text, 12, '0') || ' ' || clause || ' ' || deed as entry, clause, whose as body,"
    " outcome, event_id, type, service, position, recorded, time, code,"
    f" case when $11 or whose = $12 then about end as about {CHOSEN}"
)
NONE_ADOPTED = "This place adopted no numbered undertakings, so there is nothing to count."
WITHHELD = "What voluntary organisations said of public bodies is not shown to those who score or decide."


@dataclass(frozen=True)
class Chosen:
    """Which part of the record somebody asks for; empty for all."""

    clause: str = ""
    body: str = ""
    outcome: str = ""


async def scorecard(asked: Asked, chosen: Chosen) -> dict[str, Any]:
    """The record by undertaking and body, with a reason under each that nothing is counted by."""
    place, rules = await _standing(asked)
    told: dict[str, Any] = {
        "place": asked.running.settings.place,
        "document": rules.title,
        "undertakings": [],
        "commitments": [],
        "note": NONE_ADOPTED,
    }
    if not rules.undertakings:
        return told
    _known(chosen, place, rules)
    withheld = await _withheld(asked, place)
    rows = await asked.rows(COUNTS, *_arguments(place, rules, _adopted(rules), withheld, chosen))
    numbers: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        numbers.setdefault((row["clause"], row["whose"]), dict.fromkeys(Outcome, 0))[row["outcome"]] = row["n"]
    told["undertakings"] = [
        _told(one, rules, numbers) for one in rules.undertakings if chosen.clause in ("", one.clause)
    ]
    told["commitments"] = [
        {"clause": clause, "document": one.document, "short": one.short, **_numbers(clause, one.counted, numbers)}
        for clause, one in commitments(rules.title).items() if chosen.clause in ("", clause)
    ]  # fmt: skip
    return {**told, "note": WITHHELD if withheld else ""}


async def facts(asked: Asked, chosen: Chosen) -> dict[str, Any]:
    """The facts behind a number, in the order in which they are recorded here, page by page.

    Without a number they are those of the undertakings, so that none is told twice for a commitment beside them.
    """
    place, rules = await _standing(asked)
    if not rules.undertakings:
        raise Problem(404, "no_undertakings", "Not found", NONE_ADOPTED)
    _known(chosen, place, rules)
    numbers = _adopted(rules) if chosen.clause else {one.clause for one in rules.undertakings}
    arguments = _arguments(place, rules, numbers, await _withheld(asked, place), chosen)
    sees_all = asked.actor.role in OVERSEERS
    return await asked.page(FACTS, *arguments, sees_all, asked.actor.organisation, key="entry")


async def _standing(asked: Asked) -> tuple[Place, RuleSet]:
    place = await asked.running.journal.standing()
    if rules := place.rules(london_date(asked.now)):
        return place, rules
    raise Problem(503, "rules_not_yet_known", "Not now", "The rules of this place have not arrived here yet.")


def bodies(place: Place) -> list[str]:
    """The public bodies that signed, are pending, left, or took over from one that did."""
    return sorted({*place.joined, *place.left, *map(place.stands_in, place.left)})


def _known(chosen: Chosen, place: Place, rules: RuleSet) -> None:
    """Refuse what the record cannot be asked for, with what it can be."""
    if chosen.clause and chosen.clause not in _adopted(rules):
        raise Problem(422, "malformed", "Malformed", f"The parameter clause is one of the numbers of {rules.title}.")
    known = {"body": [*bodies(place), SECTOR], "outcome": [*Outcome]}
    for name, values in known.items():
        if getattr(chosen, name) not in ("", *values):
            raise Problem(422, "malformed", "Malformed", f"The parameter {name} is one of {', '.join(values)}.")


async def _withheld(asked: Asked, place: Place) -> bool:
    """Whether this person scores or decides, in the office asked in or in any other, also as a delegate."""
    person = asked.actor.person
    held = {office.role for office in place.offices.values() if place.same_person(office.person_id, person)}
    if {asked.actor.role, *held} - FEEDBACK_SHOWN_TO:
        return True
    sitting = await asked.rows("select person_id from panel_members where not aside")
    return place.same_person([row["person_id"] for row in sitting], person)


def _arguments(place: Place, rules: RuleSet, adopted: set[str], withheld: bool, chosen: Chosen) -> list[Any]:
    counted = [(deed, clause, outcome) for deed, clause, outcome in deeds(rules.title) if clause in adopted]
    columns = [list(column) for column in zip(*counted, strict=True)] if counted else [[], [], []]
    hidden = sorted(FEEDBACK) if withheld else []
    return [*columns, rules.title, sorted(adopted), bodies(place), hidden, chosen.clause, chosen.body, chosen.outcome]


def _adopted(rules: RuleSet) -> set[str]:
    """The numbers of the undertakings that the place adopted, and of the commitments counted beside them."""
    return {*(one.clause for one in rules.undertakings), *commitments(rules.title)}


def _told(one: Undertaking, rules: RuleSet, numbers: dict[tuple[str, str], dict[str, int]]) -> dict[str, Any]:
    counted = COUNTED.get(one.clause) if rules.title == DOCUMENT else None
    return {"clause": one.clause, "short": one.short, "by": one.by, **_numbers(one.clause, counted, numbers)}


def _numbers(number: str, counted: Counted | None, numbers: dict[tuple[str, str], dict[str, int]]) -> dict[str, Any]:
    return {
        "why_none": counted.why_none if counted else "",
        "counts": [{"body": body, **numbers[clause, body]} for clause, body in sorted(numbers) if clause == number],
    }
