"""How a notice reads: plain English from templates, addressed to the organisation and its office, as text or letter.

What people wrote (reasons, rationales) stands in it word for word. The same notice always gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import typst
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from services.notifications.contacts import REGISTERED

FOLDER = Path(__file__).parent / "templates"


def _day(value: str | date) -> str:
    return f"{date.fromisoformat(str(value)):%-d %B %Y}"


def _pounds(value: int) -> str:
    return f"£{int(value):,}"


# Plain text, not HTML: nothing is escaped, and reasons must stay unaltered.
TEMPLATES = SandboxedEnvironment(
    loader=FileSystemLoader(FOLDER),
    undefined=StrictUndefined,
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters.update(day=_day, pounds=_pounds)


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What stands above every notice."""

    number: str
    organisation: str
    office: str
    dated: date
    copy: bool

    @property
    def addressee(self) -> list[str]:
        """The organisation and its office, never a person."""
        if self.office == REGISTERED:
            return [self.organisation, "at its registered address"]
        return [f"The {self.office.replace('_', ' ')}", self.organisation]


@dataclass(frozen=True)
class Rendered:
    """A notice in words: its subject and its body."""

    subject: str
    body: str

    @property
    def text(self) -> str:
        """The whole notice as plain text, the subject in its first line."""
        return f"{self.subject}\n\n{self.body}\n"


def render(template: str, particulars: Mapping[str, Any], heading: Heading) -> Rendered:
    """Put a notice into words; a copy says so in its subject and first line."""
    words = TEMPLATES.get_template(f"{template}.txt").render(particulars, **_heading(heading))
    first, _, rest = _plain_lines(words).partition("\n")
    subject = f"Copy of notice {heading.number}: {first}" if heading.copy else f"Notice {heading.number}: {first}"
    frame = TEMPLATES.get_template("frame.txt").render(body=rest.strip("\n"), **_heading(heading))
    return Rendered(subject, _plain_lines(frame).strip("\n"))


def letter(notice: Rendered, heading: Heading) -> bytes:
    """A notice as a tagged PDF (PDF/UA-1); typst's own fonts come first, so that the bytes are the same anywhere.

    Raises typst.TypstError where no font at hand has a character that the notice needs.
    """
    content = {
        "subject": notice.subject,
        "number": heading.number,
        "year": heading.dated.year,
        "month": heading.dated.month,
        "day": heading.dated.day,
        "paragraphs": [paragraph.split("\n") for paragraph in notice.body.split("\n\n") if paragraph.strip()],
    }
    made_at = datetime.combine(heading.dated, time(), UTC)
    try:
        return _compiled(content, made_at, own_fonts_only=True)
    except typst.TypstError:
        return _compiled(content, made_at, own_fonts_only=False)


def _compiled(content: dict[str, Any], made_at: datetime, *, own_fonts_only: bool) -> bytes:
    return typst.compile(
        FOLDER / "letter.typ",
        format="pdf",
        ignore_system_fonts=own_fonts_only,
        sys_inputs={"letter": json.dumps(content)},
        pdf_standards=["ua-1"],
        timestamp=made_at,
    )


def email(notice: Rendered, *, number: str, message_id: str, to: str, sender: str, sent_at: datetime) -> bytes:
    """A notice as the bytes of an e-mail; its decoded text, with line ends as LF, is exactly the notice's text."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Partnership office", addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = notice.subject
    message["Date"] = sent_at
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message["Notice-Number"] = number
    message.set_content(notice.text, cte="quoted-printable")
    return message.as_bytes()


def _plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _heading(heading: Heading) -> dict[str, Any]:
    return {
        "number": heading.number,
        "organisation": heading.organisation,
        "addressee": heading.addressee,
        "dated": heading.dated,
        "copy": heading.copy,
    }
