"""Requests to funding, by what they are about."""

from __future__ import annotations

from fastapi import APIRouter

from services.funding import (
    api_agreements,
    api_bids,
    api_decisions,
    api_incumbents,
    api_panels,
    api_programmes,
    api_reviews,
)

router = APIRouter()
for part in (api_programmes, api_bids, api_decisions, api_agreements, api_panels, api_reviews, api_incumbents):
    router.include_router(part.router)
