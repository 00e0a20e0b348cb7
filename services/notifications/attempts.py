"""Attempts to send a notice: recorded before anything leaves, and what became of each (USE2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from contracts.envelope import DocumentRef, Event
from contracts.notifications import (
    Channel,
    LetterReady,
    NoticeAttempted,
    NoticeAttemptUncertain,
    NoticeDirected,
    NoticeEscalated,
    NoticeFailed,
    NoticePutOff,
    NoticeSent,
    ReminderSent,
)  # fmt: skip
from contracts.place import Place
from services.notifications.correspondence import Attempt, Notice, State
from services.notifications.notices import REMINDER, UNCERTAIN_BEFORE_ANOTHER_WAY, way_on
from services.notifications.reckoning import reckon
from services.notifications.terms import terms_of
from services.runtime.decisions import Actor, Command, Decision, Rejection, unknown

PUT_OFFS_BEFORE_FAILURE = 100
"""With the sender's growing pauses, about two days."""
KEPT_PUTTING_OFF = "kept_putting_off"


@dataclass(frozen=True, kw_only=True)
class AboutNotice(Command):
    """A command about one notice."""

    subject: ClassVar[str] = "notice_id"
    notice_id: str
    organisation_id: str


@dataclass(frozen=True, kw_only=True)
class AttemptNotice(AboutNotice):
    """Begin to send a notice to one address."""

    address_id: str
    attempt_id: str
    channel: Channel
    message_id: str
    content_hash: str
    copy_of_earlier: bool
    document: DocumentRef


@dataclass(frozen=True, kw_only=True)
class AboutAttempt(AboutNotice):
    """A command about one attempt."""

    attempt_id: str


@dataclass(frozen=True, kw_only=True)
class RecordSent(AboutAttempt):
    """The mail server took an attempt."""


@dataclass(frozen=True, kw_only=True)
class RecordPutOff(AboutAttempt):
    """The mail server would not take an attempt for the moment, and nothing went out."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class RecordUncertain(AboutAttempt):
    """Nobody knows whether an attempt went out."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class RecordFailure(AboutAttempt):
    """An attempt was refused for good, or came back."""

    reason: str
    bounced: bool


@dataclass(frozen=True, kw_only=True)
class GiveToPerson(AboutNotice):
    """A notice cannot be put into words: a text it has to carry is unreadable, altered or erased."""


def about(actor: Actor, now: datetime, notice_id: str, organisation_id: str, attempt_id: str) -> dict[str, Any]:
    """What every command about an attempt carries."""
    return {
        "actor": actor,
        "now": now,
        "notice_id": notice_id,
        "organisation_id": organisation_id,
        "attempt_id": attempt_id,
    }


def attempt(notice: Notice, command: AttemptNotice, place: Place) -> Decision:
    """Record that sending begins, for one address that is due; a letter then lies ready to be posted."""
    if notice.requested is None:
        return unknown("notice", command.notice_id)
    if command.attempt_id in notice.attempts:
        return []
    if refused := _not_now(notice, command):
        return refused
    terms = terms_of(place, command.now)
    terms.after_email(terms.today)  # Danger: past the calendar's end this raises, and must before anything is sent.
    events: list[Event] = [_attempted(command)]
    if command.channel is Channel.LETTER:
        events.append(LetterReady(**named(command), ready_on=terms.today))
    return events


def sent(notice: Notice, command: RecordSent, place: Place) -> Decision:
    """Record that the mail server took an e-mail, and the London date on which it counts as served."""
    made = notice.attempts.get(command.attempt_id)
    if made is None:
        return unknown("attempt", command.attempt_id)
    if made.state not in (State.OPEN, State.UNCERTAIN):
        return []
    terms = terms_of(place, command.now)
    taken = NoticeSent(
        **named(command),
        sent_at=command.now,
        serves_on=terms.after_email(terms.today),
        calendar_version=terms.calendar.version,
    )
    return [taken, *reminded(notice)]


def put_off(notice: Notice, command: RecordPutOff, place: Place) -> Decision:
    """Let another attempt follow, or give the address up where the mail server kept putting it off."""
    made = notice.attempts.get(command.attempt_id)
    if made is None:
        return unknown("attempt", command.attempt_id)
    if made.state is not State.OPEN:
        return []
    if notice.ended(made.address_id, State.PUT_OFF) + 1 >= PUT_OFFS_BEFORE_FAILURE:
        return _failed(notice, command, KEPT_PUTTING_OFF, False, place)
    return _again(notice, command, made, NoticePutOff(**named(command), reason=command.reason), place)


