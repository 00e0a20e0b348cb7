"""Replay equals live: the product's own comparison says so, and counts made anew from the journals agree."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from faults.checker.published import CHECKOUT
from faults.checker.stores import Case

RULE = "replay_equals_live"
FOLLOWERS = "select name, position from ledger.follower where name like 'read\\_%' order by position desc, name limit 1"
SAID = "(select position, audience, type, convert_from(data, 'UTF8')::jsonb as d from ledger.journal) as said"


@dataclass(frozen=True)
class Count:
    """A number for each key, once as a read table has it and once as the journal makes it."""

    name: str
    service: str
    live: str
    """SQL over the read tables, giving `key` and `n`."""
    journal: str
    """SQL over the journal, giving the same."""


def _number(name: str, service: str, table: str, key: str, kind: str, field: str, only: str = "true") -> Count:
    """How many rows of a table, and how many events of a kind, each key has."""
    live = f"select {key} as key, count(*) as n from {table} where {only} group by 1"  # noqa: S608
    made = f"select d ->> '{field}' as key, count(*) as n from {SAID} where type = '{kind}' group by 1"  # noqa: S608
    return Count(name, service, live, made)


COUNTS = (
    _number("bids of a programme", "funding", "bids", "programme_id", "funding.bid_submitted", "programme_id"),
    _number("bids withdrawn", "funding", "bids", "bid_id", "funding.bid_withdrawn", "bid_id", "withdrawn"),
    _number("awards of a programme", "funding", "results", "programme_id", "funding.bid_awarded", "programme_id",
            "awarded"),
    _number("agreements in force", "funding", "agreements", "agreement_id", "funding.agreement_in_force",
            "agreement_id", "in_force"),
    _number("agreements in force", "monitoring", "monitoring_plans", "agreement_id", "funding.agreement_in_force",
            "agreement_id", "in_force"),
    _number("reports with an open form", "monitoring", "reports", "report_id", "monitoring.report_due", "report_id",
            "opened_on is not null"),
    _number("notices of an organisation", "notifications", "notices", "organisation_id",
            "notifications.notice_requested", "organisation_id"),
    _number("attempts of a notice", "notifications", "attempts", "notice_id", "notifications.notice_attempted",
            "notice_id"),
    _number("organisations", "partners", "organisations", "organisation_id", "partners.organisation_registered",
            "organisation_id"),
    Count(
        "pounds awarded in a year", "funding",
        "select programme_id || ' ' || year as key, awarded as n from programme_money where awarded > 0",
        f"select (d ->> 'programme_id') || ' ' || (a ->> 'year') as key, sum((a ->> 'pounds')::bigint)::bigint as n"  # noqa: S608
        f" from {SAID}, jsonb_array_elements(d -> 'amounts') as a where type = 'funding.bid_awarded' group by 1",
    ),
    Count(
        "signatures of an agreement", "funding",
        "select agreement_id as key, count(*) as n from signatures group by 1",
        "select d ->> 'agreement_id' as key, count(distinct d ->> 'organisation_id') as n"  # noqa: S608
        f" from {SAID} where type = 'funding.agreement_signed_by_party' group by 1",
    ),
)  # fmt: skip


async def check_tables(case: Case, service: str) -> None:
    """The read tables stand at the head, and their counts follow from the journal."""
    found = await case.rows(service, FOLLOWERS)
    head = await case.value(service, "select coalesce(max(position), 0) from ledger.journal")
    if not found or found[0]["position"] != head:
        stands = found[0]["position"] if found else "nowhere"
        case.report.say(RULE, service, f"the read tables stand at {stands}, the journal at {head}")
        return
    for count in COUNTS:
        if count.service == service:
            await _check_count(case, count, found[0]["name"])


async def _check_count(case: Case, count: Count, schema: str) -> None:
    async with case.databases[count.service].transaction():
        await case.databases[count.service].execute(f'set local search_path to "{schema}"')
        live = {row["key"]: row["n"] for row in await case.rows(count.service, count.live)}
    made = {row["key"]: row["n"] for row in await case.rows(count.service, count.journal)}
    case.report.counts["counts compared"] += len(made)
    for key in sorted(live.keys() | made.keys()):
        if live.get(key, 0) != made.get(key, 0):
            what = f"{count.name}, {key}: the tables say {live.get(key, 0)}, the journal makes {made.get(key, 0)}"
            case.report.say(RULE, count.service, what)


async def check_replay(case: Case, service: str) -> None:
    """Ask the product itself to compare its live tables with a replay, and take down what it names."""
    with tempfile.TemporaryDirectory() as scratch:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"services.{service}", "replay", "--compare", "--json", cwd=CHECKOUT,
            env=_environment(case, service, scratch), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, complaint = await process.communicate()
    lines: list[Mapping[str, Any]] = [json.loads(one) for one in out.decode().splitlines() if one.startswith("{")]
    different = [line for line in lines if "difference" in line]
    for line in different:
        what = f"{line.get('table', '')} {' '.join(line.get('key', []))}: {line['difference']}"
        case.report.say(RULE, service, what)
    if not different and (process.returncode or not lines):
        words = complaint.decode(errors="replace").strip().splitlines()
        case.report.say(RULE, service, f"the comparison ended with {process.returncode}: {words[-1] if words else ''}")


def _environment(case: Case, service: str, scratch: str) -> dict[str, str]:
    # A comparison checks no token, but no process of the product starts without saying how it would.
    keyed = {"COMPACT_PUBLIC_KEY", "COMPACT_ISSUER"} & os.environ.keys()
    return {
        **({} if keyed else {"COMPACT_ISSUER": "https://issuer.invalid"}),
        **os.environ,
        "COMPACT_PLACE": case.evidence.place,
        "COMPACT_KAFKA": case.evidence.kafka,
        f"COMPACT_{service.upper()}_POSTGRES": case.evidence.databases[service],
        "COMPACT_DATA": scratch,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(CHECKOUT), os.environ.get("PYTHONPATH")))),
    }
