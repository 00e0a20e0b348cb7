"""Sealed matter cannot be seen early by anybody: bids until two people open them, results until all are announced."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from tests.journeys import traces
from tests.journeys.acting import (
    CHECKED,
    CLOSES,
    RESULTS,
    YEARS,
    Acting,
    Person,
    acting,
    appoint,
    at,
    award,
    bid,
    give_email,
    officers,
    programme,
    reasons,
    register,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
COUNCIL = "sutton-council"
NAMES = ("Lead", "Member", "Rival", "Withdrawn", "Late", "Project", "Onlooker")
ASKED = {"Lead": 123_457, "Rival": 98_761, "Withdrawn": 87_653, "Late": 76_541, "Project": 65_437}
SHARE, AWARDED, BEYOND = 31_337, 101_359, 98_743
SUM = AWARDED * len(YEARS)
REASONED = "Wellfoundedzebu"
SEALED_STEPS = (f"{AWARDED}", f"{SUM}", f"{BEYOND}", REASONED, "beyond_the_money", "AwardApproved", "AwardDeclined",
                "award_approved", "award_declined", "ApproveAward", "DeclineBid", "sealed_step_refused")  # fmt: skip
UNKNOWN = "0f5a8a2c-0000-8000-8000-00000000dead"
LOOKING_ON = ("finance", "panel_member", "councillor", "independent_reviewer")


@dataclass
class View:
    """What could be seen at one moment outside funding's own database and documents."""

    traces: traces.Traces
    answers: dict[tuple[Person | None, str, str], bytes]

    def times(self, marker: str, but: Iterable[Person]) -> dict[str, int]:
        """How often a word stands in each place, leaving out what these people were answered."""
        word, unseen = traces.standing(marker), set(but)
        told = {f"answer {path} to {who and who.id}": said for (who, _, path), said in self.answers.items()
                if who not in unseen}  # fmt: skip
        everything = {**self.traces, **told}.items()
        return {place: n for place, content in everything if (n := len(word.findall(content.lower())))}


@dataclass
class Round:
    act: Acting
    council: dict[str, Person]
    vcos: dict[str, Person]
    others: list[Person]
    bids: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    programme_id: str = ""
    views: dict[str, View] = field(default_factory=dict)

    @property
    def everybody(self) -> list[Person | None]:
        vcos = [self.vcos[name] for name in ("Lead", "Member", "Rival", "Withdrawn", "Onlooker")]
        return [None, *self.council.values(), *self.others, *vcos]

    def markers(self, name: str) -> list[str]:
        """What would tell of a bid: who, how much, what for, in which words, under which number."""
        pounds, who = ASKED[name], self.vcos[name]
        told = [f"{pounds}", f"{pounds:,}", f"{pounds * 3}", f"{name}ocelot", f"{name}-quokka", f"{name}-correlation"]
        receipt = [self.receipts[name]] if name in self.receipts else []
        return [*told, *receipt, who.organisation, who.id]

    async def look(self, stage: str, people: Iterable[Person | None] = (), commands: bool = True) -> None:
        """Collect all that these people, or everybody, can see now."""
        act, programme_ids = self.act, [self.programme_id] if self.programme_id else [UNKNOWN]
        routes = await traces.routes(act)
        ids = {
            **traces.of_nothing(routes, UNKNOWN), "clause": ["3.3.8"], "which": ["document"],
            "criterion_id": ["need"], "programme_id": programme_ids, "bid_id": [*self.bids.values(), UNKNOWN],
            "organisation_id": [self.vcos["Lead"].organisation],
        }  # fmt: skip
        asked = [*traces.addresses(routes, ids)]
        asked += [("funding", f"/history?tag=person:{self.vcos[name].id}") for name in ("Lead", "Withdrawn", "Late")]
        found = await traces.answers(act, people or self.everybody, asked)
        abouts = [f"programme:{programme_ids[0]}", *(f"bid:{one}" for one in self.bids.values())]
        abouts += [f"organisation:{self.vcos['Lead'].organisation}"]
        seen = {
            **await traces.journals(act, but=["funding"]), **await traces.tables(act, but_services=["funding"]),
            **await traces.topics(act), **await traces.metrics(act), **traces.files(act, "logs", "mail"),
        }  # fmt: skip
        told = await traces.told_by_commands(act, abouts, "2014-03-31T12:00:00+00:00") if commands else {}
        self.views[stage] = View({**seen, **told}, found)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played() -> AsyncIterator[Round]:
    async with acting() as act:
        council = officers(COUNCIL)
        office = council["partnership_office"]
        more = [
            *(Person(f"p-{role}", role, COUNCIL) for role in LOOKING_ON),
            Person("p-police", "body_officer", "sutton-police"), Person("p-ccg", "commissioner", "sutton-ccg"),
        ]  # fmt: skip
        await act.does(office, "partners", "/rules", {"place": "sutton"})
        await appoint(act, office, *council.values(), *more)
        round_ = Round(act, council, await register(act, office, *NAMES), more)
        for name in ("Lead", "Rival"):
            await give_email(act, round_.vcos[name], f"office@{name.lower()}.example")
        found = await act.does(council["commissioner"], "funding", "/programmes", programme())
        await act.until(at(2014, 1, 20))
        await round_.look("before", commands=False)
        round_.programme_id = found["programme_id"]
        for step in (hand_in, close_and_begin_opening, decide, announce):
            await step(round_)
        yield round_


