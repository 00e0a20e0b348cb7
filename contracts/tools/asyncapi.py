"""The AsyncAPI 3.0 document: a channel per topic, each event type its own message, keys and headers as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from contracts.binding import OPTIONAL, REQUIRED
from contracts.envelope import Audience, Event
from contracts.tools.events import MESSAGES, meaning, publishers_of
from contracts.tools.samples import sample_of
from contracts.tools.schemas import schema_of
from contracts.topics import LISTENS, SERVICES, events_topic, shared_topic

Node = dict[str, Any]

VERSION = "1.0.0"
PLACE = "{place}"

_HEADERS: dict[str, Node] = {
    "ce_specversion": {"const": "1.0", "description": "CloudEvents version"},
    "ce_id": {"minLength": 1, "description": "id of the event, a UUID of version 7"},
    "ce_source": {"format": "uri-reference", "description": "/<place>/<service> that published it"},
    "ce_type": {"minLength": 1, "description": "literal name of the event type"},
    "ce_subject": {"minLength": 1, "description": "first tag: what the event is about; the same as the key"},
    "ce_time": {"format": "date-time", "description": "business time of the append, UTC"},
    "ce_actor": {"minLength": 1, "description": "opaque person id, or system"},
    "ce_role": {"minLength": 1, "description": "the role in which the actor acted"},
    "ce_onbehalfof": {"description": "organisation for which the actor acted; absent where there is none"},
    "ce_correlationid": {"minLength": 1, "description": "the request that all of this follows from"},
    "ce_causationid": {"description": "the event that caused this one; absent where a person did"},
    "ce_tags": {"description": "kind:value of each tag, a space between, percent-encoded where not plain"},
    "ce_sequence": {"pattern": "^(0|[1-9][0-9]*)$", "description": "position in the publisher's journal"},
    "ce_previous": {"pattern": "^(0|[1-9][0-9]*)$", "description": "position of the message before it on this topic"},
    "ce_hash": {"pattern": "^[0-9a-f]{64}$", "description": "hash of the journal's row, which proves all before it"},
    "ce_knew": {"description": "<topic>=<sequence> read when this was appended, a space between"},
    "content-type": {"const": "application/json", "description": "of the value"},
}


def document() -> Node:
    """The whole document, generated from the event classes and from who listens to whom."""
    on_topics = {wire: event for wire, event in MESSAGES.items() if event.audience is not Audience.PRIVATE}
    messages: dict[str, Node] = {}
    schemas: dict[str, Node] = {"Headers": _headers()}
    for event in on_topics.values():
        payload, inner = _shared_definitions(event)
        _merge(schemas, {event.__name__: payload, **inner})
        messages[event.__name__] = _message(event)
    channels = dict(_channels(on_topics))
    return {
        "asyncapi": "3.0.0",
        "info": _info(),
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": dict(_operations(channels)),
        "components": {"messages": messages, "schemas": schemas},
    }


def _info() -> Node:
    return {
        "title": "Events of a local partnership",
        "version": VERSION,
        "description": "Facts that public bodies and voluntary organisations rely on: CloudEvents 1.0 in Kafka binary "
        "mode. One partition per topic, so the publisher's order is the order. A message arrives at least once; take "
        "only the one whose `ce_previous` you have.",
    }


def _channels(on_topics: dict[str, type[Event]]) -> Iterator[tuple[str, Node]]:
    for service in SERVICES:
        own = [event for event in on_topics.values() if service in publishers_of(event)]
        shared = [event for event in own if event.audience is Audience.PARTNERS]
        about = f"What {service} publishes for the four services."
        yield f"{service}_events", _channel(events_topic(PLACE, service), about, own)
        if shared:
            about = f"What {service} publishes for the signatories' own systems."
            yield f"{service}_shared", _channel(shared_topic(PLACE, service), about, shared)


def _channel(address: str, about: str, events: list[type[Event]]) -> Node:
    return {
        "address": address,
        "description": about,
        "parameters": {
            "place": {"description": "The locality, for example sutton", "examples": ["sutton", "coventry"]}
        },
        "messages": {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"} for event in events},
        "bindings": {"kafka": {"partitions": 1, "topicConfiguration": {"retention.ms": -1}, "bindingVersion": "0.5.0"}},
    }


def _operations(channels: dict[str, Node]) -> Iterator[tuple[str, Node]]:
    for name in channels:
        publisher = name.partition("_")[0]
        yield f"{publisher}_sends_{name}", _operation("send", name, f"{publisher} publishes its events.")
    for reader, publishers in LISTENS.items():
        for publisher in publishers:
            name = f"{publisher}_events"
            operation = _operation("receive", name, f"{reader} reads what {publisher} publishes.")
            operation["bindings"] = {"kafka": {"groupId": {"type": "string", "const": reader}}}
            yield f"{reader}_receives_{name}", operation
    for name in (name for name in channels if name.endswith("_shared")):
        yield f"signatory_receives_{name}", _operation("receive", name, "A signatory's own system reads it.")


def _operation(action: str, channel: str, summary: str) -> Node:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}


def _message(event: type[Event]) -> Node:
    sample = sample_of(event)
    only = {"type": "object", "properties": {"ce_type": {"const": event.wire}}}
    return {
        "name": event.wire,
        "title": event.__name__,
        "summary": meaning(event),
        "contentType": "application/json",
        "headers": {"allOf": [{"$ref": "#/components/schemas/Headers"}, only]},
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": "ce_subject"}, "bindingVersion": "0.5.0"}},
        "examples": [{"name": "sample", "headers": sample["headers"], "payload": sample["data"]}],
    }


def _headers() -> Node:
    return {
        "type": "object",
        "required": list(REQUIRED),
        "properties": {name: {"type": "string", **_HEADERS[name]} for name in (*REQUIRED, *OPTIONAL)},
    }


def _shared_definitions(event: type[Event]) -> tuple[Node, dict[str, Node]]:
    """The event's schema and those it refers to, with references into the components of the document."""
    text = json.dumps(schema_of(event)).replace("#/$defs/", "#/components/schemas/")
    schema: Node = json.loads(text)
    inner: dict[str, Node] = schema.pop("$defs", {})
    return {key: value for key, value in schema.items() if key not in ("$schema", "$id")}, inner


def _merge(schemas: dict[str, Node], more: dict[str, Node]) -> None:
    for name, schema in more.items():
        if schemas.setdefault(name, schema) != schema:
            raise ValueError(f"two different records are called {name}; give one of them another name")
