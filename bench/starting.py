"""From `compact up` to everything ready: PostgreSQL made anew, broker, mail catcher and the four services as processes.

The packages are installed and were imported before; nothing stands beside it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import uuid

from bench.figures import Figure, figure, in_turn
from bench.ground import Ground
from compact.system import CHECKOUT

READY = b"Everything is up"
SECONDS = 120


async def up(ground: Ground) -> float:
    """Seconds from the command to the line that says that everything is up, in a new data directory."""
    told = {name: value for name, value in os.environ.items() if not name.startswith("COMPACT_")}
    data = ground.directory / f"up-{uuid.uuid4().hex[:8]}"
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "compact", "up", "--data", str(data), cwd=CHECKOUT, env=told,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    said = b""
    try:
        async with asyncio.timeout(SECONDS):
            async for line in process.stdout:
                said += line
                if READY in line:
                    return time.perf_counter() - began
        raise RuntimeError(f"the system did not come up: {said.decode(errors='replace')}")
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.stdout.read()
        await process.wait()


async def figures(ground: Ground, rounds: int) -> list[Figure]:
    """Seconds until a new system is ready."""
    found = await in_turn(rounds, {"ours": lambda: up(ground)})
    return [figure("compact up to ready", "s", found["ours"], None, "≤ 5 s")]
