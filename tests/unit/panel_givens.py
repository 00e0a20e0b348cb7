"""Givens of the panel tests: a round with a panel, the people on it, and each of its steps."""

from datetime import date, datetime, timedelta
from typing import Any

from funding_givens import (
    ADVICE,
    BID,
    COMMISSIONER,
    COUNCIL,
    OPENED_AT,
    ROUND,
    SPORTS,
    Ledger,
    a_draft,
    a_round,
    appointed,
    document,
    find_eligible,
    open_all,
    registered,
    submit,
)

from contracts.panels import CriterionScore, OrganisationInterest, PanelMember
from contracts.partners import OrganisationKind
from services.funding import handlers_panels
from services.funding.panels import AppointPanel, DeclareInterests, StandAside
from services.funding.recommending import Recommend
from services.funding.reviews_of_decisions import AnswerReview, RequestReview
from services.funding.scoring import MeetProposer, ScoreBid
from services.runtime.decisions import Actor
from services.runtime.unit import Outcome

POLICE, SECTOR = "police", "harbour-trust"
CHAIR = Actor("p-chair", "panel_member", COUNCIL)
CONSTABLE = Actor("p-constable", "panel_member", POLICE)
TRUSTEE = Actor("p-trustee", "panel_member", SECTOR)
SPARE = Actor("p-spare", "panel_member", "mill-trust")
PANEL = (CHAIR, CONSTABLE, TRUSTEE)
REVIEWER = Actor("p-reviewer", "independent_reviewer", POLICE)
SCORED_AT = OPENED_AT + timedelta(days=14)
OTHER = "b2"


def as_member(actor: Actor) -> PanelMember:
    return PanelMember(person_id=actor.person, organisation_id=actor.organisation, sector="trust" in actor.organisation)


def two_bids(name: str = "sutton", draft: Any = None, actor: Actor = COMMISSIONER, **changed: Any) -> Ledger:
    """A round with a panel to be, and two opened bids found eligible."""
    ledger = a_round(name, actor, panel_points=10, **changed)
    ledger.receive(registered(POLICE, OrganisationKind.POLICE), registered(COUNCIL, OrganisationKind.COUNCIL))
    ledger.receive(*(registered(one) for one in (SECTOR, "mill-trust")))
    ledger.receive(*(appointed(one) for one in (*PANEL, SPARE, REVIEWER)))
    assert submit(ledger, draft=draft).rejection is None
    assert submit(ledger, OTHER, SPORTS, a_draft()).rejection is None
    open_all(ledger)
    for bid in (BID, OTHER):
        find_eligible(ledger, bid)
    return ledger


def appoint(ledger: Ledger, *people: Any, actor: Actor = COMMISSIONER, at: datetime = OPENED_AT) -> Outcome:
    members = tuple(one if isinstance(one, PanelMember) else as_member(one) for one in people)
    command = AppointPanel(actor=actor, now=at, programme_id=ROUND, members=members)
    return ledger.do(handlers_panels.appoint_panel(ledger, command), at)  # type: ignore[arg-type]


def declare(ledger: Ledger, actor: Actor, *interests: str, at: datetime = OPENED_AT, **said: bool) -> Outcome:
    """Nil for everybody who takes part, but for these."""
    parties = dict.fromkeys((ADVICE, SPORTS), False) | {one: True for one in interests} | said
    told = tuple(OrganisationInterest(organisation_id=one, interest=its) for one, its in parties.items())
    command = DeclareInterests(actor=actor, now=at, programme_id=ROUND, interests=told)
    return ledger.do(handlers_panels.declare_interests(ledger, command), at)  # type: ignore[arg-type]


def stand_aside(ledger: Ledger, actor: Actor, member: Actor, at: datetime = SCORED_AT) -> Outcome:
    command = StandAside(actor=actor, now=at, programme_id=ROUND, member=member.person)
    return ledger.do(handlers_panels.stand_aside(ledger, command), at)  # type: ignore[arg-type]


def a_panel(ledger: Ledger) -> Ledger:
    """A panel of three, one of the sector, who all declared nil."""
    assert appoint(ledger, *PANEL).rejection is None
    for one in PANEL:
        assert declare(ledger, one).rejection is None
    return ledger


def points(need: int, value: int, who: str = "") -> tuple[CriterionScore, ...]:
    given = (("need", need), ("value", value))
    return tuple(
        CriterionScore(criterion_id=one, points=many, reason=document(f"{who} on {one}")) for one, many in given
    )


def score(
    ledger: Ledger, actor: Actor, bid: str = BID, need: int = 8, value: int = 6, at: datetime = SCORED_AT, **more: Any
) -> Outcome:
    scores = more.get("scores", points(need, value, f"{actor.person.encode().hex()} {bid}"))
    command = ScoreBid(actor=actor, now=at, bid_id=bid, programme_id=ROUND, scores=scores)
    return ledger.do(handlers_panels.score_bid(ledger, command), at)  # type: ignore[arg-type]


def meet(
    ledger: Ledger, bid: str = BID, actor: Actor = CHAIR, present: tuple[Actor, ...] = PANEL, at: datetime = SCORED_AT
) -> Outcome:
    command = MeetProposer(
        actor=actor, now=at, bid_id=bid, programme_id=ROUND, met_on=date(2014, 2, 12), minutes=90,
        present=tuple(one.person for one in present), note=document(f"met {bid}"),
    )  # fmt: skip
    return ledger.do(handlers_panels.meet_proposer(ledger, command), at)  # type: ignore[arg-type]


def recommend(
    ledger: Ledger, *bids: str, actor: Actor = CHAIR, departure: str = "", at: datetime = SCORED_AT
) -> Outcome:
    command = Recommend(
        actor=actor, now=at, programme_id=ROUND, bid_ids=bids, departure=document(departure) if departure else None
    )
    return ledger.do(handlers_panels.recommend(ledger, command), at)  # type: ignore[arg-type]


def scored(ledger: Ledger, panel: tuple[Actor, ...] = PANEL) -> Ledger:
    """Every member scored both bids, the first higher, and both proposers were met."""
    for actor in panel:
        assert score(ledger, actor, BID, 8, 6).rejection is None
        assert score(ledger, actor, OTHER, 4, 6).rejection is None
    for bid in (BID, OTHER):
        assert meet(ledger, bid, panel[0], panel).rejection is None
    return ledger


def a_recommendation(**changed: Any) -> Ledger:
    ledger = scored(a_panel(two_bids(**changed)))
    assert recommend(ledger, BID).rejection is None
    return ledger


def ask_for_review(ledger: Ledger, actor: Actor, at: datetime, bid: str = OTHER, grounds: str = "why") -> Outcome:
    command = RequestReview(actor=actor, now=at, bid_id=bid, programme_id=ROUND, grounds=document(grounds))
    return ledger.do(handlers_panels.request_review(ledger, command), at)  # type: ignore[arg-type]


def answer_review(ledger: Ledger, actor: Actor, at: datetime, outcome: Any, bid: str = OTHER) -> Outcome:
    command = AnswerReview(
        actor=actor, now=at, bid_id=bid, programme_id=ROUND, outcome=outcome, answer=document("answer")
    )
    return ledger.do(handlers_panels.answer_review(ledger, command), at)  # type: ignore[arg-type]
