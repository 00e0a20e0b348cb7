"""Of the notices none is missing, and a second copy at an address came only after a recorded doubt or failure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

from faults.checker.stores import Case

SERVICE = "notifications"
RETURNS = "returns"
ENDS = tuple(f"notifications.{one}" for one in (
    "notice_served", "service_deemed", "notice_escalated", "notice_sent", "letter_ready", "reminder_sent",
))  # fmt: skip
"""How a notice comes to its end, or on its way to it."""
DOUBTS = tuple(f"notifications.{one}" for one in ("notice_attempt_uncertain", "notice_failed", "notice_put_off"))
ATTEMPTED, SENT, FAILED = (f"notifications.notice_{one}" for one in ("attempted", "sent", "failed"))
WITHOUT_END = (
    "select substring(tag from 8) as notice, min(position) as position from ledger.tagged where tag like 'notice:%'"
    " group by tag having bool_or(type = 'notifications.notice_requested') and not bool_or(type = any ($1))"
    " order by position limit 50"
)


@dataclass
class Posted:
    """What the journal says of attempts to send, in its order."""

    case: Case
    last: dict[tuple[str, str], str] = field(default_factory=dict)
    """The last attempt of each notice at each address."""
    ended: dict[str, str] = field(default_factory=dict)
    """How each attempt ended that did not simply go out."""
    doubted: set[tuple[str, str]] = field(default_factory=set)
    """Notices of which a copy may have arrived at an address."""
    messages: dict[str, str] = field(default_factory=dict)
    """Each e-mail's Message-ID and its attempt."""
    sent: set[str] = field(default_factory=set)
    where: dict[str, tuple[str, str]] = field(default_factory=dict)

    def take(self, kind: str, data: dict[str, Any]) -> None:
        """Take one event about an attempt."""
        attempt = data["attempt_id"]
        if kind == ATTEMPTED:
            self._attempted(attempt, data)
        elif kind == SENT:
            self.sent.add(attempt)
        else:
            self.ended[attempt] = kind
            if kind.endswith("uncertain") and attempt in self.where:
                self.doubted.add(self.where[attempt])

    def _attempted(self, attempt: str, data: dict[str, Any]) -> None:
        at = self.where[attempt] = (data["notice_id"], data["address_id"])
        before = self.last.get(at)
        if before and before not in self.ended:
            self.say(f"attempt {attempt} of notice {at[0]} began while nothing was recorded against {before}")
        if data["copy_of_earlier"] != (at in self.doubted):
            marked = "is marked" if data["copy_of_earlier"] else "is not marked"
            self.say(f"attempt {attempt} of notice {at[0]} {marked} as a copy")
        self.last[at] = attempt
        if data["channel"] == "email":
            self.messages[data["message_id"]] = attempt

    def say(self, what: str, rule: str = "copy_without_doubt") -> None:
        """Note a violation."""
        self.case.report.say(rule, SERVICE, what)


async def check_notices(case: Case) -> None:
    """Hold what was requested, attempted and ended against each other and against the mailboxes."""
    for row in await case.rows(SERVICE, WITHOUT_END, list(ENDS)):
        what = f"notice {row['notice']}, requested at position {row['position']}, came to no end"
        case.report.say("notice_missing", SERVICE, what)
    posted = await _posted(case)
    case.report.counts["notices"] += await case.value(
        SERVICE, "select count(*) from ledger.journal where type = 'notifications.notice_requested'"
    )
    if case.evidence.mail:
        _check_mail(posted, Path(case.evidence.mail))


async def _posted(case: Case) -> Posted:
    posted = Posted(case)
    columns = "position, type, convert_from(data, 'UTF8') as data"
    async for rows in case.pages(SERVICE, columns, "type = any ($3)", [ATTEMPTED, SENT, *DOUBTS]):
        for row in rows:
            posted.take(row["type"], json.loads(row["data"]))
    case.report.counts["attempts"] += len(posted.where)
    return posted


def _check_mail(posted: Posted, directory: Path) -> None:
    """Each message was announced by its attempt and arrived once; each that was taken by the mail server arrived."""
    arrived = Counter(_received(directory))
    posted.case.report.counts["messages received"] += arrived.total()
    for message, times in sorted(arrived.items()):
        if times > 1:
            posted.say(f"message {message} arrived {times} times")
        if message not in posted.messages:
            posted.say(f"message {message} arrived, and no attempt was recorded before")
    for message, attempt in posted.messages.items():
        if attempt in posted.sent and message not in arrived and posted.ended.get(attempt) != FAILED:
            posted.say(f"message {message} of attempt {attempt} was sent and never arrived", "notice_missing")


def _received(directory: Path) -> Iterator[str]:
    """The Message-ID of everything in the recipients' mailboxes; what came back to the sender is nobody's copy."""
    parser = BytesHeaderParser()
    for box in sorted(directory.iterdir()):
        if box.name != RETURNS:
            for file in sorted([*box.glob("new/*"), *box.glob("cur/*")]):
                with file.open("rb") as message:
                    yield str(parser.parse(message)["Message-ID"])
