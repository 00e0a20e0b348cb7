from email.message import EmailMessage, Message
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from compact.mailcatcher import status_notification
from services.notifications.rendering import Rendered, email
from services.notifications.returns import _move, read_report, waiting
from tests.unit.notifications_givens import TUESDAY, at

RETURN_PATH = "returns@example.invalid"
ATTEMPT = "6f0c5a86-94e7-8e0b-9f2e-0d4f6f3b8a11"
VERP = f"returns+{ATTEMPT}@example.invalid"


def an_email() -> bytes:
    return email(
        Rendered("Subject", "Body"), number="N-1", message_id=f"<{ATTEMPT}@example.invalid>", to="a@lantern.example",
        sender=RETURN_PATH, sent_at=at(TUESDAY),
    )  # fmt: skip


def a_report(to: str = VERP, action: str = "failed", status: str = "5.1.1") -> bytes:
    return (
        status_notification("a@lantern.example", to, an_email())
        .replace(b"Action: failed", f"Action: {action}".encode())
        .replace(b"Status: 5.1.1", f"Status: {status}".encode())
    )


def test_a_bounce_is_known_by_the_recipient_that_only_its_attempt_had():
    report = read_report(a_report(), RETURN_PATH)

    assert report is not None
    assert (report.attempt_id, report.failed, report.reason) == (ATTEMPT, True, "5.1.1")


def test_a_bounce_to_the_plain_return_path_is_known_by_the_message_id_it_returns():
    report = read_report(a_report(to=RETURN_PATH), RETURN_PATH)

    assert report is not None
    assert report.attempt_id == ATTEMPT
    assert report.failed


def test_a_mail_server_may_write_the_recipient_in_capitals():
    report = read_report(a_report(to=VERP.upper()).replace(b"Message-ID", b"X-Gone"), RETURN_PATH)

    assert report is not None
    assert report.attempt_id == ATTEMPT


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_report_of_delay_or_delivery_is_no_failure(action):
    report = read_report(a_report(action=action, status="4.4.7"), RETURN_PATH)

    assert report is not None
    assert not report.failed


def test_a_status_that_is_none_is_not_repeated():
    report = read_report(a_report(status="someone@lantern.example is away"), RETURN_PATH)

    assert report is not None
    assert report.reason == "unspecified"


def an_auto_reply() -> bytes:
    reply = EmailMessage()
    reply["To"], reply["Subject"], reply["Auto-Submitted"] = VERP, "Out of office", "auto-replied"
    reply.set_content("I am away. Action: failed\nStatus: 5.1.1\n")
    return reply.as_bytes()


def another_bodys_bounce() -> bytes:
    return a_report(to="returns@elsewhere.invalid").replace(b"@example.invalid", b"@elsewhere.invalid")


def an_empty_status() -> bytes:
    part = Message()
    part["Content-Type"], part["To"] = "message/delivery-status", VERP
    part.set_payload("")
    return part.as_bytes()


@pytest.mark.parametrize(
    "rubbish",
    [b"", b"\x00\xff" * 999, b"Subject: hello\n\nhello", an_auto_reply(), another_bodys_bounce(), an_empty_status()],
    ids=["empty", "bytes", "a letter", "an auto-reply", "another body's", "an empty status"],
)
def test_what_is_no_report_about_an_attempt_of_ours_is_none(rubbish):
    assert read_report(rubbish, RETURN_PATH) is None


@settings(max_examples=60, deadline=None)
@given(raw=some.binary(max_size=400), cut=some.integers(0, 2500), at_byte=some.integers(0, 2500))
def test_no_bytes_whatever_make_the_reader_fail(raw, cut, at_byte):
    whole = a_report()

    read_report(raw, RETURN_PATH)
    read_report(whole[:cut], RETURN_PATH)
    read_report(whole[:at_byte] + raw + whole[at_byte:], RETURN_PATH)


def test_a_message_that_was_read_leaves_the_new_mail_also_where_another_took_it(tmp_path: Path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1.host").write_bytes(a_report())

    found = waiting(tmp_path)
    _move(tmp_path, "1.host", ":2,S")
    _move(tmp_path, "1.host", ":2,S")

    assert found == ["1.host"]
    assert waiting(tmp_path) == []
    assert waiting(tmp_path / "absent") == []
    assert [file.name for file in (tmp_path / "cur").iterdir()] == ["1.host:2,S"]
