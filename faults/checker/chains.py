"""Each journal is dense and chained: computed anew from the rows, as the description of the chain says.

A row's hash is SHA-256 over the hash before it, then each attribute in its order with its length in bytes before it
(`5:abcde,`), then the value's bytes. The hash before the first row is SHA-256 of `compact journal 1`.

Of rows that a recovery put back, some hashes are not known any more; one hash over all of them stands in its fact:
for each row, SHA-256 of the row's hash after the one before it, followed by the hash that it stands with.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from faults.checker.lost import Recovery, is_known, is_lost, recoveries
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


def follows(before: bytes, row: Row, put_back: bool) -> bool:
    """Whether a row stands where it says; one whose content or hash was lost proves nothing but keeps its place."""
    unknown = is_lost(row) or not is_known(before) or (put_back and not is_known(row["hash"]))
    return unknown or row["hash"] == hash_of(before, row)


@dataclass
class PutBack:
    """The rows that recoveries put back, held against the hash over all of them as they come by."""

    recoveries: list[Recovery]
    digest: bytes = b""

    def take(self, before: bytes, row: Row) -> tuple[bool, str]:
        """Whether a row was put back, and what is wrong with those of its recovery once the last has come by."""
        one = next((one for one in self.recoveries if one.covers(row["position"])), None)
        if one is None:
            return False, ""
        self.digest = before if row["position"] == one.after + 1 else self.digest
        self.digest = hashlib.sha256(hash_of(self.digest, row) + row["hash"]).digest()
        wrong = row["position"] == one.upto and self.digest.hex() != one.digest
        return True, f"positions {one.after + 1} to {one.upto} are not what was put back" if wrong else ""


async def check_chain(case: Case, service: str) -> None:
    """Walk a journal from its first row to its head."""
    position, before, put_back = 0, GENESIS, PutBack(await recoveries(case, service))
    async for rows in case.pages(service, "*"):
        for row in rows:
            if row["position"] != position + 1:
                case.report.say("positions", service, f"{_gap(position, row)}; {_named(row)} is the next")
            was_put_back, wrong = put_back.take(before, row)
            if wrong:
                case.report.say("chain", service, wrong)
            if row["position"] == position + 1 and not follows(before, row, was_put_back):
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
