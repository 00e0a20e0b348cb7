"""The read tables of panels and reviews. What a panel weighs stays sealed; a bidder is given its own scores."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.runtime.projections import Table


class PanelMembers(Table, key=("programme_id", "person_id")):
    """Who sits on the panel of a round, and whether each has declared."""

    programme_id: str
    person_id: str
    organisation_id: str = ""
    sector: bool = False
    aside: bool = False


class PanelInterests(Table, key=("programme_id", "person_id", "organisation_id")):
    """Nil or an interest, as each member declared it."""

    programme_id: str
    person_id: str
    organisation_id: str
    interest: bool = False
    sealed: bool = True


class PanelScores(Table, key=("bid_id", "person_id")):
    """The scores that each member gave a bid."""

    bid_id: str
    person_id: str
    programme_id: str = ""
    scores: list[Any] | None = None
    sealed: bool = True


class ProposerMeetings(Table, key=("bid_id", "met_on")):
    """When the panel met the proposer of a bid, and who was there."""

    bid_id: str
    met_on: date
    minutes: int = 0
    present: tuple[str, ...] = ()
    note: dict[str, Any] | None = None
    sealed: bool = True


class Recommendations(Table, key=("programme_id",)):
    """What the panel of a round recommends."""

    programme_id: str
    ranking: list[Any] | None = None
    departure: dict[str, Any] | None = None
    recommended_by: str = ""
    sealed: bool = True


class GivenScores(Table, key=("bid_id",)):
    """The scores of a bid as its bidder got them with the results."""

    bid_id: str
    points_at_most: int = 0
    scores: list[Any] | None = None


class Reviews(Table, key=("bid_id",)):
    """Reviews of decisions that bidders asked for, and what came of them."""

    bid_id: str
    programme_id: str = ""
    funder_id: str = ""
    organisation_id: str = ""
    grounds: dict[str, Any] | None = None
    answer_due_on: date | None = None
    overdue: bool = False
    outcome: str | None = None
    answer: dict[str, Any] | None = None
    answered_by: str = ""
    late: bool = False
