"""Ways in which readers, restores, mailboxes and seals can be wrong, and what must then be found."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from services.runtime import recovering
from tests.journeys.breaking import Copy
from tests.journeys.breaking_stores import IN_THE_MIDDLE, Found, a_request_is_forgotten, found

# --- rows that a restore lost


async def lost(copy: Copy, service: str, row: dict[str, Any], digest: bytes) -> None:
    """In place of a row, one that says only that it was lost."""
    await copy.do(service, "alter table ledger.journal drop constraint journal_audience_check")
    await copy.do(
        service, "update ledger.journal set audience = 'lost', type = 'compact.position_lost', tags = '{}',"
        " data = '{}', query = null, known_to = null, hash = $2 where position = $1", row["position"], digest,
    )  # fmt: skip
    await copy.do(service, "delete from ledger.tagged where position = $1", row["position"])


async def recovered(copy: Copy, service: str, position: int) -> None:
    """The service's database was restored, and a fact tells of the one row that it took back."""
    copy.evidence = replace(copy.evidence, restored={service: 1})
    before = await copy.row(service, "position = $1", position - 1)
    row = await copy.row(service, "position = $1", position)
    digest = recovering.digest_of(before["hash"], [row]).hex()
    data = json.dumps({"after": position - 1, "upto": position, "digest": digest}).encode()
    like = await copy.row(service, "audience = 'services'")
    await copy.publish(service, like, type="compact.history_recovered", causationid="", data=data)


async def a_private_row_was_lost_and_is_named(copy: Copy) -> Found:
    row = await copy.row("notifications", IN_THE_MIDDLE)
    await lost(copy, "notifications", row, row["hash"])
    await recovered(copy, "notifications", row["position"])
    return []


async def a_row_was_altered_after_it_was_put_back(copy: Copy) -> Found:
    row = await copy.row("notifications", IN_THE_MIDDLE)
    await lost(copy, "notifications", row, row["hash"])
    await recovered(copy, "notifications", row["position"])
    await copy.do("notifications", "update ledger.journal set actor = 'x' where position = $1", row["position"])
    return found(
        "chain", "notifications", f"positions {row['position']} to {row['position']} are not what was put back"
    )


async def a_row_is_lost_that_no_recovery_covers(copy: Copy) -> Found:
    row = await copy.row("notifications", IN_THE_MIDDLE)
    await recovered(copy, "notifications", row["position"] - 1)
    await lost(copy, "notifications", row, row["hash"])
    return found("lost_rows_named", "notifications", f"position {row['position']} ", "no recovery covers it")


async def a_row_is_lost_without_a_restore(copy: Copy) -> Found:
    row = await copy.row("notifications", IN_THE_MIDDLE)
    await lost(copy, "notifications", row, row["hash"])
    what = f"position {row['position']} is marked lost, but the database was never restored"
    return found("lost_rows_named", "notifications", what)


async def a_row_is_lost_and_no_fact_tells_of_it(copy: Copy) -> Found:
    row = await copy.row("notifications", IN_THE_MIDDLE)
    await lost(copy, "notifications", row, row["hash"])
    copy.evidence = replace(copy.evidence, restored={"notifications": 1})
    return found("lost_rows_named", "notifications", f"position {row['position']} ", "no fact tells of the recovery")


async def a_row_is_lost_that_others_hold(copy: Copy) -> Found:
    row = await copy.row("monitoring", "type = 'monitoring.report_extension_asked'")
    await lost(copy, "monitoring", row, row["hash"])
    await recovered(copy, "monitoring", row["position"])
    what = f"position {row['position']} is marked lost, but"
    holders = ("funding holds it", "notifications holds it", "stands here")
    return [one for who in holders for one in found("lost_rows_named", "monitoring", *what.split(", but"), who)]


