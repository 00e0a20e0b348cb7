"""Givens of the tests about a change of support: its steps, each of which can be left out."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from funding_givens import (
    ADVICE,
    COMMISSIONER,
    COUNCIL,
    DECIDER,
    HEALTH,
    NURSE,
    ROUND,
    Ledger,
    a_ledger,
    appointed,
    document,
    representative,
)

from contracts.change_gates import Part, Position
from contracts.funding import (
    AgreementInForce,
    ChangeGround,
    ChangeKind,
    Support,
    YearAmount,
)
from contracts.improvement import RemedialTimetableAgreed, RemedialTimetableEnded, TimetableResult
from contracts.independence import Finding, IndependenceConcernAnswered, IndependenceConcernRaised
from contracts.notifications import NoticeServed, Proof, ServiceWithdrawn
from contracts.partners import OrganisationDetailsChanged
from contracts.rules import Citation
from services.funding import change_handlers, handlers
from services.funding.changes import ProposeChange
from services.funding.impact import AssessImpact, AssessReallocation, Counted, GiveEstimate
from services.funding.representations import AnswerPoint, MarkAnswer, RecordMeeting, Represent, StatePosition
from services.funding.steps import DecideChange
from services.runtime.decisions import Actor
from services.runtime.unit import Outcome

ASSESSOR = Actor("p-assessor", "body_officer", COUNCIL)
SIGNER = Actor("p-finance", "finance", COUNCIL)
LAWYER = Actor("p-lawyer", "monitoring_officer", COUNCIL)
PROPOSED_AT = datetime(2015, 3, 5, 10, tzinfo=UTC)
SERVED_ON, RESPOND_BY = date(2015, 3, 6), date(2015, 4, 7)
"""Twenty working days after, with Good Friday and Easter Monday between."""
MET_ON = date(2015, 3, 20)
STEPPED_AT = datetime(2015, 3, 23, 10, tzinfo=UTC)
DECIDED_AT = datetime(2015, 4, 9, 10, tzinfo=UTC)
AGREED_ON = tuple(YearAmount(year=year, pounds=60_000) for year in ("2014/15", "2015/16", "2016/17"))
LOWER = (YearAmount(year="2014/15", pounds=60_000), YearAmount(year="2015/16", pounds=45_000))
PARTS = ("ground", "impact", "reallocation", "representations", "notice")
REASON = document("shorter")
STEPS = ("told", "impact", "estimate", "reallocation", "meeting", "representation", "answers", "positions")


def part(name: str) -> Part:
    return Part(part=name, document=document(f"part-{name}"))


def counted(**people: int | None) -> tuple[Counted, ...]:
    return tuple(Counted(group=group, people=many) for group, many in people.items())


GROUPS = counted(beneficiaries=40, service_users=30, volunteers=12)


def now(ledger: Ledger) -> Any:
    """The ledger in the place of a unit."""
    return ledger


def a_change(
    place: str = "sutton",
    *,
    funder: str = COUNCIL,
    kind: ChangeKind = ChangeKind.REDUCE,
    support: Support = Support.FUNDING,
    ground: ChangeGround = ChangeGround.RESOURCES,
    serves: tuple[str, ...] = (),
) -> Ledger:
    """An agreement in force and a proposal to change it; nobody's office answers to another's."""
    ledger = a_ledger(place)
    ledger.receive(
        appointed(ASSESSOR), appointed(SIGNER), appointed(LAWYER),
        AgreementInForce(
            agreement_id="a1", programme_id=ROUND, funder_id=funder, organisation_id=ADVICE, title="Advice",
            amounts=AGREED_ON, starts_on=date(2014, 4, 1), ends_on=date(2017, 3, 31),
        ),
    )  # fmt: skip
    if serves:
        ledger.receive(OrganisationDetailsChanged(organisation_id=ADVICE, by_itself=False, serves_groups=serves))
    proposer = NURSE if funder == HEALTH else COMMISSIONER
    command = ProposeChange(
        actor=proposer, now=PROPOSED_AT, change_id="c1", agreement_id="a1", kind=kind, support=support, ground=ground,
        reasons=document("why"), budget_decision=Citation(document="Council budget 2015/16", clause="minute 42"),
    )  # fmt: skip
    outcome = ledger.do(handlers.propose_change(now(ledger), command), PROPOSED_AT)
    assert outcome.rejection is None
    return ledger


def answers_to(ledger: Ledger, role: str, of: Actor = COMMISSIONER) -> None:
    """The register of offices says whose office answers to whose."""
    ledger.receive(appointed(of).model_copy(update={"answers_to": role}))


def step(ledger: Ledger, name: str) -> None:
    """A fact of another service arrives."""
    served = NoticeServed(
        notice_id="n1", notice_number="N-1", organisation_id=ADVICE, about="change:c1", template="change_proposed",
        served_on=SERVED_ON, proved_by=Proof.EMAILED_NOT_BOUNCED, content_hash="0" * 64, calendar_version="x",
    )  # fmt: skip
    named: dict[str, Any] = {"concern_id": "co1", "organisation_id": ADVICE, "body_id": COUNCIL}
    facts = {
        "told": served,
        "untold": ServiceWithdrawn(
            notice_id="n1", organisation_id=ADVICE, about="change:c1", was_served_on=SERVED_ON
        ),
        "concern": IndependenceConcernRaised(
            **named, words=document("concern"), raised_by="p-x", answer_due_on=date(2015, 4, 30), calendar_version="x",
            citation=Citation(document="Sutton Compact", clause="3.1.1"),
        ),
        "concern_answered": IndependenceConcernAnswered(
            **named, answered_for="police", finding=Finding.NOT_UPHELD, answer=document("answer"), answered_by="p-y",
            late=False, opens=(),
        ),
    }  # fmt: skip
    ledger.receive(facts[name], at=STEPPED_AT)


def act(ledger: Ledger, name: str, actor: Actor, at: datetime = STEPPED_AT, **changed: Any) -> Outcome:
    """One step, by whoever."""
    given: dict[str, Any] = {"actor": actor, "now": at, "change_id": "c1"}
    assessment = {"groups": GROUPS, "parts": (part("impact"),), "costs_jobs": False, "share_of_income": 10}
    steps: dict[str, tuple[Any, Any, dict[str, Any]]] = {
        "impact": (change_handlers.assess_impact, AssessImpact, assessment),
        "estimate": (change_handlers.give_estimate, GiveEstimate, assessment),
        "reallocation": (
            change_handlers.assess_reallocation, AssessReallocation,
            {"needed": False, "to_organisations": (), "reasons": document("reallocation")},
        ),
        "meeting": (change_handlers.record_meeting, RecordMeeting, {"held_on": MET_ON, "minutes": document("minutes")}),
        "representation": (
            change_handlers.represent, Represent,
            {"representation_id": "r1", "points": (part("1"), part("2")), "basis": None},
        ),
        "answer": (
            change_handlers.answer_point, AnswerPoint,
            {"representation_id": "r1", "point": "1", "answer": document("answer")},
        ),
        "mark": (
            change_handlers.mark_answer, MarkAnswer, {"representation_id": "r1", "point": "1", "answered": True},
        ),
        "position": (
            change_handlers.state_position, StatePosition,
            {"position": Position.AGREED, "words": document(f"position of {actor.organisation}")},
        ),
    }  # fmt: skip
    handler, command, usual = steps[name]
    return ledger.do(handler(ledger, command(**{**given, **usual, **changed})), at)


def prepared(
    ledger: Ledger,
    without: str | Iterable[str] = (),
    *,
    groups: tuple[Counted, ...] = GROUPS,
    own: Position = Position.AGREED,
) -> Ledger:
    """Every step before the decision, except those left out."""
    left_out = {without} if isinstance(without, str) else set(without)
    vco = representative(ADVICE)
    if "told" not in left_out:
        step(ledger, "told")
    acts = [
        ("impact", ASSESSOR, {"groups": groups}), ("estimate", vco, {}), ("reallocation", ASSESSOR, {}),
        ("meeting", ASSESSOR, {}), ("representation", vco, {}),
    ]  # fmt: skip
    if "answers" not in left_out:
        acts += [("answer", ASSESSOR, {"point": point}) for point in ("1", "2")]
    if "positions" not in left_out:
        acts += [("position", COMMISSIONER, {})]
        acts += [] if "own_position" in left_out else [("position", vco, {"position": own})]
    if {"answers", "own_position"} <= left_out:
        left_out |= {"representation"}
    for name, actor, given in acts:
        if name not in left_out:
            act(ledger, name, actor, **given)
    return ledger


def a_ready_change(**given: Any) -> Ledger:
    return prepared(a_change(**given))


def decide(ledger: Ledger, at: datetime = DECIDED_AT, actor: Actor = DECIDER, **changed: Any) -> Outcome:
    given = {
        "change_id": "c1", "rationale": tuple(part(one) for one in PARTS), "amounts": LOWER, "notice_months": 6,
    }  # fmt: skip
    command = DecideChange(actor=actor, now=at, **{**given, **changed})
    return ledger.do(change_handlers.decide_change(now(ledger), command), at)


def ended(ledger: Ledger, *states: str | TimetableResult) -> None:
    """Timetables of actions, as monitoring tells of them."""
    named: dict[str, Any] = {
        "under_performance_id": "u1", "agreement_id": "a1", "organisation_id": ADVICE, "funder_id": COUNCIL,
    }  # fmt: skip
    for state in states:
        if state == "running":
            ledger.receive(
                RemedialTimetableAgreed(
                    **named, proposal_id="t1", actions=(), ends_on=date(2015, 6, 30), agreed_by="p-x"
                )
            )
        else:
            ledger.receive(
                RemedialTimetableEnded(**named, result=TimetableResult(state), missed=(), ended_on=date(2015, 4, 1))
            )
