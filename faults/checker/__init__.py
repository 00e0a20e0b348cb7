"""An independent judgement of what a run left behind.

It reads journals, read tables, topics and mailboxes, and shares no code with what wrote them: what it holds them
against is computed here anew, or stands on the pages in docs/.
"""

from __future__ import annotations

import asyncio

from faults.checker.asides import check_asides
from faults.checker.chains import check_chain
from faults.checker.changes import check_changes
from faults.checker.commands import check_commands
from faults.checker.decisions import check_decisions
from faults.checker.effects import check_effects
from faults.checker.findings import Report, Violation
from faults.checker.lost import check_lost
from faults.checker.notices import check_notices
from faults.checker.panels import check_panels
from faults.checker.payments import check_payments
from faults.checker.performance import check_performance
from faults.checker.readers import check_readers
from faults.checker.sealing import check_sealing
from faults.checker.stores import opened
from faults.checker.successors import check_successors
from faults.checker.tables import check_replay, check_tables
from faults.checker.topics import check_heads, check_topics
from faults.evidence import Evidence

__all__ = ["Report", "Violation", "check"]
OF_EACH = (
    check_chain, check_lost, check_heads, check_readers, check_effects, check_decisions, check_tables, check_changes,
    check_asides, check_successors, check_panels, check_payments, check_performance,
)  # fmt: skip


async def check(evidence: Evidence, *, replay: bool = True) -> Report:
    """Judge a run that has come to rest; `replay=False` leaves out what takes the product's own processes."""
    async with opened(evidence) as case:
        for service in evidence.databases:
            for one in OF_EACH:
                await one(case, service)
        if replay:
            await asyncio.gather(*(check_replay(case, service) for service in evidence.databases))
        await check_commands(case)
        await check_topics(case)
        await check_sealing(case)
        if "notifications" in evidence.databases:
            await check_notices(case)
        return case.report