async def a_journal_ends_before_what_others_know(copy: Copy) -> Found:
    await copy.do("partners", "insert into ledger.witness values ('/sutton/funding', 100000, ''::bytea)")
    return found("lost_rows_named", "funding", "partners knows position 100000, the journal ends at")


async def a_command_was_lost_in_a_restore_that_says_so(copy: Copy) -> Found:
    await recovered(copy, "funding", (await copy.row("funding", "audience = 'private'"))["position"])
    await a_request_is_forgotten(copy, "funding")
    return []


# --- readers


async def a_reader_missed_an_event(copy: Copy) -> Found:
    rows = await copy.rewrite_end("partners", lambda rows: [rows[0], *rows[2:]])
    return found("reader_holds_once", "partners", f"funding's position {rows[1]['sequence']} ", "was not taken")


async def a_reader_took_an_event_twice(copy: Copy) -> Found:
    rows = await copy.rewrite_end("partners", lambda rows: [*rows, dict(rows[1])])
    return found("reader_holds_once", "partners", f"funding's position {rows[1]['sequence']} ", "was taken 2 times")


async def a_reader_took_two_events_in_another_order(copy: Copy) -> Found:
    rows = await copy.rewrite_end("partners", lambda rows: [rows[0], rows[2], rows[1], *rows[3:]])
    return found("reader_holds_once", "partners", f"funding's position {rows[2]['sequence']} ", "out of its order")


async def a_reader_holds_another_hash(copy: Copy) -> Found:
    rows = await copy.rewrite_end("partners", lambda rows: [rows[0] | {"origin_hash": b"1" * 32}, *rows[1:]])
    return found("reader_holds_once", "partners", f"position {rows[0]['sequence']} ", "taken with another hash")


async def a_reader_holds_other_words(copy: Copy) -> Found:
    rows = await copy.rewrite_end("partners", lambda rows: [rows[0] | {"data": b"{}"}, *rows[1:]])
    return found("reader_holds_once", "partners", f"position {rows[0]['sequence']} ", "taken with another data")


async def a_reader_holds_what_was_never_published(copy: Copy) -> Found:
    at = (await copy.row("funding", "type = 'funding.sealed_steps_disclosed'"))["position"]
    await copy.rewrite_end("partners", lambda rows: [*rows, {**rows[-1], "sequence": at, "id": "x"}])
    return found("reader_holds_once", "partners", f"position {at} was taken, but never published")


async def held(copy: Copy, state: str) -> int:
    """An event that partners did not take, but held aside."""
    rows = await copy.rewrite_end("partners", lambda rows: [rows[0], *rows[2:]])
    await copy.do(
        "partners", "insert into ledger.held"
        " (held_id, topic, message_offset, sequence, subject, reason, headers, value, state)"
        " values ('h', 'sutton.funding.events', 1, $1, 'bid:1', 'unreadable', '[]', '', $2)",
        rows[1]["sequence"], state,
    )  # fmt: skip
    return int(rows[1]["sequence"])


async def an_event_is_held_aside(copy: Copy) -> Found:
    await held(copy, "held")
    return []


async def an_event_was_given_up_by_somebody(copy: Copy) -> Found:
    await held(copy, "discarded")
    return []


async def an_event_was_released_and_not_taken(copy: Copy) -> Found:
    position = await held(copy, "released")
    return found("reader_holds_once", "partners", f"funding's position {position} ", "was not taken")


async def a_reader_says_it_read_less(copy: Copy) -> Found:
    upto = await copy.do(
        "monitoring", "update ledger.reader set sequence = sequence - 1 where topic = 'sutton.funding.events'"
        " returning sequence",
    )  # fmt: skip
    return found("reader_holds_once", "monitoring", f"funding's topic was read to {upto}, and published to {upto + 1}")


# --- notices and mailboxes


def messages(copy: Copy) -> list[Path]:
    return sorted(file for box in copy.mail().iterdir() if box.name != "returns" for file in box.glob("new/*"))


