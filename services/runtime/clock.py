"""Guarantee: a clock that has jumped is found before a decision rests on it, and a stepped clock never runs backwards.

*Business time* (decisions, timers, the events' `time`) comes from a :class:`Clock`; *system time* (tokens, leases,
retries, logs) is :func:`system_now` and never stepped.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

TOLERANCE = 60.0
"""Seconds a clock may differ before it is doubted, and how long it must then run steadily to be believed again."""


def system_now() -> datetime:
    """System time, aware, UTC."""
    return datetime.now(UTC)


class ClockUnreadable(Exception):
    """There is no readable instant in the stepped clock's file."""


class ClockWouldGoBack(Exception):
    """Somebody tried to set the stepped clock to an earlier instant than it shows."""


class Clock(Protocol):
    """Where business time comes from."""

    def now(self) -> datetime:
        """Business time, aware, UTC."""

    def certain(self, database_now: datetime | None = None) -> bool:
        """Whether decisions may rest on this clock; ask before each command and timer."""


class SystemClock:
    """The machine's clock under watch, against the monotonic clock and the database's clock."""

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._trusted = wall() - monotonic()
        self._doubted: tuple[float, float] | None = None
        self._apart = False

    def now(self) -> datetime:
        """Business time, aware, UTC."""
        return datetime.fromtimestamp(self._wall(), UTC)

    def certain(self, database_now: datetime | None = None) -> bool:
        """Whether the clock has neither moved since the last look nor stands apart from the database's.

        After a jump it is believed again once it is back, or once it has run steadily for a minute at a time that the
        database's clock shows too (a machine that was suspended, a clock put right).
        """
        wall, ticks = self._wall(), self._monotonic()
        if database_now is not None:
            self._apart = abs(wall - database_now.timestamp()) > TOLERANCE
        offset = wall - ticks
        if abs(offset - self._trusted) <= TOLERANCE or self._settled(offset, ticks, seen=database_now is not None):
            self._doubted = None
            self._trusted = self._trusted if self._apart else offset
        return self._doubted is None and not self._apart

    def _settled(self, offset: float, ticks: float, seen: bool) -> bool:
        if self._doubted is None or abs(offset - self._doubted[0]) > TOLERANCE:
            self._doubted = (offset, ticks)
        return seen and not self._apart and ticks - self._doubted[1] >= TOLERANCE


class SteppedClock:
    """One instant for every process of a demonstration, read from a small file on every call."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._shown: datetime | None = None

    def now(self) -> datetime:
        """The instant in the file; while the file is missing or half written, the last one shown."""
        read = _read(self._path)
        if read is not None and (self._shown is None or read > self._shown):
            self._shown = read
        if self._shown is None:
            raise ClockUnreadable(f"{self._path}: expected one instant, such as 2014-04-01T09:00:00+00:00")
        return self._shown

    def certain(self, database_now: datetime | None = None) -> bool:
        """Always: a stepped clock moves only when it is told to."""
        return True


def clock_at(path: Path | None) -> Clock:
    """The stepped clock in that file, or the machine's own where there is none."""
    return SteppedClock(path) if path else SystemClock()


def set_clock(path: Path, moment: datetime) -> None:
    """Move the stepped clock to a moment, for every process at once; never back."""
    if moment.tzinfo is None:
        raise ValueError("expected a moment with its zone, such as 2014-04-01T09:00:00+00:00")
    if (shown := _read(path)) is not None and moment < shown:
        raise ClockWouldGoBack(f"The clock shows {shown.isoformat()} and cannot go back to {moment.isoformat()}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    beside.write_text(moment.astimezone(UTC).isoformat() + "\n")
    beside.replace(path)


def _read(path: Path) -> datetime | None:
    # Read whole each time: a file replaced twice within a tick can keep its inode, size and time.
    try:
        text = path.read_text()
        moment = datetime.fromisoformat(text.strip()) if text.endswith("\n") else None
        return moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (OSError, ValueError, OverflowError):
        return None
