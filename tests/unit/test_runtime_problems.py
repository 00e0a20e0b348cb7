"""Problem documents: a code, a citation, a remedy, and nothing of what was sent."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from contracts.rules import Citation
from services.runtime.problems import Problem, answer_with_problems, problem

WORDS = "Philippa Wren"


def _nobody(value: str) -> str:
    raise ValueError(f"{value} is nobody")


class Grant(BaseModel):
    kind: Literal["grant"]


class Loan(BaseModel):
    kind: Literal["loan"]


class BidForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    pounds: int
    title: str = Field(default="", max_length=20)
    lead: Annotated[str, AfterValidator(_nobody)] = ""
    support: Annotated[Grant | Loan, Field(discriminator="kind")] | None = None


def application() -> FastAPI:
    app = FastAPI()
    answer_with_problems(app)

    @app.post("/bids")
    async def submit_bid(form: BidForm) -> dict[str, int]:
        return {"pounds": form.pounds}

    @app.get("/refused")
    async def refused() -> Response:
        citation = Citation(document="Sutton Compact", clause="3.4.4")
        return problem(
            409, "notice_too_short", "Refused", "Notice is too short.", citation, "Give more.", earliest="1 May"
        )

    @app.get("/raised")
    async def raised() -> Response:
        raise Problem(
            503, "rules_not_yet_known", "Not yet", "No rules yet.", remedy="Wait.", headers={"Retry-After": "5"}
        )

    @app.get("/large")
    async def large() -> Response:
        raise HTTPException(413, WORDS)

    @app.get("/teapot")
    async def teapot() -> Response:
        raise HTTPException(418, WORDS)

    @app.get("/broken/{person}")
    async def broken(person: str) -> Response:
        raise RuntimeError(person)

    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://funding") as client:
        yield client


def is_a_problem(response: httpx.Response, status: int, code: str) -> None:
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status_code == response.json()["status"] == status
    assert response.json()["code"] == code
    assert {"type", "title", "detail"} <= response.json().keys()
    assert WORDS not in response.text


async def test_a_refusal_names_code_citation_and_remedy(client: httpx.AsyncClient):
    response = await client.get("/refused")

    is_a_problem(response, 409, "notice_too_short")
    assert response.json() == {
        "type": "about:blank",
        "title": "Refused",
        "status": 409,
        "detail": "Notice is too short.",
        "code": "notice_too_short",
        "citation": {"document": "Sutton Compact", "clause": "3.4.4"},
        "remedy": "Give more.",
        "earliest": "1 May",
    }


async def test_a_problem_raised_within_a_request_is_its_answer(client: httpx.AsyncClient):
    response = await client.get("/raised")

    is_a_problem(response, 503, "rules_not_yet_known")
    assert "citation" not in response.json()
    assert response.headers["retry-after"] == "5"


@pytest.mark.parametrize(
    ("sent", "field", "reason"),
    [
        ({"pounds": WORDS}, "body.pounds", "valid integer"),
        ({}, "body.pounds", "Field required"),
        ({"pounds": 1, "title": WORDS * 3}, "body.title", "at most 20 characters"),
        ({"pounds": 1, "lead": WORDS}, "body.lead", "Input is not acceptable"),
        ({"pounds": 1, "support": {"kind": WORDS}}, "body.support", "one of 'grant', 'loan'"),
        ({"pounds": 1, WORDS: 1}, "body.?", "not permitted"),
        ([WORDS], "body", "valid dictionary"),
    ],
)
async def test_a_malformed_request_is_told_field_and_reason_but_not_what_it_sent(
    client: httpx.AsyncClient, sent: object, field: str, reason: str
):
    response = await client.post("/bids", json=sent)

    is_a_problem(response, 422, "malformed")
    [told] = response.json()["fields"]
    assert told["field"] == field
    assert reason in told["reason"]


async def test_what_is_no_json_is_malformed(client: httpx.AsyncClient):
    response = await client.post("/bids", content=WORDS, headers={"content-type": "application/json"})

    is_a_problem(response, 422, "malformed")


async def test_an_unknown_address_and_a_wrong_method_are_problems(client: httpx.AsyncClient):
    is_a_problem(await client.get(f"/{WORDS}"), 404, "not_found")
    wrong = await client.get("/bids")
    is_a_problem(wrong, 405, "method_not_allowed")
    assert wrong.headers["allow"] == "POST"


async def test_what_the_framework_refuses_is_a_problem_in_our_words(client: httpx.AsyncClient):
    is_a_problem(await client.get("/large"), 413, "too_large")
    is_a_problem(await client.get("/teapot"), 418, "i'm_a_teapot")


async def test_a_fault_says_nothing_of_its_cause(client: httpx.AsyncClient):
    response = await client.get(f"/broken/{WORDS}")

    is_a_problem(response, 500, "fault")
    assert "RuntimeError" not in response.text
    assert "same Idempotency-Key" in response.json()["remedy"]


def test_no_extra_member_hides_a_standing_one():
    response = problem(409, "bid_late", "Refused", "Too late.", **{"code_of_practice": "x"})

    assert b'"code":"bid_late"' in response.body
