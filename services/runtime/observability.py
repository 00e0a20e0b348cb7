"""Guarantee: a log line or metric tells what happened to which thing, and never a person's name, address or words.

Log lines are JSON on standard output, or readable in a terminal. Every line carries the correlation id of the request
it belongs to. Values under dangerous keys are withheld, exceptions are told by class and place, never by message, and
what libraries log is told without their arguments.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import PurePath
from typing import Any, Literal
from uuid import UUID

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from structlog.contextvars import bound_contextvars, get_contextvars

DANGEROUS = {
    *("address", "addresses", "email", "mail", "phone", "name", "names", "text", "texts", "body", "content"),
    *("authorization", "authorisation", "token", "password", "secret", "cookie", "salt", "dsn"),
}
WITHHELD = "withheld"
CORRELATION = "correlationid"

registry = CollectorRegistry()
"""The metrics of this process."""
ProcessCollector(registry=registry)

follower_lag = Gauge("follower_lag", "Rows of the journal a follower has yet to take", ["follower"], registry=registry)
batch_size = Histogram(
    "batch_size", "Rows in a batch", ["follower"], registry=registry, buckets=(1, 5, 25, 100, 500, 2_000)
)
batch_seconds = Histogram("batch_seconds", "Seconds a batch took", ["follower"], registry=registry)
held_messages = Gauge("held_messages", "Messages held back with a reason", registry=registry)
waiting_reactions = Gauge("waiting_reactions", "Reactions that wait for a fact", registry=registry)
stopped_reactions = Gauge("stopped_reactions", "Reactions stopped by a bug", registry=registry)
timers_late_seconds = Gauge("timers_late_seconds", "Seconds by which the latest due timer is late", registry=registry)
commands_total = Counter(
    "commands_total", "Commands by outcome and code", ["command", "outcome", "code"], registry=registry
)
relay_unpublished = Gauge("relay_unpublished", "Own events the broker has not confirmed", registry=registry)
bus_connected = Gauge("bus_connected", "1 while the broker answers", registry=registry)
commands_refused_state = Gauge("commands_refused_state", "1 while the service accepts no commands", registry=registry)


def batch_done(follower: str, rows: int, seconds: float) -> None:
    """Note that a follower finished a batch."""
    batch_size.labels(follower).observe(rows)
    batch_seconds.labels(follower).observe(seconds)


def metrics_text() -> bytes:
    """The metrics of this process in Prometheus' text format."""
    return generate_latest(registry)


def configure_logging(log_format: Literal["json", "text"], **always: str) -> None:
    """Send every log line of this process, ours and the libraries', to standard output; `always` stands on each."""
    rendered = (
        structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
        if log_format == "text"
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            lambda _logger, _method, line: {**always, **line},
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            tell_exceptions_by_place,
            withhold_dangerous_keys,
            rendered,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    _take_over_libraries()


@contextmanager
def correlated(correlationid: str) -> Iterator[None]:
    """Let every log line within carry this correlation id."""
    with bound_contextvars(**{CORRELATION: correlationid}):
        yield


def correlation() -> str:
    """The correlation id of what is being done now; empty outside a request, message or timer."""
    return str(get_contextvars().get(CORRELATION, ""))


def withhold_dangerous_keys(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace every value, at any depth, that looks like an e-mail address or whose key has a dangerous word in it."""
    return {key: WITHHELD if _is_dangerous(key) else _safe(value) for key, value in line.items()}


def tell_exceptions_by_place(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its classes and places: its message may repeat what somebody wrote."""
    given = line.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        line["error"], line["at"] = _classes(error), _places(error)
    return line


class LibraryLines(logging.Handler):
    """Passes on what libraries log as `library_logged`: their sentence with every text in it left out."""

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one record without the values in it."""
        log = structlog.get_logger().bind(library=record.name, said=_sentence(record))
        log.log(record.levelno, "library_logged", exc_info=record.exc_info)


def _take_over_libraries() -> None:
    root = logging.getLogger()
    root.handlers[:] = [LibraryLines(logging.WARNING)]
    root.setLevel(logging.WARNING)
    for each in logging.Logger.manager.loggerDict.values():
        if isinstance(each, logging.Logger):
            each.handlers.clear()
            each.propagate = True


def _sentence(record: logging.LogRecord) -> str:
    """The first line of the template, numbers and exception classes filled in, other arguments left out."""
    if record.exc_info and not record.args:
        return WITHHELD  # a ready-made sentence about an exception mostly repeats its message
    template = str(record.msg).partition("\n")[0]
    args = record.args if isinstance(record.args, tuple) else ()
    remaining = iter(args)
    return re.sub(r"%[-#0-9.+ ]*[a-zA-Z]", lambda _: _argument(next(remaining, None)), template)


def _argument(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return str(value)
    return _classes(value) if isinstance(value, BaseException) else "…"


def _is_dangerous(key: object) -> bool:
    return not DANGEROUS.isdisjoint(re.split(r"[^a-z]+", str(key).lower()))


def _safe(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): WITHHELD if _is_dangerous(key) else _safe(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_safe(each) for each in value]
    if isinstance(value, BaseException):
        return _classes(value)
    if isinstance(value, str):
        return WITHHELD if "@" in value else value
    if isinstance(value, date | timedelta | Decimal | UUID | PurePath):
        return str(value)
    return value if isinstance(value, bool | int | float | None) else type(value).__name__


def _classes(error: BaseException) -> str:
    """The exception's class, what PostgreSQL or the system calls it, and what it came from."""
    known = getattr(error, "sqlstate", None) or (error.strerror if isinstance(error, OSError) else None)
    told = type(error).__name__ + (f" ({known})" if known else "")
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return f"{told} from {_classes(cause)}" if cause else told


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