def uncertain(notice: Notice, command: RecordUncertain, place: Place) -> Decision:
    """Record that an attempt may or may not have gone out; a copy, marked as one, follows."""
    made = notice.attempts.get(command.attempt_id)
    if made is None:
        return unknown("attempt", command.attempt_id)
    if made.state is not State.OPEN:
        return []
    return _again(notice, command, made, NoticeAttemptUncertain(**named(command), reason=command.reason), place)


def fail(notice: Notice, command: RecordFailure, place: Place) -> Decision:
    """Record a failure or bounce once; withdraw the service that rested on it alone, and go another way."""
    made = notice.attempts.get(command.attempt_id)
    if made is None:
        return unknown("attempt", command.attempt_id)
    if made.state is State.FAILED:
        return []
    return _failed(notice, command, command.reason, command.bounced, place)


def give_to_person(notice: Notice, command: GiveToPerson, place: Place) -> Decision:
    """Stop trying to send what cannot be put into words, and let a person of the partnership office act."""
    if notice.requested is None:
        return unknown("notice", command.notice_id)
    if not notice.due:
        return []
    ids = {"notice_id": command.notice_id, "organisation_id": command.organisation_id}
    dropped = NoticeDirected(**ids, address_ids=(), dropped_ids=notice.due)
    return [dropped, NoticeEscalated(**ids, about=notice.told.about, reason="not_rendered")]


def reminded(notice: Notice) -> list[Event]:
    """That a reminder went out, the first time it does."""
    told = notice.told
    if told.template != REMINDER or told.due_on is None or notice.reminded:
        return []
    return [
        ReminderSent(
            notice_id=told.notice_id, organisation_id=told.organisation_id, about=told.about, due_on=told.due_on
        )
    ]


def _failed(notice: Notice, command: AboutAttempt, reason: str, bounced: bool, place: Place) -> list[Event]:
    terms = terms_of(place, command.now)
    events: list[Event] = [NoticeFailed(**named(command), reason=reason, bounced=bounced)]
    events += reckon(notice.after(events), terms)
    return [*events, *way_on(notice.after(events), terms)]


def _again(notice: Notice, command: AboutAttempt, made: Attempt, fact: Event, place: Place) -> list[Event]:
    again = NoticeDirected(
        notice_id=command.notice_id, organisation_id=command.organisation_id, address_ids=(made.address_id,)
    )
    copies = notice.after([fact]).ended(made.address_id, State.UNCERTAIN)
    wanted = made.address_id in notice.contacts.standing and copies < UNCERTAIN_BEFORE_ANOTHER_WAY
    events = [fact, again] if wanted else [fact]
    return [*events, *way_on(notice.after(events), terms_of(place, command.now))]


def _not_now(notice: Notice, command: AttemptNotice) -> Rejection | None:
    if notice.in_doubt:
        return Rejection("history_recovered", "What was sent before the history was restored is being looked at.")
    at_address = [a.state for a in notice.attempts.values() if a.address_id == command.address_id]
    if State.OPEN in at_address:
        return Rejection("attempt_open", "An attempt at this address is under way.")
    if command.address_id not in notice.due:
        return Rejection("attempt_not_due", "Nothing is due at this address.")
    if command.address_id not in notice.contacts.standing:
        return Rejection("address_withdrawn", "This address is no longer to be used.")
    if command.copy_of_earlier != (State.UNCERTAIN in at_address):
        return Rejection("copy_not_marked", "After an uncertain attempt, and only then, a notice is marked as a copy.")
    return None


def _attempted(command: AttemptNotice) -> NoticeAttempted:
    return NoticeAttempted(
        **named(command),
        address_id=command.address_id,
        channel=command.channel,
        message_id=command.message_id,
        content_hash=command.content_hash,
        copy_of_earlier=command.copy_of_earlier,
        document=command.document,
    )


def named(command: AboutAttempt | AttemptNotice) -> dict[str, Any]:
    """The ids that every fact about an attempt carries."""
    return {
        "notice_id": command.notice_id,
        "attempt_id": command.attempt_id,
        "organisation_id": command.organisation_id,
    }
