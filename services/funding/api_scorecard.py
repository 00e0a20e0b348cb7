"""Requests for the Compact's record."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter

from services.funding.scorecard import Chosen, facts, scorecard
from services.runtime.history import ROLES
from services.runtime.http import Asked, asked_by

router = APIRouter(tags=["scorecard"])
Reader = Annotated[Asked, asked_by(*ROLES, "councillor", "monitoring_officer")]


@router.get("/scorecard")
async def tell_scorecard(asked: Reader, clause: str = "", body: str = "") -> dict[str, Any]:
    """What was done, missed, refused and set aside, by undertaking and public body (Sutton Compact 3.1 to 3.5)."""
    return await scorecard(asked, Chosen(clause, body))


@router.get("/scorecard/facts")
async def tell_facts(asked: Reader, clause: str = "", body: str = "", outcome: str = "") -> dict[str, Any]:
    """The facts behind a number of the record, page by page (Sutton Compact 3.1 to 3.5)."""
    return await facts(asked, Chosen(clause, body, outcome))
