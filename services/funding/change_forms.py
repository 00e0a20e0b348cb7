"""What is sent about a change of support. Words go to documents; counts below five go no further than the decision."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.change_gates import Position
from contracts.funding import ChangeGround
from services.funding.forms import AmountForm, DecisionCited, Form, Id, Words
from services.funding.impact import Counted

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Group = Annotated[str, Field(pattern=r"^[^\W\d][\w '’,&/()-]{0,59}$", examples=["service_users"])]
"""A group as the register writes it, or one that the rule names."""
People = Annotated[int, Field(ge=0, le=10_000_000)]

SAID = "Forty carers meet each week; twelve of them would have nowhere else to go."


class GroundForm(Form):
    """Another ground for a proposed change; every step starts again (Sutton Compact 3.4.1)."""

    ground: ChangeGround = Field(examples=["resources"])
    reasons: Words = Field(examples=["The council's budget of 4 March 2015 lowers what it can give from 2015/16 on."])
    budget_decision: DecisionCited | None = None


class GroupForm(Form):
    """The number of people affected in one group, and how."""

    people: People | None = Field(None, examples=[120])
    effect: Words = Field(examples=[SAID])


class AssessmentForm(Form):
    """Whom a change affects, group by group (Sutton Compact 3.4.2)."""

    groups: dict[Group, GroupForm] = Field(max_length=40, examples=[{"service_users": {"people": 120, "effect": SAID}}])
    costs_jobs: bool = False
    share_of_income: int = Field(ge=0, le=100, examples=[30])

    def counted(self) -> tuple[Counted, ...]:
        """The counts alone."""
        return tuple(Counted(group=group, people=given.people) for group, given in self.groups.items())

    def words(self) -> dict[str, str]:
        """The effects alone."""
        return {group: given.effect for group, given in self.groups.items()}


class ReallocationForm(Form):
    """Whether money has to go to another organisation serving the same group (Sutton Compact 3.4.2)."""

    needed: bool
    to_organisations: tuple[Id, ...] = Field((), max_length=20)
    reasons: Words = Field(examples=["No other organisation in the borough meets carers in the evening."])


class MeetingForm(Form):
    """A meeting of funder and organisation (Sutton Compact 3.4.3)."""

    held_on: date = Field(examples=["2015-03-20"])
    minutes: Words = Field(examples=["Both sides went through the budget line by line; the carers asked for a year."])


class RepresentationForm(Form):
    """The organisation's response, point by point; its basis is asked for, never required (Sutton Compact 3.2.6)."""

    points: tuple[Words, ...] = Field(min_length=1, max_length=60, examples=[[SAID]])
    basis: Words | None = Field(None, examples=["Asked of all 214 members by letter; 131 answered."])


class AnswerForm(Form):
    """The funder's answer to one point."""

    answer: Words = Field(examples=["The evening group is kept: its room costs nothing from April on."])


class MarkForm(Form):
    """Whether the organisation finds its point answered."""

    answered: bool


class PositionForm(Form):
    """Where one side stands, and why (Sutton Compact 3.4.3)."""

    position: Position = Field(examples=["agreed_with_changes"])
    words: Words = Field(examples=["We agree if the evening group is kept to the end of March 2016."])


class ShortNoticeForm(Form):
    """For how short a notice a second person signs (Sutton Compact 3.4.4)."""

    months: int = Field(ge=0, le=24, examples=[1])


class ChangeDecisionForm(Form):
    """The decision: its rationale under each part, the amounts from then on, and its notice (Sutton Compact 3.4.4)."""

    rationale: dict[Key, Words] = Field(max_length=20, examples=[{"ground": SAID}])
    amounts: tuple[AmountForm, ...] = Field((), max_length=10)
    notice_months: int = Field(ge=0, le=60, examples=[6])
    shorter_because: Words | None = None


class ExitPlanForm(Form):
    """A plan for the end of support, redundancy costs included (Sutton Compact 3.4.5)."""

    plan: Words = Field(examples=["The evening group moves to the library; two part-time posts end in September."])
    redundancy_pounds: int = Field(ge=0, le=1_000_000_000, examples=[4800])


class ViewForm(Form):
    """What the funder thinks of the redundancy costs (Sutton Compact 3.4.5)."""

    view: Words = Field(examples=["Half of the redundancy costs are met from the unspent sum of 2014/15."])


class SettingAsideForm(Form):
    """Which step is set aside, for which statute and section, and why."""

    step: Key = Field(examples=["representation"])
    statute: DecisionCited
    reasons: Words = Field(examples=["The section 114 report stops all new spending within 21 days."])
