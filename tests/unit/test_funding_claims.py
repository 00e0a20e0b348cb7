"""Claims of partner bodies: once each by source and id, in the order of their topic, on behalf of the body."""

import json
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from change_givens import DECIDED_AT, a_change, now
from funding_givens import Ledger, turned_down

from contracts.bodies import EffectReported
from contracts.change_gates import ClaimNotTaken, ClaimReceived, PartnerEffectReported
from contracts.funding import ChangeDisclosed, ChangeGround, ChangeKind, Support
from services.funding import change_handlers as handlers
from services.funding.change_tables import PartnerEffects
from services.funding.claims import ReportEffect, TakeClaim
from services.funding.claims_reader import claim_of
from services.runtime.decisions import Actor
from services.runtime.unit import Outcome

POLICE = "sutton-police"
BODY = Actor("system", "system", POLICE)
SAID = {"change_id": "c1", "people": 40, "referrals_a_year": 120}


def a_record(data: Any = None, offset: int = 0, **headers: str | None) -> Any:
    given: dict[str, str | None] = {
        "ce_id": "x-1", "ce_source": "/sutton/police", "ce_type": "police.effect_reported", **headers,
    }  # fmt: skip
    value = data if isinstance(data, bytes) else json.dumps(SAID if data is None else data).encode()
    return SimpleNamespace(
        offset=offset, value=value, headers=[(name, text.encode()) for name, text in given.items() if text is not None]
    )


def a_disclosed_change() -> Ledger:
    ledger = a_change()
    disclosed = ChangeDisclosed(
        change_id="c1", agreement_id="a1", funder_id="council", organisation_id="advice-together",
        kind=ChangeKind.REDUCE, support=Support.FUNDING, ground=ChangeGround.RESOURCES,
        told_organisation_on=DECIDED_AT.date(), disclosed_on=DECIDED_AT.date(), calendar_version="x",
    )  # fmt: skip
    ledger.receive(disclosed)
    return ledger


def take(ledger: Ledger, record: Any, body_id: str = POLICE, at: datetime = DECIDED_AT) -> Outcome:
    command = TakeClaim(actor=BODY, now=at, **claim_of("sutton", "police", body_id, record))
    return ledger.do(handlers.take_claim(now(ledger), command), at)


def test_a_claim_becomes_a_step_of_fundings_own_on_behalf_of_the_body():
    ledger = a_disclosed_change()

    take(ledger, a_record())

    [effect] = ledger.of(PartnerEffectReported)
    assert (effect.body_id, effect.people, effect.referrals_a_year) == (POLICE, 40, 120)
    assert [row.onbehalfof for row in ledger.rows if row.data is effect] == [POLICE]
    assert ledger.row(PartnerEffects, "c1", POLICE)["referrals_a_year"] == 120


def test_a_repeat_is_known_by_source_and_id_and_another_thing_under_that_id_is_laid_aside_once():
    ledger = a_disclosed_change()
    take(ledger, a_record())

    assert take(ledger, a_record(offset=1)).events == ()
    for _ in range(2):
        take(ledger, a_record({**SAID, "people": 41}, offset=2))

    assert len(ledger.of(ClaimReceived)) == len(ledger.of(PartnerEffectReported)) == 1
    assert [one.reason for one in ledger.of(ClaimNotTaken)] == ["another_under_this_id"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (a_record(ce_source="/sutton/fire"), "source_is_not_the_topics_owner"),
        (a_record(ce_source="/coventry/police"), "source_is_not_the_topics_owner"),
        (a_record(ce_type="police.opinion_given"), "type_unknown"),
        (a_record(ce_id=None), "headers_missing"), (a_record(ce_id="x" * 201), "headers_missing"),
        (a_record({**SAID, "people": 4}), "breaks_schema"), (a_record(b"\xff{"), "breaks_schema"),
        (a_record({"people": 40}), "breaks_schema"), (a_record({**SAID, "change_id": "a b"}), "breaks_schema"),
    ],
)  # fmt: skip
def test_what_is_not_the_bodys_or_cannot_be_read_is_laid_aside_with_its_reason(record, reason):
    ledger = a_disclosed_change()

    take(ledger, record)

    assert [one.reason for one in ledger.of(ClaimNotTaken)] == [reason]
    assert ledger.of(ClaimReceived, PartnerEffectReported) == []
    assert take(ledger, record).events == ()


def test_a_body_that_is_no_signatory_is_not_heard():
    ledger = a_disclosed_change()

    take(ledger, a_record(), body_id="")

    assert [one.reason for one in ledger.of(ClaimNotTaken)] == ["no_such_signatory"]


def test_nobody_reports_on_a_change_before_it_is_disclosed_nor_the_funder_on_its_own():
    early, late = a_change(), a_disclosed_change()

    def report(ledger: Ledger, body: str) -> Outcome:
        command = ReportEffect(
            actor=Actor("system", "system", body), now=DECIDED_AT, change_id="c1", people=None, referrals_a_year=3
        )
        return ledger.do(handlers.report_effect(now(ledger), command), DECIDED_AT)

    assert turned_down(report(early, POLICE)) == ("change_unknown", 404)
    assert turned_down(report(late, "council")) == ("change_unknown", 404)
    assert report(late, POLICE).rejection is None


def test_an_effect_holds_no_number_below_five_and_no_words():
    assert set(EffectReported.model_fields) == {"change_id", "people", "referrals_a_year"}
    assert EffectReported(change_id="c1").people is None
