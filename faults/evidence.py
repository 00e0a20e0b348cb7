"""What a run left behind for the checker."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Evidence:
    """What a run left behind for the checker: where to look, and what was told to clients."""

    place: str
    databases: dict[str, str]
    kafka: str
    mail: str
    acknowledged: str
    observed: str
    restored: dict[str, int]
    emptied: int

    @classmethod
    def read(cls, path: Path) -> Evidence:
        """Read what was written."""
        return cls(**json.loads(path.read_text()))

    def write(self, path: Path) -> None:
        """Keep it as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")
