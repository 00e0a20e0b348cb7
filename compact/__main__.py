"""The command line: `compact up`, `compact status`, `compact history …`; every command says an example of itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from compact import asking, delegating, scorecard, system, tokens
from compact.processes import free_port
from compact.terminal import AsJson, Data, fail, refusals_explained
from contracts.topics import SERVICES
from services.runtime import clock as clocks

app = typer.Typer(
    name="compact", no_args_is_help=True, rich_markup_mode="markdown", pretty_exceptions_show_locals=False,
    help="The ledger of a local partnership: who was told what, when, provably.",
)  # fmt: skip
console = Console()

Reset = Annotated[bool, typer.Option("--reset", help="Remove what an earlier demonstration left, and begin anew.")]
Place = Annotated[str, typer.Option("--place", envvar="COMPACT_PLACE", help="The locality whose rules apply.")]


@app.command()
def up(data: Data = system.DEFAULT, place: Place = "sutton") -> None:
    """Start the whole system on this machine, and keep it up until Ctrl-C.

    PostgreSQL, broker and mail catcher are embedded, unless COMPACT_POSTGRES, COMPACT_KAFKA or COMPACT_SMTP name
    real ones.

    Example: `compact up --data .compact`
    """
    with refusals_explained():
        finish(stay_up(data, place))


def finish(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end, or until somebody says stop."""
    try:
        asyncio.run(interruptible(work))
    except asyncio.CancelledError:
        console.print("Everything is stopped.")


async def interruptible(work: Coroutine[Any, Any, None]) -> None:
    """Turn Ctrl-C, SIGTERM and a closed terminal into an orderly end."""
    task = asyncio.ensure_future(work)
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(each, task.cancel)
    await task


async def stay_up(data: Path, place: str) -> None:
    """Start everything, print where it is, and wait."""
    from compact.supervisor import running_system

    async with running_system(data, place=place, say=console.print) as running:
        print_addresses(await asking.state_of(running.system))
        console.print("Everything is up. Ctrl-C ends it.")
        await asyncio.Event().wait()


@app.command()
def demo(
    data: Data = system.DEFAULT,
    reset: Reset = False,
    exit_: Annotated[bool, typer.Option("--exit", help="End after the journey instead of staying up.")] = False,
) -> None:
    """Play a commissioning round through the four services, told as it happens.

    A second run goes on where the first ended; `--reset` begins anew.

    Example: `compact demo --exit`
    """
    with refusals_explained():
        from compact.demo import run

        if reset:
            system.reset(data)
        finish(run(data, stay=not exit_))


@app.command()
def status(data: Data = system.DEFAULT, as_json: AsJson = False) -> None:
    """Say what is up, where, and whether it is ready. Ends with 1 where something is not.

    Example: `compact status --json`
    """
    with refusals_explained():
        found = system.recorded(data)
        state: dict[str, Any] = {"up": False, "data": str(data)}
        if found and found.is_up():
            state = asyncio.run(asking.state_of(found))
        if as_json:
            print(json.dumps(state, indent=2))
        elif found is None or not state["up"]:
            console.print(f"No system is up in {data}. Start one with 'compact up --data {data}'.")
        else:
            print_addresses(state)
    if not state["up"] or not all(service["ready"] for service in state["services"].values()):
        raise typer.Exit(1)


