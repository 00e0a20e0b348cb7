"""The facts of one journal in their order, as plain JSON, for the rules that follow one matter from step to step."""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from faults.checker.stores import Case

LONDON = ZoneInfo("Europe/London")
COLUMNS = "id, position, type, time, actor, role, onbehalfof, convert_from(data, 'UTF8') as data"
Data = dict[str, Any]


@dataclass(frozen=True)
class Fact:
    """One event of a journal: what it says, the London day on which it was decided, by whom and for whom."""

    id: str
    position: int
    kind: str
    day: date
    actor: str
    role: str
    behalf: str
    data: Data

    def __str__(self) -> str:
        return f"position {self.position} ({self.kind})"


@dataclass
class People:
    """Who acts for whom: a delegate's acts count as those of the person."""

    principals: dict[str, str] = field(default_factory=dict)

    def take(self, fact: Fact) -> None:
        """Take one appointment."""
        if fact.kind == "partners.office_holder_appointed" and (whom := fact.data.get("delegate_of")):
            self.principals[fact.data["person_id"]] = whom

    def same(self, one: str, other: str) -> bool:
        """Whether two ids stand for one person."""
        return self.principals.get(one, one) == self.principals.get(other, other)

    def among(self, person: str, others: set[str]) -> bool:
        """Whether a person is one of these."""
        return any(self.same(person, other) for other in others)


class Known(Protocol):
    """What a journal held up to a position about one kind of matter."""

    people: People


K = TypeVar("K", bound=Known)


async def facts_of(case: Case, service: str, *kinds: str) -> AsyncIterator[Fact]:
    """Every fact of these kinds, and every appointment, in the journal's order."""
    wanted = [*kinds, "partners.office_holder_appointed"]
    async for rows in case.pages(service, COLUMNS, "type = any ($3)", wanted):
        for row in rows:
            today = row["time"].astimezone(LONDON).date()
            yield Fact(row["id"], row["position"], row["type"], today, row["actor"], row["role"],
                       row["onbehalfof"], json.loads(row["data"]))  # fmt: skip


@dataclass(frozen=True)
class Rules(Generic[K]):
    """How one kind of matter is followed: in which service, by which facts, and what is wrong with the next of them."""

    name: str
    service: str
    kinds: tuple[str, ...]
    counted: tuple[str, str]
    """The kind of fact that is counted, and as what."""
    begin: Callable[[], K]
    wrong: Callable[[K, Fact], Iterator[str]]
    take: Callable[[K, Fact], None]


async def follow(case: Case, service: str, rules: Rules[K]) -> K:
    """Hold each fact against what was known before it, say what is wrong, and give what is known at the end."""
    known = rules.begin()
    if service != rules.service:
        return known
    async for fact in facts_of(case, service, *rules.kinds):
        known.people.take(fact)
        kind, name = rules.counted
        case.report.counts[name] += fact.kind == kind
        for wrong in rules.wrong(known, fact):
            case.report.say(rules.name, service, f"{fact} {wrong}")
        rules.take(known, fact)
    return known


def day(text: str) -> date:
    """A date of an event."""
    return date.fromisoformat(text)


def corresponding(first: date, months: int) -> date:
    """The day of the same number so many months later; the month's last where it has none."""
    month = first.month - 1 + months
    year, month = first.year + month // 12, month % 12 + 1
    return date(year, month, min(first.day, monthrange(year, month)[1]))