async def a_message_arrived_twice(copy: Copy) -> Found:
    first = messages(copy)[0]
    shutil.copy(first, first.with_name("again"))
    return found("copy_without_doubt", "notifications", "arrived 2 times")


async def a_message_nobody_recorded_arrived(copy: Copy) -> Found:
    first = messages(copy)[0]
    first.with_name("other").write_bytes(b"Message-ID: <other@example.invalid>\n\nGood day.\n")
    return found("copy_without_doubt", "notifications", "<other@example.invalid> arrived, and no attempt was recorded")


async def a_sent_message_never_arrived(copy: Copy) -> Found:
    messages(copy)[0].unlink()
    return found("notice_missing", "notifications", "was sent and never arrived")


SENT = (
    "exists (select from ledger.journal s where s.type = 'notifications.notice_sent'"
    " and s.tags @> ledger.journal.tags[2:2]) and not exists (select from ledger.journal d"
    " where d.type = 'notifications.notice_attempt_uncertain' and d.tags @> ledger.journal.tags[1:1])"
)
"""An attempt that the mail server took, of a notice without any doubt."""


async def attempted(copy: Copy, where: str, **marks: bool) -> dict[str, Any]:
    """A further attempt at an address where one was made; gives what is known of that one."""
    row = await copy.row("notifications", f"type = 'notifications.notice_attempted' and {where}")
    data: dict[str, Any] = json.loads(row["data"])
    again = {**data, "attempt_id": "another", "message_id": "<another@example.invalid>", **marks}
    await copy.enter("notifications", row, data=json.dumps(again).encode(), causationid="")
    await copy.show("notifications", "attempts", data["attempt_id"], attempt_id="another")
    return data


async def a_second_attempt_began_without_a_doubt(copy: Copy) -> Found:
    first = await attempted(copy, SENT)
    what = f"attempt another of notice {first['notice_id']} began while nothing was recorded against"
    return found("copy_without_doubt", "notifications", what, first["attempt_id"])


async def a_copy_is_not_marked(copy: Copy) -> Found:
    marked = "convert_from(data, 'UTF8') like '%\"copy_of_earlier\":true%'"
    doubt = await copy.row("notifications", "type = 'notifications.notice_attempt_uncertain'")
    copied = await copy.row("notifications", f"type = 'notifications.notice_attempted' and {marked}")
    first, second = (json.loads(row["data"])["attempt_id"] for row in (doubt, copied))
    await copy.enter("notifications", doubt, {first: second}, causationid="")
    made = await attempted(copy, marked, copy_of_earlier=False)
    what = f"attempt another of notice {made['notice_id']} is not marked as a copy"
    return found("copy_without_doubt", "notifications", what)


async def a_first_attempt_is_marked_as_a_copy(copy: Copy) -> Found:
    row = await copy.row("notifications", f"type = 'notifications.notice_attempted' and {SENT}")
    failed = await copy.row("notifications", "type = 'notifications.notice_failed'")
    swap = {json.loads(failed["data"])["attempt_id"]: json.loads(row["data"])["attempt_id"]}
    await copy.enter("notifications", failed, swap, causationid="")
    made = await attempted(copy, SENT, copy_of_earlier=True)
    return found("copy_without_doubt", "notifications", f"of notice {made['notice_id']} is marked as a copy")


async def a_notice_came_to_no_end(copy: Copy) -> Found:
    row = await copy.row("notifications", "type = 'notifications.notice_requested'")
    notice = json.loads(row["data"])["notice_id"]
    await copy.publish("notifications", row, {notice: "another"})
    await copy.show("notifications", "notices", notice, notice_id="another")
    return found("notice_missing", "notifications", "notice another, requested at position", "came to no end")


# --- seals


async def a_reader_saw_something_sealed(copy: Copy) -> Found:
    copy.write("observed", [{"what": "history", "service": "funding", "by": "p-1", "at": 1.0, "about": "bid:7",
                             "found": "the bidder", "sealed_until": "funding.bids_opened"}])  # fmt: skip
    return found("sealed_early", "funding", "p-1 could read by history of bid:7, sealed until funding.bids_opened")


