"""Guarantee: every route asks for a token or stands on the list of public ones, every answer carries the correlation id
of its request, and what is too large is refused before it is read.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Annotated, Any

from asyncpg.exceptions import CharacterNotInRepertoireError
from fastapi import APIRouter, FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime import history, observability
from services.runtime.follower import TRANSIENT
from services.runtime.http import AnsweredBefore, Asked, asked_by, not_now
from services.runtime.identity import Unidentified, unidentified
from services.runtime.problems import answer_with_problems, fault, problem
from services.runtime.running import Running
from services.runtime.status import measure, status

MAX_BODY_BYTES = 20 * 1024 * 1024
CORRELATION_HEADER = "correlation-id"
PASSING_ANYWHERE: tuple[type[Exception], ...] = (
    ConnectionError,
    *(kind for kind in TRANSIENT if kind not in (OSError, TimeoutError)),
)
"""What a route may meet that looks into the database by itself, beside a command."""
CLAUSE = re.compile(r" \([^()]*\b(?:Compact|Programme)\b[^()]*\)")
"""Which clause a route or field carries out: said in the code, not to a place that may never have adopted it."""
health = APIRouter(tags=["health"])


class Limited:
    """Refuses a body over the limit, by its declared length or while it arrives; binds the correlation id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with its correlation id on every log line and on the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        correlation = _correlation(headers.get(CORRELATION_HEADER.encode(), b""))
        with observability.correlated(correlation):
            answering = Answering(send, correlation)
            if int(headers.get(b"content-length", b"0") or 0) > MAX_BODY_BYTES:
                refused = problem(413, "too_large", "Too large", "A request may have 20 MiB.")
                await refused(scope, receive, answering)
                return
            await self._answered(scope, _counted(receive), answering)

    async def _answered(self, scope: Scope, receive: Receive, answering: Answering) -> None:
        try:
            await self.app(scope, receive, answering)
        except Exception as error:
            if answering.began:
                raise
            await (await fault(Request(scope), error))(scope, receive, answering)


def _correlation(given: bytes) -> str:
    text = given.decode("ascii", "ignore")
    return text if 8 <= len(text) <= 64 and text.replace("-", "").isalnum() else str(uuid.uuid4())


def _counted(receive: Receive) -> Receive:
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MAX_BODY_BYTES:
            raise HTTPException(413)  # what reads the body turns any other exception into a 400
        return message

    return counted


class Answering:
    """Sends an answer with its correlation id, and remembers whether it began."""

    def __init__(self, send: Send, correlation: str) -> None:
        self.send, self.correlation, self.began = send, correlation, False

    async def __call__(self, message: Message) -> None:
        """Send one part of the answer."""
        if message["type"] == "http.response.start":
            self.began = True
            message["headers"] = [*message["headers"], (CORRELATION_HEADER.encode(), self.correlation.encode())]
        await self.send(message)


def application(running: Running) -> FastAPI:
    """The HTTP application of a running service."""
    app = FastAPI(title=f"Compact: {running.service.name}", version="1", docs_url=None, redoc_url=None)
    app.state.running = running
    answer_with_problems(app)
    app.add_exception_handler(AnsweredBefore, _answered_before)
    app.add_exception_handler(Unidentified, _unidentified)
    app.add_exception_handler(CharacterNotInRepertoireError, _unkeepable)
    for kind in PASSING_ANYWHERE:
        app.add_exception_handler(kind, _not_now)
    app.include_router(health)
    app.include_router(history.router)
    app.include_router(running.service.router)
    app.add_middleware(Limited)
    _describe_without_clauses(app)
    return app


def _describe_without_clauses(app: FastAPI) -> None:
    described = app.openapi
    app.openapi = lambda: json.loads(CLAUSE.sub("", json.dumps(described())))  # type: ignore[method-assign]


async def _answered_before(_request: Request, error: Exception) -> Response:
    assert isinstance(error, AnsweredBefore)
    return error.response


async def _unidentified(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Unidentified)
    return unidentified(error)


async def _not_now(request: Request, error: Exception) -> Response:
    return not_now(request.app.state.running, error).response()


async def _unkeepable(_request: Request, error: Exception) -> Response:
    return problem(422, "malformed", "Malformed", "A text that was sent holds a NUL, and nothing here is called so.")


@health.get("/health/live")
async def live(asked: Annotated[Asked, asked_by()]) -> dict[str, str]:
    """Whether the event loop turns."""
    return {"state": "live"}


@health.get("/health/ready")
async def ready(asked: Annotated[Asked, asked_by()]) -> Response:
    """Whether the database answers, the read tables have caught up once and the bus was compared."""
    running = asked.running
    state = "ready" if running.reads.caught_up.is_set() else "read tables are being built"
    try:
        running.bus.require_agreement()
        await running.journal.head()
    except Exception as error:
        state = str(error) or type(error).__name__
    return problem(503, "not_ready", "Not ready", state) if state != "ready" else Response(
        '{"state": "ready"}', media_type="application/json"
    )  # fmt: skip


@health.get("/metrics")
async def metrics(asked: Annotated[Asked, asked_by()]) -> Response:
    """Metrics in Prometheus' text format."""
    await measure(asked.running)
    return Response(observability.metrics_text(), media_type="text/plain; version=0.0.4")


@health.get("/status")
async def tell_status(asked: Annotated[Asked, asked_by("system", "auditor", "partnership_office")]) -> dict[str, Any]:
    """How far each follower is, what waits, is held or stopped, and what falls due next."""
    return await status(asked.running)
