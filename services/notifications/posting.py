"""One conversation with the mail server, and what may be concluded from how it ended."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

import aiosmtplib

from services.runtime.settings import Settings

ANSWER_WITHIN = 60.0
LOST = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError, TimeoutError)


class Unreachable(Exception):
    """No mail server can be talked to; nothing was begun."""


@dataclass(frozen=True)
class Taken:
    """The server took the message."""


@dataclass(frozen=True)
class PutOff:
    """The server would not take it now, and has nothing of it."""

    reason: str


@dataclass(frozen=True)
class Refused:
    """The server refused it for good, at this address."""

    reason: str


@dataclass(frozen=True)
class Unknown:
    """It may or may not have been taken."""

    reason: str


Ending = Taken | PutOff | Refused | Unknown


class Post:
    """A connection to the mail server, opened before an attempt is recorded and used for several."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.client: aiosmtplib.SMTP | None = None

    async def ready(self) -> None:
        """Be connected and greeted; raises Unreachable, so that an outage leaves no attempts behind."""
        if self.client is not None and self.client.is_connected:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await self.client.rset()
                return
        client = aiosmtplib.SMTP(
            hostname=self.settings.smtp_host,
            port=self.settings.smtp_port,
            timeout=ANSWER_WITHIN,
            local_hostname="notifications.invalid",
            use_tls=self.settings.smtp_tls == "tls",
            start_tls=self.settings.smtp_tls == "starttls",
            username=self.settings.smtp_username,
            password=self.settings.smtp_password(),
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise Unreachable(type(error).__name__) from None
        self.client = client

    async def send(self, sender: str, recipient: str, message: bytes) -> Ending:
        """Hand over one message."""
        if self.client is None:
            raise Unreachable("not connected")
        return await self._envelope(self.client, sender, recipient) or await self._data(self.client, message)

    async def close(self) -> None:
        """Take leave of the server."""
        if self.client is not None:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                async with asyncio.timeout(2):
                    await self.client.quit()
            self.client.close()
            self.client = None

    async def _envelope(self, client: aiosmtplib.SMTP, sender: str, recipient: str) -> Ending | None:
        try:
            await client.mail(sender)
        except aiosmtplib.SMTPResponseException as error:
            return PutOff(f"sender_{error.code}")  # about us, not about the address: never the organisation's failure
        except LOST:
            return PutOff("connection_lost")
        try:
            await client.rcpt(recipient)
        except aiosmtplib.SMTPResponseException as error:
            return _answered(error)
        except LOST:
            return PutOff("connection_lost")
        return None

    async def _data(self, client: aiosmtplib.SMTP, message: bytes) -> Ending:
        try:
            await client.data(message)
        except aiosmtplib.SMTPResponseException as error:
            return _answered(error)
        except (*LOST, aiosmtplib.SMTPException) as error:
            return Unknown("timed_out" if isinstance(error, TimeoutError) else "connection_lost")
        return Taken()


def _answered(error: aiosmtplib.SMTPResponseException) -> Ending:
    if 500 <= error.code < 600:
        return Refused(str(error.code))
    if 400 <= error.code < 500:
        return PutOff(str(error.code))
    return Unknown(f"answer_{error.code}" if error.code > 0 else "answer_unreadable")
