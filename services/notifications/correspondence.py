"""The facts of a notice that all decisions stand on: where it goes, what became of every attempt, how it was served."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.every_service import HistoryRecovered
from contracts.funding import RationaleGiven
from contracts.notifications import (
    AttemptLost,
    AttemptStood,
    Channel,
    ContactGiven,
    ContactWithdrawn,
    LetterConfirmed,
    LetterPosted,
    LetterReady,
    NoticeAcknowledged,
    NoticeAttempted,
    NoticeAttemptUncertain,
    NoticeDirected,
    NoticeEscalated,
    NoticeFailed,
    NoticePutOff,
    NoticeRequested,
    NoticesDoubted,
    NoticeSent,
    NoticeServed,
    Proof,
    ReminderSent,
    ServiceDeemed,
    ServiceWithdrawn,
)  # fmt: skip
from services.notifications.contacts import Contacts
from services.runtime.decisions import Item, Query, Recorded


class State(StrEnum):
    """What became of an attempt."""

    OPEN = "open"
    PUT_OFF = "put_off"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    READY = "ready"
    POSTED = "posted"
    CONFIRMED = "confirmed"
    STOOD = "stood"
    FAILED = "failed"


BECOMES: dict[type[Event], State] = {
    NoticePutOff: State.PUT_OFF, NoticeAttemptUncertain: State.UNCERTAIN, NoticeSent: State.SENT,
    LetterReady: State.READY, LetterPosted: State.POSTED, LetterConfirmed: State.CONFIRMED,
    AttemptStood: State.STOOD, NoticeFailed: State.FAILED,
}  # fmt: skip
ON_ITS_WAY = frozenset({State.OPEN, State.SENT, State.READY, State.POSTED, State.CONFIRMED, State.STOOD})
ABOUT_NOTICES: tuple[type[Event], ...] = (
    NoticeRequested, NoticeDirected, NoticeAttempted, *BECOMES, NoticeAcknowledged, NoticeServed, ServiceWithdrawn,
    ServiceDeemed, NoticeEscalated, ReminderSent, AttemptLost,
)  # fmt: skip


@dataclass
class Attempt:
    """One attempt to send a notice to one address."""

    attempt_id: str
    address_id: str
    channel: Channel
    content_hash: str
    state: State = State.OPEN
    ready_on: date | None = None
    posted: LetterPosted | None = None
    hands: frozenset[str] = frozenset()
    """Who entered its posting, and for whom."""
    confirmed_by: str = ""
    serves_on: date | None = None


@dataclass(frozen=True)
class Service:
    """One valid way in which a notice was served."""

    on: date
    proved_by: Proof
    content_hash: str


@dataclass
class Notice:
    """One notice, its attempts, its service, and the contacts of its organisation."""

    folds: ClassVar[tuple[type[Event], ...]] = (
        *ABOUT_NOTICES, ContactGiven, ContactWithdrawn, RationaleGiven, HistoryRecovered, NoticesDoubted,
    )  # fmt: skip
    requested: NoticeRequested | None = None
    due: tuple[str, ...] = ()
    attempts: dict[str, Attempt] = field(default_factory=dict)
    acknowledged_on: date | None = None
    served: NoticeServed | None = None
    deemed: bool = False
    escalated: bool = False
    reminded: bool = False
    rationale_given: bool = False
    in_doubt: bool = False
    contacts: Contacts = field(default_factory=Contacts)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one event."""
        self.take(event.data)
        if isinstance(event.data, LetterPosted):
            self.attempts[event.data.attempt_id].hands = event.hands(event.data.entered_by)

    def take(self, data: Event) -> None:
        """Take what an event says."""
        match data:
            case ContactGiven() | ContactWithdrawn():
                self.contacts.take(data)
            case NoticeRequested():
                self.requested = data
            case NoticeDirected():
                self.due = tuple(dict.fromkeys(a for a in (*self.due, *data.address_ids) if a not in data.dropped_ids))
                self.escalated = self.escalated and not data.address_ids
            case RationaleGiven():
                self.rationale_given = True
            case HistoryRecovered() | NoticesDoubted():
                self.in_doubt = isinstance(data, HistoryRecovered)
            case NoticeAttempted() | AttemptLost() | LetterReady() | LetterPosted():
                self._take_attempt(data)
            case _:
                self._take_service(data)
        if (state := BECOMES.get(type(data))) and (attempt := self.attempts.get(getattr(data, "attempt_id", ""))):
            attempt.state = state
            attempt.serves_on = getattr(data, "serves_on", attempt.serves_on)
            attempt.confirmed_by = getattr(data, "confirmed_by", attempt.confirmed_by)

    def _take_attempt(self, data: NoticeAttempted | AttemptLost | LetterReady | LetterPosted) -> None:
        match data:
            case AttemptLost(attempt_id=key):
                self.attempts[key] = Attempt(key, data.address_id, data.channel, "", State.UNCERTAIN)
            case NoticeAttempted(attempt_id=key):
                self.due = tuple(address for address in self.due if address != data.address_id)
                self.attempts[key] = Attempt(key, data.address_id, data.channel, data.content_hash)
            case LetterReady():
                self.attempts[data.attempt_id].ready_on = data.ready_on
            case LetterPosted():
                self.attempts[data.attempt_id].posted = data

    def _take_service(self, data: Event) -> None:
        match data:
            case NoticeAcknowledged():
                self.acknowledged_on = data.acknowledged_on
            case NoticeServed():
                self.served = data
            case ServiceWithdrawn():
                self.served = None
            case ServiceDeemed():
                self.deemed = True
            case NoticeEscalated():
                self.escalated = True
            case ReminderSent():
                self.reminded = True

    def after(self, events: list[Event]) -> Notice:
        """This notice as it will be once these events stand."""
        later = deepcopy(self)
        for event in events:
            later.take(event)
        return later

    @property
    def told(self) -> NoticeRequested:
        """What was requested; decisions ask first whether it was."""
        if self.requested is None:
            raise LookupError("no such notice was requested")
        return self.requested

    @property
    def services(self) -> list[Service]:
        """Every valid service, the earliest first."""
        found = [
            Service(a.serves_on, Proof.POSTED if a.posted else Proof.EMAILED_NOT_BOUNCED, a.content_hash)
            for a in self.attempts.values()
            if a.state == State.STOOD and a.serves_on
        ]
        if self.acknowledged_on and self.attempts:
            latest = next(reversed(self.attempts.values()))
            found.append(Service(self.acknowledged_on, Proof.ACKNOWLEDGED, latest.content_hash))
        return sorted(found, key=lambda service: service.on)

    @property
    def on_its_way(self) -> bool:
        """Whether some attempt may yet serve this notice, or has."""
        return bool(self.due or self.services) or any(a.state in ON_ITS_WAY for a in self.attempts.values())

    def failures(self, address_id: str) -> int:
        """How many attempts at an address failed."""
        return self.ended(address_id, State.FAILED)

    def ended(self, address_id: str, state: State) -> int:
        """How many attempts at an address ended so."""
        return sum(a.state is state for a in self.attempts.values() if a.address_id == address_id)


