"""Guarantee: a decision is a pure function of named facts, and its refusal is a value.

A decision names the facts it needs as a :class:`Query`, gets them folded, and returns events or a :class:`Rejection`.
It has no clock, no ids, no log and no await: those arrive in the command.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

from contracts.envelope import Event
from contracts.rules import Citation

F = TypeVar("F", bound="Fold")
E = TypeVar("E", bound=Event, covariant=True)


class Recorded(NamedTuple, Generic[E]):
    """An event as it stands in a journal, own or received; a tuple, because a replay makes one of each."""

    position: int
    id: str
    source: str
    time: datetime
    recorded: datetime
    actor: str
    role: str
    onbehalfof: str
    correlationid: str
    causationid: str
    tags: tuple[str, ...]
    data: E

    def hands(self, named: str) -> frozenset[str]:
        """The person that a fact names, and the natural person who acted, also in that person's name."""
        return frozenset({named} if self.role == "system" else {named, self.actor})

    @property
    def subject(self) -> str:
        """The event's first tag."""
        return self.tags[0] if self.tags else ""


class Fold(Protocol):
    """Facts of one question, folded from events; `evolve` is the only place where they change."""

    folds: ClassVar[tuple[type[Event], ...]]

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one event, whose class is among `folds`, in journal order."""


@dataclass(frozen=True)
class Item:
    """Events that carry *all* these tags and *one* of these types (default: all that the fold knows)."""

    tags: tuple[str, ...]
    only: tuple[type[Event], ...] = ()

    def __init__(self, *tags: str, only: Sequence[type[Event]] = ()) -> None:
        if not tags:
            raise ValueError("an item needs at least one tag")
        object.__setattr__(self, "tags", tuple(sorted(set(tags))))
        object.__setattr__(self, "only", tuple(only))


@dataclass(frozen=True)
class Query(Generic[F]):
    """The facts a decision stands on: events matching either item, folded by `fold`."""

    items: tuple[Item, ...]
    fold: Callable[[], F]

    def __init__(self, *items: Item, fold: type[F] | Callable[[], F]) -> None:
        object.__setattr__(self, "items", items)
        object.__setattr__(self, "fold", fold)


@dataclass(frozen=True)
class Actor:
    """Who acts: an opaque person id (or `system`), in which role, for which organisation."""

    person: str
    role: str
    organisation: str


@dataclass(frozen=True, kw_only=True)
class Command:
    """What somebody asks for; subclasses add the particulars. `now` is business time, aware, UTC."""

    actor: Actor
    now: datetime
    subject: ClassVar[str] = ""
    """Name of the field that holds the id of the thing the command is about, for refusals."""
    sealed: ClassVar[bool] = False
    """Whether even the refusal is sealed matter: then it is kept as `SealedStepRefused`, private."""
    counts_absence: ClassVar[bool] = False
    """Whether it may be granted because another service's fact is absent: then it waits while the bus is away."""
    before_rules: ClassVar[bool] = False
    """Whether it may be decided before the place adopted its first rules."""
    bootstraps: ClassVar[bool] = False
    """Whether its decision itself judges who may act, because nobody holds an office yet."""


@dataclass(frozen=True)
class Rejection:
    """A refusal: a snake_case code, a sentence, the citation it stands on, and what would clear it.

    With a citation it is a fact and enters the journal (409). Without one it is an answer only: `status` 404 for a
    thing that does not exist, 403 for somebody else's, 503 for facts not yet here, 409 otherwise.
    """

    code: str
    sentence: str
    citation: Citation | None = None
    remedy: str = ""
    status: int = 409


@dataclass(frozen=True)
class Waiting:
    """What a reaction's decision returns while a fact is missing that it needs; tried again once one arrives."""

    reason: str


Decision = Sequence[Event] | Rejection


def unknown(what: str, which: str) -> Rejection:
    """The 404 for a thing that is not there."""
    return Rejection(f"{what}_unknown", f"There is no {what.replace('_', ' ')} {which}.", status=404)
