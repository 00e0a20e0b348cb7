"""A named decider approves or declines opened bids, with a rationale per criterion; sealed until the announcement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from contracts.funding import AwardApproved, AwardDeclined, BidSubmitted, RationalePart, YearAmount
from contracts.place import Office, Place
from contracts.rules import ProgrammeRules
from services.funding.eligibility import OnOpenedBid
from services.funding.gates import Warned, done_already, malformed, programme_rules, rules_on, stop, warnings
from services.funding.limits import decider, over_limit
from services.funding.money import in_pounds, per_year, total
from services.funding.opened_bids import Opened
from services.funding.recommending import not_recommended, without_recommendation
from services.runtime.calendar import london_date
from services.runtime.decisions import Decision, Rejection, unknown

DECIDED = "already_decided"


@dataclass(frozen=True, kw_only=True)
class DecideBid(OnOpenedBid):
    """Decide about an opened bid, with a rationale per published criterion."""

    organisation_id: str
    """The bidder, so that what is known of it stands behind the decision."""
    rationale: tuple[RationalePart, ...]


@dataclass(frozen=True, kw_only=True)
class ApproveAward(DecideBid):
    """Approve an award of these amounts."""

    counts_absence: ClassVar[bool] = True
    subject: ClassVar[str] = "bid_id"
    amounts: tuple[YearAmount, ...]


@dataclass(frozen=True, kw_only=True)
class DeclineBid(DecideBid):
    """Decline a bid."""

    subject: ClassVar[str] = "bid_id"


def approve(facts: Opened, command: ApproveAward, place: Place) -> Decision:
    """Approve an award within limit, money and rules, with its rationale (SPP1, Compact 3.3.2)."""
    office, bid = decider(place, command), _bid_of(facts, command)
    if isinstance(office, Rejection):
        return office
    if isinstance(bid, Rejection):
        return bid
    if (made := facts.approved.get(bid.bid_id)) and per_year(made.amounts) == per_year(command.amounts):
        return done_already(made.decided_by, command, place, DECIDED, "This award was approved")
    if refused := _decided_already(facts, bid) or next(_award_faults(facts, bid, office, command, place), None):
        return refused
    gate = _rationale(facts, command, place)
    if isinstance(gate, Rejection):
        return gate
    approved = AwardApproved(
        bid_id=bid.bid_id,
        programme_id=bid.programme_id,
        organisation_id=bid.organisation_id,
        amounts=command.amounts,
        rationale=command.rationale,
        decided_by=place.principal(command.actor.person),
        authority=office.authority,
    )
    return [approved, *warnings(gate, command, f"bid:{command.bid_id}")]


def decline(facts: Opened, command: DeclineBid, place: Place) -> Decision:
    """Decline a bid, with its rationale under every published criterion (Compact 3.3.2)."""
    office, bid = decider(place, command), _bid_of(facts, command)
    if isinstance(office, Rejection):
        return office
    if isinstance(bid, Rejection):
        return bid
    if made := facts.declined.get(bid.bid_id):
        return done_already(made.decided_by, command, place, DECIDED, "This bid was declined")
    if refused := _decided_already(facts, bid) or next(_decline_faults(facts, bid, command, place), None):
        return refused
    gate = _rationale(facts, command, place)
    if isinstance(gate, Rejection):
        return gate
    declined = AwardDeclined(
        bid_id=bid.bid_id,
        programme_id=bid.programme_id,
        organisation_id=bid.organisation_id,
        rationale=command.rationale,
        decided_by=place.principal(command.actor.person),
        authority=office.authority,
    )
    return [declined, *warnings(gate, command, f"bid:{command.bid_id}")]


def _bid_of(facts: Opened, command: DecideBid) -> BidSubmitted | Rejection:
    bid = facts.opened_bid(command.bid_id, command.actor.organisation)
    if isinstance(bid, Rejection) or bid.organisation_id == command.organisation_id:
        return bid
    return unknown("bid", command.bid_id)


def _decided_already(facts: Opened, bid: BidSubmitted) -> Rejection | None:
    if not facts.decided(bid.bid_id):
        return None
    approved, declined = facts.approved.get(bid.bid_id), facts.declined.get(bid.bid_id)
    how = f"An award of {in_pounds(total(approved.amounts))} was approved" if approved else "It was declined"
    by = approved or declined
    said = f"{how}, by {by.decided_by}" if by else "It was found ineligible"
    return Rejection(DECIDED, f"This bid is decided. {said}; that stands until the results are out.")


def _decline_faults(facts: Opened, bid: BidSubmitted, command: DeclineBid, place: Place) -> Iterator[Rejection]:
    yield from filter(None, (_strange(facts, command),))
    if not facts.unconfirmed(bid):
        yield from without_recommendation(facts, bid, command, place)


def _award_faults(
    facts: Opened, bid: BidSubmitted, office: Office, command: ApproveAward, place: Place
) -> Iterator[Rejection]:
    yield from filter(None, (_strange(facts, command), facts.member_missing(bid), _not_eligible(facts, bid)))
    yield from without_recommendation(facts, bid, command, place)
    yield from not_recommended(facts, bid)
    hindrance = facts.register.hindrance(bid.organisation_id, london_date(command.now))
    if hindrance:
        yield Rejection(hindrance.code, hindrance.sentence, facts.cite("who may bid"), hindrance.remedy)
    yield from filter(None, (over_limit(office, total(command.amounts)),))
    yield from _money_faults(facts, bid, command, place)


def _money_faults(facts: Opened, bid: BidSubmitted, command: ApproveAward, place: Place) -> Iterator[Rejection]:
    asked, awarded = per_year(bid.lines), per_year(command.amounts)
    rules = programme_rules(place, facts.programme, command.now)
    most = rules.max_per_year if rules else None
    left = _left(facts, rules)
    for year, pounds in sorted(awarded.items()):
        if rules and most is not None and pounds > most:
            yield Rejection(
                "over_yearly_maximum", f"At most {in_pounds(most)} goes to a partner a year, not {in_pounds(pounds)}.",
                rules.cite("max_per_year"), f"Lower the amount for {year}.",
            )  # fmt: skip
        if pounds > asked[year]:
            yield Rejection(
                "beyond_the_bid", f"The bid asks for {in_pounds(asked[year])} in {year}, not {in_pounds(pounds)}.",
                facts.cite("award within the bid"), f"Lower the amount for {year}.",
            )  # fmt: skip
        if pounds > left[year]:
            yield Rejection(
                "beyond_the_money", f"In {year} the round has {in_pounds(left[year])} left, not {in_pounds(pounds)}.",
                facts.cite("money per year"), f"Lower the amount for {year}, or decline the bid.",
            )  # fmt: skip


def _left(facts: Opened, rules: ProgrammeRules | None) -> Counter[str]:
    """What each year still has: of the round's money, and of what the place has adopted for its kind since."""
    most = rules.money_per_year if rules else None
    left = Counter({one.year: min(one.pounds, most or one.pounds) for one in facts.money})
    for award in facts.approved.values():
        left.subtract(per_year(award.amounts))
    return left


