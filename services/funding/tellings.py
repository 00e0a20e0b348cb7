"""Whether an organisation was told of something in writing: the earliest service that stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from contracts.envelope import Event
from contracts.notifications import NoticeRequested, NoticeServed, ServiceDeemed, ServiceWithdrawn

NOTICES: tuple[type[Event], ...] = (NoticeRequested, NoticeServed, ServiceDeemed, ServiceWithdrawn)


@dataclass
class Telling:
    """The notices by one template about one matter, and which of them stand served."""

    template: str
    asked: set[str] = field(default_factory=set)
    served: dict[str, date] = field(default_factory=dict)

    def take(self, fact: Any) -> None:
        """Take one fact of a notice; another template's is passed over."""
        match fact:
            case NoticeRequested(template=template) if template == self.template:
                self.asked.add(fact.notice_id)
            case NoticeServed(template=template) if template == self.template:
                self.served[fact.notice_id] = fact.served_on
            case ServiceDeemed() if fact.notice_id in self.asked:
                self.served[fact.notice_id] = fact.deemed_on
            case ServiceWithdrawn():
                self.served.pop(fact.notice_id, None)

    @property
    def earliest(self) -> tuple[date, str] | None:
        """The earliest day of service that stands, and its notice."""
        return min(((day, notice) for notice, day in self.served.items()), default=None)
