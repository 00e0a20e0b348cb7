"""How facts change what is read of agreements' terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from contracts import agreement_terms, budgets, funding
from contracts.envelope import Record
from services.funding.projections import projections
from services.funding.tables import ProgrammeMoney
from services.funding.tables_terms import AgreementParts, AgreementTerms
from services.runtime.decisions import Recorded
from services.runtime.projections import RowChange, Upsert


def _plain(records: Iterable[Record]) -> list[dict[str, Any]]:
    return [record.model_dump(mode="json") for record in records]


@projections.of(budgets.ProgrammeMoneyCut)
def show_less_money(event: Recorded[budgets.ProgrammeMoneyCut]) -> Iterator[RowChange]:
    """A round has less money."""
    for amount in event.data.money:
        yield Upsert(ProgrammeMoney, event.data.programme_id, amount.year, pounds=amount.pounds)


@projections.of(funding.AgreementDrafted)
def list_members(event: Recorded[funding.AgreementDrafted]) -> Iterator[RowChange]:
    """The members of a consortium have a part to confirm."""
    for member in event.data.members:
        key = (event.data.agreement_id, member.organisation_id)
        yield Upsert(AgreementParts, *key, share_pounds=member.share_pounds)


@projections.of(agreement_terms.TermReasoned)
def show_term(event: Recorded[agreement_terms.TermReasoned]) -> Iterator[RowChange]:
    """The term stands beside the time that the outcome takes (Compact 3.3.3)."""
    fact = event.data
    reason = fact.reason.model_dump(mode="json") if fact.reason else None
    yield Upsert(
        AgreementTerms, fact.agreement_id, takes_until=fact.takes_until, shorter=fact.shorter, term_reason=reason
    )


@projections.of(agreement_terms.FinancingModelChosen)
def show_financing(event: Recorded[agreement_terms.FinancingModelChosen]) -> Iterator[RowChange]:
    """How the agreement is paid, and why (Compact 3.3.7)."""
    fact = event.data
    yield Upsert(
        AgreementTerms, fact.agreement_id, model=fact.model.value, timing=fact.timing.value,
        instalments_per_year=fact.instalments_per_year, small_organisation=fact.small_organisation,
        financing_reasons=_plain(fact.reasons),
    )  # fmt: skip


@projections.of(agreement_terms.RisksAllocated)
def show_risks(event: Recorded[agreement_terms.RisksAllocated]) -> Iterator[RowChange]:
    """Who bears which risk, and why; views are asked for anew (Compact 3.3.6)."""
    yield Upsert(AgreementTerms, event.data.agreement_id, risks=_plain(event.data.risks), views=None)


@projections.of(agreement_terms.RiskViewsGiven)
def show_views(event: Recorded[agreement_terms.RiskViewsGiven]) -> Iterator[RowChange]:
    """What the organisation thinks of it (Compact 3.3.6)."""
    yield Upsert(AgreementTerms, event.data.agreement_id, views=_plain(event.data.views))


@projections.of(agreement_terms.ClausesDrafted)
def show_clauses(event: Recorded[agreement_terms.ClausesDrafted]) -> Iterator[RowChange]:
    """The clauses, and what each restricts (Compact 3.1.1)."""
    fact = event.data
    document = fact.document.model_dump(mode="json")
    yield Upsert(AgreementTerms, fact.agreement_id, clauses=_plain(fact.clauses), clauses_document=document)


@projections.of(agreement_terms.AgreementPartConfirmed)
def show_part(event: Recorded[agreement_terms.AgreementPartConfirmed]) -> Iterator[RowChange]:
    """A member stands by its part, share and risks (Compact 3.3.6)."""
    fact = event.data
    yield Upsert(
        AgreementParts, fact.agreement_id, fact.organisation_id, share_pounds=fact.share_pounds,
        risk_ids=fact.risk_ids, part=fact.part.model_dump(mode="json"), confirmed=True,
    )  # fmt: skip
