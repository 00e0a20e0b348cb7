"""No sequence of steps reaches a decision, a notice or an effect that breaks a clause (Compact 3.1.1, 3.4.1–3.4.4)."""

from datetime import timedelta
from typing import Any

from change_givens import (
    ASSESSOR,
    LAWYER,
    LOWER,
    PARTS,
    REASON,
    SIGNER,
    STEPPED_AT,
    a_change,
    act,
    answers_to,
    counted,
    decide,
    ended,
    now,
    part,
    step,
)
from funding_givens import ADVICE, COMMISSIONER, COUNCIL, DECIDER, DELEGATE, JUNIOR, appointed, representative
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contracts.change_gates import (
    AgreementEnded,
    AgreementVaried,
    ChangeAgreed,
    ChangeNotAgreed,
    FundingChangeDecided,
    FundingChangeTookEffect,
    GroupAffected,
    ImpactAssessed,
    NoticePeriodStarted,
    OwnEstimateGiven,
    Position,
    ReallocationAssessed,
    RepresentationAnswered,
    RepresentationInvited,
    RepresentationReceived,
    ShortNoticeSigned,
    SumsMadeGood,
)
from contracts.funding import ChangeGround, ChangeKind
from contracts.improvement import RemedialTimetableEnded, TimetableResult
from contracts.independence import IndependenceConcernAnswered, IndependenceConcernRaised
from contracts.notifications import NoticeServed, Proof, ServiceWithdrawn
from contracts.rules import Citation
from services.funding import change_handlers as handlers
from services.funding.set_aside import SetAside
from services.funding.steps import SignShortNotice
from services.runtime.calendar import add_months, london_date
from services.runtime.decisions import Actor, Recorded

VCO = representative(ADVICE)
DECIDERS = [DECIDER, JUNIOR, *(Actor(one.person, "decider", COUNCIL) for one in (COMMISSIONER, DELEGATE, ASSESSOR))]
SKIPPED = ("nothing", "impact", "reallocation", "answers", "time", "concern")
SIDES = st.sampled_from([COMMISSIONER, ASSESSOR, VCO])


