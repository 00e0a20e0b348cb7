from datetime import date
from typing import Any

import pytest

from contracts import funding, incumbents, monitoring, panels, payments
from contracts.envelope import DocumentRef, Event
from contracts.partners import PersonErased
from contracts.rules import Citation
from services.notifications import change_notices, change_particulars  # noqa: F401 -- they register
from services.notifications import incumbents as told_of_incumbents  # noqa: F401 -- it calls for notices
from services.notifications import panels as told_of_panels  # noqa: F401 -- it calls for notices
from services.notifications.notices import REMINDER
from services.notifications.performance import TOLD
from services.notifications.reactions import reactions
from services.notifications.rendering import FOLDER
from services.runtime.reactions import Act
from tests.unit.change_samples import a_step_set_aside, change_cases
from tests.unit.notifications_givens import EMAIL, SYSTEM, TUESDAY, VCO, Told, at, document, recorded

COUNCIL = "sutton-council"
AMOUNTS = (funding.YearAmount(year="2014/15", pounds=100),)
RATIONALE = (funding.RationalePart(criterion_id="c1", document=document("reason-1")),)
BID: dict[str, Any] = {"bid_id": "b1", "programme_id": "p1", "organisation_id": VCO}
SUPPORT: dict[str, Any] = {"agreement_id": "a1", "organisation_id": VCO, "funder_id": COUNCIL}
REPORT: dict[str, Any] = {**SUPPORT, "report_id": "r1"}
PAYMENT: dict[str, Any] = {**SUPPORT, "payment_id": "a1.1", "pounds": 100}

AWARDED = funding.BidAwarded(
    **BID, funder_id=COUNCIL, member_ids=("vco-member",), title="Strategic Partners", amounts=AMOUNTS, outcomes=(),
    term_starts_on=date(2014, 7, 1), term_ends_on=date(2017, 6, 30),
)  # fmt: skip
CASES: list[tuple[Event, str, str]] = [
    (
        funding.BidDeclined(**BID, funder_id=COUNCIL, title="Strategic Partners", rationale=RATIONALE, opens=()),
        "bid_declined", "bid:b1",
    ),
    (
        funding.BidDocumentRequested(
            **BID, criterion_id="e1", reasons=document(), due_on=date(2014, 4, 8), calendar_version="v", opens=()
        ),
        "bid_document_requested", "bid:b1",
    ),
    (
        funding.FundingChangeProposed(
            **SUPPORT, change_id="ch1", kind=funding.ChangeKind.END, support=funding.Support.FUNDING,
            ground=funding.ChangeGround.RESOURCES, proposed_by="p", reasons=document(), opens=(),
        ),
        "change_proposed", "change:ch1",
    ),
    (
        panels.ScoresGiven(
            **BID, funder_id=COUNCIL, points_at_most=10, opens=(),
            scores=(panels.GivenScore(criterion_id="c1", points=7, reason=document("reason-1")),),
        ),
        "scores_given", "bid:b1",
    ),
    (
        incumbents.SupportAffectedByRound(
            **SUPPORT, programme_id="p1", support_ends_on=date(2017, 6, 30), pounds_a_year=100, meaning=document(),
            published_by="p", opens=(),
        ),
        "support_affected", "agreement:a1",
    ),
    (
        incumbents.TermEndAsked(
            agreement_id="a1", organisation_id="vco-other", funder_id=VCO, title="Advice",
            support_ends_on=date(2017, 6, 30), citation=Citation(document="Sutton Compact", clause="3.4.3"),
        ),
        "funder_asked_of_term_end", "agreement:a1",
    ),
    (
        panels.DecisionReviewOverdue(**BID, funder_id=COUNCIL, answer_due_on=date(2014, 5, 7)),
        "review_overdue", "bid:b1",
    ),
    (
        panels.DecisionReviewAnswered(
            **BID, funder_id=COUNCIL, outcome=panels.ReviewOutcome.STANDS, answer=document(), answered_by="p", opens=(),
        ),
        "review_answered", "bid:b1",
    ),
    (
        funding.AgreementInForce(
            **SUPPORT, programme_id="p1", title="Advice", amounts=AMOUNTS, starts_on=date(2014, 7, 1),
            ends_on=date(2017, 6, 30),
        ),
        "agreement_in_force", "agreement:a1",
    ),
    (
        payments.PaymentMade(
            **PAYMENT, ledger_reference="SC-1", details_id="d1", made_on=TUESDAY, due_on=TUESDAY, late=False
        ),
        "payment_made", "payment:a1.1",
    ),
    (
        payments.PaymentOverdue(
            **PAYMENT, due_on=TUESDAY, waited_for=payments.WaitedFor.FUNDER, because=payments.LateBecause.NOT_PAID
        ),
        "payment_overdue", "payment:a1.1",
    ),
    (
        payments.PaymentHeld(
            **PAYMENT, hold_id="h1", ground=payments.HoldGround.SAFEGUARDING, reasons=document(), held_on=TUESDAY,
            ends_on=date(2014, 5, 1), calendar_version="v", proposed_by="p", confirmed_by="q", opens=(),
        ),
        "payment_held", "payment:a1.1",
    ),
    (
        payments.PaymentReturned(
            **PAYMENT, ledger_reference="SC-1", details_id="d1", reason=payments.ReturnReason.ACCOUNT_CLOSED,
            due_on=TUESDAY, calendar_version="v",
        ),
        "payment_returned", "payment:a1.1",
    ),
    (
        monitoring.ReportDue(
            **REPORT, period="first half", opened_on=TUESDAY, due_on=date(2014, 5, 1), remind_on=None,
            calendar_version="v",
        ),
        "report_due", "report:r1",
    ),
    (monitoring.ReportOverdue(**REPORT, due_on=date(2014, 5, 1)), "report_overdue", "report:r1"),
    (
        monitoring.ReportReturned(
            **REPORT, reasons=document(), due_on=date(2014, 5, 1), remind_on=None, returned_by="p",
            calendar_version="v", opens=(),
        ),
        "report_returned", "report:r1",
    ),
    (monitoring.ReportOverdueWithdrawn(**REPORT, due_on=date(2014, 5, 1)), "report_overdue_withdrawn", "report:r1"),
    (
        monitoring.ReportExtensionRefused(
            report_id="r1", agreement_id="a1", organisation_id=VCO, reason=document(), opens=(), due_on=TUESDAY
        ),
        "report_extension_refused", "report:r1",
    ),
    (
        monitoring.FunderAnswerOverdue(**REPORT, answer_due_on=date(2014, 5, 1)),
        "funder_answer_overdue", "report:r1",
    ),
    *change_cases(VCO),
]  # fmt: skip
SET_ASIDE = a_step_set_aside(VCO)


