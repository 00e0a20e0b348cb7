"""The register of organisations, entry by entry."""

from datetime import date
from typing import Any

import pytest
from partners_givens import (
    COUNCIL,
    HEALTH,
    NOW,
    OFFICER,
    REPRESENTATIVE,
    TODAY,
    VCO,
    document,
    registering,
    sutton,
    sutton_with_vco,
)

from contracts.partners import (
    OfficeHolderAppointed,
    OfficeHolderRemoved,
    OrganisationDetailsChanged,
    OrganisationDissolved,
    OrganisationKind,
    OrganisationRegistered,
    OrganisationReinstated,
    OrganisationSucceeded,
    OrganisationSuspended,
    OrganisationVerified,
    SignatoryJoined,
    SignatoryLeft,
)
from services.partners import identity
from services.partners.organisations import (
    ChangeDetails,
    DissolveOrganisation,
    ReinstateOrganisation,
    SucceedOrganisation,
    SuspendOrganisation,
    VerifyOrganisation,
)
from services.runtime.decisions import Actor, Command

OTHER = "GB-COH-99000002"


def changing(actor: Actor = OFFICER, which: str = VCO, **details: Any) -> ChangeDetails:
    return ChangeDetails(actor=actor, now=NOW, organisation_id=which, **details)


def verifying(which: str = VCO, number: str = "9900001") -> VerifyOrganisation:
    return VerifyOrganisation(
        actor=OFFICER, now=NOW, organisation_id=which, against="Charity Commission", number=number
    )


def suspending(which: str = VCO) -> SuspendOrganisation:
    return SuspendOrganisation(actor=OFFICER, now=NOW, organisation_id=which, reasons=document())


def reinstating(which: str = VCO) -> ReinstateOrganisation:
    return ReinstateOrganisation(actor=OFFICER, now=NOW, organisation_id=which)


def dissolving(which: str = VCO, day: date = TODAY) -> DissolveOrganisation:
    return DissolveOrganisation(actor=OFFICER, now=NOW, organisation_id=which, dissolved_on=day)


def succeeding(which: str, successor: str, day: date = TODAY) -> SucceedOrganisation:
    return SucceedOrganisation(actor=OFFICER, now=NOW, organisation_id=which, successor_id=successor, succeeded_on=day)


def test_an_organisation_is_registered_under_its_charity_number_its_company_number_or_its_name() -> None:
    told = sutton()

    told.does(registering())
    told.does(registering(name="Brindle Repair Workshop Ltd", charity_number=None, company_number="99000002"))
    (third,) = told.does(registering(name="Corve Choir", charity_number=None))

    assert {VCO, OTHER} < set(told.register().entries)
    assert isinstance(third, OrganisationRegistered)
    assert third.organisation_id == identity.organisation_id("sutton", "The CORVE choir", None, None)
    assert third.registered_on == TODAY


def test_registering_the_same_again_is_already_so() -> None:
    assert sutton_with_vco().decide(registering()) == []


def test_an_id_or_a_number_belongs_to_one_organisation() -> None:
    told = sutton_with_vco()

    assert told.refuses(registering(name="Another Name")).code == "organisation_already_registered"
    assert told.refuses(registering(organisation_id="another")).code == "number_of_another_organisation"


def test_an_organisation_cannot_be_registered_as_of_tomorrow() -> None:
    assert sutton().refuses(registering(registered_on=date(2013, 11, 5))).code == "registered_on_in_future"


@pytest.mark.parametrize(("actor", "by_itself"), [(OFFICER, False), (REPRESENTATIVE, True)])
def test_details_are_changed_by_the_office_and_by_the_organisation_itself(actor: Actor, by_itself: bool) -> None:
    told = sutton_with_vco()

    decided = told.does(changing(actor, name="Ambleford Supper Club", charity_number="9900001"))

    assert decided == [
        OrganisationDetailsChanged(organisation_id=VCO, by_itself=by_itself, name="Ambleford Supper Club")
    ]
    assert told.decide(changing(actor, name="Ambleford Supper Club")) == []


def test_a_representative_changes_nothing_of_another_organisation() -> None:
    told = sutton_with_vco()
    told.does(registering(name="Brindle Club", charity_number=None, company_number="99000002"))

    refused = told.refuses(changing(REPRESENTATIVE, OTHER, name="Ours Now"))

    assert (refused.code, refused.status) == ("organisation_of_another", 403)


def test_a_number_cannot_be_taken_from_another_organisation_but_is_free_once_corrected() -> None:
    told = sutton_with_vco()
    told.does(registering(name="Brindle Club", charity_number=None, company_number="99000002"))

    assert told.refuses(changing(which=OTHER, charity_number="9900001")).code == "number_of_another_organisation"
    told.does(changing(charity_number="9900009"))

    assert told.does(changing(which=OTHER, charity_number="9900001"))


def test_an_organisation_is_verified_under_a_number_that_it_has() -> None:
    told = sutton_with_vco()

    assert told.refuses(verifying(number="9900002")).code == "number_not_registered"
    assert [type(fact) for fact in told.does(verifying())] == [OrganisationVerified]
    assert told.decide(verifying()) == []


def test_an_organisation_is_suspended_and_reinstated_once_each() -> None:
    told = sutton_with_vco()

    assert told.decide(reinstating()) == []
    assert [type(fact) for fact in told.does(suspending())] == [OrganisationSuspended]
    assert told.decide(suspending()) == []
    assert [type(fact) for fact in told.does(reinstating())] == [OrganisationReinstated]
    assert told.decide(reinstating()) == []


