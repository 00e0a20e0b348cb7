"""How service of a notice is proved: not bounced by its date, acknowledged, posted, or deemed by a person.

The rule on service of a notice is locality data; the earliest valid service counts. A delivery recorded by hand is
entered by one person and confirmed by another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from contracts.envelope import Event
from contracts.notifications import (
    AttemptStood,
    Channel,
    LetterConfirmed,
    LetterPosted,
    NoticeAcknowledged,
    ServiceDeemed,
)  # fmt: skip
from contracts.place import Place
from services.notifications.attempts import AboutAttempt, AboutNotice, RecordFailure, fail, named, reminded
from services.notifications.correspondence import Attempt, Notice, State
from services.notifications.reckoning import reckon
from services.notifications.terms import Terms, terms_of
from services.runtime.decisions import Decision, Rejection, unknown

CAME_BACK = "letter_came_back"


@dataclass(frozen=True, kw_only=True)
class LetStand(AboutAttempt):
    """The date came on which an attempt counts as served."""


@dataclass(frozen=True, kw_only=True)
class AcknowledgeNotice(AboutNotice):
    """The organisation says that it has the notice."""


@dataclass(frozen=True, kw_only=True)
class EnterPosting(AboutAttempt):
    """A person enters that a letter was posted."""

    posted_on: date
    certificate: str


@dataclass(frozen=True, kw_only=True)
class ConfirmPosting(AboutAttempt):
    """A second person confirms that a letter was posted."""


@dataclass(frozen=True, kw_only=True)
class RecordLetterBack(AboutAttempt):
    """A letter came back undelivered."""


@dataclass(frozen=True, kw_only=True)
class DeemService(AboutNotice):
    """A person confirms that service is deemed."""


def let_stand(notice: Notice, command: LetStand, place: Place) -> Decision:
    """Count an attempt as served once its London date has come and it has not failed."""
    made = notice.attempts.get(command.attempt_id)
    if made is None:
        return unknown("attempt", command.attempt_id)
    if made.state not in (State.SENT, State.CONFIRMED) or made.serves_on is None:
        return []
    terms = terms_of(place, command.now)
    if terms.today < made.serves_on:
        return Rejection("date_not_come", f"This attempt counts from {made.serves_on:%-d %B %Y}.")
    stood: list[Event] = [AttemptStood(**named(command), serves_on=made.serves_on)]
    return [*stood, *reckon(notice.after(stood), terms)]


def acknowledge(notice: Notice, command: AcknowledgeNotice, place: Place) -> Decision:
    """Serve a notice at once, by the word of the organisation itself."""
    if notice.requested is None:
        return unknown("notice", command.notice_id)
    if command.actor.organisation != command.organisation_id:
        return Rejection("not_your_organisation", "Only the organisation it went to can acknowledge it.", status=403)
    if notice.acknowledged_on:
        return []
    if not notice.attempts:
        return Rejection("nothing_sent_yet", "This notice has not been sent yet.", remedy="Wait until it arrives.")
    terms = terms_of(place, command.now)
    said: list[Event] = [
        NoticeAcknowledged(
            notice_id=command.notice_id,
            organisation_id=command.organisation_id,
            acknowledged_on=terms.today,
            acknowledged_by=command.actor.person,
        )
    ]
    return [*said, *reckon(notice.after(said), terms)]


def enter_posting(notice: Notice, command: EnterPosting, place: Place) -> Decision:
    """Take down that a letter was posted, when, with which certificate; it can be put right until confirmed."""
    letter = _letter(notice, command.attempt_id)
    if letter is None:
        return unknown("letter", command.attempt_id)
    entered = _posted(command, place)
    if letter.posted == entered:
        return []
    if letter.state not in (State.READY, State.POSTED):
        return Rejection("posting_confirmed", "The posting of this letter has been confirmed already.")
    terms = terms_of(place, command.now)
    if refused := _impossible_day(letter, command.posted_on, terms):
        return refused
    return [entered]


def confirm_posting(notice: Notice, command: ConfirmPosting, place: Place) -> Decision:
    """Confirm a posting that somebody else entered; the letter then counts as served on its London date."""
    letter = _letter(notice, command.attempt_id)
    if letter is None:
        return unknown("letter", command.attempt_id)
    if letter.state in (State.CONFIRMED, State.STOOD):
        return _confirmed_already(letter, command, place)
    if letter.state is not State.POSTED or letter.posted is None:
        return Rejection("posting_not_entered", "Nobody has entered that this letter was posted.")
    terms = terms_of(place, command.now)
    if place.same_person(letter.hands, command.actor.person):
        return Rejection(
            "same_person",
            "Whoever entered a posting cannot confirm it; a delegate counts as the person.",
            terms.citation,
            remedy="Ask a second person of the partnership office.",
        )
    confirmed = LetterConfirmed(
        **named(command),
        serves_on=terms.after_posting(letter.posted.posted_on),
        calendar_version=terms.calendar.version,
        confirmed_by=place.principal(command.actor.person),
    )
    return [confirmed, *reminded(notice)]


def take_back(notice: Notice, command: RecordLetterBack, place: Place) -> Decision:
    """Record that a letter came back undelivered: it failed, and what rested on it alone is withdrawn."""
    letter = _letter(notice, command.attempt_id)
    if letter is None:
        return unknown("letter", command.attempt_id)
    if letter.state is State.READY:
        return Rejection("letter_not_posted", "Nobody has entered that this letter was posted.")
    failure = RecordFailure(
        actor=command.actor,
        now=command.now,
        notice_id=command.notice_id,
        organisation_id=command.organisation_id,
        attempt_id=command.attempt_id,
        reason=CAME_BACK,
        bounced=True,
    )
    return fail(notice, failure, place)


def deem(notice: Notice, command: DeemService, place: Place) -> Decision:
    """Deem a notice served after failures at the last address given, by a person's word (service of a notice)."""
    if notice.requested is None:
        return unknown("notice", command.notice_id)
    if notice.deemed:
        return []
    if notice.served:
        return Rejection("served_already", f"This notice was served on {notice.served.served_on:%-d %B %Y}.")
    terms = terms_of(place, command.now)
    if terms.rule is None:
        return Rejection("never_deemed", "This place has no rule by which service is deemed.")
    if refused := _too_few_failures(notice, terms):
        return refused
    return [
        ServiceDeemed(
            notice_id=command.notice_id,
            organisation_id=command.organisation_id,
            about=notice.told.about,
            deemed_on=terms.today,
            confirmed_by=place.principal(command.actor.person),
            citation=terms.citation,
        )
    ]


