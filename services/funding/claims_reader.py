"""Reads the claims of partner bodies from their topics, from the first one not yet taken."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from contracts.bodies import BODIES, EffectReported, effect_reported, source_of
from contracts.place import Place
from contracts.topics import claims_topic
from services.funding import change_handlers as handlers
from services.funding.claims import TakeClaim
from services.runtime.calendar import london_date
from services.runtime.decisions import Actor
from services.runtime.follower import pause
from services.runtime.kafka import consumer, stands
from services.runtime.reactions import RETRY, derived_id
from services.runtime.running import Running
from services.runtime.topics import WrongTopic, declare

log = structlog.get_logger()
LOOK_EVERY = 0.2
AGAIN_AFTER = 1.0
NAMED = {"ce_id", "ce_source", "ce_type"}
LONGEST = 200


async def run(running: Running) -> None:
    """Take claims until the process stops; a broker that is away is waited for."""
    while not running.stopping.is_set():
        try:
            await declare(running.settings, list(_topics(running.settings.place)))
            async with consumer(running.settings) as reading:
                await _read(running, reading)
        except (KafkaError, WrongTopic, OSError, *RETRY) as error:
            log.warning("claims_not_read", reason=type(error).__name__)
            await pause(running.stopping, AGAIN_AFTER)


def claim_of(place: str, body: str, body_id: str, record: Any) -> dict[str, Any]:
    """What a record says, as the particulars of a command: a claim, or the fault for which it is not one."""
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
    named = f"{headers.get('ce_source', '')} {headers.get('ce_id', '')}"
    given: dict[str, Any] = {
        "body_id": body_id, "topic": claims_topic(place, body), "offset": record.offset,
        "claim_key": derived_id(f"claim {named}"),
        "content_hash": _hash_of(record),
    }  # fmt: skip
    fault = _fault(place, body, body_id, headers)
    if fault:
        return {**given, "claim_key": derived_id(f"claim {given['topic']} {record.offset}"), "fault": fault}
    try:
        return {**given, "claim": EffectReported.model_validate_json(record.value or b"")}
    except ValidationError:
        return {**given, "claim_key": derived_id(f"claim {given['topic']} {record.offset}"), "fault": "breaks_schema"}


def _hash_of(record: Any) -> str:
    kind = next((value for name, value in record.headers if name == "ce_type"), b"") or b""
    return hashlib.sha256(kind + b" " + (record.value or b"")).hexdigest()


def _fault(place: str, body: str, body_id: str, headers: Mapping[str, str]) -> str:
    if not headers.keys() >= NAMED or not 0 < len(headers["ce_id"]) <= LONGEST:
        return "headers_missing"
    if headers["ce_source"] != source_of(place, body):
        return "source_is_not_the_topics_owner"
    if headers["ce_type"] != effect_reported(body):
        return "type_unknown"
    return "" if body_id else "no_such_signatory"


async def _read(running: Running, reading: AIOKafkaConsumer) -> None:
    topics = _topics(running.settings.place)
    partitions = {TopicPartition(topic, 0): body for topic, body in topics.items()}
    starts = {partition: await _next_offset(running, reading, partition) for partition in partitions}
    reading.assign(list(partitions))
    for partition, start in starts.items():
        reading.seek(partition, start)
    while not running.stopping.is_set():
        if not running.bus.agreed.is_set() or not running.journal.place.rule_sets:
            await pause(running.stopping, LOOK_EVERY)
            continue
        for partition, records in (await reading.getmany(timeout_ms=int(LOOK_EVERY * 1000))).items():
            for record in records:
                await _take(running, partitions[partition], record)


async def _next_offset(running: Running, reading: AIOKafkaConsumer, partition: TopicPartition) -> int:
    """After the last one taken, if it stands there; else from the beginning: a repeat is known by its source and id."""
    last = await running.journal.pool.fetchval(
        "select convert_from(data, 'UTF8') from ledger.journal where position ="
        " (select max(position) from ledger.tagged where tag = $1)",
        f"claims_topic:{partition.topic}",
    )
    if last is None:
        return 0
    known = json.loads(last)
    record = await stands(reading, partition, known["offset"])
    return known["offset"] + 1 if record and _hash_of(record) == known["content_hash"] else 0


async def _take(running: Running, body: str, record: Any) -> None:
    place = running.settings.place
    body_id = _organisation(await running.journal.standing(), london_date(running.now()), body)
    act = running.act(f"claim {claims_topic(place, body)} {record.offset}")
    actor = Actor(act.actor.person, act.actor.role, body_id or act.actor.organisation)
    command = TakeClaim(actor=actor, now=act.now, **claim_of(place, body, body_id, record))
    outcome = await handlers.take_claim(running.unit(act), command)
    if any(event.wire == "funding.claim_not_taken" for event in outcome.events):
        log.warning("claim_not_taken", topic=command.topic, offset=command.offset, reason=command.fault)


def _organisation(place: Place, today: date, body: str) -> str:
    """The signatory of this kind, or the body that stands in for it."""
    rules = place.rules(today)
    found = (one.organisation_id for one in rules.signatories if one.kind == body) if rules else iter(())
    return place.stands_in(next(found, ""))


def _topics(place: str) -> dict[str, str]:
    return {claims_topic(place, body): body for body in BODIES}
