"""What came out in a step that was interrupted is not looked at again; in any other step it is."""

import io
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from rich.console import Console
from rich.progress import Progress

from compact.journey.playing import Play, Unexpected, recorded
from compact.journey.telling import Telling
from compact.stepping import Stepper
from compact.system import System


def a_play(data: Path) -> Play:
    """A journey as it is taken up from what was written down; nothing here is asked of a service."""
    system, console = System(data=data), Console(file=io.StringIO())
    nobody = cast("Any", None)
    return Play(system, cast(httpx.AsyncClient, nobody), cast(Stepper, nobody),
                Telling(console, Progress(console=console), {}, {}), recorded(data))  # fmt: skip


def test_what_came_out_before_a_step_was_interrupted_is_not_looked_at_again(tmp_path: Path) -> None:
    before = a_play(tmp_path)
    before.begin("payments.wait")
    before.expect(True, "The payment is late.")

    again = a_play(tmp_path)
    again.begin("payments.wait")
    again.expect(False, "The payment is late.")

    with pytest.raises(Unexpected, match="It was paid"):
        again.expect(False, "It was paid.")


def test_in_another_step_or_in_none_it_is(tmp_path: Path) -> None:
    before = a_play(tmp_path)
    before.begin("payments.wait")
    before.expect(True, "The payment is late.")
    before.done(0.1)

    after = a_play(tmp_path)
    with pytest.raises(Unexpected):
        after.expect(False, "The payment is late.")
    after.expect(True, "All notices were served.")
    with pytest.raises(Unexpected):
        after.expect(False, "All notices were served.")
    after.begin("payments.hold")
    with pytest.raises(Unexpected):
        after.expect(False, "The payment is late.")
