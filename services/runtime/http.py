"""Guarantee: a request is answered once: sent again, also at the same moment, it is answered as the first time; and
nobody is answered whom the token, the role and the route do not allow.

An endpoint translates a request into a command and an outcome into an answer; it is the only place where the clock is
read and ids are made.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from fastapi import Depends, Request, Response

from contracts.envelope import DocumentRef
from services.runtime import observability
from services.runtime.bus import NotReady
from services.runtime.decisions import Actor, Command, Rejection
from services.runtime.documents import DocumentAbsent, DocumentErased
from services.runtime.follower import TRANSIENT
from services.runtime.identity import BODY_HEADER, ROLE_HEADER, actor_of
from services.runtime.journal import (
    Answer,
    Appended,
    BadTag,
    EventTooLarge,
    Record,
    RequestKey,
    RestoredBehind,
    Unkeepable,
)
from services.runtime.problems import Problem, problem
from services.runtime.running import Running
from services.runtime.unit import NO_OFFICE_NEEDED, Answered, Busy, Outcome, Unit, ending

C = TypeVar("C", bound=Command)
PASSING: tuple[type[BaseException], ...] = (NotReady, Busy, RestoredBehind, *TRANSIENT)
NOBODY = Actor("", "public", "")
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
TITLES = {403: "Not allowed", 404: "Not found", 409: "Refused", 503: "Not now"}


@dataclass
class Asked:
    """One request: who asks, when it was received, and what an endpoint needs to answer it."""

    running: Running
    actor: Actor
    now: datetime
    correlation: str
    status: int
    query: dict[str, str]
    request: RequestKey | None = None
    deadline: str = ""
    performed: bool = False

    def new_id(self, kind: str, content: bytes = b"") -> str:
        """An id nobody can guess, the same whenever the same request is sent again."""
        seed = f"{self.request.key if self.request else uuid.uuid4()} {kind}".encode()
        digest = bytearray(hmac.digest(self.running.secret, seed + hashlib.sha256(content).digest(), "sha256")[:16])
        digest[6], digest[8] = (digest[6] & 0x0F) | 0x80, (digest[8] & 0x3F) | 0x80
        return str(uuid.UUID(bytes=bytes(digest)))

    async def keep_text(self, kind: str, content: bytes, media_type: str = "text/plain; charset=utf-8") -> DocumentRef:
        """Store a text or file in this service's area of the document store."""
        return await self.running.documents.put(self.new_id(kind, content), media_type, content)

    async def perform(
        self,
        handler: Callable[[Unit, C], Awaitable[Outcome]],
        command: C,
        answer: Callable[[Outcome], dict[str, Any]],
        *,
        deadline: str = "",
        status: int | None = None,
    ) -> Response:
        """Decide a command and answer: the body from the outcome, or a problem with code, citation and remedy."""
        self.performed = True
        if deadline and self.request and not self.deadline:
            await reserve(self.running, self.request, deadline)
        unit = Unit(
            self.running.journal, self.running.bus, self.correlation, "", self.request,
            lambda outcome: self._said(outcome, answer, status),
        )  # fmt: skip
        try:
            outcome = await handler(unit, command)
            await unit.conclude(outcome, command)
        except Answered as before:
            return self._as_before(before.appended)
        except PASSING as error:
            raise not_now(self.running, error) from None
        except (BadTag, EventTooLarge, Unkeepable) as error:
            raise Problem(422, "malformed", "Malformed", str(error)) from None
        said = self._said(outcome, answer, status)
        self._count(command, outcome)
        return _response(said, outcome.position)

    def _said(self, outcome: Outcome, answer: Callable[[Outcome], dict[str, Any]], status: int | None) -> Answer:
        if outcome.rejection:
            refused = outcome.rejection
            return Answer("refused", refused.status, bytes(refusal_problem(refused).body))
        body = json.dumps(answer(outcome), default=str, ensure_ascii=False).encode()
        return Answer(ending(outcome), status or self.status, body)

    def _as_before(self, appended: Appended) -> Response:
        if self.request and appended.request_hash != self.request.request_hash:
            raise key_reused()
        return _response(Answer("", appended.status, appended.answer), appended.position)

    def _count(self, command: Command, outcome: Outcome) -> None:
        code = outcome.rejection.code if outcome.rejection else ""
        told = ("sealed", "sealed", "") if command.sealed else (type(command).__name__, ending(outcome), code)
        observability.commands_total.labels(*told).inc()

    async def rows(self, sql: str, *args: Any) -> list[Record]:
        """Rows of the read tables, once these contain everything decided before the request came."""
        await self._caught_up()
        try:
            return await self.running.rows(sql, *args)
        except TRANSIENT as error:
            raise not_now(self.running, error) from None

    async def _caught_up(self) -> None:
        try:
            head = await self.running.journal.head()
            if not await self.running.reads.reached(head):
                raise Problem(503, "reads_behind", "Not now", "The read tables are behind; try again in a moment.")
        except TRANSIENT as error:
            raise not_now(self.running, error) from None

    async def page(self, sql: str, *args: Any, key: str) -> dict[str, Any]:
        """One page of a list, in the order of the column `key`: `limit` (1 to 500, else 100) rows after `after`."""
        limit = _limit(self.query.get("limit", "100"))
        after = _cursor(self.query.get("after", ""))
        n = len(args)
        paged = (
            f'select * from ({sql}) as listed where ("{key}"::text) > ${n + 1} order by "{key}"::text limit ${n + 2}'  # noqa: S608
        )
        rows = await self.rows(paged, *args, after, limit + 1)
        more = len(rows) > limit
        items = [plain(row) for row in rows[:limit]]
        last = base64.urlsafe_b64encode(str(items[-1][key]).encode()).decode() if more else None
        return {"items": items, "next": last}

    async def document(self, ref: DocumentRef) -> Response:
        """A document of this service's own; whoever calls has checked who may read it."""
        try:
            content = await self.running.documents.get(ref)
            return Response(content, media_type=ref.media_type, headers={"Cache-Control": "no-store"})
        except (DocumentAbsent, DocumentErased):
            raise self.not_found("document", ref.id) from None

    def not_found(self, what: str, which: str) -> Problem:
        """The 404 for a thing that does not exist, or not for this reader."""
        words = what.replace("_", " ")
        return Problem(404, f"{what}_unknown", "Not found", f"There is no {words} {_printable(which)}.")

    def forbidden(self, sentence: str) -> Problem:
        """The 403 with its sentence."""
        return Problem(403, "not_allowed", "Not allowed", sentence)


