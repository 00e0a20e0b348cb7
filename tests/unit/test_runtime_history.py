"""The story of a thing is told to each reader only so far as that reader may know it by now."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.catalogue import EVENTS
from contracts.envelope import Audience, Event
from contracts.every_service import RequestRefused, SealedStepRefused
from contracts.funding import AwardApproved, BidReceived, BidSubmitted, ProgrammePublished, QuestionAsked
from services.runtime.decisions import Actor
from services.runtime.history import OVERSEERS, ROLES, is_opened, may_know

BIDDER = Actor("rep-1", "vco_representative", "org-1")
RIVAL = Actor("rep-2", "vco_representative", "org-2")
SEALED = [kind for kind in EVENTS.values() if kind.opened_by]
OTHERS = [Actor("p", role, "sutton-council") for role in ROLES if role != "vco_representative"]


def told(kind: type[Event], actor: Actor, *, opened: bool = False, by: str = "org-1", **data: Any) -> bool:
    return may_know(kind, data, by, opened, actor)


@pytest.mark.parametrize("kind", SEALED, ids=lambda kind: kind.wire)
def test_before_it_is_opened_a_sealed_event_is_told_only_to_the_organisation_that_recorded_it(
    kind: type[Event],
) -> None:
    assert told(kind, BIDDER)
    assert not told(kind, RIVAL, organisation_id="org-2")
    assert not any(told(kind, actor, by="sutton-council") for actor in OTHERS)


def test_a_body_that_recorded_a_sealed_event_itself_learns_it_from_its_opening_like_everybody() -> None:
    decider = Actor("d", "decider", "sutton-council")

    assert not told(AwardApproved, decider, by="sutton-council")
    assert told(AwardApproved, decider, by="sutton-council", opened=True)


def test_a_sealed_step_of_a_panel_member_is_not_told_to_the_voluntary_organisation_it_sits_for() -> None:
    assert not told(SealedStepRefused, BIDDER, body_id="org-1", command="ScoreBid")


def test_another_bidder_never_reads_a_bid() -> None:
    assert not told(BidSubmitted, RIVAL, opened=True, organisation_id="org-1")
    assert told(BidSubmitted, BIDDER, opened=True, organisation_id="org-1")


@pytest.mark.parametrize("role", sorted(OVERSEERS))
def test_overseers_read_everything_that_is_open(role: str) -> None:
    overseer = Actor("p", role, "elsewhere")

    assert told(BidReceived, overseer)
    assert told(BidSubmitted, overseer, opened=True)
    assert not told(BidSubmitted, overseer)


def test_another_body_reads_what_is_shared_with_partners_and_what_it_did_or_funds_itself() -> None:
    other = Actor("p", "commissioner", "health-board")

    assert ProgrammePublished.audience is Audience.PARTNERS
    assert told(ProgrammePublished, other, by="sutton-council")
    assert not told(BidReceived, other, by="sutton-council")
    assert told(BidReceived, other, by="health-board")
    assert told(BidReceived, other, by="sutton-council", funder_id="health-board")


def test_who_asked_and_who_was_refused_is_never_opened() -> None:
    for kind in (QuestionAsked, RequestRefused):
        assert not is_opened(kind, ["question:1", "programme:1"], {"programme:1 funding.results_announced"})


def test_a_seal_is_lifted_by_the_event_that_opens_this_programme() -> None:
    tags = ["bid:1", "programme:1"]

    assert is_opened(AwardApproved, tags, {"programme:1 funding.results_announced"})
    assert not is_opened(AwardApproved, tags, {"programme:2 funding.results_announced"})
    assert not is_opened(AwardApproved, tags, {"programme:1 funding.bids_opened"})


def test_where_bids_are_opened_one_by_one_only_those_are_open() -> None:
    opened = {"programme:1 funding.bids_opened", "bid:1 funding.bids_opened"}

    assert is_opened(BidSubmitted, ["bid:1", "programme:1"], opened)
    assert not is_opened(BidSubmitted, ["bid:2", "programme:1"], opened)
