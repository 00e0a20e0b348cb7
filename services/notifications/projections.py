"""What can be read: who can be reached, what was told to whom by which attempts, what is due to be sent or posted."""

from __future__ import annotations

from collections.abc import Iterator

from contracts import notifications, partners
from services.notifications.read_tables import (
    REMIND_OF_REPORT,
    SERVE_ATTEMPT,
    Attempts,
    Contacts,
    DueAttempts,
    ErasedPersons,
    Letters,
    Notices,
    Organisations,
    ServicesOfNotice,
    projections,
)  # fmt: skip
from services.runtime.decisions import Recorded
from services.runtime.projections import ClearTimer, Delete, RowChange, SetTimer, Upsert

REMINDER = "report_reminder"


@projections.of(partners.OrganisationRegistered)
def name_organisation(event: Recorded[partners.OrganisationRegistered]) -> Iterator[RowChange]:
    """Know an organisation's name."""
    yield Upsert(Organisations, event.data.organisation_id, name=event.data.name)


@projections.of(partners.OrganisationDetailsChanged)
def rename_organisation(event: Recorded[partners.OrganisationDetailsChanged]) -> Iterator[RowChange]:
    """Know an organisation's new name."""
    if event.data.name is not None:
        yield Upsert(Organisations, event.data.organisation_id, name=event.data.name)


@projections.of(partners.PersonErased)
def list_erased_person(event: Recorded[partners.PersonErased]) -> Iterator[RowChange]:
    """Note whose addresses have to be erased."""
    yield Upsert(ErasedPersons, event.data.person_id)


@projections.of(notifications.ContactGiven)
def list_contact(event: Recorded[notifications.ContactGiven]) -> Iterator[RowChange]:
    """List an address by its id."""
    given = event.data
    yield Upsert(
        Contacts,
        given.address_id,
        organisation_id=given.organisation_id,
        person_id=given.person_id,
        office=given.office,
        channel=given.channel.value,
    )


@projections.of(notifications.ContactWithdrawn)
def withdraw_contact(event: Recorded[notifications.ContactWithdrawn]) -> Iterator[RowChange]:
    """Show that an address no longer counts."""
    yield Upsert(Contacts, event.data.address_id, withdrawn=True, reason=event.data.reason)


@projections.of(notifications.NoticeRequested)
def list_notice(event: Recorded[notifications.NoticeRequested]) -> Iterator[RowChange]:
    """List a notice; a reminder of a report has been called for."""
    asked = event.data
    yield Upsert(
        Notices,
        asked.notice_id,
        notice_number=asked.notice_number,
        organisation_id=asked.organisation_id,
        about=asked.about,
        template=asked.template,
        because_of=asked.because_of,
        statutory=asked.statutory,
        due_on=asked.due_on,
        requested_at=event.time,
    )
    if asked.template == REMINDER:
        yield ClearTimer(REMIND_OF_REPORT, f"{asked.about.removeprefix('report:')} {asked.organisation_id}")


@projections.of(notifications.NoticeDirected)
def list_due_attempts(event: Recorded[notifications.NoticeDirected]) -> Iterator[RowChange]:
    """List where a notice goes next."""
    for address_id in event.data.address_ids:
        yield Upsert(DueAttempts, event.data.notice_id, address_id, organisation_id=event.data.organisation_id)
        yield Upsert(Notices, event.data.notice_id, escalated="")
    for address_id in event.data.dropped_ids:
        yield Delete(DueAttempts, event.data.notice_id, address_id)


@projections.of(notifications.NoticeAttempted)
def list_attempt(event: Recorded[notifications.NoticeAttempted]) -> Iterator[RowChange]:
    """List an attempt under way; it is no longer due."""
    made = event.data
    yield Delete(DueAttempts, made.notice_id, made.address_id)
    yield Upsert(
        Attempts,
        made.attempt_id,
        notice_id=made.notice_id,
        organisation_id=made.organisation_id,
        address_id=made.address_id,
        channel=made.channel.value,
        message_id=made.message_id,
        content_hash=made.content_hash,
        copy_of_earlier=made.copy_of_earlier,
        document=made.document.model_dump(mode="json") if made.document else None,
        attempted_at=event.time,
    )


@projections.of(notifications.NoticeSent)
def show_sent(event: Recorded[notifications.NoticeSent]) -> Iterator[RowChange]:
    """Show that an attempt was taken, and wait for its date."""
    sent = event.data
    yield Upsert(Attempts, sent.attempt_id, state="sent", sent_at=sent.sent_at, serves_on=sent.serves_on)
    yield SetTimer(SERVE_ATTEMPT, _attempt_key(sent), due_on=sent.serves_on)


@projections.of(notifications.NoticePutOff)
def show_put_off(event: Recorded[notifications.NoticePutOff]) -> Iterator[RowChange]:
    """Show that an attempt was put off."""
    yield Upsert(Attempts, event.data.attempt_id, state="put_off", reason=event.data.reason)


@projections.of(notifications.NoticeAttemptUncertain)
def show_uncertain(event: Recorded[notifications.NoticeAttemptUncertain]) -> Iterator[RowChange]:
    """Show that nobody knows what became of an attempt."""
    yield Upsert(Attempts, event.data.attempt_id, state="uncertain", reason=event.data.reason)


