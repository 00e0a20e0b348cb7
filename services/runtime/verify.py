"""Guarantee: an altered, removed, inserted or reordered fact is found and named.

The chain is walked from its genesis value; the journal's head must be where the chain ends. What the topics and the
readers hold, and heads noted earlier, must be rows of this journal with the same hash. Rows that a recovery put back
are held against its digest instead of the chain, and those that it could not have are named.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import TopicPartition

from contracts.binding import JournalHead
from contracts.every_service import HistoryRecovered
from contracts.topics import events_topic
from services.runtime import chain, recovering
from services.runtime.journal import beside
from services.runtime.kafka import consumer, read_from
from services.runtime.running import Running

Claims = dict[int, set[str]]
WITNESSED = (
    "select source, sequence as position, encode(origin_hash, 'hex') as hash from ledger.journal"
    " where audience = 'received' union select source, position, encode(hash, 'hex') from ledger.witness"
)
"""What a journal holds of others' journals."""
MISTAGGED = (
    "select position, tag from (select distinct position, unnest(tags) as tag, type from ledger.journal) as said"
    " full join ledger.tagged as found using (position, tag) where said.type is distinct from found.type"
    " order by position, tag limit 20"
)


@dataclass
class Walk:
    """How far a journal was walked, what is wrong with it, and what a restore lost of it."""

    recoveries: Mapping[int, HistoryRecovered]
    position: int = 0
    before: bytes = chain.GENESIS
    faults: list[str] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    recovered: HistoryRecovered | None = None
    digest: bytes = b""

    def take(self, row: Any, claims: Claims) -> None:
        """Look at the next row."""
        at, digest = row["position"], row["hash"]
        if at != self.position + 1:
            self.faults.append(f"position {self.position + 1}: missing; the next row is {_named(row)}")
        if at in self.recoveries:
            self.recovered, self.digest = self.recoveries[at], self.before
        if self.recovered is not None:
            self._take_recovered(row, self.recovered)
        elif digest != _linked(self.before, row) or row["audience"] == "lost":
            self.faults.append(f"{_named(row)}: altered, or out of its order: its hash is not what its content makes")
        if at in claims and digest:
            others = claims[at] - {digest.hex()}
            self.faults += [f"{_named(row)}: another hash is known elsewhere" for _ in others]
        self.position, self.before = at, digest

    def _take_recovered(self, row: Any, recovered: HistoryRecovered) -> None:
        self.lost += [row["position"]] if row["audience"] == "lost" else []
        self.digest = recovering.digest_of(self.digest, [row])
        if row["position"] < recovered.upto:
            return
        if self.digest.hex() != recovered.digest:
            self.faults.append(
                f"{_named(row)}: altered, or one before it: positions {recovered.after + 1} to {recovered.upto}, which "
                "were recovered, are not what was put back"
            )
        self.recovered = None

    def end(self, head: Any, claims: Claims) -> None:
        """Look at where the journal ends."""
        if not self.faults and (self.position, self.before) != (head["position"], head["hash"]):
            self.faults.append(f"position {self.position}: the journal's head says {head['position']} and another hash")
        gone = sorted(position for position in claims if position > self.position)
        self.faults += [f"position {position}: known elsewhere, missing here" for position in gone]


def _named(row: Any) -> str:
    return f"position {row['position']} ({row['type']}, {row['id']})"


async def walk(running: Running, claims: Claims) -> Walk:
    """Walk the chain and hold it against claimed hashes."""
    head = await running.pool.fetchrow(
        "select position, hash, (select coalesce(max(position), 0) from ledger.journal) as last from ledger.head"
    )
    assert head is not None
    async with beside(_tag_faults(running)) as tagged:
        walked = Walk(recoveries=await recovering.recoveries(running))
        async for rows in running.journal.pages(0, max(head["position"], head["last"])):
            for row in rows:
                walked.take(row, claims)
            if len(walked.faults) > 20:
                break
        else:
            walked.end(head, claims)
        walked.faults += await tagged
    return walked


