"""The one place for names and addresses: a table outside the journal, which knows only ids and salted hashes.

A row is written before its event, under an id that the request's key determines: a crash between the two loses
nothing, because the request sent again finds the row and writes the event, and doubles nothing. A row whose event never
came is swept. The rows of an erased person keep their ids and lose everything else.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from services.runtime.follower import TRANSIENT, pause
from services.runtime.journal import Record
from services.runtime.running import Running

log = structlog.get_logger()
ORPHANED_AFTER = timedelta(hours=1)
"""System time; far longer than a request takes."""
ERASE_EVERY, SWEEP_EVERY = 0.5, 60.0


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is written down to reach an organisation, or one of its persons."""

    address_id: str
    organisation_id: str
    person_id: str | None
    office: str
    channel: str
    address: str
    name: str | None


def hash_of(salt: bytes, address: str) -> str:
    """The salted hash that stands in the journal for an address."""
    return hashlib.sha256(salt + address.encode()).hexdigest()


async def write(pool: Any, entry: Entry) -> str | None:
    """Write an address down once and answer with its salted hash; None where another stands under this id."""
    await pool.execute(
        "insert into address_book (address_id, organisation_id, person_id, office, channel, address, name, salt)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (address_id) do nothing",
        entry.address_id, entry.organisation_id, entry.person_id, entry.office, entry.channel, entry.address,
        entry.name, secrets.token_bytes(16),
    )  # fmt: skip
    row = await pool.fetchrow("select address, salt from address_book where address_id = $1", entry.address_id)
    if row is None or row["address"] != entry.address:
        return None
    return hash_of(row["salt"], entry.address)


async def address_of(pool: Any, address_id: str) -> str | None:
    """The address under this id, unless it was erased."""
    found: str | None = await pool.fetchval("select address from address_book where address_id = $1", address_id)
    return found


async def entries(pool: Any, address_ids: Sequence[str]) -> dict[str, Record]:
    """Address and name under these ids, of those that were not erased."""
    rows = await pool.fetch(
        "select address_id, address, name from address_book where address_id = any($1) and erased_at is null",
        list(address_ids),
    )
    return {row["address_id"]: row for row in rows}


async def erase(pool: Any, person_ids: Sequence[str]) -> int:
    """Erase every address and name of these persons, salts included; how many rows that were."""
    done = await pool.fetch(
        "update address_book set address = null, name = null, salt = null, erased_at = now()"
        " where person_id = any($1) and erased_at is null returning 1",
        list(person_ids),
    )
    return len(done)


async def unerased(running: Running) -> int:
    """How many rows of erased persons still stand."""
    found: int = await running.pool.fetchval(
        "select count(*) from address_book where person_id = any($1) and erased_at is null", await _erased(running)
    )
    return found


async def erase_again(running: Running) -> None:
    """Erase, before any command, what a restored database brought back of erased persons."""
    head = await running.journal.head()
    while (await running.journal.follower_position(running.reads.schema) or 0) < head:
        await pause(running.stopping, 0.05)
        if running.stopping.is_set():
            return
    if erased := await erase(running.pool, await _erased(running)):
        log.warning("addresses_erased_again", rows=erased)


async def sweep(running: Running) -> int:
    """Remove rows whose event never came; how many that were."""
    old = await running.pool.fetch(
        "select address_id from address_book where erased_at is null and written_at < now() - $1::interval",
        ORPHANED_AFTER,
    )
    ids = [row["address_id"] for row in old]
    known = await running.rows("select address_id from contacts where address_id = any($1)", ids)
    orphans = set(ids) - {row["address_id"] for row in known}
    await running.pool.execute("delete from address_book where address_id = any($1)", list(orphans))
    return len(orphans)


async def keep(running: Running) -> None:
    """Erase and sweep until the process stops."""
    loop, swept = asyncio.get_running_loop(), -SWEEP_EVERY
    while not running.stopping.is_set():
        try:
            if erased := await erase(running.pool, await _erased(running)):
                log.info("addresses_erased", rows=erased)
            # Danger: tables that have not caught up would make every row look like one whose event never came.
            if running.reads.caught_up.is_set() and loop.time() - swept >= SWEEP_EVERY:
                swept = loop.time()
                if gone := await sweep(running):
                    log.info("orphaned_addresses_swept", rows=gone)
        except TRANSIENT as error:
            log.warning("address_book_not_kept", reason=type(error).__name__)
        await pause(running.stopping, ERASE_EVERY)


async def _erased(running: Running) -> list[str]:
    return [row["person_id"] for row in await running.rows("select person_id from erased_persons")]
