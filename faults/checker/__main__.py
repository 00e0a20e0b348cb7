"""`python -m faults.checker EVIDENCE.json`: judge a run, print as JSON what was found, end with 1 if it was."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from faults.checker import check
from faults.evidence import Evidence, NoEvidence


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, judge, print; 2 where the evidence cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m faults.checker", description=__doc__)
    parser.add_argument("evidence", type=Path, help="what the run wrote down: evidence.json")
    parser.add_argument("--without-replay", action="store_true", help="leave out the product's own replay --compare")
    asked = parser.parse_args(arguments)
    try:
        evidence = Evidence.read(asked.evidence)
        report = asyncio.run(check(evidence, replay=not asked.without_replay))
    except NoEvidence as error:
        print(f"The evidence cannot be read: {error}", file=sys.stderr)
        return 2
    print(json.dumps(report.plain(), indent=2, ensure_ascii=False))
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
