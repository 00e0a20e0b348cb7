"""Guarantee: an altered, removed, inserted or reordered fact is found and named.

The chain is walked from its genesis value; the journal's head must be where the chain ends. What the topics and the
readers hold, and heads noted earlier, must be rows of this journal with the same hash.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from aiokafka import TopicPartition

from contracts.binding import JournalHead
from contracts.topics import events_topic
from services.runtime import chain
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


async def walk(running: Running, claims: Claims) -> tuple[list[str], int, bytes]:
    """Walk the chain and hold it against claimed hashes; the faults in words, and where it ends."""
    head = await running.pool.fetchrow(
        "select position, hash, (select coalesce(max(position), 0) from ledger.journal) as last from ledger.head"
    )
    assert head is not None
    with beside(_tag_faults(running)) as tagged:
        faults, position, before = await _walk(running, claims, head)
        return faults + await tagged, position, before


async def _walk(running: Running, claims: Claims, head: Any) -> tuple[list[str], int, bytes]:
    faults: list[str] = []
    position, before = 0, chain.GENESIS
    async for rows in running.journal.pages(0, max(head["position"], head["last"])):
        for row in rows:
            at, digest = row["position"], row["hash"]
            if at != position + 1 or digest != _linked(before, row) or at in claims:
                faults += _row_faults(row, position, before, claims)
            position, before = at, digest
        if len(faults) > 20:
            break
    else:
        if not faults and (position, before) != (head["position"], head["hash"]):
            faults.append(f"position {position}: the journal's head says {head['position']} and another hash")
        faults += [f"position {gone}: known elsewhere, missing here" for gone in sorted(claims) if gone > position]
    return faults, position, before


async def _tag_faults(running: Running) -> list[str]:
    """Where decisions would find a fact under other tags than it carries."""
    rows = await running.pool.fetch(MISTAGGED)
    return [f"position {row['position']}: decisions find it otherwise under {row['tag']} than it says" for row in rows]


def _row_faults(row: Any, position: int, before: bytes, claims: Claims) -> list[str]:
    at, what = row["position"], f"position {row['position']} ({row['type']}, {row['id']})"
    faults = []
    if at != position + 1:
        faults.append(f"position {position + 1}: missing; the next row is {what}")
    if row["hash"] != _linked(before, row):
        faults.append(f"{what}: altered, or out of its order: its hash is not what its content makes")
    faults += [f"{what}: another hash is known elsewhere" for claim in claims.get(at, ()) if claim != row["hash"].hex()]
    return faults


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
    chain_faults, position, digest = await walk(running, claims)
    faults = chain_faults + faults
    for fault in faults:
        print(json.dumps({"service": running.service.name, "fault": fault}))
    print(
        json.dumps(
            {"service": running.service.name, "source": running.journal.source, "position": position,
             "hash": digest.hex(), "faults": len(faults)}
        )
    )  # fmt: skip
    return 1 if faults else 0