def _is_document(fact: Event, name: str) -> bool:
    return isinstance(getattr(fact, name, None), DocumentRef)


def commands_after(fact: Event) -> list[Any]:
    event = recorded(fact, 7)
    found: list[Any] = []
    for reaction in reactions.by_type[fact.wire]:
        made = reaction.commands(event, Act(SYSTEM, at(TUESDAY), f"{event.id} {reaction.name}"))
        found += made if isinstance(made, list) else [made]
    return found


@pytest.mark.parametrize(("fact", "template", "about"), CASES, ids=[case[1] for case in CASES])
def test_the_organisation_concerned_is_told(fact, template, about):
    [command] = commands_after(fact)

    assert (command.organisation_id, command.template, command.about) == (VCO, template, about)
    assert command.because_of == "e7"
    assert command.statutory == (not template.startswith(("report", "funder", "payment_made", "payment_overdue")))
    assert commands_after(fact) == [command]


@pytest.mark.parametrize("fact", [AWARDED, SET_ASIDE, *(case[0] for case in CASES)], ids=lambda fact: fact.wire)
def test_what_the_notice_will_say_is_kept_with_the_event_that_called_for_it(fact):
    told = Told().add(fact)

    kept = told.rows["particulars", "e1"]

    assert kept["facts"]
    names = ("reasons", "reason", "answer", "meaning")
    said = [getattr(fact, name) for name in names if _is_document(fact, name)]
    said += [part.document for part in getattr(fact, "rationale", ())]
    said += [part.reason for part in getattr(fact, "scores", ())]
    assert [part["document"]["id"] for part in kept["texts"]] == [document.id for document in said]


def test_every_template_is_called_for_by_some_fact_and_every_call_has_its_template():
    called = {template for _fact, template, _about in CASES} | {
        "award", "award_to_member", "step_set_aside", REMINDER,
    }  # fmt: skip
    called |= {telling.template for telling in TOLD.values()}

    assert called == {file.stem for file in FOLDER.glob("*.txt")} - {"frame"}


def test_every_bidder_of_a_consortium_is_told_of_an_award_by_a_notice_of_its_own():
    lead, member = commands_after(AWARDED)

    assert (lead.organisation_id, lead.template) == (VCO, "award")
    assert (member.organisation_id, member.template) == ("vco-member", "award_to_member")
    assert lead.notice_id != member.notice_id


def test_a_change_of_contacts_brings_what_is_open_in_line():
    told = Told().add(EMAIL)
    told.withdraw(EMAIL)

    assert [command.organisation_id for fact in told.facts for command in commands_after(fact.data)] == [VCO, VCO]


def test_an_erased_person_is_withdrawn_and_listed_for_the_address_book():
    [command] = commands_after(PersonErased(person_id="p-1"))

    told = Told().add(PersonErased(person_id="p-1"))

    assert command.person_id == "p-1"
    assert ("erased_persons", "p-1") in told.rows


def test_a_step_set_aside_is_told_to_the_organisation_and_to_the_compact_group_the_same_working_day():
    own, group = commands_after(SET_ASIDE)

    assert (own.organisation_id, group.organisation_id) == (VCO, "compact-group")
    assert {own.template, group.template} == {"step_set_aside"}
    assert {own.due_on, group.due_on} == {TUESDAY}
    assert own.notice_id != group.notice_id
