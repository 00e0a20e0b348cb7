"""`python -m bench`: every figure beside its bare library, as a table, as JSON, and last the path of that JSON."""

from __future__ import annotations

import argparse
import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog
import uvloop
from rich.console import Console

from bench import commands, growing, reaching, relaying, replaying, starting, taking_in, verifying
from bench.figures import Figure, said, tell
from bench.ground import Ground, the_ground

Measured = Awaitable[list[Figure]]


@dataclass(frozen=True)
class Scale:
    """How much is measured: events in the large journals, events in one round, rounds, and seconds of one round."""

    journal: int
    events: int
    rounds: int
    seconds: float


SCALES = {
    "tiny": Scale(journal=20_000, events=2_000, rounds=1, seconds=0.05),
    "default": Scale(journal=1_000_000, events=10_000, rounds=5, seconds=0.6),
    "large": Scale(journal=10_000_000, events=50_000, rounds=7, seconds=2.0),
}
FIGURES: dict[str, Callable[[Ground, Scale], Measured]] = {
    "commands": lambda ground, scale: commands.figures(ground, scale.rounds, scale.seconds),
    "relay": lambda ground, scale: relaying.figures(ground, scale.rounds, scale.events),
    "intake": lambda ground, scale: taking_in.figures(ground, scale.rounds, scale.events),
    "effect": lambda ground, scale: reaching.figures(ground, scale.rounds, scale.seconds * 2),
    "replay": lambda ground, scale: replaying.figures(ground, scale.rounds, 4 * scale.events),
    "verify": lambda ground, scale: verifying.figures(ground, scale.rounds, 4 * scale.events),
    "journal": lambda ground, scale: growing.figures(ground, scale.rounds, scale.journal),
    "up": lambda ground, scale: starting.figures(ground, min(3, scale.rounds)),
}


async def measured(scale: Scale, chosen: list[str], console: Console) -> list[Figure]:
    """Measure what was chosen, one after another on the same broker and database."""
    found: list[Figure] = []
    async with the_ground() as ground:
        for name in chosen:
            console.print(f"measuring {name} …")
            new = await FIGURES[name](ground, scale)
            for each in new:
                console.print(f"  {said(each)}", highlight=False)
            found += new
    return found


def main() -> None:
    """Measure, and tell."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="figure", help=f"which (default: all): {', '.join(FIGURES)}")
    parser.add_argument("--scale", choices=SCALES, default="default", help="how much (default: about three minutes)")
    parser.add_argument("--json", type=Path, help="where to write the figures as JSON")
    args = parser.parse_args()
    if unknown := [name for name in args.figures if name not in FIGURES]:
        parser.error(f"there is no figure {', '.join(unknown)}; there are {', '.join(FIGURES)}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    uvloop.install()
    console = Console()
    path = args.json or Path(".bench") / f"bench-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    found = asyncio.run(measured(SCALES[args.scale], args.figures or list(FIGURES), console))
    tell(console, found, path.resolve())


if __name__ == "__main__":
    main()
