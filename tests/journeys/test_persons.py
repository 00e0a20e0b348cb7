"""No name, address or free text of a person is in a journal, topic, log or metric, whatever people write anywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from tests.journeys import traces
from tests.journeys.acting import (
    CLOSES,
    RESULTS,
    Acting,
    Person,
    acting,
    appoint,
    at,
    award,
    bid,
    officers,
    programme,
    register,
    settle_terms,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
COUNCIL = "sutton-council"
ARCADIA, UTOPIA = "Arcadia Carers", "Utopia Choir"
MARKERS = ("Ermintrude", "Quillfeather", "quill.example", "900 411", "900411", "Ramblewick")
WORDS = "Ask Ermintrude Quillfeather of 3 Ramblewick Mews, ermintrude@quill.example, 07700 900 411, who was ill."
CSV = (
    b"Name,Charity number,Contact name,E-mail,Mobile,Address\r\n"
    b"Elsinore Club,9900301,Ermintrude Quillfeather,ermintrude@quill.example,07700 900411,3 Ramblewick Mews\r\n"
    b"Write to ermintrude@quill.example,9900302,Ermintrude Quillfeather,,,\r\n"
    b"Thule Club,ring Ermintrude Quillfeather 07700 900411,,,,\r\n"
)


@dataclass
class Round:
    act: Acting
    council: dict[str, Person]
    vcos: dict[str, Person]
    ids: dict[str, str] = field(default_factory=dict)
    left: traces.Traces = field(default_factory=dict)
    kept: traces.Traces = field(default_factory=dict)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played() -> AsyncIterator[Round]:
    async with acting() as act:
        council = officers(COUNCIL)
        office = council["partnership_office"]
        await act.does(office, "partners", "/rules", {"place": "sutton"})
        await appoint(act, office, *council.values())
        on = Round(act, council, await register(act, office, ARCADIA, UTOPIA))
        for step in (fill_register, ask_and_bid, decide, agree, report, send_rubbish):
            await step(on)
        on.left = {
            **await traces.journals(act), **await traces.tables(act, but=["address_book"]), **await traces.topics(act),
            **await traces.metrics(act), **traces.files(act, "logs"),
            "system.json": (act.system.data / "system.json").read_bytes(),
            "status": repr(await act.stepper.statuses()).encode(),
        }  # fmt: skip
        on.kept = {**traces.files(act, "documents", "mail"), "address book": await address_book(act)}
        yield on


async def address_book(act: Acting) -> bytes:
    return repr([*map(dict, await act.rows("notifications", "select * from address_book"))]).encode()


async def fill_register(on: Round) -> None:
    """A list with contact columns, a suspension with its reasons, contacts with names and addresses."""
    act, office = on.act, on.council["partnership_office"]
    found = await act.does(office, "partners", "/imports", CSV, Content_Type="text/csv")
    assert (found["registered"], found["refused"]) == (1, 2)
    utopia = f"/organisations/{on.vcos[UTOPIA].organisation}"
    await act.does(office, "partners", f"{utopia}/suspension", {"reasons": WORDS})
    await act.does(office, "partners", f"{utopia}/reinstatement")
    for who, ways in ((on.vcos[ARCADIA], ("email",)), (on.vcos[UTOPIA], ("letter",))):
        for way in ways:
            form = {"organisation_id": who.organisation, "person_id": who.id, "channel": way,
                    "office": "secretary", "name": "Ermintrude Quillfeather"}  # fmt: skip
            lines = ["Ermintrude Quillfeather", "3 Ramblewick Mews", "Sutton"]
            form |= {"email": "ermintrude@quill.example"} if way == "email" else {"lines": lines}  # type: ignore[dict-item]
            await act.does(who, "notifications", "/contacts", form)
    await act.quiet()


async def ask_and_bid(on: Round) -> None:
    act, commissioner = on.act, on.council["commissioner"]
    found = await act.does(commissioner, "funding", "/programmes", programme(framework=WORDS))
    path = f"/programmes/{found['programme_id']}"
    asked = await act.does(on.vcos[ARCADIA], "funding", f"{path}/questions", {"question": WORDS})
    answer = {"answer": WORDS, "question": WORDS}
    await act.does(commissioner, "funding", f"{path}/questions/{asked['question_id']}/answer", answer)
    later = {"closes_at": CLOSES.replace(minute=30).isoformat(), "reason": WORDS}
    await act.does(commissioner, "funding", f"{path}/extend-closing", later)
    for name, who in on.vcos.items():
        on.ids[name] = (await act.does(who, "funding", f"{path}/bids", bid(60_000, words=WORDS)))["bid_id"]
    await act.until(CLOSES.replace(minute=31))
    for role in ("commissioner", "body_officer"):
        await act.does(on.council[role], "funding", f"{path}/open-bids")


async def decide(on: Round) -> None:
    act, officer, decider = on.act, on.council["body_officer"], on.council["decider"]
    first, second = (f"/bids/{on.ids[name]}" for name in (ARCADIA, UTOPIA))
    request = {"criterion_id": "constituted", "reasons": WORDS}
    await act.does(officer, "funding", f"{first}/document-requests", request)
    right = f"{first}/document-requests/constituted/document"
    await act.does(on.vcos[ARCADIA], "funding", right, {"text": WORDS})
    for one in (first, second):
        await act.does(officer, "funding", f"{one}/eligible", {"reasons": {"constituted": WORDS}})
    await act.does(decider, "funding", f"{first}/approve", award(60_000, WORDS))
    await act.does(decider, "funding", f"{second}/decline", {"rationale": award(1, WORDS)["rationale"]})
    await act.until(RESULTS)
    on.ids["agreement"] = (await act.listed(decider, "funding", "/agreements"))[0]["agreement_id"]


async def agree(on: Round) -> None:
    act, arcadia, manager = on.act, on.vcos[ARCADIA], on.council["commissioning_manager"]
    path = f"/agreements/{on.ids['agreement']}"
    await settle_terms(act, on.council["commissioner"], arcadia, on.ids["agreement"], WORDS)
    for who in (arcadia, on.council["decider"]):
        await act.does(who, "funding", f"{path}/sign")
    await act.does(
        on.council["commissioner"], "partners", f"/managers/{on.ids['agreement']}", {"person_id": manager.id}
    )
    question = {"id": "q1", "outcome_id": "governed", "what": WORDS, "why": WORDS, "how_used": WORDS}
    form = {"reports": [{"period": "2014 Q1", "opens_on": "2014-07-01", "due_on": "2014-07-31"}],
            "questions": [question]}  # fmt: skip
    found = await act.does(manager, "monitoring", f"{path}/monitoring/proposals", form)
    await act.does(arcadia, "monitoring", f"{path}/monitoring/proposals/{found['proposal_id']}/agreement")
    on.ids["report"] = found["report_ids"][0]


async def report(on: Round) -> None:
    act, arcadia, manager = on.act, on.vcos[ARCADIA], on.council["commissioning_manager"]
    path = f"/reports/{on.ids['report']}"
    await act.until(at(2014, 7, 2))
    await act.does(arcadia, "monitoring", f"{path}/extension-requests", {"until": "2014-08-29", "reason": WORDS})
    await act.does(manager, "monitoring", f"{path}/extension-requests/refusal", {"reason": WORDS})
    outcomes = [{"outcome_id": "governed", "status": "partly", "words": WORDS, "people": 3}]
    form = {"outcomes": outcomes, "answers": [{"question_id": "q1", "words": WORDS}], "value": WORDS,
            "equality": WORDS}  # fmt: skip
    await act.does(arcadia, "monitoring", f"{path}/submissions", form)
    back = {"due_on": "2014-08-20", "reasons": [{"about": "governed", "reason": WORDS}]}
    await act.does(manager, "monitoring", f"{path}/returns", back)
    change = {"kind": "reduce", "ground": "resources", "reasons": WORDS, "budget_decision": {"document": "Budget 2015"}}
    changes = f"/agreements/{on.ids['agreement']}/changes"
    await act.does(on.council["commissioner"], "funding", changes, change)
    await act.quiet()


async def send_rubbish(on: Round) -> None:
    """What cannot be taken is refused; what was in it is kept nowhere."""
    act, office, arcadia = on.act, on.council["partnership_office"], on.vcos[ARCADIA]
    mail = "ermintrude@quill.example"
    holder = {"person_id": mail, "organisation_id": COUNCIL, "role": "commissioner"}
    tries: list[tuple[Person, str, str, Any]] = [
        (office, "partners", "/office-holders", holder), (office, "partners", "/persons/erasure", {"person_id": mail}),
        (office, "partners", "/organisations", {"name": f"Friends of {mail}"}),
        (arcadia, "notifications", "/contacts", {"organisation_id": COUNCIL, "office": "secretary", "channel": "email",
                                                 "email": mail}),
        (arcadia, "notifications", "/contacts", {"whom": WORDS}), (arcadia, "funding", "/receipts", {"what": WORDS}),
        (arcadia, "funding", "/bids/Ermintrude/withdraw", None), (office, "partners", "/imports", WORDS.encode()),
    ]  # fmt: skip
    for who, service, path, body in tries:
        answer = await act.send(who, "POST", service, path, body, key=f"Ermintrude Quillfeather {len(path)}")
        assert answer.status_code >= 400, (path, answer.text)
    looked_up = {"partners": f"/organisations?name={mail}", "funding": f"/history?tag=person:{mail}",
                 "monitoring": "/reports/Quillfeather", "notifications": "/notices/Ermintrude"}  # fmt: skip
    for service, path in looked_up.items():
        await act.send(office, "GET", service, path, correlation_id="Ermintrude-Quillfeather")
    await act.quiet()


async def test_nothing_that_people_wrote_is_in_a_journal_topic_log_or_metric(played: Round) -> None:
    kinds = {place.split()[0] for place in played.left}

    assert traces.hits(played.left, MARKERS) == {}
    assert kinds == {"journal", "table", "topic", "metrics", "file", "system.json", "status"}


async def test_it_stands_in_the_document_store_the_address_book_and_the_mail_that_was_sent(played: Round) -> None:
    found = traces.hits(played.kept, MARKERS)
    kinds = {place.removeprefix("file ").split("/")[0] for place in found}

    assert kinds == {"documents", "mail", "address book"}
    assert sum(place.startswith("file documents/funding") for place in found) > 10


async def test_the_notices_were_sent_with_the_words_unaltered(played: Round) -> None:
    mails = traces.files(played.act, "mail")
    types = await played.act.types("notifications")

    assert any(b"Ermintrude" in content and b"Notice-Number" in content for content in mails.values())
    assert {"notifications.notice_sent", "notifications.letter_ready"} <= {*types}


async def test_an_erased_person_is_gone_from_the_address_book_and_the_chain_still_holds(played: Round) -> None:
    act, who = played.act, played.vcos[ARCADIA]
    sql = "select address, name, salt from address_book where person_id = $1"
    before = await act.rows("notifications", sql, who.id)

    await act.does(played.council["partnership_office"], "partners", "/persons/erasure", {"person_id": who.id})
    await act.quiet()
    after = await act.rows("notifications", sql, who.id)

    assert [row["address"] for row in before] == ["ermintrude@quill.example"]
    assert [tuple(row) for row in after] == [(None, None, None)]
    assert b"ermintrude@quill.example" not in await address_book(act)
    await act.proved()
