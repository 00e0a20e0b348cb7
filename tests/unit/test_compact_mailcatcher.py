"""What the mail catcher keeps, and what it returns."""

import mailbox
from email import message_from_bytes
from pathlib import Path

from compact.mailcatcher import Catcher, box_of, status_notification

SENDER = "returns+notice-1@compact.invalid"
MESSAGE = b"Message-ID: <notice-1@compact.invalid>\r\nSubject: Result of your bid\r\n\r\nThe text.\r\n"


def test_a_status_notification_names_recipient_failure_and_original_message() -> None:
    report = message_from_bytes(status_notification("bounce@vco.example", SENDER, MESSAGE))

    text, status, headers = report.get_payload()
    of_report, of_recipient = status.get_payload()

    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    assert of_report["Reporting-MTA"].startswith("dns; ")
    assert of_recipient["Final-Recipient"] == "rfc822; bounce@vco.example"
    assert (of_recipient["Action"], of_recipient["Status"]) == ("failed", "5.1.1")
    assert headers.get_content_type() == "text/rfc822-headers"
    assert "<notice-1@compact.invalid>" in headers.get_payload()
    assert "The text." not in report.as_string()
    assert text.get_content_type() == "text/plain"


def test_a_message_to_a_mailbox_that_bounces_comes_back_to_its_return_path(tmp_path: Path) -> None:
    Catcher(tmp_path).deliver("bounce-3@vco.example", SENDER, MESSAGE)

    (returned,) = mailbox.Maildir(tmp_path / "returns")

    assert returned["Delivered-To"] == SENDER
    assert returned["Return-Path"] == "<>"
    assert not (tmp_path / "vco.example").exists()


def test_a_notification_is_never_returned_itself(tmp_path: Path) -> None:
    Catcher(tmp_path).deliver("bounce@vco.example", "", MESSAGE)

    assert not list(mailbox.Maildir(tmp_path / "returns"))


def test_a_message_is_kept_by_the_domain_of_its_recipient(tmp_path: Path) -> None:
    Catcher(tmp_path).deliver("office@vco.example", SENDER, MESSAGE)

    (kept,) = mailbox.Maildir(tmp_path / "vco.example")

    assert kept["Message-ID"] == "<notice-1@compact.invalid>"
    assert kept["Delivered-To"] == "office@vco.example"


def test_no_address_leads_out_of_the_mail_directory() -> None:
    assert box_of("x@../../etc") == "other"
    assert box_of("x@returns") == "other"
    assert box_of("returns+notice-9@compact.invalid") == "returns"
