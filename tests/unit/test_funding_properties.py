"""No sequence of commands exceeds the money, lets two bids of one organisation stand, or tells of a bidder early."""

from collections import Counter
from copy import copy
from datetime import timedelta

from funding_givens import (
    A_CONSORTIUM,
    CARERS,
    CLOSES_AT,
    COMMISSIONER,
    DECIDER,
    DELEGATE,
    IN_TIME,
    JUNIOR,
    NURSE,
    OFFICER,
    OPENED_AT,
    OPENS_AT,
    RESULTS_AT,
    ROUND,
    SECOND,
    VCOS,
    YEARS,
    Ledger,
    a_draft,
    a_round,
    approve,
    ask_to_open,
    confirm,
    decline,
    document,
    find_eligible,
    find_ineligible,
    parts,
    put_right,
    refused,
    registered,
    representative,
    request,
    submit,
    withdraw,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from contracts.envelope import Audience
from contracts.funding import (
    AwardApproved,
    BidsOpened,
    BidSubmitted,
    BidWithdrawn,
    ResultsAnnounced,
    YearAmount,
)
from services.funding import handlers
from services.funding.awards import ApproveAward
from services.funding.bids import SubmitBid, facts_of_bidding
from services.funding.bids import submit as decide_bid
from services.funding.money import financial_year, years_between
from services.funding.opened_bids import facts_of_award

ORGANISATIONS = (*VCOS, "mutual-aid")
MONEY = 250_000
BIDS = st.sampled_from([f"b{number}" for number in range(1, 6)])
BIDDERS = st.sampled_from(ORGANISATIONS)
PEOPLE = st.sampled_from([COMMISSIONER, OFFICER, DELEGATE, DECIDER, NURSE])


AMOUNTS = st.dictionaries(st.sampled_from(YEARS), st.integers(1, 175_000) | st.just(125_001), min_size=1)


class Rounds(RuleBasedStateMachine):
    """Everybody does anything at any time; the round's promises hold."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = a_round()
        self.ledger.receive(registered("mutual-aid"))
        self.now = IN_TIME
        self.seen = 0

    @rule(bid=BIDS, organisation=BIDDERS, pounds=st.integers(1, 180_000), together=st.booleans())
    def submit(self, bid: str, organisation: str, pounds: int, together: bool) -> None:
        if any(one.bid_id == bid and one.organisation_id != organisation for one in self.ledger.of(BidSubmitted)):
            return  # an id is made by the service for one request: two bidders never share one
        draft = a_draft(pounds, members=A_CONSORTIUM if together and organisation != CARERS else ())
        submit(self.ledger, bid, organisation, draft, at=self.now)

    @rule(bid=BIDS, organisation=BIDDERS)
    def withdraw(self, bid: str, organisation: str) -> None:
        withdraw(self.ledger, bid, organisation, at=self.now)

    @rule(bid=BIDS)
    def confirm(self, bid: str) -> None:
        confirm(self.ledger, bid, at=self.now)

    @rule()
    def close(self) -> None:
        self.now = max(self.now, OPENED_AT)

    @rule()
    def pass_days(self) -> None:
        self.now += timedelta(days=6) if self.now >= OPENED_AT else timedelta(hours=1)
        self.ledger.ring(self.now)

    @rule(person=PEOPLE)
    def ask_to_open(self, person) -> None:
        ask_to_open(self.ledger, person, at=self.now)

    @rule(bid=BIDS)
    def find_eligible(self, bid: str) -> None:
        find_eligible(self.ledger, bid, self.now)

    @rule(bid=BIDS)
    def verify(self, bid: str) -> None:
        request(self.ledger, self.now, bid_id=bid)
        find_ineligible(self.ledger, bid, self.now)

    @rule(organisation=BIDDERS)
    def put_right(self, organisation: str) -> None:
        put_right(self.ledger, self.now, organisation)

    @precondition(lambda self: self.now >= OPENED_AT)
    @rule(bid=BIDS, organisation=BIDDERS, pounds=st.integers(1, 180_000), decider=st.sampled_from([DECIDER, JUNIOR]))
    def approve(self, bid: str, organisation: str, pounds: int, decider) -> None:
        approve(self.ledger, bid, organisation, pounds, self.now, decider)

    @precondition(lambda self: self.now >= OPENED_AT)
    @rule(bid=BIDS, organisation=BIDDERS)
    def decline(self, bid: str, organisation: str) -> None:
        decline(self.ledger, bid, organisation, self.now)

    @invariant()
    def awards_stay_within_each_years_money(self) -> None:
        assert_within_money(self.ledger)

    @invariant()
    def an_organisation_has_at_most_one_bid_standing(self) -> None:
        withdrawn = {fact.bid_id for fact in self.ledger.of(BidWithdrawn)}
        standing = [bid.organisation_id for bid in self.ledger.of(BidSubmitted) if bid.bid_id not in withdrawn]
        assert len(set(standing)) == len(standing)

    @invariant()
    def nothing_about_a_bidder_is_told_before_opening(self) -> None:
        if self.ledger.of(BidsOpened):
            return
        assert_silent(self.ledger, ORGANISATIONS)

    @invariant()
    def nothing_that_tells_a_result_is_told_before_the_announcement(self) -> None:
        if self.ledger.of(ResultsAnnounced):
            return
        told = {type(row.data).__name__ for row in published(self.ledger)}
        assert told <= {
            "ProgrammePublished", "BidReceived", "BidsOpened", "BidDocumentRequested", "StepRefused",
            "AnnouncementMissed", "AgreementDrafted",
        }  # fmt: skip

    @invariant()
    def two_people_opened(self) -> None:
        for opened in self.ledger.of(BidsOpened):
            assert not self.ledger.place.same_person(opened.first_opener, opened.second_opener)


class Awards(RuleBasedStateMachine):
    """A round with eligible bids, awarded in any order and any amounts per year."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = a_round(money=tuple(YearAmount(year=year, pounds=MONEY) for year in YEARS))
        for number, organisation in enumerate(VCOS):
            submit(self.ledger, f"b{number}", organisation, a_draft(175_000))
        ask_to_open(self.ledger, COMMISSIONER)
        ask_to_open(self.ledger, OFFICER)
        for number in range(len(VCOS)):
            find_eligible(self.ledger, f"b{number}")

    @rule(number=st.integers(0, 2), amounts=AMOUNTS)
    def award(self, number: int, amounts: dict[str, int]) -> None:
        approve_years(self.ledger, f"b{number}", VCOS[number], amounts)

    @rule()
    def decline(self) -> None:
        decline(self.ledger, "b2", VCOS[2])

    @invariant()
    def awards_stay_within_each_years_money(self) -> None:
        assert_within_money(self.ledger)


def approve_years(ledger: Ledger, bid: str, organisation: str, amounts: dict[str, int]):
    command = ApproveAward(
        actor=DECIDER, now=OPENED_AT, bid_id=bid, programme_id=ROUND, organisation_id=organisation,
        rationale=parts("need", "value"),
        amounts=tuple(YearAmount(year=year, pounds=pounds) for year, pounds in amounts.items()),
    )  # fmt: skip
    return ledger.do(handlers.approve_award(ledger, command), OPENED_AT)


def assert_within_money(ledger: Ledger) -> None:
    awarded: Counter[str] = Counter()
    for award in ledger.of(AwardApproved):
        awarded.update({amount.year: amount.pounds for amount in award.amounts})
    assert all(pounds <= MONEY for pounds in awarded.values())


def published(ledger: Ledger):
    """What left funding: its own events that are not private."""
    own = [row for row in ledger.rows if row.data.wire.startswith(("funding.", "compact."))]
    return [row for row in own if row.data.audience is not Audience.PRIVATE]


def assert_silent(ledger: Ledger, organisations: tuple[str, ...]) -> None:
    for row in published(ledger):
        content = row.data.model_dump_json()
        assert not any(organisation in content for organisation in organisations), row.data


TestAwards = Awards.TestCase
TestAwards.settings = settings(max_examples=25, stateful_step_count=8, deadline=None)
TestRounds = Rounds.TestCase
TestRounds.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(83_334, 175_000), min_size=3, max_size=3))
def test_awards_made_on_the_same_facts_are_caught_by_the_query_that_covers_them(amounts):
    ledger = a_round()
    for number, organisation in enumerate(VCOS):
        submit(ledger, f"b{number}", organisation, a_draft(175_000))
    ask_to_open(ledger, COMMISSIONER)
    ask_to_open(ledger, OFFICER)
    for number, organisation in enumerate(VCOS):
        find_eligible(ledger, f"b{number}")
        approve(ledger, f"b{number}", organisation, amounts[number % len(amounts)])

    spent = sum(award.amounts[0].pounds for award in ledger.of(AwardApproved))

    assert spent <= MONEY


