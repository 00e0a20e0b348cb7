"""`python -m faults`: every fault, then mixtures of them; a table, and the same as JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from compact.system import CHECKOUT
from faults.catalogue import FAULTS, NOT_HERE
from faults.run import Result, play
from faults.scene import Fault

MIXTURES, MIXED = 3, 4
"""How many mixtures are run after the faults alone, and of how many faults each."""
MANY = 3
"""How many rounds of the programme are played side by side in a run."""
PAGE = CHECKOUT / "docs" / "faults.md"
BEGINS, ENDS = "<!-- written by make faults: -->", "<!-- until here -->"
"""Between these two marks the page is written anew when every fault was run."""
Run = tuple[Sequence[Fault], str]


def planned(rounds: int, seed: int, only: Sequence[str]) -> Iterator[Run]:
    """Which faults are done together in each run, and its seed."""
    for number in range(rounds):
        for fault in FAULTS.values():
            if not only or fault.name in only:
                yield [fault], f"{seed + number}"
        for mixture in range(MIXTURES):
            if not only or f"mixture-{mixture + 1}" in only:
                yield mixed(f"{seed + number}", mixture), f"{seed + number}"
    for each in only:
        if "+" in each:
            yield [FAULTS[name] for name in each.split("+")], f"{seed}"


def mixed(seed: str, mixture: int) -> list[Fault]:
    """Several faults that can be done at once."""
    able = [fault for fault in FAULTS.values() if fault.mixes]
    return random.Random(f"{seed} mixture {mixture}").sample(able, MIXED)  # noqa: S311


async def run(runs: Sequence[Run], directory: Path) -> list[Result]:
    """Run one after another, each in a directory of its own, which stays where something was wrong."""
    results = []
    for number, (faults, seed) in enumerate(runs, 1):
        print(f"[{number}/{len(runs)}] {' + '.join(fault.name for fault in faults)} …", flush=True)
        data = directory / f"{number}"
        data.mkdir()
        result = await play(faults, seed, MANY, data)
        print(f"    {result.line}", flush=True)
        complain(result, data)
        results.append(result)
    return results


def complain(result: Result, data: Path, say: Callable[[str], None] = print) -> None:
    """Say what was wrong and how to see it again, or remove what the run left."""
    if not result.violations:
        shutil.rmtree(data, ignore_errors=True)
        return
    for violation in result.violations[:20]:
        say(f"    VIOLATION {violation}")
    say(f"    again: make faults SEED={result.seed} ONLY={result.fault.replace(' ', '')}   (its data: {data})")


def table(results: Sequence[Result]) -> list[str]:
    """The results, one line for each fault or mixture."""
    lines = ["| Fault | What was done | Runs | Commands | Events | Violations |", "|---|---|---|---|---|---|"]
    for name in dict.fromkeys(result.fault for result in results):
        those = [result for result in results if result.fault == name]
        if those[0].missing:
            lines.append(f"| {name} | {those[0].what} – not run: {those[0].missing} | 0 | | | |")
            continue
        commands, events = sum(one.commands for one in those), sum(one.events for one in those)
        wrong = sum(len(one.violations) for one in those)
        lines.append(f"| {name} | {told(those)} | {len(those)} | {commands} | {events} | {wrong} |")
    return [*lines, *(f"| {name} | not run: {why} | 0 | | | |" for name, why in NOT_HERE.items())]


def told(results: Sequence[Result]) -> str:
    """What was done in these runs, and how often."""
    counts: dict[str, int] = {}
    for result in results:
        for what, times in result.done.items():
            counts[what] = counts.get(what, 0) + times
    done = ", ".join(f"{what} {times}" for what, times in sorted(counts.items()))
    return f"{results[0].what}: {done}" if done else results[0].what


def page(before: str, results: Sequence[Result], seed: int, rounds: int) -> str:
    """The page of the documentation, what is between its two marks written anew."""
    day = f"{datetime.now(UTC):%-d %B %Y}"
    cores, seconds = os.cpu_count(), sum(result.seconds for result in results)
    said = f"`make faults SEED={seed} ROUNDS={rounds}` on {day}, on {cores} cores, in {seconds / 60:.0f} min:"
    head, _, rest = before.partition(BEGINS)
    return "\n".join([f"{head}{BEGINS}", "", said, "", *table(results), "", f"{ENDS}{rest.partition(ENDS)[2]}"])


def written(results: Sequence[Result], seed: int, rounds: int) -> Path:
    """Write the results as JSON; gives the path."""
    file = Path(tempfile.mkstemp(prefix="faults-", suffix=".json")[1])
    file.write_text(json.dumps({"seed": seed, "rounds": rounds, "results": [asdict(one) for one in results]}, indent=2))
    return file


def main() -> None:
    """Read the command line, run, and end with 1 where anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m faults", description="What holds under faults.")
    parser.add_argument("--rounds", type=int, default=1, help="how often everything is run, each time on another seed")
    parser.add_argument("--seed", type=int, default=20140401)
    parser.add_argument("--only", default="", help="faults, mixture-1 … or kill+rubbish, separated by commas")
    asked = parser.parse_args()
    only = [each for each in asked.only.split(",") if each]
    known = {*FAULTS, *(f"mixture-{n + 1}" for n in range(MIXTURES))}
    if unknown := [name for each in only for name in each.split("+") if name not in known]:
        parser.error(f"there is no fault {unknown[0]!r}; there are: {', '.join(sorted(known))}")
    directory = Path(tempfile.mkdtemp(prefix="compact-faults-"))
    try:
        results = asyncio.run(interruptible(list(planned(asked.rounds, asked.seed, only)), directory))
    except (KeyboardInterrupt, asyncio.CancelledError):
        shutil.rmtree(directory, ignore_errors=True)
        sys.exit("Stopped before the end; everything that was started is stopped.")
    if not any(directory.iterdir()):
        directory.rmdir()
    print("\n".join(table(results)))
    if not only:
        PAGE.write_text(page(PAGE.read_text(), results, asked.seed, asked.rounds))
    print(written(results, asked.seed, asked.rounds))
    sys.exit(1 if any(result.violations for result in results) else 0)


async def interruptible(runs: Sequence[Run], directory: Path) -> list[Result]:
    """Run, and on SIGTERM stop everything in good order."""
    task = asyncio.ensure_future(run(runs, directory))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


if __name__ == "__main__":
    main()
