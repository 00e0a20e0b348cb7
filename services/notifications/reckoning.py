"""Which service of a notice counts: the earliest valid one. Pure: from a notice to the facts that follow."""

from __future__ import annotations

from contracts.envelope import Event
from contracts.notifications import NoticeServed, ServiceWithdrawn
from services.notifications.correspondence import Notice, Service
from services.notifications.terms import Terms


def reckon(notice: Notice, terms: Terms) -> list[Event]:
    """Say which service counts now, where that changed; withdraw the former where it counted from an earlier day."""
    valid, held = notice.services, notice.served
    if not valid:
        return [_withdrawn(notice, held)] if held else []
    best = valid[0]
    if held is None:
        return [_served(notice, best, terms)]
    basis = Service(held.served_on, held.proved_by, held.content_hash)
    if basis in valid and held.served_on <= best.on:
        return []
    late = [_withdrawn(notice, held)] if best.on > held.served_on else []
    return [*late, _served(notice, best, terms)]


def _served(notice: Notice, service: Service, terms: Terms) -> NoticeServed:
    told = notice.told
    return NoticeServed(
        notice_id=told.notice_id,
        notice_number=told.notice_number,
        organisation_id=told.organisation_id,
        about=told.about,
        template=told.template,
        served_on=service.on,
        proved_by=service.proved_by,
        content_hash=service.content_hash,
        calendar_version=terms.calendar.version,
        citation=terms.citation,
    )


def _withdrawn(notice: Notice, held: NoticeServed) -> ServiceWithdrawn:
    told = notice.told
    return ServiceWithdrawn(
        notice_id=told.notice_id,
        organisation_id=told.organisation_id,
        about=told.about,
        was_served_on=held.served_on,
    )
