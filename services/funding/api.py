"""Requests to funding, by what they are about."""

from __future__ import annotations

from fastapi import APIRouter

from services.funding import (
    api_agreements,
    api_bids,
    api_budget,
    api_changes,
    api_decisions,
    api_doubts,
    api_incumbents,
    api_panels,
    api_payments,
    api_programmes,
    api_reviews,
    api_scorecard,
    api_terms,
)

router = APIRouter()
for part in (
    api_programmes, api_bids, api_decisions, api_agreements, api_terms, api_payments, api_panels,
    api_reviews, api_incumbents, api_changes, api_doubts, api_budget,
    api_scorecard,
):  # fmt: skip
    router.include_router(part.router)
