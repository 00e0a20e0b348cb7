"""Guarantee: what is read follows from the journal alone.

A projection is a pure function from one event to row changes. The runtime folds the changes of a batch and writes each
table once, together with the position it has come to. Definitions live in a schema named by their hash.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, ClassVar, TypeVar, Union, get_args, get_origin, get_type_hints

from contracts.envelope import Event
from services.runtime.decisions import Recorded

G = TypeVar("G", bound=Callable[..., Any])
SQL_TYPES: dict[Any, str] = {
    str: "text", int: "bigint", bool: "boolean", date: "date", datetime: "timestamptz", Decimal: "numeric",
    tuple: "text[]", dict: "jsonb", list: "jsonb", float: "double precision",
}  # fmt: skip
ZEROES: dict[str, Any] = {"text": "", "bigint": 0, "boolean": False, "text[]": (), "numeric": Decimal(0)}


@dataclass(frozen=True)
class Column:
    """A column: its SQL type, whether it may be null, and what it holds where nothing was said."""

    name: str
    sql: str
    nullable: bool
    default: Any


class Table:
    """A read table: a subclass's annotations are its columns; `key=` names the columns of its primary key."""

    key: ClassVar[tuple[str, ...]] = ()
    table_name: ClassVar[str] = ""

    def __init_subclass__(cls, *, key: tuple[str, ...], name: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.key = key
        cls.table_name = name or "".join("_" + c.lower() if c.isupper() else c for c in cls.__name__).lstrip("_")

    @classmethod
    def columns(cls) -> tuple[Column, ...]:
        """The table's columns in the order of their declaration."""
        found: tuple[Column, ...] | None = cls.__dict__.get("_columns")
        if found is None:
            hints = get_type_hints(cls)
            found = tuple(
                _column(name, hints[name], getattr(cls, name, None))
                for name in hints
                if name not in ("key", "table_name")
            )
            cls._columns = found  # type: ignore[attr-defined]
        return found


def _column(name: str, hint: Any, default: Any) -> Column:
    nullable = get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint)
    if nullable:
        hint = next(one for one in get_args(hint) if one is not NoneType)
    sql = SQL_TYPES.get(get_origin(hint) or hint, "text")
    if default is None and not nullable:
        default = ZEROES.get(sql)
    return Column(name, sql, nullable, default)


@dataclass(init=False, slots=True)
class Upsert:
    """Sets the named columns of a row, which is made where it does not exist."""

    table: type[Table]
    row_key: tuple[Any, ...]
    values: dict[str, Any]

    def __init__(self, table: type[Table], *row_key: Any, **values: Any) -> None:
        self.table, self.row_key, self.values = table, row_key, values


@dataclass(init=False, slots=True)
class Add:
    """Adds to the named number columns of a row, which is made where it does not exist."""

    table: type[Table]
    row_key: tuple[Any, ...]
    values: dict[str, Any]

    def __init__(self, table: type[Table], *row_key: Any, **values: Any) -> None:
        self.table, self.row_key, self.values = table, row_key, values


@dataclass(init=False, slots=True)
class Delete:
    """Removes a row."""

    table: type[Table]
    row_key: tuple[Any, ...]

    def __init__(self, table: type[Table], *row_key: Any) -> None:
        self.table, self.row_key = table, row_key


RowChange = Upsert | Add | Delete


class Timers(Table, key=("name", "about"), name="timers"):
    """What falls due by itself: at a moment, or at the start of a London day."""

    name: str
    about: str
    due_at: datetime | None = None
    due_on: date | None = None


def SetTimer(name: str, about: str, *, due_at: datetime | None = None, due_on: date | None = None) -> RowChange:
    """A timer of this name and key falls due at this moment, or at the start of this London day."""
    return Upsert(Timers, name, about, due_at=due_at, due_on=due_on)


def ClearTimer(name: str, about: str) -> RowChange:
    """A timer is no longer due."""
    return Delete(Timers, name, about)


Projection = Callable[[Recorded[Any]], Iterable[RowChange]]


class Projections:
    """A service's read tables and the functions that fill them."""

    def __init__(self, *tables: type[Table]) -> None:
        self.tables: tuple[type[Table], ...] = (*tables, Timers)
        self.by_type: dict[str, list[Projection]] = {}

    def keep(self, *tables: type[Table]) -> None:
        """Further tables, filled by another module than the one that named the first."""
        self.tables = (*self.tables, *tables)

    def of(self, *kinds: type[Event]) -> Callable[[G], G]:
        """Register a projection for events of these classes: `(Recorded[Kind]) -> Iterable[RowChange]`."""

        def register(function: G) -> G:
            for kind in kinds:
                self.by_type.setdefault(kind.wire, []).append(function)
            return function

        return register

    def changes(self, event: Recorded[Any]) -> Iterator[RowChange]:
        """All row changes that an event makes."""
        for function in self.by_type.get(event.data.wire, ()):
            yield from function(event)

    @property
    def schema(self) -> str:
        """The schema's name: a hash over the tables and the source of the functions."""
        digest = hashlib.sha256()
        for table in self.tables:
            digest.update(repr((table.table_name, table.key, table.columns())).encode())
        for source in sorted({inspect.getsourcefile(f) or "" for fs in self.by_type.values() for f in fs}):
            digest.update(open(source, "rb").read())  # noqa: SIM115
        own = sys.modules[__name__].__file__ or ""
        digest.update(open(own, "rb").read())  # noqa: SIM115
        return f"read_{digest.hexdigest()[:12]}"
