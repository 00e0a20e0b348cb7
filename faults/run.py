"""One run: a system of its own, load on it, faults in it; then quiet, and the checker's word on what is left."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from compact.processes import DidNotStart
from compact.stepping import NeverQuiet, Stepper
from compact.system import CHECKOUT
from faults.evidence import Evidence
from faults.exposed import Exposed, exposed
from faults.forms import STEPPED, from_now
from faults.load import Load, Stuck
from faults.probing import Probe
from faults.rounds import LATEST, STAGES, Round, begin, pass_time
from faults.scene import Fault, Scene
from faults.surroundings import SHIFTED

QUIET = 300.0
"""Seconds within which everything must have become quiet once no fault is done any more."""
ANSWER = httpx.Timeout(15)


@dataclass
class Result:
    """What came of one run."""

    fault: str
    what: str
    seed: str
    missing: str = ""
    commands: int = 0
    events: int = 0
    notices: int = 0
    looks: int = 0
    seconds: float = 0.0
    done: dict[str, int] = field(default_factory=dict)
    stages: dict[str, float] = field(default_factory=dict)
    """How many seconds after its beginning the run came to each stage."""
    violations: list[str] = field(default_factory=list)

    @property
    def line(self) -> str:
        """The run in one line."""
        if self.missing:
            return f"{self.fault}: not run: {self.missing}"
        done = ", ".join(f"{what} {n}" for what, n in sorted(self.done.items())) or "nothing done"
        return (f"{self.fault}: {self.commands} commands, {self.events} events, {len(self.violations)} violations, "
                f"{self.seconds:.0f} s ({done})")  # fmt: skip


async def play(faults: Sequence[Fault], seed: str, many: int, data: Path) -> Result:
    """Run these faults together on a system of its own, with so many rounds of the programme side by side."""
    result = Result(" + ".join(each.name for each in faults), "; ".join(each.what for each in faults), seed)
    result.missing = next((reason for each in faults if (reason := each.missing())), "")
    if result.missing:
        return result
    began, stepped = time.monotonic(), all(each.stepped for each in faults)
    more = {} if stepped else {"PYTHONPATH": str(SHIFTED), "COMPACT_FAULTS_SHIFT": str(data / "shift")}
    megabytes = max(each.megabytes for each in faults)
    try:
        async with (
            exposed(data / "system", stepped=stepped, megabytes=megabytes, more=more) as running,
            httpx.AsyncClient(timeout=ANSWER, trust_env=False) as client,
        ):
            load = Load(running, client, seed)
            scene = Scene(running, load, random.Random(seed), data)  # noqa: S311
            await judge(scene, faults, many, result)
    except DidNotStart as error:
        result.violations.append(f"a part did not start: {error}")
    result.seconds = time.monotonic() - began
    return result


async def judge(scene: Scene, faults: Sequence[Fault], many: int, result: Result) -> None:
    """Put the load on the system while the faults are done; then wait until it is quiet, and ask the checker."""
    load, probe = scene.load, Probe(scene.load)
    dates = STEPPED if scene.running.system.demo else from_now()
    rounds = [Round(load, number, dates) for number in range(many)]
    doing = [asyncio.create_task(done(scene, each)) for each in faults]
    try:
        async with asyncio.timeout(max(each.seconds for each in faults)):
            await loaded(load, rounds, probe, min((each.last for each in faults), key=order))
    except Stuck as stuck:
        scene.wrong.append(f"unfinished: {stuck}")
    except TimeoutError:
        scene.wrong.append(f"unfinished: the load had not come beyond {load.stage!r} in time")
    finally:
        for task in doing:
            task.cancel()
        await asyncio.gather(*doing, return_exceptions=True)
    scene.running.clear()
    await calm(scene)
    for each in faults:
        if each.look is not None:
            await each.look(scene)
    await checked(scene, probe, result)


def order(stage: str) -> int:
    """Where a stage stands among the others."""
    return [each.name for each in STAGES].index(stage)


async def done(scene: Scene, fault: Fault) -> None:
    """Do a fault; a mistake of its own is no finding about the system, and is told as what it is."""
    try:
        await fault.do(scene)
    except Exception as error:
        scene.wrong.append(f"the fault {fault.name} could not be done: {type(error).__name__}: {error}")


async def loaded(load: Load, rounds: Sequence[Round], probe: Probe, last: str) -> None:
    """All rounds side by side, stage by stage; what is sealed after a stage is looked for."""
    await begin(load)
    for stage in STAGES[: order(last) + 1]:
        if stage.starts and load.running.system.demo:
            pass_time(load, stage.starts)
        load.come_to(stage.name)
        await side_by_side([stage.does(one) for one in rounds])
        if stage.sealed:
            await probe.look(stage.sealed, rounds)


async def side_by_side(works: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Each round's part of a stage; where one is stuck the others end too. Raises Stuck, the first."""
    stuck: list[BaseException] = []
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except* Stuck as those:
        stuck = list(those.exceptions)
    if stuck:
        raise Stuck(str(stuck[0]))


async def calm(scene: Scene) -> None:
    """Ask everything once more, let the last time pass, and wait until nothing is under way."""
    load, running = scene.load, scene.running
    try:
        load.come_to("asked again")
        await load.ask_again()
        if running.system.demo:
            pass_time(load, LATEST)
        load.come_to("calm")
        await Stepper(running.system, load.client, QUIET).until_quiet()
    except (Stuck, NeverQuiet) as error:
        scene.wrong.append(f"never quiet: {error}")


async def checked(scene: Scene, probe: Probe, result: Result) -> None:
    """Write down what is left, and ask the checker, a program of its own."""
    data, load, running = scene.data, scene.load, scene.running
    load.come_to("checked")
    load.write(data / "acknowledged.jsonl")
    probe.write(data / "observed.jsonl")
    evidence = Evidence(
        place=running.system.place, databases=running.databases, kafka=running.system.kafka, mail=mailboxes(running),
        acknowledged=str(data / "acknowledged.jsonl"), observed=str(data / "observed.jsonl"),
        restored=scene.restored, emptied=running.starts["broker"],
    )  # fmt: skip
    evidence.write(data / "evidence.json")
    report = await asked(data / "evidence.json")
    result.stages = load.stages
    result.commands, result.looks = load.answers, probe.looks
    counts = report.get("counts", {})
    result.events, result.notices = counts.get("events", 0), counts.get("notices", 0)
    result.done = {what: n for what, n in scene.done.items() if n}
    found = [f"{each['rule']}: {each['service']}: {each['what']}" for each in report.get("violations", [])]
    result.violations += [*scene.wrong, *load.faulty, *found]


def mailboxes(running: Exposed) -> str:
    """The directory of the Maildirs."""
    return str(running.system.returns.parent) if running.system.returns else ""


async def asked(evidence: Path) -> dict[str, Any]:
    """The checker's report; one violation where it has none to give."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "faults.checker", str(evidence), cwd=CHECKOUT, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, complaint = await process.communicate()
    with suppress(ValueError):
        report: dict[str, Any] = json.loads(out)
        return report
    what = f"it said nothing that can be read: {complaint.decode(errors='replace')[-600:]}"
    return {"violations": [{"rule": "checker", "service": "", "what": what}]}
