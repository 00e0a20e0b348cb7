"""The read table of the Compact's record."""

from __future__ import annotations

from datetime import datetime

from services.runtime.projections import Table


class ScorecardFacts(Table, key=("deed", "mark")):
    """Each deed that the record counts, with the event that says so."""

    deed: str
    mark: str
    """What it is counted once for."""
    counts: bool = False
    """Whether it was done: a row may be made before, by what it waits for."""
    awaited: int = 0
    """How many answers are still to come before it counts."""
    body: str = ""
    """The public body; none where it counts for the voluntary sector."""
    event_id: str = ""
    type: str = ""
    service: str = ""
    position: int = 0
    recorded: datetime | None = None
    time: datetime | None = None
    about: str = ""
    change_id: str = ""
    """The change of support that it is about: it is counted once other bodies may know of that."""
    code: str = ""
    cited_document: str = ""
    cited_clause: str = ""