def test_an_organisation_is_dissolved_once_the_day_has_come() -> None:
    told = sutton_with_vco()

    assert told.refuses(dissolving(day=date(2013, 11, 5))).code == "dissolution_in_future"
    assert [type(fact) for fact in told.does(dissolving())] == [OrganisationDissolved]
    assert told.decide(dissolving()) == []
    assert told.refuses(dissolving(day=date(2013, 1, 1))).code == "organisation_dissolved"


@pytest.mark.parametrize("command", [changing(name="New"), verifying(), suspending(), reinstating()])
def test_nothing_is_done_with_a_dissolved_organisation(command: Command) -> None:
    told = sutton_with_vco()
    told.does(dissolving())

    assert told.refuses(command).code == "organisation_dissolved"


@pytest.mark.parametrize(
    "command",
    [
        changing(which="nobody", name="New"), verifying("nobody"), suspending("nobody"), reinstating("nobody"),
        dissolving("nobody"), succeeding("nobody", VCO), succeeding(VCO, "nobody"),
    ],
)  # fmt: skip
def test_an_organisation_that_is_not_in_the_register_is_unknown(command: Command) -> None:
    refused = sutton_with_vco().refuses(command)

    assert (refused.code, refused.status, refused.citation) == ("organisation_unknown", 404, None)


def test_an_organisation_is_succeeded_once_by_another_that_lives() -> None:
    told = sutton_with_vco()
    told.does(registering(name="Brindle Club", charity_number=None, company_number="99000002"))

    assert told.refuses(succeeding(VCO, VCO)).code == "succession_in_circle"
    assert told.refuses(succeeding(VCO, OTHER, date(2013, 11, 5))).code == "succession_in_future"
    told.does(dissolving())
    assert told.refuses(succeeding(OTHER, VCO)).code == "organisation_dissolved"
    assert [type(fact) for fact in told.does(succeeding(VCO, OTHER))] == [OrganisationSucceeded]
    assert told.decide(succeeding(VCO, OTHER)) == []
    assert told.refuses(succeeding(VCO, HEALTH)).code == "organisation_already_succeeded"


def test_succession_never_runs_in_a_circle() -> None:
    told = sutton_with_vco()
    told.does(registering(name="Brindle Club", charity_number=None, company_number="99000002"))
    told.does(registering(organisation_id="third", name="Corve Club", charity_number=None))
    told.does(succeeding(VCO, OTHER))
    told.does(succeeding(OTHER, "third"))

    assert told.refuses(succeeding("third", VCO)).code == "succession_in_circle"


def test_the_successor_of_a_signatory_is_bound_in_its_place_and_its_officers_act_for_both() -> None:
    told = sutton_with_vco()
    new, kind = "new-council", OrganisationKind.COUNCIL
    told.does(registering(organisation_id=new, name="New Council", charity_number=None, kind=kind))
    officer = {"place": "sutton", "role": "decider"}
    told.that(OfficeHolderAppointed(person_id="p-old", organisation_id=COUNCIL, **officer))

    decided = told.does(succeeding(COUNCIL, new))
    told.that(OfficeHolderAppointed(person_id="p-heir", organisation_id=new, **officer))

    place, rules = told.place, told.place.rules(TODAY)
    assert decided[1] == SignatoryLeft(organisation_id=COUNCIL, place="sutton", left_on=TODAY, succeeded_by=new)
    assert rules is not None
    assert rules.representation is not None
    assert place.binds(rules.representation, COUNCIL, TODAY)
    assert place.stands_in(COUNCIL) == new
    assert place.office("p-heir", COUNCIL, "decider") == place.office("p-heir", new, "decider") is not None
    assert place.office("p-old", COUNCIL, "decider")
    told.that(OfficeHolderRemoved(person_id="p-old", organisation_id=COUNCIL, **officer))
    assert place.has_left("p-old", COUNCIL, "decider")


def test_the_successor_of_a_pending_signatory_is_pending_in_its_place() -> None:
    told = sutton()
    health = OrganisationKind.HEALTH
    told.does(registering(organisation_id="new-health", name="New Health Body", charity_number=None, kind=health))

    decided = told.does(succeeding(HEALTH, "new-health"))

    assert decided[1:] == [
        SignatoryLeft(organisation_id=HEALTH, place="sutton", left_on=TODAY, succeeded_by="new-health"),
        SignatoryJoined(organisation_id="new-health", place="sutton", joined_on=TODAY, pending=True),
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1012345", "1012345"), ("Charity no. 1012345", "1012345"), ("1012345.0", "1012345"), ("sc012345", "SC012345"),
        ("n/a", None), ("", None), ("None", None),
    ],
)  # fmt: skip
def test_a_charity_number_is_read_as_people_write_it(written: str, read: str | None) -> None:
    assert identity.charity_number(written) == read


@pytest.mark.parametrize("written", ["12", "1.01E+06", "ABC", "10123456789"])
def test_what_cannot_be_a_charity_number_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        identity.charity_number(written)


def test_the_noughts_that_a_spreadsheet_dropped_from_a_company_number_are_put_back() -> None:
    assert identity.company_number("1234567") == "01234567"


@pytest.mark.parametrize(
    "written", ["The Café & Choir Ltd.", "cafe and choir", "CAFÉ AND CHOIR LIMITED", "Café & Choir CIC"]
)
def test_a_name_is_the_same_however_it_is_written(written: str) -> None:
    assert identity.name_key(written) == "cafe and choir"
