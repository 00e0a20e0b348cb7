"""What is done around the services: their clock jumps, and strangers write to their topics."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from contracts.topics import SERVICES, events_topic, shared_topic
from faults.scene import Fault, Scene

SHIFTED = Path(__file__).parent / "shifted"
SHIFTS = (-400 * 86_400, -7_200, 7_200, 400 * 86_400)
"""Seconds by which the clock jumps: hours and more than a year, back and forth."""
JUMPED_FOR = 4.0
LARGEST = 900_000


async def jump(scene: Scene) -> None:
    """The services' clocks jump back and forth; commands wait meanwhile, and nothing is dated by the wrong clock."""
    file = scene.data / "shift"
    try:
        while True:
            await scene.after(5, 10)
            write(file, scene.chance.choice(SHIFTS))
            scene.done["jumps"] += 1
            await asyncio.sleep(JUMPED_FOR)
            write(file, 0)
    finally:
        write(file, 0)


def write(file: Path, shift: float) -> None:
    """Set the shift, whole at once."""
    beside = file.with_name(f"{file.name}.new")
    beside.write_text(str(shift))
    beside.replace(file)


async def dates_right(scene: Scene) -> None:
    """Note every row that is dated by a clock that had jumped."""
    early, late = scene.began - timedelta(minutes=2), datetime.now(UTC) + timedelta(minutes=2)
    for service, address in scene.running.databases.items():
        connection = await asyncpg.connect(address)
        try:
            rows = await connection.fetch(
                "select position, type, time, recorded from ledger.journal"
                " where not (time between $1 and $2 and recorded between $1 and $2) order by position", early, late,
            )  # fmt: skip
        finally:
            await connection.close()
        scene.wrong += [f"{service} {row['position']} {row['type']} is dated {row['time']}, recorded {row['recorded']}"
                        for row in rows]  # fmt: skip


def rubbish(scene: Scene) -> tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]:
    """Key, value and headers of a record that nobody of the system wrote."""
    chance = scene.chance
    stranger = [
        ("ce_specversion", b"1.0"), ("ce_id", b"stranger-1"), ("ce_source", b"/elsewhere/stranger"),
        ("ce_type", b"stranger.thing_happened"), ("ce_subject", b"thing:1"), ("content-type", b"application/json"),
        ("ce_time", datetime.now(UTC).isoformat().encode()),
    ]  # fmt: skip
    return chance.choice((
        (None, chance.randbytes(200), []),
        (b"", None, []),
        (b"key", b"{", [("ce_type", b"\xff\xfe"), ("ce_id", b"")]),
        (b"thing:1", json.dumps({"thing": 1}).encode(), stranger),
        (b"thing:1", b"\x00" * 100, stranger[:3]),
        (b"big", chance.randbytes(LARGEST), []),
        (b"big", b"{" + b" " * LARGEST + b"}", stranger),
        (b"deep", b"[" * 50_000, stranger),
    ))  # fmt: skip


async def write_rubbish(scene: Scene) -> None:
    """Strangers write to every topic: bytes without a form, foreign and broken events, messages at the size limit."""
    place = scene.running.system.place
    names = [name(place, one) for one in SERVICES for name in (events_topic, shared_topic)]
    while True:
        await scene.after(4, 8)
        sending = AIOKafkaProducer(
            bootstrap_servers=scene.running.system.kafka, max_request_size=1_048_576, request_timeout_ms=5000
        )
        try:
            async with asyncio.timeout(10):
                await sending.start()
                for topic in names:
                    key, value, headers = rubbish(scene)
                    await sending.send_and_wait(topic, value, key=key, partition=0, headers=headers)
                    scene.done["records of strangers"] += 1
        except (KafkaError, OSError, TimeoutError):
            continue  # the broker is away, too
        finally:
            with suppress(KafkaError, OSError):
                await sending.stop()


SURROUNDINGS = (
    Fault("clock", "the services' clocks jump back and forth", jump, mixes=False, stepped=False, last="bid",
          look=dates_right),
    Fault("rubbish", "rubbish, foreign, broken and oversized messages on every topic", write_rubbish),
)  # fmt: skip
