"""Reads of funding. What somebody may not read is not there for them: the answer is the same 404."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from contracts.envelope import DocumentRef
from services.funding import reading_panels
from services.funding.gates import FUNDER_ROLES
from services.runtime.http import Asked

VCO = "vco_representative"
OVERSEERS = ("partnership_office", "auditor")
PARTIES = (VCO, *FUNDER_ROLES, "commissioning_manager", "finance")
LISTED = (
    "programme_id, funder_id, title, rules_key, opens_at, closes_at, results_at, term_starts_on, term_ends_on,"
    " legal_basis, panel_points, opened, announced_at, announcement_missed"
)
DOUBTS = (
    "select d.decision_id || '/' || d.late_event_id as doubt, d.decision_id, d.late_event_id, d.about, d.code,"
    " d.given_to_role, d.stands, d.answered_by from doubts d where d.given_to_role <> '' and ($1 = '' or $1 in ("
    " select p.funder_id from bids b join programmes p using (programme_id) where 'bid:' || b.bid_id = d.about"
    " union all select funder_id from agreements where 'agreement:' || agreement_id = d.about"
    " union all select funder_id from payments where 'payment:' || payment_id = d.about"
    " union all select funder_id from changes where 'change:' || change_id = d.about))"
)
BID = (
    "select b.*, p.funder_id, p.closes_at, p.announced_at from bids b join programmes p using (programme_id)"
    " where b.bid_id = $1"
)
AGREEMENT = (
    "agreement_id, bid_id, programme_id, funder_id, organisation_id, title, starts_on, ends_on, manager_id,"
    " monitoring_agreed, in_force, ended_on"
)
CHANGE = (
    "change_id, agreement_id, funder_id, organisation_id, kind, support, ground, served_on, disclose_on, disclosed_on"
)


def loaded(value: Any) -> Any:
    """A JSON column, however the driver hands it out."""
    return json.loads(value) if isinstance(value, str) else value


def reference(value: Any) -> DocumentRef | None:
    """A document's reference in a JSON column."""
    return DocumentRef.model_validate(loaded(value)) if value else None


async def programme(asked: Asked, programme_id: str) -> dict[str, Any]:
    """A published round, for everybody."""
    row = await _one(
        asked,
        f"select {LISTED}, criteria, eligibility from programmes where programme_id = $1",  # noqa: S608 -- our own
        programme_id,
    )
    if row is None or not row["funder_id"]:
        raise asked.not_found("programme", programme_id)
    money = await asked.rows(
        "select year, pounds from programme_money where programme_id = $1 order by year", programme_id
    )
    criteria = {name: loaded(row[name]) for name in ("criteria", "eligibility")}
    return {**row, **criteria, "money": [dict(one) for one in money]}


async def public_document(asked: Asked, programme_id: str, document_id: str) -> DocumentRef:
    """A document published with a round: its framework, why closing was put off, a question, an answer."""
    rows = await asked.rows(
        "select framework as one, closing_reason as other from programmes where programme_id = $1"
        " union all select question, answer from answers where programme_id = $1",
        programme_id,
    )
    found = (reference(value) for row in rows for value in (row["one"], row["other"]))
    for ref in found:
        if ref and ref.id == document_id:
            return ref
    raise asked.not_found("document", document_id)


async def published_with(asked: Asked, programme_id: str) -> dict[str, Any]:
    """The ids of the documents that a round itself was published with."""
    row = await _one(
        asked,
        "select framework->>'id' as framework_id, closing_reason->>'id' as closing_reason_id from programmes"
        " where programme_id = $1",
        programme_id,
    )
    if row is None:
        raise asked.not_found("programme", programme_id)
    return row


async def funded_by(asked: Asked, programme_id: str) -> None:
    """Refuse whoever does not act for the funder of a round."""
    if (await programme(asked, programme_id))["funder_id"] != asked.actor.organisation:
        raise asked.forbidden("This is for the funder of the round.")


