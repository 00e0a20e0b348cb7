"""No sequence of steps lets a conflicted member score, or fewer than three, or an award stand on either (3.1.6)."""

from datetime import timedelta

from funding_givens import ADVICE, AUTHORITY, BID, COMMISSIONER, COUNCIL, DECIDER, SPORTS, appointed, approve, decline
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from panel_givens import (
    CHAIR,
    CONSTABLE,
    OTHER,
    PANEL,
    SCORED_AT,
    SPARE,
    TRUSTEE,
    appoint,
    declare,
    meet,
    recommend,
    score,
    stand_aside,
    two_bids,
)

from contracts.envelope import Audience
from contracts.funding import AwardApproved
from contracts.panels import BidScored, PanelAppointed, PanelInterestDeclared, PanelMemberStoodAside
from contracts.partners import OfficeHolderRemoved
from services.runtime.decisions import Actor, Recorded

FOURTH = Actor("p-fourth", "panel_member", COUNCIL)
STAND_IN = Actor("p-stand-in", "panel_member", COUNCIL)
"""Appointed before it becomes clear for whom it stands in."""
ALL = (*PANEL, SPARE, FOURTH, STAND_IN)
PEOPLE, BIDS = st.sampled_from(ALL), st.sampled_from([BID, OTHER])
BIDDER = {BID: ADVICE, OTHER: SPORTS}
SECTOR = {TRUSTEE.person, SPARE.person}


class Panels(RuleBasedStateMachine):
    """Everybody does anything; what the rule promises holds of every score and every award."""

    @initialize(interests=st.lists(st.sampled_from([None, (), (), ADVICE, SPORTS]), min_size=6, max_size=6))
    def given(self, interests: list) -> None:
        """Everybody is appointed; some have declared nil, some an interest, some nothing."""
        self.ledger = two_bids()
        self.ledger.receive(appointed(FOURTH), appointed(STAND_IN))
        self.ledger.receive(appointed(Actor(CHAIR.person, "decider", COUNCIL), 600_000, AUTHORITY))
        self.now = SCORED_AT
        appoint(self.ledger, *ALL)
        for who, interest in zip(ALL, interests, strict=True):
            if interest is not None:
                declare(self.ledger, who, *([interest] if interest else []))

    @rule(who=PEOPLE)
    def appoint(self, who: Actor) -> None:
        appoint(self.ledger, who, at=self.now)

    @rule(who=PEOPLE, interest=st.sampled_from([(), (ADVICE,), (SPORTS,)]))
    def declare(self, who: Actor, interest: tuple[str, ...]) -> None:
        declare(self.ledger, who, *interest, at=self.now)

    @rule(who=PEOPLE, by=st.sampled_from([None, COMMISSIONER]))
    def stand_aside(self, who: Actor, by: Actor | None) -> None:
        stand_aside(self.ledger, by or who, who, self.now)

    @rule()
    def stand_in(self) -> None:
        self.ledger.receive(appointed(STAND_IN, delegate_of=CHAIR.person))

    @rule(who=st.sampled_from([CONSTABLE, FOURTH]))
    def lose_office(self, who: Actor) -> None:
        self.ledger.receive(
            OfficeHolderRemoved(
                person_id=who.person, organisation_id=who.organisation, place="sutton", role="panel_member"
            )
        )

    @rule(who=PEOPLE, bid=BIDS, points=st.integers(0, 12))
    def score(self, who: Actor, bid: str, points: int) -> None:
        score(self.ledger, who, bid, points, 5, self.now)

    @rule(points=st.integers(0, 10))
    def score_all(self, points: int) -> None:
        for who in ALL:
            for bid in (BID, OTHER):
                score(self.ledger, who, bid, points, 5, self.now)

    @rule(bids=st.sampled_from([(BID,), (OTHER,), (BID, OTHER), ()]), by=st.sampled_from([COMMISSIONER, CHAIR, SPARE]))
    def recommend(self, bids: tuple[str, ...], by: Actor) -> None:
        for bid in (BID, OTHER):
            for one in PANEL:
                meet(self.ledger, bid, one, (one,), self.now)
        recommend(self.ledger, *bids, actor=by, departure="why", at=self.now)

    @rule(bid=BIDS, by=st.sampled_from([DECIDER, Actor(CHAIR.person, "decider", COUNCIL)]))
    def approve(self, bid: str, by: Actor) -> None:
        approve(self.ledger, bid, BIDDER[bid], at=self.now, actor=by)

    @rule(bid=BIDS)
    def decline(self, bid: str) -> None:
        decline(self.ledger, bid, BIDDER[bid], at=self.now)

    @rule()
    def pass_a_day(self) -> None:
        self.now += timedelta(days=1)

    @invariant()
    def nobody_scores_without_a_nil_declaration_for_that_bid(self) -> None:
        for row in self.rows(BidScored):
            assert row.data.member in able(self.ledger.rows[: row.position], row.data.bid_id)

    @invariant()
    def at_least_three_could_score_and_one_of_the_sector(self) -> None:
        for row in self.rows(BidScored):
            those = able(self.ledger.rows[: row.position], row.data.bid_id)
            assert len(those) >= 3
            assert those & SECTOR

    @invariant()
    def an_award_stands_on_three_scores_that_count(self) -> None:
        for row in self.rows(AwardApproved):
            before = self.ledger.rows[: row.position]
            scored = {one.data.member for one in before if isinstance(one.data, BidScored)
                      and one.data.bid_id == row.data.bid_id}  # fmt: skip
            counted = scored & able(before, row.data.bid_id)
            assert len(counted) >= 3
            assert counted & SECTOR
            assert row.data.decided_by == DECIDER.person

    @invariant()
    def nothing_of_it_is_published(self) -> None:
        own = [row.data for row in self.rows(object) if row.data.wire.startswith(("funding.", "compact."))]
        told = {type(fact).__name__ for fact in own if fact.audience is not Audience.PRIVATE}
        assert told <= {"ProgrammePublished", "BidReceived", "BidsOpened"}

    def rows(self, kind: type) -> list[Recorded]:
        ledger = getattr(self, "ledger", None)
        return [row for row in ledger.rows if isinstance(row.data, kind)] if ledger else []


def able(rows: list[Recorded], bid: str) -> set[str]:
    """Who could score this bid by then, worked out from the facts alone: seated, in office, nil and no interest."""
    seated: set[str] = set()
    nil: dict[str, bool] = {}
    stands_for = {STAND_IN.person: CHAIR.person} if any(_stands_in(row) for row in rows) else {}
    gone: set[str] = set()
    for row in rows:
        match row.data:
            case PanelAppointed() as appointed_:
                seated |= {one.person_id for one in appointed_.members}
            case PanelMemberStoodAside() as aside:
                seated.discard(aside.member)
            case PanelInterestDeclared() as told:
                for one in told.interests:
                    if one.organisation_id == BIDDER[bid]:
                        nil[told.member] = not one.interest
            case OfficeHolderRemoved() as removed:
                gone.add(removed.person_id)
    conflicted = {stands_for.get(one, one) for one, its in nil.items() if not its}
    found = {one for one in seated - gone if nil.get(one) and stands_for.get(one, one) not in conflicted}
    return found - {STAND_IN.person} if stands_for and CHAIR.person in found else found


def _stands_in(row: Recorded) -> bool:
    return getattr(row.data, "delegate_of", None) == CHAIR.person


TestPanels = Panels.TestCase
TestPanels.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
