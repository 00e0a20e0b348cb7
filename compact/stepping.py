"""Guarantee: the stepped clock moves only once nothing is under way anywhere, and to the next moment something is due.

Quiet is: every event published and read, read tables and reactions at the head, no timer due, nothing being sent; seen
twice running. What failed in a reaction is reported at once, since it would never become quiet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from compact.system import System
from compact.tokens import sign
from contracts.topics import LISTENS, SERVICES, events_topic
from services.runtime.clock import SteppedClock, set_clock

Statuses = dict[str, dict[str, Any]]


class NeverQuiet(RuntimeError):
    """Something stayed under way, or failed; the message says what."""


@dataclass
class Stepper:
    """Moves the clock of one system that was made as a demonstration."""

    system: System
    client: httpx.AsyncClient
    seconds: float = 60

    @property
    def clock(self) -> SteppedClock:
        """The clock that all services share."""
        if self.system.clock is None:
            raise NeverQuiet(f"{self.system.data} was not made as a demonstration; its clock is not stepped.")
        return SteppedClock(self.system.clock)

    async def statuses(self) -> Statuses:
        """What every service says of itself."""
        token = sign(self.system.signing_key, "demo-auditor", "auditor", self.system.place)
        headers = {"Authorization": f"Bearer {token}"}
        answers = await asyncio.gather(
            *(self.client.get(f"{self.system.url(name)}/status", headers=headers) for name in SERVICES)
        )
        return {name: answer.raise_for_status().json() for name, answer in zip(SERVICES, answers, strict=True)}

    async def until_quiet(self) -> Statuses:
        """Wait until everything was quiet twice running; raises NeverQuiet with what was under way."""
        statuses: Statuses = {}
        quiet, why = 0, "nothing was asked"
        try:
            async with asyncio.timeout(self.seconds):
                while quiet < 2:
                    try:
                        statuses = await self.statuses()
                        why = busy(statuses, self.system.place)
                    except httpx.HTTPError as error:
                        why = f"a service is away ({type(error).__name__})"
                    quiet = 0 if why else quiet + 1
                    await asyncio.sleep(0.03 if why else 0.01)
        except TimeoutError:
            raise NeverQuiet(f"not quiet after {self.seconds:.0f} s: {why}") from None
        return statuses

    async def advance(self, moment: datetime) -> int:
        """Move to a moment, stopping wherever something falls due on the way; says how often it stopped."""
        stops = 0
        while True:
            due = next_due(list((await self.until_quiet()).values()))
            if due is None or due > moment:
                break
            await self._set(due)
            stops += 1
        await self._set(moment)
        await self.until_quiet()
        return stops

    async def _set(self, moment: datetime) -> None:
        assert self.system.clock is not None
        if moment > self.clock.now():
            set_clock(self.system.clock, moment)


def next_due(statuses: Sequence[dict[str, Any]]) -> datetime | None:
    """The earliest moment at which anything falls due anywhere."""
    moments = [datetime.fromisoformat(one["timers"]["next_due"]) for one in statuses if one["timers"]["next_due"]]
    return min(moments, default=None)


def busy(statuses: Statuses, place: str) -> str:
    """What is under way, in words; empty where nothing is. Raises NeverQuiet for what failed."""
    for name, one in statuses.items():
        failed = [left["reaction"] for left in one["reactions"]["left"] if left["state"] == "failed"]
        if failed or one["reactions"]["stopped"]:
            raise NeverQuiet(f"{name}: failed reactions {failed or one['reactions']['stopped']}; see its log")
        for what, is_busy in _signs(one).items():
            if is_busy:
                return f"{name}: {what}"
    return _unread(statuses, place)


def _signs(one: dict[str, Any]) -> dict[str, bool]:
    return {
        f"bus {one['bus']['standing']}": one["bus"]["standing"] != "agreed with the bus",
        "events to be published": any(one["unpublished"].values()),
        "read tables behind": one["read_tables"]["behind"] > 0,
        "reactions behind": one["reactions"]["behind"] > 0,
        "timers due": one["timers"]["due"] > 0,
        "something being sent": not one["quiet"],
    }


def _unread(statuses: Statuses, place: str) -> str:
    for reader, publishers in LISTENS.items():
        for publisher in publishers:
            topic = events_topic(place, publisher)
            if statuses[reader]["read"][topic]["sequence"] < statuses[publisher]["published"][topic]:
                return f"{reader}: has not read all of {publisher}"
    return ""
