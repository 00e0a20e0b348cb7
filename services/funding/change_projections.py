"""How the steps of a change of support alter its read tables and timers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from contracts import change_gates as gates
from contracts import funding
from contracts.envelope import DocumentRef
from services.funding.change_tables import (
    ChangeNumbers,
    ChangePapers,
    ChangePoints,
    ChangeProgress,
    PartnerEffects,
    StepsSetAside,
)
from services.funding.projections import projections
from services.funding.tables import Agreements, Doubts
from services.runtime.decisions import Recorded
from services.runtime.projections import ClearTimer, RowChange, SetTimer, Upsert

DAY = timedelta(days=1)
TAKE_EFFECT, PLAN_OVERDUE, LAPSE = "take_effect", "exit_plan_overdue", "setting_aside_lapses"


@projections.of(funding.FundingChangeProposed)
def follow_change(event: Recorded[funding.FundingChangeProposed]) -> Iterator[RowChange]:
    """A change is followed from its proposal on."""
    yield Upsert(ChangeProgress, event.data.change_id, organisation_id=event.data.organisation_id, state="proposed")


@projections.of(gates.FundingChangeWithdrawn)
def show_withdrawn(event: Recorded[gates.FundingChangeWithdrawn]) -> Iterator[RowChange]:
    """A change no longer stands; nothing of it falls due."""
    fact = event.data
    yield Upsert(ChangeProgress, fact.change_id, state="withdrawn", restarted_as=fact.restarted_as)
    yield from _nothing_due(fact.change_id)


@projections.of(gates.RepresentationInvited)
def show_time_to_respond(event: Recorded[gates.RepresentationInvited]) -> Iterator[RowChange]:
    """The organisation may respond until this day (Compact 3.4.3)."""
    yield Upsert(ChangeProgress, event.data.change_id, respond_by=event.data.respond_by)


@projections.of(gates.ImpactAssessed)
def show_impact(event: Recorded[gates.ImpactAssessed]) -> Iterator[RowChange]:
    """The funder's numbers (Compact 3.4.2)."""
    fact = event.data
    yield Upsert(
        ChangeProgress, fact.change_id, funder_costs_jobs=fact.costs_jobs,
        funder_share_of_income=fact.share_of_income,
    )  # fmt: skip
    yield from _numbers(fact.change_id, "funder", fact.groups)
    yield from _papers(fact.change_id, "impact", fact.parts)


@projections.of(gates.OwnEstimateGiven)
def show_estimate(event: Recorded[gates.OwnEstimateGiven]) -> Iterator[RowChange]:
    """The organisation's own numbers, beside the funder's (Compact 3.4.2)."""
    fact = event.data
    yield Upsert(
        ChangeProgress, fact.change_id, own_costs_jobs=fact.costs_jobs, own_share_of_income=fact.share_of_income
    )
    yield from _numbers(fact.change_id, "organisation", fact.groups)
    yield from _papers(fact.change_id, "own_estimate", fact.parts)


@projections.of(gates.ReallocationAssessed)
def show_reallocation(event: Recorded[gates.ReallocationAssessed]) -> Iterator[RowChange]:
    """Whether money has to go elsewhere (Compact 3.4.2)."""
    fact = event.data
    yield Upsert(ChangeProgress, fact.change_id, reallocation_needed=fact.needed)
    yield _paper(fact.change_id, "reallocation", "", fact.reasons)


@projections.of(gates.ChangeMeetingHeld)
def show_meeting(event: Recorded[gates.ChangeMeetingHeld]) -> Iterator[RowChange]:
    """Both sides met (Compact 3.4.3)."""
    yield Upsert(ChangeProgress, event.data.change_id, met_on=event.data.held_on)
    yield _paper(event.data.change_id, "minutes", event.data.held_on.isoformat(), event.data.minutes)


@projections.of(gates.RepresentationReceived)
def show_points(event: Recorded[gates.RepresentationReceived]) -> Iterator[RowChange]:
    """The organisation's points wait for their answers (Compact 3.4.3)."""
    fact = event.data
    for point in fact.points:
        key = (fact.change_id, fact.representation_id, point.part)
        yield Upsert(ChangePoints, *key, basis_stated=fact.basis_stated)
    yield from _papers(fact.change_id, "point", fact.points)
    if fact.basis:
        yield _paper(fact.change_id, "basis", fact.representation_id, fact.basis)


@projections.of(gates.RepresentationAnswered)
def show_answer(event: Recorded[gates.RepresentationAnswered]) -> Iterator[RowChange]:
    """A point is answered (Compact 3.4.3)."""
    fact = event.data
    yield Upsert(ChangePoints, fact.change_id, fact.representation_id, fact.point, answered=True)
    yield _paper(fact.change_id, "answer", fact.point, fact.answer)


