"""What was told to whom, by which way, with what proof. Names and addresses stay in the address book."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from contracts.envelope import Audience, DocumentRef, Event, Hash, Tag
from contracts.partners import OrganisationId
from contracts.rules import Citation

SERVICES, PRIVATE = Audience.SERVICES, Audience.PRIVATE

NoticeId = Annotated[str, Tag("notice")]
AttemptId = Annotated[str, Tag("attempt")]


class Channel(StrEnum):
    """A way to reach an organisation."""

    EMAIL = "email"
    LETTER = "letter"


class Proof(StrEnum):
    """How service was proved."""

    ACKNOWLEDGED = "acknowledged"
    EMAILED_NOT_BOUNCED = "emailed_not_bounced"
    POSTED = "posted"


class ContactGiven(Event, wire="notifications.contact_given", audience=PRIVATE):
    """An organisation can be reached at this address, kept in the address book under this id."""

    address_id: Annotated[str, Tag("address")]
    organisation_id: OrganisationId
    person_id: Annotated[str | None, Tag("person")] = None
    office: str
    channel: Channel
    address_hash: Hash


class ContactWithdrawn(Event, wire="notifications.contact_withdrawn", audience=PRIVATE):
    """An address is no longer to be used."""

    address_id: Annotated[str, Tag("address")]
    organisation_id: OrganisationId
    person_id: Annotated[str | None, Tag("person")] = None
    reason: str


class NoticeRequested(Event, wire="notifications.notice_requested", audience=SERVICES):
    """An organisation has to be told something in writing, because of this event."""

    notice_id: NoticeId
    notice_number: str
    organisation_id: OrganisationId
    about: Annotated[str, Tag("about")]
    """`kind:id` of what the notice is about, for example `bid:…` or `change:…`."""
    template: str
    because_of: str
    """Id of the event that called for it."""
    statutory: bool = True
    due_on: date | None = None
    """The London date that the notice tells of, where it tells of one."""


class NoticeDirected(Event, wire="notifications.notice_directed", audience=PRIVATE):
    """It was settled to which addresses a notice goes next, and to which it no longer goes."""

    notice_id: NoticeId
    organisation_id: OrganisationId
    address_ids: tuple[Annotated[str, Tag("address")], ...] = ()
    dropped_ids: tuple[Annotated[str, Tag("address")], ...] = ()


class NoticeAttempted(Event, wire="notifications.notice_attempted", audience=PRIVATE):
    """An attempt to send begins; recorded before anything leaves."""

    notice_id: NoticeId
    attempt_id: AttemptId
    organisation_id: OrganisationId
    address_id: Annotated[str, Tag("address")]
    channel: Channel
    message_id: str
    content_hash: Hash
    """Over exactly what is sent: the text of an e-mail before transport encoding, or the PDF of a letter."""
    copy_of_earlier: bool = False
    document: DocumentRef | None = None
    """The kept copy of exactly what is sent."""


class NoticeSent(Event, wire="notifications.notice_sent", audience=PRIVATE):
    """The mail server took an e-mail; it counts as served on this London date unless it bounces first."""

    notice_id: NoticeId
    attempt_id: AttemptId
    organisation_id: OrganisationId
    sent_at: datetime
    serves_on: date
    calendar_version: str


class LetterReady(Event, wire="notifications.letter_ready", audience=PRIVATE):
    """A letter lies ready to be printed and posted by a person."""

    notice_id: NoticeId
    attempt_id: AttemptId
    organisation_id: OrganisationId
    ready_on: date


class LetterPosted(Event, wire="notifications.letter_posted", audience=PRIVATE):
    """A person entered that a letter was posted, with its certificate; another has yet to confirm it."""

    notice_id: NoticeId
    attempt_id: AttemptId
    organisation_id: OrganisationId
    posted_on: date
    certificate: str
    entered_by: str


class LetterConfirmed(Event, wire="notifications.letter_confirmed", audience=PRIVATE):
    """A second person confirmed the posting; it counts as served on this London date."""

    notice_id: NoticeId
    attempt_id: AttemptId
    organisation_id: OrganisationId
    serves_on: date
    calendar_version: str
    confirmed_by: str


class NoticeAttemptUncertain(Event, wire="notifications.notice_attempt_uncertain", audience=PRIVATE):
    """Nobody knows whether an attempt went out; a copy, marked as one, follows."""

    notice_id: NoticeId
    attempt_id: AttemptId
    organisation_id: OrganisationId
    reason: str


class NoticePutOff(Event, wire="notifications.notice_put_off", audience=PRIVATE):
    """The mail server would not take an attempt for the time being; nothing went out, and another follows."""

    notice_id: NoticeId
    attempt_id: AttemptId
    organisation_id: OrganisationId
    reason: str


class NoticeFailed(Event, wire="notifications.notice_failed", audience=PRIVATE):
    """An attempt failed or bounced."""

    notice_id: NoticeId
    attempt_id: AttemptId
    organisation_id: OrganisationId
    reason: str
    bounced: bool


class AttemptStood(Event, wire="notifications.attempt_stood", audience=PRIVATE):
    """The date came on which an attempt counts as served, and it had not failed."""

    notice_id: NoticeId
    attempt_id: AttemptId
    organisation_id: OrganisationId
    serves_on: date


class NoticeAcknowledged(Event, wire="notifications.notice_acknowledged", audience=PRIVATE):
    """The organisation itself said that it has the notice: service that no bounce takes away."""

    notice_id: NoticeId
    organisation_id: OrganisationId
    acknowledged_on: date
    acknowledged_by: str


class NoticeServed(Event, wire="notifications.notice_served", audience=SERVICES):
    """A notice was served: on which London date, how it was proved, and the hash of what was served."""

    notice_id: NoticeId
    notice_number: str
    organisation_id: OrganisationId
    about: Annotated[str, Tag("about")]
    template: str
    served_on: date
    proved_by: Proof
    content_hash: Hash
    calendar_version: str
    citation: Citation | None = None


class ServiceWithdrawn(Event, wire="notifications.service_withdrawn", audience=SERVICES):
    """A late bounce left no valid service on that date; unless `NoticeServed` follows, the notice is not served."""

    notice_id: NoticeId
    organisation_id: OrganisationId
    about: Annotated[str, Tag("about")]
    was_served_on: date


class ServiceDeemed(Event, wire="notifications.service_deemed", audience=SERVICES):
    """After failures at the last address the organisation gave, a person confirmed service as deemed."""

    notice_id: NoticeId
    organisation_id: OrganisationId
    about: Annotated[str, Tag("about")]
    deemed_on: date
    confirmed_by: str
    citation: Citation | None = None


class NoticeEscalated(Event, wire="notifications.notice_escalated", audience=SERVICES):
    """No way is left to serve a notice; a person of the partnership office must act."""

    notice_id: NoticeId
    organisation_id: OrganisationId
    about: Annotated[str, Tag("about")]
    reason: str


class ReminderSent(Event, wire="notifications.reminder_sent", audience=PRIVATE):
    """A reminder of a date went out."""

    notice_id: NoticeId
    organisation_id: OrganisationId
    about: Annotated[str, Tag("about")]
    due_on: date


class AttemptLost(Event, wire="notifications.attempt_lost", audience=PRIVATE):
    """A restore lost what was recorded of sending to this address; what goes there now is marked as a copy."""

    notice_id: NoticeId
    attempt_id: AttemptId
    organisation_id: OrganisationId
    address_id: Annotated[str, Tag("address")]
    channel: Channel


class NoticesDoubted(Event, wire="notifications.notices_doubted", audience=PRIVATE):
    """Every open notice was looked at after a recovery, and notices go out again."""

    journal: Annotated[str, Tag("journal")]
    recovery: str
    """Id of the event that said what was recovered."""
