"""Each effect of an event is there once: what it calls for follows from it, and follows only once."""

from __future__ import annotations

from faults.checker.stores import Case

RULE = "effect_once"
NOTICE = "notifications.notice_requested"
CALLED_FOR = {
    "funding": {"funding.bid_awarded": "funding.agreement_drafted"},
    "monitoring": {"funding.agreement_in_force": "monitoring.reports_scheduled"},
    "notifications": {
        one: NOTICE for one in (
            "funding.bid_awarded", "funding.bid_declined", "funding.bid_document_requested",
            "funding.funding_change_proposed", "funding.agreement_in_force", "monitoring.report_due",
            "monitoring.report_overdue", "monitoring.report_returned", "monitoring.funder_answer_overdue",
            "monitoring.report_overdue_withdrawn", "monitoring.report_extension_refused",
        )
    },
}  # fmt: skip
"""In each service: which event always calls for which."""
ABSENT = (
    "select c.position, c.type, w.effect from ledger.journal c"
    " join unnest($1::text[], $2::text[]) as w(type, effect) using (type) where not exists ("
    "  select from ledger.tagged t join ledger.journal e using (position)"
    "  where t.tag = any (c.tags) and t.type = w.effect and e.causationid = c.id)"
    " and not exists (select from ledger.tagged t join ledger.journal e using (position)"
    "  where t.tag = any (select 'about:' || tag from unnest(c.tags) as tag) and t.type = w.effect"
    "  and e.causationid = c.id)"
    " and not exists (select from ledger.reaction_left l where l.position = c.position and l.state = 'waiting')"
    " order by c.position limit 50"
)
REPEATED = (  # one decision may say the same several times, of several things; two may not
    "select causationid, type, tags[1] as subject, array_agg(position order by position) as positions"
    " from ledger.journal where audience <> 'received' and causationid <> ''"
    " group by causationid, type, tags having count(distinct xmin::text) > 1 limit 50"
)
UNFINISHED = "select reaction, position, state from ledger.reaction_left where state <> 'waiting' order by position"
BEHIND = (
    "select split_part(name, ' ', 1) as what, max(f.position) as stands, h.head"
    " from ledger.follower f, (select max(position) as head from ledger.journal) h where name like 'reactions %'"
    " group by 1, 3 having max(f.position) < h.head"
)


async def check_effects(case: Case, service: str) -> None:
    """What the service's reactions did about its journal."""
    for row in await case.rows(service, REPEATED):
        at = " and ".join(map(str, row["positions"]))
        case.report.say(
            RULE, service, f"{row['type']} about {row['subject']} follows from {row['causationid']} at positions {at}"
        )
    called_for = CALLED_FOR.get(service, {})
    for row in await case.rows(service, ABSENT, list(called_for), list(called_for.values())):
        rule = "notice_missing" if row["effect"] == NOTICE else RULE
        case.report.say(
            rule, service, f"position {row['position']} ({row['type']}) calls for {row['effect']}, and none followed"
        )
    for row in await case.rows(service, UNFINISHED):
        what = f"{row['reaction']} is not finished with position {row['position']}: {row['state']}"
        case.report.say(RULE, service, what)
    for row in await case.rows(service, BEHIND):
        case.report.say(RULE, service, f"{row['what']} stand at {row['stands']}, the journal at {row['head']}")
    case.report.counts["effects"] += await case.value(
        service, "select count(*) from ledger.journal where audience <> 'received' and causationid <> ''"
    )
