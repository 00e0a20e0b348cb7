"""What is read of the register: rows that a reader may see, and the answer to an import in sentences."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from contracts.partners import ImportLine, OrganisationsImported
from services.partners.identity import name_key
from services.partners.imports import REASONS
from services.runtime.calendar import london_date
from services.runtime.http import Asked, plain
from services.runtime.unit import Outcome

LISTED = (
    "select organisation_id, name, kind, charity_number, company_number, based_in_place, size, serves_groups, "
    "registered_on, verified_against, verified_number, dissolved_on, successor_id from organisations"
)
NAMED_LIKE = " where position($1 in name_key) > 0"
WITH_NUMBER = (
    " where organisation_id in"
    " (select organisation_id from organisation_numbers where scheme = 'charity_number' and number = $1)"
)
SEE_SUSPENSION = frozenset({"partnership_office", "commissioner", "decider", "commissioning_manager", "auditor"})
SEE_ALL_MANAGERS = ("partnership_office", "auditor")
MANAGED = (
    "select m.agreement_id, m.funder_id, m.organisation_id, m.person_id, h.holding is not null as in_office"
    " from agreement_managers m left join signatories s on s.organisation_id = m.funder_id"
    " left join office_holders h on h.organisation_id = coalesce(s.succeeded_by, m.funder_id)"
    " and h.role = 'commissioning_manager' and h.person_id = m.person_id"
    " where m.funder_id <> '' and ($1 = '' or m.funder_id = $1)"
    " and ($2 = '' or (h.holding is null and m.person_id is not null) = ($2 = 'yes'))"
)
COUNTS = ("lines", "registered", "changed", "unchanged", "refused", "contact_columns")


async def organisations(asked: Asked, charity_number: str, name: str) -> dict[str, Any]:
    """A page of the register, all of it or what is found under a charity number or within names."""
    if charity_number:
        return await asked.page(LISTED + WITH_NUMBER, charity_number.strip().upper(), key="organisation_id")
    return await asked.page(LISTED + NAMED_LIKE, name_key(name), key="organisation_id")


async def organisation(asked: Asked, organisation_id: str) -> dict[str, Any]:
    """One organisation; whether it is suspended is shown to those who act on it, and to itself."""
    shown = f"{LISTED} where organisation_id = $1"
    rows = await asked.rows(shown.replace(" from ", ", suspended from ", 1), organisation_id)
    if not rows:
        raise asked.not_found("organisation", organisation_id)
    entry = plain(rows[0])
    if asked.actor.role not in SEE_SUSPENSION and asked.actor.organisation != organisation_id:
        del entry["suspended"]
    return entry


async def rules_in_force(asked: Asked) -> dict[str, Any]:
    """The set of rules that holds today."""
    rows = await asked.rows(
        "select rules_hash, rules from adopted_rules where adopted_on <= $1 order by adopted_on desc limit 1",
        london_date(asked.now),
    )
    if not rows:
        raise asked.not_found("set_of_rules", "in force")
    return {"rules_hash": rows[0]["rules_hash"], **decoded(rows[0]["rules"])}


async def undertaking(asked: Asked, clause: str) -> dict[str, Any]:
    """One undertaking of the rules that hold today, in full and in short."""
    rules = await rules_in_force(asked)
    for each in rules["undertakings"]:
        if each["clause"] == clause:
            return {"document": rules["title"], **each}
    raise asked.not_found("undertaking", clause)


async def manager(asked: Asked, agreement_id: str) -> dict[str, Any]:
    """Who manages an agreement; 404 where the agreement is not known here."""
    rows = await asked.rows("select * from agreement_managers where agreement_id = $1", agreement_id)
    if not rows or not rows[0]["funder_id"]:
        raise asked.not_found("agreement", agreement_id)
    found = plain(rows[0])
    if asked.actor.role == "vco_representative" and found["organisation_id"] != asked.actor.organisation:
        raise asked.not_found("agreement", agreement_id)
    return found


async def managers(asked: Asked, left: str) -> dict[str, Any]:
    """The agreements of the asker's body, all of them for the overseers, with whether their manager is in office."""
    body = "" if asked.actor.role in SEE_ALL_MANAGERS else asked.actor.organisation
    return await asked.page(MANAGED, body, left, key="agreement_id")


async def import_report(asked: Asked, import_id: str) -> dict[str, Any]:
    """What became of a file, line by line."""
    rows = await asked.rows("select * from imports where import_id = $1", import_id)
    if not rows:
        raise asked.not_found("import", import_id)
    row = rows[0]
    lists = {key: _said(map(ImportLine.model_validate, decoded(row[key]))) for key in ("refusals", "notes")}
    return {**_counted({key: row[key] for key in COUNTS}), "import_id": import_id, **lists}


def import_answer(outcome: Outcome, import_id: str) -> dict[str, Any]:
    """The answer to an import: the report, or that the file was imported before."""
    for event in outcome.events:
        if isinstance(event, OrganisationsImported):
            lists = {"refusals": _said(event.refusals), "notes": _said(event.notes)}
            return {**_counted({key: getattr(event, key) for key in COUNTS}), "import_id": import_id, **lists}
    message = "This very file was imported before; nothing was changed."
    return {"import_id": import_id, "message": message, "report": f"/imports/{import_id}"}


def decoded(value: Any) -> Any:
    """A column of JSON, however the driver hands it over."""
    return json.loads(value) if isinstance(value, str) else value


def _counted(counts: Mapping[str, Any]) -> dict[str, Any]:
    unread = counts["contact_columns"]
    columns = "1 column" if unread == 1 else f"{unread} columns"
    were = "was" if unread == 1 else "were"
    told = f"{columns} with contact details {were} not imported; give them to the address book."
    return {**counts, **({"message": told} if unread else {})}


def _said(lines: Iterable[ImportLine]) -> list[dict[str, Any]]:
    return [{**line.model_dump(exclude_none=True), "reason": REASONS.get(line.code, line.code)} for line in lines]
