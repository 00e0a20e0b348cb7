"""Each journal is dense and chained: computed anew from the rows, as the description of the chain says.

A row's hash is SHA-256 over the hash before it, then each attribute in its order with its length in bytes before it
(`5:abcde,`), then the value's bytes. The hash before the first row is SHA-256 of `compact journal 1`.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from faults.checker.lost import is_known, is_lost
from faults.checker.stores import Case, Row

GENESIS = hashlib.sha256(b"compact journal 1").digest()
MISTAGGED = (
    "(select unnest(tags) as tag, position, type from ledger.journal"
    " except select tag, position, type from ledger.tagged)"
    " union (select tag, position, type from ledger.tagged"
    " except select unnest(tags), position, type from ledger.journal) order by position, tag limit 50"
)


def moment(time: datetime) -> str:
    """A moment in UTC to the microsecond."""
    at = time.astimezone(UTC)
    return f"{at.year:04}-{at:%m-%dT%H:%M:%S.%fZ}"


def hash_of(before: bytes, row: Row) -> bytes:
    """What a row's hash must be after the hash `before`."""
    told: list[Any] = [
        row["position"], row["id"], row["source"], row["type"], moment(row["time"]), moment(row["recorded"]),
        row["actor"], row["role"], row["onbehalfof"], row["correlationid"], row["causationid"], " ".join(row["tags"]),
        row["audience"], row["knew"], row["sequence"], row["origin_hash"].hex(),
    ]  # fmt: skip
    digest = hashlib.sha256(before)
    for one in told:
        text = str(one).encode()
        digest.update(f"{len(text)}:".encode() + text + b",")
    digest.update(row["data"])
    return digest.digest()


def follows(before: bytes, row: Row) -> bool:
    """Whether a row stands where it says; one whose content was lost proves nothing but keeps its place."""
    return is_lost(row) or not is_known(before) or row["hash"] == hash_of(before, row)


async def check_chain(case: Case, service: str) -> None:
    """Walk a journal from its first row to its head."""
    position, before = 0, GENESIS
    async for rows in case.pages(service, "*"):
        for row in rows:
            if row["position"] != position + 1:
                case.report.say("positions", service, f"{_gap(position, row)}; {_named(row)} is the next")
            elif not follows(before, row):
                case.report.say(
                    "chain", service, f"{_named(row)}: its hash is not what its content makes after {position}"
                )
            position, before = row["position"], row["hash"]
        case.report.counts["events"] += sum(row["audience"] != "received" for row in rows)
        case.report.counts["rows"] += len(rows)
    await _check_head(case, service, position, before)
    for row in await case.rows(service, MISTAGGED):
        what = (
            f"position {row['position']} ({row['type']}): decisions find it otherwise under {row['tag']} than it says"
        )
        case.report.say("positions", service, what)


async def _check_head(case: Case, service: str, position: int, digest: bytes) -> None:
    [head] = await case.rows(service, "select position, hash from ledger.head")
    if head["position"] != position:
        case.report.say("positions", service, f"the head says {head['position']}, the journal ends at {position}")
    elif position and head["hash"] != digest:
        case.report.say("chain", service, f"the head has another hash than position {position}")


def _gap(last: int, row: Row) -> str:
    first, missing = last + 1, row["position"] - last - 1
    return f"position {first} is missing" if missing == 1 else f"positions {first} to {row['position'] - 1} are missing"


def _named(row: Row) -> str:
    return f"position {row['position']} ({row['type']}, {row['id']})"
