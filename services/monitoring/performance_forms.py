"""What is sent about performance over HTTP. Words go to documents; only ids, dates, sides and counts go on."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.improvement import RemedialAction, Side
from contracts.monitoring import FEWEST_COUNTED
from contracts.reviews import Attendance, GroupCount
from services.monitoring.forms import Form, Id, Words

Organisation = Annotated[str, Field(min_length=1, max_length=80)]
Said = Annotated[str, Field(min_length=10, max_length=4_000)]


class AttendanceForm(Form):
    """Somebody who took part, by role and organisation; never a name."""

    organisation_id: Organisation = Field(examples=["GB-CHC-9900017"])
    role: Id = Field(examples=["vco_representative"])


class MeetingForm(Form):
    """A performance meeting that was held."""

    held_on: date = Field(examples=["2014-06-24"])
    attended: tuple[AttendanceForm, ...] = Field(min_length=1, max_length=40)
    outcome_ids: tuple[Id, ...] = Field(min_length=1, max_length=60, examples=[["governed", "heard"]])
    notes: Words = Field(examples=["Advice on governance is ahead of its target; the forum met once."])

    def present(self) -> tuple[Attendance, ...]:
        """Who took part."""
        return tuple(Attendance(**each.model_dump()) for each in self.attended)


class UnderPerformanceForm(Form):
    """Under-performance against outcomes of the agreement, and why it is raised."""

    outcome_ids: tuple[Id, ...] = Field(min_length=1, max_length=60, examples=[["heard"]])
    reason: Words = Field(examples=["Two of twelve meetings were held in the first half of the year."])


class ActionForm(Form):
    """One action to improve: what, by whom, until when."""

    id: Id = Field(examples=["forum"])
    side: Side = Field(examples=["partner"])
    due_on: date = Field(examples=["2014-11-28"])
    what: Words = Field(examples=["Hold the forum every month, beginning in October."])


class TimetableForm(Form):
    """A timetable of actions to improve."""

    actions: tuple[ActionForm, ...] = Field(min_length=1, max_length=40)

    def dated(self) -> tuple[RemedialAction, ...]:
        """The actions without their words."""
        return tuple(RemedialAction(id=each.id, side=each.side, due_on=each.due_on) for each in self.actions)

    def words(self) -> str:
        """The actions as they are read, one paragraph each."""
        return "\n\n".join(f"{each.id} ({each.side}, by {each.due_on:%-d %B %Y}): {each.what}" for each in self.actions)


class DecisionForm(TimetableForm):
    """The timetable that a second person decides, and why."""

    reasons: Words = Field(examples=["The forum's dates are the council's to keep free; the rest is the partner's."])

    def words(self) -> str:
        """The actions and the reasons."""
        return f"{super().words()}\n\n{self.reasons}"


class PositionForm(Form):
    """One side's position on a timetable that was not agreed."""

    position: Words = Field(examples=["We can do this by January, not by November: our worker is away until then."])


class EvidenceForm(Form):
    """What shows that an action is done."""

    evidence: Words = Field(examples=["The forum met on 8 October and 5 November; the notes are on our site."])


class DisputeForm(Form):
    """Why an action is not done."""

    reason: Words = Field(examples=["The meeting of 5 November was of the board, not of the forum."])


class InvitationForm(Form):
    """Until when residents and service users are asked."""

    until: date = Field(examples=["2015-05-29"])


class FeedbackForm(Form):
    """What a resident or service user says. A name is not needed; one that is given is kept apart from the words."""

    words: Said = Field(examples=["They answered the same day and helped us write our constitution."])
    name: str | None = Field(None, min_length=1, max_length=200, examples=[None])


class GroupForm(Form):
    """How many people of a group that the organisation serves took part. Counts below 5 are left out."""

    group: Id = Field(examples=["carers"])
    people: int = Field(ge=0, le=1_000_000, examples=[12])


class GatheredForm(Form):
    """What several people said together, for example in a meeting. Counts below 5 are left out."""

    words: Words = Field(examples=["Most found the advice quick; three said the office is hard to reach by bus."])
    people: int = Field(ge=1, le=1_000_000, examples=[31])
    groups: tuple[GroupForm, ...] = Field((), max_length=40)

    def counted(self) -> tuple[GroupCount, ...]:
        """The groups of five and more."""
        return tuple(GroupCount(**each.model_dump()) for each in self.groups if each.people >= FEWEST_COUNTED)

    @property
    def too_small(self) -> tuple[str, ...]:
        """The groups whose count is too small to be kept."""
        return tuple(each.group for each in self.groups if each.people < FEWEST_COUNTED)


class AssessmentForm(Form):
    """How the money was used, part by part."""

    parts: dict[Id, Words] = Field(
        min_length=1, max_length=20,
        examples=[{
            "effectiveness": "Both outcomes were reached for most organisations.",
            "economy": "Costs stayed within what was agreed.",
            "efficiency": "More organisations were advised by the same two workers.",
        }],
    )  # fmt: skip


class AnswerToReviewForm(Form):
    """The partner's answer to the assessment and the feedback."""

    answer: Words = Field(examples=["We agree on the whole; the bus route changed in May and we now visit instead."])


class ConclusionForm(Form):
    """What the review comes to."""

    conclusion: Words = Field(examples=["The money was well used; access for people without a car stays on the list."])
