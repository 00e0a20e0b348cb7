"""What stands on a topic for a row of the journal, its key, value and headers; and for the head of a journal."""

from __future__ import annotations

from typing import Any, TypedDict

from contracts.binding import JournalHead, headers

NEXT = (
    "select position, id, source, type, time, recorded, actor, role, onbehalfof, correlationid, causationid, tags,"
    " knew, data, hash from ledger.journal where position > $1 and audience = any ($2) order by position limit $3"
)
"""The rows of certain audiences after a position, with all that a message says of them."""
LAST = "select * from ledger.journal where audience <> 'received' order by position desc limit 1"


class Made(TypedDict):
    """A message, by the names that a producer takes it by."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def message_of(row: Any, previous: int) -> Made:
    """The message of a row that NEXT gives; `previous` is the position of the event before it on the topic."""
    position, id_, source, type_, time, _, actor, role, behalf, correlation, cause, tags, knew, data, hash_ = row
    subject = tags[0]
    made = headers(
        id_, source, type_, subject, time, actor, role, behalf, correlation, cause, tags, position, previous,
        hash_.hex(), knew,
    )  # fmt: skip
    return {"key": subject.encode(), "value": data, "headers": made}


def message_of_head(row: Any, source: str, published: int) -> Made:
    """How far a journal stands: the position and hash of its last own row, behind the last event on the topic."""
    name, hash_ = row["source"].strip("/").replace("/", "."), row["hash"].hex()
    head = JournalHead(journal=name, position=row["position"], hash=hash_)
    subject = head.tags[0]
    made = headers(
        f"head-{row['position']}", source, JournalHead.wire, subject, row["time"], "system", "system", "", "head", "",
        head.tags, published, published, hash_, row["knew"],
    )  # fmt: skip
    return {"key": subject.encode(), "value": head.model_dump_json().encode(), "headers": made}
