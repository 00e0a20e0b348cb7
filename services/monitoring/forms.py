"""What is sent to monitoring over HTTP. Words go to a document; only ids, dates, states and counts go on."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.monitoring import MonitoringQuestion, OutcomeStatus, QuestionKind, ReportAsked, ReportPart
from services.monitoring.reports import OutcomeGiven, counted

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
Period = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 /-]{0,39}$", examples=["2014 Q2"])]
Words = Annotated[str, Field(min_length=10, max_length=20_000)]


class Form(BaseModel):
    """A form: what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ReportForm(Form):
    """One report to be given: its period, when its form opens and when it falls due."""

    period: Period
    opens_on: date = Field(examples=["2014-07-01"])
    due_on: date = Field(examples=["2014-07-31"])


class QuestionForm(Form):
    """A question of the monitoring: what is asked, why, and how the answer is used (Sutton Compact 3.3.5)."""

    id: Id = Field(examples=["q1"])
    outcome_id: Id | None = Field(None, examples=["o1"])
    kind: QuestionKind = Field(QuestionKind.OUTCOME, description="outputs and milestones stand beside an outcome")
    reached_by: date | None = Field(None, description="of a milestone: by when it is to be reached")
    what: Words = Field(examples=["How many organisations took up advice on governance?"])
    why: Words = Field(examples=["It is the outcome that the award commits to."])
    how_used: Words = Field(examples=["Discussed at the quarterly meeting and published as a total."])

    @model_validator(mode="after")
    def dated(self) -> Self:
        """A milestone has a date, and nothing else has one."""
        if (self.kind is QuestionKind.MILESTONE) != (self.reached_by is not None):
            raise ValueError("a milestone, and nothing else, says by when it is to be reached (reached_by)")
        return self


class ProposalForm(Form):
    """How the outcomes of an agreement are to be monitored."""

    reports: tuple[ReportForm, ...] = Field(min_length=1, max_length=40)
    questions: tuple[QuestionForm, ...] = Field(min_length=1, max_length=60)
    reason_for_change: Words | None = Field(None, description="needed where monitoring was agreed before")

    def asked(self, proposal_id: str) -> tuple[ReportAsked, ...]:
        """The reports, each with an id that follows from the proposal's."""
        return tuple(
            ReportAsked(report_id=f"{proposal_id}-{number}", **report.model_dump())
            for number, report in enumerate(self.reports, 1)
        )

    def questioned(self) -> tuple[MonitoringQuestion, ...]:
        """The questions without their words."""
        kept = {"id", "outcome_id", "kind", "reached_by"}
        return tuple(MonitoringQuestion(**question.model_dump(include=kept)) for question in self.questions)


class OutcomeForm(Form):
    """What became of one outcome. People are given as a count in `people` only; counts below 5 are left out."""

    outcome_id: Id = Field(examples=["o1"])
    status: OutcomeStatus
    words: Words = Field(examples=["Twelve organisations took up advice; four adopted a new constitution."])
    people: int | None = Field(None, ge=0, le=10_000_000, examples=[42])
    measured: int | None = Field(None, ge=-(10**12), le=10**12, examples=[12])


class AnswerForm(Form):
    """The answer to a question of the monitoring."""

    question_id: Id
    words: Words


class SubmissionForm(Form):
    """A report: every outcome of the agreement, and answers to questions."""

    outcomes: tuple[OutcomeForm, ...] = Field(min_length=1, max_length=60)
    answers: tuple[AnswerForm, ...] = Field((), max_length=60)
    value: Words | None = Field(
        None, description="the social, environmental or economic value of the work, where the report asks for it",
        examples=["Volunteers gave 2,400 hours; six members found work through what they learned."],
    )  # fmt: skip
    equality: Words | None = Field(
        None, description="what the work does for equality, where the report asks for it",
        examples=["A third of those advised run groups for people with disabilities."],
    )  # fmt: skip

    @property
    def parts(self) -> tuple[ReportPart, ...]:
        """What it shows beside its outcomes, without the words."""
        return tuple(part for part in ReportPart if getattr(self, part) is not None)

    @property
    def too_small(self) -> tuple[str, ...]:
        """The outcomes whose count of people is too small to be kept."""
        return tuple(each.outcome_id for each in self.outcomes if each.people is not None and not counted(each.people))

    def without_small_counts(self) -> SubmissionForm:
        """The report as it may be stored: small counts are in no document either."""
        kept = tuple(each.model_copy(update={"people": counted(each.people)}) for each in self.outcomes)
        return self.model_copy(update={"outcomes": kept})

    def given(self) -> tuple[OutcomeGiven, ...]:
        """The outcomes without their words."""
        return tuple(OutcomeGiven(each.outcome_id, each.status, each.people, each.measured) for each in self.outcomes)


class ExtensionForm(Form):
    """Longer time, until a date and with a reason (Sutton Compact 3.3.10)."""

    until: date = Field(examples=["2014-08-14"])
    reason: Words = Field(examples=["Two member organisations send their figures after the holidays."])


class RefusalForm(Form):
    """Why longer time is refused."""

    reason: Words = Field(examples=["The figures are needed for the review on 5 August."])


class ReasonForm(Form):
    """One point to put right, and about what."""

    about: Id = Field(description="the outcome or question it is about", examples=["o1"])
    reason: Words = Field(examples=["The number of organisations is missing."])


class ReturnForm(Form):
    """Why a report goes back, point by point, and when it is due again."""

    due_on: date = Field(examples=["2014-08-20"])
    reasons: tuple[ReasonForm, ...] = Field(min_length=1, max_length=60)
