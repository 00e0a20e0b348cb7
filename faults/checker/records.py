"""What stands on the topics, read once from the beginning, batch by batch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from aiokafka import AIOKafkaConsumer, TopicPartition

from faults.checker.chains import moment
from faults.checker.stores import Row

HEAD = "compact.journal_head"
MANY = 2000
QUIET = 750
"""Milliseconds without a record after which a topic that was read to its end has ended."""


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


async def topics_of(kafka: str, place: str) -> list[str]:
    """The topics of a place."""
    async with AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False) as reading:
        return sorted(name for name in await reading.topics() if name.startswith(f"{place}."))


async def read_all(kafka: str, topics: Sequence[str]) -> AsyncIterator[tuple[str, list[Any]]]:
    """Every record of these topics, in batches of one topic each, until all have come to their ends.

    The end is where nothing more comes: the embedded broker tells the offset of the last batch's first record.
    """
    if not topics:
        return
    async with AIOKafkaConsumer(
        bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest"
    ) as reading:
        partitions = [TopicPartition(name, 0) for name in topics]
        reading.assign(partitions)
        ends = await reading.end_offsets(partitions)
        for each in partitions:
            reading.seek(each, 0)
        waited = 0
        while waited < 40:
            batches = await _next(reading, partitions)
            for partition, records in batches.items():
                yield partition.topic, records
            waited = 0 if batches else waited + 1
            if not batches and await _ended(reading, partitions, ends):
                return
        raise TimeoutError(f"the topics {', '.join(topics)} could not be read to their ends")


async def _next(reading: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, list[Any]]:
    """The next records; past one that the client cannot unpack, which is nobody's event."""
    for each in partitions:
        try:
            if records := await reading.getmany(each, timeout_ms=0, max_records=MANY):
                return dict(records)
        except asyncio.CancelledError:
            raise
        except Exception:  # whatever rubbish makes the client raise
            reading.seek(each, await reading.position(each) + 1)
    try:
        return dict(await reading.getmany(*partitions, timeout_ms=QUIET, max_records=MANY))
    except asyncio.CancelledError:
        raise
    except Exception:
        return {}


async def _ended(
    reading: AIOKafkaConsumer, partitions: Iterable[TopicPartition], ends: dict[TopicPartition, int]
) -> bool:
    return all([await reading.position(each) >= ends[each] for each in partitions])
