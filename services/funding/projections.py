"""How facts change the read tables and timers of funding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from contracts import every_service, funding, monitoring, partners
from contracts.envelope import DocumentRef, Record
from services.funding.change_tables import CHANGE_TABLES
from services.funding.tables import (
    Agreements,
    Answers,
    BidDocuments,
    BidMembers,
    Bids,
    Changes,
    Doubts,
    ProgrammeMoney,
    Programmes,
    QuestionsAsked,
    Results,
    Signatures,
    Verdicts,
)
from services.funding.tables_payments import TABLES as PAYMENTS
from services.funding.tables_terms import TABLES as TERMS
from services.runtime.decisions import Recorded
from services.runtime.projections import Add, ClearTimer, Projections, RowChange, SetTimer, Upsert

projections = Projections(
    Programmes, ProgrammeMoney, QuestionsAsked, Answers, Bids, BidMembers, BidDocuments, Verdicts, Results,
    Agreements, Signatures, Changes, Doubts, *TERMS, *PAYMENTS, *CHANGE_TABLES,
)  # fmt: skip


def _plain(records: Iterable[Record]) -> list[dict[str, Any]]:
    return [record.model_dump(mode="json") for record in records]


def _ref(document: DocumentRef | None) -> dict[str, Any] | None:
    return document.model_dump(mode="json") if document else None


@projections.of(funding.ProgrammePublished)
def show_programme(event: Recorded[funding.ProgrammePublished]) -> Iterator[RowChange]:
    """A round can be read by everybody, and its results fall due."""
    fact = event.data
    yield Upsert(
        Programmes, fact.programme_id, funder_id=fact.funder_id, title=fact.title, rules_key=fact.rules_key,
        criteria=_plain(fact.criteria), eligibility=_plain(fact.eligibility), opens_at=fact.opens_at,
        closes_at=fact.closes_at, results_at=fact.results_at, term_starts_on=fact.term_starts_on,
        term_ends_on=fact.term_ends_on, framework=_ref(fact.framework), legal_basis=fact.legal_basis,
        panel_points=fact.panel_points,
    )  # fmt: skip
    for amount in fact.money:
        yield Upsert(ProgrammeMoney, fact.programme_id, amount.year, pounds=amount.pounds)
    yield SetTimer("announce_results", fact.programme_id, due_at=fact.results_at)


@projections.of(funding.ClosingExtended)
def show_later_closing(event: Recorded[funding.ClosingExtended]) -> Iterator[RowChange]:
    """A round closes later for all."""
    fact = event.data
    yield Upsert(Programmes, fact.programme_id, closes_at=fact.closes_at, closing_reason=_ref(fact.reason))


@projections.of(funding.QuestionAsked)
def keep_question(event: Recorded[funding.QuestionAsked]) -> Iterator[RowChange]:
    """A question waits for its answer; who asked is not kept beside it."""
    fact = event.data
    yield Upsert(QuestionsAsked, fact.question_id, programme_id=fact.programme_id, document=_ref(fact.document))


@projections.of(funding.QuestionAnsweredToAll)
def show_answer(event: Recorded[funding.QuestionAnsweredToAll]) -> Iterator[RowChange]:
    """A question and its answer can be read by everybody."""
    fact = event.data
    yield Upsert(QuestionsAsked, fact.question_id, answered=True)
    yield Upsert(
        Answers, fact.question_id, programme_id=fact.programme_id, question=_ref(fact.question),
        answer=_ref(fact.answer),
    )  # fmt: skip


@projections.of(funding.BidSubmitted)
def keep_bid(event: Recorded[funding.BidSubmitted]) -> Iterator[RowChange]:
    """A bid is kept sealed, for its bidder alone."""
    fact = event.data
    yield Upsert(
        Bids, fact.bid_id, programme_id=fact.programme_id, organisation_id=fact.organisation_id,
        member_ids=fact.member_ids, lines=_plain(fact.lines), outcomes=_plain(fact.outcomes), declared=fact.declared,
        document=_ref(fact.document), receipt_number=fact.receipt_number, received_at=fact.received_at,
        submitted_by=fact.submitted_by, legal_basis_acknowledged=fact.legal_basis_acknowledged,
    )  # fmt: skip
    for member in fact.members:
        yield Upsert(BidMembers, fact.bid_id, member.organisation_id, share_pounds=member.share_pounds)


@projections.of(funding.ConsortiumMemberConfirmed)
def note_confirmation(event: Recorded[funding.ConsortiumMemberConfirmed]) -> Iterator[RowChange]:
    """A member stands by its part."""
    yield Upsert(BidMembers, event.data.bid_id, event.data.organisation_id, confirmed=True)


@projections.of(funding.BidWithdrawn)
def take_bid_back(event: Recorded[funding.BidWithdrawn]) -> Iterator[RowChange]:
    """A bid no longer stands."""
    yield Upsert(Bids, event.data.bid_id, withdrawn=True)


@projections.of(funding.BidsOpened)
def unseal_bids(event: Recorded[funding.BidsOpened]) -> Iterator[RowChange]:
    """The funder may read the bids of a round."""
    yield Upsert(Programmes, event.data.programme_id, opened=True)
    for bid_id in event.data.bid_ids:
        yield Upsert(Bids, bid_id, sealed=False)


@projections.of(funding.BidDocumentRequested)
def ask_document(event: Recorded[funding.BidDocumentRequested]) -> Iterator[RowChange]:
    """A bidder has until this day to put a document right."""
    fact = event.data
    yield Upsert(BidDocuments, fact.bid_id, fact.criterion_id, reasons=_ref(fact.reasons), due_on=fact.due_on)


@projections.of(funding.BidDocumentPutRight)
def keep_document(event: Recorded[funding.BidDocumentPutRight]) -> Iterator[RowChange]:
    """The funder may read the document that was put right."""
    yield Upsert(BidDocuments, event.data.bid_id, event.data.criterion_id, document=_ref(event.data.document))


@projections.of(funding.BidFoundEligible)
def keep_eligible(event: Recorded[funding.BidFoundEligible]) -> Iterator[RowChange]:
    """A finding is kept until the results are out."""
    fact = event.data
    yield Upsert(Verdicts, fact.bid_id, eligible=True, checked=_plain(fact.checked), verified_by=fact.verified_by)


@projections.of(funding.BidFoundIneligible)
def keep_ineligible(event: Recorded[funding.BidFoundIneligible]) -> Iterator[RowChange]:
    """A finding is kept until the results are out."""
    fact = event.data
    yield Upsert(Verdicts, fact.bid_id, eligible=False, criterion_id=fact.criterion_id, verified_by=fact.verified_by)


@projections.of(funding.AwardApproved)
def keep_award(event: Recorded[funding.AwardApproved]) -> Iterator[RowChange]:
    """An award is kept until the results are out."""
    fact = event.data
    yield Upsert(
        Verdicts, fact.bid_id, approved=True, amounts=_plain(fact.amounts), rationale=_plain(fact.rationale),
        decided_by=fact.decided_by, authority=fact.authority,
    )  # fmt: skip


@projections.of(funding.AwardDeclined)
def keep_refusal(event: Recorded[funding.AwardDeclined]) -> Iterator[RowChange]:
    """A declined bid is kept until the results are out."""
    fact = event.data
    yield Upsert(
        Verdicts, fact.bid_id, approved=False, rationale=_plain(fact.rationale), decided_by=fact.decided_by,
        authority=fact.authority,
    )  # fmt: skip


@projections.of(funding.AnnouncementMissed)
def show_missed(event: Recorded[funding.AnnouncementMissed]) -> Iterator[RowChange]:
    """The set time passed; from now on the last decision announces."""
    yield Upsert(Programmes, event.data.programme_id, announcement_missed=True)
    yield ClearTimer("announce_results", event.data.programme_id)


@projections.of(funding.ResultsAnnounced)
def show_announcement(event: Recorded[funding.ResultsAnnounced]) -> Iterator[RowChange]:
    """The results of a round are out."""
    fact = event.data
    yield Upsert(
        Programmes, fact.programme_id, announced_at=fact.announced_at, bids=fact.bids, awards=fact.awards,
        awarded_pounds=fact.awarded_pounds,
    )  # fmt: skip
    yield ClearTimer("announce_results", fact.programme_id)


@projections.of(funding.BidAwarded)
def show_award(event: Recorded[funding.BidAwarded]) -> Iterator[RowChange]:
    """An award counts against the money of its round."""
    fact = event.data
    yield Upsert(
        Results, fact.bid_id, programme_id=fact.programme_id, organisation_id=fact.organisation_id, awarded=True,
        pounds=sum(amount.pounds for amount in fact.amounts),
    )  # fmt: skip
    for amount in fact.amounts:
        yield Add(ProgrammeMoney, fact.programme_id, amount.year, awarded=amount.pounds)
    yield Upsert(Verdicts, fact.bid_id, sealed=False)


@projections.of(funding.RationaleGiven)
def give_rationale(event: Recorded[funding.RationaleGiven]) -> Iterator[RowChange]:
    """The bidder can read why."""
    yield Upsert(Results, event.data.bid_id, rationale=_plain(event.data.rationale))


@projections.of(funding.BidDeclined)
def show_declined(event: Recorded[funding.BidDeclined]) -> Iterator[RowChange]:
    """The bidder can read why not."""
    fact = event.data
    yield Upsert(
        Results, fact.bid_id, programme_id=fact.programme_id, organisation_id=fact.organisation_id,
        ineligible=fact.ineligible, rationale=_plain(fact.rationale),
    )  # fmt: skip
    yield Upsert(Verdicts, fact.bid_id, sealed=False)


@projections.of(funding.AgreementDrafted)
def show_agreement(event: Recorded[funding.AgreementDrafted]) -> Iterator[RowChange]:
    """An agreement waits for its parties."""
    fact = event.data
    yield Upsert(
        Agreements, fact.agreement_id, bid_id=fact.bid_id, programme_id=fact.programme_id, funder_id=fact.funder_id,
        organisation_id=fact.organisation_id, title=fact.title, amounts=_plain(fact.amounts),
        outcomes=_plain(fact.outcomes), starts_on=fact.starts_on, ends_on=fact.ends_on,
    )  # fmt: skip


@projections.of(funding.AgreementSignedByParty)
def show_signature(event: Recorded[funding.AgreementSignedByParty]) -> Iterator[RowChange]:
    """A party signed."""
    fact = event.data
    yield Upsert(
        Signatures, fact.agreement_id, fact.organisation_id, signed_by=fact.signed_by, office=fact.office,
        authority=fact.authority, signed_at=event.time,
    )  # fmt: skip


@projections.of(partners.CommissioningManagerNominated)
def name_manager(event: Recorded[partners.CommissioningManagerNominated]) -> Iterator[RowChange]:
    """An agreement has its commissioning manager (SPP4)."""
    yield Upsert(Agreements, event.data.agreement_id, manager_id=event.data.person_id)


@projections.of(partners.CommissioningManagerReplaced)
def replace_manager(event: Recorded[partners.CommissioningManagerReplaced]) -> Iterator[RowChange]:
    """An agreement has another commissioning manager."""
    yield Upsert(Agreements, event.data.agreement_id, manager_id=event.data.person_id)


@projections.of(monitoring.MonitoringAgreed)
def note_monitoring(event: Recorded[monitoring.MonitoringAgreed]) -> Iterator[RowChange]:
    """Both sides agreed the monitoring (Compact 3.3.5)."""
    yield Upsert(Agreements, event.data.agreement_id, monitoring_agreed=True)


@projections.of(funding.AgreementInForce)
def show_in_force(event: Recorded[funding.AgreementInForce]) -> Iterator[RowChange]:
    """An agreement holds."""
    yield Upsert(Agreements, event.data.agreement_id, in_force=True)


@projections.of(funding.FundingChangeProposed)
def keep_change(event: Recorded[funding.FundingChangeProposed]) -> Iterator[RowChange]:
    """A proposed change is known to its funder and the organisation concerned."""
    fact = event.data
    yield Upsert(
        Changes, fact.change_id, agreement_id=fact.agreement_id, funder_id=fact.funder_id,
        organisation_id=fact.organisation_id, kind=fact.kind.value, support=fact.support.value,
        ground=fact.ground.value, reasons=_ref(fact.reasons), proposed_by=fact.proposed_by,
    )  # fmt: skip


@projections.of(funding.DisclosureScheduled)
def await_disclosure(event: Recorded[funding.DisclosureScheduled]) -> Iterator[RowChange]:
    """The other bodies learn of a change on this day."""
    fact = event.data
    yield Upsert(Changes, fact.change_id, served_on=fact.served_on, disclose_on=fact.disclose_on)
    yield SetTimer("disclose_change", fact.change_id, due_on=fact.disclose_on)


@projections.of(funding.DisclosureStopped)
def stop_disclosure(event: Recorded[funding.DisclosureStopped]) -> Iterator[RowChange]:
    """Service was withdrawn; no day of disclosure stands."""
    yield Upsert(Changes, event.data.change_id, served_on=None, disclose_on=None)
    yield ClearTimer("disclose_change", event.data.change_id)


@projections.of(funding.ChangeDisclosed)
def show_change(event: Recorded[funding.ChangeDisclosed]) -> Iterator[RowChange]:
    """The other bodies may read of a change."""
    yield Upsert(Changes, event.data.change_id, disclosed_on=event.data.disclosed_on, sealed=False)
    yield ClearTimer("disclose_change", event.data.change_id)


@projections.of(every_service.DecidedUnaware)
def show_doubt(event: Recorded[every_service.DecidedUnaware]) -> Iterator[RowChange]:
    """A decision waits for a person to answer."""
    fact = event.data
    yield Upsert(
        Doubts, fact.decision_id, fact.late_event_id, about=fact.about, code=fact.code,
        given_to_role=fact.given_to_role,
    )  # fmt: skip
