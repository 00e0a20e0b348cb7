"""A panel weighs bids over HTTP: nobody reads before declaring, nobody sees a score early, refusals are cited."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from tests.journeys import traces
from tests.journeys.acting import (
    CHECKED,
    CLOSES,
    RESULTS,
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
COUNCIL, POLICE = "sutton-council", "sutton-police"
UNKNOWN = "0f5a8a2c-0000-8000-8000-00000000dead"
FIRST, DEPARTING = "Firstquagga", "Departingquagga"
"""Words that stand in the first member's reasons, and in the panel's reasons for its order."""
SEALED = (FIRST, DEPARTING, "bid_scored", "BidScored", "panel_recommended", "PanelRecommended", "ScoreBid",
          "panel_interest_declared", "interest_declared", "proposer_met", "ScoresGiven")  # fmt: skip


@dataclass
class Round:
    act: Acting
    council: dict[str, Person]
    vcos: dict[str, Person]
    panel: dict[str, Person]
    reviewer: Person
    ids: dict[str, str] = field(default_factory=dict)
    before: traces.Traces = field(default_factory=dict)
    views: dict[str, traces.Traces] = field(default_factory=dict)
    seen: dict[str, Any] = field(default_factory=dict)

    @property
    def others(self) -> list[Person | None]:
        """Everybody but the panel."""
        return [None, self.reviewer, *self.council.values(), *self.vcos.values()]

    async def look(self, stage: str, people: Iterable[Person | None]) -> None:
        """All that stands outside funding's own database, and all that these people are answered."""
        act = self.act
        routes = await traces.routes(act)
        ids = {
            **traces.of_nothing(routes, UNKNOWN), "clause": ["3.1.6"], "which": ["answer"], "criterion_id": ["need"],
            "programme_id": [self.ids["programme"]], "bid_id": [self.ids["Lead"], self.ids["Rival"]],
            "organisation_id": [self.vcos["Harbour"].organisation],
        }  # fmt: skip
        asked = list(traces.addresses(routes, ids))
        told = await traces.answers(act, people, asked)
        found = {
            **await traces.journals(act, but=["funding"]), **await traces.tables(act, but_services=["funding"]),
            **await traces.topics(act), **await traces.metrics(act), **traces.files(act, "logs", "mail"),
        }  # fmt: skip
        told_by = {f"answer {path} to {who and (who.id, who.role)}": said for (who, _, path), said in told.items()}
        self.views[stage] = {**found, **told_by}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played() -> AsyncIterator[Round]:
    async with acting() as act:
        council = officers(COUNCIL)
        office = council["partnership_office"]
        await act.does(office, "partners", "/rules", {"place": "sutton"})
        reviewer = Person("p-reviewer", "independent_reviewer", POLICE)
        await appoint(act, office, *council.values(), reviewer)
        vcos = await register(act, office, "Lead", "Rival", "Harbour", "Mill")
        panel = {
            "chair": Person("p-chair", "panel_member", COUNCIL), "constable": Person("p-const", "panel_member", POLICE),
            "trustee": Person("p-trustee", "panel_member", vcos["Harbour"].organisation),
            "spare": Person("p-spare", "panel_member", vcos["Mill"].organisation),
        }  # fmt: skip
        await appoint(act, office, *panel.values(), Person("p-chair", "body_officer", COUNCIL))
        await give_email(act, vcos["Rival"], "office@rival.example")
        await act.quiet()
        on = Round(act, council, vcos, panel, reviewer)
        for step in (bid_and_open, declare, score, recommend_and_decide, announce, review):
            await step(on)
        yield on


