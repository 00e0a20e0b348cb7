from dataclasses import replace
from typing import Any

from contracts.notifications import Channel
from contracts.partners import PersonErased
from services.notifications import contacts
from services.runtime.decisions import Rejection
from tests.unit.notifications_givens import (
    EMAIL,
    LETTER,
    OFFICER,
    REPRESENTATIVE,
    SECOND_EMAIL,
    STRANGER,
    SYSTEM,
    TUESDAY,
    VCO,
    Told,
    a_place,
    at,
    given,
    hashed,
    kinds,
)

GIVE = contacts.GiveContact(
    actor=OFFICER, now=at(TUESDAY), address_id="new", organisation_id=VCO, person_id=None, office="chair",
    channel=Channel.EMAIL, address_hash=hashed("new"),
)  # fmt: skip


def give(told: Told, **changed: Any) -> Any:
    command = replace(GIVE, **changed)
    return told.decide(contacts.give, command, contacts.of_organisation(command.organisation_id, command.person_id))


def test_a_contact_that_was_given_counts_and_holds_no_address():
    told = Told()

    decided = give(told, actor=REPRESENTATIVE, person_id="p-1")

    assert kinds(decided) == ["ContactGiven"]
    assert decided[0].address_hash == hashed("new")
    assert set(decided[0].tags) == {"address:new", f"organisation:{VCO}", "person:p-1"}


def test_the_same_contact_given_again_is_already_so():
    told = Told()
    give(told)

    assert give(told) == []


def test_an_organisation_gives_two_contacts_and_its_registered_address():
    told = Told().add(EMAIL, SECOND_EMAIL)

    third = give(told)
    registered = give(told, address_id="seat", office="registered_address", channel=Channel.LETTER)
    another_seat = give(told, address_id="seat-2", office="registered_address", channel=Channel.LETTER)

    assert third.code == "too_many_contacts"
    assert third.citation == told.place.rules(TUESDAY).service_of_notice.citation
    assert kinds(registered) == ["ContactGiven"]
    assert another_seat.code == "registered_address_stands"


def test_after_a_contact_was_withdrawn_another_can_be_given():
    told = Told().add(EMAIL, SECOND_EMAIL)
    told.withdraw(EMAIL)

    assert kinds(give(told)) == ["ContactGiven"]


def test_a_place_without_the_rule_takes_any_number_of_contacts_and_cites_nothing():
    told = Told(place=a_place("sutton", service_of_notice=None)).add(EMAIL, SECOND_EMAIL, LETTER)

    assert kinds(give(told)) == ["ContactGiven"]


def test_a_representative_acts_for_its_own_organisation_only():
    told = Told().add(EMAIL)

    assert give(told, actor=STRANGER).status == 403
    assert told.withdraw(EMAIL, STRANGER).status == 403


def test_nobody_writes_down_again_how_to_reach_an_erased_person():
    told = Told().add(PersonErased(person_id="p-1"))

    refused = give(told, person_id="p-1")

    assert isinstance(refused, Rejection)
    assert refused.code == "person_erased"
    assert refused.citation is None


def test_a_contact_is_withdrawn_once_and_an_unknown_one_not_at_all():
    told = Told().add(EMAIL)

    assert kinds(told.withdraw(EMAIL)) == ["ContactWithdrawn"]
    assert told.withdraw(EMAIL) == []
    assert told.withdraw(SECOND_EMAIL).status == 404


def test_every_contact_of_an_erased_person_is_withdrawn_once():
    his = [given("mine-1", person="p-1"), given("mine-2", person="p-1")]
    told = Told().add(*his, given("hers", person="p-2"))
    command = contacts.WithdrawPerson(actor=SYSTEM, now=at(TUESDAY), person_id="p-1")

    decided = told.decide(contacts.withdraw_person, command, contacts.of_person("p-1"))
    again = told.decide(contacts.withdraw_person, command, contacts.of_person("p-1"))

    assert [event.address_id for event in decided] == ["mine-1", "mine-2"]
    assert {event.reason for event in decided} == {"person_erased"}
    assert again == []
