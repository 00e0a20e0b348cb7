"""Messages on Kafka are CloudEvents 1.0 in binary mode: the CloudEvents SDK reads ours, and we read what it writes."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cloudevents.core.bindings import kafka
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.binding import OPTIONAL, REQUIRED, JournalHead, Message, Unreadable, headers_of, read, time_text
from contracts.envelope import Envelope

ENVELOPE = Envelope(
    id="0143f6a1-8c00-7a52-9d1e-5f0c3b7a9e21",
    source="/sutton/funding",
    type="funding.bid_received",
    subject="bid:bid-41",
    time=datetime(2014, 1, 31, 16, 59, 59, 120, tzinfo=UTC),
    actor="person-7f3a",
    role="vco_representative",
    onbehalfof="GB-CHC-9900017",
    correlationid="0143f6a1-8bff-7c11-8a2d-0d4e6f8a1b3c",
    causationid="0143f6a1-8bff-7c11-8a2d-0d4e6f8a1b3d",
    tags=("bid:bid-41", "programme:spp-2014"),
)
ON_TOPIC: dict[str, Any] = {"sequence": 812, "previous": 809, "hash": "ab" * 32, "knew": "sutton.partners.events=640"}
VALUE = b'{"bid_id":"bid-41"}'
KEY = b"bid:bid-41"

HEADERS = headers_of(ENVELOPE, **ON_TOPIC)


def changed(name: str, value: bytes | None) -> list[tuple[str, Any]]:
    return [(n, value if n == name else v) for n, v in HEADERS]


def without(name: str) -> list[tuple[str, bytes]]:
    return [(n, v) for n, v in HEADERS if n != name]


def refusal(headers: Any, key: bytes | None = KEY, value: bytes | None = VALUE) -> str:
    with pytest.raises(Unreadable) as refused:
        read(headers, key, value)
    return refused.value.reason


def test_what_is_written_is_read_back():
    message = read(HEADERS, KEY, VALUE)

    assert message == Message(ENVELOPE, 812, 809, "ab" * 32, "sutton.partners.events=640", VALUE)


def test_the_moment_is_written_in_utc_with_microseconds():
    summer_time = timezone(timedelta(hours=1))

    assert time_text(datetime(2014, 4, 1, 9, tzinfo=summer_time)) == "2014-04-01T08:00:00.000000Z"
    with pytest.raises(ValueError, match="without a time zone"):
        time_text(datetime(2014, 4, 1, 9))  # noqa: DTZ001


def test_an_empty_optional_attribute_is_left_out_and_read_back_as_empty():
    bare = replace(ENVELOPE, onbehalfof="", causationid="", tags=())

    headers = headers_of(bare, **{**ON_TOPIC, "knew": ""})

    assert not {name for name, _ in headers} & set(OPTIONAL)
    assert read(headers, KEY, VALUE).envelope == bare


def test_a_tag_with_a_space_or_a_percent_sign_travels_encoded():
    awkward = replace(ENVELOPE, tags=("bid:bid-41", "about:50 % more", "about:Königstraße"))

    headers = headers_of(awkward, **ON_TOPIC)

    assert dict(headers)["ce_tags"] == b"bid:bid-41 about:50%20%25%20more about:K%C3%B6nigstra%C3%9Fe"
    assert read(headers, KEY, VALUE).envelope == awkward


def test_somebody_elses_headers_are_passed_over_even_repeated_or_unreadable():
    theirs = [("traceparent", b"00-1"), ("traceparent", b"00-2"), ("blob", b"\xff"), ("ce_shade", b"x"), ("none", None)]

    assert read([*HEADERS, *theirs], KEY, VALUE).envelope == ENVELOPE  # type: ignore[list-item]


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_empty_or_repeated_attribute_makes_a_message_unreadable(name: str):
    assert refusal(without(name)) == f"{name} is missing"
    assert refusal(changed(name, b"")) == f"{name} is empty"
    assert refusal([*HEADERS, (name, b"again")]) == f"{name} stands there more than once"
    assert refusal(changed(name, None)) == "a header has no value"
    assert refusal(changed(name, b"\xff\xfe")) == "a header is not UTF-8"
    assert refusal(changed(name, b"a\x00b")) == f"{name} holds a character that no attribute may hold"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("ce_specversion", b"0.3", "ce_specversion is '0.3'"),
        ("content-type", b"application/cloudevents+json", "content-type is"),
        ("ce_time", b"2014-01-31 16:59:59Z", "ce_time"),
        ("ce_time", b"2014-01-31T16:59:59", "ce_time"),
        ("ce_time", b"2014-01-31T16:59:59+01:00", "ce_time"),
        ("ce_time", b"2014-01-31T16:59:59.1234567Z", "ce_time"),
        ("ce_time", b"2014-02-30T16:59:59Z", "ce_time"),
        ("ce_time", b"2014-01-31T16:59:60Z", "ce_time"),
        ("ce_sequence", b"eight", "ce_sequence is not a whole number"),
        ("ce_sequence", b"+8", "ce_sequence is not a whole number"),
        ("ce_sequence", b"0812", "ce_sequence is not a whole number"),
        ("ce_sequence", "٨١٢".encode(), "ce_sequence is not a whole number"),
        ("ce_sequence", b"9" * 5000, "ce_sequence is not a whole number"),
        ("ce_previous", b"-1", "ce_previous is not a whole number"),
        ("ce_previous", b"812", "does not come before"),
        ("ce_previous", b"900", "does not come before"),
        ("ce_hash", b"AB" * 32, "ce_hash is not 64 hexadecimal digits"),
        ("ce_tags", b"bid:bid-41  programme:spp-2014", "ce_tags holds an empty tag"),
        ("ce_tags", b"bid:bid-41 about:%FF", "ce_tags holds a tag that is not UTF-8"),
        ("ce_tags", b"programme:spp-2014", "not the same"),
        ("ce_subject", b"bid:bid-42", "not the same"),
    ],
)
def test_a_malformed_attribute_makes_a_message_unreadable(name: str, value: bytes, reason: str):
    assert reason in refusal(changed(name, value))


def test_a_message_without_a_value_or_with_another_key_is_unreadable():
    assert refusal(HEADERS, value=b"") == "the value is empty"
    assert refusal(HEADERS, value=None) == "the value is empty"
    assert "not the same" in refusal(HEADERS, key=None)
    assert "not the same" in refusal(HEADERS, key=b"bid:bid-42")


def test_a_content_type_with_a_character_set_is_read():
    assert read(changed("content-type", b"Application/JSON; charset=utf-8"), KEY, VALUE).value == VALUE


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [({"id": ""}, "ce_id is empty"), ({"subject": ""}, "ce_subject is empty"), ({"actor": "a\nb"}, "ce_actor holds")],
)
def test_what_nobody_could_read_is_not_written(wrong: dict[str, str], fault: str):
    with pytest.raises(ValueError, match=fault):
        headers_of(replace(ENVELOPE, **wrong), **ON_TOPIC)  # type: ignore[arg-type]


def test_a_journal_head_stands_at_the_last_event_of_its_topic():
    head = replace(ENVELOPE, type=JournalHead.wire, subject="journal:funding", tags=("journal:funding",))

    message = read(headers_of(head, sequence=0, previous=0, hash="0" * 64, knew=""), b"journal:funding", b"{}")

    assert (message.sequence, message.previous) == (0, 0)
    assert "does not come before" in refusal(
        headers_of(head, sequence=9, previous=8, hash="0" * 64, knew=""), b"journal:funding"
    )


def test_the_sdk_reads_what_we_write():
    message = kafka.KafkaMessage(headers=dict(HEADERS), key=KEY, value=VALUE)

    event = kafka.from_binary_event(message)

    assert isinstance(event, CloudEvent)
    assert (event.get_id(), event.get_source(), event.get_type()) == (ENVELOPE.id, ENVELOPE.source, ENVELOPE.type)
    assert (event.get_subject(), event.get_time()) == (ENVELOPE.subject, ENVELOPE.time)
    assert event.get_datacontenttype() == "application/json"
    assert event.get_data() == json.loads(VALUE)
    extensions = ("actor", "role", "onbehalfof", "correlationid", "causationid")
    assert [event.get_extension(name) for name in extensions] == [getattr(ENVELOPE, name) for name in extensions]
    assert event.get_extension("tags").split(" ") == list(ENVELOPE.tags)
    assert event.get_extension("sequence") == "812"


def written_by_the_sdk(envelope: Envelope, **on_topic: Any) -> kafka.KafkaMessage:
    attributes = {name: getattr(envelope, name) for name in Envelope.__dataclass_fields__ if name != "tags"}
    attributes |= {"tags": " ".join(envelope.tags), "datacontenttype": "application/json", **on_topic}
    event = CloudEvent({name: value for name, value in attributes.items() if value != ""}, json.loads(VALUE))
    return kafka.to_binary_event(event, key_mapper=lambda e: e.get_subject())


@pytest.mark.parametrize("microsecond", [0, 1, 500_000])
def test_we_read_what_the_sdk_writes(microsecond: int):
    envelope = replace(ENVELOPE, time=ENVELOPE.time.replace(microsecond=microsecond))

    message = written_by_the_sdk(envelope, **ON_TOPIC)

    assert isinstance(message.key, str)
    read_back = read(list(message.headers.items()), message.key.encode(), message.value)
    assert read_back.envelope == envelope
    assert (read_back.sequence, read_back.previous, read_back.hash) == (812, 809, "ab" * 32)


barred = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), *range(0xFDD0, 0xFDF0))}
barred |= {chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF)}
attribute = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=barred), min_size=1, max_size=12)
optional = st.just("") | attribute


@st.composite
def envelopes(draw: st.DrawFn) -> Envelope:
    tags = draw(st.lists(attribute, max_size=3, unique=True).map(tuple))
    return Envelope(
        id=draw(attribute),
        source=draw(attribute),
        type=draw(attribute.filter(lambda wire: wire != JournalHead.wire)),
        subject=tags[0] if tags else draw(attribute),
        time=draw(st.datetimes(timezones=st.just(UTC))),
        actor=draw(attribute),
        role=draw(attribute),
        onbehalfof=draw(optional),
        correlationid=draw(attribute),
        causationid=draw(optional),
        tags=tags,
    )


positions = st.tuples(st.integers(0, 2**52), st.integers(1, 2**52)).map(lambda pair: (pair[0] + pair[1], pair[0]))


@given(envelopes(), positions, optional, st.binary(min_size=1, max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_message_comes_back_as_it_went(envelope: Envelope, at: tuple[int, int], knew: str, value: bytes):
    headers = headers_of(envelope, sequence=at[0], previous=at[1], hash="0f" * 32, knew=knew)

    message = read(headers, envelope.subject.encode(), value)

    assert message == Message(envelope, at[0], at[1], "0f" * 32, knew, value)
    assert kafka.from_binary_event(kafka.KafkaMessage(dict(headers), envelope.subject.encode(), value)) is not None


names = st.sampled_from([*REQUIRED, *OPTIONAL, "traceparent"])
raw = st.none() | st.binary(max_size=12)
spoilt = st.lists(st.tuples(st.integers(0, len(HEADERS)), names, raw | st.just(b"1.0")), min_size=1, max_size=4)


@given(spoilt, raw | st.just(KEY), raw | st.just(VALUE))
@settings(max_examples=150, deadline=None)
def test_rubbish_is_refused_with_a_reason_and_never_breaks_the_reader(changes: Any, key: Any, value: Any):
    headers: list[tuple[str, Any]] = list(HEADERS)
    for place, name, content in changes:
        headers[place : place + 1] = [(name, content)]

    with suppress(Unreadable):
        assert read(headers, key, value).envelope.subject.encode() == key
