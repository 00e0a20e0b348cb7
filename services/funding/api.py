"""Requests to funding, by what they are about."""

from __future__ import annotations

from fastapi import APIRouter

from services.funding import api_agreements, api_bids, api_changes, api_decisions, api_doubts, api_programmes

router = APIRouter()
for part in (api_programmes, api_bids, api_decisions, api_agreements, api_changes, api_doubts):
    router.include_router(part.router)
