"""Ways in which topics and the heads told on them can be wrong, and what must then be found."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.journeys.breaking import Copy, Record, record_of
from tests.journeys.breaking_stores import Found, found

TOPIC = "topics_hold_their_audience"
HEAD = "compact.journal_head"


def events(records: list[Record]) -> list[int]:
    """Where in a topic events stand that are not heads."""
    return [at for at, one in enumerate(records) if one.told["ce_type"] != HEAD]


def retold(record: Record, **headers: str) -> Record:
    return replace(record, headers=tuple((name, headers.get(name, value.decode()).encode())
                                         for name, value in record.headers))  # fmt: skip


# --- topics


async def a_record_is_gone(copy: Copy) -> Found:
    records = copy.topic("monitoring.events")
    gone = records.pop(events(records)[3])
    return found(TOPIC, "monitoring", "sutton.monitoring.events", f"position {gone.told['ce_sequence']} does not stand")


async def the_last_record_is_gone(copy: Copy) -> Found:
    records = copy.topic("funding.shared")
    gone = records.pop()
    return found(TOPIC, "funding", f"sutton.funding.shared, position {gone.told['ce_sequence']} is not there")


async def two_records_change_places(copy: Copy) -> Found:
    records = copy.topic("funding.shared")
    records[2], records[3] = records[3], records[2]
    later, first = (records[n].told["ce_sequence"] for n in (3, 2))
    return found(TOPIC, "funding", "sutton.funding.shared", f"position {later} does not stand before {first}")


async def a_records_value_is_altered(copy: Copy) -> Found:
    records = copy.topic("monitoring.events")
    at = events(records)[2]
    records[at] = replace(records[at], value=(records[at].value or b"").replace(b"{", b"{ ", 1))
    return found(TOPIC, "monitoring", f"position {records[at].told['ce_sequence']} ", "the journal says: value")


async def a_record_claims_another_hash(copy: Copy) -> Found:
    records = copy.topic("monitoring.events")
    at = events(records)[2]
    records[at] = retold(records[at], ce_hash="0" * 64)
    return found(TOPIC, "monitoring", f"position {records[at].told['ce_sequence']} ", "the journal says: ce_hash")


async def a_record_names_another_actor(copy: Copy) -> Found:
    records = copy.topic("monitoring.events")
    at = events(records)[2]
    records[at] = retold(records[at], ce_actor="p-999")
    return found(TOPIC, "monitoring", f"position {records[at].told['ce_sequence']} ", "the journal says: ce_actor")


async def a_record_follows_another(copy: Copy) -> Found:
    records = copy.topic("funding.shared")
    before, says = records[1].told["ce_sequence"], records[0].told["ce_sequence"]
    records[2] = retold(records[2], ce_previous=says)
    return found(TOPIC, "funding", f"position {records[2].told['ce_sequence']} says it follows {says}, not {before}")


async def a_record_tells_what_was_never_recorded(copy: Copy) -> Found:
    records = copy.topic("monitoring.events")
    records.append(retold(records[events(records)[-1]], ce_sequence="4711"))
    return found(TOPIC, "monitoring", "position 4711 is not in the journal")


async def something_private_is_published(copy: Copy) -> Found:
    row = await copy.row("funding", "type = 'funding.bid_document_put_right'")
    copy.topic("funding.events").append(record_of(row, row["position"] - 1))
    return found(TOPIC, "funding", f"position {row['position']} (funding.bid_document_put_right) is private")


async def something_for_the_services_is_shared(copy: Copy) -> Found:
    row = await copy.row("funding", "type = 'funding.bid_received'")
    copy.topic("funding.shared").append(record_of(row, row["position"] - 1))
    return found(
        TOPIC, "funding", "sutton.funding.shared", f"position {row['position']} (funding.bid_received) is serv"
    )


async def another_topic_repeats_something_private(copy: Copy) -> Found:
    row = await copy.row("notifications", "type = 'notifications.contact_given'")
    copy.topic("partners.shared").append(Record(None, row["data"], ()))
    return found(TOPIC, "partners", f"private to notifications at position {row['position']} ")


async def the_broker_came_back_and_everything_was_published_again(copy: Copy) -> Found:
    records = copy.topic("funding.events")
    records[:] = [*records[:40], *records[20:], *records[-3:]]
    return []


async def a_record_was_on_its_way_when_the_broker_came_back_empty(copy: Copy) -> Found:
    copy.evidence = replace(copy.evidence, emptied=1)
    records = copy.topic("funding.shared")
    records[:] = [*records[3:5], *records]
    return []


async def a_record_that_was_on_its_way_does_not_come_again(copy: Copy) -> Found:
    copy.evidence = replace(copy.evidence, emptied=1)
    records = copy.topic("funding.shared")
    last = records.pop()
    records.insert(0, last)
    return found(TOPIC, "funding", f"sutton.funding.shared, position {last.told['ce_sequence']} is not there")


async def a_record_was_ahead_although_the_broker_kept_everything(copy: Copy) -> Found:
    records = copy.topic("funding.shared")
    ahead, first = records[1], records[0]
    records.insert(0, ahead)
    what = f"position {first.told['ce_sequence']} does not stand before {ahead.told['ce_sequence']}"
    return found(TOPIC, "funding", "sutton.funding.shared", what)


async def rubbish_stands_between(copy: Copy) -> Found:
    rubbish = (
        Record(b"\xff", b"\x00\xff", ()), Record(b"k", None, (("ce_type", b"\xff"),)), Record(None, b"{}", ()),
        Record(b"bid:x", b"{}", (("ce_source", b"/elsewhere/funding"), ("ce_type", b"funding.bid_awarded"),
                                 ("ce_hash", b"00"), ("ce_sequence", b"7"), ("ce_previous", b"6"))),
    )  # fmt: skip
    for name in ("funding.events", "partners.shared", "monitoring.events"):
        records = copy.topic(name)
        records[3:3] = rubbish
    return []


# --- heads


async def another_head_is_told(copy: Copy) -> Found:
    records = copy.topic("funding.events")
    at = next(at for at, one in enumerate(records) if one.told["ce_type"] == HEAD)
    told = json.loads(records[at].value or b"")
    records[at] = replace(records[at], value=json.dumps({**told, "hash": "0" * 64}).encode())
    return found("head_told", "funding", f"the head told at {told['position']} has another hash")


async def a_reader_was_told_another_head(copy: Copy) -> Found:
    position = await copy.do(
        "partners", "update ledger.witness set hash = sha256(hash) where (source, position) ="
        " (select source, min(position) from ledger.witness where source = '/sutton/funding' group by 1)"
        " returning position",
    )  # fmt: skip
    return found("head_told", "funding", f"partners was told another hash of position {position}")


TOPICS = (
    a_record_is_gone, the_last_record_is_gone, two_records_change_places, a_records_value_is_altered,
    a_record_claims_another_hash, a_record_names_another_actor, a_record_follows_another,
    a_record_tells_what_was_never_recorded, something_private_is_published, something_for_the_services_is_shared,
    another_topic_repeats_something_private, the_broker_came_back_and_everything_was_published_again,
    a_record_was_on_its_way_when_the_broker_came_back_empty, a_record_that_was_on_its_way_does_not_come_again,
    a_record_was_ahead_although_the_broker_kept_everything, rubbish_stands_between, another_head_is_told,
    a_reader_was_told_another_head,
)  # fmt: skip
