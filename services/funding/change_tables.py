"""The read tables of a change of support: how far it has come, whom it affects, what each side said."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.runtime.projections import Table


class ChangeProgress(Table, key=("change_id",)):
    """How far each change of support has come, and its dates."""

    change_id: str
    organisation_id: str = ""
    former_organisation_id: str = ""
    state: str = "proposed"
    restarted_as: str | None = None
    respond_by: date | None = None
    met_on: date | None = None
    reallocation_needed: bool | None = None
    agreed: bool | None = None
    funder_costs_jobs: bool | None = None
    funder_share_of_income: int | None = None
    own_costs_jobs: bool | None = None
    own_share_of_income: int | None = None
    notice_months: int | None = None
    decided_by: str = ""
    served_on: date | None = None
    ends_on: date | None = None
    effect_on: date | None = None
    plan_due_on: date | None = None
    plan_overdue: bool = False
    redundancy_pounds: int | None = None


class ChangeNumbers(Table, key=("change_id", "counted_by", "of_group")):
    """How many people of each group a change affects, as either side counted; none where fewer than five."""

    change_id: str
    counted_by: str
    of_group: str
    people: int | None = None
    fewer_than_five: bool = False


class ChangePoints(Table, key=("change_id", "representation_id", "point")):
    """Each numbered point of a response, whether it was answered, and whether its organisation finds it answered."""

    change_id: str
    representation_id: str
    point: str
    basis_stated: bool = False
    answered: bool = False
    marked_answered: bool | None = None


class ChangePapers(Table, key=("change_id", "document_id")):
    """What was written about a change, by whom, under which part."""

    change_id: str
    document_id: str
    kind: str = ""
    part: str = ""
    document: dict[str, Any] | None = None


class StepsSetAside(Table, key=("change_id", "step")):
    """Which steps of a change are set aside, for which statute, until when."""

    change_id: str
    step: str
    statute: str = ""
    set_aside_by: str = ""
    lapses_on: date | None = None
    lapsed: bool = False


class PartnerEffects(Table, key=("change_id", "body_id")):
    """What other bodies say that a change would do to their own work."""

    change_id: str
    body_id: str
    people: int | None = None
    referrals_a_year: int | None = None


CHANGE_TABLES: tuple[type[Table], ...] = (
    ChangeProgress, ChangeNumbers, ChangePoints, ChangePapers, StepsSetAside, PartnerEffects,
)  # fmt: skip
