"""Commands that each service carries out on its own journal; this side asks them all and lays the answers together."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from compact import system
from compact.asking import OPERATOR, rows_table
from compact.system import CHECKOUT, System
from compact.terminal import AsJson, Data, fail, refusals_explained
from contracts.topics import SERVICES

console = Console()
Service = Annotated[list[str] | None, typer.Option("--service", help="Only this service; may be given again.")]


def topics(data: Data = system.DEFAULT, service: Service = None, as_json: AsJson = False) -> None:
    """Make the declared topics where they are absent, and check the others. Ends with 1 where one differs.

    Example: `compact topics --json`
    """
    carry_out("topics", [], data, service, as_json)


def replay(
    data: Data = system.DEFAULT,
    service: Service = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="An instant, such as 2014-03-31T17:00:00+01:00.")] = None,
    about: Annotated[str | None, typer.Option("--about", help="Show the rows about this, such as bid:…")] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Compare with the live tables, row by row.")] = False,
    as_json: AsJson = False,
) -> None:
    """Rebuild the read tables from history beside the live ones: what was known then, or does live follow from it?

    Example: `compact replay --compare` or `compact replay --service funding --as-of 2014-03-31T17:00:00+01:00`
    """
    asked = [*given("--as-of", as_of), *given("--about", about), *(["--compare"] if compare else [])]
    carry_out("replay", asked, data, service, as_json)


def rebuild(data: Data = system.DEFAULT, service: Service = None, as_json: AsJson = False) -> None:
    """Build the read tables anew from history, and switch to them.

    Example: `compact rebuild --service monitoring`
    """
    carry_out("rebuild", [], data, service, as_json)


def verify(
    data: Data = system.DEFAULT,
    service: Service = None,
    against: Annotated[
        Path | None, typer.Option("--against", exists=True, help="A file of heads given earlier.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Walk each journal's chain, compare it with the topics and with what the readers hold; name what differs.

    Example: `compact verify --json`
    """
    with refusals_explained(), tempfile.TemporaryDirectory() as scratch:
        heads = Path(scratch) / "heads.jsonl"
        witnesses = asyncio.run(testimony(surroundings(data)))
        heads.write_text("\n".join([*witnesses, against.read_text() if against else ""]))
        carry_out("verify", ["--with-bus", "--against", str(heads)], data, service, as_json)


async def testimony(found: System | None) -> list[str]:
    """Ask every service what it knows of the others' journals."""
    told = await asyncio.gather(*(ask(found, name, ["verify", "--witnesses", "--json"]) for name in SERVICES))
    for name, (code, _, complaint) in zip(SERVICES, told, strict=True):
        if code:
            fail(f"{name} could not say what it knows of the others: {complaint.strip()}", 1)
    return [json.dumps(line) for _, lines, _ in told for line in lines]


def held(
    data: Data = system.DEFAULT,
    service: Service = None,
    release: Annotated[str | None, typer.Option("--release", help="Id of a held message to let in.")] = None,
    discard: Annotated[str | None, typer.Option("--discard", help="Id of a held message to put away.")] = None,
    why: Annotated[str | None, typer.Option("--why", help="The reason; kept with the decision.")] = None,
    person: Annotated[
        str, typer.Option("--person", help="Who releases or discards; kept with the decision.")
    ] = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """List the messages that could not be taken, with reasons; release or discard one of a named service.

    Example: `compact held` or `compact held --service funding --release 17 --why "publisher put it right"`
    """
    if release and discard:
        fail("Give --release or --discard, not both.")
    if (release or discard) and (not why or len(service or []) != 1):
        fail("To release or discard a message, say which --service holds it, and --why.")
    asked = [*given("--release", release), *given("--discard", discard), *given("--why", why)]
    asked += given("--person", person) if release or discard else []
    carry_out("held", asked, data, service, as_json)


def recover(
    service: Annotated[str, typer.Option("--service", help="The service whose database was restored.")],
    data: Data = system.DEFAULT,
    person: Annotated[str, typer.Option("--person", help="Who recovers; kept with the fact.")] = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """Put back what the bus holds of a journal whose database was restored to an earlier moment.

    Example: `compact recover --service funding --person person-7`
    """
    carry_out("recover", ["--person", person], data, [service], as_json)


def given(option: str, value: str | None) -> list[str]:
    """Pass an option on where it was given."""
    return [] if value is None else [option, value]


def carry_out(command: str, options: list[str], data: Path, only: list[str] | None, as_json: bool) -> None:
    """Ask each service, show the answers, and end with 1 where any found a difference."""
    with refusals_explained():
        names = only or list(SERVICES)
        if unknown := set(names) - set(SERVICES):
            fail(f"There is no service {unknown.pop()!r}. The services are: {', '.join(SERVICES)}.")
        code = asyncio.run(ask_all(surroundings(data), names, [command, "--json", *options], as_json))
    raise typer.Exit(code)


def surroundings(data: Path) -> System | None:
    """Find the system to work on: the one that is up, else whatever the environment names."""
    found = system.recorded(data)
    if found is not None and found.is_up():
        return found
    if not any(name.startswith("COMPACT_") and name.endswith("POSTGRES") for name in os.environ):
        fail(f"No system is up in {data}: start one with 'compact up --data {data}', or set COMPACT_POSTGRES and "
             "COMPACT_KAFKA.")  # fmt: skip
    return None


async def ask_all(found: System | None, names: list[str], arguments: list[str], as_json: bool) -> int:
    """Run one process per service, side by side; give the worst of their exit codes."""
    answers = await asyncio.gather(*(ask(found, name, arguments) for name in names))
    worst = 0
    for name, (code, lines, complaint) in zip(names, answers, strict=True):
        worst = max(worst, code)
        show(name, lines, as_json)
        if code and complaint.strip():
            print(f"{name}: {complaint.strip().splitlines()[-1]}", file=sys.stderr)
    return worst


async def ask(found: System | None, service: str, arguments: list[str]) -> tuple[int, list[dict[str, Any]], str]:
    """Run a command of one service; give its exit code, its answer line by line, and its complaint."""
    environment = found.environment(service) if found else dict(os.environ)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"services.{service}", *arguments, cwd=CHECKOUT, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, complaint = await process.communicate()
    lines = [json.loads(line) for line in out.decode().splitlines() if line.startswith("{")]
    return process.returncode or 0, lines, complaint.decode(errors="replace")


def show(service: str, lines: list[dict[str, Any]], as_json: bool) -> None:
    """Print what a service answered, for a script or for a person."""
    for line in lines if as_json else []:
        print(json.dumps({"service": service, **line}, ensure_ascii=False), flush=True)
    if not as_json:
        console.print(rows_table(service, lines) if lines else f"{service}: nothing to report")
