"""Two processes of every service at once, one of each stopped for longer than its leases: all takes effect once."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from compact.processes import free_port
from compact.stepping import Stepper
from compact.supervisor import ServiceProcess
from contracts.topics import LISTENS, SERVICES, events_topic
from services.notifications import leases
from services.runtime import relay
from tests.journeys import traces
from tests.journeys.acting import (
    CHECKED,
    CLOSES,
    RESULTS,
    Acting,
    Person,
    acting,
    appoint,
    award,
    bid,
    give_email,
    officers,
    programme,
    reasons,
    register,
    settle_terms,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
COUNCIL = "sutton-council"
NAMES = ("Arcadia Carers", "Utopia Choir", "Thule Playgroup", "Xanadu Job Club")
LONGER_THAN_LEASES = max(relay.LEASE_SECONDS, leases.HELD) + 1


@dataclass
class Round:
    act: Acting
    second: dict[str, ServiceProcess]
    council: dict[str, Person]
    vcos: dict[str, Person]
    ids: dict[str, str] = field(default_factory=dict)
    both: list[tuple[Any, Any]] = field(default_factory=list)
    """What the two processes answered to one request that was sent to both at the same moment."""

    async def to_both(self, who: Person, service: str, path: str, body: Any = None) -> dict[str, Any]:
        """One request, sent to both processes at once with one key."""
        key, other = str(uuid.uuid4()), self.second[service].url
        one, two = await asyncio.gather(
            self.act.does(who, service, path, body, key=key),
            self.act.does(who, service, path, body, key=key, url=other),
        )
        self.both.append((one, two))
        return one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played() -> AsyncIterator[Round]:
    async with acting() as act:
        second = {name: ServiceProcess(act.system, name, free_port(), f"{name}-2") for name in SERVICES}
        try:
            await asyncio.gather(*(each.start() for each in second.values()))
            council = officers(COUNCIL)
            office = council["partnership_office"]
            await act.does(office, "partners", "/rules", {"place": "sutton"})
            await appoint(act, office, *council.values())
            on = Round(act, second, council, await register(act, office, *NAMES))
            for name, who in on.vcos.items():
                await give_email(act, who, f"office@{name.split()[0].lower()}.example")
            await bid_at_both(on)
            await announce_while_the_first_stand_still(on)
            await go_on_at_both(on)
            await act.quiet()
            yield on
        finally:
            await asyncio.gather(*(each.stop() for each in second.values()))


async def bid_at_both(on: Round) -> None:
    act = on.act
    found = await on.to_both(on.council["commissioner"], "funding", "/programmes", programme())
    on.ids["programme"] = found["programme_id"]
    path = f"/programmes/{found['programme_id']}"
    given = await asyncio.gather(
        *(on.to_both(who, "funding", f"{path}/bids", bid(40_000)) for who in on.vcos.values())
    )  # fmt: skip
    on.ids |= {name: each["bid_id"] for name, each in zip(on.vcos, given, strict=True)}
    await act.until(CLOSES.replace(second=1))
    for role in ("commissioner", "body_officer"):
        await on.to_both(on.council[role], "funding", f"{path}/open-bids")


async def announce_while_the_first_stand_still(on: Round) -> None:
    """The first process of each service is stopped while it holds its leases; the second one does its work."""
    act, decider = on.act, on.council["decider"]
    bids = [f"/bids/{on.ids[name]}" for name in NAMES]
    for one in bids:
        await act.does(on.council["body_officer"], "funding", f"{one}/eligible", CHECKED)
    sent = [(f"{one}/approve", {"body": award(40_000), "key": f"approve {one}"}) for one in bids[:2]]
    under_way = [asyncio.create_task(act.does(decider, "funding", path, **asked)) for path, asked in sent]
    await asyncio.wait(under_way, timeout=0.02)
    pids = [part.child.pid for name, part in act.running.parts.items() if name in SERVICES and part.child]
    stop(pids, signal.SIGSTOP)
    try:
        began, url = time.monotonic(), on.second["funding"].url
        for one in bids[2:]:
            await act.does(decider, "funding", f"{one}/decline", {"rationale": reasons()}, url=url)
        again = [await act.does(decider, "funding", path, **asked, url=url) for path, asked in sent]
        others = act.system.model_copy(update={"ports": {name: each.port for name, each in on.second.items()}})
        await Stepper(others, act.client, seconds=120).advance(RESULTS)
        await asyncio.sleep(max(0.0, LONGER_THAN_LEASES - (time.monotonic() - began)))
    finally:
        stop(pids, signal.SIGCONT)
    on.both += zip(await asyncio.gather(*under_way), again, strict=True)


def stop(pids: list[int | None], with_signal: signal.Signals) -> None:
    for pid in pids:
        if pid:
            os.kill(pid, with_signal)


async def go_on_at_both(on: Round) -> None:
    """The revived processes work beside the others again."""
    act = on.act
    await act.until(RESULTS.replace(hour=12))
    drafted = await act.listed(on.council["decider"], "funding", "/agreements")
    for one in drafted:
        who = next(each for each in on.vcos.values() if each.organisation == one["organisation_id"])
        await settle_terms(act, on.council["commissioner"], who, one["agreement_id"])
        for party in (who, on.council["decider"]):
            await on.to_both(party, "funding", f"/agreements/{one['agreement_id']}/sign")
    await act.until(RESULTS.replace(day=3))


async def test_one_request_sent_to_both_is_decided_once_and_answered_the_same(played: Round) -> None:
    types = Counter(await played.act.types("funding"))

    assert [one for one, two in played.both if one != two] == []
    assert types["funding.programme_published"] == 1
    assert types["funding.bid_submitted"] == types["funding.bid_received"] == len(NAMES)
    assert types["funding.bids_opened"] == 1
    assert types["funding.agreement_signed_by_party"] == 4


async def test_what_the_system_does_by_itself_is_done_once(played: Round) -> None:
    types = Counter(await played.act.types("funding"))

    assert types["funding.award_approved"] == types["funding.award_declined"] == 2
    assert types["funding.results_announced"] == 1
    assert types["funding.bid_awarded"] == types["funding.agreement_drafted"] == types["funding.bid_declined"] == 2


async def test_no_notice_is_missing_and_a_second_copy_goes_only_after_an_uncertain_attempt(played: Round) -> None:
    types = Counter(await played.act.types("notifications"))
    notices = await played.act.listed(played.council["auditor"], "notifications", "/notices")
    attempts = await played.act.rows(
        "notifications", "select convert_from(data, 'UTF8')::jsonb->>'notice_id' as notice, count(*) as times"
        " from ledger.journal where type = 'notifications.notice_attempted' group by 1",
    )  # fmt: skip
    mails = traces.files(played.act, "mail")
    numbers = Counter(one["notice_number"] for one in notices for content in mails.values()
                      if f"Notice-Number: {one['notice_number']}".encode() in content)  # fmt: skip
    uncertain = types["notifications.notice_attempt_uncertain"]

    assert Counter(one["template"] for one in notices) == {"award": 2, "bid_declined": 2}
    assert all(one["served_on"] == "2014-04-02" for one in notices)
    assert sum(row["times"] for row in attempts) == len(notices) + uncertain
    assert numbers.keys() == {one["notice_number"] for one in notices}
    assert numbers.total() <= len(notices) + uncertain


async def test_every_reader_took_every_published_event_once_and_in_order(played: Round) -> None:
    for reader, publishers in LISTENS.items():
        for publisher in publishers:
            own = await played.act.rows(
                publisher, "select id from ledger.journal where audience in ('services', 'partners') order by position"
            )
            taken = await played.act.rows(
                reader, "select id from ledger.journal where audience = 'received' and source = $1 order by position",
                f"/sutton/{publisher}",
            )  # fmt: skip
            assert [row["id"] for row in taken] == [row["id"] for row in own], (reader, publisher)


async def test_each_topic_holds_what_the_journal_says_with_nothing_forked(played: Round) -> None:
    held = await traces.topics(played.act)

    published = {events_topic("sutton", name) for name in SERVICES if name != "monitoring"}  # it had nothing to say
    assert {place.split()[1] for place in held} >= published
    await played.act.proved()