@dataclass
class Correspondence:
    """All notices to one organisation, and its contacts."""

    folds: ClassVar[tuple[type[Event], ...]] = (*ABOUT_NOTICES, ContactGiven, ContactWithdrawn)
    notices: dict[str, Notice] = field(default_factory=dict)
    contacts: Contacts = field(default_factory=Contacts)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one event."""
        if isinstance(event.data, (ContactGiven, ContactWithdrawn)):
            self.contacts.evolve(event)
        else:
            self.notices.setdefault(event.data.notice_id, Notice(contacts=self.contacts)).evolve(event)


def facts_of(notice_id: str, organisation_id: str, about: str = "", journal: str = "") -> Query[Notice]:
    """A notice, the contacts of its organisation, the rationale of the bid it is about, what was recovered."""
    contacts = Item(f"organisation:{organisation_id}", only=(ContactGiven, ContactWithdrawn))
    items = [Item(f"notice:{notice_id}"), contacts]
    if about.startswith("bid:"):
        items.append(Item(about, only=(RationaleGiven,)))
    if journal:
        items.append(Item(f"journal:{journal}", only=(HistoryRecovered, NoticesDoubted)))
    return Query(*items, fold=Notice)


def correspondence_of(organisation_id: str) -> Query[Correspondence]:
    """All notices to an organisation and its contacts."""
    return Query(Item(f"organisation:{organisation_id}"), fold=Correspondence)
