"""Guarantee: whoever operates the system sees how far every part is, what waits for whom, and what is stopped."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from services.runtime import observability
from services.runtime.bus import Standing
from services.runtime.follower import TRANSIENT
from services.runtime.running import Running

HELD = "select count(*) from ledger.held where state = 'held'"


async def status(running: Running) -> dict[str, Any]:
    """The state of one process, with nothing in it but positions, names of parts, and counts."""
    head = await running.journal.head()
    next_due = await running.ringing.next_due()
    due = len(await running.ringing.due())
    return {
        "service": running.service.name,
        "place": running.settings.place,
        "time": running.now().isoformat(),
        "clock_certain": running.bus.clock_certain,
        "bus": {
            "standing": running.bus.standing.value,
            "connected": running.bus.connected,
            "reason": running.bus.reason,
        },
        "head": head,
        "published": {relay.topic: relay.published for relay in running.relays},
        "unpublished": {relay.topic: await relay.unpublished() for relay in running.relays},
        "read": {
            intake.topic: {"sequence": intake.known.sequence, "state": intake.state} for intake in running.intakes
        },
        "read_tables": {"schema": running.reads.schema, "behind": head - running.reads.position},
        "reactions": await _reactions(running, head),
        "timers": {"due": due, "next_due": next_due.isoformat() if next_due else None},
        "held": await running.pool.fetchval(HELD),
        "quiet": due == 0 and (running.service.quiet is None or await running.service.quiet(running)),
    }


async def measure(running: Running) -> None:
    """Bring the metrics that are counted when they are asked for up to date."""
    accepts = running.bus.standing is Standing.AGREED and running.bus.clock_certain
    observability.commands_refused_state.set(not accepts)
    with suppress(*TRANSIENT):
        observability.held_messages.set(await running.pool.fetchval(HELD))
        observability.relay_unpublished.set(sum([await relay.unpublished() for relay in running.relays]))


async def _reactions(running: Running, head: int) -> dict[str, Any]:
    position = await running.journal.follower_position(running.reacting.follower) or 0
    rows = await running.pool.fetch(
        "select reaction, position, state, reason, since from ledger.reaction_left order by since limit 50"
    )
    return {
        "behind": head - position,
        "stopped": sorted(running.reacting.stopped),
        "left": [dict(row) | {"since": row["since"].isoformat()} for row in rows],
    }
