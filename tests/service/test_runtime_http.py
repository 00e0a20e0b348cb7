"""Nobody is answered whom token, role and route do not allow; every answer says what it is and whose request it was."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.partners import OrganisationVerified
from services.runtime.bus import Standing
from services.runtime.clock import Clock
from services.runtime.web import MAX_BODY_BYTES, application
from tests.conftest import Infrastructure
from tests.living import Living, living, record, token
from tests.service.sample import (
    COMMISSIONER,
    OFFICER,
    VCO,
    Sandbox,
    alone,
    caught_up,
    registered,
    sample,
    standing,
)

AUDITOR = replace(OFFICER, person="auditor-1", role="auditor")


@pytest.fixture
def sandbox(infrastructure: Infrastructure, tmp_path: Path) -> Sandbox:
    return Sandbox(infrastructure, tmp_path)


@pytest.fixture
async def alpha(sandbox: Sandbox) -> AsyncIterator[Living]:
    async with alone(sample("alpha"), await sandbox.settings("alpha")) as alive:
        await record(alive.running.journal, standing(sandbox.place, OFFICER, COMMISSIONER, VCO))
        yield alive


def bearer(actor: Any = OFFICER) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(actor.person, actor.role, actor.organisation)}", "Idempotency-Key": "k"}


@pytest.mark.parametrize("path", ["/organisations", "/organisations/o1", "/status", "/history?tag=bid:1"])
async def test_without_a_token_nothing_is_told(alpha: Living, path: str) -> None:
    answer = await alpha.get(path)

    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_without_a_token_nothing_is_done(alpha: Living) -> None:
    before = await alpha.types()

    answer = await alpha.client.post("/organisations", json={"name": "A"}, headers={"Idempotency-Key": "k"})

    assert answer.status_code == 401
    assert await alpha.types() == before


async def test_another_role_than_the_routes_is_refused(alpha: Living) -> None:
    answers = [await alpha.post("/organisations", {"name": "A"}, by=COMMISSIONER), await alpha.get("/status", by=VCO)]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(403, "role_not_allowed")] * 2


async def test_what_changes_something_needs_an_idempotency_key(alpha: Living) -> None:
    headers = {name: value for name, value in bearer().items() if name != "Idempotency-Key"}

    answer = await alpha.client.post("/organisations", json={"name": "A"}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")


async def test_every_route_asks_for_a_token_or_is_one_of_the_public_ones(alpha: Living) -> None:
    described = (await alpha.get("/openapi.json")).json()["paths"]
    routes = [(method, path) for path, methods in described.items() for method in methods]

    answers = {
        path: await alpha.client.request(method, path.replace("{", "").replace("}", "")) for method, path in routes
    }

    assert {path for path, answer in answers.items() if answer.status_code != 401} == {
        "/health/live", "/health/ready", "/metrics",
    }  # fmt: skip
    assert {"/organisations", "/history", "/status", "/programmes/{programme_id}/awards"} <= set(answers)


async def test_a_body_over_the_limit_is_refused_by_its_declared_length(alpha: Living) -> None:
    answer = await alpha.client.post(
        "/organisations", content=b"x", headers={**bearer(), "Content-Length": str(MAX_BODY_BYTES + 1)}
    )

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.headers["correlation-id"]


async def test_a_body_over_the_limit_is_refused_while_it_arrives(alpha: Living) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(21):
            yield b"x" * 1024 * 1024

    answer = await alpha.client.post(
        "/organisations", content=pieces(), headers={**bearer(), "Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_malformed_body_is_told_by_its_fields_and_leaves_nothing(alpha: Living) -> None:
    before = await alpha.types()

    answer = await alpha.post("/organisations", {"name": 7, "more": "Philippa Wren"}, by=OFFICER)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "malformed")
    assert {field["field"] for field in problem["fields"]} == {"body.name", "body.more"}
    assert "Wren" not in answer.text
    assert await alpha.types() == before


async def test_a_problem_is_a_problem_document(alpha: Living) -> None:
    answers = [
        await alpha.get("/nowhere", by=OFFICER), await alpha.get("/organisations/none", by=OFFICER),
        await alpha.post("/programmes/p1/awards", {"bid_id": "b", "pounds": 10**9}, by=COMMISSIONER),
        await alpha.client.delete("/organisations"),
    ]  # fmt: skip

    assert [one.status_code for one in answers] == [404, 404, 409, 405]
    for one in answers:
        assert one.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "code"} <= set(one.json())
        assert one.json()["status"] == one.status_code


async def test_a_fault_is_told_with_the_correlation_of_its_request_and_nothing_else(alpha: Living) -> None:
    transport = httpx.ASGITransport(app=application(alpha.running), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/fault", headers={**bearer(), "Correlation-Id": "abcdefgh-1"})

    assert (answer.status_code, answer.json()["code"]) == (500, "fault")
    assert answer.headers["correlation-id"] == "abcdefgh-1"
    assert "ZeroDivision" not in answer.text


@pytest.mark.parametrize("limit", [1, 2, 7, 500])
async def test_pages_give_every_row_once_and_in_order(alpha: Living, limit: int) -> None:
    await record(alpha.running.journal, [registered(f"o{n}") for n in range(7)])
    found: list[str] = []

    page = (await alpha.get("/organisations", by=OFFICER, limit=limit)).json()
    while page["next"]:
        found += [item["organisation_id"] for item in page["items"]]
        page = (await alpha.get("/organisations", by=OFFICER, limit=limit, after=page["next"])).json()
    found += [item["organisation_id"] for item in page["items"]]

    assert found == [f"o{n}" for n in range(7)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"), ("limit", "501"), ("limit", "x"), ("limit", "²"),
        ("after", "*"), ("after", "AA=="), ("after", "_w=="),
    ],
)  # fmt: skip
async def test_a_malformed_page_is_refused(alpha: Living, name: str, value: str) -> None:
    answer = await alpha.get("/organisations", by=OFFICER, **{name: value})

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_what_was_just_written_can_be_read(alpha: Living) -> None:
    for n in range(10):
        made = (await alpha.post("/organisations", {"name": f"N{n}"}, by=OFFICER)).json()
        read = await alpha.get(f"/organisations/{made['organisation_id']}", by=OFFICER)

        assert (read.status_code, read.json()["name"]) == (200, f"N{n}")


async def test_a_correlation_id_passes_from_a_request_to_what_another_service_does_about_it(sandbox: Sandbox) -> None:
    writer, reader = await sandbox.declared("alpha"), await sandbox.settings("beta")
    async with living(sample("alpha"), writer) as alpha, living(sample("beta", "alpha", reacts=True), reader) as beta:
        await record(alpha.running.journal, standing(sandbox.place, OFFICER))
        given = f"journey-{uuid.uuid4().hex[:8]}"

        answer = await alpha.client.post(
            "/organisations", json={"name": "A", "charity_number": "1"}, headers={**bearer(), "Correlation-Id": given}
        )
        await caught_up(beta, alpha)
        await beta.wait_for(OrganisationVerified.wire)

        assert answer.headers["correlation-id"] == given
        rows = await beta.running.pool.fetch("select type, source from ledger.journal where correlationid = $1", given)
        assert [(row["type"], row["source"].rpartition("/")[2]) for row in rows] == [
            ("partners.organisation_registered", "alpha"), ("partners.organisation_verified", "beta"),
        ]  # fmt: skip


async def test_the_status_tells_how_far_every_part_is(alpha: Living) -> None:
    await alpha.post("/organisations", {"name": "A"}, by=OFFICER)

    answer = (await alpha.get("/status", by=AUDITOR)).json()

    assert answer["head"] == 5
    assert answer["bus"]["standing"] == Standing.AGREED.value
    assert set(answer["unpublished"].values()) == {5, 2}
    assert answer["held"] == 0
    assert answer["reactions"] == {"behind": 5, "stopped": [], "left": []}


async def test_the_metrics_can_be_read_by_anybody_and_name_nobody(alpha: Living) -> None:
    await alpha.post("/organisations", {"name": "Philippa"}, by=OFFICER)

    answer = await alpha.get("/metrics")

    assert answer.status_code == 200
    assert 'commands_total{code="",command="Register",outcome="done"}' in answer.text
    assert {"held_messages 0.0", "relay_unpublished 7.0", "commands_refused_state 0.0"} <= set(answer.text.splitlines())
    assert "Philippa" not in answer.text


async def test_a_service_is_ready_once_its_tables_are_built_and_the_bus_was_compared(alpha: Living) -> None:
    await asyncio.wait_for(alpha.running.reads.caught_up.wait(), 10)
    ready = await alpha.get("/health/ready")
    alpha.running.bus.doubt()
    doubtful = await alpha.get("/health/ready")

    assert (ready.status_code, doubtful.status_code) == (200, 503)
    assert doubtful.json()["code"] == "not_ready"
    assert (await alpha.get("/health/live")).status_code == 200


class JumpedAtOnce:
    """A clock that shows another year to whoever looks first, and is right again as soon as anything else runs."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.looked, self.jumped = clock, False, False

    def now(self) -> datetime:
        if self.looked:
            return self.clock.now()
        self.looked = self.jumped = True
        asyncio.get_running_loop().call_soon(self.put_right)
        return self.clock.now() + timedelta(days=400)

    def put_right(self) -> None:
        self.jumped = False

    def certain(self, database_now: datetime | None = None) -> bool:
        return not self.jumped


async def test_a_request_that_comes_while_the_clock_has_jumped_is_not_dated_by_it(alpha: Living) -> None:
    clock = alpha.running.clock
    jumped = JumpedAtOnce(clock)
    alpha.running.clock, alpha.running.bus.clock_stands = jumped, jumped.certain

    award = {"json": {"bid_id": "b1", "pounds": 1}, "headers": bearer(COMMISSIONER)}

    refused = await alpha.client.post("/programmes/p1/awards", **award)
    taken = await alpha.client.post("/programmes/p1/awards", **award)

    assert (refused.status_code, refused.json()["code"]) == (503, "clock_uncertain")
    assert taken.status_code == 201
    assert await alpha.running.pool.fetchval("select max(time) from ledger.journal") <= clock.now()
    assert await alpha.running.pool.fetchval("select max(received_at) from ledger.request") <= clock.now()
