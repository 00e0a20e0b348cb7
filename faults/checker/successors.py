"""Once a change of support is taken over its successor is told and acts; once its organisation is gone it ends.

Whoever was told of a change hears of its end, and nobody is told of one that was taken back.

Whoever acts for a party to it holds an office there, or with the body that succeeded it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from faults.checker.facts import Data, Fact, People, Rules, facts_of, follow
from faults.checker.stores import Case

RULE = "successor_stands_in"
TAKEN_OVER, ENDED = "funding.change_taken_over", "funding.notice_no_longer_possible"
REQUESTED = "notifications.notice_requested"
STEPS = tuple(f"funding.{name}" for name in (
    "funding_change_proposed", "representation_invited", "impact_assessed", "own_estimate_given",
    "reallocation_assessed", "change_meeting_held", "representation_received", "representation_answered",
    "answer_marked", "position_stated", "change_agreed", "change_not_agreed", "short_notice_signed",
    "undertaking_set_aside", "setting_aside_lapsed", "funding_change_decided", "notice_period_started",
    "notice_period_stopped", "funding_change_took_effect", "agreement_varied", "agreement_ended", "sums_made_good",
    "exit_plan_asked", "exit_plan_submitted", "exit_plan_overdue", "redundancy_view_given", "partner_effect_reported",
    "funding_change_withdrawn", "change_disclosed", "disclosed_change_ended",
))  # fmt: skip
"""Every fact about a change that names its organisation as it stands."""
GONE = ("partners.organisation_dissolved", "partners.organisation_succeeded")
OFFICES = ("partners.office_holder_removed", "partners.signatory_left")
NO_OFFICE = ("system", "auditor")
NOT_ONCE_GONE = tuple(f"funding.{name}" for name in (
    "representation_invited", "funding_change_decided", "notice_period_started", "funding_change_took_effect",
    "agreement_varied", "agreement_ended", "change_taken_over", "change_disclosed",
))  # fmt: skip


@dataclass
class Change:
    """One change of support: who stands for its organisation, who did before, and whether it still goes on."""

    organisation: str
    former: set[str] = field(default_factory=set)
    ended: bool = False
    over: bool = False
    """It holds, or was taken back."""
    disclosed: bool = False
    untold: Fact | None = None
    """What ended it, of which the bodies that were told of it have yet to hear."""


@dataclass
class Known:
    """What the funder's journal held up to a position."""

    changes: dict[str, Change] = field(default_factory=dict)
    heirs: dict[str, str] = field(default_factory=dict)
    dissolved: set[str] = field(default_factory=set)
    touched: dict[str, Fact] = field(default_factory=dict)
    """Changes under way whose organisation was gone, with the fact that says so."""
    offices: set[tuple[str, str, str]] = field(default_factory=set)
    """Person, organisation and role."""
    bodies: dict[str, str] = field(default_factory=dict)
    """Signatory to the body that succeeded it."""
    people: People = field(default_factory=People)

    def holds(self, fact: Fact) -> bool:
        """Whether whoever acted holds the office, with the organisation or with a body that succeeded it."""
        body, seen = fact.behalf, set[str]()
        while body and body not in seen and (fact.actor, body, fact.role) not in self.offices:
            seen.add(body)
            body = self.bodies.get(body, "")
        return bool(body) and body not in seen


def _take(known: Known, fact: Fact) -> None:
    data = fact.data
    change = known.changes.get(data.get("change_id", ""))
    match fact.kind, change:
        case "funding.funding_change_proposed", _:
            known.changes[data["change_id"]] = Change(data["organisation_id"])
        case kind, _ if kind in GONE:
            _gone(known, fact)
        case "partners.signatory_left", _:
            known.bodies[data["organisation_id"]] = data.get("succeeded_by") or ""
        case "partners.office_holder_appointed", _:
            known.offices.add(_office(data))
        case "partners.office_holder_removed", _:
            known.offices.discard(_office(data))
        case _, Change():
            _move(change, fact)


def _move(change: Change, fact: Fact) -> None:
    data, told = fact.data, fact if change.disclosed else None
    match fact.kind:
        case "funding.change_taken_over":
            change.former.add(data["former_organisation_id"])
            change.organisation = data["organisation_id"]
        case "funding.notice_no_longer_possible":
            change.ended, change.untold = True, told
        case "funding.funding_change_took_effect":
            change.over = True
        case "funding.funding_change_withdrawn":
            change.over, change.untold = True, told
        case "funding.change_disclosed":
            change.disclosed = True
        case "funding.disclosed_change_ended":
            change.untold = None
        case "funding.sums_made_good":
            change.over = False