def print_addresses(state: dict[str, Any]) -> None:
    """Show a person where everything is."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("part", "address", "state", "process"):
        table.add_column(heading, overflow="fold")
    for name, part in {**state["services"], **state["infrastructure"]}.items():
        ready = "[green]ready[/]" if part["ready"] else "[red]not ready[/]"
        table.add_row(name, part["address"], ready, str(part["pid"] or "–"))
    console.print(table)
    console.print(f"Data, keys and logs are in {state['data']}.", soft_wrap=True)
    if state["clock"]:
        console.print(f"The stepped clock shows {state['clock']}.")


@app.command()
def serve(
    service: Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")],
    data: Data = system.DEFAULT,
    port: Annotated[int, typer.Option(help="HTTP port; 0 takes any free one.")] = 0,
) -> None:
    """Run one service in this terminal: a second instance of a system that is up, or one on real infrastructure.

    Example: `compact serve funding --port 8002`
    """
    with refusals_explained():
        if service not in SERVICES:
            fail(f"There is no service {service!r}. The services are: {', '.join(SERVICES)}.")
        found = system.recorded(data)
        if found is None or not found.is_up():
            if "COMPACT_POSTGRES" not in os.environ and f"COMPACT_{service.upper()}_POSTGRES" not in os.environ:
                fail(f"No system is up in {data}: start one with 'compact up', or set COMPACT_POSTGRES and "
                     "COMPACT_KAFKA.")  # fmt: skip
            environment = {**os.environ, "COMPACT_HTTP_PORT": str(port or os.environ.get("COMPACT_HTTP_PORT", 0))}
        else:
            environment = found.environment(service, free_port(port or None))
        console.print(f"{service} on port {environment['COMPACT_HTTP_PORT']}; Ctrl-C ends it.")
        sys.stdout.flush()
        os.chdir(system.CHECKOUT)
        os.execve(sys.executable, [sys.executable, "-m", f"services.{service}", "serve"], environment)  # noqa: S606


@app.command()
def token(
    person: Annotated[str, typer.Option("--person", help="Opaque person id; no name, no e-mail address.")],
    role: Annotated[str, typer.Option("--role", help=f"One of {', '.join(tokens.ROLES)}.")],
    organisation: Annotated[str, typer.Option("--organisation", help="The organisation acted for.")],
    data: Data = system.DEFAULT,
    hours: Annotated[float, typer.Option(min=0.01, max=720, help="How long it is good for.")] = 12,
    as_json: AsJson = False,
) -> None:
    """Sign a token for this machine's services, to send as `Authorization: Bearer …`.

    Example: `compact token --person person-7 --role commissioner --organisation sutton-council`
    """
    with refusals_explained():
        found = system.recorded(data) or system.System(data=data.resolve())
        tokens.make_keys(found)
        signed = tokens.sign(found.signing_key, person, role, organisation, hours)
        print(json.dumps({"token": signed}) if as_json else signed)


@app.command()
def clock(
    to: Annotated[str | None, typer.Argument(help="An instant, such as 2014-04-01T09:00:00+01:00.")] = None,
    hours: Annotated[float, typer.Option(help="Move on by so many hours.")] = 0,
    days: Annotated[float, typer.Option(help="Move on by so many days.")] = 0,
    data: Data = system.DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Show the stepped clock of a demonstration, or move it on; it never goes back.

    Example: `compact clock --days 1`
    """
    with refusals_explained():
        found = system.recorded(data)
        if found is None or found.clock is None:
            fail(f"{data} was not made by a demonstration, so its clock is this machine's and is not stepped. "
                 "Run 'compact demo' in a directory of its own.")  # fmt: skip
        now = clocks.SteppedClock(found.clock).now()
        if to or hours or days:
            now = instant(to) if to else now + timedelta(hours=hours, days=days)
            clocks.set_clock(found.clock, now)
        print(json.dumps({"clock": now.isoformat()}) if as_json else now.isoformat())


def instant(text: str) -> datetime:
    """Read an instant that a person typed."""
    with contextlib.suppress(ValueError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment
    fail(f"{text!r} is not an instant with its offset. Write it like 2014-04-01T09:00:00+01:00.")


app.command("import")(asking.import_file)
app.command()(asking.history)
app.command()(scorecard.scorecard)
for each in (
    delegating.topics,
    delegating.replay,
    delegating.rebuild,
    delegating.verify,
    delegating.held,
    delegating.recover,
):
    app.command()(each)

if __name__ == "__main__":
    app()
