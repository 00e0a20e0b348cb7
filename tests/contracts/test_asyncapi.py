"""The AsyncAPI document shows every topic, key, header and message as the catalogue and the binding have them."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft7Validator

from contracts.binding import OPTIONAL, REQUIRED
from contracts.envelope import Audience
from contracts.tools.__main__ import ROOT
from contracts.tools.checks import ASYNCAPI
from contracts.tools.events import MESSAGES, publishers_of
from contracts.topics import LISTENS, SERVICES

DOCUMENT: dict[str, Any] = json.loads((ROOT / ASYNCAPI).read_text(encoding="utf-8"))
PUBLIC = {event.__name__: event for event in MESSAGES.values() if event.audience is not Audience.PRIVATE}


def test_every_event_that_travels_is_a_message_of_its_own_and_no_private_one_is():
    assert set(DOCUMENT["components"]["messages"]) == set(PUBLIC)
    assert {node["name"] for node in DOCUMENT["components"]["messages"].values()} == {e.wire for e in PUBLIC.values()}


def test_every_topic_is_a_channel_with_the_messages_of_its_publisher():
    for service in SERVICES:
        channel = DOCUMENT["channels"][f"{service}_events"]
        assert channel["address"] == f"{{place}}.{service}.events"
        assert set(channel["messages"]) == {name for name, e in PUBLIC.items() if service in publishers_of(e)}


def test_the_shared_topics_carry_only_what_partners_may_read():
    shared = [channel for name, channel in DOCUMENT["channels"].items() if name.endswith("_shared")]

    carried = {name for channel in shared for name in channel["messages"]}
    assert carried == {name for name, event in PUBLIC.items() if event.audience is Audience.PARTNERS}


def test_operations_are_who_sends_and_who_listens():
    operations = DOCUMENT["operations"]
    heard = {(name.split("_")[0], name.split("_")[2]) for name in operations if name.endswith("_events")}

    assert {(reader, publisher) for reader, publishers in LISTENS.items() for publisher in publishers} <= heard
    assert {f"{service}_sends_{service}_events" for service in SERVICES} <= set(operations)


def test_the_headers_are_those_of_the_binding():
    headers = DOCUMENT["components"]["schemas"]["Headers"]

    assert headers["required"] == list(REQUIRED)
    assert set(headers["properties"]) == {*REQUIRED, *OPTIONAL}


def test_each_example_follows_the_schemas_of_the_document():
    for message in DOCUMENT["components"]["messages"].values():
        (example,) = message["examples"]
        for part in ("headers", "payload"):
            schema = {**message[part], "components": DOCUMENT["components"]}
            if "$ref" in schema:
                schema = {"allOf": [{"$ref": schema.pop("$ref")}], **schema}
            assert [error.message for error in Draft7Validator(schema).iter_errors(example[part])] == []


def test_every_message_is_keyed_by_its_subject():
    keys = {
        message["bindings"]["kafka"]["key"]["description"] for message in DOCUMENT["components"]["messages"].values()
    }

    assert keys == {"ce_subject"}
