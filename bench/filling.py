"""Fills journals with facts about organisations inside the database: chained as the service itself enters them, or at
once where only their number matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from contracts.envelope import Event
from contracts.partners import OrganisationKind, OrganisationRegistered, OrganisationVerified
from services.runtime.running import Running

NUMBER = "1234567"
STAND_IN = "@organisation@"
BATCH = 1000
BULK = 250_000
FACTS = """
    select n, $1 || '-' || n as id, $1 as source, case when (n - 1) % $4 = 0 then $5 else $6 end as type,
           replace(case when (n - 1) % $4 = 0 then $7 else $8 end, '@organisation@', organisation) as tags,
           convert_to(replace(case when (n - 1) % $4 = 0 then $9 else $10 end, '@organisation@', organisation), 'UTF8')
               as data
    from (select n, 'bench-' || (n - 1) / $4 as organisation from generate_series($2::bigint, $3::bigint) as n) as each
"""
"""Row n of a journal: every `$4` rows a registration, and what was verified of that organisation after it."""
ENTER = f"""
    select (ledger.enter(
        h, $11, ids, sources, types, array_fill($11::timestamptz, n), array_fill('officer-1'::text, n),
        array_fill('partnership_office'::text, n), array_fill('sutton-council'::text, n), ids, array_fill(''::text, n),
        tags, array_fill($12::text, n), array_fill(''::text, n), numbers, array_fill(''::bytea, n), data, null, null
    )).position
    from ledger.head h, (
        select array_agg(id order by n) ids, array_agg(source order by n) sources, array_agg(type order by n) types,
               array_agg(tags order by n) tags, array_agg(data order by n) data, array_agg(n order by n) numbers,
               array[count(*)::int] n
        from ({FACTS}) as fact
    ) as batch
"""  # noqa: S608
AT_ONCE = f"""
    with fact as materialized ({FACTS}),
    placed as (
        insert into ledger.journal
        select h.position + n - $2 + 1, id, source, type, $11, $11, 'officer-1', 'partnership_office', 'sutton-council',
               id, '', string_to_array(tags, ' '), $12, '', n, '', data, null, null, sha256(data)
        from fact, ledger.head h
    )
    insert into ledger.tagged
    select tag, h.position + n - $2 + 1, type from fact, ledger.head h, unnest(string_to_array(tags, ' ')) as tag
"""  # noqa: S608
MOVE_HEAD = (
    "update ledger.head set position = j.position, hash = j.hash, time = j.recorded"
    " from (select * from ledger.journal order by position desc limit 1) as j"
)


@dataclass(frozen=True)
class Facts:
    """How many facts, how many of them about each organisation, from whom, and who may read them."""

    count: int
    each: int = 10
    source: str = ""
    audience: str = "private"
    first: int = 1

    @property
    def organisations(self) -> int:
        """How many organisations they are about."""
        return -(-self.count // self.each)


def registered(organisation: str = STAND_IN) -> OrganisationRegistered:
    """An organisation enters the register."""
    return OrganisationRegistered(
        organisation_id=organisation, name=f"Carers' Circle {organisation}", kind=OrganisationKind.VCO,
        charity_number=NUMBER, serves_groups=("carers", "older people"), registered_on=date(2013, 12, 2),
    )  # fmt: skip


def verified(organisation: str = STAND_IN) -> OrganisationVerified:
    """An organisation was looked up."""
    return OrganisationVerified(organisation_id=organisation, against="CC", number=NUMBER)


def _templates(facts: Facts) -> list[object]:
    pair: tuple[Event, Event] = (registered(), verified())
    return [
        facts.each, *(event.wire for event in pair), *(" ".join(event.tags) for event in pair),
        *(event.model_dump_json() for event in pair),
    ]  # fmt: skip


async def enter(running: Running, facts: Facts) -> int:
    """Enter facts with a chain that holds, all in one transaction; the journal's head afterwards."""
    source, end = facts.source or running.journal.source, facts.first + facts.count
    async with running.pool.acquire() as connection, connection.transaction():
        for n in range(facts.first, end, BATCH):
            last = min(n + BATCH, end) - 1
            await connection.fetchval(
                ENTER, source, n, last, *_templates(facts), datetime.now(UTC), facts.audience, timeout=60
            )
    return await running.journal.head()


async def pour(running: Running, facts: Facts) -> int:
    """Enter facts at once, tags and head right but without a chain; the journal's head afterwards."""
    source, end = facts.source or running.journal.source, facts.first + facts.count
    async with running.pool.acquire() as connection:
        for n in range(facts.first, end, BULK):
            last = min(n + BULK, end) - 1
            async with connection.transaction():
                await connection.execute(
                    AT_ONCE, source, n, last, *_templates(facts), datetime.now(UTC), facts.audience, timeout=600
                )
                await connection.execute(MOVE_HEAD)
        await connection.execute("vacuum (analyze) ledger.journal, ledger.tagged", timeout=600)
        await connection.execute("checkpoint", timeout=600)
    return await running.journal.head()
