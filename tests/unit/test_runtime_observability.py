"""Log lines and metrics: what happened to which thing, never a person's name, address or words."""

import json
import logging
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from services.runtime import observability as told
from services.runtime.observability import configure_logging, correlated, correlation, metrics_text

PERSON, WORDS = "Philippa Wren", "my mother's illness"


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Any:
    configure_logging("json", service="funding")
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_says_what_happened_to_which_thing(lines: Any):
    structlog.get_logger().info("event_parked", subject="bid:7", position=3, due=date(2014, 4, 1))

    [line] = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "event_parked",
        "level": "info",
        "service": "funding",
        "subject": "bid:7",
        "position": 3,
        "due": "2014-04-01",
    }


def test_every_line_of_a_request_carries_its_correlation_id(lines: Any):
    log = structlog.get_logger()

    with correlated("c-1"):
        log.info("command_decided")
        logging.getLogger("aiokafka").warning("slow")
        assert correlation() == "c-1"
    log.info("idle")

    assert [line.get("correlationid") for line in lines()] == ["c-1", "c-1", None]
    assert correlation() == ""


@pytest.mark.parametrize(
    "key", ["address", "name", "email", "text", "body", "authorization", "recipient_email", "Contact-Name", "dsn"]
)
def test_dangerous_values_never_reach_a_line(lines: Any, key: str):
    structlog.get_logger().info("notice_sent", **{key: PERSON}, about={key: PERSON, "n": [{key: PERSON}]})

    [line] = lines()
    assert line[key] == "withheld"
    assert PERSON not in str(line)
    assert line["about"]["n"] == [{key: "withheld"}]


def test_an_email_address_is_withheld_under_any_key(lines: Any):
    structlog.get_logger().info("notice_sent", to="wren@example.org", tried=["wren@example.org"])

    [line] = lines()
    assert line["to"] == "withheld"
    assert line["tried"] == ["withheld"]


def test_things_are_told_by_their_class_not_by_their_content(lines: Any):
    class Letter:
        def __repr__(self) -> str:
            return WORDS

    structlog.get_logger().info("letter_made", letter=Letter(), mistake=ValueError(WORDS))

    [line] = lines()
    assert (line["letter"], line["mistake"]) == ("Letter", "ValueError")


def fails() -> None:
    try:
        raise KeyError(WORDS)
    except KeyError as error:
        raise ValueError(f"{PERSON} wrote {WORDS}") from error


@pytest.mark.parametrize("given", ["exception", "instance"])
def test_an_exception_is_told_by_class_and_place(lines: Any, given: str):
    try:
        fails()
    except ValueError as error:
        if given == "exception":
            structlog.get_logger().exception("reaction_failed")
        else:
            structlog.get_logger().error("reaction_failed", exc_info=error)

    [line] = lines()
    assert line["error"] == "ValueError from KeyError"
    assert line["at"][-1].endswith(" fails")
    assert PERSON not in str(line)
    assert WORDS not in str(line)


def test_what_the_system_and_the_database_call_a_failure_is_told(lines: Any):
    class UniqueViolation(Exception):
        sqlstate = "23505"

    structlog.get_logger().error("failed", exc_info=UniqueViolation(f"Key (name)=({PERSON}) already exists."))
    structlog.get_logger().error("failed", exc_info=ConnectionRefusedError(111, "Connection refused"))

    assert [line["error"] for line in lines()] == [
        "UniqueViolation (23505)",
        "ConnectionRefusedError (Connection refused)",
    ]


def test_what_libraries_log_is_told_without_its_arguments(lines: Any):
    library = logging.getLogger("aiokafka.conn")

    library.warning("Cannot send %s to node %d: %s", PERSON, 3, ValueError(WORDS))
    library.error(f"Task failed: {WORDS}\n{PERSON}", exc_info=ValueError(WORDS))
    library.warning("%(who)s is 100%% late\n" + PERSON, {"who": PERSON})
    library.info("nothing to say")

    first, second, third = lines()
    assert first["said"] == "Cannot send … to node 3: ValueError"
    assert (first["event"], first["library"], first["level"]) == ("library_logged", "aiokafka.conn", "warning")
    assert (second["said"], second["error"]) == ("withheld", "ValueError")
    assert PERSON not in str(third)


def test_libraries_that_set_up_their_own_output_are_taken_over(capsys: pytest.CaptureFixture[str]):
    library = logging.getLogger("uvicorn.error")
    library.addHandler(logging.StreamHandler())
    library.propagate = False

    configure_logging("json")
    library.error("Exception in ASGI application\n", exc_info=ValueError(WORDS))

    seen = capsys.readouterr()
    assert WORDS not in seen.out + seen.err
    assert json.loads(seen.out)["library"] == "uvicorn.error"


def test_a_terminal_gets_readable_lines_with_the_same_care(capsys: pytest.CaptureFixture[str]):
    configure_logging("text", service="funding")

    structlog.get_logger().error("notice_failed", name=PERSON, notice="notice:7", exc_info=ValueError(WORDS))

    line = capsys.readouterr().out
    assert "notice_failed" in line
    assert "notice:7" in line
    assert PERSON not in line
    assert WORDS not in line


def test_metrics_are_those_of_this_process():
    told.follower_lag.labels("relay").set(7)
    told.batch_size.labels("relay").observe(3)
    told.batch_seconds.labels("relay").observe(0.1)
    told.commands_total.labels("submit_bid", "rejected", "bid_late").inc()

    families = {family.name: family for family in text_string_to_metric_families(metrics_text().decode())}

    assert {
        "follower_lag",
        "batch_size",
        "batch_seconds",
        "held_messages",
        "waiting_reactions",
        "stopped_reactions",
        "timers_late_seconds",
        "commands",
        "relay_unpublished",
        "bus_connected",
        "commands_refused_state",
    } <= families.keys()
    [lag] = [sample for sample in families["follower_lag"].samples if sample.labels == {"follower": "relay"}]
    assert lag.value == 7
    counted = {"command": "submit_bid", "outcome": "rejected", "code": "bid_late"}
    [total] = [one for one in families["commands"].samples if (one.name, one.labels) == ("commands_total", counted)]
    assert total.value == 1
