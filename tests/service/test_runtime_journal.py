"""A command is acknowledged once, decided on facts that hold, and its refusal is a fact."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from contracts.envelope import Event
from contracts.funding import AwardApproved
from contracts.partners import OrganisationReinstated
from contracts.place import Place
from services.runtime import chain
from services.runtime.decisions import Actor, Decision
from services.runtime.follower import TRANSIENT
from services.runtime.intake import ROW, TAKE
from services.runtime.journal import APPEND, BadTag, EventTooLarge, Origin, RequestKey
from services.runtime.unit import Answered, Unit
from tests.conftest import Infrastructure
from tests.living import START, Living, record, until
from tests.service.sample import (
    BUDGET,
    COMMISSIONER,
    OFFICER,
    VCO,
    AwardMoney,
    AwardSealed,
    Register,
    Sandbox,
    Spent,
    alone,
    award,
    award_money,
    register_organisation,
    registered,
    sample,
    spent,
    standing,
)

VECTOR = Path(__file__).parents[1] / "unit" / "chain_vector.json"


@pytest.fixture
async def alpha(infrastructure: Infrastructure, tmp_path: Path) -> AsyncIterator[Living]:
    sandbox = Sandbox(infrastructure, tmp_path)
    async with alone(sample("alpha"), await sandbox.settings("alpha")) as alive:
        await record(alive.running.journal, standing(sandbox.place, OFFICER, COMMISSIONER, VCO))
        yield alive


@pytest.fixture
async def alpha_without_facts(infrastructure: Infrastructure, tmp_path: Path) -> AsyncIterator[Living]:
    async with alone(sample("alpha"), await Sandbox(infrastructure, tmp_path).settings("alpha")) as alive:
        yield alive


def a_unit(alpha: Living, key: str = "", body: bytes = b"body") -> Unit:
    request = RequestKey(key, body, START) if key else None
    return Unit(alpha.running.journal, alpha.running.bus, "correlation", "", request)


def an_award(bid: str = "b1", pounds: int = BUDGET // 10, actor: Actor = COMMISSIONER) -> AwardMoney:
    return AwardMoney(actor=actor, now=START, bid_id=bid, programme_id="p1", pounds=pounds)


async def _is_there(seen: list[int]) -> bool:
    return bool(seen)


async def rows_of(alpha: Living, kind: type[Event] | str) -> list[Any]:
    wire = kind if isinstance(kind, str) else kind.wire
    return list(await alpha.running.pool.fetch("select * from ledger.journal where type = $1 order by position", wire))


async def test_the_same_request_at_the_same_moment_is_acknowledged_once(alpha: Living) -> None:
    body = {"name": "Age Concern"}

    answers = await asyncio.gather(*(alpha.post("/organisations", body, by=OFFICER, key="k") for _ in range(20)))
    later = await alpha.post("/organisations", body, by=OFFICER, key="k")

    assert {one.status_code for one in [*answers, later]} == {201}
    assert len({one.content for one in [*answers, later]}) == 1
    assert len({one.headers["compact-position"] for one in [*answers, later]}) == 1
    assert (await alpha.types()).count("partners.organisation_registered") == 1


async def test_a_repeated_request_is_answered_as_the_first_even_where_its_decision_would_now_refuse(
    alpha: Living,
) -> None:
    command = Register(actor=OFFICER, now=START, organisation_id="o1")
    await register_organisation(a_unit(alpha, "k"), command)

    with pytest.raises(Answered) as answered:
        await register_organisation(a_unit(alpha, "k"), command)

    assert answered.value.appended.status == 200
    assert len(await rows_of(alpha, "partners.organisation_registered")) == 1


async def test_a_refusal_is_acknowledged_once_too(alpha: Living) -> None:
    body = {"bid_id": "b1", "pounds": BUDGET + 1}

    answers = await asyncio.gather(
        *(alpha.post("/programmes/p1/awards", body, by=COMMISSIONER, key="k") for _ in range(20))
    )

    assert {one.status_code for one in answers} == {409}
    assert len({one.content for one in answers}) == 1
    assert len(await rows_of(alpha, "compact.step_refused")) == 1


async def test_the_same_key_with_another_body_is_refused(alpha: Living) -> None:
    await alpha.post("/organisations", {"name": "Age Concern"}, by=OFFICER, key="k")

    answer = await alpha.post("/organisations", {"name": "Another"}, by=OFFICER, key="k")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert (await alpha.types()).count("partners.organisation_registered") == 1


async def test_the_same_key_with_another_body_at_the_same_moment_is_never_answered_as_if_it_were_the_same(
    alpha: Living,
) -> None:
    path = "/programmes/p1/awards"
    bodies = [{"bid_id": "b1", "pounds": 1 + n % 2} for n in range(12)]

    answers = await asyncio.gather(*(alpha.post(path, body, by=COMMISSIONER, key="k") for body in bodies))

    (approved,) = await rows_of(alpha, AwardApproved)
    pounds = AwardApproved.model_validate_json(approved["data"]).amounts[0].pounds
    for body, answer in zip(bodies, answers, strict=True):
        expected = (201, pounds) if body["pounds"] == pounds else (422, None)
        assert (answer.status_code, answer.json().get("pounds")) == expected


async def test_a_body_that_was_not_received_first_under_its_key_is_not_decided(alpha: Living) -> None:
    pool = alpha.running.pool
    await pool.execute("insert into ledger.request (key, request_hash, received_at) values ('k', 'first', now())")

    with pytest.raises(Answered) as answered:
        await award_money(a_unit(alpha, "k", b"second"), an_award())

    assert answered.value.appended.request_hash == b"first"
    assert not await rows_of(alpha, AwardApproved)


async def test_a_key_belongs_to_one_person_organisation_and_route(alpha: Living) -> None:
    other = replace(OFFICER, person="officer-2")
    await record(alpha.running.journal, standing(alpha.running.settings.place, other))

    answers = [await alpha.post("/organisations", {"name": "A"}, by=actor, key="k") for actor in (OFFICER, other)]

    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() != answers[1].json()


@pytest.mark.parametrize("at_once", [2, 20])
async def test_a_decision_never_stands_on_facts_that_changed(alpha: Living, at_once: int) -> None:
    body = {"pounds": BUDGET if at_once == 2 else BUDGET // 10}

    answers = await asyncio.gather(
        *(alpha.post("/programmes/p1/awards", {**body, "bid_id": f"b{n}"}, by=COMMISSIONER) for n in range(at_once))
    )

    assert sorted({one.status_code for one in answers}) == [201, 409]
    approved = await rows_of(alpha, AwardApproved)
    spent = sum(AwardApproved.model_validate_json(row["data"]).amounts[0].pounds for row in approved)
    assert spent == BUDGET
    assert len(approved) + len(await rows_of(alpha, "compact.step_refused")) == at_once


async def test_a_fact_that_lands_between_load_and_append_makes_it_decide_again(alpha: Living) -> None:
    seen: list[int] = []
    other = await alpha.running.pool.acquire()

    def award_after_another(facts: Spent, command: AwardMoney, place: Place) -> Decision:
        seen.append(facts.pounds)
        return award(facts, command, place)

    # The other award holds the journal's head while the first is decided, so the first has to wait with its append.
    transaction = other.transaction()
    await transaction.start()
    await other.execute("select from ledger.head for update")
    first = asyncio.create_task(a_unit(alpha).decide(spent(an_award()), award_after_another, an_award(pounds=BUDGET)))
    await until(partial(_is_there, seen), "the first decision")
    await other.execute(
        "select ledger.enter(h, now(), array['x'], array['/x/alpha'], array['funding.award_approved'], array[now()],"
        " array['a'], array['b'], array['c'], array['d'], array[''], array['bid:b0 programme:p1 organisation:o'],"
        " array['private'], array[''], array[0]::bigint[], array[''::bytea], array[$1::bytea], null, null)"
        " from ledger.head h",
        award(Spent(), an_award("b0", 1), Place())[0].model_dump_json().encode(),  # type: ignore[index]
    )
    await transaction.commit()
    await alpha.running.pool.release(other)
    outcome = await first

    assert seen == [0, 1]
    assert outcome.rejection
    assert outcome.rejection.code == "budget_exceeded"


async def test_an_appointment_that_lands_between_load_and_append_makes_it_decide_again(alpha: Living) -> None:
    journal, newcomer = alpha.running.journal, replace(COMMISSIONER, person="commissioner-2")
    facts, known_to = await journal.load(spent(an_award()))
    await record(journal, standing(alpha.running.settings.place, newcomer))

    appended = await journal.append(
        [registered("o1")], Origin(OFFICER, "correlation", ""), START, spent(an_award()), known_to, facts.folds
    )

    assert appended.verdict == "changed"


async def test_a_fact_that_no_query_covers_lets_the_decision_stand(alpha: Living) -> None:
    journal = alpha.running.journal
    facts, known_to = await journal.load(spent(an_award()))
    await record(journal, [registered("o1")])

    appended = await journal.append(
        [registered("o2")], Origin(OFFICER, "correlation", ""), START, spent(an_award()), known_to, facts.folds
    )

    assert appended.verdict == "done"


async def test_standing_facts_survive_a_comparison_that_ends_while_facts_are_being_loaded(alpha: Living) -> None:
    journal, pool = alpha.running.journal, alpha.running.pool
    head = (await journal.load(spent(an_award())))[1]
    async with pool.acquire() as connection:
        await connection.execute("begin; lock table ledger.head in access exclusive mode")
        loading = asyncio.create_task(journal.load(spent(an_award())))
        blocked = "select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%ledger.load%'"
        await until(lambda: pool.fetchval(blocked), "the facts are being loaded")
        journal.forget(head)
        await connection.execute("rollback")

    await loading
    await journal.load(spent(an_award()))

    assert journal.place.rule_sets
    assert journal.place.office(COMMISSIONER.person, COMMISSIONER.organisation, COMMISSIONER.role)


async def test_a_refusal_that_cites_is_one_fact_without_the_content(alpha: Living) -> None:
    answer = await alpha.post("/programmes/p1/awards", {"bid_id": "b1", "pounds": BUDGET + 1}, by=COMMISSIONER)

    (refused,) = await rows_of(alpha, "compact.step_refused")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["citation"] == {"document": "Programme of the sample", "clause": "money"}
    assert json.loads(refused["data"]) == {
        "body_id": COMMISSIONER.organisation, "command": "AwardMoney", "code": "budget_exceeded",
        "citation": {"document": "Programme of the sample", "clause": "money"}, "about": "bid:b1",
    }  # fmt: skip
    assert refused["audience"] == "services"


async def test_a_refusal_of_a_voluntary_organisation_is_private(alpha: Living) -> None:
    answer = await alpha.post("/programmes/p1/awards", {"bid_id": "b1", "pounds": BUDGET + 1}, by=VCO)

    (refused,) = await rows_of(alpha, "compact.request_refused")
    assert answer.status_code == 409
    assert refused["audience"] == "private"


async def test_a_refusal_in_a_sealed_matter_is_private(alpha: Living) -> None:
    body = {"bid_id": "b1", "pounds": BUDGET + 1, "sealed": True}

    await alpha.post("/programmes/p1/awards", body, by=COMMISSIONER)

    (refused,) = await rows_of(alpha, "compact.sealed_step_refused")
    assert refused["audience"] == "private"
    assert not await rows_of(alpha, "compact.step_refused")
    assert json.loads(refused["data"])["command"] == AwardSealed.__name__


async def test_a_refusal_without_a_citation_is_no_fact(alpha: Living) -> None:
    before = len(await alpha.types())
    command = Register(actor=OFFICER, now=START, organisation_id="o1")

    outcomes = [await register_organisation(a_unit(alpha), command) for _ in range(2)]

    assert [bool(one.rejection) for one in outcomes] == [False, True]
    assert len(await alpha.types()) == before + 1


async def test_nobody_acts_in_an_office_that_is_not_held(alpha: Living) -> None:
    stranger = replace(COMMISSIONER, person="nobody")

    answer = await alpha.post("/programmes/p1/awards", {"bid_id": "b1", "pounds": 1}, by=stranger)

    assert (answer.status_code, answer.json()["code"]) == (409, "office_not_held")
    assert not await rows_of(alpha, AwardApproved)


async def test_nothing_is_decided_before_the_rules_of_the_place_are_known(alpha_without_facts: Living) -> None:
    body = {"bid_id": "b1", "pounds": 1}

    answer = await alpha_without_facts.post("/programmes/p1/awards", body, by=COMMISSIONER)

    assert (answer.status_code, answer.json()["code"]) == (503, "rules_not_yet_known")
    assert await alpha_without_facts.types() == []


async def test_an_event_over_256_kib_is_refused(alpha: Living) -> None:
    before = len(await alpha.types())

    with pytest.raises(EventTooLarge):
        await record(alpha.running.journal, [registered("o1", "a" * 262_144)])
    answer = await alpha.post("/organisations", {"name": "a" * 262_144}, by=OFFICER)

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert len(await alpha.types()) == before


@pytest.mark.parametrize("organisation", ["a b", "a\nb", "a\u00a0b", "a\x00b"])
async def test_an_identifier_with_a_blank_or_control_character_is_refused(alpha: Living, organisation: str) -> None:
    with pytest.raises(BadTag):
        await record(alpha.running.journal, [registered(organisation)])


@pytest.mark.parametrize("path", ["/programmes/a%20b/awards", "/programmes/a%00b/awards"])
async def test_a_request_about_such_an_identifier_is_malformed(alpha: Living, path: str) -> None:
    answer = await alpha.post(path, {"bid_id": "b1", "pounds": 1}, by=COMMISSIONER)

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_a_text_that_no_read_table_could_keep_is_refused_before_it_is_a_fact(alpha: Living) -> None:
    answer = await alpha.post("/organisations", {"name": "Age\x00Concern"}, by=OFFICER)
    literal = await alpha.post("/organisations", {"name": "Age\\u0000Concern"}, by=OFFICER)

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert literal.status_code == 201
    assert (await alpha.types()).count("partners.organisation_registered") == 1


async def test_the_journal_cannot_be_rewritten_behind_what_this_process_has_seen(alpha: Living) -> None:
    pool = alpha.running.pool
    await record(alpha.running.journal, [registered("o1")])
    await pool.execute("update ledger.head set position = position - 1")

    answer = await alpha.post("/organisations", {"name": "A"}, by=OFFICER)

    assert answer.status_code == 503


async def test_positions_are_dense_and_times_never_fall(alpha: Living) -> None:
    journal = alpha.running.journal

    for days in (2, 0, 1):
        await record(journal, [registered(f"o{days}")], START + timedelta(days=days))

    rows = await alpha.running.pool.fetch("select position, time, recorded from ledger.journal order by position")
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["time"] for row in rows[-3:]] == [START + timedelta(days=2)] * 3


async def test_an_append_that_is_broken_off_leaves_all_of_it_or_nothing(alpha: Living) -> None:
    pool, before = alpha.running.pool, await alpha.running.journal.head()
    async with pool.acquire() as connection:
        await connection.execute("begin; select from ledger.head for update")
        waiting = asyncio.create_task(record(alpha.running.journal, [registered("o1"), registered("o2")]))
        blocked = "select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%ledger.append%'"
        await until(lambda: pool.fetchval(blocked), "the append waits for the head")
        await pool.execute("select pg_terminate_backend($1::int)", await pool.fetchval(blocked))
        with pytest.raises((asyncpg.PostgresError, OSError, asyncpg.InterfaceError)):
            await waiting
        await connection.execute("rollback")

    counts = await pool.fetchrow(
        "select (select count(*) from ledger.journal), (select max(position) from ledger.tagged),"
        " (select position from ledger.head)"
    )
    assert tuple(counts) == (before, before, before)


async def test_a_process_that_stands_still_between_two_messages_gives_up_what_it_holds(alpha: Living) -> None:
    """A statement that was prepared and not yet run leaves no connection idle: only the age of what it holds shows."""
    pool = alpha.running.pool
    async with pool.acquire() as connection:
        await connection.execute("begin; select from ledger.head for update")
        await connection.prepare("select position from ledger.head")
        state = "select state from pg_stat_activity where pid = $1"
        assert await pool.fetchval(state, connection.get_server_pid()) == "active"
        answer = await alpha.post("/organisations", {"name": "A"}, by=OFFICER)
        with pytest.raises(TRANSIENT):
            await connection.fetchval("select position from ledger.head")

    assert answer.status_code == 201


async def test_the_service_role_cannot_run_the_journals_inner_functions(alpha: Living) -> None:
    granted = await alpha.running.pool.fetch(
        "select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace,"
        " aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where n.nspname = 'ledger' and a.grantee = 0"
    )

    assert granted == []


async def test_what_is_entered_follows_from_what_was_given(alpha: Living) -> None:
    """The chain in the database and the one in Python are one."""
    await record(alpha.running.journal, [registered("ö1", "Ångström"), OrganisationReinstated(organisation_id="ö1")])

    rows = await alpha.running.pool.fetch("select * from ledger.journal order by position")
    before = chain.GENESIS
    for row in rows:
        assert row["hash"] == chain.link(before, row)
        before = row["hash"]


async def test_the_chain_of_the_database_is_the_committed_one(alpha_without_facts: Living) -> None:
    pool = alpha_without_facts.running.pool
    vector = [{**row, "data": row["data"].encode()} for row in json.loads(VECTOR.read_text())["rows"]]
    own = [row for row in vector if row["audience"] != "received"]
    received = [row for row in vector if row["audience"] == "received"]
    await pool.execute("insert into ledger.reader values ('t.partners.events', 7, '', 0)")

    for row in own:
        await pool.fetchrow(
            APPEND, 0, [], [], [], 0, None, None, b"", START, "done", 200, b"", datetime.fromisoformat(row["recorded"]),
            row["source"], [row["actor"]], [row["role"]], [row["onbehalfof"]], [row["correlationid"]],
            row["causationid"], [row["id"]], [row["type"]], [" ".join(row["tags"])], [row["audience"]], [row["data"]],
        )  # fmt: skip
    for row in received:
        columns = {
            **row,
            "time": datetime.fromisoformat(row["time"]),
            "tags": " ".join(row["tags"]),
            "origin": bytes.fromhex(row["origin_hash"]),
        }
        await pool.fetchrow(
            TAKE, 0, "t.partners.events", 7, b"", 8, b"", 0, datetime.fromisoformat(row["recorded"]),
            *([columns[name]] for name in ROW), None,
        )  # fmt: skip

    made = await pool.fetch("select hash from ledger.journal order by position")
    assert [row["hash"].hex() for row in made] == [row["hash"] for row in vector]
