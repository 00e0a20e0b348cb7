"""Every type of message, with the module it comes from and who publishes it."""

from __future__ import annotations

import re

from contracts.binding import JournalHead
from contracts.catalogue import EVENTS, publisher_of
from contracts.envelope import Audience, Event
from contracts.topics import SERVICES, readers_of

MESSAGES: dict[str, type[Event]] = {**EVENTS, JournalHead.wire: JournalHead}
"""The events by wire name, and `JournalHead`, which is on topics only."""

EVERY_SERVICE = "compact"
"""First part of the wire name of what any service may publish."""


def wire_name(event: type[Event]) -> str:
    """What the wire name has to be: the publisher's name, or `compact`, and the class name in snake case."""
    publisher = publisher_of(event)
    prefix = publisher if publisher in SERVICES else EVERY_SERVICE
    return f"{prefix}.{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', event.__name__).lower()}"


def family(event: type[Event]) -> str:
    """The first part of the wire name: the publishing service, or `compact` for any of them."""
    return event.wire.partition(".")[0]


def publishers_of(event: type[Event]) -> tuple[str, ...]:
    """The services that publish events of this type."""
    return SERVICES if family(event) == EVERY_SERVICE else (family(event),)


def services_reading(event: type[Event]) -> tuple[str, ...]:
    """The services that read events of this type; none for what is private."""
    if event.audience is Audience.PRIVATE:
        return ()
    reading = {reader for publisher in publishers_of(event) for reader in readers_of(publisher)}
    return tuple(service for service in SERVICES if service in reading)


def meaning(event: type[Event]) -> str:
    """The sentence that says what an event of this type means: the first paragraph of its docstring, on one line."""
    return " ".join((vars(event).get("__doc__") or "").split("\n\n")[0].split())