async def bid_and_open(on: Round) -> None:
    act, commissioner = on.act, on.council["commissioner"]
    form = programme(panel_points=10)
    on.ids["programme"] = (await act.does(commissioner, "funding", "/programmes", form))["programme_id"]
    await act.until(at(2014, 1, 20))
    for name, pounds in (("Lead", 90_000), ("Rival", 80_000)):
        path = f"/programmes/{on.ids['programme']}/bids"
        on.ids[name] = (await act.does(on.vcos[name], "funding", path, bid(pounds, words=f"{name}ocelot")))["bid_id"]
    await act.until(CLOSES.replace(second=1))
    await act.refused(commissioner, "funding", f"/programmes/{on.ids['programme']}/panel", seats(on, "chair"),
                      code="bids_not_opened")  # fmt: skip
    for role in ("commissioner", "body_officer"):
        await act.does(on.council[role], "funding", f"/programmes/{on.ids['programme']}/open-bids")
    for name in ("Lead", "Rival"):
        await act.does(on.council["body_officer"], "funding", f"/bids/{on.ids[name]}/eligible", CHECKED)


def seats(on: Round, *names: str) -> dict[str, Any]:
    members = [(on.panel[name], name in ("trustee", "spare")) for name in names]
    return {"members": [{"person_id": who.id, "organisation_id": who.organisation, "sector": sector}
                        for who, sector in members]}  # fmt: skip


async def declare(on: Round) -> None:
    """The panel is appointed, tries to read, and declares: the spare member with an interest in one bid."""
    act, path = on.act, f"/programmes/{on.ids['programme']}/panel"
    rival = {"members": [{"person_id": on.vcos["Rival"].id, "organisation_id": on.vcos["Rival"].organisation}]}
    await act.refused(on.council["commissioner"], "funding", path, rival, code="not_a_panel_member", status=422)
    await act.does(on.council["commissioner"], "funding", path, seats(on, "chair", "constable", "trustee"))
    on.seen["undeclared"] = await reading(on)
    parties = (await act.reads(on.panel["chair"], "funding", f"{path}/interests"))["interests"]
    on.seen["parties"] = parties
    await act.refused(
        on.panel["chair"], "funding", f"/bids/{on.ids['Lead']}/scores", scores(1), code="interest_not_declared"
    )
    for name in ("chair", "constable", "trustee"):
        await act.does(on.panel[name], "funding", f"{path}/interests", {"interests": dict.fromkeys(parties, False)})
    await act.does(on.council["commissioner"], "funding", path, seats(on, "spare"))
    interest = {one: one == on.vcos["Rival"].organisation for one in parties}
    await act.does(on.panel["spare"], "funding", f"{path}/interests", {"interests": interest})
    on.seen["declared"] = await reading(on)


async def reading(on: Round) -> dict[tuple[str, str], list[int]]:
    """What each member is answered on each bid and its document; the chair also as an officer of the funder."""
    people = {**on.panel, "chair as officer": Person("p-chair", "body_officer", COUNCIL)}
    found = {}
    for who, person in people.items():
        for name in ("Lead", "Rival"):
            paths = [f"/bids/{on.ids[name]}", f"/bids/{on.ids[name]}/document"]
            found[who, name] = [(await on.act.send(person, "GET", "funding", path)).status_code for path in paths]
    return found


def scores(points: int, words: str = "") -> dict[str, Any]:
    reason = f"Read against what was published, page by page. {words}"
    return {"scores": {one: {"points": points, "reason": reason} for one in ("need", "value")}}


async def score(on: Round) -> None:
    """The chair scores first; nobody else can tell; then the others."""
    act, chair = on.act, on.panel["chair"]
    await act.refused(
        on.panel["spare"], "funding", f"/bids/{on.ids['Rival']}/scores", scores(1), code="interest_declared"
    )
    for name, points in (("Lead", 8), ("Rival", 9)):
        await act.does(chair, "funding", f"/bids/{on.ids[name]}/scores", scores(points, FIRST), key=f"score {name}")
        again = await act.does(
            chair, "funding", f"/bids/{on.ids[name]}/scores", scores(points, FIRST), key=f"score {name}"
        )
        on.seen["again", name] = again
    await act.quiet()
    await on.look("first scored", [*on.others, *(who for name, who in on.panel.items() if name != "chair")])
    path = f"/bids/{on.ids['Lead']}/scores"
    on.seen["trustee before"] = (await act.reads(on.panel["trustee"], "funding", path))["scores"]
    for name in ("constable", "trustee", "spare"):
        await act.does(on.panel[name], "funding", path, scores(6))
    on.seen["trustee after"] = (await act.reads(on.panel["trustee"], "funding", path))["scores"]
    for name in ("constable", "trustee"):
        await act.does(on.panel[name], "funding", f"/bids/{on.ids['Rival']}/scores", scores(7))