async def question(asked: Asked, programme_id: str, question_id: str) -> DocumentRef:
    """The words of a question."""
    row = await _one(
        asked, "select document from questions_asked where question_id = $1 and programme_id = $2",
        question_id, programme_id,
    )  # fmt: skip
    ref = reference(row["document"]) if row else None
    if ref is None:
        raise asked.not_found("question", question_id)
    return ref


async def results(asked: Asked, programme_id: str) -> dict[str, Any]:
    """The announced results of a round; before, nobody can tell that there will be any."""
    row = await _one(
        asked,
        "select programme_id, title, announced_at, bids, awards, awarded_pounds from programmes"
        " where programme_id = $1 and announced_at is not null",
        programme_id,
    )
    if row is None:
        raise asked.not_found("announced_result", programme_id)
    awarded = await asked.rows(
        "select bid_id, organisation_id, pounds from results where programme_id = $1 and awarded order by bid_id",
        programme_id,
    )
    return {**row, "awarded": [dict(one) for one in awarded]}


async def bid(asked: Asked, bid_id: str) -> dict[str, Any]:
    """A bid: its bidder's own at any time, its funder's once opened, and there for nobody else."""
    row = await _one(asked, BID, bid_id)
    if row is None or not (_is_bidder(asked, row) or await _opened_to(asked, row)):
        raise asked.not_found("bid", bid_id)
    return row


async def bid_as_member(asked: Asked, bid_id: str) -> dict[str, Any]:
    """What a member of a consortium may know of its bid: its own part."""
    row = await _one(
        asked,
        "select m.bid_id, b.programme_id, b.organisation_id as lead_id, m.share_pounds, m.confirmed, b.withdrawn"
        " from bid_members m join bids b using (bid_id) where m.bid_id = $1 and m.organisation_id = $2",
        bid_id, asked.actor.organisation,
    )  # fmt: skip
    if row is None or asked.actor.role != VCO:
        raise asked.not_found("bid", bid_id)
    return row


async def own_bid(asked: Asked, bid_id: str) -> dict[str, Any]:
    """A bid for its bidder alone."""
    row = await bid(asked, bid_id)
    if not _is_bidder(asked, row):
        raise asked.not_found("bid", bid_id)
    return row


async def opened_bid(asked: Asked, bid_id: str) -> dict[str, Any]:
    """A bid for its funder, once opened; what a decision is about, whether or not who decides may read it."""
    row = await _one(asked, BID, bid_id)
    if row is None or not _opened_for(asked, row):
        raise asked.not_found("bid", bid_id)
    return row


async def bids_of(asked: Asked, programme_id: str) -> dict[str, Any]:
    """The opened bids of a round, for its funder; who has bid is told to nobody before."""
    row = await programme(asked, programme_id)
    if row["funder_id"] != asked.actor.organisation:
        raise asked.forbidden("Only the funder of a round may list its bids.")
    if not row["opened"]:
        raise asked.forbidden("The bids are sealed until two people open them.")
    return await asked.page(
        "select b.bid_id, b.organisation_id, b.member_ids, b.receipt_number, b.received_at,"
        " (select coalesce(array_agg(m.organisation_id order by m.organisation_id), '{}') from bid_members m"
        "  where m.bid_id = b.bid_id and not m.confirmed) as unconfirmed_member_ids"
        " from bids b where b.programme_id = $1 and not b.sealed",
        programme_id, key="bid_id",
    )  # fmt: skip


async def receipts(asked: Asked) -> dict[str, Any]:
    """The receipts of the bidder that asks."""
    return await asked.page(
        "select bid_id, programme_id, receipt_number, received_at, document->>'hash' as document_hash, withdrawn"
        " from bids where organisation_id = $1",
        asked.actor.organisation, key="bid_id",
    )  # fmt: skip


async def document_requests(asked: Asked, bid_id: str) -> list[dict[str, Any]]:
    """The documents of a bid that were to be put right, for bidder and funder."""
    await bid(asked, bid_id)
    rows = await asked.rows("select * from bid_documents where bid_id = $1 order by criterion_id", bid_id)
    return [dict(row) for row in rows]


