"""What notices say: taken from the events that call for them, at the moment they arrive.

A notice's words follow from here and from the opened documents; nothing else is asked when it is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from contracts import funding, monitoring, payments
from contracts.envelope import DocumentRef
from services.notifications.read_tables import (
    REMIND_OF_REPORT,
    Agreements,
    Particulars,
    Programmes,
    Rationales,
    Reports,
    projections,
)  # fmt: skip
from services.runtime.decisions import Recorded
from services.runtime.projections import ClearTimer, RowChange, SetTimer, Upsert

REASONS = "reasons"


@projections.of(funding.ProgrammePublished)
def know_programme(event: Recorded[funding.ProgrammePublished]) -> Iterator[RowChange]:
    """Know a round's title and the words of its criteria."""
    published = event.data
    criteria = {criterion.id: criterion.text for criterion in published.criteria}
    criteria |= {criterion.id: criterion.text for criterion in published.eligibility}
    yield Upsert(Programmes, published.programme_id, title=published.title, criteria=criteria)


@projections.of(funding.AgreementDrafted, funding.AgreementInForce)
def know_agreement(event: Recorded[Any]) -> Iterator[RowChange]:
    """Know an agreement's title."""
    yield Upsert(Agreements, event.data.agreement_id, title=event.data.title)


@projections.of(funding.RationaleGiven)
def know_rationale(event: Recorded[funding.RationaleGiven]) -> Iterator[RowChange]:
    """Know the rationale of an award (Sutton Compact 3.3.2)."""
    yield Upsert(Rationales, event.data.bid_id, texts=_parts(event.data.rationale))


@projections.of(funding.BidAwarded)
def note_award(event: Recorded[funding.BidAwarded]) -> Iterator[RowChange]:
    """What is said of an award."""
    bid = event.data
    facts = {
        "title": bid.title,
        "amounts": _amounts(bid.amounts),
        "starts_on": bid.term_starts_on.isoformat(),
        "ends_on": bid.term_ends_on.isoformat(),
    }
    yield _particulars(event, facts, programme_id=bid.programme_id, bid_id=bid.bid_id, funder_id=bid.funder_id)


@projections.of(funding.BidDeclined)
def note_decline(event: Recorded[funding.BidDeclined]) -> Iterator[RowChange]:
    """What is said of a bid that was not awarded (Sutton Compact 3.3.2)."""
    bid = event.data
    facts = {"title": bid.title, "ineligible": bid.ineligible}
    yield _particulars(event, facts, _parts(bid.rationale), programme_id=bid.programme_id, funder_id=bid.funder_id)


@projections.of(funding.BidDocumentRequested)
def note_document_requested(event: Recorded[funding.BidDocumentRequested]) -> Iterator[RowChange]:
    """What is said of a document to be put right (Sutton Compact 3.3.8)."""
    asked = event.data
    facts = {"due_on": asked.due_on.isoformat(), "citation": str(asked.citation) if asked.citation else ""}
    texts = [_text(asked.criterion_id, asked.reasons)]
    yield _particulars(event, facts, texts, programme_id=asked.programme_id)


@projections.of(funding.FundingChangeProposed)
def note_proposed_change(event: Recorded[funding.FundingChangeProposed]) -> Iterator[RowChange]:
    """What is said of a proposed change of support (Sutton Compact 3.4.3)."""
    change = event.data
    facts = {"kind": change.kind.value, "support": change.support.value, "ground": change.ground.value}
    texts = [_text(REASONS, change.reasons)]
    yield _particulars(event, facts, texts, agreement_id=change.agreement_id, funder_id=change.funder_id)


@projections.of(funding.AgreementInForce)
def note_agreement(event: Recorded[funding.AgreementInForce]) -> Iterator[RowChange]:
    """What is said of an agreement in force."""
    agreed = event.data
    facts = {
        "amounts": _amounts(agreed.amounts),
        "starts_on": agreed.starts_on.isoformat(),
        "ends_on": agreed.ends_on.isoformat(),
    }
    yield _particulars(event, facts, agreement_id=agreed.agreement_id, funder_id=agreed.funder_id)


@projections.of(payments.PaymentMade)
def note_payment(event: Recorded[payments.PaymentMade]) -> Iterator[RowChange]:
    """What is said of a payment that went out (Sutton Compact 3.3.4)."""
    made = event.data
    waited_for = made.waited_for.value if made.waited_for else ""
    facts = {"pounds": made.pounds, "made_on": made.made_on.isoformat(), "due_on": made.due_on.isoformat(),
             "late": made.late, "waited_for": waited_for, "ledger_reference": made.ledger_reference}  # fmt: skip
    yield _particulars(event, facts, agreement_id=made.agreement_id, funder_id=made.funder_id)


@projections.of(payments.PaymentOverdue)
def note_late_payment(event: Recorded[payments.PaymentOverdue]) -> Iterator[RowChange]:
    """What is said of a payment that is late, and of the side that was waited for (Sutton Compact 3.3.4)."""
    late = event.data
    facts = {"pounds": late.pounds, "due_on": late.due_on.isoformat(), "because": late.because.value}
    yield _particulars(event, facts, agreement_id=late.agreement_id, funder_id=late.funder_id)


@projections.of(payments.PaymentHeld)
def note_hold(event: Recorded[payments.PaymentHeld]) -> Iterator[RowChange]:
    """What is said of a payment that is held: its ground, its end, and the reasons (Sutton Compact 3.3.4)."""
    held = event.data
    facts = {"pounds": held.pounds, "ground": held.ground.value, "renewal": held.renewal,
             "ends_on": held.ends_on.isoformat() if held.ends_on else "",
             "citation": str(held.citation) if held.citation else ""}  # fmt: skip
    texts = [_text(REASONS, held.reasons)]
    yield _particulars(event, facts, texts, agreement_id=held.agreement_id, funder_id=held.funder_id)


