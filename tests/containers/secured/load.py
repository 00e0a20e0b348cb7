"""The load of the fault runs on the secured cluster, without a pause; an independent checker judges what is left."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from compact.stepping import Stepper
from compact.system import System
from contracts.topics import SERVICES, readers_of
from faults import forms
from faults.evidence import Evidence
from faults.exposed import Exposed, Instance
from faults.load import Load
from faults.rounds import Round, Vco
from faults.run import ANSWER
from tests.containers.engine import CHECKOUT, Who, docker, until
from tests.containers.secured.cluster import Secured

OFFICE = Who(forms.OFFICE.id, forms.OFFICE.role, forms.OFFICE.organisation)
SIDE_BY_SIDE = 2
"""How many rounds are played at once."""
NUMBERS = itertools.count()
"""Each round on the cluster has a number of its own, by which its organisations are named."""
GOES_ON = 240.0
CALM = 300.0


def adopt(system: Secured) -> None:
    """The place's rules are adopted, its council is registered, and the load's people hold their offices."""
    system.done(OFFICE, "partners", "/rules", {"place": system.place})
    council = {"organisation_id": forms.COUNCIL, "name": "Coventry City Council", "kind": "council"}
    system.done(OFFICE, "partners", "/organisations", council)
    for person in forms.HOLDERS:
        system.done(OFFICE, "partners", "/office-holders", forms.appointment(person))


class Neighbourhoods(Round):
    """A round of the one programme that Coventry has rules for, up to its bids."""

    async def bid(self) -> None:
        """A programme is published, a question answered, bids come in; one is taken back and sent anew."""
        self.vcos.sort(key=lambda vco: vco.number)
        form = forms.programme(f"Neighbourhoods, round {self.number}", self.dates) | {"rules_key": "neighbourhoods"}
        said = await self.does(forms.COMMISSIONER, "funding", "/programmes", form, step="publish")
        self.programme = said["programme_id"]
        await asyncio.gather(self.ask(), *(self.hand_in(vco) for vco in self.vcos))
        await self.withdraw(self.vcos[2])

    async def hand_in(self, vco: Vco) -> None:
        """A bid that stands."""
        form = forms.bid(20_000 + vco.number, vco.outcome, self.dates)
        found = await self.does(vco.who, "funding", f"{self.path}/bids", form, step=f"bid {vco.number}")
        vco.bid, vco.receipt = found["bid_id"], found["receipt"]["number"]


@dataclass
class Stretch:
    """The clients of one stretch of time, in a thread beside the tests, which break things meanwhile."""

    system: Secured
    data: Path
    load: Load = field(repr=False)
    stop: threading.Event = field(default_factory=threading.Event)
    doing: Future[None] = field(default_factory=Future)

    async def goes(self) -> None:
        """Play rounds until told to stop; then ask everything once more, and wait until nothing is under way."""
        async with httpx.AsyncClient(timeout=ANSWER, trust_env=False) as client:
            self.load.client = client
            async with asyncio.TaskGroup() as group:
                for _ in range(SIDE_BY_SIDE):
                    group.create_task(self.rounds())
            await self.load.ask_again()
            await Stepper(self.load.running.system, client, CALM).until_quiet()

    async def rounds(self) -> None:
        """One round after the other."""
        while not self.stop.is_set():
            one = Neighbourhoods(self.load, next(NUMBERS), forms.from_now())
            await one.register()
            await one.bid()

    def goes_on(self) -> None:
        """Until commands that were answered from now on have come to all their readers, of both publishers."""
        before = len(self.load.told)
        for publisher, path, thing in (("partners", "/organisations", "organisation"),
                                       ("funding", "/programmes", "programme")):  # fmt: skip
            new = until(partial(self._answered, path, before), f"{path} is answered", GOES_ON)
            where = f"tags @> array['{thing}:{new[f'{thing}_id']}']"
            for reader in readers_of(publisher):
                until(partial(self.system.count, reader, where), f"{where} came to {reader}", GOES_ON)

    def ends(self) -> list[Any]:
        """Stop when everything was told to everybody; gives what the checker, and the clients, hold against it."""
        self.goes_on()
        self.stop.set()
        self.doing.result()
        self.load.write(self.data / "acknowledged.jsonl")
        (self.data / "observed.jsonl").touch()
        evidence_of(self.system, self.data).write(self.data / "evidence.json")
        report = judged(self.data / "evidence.json")
        told = ", ".join(f"{n} {what}" for what, n in report["counts"].items() if n)
        print(f"{self.load.answers} commands; {told}; answers {dict(self.load.statuses)}")
        return [*self.load.faulty, *report["violations"]]

    def _answered(self, path: str, before: int) -> dict[str, Any]:
        """The first new answer of a path; raises what ended the load."""
        if self.doing.done():
            self.doing.result()
        for told in list(self.load.told.values())[before:]:
            if told.path == path:
                found: dict[str, Any] = json.loads(told.body)
                return found
        return {}


def reached(system: Secured) -> Exposed:
    """The composed system as the fault runs' load meets one."""
    found = Exposed(system.secrets, place=system.place)
    found.system = System(data=system.secrets, place=system.place, ports=system.ports)
    found.parts = {service: Instance(found.system, service) for service in SERVICES}
    return found


@contextmanager
def under_load(system: Secured, data: Path) -> Iterator[Stretch]:
    """Put load on the system while the block runs; whoever wants it judged ends it within."""
    with ThreadPoolExecutor(1) as threads:
        stretch = Stretch(system, data, Load(reached(system), httpx.AsyncClient(), data.name))
        stretch.doing = threads.submit(lambda: asyncio.run(stretch.goes()))
        try:
            stretch.goes_on()
            yield stretch
        finally:
            stretch.stop.set()


def judged(evidence: Path) -> dict[str, Any]:
    """What the checker says, which is a program of its own."""
    as_service = {**os.environ, "COMPACT_MIGRATE": "no"}  # its role owns nothing and cannot migrate
    said = subprocess.run(
        [sys.executable, "-m", "faults.checker", str(evidence)], cwd=CHECKOUT, env=as_service, capture_output=True,
        text=True, timeout=900, check=False,
    )  # fmt: skip
    assert said.stdout, said.stderr[-3000:]
    report: dict[str, Any] = json.loads(said.stdout)
    return report


def evidence_of(system: Secured, data: Path) -> Evidence:
    """Where the checker finds the system's databases, topics and mailboxes."""
    docker("cp", f"{system.name}-mail-1:/data/mail", str(data / "mail"))
    return Evidence(
        place=system.place, databases={service: system.database(service) for service in SERVICES},
        kafka=system.addresses, mail=str(data / "mail"), acknowledged=str(data / "acknowledged.jsonl"),
        observed=str(data / "observed.jsonl"),
        passwords={one: str(system.files_of(f"{system.place}.{one}") / "password") for one in SERVICES},
        authority=str(system.files_of(f"{system.place}.partners") / "trusted.pem"),
    )  # fmt: skip
