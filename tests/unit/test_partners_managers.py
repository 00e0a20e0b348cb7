"""Each agreement has a nominated commissioning manager from the council (Strategic Partner Programme)."""

from datetime import UTC, date, datetime

from partners_givens import COMMISSIONER, COUNCIL, NOW, OFFICER, POLICE, SUTTON, VCO, Told, appointment, sutton_with_vco

from contracts.funding import AgreementDrafted, ProgrammePublished
from contracts.partners import CommissioningManagerNominated, CommissioningManagerReplaced, RulesAdopted
from services.partners.managers import NominateManager, ReplaceManager
from services.runtime.decisions import Actor, Rejection

MANAGER = Actor("p-manager", "commissioning_manager", COUNCIL)
OTHER = Actor("p-other", "commissioning_manager", COUNCIL)
CITED = "Strategic Partner Programme Checks and balances"


def drafted() -> Told:
    day, moment = date(2014, 4, 1), datetime(2014, 4, 1, tzinfo=UTC)
    told = sutton_with_vco()
    for each in (COMMISSIONER, MANAGER, OTHER):
        told.does(appointment(OFFICER, each))
    programme = ProgrammePublished(
        programme_id="spp-1", funder_id=COUNCIL, title="A round", rules_key="spp", criteria=(), eligibility=(),
        money=(), opens_at=moment, closes_at=moment, results_at=moment, term_starts_on=day, term_ends_on=day,
    )  # fmt: skip
    agreement = AgreementDrafted(
        agreement_id="a-1", bid_id="b-1", programme_id="spp-1", funder_id=COUNCIL, organisation_id=VCO,
        title="An agreement", amounts=(), outcomes=(), starts_on=day, ends_on=day,
    )  # fmt: skip
    return told.that(programme, agreement)


def nominating(by: Actor = COMMISSIONER, whom: str = MANAGER.person, agreement: str = "a-1") -> NominateManager:
    return NominateManager(actor=by, now=NOW, agreement_id=agreement, programme_id="spp-1", person_id=whom)


def replacing(whom: str, by: Actor = COMMISSIONER) -> ReplaceManager:
    return ReplaceManager(actor=by, now=NOW, agreement_id="a-1", programme_id="spp-1", person_id=whom)


def cited(refused: Rejection) -> tuple[str, str]:
    return refused.code, str(refused.citation)


def test_a_commissioner_of_the_funder_nominates_an_officer_once() -> None:
    told = drafted()

    assert told.does(nominating()) == [
        CommissioningManagerNominated(agreement_id="a-1", organisation_id=COUNCIL, person_id=MANAGER.person)
    ]
    assert told.decide(nominating()) == []


def test_nobody_else_nominates_the_manager() -> None:
    for other in (OFFICER, MANAGER, Actor("p-police", "commissioner", POLICE)):
        assert cited(drafted().refuses(nominating(by=other))) == ("manager_named_by_funder", CITED)


def test_the_manager_must_hold_that_office_with_the_funder() -> None:
    assert cited(drafted().refuses(nominating(whom=COMMISSIONER.person))) == ("manager_without_office", CITED)


def test_a_second_manager_is_not_nominated_but_replaces_the_first_once() -> None:
    told = drafted()

    assert cited(told.refuses(replacing(OTHER.person))) == ("manager_not_nominated", CITED)
    told.does(nominating())
    assert cited(told.refuses(nominating(whom=OTHER.person))) == ("manager_already_nominated", CITED)

    assert told.does(replacing(OTHER.person)) == [
        CommissioningManagerReplaced(
            agreement_id="a-1", organisation_id=COUNCIL, person_id=OTHER.person, former_person_id=MANAGER.person
        )
    ]
    assert told.decide(replacing(OTHER.person)) == []


def test_an_agreement_that_is_not_drafted_is_unknown() -> None:
    refused = drafted().refuses(nominating(agreement="a-2"))

    assert (refused.code, refused.status) == ("agreement_unknown", 404)


def test_where_the_place_asks_for_no_manager_nothing_is_cited() -> None:
    told = drafted()
    free = SUTTON.programmes["spp"].model_copy(update={"commissioning_manager_required": False})
    rules = SUTTON.model_copy(update={"programmes": {"spp": free}})
    told.that(RulesAdopted(place="sutton", rules=rules, rules_hash="0" * 64))

    refused = told.refuses(nominating(by=OFFICER))

    assert (refused.citation, refused.status) == (None, 403)
