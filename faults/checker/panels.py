"""Nobody scores undeclared or with an interest, and nobody decides what they scored (Sutton Compact 3.1.6, 3.3.2)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from faults.checker.facts import Data, Fact, People, Rules, follow
from faults.checker.stores import Case

KINDS = tuple(f"funding.{name}" for name in (
    "programme_published", "bid_submitted", "bids_opened", "panel_appointed", "panel_member_stood_aside",
    "panel_interest_declared", "bid_scored", "proposer_met", "panel_recommended", "award_approved", "award_declined",
    "scores_given", "decision_review_answered",
))  # fmt: skip


@dataclass
class Round:
    """One round and its panel."""

    published: Data
    members: dict[str, bool] = field(default_factory=dict)
    """Who was ever appointed, and whether as of the sector."""
    aside: set[str] = field(default_factory=set)
    declared: dict[str, dict[str, bool]] = field(default_factory=dict)
    scored: dict[str, dict[str, Data]] = field(default_factory=dict)
    """By bid and member."""
    met: set[str] = field(default_factory=set)
    recommended: Data | None = None
    deciders: set[str] = field(default_factory=set)

    def interest(self, member: str, parties: set[str]) -> bool:
        """Whether a member declared an interest in one of these."""
        return any(self.declared.get(member, {}).get(one) for one in parties)

    def counted(self, bid: str, parties: set[str]) -> dict[str, Data]:
        """The scores of members who sit and declared nil."""
        return {who: data for who, data in self.scored.get(bid, {}).items()
                if who not in self.aside and not self.interest(who, parties)}  # fmt: skip


@dataclass
class Known:
    """What the journal held up to a position."""

    rules: Data = field(default_factory=dict)
    rounds: dict[str, Round] = field(default_factory=dict)
    bids: dict[str, Data] = field(default_factory=dict)
    people: People = field(default_factory=People)

    def parties(self, bid: str) -> set[str]:
        """The bidder and each member of its consortium."""
        data = self.bids[bid]
        return {data["organisation_id"], *data.get("member_ids", ())}


def _take(known: Known, fact: Fact) -> None:
    data = fact.data
    match fact.kind:
        case "partners.rules_adopted":
            known.rules = data["rules"]
        case "funding.programme_published":
            known.rounds[data["programme_id"]] = Round(data)
        case "funding.bid_submitted":
            known.bids[data["bid_id"]] = data
        case _ if data.get("programme_id") in known.rounds:
            _move(known.rounds[data["programme_id"]], fact)


def _move(one: Round, fact: Fact) -> None:
    data = fact.data
    match fact.kind:
        case "funding.panel_appointed":
            one.members |= {each["person_id"]: each["sector"] for each in data["members"]}
            one.aside -= one.members.keys() & {each["person_id"] for each in data["members"]}
        case "funding.panel_member_stood_aside":
            one.aside.add(data["member"])
        case "funding.panel_interest_declared":
            said = one.declared.setdefault(data["member"], {})
            said |= {each["organisation_id"]: each["interest"] for each in data["interests"]}
        case "funding.bid_scored":
            one.scored.setdefault(data["bid_id"], {})[data["member"]] = data
        case "funding.proposer_met":
            one.met.add(data["bid_id"])
        case "funding.panel_recommended":
            one.recommended = data
        case "funding.award_approved" | "funding.award_declined":
            one.deciders.add(data["decided_by"])


def _wrong(known: Known, fact: Fact) -> Iterator[str]:
    one = known.rounds.get(fact.data.get("programme_id", ""))
    if one is None or one.published.get("panel_points") is None:
        return
    match fact.kind:
        case "funding.bid_scored":
            yield from _wrongly_scored(known, one, fact.data)
        case "funding.panel_recommended":
            for ranked in fact.data["ranking"]:
                yield from _wrongly_ranked(known, one, ranked)
        case "funding.award_approved" | "funding.award_declined":
            yield from _wrongly_decided(known, one, fact)
        case "funding.scores_given":
            yield from _altered(known, one, fact.data)
        case "funding.decision_review_answered":
            if known.people.among(fact.data["answered_by"], {*one.members, *one.deciders}):
                yield "was answered by somebody who sat on the panel or decided"


def _wrongly_scored(known: Known, one: Round, data: Data) -> Iterator[str]:
    member, parties = data["member"], known.parties(data["bid_id"])
    if member not in one.members or member in one.aside:
        yield f"is of {member}, who does not sit on the panel"
    elif not parties <= one.declared.get(member, {}).keys():
        yield f"is of {member}, who declared nothing yet"
    elif one.interest(member, parties):
        yield f"is of {member}, who declared an interest"


def _wrongly_ranked(known: Known, one: Round, ranked: Data) -> Iterator[str]:
    bid, rule = ranked["bid_id"], known.rules.get("interests")
    counted = one.counted(bid, known.parties(bid))
    if rule and len(counted) < rule["scorers"]:
        yield f"ranks bid {bid}, which {len(counted)} members scored"
    if rule and sum(one.members.get(who, False) for who in counted) < rule["sector_scorers"]:
        yield f"ranks bid {bid}, which nobody of the sector scored"
    if bid not in one.met:
        yield f"ranks bid {bid}, whose proposer was not met"
    if counted and ranked["hundredths"] != (made := _weighted(one, counted)):
        yield f"gives bid {bid} {ranked['hundredths']} hundredths, and its scores make {made}"


def _weighted(one: Round, counted: dict[str, Data]) -> int:
    """The sum over criteria of the mean of points, as a share of the most that can be given, times the weight."""
    total = Fraction(0)
    for criterion in one.published["criteria"]:
        points = [each["points"] for data in counted.values() for each in data["scores"]
                  if each["criterion_id"] == criterion["id"]]  # fmt: skip
        mean = Fraction(sum(points), len(points))
        total += mean / one.published["panel_points"] * criterion["weight"] * 100
    return int(total + Fraction(1, 2))


def _wrongly_decided(known: Known, one: Round, fact: Fact) -> Iterator[str]:
    bid, ranking = fact.data["bid_id"], (one.recommended or {"ranking": []})["ranking"]
    if known.people.among(fact.data["decided_by"], {*one.members}):
        yield "was decided by somebody who sat on the panel"
    if bid not in {each["bid_id"] for each in ranking}:
        yield "was decided before the panel recommended anything about it"
    elif fact.kind == "funding.award_approved" and bid not in {e["bid_id"] for e in ranking if e["recommended"]}:
        yield "was awarded although the panel does not recommend it"


def _altered(known: Known, one: Round, data: Data) -> Iterator[str]:
    counted = one.counted(data["bid_id"], known.parties(data["bid_id"]))
    made = Counter(_score(each) for given in counted.values() for each in given["scores"])
    if Counter(map(_score, data["scores"])) != made:
        yield "gives other scores than the members gave"


def _score(score: Data) -> str:
    return json.dumps([score["criterion_id"], score["points"], score["reason"]["id"]])


PANELS = Rules("panel_without_interest", "funding", (*KINDS, "partners.rules_adopted"),
               ("funding.bid_scored", "scores"), Known, _wrong, _take)  # fmt: skip


async def check_panels(case: Case, service: str) -> None:
    """Follow every panel through the funder's journal."""
    await follow(case, service, PANELS)
