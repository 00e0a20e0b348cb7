"""The databases of a run, read by pages so that a long journal needs no more memory than a short one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from faults.checker.findings import Report
from faults.checker.published import Kind, kinds
from faults.evidence import Evidence

PAGE = 2000
Row = Any
"""A row by its columns' names."""


@dataclass
class Case:
    """What is judged: a run's evidence, its databases open, and what was found so far."""

    evidence: Evidence
    databases: dict[str, Any]
    """An open connection to each service's database."""
    kinds: dict[str, Kind] = field(default_factory=kinds)
    report: Report = field(default_factory=Report)

    def source(self, service: str) -> str:
        """How a service's events name their source."""
        return f"/{self.evidence.place}/{service}"

    async def rows(self, service: str, sql: str, *values: Any) -> list[Row]:
        """Rows of one service's database."""
        return list(await self.databases[service].fetch(sql, *values))

    async def value(self, service: str, sql: str, *values: Any) -> Any:
        """One value of one service's database."""
        return await self.databases[service].fetchval(sql, *values)

    async def pages(
        self, service: str, columns: str, where: str = "true", *values: Any, after: int = 0
    ) -> AsyncIterator[list[Row]]:
        """Rows of a journal in the order of positions, page by page; `where` counts its own values from $3."""
        sql = f"select {columns} from ledger.journal where position > $1 and {where} order by position limit $2"  # noqa: S608
        while rows := await self.rows(service, sql, after, PAGE, *values):
            yield rows
            after = rows[-1]["position"]

    async def at(self, service: str, positions: list[int]) -> dict[int, Row]:
        """The journal's rows at these positions."""
        found = await self.rows(service, "select * from ledger.journal where position = any ($1)", positions)
        return {row["position"]: row for row in found}


@asynccontextmanager
async def opened(evidence: Evidence) -> AsyncIterator[Case]:
    """A case with its databases open while the block runs."""
    async with AsyncExitStack() as stack:
        databases = {}
        for service, address in evidence.databases.items():
            databases[service] = connection = await asyncpg.connect(address)
            stack.push_async_callback(connection.close)
        yield Case(evidence, databases)
