"""What is sent to funding over HTTP. Words go to a document; only ids, kinds, dates, amounts and answers go on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from contracts.funding import (
    BudgetLine,
    ChangeGround,
    ChangeKind,
    ConsortiumPart,
    Criterion,
    EligibilityCriterion,
    FinancialYear,
    LineKind,
    OutcomeCommitted,
    Support,
    YearAmount,
)
from contracts.rules import Citation
from services.funding.drafts import Draft

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
Title = Annotated[str, Field(min_length=3, max_length=120)]
Line = Annotated[str, Field(min_length=3, max_length=300)]
Words = Annotated[str, Field(min_length=20, max_length=20_000)]
"""A reason or an answer: long enough to be one."""
Moment = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
Money = Annotated[int, Field(gt=0, le=1_000_000_000)]

WHY = "The bidder's accounts show two years of advice to other organisations on governance."
RATIONALE = {"need": "The bid shows who is reached and why nobody else reaches them.", "value": WHY}


class Form(BaseModel):
    """A form: what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def once_each(ids: Iterable[str], what: str) -> None:
    """Refuse a list in which an id stands twice."""
    listed = list(ids)
    if len(set(listed)) < len(listed):
        raise ValueError(f"each {what} needs an id of its own")


class CriterionForm(Form):
    """A criterion with its weight in hundredths."""

    id: Id = Field(examples=["need"])
    text: Line = Field(examples=["Who needs it, and how the bid meets that need"])
    weight: int = Field(gt=0, le=100, examples=[60])
    weighs: str = Field("", max_length=40, description="what the place's rules have a panel weigh, where it is that")


class EligibilityForm(Form):
    """A condition that each bidder declares itself against."""

    id: Id = Field(examples=["constituted"])
    text: Line = Field(examples=["The organisation has a constitution and a bank account of its own"])


class AmountForm(Form):
    """An amount in one financial year, in whole pounds."""

    year: FinancialYear = Field(examples=["2014/15"])
    pounds: Money = Field(examples=[120_000])


class AffectsForm(Form):
    """The present support that a round affects, by agreement or by organisation, and what it means for them (SPP9)."""

    agreement_ids: tuple[Id, ...] = Field((), max_length=100)
    organisation_ids: tuple[Id, ...] = Field((), max_length=100)
    meaning: Words = Field(examples=["The present agreements end with their term; this round funds what follows them."])
    less_notice: Words | None = Field(None, description="why the results leave less notice than best practice")


class ProgrammeForm(Form):
    """A round: what stands fixed once it is published."""

    title: Title = Field(examples=["Strategic Partner Programme 2014 to 2017"])
    rules_key: Id = Field(examples=["spp"], description="which of the place's programme rules hold")
    criteria: tuple[CriterionForm, ...] = Field(min_length=1, max_length=40)
    eligibility: tuple[EligibilityForm, ...] = Field((), max_length=40)
    money: tuple[AmountForm, ...] = Field(min_length=1, max_length=10)
    opens_at: Moment = Field(examples=["2013-12-02T09:00:00Z"])
    closes_at: Moment = Field(examples=["2014-01-31T12:00:00Z"])
    results_at: Moment = Field(examples=["2014-04-01T08:00:00Z"])
    term_starts_on: date = Field(examples=["2014-04-01"])
    term_ends_on: date = Field(examples=["2017-03-31"])
    legal_basis: str = Field("", max_length=300, examples=["Local Government Act 1972, section 137"])
    framework: Words | None = Field(None, description="the commissioning framework, published with the round")
    affects: AffectsForm | None = Field(None, description="present support that the results may end or lower")
    panel_points: int | None = Field(None, ge=1, le=100, description="a panel gives so many points at most; none sits")

    def criteria_published(self) -> tuple[Criterion, ...]:
        """The criteria as the event carries them."""
        return tuple(Criterion(**criterion.model_dump()) for criterion in self.criteria)

    def money_published(self) -> tuple[YearAmount, ...]:
        """The money as the event carries it."""
        return tuple(YearAmount(**amount.model_dump()) for amount in self.money)

    def eligibility_published(self) -> tuple[EligibilityCriterion, ...]:
        """The conditions as the event carries them."""
        return tuple(EligibilityCriterion(**criterion.model_dump()) for criterion in self.eligibility)


class QuestionForm(Form):
    """A question about a round."""

    question: Words = Field(examples=["May a bid include the rent of an office that is shared with others?"])


class AnswerForm(Form):
    """An answer to all; the question in other words where its own would say who asked."""

    answer: Words = Field(examples=["Yes: its share of the rent is a core cost. Show how the share was worked out."])
    question: Words | None = None


class ExtensionForm(Form):
    """A later closing for all, with its reason."""

    closes_at: Moment = Field(examples=["2014-02-03T12:00:00Z"])
    reason: Words = Field(examples=["The system could not be reached from 10:00 to 11:30 on the last day."])


