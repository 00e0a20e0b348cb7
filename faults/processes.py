"""What is done to processes: killed, stopped for longer than every timeout, several at once, of two versions."""

from __future__ import annotations

import asyncio
import shutil
import signal
from pathlib import Path

from compact.delegating import ask
from compact.system import CHECKOUT
from contracts.topics import SERVICES
from faults.scene import Fault, Scene

KILLS = 50
"""How often at most, so that the load of one run comes to its end on a slow machine too."""
LONGER_THAN_LEASES = 12.0
LONGER_THAN_ALL = 65.0
"""Seconds: longer than a statement, an SMTP answer, a lease or a request may take."""


async def nothing(scene: Scene) -> None:
    """Leave the system in peace."""


async def kill_services(scene: Scene) -> None:
    """SIGKILL any process of any service after every few answers."""
    while scene.done["killed"] < KILLS:
        await scene.after(1, 4)
        await asyncio.sleep(scene.chance.uniform(0, 0.2))
        scene.done["killed"] += scene.running.signalled(scene.instance(), signal.SIGKILL)


async def stop_services(scene: Scene) -> None:
    """SIGSTOP every service in turn, two of them for longer than every timeout."""
    names = scene.chance.sample(SERVICES, len(SERVICES))
    await scene.after(20, 40)
    await asyncio.gather(*(stopped(scene, name, LONGER_THAN_ALL) for name in names[:2]))
    for name in names[2:]:
        await scene.after(5, 15)
        await stopped(scene, name, LONGER_THAN_LEASES)


async def stopped(scene: Scene, name: str, seconds: float) -> None:
    """One process stands still, and goes on as if nothing had been."""
    scene.done[f"stopped {seconds:.0f} s"] += scene.running.signalled(name, signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        scene.running.signalled(name, signal.SIGCONT)


async def several_instances(scene: Scene) -> None:
    """Two processes of every service; any of them is killed, ended in good order, or stands still, at random."""
    await asyncio.gather(*(scene.running.add(name) for name in SERVICES))
    while True:
        await scene.after(2, 6)
        name = scene.instance()
        match scene.chance.choice(("kill", "kill", "end", "stop")):
            case "kill":
                scene.done["killed"] += scene.running.signalled(name, signal.SIGKILL)
            case "end":
                await ended(scene, name)
            case "stop":
                await stopped(scene, name, LONGER_THAN_LEASES)


async def ended(scene: Scene, name: str) -> None:
    """A process is ended in good order, and started again a few answers later."""
    await scene.running.rest(name)
    scene.done["ended"] += 1
    try:
        async with asyncio.timeout(10):
            await scene.after(2, 5)
    except TimeoutError:
        pass  # what it alone could answer waits for it
    scene.running.wake(name)


async def reader_behind(scene: Scene) -> None:
    """Monitoring is down while bids come in, are opened and decided: hours and weeks of facts wait for it."""
    await scene.stage("bid")
    await scene.running.rest("monitoring")
    await scene.stage("agree")
    scene.running.wake("monitoring")
    scene.done["days behind"] += 112


async def rebuild(scene: Scene) -> None:
    """`compact rebuild` of one service after another, while commands come in."""
    while True:
        await scene.after(8, 16)
        name = scene.service()
        code, _, complaint = await ask(scene.running.system, name, ["rebuild", "--json"])
        scene.done["rebuilt" if code == 0 else f"rebuild ended with {code}"] += 1
        if code not in (0, 3):
            scene.wrong.append(f"rebuild of {name} ended with {code}: {complaint[-300:]}")


async def upgrade(scene: Scene) -> None:
    """A version with a column more runs beside the old one, then alone, of two services."""
    newer = await asyncio.to_thread(next_version, scene.data / "next")
    for service in scene.chance.sample(SERVICES, 2):
        await scene.after(10, 20)
        await scene.running.add(service, newer)
        await scene.after(15, 25)
        await scene.running.rest(service)
        scene.running.retire(service)
        scene.done[f"{service} upgraded"] += 1


def next_version(target: Path) -> Path:
    """A copy of the source tree in which every service's first read table has a column more."""
    for folder in ("contracts", "services", "localities", "compact"):
        shutil.copytree(CHECKOUT / folder, target / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for service in SERVICES:
        file = next(file for file in sorted((target / "services" / service).glob("*.py"))
                    if "(Table, key=" in file.read_text())  # fmt: skip
        lines = file.read_text().split("\n")
        table = next(n for n, line in enumerate(lines) if "(Table, key=" in line)
        blank = [n for n in range(table, len(lines)) if not lines[n].strip()]
        lines.insert(blank[1], "    seen_by_version: int = 2")  # the first blank line ends the docstring
        file.write_text("\n".join(lines))
    return target


PROCESSES = (
    Fault("none", "no fault at all", nothing, mixes=False),
    Fault("kill", "SIGKILL of any service after every few answers", kill_services),
    Fault("stop", "SIGSTOP of every service, two for longer than every timeout", stop_services, mixes=False),
    Fault("instances", "two processes of every service, killed, ended and stopped at random", several_instances,
          mixes=False),
    Fault("reader-behind", "a reader down while weeks of facts are recorded", reader_behind, mixes=False),
    Fault("rebuild", "read tables rebuilt under load", rebuild),
    Fault("upgrade", "a version with changed read tables beside the old one under load", upgrade, mixes=False),
)  # fmt: skip
