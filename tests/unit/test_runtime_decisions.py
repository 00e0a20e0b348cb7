"""A decision names its facts and returns what follows from them; its refusal is a fact of the right audience."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from contracts.envelope import Audience, Event
from contracts.every_service import RequestRefused, SealedStepRefused, StepRefused
from contracts.partners import PersonErased
from contracts.rules import Citation
from services.runtime.decisions import Actor, Command, Item, Recorded, Rejection, unknown
from services.runtime.journal import (
    MAX_EVENT_BYTES,
    BadTag,
    EventTooLarge,
    Unkeepable,
    encode,
    tags_of,
    unkeepable,
)
from services.runtime.reactions import derived_id
from services.runtime.unit import Outcome, about_of, ending, refusal

NOW = datetime(2014, 4, 1, 9, 0, tzinfo=UTC)
CITED = Rejection("too_late", "The round is closed.", Citation(document="Programme", clause="closing time"))


@dataclass(frozen=True, kw_only=True)
class SubmitBid(Command):
    subject: ClassVar[str] = "bid_id"
    bid_id: str = "b1"


@dataclass(frozen=True, kw_only=True)
class ScoreBid(SubmitBid):
    sealed: ClassVar[bool] = True


def by(role: str) -> Actor:
    return Actor("person-1", role, "organisation-1")


@pytest.mark.parametrize(
    ("command", "role", "kind"),
    [
        (SubmitBid, "commissioner", StepRefused), (ScoreBid, "panel_member", SealedStepRefused),
        (SubmitBid, "vco_representative", RequestRefused), (ScoreBid, "vco_representative", RequestRefused),
    ],
)  # fmt: skip
def test_a_refusal_is_a_fact_for_those_who_may_know_of_it(
    command: type[SubmitBid], role: str, kind: type[Event]
) -> None:
    fact = refusal(CITED, command(actor=by(role), now=NOW))

    assert type(fact) is kind
    assert fact.audience is (Audience.SERVICES if kind is StepRefused else Audience.PRIVATE)
    assert fact.model_dump()["about"] == "bid:b1"
    assert fact.model_dump()["code"] == "too_late"


def test_a_command_without_a_subject_is_about_nothing() -> None:
    assert about_of(Command(actor=by("auditor"), now=NOW)) == ""


def test_an_unknown_thing_is_no_fact() -> None:
    rejection = unknown("commissioning_manager", "m1")

    assert (rejection.status, rejection.citation) == (404, None)
    assert rejection.sentence == "There is no commissioning manager m1."


def test_a_question_needs_a_tag() -> None:
    with pytest.raises(ValueError, match="tag"):
        Item()


def test_the_order_of_a_questions_tags_does_not_matter() -> None:
    assert Item("b:1", "a:1", "b:1") == Item("a:1", "b:1")


def test_an_outcome_gives_its_first_event_of_a_class_or_says_that_there_is_none() -> None:
    outcome = Outcome(events=(PersonErased(person_id="1"), PersonErased(person_id="2")))

    assert outcome.first(PersonErased).person_id == "1"
    with pytest.raises(LookupError):
        outcome.first(StepRefused)


def test_an_outcome_ends_in_one_of_three_ways() -> None:
    endings = [ending(one) for one in (Outcome((PersonErased(person_id="1"),)), Outcome(), Outcome(rejection=CITED))]

    assert endings == ["done", "already", "refused"]


def test_an_event_without_tags_has_no_subject() -> None:
    event = Recorded(1, "i", "/s", NOW, NOW, "a", "r", "o", "c", "", (), PersonErased(person_id="1"))

    assert event.subject == ""


class Tagless(Event, wire=""):
    """An event that is about nothing."""


def test_an_event_that_is_about_nothing_is_refused() -> None:
    with pytest.raises(BadTag):
        tags_of(Tagless())


@pytest.mark.parametrize("person", ["a b", "a\tb", "a\x00b", "a\u2028b", "a\u00a0b"])
def test_an_identifier_with_a_blank_or_control_character_is_refused(person: str) -> None:
    with pytest.raises(BadTag):
        tags_of(PersonErased(person_id=person))


def test_an_event_is_as_large_as_it_may_be_and_no_larger() -> None:
    envelope = len(encode(PersonErased(person_id="")))

    assert len(encode(PersonErased(person_id="a" * (MAX_EVENT_BYTES - envelope)))) == MAX_EVENT_BYTES
    with pytest.raises(EventTooLarge):
        encode(PersonErased(person_id="a" * (MAX_EVENT_BYTES - envelope + 1)))


def test_a_nul_is_refused_and_its_spelling_is_not() -> None:
    assert encode(PersonErased(person_id="\\u0000"))
    assert encode(PersonErased(person_id="\\\\u0000"))
    for text in ("\x00", "a\\\x00"):
        with pytest.raises(Unkeepable):
            encode(PersonErased(person_id=text))


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (b'{"a":9223372036854775807}', True), (b'{"a":9223372036854775808}', False),
        (b'{"a":-9223372036854775808}', True), (b'{"a":[-9223372036854775809]}', False),
        (b'{"a":"99999999999999999999999"}', True), (b'{"a":0.12345678901234567890123}', True),
        (b'{"a":' + b"9" * 5000 + b"}", False),
    ],
)  # fmt: skip
def test_a_number_beyond_64_bits_is_refused(value: bytes, kept: bool) -> None:
    assert (unkeepable(value) == "") is kept


def test_an_id_derives_from_its_seed_alone() -> None:
    assert derived_id("e1 draft agreement") == derived_id("e1 draft agreement") != derived_id("e2 draft agreement")
    assert derived_id("e1")[14] == "8"
