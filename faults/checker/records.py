"""What stands on the topics, read once from the beginning, batch by batch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from aiokafka import AIOKafkaConsumer, TopicPartition

from faults.checker.chains import moment
from faults.checker.stores import Row
from faults.evidence import Evidence

HEAD = "compact.journal_head"
MANY = 2000
QUIET = 750
"""Milliseconds without a record after which a topic that was read to its end has ended."""
PATIENCE = 40
"""So often nothing may come although the topic has more."""


@dataclass(frozen=True)
class Published:
    """One record that says it is an event of a journal's row."""

    offset: int
    key: bytes | None
    told: dict[str, str]
    """Its headers."""
    sequence: int
    previous: int
    value: bytes

    @property
    def kind(self) -> str:
        """Its type."""
        return self.told["ce_type"]

    @property
    def digest(self) -> str:
        """The hash it claims for its row."""
        return self.told["ce_hash"]


def published(record: Any, source: str) -> Published | None:
    """A record as the event it says it is; `None` for what does not come from this source or makes no sense."""
    with suppress(UnicodeDecodeError, KeyError, ValueError, AttributeError):
        told = {name: value.decode() for name, value in record.headers}
        if told["ce_source"] == source and told["ce_type"] and told["ce_hash"]:
            sequence, previous = int(told["ce_sequence"]), int(told["ce_previous"])
            return Published(record.offset, record.key, told, sequence, previous, record.value or b"")
    return None


def differences(record: Published, row: Row) -> list[str]:
    """In what a record is not what the journal's row says."""
    subject, tags = row["tags"][0] if row["tags"] else "", " ".join(row["tags"])
    expected = {
        "ce_id": row["id"], "ce_source": row["source"], "ce_type": row["type"], "ce_subject": subject,
        "ce_time": moment(row["time"]), "ce_actor": row["actor"], "ce_role": row["role"],
        "ce_onbehalfof": row["onbehalfof"], "ce_correlationid": row["correlationid"],
        "ce_causationid": row["causationid"], "ce_knew": row["knew"], "ce_hash": row["hash"].hex(),
    }  # fmt: skip
    found = [name for name, text in expected.items() if record.told.get(name, "") != text]
    found += ["ce_tags"] if _tags(record) != tags else []
    found += ["key"] if (record.key or b"") != subject.encode() else []
    return found + (["value"] if record.value != row["data"] else [])


def _tags(record: Published) -> str:
    return " ".join(unquote(tag) if "%" in tag else tag for tag in record.told.get("ce_tags", "").split(" "))


async def topics_of(evidence: Evidence) -> list[str]:
    """The topics of the place, as far as its services can see them."""
    found: set[str] = set()
    for service in evidence.databases:
        async with AIOKafkaConsumer(**evidence.bus(service), enable_auto_commit=False) as reading:
            found |= await reading.topics()
    return sorted(name for name in found if name.startswith(f"{evidence.place}."))


async def read_all(evidence: Evidence, topic: str) -> AsyncIterator[list[Any]]:
    """Every record of a topic, in batches, up to its end; past what the client cannot unpack, which is nobody's event.

    The end is where nothing more comes: the embedded broker tells the offset of the last batch's first record.
    """
    async with AIOKafkaConsumer(
        **evidence.bus(topic.split(".")[-2]), enable_auto_commit=False, auto_offset_reset="earliest"
    ) as reading:
        partition = TopicPartition(topic, 0)
        reading.assign([partition])
        end = (await reading.end_offsets([partition]))[partition]
        at, many, waited = 0, MANY, 0
        reading.seek(partition, at)
        while waited < PATIENCE:
            try:
                records = (await reading.getmany(partition, timeout_ms=QUIET, max_records=many)).get(partition, [])
            except Exception:  # whatever rubbish makes the client raise: come to it one by one, then step over it
                at, many = (at, 1) if many > 1 else (at + 1, MANY)
                reading.seek(partition, at)
                continue
            if records:
                yield records
            elif at >= end:
                return
            at = records[-1].offset + 1 if records else at
            waited = 0 if records else waited + 1
        raise TimeoutError(f"{topic} could not be read to its end")