async def recommend_and_decide(on: Round) -> None:
    act, chair, decider = on.act, on.panel["chair"], on.council["decider"]
    lead, rival = (f"/bids/{on.ids[name]}" for name in ("Lead", "Rival"))
    path = f"/programmes/{on.ids['programme']}/recommendation"
    await act.refused(decider, "funding", f"{lead}/approve", award(90_000), code="no_recommendation")
    await act.refused(chair, "funding", path, {"bid_ids": [on.ids["Lead"]]}, code="proposer_not_met")
    for name, there in ((lead, ("chair", "spare")), (rival, ("chair", "trustee"))):
        met = {"met_on": "2014-02-03", "minutes": 90, "present": [on.panel[one].id for one in there],
               "note": "The proposer said how the work is shared with others."}  # fmt: skip
        if act and name == lead:
            await act.until(at(2014, 2, 10))
        await act.does(chair, "funding", f"{name}/meetings", met)
    chosen = {"bid_ids": [on.ids["Lead"]]}
    on.seen["departure"] = await act.refused(chair, "funding", path, chosen, code="departure_without_reasons")
    departure = {**chosen, "departure": f"Nobody else reaches these organisations at all. {DEPARTING}"}
    on.seen["ranking"] = (await act.does(chair, "funding", path, departure))["ranking"]
    sat = Person("p-chair", "decider", COUNCIL)
    await appoint(act, on.council["partnership_office"], sat)
    await act.quiet()
    on.seen["sat"] = await act.refused(sat, "funding", f"{lead}/approve", award(90_000), code="sat_on_panel")
    await act.refused(decider, "funding", f"{rival}/approve", award(80_000), code="not_recommended")
    await act.does(decider, "funding", f"{lead}/approve", award(90_000))
    await act.does(decider, "funding", f"{rival}/decline", {"rationale": reasons("Weighed.")})
    await act.quiet()
    roles = ("commissioner", "decider", "body_officer")
    await on.look("decided", [who for who in on.others if who is None or who.role not in roles])


async def announce(on: Round) -> None:
    await on.act.until(RESULTS)
    await on.act.quiet()
    await on.look("announced", [*on.vcos.values()])


async def review(on: Round) -> None:
    act, path = on.act, f"/bids/{on.ids['Rival']}/review"
    grounds = {"grounds": "Under value you speak of a line that our bid does not have."}
    await act.refused(on.vcos["Lead"], "funding", f"/bids/{on.ids['Lead']}/review", grounds, code="nothing_to_review")
    on.seen["asked"] = await act.does(on.vcos["Rival"], "funding", path, grounds)
    more = {"grounds": "And under need you forget the two years of figures that we sent."}
    on.seen["twice"] = await act.refused(on.vcos["Rival"], "funding", path, more, code="review_asked_already")
    answer = {"outcome": "stands", "answer": "The line stands on page 4 of the bid. Answeringquagga."}
    await act.refused(on.council["decider"], "funding", f"{path}/answer", answer, code="reviewer_took_part")
    on.seen["read by reviewer"] = await act.reads(on.reviewer, "funding", f"/bids/{on.ids['Rival']}")
    await act.does(on.reviewer, "funding", f"{path}/answer", answer)
    await act.quiet()


