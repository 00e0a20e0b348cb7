"""What goes out after a restore lost attempts is marked as a copy, because the first may have gone out (USE2).

Attempts are private, so no topic holds those that a restore lost. Until each open notice was looked at, nothing leaves.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.every_service import HistoryRecovered
from contracts.notifications import AttemptLost, NoticeDirected, NoticesDoubted
from contracts.place import Place
from services.notifications.correspondence import Correspondence, Notice
from services.notifications.notices import way_on
from services.notifications.terms import Terms, terms_of
from services.runtime.decisions import Command, Decision, Item, Query, Recorded


@dataclass(frozen=True, kw_only=True)
class DoubtNotices(Command):
    """The history was restored and recovered: look at every open notice."""

    subject: ClassVar[str] = "journal_id"
    journal_id: str
    recovery: str
    """Id of the event that says so."""


@dataclass(frozen=True, kw_only=True)
class DoubtOrganisation(DoubtNotices):
    """The same for the open notices of one organisation."""

    organisation_id: str


@dataclass
class Doubts:
    """The recoveries whose notices were looked at."""

    folds: ClassVar[tuple[type[Event], ...]] = (HistoryRecovered, NoticesDoubted)
    settled: set[str] = field(default_factory=set)

    def evolve(self, event: Recorded[Any]) -> None:
        """Take one event."""
        if isinstance(event.data, NoticesDoubted):
            self.settled.add(event.data.recovery)


def doubts_of(journal: str) -> Query[Doubts]:
    """What was recovered of a journal, and doubted."""
    return Query(Item(f"journal:{journal}"), fold=Doubts)


def doubt(correspondence: Correspondence, command: DoubtOrganisation, place: Place) -> Decision:
    """Note for each open notice that an attempt may have gone out unrecorded, and direct it there again."""
    terms = terms_of(place, command.now)
    return [event for notice in correspondence.notices.values() for event in _doubted(notice, command, terms)]


def settle(doubts: Doubts, command: DoubtNotices, place: Place) -> Decision:
    """Let notices go out again, once every open one was looked at."""
    if command.recovery in doubts.settled:
        return []
    return [NoticesDoubted(journal=command.journal_id, recovery=command.recovery)]


def _doubted(notice: Notice, command: DoubtOrganisation, terms: Terms) -> list[Event]:
    if notice.requested is None or notice.served or notice.deemed or notice.escalated:
        return []
    ways = () if notice.due else way_on(notice, terms)
    directed = [way for way in ways if isinstance(way, NoticeDirected)]
    addresses = notice.due or tuple(address for way in directed for address in way.address_ids)
    return [*ways, *(lost for address in addresses for lost in _lost(notice, command, address))]


def _lost(notice: Notice, command: DoubtOrganisation, address_id: str) -> list[Event]:
    told = notice.told
    seed = f"{command.recovery} {told.notice_id} {address_id}"
    attempt_id = f"lost-{hashlib.sha256(seed.encode()).hexdigest()[:32]}"
    if attempt_id in notice.attempts:
        return []
    channel = notice.contacts.known[address_id].channel
    return [
        AttemptLost(
            notice_id=told.notice_id, attempt_id=attempt_id, organisation_id=told.organisation_id,
            address_id=address_id, channel=channel,
        )
    ]  # fmt: skip
