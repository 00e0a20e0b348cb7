"""What the Compact's record counts: under each undertaking the deeds that say it was kept, missed or set aside.

A deed is the name of a published event on the wire, with a word behind it where the event says more than one thing.
Nothing private stands here: a count of it would tell of it. Refusals and warnings carry their clause themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

DOCUMENT = "Sutton Compact"
"""The document whose clauses these are, as a place's rules call it."""
SECTOR = "sector"
"""The voluntary sector as a whole, where a body would stand: the record names no voluntary organisation."""


class Outcome(StrEnum):
    """What became of an undertaking."""

    DONE = "done"
    MISSED = "missed"
    REFUSED = "refused"
    """A step against it was refused, or a pending signatory was warned of it."""
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The deeds by which one undertaking is counted, or the reason why none are."""

    done: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()
    why_none: str = ""


_NO_EVENT = Counted(why_none="Nothing is recorded yet that this undertaking could be counted by.")

COUNTED: dict[str, Counted] = {
    "3.1.1": Counted(
        done=("funding.clauses_drafted", "partners.independence_concern_answered"),
        missed=("partners.independence_concern_answered:upheld", "partners.independence_answer_overdue"),
    ),
    "3.1.6": Counted(why_none="What members of a panel declare stays private; what was refused for it is counted."),
    "3.2.6": Counted(done=("funding.representation_received:basis",)),
    "3.2.8": Counted(why_none="Whether a bid recognises the legal basis stands in the bid, which stays private."),
    "3.3.1": Counted(done=("funding.programme_published",)),
    "3.3.2": Counted(
        done=("funding.rationale_given", "funding.bid_declined", "funding.decision_review_answered"),
        missed=("funding.decision_review_overdue",),
    ),
    "3.3.3": Counted(done=("funding.term_reasoned",)),
    "3.3.4": Counted(done=("funding.payment_made",), missed=("funding.payment_overdue",)),
    "3.3.5": Counted(done=("monitoring.monitoring_agreed",)),
    "3.3.6": Counted(done=("funding.risks_allocated",)),
    "3.3.7": Counted(done=("funding.financing_model_chosen",)),
    "3.3.8": Counted(
        done=("funding.bid_awarded:eligible", "funding.bid_declined:eligible"),
        missed=("funding.bid_declined:ineligible",),
    ),
    "3.3.9": Counted(why_none="The register does not tell a significant change from any other change of details."),
    "3.3.10": Counted(
        done=("monitoring.report_submitted", "monitoring.report_accepted"),
        missed=("monitoring.report_overdue", "monitoring.funder_answer_overdue"),
    ),
    "3.3.11": Counted(done=("monitoring.report_submitted:value",)),
    "3.3.12": Counted(done=("monitoring.feedback_invited",)),
    "3.4.1": Counted(
        done=("monitoring.remedial_timetable_agreed", "monitoring.remedial_action_completed"),
        missed=("monitoring.remedial_timetable_not_agreed", "monitoring.remedial_action_missed"),
        set_aside=("funding.undertaking_set_aside:remedial_timetable",),
    ),
    "3.4.2": Counted(
        done=("funding.impact_assessed", "funding.reallocation_assessed", "funding.partner_effect_reported"),
        set_aside=("funding.undertaking_set_aside:impact", "funding.undertaking_set_aside:reallocation"),
    ),
    "3.4.3": Counted(
        done=("funding.change_meeting_held", "funding.representation_answered", "funding.change_agreed",
              "funding.term_end_answered"),
        missed=("funding.change_not_agreed",),
        set_aside=("funding.undertaking_set_aside:representation",),
    ),
    "3.4.4": Counted(
        done=("funding.notice_period_started",), missed=("funding.sums_made_good",),
        set_aside=("funding.undertaking_set_aside:notice_periods",),
    ),
    "3.4.5": Counted(
        done=("funding.exit_plan_submitted", "funding.redundancy_view_given"), missed=("funding.exit_plan_overdue",)
    ),
    "3.4.6": Counted(done=("funding.representation_received", "monitoring.annual_review_answered")),
    "3.4.7": Counted(done=("funding.own_estimate_given",)),
    "3.5.1": Counted(why_none="The assessment of a change goes by group, and is counted under 3.4.2."),
    "3.5.4": Counted(done=("monitoring.report_submitted:equality",)),
    **dict.fromkeys(
        ("3.1.2", "3.1.3", "3.1.4", "3.1.5", "3.1.7", "3.2.1", "3.2.2", "3.2.3", "3.2.4", "3.2.5", "3.2.7", "3.3.13",
         "3.3.14", "3.5.2", "3.5.3", "3.5.5", "3.5.6"), _NO_EVENT,
    ),
}  # fmt: skip
"""Every undertaking of the Sutton Compact by its clause (Sutton Compact 3.1 to 3.5)."""


@dataclass(frozen=True)
class Commitment:
    """A commitment of the partnership beside the Compact: whose words, in short, and how it is counted."""

    document: str
    short: str
    counted: Counted


CHARTER, SHARED = "Sutton Equality Charter", "Working Together in Sutton"
COMMITMENTS: dict[str, Commitment] = {
    "EQC1": Commitment(
        CHARTER, "Recognise, respect and value Sutton's diverse communities",
        Counted(why_none="Respect shows in no fact that is recorded, and complaints about it are not recorded here."),
    ),
    "EQC2": Commitment(
        CHARTER, "Promote good relationships between people of different backgrounds and lifestyles",
        Counted(why_none="No fact tells what an activity was held for, so none tells that it brought people together."),
    ),
    "EQC3": Commitment(
        CHARTER, "Identify, understand and respond to the different needs and experiences of communities",
        Counted(done=("funding.impact_assessed",), set_aside=("funding.undertaking_set_aside:impact",)),
    ),
    "EQC4": Commitment(
        CHARTER, "Acknowledge that people belong to more than one group",
        Counted(why_none="Which groups a person belongs to is never recorded, nor any deed for several at once."),
    ),
    "EQC5": Commitment(
        CHARTER, "Tackle discrimination and inequality in all services, also as employers",
        Counted(done=("monitoring.report_submitted:equality",)),
    ),
    "EQC6": Commitment(
        CHARTER, "Target efforts to ensure a fairer borough",
        Counted(why_none="No agreement or payment names the priority that it serves, so none tells where effort goes."),
    ),
    "WTS4.1": Commitment(
        SHARED, "Take collective responsibility for achieving the shared vision",
        Counted(why_none="Facts tell what each body answers for by itself; none tells that several answered together."),
    ),
    "WTS4.2": Commitment(
        SHARED, "Give priority to achieving outcomes",
        Counted(
            done=("monitoring.monitoring_agreed", "monitoring.remedial_action_completed"),
            missed=("monitoring.remedial_action_missed",),
        ),
    ),
    "WTS4.3": Commitment(
        SHARED, "Be open with all partners, particularly in times of financial difficulty",
        Counted(done=("funding.change_disclosed", "funding.programme_money_cut")),
    ),
    "WTS4.4": Commitment(
        SHARED, "Consistently review the arrangements of the Partnership",
        Counted(why_none="Meetings of the Board, its groups and forums, which review them, are not recorded here."),
    ),
    "WTS4.5": Commitment(
        SHARED, "Make decisions in the fairest way possible",
        Counted(
            done=("funding.rationale_given", "funding.decision_review_answered"),
            missed=("funding.decision_review_overdue",),
        ),
    ),
}  # fmt: skip
"""The Equality Charter's six commitments and the five shared ones, for the place whose rules are the Compact's
(EQC1 to EQC6, WTS4); none of them refuses anything, so none has a number of what was refused."""

FEEDBACK = frozenset({
    "partners.independence_concern_answered", "partners.independence_concern_answered:upheld",
    "partners.independence_answer_overdue", "funding.decision_review_answered", "funding.decision_review_overdue",
    "funding.representation_received", "funding.representation_received:basis", "funding.representation_answered",
    "monitoring.annual_review_answered", "compact.step_refused:feedback", "compact.step_warned:feedback",
})  # fmt: skip
"""Deeds that tell that a voluntary organisation raised a concern, asked for a review, responded or answered."""
FEEDBACK_REFUSALS = frozenset({
    "independence_concern_open", "not_another_signatory", "reviewer_took_part", "point_unanswered",
})  # fmt: skip
"""Codes of refusals that tell of such feedback."""
FEEDBACK_SHOWN_TO = frozenset({"vco_representative", "partnership_office", "auditor"})
"""The roles that neither score nor decide; to any other the record shows no feedback of a voluntary organisation."""


def commitments(document: str) -> dict[str, Commitment]:
    """The commitments that are counted beside this document."""
    return COMMITMENTS if document == DOCUMENT else {}


def deeds(document: str) -> Iterator[tuple[str, str, Outcome]]:
    """Each deed with the clause and the outcome that it counts under; none for a place with another document."""
    beside = {clause: one.counted for clause, one in commitments(document).items()}
    for clause, counted in {**COUNTED, **beside}.items() if document == DOCUMENT else ():
        by = {Outcome.DONE: counted.done, Outcome.MISSED: counted.missed, Outcome.SET_ASIDE: counted.set_aside}
        yield from ((deed, clause, outcome) for outcome, names in by.items() for deed in names)