@projections.of(notifications.AttemptLost)
def show_lost(event: Recorded[notifications.AttemptLost]) -> Iterator[RowChange]:
    """Show that a restore lost what was recorded of sending to an address."""
    lost = event.data
    yield Upsert(
        Attempts,
        lost.attempt_id,
        notice_id=lost.notice_id,
        organisation_id=lost.organisation_id,
        address_id=lost.address_id,
        channel=lost.channel.value,
        state="uncertain",
        reason="history_restored",
        attempted_at=event.time,
    )


@projections.of(notifications.NoticeFailed)
def show_failed(event: Recorded[notifications.NoticeFailed]) -> Iterator[RowChange]:
    """Show that an attempt failed; it can no longer serve."""
    yield Upsert(Attempts, event.data.attempt_id, state="failed", reason=event.data.reason)
    yield ClearTimer(SERVE_ATTEMPT, _attempt_key(event.data))
    yield Delete(Letters, event.data.attempt_id)


@projections.of(notifications.AttemptStood)
def show_stood(event: Recorded[notifications.AttemptStood]) -> Iterator[RowChange]:
    """Show that an attempt counts."""
    yield Upsert(Attempts, event.data.attempt_id, state="stood")
    yield ClearTimer(SERVE_ATTEMPT, _attempt_key(event.data))


@projections.of(notifications.LetterReady)
def list_letter(event: Recorded[notifications.LetterReady]) -> Iterator[RowChange]:
    """List a letter to be posted."""
    ready = event.data
    yield Upsert(Attempts, ready.attempt_id, state="ready")
    yield Upsert(
        Letters,
        ready.attempt_id,
        notice_id=ready.notice_id,
        organisation_id=ready.organisation_id,
        ready_on=ready.ready_on,
    )


@projections.of(notifications.LetterPosted)
def show_posted(event: Recorded[notifications.LetterPosted]) -> Iterator[RowChange]:
    """Show what was entered about a posting."""
    posted = event.data
    yield Upsert(Attempts, posted.attempt_id, state="posted")
    yield Upsert(
        Letters,
        posted.attempt_id,
        state="posted",
        posted_on=posted.posted_on,
        certificate=posted.certificate,
        entered_by=posted.entered_by,
    )


@projections.of(notifications.LetterConfirmed)
def show_confirmed(event: Recorded[notifications.LetterConfirmed]) -> Iterator[RowChange]:
    """Show that a posting was confirmed, and wait for its date."""
    confirmed = event.data
    yield Upsert(Attempts, confirmed.attempt_id, state="confirmed", serves_on=confirmed.serves_on)
    yield Upsert(Letters, confirmed.attempt_id, state="confirmed", confirmed_by=confirmed.confirmed_by)
    yield SetTimer(SERVE_ATTEMPT, _attempt_key(confirmed), due_on=confirmed.serves_on)


@projections.of(notifications.NoticeAcknowledged)
def show_acknowledged(event: Recorded[notifications.NoticeAcknowledged]) -> Iterator[RowChange]:
    """Show that the organisation said that it has a notice."""
    said = event.data
    yield Upsert(
        ServicesOfNotice, said.notice_id, organisation_id=said.organisation_id, acknowledged_on=said.acknowledged_on
    )


@projections.of(notifications.NoticeServed)
def show_served(event: Recorded[notifications.NoticeServed]) -> Iterator[RowChange]:
    """Show on which date and how a notice was served."""
    served = event.data
    yield Upsert(
        ServicesOfNotice,
        served.notice_id,
        organisation_id=served.organisation_id,
        served_on=served.served_on,
        proved_by=served.proved_by.value,
        content_hash=served.content_hash,
        calendar_version=served.calendar_version,
        citation=served.citation.model_dump() if served.citation else None,
    )


@projections.of(notifications.ServiceWithdrawn)
def show_withdrawn(event: Recorded[notifications.ServiceWithdrawn]) -> Iterator[RowChange]:
    """Show that the service of a notice was withdrawn."""
    lost = event.data
    yield Upsert(
        ServicesOfNotice,
        lost.notice_id,
        organisation_id=lost.organisation_id,
        served_on=None,
        proved_by="",
        content_hash="",
        withdrawn_from=lost.was_served_on,
    )


@projections.of(notifications.ServiceDeemed)
def show_deemed(event: Recorded[notifications.ServiceDeemed]) -> Iterator[RowChange]:
    """Show that service of a notice was deemed."""
    deemed = event.data
    yield Upsert(ServicesOfNotice, deemed.notice_id, organisation_id=deemed.organisation_id, deemed_on=deemed.deemed_on)


@projections.of(notifications.NoticeEscalated)
def show_escalated(event: Recorded[notifications.NoticeEscalated]) -> Iterator[RowChange]:
    """Show that a person has to act on a notice."""
    yield Upsert(Notices, event.data.notice_id, escalated=event.data.reason)


Attempted = (
    notifications.NoticeSent | notifications.NoticeFailed | notifications.AttemptStood | notifications.LetterConfirmed
)


def _attempt_key(event: Attempted) -> str:
    return f"{event.attempt_id} {event.notice_id} {event.organisation_id}"
