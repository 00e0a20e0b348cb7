"""Which facts call for telling an organisation in writing, and what follows when its contacts change.

The organisation concerned is told; a funder that let its time to answer pass is on record already, and it is the
organisation that needs to know that its report counts as accepted (Sutton Compact 3.3.10).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from contracts import funding, monitoring, partners, payments
from contracts.every_service import HistoryRecovered
from contracts.notifications import ContactGiven, ContactWithdrawn
from services.notifications import handlers
from services.notifications.contacts import WithdrawPerson
from services.notifications.doubts import DoubtNotices
from services.notifications.notices import AWARD, RedirectNotices, RequestNotice
from services.runtime.decisions import Recorded
from services.runtime.reactions import Act, Reactions

reactions = Reactions()


@reactions.to(funding.BidAwarded, handlers.request_notice)
def tell_of_award(event: Recorded[funding.BidAwarded], act: Act) -> list[RequestNotice]:
    """The bidder, and each member of its consortium, is told of an award."""
    bid, about = event.data, f"bid:{event.data.bid_id}"
    lead = _notice(act, bid.organisation_id, about, AWARD, event.id)
    return [lead, *(_notice(act, member, about, "award_to_member", event.id) for member in bid.member_ids)]


@reactions.to(funding.BidDeclined, handlers.request_notice)
def tell_of_decline(event: Recorded[funding.BidDeclined], act: Act) -> RequestNotice:
    """The bidder is told why its bid was not awarded (Sutton Compact 3.3.2)."""
    return _notice(act, event.data.organisation_id, f"bid:{event.data.bid_id}", "bid_declined", event.id)


@reactions.to(funding.BidDocumentRequested, handlers.request_notice)
def ask_for_document(event: Recorded[funding.BidDocumentRequested], act: Act) -> RequestNotice:
    """The bidder is told which document to put right, why, and by when (Sutton Compact 3.3.8)."""
    asked = event.data
    about = f"bid:{asked.bid_id}"
    return _notice(act, asked.organisation_id, about, "bid_document_requested", event.id, due_on=asked.due_on)


@reactions.to(funding.FundingChangeProposed, handlers.request_notice)
def tell_of_proposed_change(event: Recorded[funding.FundingChangeProposed], act: Act) -> RequestNotice:
    """The organisation concerned is told of a proposed change before any other body (Sutton Compact 3.4.3)."""
    return _notice(act, event.data.organisation_id, f"change:{event.data.change_id}", "change_proposed", event.id)


@reactions.to(funding.AgreementInForce, handlers.request_notice)
def tell_of_agreement(event: Recorded[funding.AgreementInForce], act: Act) -> RequestNotice:
    """The organisation is told that its agreement is in force."""
    about = f"agreement:{event.data.agreement_id}"
    return _notice(act, event.data.organisation_id, about, "agreement_in_force", event.id)


@reactions.to(payments.PaymentMade, handlers.request_notice)
def tell_of_payment(event: Recorded[payments.PaymentMade], act: Act) -> RequestNotice:
    """The organisation is told that a payment went out, and against whom a lateness counts (Sutton Compact 3.3.4)."""
    return _about_payment(event, act, "payment_made", statutory=False)


@reactions.to(payments.PaymentOverdue, handlers.request_notice)
def tell_of_late_payment(event: Recorded[payments.PaymentOverdue], act: Act) -> RequestNotice:
    """The organisation is told that a payment is late, and who is waited for (Sutton Compact 3.3.4)."""
    return _about_payment(event, act, "payment_overdue", statutory=False)


@reactions.to(payments.PaymentHeld, handlers.request_notice)
def tell_of_hold(event: Recorded[payments.PaymentHeld], act: Act) -> RequestNotice:
    """The organisation is told in writing why a payment is held, and until when (Sutton Compact 3.3.4)."""
    return _about_payment(event, act, "payment_held")


@reactions.to(payments.PaymentReturned, handlers.request_notice)
def tell_of_returned_payment(event: Recorded[payments.PaymentReturned], act: Act) -> RequestNotice:
    """The organisation is told that its bank sent a payment back."""
    return _about_payment(event, act, "payment_returned")


@reactions.to(monitoring.ReportDue, handlers.request_notice)
def tell_of_open_form(event: Recorded[monitoring.ReportDue], act: Act) -> RequestNotice:
    """The organisation is told that the form of a report is open and when it falls due."""
    return _about_report(event, act, "report_due", due_on=event.data.due_on)


@reactions.to(monitoring.ReportOverdue, handlers.request_notice)
def tell_of_overdue_report(event: Recorded[monitoring.ReportOverdue], act: Act) -> RequestNotice:
    """The organisation is told that a report is overdue."""
    return _about_report(event, act, "report_overdue", due_on=event.data.due_on)


@reactions.to(monitoring.ReportReturned, handlers.request_notice)
def tell_of_returned_report(event: Recorded[monitoring.ReportReturned], act: Act) -> RequestNotice:
    """The organisation is told why a report came back and when it is due again."""
    return _about_report(event, act, "report_returned", due_on=event.data.due_on)


@reactions.to(monitoring.FunderAnswerOverdue, handlers.request_notice)
def tell_of_silent_funder(event: Recorded[monitoring.FunderAnswerOverdue], act: Act) -> RequestNotice:
    """The organisation is told that its report counts as accepted, because the funder did not answer."""
    return _about_report(event, act, "funder_answer_overdue", due_on=event.data.answer_due_on)


@reactions.to(monitoring.ReportOverdueWithdrawn, handlers.request_notice)
def tell_of_struck_lateness(event: Recorded[monitoring.ReportOverdueWithdrawn], act: Act) -> RequestNotice:
    """An organisation that was told of lateness is told that it was struck."""
    return _about_report(event, act, "report_overdue_withdrawn", due_on=event.data.due_on)


@reactions.to(monitoring.ReportExtensionRefused, handlers.request_notice)
def tell_of_refused_extension(event: Recorded[monitoring.ReportExtensionRefused], act: Act) -> RequestNotice:
    """The organisation is told why it gets no longer time; silence would have granted it (Sutton Compact 3.3.10)."""
    return _about_report(event, act, "report_extension_refused", due_on=event.data.due_on)


@reactions.to(ContactGiven, handlers.redirect_notices)
def send_what_waits(event: Recorded[ContactGiven], act: Act) -> RedirectNotices:
    """What could not be sent for want of an address goes out."""
    return RedirectNotices(actor=act.actor, now=act.now, organisation_id=event.data.organisation_id)


@reactions.to(ContactWithdrawn, handlers.redirect_notices)
def send_another_way(event: Recorded[ContactWithdrawn], act: Act) -> RedirectNotices:
    """What was still to go to a withdrawn address goes another way."""
    return RedirectNotices(actor=act.actor, now=act.now, organisation_id=event.data.organisation_id)


@reactions.to(partners.PersonErased, handlers.withdraw_person)
def withdraw_addresses(event: Recorded[partners.PersonErased], act: Act) -> WithdrawPerson:
    """The addresses of an erased person are no longer used; the address book erases them."""
    return WithdrawPerson(actor=act.actor, now=act.now, person_id=event.data.person_id)


@reactions.to(HistoryRecovered, handlers.doubt_notices)
def doubt_what_was_sent(event: Recorded[HistoryRecovered], act: Act) -> DoubtNotices | None:
    """After this journal was restored and recovered, what still goes out is marked as a copy."""
    if event.data.journal.rpartition(".")[2] != "notifications":
        return None
    return DoubtNotices(actor=act.actor, now=act.now, journal_id=event.data.journal, recovery=event.id)


def _about_payment(event: Recorded[Any], act: Act, template: str, *, statutory: bool = True) -> RequestNotice:
    about, told = f"payment:{event.data.payment_id}", event.data.organisation_id
    return _notice(act, told, about, template, event.id, statutory=statutory)


def _about_report(event: Recorded[Any], act: Act, template: str, *, due_on: date | None) -> RequestNotice:
    about, told = f"report:{event.data.report_id}", event.data.organisation_id
    return _notice(act, told, about, template, event.id, statutory=False, due_on=due_on)


def _notice(
    act: Act,
    organisation_id: str,
    about: str,
    template: str,
    because_of: str,
    *,
    statutory: bool = True,
    due_on: date | None = None,
) -> RequestNotice:
    return RequestNotice(
        actor=act.actor,
        now=act.now,
        notice_id=act.new_id(f"notice for {organisation_id}"),
        organisation_id=organisation_id,
        about=about,
        template=template,
        because_of=because_of,
        statutory=statutory,
        due_on=due_on,
    )


notice_of = _notice
"""For the modules that tell of one matter each: a notice to one organisation, its id following from the act."""
