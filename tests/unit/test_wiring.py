"""What is declared is what is wired: topics, readers, routes, timers and routing functions."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from fastapi.routing import APIRoute

from contracts.catalogue import EVENTS, publisher_of
from contracts.envelope import Audience
from contracts.topics import LISTENS, SERVICES, readers_of
from services.runtime import history, web
from services.runtime.decisions import Recorded
from services.runtime.projections import Timers
from services.runtime.running import Service

SAMPLES = Path(__file__).parents[2] / "contracts" / "samples"
START = datetime(2014, 4, 1, 8, 0, tzinfo=UTC)

PUBLIC = {
    "GET /health/live", "GET /health/ready", "GET /metrics", "GET /rules", "GET /signatories",
    "GET /undertakings/{clause}", "GET /programmes", "GET /programmes/{programme_id}",
    "GET /programmes/{programme_id}/documents", "GET /programmes/{programme_id}/documents/{document_id}",
    "GET /programmes/{programme_id}/questions",
    "GET /programmes/{programme_id}/results", "GET /annual-reviews/{review_id}/invitation",
    "POST /annual-reviews/{review_id}/feedback",
}  # fmt: skip
"""What anybody may do without a token: read, and give feedback as a resident. Nothing else is changed without one."""

UNREAD = {
    "funding.bid_received": "witnesses that a bid came in, for whoever verifies later",
    "funding.disclosed_change_ended": "tells the signatories' own systems, which read the disclosure, of its end",
}
"""Events of audience `services` or `partners` that no service folds, projects or reacts to, and why."""


def service_of(name: str) -> Service:
    found: Service = importlib.import_module(f"services.{name}.__main__").service
    return found


def modules_of(name: str) -> Iterator[Any]:
    package = importlib.import_module(f"services.{name}")
    for module in pkgutil.iter_modules(package.__path__):
        yield importlib.import_module(f"services.{name}.{module.name}")


def folded_by(name: str) -> set[str]:
    return {
        event.wire
        for module in modules_of(name)
        for thing in vars(module).values()
        if isinstance(thing, type) and isinstance(getattr(thing, "folds", None), tuple)
        for event in thing.folds
    }


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_listens_to_the_topics_that_are_declared_for_it(name: str) -> None:
    assert tuple(service_of(name).listens_to) == LISTENS[name]


@pytest.mark.parametrize("wire", sorted(EVENTS))
def test_every_published_event_has_a_reader_or_a_stated_reason_for_none(wire: str) -> None:
    event = EVENTS[wire]
    if event.audience is Audience.PRIVATE:
        return
    publishers = [publisher_of(event)] if publisher_of(event) in SERVICES else list(SERVICES)

    readers = {
        reader
        for publisher in publishers
        for reader in (*readers_of(publisher), publisher)
        if wire in service_of(reader).projections.by_type
        or wire in service_of(reader).reactions.by_type
        or wire in folded_by(reader)
    }

    assert bool(readers) != (wire in UNREAD), f"{wire}: read by {readers}, reason for none: {UNREAD.get(wire)}"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_reacts_only_to_what_it_publishes_or_reads(name: str) -> None:
    known = {*LISTENS[name], name, "every_service"}

    routed = {*service_of(name).projections.by_type, *service_of(name).reactions.by_type, *folded_by(name)}

    assert {wire for wire in routed if publisher_of(EVENTS[wire]) not in known} == set()


@pytest.mark.parametrize("name", SERVICES)
def test_a_routing_function_takes_the_event_it_is_registered_for(name: str) -> None:
    service = service_of(name)
    routed = [(wire, f) for wire, fs in service.projections.by_type.items() for f in fs]
    routed += [(wire, one.commands) for wire, ones in service.reactions.by_type.items() for one in ones]

    for wire, function in routed:
        taken = get_args(get_type_hints(function)["event"])[0]
        kinds = get_args(taken) or (taken,)
        fits = any(kind is Any or (isinstance(kind, type) and issubclass(EVENTS[wire], kind)) for kind in kinds)
        assert fits, (wire, function)


@pytest.mark.parametrize("name", SERVICES)
def test_every_timer_that_projections_set_is_one_that_rings(name: str) -> None:
    changes = [change for event in samples() for change in service_of(name).projections.changes(event)]
    named = {change.row_key[0] for change in changes if change.table is Timers}

    assert named == set(service_of(name).timers.by_name)


def samples() -> Iterator[Recorded[Any]]:
    for wire, kind in EVENTS.items():
        data = kind.model_validate(json.loads((SAMPLES / f"{wire}.json").read_text())["data"])
        yield Recorded(1, "e1", "/sutton/x", START, START, "person-1", "decider", "o1", "c1", "", data.tags, data)


def routes() -> dict[str, APIRoute]:
    routers = [web.health, history.router, *(service_of(name).router for name in SERVICES)]
    found = [route for router in routers for route in _routes_in(router)]
    return {f"{method} {route.path}": route for route in found for method in sorted(route.methods)}


def _routes_in(router: Any) -> Iterator[APIRoute]:
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        else:
            yield from _routes_in(route.original_router)


@pytest.mark.parametrize("route", sorted(routes()))
def test_every_route_asks_for_a_token_or_is_listed_as_public(route: str) -> None:
    roles = [getattr(one.call, "roles", None) for one in routes()[route].dependant.dependencies]
    asked = [some for some in roles if some is not None]

    assert len(asked) == 1, "it does not say who may ask"
    assert (asked[0] == ()) == (route in PUBLIC)


def test_every_public_route_that_is_listed_exists() -> None:
    assert routes().keys() >= PUBLIC
