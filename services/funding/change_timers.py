"""What of a change of support falls due by itself."""

from __future__ import annotations

from services.funding import change_handlers as handlers
from services.funding.exit_plans import MarkPlanOverdue
from services.funding.set_aside import LetLapse
from services.funding.taking_effect import TakeEffect
from services.funding.timers import timers
from services.runtime.reactions import Act


@timers.when("take_effect", handlers.take_effect)
def take_effect(key: str, act: Act) -> TakeEffect:
    """The day has come on which a change holds (Compact 3.4.4)."""
    return TakeEffect(actor=act.actor, now=act.now, change_id=key)


@timers.when("exit_plan_overdue", handlers.mark_plan_overdue)
def mark_plan_overdue(key: str, act: Act) -> MarkPlanOverdue:
    """The date of an exit plan has passed (Compact 3.4.5)."""
    return MarkPlanOverdue(actor=act.actor, now=act.now, change_id=key)


@timers.when("setting_aside_lapses", handlers.let_setting_aside_lapse)
def let_lapse(key: str, act: Act) -> LetLapse:
    """A step that was set aside holds again."""
    change_id, _, step = key.partition(" ")
    return LetLapse(actor=act.actor, now=act.now, change_id=change_id, step=step)