def test_the_query_of_an_award_covers_every_other_award_of_the_round():
    query = facts_of_award(ROUND, "b1", VCOS[0])
    other = AwardApproved(
        bid_id="b2", programme_id=ROUND, organisation_id=VCOS[1], amounts=(YearAmount(year=YEARS[0], pounds=1),),
        rationale=(), decided_by="p", authority="a",
    )  # fmt: skip

    covered = [set(item.tags) <= set(other.tags) and AwardApproved in item.only for item in query.items]

    assert any(covered)


def test_the_query_of_a_bid_covers_another_bid_of_the_same_organisation():
    ledger = a_round()
    submit(ledger)
    [first] = ledger.of(BidSubmitted)
    second = submit_command("b2")

    query = facts_of_bidding(second)

    assert any(set(item.tags) <= set(first.tags) and BidSubmitted in item.only for item in query.items)


def submit_command(bid: str):
    return SubmitBid(
        actor=representative(VCOS[0]), now=IN_TIME, programme_id=ROUND, bid_id=bid, draft=a_draft(),
        document=document(bid),
    )  # fmt: skip


def test_deciding_from_the_same_facts_twice_gives_the_same_and_leaves_the_facts_alone():
    ledger = a_round()
    command = submit_command("b1")
    facts = ledger.fold(facts_of_bidding(command))
    before = copy(facts)

    first, second = decide_bid(facts, command, ledger.place), decide_bid(facts, command, ledger.place)

    assert first == second
    assert facts == before


@given(st.integers(-90, 90))
def test_closing_is_to_the_second(seconds):
    ledger = a_round()

    outcome = submit(ledger, at=CLOSES_AT + seconds * SECOND)

    assert (outcome.rejection is None) == (seconds <= 0)


@given(st.dates(min_value=OPENS_AT.date(), max_value=RESULTS_AT.date()))
def test_a_financial_year_runs_from_april_to_march(day):
    first = int(financial_year(day)[:4])

    assert (first, 4, 1) <= (day.year, day.month, day.day) < (first + 1, 4, 1)
    assert financial_year(day) in years_between(day, day + timedelta(days=400))


def test_refusals_of_funders_before_opening_say_nothing_of_who_has_bid():
    ledger = a_round()
    submit(ledger)
    refused(submit(ledger, "b2"))
    refused(ask_to_open(ledger, COMMISSIONER, IN_TIME))
    find_eligible(ledger)
    approve(ledger)

    assert_silent(ledger, ORGANISATIONS)
