"""Events a second that a replay folds into read tables.

Ours: `replay.fill`, as `replay`, `compare` and `rebuild` run it, with the projections of partners into an empty schema.
Beside it, a loop that reads the same pages by keyset, decodes each value with pydantic, keeps the rows of a page in a
dictionary, and writes them with the same upserts, written for this one kind of journal and nothing else.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

from bench.figures import Figure, figure, in_turn
from bench.filling import Facts, enter
from bench.ground import Ground
from contracts.partners import OrganisationRegistered, OrganisationVerified
from services.partners.__main__ import service as partners
from services.partners.identity import name_key
from services.runtime import replay, tables
from services.runtime.journal import PAGE
from services.runtime.running import Running

ORGANISATION = (
    'insert into "{}".organisations (organisation_id, name, name_key, kind, charity_number, company_number,'
    " based_in_place, size, serves_groups, registered_on, verified_against, verified_number, suspended)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, false)"
)
NUMBER = 'insert into "{}".organisation_numbers values ($1, $2, $3)'
VERIFIED = 'update "{}".organisations set verified_against = $2, verified_number = $3 where organisation_id = $1'


async def pages(running: Running, upto: int) -> AsyncIterator[list[Any]]:
    """The journal's rows by keyset, page after page, with the statement that ours reads with."""
    after = 0
    while after < upto and (rows := await running.pool.fetch(PAGE, after, 2000)):
        yield rows
        after = rows[-1]["position"]


async def ours(running: Running, head: int) -> float:
    """Events a second by `replay.fill`."""
    async with running.pool.acquire() as connection:
        schema = f"replay_{uuid.uuid4().hex[:12]}"
        await connection.execute(tables.ddl(running.service.projections, schema))
    began = time.perf_counter()
    await replay.fill(running, schema, head)
    taken = time.perf_counter() - began
    await running.pool.execute(f'drop schema "{schema}" cascade')
    return head / taken


async def bare(running: Running, head: int) -> float:
    """Events a second by a loop that knows only these two events."""
    schema = f"bare_{uuid.uuid4().hex[:12]}"
    await running.pool.execute(tables.ddl(running.service.projections, schema))
    began = time.perf_counter()
    async for rows in pages(running, head):
        await _write(running, schema, rows)
    taken = time.perf_counter() - began
    await running.pool.execute(f'drop schema "{schema}" cascade')
    return head / taken


async def _write(running: Running, schema: str, rows: list[Any]) -> None:
    organisations: dict[str, list[Any]] = {}
    numbers: list[tuple[str, str, str]] = []
    verified: list[tuple[str, str, str]] = []
    for row in rows:
        if row["type"] == OrganisationRegistered.wire:
            fact = OrganisationRegistered.model_validate_json(row["data"])
            organisations[fact.organisation_id] = [
                fact.organisation_id, fact.name, name_key(fact.name), fact.kind.value, fact.charity_number,
                fact.company_number, fact.based_in_place, fact.size.value, list(fact.serves_groups),
                fact.registered_on, None, None,
            ]  # fmt: skip
            if fact.charity_number:
                numbers.append((fact.organisation_id, "charity_number", fact.charity_number))
        elif row["type"] == OrganisationVerified.wire:
            found = OrganisationVerified.model_validate_json(row["data"])
            if known := organisations.get(found.organisation_id):
                known[-2:] = found.against, found.number
            else:
                verified.append((found.organisation_id, found.against, found.number))
    async with running.pool.acquire() as connection, connection.transaction():
        await connection.executemany(ORGANISATION.format(schema), list(organisations.values()))
        await connection.executemany(NUMBER.format(schema), numbers)
        await connection.executemany(VERIFIED.format(schema), verified)


async def figures(ground: Ground, rounds: int, events: int) -> list[Figure]:
    """Events a second into read tables, where each organisation has few facts and where it has many."""
    found = []
    for each in (2, 10):
        async with ground.service(partners) as running:
            head = await enter(running, Facts(events, each=each))
            medians = await in_turn(
                rounds, {"ours": lambda: ours(running, head), "bare": lambda: bare(running, head)}  # noqa: B023
            )  # fmt: skip
            name = f"replay into read tables, {each} facts about each organisation"
            found.append(figure(name, "events/s", medians["ours"], medians["bare"], "≥ 0.6"))
    return found
