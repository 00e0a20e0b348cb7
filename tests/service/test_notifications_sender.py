"""Notices leave by a mail server, each attempt recorded before; what comes back counts; no address is in a journal."""

from __future__ import annotations

import asyncio
import hashlib
import mailbox
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.smtp import SMTP
from structlog.testing import capture_logs

from compact.mailcatcher import Catcher
from contracts.catalogue import EVENTS
from contracts.envelope import DocumentRef, Event
from contracts.funding import AgreementDrafted, ChangeGround, ChangeKind, FundingChangeProposed, Support
from contracts.monitoring import ReportDue
from contracts.notifications import Channel, NoticeAttempted
from contracts.partners import OrganisationKind, OrganisationRegistered, OrganisationSucceeded, PersonErased
from services.notifications import address_book
from services.notifications.__main__ import service
from services.notifications.sender import quiet
from services.runtime.clock import set_clock
from services.runtime.decisions import Actor
from services.runtime.documents import Documents
from services.runtime.settings import Settings
from tests.conftest import Infrastructure
from tests.living import Living, living, record, until
from tests.service.sample import Sandbox, standing

COUNCIL, VCO = "sutton-council", "vco-lantern-trust"
OFFICER = Actor("officer-1", "partnership_office", COUNCIL)
COLLEAGUE = Actor("officer-2", "partnership_office", COUNCIL)
AUDITOR = Actor("auditor-1", "auditor", "auditors")
REPRESENTATIVE = Actor("rep-1", "vco_representative", VCO)
STRANGER = Actor("rep-2", "vco_representative", "vco-other")
SECRET = "Zebedee Quillfeather"
TOMORROW = datetime(2013, 12, 3, 9, 0, tzinfo=UTC)


