"""What an organisation has to be told, and to which addresses that goes: e-mail, else letter, else a person acts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from contracts.envelope import Event
from contracts.notifications import Channel, NoticeDirected, NoticeEscalated, NoticeRequested
from contracts.place import Place
from services.notifications.correspondence import Correspondence, Notice, State
from services.notifications.terms import Terms, terms_of
from services.runtime.decisions import Command, Decision, Waiting

AWARD = "award"
REMINDER = "report_reminder"
EVERYWHERE = frozenset({"change_decided"})
"""Notices that go to the contacts and to the registered address at the same time (service of a notice)."""
UNCERTAIN_BEFORE_ANOTHER_WAY = 3
"""A server that never answers would otherwise be sent copies for ever."""
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, kw_only=True)
class RequestNotice(Command):
    """An event calls for telling an organisation something in writing."""

    subject: ClassVar[str] = "notice_id"
    notice_id: str
    organisation_id: str
    about: str
    template: str
    because_of: str
    statutory: bool = True
    due_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class RedirectNotices(Command):
    """The contacts of an organisation changed: bring its open notices in line."""

    subject: ClassVar[str] = "organisation_id"
    organisation_id: str


def number_of(notice_id: str) -> str:
    """The number printed on a notice: it follows from its id, so no counter is shared."""
    bits = int.from_bytes(hashlib.sha256(notice_id.encode()).digest()[:8], "big") >> 14
    return "N-" + "".join(CROCKFORD[bits >> shift & 31] for shift in range(45, -1, -5))


def request(notice: Notice, command: RequestNotice, place: Place) -> Decision | Waiting:
    """Call for a notice and settle where it goes; an award waits for its rationale (Sutton Compact 3.3.2)."""
    if notice.requested:
        return []
    if command.template == AWARD and not notice.rationale_given:
        return Waiting("the rationale of the award")
    requested = NoticeRequested(
        notice_id=command.notice_id,
        notice_number=number_of(command.notice_id),
        organisation_id=command.organisation_id,
        about=command.about,
        template=command.template,
        because_of=command.because_of,
        statutory=command.statutory,
        due_on=command.due_on,
    )
    return [requested, *way_on(notice.after([requested]), terms_of(place, command.now))]


def redirect(correspondence: Correspondence, command: RedirectNotices, place: Place) -> Decision:
    """Bring every open notice in line with the addresses that stand now."""
    terms = terms_of(place, command.now)
    return [event for notice in correspondence.notices.values() for event in way_on(notice, terms)]


def way_on(notice: Notice, terms: Terms) -> list[Event]:
    """Where a notice goes next: fresh addresses, e-mail before letter; then the last one again; then a person."""
    dropped = tuple(address for address in notice.due if address not in notice.contacts.standing)
    told = notice.told
    named: dict[str, Any] = {"notice_id": told.notice_id, "organisation_id": told.organisation_id}
    events: list[Event] = [NoticeDirected(**named, dropped_ids=dropped)] if dropped else []
    later = notice.after(events) if events else notice
    if later.on_its_way or later.deemed:
        return events
    if addresses := _next_addresses(later, terms):
        return [NoticeDirected(**named, address_ids=addresses, dropped_ids=dropped)]
    if later.escalated:
        return events
    reason = "attempts_failed" if later.contacts.standing else "no_contact"
    return [*events, NoticeEscalated(**named, about=told.about, reason=reason)]


def _next_addresses(notice: Notice, terms: Terms) -> tuple[str, ...]:
    tried = {attempt.address_id for attempt in notice.attempts.values()}
    everywhere = tuple(address for address in notice.contacts.standing if address not in tried)
    if everywhere and notice.told.template in EVERYWHERE:
        return everywhere
    for channel in (Channel.EMAIL, Channel.LETTER):
        if fresh := tuple(a for a in notice.contacts.of_channel(channel) if a not in tried):
            return fresh
    last = notice.contacts.last
    if last is None or terms.exhausted(notice.failures(last)):
        return ()
    return () if notice.ended(last, State.UNCERTAIN) >= UNCERTAIN_BEFORE_ANOTHER_WAY else (last,)
