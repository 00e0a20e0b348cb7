"""A program that takes mail and keeps it: `python -m compact.mailcatcher --port 2525 --maildir mail`.

The local part of a recipient says what happens: `bounce…` is taken and returned to the sender as a delivery status
notification (RFC 3464), `refused…` is refused for good, `busy…` for the moment, and for `vanish…` the connection ends
after the message was taken, before the sender learns it; for `stutter…` it does so with the first message only.
"""

from __future__ import annotations

import argparse
import asyncio
import mailbox
import re
import signal
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formatdate, make_msgid
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from compact.processes import HOST

LARGEST = 20 * 1024 * 1024
RETURNS = "returns"
CATCHER = "mail.invalid"


def local_part(address: str) -> str:
    """Give what stands before the @, without a `+detail`."""
    return address.rpartition("@")[0].partition("+")[0].lower()


def box_of(address: str) -> str:
    """Name the Maildir of an address: its domain, or `returns` for a return-path address."""
    if local_part(address) == RETURNS:
        return RETURNS
    domain = address.rpartition("@")[2].lower()
    return domain if re.fullmatch(r"[a-z0-9][a-z0-9.-]*", domain) and domain != RETURNS else "other"


def status_notification(recipient: str, sender: str, original: bytes) -> bytes:
    """Write the notification that a message could not be delivered (RFC 3464), with the headers of the message."""
    report = MIMEMultipart("report")
    report.set_param("report-type", "delivery-status")
    report["From"] = f"Mail Delivery System <mailer-daemon@{CATCHER}>"
    report["To"], report["Subject"] = sender, "Undelivered Mail Returned to Sender"
    report["Date"], report["Message-ID"] = formatdate(), make_msgid(domain=CATCHER)
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText(f"The message could not be delivered to {recipient}: there is no such mailbox.\n"))
    report.attach(delivery_status(recipient))
    headers = message_from_bytes(original, policy=policy.compat32)
    headers.set_payload("")
    part = Message()
    part["Content-Type"] = "text/rfc822-headers"
    part.set_payload(headers.as_string())
    report.attach(part)
    return report.as_bytes()


def delivery_status(recipient: str) -> Message:
    """Write the part that machines read: about the report, then about the one recipient."""
    of_report, of_recipient, part = Message(), Message(), Message()
    of_report["Reporting-MTA"] = f"dns; {CATCHER}"
    of_report["Arrival-Date"] = formatdate()
    of_recipient["Final-Recipient"] = f"rfc822; {recipient}"
    of_recipient["Action"], of_recipient["Status"] = "failed", "5.1.1"
    of_recipient["Diagnostic-Code"] = "smtp; 550 5.1.1 no such mailbox"
    part["Content-Type"] = "message/delivery-status"
    part.set_payload([of_report, of_recipient])
    return part


class Catcher:
    """What is done with each recipient and each message."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.stuttered: set[str] = set()
        self.keep(RETURNS)

    def keep(self, box: str, message: bytes | None = None) -> None:
        """Put a message into a Maildir, made where it is absent."""
        maildir = mailbox.Maildir(self.directory / box)
        if message is not None:
            maildir.add(message)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        """Take a recipient, or refuse one whose name asks for it."""
        if local_part(address).startswith("refused"):
            return "550 5.1.1 no such mailbox"
        if local_part(address).startswith("busy"):
            return "451 4.2.1 mailbox busy, try again later"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep a message for each recipient, return it where asked to, or end the connection without a word."""
        content = envelope.original_content or b""
        for recipient in envelope.rcpt_tos:
            self.deliver(recipient, envelope.mail_from or "", content)
        if any([self.ends_without_a_word(recipient) for recipient in envelope.rcpt_tos]) and server.transport:
            server.transport.close()
        return "250 OK"

    def ends_without_a_word(self, recipient: str) -> bool:
        """Say whether the connection ends after this message was taken, before the sender learns it."""
        if local_part(recipient).startswith("stutter") and recipient not in self.stuttered:
            self.stuttered.add(recipient)
            return True
        return local_part(recipient).startswith("vanish")

    def deliver(self, recipient: str, sender: str, content: bytes) -> None:
        """Keep a message for one recipient, or return it; a notification itself is never returned."""
        if local_part(recipient).startswith("bounce"):
            if sender:
                self.deliver(sender, "", status_notification(recipient, sender, content))
            return
        self.keep(box_of(recipient), f"Return-Path: <{sender}>\nDelivered-To: {recipient}\n".encode() + content)


async def serve(port: int, directory: Path, host: str = HOST) -> None:
    """Take mail until told to stop."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_, ended.set)
    catcher = Catcher(directory)
    server = await loop.create_server(
        lambda: SMTP(catcher, hostname=CATCHER, data_size_limit=LARGEST, enable_SMTPUTF8=True, loop=loop), host, port
    )
    async with server:
        await ended.wait()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="compact.mailcatcher", description="Take mail and keep it in Maildirs.")
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    parser.add_argument("--host", default=HOST, help="address to listen on; 0.0.0.0 in a container of its own")
    parser.add_argument("--maildir", type=Path, required=True, help="directory that gets one Maildir per domain")
    asked = parser.parse_args()
    asked.maildir.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(asked.port, asked.maildir, asked.host))


if __name__ == "__main__":
    main()