async def hand_in(on: Round) -> None:
    """Bids come in: one with a consortium, one taken back, one refused for a project-cost line."""
    member = {"organisation_id": on.vcos["Member"].organisation, "share_pounds": SHARE, "part": "Leadocelot part"}
    await give(on, "Lead", members=[member])
    share = {"share_pounds": SHARE}
    await on.act.does(on.vcos["Member"], "funding", f"/bids/{on.bids['Lead']}/part/confirm", share)
    await give(on, "Rival")
    await give(on, "Withdrawn")
    await on.act.does(on.vcos["Withdrawn"], "funding", f"/bids/{on.bids['Withdrawn']}/withdraw")
    form = of("Project")
    form["lines"][0]["kind"] = "project"
    await on.act.refused(on.vcos["Project"], "funding", f"/programmes/{on.programme_id}/bids", form,
                         code="project_cost_line", correlation_id="Project-correlation")  # fmt: skip


def of(name: str, **changes: object) -> dict[str, object]:
    return bid(ASKED[name], (f"{name}-quokka",), words=f"{name}ocelot", **changes)


async def give(on: Round, name: str, **changes: object) -> None:
    found = await on.act.does(on.vcos[name], "funding", f"/programmes/{on.programme_id}/bids", of(name, **changes),
                              correlation_id=f"{name}-correlation")  # fmt: skip
    on.bids[name], on.receipts[name] = found["bid_id"], found["receipt"]["number"]


async def close_and_begin_opening(on: Round) -> None:
    """One bid comes a second late, and the first of two people asks for the bids to be opened."""
    await on.act.until(CLOSES.replace(second=1))
    await on.act.refused(on.vcos["Late"], "funding", f"/programmes/{on.programme_id}/bids", of("Late"),
                         code="bid_late", correlation_id="Late-correlation")  # fmt: skip
    opening = f"/programmes/{on.programme_id}/open-bids"
    await on.act.does(on.council["commissioner"], "funding", opening)
    await on.act.quiet()
    await on.look("sealed")
    await on.act.does(on.council["body_officer"], "funding", opening)


async def decide(on: Round) -> None:
    """One award is approved, a second is refused for want of money and then declined; nothing is announced yet."""
    act, decider = on.act, on.council["decider"]
    for name in ("Lead", "Rival"):
        await act.does(on.council["body_officer"], "funding", f"/bids/{on.bids[name]}/eligible", CHECKED)
    await act.until(at(2014, 3, 10))
    lead, rival = (f"/bids/{on.bids[name]}" for name in ("Lead", "Rival"))
    await act.does(decider, "funding", f"{lead}/approve", award(AWARDED, REASONED))
    beyond = award(BEYOND, REASONED)
    await act.refused(decider, "funding", f"{rival}/approve", beyond, code="beyond_the_money")
    await act.does(decider, "funding", f"{rival}/decline", {"rationale": reasons(REASONED)})
    await act.quiet()
    await on.look("decided", [who for who in on.everybody if who is None or who.role not in LOOKING_ON])


async def announce(on: Round) -> None:
    await on.act.until(RESULTS)
    await on.act.quiet()
    roles = ("commissioner", "body_officer", "partnership_office", "auditor")
    await on.look("announced", [None, *(on.council[role] for role in roles), on.vcos["Onlooker"]])


def learnt(on: Round, stage: str, markers: Iterable[str], but: Iterable[Person]) -> dict[str, str]:
    """In which places more stands of these words than before any bid came in."""
    before, now, unseen = on.views["before"], on.views[stage], [*but]
    found = {}
    for marker in markers:
        known = before.times(marker, unseen)
        found |= {place: marker for place, n in now.times(marker, unseen).items() if n > known.get(place, 0)}
    return found


@pytest.mark.parametrize("name", [*ASKED])
async def test_before_opening_nothing_tells_anybody_but_the_bidder_of_a_bid(played: Round, name: str) -> None:
    own = [played.vcos[name], *([played.vcos["Member"]] if name == "Lead" else [])]

    assert learnt(played, "sealed", played.markers(name), own) == {}


async def test_a_member_of_a_consortium_learns_its_own_part_and_no_more(played: Round) -> None:
    member = played.vcos["Member"]
    others = [who for who in played.everybody if who and who != member]
    found = learnt(played, "sealed", played.markers("Lead")[:7], others)
    part = await played.act.reads(member, "funding", f"/bids/{played.bids['Lead']}/part")

    assert found == {}
    assert (part["share_pounds"], part["lead_id"]) == (SHARE, played.vcos["Lead"].organisation)