def refusal_problem(rejection: Rejection) -> Response:
    """A rejection as a problem document."""
    title = TITLES.get(rejection.status, "Refused")
    return problem(rejection.status, rejection.code, title, rejection.sentence, rejection.citation, rejection.remedy)


def key_reused() -> Problem:
    """The 422 for a key that came with another body before."""
    return Problem(
        422, "idempotency_key_reused", "Malformed",
        "This Idempotency-Key was sent before with another body.", remedy="Use a new key for a new request.",
    )  # fmt: skip


def not_now(running: Running, error: BaseException) -> Problem:
    """The 503 for what passes: say what is waited for."""
    if isinstance(error, RestoredBehind):
        running.bus.doubt()
    if isinstance(error, NotReady):
        return Problem(503, error.code, "Not now", str(error))
    if isinstance(error, Busy):
        return Problem(
            503, "busy", "Not now", "Too many decisions about the same facts at once.", remedy="Send it again."
        )
    return Problem(
        503, "database_unreachable", "Not now", "The database cannot be reached; nothing is known to be done.",
        remedy="Send the same request again with the same Idempotency-Key; nothing is ever done twice.",
    )  # fmt: skip


def asked_by(*roles: str, deadline: str = "") -> Any:
    """The dependency of a route: who may ask. Without roles it is public. `deadline` names the path parameter of the
    thing whose deadline is judged by the moment of receipt, which is then stored before anything is decided.
    """

    async def asked(request: Request) -> AsyncIterator[Asked]:
        running: Running = request.app.state.running
        actor = await _actor(running, request, roles)
        key = await _request_key(running, request, actor) if request.method in WRITES else None
        if key is None:
            await _in_office(running, actor)
        about = f"{deadline.removesuffix('_id')}:{request.path_params[deadline]}" if deadline else ""
        if key and about:
            await reserve(running, key, about)
        route = request.scope.get("route")
        found = Asked(
            running, actor, key.received_at if key else running.now(), observability.correlation(),
            getattr(route, "status_code", None) or 200, dict(request.query_params), key, about,
        )  # fmt: skip
        try:
            yield found
        finally:
            if key and about and not found.performed:
                await release(running, key)

    asked.roles = roles  # type: ignore[attr-defined]
    return Depends(asked)


async def _actor(running: Running, request: Request, roles: tuple[str, ...]) -> Actor:
    if not roles:
        return NOBODY
    token = await running.identity.token_of(request.headers.get("authorization"))
    actor = actor_of(token, request.headers.get(ROLE_HEADER))
    if actor.role not in roles:
        allowed = ", ".join(role.replace("_", " ") for role in roles)
        sentence = f"This is for {allowed}, not for {actor.role.replace('_', ' ')}."
        raise Problem(403, "role_not_allowed", "Not allowed", sentence)
    body = request.headers.get(BODY_HEADER, actor.organisation)
    return actor if body == actor.organisation else await _for_former(running, actor, body)


