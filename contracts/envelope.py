"""What every event is: a frozen model with a literal name on the wire, an audience and tags; and its envelope.

The envelope is CloudEvents 1.0 (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md) with the
extension attributes listed in :class:`Envelope`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, get_args

from pydantic import BaseModel, ConfigDict, Field


class Audience(StrEnum):
    """Who may read an event."""

    PRIVATE = "private"
    """The publisher's own journal only."""
    SERVICES = "services"
    """The four services, on `<place>.<service>.events`."""
    PARTNERS = "partners"
    """The signatories' own systems too, on `<place>.<service>.shared`."""


@dataclass(frozen=True)
class Tag:
    """Marks a field that names what decisions ask about: `Annotated[str, Tag("bid")]` gives the tag `bid:<value>`.

    The first tag of an event is its subject: what is held, skipped or ordered together.
    """

    kind: str


class Record(BaseModel):
    """A frozen value inside an event; readers ignore what they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256, hexadecimal")]


class DocumentRef(Record):
    """A text or file kept in the document store; the event proves it without holding it."""

    id: str
    media_type: str
    size: int = Field(ge=0, description="bytes")
    hash: Hash = Field(description="SHA-256 over the document's own salt followed by its bytes")


class Event(Record):
    """A fact. Subclasses say their name on the wire and their audience in the class line."""

    wire: ClassVar[str] = ""
    audience: ClassVar[Audience] = Audience.PRIVATE
    opened_by: ClassVar[str] = ""
    """The event before which this one is sealed (`never`: for good): only who recorded it may read it until then."""
    anonymous: ClassVar[bool] = False
    """Whether the envelope names the system instead of who acted, because who acted is sealed."""
    tag_fields: ClassVar[tuple[tuple[str, str], ...]] = ()

    def __init_subclass__(
        cls,
        *,
        wire: str = "",
        audience: Audience = Audience.PRIVATE,
        opened_by: str = "",
        anonymous: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(**kwargs)
        cls.wire, cls.audience, cls.opened_by, cls.anonymous = wire, audience, opened_by, anonymous

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        cls.tag_fields = tuple(
            (name, mark.kind)
            for name, field in cls.model_fields.items()
            for mark in (*field.metadata, *_inner_marks(field.annotation))
            if isinstance(mark, Tag)
        )

    @property
    def tags(self) -> tuple[str, ...]:
        """`kind:value` of every tagged field, in the order of declaration, without repeats."""
        return tuple(dict.fromkeys(self._each_tag()))

    @property
    def opened_documents(self) -> tuple[DocumentRef, ...]:
        """The documents that this event opens to the other services: its field `opens`, where it has one."""
        opens: tuple[DocumentRef, ...] = getattr(self, "opens", ())
        return opens

    def _each_tag(self) -> Iterator[str]:
        for name, kind in self.tag_fields:
            value = getattr(self, name)
            for one in value if isinstance(value, tuple) else (value,):
                if one is not None:
                    yield f"{kind}:{one}"


def _inner_marks(annotation: Any) -> Iterator[Any]:
    """Marks inside `tuple[Annotated[str, Tag(...)], ...]` and `Annotated[...] | None`."""
    for inner in get_args(annotation):
        yield from getattr(inner, "__metadata__", ())


@dataclass(frozen=True, slots=True)
class Envelope:
    """The CloudEvents attributes of a message; `sequence` to `knew` exist on a topic only."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    actor: str
    role: str
    onbehalfof: str
    correlationid: str
    causationid: str
    tags: tuple[str, ...]
