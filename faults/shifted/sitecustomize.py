"""Moves the wall clock of a process by the seconds that stand in a file: what a machine's clock does when it jumps."""

from __future__ import annotations

import os
import time
from pathlib import Path

FILE = Path(os.environ.get("COMPACT_FAULTS_SHIFT", os.devnull))
real = time.time


def shifted() -> float:
    """The machine's clock and the shift of the moment."""
    try:
        return real() + float(FILE.read_text() or 0)
    except (OSError, ValueError):
        return real()


time.time = shifted
