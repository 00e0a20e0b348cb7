"""The read tables of agreements' terms."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.runtime.projections import Table


class AgreementTerms(Table, key=("agreement_id",)):
    """The terms of each agreement as they were settled."""

    agreement_id: str
    takes_until: date | None = None
    shorter: bool | None = None
    term_reason: dict[str, Any] | None = None
    model: str = ""
    timing: str = ""
    instalments_per_year: int = 0
    small_organisation: bool = False
    financing_reasons: list[Any] | None = None
    risks: list[Any] | None = None
    views: list[Any] | None = None
    clauses: list[Any] | None = None
    clauses_document: dict[str, Any] | None = None


class AgreementParts(Table, key=("agreement_id", "organisation_id")):
    """The members of a consortium in each agreement: their share, the risks they bear, whether they confirmed."""

    agreement_id: str
    organisation_id: str
    share_pounds: int = 0
    risk_ids: tuple[str, ...] = ()
    part: dict[str, Any] | None = None
    confirmed: bool = False


TABLES = (AgreementTerms, AgreementParts)