class ChangesOfSupport(RuleBasedStateMachine):
    """People take the steps of one change in any order, on any day, and other services' facts come in between."""

    @initialize(
        ground=st.sampled_from([ChangeGround.RESOURCES, ChangeGround.PERFORMANCE, ChangeGround.FRAUD]),
        kind=st.sampled_from([ChangeKind.REDUCE, ChangeKind.END]),
        first=st.sampled_from(["", *SKIPPED]),
    )
    def propose(self, ground: ChangeGround, kind: ChangeKind, first: str) -> None:
        self.ledger, self.kind, self.ground = a_change(ground=ground, kind=kind), kind, ground
        self.at = STEPPED_AT
        for one in DECIDERS[2:]:
            delegate_of = COMMISSIONER.person if one.person == DELEGATE.person else None
            self.ledger.receive(appointed(one, 600_000, "Scheme of delegation 4.2", delegate_of))
        if first:
            self.come_to_a_decision(first)

    @rule(days=st.sampled_from([1, 20, 100]))
    def wait(self, days: int) -> None:
        self.at += timedelta(days=days)
        self.ledger.ring(self.at)

    @rule(name=st.sampled_from(["told", "told", "untold", "concern", "concern_answered"]))
    def hear(self, name: str) -> None:
        step(self.ledger, name)

    @rule(name=st.sampled_from(["impact", "estimate", "reallocation", "meeting", "representation"]), by=SIDES)
    def take(self, name: str, by: Actor) -> None:
        act(self.ledger, name, by, self.at)

    @rule(people=st.sampled_from([None, 0, 4, 5, 40]))
    def count(self, people: int | None) -> None:
        groups = counted(beneficiaries=people, service_users=30, volunteers=12)
        act(self.ledger, "impact", ASSESSOR, self.at, groups=groups)

    @rule(point=st.sampled_from(["1", "2", "3"]))
    def answer(self, point: str) -> None:
        act(self.ledger, "answer", ASSESSOR, self.at, point=point)

    @rule(by=SIDES, position=st.sampled_from(Position))
    def state(self, by: Actor, position: Position) -> None:
        act(self.ledger, "position", by, self.at, position=position)

    @rule(result=st.sampled_from(["running", *TimetableResult]))
    def improve(self, result: str) -> None:
        ended(self.ledger, result)

    @rule(senior=st.booleans())
    def say_who_answers_to_whom(self, senior: bool) -> None:
        answers_to(self.ledger, "decider" if senior else "councillor")

    @rule(name=st.sampled_from(["impact", "representation", "second_person"]))
    def set_aside(self, name: str) -> None:
        command = SetAside(actor=LAWYER, now=self.at, change_id="c1", step=name, statute=_STATUTE, reasons=REASON)
        self.ledger.do(handlers.set_step_aside(now(self.ledger), command), self.at)

    @rule(months=st.integers(0, 3), by=st.sampled_from([SIGNER, Actor(COMMISSIONER.person, "finance", COUNCIL)]))
    def sign(self, months: int, by: Actor) -> None:
        command = SignShortNotice(actor=by, now=self.at, change_id="c1", months=months)
        self.ledger.do(handlers.sign_short_notice(now(self.ledger), command), self.at)

    @rule(
        by=st.sampled_from(DECIDERS), months=st.sampled_from([0, 2, 3, 5, 6]), because=st.booleans(),
        skipped=st.sampled_from(["", "", *PARTS]),
    )  # fmt: skip
    def decide(self, by: Actor, months: int, because: bool, skipped: str) -> None:
        decide(
            self.ledger, self.at, by, notice_months=months, shorter_because=REASON if because else None,
            amounts=() if self.kind is ChangeKind.END else LOWER,
            rationale=tuple(part(one) for one in PARTS if one != skipped),
        )  # fmt: skip

    @rule(skipped=st.sampled_from(SKIPPED))
    def come_to_a_decision(self, skipped: str) -> None:
        """Every step but one, in order: chance alone would seldom come as far."""
        for name in ("told", "concern" if skipped == "concern" else "concern_answered"):
            step(self.ledger, name)
        acts = [("impact", ASSESSOR), ("estimate", VCO), ("reallocation", ASSESSOR), ("meeting", ASSESSOR)]
        for name, by in (*acts, ("representation", VCO)):
            if name != skipped:
                act(self.ledger, name, by, self.at)
        for point in () if skipped == "answers" else ("1", "2"):
            act(self.ledger, "answer", ASSESSOR, self.at, point=point)
        self.at += timedelta(days=0 if skipped == "time" else 30)
        for by in (COMMISSIONER, VCO):
            act(self.ledger, "position", by, self.at)
        decide(self.ledger, self.at, amounts=() if self.kind is ChangeKind.END else LOWER)

    @rule(notice=st.sampled_from(["n8", "n9"]), days=st.integers(0, 9))
    def serve(self, notice: str, days: int) -> None:
        fact = NoticeServed(
            notice_id=notice, notice_number="N", organisation_id=ADVICE, about="change:c1", template="change_decided",
            served_on=london_date(self.at) - timedelta(days=days), proved_by=Proof.POSTED, content_hash="0" * 64,
            calendar_version="x",
        )  # fmt: skip
        self.ledger.receive(fact, at=self.at)

    @rule(notice=st.sampled_from(["n8", "n9"]))
    def bounce(self, notice: str) -> None:
        fact = ServiceWithdrawn(
            notice_id=notice, organisation_id=ADVICE, about="change:c1", was_served_on=london_date(self.at)
        )
        self.ledger.receive(fact, at=self.at)

    @invariant()
    def a_decision_stands_on_all_that_has_to_stand_before_it(self) -> None:
        for number, row in enumerate(self.ledger.rows):
            if isinstance(row.data, FundingChangeDecided):
                _judge(row, [one.data for one in self.ledger.rows[:number]])

    @invariant()
    def there_is_one_decision_at_most(self) -> None:
        assert len(self.ledger.of(FundingChangeDecided)) <= 1

    @invariant()
    def a_change_holds_only_after_a_notice_that_stood_served(self) -> None:
        period: NoticePeriodStarted | None = None
        served: set[str] = set()
        for row in self.ledger.rows:
            match row.data:
                case NoticeServed(template="change_decided"):
                    served.add(row.data.notice_id)
                case ServiceWithdrawn():
                    served.discard(row.data.notice_id)
                case NoticePeriodStarted():
                    period = row.data
                    assert period.ends_on == add_months(period.served_on, period.months)
                case FundingChangeTookEffect():
                    assert period is not None
                    assert period.notice_id in served
                    assert london_date(row.time) >= row.data.effect_on == period.effect_on > period.ends_on

    @invariant()
    def what_held_unserved_was_made_good(self) -> None:
        held = len(self.ledger.of(AgreementVaried, AgreementEnded))
        assert held - len(self.ledger.of(SumsMadeGood)) in (0, 1)

    @invariant()
    def no_number_below_five_is_on_record(self) -> None:
        groups: list[GroupAffected] = [
            one for fact in self.ledger.of(ImpactAssessed, OwnEstimateGiven) for one in fact.groups
        ]
        assert all(one.people is None or one.people >= 5 for one in groups)


