"""Rows whose content a restore lost: where a journal may say so, and what it has to be able to show for it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from faults.checker.stores import Case, Row

RULE = "lost_rows_named"
LOST = "(audience = 'lost' or type like '%.position_lost')"
RECOVERED = "type like '%.history_recovered' and audience <> 'received'"


@dataclass(frozen=True)
class Recovery:
    """What a journal says it put back: the positions behind `after` up to `upto`, and one hash over their rows."""

    after: int
    upto: int
    digest: str

    def covers(self, position: int) -> bool:
        """Whether this position was put back."""
        return self.after < position <= self.upto


async def recoveries(case: Case, service: str) -> list[Recovery]:
    """What was put back in a journal, without what a later recovery put back once more."""
    rows = await case.rows(
        service, f"select convert_from(data, 'UTF8') as data from ledger.journal where {RECOVERED}",  # noqa: S608
    )  # fmt: skip
    told = [json.loads(row["data"]) for row in rows]
    found = [Recovery(one["after"], one["upto"], one["digest"]) for one in told]
    return [one for one in found if not any(one != o and o.after <= one.after and one.upto <= o.upto for o in found)]


def is_lost(row: Row) -> bool:
    """Whether a row only says that its position was lost."""
    return bool(row["audience"] == "lost" or row["type"].endswith(".position_lost"))


def is_known(digest: bytes) -> bool:
    """Whether a lost row's hash was told by somebody; zero or empty where nobody knew it."""
    return any(digest)


async def check_lost(case: Case, service: str) -> None:
    """Lost rows stand only after a restore that is itself a fact, with the hash and for the reason that others know."""
    said, put_back = False, await recoveries(case, service)
    async for rows in case.pages(service, "position, type, audience, hash", LOST):
        if not said and (why := await _unfounded(case, service)):
            case.report.say(RULE, service, f"position {rows[0]['position']} is marked lost, but {why}")
            said = True
        for row in rows if put_back else []:
            if not any(one.covers(row["position"]) for one in put_back):
                case.report.say(RULE, service, f"position {row['position']} is marked lost, but no recovery covers it")
        case.report.counts["positions lost"] += len(rows)
        await _known_elsewhere(case, service, rows)
    await _ends_early(case, service)


async def _unfounded(case: Case, service: str) -> str:
    if not case.evidence.restored.get(service):
        return "the database was never restored"
    told = await case.value(service, f"select exists (select from ledger.journal where {RECOVERED})")  # noqa: S608
    return "" if told else "no fact tells of the recovery"


async def _known_elsewhere(case: Case, service: str, rows: list[Row]) -> None:
    """A published fact that a reader still holds is not lost."""
    positions = [row["position"] for row in rows]
    for reader in case.databases:
        held = await case.rows(
            reader, "select sequence from ledger.journal where source = $1 and sequence = any ($2)"
            " and audience = 'received'", case.source(service), positions,
        )  # fmt: skip
        for row in held:
            case.report.say(RULE, service, f"position {row['sequence']} is marked lost, but {reader} holds it")


async def _ends_early(case: Case, service: str) -> None:
    """What others hold or were told of a journal stands in it."""
    last = await case.value(service, "select coalesce(max(position), 0) from ledger.journal")
    for reader in case.databases:
        known = await case.value(
            reader, "select greatest((select max(sequence) from ledger.journal where source = $1"
            " and audience = 'received'), (select max(position) from ledger.witness where source = $1))",
            case.source(service),
        )  # fmt: skip
        if (known or 0) > last:
            case.report.say(RULE, service, f"{reader} knows position {known}, the journal ends at {last} unnamed")
