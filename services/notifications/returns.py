"""Guarantee: a bounce in the return-path mailbox is recorded once, whatever else lies there, and nothing stops us.

Reports of non-delivery (RFC 3464) are matched to an attempt by the recipient that only this attempt had as its sender
(VERP), or by the Message-ID in the returned headers. What was read goes to `cur`; what cannot be matched is flagged for
a person to look at.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import structlog

from contracts.every_service import HistoryRecovered
from services.notifications import attempts, handlers
from services.runtime.follower import pause
from services.runtime.reactions import RETRY
from services.runtime.running import Running

log = structlog.get_logger()
LARGEST = 1024 * 1024
LOOK_EVERY = 0.5
LOOKS = 5
"""How often an attempt that is not known here is looked for before its message is laid aside."""
READ, ASIDE = ":2,S", ":2,F"
RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-RcptTo", "To")
ATTEMPT = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True)
class Report:
    """What a message in the return-path mailbox says about an attempt."""

    attempt_id: str
    failed: bool
    reason: str


def read_report(raw: bytes, return_path: str) -> Report | None:
    """A delivery report about one of our attempts; None for anything else."""
    try:
        message = message_from_bytes(raw[:LARGEST])
        parts = list(message.walk())
        attempt_id = _by_recipient(message, return_path) or _by_message_id(parts, return_path)
        statuses = [status for part in parts for status in _statuses(part)]
    except Exception:  # the standard library's parser raises many kinds over rubbish
        return None
    if attempt_id is None or not statuses:
        return None
    failed = [status for action, status in statuses if action == "failed"]
    return Report(attempt_id, bool(failed), failed[0] if failed else statuses[0][1])


def _by_recipient(message: Message, return_path: str) -> str | None:
    local, _, domain = return_path.rpartition("@")
    verp = re.compile(rf"{re.escape(local)}\+({ATTEMPT})@{re.escape(domain)}", re.IGNORECASE)
    for name in RECIPIENTS:
        for value in message.get_all(name, []):
            if found := verp.search(str(value)):
                return found[1].lower()
    return None


def _by_message_id(parts: list[Message], return_path: str) -> str | None:
    domain = re.escape(return_path.rpartition("@")[2])
    ours = re.compile(rf"^Message-ID:\s*<({ATTEMPT})@{domain}>", re.IGNORECASE | re.MULTILINE)
    for part in parts[1:]:
        found = ours.search(part.as_string())
        if found and part.get_content_type() in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
            return found[1].lower()
    return None


def _statuses(part: Message) -> Iterator[tuple[str, str]]:
    """Action and status of each recipient in a delivery-status part."""
    if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
        return
    for block in part.get_payload():
        action = str(block.get("Action", "") if isinstance(block, Message) else "").strip().lower()
        if isinstance(block, Message) and action:
            found = STATUS.search(str(block.get("Status", "")))
            yield action, found[0] if found else "unspecified"


class Returns:
    """The return-path mailbox of this place, a Maildir."""

    def __init__(self, running: Running, folder: Path) -> None:
        self.running, self.folder = running, folder
        self.looked: dict[str, int] = {}

    async def round(self) -> None:
        """Read every new message once."""
        for name in await asyncio.to_thread(waiting, self.folder):
            raw = await asyncio.to_thread(_read, self.folder / "new" / name)
            if raw is not None:
                await self._take(name, raw)

    async def _take(self, name: str, raw: bytes) -> None:
        report = await asyncio.to_thread(read_report, raw, self.running.settings.return_path)
        if report is None:
            log.warning("returned_mail_laid_aside", reason="no_delivery_report", file=name)
            await self._move(name, ASIDE)
        elif not report.failed:
            await self._move(name, READ)
        else:
            await self._bounce(name, report)

    async def _bounce(self, name: str, report: Report) -> None:
        rows = await self.running.rows(
            "select notice_id, organisation_id from attempts where attempt_id = $1", report.attempt_id
        )
        if not rows:
            await self._not_known(name)
            return
        act = self.running.act(f"bounce {report.attempt_id}")
        about = attempts.about(act.actor, act.now, rows[0]["notice_id"], rows[0]["organisation_id"], report.attempt_id)
        command = attempts.RecordFailure(**about, reason=report.reason, bounced=True)
        outcome = await handlers.record_failure(self.running.unit(act), command)
        if outcome.rejection:
            log.warning("bounce_not_recorded", attempt_id=report.attempt_id, reason=outcome.rejection.code)
        if outcome.position is not None:
            await self.running.reads.reached(outcome.position)
        await self._move(name, READ)

    async def _not_known(self, name: str) -> None:
        self.looked[name] = self.looked.get(name, 0) + 1
        if self.looked[name] >= LOOKS:
            log.warning("returned_mail_laid_aside", reason="attempt_unknown", file=name)
            await self._move(name, ASIDE)

    async def _move(self, name: str, info: str) -> None:
        self.looked.pop(name, None)
        await asyncio.to_thread(_move, self.folder, name, info)


async def run(running: Running) -> None:
    """Read the return-path mailbox until the process stops."""
    if running.settings.returns is None:
        log.warning("no_return_path_mailbox", remedy="set COMPACT_NOTIFICATIONS_RETURNS to a Maildir")
        return
    returns = Returns(running, running.settings.returns)
    while not running.stopping.is_set():
        try:
            if may_act(running):
                await returns.round()
        except RETRY as error:
            log.warning("returned_mail_not_read", reason=type(error).__name__)
        except Exception as error:
            log.error("returned_mail_failed", reason=type(error).__name__, exc_info=True)
        await pause(running.stopping, LOOK_EVERY)


def may_act(running: Running) -> bool:
    """Whether the bus agrees and the read tables have caught up: before, an attempt of ours might look unknown."""
    return running.bus.agreed.is_set() and running.reads.caught_up.is_set()


async def mail_waits(running: Running) -> bool:
    """Whether new mail lies in the return-path mailbox."""
    folder = running.settings.returns
    return folder is not None and bool(await asyncio.to_thread(waiting, folder))


async def read_again(running: Running) -> None:
    """After a recovery, put back what was read: the facts of returned mail may be among what was lost."""
    last = await running.pool.fetchval(
        "select type from ledger.tagged where tag = $1 order by position desc limit 1",
        f"journal:{running.journal.name}",
    )
    if last == HistoryRecovered.wire and running.settings.returns is not None:
        await asyncio.to_thread(_put_back, running.settings.returns)


def _put_back(folder: Path) -> None:
    if not (folder / "cur").is_dir():
        return
    for file in (folder / "cur").iterdir():
        file.rename(folder / "new" / file.name.partition(":")[0])


def waiting(folder: Path) -> list[str]:
    """The names of the new messages, oldest first."""
    try:
        return sorted(file.name for file in (folder / "new").iterdir() if file.is_file())
    except FileNotFoundError:
        return []


def _read(file: Path) -> bytes | None:
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST)
    except FileNotFoundError:
        return None  # another instance took it


def _move(folder: Path, name: str, info: str) -> None:
    (folder / "cur").mkdir(exist_ok=True)
    try:
        (folder / "new" / name).rename(folder / "cur" / f"{name.partition(':')[0]}{info}")
    except FileNotFoundError:
        return  # another instance took it