@projections.of(payments.PaymentReturned)
def note_returned_payment(event: Recorded[payments.PaymentReturned]) -> Iterator[RowChange]:
    """What is said of a payment that a bank sent back."""
    back = event.data
    facts = {"pounds": back.pounds, "due_on": back.due_on.isoformat(), "reason": back.reason.value}
    yield _particulars(event, facts, agreement_id=back.agreement_id, funder_id=back.funder_id)


@projections.of(monitoring.ReportDue)
def note_open_form(event: Recorded[monitoring.ReportDue]) -> Iterator[RowChange]:
    """What is said of a report whose form is open (Sutton Compact 3.3.10); its reminder is set."""
    yield Upsert(Reports, event.data.report_id, period=event.data.period)
    yield _about_report(event, event.data.due_on)
    yield _reminder(event.data)


@projections.of(monitoring.ReportExtensionAgreed)
def note_extension(event: Recorded[monitoring.ReportExtensionAgreed]) -> Iterator[RowChange]:
    """The reminder of a report moves with its date."""
    yield _about_report(event, event.data.due_on)
    yield _reminder(event.data)


@projections.of(monitoring.ReportReturned)
def note_returned_report(event: Recorded[monitoring.ReportReturned]) -> Iterator[RowChange]:
    """What is said of a report sent back with reasons; a reminder of its new date is set."""
    yield _about_report(event, event.data.due_on, [_text(REASONS, event.data.reasons)])
    yield _reminder(event.data)


@projections.of(monitoring.ReportOverdue)
def note_overdue_report(event: Recorded[monitoring.ReportOverdue]) -> Iterator[RowChange]:
    """What is said of a report that is overdue; no reminder of it is left."""
    yield _about_report(event, event.data.due_on)
    yield _no_reminder(event.data)


@projections.of(monitoring.ReportOverdueWithdrawn)
def note_struck_lateness(event: Recorded[monitoring.ReportOverdueWithdrawn]) -> Iterator[RowChange]:
    """What is said of a lateness that was struck."""
    yield _about_report(event, event.data.due_on)


@projections.of(monitoring.ReportExtensionRefused)
def note_refused_extension(event: Recorded[monitoring.ReportExtensionRefused]) -> Iterator[RowChange]:
    """What is said of longer time that was refused, with the reason."""
    said, texts = event.data, [_text(REASONS, event.data.reason)]
    facts = {"due_on": said.due_on.isoformat() if said.due_on else ""}
    yield _particulars(event, facts, texts, report_id=said.report_id, agreement_id=said.agreement_id)


@projections.of(monitoring.FunderAnswerOverdue)
def note_silent_funder(event: Recorded[monitoring.FunderAnswerOverdue]) -> Iterator[RowChange]:
    """What is said of a report that its funder did not answer."""
    yield _about_report(event, event.data.answer_due_on)


@projections.of(monitoring.ReportSubmitted, monitoring.ReportAccepted)
def forget_reminder(event: Recorded[Any]) -> Iterator[RowChange]:
    """A report handed in needs no reminder."""
    yield _no_reminder(event.data)


@projections.of(monitoring.MonitoringClosed)
def forget_reminders(event: Recorded[monitoring.MonitoringClosed]) -> Iterator[RowChange]:
    """Nothing more is asked of an organisation that no longer exists."""
    for report_id in event.data.report_ids:
        yield ClearTimer(REMIND_OF_REPORT, f"{report_id} {event.data.organisation_id}")


Dated = monitoring.ReportDue | monitoring.ReportExtensionAgreed | monitoring.ReportReturned
Settled = monitoring.ReportSubmitted | monitoring.ReportAccepted | monitoring.ReportOverdue


def _reminder(asked: Dated) -> RowChange:
    key = f"{asked.report_id} {asked.organisation_id}"
    if asked.remind_on is None:
        return ClearTimer(REMIND_OF_REPORT, key)
    return SetTimer(REMIND_OF_REPORT, key, due_on=asked.remind_on)


def _no_reminder(settled: Settled) -> RowChange:
    return ClearTimer(REMIND_OF_REPORT, f"{settled.report_id} {settled.organisation_id}")


def _about_report(event: Recorded[Any], due_on: date, texts: list[dict[str, Any]] | None = None) -> RowChange:
    said = event.data
    return _particulars(
        event,
        {"due_on": due_on.isoformat()},
        texts,
        report_id=said.report_id,
        agreement_id=said.agreement_id,
        funder_id=said.funder_id,
    )


def _particulars(
    event: Recorded[Any], facts: dict[str, Any], texts: list[dict[str, Any]] | None = None, **about: str
) -> RowChange:
    return Upsert(Particulars, event.id, facts=facts, texts=texts or [], **about)


def _amounts(amounts: Iterable[funding.YearAmount]) -> list[dict[str, Any]]:
    return [amount.model_dump() for amount in amounts]


def _parts(rationale: Iterable[funding.RationalePart]) -> list[dict[str, Any]]:
    return [_text(part.criterion_id, part.document) for part in rationale]


def _text(about: str, document: DocumentRef) -> dict[str, Any]:
    return {"about": about, "document": document.model_dump(mode="json")}


particulars_of, text_of = _particulars, _text
"""For the modules that say what the notices of one matter say."""