async def _for_former(running: Running, actor: Actor, body: str) -> Actor:
    """The same person, acting on what a body held that the person's own body succeeded."""
    try:
        place = await running.journal.standing()
    except TRANSIENT as error:
        raise not_now(running, error) from None
    if place.stands_in(body) == actor.organisation:
        return replace(actor, organisation=body)
    sentence = f"{_printable(actor.organisation)} does not stand in for {_printable(body)}."
    raise Problem(
        403, "not_the_successor", "Not allowed", sentence,
        remedy=f"Leave {BODY_HEADER} out, or have the partnership office note who took over.",
    )  # fmt: skip


async def _in_office(running: Running, actor: Actor) -> None:
    """Refuse a read in an office that was given up while the token is still valid; a command's decision asks itself."""
    if actor.role in NO_OFFICE_NEEDED or actor is NOBODY:
        return
    try:
        place = await running.journal.standing()
    except TRANSIENT as error:
        raise not_now(running, error) from None
    if place.offices and not place.office(actor.person, actor.organisation, actor.role):
        raise Problem(
            403, "office_not_held", "Not allowed",
            f"This person holds no office of {actor.role.replace('_', ' ')} for {_printable(actor.organisation)}.",
            remedy="The partnership office can appoint the person.",
        )  # fmt: skip


async def release(running: Running, key: RequestKey) -> None:
    """Let go of a request that turned out malformed before anything was decided, so that nobody waits for it."""
    try:
        await running.journal.pool.execute(
            "delete from ledger.request where key = $1 and request_hash = $2 and outcome is null",
            key.key, key.request_hash,
        )  # fmt: skip
    except TRANSIENT:
        return


def _received_at(running: Running) -> datetime:
    try:
        return running.dated()
    except NotReady as error:
        raise not_now(running, error) from None


async def _request_key(running: Running, request: Request, actor: Actor) -> RequestKey:
    given = request.headers.get("idempotency-key", "")
    if not 1 <= len(given) <= 200:
        raise Problem(
            400, "idempotency_key_required", "Malformed", "A request that changes something needs an Idempotency-Key.",
            remedy="Send a header Idempotency-Key of 1 to 200 characters, the same when the request is sent again.",
        )  # fmt: skip
    scope = json.dumps([actor.person, actor.organisation, request.method, request.url.path, given])
    key = hashlib.sha256(scope.encode()).hexdigest()
    body = hashlib.sha256(await request.body()).digest()
    try:
        row = await running.journal.pool.fetchrow("select * from ledger.request where key = $1", key)
    except TRANSIENT as error:
        raise not_now(running, error) from None
    if row is None:
        return RequestKey(key, body, _received_at(running))
    if row["request_hash"] != body:
        raise key_reused()
    if row["outcome"] is not None:
        raise AnsweredBefore(_response(Answer("", row["status"], row["answer"]), row["position"]))
    return RequestKey(key, body, row["received_at"])


class AnsweredBefore(Exception):
    """The request was answered before; the answer is the response."""

    def __init__(self, response: Response) -> None:
        super().__init__("answered before")
        self.response = response


async def reserve(running: Running, key: RequestKey, about: str) -> None:
    """Store the moment of receipt before deciding, so that a bid received in time and sent again later is in time."""
    try:
        await running.journal.pool.execute(
            "insert into ledger.request (key, request_hash, received_at, about) values ($1, $2, $3, $4)"
            " on conflict do nothing",
            key.key, key.request_hash, key.received_at, about,
        )  # fmt: skip
    except TRANSIENT as error:
        raise not_now(running, error) from None


def _response(answer: Answer, position: int | None) -> Response:
    headers = {"Compact-Position": str(position)} if position else {}
    media = "application/problem+json" if answer.status >= 400 else "application/json"
    return Response(answer.body, answer.status, headers, media)


def plain(row: Record) -> dict[str, Any]:
    """A row as JSON can carry it."""
    return {name: _json_value(value) for name, value in row.items()}


def _json_value(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | list | type(None)) else str(value)


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 500:
        raise Problem(422, "malformed", "Malformed", "The parameter limit is a whole number from 1 to 500.")
    return int(text)


def _cursor(text: str) -> str:
    try:
        return base64.b64decode(text.encode(), b"-_", validate=True).decode()
    except ValueError:
        raise Problem(422, "malformed", "Malformed", "The parameter after is what `next` of a page said.") from None


def _printable(text: str) -> str:
    return text if text.isprintable() and len(text) <= 80 else "of that name"
