"""Givens of the notifications tests: two places, an organisation with its contacts, and what happened so far."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from contracts.envelope import DocumentRef, Event
from contracts.notifications import (
    Channel,
    ContactGiven,
)
from contracts.partners import OfficeHolderAppointed, RulesAdopted
from contracts.place import Place
from services.notifications import attempts, contacts, correspondence, notices, serving
from services.notifications.particulars import know_programme  # noqa: F401 -- fills the read tables
from services.notifications.projections import list_notice  # noqa: F401 -- fills the read tables
from services.notifications.read_tables import projections
from services.partners.locality import load
from services.runtime.calendar import london_date
from services.runtime.decisions import Actor, Command, Query, Recorded, Rejection, Waiting
from services.runtime.projections import Delete

LOCALITIES = Path(__file__).parents[2] / "localities"
RULES = {name: load(LOCALITIES / name) for name in ("sutton", "coventry")}
VCO, NOTICE, BID = "vco-lantern-trust", "n1", "b1"
OFFICER = Actor("p-officer", "partnership_office", "sutton-council")
COLLEAGUE = Actor("p-colleague", "partnership_office", "sutton-council")
DELEGATE = Actor("p-delegate", "partnership_office", "sutton-council")
REPRESENTATIVE = Actor("p-representative", "vco_representative", VCO)
STRANGER = Actor("p-stranger", "vco_representative", "vco-other")
SYSTEM = Actor("system", "system", "sutton")
TUESDAY = date(2014, 4, 1)


def at(day: date, hour: int = 12, minute: int = 0) -> datetime:
    """A moment, in UTC."""
    return datetime.combine(day, time(hour, minute), UTC)


def document(which: str = "d1") -> DocumentRef:
    return DocumentRef(id=which, media_type="text/plain", size=1, hash="0" * 64)


def hashed(which: str) -> str:
    return (which.encode().hex() + "0" * 64)[:64]


def a_place(name: str = "sutton", **changed: Any) -> Place:
    """A place with its own rules, and a delegate of an officer."""
    place = Place()
    rules = RULES[name].model_copy(update=changed)
    for number, fact in enumerate(
        (
            RulesAdopted(place=name, rules=rules, rules_hash="0" * 64),
            OfficeHolderAppointed(
                person_id=DELEGATE.person, organisation_id=DELEGATE.organisation, place=name, role=DELEGATE.role,
                delegate_of=OFFICER.person,
            ),
        )
    ):  # fmt: skip
        place.evolve(recorded(fact, number))
    return place


def recorded(fact: Event, position: int = 1, when: datetime | None = None, by: Actor = SYSTEM) -> Recorded[Any]:
    sent = type(fact).model_validate_json(fact.model_dump_json())
    nobody = {"actor": by.person, "role": by.role, "onbehalfof": "", "correlationid": "", "causationid": ""}
    moment = when or at(TUESDAY)
    return Recorded(
        position=position,
        id=f"e{position}",
        source="",
        time=moment,
        recorded=moment,
        tags=sent.tags,
        data=sent,
        **nobody,
    )


def given(which: str, channel: Channel = Channel.EMAIL, person: str | None = None, office: str = "") -> ContactGiven:
    return ContactGiven(
        address_id=which, organisation_id=VCO, person_id=person, office=office or "secretary", channel=channel,
        address_hash=hashed(which),
    )  # fmt: skip


EMAIL, SECOND_EMAIL = given("email-1"), given("email-2", office="treasurer")
LETTER = given("post-1", Channel.LETTER, office="registered_address")


@dataclass
class Told:
    """What happened so far: facts in order, and the read tables and timers that follow from them."""

    place: Place = field(default_factory=a_place)
    facts: list[Recorded[Any]] = field(default_factory=list)
    rows: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)
    notice_id: str = NOTICE

    def add(self, *facts: Event, by: Actor = SYSTEM) -> "Told":
        for fact in facts:
            self.facts.append(recorded(fact, len(self.facts) + 1, by=by))
            for change in projections.changes(self.facts[-1]):
                key = (change.table.table_name, *change.row_key)
                if isinstance(change, Delete):
                    self.rows.pop(key, None)
                else:
                    self.rows.setdefault(key, {}).update(change.values)
        return self

    def fold(self, query: Query[Any]) -> Any:
        folded = query.fold()
        for event in self.facts:
            if any(
                set(item.tags) <= set(event.tags) and isinstance(event.data, item.only or folded.folds)
                for item in query.items
            ):
                folded.evolve(event)
        return folded

    def decide(self, decide: Callable[..., Any], command: Command, query: Query[Any]) -> Any:
        """Decide on the facts that the query names, and add what was decided."""
        verdict = decide(self.fold(query), command, self.place)
        if not isinstance(verdict, (Rejection, Waiting)):
            self.add(*verdict, by=command.actor)
        return verdict

    def request(self, *, day: date = TUESDAY, template: str = "report_due", **changed: Any) -> Any:
        particulars: dict[str, Any] = {
            "notice_id": self.notice_id, "organisation_id": VCO, "about": "report:r1", "template": template,
            "because_of": "cause",
        }  # fmt: skip
        command = notices.RequestNotice(actor=SYSTEM, now=at(day), **(particulars | changed))
        query = correspondence.facts_of(command.notice_id, command.organisation_id, command.about)
        return self.decide(notices.request, command, query)

    def attempt(
        self, contact: ContactGiven, number: int = 1, *, now: datetime | None = None, copy: bool = False
    ) -> Any:
        command = attempts.AttemptNotice(
            actor=SYSTEM, now=now or at(TUESDAY), notice_id=self.notice_id, organisation_id=VCO,
            address_id=contact.address_id, attempt_id=attempt_id(contact, number), channel=contact.channel,
            message_id=f"<{attempt_id(contact, number)}@example.invalid>",
            content_hash=hashed(f"{contact.address_id}/{number}"), copy_of_earlier=copy, document=document(),
        )  # fmt: skip
        return self.decide(attempts.attempt, command, self._notice())

    def about(self, kind: type, decide: Callable[..., Any], actor: Actor = SYSTEM, **particulars: Any) -> Any:
        """Decide a command about the notice."""
        now = particulars.pop("now", None) or at(particulars.pop("day", TUESDAY))
        command = kind(actor=actor, now=now, notice_id=self.notice_id, organisation_id=VCO, **particulars)
        return self.decide(decide, command, self._notice())

    def sent(self, contact: ContactGiven, number: int = 1, **when: Any) -> Any:
        return self.about(attempts.RecordSent, attempts.sent, attempt_id=attempt_id(contact, number), **when)

    def failed(self, contact: ContactGiven, number: int = 1, bounced: bool = True, **when: Any) -> Any:
        return self.about(
            attempts.RecordFailure, attempts.fail, attempt_id=attempt_id(contact, number), reason="5.1.1",
            bounced=bounced, **when,
        )  # fmt: skip

    def uncertain(self, contact: ContactGiven, number: int = 1) -> Any:
        return self.about(
            attempts.RecordUncertain, attempts.uncertain, attempt_id=attempt_id(contact, number), reason="timed_out"
        )

    def put_off(self, contact: ContactGiven, number: int = 1) -> Any:
        return self.about(attempts.RecordPutOff, attempts.put_off, attempt_id=attempt_id(contact, number), reason="451")

    def posted(self, day: date, actor: Actor = OFFICER, posted_on: date | None = None, number: int = 1) -> Any:
        return self.about(
            serving.EnterPosting, serving.enter_posting, actor, day=day, attempt_id=attempt_id(LETTER, number),
            posted_on=posted_on or day, certificate="CP-1",
        )  # fmt: skip

    def confirmed(self, day: date, actor: Actor = COLLEAGUE, number: int = 1) -> Any:
        return self.about(
            serving.ConfirmPosting, serving.confirm_posting, actor, day=day, attempt_id=attempt_id(LETTER, number)
        )

    def stand(self, contact: ContactGiven, day: date, number: int = 1) -> Any:
        return self.about(serving.LetStand, serving.let_stand, day=day, attempt_id=attempt_id(contact, number))

    def acknowledged(self, day: date, actor: Actor = REPRESENTATIVE) -> Any:
        return self.about(serving.AcknowledgeNotice, serving.acknowledge, actor, day=day)

    def deemed(self, day: date = TUESDAY, actor: Actor = OFFICER) -> Any:
        return self.about(serving.DeemService, serving.deem, actor, day=day)

    def redirect(self) -> Any:
        command = notices.RedirectNotices(actor=SYSTEM, now=at(TUESDAY), organisation_id=VCO)
        return self.decide(notices.redirect, command, correspondence.correspondence_of(VCO))

    def withdraw(self, contact: ContactGiven, actor: Actor = OFFICER) -> Any:
        command = contacts.WithdrawContact(
            actor=actor, now=at(TUESDAY), address_id=contact.address_id, organisation_id=VCO, reason="left_office"
        )
        return self.decide(contacts.withdraw, command, contacts.of_organisation(VCO))

    def notice(self) -> correspondence.Notice:
        folded: correspondence.Notice = self.fold(self._notice())
        return folded

    def due(self) -> list[str]:
        """The addresses at which the read table shows something due."""
        return [key[2] for key in self.rows if key[0] == "due_attempts"]

    def timers(self, name: str) -> list[date]:
        return [values["due_on"] for key, values in self.rows.items() if key[:2] == ("timers", name)]

    def ring(self, now: datetime) -> None:
        """Let every attempt stand whose timer is due; a timer that stays due after its command is a fault."""
        while due := [
            key[2]
            for key, values in self.rows.items()
            if key[:2] == ("timers", "serve_attempt") and values["due_on"] <= london_date(now)
        ]:
            which, _notice, _organisation = due[0].split(" ")
            verdict = self.about(serving.LetStand, serving.let_stand, now=now, attempt_id=which)
            assert verdict, "the timer stays due"

    def _notice(self) -> Query[correspondence.Notice]:
        return correspondence.facts_of(self.notice_id, VCO)


def attempt_id(contact: ContactGiven, number: int = 1) -> str:
    return f"{contact.address_id}-{number}"


def kinds(verdict: Any) -> list[str]:
    """The names of the events that were decided."""
    assert not isinstance(verdict, (Rejection, Waiting)), verdict
    return [type(event).__name__ for event in verdict]


def requested(*contacts_given: ContactGiven, place: Place | None = None) -> Told:
    """A notice that was called for, to an organisation with these contacts."""
    told = Told(place=place or a_place()).add(*contacts_given)
    told.request()
    return told


def on_its_way(contact: ContactGiven = EMAIL, *others: ContactGiven, now: datetime | None = None) -> Told:
    """A notice whose e-mail was taken by the mail server."""
    told = requested(contact, *others)
    told.attempt(contact, now=now)
    told.sent(contact, now=now)
    return told


def first(verdict: Any, kind: type) -> Any:
    return next(event for event in verdict if isinstance(event, kind))
