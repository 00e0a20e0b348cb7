"""Who holds which office; persons are opaque ids."""

from typing import Any

import pytest
from partners_givens import (
    COMMISSIONER,
    COUNCIL,
    NOW,
    OFFICER,
    REPRESENTATIVE,
    SECOND_OFFICER,
    SUTTON,
    SYSTEM,
    VCO,
    Told,
    appointment,
    registering,
    sutton,
    sutton_with_vco,
)

from contracts.partners import OfficeHolderAppointed, OfficeHolderRemoved, PersonErased
from services.partners.offices import AppointOfficeHolder, ErasePerson, RemoveOfficeHolder
from services.partners.organisations import DissolveOrganisation
from services.partners.rules import AdoptRules
from services.runtime.decisions import Actor

DECIDER = Actor("p-decider", "decider", COUNCIL)
DEPUTY = Actor("p-deputy", "decider", COUNCIL)
SCHEME = "Scheme of delegation 4.2"


def removing(by: Actor, whom: Actor) -> RemoveOfficeHolder:
    return RemoveOfficeHolder(
        actor=by, now=NOW, person_id=whom.person, organisation_id=whom.organisation, role=whom.role
    )


def erasing(person: str) -> ErasePerson:
    return ErasePerson(actor=OFFICER, now=NOW, person_id=person)


def deciding(limit: int | None = 250_000, **changes: Any) -> AppointOfficeHolder:
    return appointment(OFFICER, DECIDER, limit_pounds=limit, authority=SCHEME, answers_to="councillor", **changes)


def deputising(limit: int | None, of: str = DECIDER.person) -> AppointOfficeHolder:
    return appointment(OFFICER, DEPUTY, limit_pounds=limit, authority=SCHEME, delegate_of=of)


def nobody_yet() -> Told:
    told = Told()
    told.does(AdoptRules(actor=SYSTEM, now=NOW, place="sutton", rules=SUTTON))
    return told


@pytest.mark.parametrize("actor", [SYSTEM, OFFICER])
def test_before_anybody_holds_the_partnership_office_its_first_holder_can_be_appointed(actor: Actor) -> None:
    told = nobody_yet()

    assert told.refuses(appointment(actor, COMMISSIONER)).code == "partnership_office_vacant"
    assert [type(fact) for fact in told.does(appointment(actor, OFFICER))] == [OfficeHolderAppointed]
    assert told.decide(appointment(actor, OFFICER)) == []


def test_afterwards_only_who_holds_the_partnership_office_appoints() -> None:
    told = sutton()

    assert told.refuses(appointment(SYSTEM, SECOND_OFFICER)).code == "partnership_office_only"
    refused = told.refuses(appointment(SECOND_OFFICER, SECOND_OFFICER))
    assert (refused.code, str(refused.citation)) == (
        "office_not_held", "Register of office holders partnership_office",
    )  # fmt: skip
    assert told.does(appointment(OFFICER, SECOND_OFFICER))


def test_an_office_is_given_with_its_limit_and_authority_and_given_again_to_change_them() -> None:
    told = sutton()

    (appointed,) = told.does(deciding())

    assert isinstance(appointed, OfficeHolderAppointed)
    assert (appointed.limit_pounds, appointed.authority, appointed.answers_to) == (250_000, SCHEME, "councillor")
    assert appointed.place == "sutton"
    assert told.decide(deciding()) == []
    assert told.does(deciding(300_000))


@pytest.mark.parametrize("person", ["jane.doe@example.invalid", "Jane Doe", "", "p\n1", "x" * 65, "Zoë"])
def test_an_id_that_reads_like_a_name_or_an_address_is_refused_and_not_repeated(person: str) -> None:
    refused = sutton().refuses(appointment(OFFICER, COMMISSIONER, person_id=person))

    assert (refused.code, refused.citation) == ("person_not_opaque", None)
    assert not person or person not in refused.sentence + refused.remedy


def test_a_delegate_is_known_by_an_opaque_id_too() -> None:
    told = sutton()

    assert told.refuses(deputising(1, of="Jane Doe")).code == "person_not_opaque"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"role": "mayor"}, "role_unknown"), ({"role": "system"}, "role_unknown"),
        ({"answers_to": "mayor"}, "role_unknown"), ({"organisation_id": "nobody"}, "organisation_unknown"),
        ({"organisation_id": VCO}, "office_not_of_this_kind"), ({"role": "decider"}, "authority_missing"),
        ({"role": "decider", "authority": SCHEME}, "authority_missing"),
        ({"role": "vco_representative"}, "office_not_of_this_kind"),
    ],
)  # fmt: skip
def test_an_office_must_be_one_that_the_organisation_can_have(changes: dict[str, str], code: str) -> None:
    assert sutton_with_vco().refuses(appointment(OFFICER, COMMISSIONER, **changes)).code == code


