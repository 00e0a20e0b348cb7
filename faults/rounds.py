"""What the clients of a run do: rounds of a programme side by side, from the register to a change of support."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from faults import forms, otherwise, panel, performance, support
from faults.forms import (
    CHECKED,
    COMMISSIONER,
    DECIDER,
    HOLDERS,
    MANAGER,
    OFFICE,
    OFFICER,
    SECOND_OFFICE,
    STEPPED,
    Dates,
    at,
)
from faults.load import Load, Person
from services.runtime.clock import SteppedClock, set_clock

QUARTER = ("2014 Q1", "2014-07-01", "2014-07-31")


@dataclass
class Vco:
    """A voluntary organisation of a round: who speaks for it, its bid, what became of it."""

    who: Person
    number: int
    outcome: str
    bid: str = ""
    receipt: str = ""
    agreement: str = ""
    report: str = ""
    change: str = ""
    case: str = ""
    """Where its under-performance is."""


@dataclass
class Round:
    """One round of the programme, with three bidders and a commissioner of its own steps."""

    load: Load
    number: int
    dates: Dates = STEPPED
    vcos: list[Vco] = field(default_factory=list)
    programme: str = ""

    @property
    def has_panel(self) -> bool:
        """Whether a panel weighs its bids: in every round but the first."""
        return self.number > 0

    async def does(self, who: Person, service: str, path: str, body: Any = None, *, step: str, **more: Any) -> Any:
        """A step that must come to succeed."""
        return await self.load.does(who, service, path, body, step=f"{self.number} {step}", **more)

    async def tries(self, who: Person, path: str, body: Any = None, *, step: str) -> None:
        """A step of funding's that is refused."""
        await self.load.tries(who, "funding", path, body, step=f"{self.number} {step}")

    async def register(self) -> None:
        """Organisations come into the register, one by one and by a list; each has somebody to speak for it."""
        data = forms.listing(self.number, 4)
        await self.does(OFFICE, "partners", "/imports", data, step="import", content_type="text/csv")
        await asyncio.gather(*(self.enter(self.number * 3 + n) for n in range(3)))

    async def enter(self, number: int) -> None:
        """One organisation: its entry, its representative, its addresses."""
        form = {"name": forms.name(number), "charity_number": str(8_000_000 + number)}
        entry = await self.does(OFFICE, "partners", "/organisations", form, step=f"register {number}")
        who = Person(f"p-{number}", "vco_representative", entry["organisation_id"])
        vco = Vco(who, number, f"quokka-{number}")
        self.vcos.append(vco)
        await self.does(OFFICE, "partners", "/office-holders", forms.appointment(who), step=f"speaks {number}")
        details = {"size": "small", "serves_groups": ["carers"]}
        path = f"/organisations/{who.organisation}/details"
        await self.does(who, "partners", path, details, step=f"details {number}")
        ways: list[dict[str, Any]] = [
            {"office": "secretary", "channel": "email", "email": f"office@vco{number}.example"}
        ]
        if number % 3 == 2:
            ways = [{"office": "registered_address", "channel": "letter", "lines": ["1 Example Street", "Sutton"]}]
        for way in ways:
            contact = {"organisation_id": who.organisation, **way}
            await self.does(who, "notifications", "/contacts", contact, step=f"contact {number}")

    async def bid(self) -> None:
        """A programme is published, a question answered, bids come in; one is refused, one taken back and sent anew."""
        self.vcos.sort(key=lambda vco: vco.number)
        form = forms.programme(f"Partners, round {self.number}", self.dates, self.has_panel)
        self.programme = (await self.does(COMMISSIONER, "funding", "/programmes", form, step="publish"))["programme_id"]
        await asyncio.gather(self.ask(), *(self.hand_in(vco) for vco in self.vcos))
        await self.withdraw(self.vcos[2])

    @property
    def path(self) -> str:
        """Where the round is."""
        return f"/programmes/{self.programme}"

    async def ask(self) -> None:
        """A question and its answer to all."""
        question = {"question": "May a bid include the rent of an office that is shared with others?"}
        asked = await self.does(self.vcos[0].who, "funding", f"{self.path}/questions", question, step="ask")
        answer = {"answer": "Yes: its share of the rent is a core cost."}
        path = f"{self.path}/questions/{asked['question_id']}/answer"
        await self.does(COMMISSIONER, "funding", path, answer, step="answer")

    async def hand_in(self, vco: Vco) -> None:
        """A bid that asks for too much, then one that stands."""
        too_much = forms.bid(200_000, vco.outcome, self.dates)
        await self.tries(vco.who, f"{self.path}/bids", too_much, step=f"too much {vco.number}")
        form = forms.bid(20_000 + vco.number, vco.outcome, self.dates)
        found = await self.does(vco.who, "funding", f"{self.path}/bids", form, step=f"bid {vco.number}")
        vco.bid, vco.receipt = found["bid_id"], found["receipt"]["number"]

    async def withdraw(self, vco: Vco) -> None:
        """A bid is taken back, and another handed in."""
        await self.does(vco.who, "funding", f"/bids/{vco.bid}/withdraw", step=f"withdraw {vco.number}")
        form = forms.bid(30_000 + vco.number, vco.outcome, self.dates)
        found = await self.does(vco.who, "funding", f"{self.path}/bids", form, step=f"bid again {vco.number}")
        vco.bid, vco.receipt = found["bid_id"], found["receipt"]["number"]

    async def open(self) -> None:
        """A bid comes too late; two people open the others, which are verified."""
        late = forms.bid(10_000, self.vcos[0].outcome, self.dates)
        await self.tries(self.vcos[0].who, f"{self.path}/bids", late, step="late")
        for who in (COMMISSIONER, OFFICER):
            await self.does(who, "funding", f"{self.path}/open-bids", step=f"open {who.role}")
        await asyncio.gather(*(
            self.does(OFFICER, "funding", f"/bids/{vco.bid}/eligible", CHECKED, step=f"eligible {vco.number}")
            for vco in self.vcos
        ))  # fmt: skip

    async def decide(self) -> None:
        """Two awards and a refusal, none of them known to anybody yet."""
        for vco in self.vcos[:2]:
            form = forms.award(15_000 + vco.number, self.dates)
            await self.does(DECIDER, "funding", f"/bids/{vco.bid}/approve", form, step=f"approve {vco.number}")
        form = {"rationale": forms.reasons()}
        last = self.vcos[2]
        await self.does(DECIDER, "funding", f"/bids/{last.bid}/decline", form, step=f"decline {last.number}")

    async def agree(self) -> None:
        """The results are out: notices are acknowledged and posted, agreements signed, monitoring agreed."""
        await asyncio.gather(self.post(self.vcos[2]), *(self.conclude(vco) for vco in self.vcos[:2]))

    async def post(self, vco: Vco) -> None:
        """A letter is posted by one person and confirmed by another."""
        letter = await self.load.finds(
            OFFICE, "notifications", "/letters/waiting", organisation_id=vco.who.organisation
        )
        path, posted = f"/notices/{letter['notice_id']}", {"attempt_id": letter["attempt_id"]}
        form = {**posted, "posted_on": self.dates.results.date().isoformat(), "certificate": f"CP-{vco.number}"}
        await self.does(OFFICE, "notifications", f"{path}/posted", form, step=f"post {vco.number}")
        await self.does(SECOND_OFFICE, "notifications", f"{path}/confirm", posted, step=f"confirm {vco.number}")

    async def conclude(self, vco: Vco) -> None:
        """One agreement: acknowledged, signed by both, managed, monitored."""
        notice = await self.load.finds(vco.who, "notifications", "/notices", template="award")
        path = f"/notices/{notice['notice_id']}/acknowledge"
        await self.does(vco.who, "notifications", path, {}, step=f"acknowledge {vco.number}")
        drafted = await self.load.finds(vco.who, "funding", "/agreements", organisation_id=vco.who.organisation)
        vco.agreement = drafted["agreement_id"]
        await self.settle_terms(vco)
        for who in (vco.who, DECIDER):
            await self.does(who, "funding", f"/agreements/{vco.agreement}/sign", step=f"sign {vco.number} {who.role}")
        manager = {"person_id": MANAGER.id}
        await self.does(COMMISSIONER, "partners", f"/managers/{vco.agreement}", manager, step=f"manager {vco.number}")
        path = f"/agreements/{vco.agreement}/monitoring/proposals"
        form = forms.monitoring(vco.outcome, [QUARTER])
        found = await self.does(MANAGER, "monitoring", path, form, step=f"propose {vco.number}")
        vco.report = found["report_ids"][0]
        path = f"{path}/{found['proposal_id']}/agreement"
        await self.does(vco.who, "monitoring", path, step=f"monitoring {vco.number}")

    async def settle_terms(self, vco: Vco) -> None:
        """Clauses, term, financing and risks, and the organisation's view: nobody signs before (Compact 3.3.6)."""
        path = f"/agreements/{vco.agreement}"
        for step, form in forms.terms(vco.who.organisation).items():
            await self.does(COMMISSIONER, "funding", f"{path}/{step}", form, step=f"{step} {vco.number}")
        await self.does(vco.who, "funding", f"{path}/risks/views", forms.risk_views(), step=f"views {vco.number}")

    async def report(self) -> None:
        """Reports fall due: one is extended, one returned and handed in again; both are accepted."""
        await asyncio.gather(self.extend(self.vcos[0]), self.give_back(self.vcos[1]))
        await asyncio.gather(*(self.hand_in_report(vco, 14) for vco in self.vcos[:2]))

    async def extend(self, vco: Vco) -> None:
        """Longer time is asked for and granted."""
        path = f"/reports/{vco.report}/extension-requests"
        form = {"until": "2014-09-30", "reason": "Two member organisations send their figures late."}
        await self.does(vco.who, "monitoring", path, form, step=f"longer {vco.number}")
        await self.does(MANAGER, "monitoring", f"{path}/agreement", step=f"granted {vco.number}")

    async def give_back(self, vco: Vco) -> None:
        """A report is handed in and returned with a reason."""
        path, form = f"/reports/{vco.report}", forms.submission(vco.outcome, 12)
        await self.does(vco.who, "monitoring", f"{path}/submissions", form, step=f"first report {vco.number}")
        back = {"due_on": "2014-09-26", "reasons": [{"about": vco.outcome, "reason": "The number is missing."}]}
        await self.does(MANAGER, "monitoring", f"{path}/returns", back, step=f"returned {vco.number}")

    async def hand_in_report(self, vco: Vco, measured: int) -> None:
        """A report that is accepted."""
        path, form = f"/reports/{vco.report}", forms.submission(vco.outcome, measured)
        await self.does(vco.who, "monitoring", f"{path}/submissions", form, step=f"report {vco.number}")
        await self.does(MANAGER, "monitoring", f"{path}/acceptance", step=f"accept {vco.number}")


