"""The demonstration: a whole system on this machine, and a commissioning round played through it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import typer
from rich.console import Console
from rich.markup import escape

from compact import asking
from compact.journey import ACTS
from compact.journey.playing import Play, Unexpected, recorded
from compact.journey.summary import sum_up
from compact.journey.telling import telling
from compact.stepping import NeverQuiet, Stepper
from compact.supervisor import Supervisor, running_system

console = Console(highlight=False, soft_wrap=True)


async def run(data: Path, *, stay: bool) -> None:
    """Start everything, play what is left of the journey, sum up, and stay up until Ctrl-C if asked to."""
    began = time.monotonic()
    console.print("[bold]Compact[/]: a commissioning round, from a bid to a proved notice.")
    async with running_system(
        data, demo=True, say=lambda words: console.print(f"  [dim]{escape(words)}[/]")
    ) as running:
        console.print(f"Everything is ready after {time.monotonic() - began:.1f} s.")
        await play_and_explain(running)
        if stay:
            await stay_up(running)


async def play_and_explain(running: Supervisor) -> None:
    """Play the journey; where it does not come out, say what and end with 1."""
    try:
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            await play(running, client)
    except (Unexpected, NeverQuiet, httpx.TransportError) as error:
        console.print(f"\n[bold red]The journey did not come out.[/] {escape(str(error) or type(error).__name__)}")
        console.print(f"The logs of the services are in {running.system.data / 'logs'}. Begin anew with --reset.")
        raise typer.Exit(1) from None


async def play(running: Supervisor, client: httpx.AsyncClient) -> None:
    """Play every step that is not done yet."""
    system, played = running.system, recorded(running.system.data)
    steps = [(act, step) for act in ACTS for step in act.STEPS]
    if played.steps:
        console.print(f"{len(played.steps)} of {len(steps)} steps were played before; going on from there.")
    async with telling(system, console, played.told, len(steps)) as tells:
        playing = Play(system, client, Stepper(system, client), tells, played)
        for act, step in steps:
            await play_step(playing, act, step)
        console.print(await sum_up(playing))


async def play_step(playing: Play, act: Any, step: Any) -> None:
    """Play one step, unless it is done."""
    name = f"{act.__name__.rpartition('.')[2]}.{step.__name__}"
    if name not in playing.played.steps:
        if step is act.STEPS[0]:
            playing.telling.act(act.TITLE, playing.now)
        began = time.monotonic()
        playing.begin(name)
        await step(playing)
        playing.done(time.monotonic() - began)
    playing.telling.progress.advance(playing.telling.progress.task_ids[0])


async def stay_up(running: Supervisor) -> None:
    """Print where everything is, and wait."""
    from compact.__main__ import print_addresses

    print_addresses(await asking.state_of(running.system))
    console.print("Everything stays up. Look around with 'compact history bid:…'; Ctrl-C ends it.")
    await asyncio.Event().wait()
