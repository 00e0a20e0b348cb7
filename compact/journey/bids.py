"""Act 2: a programme is published, bids come in sealed, what cannot be is refused, and two people open what stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from compact.journey.people import (
    ADVICE,
    AUDITOR,
    BEFRIENDING,
    CARERS,
    CHOIR,
    COMMISSIONER,
    HISTORY,
    NEIGHBOURS,
    OFFICE,
    OFFICER,
    REPAIR,
    TRANSPORT,
    VOLUNTEERS,
    YOUTH,
    Vco,
)
from compact.journey.playing import Play
from services.runtime.calendar import LONDON

TITLE = "2. A programme, and sealed bids"
PROGRAMME = "Strategic Partner Programme 2014 to 2017"
SPP, ROUND = "Strategic Partner Programme", f"Programme {PROGRAMME}"
YEARS = ("2014/15", "2015/16", "2016/17")
MONEY = 450_000
"""What the programme has in each of its years."""
CLOSES = datetime(2014, 1, 31, 17, 0, tzinfo=LONDON)
RESULTS = datetime(2014, 4, 1, 9, 0, tzinfo=LONDON)
OUTCOMES = ("governed", "heard")
CRITERIA = {"need": 40, "value": 30, "governance": 30}
ELIGIBILITY = {"constituted": "It has a constitution and a bank account of its own",
               "second_tier": "It supports other voluntary organisations of the borough"}  # fmt: skip
STANDING = (ADVICE, TRANSPORT, CARERS, VOLUNTEERS, NEIGHBOURS, BEFRIENDING)
"""Those whose bids stand at closing."""
ASKED = {ADVICE: 150_000, TRANSPORT: 160_000, CARERS: 120_000, VOLUNTEERS: 140_000, NEIGHBOURS: 90_000,
         BEFRIENDING: 100_000}  # fmt: skip
"""What each bid asks for, a year."""
SHARE = 60_000


def at(year: int, month: int, day: int, hour: int = 9, minute: int = 0, second: int = 0) -> datetime:
    """A moment in London."""
    return datetime(year, month, day, hour, minute, second, tzinfo=LONDON)


def of_bid(play: Play, vco: Vco, what: str) -> str:
    """Where a step with a bid goes."""
    return f"/bids/{play.id(f'bid {vco.key}')}/{what}"


def programme(title: str = PROGRAMME, money: int = MONEY) -> dict[str, Any]:
    """The form of a round."""
    return {
        "title": title, "rules_key": "spp",
        "criteria": [{"id": one, "text": f"How the bid shows its {one}", "weight": n} for one, n in CRITERIA.items()],
        "eligibility": [{"id": one, "text": text} for one, text in ELIGIBILITY.items()],
        "money": [{"year": year, "pounds": money} for year in YEARS],
        "opens_at": at(2013, 12, 2).isoformat(), "closes_at": CLOSES.isoformat(), "results_at": RESULTS.isoformat(),
        "term_starts_on": "2014-04-01", "term_ends_on": "2017-03-31",
        "legal_basis": "Local Government Act 1972, section 137",
        "framework": "The framework stands on clarity, clear parameters, accountability and transparency.",
    }  # fmt: skip


def bid(vco: Vco, a_year: int = 0, **changes: Any) -> dict[str, Any]:
    """The form of a bid: staff as core costs, the rest as overheads, two outcomes."""
    a_year = a_year or ASKED.get(vco, 50_000)
    overhead = 10_000
    lines = [
        {"id": f"{kind}-{year[:4]}", "kind": kind, "year": year, "pounds": pounds, "words": f"The {kind} costs"}
        for year in YEARS for kind, pounds in (("core", a_year - overhead), ("overhead", overhead))
    ]  # fmt: skip
    form = {
        "summary": f"{vco.name} supports the voluntary organisations of the borough.", "lines": lines,
        "outcomes": [outcome("governed", "organisations", 60), outcome("heard", "meetings", 12)],
        "declarations": dict.fromkeys(ELIGIBILITY, True),
        "answers": {one: f"Our answer on {one}, as the accounts of two years show." for one in CRITERIA},
        "legal_basis_acknowledged": True,
    }  # fmt: skip
    return {**form, **changes}


def outcome(id_: str, unit: str, target: int) -> dict[str, Any]:
    """One outcome that a bid commits to, and how it will be achieved."""
    return {"id": id_, "what": f"Voluntary organisations are better {id_}.", "target": target, "unit": unit,
            "how": "A yearly visit to each of them, with advice on what it shows."}  # fmt: skip


async def publish(play: Play) -> None:
    """Criteria, weights, money and dates stand fixed from then on."""
    found = await play.does(
        COMMISSIONER, f"publishes the {PROGRAMME}: £{MONEY:,} a year, closing on {CLOSES:%-d %B %Y at %H:%M}",
        "funding", "/programmes", {**programme(), "panel_points": 10}, writes=("ProgrammePublished",),
    )  # fmt: skip
    play.keep("programme", found["programme_id"])
    await play.settled()
    read = await play.reads(OFFICE, "funding", f"/programmes/{found['programme_id']}")
    play.expect(len(read["criteria"]) == len(CRITERIA), "Anybody can read its criteria and weights, without a token.")


async def answer_question(play: Play) -> None:
    """A question is answered to everybody at once, without saying who asked."""
    path = f"/programmes/{play.id('programme')}/questions"
    question = {"question": "May a bid include the rent of an office that is shared with others?"}
    asked = await play.does(play.of(ADVICE), "asks a question", "funding", path, question, writes=("QuestionAsked",))
    await play.does(
        COMMISSIONER, "answers it to all", "funding", f"{path}/{asked['question_id']}/answer",
        {"answer": "Yes: its share of the rent is a core cost. Show how the share was worked out."},
        writes=("QuestionAnsweredToAll",),
    )  # fmt: skip
    items = (await play.reads(OFFICE, "funding", path))["items"]
    document = f"/programmes/{play.id('programme')}/documents/{items[0]['answer_document_id']}"
    words = await play.reads(play.of(CHOIR), "funding", document)
    play.expect(words.startswith(b"Yes:"), "Everybody reads question and answer; nobody reads who asked.")


def bids_path(play: Play) -> str:
    """Where bids go."""
    return f"/programmes/{play.id('programme')}/bids"


async def submit(play: Play, vco: Vco, form: dict[str, Any], what: str) -> dict[str, Any]:
    """A bid that is taken in, with its receipt."""
    found = await play.does(
        play.of(vco), what, "funding", bids_path(play), form, writes=("BidSubmitted", "BidReceived")
    )
    play.keep(f"bid {vco.key}", found["bid_id"])
    receipt = found["receipt"]
    play.telling.note(
        f"receipt {receipt['number']}, {receipt['received_at']}, SHA-256 {receipt['document_hash'][:16]}…"
    )
    return found


async def refuse(play: Play, vco: Vco, what: str, form: dict[str, Any], code: str, cites: str) -> None:
    """A bid that is refused."""
    await play.refused(play.of(vco), what, "funding", bids_path(play), form, code=code, cites=cites)


async def take_bids(play: Play) -> None:
    """Bids are taken in sealed, each with a receipt; faults are refused with their clause and can be corrected."""
    await play.wait_until(at(2014, 1, 20, 10))
    await submit(play, ADVICE, bid(ADVICE), f"hands in a bid for £{ASKED[ADVICE]:,} a year")
    await refuse(play, TRANSPORT, "a bid for £180,000 a year", bid(TRANSPORT, 180_000),
                 "over_yearly_maximum", f"{SPP} Structure")  # fmt: skip
    await submit(play, TRANSPORT, bid(TRANSPORT), f"hands in a corrected bid for £{ASKED[TRANSPORT]:,} a year")
    project = bid(CARERS)
    project["lines"] = [*project["lines"], {"id": "minibus", "kind": "project", "year": "2014/15", "pounds": 9_000}]
    await refuse(play, CARERS, "a bid with a project-cost line", project, "project_cost_line", f"{SPP} Aims")
    await submit(play, CARERS, bid(CARERS), "hands in the bid without that line")
    await refuse(play, CHOIR, "a bid without outcomes", bid(CHOIR, outcomes=[]), "no_outcomes", f"{SPP} Aims")
    declared = {**dict.fromkeys(ELIGIBILITY, True), "second_tier": False}
    await refuse(play, HISTORY, 'a bid that declares "no" to a criterion', bid(HISTORY, declarations=declared),
                 "declared_not_eligible", "Sutton Compact 3.3.8")  # fmt: skip


async def send_twice(play: Play) -> None:
    """The same request again is answered as the first time."""
    await submit(play, NEIGHBOURS, bid(NEIGHBOURS), "hands in a bid by a representative without e-mail")
    same = {"Idempotency-Key": "befriending-bid-1"}
    who, words = play.of(BEFRIENDING), "hands in a bid"
    first = await play.does(who, words, "funding", bids_path(play), bid(BEFRIENDING), headers=same,
                            writes=("BidSubmitted", "BidReceived"))  # fmt: skip
    again = await play.does(who, "sends the very same request again", "funding", bids_path(play), bid(BEFRIENDING),
                            headers=same)  # fmt: skip
    play.keep("bid befriending", first["bid_id"])
    once = again == first and play.telling.count("funding", "BidSubmitted") == 2
    play.expect(once, f"It gets the same receipt {again['receipt']['number']}; the bid stands once.")
    await refuse(play, BEFRIENDING, "a second bid beside the first", bid(BEFRIENDING), "bid_already_submitted",
                 f"{ROUND} one bid for each organisation")  # fmt: skip


async def join_consortium(play: Play) -> None:
    """A lead and a member, which confirms its own part and share, and sees no more of the bid."""
    youth = play.of(YOUTH)
    member = {"organisation_id": youth.organisation, "share_pounds": SHARE, "part": "Work with young volunteers"}
    await submit(play, VOLUNTEERS, bid(VOLUNTEERS, members=[member]), f"hands in a bid together with {YOUTH.name}")
    path = f"/bids/{play.id('bid volunteers')}"
    await play.hidden(youth, "the whole bid of its lead", "funding", path)
    await play.refused(youth, "confirming another share", "funding", f"{path}/part/confirm",
                       {"share_pounds": SHARE + 1}, code="share_differs", cites=f"{ROUND} consortium")  # fmt: skip
    await play.does(youth, f"confirms its part and its share of £{SHARE:,}", "funding", f"{path}/part/confirm",
                    {"share_pounds": SHARE}, writes=("ConsortiumMemberConfirmed",))  # fmt: skip


async def nobody_reads(play: Play) -> None:
    """Before two people open the bids, nobody but the bidder can read one, nor learn who has bid."""
    play.telling.does("Everybody tries to read a sealed bid.", play.now)
    bid_id, programme_id = play.id("bid advice"), play.id("programme")
    for who in (OFFICER, COMMISSIONER, play.of(TRANSPORT)):
        await play.hidden(who, "the bid", "funding", f"/bids/{bid_id}")
    await play.hidden(OFFICER, "the list of bids", "funding", f"/programmes/{programme_id}/bids")
    await play.hidden(AUDITOR, "the bid", "funding", f"/bids/{bid_id}")
    seen = {one for who in (AUDITOR, OFFICER, OFFICE, play.of(TRANSPORT))
            for tag in (f"bid:{bid_id}", f"organisation:{play.of(ADVICE).organisation}")
            for one in await play.history(who, "funding", tag)}  # fmt: skip
    play.expect(
        "funding.bid_submitted" not in seen, "No history tells of it to auditor, officer, office or another VCO."
    )
    own = await play.reads(play.of(ADVICE), "funding", f"/bids/{bid_id}")
    play.expect(own["bid_id"] == bid_id, "The bidder itself reads its bid.")
    await play.refused(COMMISSIONER, "opening the bids before closing", "funding",
                       f"/programmes/{programme_id}/open-bids", code="opening_too_early",
                       cites=f"{ROUND} closing time")  # fmt: skip


async def close(play: Play) -> None:
    """One second late is late."""
    await play.wait_until(CLOSES.replace(second=1))
    await refuse(play, REPAIR, "a bid one second after closing", bid(REPAIR), "bid_late", f"{ROUND} closing time")


async def open_bids(play: Play) -> None:
    """Two people open the bids; one person cannot do it alone."""
    await play.wait_until(at(2014, 2, 3, 10))
    path = f"/programmes/{play.id('programme')}/open-bids"
    await play.does(COMMISSIONER, "asks for the bids to be opened", "funding", path, writes=("BidsOpeningStarted",))
    await play.refused(COMMISSIONER, "being the second person too", "funding", path, code="same_person",
                       cites=f"{ROUND} opening by two people")  # fmt: skip
    await play.hidden(OFFICER, "the bids", "funding", f"/programmes/{play.id('programme')}/bids")
    found = await play.does(OFFICER, "opens them as the second person", "funding", path, writes=("BidsOpened",))
    play.expect({*found["bid_ids"]} == {play.id(f"bid {vco.key}") for vco in STANDING}, "Six bids lie open.")
    await play.settled()
    listed = await play.listed(COMMISSIONER, "funding", f"/programmes/{play.id('programme')}/bids")
    play.expect(not any(one["unconfirmed_member_ids"] for one in listed), "Every member of a consortium confirmed.")
    await play.hidden(play.of(TRANSPORT), "another's bid, opened or not", "funding", f"/bids/{play.id('bid advice')}")


STEPS = (
    publish, answer_question, take_bids, send_twice, join_consortium, nobody_reads, close, open_bids,
)  # fmt: skip
