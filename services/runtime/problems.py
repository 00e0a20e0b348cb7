"""Guarantee: every answer that is not a success is a problem document (RFC 9457) with a code, and repeats nothing sent.

`code` is what a program reads, `detail` what a person reads, `citation` the clause a refusal stands on, `remedy` what
would clear it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from contracts.rules import Citation

MEDIA_TYPE = "application/problem+json"
log = structlog.get_logger()

PLAIN: Mapping[int, tuple[str, str, str]] = {
    400: ("malformed", "The request cannot be read.", "Correct the request and send it again."),
    401: ("not_authenticated", "A bearer token is needed.", "Sign in and send the token."),
    403: ("not_authorised", "This is not for the role or organisation you act for.", ""),
    404: ("not_found", "There is nothing at this address.", "Look the address up in /openapi.json."),
    405: ("method_not_allowed", "This address does not take that method.", "Use a method named in the header Allow."),
    413: ("too_large", "What was sent is larger than is accepted.", "Send less, or in several parts."),
    415: ("media_type_not_accepted", "This media type is not accepted here.", "Send one that /openapi.json names."),
    500: (
        "fault",
        "The service made a mistake, which has been recorded.",
        "Send the same request again with the same Idempotency-Key; nothing is ever done twice.",
    ),
    503: ("not_now", "The service cannot answer at the moment.", "Send the same request again in a while."),
}
"""Code, sentence and remedy of what the framework itself answers, by status."""


class Problem(Exception):
    """Raised anywhere within a request, it becomes the answer."""

    def __init__(self, status: int, code: str, title: str, detail: str, **members: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.title, self.detail, self.members = status, code, title, detail, members

    def response(self) -> Response:
        """The problem document."""
        return problem(self.status, self.code, self.title, self.detail, **self.members)


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    citation: Citation | None = None,
    remedy: str = "",
    *,
    docs: str = "about:blank",
    headers: Mapping[str, str] | None = None,
    **extra: Any,
) -> Response:
    """Make a problem document; `docs` is the relative address of a page about this kind, `extra` further members."""
    members: dict[str, Any] = {**extra, "type": docs, "title": title, "status": status, "detail": detail, "code": code}
    if citation is not None:
        members["citation"] = {"document": citation.document, "clause": citation.clause}
    if remedy:
        members["remedy"] = remedy
    return JSONResponse(members, status, headers, MEDIA_TYPE)


def answer_with_problems(app: FastAPI) -> None:
    """Let the application answer with problem documents wherever it does not succeed."""
    app.add_exception_handler(Problem, _raised)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(Exception, fault)


async def _raised(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


async def _malformed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = [{"field": _field(each["loc"]), "reason": _reason(each)} for each in error.errors()]
    detail = "What was sent is not of the form that is expected here: see fields."
    remedy = "Correct the fields named and send the request again."
    return problem(422, "malformed", "Malformed", detail, remedy=remedy, fields=fields)


async def _plain(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _known(error.status_code, error.headers)


async def fault(request: Request, error: Exception) -> Response:
    """The answer to a request at which the service made a mistake; the mistake goes to the log."""
    route = getattr(request.scope.get("route"), "path", None)
    log.error("request_failed", method=request.method, route=route, exc_info=error)
    return _known(500)


def _known(status: int, headers: Mapping[str, str] | None = None) -> Response:
    phrase = HTTPStatus(status).phrase
    code, detail, remedy = PLAIN.get(status, (phrase.lower().replace(" ", "_"), f"{phrase}.", ""))
    return problem(status, code, phrase, detail, remedy=remedy, headers=headers)


def _field(loc: Iterable[Any]) -> str:
    # A field's name may itself have been sent; only what looks like one is repeated.
    parts = (str(part) if re.fullmatch(r"[A-Za-z0-9_-]{1,40}", str(part)) else "?" for part in loc)
    return ".".join(parts)


def _reason(error: Mapping[str, Any]) -> str:
    expected = error.get("ctx", {}).get("expected_tags")
    if error["type"] == "union_tag_invalid":
        return f"Input should be one of {expected}"
    sent, message = error.get("input"), str(error["msg"])
    return "Input is not acceptable" if isinstance(sent, str) and sent and sent in message else message