def test_a_dissolved_organisation_gets_no_new_office_holders() -> None:
    told = sutton_with_vco()
    told.does(DissolveOrganisation(actor=OFFICER, now=NOW, organisation_id=VCO, dissolved_on=NOW.date()))

    assert told.refuses(appointment(OFFICER, REPRESENTATIVE)).code == "organisation_dissolved"


def test_representatives_are_named_by_the_office_and_then_by_their_own_organisation() -> None:
    told = sutton_with_vco()
    colleague = Actor("p-colleague", "vco_representative", VCO)

    assert told.refuses(appointment(REPRESENTATIVE, colleague)).code == "office_not_held"
    told.does(appointment(OFFICER, REPRESENTATIVE))

    assert told.does(appointment(REPRESENTATIVE, colleague))
    assert told.does(removing(REPRESENTATIVE, colleague))


def test_a_representative_names_nobody_for_another_organisation_or_office() -> None:
    told = sutton_with_vco()
    told.does(appointment(OFFICER, REPRESENTATIVE))
    (other,) = told.does(registering(name="Brindle Club", charity_number="9900002"))
    stranger = Actor("p-stranger", "vco_representative", getattr(other, "organisation_id", ""))
    panellist = Actor("p-panel", "panel_member", VCO)

    for each in (stranger, panellist):
        assert told.refuses(appointment(REPRESENTATIVE, each)).code == "own_representatives_only"
        assert told.refuses(removing(REPRESENTATIVE, each)).code == "own_representatives_only"
    assert told.refuses(removing(COMMISSIONER, stranger)).code == "partnership_office_only"
    assert told.refuses(appointment(COMMISSIONER, stranger)).code == "partnership_office_only"


def test_a_delegate_counts_as_the_person_and_never_goes_beyond_that_persons_limit() -> None:
    told = sutton()
    told.does(deciding())

    refused = told.refuses(deputising(250_001))
    told.does(deputising(50_000))

    assert (refused.code, str(refused.citation)) == ("limit_beyond_delegation", f"{SCHEME} limit")
    assert told.place.same_person(DEPUTY.person, DECIDER.person)


def test_an_office_is_delegated_only_by_who_holds_it_and_never_in_a_circle() -> None:
    told = sutton()

    assert told.refuses(deputising(1)).code == "delegator_without_office"
    told.does(deciding())
    told.does(deputising(1))

    assert told.refuses(deciding(1, delegate_of=DEPUTY.person)).code == "delegation_in_circle"
    assert told.refuses(deciding(1, delegate_of=DECIDER.person)).code == "delegation_in_circle"


def test_nobody_is_the_delegate_of_two_people() -> None:
    told = sutton()
    told.does(deciding())
    told.does(deputising(50_000))
    other = Actor("p-head-of-finance", "finance", COUNCIL)
    told.does(appointment(OFFICER, other))
    again = Actor(DEPUTY.person, "finance", COUNCIL)

    assert told.refuses(appointment(OFFICER, again, delegate_of=other.person)).code == "delegate_of_another"
    told.does(removing(OFFICER, DEPUTY))
    told.does(appointment(OFFICER, again, delegate_of=other.person))


def test_an_office_ends_once_and_what_was_delegated_ends_with_it() -> None:
    told = sutton()
    told.does(deciding())
    told.does(deputising(50_000))

    decided = told.does(removing(OFFICER, DECIDER))

    ended = [fact.person_id for fact in decided if isinstance(fact, OfficeHolderRemoved)]
    assert ended == [DECIDER.person, DEPUTY.person]
    assert told.decide(removing(OFFICER, DECIDER)) == []


def test_the_last_holder_of_the_partnership_office_stays_until_another_is_appointed() -> None:
    told = sutton()

    assert told.refuses(removing(OFFICER, OFFICER)).code == "last_partnership_office_holder"
    told.does(appointment(OFFICER, SECOND_OFFICER))

    assert told.does(removing(OFFICER, OFFICER))


def test_an_erased_person_holds_no_office_and_gets_none_again() -> None:
    told = sutton()
    told.does(deciding())

    decided = told.does(erasing(DECIDER.person))

    assert decided[-1] == PersonErased(person_id=DECIDER.person)
    assert told.place.office(DECIDER.person, COUNCIL, "decider") is None
    assert told.decide(erasing(DECIDER.person)) == []
    assert told.refuses(deciding()).code == "person_erased"
    assert told.refuses(erasing("Jane Doe")).code == "person_not_opaque"
