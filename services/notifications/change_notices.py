"""What an organisation is told in writing about a change of its support, step by step (Sutton Compact 3.4)."""

from __future__ import annotations

from typing import Any

from contracts import change_gates, independence
from services.notifications import handlers
from services.notifications.notices import RequestNotice
from services.notifications.reactions import notice_of, reactions
from services.runtime.decisions import Recorded
from services.runtime.reactions import Act


@reactions.to(change_gates.RepresentationInvited, handlers.request_notice)
def tell_time_to_respond(event: Recorded[change_gates.RepresentationInvited], act: Act) -> RequestNotice:
    """The organisation is told until when it may respond (Sutton Compact 3.4.3)."""
    return _about_change(event, act, "representation_invited")


@reactions.to(change_gates.FundingChangeWithdrawn, handlers.request_notice)
def tell_of_withdrawal(event: Recorded[change_gates.FundingChangeWithdrawn], act: Act) -> RequestNotice:
    """The organisation is told that a proposal no longer stands."""
    return _about_change(event, act, "change_withdrawn")


@reactions.to(change_gates.FundingChangeDecided, handlers.request_notice)
def give_notice(event: Recorded[change_gates.FundingChangeDecided], act: Act) -> RequestNotice:
    """The organisation is given written notice with the whole rationale (Sutton Compact 3.4.3, 3.4.4)."""
    return _about_change(event, act, "change_decided")


@reactions.to(change_gates.NoticePeriodStarted, handlers.request_notice)
def tell_of_notice_period(event: Recorded[change_gates.NoticePeriodStarted], act: Act) -> RequestNotice:
    """The organisation is told when its notice ends and from when the change holds (Sutton Compact 3.4.4)."""
    return _about_change(event, act, "notice_period_started")


@reactions.to(change_gates.ExitPlanAsked, handlers.request_notice)
def ask_for_exit_plan(event: Recorded[change_gates.ExitPlanAsked], act: Act) -> RequestNotice:
    """The organisation is asked for its plan for the end of support (Sutton Compact 3.4.5)."""
    return _about_change(event, act, "exit_plan_asked")


@reactions.to(change_gates.SumsMadeGood, handlers.request_notice)
def tell_of_sums_made_good(event: Recorded[change_gates.SumsMadeGood], act: Act) -> RequestNotice:
    """The organisation is told that it gets what was withheld on a notice that never reached it (3.4.4)."""
    return _about_change(event, act, "sums_made_good")


@reactions.to(change_gates.ChangeTakenOver, handlers.request_notice)
def tell_successor(event: Recorded[change_gates.ChangeTakenOver], act: Act) -> RequestNotice:
    """Whoever took over is told of the change of support that came with it, and of the notice that runs."""
    return _about_change(event, act, "change_taken_over")


@reactions.to(change_gates.UndertakingSetAside, handlers.request_notice)
def tell_of_step_set_aside(event: Recorded[change_gates.UndertakingSetAside], act: Act) -> list[RequestNotice]:
    """The organisation and the Compact group are told the same working day that a step was set aside."""
    fact, about = event.data, f"change:{event.data.change_id}"
    return [
        notice_of(act, told, about, "step_set_aside", event.id, due_on=fact.tell_by) for told in fact.told_organisations
    ]


@reactions.to(independence.IndependenceConcernAnswered, handlers.request_notice)
def tell_of_answered_concern(event: Recorded[independence.IndependenceConcernAnswered], act: Act) -> RequestNotice:
    """The organisation is told what came of its concern about independence (Sutton Compact 3.1.1)."""
    fact = event.data
    return notice_of(act, fact.organisation_id, f"concern:{fact.concern_id}", "concern_answered", event.id)


def _about_change(event: Recorded[Any], act: Act, template: str) -> RequestNotice:
    return notice_of(act, event.data.organisation_id, f"change:{event.data.change_id}", template, event.id)