async def _tag_faults(running: Running) -> list[str]:
    """Where decisions would find a fact under other tags than it carries."""
    rows = await running.pool.fetch(MISTAGGED)
    return [f"position {row['position']}: decisions find it otherwise under {row['tag']} than it says" for row in rows]


def _linked(before: bytes, row: Any) -> bytes:
    try:
        return chain.link(before, row)
    except (TypeError, ValueError, OverflowError):
        return b""  # what nobody could have written this way


async def on_topic(running: Running, publisher: str) -> Claims:
    """The hashes that a publisher's topic holds, by position."""
    partition = TopicPartition(events_topic(running.settings.place, publisher), 0)
    claims: Claims = {}
    async with consumer(running.settings) as reading:
        reading.assign([partition])
        for _, message in await read_from(reading, partition, 0):
            if message is None or message.envelope.source != f"/{running.settings.place}/{publisher}":
                continue
            if message.envelope.type == JournalHead.wire:
                head = JournalHead.model_validate_json(message.value)
                claims.setdefault(head.position, set()).add(head.hash)
            else:
                claims.setdefault(message.sequence, set()).add(message.hash)
    return claims


async def received_faults(running: Running) -> list[str]:
    """What this journal took from each topic must be what the topic holds."""
    faults = []
    for publisher in running.service.listens_to:
        claims = await on_topic(running, publisher)
        rows = await running.pool.fetch(
            "select position, type, sequence, origin_hash from ledger.journal"
            " where source = $1 and audience = 'received'",
            f"/{running.settings.place}/{publisher}",
        )
        for row in rows:
            known = claims.get(row["sequence"])
            if known and row["origin_hash"].hex() not in known:
                faults.append(
                    f"position {row['position']} ({row['type']}): the topic of {publisher} holds another event"
                )
    return faults


def noted(file: Path, source: str) -> Claims:
    """Heads noted earlier or by readers: JSON lines with source, position and hash."""
    claims: Claims = {}
    for line in file.read_text().splitlines():
        one = json.loads(line) if line.strip() else {}
        if one.get("source") == source and "hash" in one:
            claims.setdefault(int(one["position"]), set()).add(one["hash"])
    return claims


async def witnessed(running: Running) -> list[dict[str, Any]]:
    """What this service knows of others' journals: every event it took and every head it was told."""
    return [dict(row) for row in await running.pool.fetch(WITNESSED)]


def stretches(positions: Sequence[int]) -> list[tuple[int, int]]:
    """Positions in order as stretches without a gap: the first and last of each."""
    found: list[tuple[int, int]] = []
    for position in positions:
        if found and position == found[-1][1] + 1:
            found[-1] = (found[-1][0], position)
        else:
            found.append((position, position))
    return found


async def command(running: Running, args: argparse.Namespace) -> int:
    """`verify`: names the first events that differ and exits with 1; `--witnesses` lists what is known of others."""
    if args.witnesses:
        for witness in await witnessed(running):
            print(json.dumps(witness))
        return 0
    claims = noted(args.against, running.journal.source) if args.against else {}
    faults = []
    if args.with_bus:
        for position, hashes in (await on_topic(running, running.service.name)).items():
            claims.setdefault(position, set()).update(hashes)
        faults += await received_faults(running)
    walked = await walk(running, claims)
    faults = walked.faults + faults
    for first, last in stretches(walked.lost):
        print(json.dumps({"service": running.service.name, "lost_from": first, "lost_to": last}))
    for fault in faults:
        print(json.dumps({"service": running.service.name, "fault": fault}))
    print(
        json.dumps(
            {"service": running.service.name, "source": running.journal.source, "position": walked.position,
             "hash": walked.before.hex(), "faults": len(faults), "lost": len(walked.lost)}
        )
    )  # fmt: skip
    return 1 if faults else 0
