"""Guarantee: each row of a journal proves every row before it.

A row's hash is SHA-256 over the hash before it, each attribute in a fixed order preceded by its length in bytes
(`5:abcde,`), then the value's bytes as they were written. `ledger.enter` computes the same in the database; a
committed test vector holds the two together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

GENESIS = hashlib.sha256(b"compact journal 1").digest()
_columns = itemgetter(
    "position", "id", "source", "type", "time", "recorded", "actor", "role", "onbehalfof", "correlationid",
    "causationid", "tags", "audience", "knew", "sequence", "origin_hash", "data",
)  # fmt: skip


def iso(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds, the one spelling that is hashed."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def link(before: bytes, row: Mapping[str, Any]) -> bytes:
    """The hash of a journal row (its columns by name) that follows the hash `before`."""
    (position, id_, source, type_, moment, entered, actor, role, behalf, correlation, cause, tags, audience, knew,
     sequence, origin, data) = _columns(row)  # fmt: skip
    time = iso(moment)
    attributes = (
        str(position), id_, source, type_, time, time if entered == moment else iso(entered), actor, role, behalf,
        correlation, cause, " ".join(tags), audience, knew, str(sequence), origin.hex(),
    )  # fmt: skip
    parts = "".join([f"{len(one)}:{one}," for one in attributes])
    if not parts.isascii():  # a length counts bytes, not characters
        parts = "".join([f"{len(one.encode())}:{one}," for one in attributes])
    return hashlib.sha256(before + parts.encode() + data).digest()
