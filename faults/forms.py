"""Who acts in a run, on which dates, and the forms that they send."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from compact.demo_data import ACTIVITIES, PLACES
from faults.load import Person
from services.runtime.calendar import LONDON
from services.runtime.http import NOBODY

COUNCIL, NEW_COUNCIL = "sutton-council", "sutton-and-merton-council"
"""The council, and the one that takes over from it in the end."""
OFFICE = Person("p-office", "partnership_office", COUNCIL)
SECOND_OFFICE = Person("p-office-2", "partnership_office", COUNCIL)
COMMISSIONER = Person("p-commissioner", "commissioner", COUNCIL)
OFFICER = Person("p-officer", "body_officer", COUNCIL)
MANAGER = Person("p-manager", "commissioning_manager", COUNCIL)
DECIDER = Person("p-decider", "decider", COUNCIL)
NEW_DECIDER = Person("p-new-decider", "decider", NEW_COUNCIL, acts_for=COUNCIL)
FINANCE = Person("p-finance", "finance", COUNCIL)
ACCOUNTANT = Person("p-accountant", "finance", COUNCIL)
"""Answers to the commissioner, who proposes changes of support."""
LAWYER = Person("p-lawyer", "monitoring_officer", COUNCIL)
AUDITOR = Person("p-auditor", "auditor", COUNCIL)
RESIDENT = Person(NOBODY.person, NOBODY.role, NOBODY.organisation)
"""Somebody who says not who."""
HOLDERS = (
    OFFICE, SECOND_OFFICE, COMMISSIONER, OFFICER, MANAGER, DECIDER, FINANCE, ACCOUNTANT, LAWYER, AUDITOR,
)  # fmt: skip
CRITERIA = ("need", "value")
CHECKED = {"reasons": {"constituted": "Checked against the document handed in and the register."}}
REASONED = "Wellfoundedzebu"
"""A word of every rationale: where it can be read before the announcement, a result was told early."""


SCORED = "Readandweighedzebu"
"""A word of everything that a panel writes down: where others read it before the announcement, it was told early."""


def at(year: int, month: int, day: int, hour: int = 9, minute: int = 0, second: int = 0) -> datetime:
    """A moment in London."""
    return datetime(year, month, day, hour, minute, second, tzinfo=LONDON)


@dataclass(frozen=True)
class Dates:
    """The dates of a round of the programme."""

    opens: datetime
    closes: datetime
    results: datetime
    term: date

    @property
    def years(self) -> tuple[str, ...]:
        """The three financial years of the term."""
        first = self.term.year
        return tuple(f"{year}/{(year + 1) % 100:02}" for year in range(first, first + 3))


STEPPED = Dates(at(2013, 12, 2), at(2014, 1, 31, 17), at(2014, 4, 1), date(2014, 4, 1))


def from_now() -> Dates:
    """The dates of a round that opens now, by the machine's clock."""
    now = datetime.now(UTC)
    closes, results = now + timedelta(days=40), now + timedelta(days=80)
    return Dates(now - timedelta(minutes=1), closes, results, date((results + timedelta(days=1)).year + 1, 4, 1))


def name(number: int) -> str:
    """The name of a made-up organisation."""
    return f"{PLACES[number % len(PLACES)]} {ACTIVITIES[number // len(PLACES) % len(ACTIVITIES)]}"


def listing(number: int, rows: int) -> bytes:
    """A list of organisations to import, one of its lines unreadable."""
    lines = ["Charity No.,Name of organisation,Based in"]
    lines += [f"{8_100_000 + number * 100 + n},{name(300 + number * rows + n)},Sutton" for n in range(rows)]
    return "\r\n".join([*lines, "12,Nowhere Club,Sutton", ""]).encode()


def appointment(who: Person) -> dict[str, Any]:
    """An office for somebody."""
    form: dict[str, Any] = {"person_id": who.id, "organisation_id": who.organisation, "role": who.role}
    if who.role == "decider":
        form |= {"limit_pounds": 900_000_000, "authority": "Scheme of delegation 4.2"}
    if who == ACCOUNTANT:
        form |= {"answers_to": COMMISSIONER.role}
    return form


