"""What is written down about a system, and who may change it."""

import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from compact import system
from compact.__main__ import app
from compact.processes import DidNotStart, free_port, is_free
from compact.system import System

runner = CliRunner()


def test_what_is_written_down_is_read_back_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    made = System(data=tmp_path, demo=True, ports={"funding": 8001}, postgres={"funding": "postgresql://x"})

    made.save()

    assert system.recorded(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "system.json").stat().st_mode) == 0o600


def test_a_service_is_told_its_own_database_and_no_other(tmp_path: Path) -> None:
    made = System(
        data=tmp_path, kafka="127.0.0.1:1", postgres={"funding": "postgresql://f", "partners": "postgresql://p"}
    )

    told = made.environment("funding", port=8001)

    assert told["COMPACT_FUNDING_POSTGRES"] == "postgresql://f"
    assert told["COMPACT_HTTP_PORT"] == "8001"
    assert "COMPACT_PARTNERS_POSTGRES" not in told
    assert "COMPACT_CLOCK" not in told


def test_only_a_demonstration_has_a_stepped_clock(tmp_path: Path) -> None:
    assert System(data=tmp_path).clock is None
    assert System(data=tmp_path, demo=True).environment("funding")["COMPACT_CLOCK"] == str(tmp_path / "clock")


def test_a_directory_has_one_supervisor_at_a_time(tmp_path: Path) -> None:
    with system.held_by_us(tmp_path), pytest.raises(DidNotStart, match="already up"), system.held_by_us(tmp_path):
        pass

    assert not System(data=tmp_path).is_up()


def test_only_what_a_demonstration_left_is_removed(tmp_path: Path) -> None:
    System(data=tmp_path / "real").save()
    System(data=tmp_path / "demo", demo=True).save()

    system.reset(tmp_path / "demo")
    with pytest.raises(DidNotStart, match="not made by a demonstration"):
        system.reset(tmp_path / "real")

    assert not (tmp_path / "demo").exists()
    assert (tmp_path / "real" / "system.json").exists()


def test_a_chosen_port_is_free_and_the_preferred_one_where_that_is(tmp_path: Path) -> None:
    chosen = free_port()

    assert is_free(chosen)
    assert free_port(chosen) == chosen


def test_the_clock_is_moved_on_in_a_demonstration_and_nowhere_else(tmp_path: Path) -> None:
    demo = System(data=tmp_path / "demo", demo=True)
    demo.save()
    assert demo.clock
    demo.clock.write_text("2013-12-02T09:00:00+00:00\n")
    System(data=tmp_path / "real").save()

    moved = runner.invoke(app, ["clock", "--days", "1", "--data", str(tmp_path / "demo")])
    back = runner.invoke(app, ["clock", "2013-01-01T00:00:00+00:00", "--data", str(tmp_path / "demo")])
    refused = runner.invoke(app, ["clock", "--days", "1", "--data", str(tmp_path / "real")])

    assert moved.output.strip() == "2013-12-03T09:00:00+00:00"
    assert back.exit_code == 2
    assert refused.exit_code == 2
    assert "compact demo" in " ".join(refused.output.split())  # a narrow screen breaks the line between the words


COMMANDS = ("up", "demo", "status", "serve", "topics", "token", "import", "clock", "history", "replay", "rebuild",
            "verify", "held", "scorecard")  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    said = runner.invoke(app, [command, "--help"], env={"COLUMNS": "200"})

    assert said.exit_code == 0
    assert f"Example: compact {command}" in said.output


@pytest.mark.parametrize("command", ["status", "topics", "replay", "rebuild", "verify", "held", "scorecard"])
def test_a_command_without_a_system_says_how_to_start_one(command: str, tmp_path: Path) -> None:
    said = runner.invoke(app, [command, "--data", str(tmp_path / "none")], env={"COLUMNS": "400"})

    assert said.exit_code in (1, 2)
    assert "compact up" in said.output
