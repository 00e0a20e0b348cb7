"""Who is sending a notice to an address right now, and until when nobody should try again. System time, no fact."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from services.runtime.follower import TRANSIENT

HELD, RENEWED = 10.0, 3.0
"""Seconds that a lease lasts, and after which it is renewed: a sender that died is missed after HELD."""
Slot = tuple[str, str]
"""A notice and an address."""


class Lease:
    """Held by one sender for one notice and address."""

    def __init__(self, pool: Any, slot: Slot, holder: str) -> None:
        self.pool, self.slot, self.holder = pool, slot, holder
        self.then = 0.0
        """Seconds after its end during which nobody should try again."""

    async def taken(self) -> bool:
        """Whether it could be had."""
        got = await self.pool.fetchval(
            "insert into send_leases values ($1, $2, $3, now() + make_interval(secs => $4))"
            " on conflict (notice_id, address_id) do update set holder = excluded.holder, until = excluded.until"
            " where send_leases.until <= now() returning true",
            *self.slot, self.holder, HELD,
        )  # fmt: skip
        return bool(got)

    async def renew(self) -> None:
        """Keep it until it is given up."""
        while True:
            await asyncio.sleep(RENEWED)
            try:
                await self._until(HELD)
            except TRANSIENT:
                continue

    async def give_up(self) -> None:
        """End it, or turn it into a pause."""
        if self.then:
            await self._until(self.then)
        else:
            await self.pool.execute(
                "delete from send_leases where notice_id = $1 and address_id = $2 and holder = $3",
                *self.slot, self.holder,
            )  # fmt: skip

    async def _until(self, seconds: float) -> None:
        await self.pool.execute(
            "update send_leases set until = now() + make_interval(secs => $4)"
            " where notice_id = $1 and address_id = $2 and holder = $3",
            *self.slot, self.holder, seconds,
        )  # fmt: skip


@asynccontextmanager
async def held(pool: Any, slot: Slot, holder: str) -> AsyncIterator[Lease | None]:
    """A lease, or None where another sender has it. Where the work raises, it is left to run out."""
    lease = Lease(pool, slot, holder)
    if not await lease.taken():
        yield None
        return
    renewing = asyncio.create_task(lease.renew())
    try:
        yield lease
    finally:
        renewing.cancel()
    await lease.give_up()


async def in_hand(pool: Any) -> list[str]:
    """Every slot that is held or paused now, as `notice address`."""
    rows = await pool.fetch("select notice_id, address_id from send_leases where until > now()")
    return [f"{row['notice_id']} {row['address_id']}" for row in rows]