class BudgetLineForm(Form):
    """A line of the budget; its words stay in the bid's document."""

    id: Id = Field(examples=["staff"])
    kind: LineKind = Field(examples=["core"])
    year: FinancialYear = Field(examples=["2014/15"])
    pounds: Money = Field(examples=[90_000])
    words: str = Field("", max_length=2_000, examples=["Salary of the director"])


class OutcomeForm(Form):
    """An outcome the bid commits to, and how it will be achieved (Sutton Compact 3.3.8)."""

    id: Id = Field(examples=["governance"])
    what: Words = Field(examples=["Small organisations are better governed"])
    how: Words = Field(examples=["A yearly check of each organisation's governance, with advice on what it shows."])
    priority_id: Id | None = None
    target: int | None = Field(None, ge=0, examples=[60])
    unit: str = Field("", max_length=40, examples=["organisations"])


class MemberForm(Form):
    """The part of a member of a consortium."""

    organisation_id: Id
    share_pounds: Money = Field(examples=[30_000])
    part: str = Field("", max_length=2_000)


class BidForm(Form):
    """A bid, or the draft of one."""

    summary: Words = Field(examples=["Advice, training and a voice for the voluntary sector of the borough."])
    lines: tuple[BudgetLineForm, ...] = Field(min_length=1, max_length=200)
    outcomes: tuple[OutcomeForm, ...] = Field((), max_length=60)
    declarations: dict[Id, bool] = Field(
        default_factory=dict, max_length=40, examples=[{"constituted": True}],
        description="yes or no to every published eligibility criterion",
    )  # fmt: skip
    answers: dict[Id, Words] = Field(default_factory=dict, max_length=40, description="under each criterion")
    members: tuple[MemberForm, ...] = Field((), max_length=20)
    legal_basis_acknowledged: bool = False

    @model_validator(mode="after")
    def ids_stand_once(self) -> Self:
        """Lines and outcomes are referred to by id."""
        once_each((line.id for line in self.lines), "line")
        once_each((outcome.id for outcome in self.outcomes), "outcome")
        return self

    def draft(self) -> Draft:
        """The bid without its words."""
        return Draft(
            lines=tuple(BudgetLine(**line.model_dump(exclude={"words"})) for line in self.lines),
            outcomes=tuple(OutcomeCommitted(**one.model_dump(exclude={"what", "how"})) for one in self.outcomes),
            declarations=tuple(self.declarations.items()),
            members=tuple(ConsortiumPart(**member.model_dump(exclude={"part"})) for member in self.members),
            legal_basis_acknowledged=self.legal_basis_acknowledged,
        )


class PartForm(Form):
    """A member's confirmation of its share."""

    share_pounds: Money = Field(examples=[30_000])


class DocumentRequestForm(Form):
    """What a bidder is asked to put right, and why."""

    criterion_id: Id = Field(examples=["constituted"])
    reasons: Words = Field(examples=["The constitution sent is unsigned and lacks its last page."])
    due_on: date | None = Field(None, description="a later day than the place's rule gives")


class DocumentForm(Form):
    """A document put right."""

    text: Words = Field(examples=["The signed constitution of 4 May 2011, with all its pages."])


class EligibleForm(Form):
    """Why each published criterion counts as met."""

    reasons: dict[Id, Words] = Field(max_length=40, examples=[{"constituted": WHY}])


class IneligibleForm(Form):
    """Which criterion is not met, and why."""

    criterion_id: Id = Field(examples=["constituted"])
    reasons: Words = Field(examples=["No constitution was handed in by the day on which it was due."])


class ApprovalForm(Form):
    """An award, with its rationale under every published criterion (Sutton Compact 3.3.2)."""

    amounts: tuple[AmountForm, ...] = Field(min_length=1, max_length=10)
    rationale: dict[Id, Words] = Field(max_length=40, examples=[RATIONALE])

    @model_validator(mode="after")
    def years_stand_once(self) -> Self:
        """Each year has one amount."""
        once_each((amount.year for amount in self.amounts), "year")
        return self

    def awarded(self) -> tuple[YearAmount, ...]:
        """The amounts as the event carries them."""
        return tuple(YearAmount(**amount.model_dump()) for amount in self.amounts)


class RefusalForm(Form):
    """Why a bid is declined, under every published criterion (Sutton Compact 3.3.2)."""

    rationale: dict[Id, Words] = Field(max_length=40, examples=[RATIONALE])


class DecisionCited(Form):
    """Where a decision or a statute stands."""

    document: Line = Field(examples=["Council budget 2015/16"])
    clause: str = Field("", max_length=120, examples=["minute 42"])

    def cited(self) -> Citation:
        """As the event carries it."""
        return Citation(document=self.document, clause=self.clause)


class ChangeForm(Form):
    """A proposed change of support (Sutton Compact 3.4.3)."""

    kind: ChangeKind = Field(examples=["reduce"])
    support: Support = Field(Support.FUNDING, examples=["funding"])
    ground: ChangeGround = Field(examples=["resources"])
    reasons: Words = Field(examples=["The council's budget of 4 March 2015 lowers what it can give from 2015/16 on."])
    budget_decision: DecisionCited | None = Field(None, description="cited by a ground of resources")
