"""Ways in which a journal, a read table or a service's own notes can be wrong, and what must then be found."""

from __future__ import annotations

import base64
from typing import Any

from tests.journeys.breaking import Copy

Found = list[tuple[str, str, tuple[str, ...]]]
"""Rule, service, and words that the finding must hold."""


def found(rule: str, service: str, *words: Any) -> Found:
    return [(rule, service, tuple(map(str, words)))]


IN_THE_MIDDLE = (
    "type = 'notifications.attempt_stood' and exists (select from ledger.journal n"
    " where n.position = ledger.journal.position + 1 and n.xmin = ledger.journal.xmin and n.audience = 'services')"
)
"""A private row that no head was told at, because its decision goes on behind it."""

# --- the chain and the positions


async def a_fact_is_altered(copy: Copy) -> Found:
    row = await copy.row("funding", "type = 'funding.bids_opening_started'")
    altered = row["data"].replace(b"p-", b"q-")
    await copy.do("funding", "update ledger.journal set data = $2 where position = $1", row["position"], altered)
    return found("chain", "funding", f"position {row['position']} (funding.bids_opening_started, {row['id']})")


async def the_heads_hash_is_altered(copy: Copy) -> Found:
    await copy.do("funding", "update ledger.head set hash = sha256(hash)")
    return found("chain", "funding", "the head has another hash")


async def a_fact_is_removed(copy: Copy) -> Found:
    row = await copy.row("notifications", IN_THE_MIDDLE)
    for table in ("journal", "tagged"):
        await copy.do("notifications", f"delete from ledger.{table} where position = $1", row["position"])
    return found("positions", "notifications", f"position {row['position']} is missing")


async def the_head_is_ahead(copy: Copy) -> Found:
    head = await copy.do("funding", "update ledger.head set position = position + 3 returning position")
    return found("positions", "funding", f"the head says {head}, the journal ends at {head - 3}")


async def a_fact_is_found_under_another_tag(copy: Copy) -> Found:
    row = await copy.row("funding", "type = 'funding.award_approved'")
    await copy.do(
        "funding", "update ledger.tagged set tag = 'programme:other' where position = $1 and tag like 'programme:%'",
        row["position"],
    )  # fmt: skip
    what = f"position {row['position']} (funding.award_approved)"
    return found("positions", "funding", what, "under programme:other") + found("positions", "funding", what)


# --- what was acknowledged


async def a_request_is_forgotten(copy: Copy, service: str = "partners") -> Found:
    asked = next(one for one in copy.lines("acknowledged") if one["service"] == service)
    await copy.do(
        asked["service"], "delete from ledger.request where answer = $1 and position = (select min(position)"
        " from ledger.request where answer = $1)", base64.b64decode(asked["body"]),
    )  # fmt: skip
    return found("acknowledged_once", asked["service"], "is not in the journal")


async def an_answer_is_kept_otherwise(copy: Copy) -> Found:
    path = next(one["path"] for one in copy.lines("acknowledged") if one["path"].endswith("/bids"))
    await copy.do(
        "funding", "update ledger.request set answer = answer || ' '::bytea where position ="
        " (select min(position) + 1 from ledger.journal where type = 'funding.bid_submitted')",
    )  # fmt: skip
    return found("acknowledged_once", "funding", path, "answered otherwise than the journal keeps")


async def a_request_was_never_decided(copy: Copy) -> Found:
    await copy.do(
        "funding", "update ledger.request set outcome = null where position ="
        " (select min(position) + 1 from ledger.journal where type = 'funding.bid_submitted')",
    )  # fmt: skip
    return found("acknowledged_once", "funding", "/bids", "and never decided")


async def a_request_was_answered_in_two_ways(copy: Copy) -> Found:
    first, *others = copy.lines("acknowledged")
    copy.write("acknowledged", [{**first, "different": True}, *others])
    return found("acknowledged_once", first["service"], first["path"], first["key"], "answered in two ways")


async def an_answer_names_what_nobody_recorded(copy: Copy) -> Found:
    lines = copy.lines("acknowledged")
    asked = next(one for one in lines if one["path"].endswith("/bids"))
    before = base64.b64decode(asked["body"])
    bid = before.partition(b'"bid_id": "')[2].partition(b'"')[0]
    asked["body"] = base64.b64encode(after := before.replace(bid, b"another")).decode()
    copy.write("acknowledged", lines)
    await copy.do("funding", "update ledger.request set answer = $2 where answer = $1", before, after)
    return found("acknowledged_once", "funding", asked["path"], "bid:another, of which no fact tells")


async def a_command_is_done_twice(copy: Copy) -> Found:
    given = await copy.row("notifications", "type = 'notifications.contact_given'")
    again = await copy.enter("notifications", given)
    at = f"positions {given['position']} and {again['position']}"
    return found("acknowledged_once", "notifications", "notifications.contact_given", at)


# --- effects