@projections.of(gates.AnswerMarked)
def show_mark(event: Recorded[gates.AnswerMarked]) -> Iterator[RowChange]:
    """The organisation finds its point answered, or not."""
    fact = event.data
    yield Upsert(ChangePoints, fact.change_id, fact.representation_id, fact.point, marked_answered=fact.answered)


@projections.of(gates.PositionStated)
def show_position(event: Recorded[gates.PositionStated]) -> Iterator[RowChange]:
    """Where one side stands (Compact 3.4.3)."""
    fact = event.data
    side = "funder" if fact.by_funder else "organisation"
    yield _paper(fact.change_id, "position", f"{side}: {fact.position.value}", fact.words)


@projections.of(gates.ChangeAgreed, gates.ChangeNotAgreed)
def show_agreement_on_change(event: Recorded[Any]) -> Iterator[RowChange]:
    """Whether both sides agree (Compact 3.4.3)."""
    yield Upsert(ChangeProgress, event.data.change_id, agreed=isinstance(event.data, gates.ChangeAgreed))


@projections.of(gates.UndertakingSetAside)
def show_set_aside(event: Recorded[gates.UndertakingSetAside]) -> Iterator[RowChange]:
    """A step is set aside, and lapses by itself."""
    fact = event.data
    yield Upsert(
        StepsSetAside, fact.change_id, fact.step, statute=str(fact.statute), set_aside_by=fact.set_aside_by,
        lapses_on=fact.lapses_on, lapsed=False,
    )  # fmt: skip
    yield _paper(fact.change_id, "set_aside", fact.step, fact.reasons)
    yield SetTimer(LAPSE, f"{fact.change_id} {fact.step}", due_on=fact.lapses_on)


@projections.of(gates.SettingAsideLapsed)
def show_lapsed(event: Recorded[gates.SettingAsideLapsed]) -> Iterator[RowChange]:
    """A step holds again."""
    yield Upsert(StepsSetAside, event.data.change_id, event.data.step, lapsed=True)
    yield ClearTimer(LAPSE, f"{event.data.change_id} {event.data.step}")


@projections.of(gates.FundingChangeDecided)
def show_decided(event: Recorded[gates.FundingChangeDecided]) -> Iterator[RowChange]:
    """A change is decided; its notice has yet to be served (Compact 3.4.4)."""
    fact = event.data
    yield Upsert(
        ChangeProgress, fact.change_id, state="decided", notice_months=fact.notice_months, decided_by=fact.decided_by
    )
    yield from _papers(fact.change_id, "rationale", fact.rationale)
    if fact.shorter_because:
        yield _paper(fact.change_id, "shorter_because", "", fact.shorter_because)


@projections.of(gates.NoticePeriodStarted)
def show_notice(event: Recorded[gates.NoticePeriodStarted]) -> Iterator[RowChange]:
    """Notice runs; the change holds on its day (Compact 3.4.4)."""
    fact = event.data
    yield Upsert(
        ChangeProgress, fact.change_id, state="notice", served_on=fact.served_on, ends_on=fact.ends_on,
        effect_on=fact.effect_on,
    )  # fmt: skip
    yield SetTimer(TAKE_EFFECT, fact.change_id, due_on=fact.effect_on)


@projections.of(gates.NoticePeriodStopped)
def show_stopped(event: Recorded[gates.NoticePeriodStopped]) -> Iterator[RowChange]:
    """No notice runs."""
    key = event.data.change_id
    yield Upsert(ChangeProgress, key, state="decided", served_on=None, ends_on=None, effect_on=None)
    yield ClearTimer(TAKE_EFFECT, key)


@projections.of(gates.NoticeNoLongerPossible)
def show_no_longer_possible(event: Recorded[gates.NoticeNoLongerPossible]) -> Iterator[RowChange]:
    """The organisation is no more; the change ends."""
    yield Upsert(ChangeProgress, event.data.change_id, state="notice_no_longer_possible")
    yield from _nothing_due(event.data.change_id)


@projections.of(gates.ChangeTakenOver)
def show_successor(event: Recorded[gates.ChangeTakenOver]) -> Iterator[RowChange]:
    """A successor stands for the organisation."""
    fact = event.data
    yield Upsert(
        ChangeProgress, fact.change_id, organisation_id=fact.organisation_id,
        former_organisation_id=fact.former_organisation_id,
    )  # fmt: skip