def _confirmed_already(letter: Attempt, command: ConfirmPosting, place: Place) -> Decision:
    """Already so for whoever confirmed it; another person is told who did."""
    if letter.confirmed_by == place.principal(command.actor.person):
        return []
    return Rejection("posting_confirmed", f"This letter's posting was confirmed already, by {letter.confirmed_by}.")


def _letter(notice: Notice, attempt_id: str) -> Attempt | None:
    made = notice.attempts.get(attempt_id)
    return made if made and made.channel is Channel.LETTER else None


def _posted(command: EnterPosting, place: Place) -> LetterPosted:
    return LetterPosted(
        **named(command),
        posted_on=command.posted_on,
        certificate=command.certificate,
        entered_by=place.principal(command.actor.person),
    )


def _impossible_day(letter: Attempt, posted_on: date, terms: Terms) -> Rejection | None:
    if posted_on > terms.today:
        return Rejection("posted_in_future", "The day of posting has not come yet.")
    if letter.ready_on and posted_on < letter.ready_on:
        return Rejection("posted_before_ready", f"This letter lay ready on {letter.ready_on:%-d %B %Y} only.")
    return None


def _too_few_failures(notice: Notice, terms: Terms) -> Rejection | None:
    last = notice.contacts.last
    if last and notice.escalated and terms.exhausted(notice.failures(last)):
        return None
    needed = terms.rule.deemed_after_failures if terms.rule else 0
    return Rejection(
        "too_few_failures",
        f"Service is deemed only after {needed} failures at the last address the organisation gave.",
        terms.citation,
        remedy="Ask the organisation for an address, or wait until every way has failed.",
    )
