"""`python -m contracts.tools generate|check|asyncapi-check`: write what follows from the event classes, or test it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from contracts.tools.checks import broken_promises, committed, faults, generated, left_over, out_of_date
from contracts.tools.events import MESSAGES
from contracts.tools.parser import parse
from contracts.tools.published import published

ROOT = Path(__file__).resolve().parents[2]


def generate(root: Path = ROOT) -> list[str]:
    """Write every generated file that differs, and remove what belongs to no event type."""
    files = generated()
    for name, text in files.items():
        path = root / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    for path in left_over(root, files):
        path.unlink()
        print(f"removed {path.relative_to(root).as_posix()}")
    return []


def check(root: Path = ROOT) -> list[str]:
    """Every fault: files out of date, events that lack something, promises to readers that were broken."""
    found = [*faults(MESSAGES.values(), committed(root)), *out_of_date(root, generated())]
    before = published(root)
    if isinstance(before, str):
        print(f"Breaking changes were not looked for: {before}.")
        return found
    print(f"Compared with {len(before.schemas)} schemas on {before.branch}.")
    return found + broken_promises(before)


def asyncapi_check(root: Path = ROOT) -> list[str]:
    """What the official AsyncAPI parser has against the committed document."""
    good, said = parse(root)
    if good:
        print(f"AsyncAPI document: {said}")
    return [] if good else [said]


COMMANDS = {"generate": generate, "check": check, "asyncapi-check": asyncapi_check}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 1 where it found something."""
    parser = argparse.ArgumentParser(prog="python -m contracts.tools", description="Tools for the events' contracts.")
    parser.add_argument("command", choices=COMMANDS, help="what to do, for example: check")
    found = COMMANDS[parser.parse_args(arguments).command]()
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
