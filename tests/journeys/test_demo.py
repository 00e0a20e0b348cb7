"""The demonstration as a newcomer starts it: every process real, every step of the journey with its expectation."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUMMARY = re.compile(r"^facts written .*", re.MULTILINE | re.DOTALL)


def demo(data: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "-m", "compact", "demo", "--data", str(data), *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COMPACT_")}
    return subprocess.Popen(
        command, cwd=ROOT, env={**environment, "COLUMNS": "200"}, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=600)
    return said


def until_said(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return
    pytest.fail(f"it ended without saying {words!r}")


def summary(said: str) -> list[str]:
    found = SUMMARY.search(said)
    return [line.split("  ")[0] + line.rstrip().split("  ")[-1] for line in found[0].splitlines()] if found else []


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A journey that was interrupted in the middle and played to its end by a second run."""
    data = tmp_path_factory.mktemp("demo") / "data"
    first = demo(data, "--exit")
    until_said(first, "hands in a corrected bid")
    first.send_signal(signal.SIGINT)
    ended(first)
    second = demo(data, "--exit")
    said = ended(second)
    assert second.returncode == 0, said[-3000:]
    return data, said


def test_an_interrupted_journey_goes_on_where_it_was_and_comes_to_its_end(journey: tuple[Path, str]) -> None:
    said = journey[1]

    assert "steps were played before; going on from there" in said
    assert "What stands now" in said
    assert "The journey did not come out" not in said


def test_the_journey_tells_who_did_what_which_facts_followed_and_what_was_refused(journey: tuple[Path, str]) -> None:
    said = journey[1]

    for expected in (
        "funding wrote BidSubmitted (private), BidReceived",
        "this bid came at 17:00:01 on 31 January 2014",
        "Sutton Compact 3.3.2 (rationale_incomplete)",
        "It gets the same receipt R-",
        "With the last condition met, the agreement came into force by itself.",
        "monitoring wrote ReportOverdue",
        "monitoring wrote FunderAnswerOverdue, ReportAccepted",
        "funding wrote ChangeDisclosed",
        "Sutton Compact 3.1.6 (interest_declared)",
        "Sutton Compact 3.4.1 (remedial_timetable_running)",
        "funding wrote ClaimReceived (private), PartnerEffectReported",
        "Sutton Compact 3.4.2 (own_estimate_missing)",
        "Sutton Compact 3.1.1 (independence_concern_open)",
        "Sutton Compact 3.4.3 (point_unanswered)",
        "Sutton Compact 3.4.4 (notice_too_short)",
        "funding wrote FundingChangeTookEffect, AgreementVaried",
        "one of £100,000 stands in its place",
        "monitoring wrote AnnualReviewConcluded",
        "funding wrote ProgrammePublished, StepWarned",
        "Sutton Compact 3.4.4 (results_leave_no_notice)",
        "funding wrote FundingChangeWithdrawn, FundingChangeProposed",
        "Sutton setting aside of undertakings (never_set_aside)",
        "funding wrote UndertakingSetAside",
        "SettingAsideLapsed",
        "ServiceWithdrawn",
        "SumsMadeGood",
        "ChangeTakenOver",
        "bank details (bank_details_not_confirmed)",
        "funding wrote NoticePeriodStopped, NoticeNoLongerPossible",
        "replay --compare names it: results,",
        "verify names it: position",
    ):
        assert expected in said, expected


def test_every_refusal_is_a_fact_and_every_notice_was_served(journey: tuple[Path, str]) -> None:
    said = journey[1]

    assert re.search(r"Each of the \d+ refusals on a clause is a fact\.", said)
    assert re.search(r"All \d+ notices were served\.", said)


def test_a_second_run_of_a_finished_journey_writes_no_fact_twice(journey: tuple[Path, str]) -> None:
    data, said = journey

    again = demo(data, "--exit")
    repeated = ended(again)

    assert again.returncode == 0, repeated[-3000:]
    assert "wrote" not in repeated
    assert summary(said)
    assert summary(repeated) == summary(said)


def test_a_journey_that_does_not_come_out_ends_with_1_and_says_why(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    done = ["partners.adopt_rules", "partners.appoint_officers", "partners.import_register"]
    (data / "journey.json").write_text(json.dumps({"steps": done}))

    process = demo(data, "--exit")
    said = ended(process)

    assert process.returncode == 1
    assert "The journey did not come out. The journey does not know the organisation advice" in said


def test_something_is_said_within_seconds_and_ctrl_c_ends_everything(tmp_path: Path) -> None:
    began = time.monotonic()
    process = demo(tmp_path / "data")

    until_said(process, "Compact: a commissioning round")
    first_words = time.monotonic() - began
    until_said(process, "Everything is ready after")
    process.send_signal(signal.SIGINT)
    said = ended(process)

    assert first_words < 10
    assert "Everything is stopped." in said
