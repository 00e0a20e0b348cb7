"""After the journal of notifications was restored and recovered, what may have gone out is doubted and read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.every_service import HistoryRecovered
from contracts.notifications import (
    Channel,
    ContactGiven,
    NoticeDirected,
    NoticeRequested,
    NoticesDoubted,
)
from services.notifications import address_book, returns
from services.notifications.__main__ import service
from services.runtime.process import opened
from tests.conftest import Infrastructure
from tests.living import living, record
from tests.service.sample import Sandbox, standing

VCO, NOTICE = "vco-lantern-trust", "n1"
REGISTERED = address_book.Entry(
    address_id="a1", organisation_id=VCO, person_id=None, office="secretary", channel="letter", address="1 High Street",
    name=None,
)  # fmt: skip


@pytest.fixture
def sandbox(infrastructure: Infrastructure, tmp_path: Path) -> Sandbox:
    return Sandbox(infrastructure, tmp_path)


def recovered(place: str) -> HistoryRecovered:
    return HistoryRecovered(
        journal=f"{place}.notifications", after=1, upto=2, published=1, received=0, lost=0, digest="0" * 64
    )


def due() -> list[ContactGiven | NoticeRequested | NoticeDirected]:
    return [
        ContactGiven(
            address_id="a1", organisation_id=VCO, person_id=None, office="secretary", channel=Channel.LETTER,
            address_hash="0" * 64,
        ),
        NoticeRequested(
            notice_id=NOTICE, notice_number="N-1", organisation_id=VCO, about="report:r1", template="report_due",
            because_of="e1",
        ),
        NoticeDirected(notice_id=NOTICE, organisation_id=VCO, address_ids=("a1",)),
    ]  # fmt: skip


async def test_every_open_notice_is_doubted_before_anything_leaves(sandbox: Sandbox) -> None:
    settings = await sandbox.declared("notifications")
    async with opened(service, settings) as running:
        await running.reacting.prepare()  # so that the recovery is no history to the reactions
        await address_book.write(running.pool, REGISTERED)
        await record(running.journal, [*standing(sandbox.place), *due(), recovered(sandbox.place)])
    async with living(service, settings) as notifications:
        await notifications.wait_for(NoticesDoubted.wire)
        types = await notifications.types()

    lost, doubted = types.index("notifications.attempt_lost"), types.index(NoticesDoubted.wire)
    assert lost < doubted
    assert "notifications.notice_attempted" not in types[:doubted]


async def test_returned_mail_is_read_again_until_the_recovery_was_settled(sandbox: Sandbox) -> None:
    settings = await sandbox.declared("notifications")
    assert settings.returns is not None
    for folder in ("new", "cur"):
        (settings.returns / folder).mkdir(parents=True)
    (settings.returns / "cur" / "1.host:2,S").write_bytes(b"returned")

    async with opened(service, settings) as running:
        await returns.read_again(running)
        before = returns.waiting(settings.returns)
        await record(running.journal, [recovered(sandbox.place)])
        await returns.read_again(running)
        after = returns.waiting(settings.returns)
        returns._move(settings.returns, "1.host", ":2,S")
        await record(running.journal, [NoticesDoubted(journal=running.journal.name, recovery="e1")])
        await returns.read_again(running)

    assert (before, after, returns.waiting(settings.returns)) == ([], ["1.host"], [])