def _office(data: Data) -> tuple[str, str, str]:
    return data["person_id"], data["organisation_id"], data["role"]


def _gone(known: Known, fact: Fact) -> None:
    one = fact.data["organisation_id"]
    if heir := fact.data.get("successor_id"):
        known.heirs[one] = heir
    else:
        known.dissolved.add(one)
    for which, change in known.changes.items():
        if change.organisation == one and not change.over and not change.ended:
            known.touched[which] = fact


def _wrong(known: Known, fact: Fact) -> Iterator[str]:
    data, change = fact.data, known.changes.get(fact.data.get("change_id", ""))
    if change is None:
        return
    if fact.kind == TAKEN_OVER:
        yield from _wrongly_taken_over(known, change, fact)
    elif data.get("organisation_id") in change.former:
        yield f"names {data['organisation_id']}, and {change.organisation} had taken over"
    if fact.behalf in change.former:
        yield f"was done for {fact.behalf}, and {change.organisation} had taken over"
    if fact.role not in NO_OFFICE and not known.holds(fact):
        yield f"was done for {fact.behalf} by {fact.actor}, who holds no office of {fact.role} there"
    if fact.kind == "funding.change_disclosed" and change.over:
        yield "tells others of a change that was taken back"
    if fact.kind == ENDED and change.organisation not in known.dissolved:
        yield f"ends the change, and {change.organisation} is not dissolved"
    if fact.kind in NOT_ONCE_GONE and (change.ended or _is_gone(known, change, fact)):
        yield f"goes on with a change of {change.organisation}, which is gone"


def _is_gone(known: Known, change: Change, fact: Fact) -> bool:
    """Whether a change takes hold of an organisation that is dissolved, before its change was ended for that."""
    return change.organisation in known.dissolved and fact.kind == "funding.funding_change_took_effect"


def _wrongly_taken_over(known: Known, change: Change, fact: Fact) -> Iterator[str]:
    former, heir = fact.data["former_organisation_id"], fact.data["organisation_id"]
    if former != change.organisation:
        yield f"takes over from {former}, and {change.organisation} stood there"
    if known.heirs.get(former) != heir:
        yield f"lets {heir} stand in, which did not succeed {former}"


SUCCESSORS = Rules(RULE, "funding", (*STEPS, *GONE, *OFFICES, TAKEN_OVER, ENDED),
                   (TAKEN_OVER, "changes taken over"), Known, _wrong, _take)  # fmt: skip


async def check_successors(case: Case, service: str) -> None:
    """Follow every change of support whose organisation is succeeded or dissolved, and the notices about it."""
    if service == "notifications":
        await _check_notices(case)
    known = await follow(case, service, SUCCESSORS)
    for which, fact in known.touched.items():
        change = known.changes[which]
        if change.organisation == fact.data["organisation_id"] and not change.ended and not change.over:
            case.report.say(RULE, service, f"{fact} leaves change {which} as it was")

    for change in known.changes.values():
        if change.untold:
            case.report.say(RULE, service, f"{change.untold} ends a change, and who was told of it does not hear so")


async def _check_notices(case: Case) -> None:
    """A notice about a change goes to whoever stood for its organisation when it was called for, and to nobody gone."""
    changes: dict[str, Change] = {}
    called_for: dict[str, Change] = {}
    """Each step that was taken with a change, and how the change stood then."""
    async for fact in facts_of(case, "notifications", *STEPS, TAKEN_OVER, ENDED, REQUESTED):
        if fact.kind == REQUESTED:
            for wrong in _told_wrongly(called_for.get(fact.data["because_of"]), fact.data["organisation_id"]):
                case.report.say(RULE, "notifications", f"{fact} {wrong}")
        elif which := fact.data.get("change_id"):
            change = changes.get(which, Change(fact.data["organisation_id"]))
            called_for[fact.id] = change
            changes[which] = _after(change, fact)


def _after(change: Change, fact: Fact) -> Change:
    former = {fact.data["former_organisation_id"]} if fact.kind == TAKEN_OVER else set[str]()
    return replace(change, former=change.former | former, ended=change.ended or fact.kind == ENDED)


def _told_wrongly(change: Change | None, told: str) -> Iterator[str]:
    if change and told in change.former:
        yield f"tells {told}, which another had taken over from"
    if change and change.ended:
        yield f"tells {told}, which is gone"
