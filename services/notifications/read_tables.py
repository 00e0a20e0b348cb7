"""The tables that can be read; `projections.py` and `particulars.py` fill them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from services.runtime.projections import Projections, Table

SERVE_ATTEMPT = "serve_attempt"
REMIND_OF_REPORT = "remind_of_report"


class Organisations(Table, key=("organisation_id",)):
    """The names of organisations, to address notices to."""

    organisation_id: str
    name: str = ""


class Contacts(Table, key=("address_id",)):
    """Which addresses an organisation gave, and whether they still count."""

    address_id: str
    organisation_id: str = ""
    person_id: str | None = None
    office: str = ""
    channel: str = ""
    withdrawn: bool = False
    reason: str = ""


class ErasedPersons(Table, key=("person_id",)):
    """Persons whose rows in the address book have to be erased."""

    person_id: str


class Notices(Table, key=("notice_id",)):
    """What was told to whom, and how far it came."""

    notice_id: str
    notice_number: str = ""
    organisation_id: str = ""
    about: str = ""
    template: str = ""
    because_of: str = ""
    statutory: bool = True
    due_on: date | None = None
    requested_at: datetime | None = None
    escalated: str = ""


class ServicesOfNotice(Table, key=("notice_id",)):
    """Whether and how a notice was served."""

    notice_id: str
    organisation_id: str = ""
    served_on: date | None = None
    proved_by: str = ""
    content_hash: str = ""
    calendar_version: str = ""
    citation: dict[str, Any] | None = None
    withdrawn_from: date | None = None
    deemed_on: date | None = None
    acknowledged_on: date | None = None


class Attempts(Table, key=("attempt_id",)):
    """Every attempt to send a notice, with its proof."""

    attempt_id: str
    notice_id: str = ""
    organisation_id: str = ""
    address_id: str = ""
    channel: str = ""
    state: str = "open"
    message_id: str = ""
    content_hash: str = ""
    copy_of_earlier: bool = False
    document: dict[str, Any] | None = None
    attempted_at: datetime | None = None
    sent_at: datetime | None = None
    serves_on: date | None = None
    reason: str = ""


class DueAttempts(Table, key=("notice_id", "address_id")):
    """Which notices are due to be sent to which addresses."""

    notice_id: str
    address_id: str
    organisation_id: str = ""


class Letters(Table, key=("attempt_id",)):
    """Letters to be posted by a person, and what was entered about their posting."""

    attempt_id: str
    notice_id: str = ""
    organisation_id: str = ""
    state: str = "ready"
    ready_on: date | None = None
    posted_on: date | None = None
    certificate: str = ""
    entered_by: str = ""
    confirmed_by: str = ""


class Particulars(Table, key=("event_id",)):
    """What a notice says of the event that called for it, and which texts go with it unaltered."""

    event_id: str
    facts: dict[str, Any] | None = None
    texts: list[Any] | None = None
    programme_id: str = ""
    agreement_id: str = ""
    report_id: str = ""
    bid_id: str = ""
    funder_id: str = ""


class Programmes(Table, key=("programme_id",)):
    """The title and the published criteria of a round."""

    programme_id: str
    title: str = ""
    criteria: dict[str, Any] | None = None


class Agreements(Table, key=("agreement_id",)):
    """The title of an agreement."""

    agreement_id: str
    title: str = ""


class Reports(Table, key=("report_id",)):
    """The period of a report."""

    report_id: str
    period: str = ""


class Rationales(Table, key=("bid_id",)):
    """The rationale of an award, as documents per criterion."""

    bid_id: str
    texts: list[Any] | None = None


projections = Projections(
    Organisations, Contacts, ErasedPersons, Notices, ServicesOfNotice, Attempts, DueAttempts, Letters,
    Particulars, Programmes, Agreements, Reports, Rationales,
)  # fmt: skip