async def reasons_given(asked: Asked, bid_id: str) -> dict[str, DocumentRef]:
    """Why a bid was decided as it was, by criterion, for bidder and funder once the results are out."""
    await bid(asked, bid_id)
    row = await _one(asked, "select rationale from results where bid_id = $1", bid_id)
    checked = await _one(asked, "select checked from verdicts where bid_id = $1 and not sealed", bid_id)
    if row is None:
        raise asked.not_found("rationale", bid_id)
    return {**_parts((checked or {}).get("checked")), **_parts(row["rationale"])}


async def agreements(asked: Asked) -> dict[str, Any]:
    """The agreements that somebody may read, page by page."""
    return await asked.page(
        f"select {AGREEMENT} from agreements where bid_id <> ''"  # noqa: S608 -- names of our own
        " and ($1::boolean or organisation_id = $2 or funder_id = $2)",
        asked.actor.role in OVERSEERS, asked.actor.organisation, key="agreement_id",
    )  # fmt: skip


async def agreement(asked: Asked, agreement_id: str) -> dict[str, Any]:
    """An agreement with its signatures, for its parties."""
    row = await _one(
        asked,
        f"select {AGREEMENT}, amounts, outcomes from agreements where agreement_id = $1 and bid_id <> ''",  # noqa: S608
        agreement_id,
    )
    if row is None or not _concerns(asked, row):
        raise asked.not_found("agreement", agreement_id)
    signatures = await asked.rows(
        "select organisation_id, signed_by, office, authority, signed_at from signatures where agreement_id = $1"
        " order by organisation_id",
        agreement_id,
    )
    content = {name: loaded(row[name]) for name in ("amounts", "outcomes")}
    return {**row, **content, "signatures": [dict(one) for one in signatures]}


async def change(asked: Asked, change_id: str) -> dict[str, Any]:
    """A change: at once for the organisation concerned and its funder, for other bodies once disclosed."""
    row = await _one(asked, f"select {CHANGE}, reasons, sealed from changes where change_id = $1", change_id)  # noqa: S608
    if row is None or not (_concerns(asked, row) or (asked.actor.role != VCO and not row["sealed"])):
        raise asked.not_found("change", change_id)
    return row


async def doubts(asked: Asked) -> dict[str, Any]:
    """Decisions of the asker's body made unaware of a fact that would have stopped them; the overseers see all."""
    body = "" if asked.actor.role in OVERSEERS else asked.actor.organisation
    return await asked.page(DOUBTS, body, key="doubt")


def without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """A row as it is shown: documents have addresses of their own."""
    return {name: value for name, value in row.items() if name not in names}


def concerned(asked: Asked, row: Mapping[str, Any]) -> bool:
    """Whether who asks is a party, and no mere onlooker."""
    return asked.actor.organisation in (row["organisation_id"], row["funder_id"])


def _concerns(asked: Asked, row: Mapping[str, Any]) -> bool:
    return concerned(asked, row) or asked.actor.role == "auditor"


def _is_bidder(asked: Asked, row: Mapping[str, Any]) -> bool:
    return asked.actor.role == VCO and row["organisation_id"] == asked.actor.organisation


def _opened_for(asked: Asked, row: Mapping[str, Any]) -> bool:
    mine = asked.actor.role in FUNDER_ROLES and row["funder_id"] == asked.actor.organisation
    return mine and not row["sealed"]


async def _opened_to(asked: Asked, row: Mapping[str, Any]) -> bool:
    """Whether somebody of the funder, its panel, or who reviews the decision may read this bid (Compact 3.1.6)."""
    return not row["sealed"] and (
        (_opened_for(asked, row) and await reading_panels.no_member_or_declared(asked, row))
        or await reading_panels.may_read(asked, row)
    )


def _parts(value: Any) -> dict[str, DocumentRef]:
    return {part["criterion_id"]: DocumentRef.model_validate(part["document"]) for part in loaded(value) or ()}


async def _one(asked: Asked, sql: str, *args: Any) -> dict[str, Any] | None:
    rows = await asked.rows(sql, *args)
    return dict(rows[0]) if rows else None