async def test_a_sealed_bid_is_answered_like_one_that_does_not_exist(played: Round) -> None:
    view, known = played.views["sealed"], played.bids["Rival"]
    asked = [(key, said) for key, said in view.answers.items() if known in key[2] and key[0] != played.vcos["Rival"]]
    received = [key for key, said in asked if b"funding.bid_received" in said]
    differing = [key for key, said in asked if key not in received
                 and said.replace(known.encode(), UNKNOWN.encode())
                 != view.answers[key[0], key[1], key[2].replace(known, UNKNOWN)]]  # fmt: skip

    assert len(asked) > 50
    assert differing == []
    assert {who and who.role for who, _, _ in received} == {"partnership_office", "auditor"}  # that one came, not whose


@pytest.mark.parametrize(
    ("role", "step", "form"),
    [("commissioner", "document-requests", {"criterion_id": "constituted", "reasons": "It lacks its last page."}),
     ("body_officer", "eligible", CHECKED), ("decider", "approve", award(1)), ("decider", "decline", {"rationale": {}}),
     ("vco_representative", "withdraw", None), ("vco_representative", "part/confirm", {"share_pounds": SHARE})],
)  # fmt: skip
async def test_no_step_tells_a_withdrawn_bid_from_one_that_does_not_exist(
    played: Round, role: str, step: str, form: object
) -> None:
    who = played.council.get(role, played.vcos["Onlooker"])
    answers = []
    for one in (played.bids["Withdrawn"], UNKNOWN):
        answer = await played.act.send(who, "POST", "funding", f"/bids/{one}/{step}", form)
        answers.append((answer.status_code, answer.text.replace(one, "")))

    assert answers[0][0] == 404
    assert answers[0] == answers[1]


@pytest.mark.parametrize("name", ["Withdrawn", "Late", "Project"])
@pytest.mark.parametrize("stage", ["decided", "announced"])
async def test_what_was_never_opened_stays_unreadable_for_good(played: Round, name: str, stage: str) -> None:
    assert learnt(played, stage, played.markers(name), [played.vcos[name]]) == {}


@pytest.mark.parametrize("name", ["Lead", "Rival"])
async def test_an_opened_bid_is_for_its_funder_and_no_other_organisation(played: Round, name: str) -> None:
    theirs = {played.vcos[name], *([played.vcos["Member"]] if name == "Lead" else [])}
    allowed = [*theirs, *played.council.values()]
    found = learnt(played, "decided", played.markers(name)[:7], allowed)
    found = {place: one for place, one in found.items() if not re.match("command", place)}

    assert found == {}


async def test_before_the_announcement_nothing_tells_anybody_of_a_result(played: Round) -> None:
    assert learnt(played, "decided", SEALED_STEPS, []) == {}


async def test_once_opened_the_funder_reads_the_bids_that_stand(played: Round) -> None:
    commissioner, view = played.council["commissioner"], played.views["decided"]
    for name in ("Lead", "Rival"):
        assert f'"pounds":{ASKED[name]}'.encode() in view.answers[commissioner, "funding", f"/bids/{played.bids[name]}"]
    whole = view.answers[commissioner, "funding", f"/bids/{played.bids['Lead']}/document"]
    listed = view.answers[commissioner, "funding", f"/programmes/{played.programme_id}/bids"]

    assert b"Leadocelot" in whole
    assert played.vcos["Rival"].organisation.encode() in listed
    assert played.bids["Withdrawn"].encode() not in listed


async def test_once_announced_everybody_concerned_reads_the_results(played: Round) -> None:
    act, view = played.act, played.views["announced"]
    results = await act.reads(None, "funding", f"/programmes/{played.programme_id}/results")
    words = await act.reads(played.vcos["Lead"], "funding", f"/bids/{played.bids['Lead']}/rationale/need")
    told = await act.reads(played.council["auditor"], "funding", f"/history?tag=organisation:{COUNCIL}")

    assert [(one["organisation_id"], one["pounds"]) for one in results["awarded"]] == [
        (played.vcos["Lead"].organisation, SUM)
    ]
    assert REASONED.encode() in words
    assert "beyond_the_money" in {event["data"].get("code") for event in told["events"]}
    of_bid = view.answers[played.council["auditor"], "funding", f"/history?tag=bid:{played.bids['Lead']}"]
    assert b"funding.award_approved" in of_bid
    assert traces.hits(traces.files(act, "mail"), [REASONED]) != {}


async def test_while_sealed_the_bidder_itself_reads_its_bid(played: Round) -> None:
    view = played.views["sealed"]
    for name in ("Lead", "Rival", "Withdrawn"):
        own = view.answers[played.vcos[name], "funding", f"/bids/{played.bids[name]}"]
        assert f"{ASKED[name]}".encode() in own
    journal = await played.act.rows("funding", "select convert_from(data, 'UTF8') as told from ledger.journal")
    assert any(f"{ASKED['Withdrawn']}" in row["told"] for row in journal)
