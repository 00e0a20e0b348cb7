"""Looks for sealed matter while it is sealed: as other people, in histories, metrics, topics and logs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from contracts.topics import SERVICES, events_topic, shared_topic
from faults.evidence import Observed
from faults.forms import AUDITOR, COMMISSIONER, DECIDER, MANAGER, OFFICE, OFFICER, REASONED, SCORED
from faults.load import Load, Person
from faults.rounds import Round, Vco

LOOKERS = (AUDITOR, COMMISSIONER, DECIDER, MANAGER, OFFICE, OFFICER)
NOT_OF_THE_ROUND = (AUDITOR, MANAGER, OFFICE)
"""Those of them who do not act for the funder in the round: to them a panel's scores are sealed."""
DECIDED = (REASONED, "award_approved", "award_declined", "sealed_step_refused")
"""Words of results that nobody may know of."""
WEIGHED = (SCORED, "bid_scored", "panel_recommended", "panel_interest_declared", "proposer_met")
"""Words of a panel's work that only panel and funder know of."""


@dataclass
class Probe:
    """What was seen too early, line by line."""

    load: Load
    seen: list[str] = field(default_factory=list)
    looks: int = 0

    async def look(self, sealed: str, rounds: Iterable[Round]) -> None:
        """Look everywhere for what is sealed at this stage: `bids`, `scores` or `results`."""
        rounds = list(rounds)
        words = words_of(rounds, sealed)
        opens = "funding.bids_opened" if sealed == "bids" else "funding.results_announced"
        await asyncio.gather(*(
            self.read(who, service, path, words, about, opens)
            for one in rounds for who, service, path, about in addresses(one, sealed)
        ))  # fmt: skip
        for service in SERVICES:
            await self.read(None, service, "/metrics", words, service, opens, "metrics")
        self.logs(words, opens)
        await self.topics(words, opens)

    async def read(
        self, who: Person | None, service: str, path: str, words: Iterable[str], about: str, opens: str, what: str = ""
    ) -> None:
        """Ask one address as somebody, and look for the words in the answer."""
        async with self.load.many:
            answer = await self.load.looks(who, service, path)
        if answer is None or not answer.is_success:
            return
        self.looks += 1
        kind = what or ("history" if path.startswith("/history") else "http")
        self.find(kind, service, who.role if who else "anybody", answer.text, words, about, opens)

    def find(self, what: str, service: str, by: str, text: str, words: Iterable[str], about: str, opens: str) -> None:
        """Write down each word that stands in a text."""
        for word in words:
            if word in text:
                self.seen.append(Observed(what, service, by, time.time(), about, word, opens).line())

    def logs(self, words: Iterable[str], opens: str) -> None:
        """Look into what the services logged."""
        for file in (self.load.running.system.data / "logs").iterdir():
            self.find("log", file.stem, "operator", file.read_text(errors="replace"), words, file.name, opens)

    async def topics(self, words: Iterable[str], opens: str) -> None:
        """Look at every record that lies on a topic, where the broker is to be had."""
        place = self.load.running.system.place
        partitions = [TopicPartition(name(place, one), 0) for one in SERVICES for name in (events_topic, shared_topic)]
        reading = AIOKafkaConsumer(bootstrap_servers=self.load.running.system.kafka, enable_auto_commit=False,
                                   request_timeout_ms=5000)  # fmt: skip
        try:
            async with asyncio.timeout(10):
                await reading.start()
                reading.assign(partitions)
                await reading.seek_to_beginning(*partitions)
                while found := await reading.getmany(timeout_ms=600):
                    for one in (record for records in found.values() for record in records):
                        text = repr((one.key, one.headers, one.value))
                        self.find("topic", one.topic, "reader", text, words, str(one.offset), opens)
        except (KafkaError, OSError, TimeoutError):
            return
        finally:
            await reading.stop()

    def write(self, path: Path) -> None:
        """Write down what was seen too early; nothing is the good case."""
        path.write_text("".join(line + "\n" for line in self.seen))


def words_of(rounds: Iterable[Round], sealed: str) -> list[str]:
    """What would give the sealed matter away."""
    if sealed == "bids":
        return [each for one in rounds for vco in one.vcos for each in (vco.outcome, vco.receipt) if each]
    return list(DECIDED if sealed == "results" else WEIGHED)


def addresses(one: Round, sealed: str) -> Iterator[tuple[Person | None, str, str, str]]:
    """Who asks where about a round: its bids as anybody but the bidder, its results and scores as the bidder too."""
    officers = NOT_OF_THE_ROUND if sealed == "scores" else LOOKERS
    for vco in one.vcos:
        others = [other.who for other in one.vcos if other is not vco]
        lookers: list[Person] = [*officers, *others, *([vco.who] if sealed != "bids" else [])]
        for path in paths(vco, sealed):
            yield from ((who, "funding", path, vco.bid) for who in lookers)
    for who in officers:
        yield from ((who, service, f"/history?tag=programme:{one.programme}", one.programme) for service in SERVICES)
    yield None, "funding", f"{one.path}/results", one.programme
    if sealed == "scores":
        yield from ((who, "funding", f"{one.path}/recommendation", one.programme) for who in officers)
    if sealed == "bids":
        yield from ((who, "funding", f"{one.path}/bids", one.programme) for who in LOOKERS)


def paths(vco: Vco, sealed: str) -> list[str]:
    """Where a bid, or its result, would stand."""
    told = f"/history?tag=bid:{vco.bid}"
    if sealed == "results":
        return [told, f"/bids/{vco.bid}/rationale", f"/bids/{vco.bid}/rationale/need"]
    if sealed == "scores":
        return [told, *(f"/bids/{vco.bid}/{what}" for what in ("scores", "given-scores", "meetings"))]
    return [told, f"/bids/{vco.bid}", f"/bids/{vco.bid}/document"]