class Post(Catcher):
    """The mail catcher, whose first answers to a message can be ordered."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.orders: list[str] = []
        self.port = 0
        self.server: asyncio.Server | None = None

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        order = self.orders.pop(0) if self.orders else ""
        if order.isdigit():
            return f"{order} as ordered"
        answer = await super().handle_DATA(server, session, envelope)
        if order == "close":
            server.transport.close()
        return answer

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(
            lambda: SMTP(self, hostname="mail.invalid", loop=loop), "127.0.0.1", self.port
        )
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self.server is not None:
            self.server.close()
            self.server = None

    def got(self, box: str = "lantern.example") -> list[EmailMessage]:
        found = [bytes(mailbox.Maildir(self.directory / box).get_bytes(key)) for key in self.keys(box)]
        return [cast("EmailMessage", message_from_bytes(raw, policy=default)) for raw in found]

    def keys(self, box: str) -> list[str]:
        return sorted(mailbox.Maildir(self.directory / box).keys())


@dataclass
class Office:
    """The running service, its mail server, and what is asked of it."""

    alive: Living
    post: Post
    settings: Settings
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def contact(self, email: str = "secretary@lantern.example", **changed: Any) -> Any:
        body = {"organisation_id": VCO, "office": "secretary", "channel": "email", "email": email} | changed
        answer = await self.alive.post("/contacts", body, by=OFFICER)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def seat(self) -> Any:
        lines = ["Lantern Trust", "1 Example Street", "Sutton"]
        body = {"organisation_id": VCO, "office": "registered_address", "channel": "letter", "lines": lines}
        return (await self.alive.post("/contacts", body, by=OFFICER)).json()

    async def fact(self, *facts: Event) -> None:
        await record(self.alive.running.journal, facts, self.alive.running.now())

    async def report_due(self, which: str = "r1") -> None:
        await self.fact(
            ReportDue(
                report_id=which, agreement_id="a1", organisation_id=VCO, funder_id=COUNCIL, period="first half",
                opened_on=date(2013, 12, 2), due_on=date(2014, 1, 10), remind_on=None, calendar_version="v",
            )
        )  # fmt: skip

    async def events(self, wire: str) -> list[Any]:
        rows = await self.alive.running.pool.fetch(
            "select data from ledger.journal where type = $1 order by position", f"notifications.{wire}"
        )
        return [EVENTS[f"notifications.{wire}"].model_validate_json(row["data"]) for row in rows]

    async def wait(self, wire: str, times: int = 1) -> list[Any]:
        await self.alive.wait_for(f"notifications.{wire}", times, 30)
        return await self.events(wire)

    async def still(self) -> None:
        """Until nothing is due, under way or to be read."""
        await self.alive.settled()
        await until(lambda: quiet(self.alive.running), "the sender is quiet", 30)
        await self.alive.settled()

    async def only_notice(self) -> str:
        page = (await self.alive.get("/notices", by=OFFICER)).json()
        [notice] = page["items"]
        found: str = notice["notice_id"]
        return found


@pytest.fixture
async def office(infrastructure: Infrastructure, tmp_path: Path) -> AsyncIterator[Office]:
    sandbox, post = Sandbox(infrastructure, tmp_path), Post(tmp_path)
    await post.start()
    settings = (await sandbox.settings("notifications")).model_copy(update={"smtp": f"127.0.0.1:{post.port}"})
    async with living(service, settings) as alive:
        found = Office(alive, post, settings)
        await found.fact(
            *standing(sandbox.place, OFFICER, COLLEAGUE, REPRESENTATIVE, STRANGER),
            _registered(COUNCIL, "Sutton Council", OrganisationKind.COUNCIL),
            _registered(VCO, "Lantern Trust", OrganisationKind.VCO),
            AgreementDrafted(
                agreement_id="a1", bid_id="b1", programme_id="p1", funder_id=COUNCIL, organisation_id=VCO,
                title="Advice in Sutton", amounts=(), outcomes=(), starts_on=date(2013, 10, 1),
                ends_on=date(2016, 9, 30),
            ),
        )  # fmt: skip
        yield found
    await post.stop()


Logged = Callable[[str], Awaitable[bool]]


@pytest.fixture
def logged() -> Iterator[Logged]:
    with capture_logs() as lines:

        async def found(event: str) -> bool:
            return any(line["event"] == event for line in lines)

        yield found


def _registered(which: str, name: str, kind: OrganisationKind) -> OrganisationRegistered:
    return OrganisationRegistered(organisation_id=which, name=name, kind=kind, registered_on=date(2013, 10, 1))


def text_of(message: EmailMessage) -> str:
    return str(message.get_content()).replace("\r\n", "\n")


async def test_a_notice_is_recorded_then_sent_then_served_on_the_next_working_day(office: Office) -> None:
    await office.contact(name=SECRET)
    await office.report_due()

    [sent] = await office.wait("notice_sent")
    [attempted] = await office.events("notice_attempted")
    [message] = office.post.got()
    set_clock(cast("Path", office.settings.clock), TOMORROW)
    [served] = await office.wait("notice_served")
    await office.still()

    assert message["Message-ID"] == attempted.message_id
    assert message["Return-Path"] == f"<returns+{attempted.attempt_id}@example.invalid>"
    assert hashlib.sha256(text_of(message).encode()).hexdigest() == attempted.content_hash == served.content_hash
    assert "Please hand it in by the end of 10 January 2014." in text_of(message)
    assert sent.serves_on == served.served_on == date(2013, 12, 3)
    kept = await office.alive.get(f"/notices/{sent.notice_id}/attempts/{sent.attempt_id}/content", by=REPRESENTATIVE)
    assert kept.text == text_of(message)


async def test_no_address_and_no_name_is_in_the_journal_nor_in_a_read_table(office: Office) -> None:
    given = await office.contact(name=SECRET)
    await office.report_due()
    await office.wait("notice_sent")

    pool, schema = office.alive.running.pool, office.alive.running.reads.schema
    tables = await pool.fetch("select tablename from pg_tables where schemaname in ('ledger', $1)", schema)
    written = [
        str(dict(row))
        for table in tables
        for where in ("ledger", schema)
        if await pool.fetchval("select to_regclass($1)", f'"{where}"."{table["tablename"]}"')
        for row in await pool.fetch(f'select * from "{where}"."{table["tablename"]}"')
    ]
    own = (await office.alive.get("/contacts", by=REPRESENTATIVE)).json()["items"]
    strangers = (await office.alive.get("/contacts", by=STRANGER)).json()["items"]
    auditors = (await office.alive.get("/contacts", by=AUDITOR)).text

    assert written
    assert not [row for row in written if SECRET in row or "secretary@lantern" in row]
    assert own[0]["address"] == ["secretary@lantern.example"]
    assert own[0]["name"] == SECRET
    assert own[0]["address_id"] == given["contact_id"]
    assert strangers == []
    assert "lantern.example" not in auditors


async def test_a_refused_email_is_followed_by_a_letter_posted_by_one_person_and_confirmed_by_another(
    office: Office,
) -> None:
    await office.contact("refused@lantern.example")
    await office.seat()
    await office.report_due()

    [failed] = await office.wait("notice_failed")
    [ready] = await office.wait("letter_ready")
    notice = ready.notice_id
    pdf = await office.alive.get(f"/notices/{notice}/letter", by=OFFICER)
    waiting = (await office.alive.get("/letters/waiting", by=OFFICER)).json()["items"]
    posting = {"attempt_id": ready.attempt_id, "posted_on": "2013-12-02", "certificate": "CP-17"}
    posted = await office.alive.post(f"/notices/{notice}/posted", posting, by=OFFICER)
    letter = {"attempt_id": ready.attempt_id}
    same = await office.alive.post(f"/notices/{notice}/confirm", letter, by=OFFICER)
    other = await office.alive.post(f"/notices/{notice}/confirm", letter, by=COLLEAGUE)
    set_clock(cast("Path", office.settings.clock), datetime(2013, 12, 4, 9, tzinfo=UTC))
    [served] = await office.wait("notice_served")

    assert (failed.reason, failed.bounced) == ("550", False)
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")
    assert hashlib.sha256(pdf.content).hexdigest() == served.content_hash
    assert waiting[0]["address"] == ["Lantern Trust", "1 Example Street", "Sutton"]
    assert posted.status_code == 200
    assert (same.status_code, same.json()["code"]) == (409, "same_person")
    assert other.json()["serves_on"] == "2013-12-04"
    assert served.proved_by == "posted"
    assert (await office.alive.get("/letters/waiting", by=OFFICER)).json()["items"] == []


async def test_a_message_put_off_goes_out_by_a_second_attempt_unmarked(office: Office) -> None:
    office.post.orders = ["451"]
    await office.contact()
    await office.report_due()

    await office.wait("notice_sent")
    [put_off] = await office.events("notice_put_off")
    attempted = await office.events("notice_attempted")
    [message] = office.post.got()

    assert put_off.reason == "451"
    assert [one.copy_of_earlier for one in attempted] == [False, False]
    assert message["Message-ID"] == attempted[1].message_id != attempted[0].message_id


async def test_a_connection_lost_after_the_message_leaves_an_uncertain_attempt_and_a_copy_follows(
    office: Office,
) -> None:
    office.post.orders = ["close"]
    await office.contact()
    await office.report_due()

    await office.wait("notice_sent")
    [uncertain] = await office.events("notice_attempt_uncertain")
    [requested] = await office.events("notice_requested")
    original, copy = sorted(office.post.got(), key=lambda message: "Copy" in text_of(message))

    assert uncertain.reason == "connection_lost"
    assert text_of(original).startswith(f"Notice {requested.notice_number}: ")
    assert text_of(copy).startswith(f"Copy of notice {requested.notice_number}: ")
    assert str(copy["Subject"]).strip().startswith(f"Copy of notice {requested.notice_number}: ")


async def test_an_attempt_that_a_dead_sender_left_open_is_uncertain_and_a_copy_follows(office: Office) -> None:
    await office.post.stop()
    given = await office.contact()
    await office.report_due()
    [requested] = await office.wait("notice_requested")
    await office.fact(
        NoticeAttempted(
            notice_id=requested.notice_id, attempt_id=str(uuid.uuid4()), organisation_id=VCO,
            address_id=given["contact_id"], channel=Channel.EMAIL, message_id="<x@example.invalid>",
            content_hash="0" * 64,
        )
    )  # fmt: skip
    await office.post.start()

    await office.wait("notice_sent")
    [uncertain] = await office.events("notice_attempt_uncertain")
    [copy] = office.post.got()

    assert uncertain.reason == "sender_died"
    assert text_of(copy).startswith("Copy of notice ")


async def test_a_mail_server_that_is_down_leaves_no_attempts_behind(office: Office, logged: Logged) -> None:
    await office.post.stop()
    await office.contact()
    await office.report_due()
    await office.wait("notice_directed")
    await until(lambda: logged("mail_server_unreachable"), "the sender found no mail server")

    before = await office.events("notice_attempted")
    await office.post.start()
    await office.wait("notice_sent")

    assert before == []
    assert len(office.post.got()) == 1


async def test_a_bounce_is_recorded_once_and_rubbish_is_laid_aside(office: Office) -> None:
    returns = mailbox.Maildir(office.post.directory / "returns")
    returns.add(b"\xff\xfe rubbish")
    returns.add(b"To: returns+" + str(uuid.uuid4()).encode() + b"@example.invalid\n\nI am away")
    await office.contact("bounce@lantern.example")
    await office.seat()
    await office.report_due()

    [failed] = await office.wait("notice_failed")
    await office.wait("letter_ready")
    await office.still()
    flags = sorted(message.get_flags() for message in mailbox.Maildir(office.post.directory / "returns"))

    assert (failed.reason, failed.bounced) == ("5.1.1", True)
    assert len(await office.events("notice_failed")) == 1
    assert flags == ["F", "F", "S"]


async def test_reasons_go_out_word_for_word_once_they_are_there(office: Office, logged: Logged) -> None:
    words = "1. The money ends.\n\n   2. {{ nobody }} <is> to blame."
    funding = Documents(office.settings.documents, "funding")
    reasons = await funding.put("reasons-1", "text/plain", words.encode())
    await office.contact()
    await office.fact(_change(reasons))
    await office.wait("notice_directed")
    await until(lambda: logged("notice_waited"), "the sender found no reasons")

    before = await office.events("notice_attempted")
    await funding.open(reasons)
    await office.wait("notice_sent")
    [message] = office.post.got()

    assert before == []
    assert f"\n\n{words}\n\n" in text_of(message)


async def test_a_text_that_was_altered_is_never_sent_and_a_person_is_told(office: Office) -> None:
    funding = Documents(office.settings.documents, "funding")
    reasons = await funding.put("reasons-1", "text/plain", b"The money ends.")
    await funding.open(reasons)
    await office.contact()

    await office.fact(_change(reasons.model_copy(update={"hash": "0" * 64})))
    [escalated] = await office.wait("notice_escalated")
    await office.still()

    assert escalated.reason == "not_rendered"
    assert office.post.got() == []


async def test_what_waits_for_an_address_goes_out_when_one_is_given(office: Office) -> None:
    await office.report_due()
    [escalated] = await office.wait("notice_escalated")

    await office.contact()
    await office.wait("notice_sent")

    assert escalated.reason == "no_contact"
    assert len(office.post.got()) == 1


async def test_what_an_organisation_would_be_told_is_told_to_whoever_took_over(office: Office) -> None:
    heir = STRANGER.organisation
    place = office.settings.place
    await office.contact()
    await office.contact("secretary@heir.example", organisation_id=heir)
    await office.fact(
        _registered(heir, "Heir Trust", OrganisationKind.VCO),
        OrganisationSucceeded(organisation_id=VCO, successor_id=heir, succeeded_on=date(2013, 12, 1), place=place),
    )

    await office.report_due()

    [sent] = await office.wait("notice_sent")
    await office.still()
    assert (sent.organisation_id, len(office.post.got("heir.example")), office.post.got()) == (heir, 1, [])
    by_heir = await office.alive.get(f"/notices/{sent.notice_id}", by=STRANGER)
    by_former = await office.alive.get(f"/notices/{sent.notice_id}", by=REPRESENTATIVE)
    assert (by_heir.status_code, by_former.status_code) == (200, 404)


async def test_two_instances_send_every_notice_once(office: Office) -> None:
    await office.contact()
    await office.contact("treasurer@lantern.example", office="treasurer")

    async with living(service, office.settings):
        for number in range(12):
            await office.report_due(f"r{number}")
        await office.wait("notice_sent", 24)
        await office.still()

    assert len(office.post.got()) == 24
    assert len({message["Message-ID"] for message in office.post.got()}) == 24
    assert await office.events("notice_attempt_uncertain") == []


async def test_an_erased_person_loses_address_and_name_and_the_notice_goes_another_way(office: Office) -> None:
    given = await office.contact("refused@lantern.example", person_id="p-1", name=SECRET)
    other = await office.contact("chair@lantern.example", office="chair")

    await office.fact(PersonErased(person_id="p-1"))
    await office.wait("contact_withdrawn")
    await office.still()
    rows = await office.alive.running.pool.fetch("select * from address_book")
    erased = {row["address_id"]: row for row in rows}[given["contact_id"]]
    again = await office.alive.post(
        "/contacts",
        {"organisation_id": VCO, "person_id": "p-1", "office": "chair", "channel": "email", "email": "x@y.example"},
        by=OFFICER,
    )

    assert (erased["address"], erased["name"], erased["salt"]) == (None, None, None)
    assert erased["erased_at"] is not None
    assert await address_book.address_of(office.alive.running.pool, other["contact_id"]) == "chair@lantern.example"
    assert again.json()["code"] == "person_erased"


async def test_a_contact_sent_twice_is_one_and_a_row_without_its_event_is_swept(office: Office) -> None:
    body = {"organisation_id": VCO, "office": "chair", "channel": "email", "email": "chair@lantern.example"}
    orphan = address_book.Entry(
        address_id="orphan", organisation_id=VCO, person_id=None, office="chair", channel="email",
        address="nobody@lantern.example", name=None,
    )  # fmt: skip
    pool = office.alive.running.pool

    answers = [await office.alive.post("/contacts", body, by=OFFICER, key="one") for _ in range(2)]
    other_body = await office.alive.post("/contacts", body | {"email": "a@b.example"}, by=OFFICER, key="one")
    await address_book.write(pool, orphan)
    await pool.execute("update address_book set written_at = now() - interval '2 hours'")
    await office.alive.settled()
    swept = await address_book.sweep(office.alive.running)
    row = await pool.fetchrow("select * from address_book")

    assert answers[0].content == answers[1].content
    assert other_body.status_code == 422
    assert swept == 1
    assert answers[0].json()["address_hash"] == address_book.hash_of(row["salt"], "chair@lantern.example")
    assert len(await office.events("contact_given")) == 1


async def test_a_notice_is_seen_by_its_organisation_the_office_and_the_auditor_alone(office: Office) -> None:
    await office.contact()
    await office.report_due()
    await office.wait("notice_sent")
    notice = await office.only_notice()

    own = await office.alive.get(f"/notices/{notice}", by=REPRESENTATIVE)
    others = await office.alive.get(f"/notices/{notice}", by=STRANGER)
    said = await office.alive.post(f"/notices/{notice}/acknowledge", {}, by=REPRESENTATIVE)
    not_theirs = await office.alive.post(f"/notices/{notice}/acknowledge", {}, by=STRANGER)
    listed = (await office.alive.get("/notices", by=STRANGER)).json()["items"]

    assert own.json()["attempts"][0]["state"] == "sent"
    assert "lantern.example" not in own.text
    assert (others.status_code, not_theirs.status_code, listed) == (404, 404, [])
    assert said.json()["served_on"] == "2013-12-02"
    assert (await office.alive.get(f"/notices/{notice}", by=AUDITOR)).json()["proved_by"] == "acknowledged"


async def test_service_is_deemed_by_a_person_after_two_failures(office: Office) -> None:
    await office.contact("refused@lantern.example")
    await office.report_due()
    await office.wait("notice_escalated")
    notice = await office.only_notice()

    deemed = await office.alive.post(f"/notices/{notice}/deem", {}, by=OFFICER)

    assert deemed.json()["deemed_on"] == "2013-12-02"
    assert len(await office.events("notice_failed")) == 2


def _change(reasons: DocumentRef) -> FundingChangeProposed:
    return FundingChangeProposed(
        change_id="ch1", agreement_id="a1", funder_id=COUNCIL, organisation_id=VCO, kind=ChangeKind.END,
        support=Support.FUNDING, ground=ChangeGround.RESOURCES, proposed_by="p", reasons=reasons, opens=(),
    )  # fmt: skip