def programme(title: str, dates: Dates, panel: bool = False) -> dict[str, Any]:
    """A round of the Strategic Partner Programme, with a panel or without."""
    return {
        "panel_points": 10 if panel else None,
        "title": title, "rules_key": "spp",
        "criteria": [{"id": "need", "text": "Who needs it, and how the bid meets it", "weight": 60},
                     {"id": "value", "text": "What it is worth to the borough", "weight": 40}],
        "eligibility": [{"id": "constituted", "text": "It has a constitution of its own"}],
        "money": [{"year": year, "pounds": 100_000} for year in dates.years],
        "opens_at": dates.opens.isoformat(), "closes_at": dates.closes.isoformat(),
        "results_at": dates.results.isoformat(), "term_starts_on": dates.term.isoformat(),
        "term_ends_on": date(dates.term.year + 3, 3, 31).isoformat(),
    }  # fmt: skip


def bid(a_year: int, outcome: str, dates: Dates) -> dict[str, Any]:
    """A bid for so much a year."""
    return {
        "summary": f"Support for the voluntary organisations of the borough. {outcome}",
        "lines": [{"id": f"core-{year[:4]}", "kind": "core", "year": year, "pounds": a_year} for year in dates.years],
        "outcomes": [{"id": outcome, "what": f"Organisations are better {outcome}.", "target": 60,
                      "unit": "organisations", "how": "A yearly visit to each of them, with advice."}],
        "declarations": {"constituted": True}, "answers": {"need": f"Our accounts of two years show it. {outcome}"},
    }  # fmt: skip


def reasons() -> dict[str, str]:
    """A rationale under every criterion."""
    return {one: f"Under {one}: read against what was published. {REASONED}" for one in CRITERIA}


def award(a_year: int, dates: Dates) -> dict[str, Any]:
    """The form of an approval."""
    return {"amounts": [{"year": year, "pounds": a_year} for year in dates.years], "rationale": reasons()}


def monitoring(outcome: str, reports: Iterable[tuple[str, str, str]]) -> dict[str, Any]:
    """How an outcome is to be monitored."""
    question = {"id": "q1", "outcome_id": outcome, "what": "How many organisations took up advice?",
                "why": "It is what the award commits to.", "how_used": "Discussed once a quarter."}  # fmt: skip
    asked = [{"period": period, "opens_on": opens, "due_on": due} for period, opens, due in reports]
    return {"reports": asked, "questions": [question]}


def submission(outcome: str, measured: int) -> dict[str, Any]:
    """A report."""
    told = {"status": "partly", "people": 42, "measured": measured, "words": "Twelve organisations took part so far."}
    return {"outcomes": [{"outcome_id": outcome, **told}],
            "answers": [{"question_id": "q1", "words": "Twelve so far, most of them small."}],
            "equality": "A third of the organisations advised are run by people with disabilities."}  # fmt: skip


SAID = "Weighed by both sides and found right for the work and for the people it is for."


def terms(owner: str) -> dict[str, dict[str, object]]:
    """What stands before a signature, each by the step that takes it (Sutton Compact 3.3.3, 3.3.6, 3.3.7)."""
    return {
        "clauses": {"clauses": [{"id": "recognition", "kind": "recognition", "text": SAID}]},
        "term": {"takes_until": "2017-03-31"},
        "financing": {"timing": "advance", "instalments_per_year": 1, "reasons": {"value_for_money": SAID}},
        "risks": {"risks": [{"id": "risk-1", "owner_id": owner, "risk": SAID, "why": SAID}]},
    }


def risk_views() -> dict[str, object]:
    """The organisation's own view on the one risk (Sutton Compact 3.3.6)."""
    return {"views": {"risk-1": {"agrees": True, "words": SAID}}}
