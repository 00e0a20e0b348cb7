"""Events a second that `verify` walks.

Ours: `verify.walk`, whole: every link of the chain, and that decisions find each fact under the tags that it carries.
Beside it, reading the same pages and SHA-256 over the same bytes, each hash over the one before; nothing is compared.
"""

from __future__ import annotations

import hashlib
import time

from bench.figures import Figure, figure, in_turn
from bench.filling import Facts, enter
from bench.ground import Ground, begin
from bench.replaying import pages
from services.partners.__main__ import service as partners
from services.runtime import verify
from services.runtime.running import Running

COLUMNS = (
    "id", "source", "type", "actor", "role", "onbehalfof", "correlationid", "causationid", "audience", "knew",
)  # fmt: skip


async def ours(running: Running, head: int) -> float:
    """Events a second by `verify.walk`; the journal must be found whole."""
    began = time.perf_counter()
    walked = await verify.walk(running, {})
    taken = time.perf_counter() - began
    if walked.faults or walked.position != head:
        raise AssertionError(f"the journal that was filled does not verify: {walked.faults[:1]}")
    return head / taken


async def bare(running: Running, head: int) -> float:
    """Events a second by reading and hashing."""
    digest = b""
    began = time.perf_counter()
    async for rows in pages(running, head):
        for row in rows:
            texts = [row[name] for name in COLUMNS]
            texts += [str(row["position"]), row["time"].isoformat(), row["recorded"].isoformat(), str(row["sequence"])]
            texts += row["tags"]
            digest = hashlib.sha256(digest + ",".join(texts).encode() + row["origin_hash"] + row["data"]).digest()
    return head / (time.perf_counter() - began)


async def figures(ground: Ground, rounds: int, events: int) -> list[Figure]:
    """Events a second that are verified."""
    async with ground.service(partners) as running:
        await begin(running)
        head = await enter(running, Facts(events))
        found = await in_turn(rounds, {"ours": lambda: ours(running, head), "bare": lambda: bare(running, head)})
    return [figure("verify", "events/s", found["ours"], found["bare"], "≥ 0.7")]
