"""Reads of payments: for the funder and the organisation paid; totals of all current funding for everybody within."""

from __future__ import annotations

from typing import Any

from contracts.envelope import DocumentRef
from services.funding.queries import OVERSEERS, VCO, concerned, loaded, reference
from services.runtime.http import Asked

SHOWN = (
    "payment_id, agreement_id, funder_id, organisation_id, number, year, pounds, timing, due_on, made_on,"
    " ledger_reference, late, overdue, waited_for, because, held, held_until, returned,"
    " pays_from, pays_until, replaces, made_good, cancelled,"
    " requested_by <> '' as requested, released_by <> '' as released"
)
HOLD = "hold_id, payment_id, funder_id, organisation_id, ground, renewal, held_on, ends_on, ended, lifted"


async def payments_of(asked: Asked, agreement_id: str) -> dict[str, Any]:
    """The payments of an agreement, for its parties, page by page."""
    return await asked.page(
        f"select {SHOWN}, lpad(number::text, 4, '0') as place from payments where agreement_id = $1"  # noqa: S608
        " and ($2::boolean or organisation_id = $3 or funder_id = $3)",
        agreement_id, asked.actor.role in OVERSEERS, asked.actor.organisation, key="place",
    )  # fmt: skip


async def payments(asked: Asked) -> dict[str, Any]:
    """One's own payments, page by page; `late=yes` those that are or were late, with the side that was waited for."""
    late = asked.query.get("late") == "yes"
    return await asked.page(
        f"select {SHOWN} from payments where ($1::boolean or organisation_id = $2 or funder_id = $2)"  # noqa: S608
        " and (not $3::boolean or late or overdue)",
        asked.actor.role in OVERSEERS, asked.actor.organisation, late, key="payment_id",
    )  # fmt: skip


async def holds_of(asked: Asked, payment_id: str) -> list[dict[str, Any]]:
    """The holds on a payment, for its funder and the organisation paid."""
    rows = await asked.rows(
        f"select {HOLD} from payment_holds where payment_id = $1 order by held_on, hold_id",  # noqa: S608 -- our own
        payment_id,
    )
    return [dict(row) for row in rows if concerned(asked, dict(row)) or asked.actor.role == "auditor"]


async def reasons_of_hold(asked: Asked, hold_id: str) -> DocumentRef:
    """Why a payment is held, for its funder and the organisation paid."""
    rows = await asked.rows("select * from payment_holds where hold_id = $1", hold_id)
    ref = reference(rows[0]["reasons"]) if rows and concerned(asked, dict(rows[0])) else None
    if ref is None:
        raise asked.not_found("hold", hold_id)
    return ref


async def bank_details(asked: Asked, details_id: str) -> DocumentRef:
    """Bank details, for the organisation itself and for finance of who funds it."""
    rows = await asked.rows(
        "select d.*, exists (select 1 from agreements a where a.organisation_id = d.organisation_id"
        " and a.funder_id = $2) as funded from bank_details d where d.details_id = $1",
        details_id, asked.actor.organisation,
    )  # fmt: skip
    own = bool(rows) and asked.actor.role == VCO and rows[0]["organisation_id"] == asked.actor.organisation
    ref = reference(rows[0]["document"]) if rows else None
    if ref is None or not (own or (asked.actor.role == "finance" and rows[0]["funded"])):
        raise asked.not_found("bank_details", details_id)
    return ref


async def accounts(asked: Asked, organisation_id: str) -> list[dict[str, Any]]:
    """Which details were entered for an organisation and whether one's own body confirmed them, without the details."""
    rows = await asked.rows(
        "select d.details_id, d.entered_by, c.funder_id is not null as confirmed, c.confirmed_by from bank_details d"
        " left join successions s on s.organisation_id = d.organisation_id"
        " left join accounts_confirmed c on c.details_id = d.details_id and ($2 = '' or c.funder_id = $2)"
        " and d.position > coalesce(s.position, 0)"
        " where d.organisation_id = $1 order by d.details_id",
        organisation_id, "" if asked.actor.role == VCO else asked.actor.organisation,
    )  # fmt: skip
    if asked.actor.role == VCO and organisation_id != asked.actor.organisation:
        raise asked.not_found("organisation", organisation_id)
    return [dict(row) for row in rows]


async def current_funding(asked: Asked, organisation_id: str) -> dict[str, Any]:
    """Agreements and additional contracts of a partner side by side, with what was paid and what is to come (SPP7)."""
    agreed = await asked.rows(
        "select a.agreement_id, a.funder_id, a.title, a.starts_on, a.ends_on, a.amounts,"
        " coalesce(sum(p.pounds) filter (where not p.cancelled), 0)::bigint as scheduled_pounds,"
        " coalesce(sum(p.pounds) filter (where p.made_on is not null), 0)::bigint as paid_pounds"
        " from agreements a left join payments p using (agreement_id)"
        " where a.organisation_id = $1 and a.in_force and a.ends_on >= $2"
        " group by a.agreement_id, a.funder_id, a.title, a.starts_on, a.ends_on, a.amounts order by a.agreement_id",
        organisation_id, asked.now.date(),
    )  # fmt: skip
    beside = await asked.rows(
        "select contract_id, funder_id, title, starts_on, ends_on, amounts from additional_contracts"
        " where organisation_id = $1 and ends_on >= $2 order by contract_id",
        organisation_id, asked.now.date(),
    )  # fmt: skip
    agreements, contracts = _with_amounts(agreed), _with_amounts(beside)
    return {
        "organisation_id": organisation_id, "agreements": agreements, "additional_contracts": contracts,
        "agreed_pounds": _together(agreements), "contracted_pounds": _together(contracts),
    }  # fmt: skip


async def all_current_funding(asked: Asked) -> dict[str, Any]:
    """Where all current funding goes: every partner with its agreements, its contracts and its payments (SPP7)."""
    return await asked.page(
        "select organisation_id, sum(agreed)::bigint as agreed_pounds, sum(contracted)::bigint as contracted_pounds,"
        " sum(paid)::bigint as paid_pounds from ("
        " select organisation_id, (select coalesce(sum((y->>'pounds')::bigint), 0)"
        " from jsonb_array_elements(amounts) y) as agreed, 0 as contracted,"
        " (select coalesce(sum(p.pounds), 0) from payments p"
        " where p.agreement_id = agreements.agreement_id and p.made_on is not null) as paid"
        " from agreements where in_force and ends_on >= $1 union all"
        " select organisation_id, 0, (select coalesce(sum((y->>'pounds')::bigint), 0)"
        " from jsonb_array_elements(amounts) y), 0 from additional_contracts where ends_on >= $1"
        " ) as funding group by organisation_id",
        asked.now.date(), key="organisation_id",
    )  # fmt: skip


def _with_amounts(rows: Any) -> list[dict[str, Any]]:
    return [{**dict(row), "amounts": loaded(row["amounts"]) or []} for row in rows]


def _together(rows: list[dict[str, Any]]) -> int:
    return sum(int(amount["pounds"]) for row in rows for amount in row["amounts"])
