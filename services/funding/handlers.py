"""Commands to decisions: load what the decision stands on, decide, append."""

from __future__ import annotations

from dataclasses import replace

from contracts.place import Place
from services.funding import (
    agreements,
    announcing,
    awards,
    bids,
    budget_cuts,
    changes,
    drafts,
    eligibility,
    opened_bids,
    openings,
    programmes,
    questions,
    unsealing,
)
from services.funding.bidding import Bidding
from services.runtime.decisions import Decision, Query, Rejection
from services.runtime.unit import Outcome, Unit


async def publish_programme(unit: Unit, command: programmes.PublishProgramme) -> Outcome:
    """Publish a round (SPP1, SPP2)."""
    return await unit.decide(programmes.facts_of_publication(command), programmes.publish, command)


async def cut_money(unit: Unit, command: budget_cuts.CutMoney) -> Outcome:
    """Cut the money of a round, knowing its agreements (SPP1)."""
    known = await unit.look(budget_cuts.facts_of(command))
    return await unit.decide(budget_cuts.facts_of(command, known), budget_cuts.cut, command)


async def ask_question(unit: Unit, command: questions.AskQuestion) -> Outcome:
    """Ask about a round (SPP2)."""
    return await unit.decide(questions.facts_of_question(command), questions.ask, command)


async def answer_question(unit: Unit, command: questions.AnswerQuestion) -> Outcome:
    """Answer to all (SPP2)."""
    return await unit.decide(questions.facts_of_question(command), questions.answer, command)


async def extend_closing(unit: Unit, command: programmes.ExtendClosing) -> Outcome:
    """Put closing off for all (SPP2)."""
    return await unit.decide(programmes.facts_of_round(command), programmes.extend_closing, command)


async def check_bid(unit: Unit, command: drafts.CheckBid, found: list[Rejection]) -> Outcome:
    """Put every fault of a draft into `found`, with nothing recorded (Compact 3.3.8)."""

    def look(facts: Bidding, looked: drafts.CheckBid, place: Place) -> Decision:
        found[:] = drafts.check(facts, looked, place)
        return []

    return await unit.decide(bids.facts_of_bidding(command), look, command)


async def submit_bid(unit: Unit, command: bids.SubmitBid) -> Outcome:
    """Take a bid in (SPP2)."""
    return await unit.decide(bids.facts_of_bidding(command), bids.submit, command)


async def withdraw_bid(unit: Unit, command: bids.WithdrawBid) -> Outcome:
    """Take a bid back (SPP2)."""
    return await unit.decide(bids.facts_of_bid(command), bids.withdraw, command)


async def confirm_part(unit: Unit, command: bids.ConfirmPart) -> Outcome:
    """Confirm a member's part (Compact 3.3.6)."""
    return await unit.decide(bids.facts_of_bid(command), bids.confirm_part, command)


async def open_bids(unit: Unit, command: openings.OpenBids) -> Outcome:
    """Open the bids of a round, once none received in time is undecided (SPP2)."""
    command = replace(command, undecided=await unit.undecided(f"programme:{command.programme_id}"))
    return await unit.decide(openings.facts_of(command), openings.open_bids, command)


async def request_document(unit: Unit, command: eligibility.RequestDocument) -> Outcome:
    """Ask a bidder to put a document right (Compact 3.3.8)."""
    facts = opened_bids.facts_of(command.programme_id, command.bid_id)
    return await unit.decide(facts, eligibility.request_document, command)


async def put_document_right(unit: Unit, command: eligibility.PutDocumentRight) -> Outcome:
    """Take the document put right (Compact 3.3.8)."""
    facts = opened_bids.facts_of(command.programme_id, command.bid_id)
    return await unit.decide(facts, eligibility.put_document_right, command)


