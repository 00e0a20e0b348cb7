"""From requests, reactions, timers and the sender to decisions."""

from __future__ import annotations

from dataclasses import replace

from contracts.notifications import NoticeRequested
from services.notifications import attempts, contacts, correspondence, doubts, notices, reminders, serving
from services.runtime.decisions import Query
from services.runtime.unit import Outcome, Unit


async def give_contact(unit: Unit, command: contacts.GiveContact) -> Outcome:
    """Let an address count."""
    return await unit.decide(
        contacts.of_organisation(command.organisation_id, command.person_id), contacts.give, command
    )


async def withdraw_contact(unit: Unit, command: contacts.WithdrawContact) -> Outcome:
    """Let an address no longer count."""
    return await unit.decide(contacts.of_organisation(command.organisation_id), contacts.withdraw, command)


async def withdraw_person(unit: Unit, command: contacts.WithdrawPerson) -> Outcome:
    """Let no address of an erased person count."""
    return await unit.decide(contacts.of_person(command.person_id), contacts.withdraw_person, command)


async def request_notice(unit: Unit, command: notices.RequestNotice) -> Outcome:
    """Call for telling an organisation something in writing, or whoever took over what it held."""
    command = replace(command, organisation_id=await unit.standing_for(command.organisation_id))
    query = correspondence.facts_of(command.notice_id, command.organisation_id, command.about)
    return await unit.decide(query, notices.request, command)


async def redirect_notices(unit: Unit, command: notices.RedirectNotices) -> Outcome:
    """Bring an organisation's open notices in line with its contacts."""
    return await unit.decide(correspondence.correspondence_of(command.organisation_id), notices.redirect, command)


async def remind_of_report(unit: Unit, command: reminders.RemindOfReport) -> Outcome:
    """Remind an organisation of a report, or whoever took over what it held."""
    command = replace(command, organisation_id=await unit.standing_for(command.organisation_id))
    query = reminders.facts_of(command.report_id, command.organisation_id)
    return await unit.decide(query, reminders.remind, command)


async def attempt(unit: Unit, command: attempts.AttemptNotice) -> Outcome:
    """Record that sending begins."""
    query = correspondence.facts_of(command.notice_id, command.organisation_id, journal=unit.journal.name)
    return await unit.decide(query, attempts.attempt, command)


async def record_sent(unit: Unit, command: attempts.RecordSent) -> Outcome:
    """Record that the mail server took an attempt."""
    return await unit.decide(_notice(command), attempts.sent, command)


async def record_put_off(unit: Unit, command: attempts.RecordPutOff) -> Outcome:
    """Record that the mail server would not take an attempt for the moment."""
    return await unit.decide(_notice(command), attempts.put_off, command)


async def record_uncertain(unit: Unit, command: attempts.RecordUncertain) -> Outcome:
    """Record that nobody knows whether an attempt went out."""
    return await unit.decide(_notice(command), attempts.uncertain, command)


async def record_failure(unit: Unit, command: attempts.RecordFailure) -> Outcome:
    """Record that an attempt failed or bounced."""
    return await unit.decide(_notice(command), attempts.fail, command)


async def give_to_person(unit: Unit, command: attempts.GiveToPerson) -> Outcome:
    """Let a person act on a notice that cannot be put into words."""
    return await unit.decide(_notice(command), attempts.give_to_person, command)


async def let_stand(unit: Unit, command: serving.LetStand) -> Outcome:
    """Count an attempt as served."""
    return await unit.decide(_notice(command), serving.let_stand, command)


async def acknowledge(unit: Unit, command: serving.AcknowledgeNotice) -> Outcome:
    """Serve a notice by the word of its organisation."""
    return await unit.decide(_notice(command), serving.acknowledge, command)


async def enter_posting(unit: Unit, command: serving.EnterPosting) -> Outcome:
    """Take down that a letter was posted."""
    return await unit.decide(_notice(command), serving.enter_posting, command)


async def confirm_posting(unit: Unit, command: serving.ConfirmPosting) -> Outcome:
    """Confirm that a letter was posted."""
    return await unit.decide(_notice(command), serving.confirm_posting, command)


async def take_letter_back(unit: Unit, command: serving.RecordLetterBack) -> Outcome:
    """Record that a letter came back."""
    return await unit.decide(_notice(command), serving.take_back, command)


async def deem_served(unit: Unit, command: serving.DeemService) -> Outcome:
    """Deem a notice served."""
    return await unit.decide(_notice(command), serving.deem, command)


async def doubt_notices(unit: Unit, command: doubts.DoubtNotices) -> Outcome:
    """Look at every open notice after a recovery."""
    told = await unit.journal.subjects(NoticeRequested, "organisation")
    for organisation_id in told:
        asked = doubts.DoubtOrganisation(**vars(command), organisation_id=organisation_id)
        query = correspondence.correspondence_of(organisation_id)
        await unit.decide(query, doubts.doubt, asked, final=False)
    return await unit.decide(doubts.doubts_of(command.journal_id), doubts.settle, command)


def _notice(command: attempts.AboutNotice) -> Query[correspondence.Notice]:
    return correspondence.facts_of(command.notice_id, command.organisation_id)
