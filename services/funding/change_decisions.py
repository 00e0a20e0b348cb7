"""A change of support is decided, signed for or taken back; never by whoever proposed or assessed it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from contracts.change_gates import (
    DisclosedChangeEnded,
    FundingChangeDecided,
    FundingChangeWithdrawn,
    NoticePeriodStopped,
    ShortNoticeSigned,
    Stopped,
)
from contracts.envelope import DocumentRef, Event
from contracts.funding import ChangeKind, FundingChangeProposed, Support
from contracts.place import Office, Place
from contracts.rules import Citation
from services.funding.change_case import Case
from services.funding.change_gates import hindrances, in_force
from services.funding.changes import PROPOSERS
from services.funding.gates import malformed, only, rules_on, stop, warnings
from services.funding.limits import decider, over_limit
from services.funding.money import per_year, total
from services.funding.steps import DecideChange, SignShortNotice, WithdrawChange
from services.runtime.calendar import london_date
from services.runtime.decisions import Command, Decision, Rejection

SIGNERS = ("decider", "finance", "monitoring_officer")


def sign_short_notice(facts: Case, command: SignShortNotice, place: Place) -> Decision:
    """Sign, as a second person, for a notice under the minimum on a listed ground (Compact 3.4.4)."""
    proposed = facts.open_for(command)
    if isinstance(proposed, Rejection):
        return proposed
    refused = only(command, SIGNERS, proposed.funder_id) or _not_listed(proposed, command, place)
    if refused := refused or _involved(facts, command, place, _rule_or_office(command, place)):
        return refused
    return [
        ShortNoticeSigned(
            change_id=proposed.change_id, funder_id=proposed.funder_id, organisation_id=facts.organisation_id,
            months=command.months, ground=proposed.ground, signed_by=place.principal(command.actor.person),
        )
    ]  # fmt: skip


def decide(facts: Case, command: DecideChange, place: Place) -> Decision:
    """Decide a proposed change of support, once every gate is open (Compact 3.1.1, 3.4.1 to 3.4.4)."""
    proposed, office = facts.open_for(command), decider(place, command)
    if isinstance(proposed, Rejection):
        return [] if facts.decided and _same(facts.decided, command, place) else proposed
    if isinstance(office, Rejection):
        return office
    if refused := next(_faults(facts, proposed, office, command, place), None):
        return refused
    gates = list(hindrances(facts, command, place))
    if refused := next((gate for gate in gates if isinstance(gate, Rejection)), None):
        return refused
    about = f"change:{command.change_id}"
    warned: list[Event] = [
        event for gate in gates if not isinstance(gate, Rejection) for event in warnings(gate, command, about)
    ]
    return [_decided(facts, proposed, office, command, place), *warned]


def withdraw(facts: Case, command: WithdrawChange, place: Place) -> Decision:
    """Take a change back, also one that is decided, until the day it holds; its notice stops (Compact 3.4.3)."""
    proposed = facts.known(command)
    if isinstance(proposed, Rejection):
        return proposed
    if facts.withdrawn:
        return []
    if facts.closed:
        return Rejection("change_closed", "This change ended with its organisation: there is nothing to take back.")
    if facts.effective:
        return Rejection("change_holds", "This change holds already.", remedy="Agree on another change.")
    return only(command, (*PROPOSERS, "decider"), proposed.funder_id) or [
        *stopped(facts, Stopped.CHANGE_WITHDRAWN),
        *withdrawal(facts, proposed, command, place),
    ]


def withdrawal(
    facts: Case, proposed: FundingChangeProposed, command: Command, place: Place, anew: str | None = None
) -> list[Event]:
    """The fact that a proposal no longer stands, and what the bodies that were told of it hear."""
    withdrawn = FundingChangeWithdrawn(
        change_id=proposed.change_id, agreement_id=proposed.agreement_id, funder_id=proposed.funder_id,
        organisation_id=facts.organisation_id or proposed.organisation_id, restarted_as=anew,
        withdrawn_by=place.principal(command.actor.person),
    )  # fmt: skip
    return [withdrawn, *told_of_end(facts, Stopped.CHANGE_WITHDRAWN, london_date(command.now))]


def told_of_end(facts: Case, because: Stopped, day: date) -> list[Event]:
    """The fact that a change comes to nothing, for those who were told of it; nothing where nobody was."""
    proposed = facts.proposed
    if proposed is None or not facts.disclosed:
        return []
    return [
        DisclosedChangeEnded(
            change_id=proposed.change_id, agreement_id=proposed.agreement_id, funder_id=proposed.funder_id,
            organisation_id=facts.organisation_id, because=because, ended_on=day,
        )
    ]  # fmt: skip


def stopped(facts: Case, because: Stopped) -> list[Event]:
    """The fact that a running notice period stopped, where one runs."""
    period = facts.period
    if period is None:
        return []
    return [
        NoticePeriodStopped(
            change_id=period.change_id, notice_id=period.notice_id, agreement_id=period.agreement_id,
            funder_id=period.funder_id, organisation_id=facts.organisation_id, because=because,
        )
    ]  # fmt: skip


def _faults(
    facts: Case, proposed: FundingChangeProposed, office: Office, command: DecideChange, place: Place
) -> Iterator[Rejection]:
    if command.actor.organisation != proposed.funder_id:
        yield Rejection("not_yours_to_do", f"Only a decider of {proposed.funder_id} may decide.", status=403)
    yield from filter(None, (_involved(facts, command, place, office.authority), _amounts(facts, proposed, command)))
    if proposed.support is Support.FUNDING:
        yield from filter(None, (over_limit(office, total(facts.amounts) - total(command.amounts)),))


def _involved(facts: Case, command: DecideChange | SignShortNotice, place: Place, authority: str) -> Rejection | None:
    person, involved = command.actor.person, facts.involved
    signed = involved.signed if isinstance(command, DecideChange) else set[str]()
    codes = {"proposed_it": involved.proposed, "assessed_it": involved.assessed, "signed_for_it": signed}
    for code, people in codes.items():
        if place.same_person(people, person):
            return Rejection(
                code, "Whoever proposed, assessed or signed for a change does not decide it; a delegate counts too.",
                Citation(document=authority, clause="never the same person"), "Ask another decider.",
            )  # fmt: skip
    return None


def _amounts(facts: Case, proposed: FundingChangeProposed, command: DecideChange) -> Rejection | None:
    if proposed.kind is ChangeKind.END or proposed.support is not Support.FUNDING:
        return None if not command.amounts else malformed("amounts_strange", "This change leaves no amounts to name.")
    now, then = per_year(facts.amounts), per_year(command.amounts)
    if proposed.kind is ChangeKind.REDUCE and (total(command.amounts) >= total(facts.amounts) or then - now):
        return malformed("amounts_not_lower", "The amounts of a reduction lie below those of the agreement, by year.")
    return None


def _not_listed(proposed: FundingChangeProposed, command: SignShortNotice, place: Place) -> Rejection | None:
    rule = rules_on(place, command.now).notice_periods
    if rule is None or proposed.ground.value in rule.short_grounds:
        return None
    refusal = Rejection(
        "ground_not_listed", "Notice under the minimum is possible on a listed ground only.",
        remedy=f"Give at least {rule.minimum_months} months.",
    )  # fmt: skip
    found = stop(place, rule, proposed.funder_id, command.now, refusal)
    return found if isinstance(found, Rejection) else None


def _rule_or_office(command: SignShortNotice, place: Place) -> str:
    office = place.office(command.actor.person, command.actor.organisation, command.actor.role)
    return office.authority if office and office.authority else "Register of offices"


def _same(decided: FundingChangeDecided, command: DecideChange, place: Place) -> bool:
    mine = decided.decided_by == place.principal(command.actor.person)
    return mine and (decided.rationale, decided.notice_months) == (command.rationale, command.notice_months)


def _decided(
    facts: Case, proposed: FundingChangeProposed, office: Office, command: DecideChange, place: Place
) -> FundingChangeDecided:
    today = london_date(command.now)
    documents: list[DocumentRef] = [part.document for part in command.rationale]
    documents += [command.shorter_because] if command.shorter_because else []
    return FundingChangeDecided(
        change_id=proposed.change_id,
        agreement_id=proposed.agreement_id,
        funder_id=proposed.funder_id,
        organisation_id=facts.organisation_id,
        kind=proposed.kind,
        support=proposed.support,
        ground=proposed.ground,
        amounts=command.amounts,
        agreed=bool(facts.agreed),
        rationale=command.rationale,
        notice_months=command.notice_months,
        shorter_because=command.shorter_because,
        set_aside=tuple(step for step in facts.set_aside if in_force(facts, step, today)),
        decided_by=place.principal(command.actor.person),
        authority=office.authority,
        opens=tuple(documents),
    )
