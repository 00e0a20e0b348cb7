"""Another body's own system in the journey: a plain Kafka client, which logs in as that body where the broker asks.

Who it is, it is told as the services are: `COMPACT_POLICE_SASL_USERNAME` and `COMPACT_POLICE_SASL_PASSWORD_FILE`.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from compact.journey.playing import PATIENCE, Play, Unexpected
from contracts.topics import claims_topic, shared_topic
from services.runtime.kafka import security
from services.runtime.settings import settings_of


def login(play: Play, body: str) -> dict[str, Any]:
    """How a body's client reaches the broker."""
    return {"bootstrap_servers": play.system.kafka, **security(settings_of(body))}


async def read_of_change(play: Play, body: str, change_id: str) -> dict[str, Any]:
    """What a body reads of a change on the topic that funding shares with the signatories."""
    topic = shared_topic(play.system.place, "funding")
    async with AIOKafkaConsumer(**login(play, body), enable_auto_commit=False) as reading:
        partition = TopicPartition(topic, 0)
        reading.assign([partition])
        reading.seek(partition, 0)
        async with asyncio.timeout(PATIENCE):
            async for record in reading:
                if dict(record.headers).get("ce_type") == b"funding.change_disclosed":
                    told: dict[str, Any] = json.loads(record.value)
                    if told["change_id"] == change_id:
                        return told
    raise Unexpected(f"{topic} tells nothing of the change {change_id}.")


async def claim_effect(play: Play, body: str, claim: dict[str, Any]) -> None:
    """Send what a change does to a body's own work as a CloudEvent (Sutton Compact 3.4.2); a repeat counts once."""
    headers = {
        "ce_specversion": "1.0", "ce_id": f"effect-{claim['change_id']}", "ce_source": f"/{play.system.place}/{body}",
        "ce_type": f"{body}.effect_reported", "ce_time": play.now.isoformat(),
    }  # fmt: skip
    sent = [(name, value.encode()) for name, value in headers.items()]
    async with AIOKafkaProducer(**login(play, body)) as writing:
        await writing.send_and_wait(claims_topic(play.system.place, body), json.dumps(claim).encode(), headers=sent)