@projections.of(gates.ExitPlanAsked)
def show_plan_due(event: Recorded[gates.ExitPlanAsked]) -> Iterator[RowChange]:
    """A plan for the end of support is due (Compact 3.4.5)."""
    yield Upsert(ChangeProgress, event.data.change_id, plan_due_on=event.data.due_on)
    yield SetTimer(PLAN_OVERDUE, event.data.change_id, due_on=event.data.due_on + DAY)


@projections.of(gates.ExitPlanSubmitted)
def show_plan(event: Recorded[gates.ExitPlanSubmitted]) -> Iterator[RowChange]:
    """The plan is there (Compact 3.4.5)."""
    fact = event.data
    yield Upsert(ChangeProgress, fact.change_id, redundancy_pounds=fact.redundancy_pounds)
    yield _paper(fact.change_id, "exit_plan", "", fact.plan)
    yield ClearTimer(PLAN_OVERDUE, fact.change_id)


@projections.of(gates.ExitPlanOverdue)
def show_plan_overdue(event: Recorded[gates.ExitPlanOverdue]) -> Iterator[RowChange]:
    """The plan's date passed (Compact 3.4.5)."""
    yield Upsert(ChangeProgress, event.data.change_id, plan_overdue=True)
    yield ClearTimer(PLAN_OVERDUE, event.data.change_id)


@projections.of(gates.RedundancyViewGiven)
def show_view(event: Recorded[gates.RedundancyViewGiven]) -> Iterator[RowChange]:
    """What the funder thinks of redundancy costs (Compact 3.4.5)."""
    yield _paper(event.data.change_id, "redundancy_view", "", event.data.view)


@projections.of(gates.FundingChangeTookEffect)
def show_effect(event: Recorded[gates.FundingChangeTookEffect]) -> Iterator[RowChange]:
    """A change holds."""
    yield Upsert(ChangeProgress, event.data.change_id, state="in_effect")
    yield ClearTimer(TAKE_EFFECT, event.data.change_id)


@projections.of(gates.AgreementVaried)
def show_varied(event: Recorded[gates.AgreementVaried]) -> Iterator[RowChange]:
    """An agreement gives something else."""
    amounts = [amount.model_dump(mode="json") for amount in event.data.amounts]
    yield Upsert(Agreements, event.data.agreement_id, amounts=amounts)


@projections.of(gates.AgreementEnded)
def show_ended(event: Recorded[gates.AgreementEnded]) -> Iterator[RowChange]:
    """An agreement ended before its term."""
    yield Upsert(Agreements, event.data.agreement_id, in_force=False, ended_on=event.data.from_day)


@projections.of(gates.SumsMadeGood)
def show_made_good(event: Recorded[gates.SumsMadeGood]) -> Iterator[RowChange]:
    """An agreement gives again what it gave."""
    fact = event.data
    amounts = [amount.model_dump(mode="json") for amount in fact.amounts]
    ended = fact.ended_from
    yield Upsert(Agreements, fact.agreement_id, in_force=ended is None, ended_on=ended, amounts=amounts)
    yield Upsert(ChangeProgress, fact.change_id, state="decided")


@projections.of(gates.PartnerEffectReported)
def show_effect_on_others(event: Recorded[gates.PartnerEffectReported]) -> Iterator[RowChange]:
    """What a change would do to the work of another body (Compact 3.4.2)."""
    fact = event.data
    yield Upsert(
        PartnerEffects, fact.change_id, fact.body_id, people=fact.people, referrals_a_year=fact.referrals_a_year
    )


@projections.of(gates.DoubtAnswered)
def show_answered_doubt(event: Recorded[gates.DoubtAnswered]) -> Iterator[RowChange]:
    """A person answered for a decision made unaware."""
    fact = event.data
    yield Upsert(
        Doubts, fact.decision_id, fact.late_event_id, stands=fact.stands, answered_by=fact.answered_by,
        reasons=fact.reasons.model_dump(mode="json"),
    )  # fmt: skip


def _nothing_due(change_id: str) -> Iterator[RowChange]:
    yield ClearTimer(TAKE_EFFECT, change_id)
    yield ClearTimer(PLAN_OVERDUE, change_id)


def _numbers(change_id: str, counted_by: str, groups: Iterable[gates.GroupAffected]) -> Iterator[RowChange]:
    for one in groups:
        key = (change_id, counted_by, one.group)
        yield Upsert(ChangeNumbers, *key, people=one.people, fewer_than_five=one.fewer_than_five)


def _papers(change_id: str, kind: str, parts: Iterable[gates.Part]) -> Iterator[RowChange]:
    for part in parts:
        yield _paper(change_id, kind, part.part, part.document)


def _paper(change_id: str, kind: str, part: str, document: DocumentRef) -> RowChange:
    return Upsert(ChangePapers, change_id, document.id, kind=kind, part=part, document=document.model_dump(mode="json"))
