"""On its day a change holds: the agreement is varied or ends; what turns out unserved is made good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contracts.change_gates import (
    AgreementEnded,
    AgreementVaried,
    FundingChangeDecided,
    FundingChangeTookEffect,
    NoticePeriodStarted,
    SumsMadeGood,
)
from contracts.envelope import Event
from contracts.funding import ChangeKind, Support
from contracts.place import Place
from services.funding.change_case import AboutChange, Case
from services.runtime.calendar import DAY, london_date
from services.runtime.decisions import Decision


@dataclass(frozen=True, kw_only=True)
class TakeEffect(AboutChange):
    """The day of effect has come."""

    counts_absence: ClassVar[bool] = True


def take_effect(facts: Case, command: TakeEffect, place: Place) -> Decision:
    """Let a change hold from its day on, while its notice stands served; later, where that is paid for (3.4.4)."""
    decided, period = facts.decided, facts.period
    if decided is None or period is None or facts.effective or facts.withdrawn or facts.closed:
        return []
    if place.is_no_more(facts.organisation_id, london_date(command.now)):
        return []
    if london_date(command.now) < period.effect_on or period.notice_id not in facts.notice.served:
        return []
    if facts.paid_until and facts.paid_until >= period.effect_on:
        return [period.model_copy(update={"effect_on": facts.paid_until + DAY, "paid_until": facts.paid_until})]
    held = FundingChangeTookEffect(
        change_id=decided.change_id, agreement_id=decided.agreement_id, funder_id=decided.funder_id,
        organisation_id=facts.organisation_id, kind=decided.kind, support=decided.support, effect_on=period.effect_on,
    )  # fmt: skip
    return [held, _of_agreement(facts, decided, period)]


def made_good(facts: Case) -> list[Event]:
    """What an agreement gives again, other changes holding, where its notice was not served (Compact 3.4.4)."""
    held = facts.effective
    if held is None:
        return []
    amounts, ended_from = facts.given_without(held.change_id)
    return [
        SumsMadeGood(
            change_id=held.change_id, agreement_id=held.agreement_id, funder_id=held.funder_id,
            organisation_id=facts.organisation_id, amounts=amounts, held_from=held.effect_on, ended_from=ended_from,
        )
    ]  # fmt: skip


def _of_agreement(facts: Case, decided: FundingChangeDecided, period: NoticePeriodStarted) -> Event:
    named = {
        "agreement_id": decided.agreement_id, "change_id": decided.change_id, "funder_id": decided.funder_id,
        "organisation_id": facts.organisation_id, "from_day": period.effect_on,
    }  # fmt: skip
    if decided.kind is ChangeKind.END and decided.support is Support.FUNDING:
        return AgreementEnded(**named)
    amounts = decided.amounts if decided.support is Support.FUNDING else facts.amounts
    return AgreementVaried(**named, support=decided.support, amounts=amounts)
