"""What every command shares: the options that all have, and failures as one sentence that says what to do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import typer
from rich.console import Console

from compact.processes import DidNotStart
from compact.tokens import TokenRefused
from services.runtime.clock import ClockUnreadable, ClockWouldGoBack
from services.runtime.settings import SettingsRefused

Data = Annotated[Path, typer.Option("--data", envvar="COMPACT_DATA", help="The directory of the system.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a script.")]
errors = Console(stderr=True, highlight=False)


def fail(sentence: str, code: int = 2) -> NoReturn:
    """End with a sentence that says what to do."""
    errors.print(sentence, style="red", markup=False)
    raise typer.Exit(code)


@contextlib.contextmanager
def refusals_explained() -> Iterator[None]:
    """Turn what a person can put right into one sentence instead of a traceback."""
    try:
        yield
    except (DidNotStart, TokenRefused, SettingsRefused, ClockUnreadable, ClockWouldGoBack) as error:
        fail(str(error))
    except httpx.ConnectError as error:
        fail(f"{error.request.url} does not answer ({error}). See 'compact status'.")
    except httpx.TransportError as error:
        fail(f"{error.request.url} did not answer: {type(error).__name__}. See 'compact status' and the logs.")
