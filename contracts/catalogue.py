"""Every event class by its name on the wire, gathered from the publishing modules."""

from __future__ import annotations

from types import ModuleType

from contracts import (
    agreement_terms,
    budgets,
    change_gates,
    every_service,
    funding,
    improvement,
    incumbents,
    independence,
    monitoring,
    notifications,
    panels,
    partners,
    payments,
    reviews,
)
from contracts.envelope import Event

MODULES: tuple[ModuleType, ...] = (
    partners, funding, monitoring, notifications, every_service,
    agreement_terms, change_gates, improvement, incumbents, independence, panels, payments, reviews,
    budgets,
)  # fmt: skip
PUBLISHERS: dict[str, str] = {
    agreement_terms.__name__: "funding",
    budgets.__name__: "funding",
    change_gates.__name__: "funding",
    improvement.__name__: "monitoring",
    incumbents.__name__: "funding",
    independence.__name__: "partners",
    panels.__name__: "funding",
    payments.__name__: "funding",
    reviews.__name__: "monitoring",
}
"""Modules with further events of a publisher, beside the module that is called like it."""


def publisher_of(event: type[Event]) -> str:
    """The service that publishes an event; `every_service` where any may."""
    return PUBLISHERS.get(event.__module__, event.__module__.rpartition(".")[2])


def _classes(module: ModuleType) -> list[type[Event]]:
    return [
        thing
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Event) and thing.__module__ == module.__name__
    ]


EVENTS: dict[str, type[Event]] = {event.wire: event for module in MODULES for event in _classes(module)}
