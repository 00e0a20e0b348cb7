"""Nothing sealed was readable early: not to readers under way, and not from what was published before it was opened."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from faults.checker.stores import Case, Row

RULE = "sealed_early"
OPEN = frozenset({"", "system", "sealed"})
RESULTS = ("funding.bid_awarded", "funding.bid_declined", "funding.rationale_given")
"""What tells a result, and so never stands before the announcement."""
BIDDING = ("funding.bid_submitted", "funding.consortium_member_confirmed", "funding.bid_withdrawn")
"""What names a bidder, and stays with it until the bids are opened."""
DECIDING = (
    "funding.bid_found_eligible", "funding.bid_found_ineligible", "funding.award_approved", "funding.award_declined",
    "funding.panel_interest_declared", "funding.bid_scored", "funding.proposer_met", "funding.panel_recommended",
)  # fmt: skip
"""What tells of a result in preparation, and stays with the funder until the announcement."""
OPENINGS = {"funding.bids_opened": BIDDING, "funding.results_announced": DECIDING}
COLUMNS = "position, type, actor, onbehalfof, correlationid, causationid, tags, convert_from(data, 'UTF8') as data"


async def check_sealing(case: Case) -> None:
    """What readers saw, what audiences say, and what was published about a round before it was opened."""
    for seen in case.evidence.observations():
        until = f"sealed until {seen.sealed_until}"
        case.report.say(
            RULE, seen.service, f"{seen.by} could read by {seen.what} of {seen.about}, {until}: {seen.found}"
        )
    for service in case.databases:
        await _check_audiences(case, service)
    if "funding" in case.databases:
        await _check_rounds(case)


async def _check_audiences(case: Case, service: str) -> None:
    """Every row has the audience that is published for its type, and only what is published was taken from others."""
    rows = await case.rows(
        service, "select type, audience, min(position) as first, count(*) as n from ledger.journal"
        " group by type, audience order by first",
    )  # fmt: skip
    for row in rows:
        kind = case.kinds.get(row["type"])
        told = "received" if kind and row["audience"] == "received" and kind.audience != "private" else None
        if kind is None or row["audience"] in (kind.audience, told):
            continue
        rule = RULE if kind.opened_by else "topics_hold_their_audience"
        what = f"{row['type']} is {kind.audience}, but {row['audience']} at position {row['first']}"
        case.report.say(rule, service, what)


async def _check_rounds(case: Case) -> None:
    programmes = await case.rows(
        "funding", "select substring(tag from 11) as id from ledger.tagged where type = 'funding.programme_published'"
        " and tag like 'programme:%' order by position",
    )  # fmt: skip
    for programme in programmes:
        for opening, sealed in OPENINGS.items():
            await _check_round(case, programme["id"], opening, sealed)


async def _check_round(case: Case, programme: str, opening: str, sealed: tuple[str, ...]) -> None:
    """Nothing published about a round before its opening holds anything of what is sealed until then."""
    tag = f"programme:{programme}"
    opened = await case.value(
        "funding",
        "select coalesce(min(position), 9223372036854775807) from ledger.tagged where tag = $1 and type = $2",
        tag, opening,
    )  # fmt: skip
    secrets = await _secrets(case, tag, sealed, opened)
    published = "audience in ('services', 'partners') and position < $3 and tags && $4"
    about = [tag, *sorted(secrets["about"])]
    async for rows in case.pages("funding", COLUMNS, published, opened, about):
        for row in rows:
            case.report.counts["rows before opening"] += 1
            leaked = [secrets["told"][word] for word in _words(row) if word in secrets["told"]]
            if leaked or (opening == "funding.results_announced" and row["type"] in RESULTS):
                why = f"tells of {', '.join(sorted(set(leaked)))}" if leaked else "tells a result"
                what = f"position {row['position']} ({row['type']}) {why} before {opening} of {tag}"
                case.report.say(RULE, "funding", what)


async def _secrets(case: Case, tag: str, sealed: tuple[str, ...], opened: int) -> Mapping[str, dict[str, str]]:
    """What is sealed about a round: the words that would give it away, and the bids it is about."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    where = "position < $3 and type = any ($4) and tags @> array[$5::text]"
    async for rows in case.pages("funding", COLUMNS, where, opened, list(sealed), tag):
        for row in rows:
            name = f"{row['type']} at position {row['position']}"
            found["about"] |= {one: name for one in row["tags"] if one.startswith("bid:")}
            found["told"] |= dict.fromkeys(_secret_words(row, sealed is BIDDING), name)
    return found


def _secret_words(row: Row, bidder: bool) -> set[str]:
    """Ids of documents, the request's own id, and, while nobody knows who bids, the bidder and its people."""
    data = json.loads(row["data"])
    words = {row["correlationid"], *_documents(data)}
    if bidder:
        words |= {row["actor"], row["onbehalfof"]}
        words |= {tag.partition(":")[2] for tag in row["tags"] if tag.startswith("organisation:")}
    return words - OPEN


def _documents(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if {"id", "media_type", "hash"} <= value.keys():
            yield value["id"]
        for inner in value.values():
            yield from _documents(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _documents(inner)


def _words(row: Row) -> set[str]:
    """Every text that stands in a row, in its attributes or anywhere in its value."""
    said = {row["actor"], row["onbehalfof"], row["correlationid"], row["causationid"]}
    return said | {tag.partition(":")[2] for tag in row["tags"]} | set(_texts(json.loads(row["data"])))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
