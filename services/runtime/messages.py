"""What stands on a topic for a row of the journal, its key, value and headers; and for the head of a journal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypedDict

from contracts.binding import JournalHead, headers, tags_text, time_text

NEXT = (
    "select position, id, source, type, to_char(time at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as time,"
    " actor, role, onbehalfof, correlationid, causationid, tags[1] as subject, array_to_string(tags, ' ') as tags,"
    " knew, data, encode(hash, 'hex') as hash"
    " from ledger.journal where position > $1 and {among} order by position limit $2"
)
"""The rows of certain audiences after a position, with all that a message says of them, as text where it is text.

The time is written as `time_text` writes it; `ledger.iso` does the same, but a service's role may not call it.
"""
POSITIONS = "select position from ledger.journal where position > $1 and {among} order by position"
WAITING = "select count(*) from ledger.journal where position > $1 and {among}"
LAST = "select * from ledger.journal where audience <> 'received' order by position desc limit 1"


class Made(TypedDict):
    """A message, by the names that a producer takes it by."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def among(audiences: Iterable[str]) -> str:
    """A condition for rows of certain audiences, written out: only so does the index of just these rows serve it."""
    return "audience in ({})".format(", ".join(f"'{audience}'" for audience in audiences))


def message_of(row: Any, previous: int) -> Made:
    """The message of a row that NEXT gives; `previous` is the position of the event before it on the topic."""
    position, id_, source, type_, time, actor, role, behalf, correlation, cause, subject, tags, knew, data, hash_ = row
    if not tags.isascii() or "%" in tags:
        tags = tags_text(tags.split(" "))
    made = headers(
        id_, source, type_, subject, time, actor, role, behalf, correlation, cause, tags, position, previous, hash_,
        knew,
    )  # fmt: skip
    return {"key": subject.encode(), "value": data, "headers": made}


def message_of_head(row: Any, source: str, published: int) -> Made:
    """How far a journal stands: the position and hash of its last own row, behind the last event on the topic."""
    name, hash_ = row["source"].strip("/").replace("/", "."), row["hash"].hex()
    head = JournalHead(journal=name, position=row["position"], hash=hash_)
    subject = head.tags[0]
    made = headers(
        f"head-{row['position']}", source, JournalHead.wire, subject, time_text(row["time"]), "system", "system", "",
        "head", "", tags_text(head.tags), published, published, hash_, row["knew"],
    )  # fmt: skip
    return {"key": subject.encode(), "value": head.model_dump_json().encode(), "headers": made}
