"""A message on Kafka: CloudEvents 1.0 in binary mode, attributes as `ce_` headers and the event's JSON as the value.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md

What is written can be read back unchanged, and whatever cannot is refused with a reason. The value stays bytes: the
hash covers it as it was written. The key of a message is its subject.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import Annotated
from urllib.parse import quote, unquote_to_bytes

from pydantic import Field

from contracts.envelope import Audience, Envelope, Event, Hash, Tag

SPECVERSION = "1.0"
CONTENT_TYPE = "application/json"
_VERSION, _CONTENT = ("ce_specversion", SPECVERSION.encode()), ("content-type", CONTENT_TYPE.encode())

REQUIRED = (
    "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "ce_actor", "ce_role",
    "ce_correlationid", "ce_sequence", "ce_previous", "ce_hash", "content-type",
)  # fmt: skip
OPTIONAL = ("ce_onbehalfof", "ce_causationid", "ce_tags", "ce_knew")
"""Left out where they are empty, since CloudEvents knows no empty attribute."""

Headers = Sequence[tuple[str, bytes]]

_OURS = frozenset((*REQUIRED, *OPTIONAL))
_required = itemgetter(*REQUIRED)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII).fullmatch
_NUMBER = re.compile(r"0|[1-9]\d{0,17}", re.ASCII).fullmatch
_HASH = re.compile(r"[0-9a-f]{64}").fullmatch
_BEYOND = "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_FORBIDDEN = re.compile(f"[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef{_BEYOND}]").search
"""Characters that CloudEvents bars from every attribute."""


class JournalHead(Event, wire="compact.journal_head", audience=Audience.SERVICES):
    """How far a journal stands, with its hash and no content, so that its readers are witnesses of private rows too.

    It exists on topics only and in no journal: its `sequence` and `previous` are both the position of the last event
    on that topic, 0 before the first.
    """

    journal: Annotated[str, Tag("journal")]
    position: int = Field(ge=0)
    hash: Hash


class Unreadable(Exception):
    """A message that breaks the binding, with the reason in words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it stood on a topic."""

    envelope: Envelope
    sequence: int
    previous: int
    hash: str
    knew: str
    value: bytes


def headers_of(envelope: Envelope, *, sequence: int, previous: int, hash: str, knew: str) -> list[tuple[str, bytes]]:
    """The headers of a message, without optional ones that are empty; `ValueError` for what nobody could read."""
    return headers(
        envelope.id, envelope.source, envelope.type, envelope.subject, time_text(envelope.time), envelope.actor,
        envelope.role, envelope.onbehalfof, envelope.correlationid, envelope.causationid, tags_text(envelope.tags),
        sequence, previous, hash, knew,
    )  # fmt: skip


def headers(
    id_: str, source: str, type_: str, subject: str, time: str, actor: str, role: str, onbehalfof: str,
    correlationid: str, causationid: str, tags: str, sequence: int, previous: int, hash_: str, knew: str,
) -> list[tuple[str, bytes]]:  # fmt: skip
    """The same of attributes that nobody put into an envelope: written out, because each published event comes here.

    Time and tags are as `time_text` and `tags_text` write them.
    """
    made = [
        _VERSION, ("ce_id", id_.encode()), ("ce_source", source.encode()), ("ce_type", type_.encode()),
        ("ce_subject", subject.encode()), ("ce_time", time.encode()), ("ce_actor", actor.encode()),
        ("ce_role", role.encode()),
    ]  # fmt: skip
    if onbehalfof:
        made.append(("ce_onbehalfof", onbehalfof.encode()))
    made.append(("ce_correlationid", correlationid.encode()))
    if causationid:
        made.append(("ce_causationid", causationid.encode()))
    if tags:
        made.append(("ce_tags", tags.encode()))
    made += ("ce_sequence", b"%d" % sequence), ("ce_previous", b"%d" % previous), ("ce_hash", hash_.encode())
    if knew:
        made.append(("ce_knew", knew.encode()))
    made.append(_CONTENT)
    required = (id_, source, type_, subject, time, actor, role, correlationid, hash_)
    if "" in required or not "".join((*required, onbehalfof, causationid, knew)).isprintable():
        _refuse_unwritable((name, value.decode()) for name, value in made)
    return made


def read(headers: Headers, key: bytes | None, value: bytes | None) -> Message:
    """The message that these headers, key and value make; `Unreadable` where they make none."""
    text = _texts(headers)
    try:
        required = _required(text)
    except KeyError as missing:
        raise Unreadable(f"{missing.args[0]} is missing") from None
    version, id_, source, type_, subject, time, actor, role, correlation, sequence, previous, hash_, content = required
    if "" in required or not "".join(text.values()).isprintable():
        _refuse_fault(text)
    _refuse_foreign(version, content, hash_)
    if not value:
        raise Unreadable("the value is empty")
    tags, behalf, cause = _tags(text.get("ce_tags", "")), text.get("ce_onbehalfof", ""), text.get("ce_causationid", "")
    if key is None or key != subject.encode() or (tags and tags[0] != subject):
        raise Unreadable("the key, the subject and the first tag are not the same")
    at, after = _number("ce_sequence", sequence), _number("ce_previous", previous)
    if after > at or (after == at) != (type_ == JournalHead.wire):
        raise Unreadable(f"ce_previous {previous} does not come before ce_sequence {sequence}")
    envelope = Envelope(id_, source, type_, subject, _time(time), actor, role, behalf, correlation, cause, tags)
    return Message(envelope, at, after, hash_, text.get("ce_knew", ""), value)


def time_text(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds and `Z`; the moment must be aware."""
    if moment.tzinfo is not UTC:
        if moment.tzinfo is None:
            raise ValueError("a moment without a time zone has no place in a message")
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def tags_text(tags: Sequence[str]) -> str:
    """Tags one after another with a space between, each percent-encoded where it holds more than plain characters."""
    text = " ".join(tags)
    if text.isascii() and "%" not in text and text.count(" ") == len(tags) - 1 and text.isprintable():
        return text
    return " ".join(quote(tag, safe=":/") for tag in tags)


