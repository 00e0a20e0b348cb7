"""What the partnership publishes about its events: who may read each, and what opens it (docs/who-can-read.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PAGE = CHECKOUT / "docs" / "who-can-read.md"
SERVICES = ("partners", "funding", "monitoring", "notifications")
AUDIENCES = {"events": ("services", "partners"), "shared": ("partners",)}
"""Which audiences stand on a topic, by the last part of its name."""
ROW = re.compile(r"\| `(\w+)` `([\w.]+)` \| ([^|]*)\| ([^|]*)\| [^|]*\| ([^|]*)\|$", re.MULTILINE)


@dataclass(frozen=True)
class Kind:
    """One kind of event: its name on the wire, its audience, the event that opens it (or `never`), its readers."""

    wire: str
    audience: str
    opened_by: str
    readers: tuple[str, ...]

    @property
    def publisher(self) -> str:
        """The service that records it; `compact` where any may."""
        return self.wire.partition(".")[0]


def kinds() -> dict[str, Kind]:
    """Every kind of event by its name on the wire."""
    found = ROW.findall(PAGE.read_text())
    wires = {name: wire for name, wire, *_ in found}
    return {wire: _kind(wire, opened.strip(" `"), topics, wires) for _, wire, _, opened, topics in found}


def _kind(wire: str, opened: str, topics: str, wires: dict[str, str]) -> Kind:
    audience = "partners" if "`.shared`" in topics else "services" if "`.events`" in topics else "private"
    readers = tuple(one for one in SERVICES if one in topics.partition(";")[0])
    return Kind(wire, audience, wires.get(opened, opened), readers)


def readers_of(publisher: str, every: Mapping[str, Kind]) -> tuple[str, ...]:
    """The services that read what one publishes."""
    return tuple(sorted({reader for kind in every.values() if kind.publisher == publisher for reader in kind.readers}))
