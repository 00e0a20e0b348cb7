"""A read table follows from events alone; its schema is named by what defines it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from contracts.partners import PersonErased
from services.runtime import tables
from services.runtime.decisions import Recorded
from services.runtime.projections import (
    Add,
    ClearTimer,
    Delete,
    Projections,
    RowChange,
    SetTimer,
    Table,
    Timers,
    Upsert,
)

NOW = datetime(2014, 4, 1, 9, 0, tzinfo=UTC)


class Bids(Table, key=("bid_id",)):
    bid_id: str
    title: str = "untitled"
    pounds: int = 0
    sealed: bool = True
    due_on: date | None = None
    due_at: datetime | None = None
    share: Decimal = Decimal(0)
    tags: tuple[str, ...] = ()
    lines: list[Any] | None = None


class OverdueReports(Table, key=("agreement_id", "period")):
    agreement_id: str
    period: str


def row(*changes: RowChange, standing: dict[str, Any] | None = None) -> dict[str, Any] | None:
    return tables._apply(Bids, ("b1",), standing, changes)


def test_a_tables_name_and_columns_are_what_its_class_says() -> None:
    assert OverdueReports.table_name == "overdue_reports"
    assert [(column.name, column.sql, column.nullable) for column in Bids.columns()] == [
        ("bid_id", "text", False), ("title", "text", False), ("pounds", "bigint", False), ("sealed", "boolean", False),
        ("due_on", "date", True), ("due_at", "timestamptz", True), ("share", "numeric", False),
        ("tags", "text[]", False), ("lines", "jsonb", True),
    ]  # fmt: skip


def test_a_row_is_made_with_what_its_columns_hold_where_nothing_was_said() -> None:
    made = row(Upsert(Bids, "b1", pounds=5))

    assert made is not None
    assert (made["bid_id"], made["title"], made["pounds"], made["tags"], made["due_on"]) == (
        "b1",
        "untitled",
        5,
        (),
        None,
    )


def test_only_the_named_columns_are_set() -> None:
    made = row(Upsert(Bids, "b1", title="Transport"), Upsert(Bids, "b1", pounds=5))

    assert made is not None
    assert (made["title"], made["pounds"]) == ("Transport", 5)


def test_additions_add_up() -> None:
    made = row(Add(Bids, "b1", pounds=5), Add(Bids, "b1", pounds=-2))

    assert made is not None
    assert made["pounds"] == 3


def test_a_deleted_row_is_gone_and_can_be_made_anew() -> None:
    assert row(Upsert(Bids, "b1", pounds=5), Delete(Bids, "b1")) is None
    anew = row(Upsert(Bids, "b1", pounds=5), Delete(Bids, "b1"), Upsert(Bids, "b1", title="Again"))

    assert anew is not None
    assert (anew["title"], anew["pounds"]) == ("Again", 0)


def test_a_column_or_key_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        row(Upsert(Bids, "b1", ponds=5))
    with pytest.raises(ValueError, match="key"):
        tables._apply(OverdueReports, ("a1",), None, [Upsert(OverdueReports, "a1")])


def test_a_timer_is_a_row_that_projections_set_and_clear() -> None:
    assert SetTimer("results", "p1", due_at=NOW) == Upsert(Timers, "results", "p1", due_at=NOW, due_on=None)
    assert ClearTimer("results", "p1") == Delete(Timers, "results", "p1")


def test_changes_are_gathered_by_table_and_key_in_order() -> None:
    projections = Projections(Bids)

    @projections.of(PersonErased)
    def note(event: Recorded[PersonErased]) -> Iterator[RowChange]:
        yield Upsert(Bids, "b1", title=event.data.person_id)
        yield Add(Bids, "b1", pounds=1)

    changed = tables.fold(projections, [_journalled("1"), _journalled("2"), _journalled("3", "unknown.here")])

    assert [type(change).__name__ for change in changed[Bids][("b1",)]] == ["Upsert", "Add"] * 2


def _journalled(person: str, wire: str = PersonErased.wire) -> dict[str, Any]:
    return {
        "position": 1, "id": "i", "source": "/s", "type": wire, "time": NOW, "recorded": NOW, "actor": "a", "role": "r",
        "onbehalfof": "o", "correlationid": "c", "causationid": "", "tags": ["person:1"],
        "data": PersonErased(person_id=person).model_dump_json().encode(),
    }  # fmt: skip


def test_the_schema_is_named_by_its_definitions() -> None:
    assert Projections(Bids).schema == Projections(Bids).schema
    assert Projections(Bids).schema != Projections(Bids, OverdueReports).schema
