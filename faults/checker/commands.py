"""Every acknowledged command is in its journal exactly once, and was answered as it is kept."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice

from faults.checker.lost import RECOVERED
from faults.checker.stores import Case, Row
from faults.evidence import Acknowledged

RULE = "acknowledged_once"
KEPT = "select key, outcome, position, status, answer, reserved_at from ledger.request where key = any ($1)"
ONCE = {
    "funding.agreement_drafted": "agreement_id", "funding.agreement_in_force": "agreement_id",
    "funding.agreement_signed_by_party": "agreement_id organisation_id", "funding.award_approved": "bid_id",
    "funding.award_declined": "bid_id", "funding.bid_awarded": "bid_id", "funding.bid_declined": "bid_id",
    "funding.bid_received": "bid_id", "funding.bid_submitted": "bid_id", "funding.bid_withdrawn": "bid_id",
    "funding.bids_opened": "programme_id", "funding.change_disclosed": "change_id",
    "funding.funding_change_proposed": "change_id", "funding.programme_published": "programme_id",
    "funding.question_answered_to_all": "question_id", "funding.question_asked": "question_id",
    "funding.rationale_given": "bid_id", "funding.results_announced": "programme_id",
    "funding.bank_details_entered": "details_id", "funding.bank_details_confirmed": "details_id",
    "funding.funding_change_decided": "change_id", "funding.payment_made": "funder_id ledger_reference",
    "funding.payment_scheduled": "payment_id", "funding.representation_received": "representation_id",
    "funding.representation_answered": "representation_id point",
    "monitoring.monitoring_agreed": "agreement_id", "monitoring.report_accepted": "report_id",
    "monitoring.report_due": "report_id", "notifications.attempt_stood": "attempt_id",
    "notifications.contact_given": "address_id", "notifications.letter_confirmed": "attempt_id",
    "notifications.letter_ready": "attempt_id", "notifications.notice_acknowledged": "notice_id",
    "notifications.notice_attempted": "attempt_id", "notifications.notice_requested": "notice_id",
    "notifications.notice_sent": "attempt_id", "notifications.reminder_sent": "notice_id",
    "partners.organisation_registered": "organisation_id",
}  # fmt: skip
"""Events that happen once to what these fields name."""
TWICE = (
    "select type, role, key, array_agg(position order by position) as positions from ("
    "  select position, type, role, (select string_agg(convert_from(data, 'UTF8')::jsonb ->> f, ' ')"
    "   from unnest(string_to_array(once.fields, ' ')) as f) as key"
    "  from ledger.journal join unnest($1::text[], $2::text[]) as once(type, fields) using (type)"
    "  where audience <> 'received') as said group by type, role, key having count(*) > 1 limit 50"
)


def request_key(asked: Acknowledged) -> str:
    """Under which key a service keeps this request: by person, organisation, method, path and the client's key."""
    scope = [asked.person, asked.organisation, asked.method, asked.path.partition("?")[0], asked.key]
    return hashlib.sha256(json.dumps(scope).encode()).hexdigest()


async def check_commands(case: Case) -> None:
    """Hold every acknowledgement against what is kept."""
    for some in batches(case.evidence.answers(), 500):
        by_service = defaultdict(list)
        for asked in some:
            by_service[asked.service if asked.service in case.databases else ""].append(asked)
        case.report.counts["commands of other services"] += len(by_service.pop("", []))
        for service, those in by_service.items():
            await _check_some(case, service, those)
    for service in case.databases:
        await _check_once(case, service)


def batches(every: Iterable[Acknowledged], size: int) -> Iterator[list[Acknowledged]]:
    """So many at a time."""
    rest = iter(every)
    while some := list(islice(rest, size)):
        yield some


async def _check_some(case: Case, service: str, those: Sequence[Acknowledged]) -> None:
    keys = {request_key(asked): asked for asked in those}
    kept = {row["key"]: row for row in await case.rows(service, KEPT, list(keys))}
    excused = await _lost_in_restore(case, service)
    anew = {key for key, row in kept.items() if excused and given_anew(keys[key], row)}
    case.report.counts["commands"] += len(those)
    case.report.counts["commands given anew after a restore"] += len(anew)
    for key, asked in keys.items():
        if key in kept:
            _check_answer(case, asked, kept[key], key in anew)
        elif excused:
            case.report.counts["commands lost in a restore"] += 1
        else:
            case.report.say(RULE, service, f"{_named(asked)} was answered {asked.status} and is not in the journal")
    await _check_named(case, service, [asked for key, asked in keys.items() if key in kept and key not in anew])


def given_anew(asked: Acknowledged, kept: Row) -> bool:
    """Whether a request that is kept came after its first answer: the restore lost the one that was answered first."""
    return bool(kept["reserved_at"].timestamp() > asked.at)


async def _lost_in_restore(case: Case, service: str) -> bool:
    """Whether the service's own facts say that some were lost when its database was restored."""
    if not case.evidence.restored.get(service):
        return False
    return bool(await case.value(service, f"select exists (select from ledger.journal where {RECOVERED})"))  # noqa: S608


def _check_answer(case: Case, asked: Acknowledged, kept: Row, anew: bool) -> None:
    if kept["outcome"] is None:
        case.report.say(RULE, asked.service, f"{_named(asked)} was answered {asked.status} and never decided")
    if kept["outcome"] is None or anew:
        return
    if (kept["status"], kept["answer"]) != (asked.status, asked.body):
        case.report.say(RULE, asked.service, f"{_named(asked)} was answered otherwise than the journal keeps")
    if asked.different:
        case.report.say(RULE, asked.service, f"{_named(asked)} was answered in two ways")


async def _check_named(case: Case, service: str, those: Sequence[Acknowledged]) -> None:
    """What an answer names by its id is told of by a fact."""
    named = [(asked, tag) for asked in those for tag in tags_of(asked)]
    found = await case.rows(
        service, "select a.tag from unnest($1::text[]) as a(tag) where exists (select from ledger.tagged t"
        " where t.tag = a.tag) or not exists (select from ledger.tagged t where t.tag >= split_part(a.tag, ':', 1)"
        " || ':' and t.tag < split_part(a.tag, ':', 1) || ';')", [tag for _, tag in named],
    )  # fmt: skip
    known = {row["tag"] for row in found}
    for asked, tag in named:
        if tag not in known:
            case.report.say(RULE, service, f"{_named(asked)} was answered with {tag}, of which no fact tells")


def tags_of(asked: Acknowledged) -> list[str]:
    """The tags of the things that an answer names by their ids."""
    with suppress(ValueError, AttributeError):
        told = json.loads(asked.body).items()
        return [f"{name.removesuffix('_id')}:{value}" for name, value in told if name.endswith("_id") and value]
    return []


async def _check_once(case: Case, service: str) -> None:
    """What can happen only once stands once: by a person's command, or by an effect of the system."""
    for row in await case.rows(service, TWICE, list(ONCE), list(ONCE.values())):
        rule = "effect_once" if row["role"] == "system" else RULE
        at = " and ".join(map(str, row["positions"]))
        case.report.say(rule, service, f"{row['type']} of {row['key']} stands twice, at positions {at}")


def _named(asked: Acknowledged) -> str:
    return f"{asked.method} {asked.path} ({asked.key})"