async def find_eligible(unit: Unit, command: eligibility.FindEligible) -> Outcome:
    """Find a bid eligible (Compact 3.3.8)."""
    facts = opened_bids.facts_of(command.programme_id, command.bid_id)
    return await unit.decide(facts, eligibility.find_eligible, command)


async def find_ineligible(unit: Unit, command: eligibility.FindIneligible) -> Outcome:
    """Find a bid ineligible (Compact 3.3.8)."""
    facts = opened_bids.facts_of(command.programme_id, command.bid_id)
    return await unit.decide(facts, eligibility.find_ineligible, command)


async def approve_award(unit: Unit, command: awards.ApproveAward) -> Outcome:
    """Approve an award within the money (SPP1, Compact 3.3.2)."""
    facts = opened_bids.facts_of_award(command.programme_id, command.bid_id, command.organisation_id)
    return await unit.decide(facts, awards.approve, command)


async def decline_bid(unit: Unit, command: awards.DeclineBid) -> Outcome:
    """Decline a bid (Compact 3.3.2)."""
    facts = opened_bids.facts_of_round(command.programme_id)
    return await unit.decide(facts, awards.decline, command)


async def announce_results(unit: Unit, command: announcing.AnnounceResults) -> Outcome:
    """Announce all results together (SPP2)."""
    return await unit.decide(announcing.facts_of(command), announcing.announce, command)


async def disclose_sealed_steps(unit: Unit, command: unsealing.DiscloseSealedSteps) -> Outcome:
    """Disclose what stayed private while a round was sealed."""
    return await unit.decide(unsealing.facts_of_steps(command), unsealing.disclose, command)


async def record_unaware(unit: Unit, command: unsealing.RecordUnaware) -> Outcome:
    """Put decisions made unaware before a person, those too for an organisation that this one took over."""
    organisations = await unit.with_those_it_took_over(command.organisation_id)
    return await unit.decide(unsealing.facts_of_commitments(organisations), unsealing.record_unaware, command)


async def draft_agreement(unit: Unit, command: agreements.DraftAgreement) -> Outcome:
    """Draft the agreement an award calls for."""
    return await unit.decide(agreements.facts_of_award(command), agreements.draft, command)


async def sign_agreement(unit: Unit, command: agreements.SignAgreement) -> Outcome:
    """Sign for one party."""
    return await unit.decide(agreements.facts_of_signing(command), agreements.sign, command)


async def bring_into_force(unit: Unit, command: agreements.BringIntoForce) -> Outcome:
    """Bring an agreement into force on a commissioner's word (SPP4, Compact 3.3.5)."""
    return await unit.decide(await _with_holder(unit, command), agreements.bring_into_force, command)


async def bring_into_force_when_ready(unit: Unit, command: agreements.BringIntoForce) -> Outcome:
    """Bring an agreement into force by itself (SPP4, Compact 3.3.5)."""
    return await unit.decide(await _with_holder(unit, command), agreements.bring_into_force_when_ready, command)


async def _with_holder(unit: Unit, command: agreements.BringIntoForce) -> Query[agreements.Agreement]:
    """The agreement's facts with what the register says of its holder, who never changes once it is drafted."""
    known = await unit.look(agreements.facts_of(command))
    return agreements.facts_of(command, known.holder)


async def propose_change(unit: Unit, command: changes.ProposeChange) -> Outcome:
    """Propose a change of support (Compact 3.4.3)."""
    return await unit.decide(changes.facts_of_proposal(command), changes.propose, command)


async def schedule_disclosure(unit: Unit, command: changes.ScheduleDisclosure) -> Outcome:
    """Work out when other bodies learn of a change (Compact 3.4.3)."""
    return await unit.decide(changes.facts_of(command), changes.schedule_disclosure, command)


async def disclose_change(unit: Unit, command: changes.DiscloseChange) -> Outcome:
    """Disclose a change to the other bodies (Compact 3.4.3)."""
    return await unit.decide(changes.facts_of(command), changes.disclose, command)