def _not_eligible(facts: Opened, bid: BidSubmitted) -> Rejection | None:
    if bid.bid_id in facts.eligible:
        return None
    return Rejection(
        "eligibility_not_verified", "The eligibility of this bid was not verified.",
        facts.cite("eligibility"), "A commissioner of the funder verifies it first.",
    )  # fmt: skip


def _strange(facts: Opened, command: DecideBid) -> Rejection | None:
    published = {criterion.id for criterion in facts.programme.criteria}
    answered = [part.criterion_id for part in command.rationale]
    if set(answered) <= published and len(set(answered)) == len(answered):
        return None
    return malformed("criterion_unknown", f"Answer each of these criteria once: {', '.join(sorted(published))}.")


def _rationale(facts: Opened, command: DecideBid, place: Place) -> Rejection | Warned | None:
    """A clear rationale answers every published criterion (Compact 3.3.2)."""
    answered = {part.criterion_id for part in command.rationale}
    missing = [criterion.id for criterion in facts.programme.criteria if criterion.id not in answered]
    if not missing:
        return None
    return stop(
        place, rules_on(place, command.now).rationale, facts.programme.funder_id, command.now,
        Rejection(
            "rationale_incomplete", f"The rationale does not answer: {', '.join(missing)}.",
            remedy="Give a reason under each published criterion.",
        ),
    )  # fmt: skip
