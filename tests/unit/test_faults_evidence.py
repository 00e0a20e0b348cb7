"""What a run writes down for the checker, and what the checker reads for itself: the chain, the published pages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import certifi
import pytest

from contracts.catalogue import EVENTS
from contracts.topics import SERVICES, readers_of
from faults.checker import __main__ as command
from faults.checker import chains, published
from faults.checker.commands import given_anew, request_key
from faults.checker.findings import NAMED, Report
from faults.evidence import Acknowledged, Evidence, NoEvidence, Observed

VECTOR = json.loads((Path(__file__).parent / "chain_vector.json").read_text())
ASKED = Acknowledged(
    "funding", "POST", "/programmes/1/bids", "k-1", "p-1", "GB-CHC-1", "vco_representative", 201, b"{}"
)


def evidence(directory: Path, **changes: Any) -> Evidence:
    for name in ("acknowledged", "observed"):
        (directory / name).touch()
    files = {name: str(directory / name) for name in ("acknowledged", "observed")}
    return Evidence(**{"place": "sutton", "databases": {}, "kafka": "127.0.0.1:9", "mail": "", **files, **changes})


def test_the_chain_made_anew_is_the_committed_one() -> None:
    before = bytes.fromhex(VECTOR["genesis"])

    assert before == chains.GENESIS
    for row in VECTOR["rows"]:
        moments = {name: datetime.fromisoformat(row[name]) for name in ("time", "recorded")}
        as_kept = {**row, **moments, "origin_hash": bytes.fromhex(row["origin_hash"]), "data": row["data"].encode()}
        before = chains.hash_of(before, as_kept)
        assert before.hex() == row["hash"]


def test_the_published_page_says_of_every_event_what_its_class_says() -> None:
    kinds = published.kinds()

    assert kinds.keys() == EVENTS.keys() | {"compact.journal_head"}
    for wire, event in EVENTS.items():
        assert (kinds[wire].audience, kinds[wire].opened_by) == (event.audience.value, event.opened_by), wire


@pytest.mark.parametrize("service", SERVICES)
def test_the_published_page_says_who_reads_a_service(service: str) -> None:
    readers = published.readers_of(service, published.kinds())

    assert readers == tuple(sorted(readers_of(service)))


def test_a_topic_is_read_as_its_publisher_where_the_broker_asks(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    found = evidence(tmp_path, passwords={"funding": str(tmp_path / "password")}, authority=certifi.where())

    assert found.bus("police") == {"bootstrap_servers": "127.0.0.1:9"}
    asked = found.bus("funding")
    assert (asked["sasl_plain_username"], asked["sasl_plain_password"]) == ("sutton.funding", "secret")


@pytest.mark.parametrize("gone", ["password", "authority"])
def test_without_the_files_of_a_login_the_checker_says_so(tmp_path: Path, gone: str) -> None:
    files = {"password": str(tmp_path / "password"), "authority": certifi.where()}
    (tmp_path / "password").write_text("secret")
    files[gone] = str(tmp_path / "nowhere")

    with pytest.raises(NoEvidence, match=r"funding, .*nowhere"):
        evidence(tmp_path, passwords={"funding": files["password"]}, authority=files["authority"]).bus("funding")


def test_evidence_is_read_as_it_was_written(tmp_path: Path) -> None:
    seen = Observed("http", "funding", "p-1", 2.5, "bid:1", "its bidder", "funding.bids_opened")
    written = evidence(tmp_path, restored={"funding": 1}, emptied=2)
    Path(written.acknowledged).write_text(f"{ASKED.line()}\n\n")
    Path(written.observed).write_text(f"{seen.line()}\n")

    written.write(tmp_path / "evidence.json")
    read = Evidence.read(tmp_path / "evidence.json")

    assert (read, list(read.answers()), list(read.observations())) == (written, [ASKED], [seen])
    assert (tmp_path / "evidence.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "[]", '{"place": "sutton"}', "{"])
def test_what_is_no_evidence_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "evidence.json").write_text(text)

    with pytest.raises(NoEvidence, match=r"evidence\.json"):
        Evidence.read(tmp_path / "evidence.json")


@pytest.mark.parametrize("line", ["{", "{}", '{"body": "%"}', ASKED.line().replace('"key"', '"kex"'), "[1]"])
def test_a_line_that_is_no_acknowledged_request_is_refused_with_its_place(tmp_path: Path, line: str) -> None:
    given = evidence(tmp_path)
    Path(given.acknowledged).write_text(f"{ASKED.line()}\n{line}\n")

    with pytest.raises(NoEvidence, match="acknowledged, line 2"):
        list(given.answers())


def test_a_line_that_is_no_observation_is_refused(tmp_path: Path) -> None:
    given = evidence(tmp_path)
    Path(given.observed).write_text('{"what": "http"}\n')

    with pytest.raises(NoEvidence, match="observed, line 1"):
        list(given.observations())


def test_a_request_is_kept_under_who_asked_what_with_which_key() -> None:
    others = [
        request_key(Acknowledged(**{**ASKED.__dict__, name: "other"})) for name in
        ("person", "organisation", "method", "path", "key")
    ]  # fmt: skip

    assert len({request_key(ASKED), *others}) == 6
    assert request_key(Acknowledged(**{**ASKED.__dict__, "path": f"{ASKED.path}?x=1"})) == request_key(ASKED)


def test_many_violations_of_one_rule_are_counted_and_the_first_named() -> None:
    report = Report()

    for number in range(NAMED + 7):
        report.say("chain", "funding", str(number))

    assert len(report.violations) == NAMED
    assert report.plain()["found"] == {"chain": NAMED + 7}


def test_the_command_ends_with_2_where_there_is_no_evidence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([str(tmp_path / "nothing.json")]) == 2
    assert "The evidence cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(("reserved", "anew"), [(59, False), (60, False), (61, True)])
def test_a_request_kept_since_before_its_first_answer_was_not_lost_in_a_restore(reserved: int, anew: bool) -> None:
    asked = Acknowledged("funding", "POST", "/bids", "k", "p-1", "o-1", "decider", 201, b"{}", 60.0, 1, True)

    assert given_anew(asked, {"reserved_at": datetime.fromtimestamp(reserved, UTC)}) is anew
