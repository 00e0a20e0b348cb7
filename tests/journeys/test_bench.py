"""The bench, end to end on one small figure: a table for a person, JSON for a machine, its path last."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from compact.system import CHECKOUT

SHAPE = {"figure": str, "ours": float, "beside": float, "ratio": float, "aim": str, "met": bool, "unit": str}


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments], cwd=CHECKOUT, capture_output=True, text=True, timeout=300
    )


def test_a_figure_is_measured_beside_its_bare_library_and_written_down(tmp_path: Path) -> None:
    told = bench("verify", "relay", "--scale", "tiny", "--json", str(tmp_path / "figures.json"))

    assert told.returncode == 0, told.stderr
    path = Path(told.stdout.splitlines()[-1])
    assert path == tmp_path / "figures.json"
    figures = json.loads(path.read_text())
    assert [one["figure"] for one in figures] == ["verify", "relay, from journal to acknowledged"]
    for one in figures:
        assert {name: type(value) for name, value in one.items()} == SHAPE
        assert one["ours"] > 0
        assert one["ratio"] == one["ours"] / one["beside"]


def test_every_figure_that_needs_no_million_of_events_can_be_measured(tmp_path: Path) -> None:
    """What stands beside ours is our own code too: it follows what the runtime asks of the database."""
    told = bench("commands", "intake", "effect", "replay", "--scale", "tiny", "--json", str(tmp_path / "figures.json"))

    assert told.returncode == 0, told.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert len({one["figure"] for one in figures}) >= 8
    assert all(one["ours"] > 0 and one["beside"] > 0 for one in figures)


def test_a_figure_that_does_not_exist_is_refused_with_those_that_do() -> None:
    told = bench("spead")

    assert told.returncode == 2
    assert "there is no figure spead; there are commands, relay" in told.stderr
