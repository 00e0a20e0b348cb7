"""What is sent to funding about panels and reviews over HTTP. Words go to a document."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from contracts.panels import PanelMember, ReviewOutcome
from services.funding.forms import Form, Id, Words

REASON = "The bid shows by two years of figures who is reached and what changes for them."


class MemberOfPanelForm(Form):
    """Somebody who is to sit on a panel."""

    person_id: Id = Field(examples=["person-a412"])
    organisation_id: Id = Field(examples=["GB-CHC-9900031"])
    sector: bool = Field(False, description="whether the member sits as of the voluntary sector")

    def member(self) -> PanelMember:
        """The member as the event carries it."""
        return PanelMember(**self.model_dump())


class PanelForm(Form):
    """Who is to sit on a panel, or is to join it."""

    members: tuple[MemberOfPanelForm, ...] = Field(min_length=1, max_length=30)


class InterestsForm(Form):
    """Nil (false) or an interest (true), for each bidder and each member of its consortium (Sutton Compact 3.1.6)."""

    interests: dict[Id, bool] = Field(min_length=1, max_length=400, examples=[{"GB-CHC-9900017": False}])
    nature: Words | None = Field(None, description="what the interest is")


class AsideForm(Form):
    """Which member left; without it, oneself."""

    person_id: Id | None = None


class ScoreForm(Form):
    """The points under one criterion and the reason for them."""

    points: int = Field(ge=0, le=100, examples=[7])
    reason: Words = Field(examples=[REASON])


class ScoresForm(Form):
    """The scores of a bid, under every published criterion."""

    scores: dict[Id, ScoreForm] = Field(
        min_length=1, max_length=40, examples=[{"need": {"points": 7, "reason": REASON}}]
    )


class MeetingForm(Form):
    """A meeting of the panel with a proposer."""

    met_on: date = Field(examples=["2014-02-24"])
    minutes: int = Field(gt=0, le=600, examples=[90])
    present: tuple[Id, ...] = Field(min_length=1, max_length=30)
    note: Words = Field(examples=["The proposer explained how the work with the other advice centre is shared."])


class RecommendationForm(Form):
    """Which bids the panel recommends, in order, and why where it departs from the order of the scores."""

    bid_ids: tuple[Id, ...] = Field((), max_length=200)
    departure: Words | None = None


class ReviewForm(Form):
    """Why a bidder asks for a review (Sutton Compact 3.3.2)."""

    grounds: Words = Field(examples=["The reason under value speaks of a budget line that our bid does not have."])


class ReviewAnswerForm(Form):
    """The answer to a review (Sutton Compact 3.3.2)."""

    outcome: ReviewOutcome = Field(examples=["stands"])
    answer: Words = Field(examples=["The line stands on page 4 of the bid; the score under value was given for it."])
