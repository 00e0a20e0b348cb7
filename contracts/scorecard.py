"""What the Compact's record counts under each undertaking: the events that say it was done, and that it was missed.

Only published events stand here: a count of what is private or sealed would tell of it. Refusals, warnings and steps
set aside carry their clause themselves and are counted by it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The events that one undertaking is counted by, or the reason why none are."""

    done: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    why_none: str = ""


_GATE = Counted(
    why_none="Only refusals and steps set aside are counted: the step that passed the gate names no clause."
)
_NO_EVENT = Counted(why_none="The product records no event for this undertaking.")
_PRIVATE = Counted(why_none="What is recorded for this undertaking is private.")

COUNTED: dict[str, Counted] = {
    "3.1.1": Counted(
        done=("partners.independence_concern_answered",), missed=("partners.independence_answer_overdue",)
    ),
    "3.1.6": _PRIVATE,
    "3.3.1": _GATE,
    "3.3.2": Counted(
        done=("funding.rationale_given", "funding.decision_review_answered"),
        missed=("funding.decision_review_overdue",),
    ),
    "3.3.3": Counted(done=("funding.term_reasoned",)),
    "3.3.4": Counted(done=("funding.payment_made",), missed=("funding.payment_overdue",)),
    "3.3.5": _GATE,
    "3.3.6": Counted(done=("funding.risks_allocated",)),
    "3.3.7": Counted(done=("funding.financing_model_chosen",)),
    "3.3.8": _PRIVATE,
    "3.3.10": Counted(done=("monitoring.report_submitted",)),
    "3.4.1": Counted(
        done=("monitoring.remedial_timetable_agreed",), missed=("monitoring.remedial_timetable_not_agreed",)
    ),
    "3.4.2": Counted(done=("funding.impact_assessed", "funding.reallocation_assessed")),
    "3.4.3": Counted(
        done=("funding.change_meeting_held", "funding.representation_answered", "funding.change_agreed"),
        missed=("funding.change_not_agreed",),
    ),
    "3.4.4": Counted(done=("funding.notice_period_started",)),
    "3.4.5": Counted(done=("funding.exit_plan_submitted",)),
    "3.4.6": Counted(done=("funding.representation_received",)),
    "3.4.7": Counted(done=("funding.own_estimate_given",)),
    **dict.fromkeys(("3.3.11", "3.5.1", "3.5.4"), _GATE),
    **dict.fromkeys(
        ("3.1.2", "3.1.3", "3.1.4", "3.1.5", "3.1.7", "3.2.1", "3.2.2", "3.2.3", "3.2.4", "3.2.5", "3.2.6", "3.2.7",
         "3.2.8", "3.3.9", "3.3.12", "3.3.13", "3.3.14", "3.5.2", "3.5.3", "3.5.5", "3.5.6"), _NO_EVENT,
    ),
}  # fmt: skip
"""Every undertaking of the Sutton Compact by its clause; of a VCO's only what was done (Sutton Compact 3.1 to 3.5)."""