@dataclass(frozen=True)
class Stage:
    """A part of the rounds: from when, what each round does, and what nobody may see afterwards."""

    name: str
    starts: datetime | None
    does: Callable[[Round], Coroutine[Any, Any, None]]
    sealed: str = ""


STAGES = (
    Stage("register", None, Round.register),
    Stage("bid", at(2013, 12, 10, 10), Round.bid, "bids"),
    Stage("open", STEPPED.closes.replace(second=1), Round.open),
    Stage("weigh", at(2014, 2, 10, 10), panel.weigh, "scores"),
    Stage("decide", at(2014, 3, 10, 10), Round.decide, "results"),
    Stage("agree", at(2014, 4, 1, 12), Round.agree),
    Stage("report", at(2014, 7, 28, 10), Round.report),
    Stage("meet", at(2014, 7, 29, 10), performance.meet),
    Stage("pay", at(2014, 8, 20, 10), support.pay),
    Stage("change", at(2014, 11, 3, 10), support.propose),
    Stage("hear", at(2014, 11, 6, 10), support.hear),
    Stage("settle", at(2014, 11, 7, 10), performance.settle),
    Stage("end", at(2014, 12, 8, 10), support.decide),
    Stage("review", at(2015, 4, 2, 10), performance.review),
    Stage("set aside", at(2015, 4, 7, 10), otherwise.set_aside),
    Stage("take over", at(2015, 4, 8, 10), otherwise.take_over),
    Stage("end anew", at(2015, 5, 11, 10), otherwise.decide),
    Stage("dissolve", at(2015, 6, 1, 10), otherwise.dissolve),
)
LATEST = at(2015, 8, 24)
"""Where the clock stands at the end: everything asked for was answered or is overdue, and every change holds."""


async def begin(load: Load) -> None:
    """The place adopts its rules and its officers are appointed."""
    await load.does(OFFICE, "partners", "/rules", {"place": "sutton"}, step="rules")
    for who in (*HOLDERS, *panel.MEMBERS):
        await load.does(OFFICE, "partners", "/office-holders", forms.appointment(who), step=f"appoint {who.id}")
    await otherwise.enter_group(load)


def pass_time(load: Load, moment: datetime) -> None:
    """Let the stepped clock show a later moment; whatever falls due on the way is late, as after an outage."""
    path = load.running.system.clock
    assert path is not None
    if moment > SteppedClock(path).now():
        set_clock(path, moment)


__all__ = ["LATEST", "STAGES", "Round", "Stage", "begin", "pass_time"]