async def an_effect_happens_twice(copy: Copy) -> Found:
    stood = await copy.row("notifications", "type = 'notifications.attempt_stood'")
    again = await copy.enter("notifications", stood)
    at = f"positions {stood['position']} and {again['position']}"
    return found("effect_once", "notifications", "notifications.attempt_stood", at)


async def a_reaction_decides_twice(copy: Copy) -> Found:
    made = await copy.row("notifications", "type = 'notifications.notice_directed' and causationid <> ''")
    again = await copy.enter("notifications", made)
    at = f"{made['causationid']} at positions {made['position']} and {again['position']}"
    return found("effect_once", "notifications", "notifications.notice_directed", at)


async def an_effect_is_absent(copy: Copy) -> Found:
    row = await copy.row("funding", "type = 'funding.agreement_in_force'")
    about = next(tag for tag in row["tags"] if tag.startswith("agreement:"))
    await copy.publish("funding", row, {about.removeprefix("agreement:"): "another"}, causationid="")
    called_for = "(funding.agreement_in_force) calls for"
    return [
        *found("effect_once", "monitoring", f"{called_for} monitoring.reports_scheduled, and none followed"),
        *found("notice_missing", "notifications", f"{called_for} notifications.notice_requested, and none followed"),
        *found("replay_equals_live", "funding", "agreements in force, another: the tables say 0, the journal makes 1"),
        *found("replay_equals_live", "monitoring", "agreements in force, another: the tables say 0"),
    ]


async def reactions_stand_still(copy: Copy) -> Found:
    stands = await copy.do(
        "funding", "update ledger.follower set position = position - 4 where name like 'reactions %' returning position"
    )
    return found("effect_once", "funding", f"reactions stand at {stands}, the journal at {stands + 4}")


async def a_reaction_failed(copy: Copy) -> Found:
    await copy.do(
        "monitoring", "insert into ledger.reaction_left (reaction, position, subject, state, reason)"
        " values ('schedule_reports@funding.agreement_in_force', 7, 'agreement:x', 'failed', 'ValueError')",
    )  # fmt: skip
    return found("effect_once", "monitoring", "schedule_reports", "position 7: failed")


# --- decisions


async def a_decision_did_not_know_a_fact(copy: Copy) -> Found:
    row = await copy.row("funding", "type = 'funding.award_approved'")
    opened = await copy.row("funding", "type = 'funding.bids_opened' and tags && $1", row["tags"])
    await copy.do("funding", "update ledger.journal set known_to = $2 where position = $1", row["position"],
                  opened["position"] - 1)  # fmt: skip
    what = f"position {row['position']} (funding.award_approved) did not know of position {opened['position']} "
    return found("decision_on_changed_facts", "funding", what)


async def a_decision_stands_on_the_future(copy: Copy) -> Found:
    row = await copy.row("funding", "type = 'funding.award_approved'")
    await copy.do("funding", "update ledger.journal set known_to = position + 5 where position = $1", row["position"])
    return found("decision_on_changed_facts", "funding", f"position {row['position']} ", "which came later")


async def a_round_awards_more_than_its_money(copy: Copy) -> Found:
    row = await copy.row("funding", "type = 'funding.award_approved'")
    bid = row["tags"][0][4:]
    await copy.enter("funding", row, {bid: "another", '"pounds":': '"pounds":9'})
    year = ("2014/15", "2015/16", "2016/17")
    broken = [one for each in year for one in found("decision_on_changed_facts", "funding", "awards 9", f"in {each}")]
    return broken + found("panel_without_interest", "funding", "before the panel recommended anything about it")


# --- read tables


async def a_read_row_is_gone(copy: Copy) -> Found:
    schema = await copy.tables("funding")
    first = f'(select min(bid_id) from "{schema}".bids where not withdrawn)'
    programme = await copy.do("funding", f'delete from "{schema}".bids where bid_id = {first} returning programme_id')
    return found("replay_equals_live", "funding", f"bids of a programme, {programme}")


async def read_tables_stand_still(copy: Copy) -> Found:
    stands = await copy.do(
        "partners", "update ledger.follower set position = position - 2 where name like 'read\\_%' returning position"
    )
    return found("replay_equals_live", "partners", f"stand at {stands}, the journal at {stands + 2}")


STORES = (
    a_fact_is_altered, the_heads_hash_is_altered, a_fact_is_removed, the_head_is_ahead,
    a_fact_is_found_under_another_tag, a_request_is_forgotten, an_answer_is_kept_otherwise,
    a_request_was_never_decided, a_request_was_answered_in_two_ways, an_answer_names_what_nobody_recorded,
    a_command_is_done_twice, an_effect_happens_twice, a_reaction_decides_twice, an_effect_is_absent,
    reactions_stand_still, a_reaction_failed, a_decision_did_not_know_a_fact, a_decision_stands_on_the_future,
    a_round_awards_more_than_its_money, a_read_row_is_gone, read_tables_stand_still,
)  # fmt: skip