def _judge(row: Recorded[Any], before: list[Any]) -> None:
    """The clauses, written out against what stood in the journal before a decision."""
    decided: FundingChangeDecided = row.data
    aside = decided.set_aside

    def last(*kinds: type[Any]) -> Any:
        return next((fact for fact in reversed(before) if isinstance(fact, kinds)), None)

    assert "second_person" not in aside
    assert not isinstance(last(IndependenceConcernRaised, IndependenceConcernAnswered), IndependenceConcernRaised)
    if decided.kind is ChangeKind.END and decided.ground is ChangeGround.PERFORMANCE:
        assert last(RemedialTimetableEnded).result is TimetableResult.FAILED
    assessors = {fact.assessed_by for fact in before if isinstance(fact, (ImpactAssessed, ReallocationAssessed))}
    assert decided.decided_by not in {COMMISSIONER.person, *assessors}
    assert last(ReallocationAssessed) is not None
    if "impact" not in aside:
        numbers = [one for fact in before if isinstance(fact, ImpactAssessed) for one in fact.groups]
        known = {one.group for one in numbers if one.people is not None or one.fewer_than_five}
        assert known >= {"beneficiaries", "service_users", "volunteers"}
    if "representation" not in aside:
        assert london_date(row.time) > last(RepresentationInvited).respond_by
        made = {point.part for fact in before if isinstance(fact, RepresentationReceived) for point in fact.points}
        assert made <= {fact.point for fact in before if isinstance(fact, RepresentationAnswered)}
        assert isinstance(last(ChangeAgreed, ChangeNotAgreed), ChangeAgreed) == decided.agreed
    assert {one.part for one in decided.rationale} == set(PARTS)
    assert decided.notice_months >= 6 or decided.shorter_because
    if decided.notice_months < 3:
        assert decided.ground is ChangeGround.FRAUD
        signed = [fact for fact in before if isinstance(fact, ShortNoticeSigned)]
        assert any(one.months <= decided.notice_months for one in signed)
        assert decided.decided_by not in {one.signed_by for one in signed}


_STATUTE = Citation(document="Local Government Finance Act 1988", clause="section 114")

ChangesOfSupport.TestCase.settings = settings(max_examples=40, stateful_step_count=12, deadline=None)
TestChangesOfSupport = ChangesOfSupport.TestCase