def _texts(headers: Headers) -> dict[str, str]:
    """The text of each header that is ours; anybody else's may repeat and be of any kind."""
    try:
        text = {name: value.decode() for name, value in headers if name in _OURS}
    except UnicodeDecodeError:
        raise Unreadable("a header is not UTF-8") from None
    except AttributeError:
        raise Unreadable("a header has no value") from None
    if len(text) != len(headers):
        _refuse_repeated([name for name, _ in headers if name in _OURS])
    return text


def _refuse_repeated(ours: list[str]) -> None:
    if repeated := [name for name in ours if ours.count(name) > 1]:
        raise Unreadable(f"{repeated[0]} stands there more than once")


def _faults(texts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What CloudEvents or the binding bars in these attributes."""
    for name, text in texts:
        if not text and name not in OPTIONAL:
            yield f"{name} is empty"
        if _FORBIDDEN(text):
            yield f"{name} holds a character that no attribute may hold"


def _refuse_fault(text: dict[str, str]) -> None:
    for fault in _faults(text.items()):
        raise Unreadable(fault)


def _refuse_unwritable(texts: Iterable[tuple[str, str]]) -> None:
    for fault in _faults(texts):
        raise ValueError(fault)


def _refuse_foreign(version: str, content: str, hash_: str) -> None:
    if version != SPECVERSION:
        raise Unreadable(f"ce_specversion is {_shortened(version)}, not {SPECVERSION!r}")
    if content != CONTENT_TYPE and content.partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise Unreadable(f"content-type is {_shortened(content)}, not {CONTENT_TYPE!r}")
    if not _HASH(hash_):
        raise Unreadable(f"ce_hash is not 64 hexadecimal digits: {_shortened(hash_)}")


def _time(text: str) -> datetime:
    try:
        if _TIME(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise Unreadable(f"ce_time is not RFC 3339 in UTC, to the microsecond at most: {_shortened(text)}")


def _number(name: str, text: str) -> int:
    if _NUMBER(text):
        return int(text)
    raise Unreadable(f"{name} is not a whole number: {_shortened(text)}")


def _tags(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    tags = tuple(text.split(" "))
    if "%" in text:
        tags = tuple(_unquoted(tag) for tag in tags)
    if "" in tags:
        raise Unreadable("ce_tags holds an empty tag")
    return tags


def _unquoted(tag: str) -> str:
    try:
        return unquote_to_bytes(tag).decode()
    except UnicodeDecodeError:
        raise Unreadable("ce_tags holds a tag that is not UTF-8") from None


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
