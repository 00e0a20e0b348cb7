"""No decision stands on facts that had changed: each is held against the query it was kept with, and the money."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from faults.checker.stores import Case, Row

RULE = "decision_on_changed_facts"
DECIDED = (
    "position, type, known_to, query::text as query, causationid, recorded, xmin::text as written,"
    " exists (select from ledger.request r where r.position = ledger.journal.position - 1) as after_another"
)
CHANGED = (
    "select d.first, j.position, j.type"
    " from unnest($1::bigint[], $2::bigint[], $3::text[]) as d(first, known_to, query),"
    " lateral jsonb_array_elements(d.query::jsonb) as item, ledger.journal j"
    " where j.position > d.known_to and j.position < d.first"
    " and j.type = any (array(select jsonb_array_elements_text(item -> 'types')))"
    " and j.tags @> array(select jsonb_array_elements_text(item -> 'tags')) order by d.first, j.position"
)
OVERSPENT = (
    "with said as (select type, convert_from(data, 'UTF8')::jsonb as d from ledger.journal"
    "  where type in ('funding.programme_published', 'funding.award_approved')),"
    " money as (select d ->> 'programme_id' as programme, m ->> 'year' as year, (m ->> 'pounds')::bigint as pounds"
    "  from said, jsonb_array_elements(d -> 'money') as m where type = 'funding.programme_published'),"
    " spent as (select d ->> 'programme_id' as programme, a ->> 'year' as year, sum((a ->> 'pounds')::bigint) as pounds"
    "  from said, jsonb_array_elements(d -> 'amounts') as a where type = 'funding.award_approved' group by 1, 2)"
    " select programme, year, spent.pounds as spent, coalesce(money.pounds, 0) as money from spent"
    " left join money using (programme, year) where spent.pounds > coalesce(money.pounds, 0) order by 1, 2"
)
WRITTEN = ("known_to", "query", "causationid", "recorded", "written")
"""What the rows of one decision share; `written` is the transaction that wrote them."""


async def check_decisions(case: Case, service: str) -> None:
    """Evaluate again what each decision asked, over what came between its facts and itself."""
    before: Row | None = None
    async for rows in case.pages(service, DECIDED, "query is not null"):
        firsts = []
        for row in rows:
            if not _continues(before, row):
                firsts.append(row)
            before = row
        await _check_some(case, service, firsts)
    if service == "funding":
        await _check_money(case)


def _continues(before: Row | None, row: Row) -> bool:
    """Whether a row was written by the same decision as the one before it."""
    if before is None or row["position"] != before["position"] + 1 or row["after_another"]:
        return False
    return all(before[name] == row[name] for name in WRITTEN)


async def _check_some(case: Case, service: str, firsts: Sequence[Row]) -> None:
    case.report.counts["decisions"] += len(firsts)
    for row in firsts:
        if row["known_to"] >= row["position"]:
            what = f"position {row['position']} ({row['type']}) stands on position {row['known_to']}, which came later"
            case.report.say(RULE, service, what)
    waited = [row for row in firsts if row["known_to"] < row["position"] - 1]
    if not waited:
        return
    columns = [[row[name] for row in waited] for name in ("position", "known_to", "query")]
    names = {row["position"]: f"position {row['position']} ({row['type']})" for row in waited}
    for first, changes in _by_decision(await case.rows(service, CHANGED, *columns)):
        case.report.say(RULE, service, f"{names[first]} did not know of {changes}")


def _by_decision(rows: Sequence[Row]) -> Iterator[tuple[int, str]]:
    found: dict[int, dict[str, None]] = {}
    for row in rows:
        found.setdefault(row["first"], {})[f"position {row['position']} ({row['type']})"] = None
    for first, changes in found.items():
        yield first, ", ".join(changes)


async def _check_money(case: Case) -> None:
    """No round awards more than its money of a financial year, whoever decided at the same moment (SPP1)."""
    for row in await case.rows("funding", OVERSPENT):
        what = f"programme {row['programme']} awards {row['spent']} of {row['money']} in {row['year']}"
        case.report.say(RULE, "funding", what)
