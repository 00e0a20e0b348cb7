"""Which service listens to which publisher, and what the topics of a place are called."""

from __future__ import annotations

from contracts.envelope import Audience

SERVICES = ("partners", "funding", "monitoring", "notifications")

LISTENS: dict[str, tuple[str, ...]] = {
    "partners": ("funding",),
    "funding": ("partners", "monitoring", "notifications"),
    "monitoring": ("partners", "funding"),
    "notifications": ("partners", "funding", "monitoring"),
}
"""Each service and the publishers whose `.events` topic it reads."""


def events_topic(place: str, service: str) -> str:
    """The topic that the four services read: every event of this publisher that is not private."""
    return f"{place}.{service}.events"


def shared_topic(place: str, service: str) -> str:
    """The topic that the signatories' own systems read: only what has the audience `partners`."""
    return f"{place}.{service}.shared"


def claims_topic(place: str, body: str) -> str:
    """The topic that a signatory body's own system writes, and nobody else."""
    return f"{place}.{body}.claims"


def topics_for(audience: Audience, place: str, service: str) -> tuple[str, ...]:
    """Where an event of this audience is published; nowhere when it is private."""
    if audience is Audience.PRIVATE:
        return ()
    if audience is Audience.SERVICES:
        return (events_topic(place, service),)
    return (events_topic(place, service), shared_topic(place, service))


def readers_of(service: str) -> tuple[str, ...]:
    """The services that read what this one publishes."""
    return tuple(reader for reader in SERVICES if service in LISTENS[reader])
