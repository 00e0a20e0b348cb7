"""The organisation concerned hears of a change first, other bodies a working day after service (Compact 3.4.3)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from funding_givens import (
    ADVICE,
    COMMISSIONER,
    COUNCIL,
    DECIDER,
    MANAGER,
    NURSE,
    ROUND,
    SPORTS,
    SYSTEM,
    YEARS,
    Ledger,
    a_ledger,
    a_proposal,
    document,
    turned_down,
)

from contracts.change_gates import DisclosedChangeEnded, Stopped
from contracts.envelope import Audience
from contracts.funding import (
    AgreementInForce,
    ChangeDisclosed,
    DisclosureScheduled,
    DisclosureStopped,
    FundingChangeProposed,
    YearAmount,
)
from contracts.notifications import NoticeRequested, NoticeServed, Proof, ServiceDeemed, ServiceWithdrawn
from contracts.partners import OrganisationDissolved, OrganisationSucceeded
from services.funding import change_handlers, handlers
from services.funding.changes import DiscloseChange
from services.funding.steps import WithdrawChange
from services.funding.tables import Changes
from services.runtime.decisions import Actor
from services.runtime.unit import Outcome

PROPOSED_AT = datetime(2015, 3, 5, 10, tzinfo=UTC)
SERVED_ON, DISCLOSE_ON = date(2015, 3, 6), date(2015, 3, 9)
DISCLOSED_AT = datetime(2015, 3, 9, tzinfo=UTC)


def an_agreement_in_force(name: str = "sutton") -> Ledger:
    ledger = a_ledger(name)
    in_force = AgreementInForce(
        agreement_id="a1", programme_id=ROUND, funder_id=COUNCIL, organisation_id=ADVICE, title="Advice",
        amounts=(YearAmount(year=YEARS[0], pounds=1),), starts_on=date(2014, 4, 1), ends_on=date(2017, 3, 31),
    )  # fmt: skip
    ledger.receive(in_force)
    return ledger


def propose(ledger: Ledger, actor: Actor = COMMISSIONER, agreement: str = "a1") -> Outcome:
    command = a_proposal(agreement, PROPOSED_AT, actor)
    return ledger.do(handlers.propose_change(ledger, command), PROPOSED_AT)


def a_proposed_change(name: str = "sutton") -> Ledger:
    ledger = an_agreement_in_force(name)
    assert propose(ledger).rejection is None
    return ledger


def served(notice: str = "n1", on: date = SERVED_ON, template: str = "change_proposed", about: str = "change:c1"):
    return NoticeServed(
        notice_id=notice, notice_number="N-1", organisation_id=ADVICE, about=about, template=template, served_on=on,
        proved_by=Proof.EMAILED_NOT_BOUNCED, content_hash="0" * 64, calendar_version="x",
    )  # fmt: skip


def withdrawn(notice: str = "n1") -> ServiceWithdrawn:
    return ServiceWithdrawn(notice_id=notice, organisation_id=ADVICE, about="change:c1", was_served_on=SERVED_ON)


def disclose(ledger: Ledger, at: datetime = DISCLOSED_AT, react: bool = True) -> Outcome:
    command = DiscloseChange(actor=SYSTEM, now=at, change_id="c1")
    return ledger.do(handlers.disclose_change(ledger, command), at, react)


@pytest.mark.parametrize("actor", [COMMISSIONER, MANAGER])
def test_an_officer_of_the_funder_proposes_a_change_and_opens_its_reasons(actor):
    ledger = an_agreement_in_force()

    propose(ledger, actor)

    [proposed] = ledger.of(FundingChangeProposed)
    assert proposed.organisation_id == ADVICE
    assert proposed.opens == (document("why"),)
    assert proposed.audience is Audience.SERVICES
    assert propose(ledger, actor).events == ()


def test_only_support_in_force_and_of_ones_own_can_change():
    assert turned_down(propose(a_ledger())) == ("no_agreement_in_force", 404)
    assert turned_down(propose(an_agreement_in_force(), NURSE)) == ("no_agreement_in_force", 404)
    assert turned_down(propose(an_agreement_in_force(), DECIDER)) == ("not_yours_to_do", 403)


def test_other_bodies_learn_of_it_a_working_day_after_service():
    ledger = a_proposed_change()

    ledger.receive(served(), at=PROPOSED_AT + timedelta(days=1))

    [scheduled] = ledger.of(DisclosureScheduled)
    assert (scheduled.served_on, scheduled.disclose_on) == (SERVED_ON, DISCLOSE_ON)
    assert str(scheduled.citation) == "Sutton Compact 3.4.3"
    assert ledger.due(DISCLOSED_AT - timedelta(seconds=1)) == []
    ledger.ring(DISCLOSED_AT)
    [disclosed] = ledger.of(ChangeDisclosed)
    assert (disclosed.told_organisation_on, disclosed.disclosed_on) == (SERVED_ON, DISCLOSE_ON)
    assert ledger.row(Changes, "c1")["sealed"] is False
    assert ledger.due(DISCLOSED_AT) == []
    assert disclose(ledger).events == ()


def test_nothing_is_disclosed_before_service_or_before_the_day():
    ledger = a_proposed_change()

    assert disclose(ledger).events == ()
    ledger.receive(served(), at=PROPOSED_AT)
    assert disclose(ledger, DISCLOSED_AT - timedelta(seconds=1)).events == ()
    assert ledger.of(ChangeDisclosed) == []


def test_a_withdrawn_service_stops_the_disclosure():
    ledger = a_proposed_change()
    ledger.receive(served(), at=PROPOSED_AT)

    ledger.receive(withdrawn(), at=PROPOSED_AT)

    assert len(ledger.of(DisclosureStopped)) == 1
    assert ledger.due(DISCLOSED_AT + timedelta(days=9)) == []
    assert disclose(ledger).events == ()


def test_a_withdrawal_that_arrived_a_moment_before_the_timer_counts():
    ledger = a_proposed_change()
    ledger.receive(served(), at=PROPOSED_AT)
    ledger.receive(withdrawn(), at=PROPOSED_AT, react=False)

    outcome = disclose(ledger, react=False)

    assert [type(event) for event in outcome.events] == [DisclosureStopped]
    assert ledger.of(ChangeDisclosed) == []


def test_a_second_valid_service_takes_the_place_of_a_withdrawn_one():
    ledger = a_proposed_change()
    ledger.receive(served(), served("n2", date(2015, 3, 10)), at=PROPOSED_AT)

    ledger.receive(withdrawn(), at=PROPOSED_AT)

    assert [s.disclose_on for s in ledger.of(DisclosureScheduled)] == [DISCLOSE_ON, date(2015, 3, 11)]
    assert disclose(ledger).events == ()
    ledger.ring(datetime(2015, 3, 11, tzinfo=UTC))
    assert ledger.of(ChangeDisclosed)[0].told_organisation_on == date(2015, 3, 10)


def test_an_earlier_service_brings_the_day_forward():
    ledger = a_proposed_change()

    ledger.receive(served("n2", date(2015, 3, 10)), at=PROPOSED_AT)
    ledger.receive(served("n1", SERVED_ON), at=PROPOSED_AT)

    assert ledger.of(DisclosureScheduled)[-1].disclose_on == DISCLOSE_ON


def test_deemed_service_counts_where_its_notice_told_of_the_proposal():
    ledger = a_proposed_change()
    requested = NoticeRequested(
        notice_id="n1", notice_number="N-1", organisation_id=ADVICE, about="change:c1", template="change_proposed",
        because_of="e1",
    )  # fmt: skip
    deemed = ServiceDeemed(
        notice_id="n1", organisation_id=ADVICE, about="change:c1", deemed_on=SERVED_ON, confirmed_by="p-x"
    )

    ledger.receive(requested, deemed, deemed.model_copy(update={"notice_id": "n9"}), at=PROPOSED_AT)

    assert [scheduled.notice_id for scheduled in ledger.of(DisclosureScheduled)] == ["n1"]


def test_other_notices_schedule_nothing():
    ledger = a_proposed_change()

    ledger.receive(served(template="reminder"), served(about="bid:b1", template="bid_declined"), at=PROPOSED_AT)

    assert ledger.of(DisclosureScheduled) == []


def test_a_place_without_the_rule_still_tells_the_organisation_first():
    ledger = a_proposed_change("coventry")

    ledger.receive(served(), at=PROPOSED_AT)

    [scheduled] = ledger.of(DisclosureScheduled)
    assert (scheduled.disclose_on, scheduled.citation) == (SERVED_ON, None)


def test_a_service_withdrawn_after_disclosure_changes_nothing():
    ledger = a_proposed_change()
    ledger.receive(served(), at=PROPOSED_AT)
    ledger.ring(DISCLOSED_AT)

    ledger.receive(withdrawn(), at=DISCLOSED_AT)

    assert ledger.of(DisclosureStopped) == []


# What comes to nothing


def take_back(ledger: Ledger, at: datetime = DISCLOSED_AT) -> Outcome:
    command = WithdrawChange(actor=COMMISSIONER, now=at, change_id="c1")
    return ledger.do(change_handlers.withdraw_change(ledger, command), at)  # type: ignore[arg-type]


def a_disclosed_change() -> Ledger:
    ledger = a_proposed_change()
    ledger.receive(served(), at=PROPOSED_AT)
    ledger.ring(DISCLOSED_AT)
    return ledger


def no_more() -> OrganisationDissolved:
    return OrganisationDissolved(organisation_id=ADVICE, dissolved_on=DISCLOSE_ON)


def test_a_change_taken_back_before_its_day_is_disclosed_to_nobody():
    ledger = a_proposed_change()
    ledger.receive(served(), at=PROPOSED_AT)
    take_back(ledger, PROPOSED_AT)

    ledger.ring(DISCLOSED_AT)

    assert ledger.of(ChangeDisclosed, DisclosedChangeEnded) == []
    assert len(ledger.of(DisclosureStopped)) == 1
    assert ledger.due(DISCLOSED_AT + timedelta(days=9)) == []
    ledger.receive(served("n2"), at=DISCLOSED_AT)
    assert len(ledger.of(DisclosureScheduled)) == 1


def test_whoever_was_told_of_a_change_hears_that_it_was_taken_back_and_not_whether_it_is_proposed_anew():
    ledger = a_disclosed_change()

    take_back(ledger)

    [ended] = ledger.of(DisclosedChangeEnded)
    assert (ended.because, ended.ended_on, ended.audience) == (
        Stopped.CHANGE_WITHDRAWN, DISCLOSE_ON, Audience.PARTNERS,
    )  # fmt: skip
    assert "restarted_as" not in type(ended).model_fields
    assert take_back(ledger).events == ()


def test_whoever_was_told_of_a_change_hears_that_its_organisation_is_no_more():
    ledger = a_disclosed_change()

    ledger.receive(no_more(), at=DISCLOSED_AT)

    assert [one.because for one in ledger.of(DisclosedChangeEnded)] == [Stopped.ORGANISATION_DISSOLVED]
    assert turned_down(take_back(ledger)) == ("change_closed", 409)


def test_a_change_that_a_successor_took_over_is_disclosed_in_its_name():
    ledger = a_proposed_change()
    passed_on = OrganisationSucceeded(organisation_id=ADVICE, successor_id=SPORTS, succeeded_on=SERVED_ON)
    ledger.receive(served(), passed_on, at=PROPOSED_AT)

    ledger.ring(DISCLOSED_AT)

    assert [one.organisation_id for one in ledger.of(ChangeDisclosed)] == [SPORTS]