async def test_no_member_reads_a_bid_before_it_declared_not_even_in_another_office(played: Round) -> None:
    undeclared = {key: said for key, said in played.seen["undeclared"].items() if "spare" not in key}

    assert set(map(tuple, undeclared.values())) == {(404, 404)}
    assert set(played.seen["parties"]) == {played.vcos["Lead"].organisation, played.vcos["Rival"].organisation}
    assert set(played.seen["parties"].values()) == {None}


async def test_a_member_who_declared_nil_reads_and_one_with_an_interest_does_not(played: Round) -> None:
    declared = played.seen["declared"]

    assert declared["spare", "Rival"] == [404, 404]
    assert {tuple(said) for key, said in declared.items() if key != ("spare", "Rival")} == {(200, 200)}


async def test_nobody_sees_a_score_before_their_own_is_in(played: Round) -> None:
    found = traces.hits(played.views["first scored"], SEALED[:1] + SEALED[2:8])

    assert {place: those for place, those in found.items() if "openapi" not in place} == {}
    assert played.seen["trustee before"] == []
    assert {one["person_id"] for one in played.seen["trustee after"]} == {"p-chair", "p-const", "p-trustee", "p-spare"}


async def test_before_the_results_nothing_outside_tells_of_panel_scores_or_recommendation(played: Round) -> None:
    assert traces.hits(played.views["decided"], SEALED) == {}


async def test_a_score_sent_again_is_one_score(played: Round) -> None:
    types = await played.act.types("funding")

    assert played.seen["again", "Lead"] == {"bid_id": played.ids["Lead"], "scored": True}
    assert types.count("funding.bid_scored") == 4 + 3
    assert types.count("funding.scores_given") == 2


async def test_the_ranking_follows_the_weights_and_a_departure_has_its_reasons(played: Round) -> None:
    assert [(one["bid_id"], one["hundredths"], one["recommended"]) for one in played.seen["ranking"]] == [
        (played.ids["Rival"], 7667, False), (played.ids["Lead"], 6500, True)
    ]  # fmt: skip
    assert played.seen["departure"]["citation"] == {"document": "Sutton Compact", "clause": "3.3.2"}
    assert played.seen["sat"]["citation"] == {"document": "Sutton Compact", "clause": "3.1.6"}


async def test_the_unsuccessful_read_their_own_scores_unaltered_and_nobody_elses(played: Round) -> None:
    act, rival, path = played.act, played.vcos["Rival"], f"/bids/{played.ids['Rival']}/given-scores"
    told = await act.reads(rival, "funding", path)
    first = next(one for one in told["scores"] if one["points"] == 9)
    words = await act.reads(rival, "funding", f"{path}/documents/{first['reason_document_id']}")
    other = await act.send(played.vcos["Lead"], "GET", "funding", path)

    assert sorted(one["points"] for one in told["scores"]) == [7, 7, 7, 7, 9, 9]
    assert words.decode() == scores(9, FIRST)["scores"]["need"]["reason"]
    assert not any("p-" in str(one) for one in told["scores"])
    assert other.status_code == 404


async def test_the_scores_and_the_answer_come_in_writing(played: Round) -> None:
    mail = traces.files(played.act, "mail")

    assert traces.hits(mail, [FIRST]) != {}
    assert traces.hits(mail, ["Answeringquagga"]) != {}
    assert played.seen["asked"]["answer_due_on"] == "2014-05-01"
    assert played.seen["twice"]["citation"] == {"document": "Sutton Compact", "clause": "3.3.2"}
    assert played.seen["read by reviewer"]["bid_id"] == played.ids["Rival"]


async def test_what_was_refused_is_known_once_the_results_are_out_and_what_is_read_follows_from_history(
    played: Round,
) -> None:
    told = await played.act.reads(played.council["auditor"], "funding", f"/history?tag=organisation:{COUNCIL}")

    assert {"sat_on_panel", "no_recommendation"} <= {event["data"].get("code") for event in told["events"]}
    await played.act.proved("funding", "notifications")