async def unopened(copy: Copy) -> tuple[str, dict[str, Any]]:
    """A round that nobody opened, with one bid."""
    programme = await copy.row("funding", "type = 'funding.programme_published'")
    known = json.loads(programme["data"])["programme_id"]
    await copy.publish("funding", programme, {known: "another"}, causationid="")
    bid = await copy.row("funding", "type = 'funding.bid_submitted'")
    bid_id, of = (json.loads(bid["data"])[name] for name in ("bid_id", "programme_id"))
    entered = await copy.enter("funding", bid, {bid_id: "sealed", of: "another"})
    await copy.show("funding", "bids", bid_id, bid_id="sealed", programme_id="another")
    return bid_id, entered


async def a_receipt_names_the_bidder(copy: Copy) -> Found:
    bid_id, bid = await unopened(copy)
    receipt = await copy.row("funding", "type = 'funding.bid_received' and tags @> array[$1]", f"bid:{bid_id}")
    programme = json.loads(receipt["data"])["programme_id"]
    told = await copy.publish(
        "funding", receipt, {bid_id: "sealed", programme: "another"}, onbehalfof=bid["onbehalfof"]
    )
    what = f"position {told['position']} (funding.bid_received) tells of funding.bid_submitted at position"
    return found(
        "sealed_early", "funding", what, str(bid["position"]), "before funding.bids_opened of programme:another"
    )


async def a_result_is_told_before_the_announcement(copy: Copy) -> Found:
    _, bid = await unopened(copy)
    bidders = [tag for tag in bid["tags"] if tag.startswith("organisation:")]
    reasons = await copy.row("funding", "type = 'funding.rationale_given' and not tags && $1", bidders)
    data = json.loads(reasons["data"])
    swap = {data["programme_id"]: "another", data["bid_id"]: "third"}
    told = await copy.publish("funding", reasons, swap, causationid="")
    what = f"position {told['position']} (funding.rationale_given) tells a result before funding.results_announced"
    return found("sealed_early", "funding", what)


async def something_sealed_is_recorded_for_all(copy: Copy) -> Found:
    row = await copy.row("funding", "type = 'funding.consortium_member_confirmed'")
    told = await copy.publish("funding", row, audience="services", causationid="")
    here = "funding.consortium_member_confirmed is private, but"
    readers = ("partners", "monitoring", "notifications")
    return [
        *found("sealed_early", "funding", here, f"services at position {told['position']}"),
        *[one for reader in readers for one in found("sealed_early", reader, here, "received")],
    ]


READERS = (
    a_private_row_was_lost_and_is_named, a_row_was_altered_after_it_was_put_back,
    a_row_is_lost_that_no_recovery_covers, a_row_is_lost_without_a_restore, a_row_is_lost_and_no_fact_tells_of_it,
    a_row_is_lost_that_others_hold, a_journal_ends_before_what_others_know,
    a_command_was_lost_in_a_restore_that_says_so, a_reader_missed_an_event, a_reader_took_an_event_twice,
    a_reader_took_two_events_in_another_order, a_reader_holds_another_hash, a_reader_holds_other_words,
    a_reader_holds_what_was_never_published, an_event_is_held_aside, an_event_was_given_up_by_somebody,
    an_event_was_released_and_not_taken, a_reader_says_it_read_less, a_message_arrived_twice,
    a_message_nobody_recorded_arrived, a_sent_message_never_arrived, a_second_attempt_began_without_a_doubt,
    a_copy_is_not_marked, a_first_attempt_is_marked_as_a_copy, a_notice_came_to_no_end,
    a_reader_saw_something_sealed, a_receipt_names_the_bidder, a_result_is_told_before_the_announcement,
    something_sealed_is_recorded_for_all,
)  # fmt: skip
