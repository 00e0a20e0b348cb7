"""No change of support is decided before its gates, nor holds before its notice has run (Sutton Compact 3.1.1, 3.4).

What Sutton's rules ask for is written down here anew, so a place with other rules is judged by what it adopted: the
gates it has no rule for are not asked about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from faults.checker.facts import Data, Fact, People, Rules, corresponding, day, follow
from faults.checker.stores import Case

KINDS = tuple(f"funding.{name}" for name in (
    "funding_change_proposed", "representation_invited", "impact_assessed", "own_estimate_given",
    "reallocation_assessed", "change_meeting_held", "representation_received", "representation_answered",
    "change_agreed", "change_not_agreed", "short_notice_signed", "undertaking_set_aside", "funding_change_decided",
    "notice_period_started", "notice_period_stopped", "funding_change_took_effect", "funding_change_withdrawn",
))  # fmt: skip
ELSEWHERE = ("partners.rules_adopted", "partners.signatory_joined", "partners.independence_concern_raised",
             "partners.independence_concern_answered", "monitoring.remedial_timetable_ended")  # fmt: skip


@dataclass
class Change:
    """One change of support, as far as it has come."""

    proposed: Data
    facts: dict[str, list[Fact]] = field(default_factory=dict)
    set_aside: dict[str, date] = field(default_factory=dict)
    period: Data | None = None

    def has(self, name: str) -> list[Fact]:
        """The facts of a kind."""
        return self.facts.get(f"funding.{name}", [])

    def aside(self, step: str, today: date) -> bool:
        """Whether a step was set aside and that has not lapsed."""
        return step in self.set_aside and today < self.set_aside[step]


@dataclass
class Known:
    """What the funder's journal held up to a position."""

    rules: Data = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)
    changes: dict[str, Change] = field(default_factory=dict)
    concerns: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Open concerns: who raised it, about which body."""
    timetables: dict[str, str] = field(default_factory=dict)
    """Agreement to how its last timetable ended."""
    people: People = field(default_factory=People)


def _take(known: Known, fact: Fact) -> None:
    data = fact.data
    match fact.kind:
        case "partners.rules_adopted":
            known.rules = data["rules"]
        case "partners.signatory_joined":
            known.bound |= set() if data.get("pending") else {data["organisation_id"]}
        case "partners.independence_concern_raised":
            known.concerns[data["concern_id"]] = data["organisation_id"], data["body_id"]
        case "partners.independence_concern_answered":
            known.concerns.pop(data["concern_id"], None)
        case "monitoring.remedial_timetable_ended":
            known.timetables[data["agreement_id"]] = data["result"]
        case "funding.funding_change_proposed":
            known.changes[data["change_id"]] = Change(data)
        case _ if data.get("change_id") in known.changes:
            _move(known.changes[data["change_id"]], fact)


def _move(change: Change, fact: Fact) -> None:
    change.facts.setdefault(fact.kind, []).append(fact)
    match fact.kind:
        case "funding.undertaking_set_aside":
            change.set_aside[fact.data["step"]] = day(fact.data["lapses_on"])
        case "funding.notice_period_started":
            change.period = fact.data
        case "funding.notice_period_stopped":
            change.period = None


def _wrong(known: Known, fact: Fact) -> Iterator[str]:
    change = known.changes.get(fact.data.get("change_id", ""))
    match fact.kind, change:
        case "funding.funding_change_decided", Change():
            yield from _decided_early(known, change, fact)
        case "funding.notice_period_started", Change():
            yield from _wrongly_reckoned(change, fact)
        case "funding.funding_change_took_effect", Change():
            yield from _took_effect_early(change, fact)


def _decided_early(known: Known, change: Change, fact: Fact) -> Iterator[str]:
    data, rules = fact.data, known.rules
    involved = (
        {change.proposed["proposed_by"]}
        | {one.data["assessed_by"] for name in ("impact_assessed", "reallocation_assessed") for one in change.has(name)}
        | {one.data["signed_by"] for one in change.has("short_notice_signed")}
    )
    if known.people.among(data["decided_by"], involved):
        yield "was decided by somebody who proposed, assessed or signed for it"
    if data["funder_id"] not in known.bound:  # a body that has yet to sign is only warned
        return
    for step, faults in (
        ("independence", _concerned(known, data)), ("remedial_timetable", _unfailed(known, change)),
        ("impact", _unassessed(change, rules, fact)), ("reallocation", _unallocated(change)),
        ("representation", _unheard(change, rules, fact)), ("notice_periods", _short(change, rules, data)),
    ):  # fmt: skip
        if rules.get(step) and not change.aside(step, fact.day):
            yield from faults


def _concerned(known: Known, data: Data) -> Iterator[str]:
    if (data["organisation_id"], data["funder_id"]) in known.concerns.values():
        yield "was decided while a concern about independence was open"


def _unfailed(known: Known, change: Change) -> Iterator[str]:
    proposed = change.proposed
    ends = (proposed["kind"], proposed["ground"]) == ("end", "performance")
    if ends and known.timetables.get(proposed["agreement_id"]) != "failed":
        yield "ends support on performance, and no timetable of actions has failed"


def _unassessed(change: Change, rules: Data, fact: Fact) -> Iterator[str]:
    counted = {
        one["group"] for each in change.has("impact_assessed") for one in each.data["groups"]
        if one.get("people") is not None or one.get("fewer_than_five")
    }  # fmt: skip
    if missing := sorted({*rules["impact"]["people"]} - counted):
        yield f"was decided without the numbers of {', '.join(missing)}"
    if not change.has("own_estimate_given") and fact.day <= _respond_by(change):
        yield "was decided without the organisation's own estimate"


def _unallocated(change: Change) -> Iterator[str]:
    if not change.has("reallocation_assessed"):
        yield "was decided before re-allocation was assessed"


def _unheard(change: Change, rules: Data, fact: Fact) -> Iterator[str]:
    if fact.day <= _respond_by(change):
        yield "was decided within the organisation's time to respond"
    if rules["representation"].get("meeting") and not change.has("change_meeting_held"):
        yield "was decided before both sides met"
    answered = {(one.data["representation_id"], one.data["point"]) for one in change.has("representation_answered")}
    asked = {
        (one.data["representation_id"], point["part"])
        for one in change.has("representation_received") for point in one.data["points"]
    }  # fmt: skip
    if left := len(asked - answered):
        yield f"was decided with {left} points unanswered"
    if not change.has("change_agreed") and not change.has("change_not_agreed"):
        yield "was decided before it was on record whether both sides agree"


def _short(change: Change, rules: Data, data: Data) -> Iterator[str]:
    rule, months, given = rules["notice_periods"], data["notice_months"], {one["part"] for one in data["rationale"]}
    if missing := sorted({*rule.get("rationale_parts", ())} - given):
        yield f"was decided with a rationale that skips {', '.join(missing)}"
    if months < rule["best_practice_months"] and not data.get("shorter_because"):
        yield f"gives {months} months' notice without a reason"
    if months >= rule["minimum_months"]:
        return
    if data["ground"] not in rule.get("short_grounds", ()):
        yield f"gives {months} months' notice on a ground that is not listed"
    if not any(one.data["months"] <= months for one in change.has("short_notice_signed")):
        yield f"gives {months} months' notice that nobody signed for"


def _respond_by(change: Change) -> date:
    """The last day to respond, by what was served last; without service it never passes."""
    invited = change.has("representation_invited")
    return day(invited[-1].data["respond_by"]) if invited else date.max


def _wrongly_reckoned(change: Change, fact: Fact) -> Iterator[str]:
    data = fact.data
    ends = corresponding(day(data["served_on"]), data["months"])
    paid = day(data["paid_until"]) if data.get("paid_until") else ends
    decided = change.has("funding_change_decided")
    if not decided or decided[-1].data["notice_months"] != data["months"]:
        yield "gives a notice that was not decided"
    if day(data["ends_on"]) != ends:
        yield f"ends on {data['ends_on']}, but the corresponding day is {ends}"
    if day(data["effect_on"]) <= max(ends, paid):
        yield f"takes effect on {data['effect_on']}, inside the notice or a period that is paid for"


def _took_effect_early(change: Change, fact: Fact) -> Iterator[str]:
    if change.has("funding_change_withdrawn"):
        yield "took effect although it was taken back"
    if change.period is None:
        yield "took effect while no notice ran"
    elif fact.day < day(change.period["effect_on"]):
        yield f"took effect on {fact.day}, before {change.period['effect_on']}"


CHANGES = Rules("gates_before_decision", "funding", (*KINDS, *ELSEWHERE),
                ("funding.funding_change_decided", "changes decided"), Known, _wrong, _take)  # fmt: skip


async def check_changes(case: Case, service: str) -> None:
    """Follow every change of support through the funder's journal."""
    await follow(case, service, CHANGES)
