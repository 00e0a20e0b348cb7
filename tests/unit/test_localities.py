"""The places that are shipped: what each adopted, as data."""

import re
from collections import Counter
from datetime import date
from pathlib import Path

import holidays
import pytest

from contracts.rules import Citation, Rule, RuleSet
from services.partners.locality import load, places

LOCALITIES = Path(__file__).parents[2] / "localities"
SUTTON, COVENTRY = load(LOCALITIES / "sutton"), load(LOCALITIES / "coventry")
LAUNCH = date(2013, 12, 2)


def rules_of(place: RuleSet) -> dict[str, Rule]:
    own = {key: rule for key in RuleSet.model_fields if isinstance(rule := getattr(place, key), Rule)}
    return own | dict(place.programmes)


def undertaking(clause: str) -> tuple[str, str]:
    return next((it.by, it.text) for it in SUTTON.undertakings if it.clause == clause)


# What is shipped


def test_both_places_load_and_nothing_else_lies_beside_them() -> None:
    assert [load(place).place for place in places(LOCALITIES)] == ["coventry", "sutton"]


@pytest.mark.parametrize("place", [SUTTON, COVENTRY], ids=lambda it: it.place)
def test_a_set_of_rules_reads_back_as_it_was_written(place: RuleSet) -> None:
    written = place.model_dump_json()

    assert RuleSet.model_validate_json(written) == place
    assert RuleSet.model_validate_json(written).model_dump_json() == written


@pytest.mark.parametrize("place", [SUTTON, COVENTRY], ids=lambda it: it.place)
def test_a_set_of_rules_fits_into_one_event(place: RuleSet) -> None:
    assert len(place.model_dump_json().encode()) < 64 * 1024


@pytest.mark.parametrize("place", [SUTTON, COVENTRY], ids=lambda it: it.place)
def test_every_rule_binds_before_the_launch(place: RuleSet) -> None:
    assert place.adopted_on < LAUNCH
    assert all(rule.binds_from < LAUNCH for rule in rules_of(place).values())


@pytest.mark.parametrize("place", [SUTTON, COVENTRY], ids=lambda it: it.place)
@pytest.mark.parametrize("year", range(2011, 2032))
def test_the_calendar_holds_what_the_holidays_package_computes(place: RuleSet, year: int) -> None:
    computed = {day for day in holidays.country_holidays("GB", subdiv="ENG", years=year) if day.weekday() < 5}

    assert {day for day in place.calendar.bank_holidays if day.year == year} == computed


# Sutton


def test_sutton_carries_the_42_undertakings_by_section_and_side() -> None:
    by_section = Counter((it.clause.rpartition(".")[0], it.by) for it in SUTTON.undertakings)

    assert len({it.clause for it in SUTTON.undertakings}) == len(SUTTON.undertakings) == 42
    assert by_section == {
        ("3.1", "public"): 4, ("3.1", "vco"): 3,
        ("3.2", "public"): 4, ("3.2", "vco"): 4,
        ("3.3", "public"): 7, ("3.3", "vco"): 7,
        ("3.4", "public"): 4, ("3.4", "vco"): 3,
        ("3.5", "public"): 3, ("3.5", "vco"): 3,
    }  # fmt: skip


def test_each_section_of_undertakings_serves_one_of_the_five_outcomes() -> None:
    assert len(SUTTON.outcomes) == 5
    assert [
        {it.outcome for it in SUTTON.undertakings if it.clause.startswith(f"3.{number}.")} for number in range(1, 6)
    ] == [{outcome} for outcome in SUTTON.outcomes]


@pytest.mark.parametrize(
    ("clause", "by", "text"),
    [
        ("3.1.4", "public", "Ensure that volunteers do not pay to access Disclosure and Barring Service (DBS) checks."),
        (
            "3.2.8", "vco",
            "Recognition of the constraints on the public sector through legislation and procurement rules.",
        ),
        ("3.3.4", "public", "The public sector will ensure the timely payment of funds to VCOs."),
        (
            "3.3.8", "vco",
            "Ensure eligibility for funding before applying and be explicit about how the outcomes will be achieved.",
        ),
        (
            "3.4.3", "public",
            "Where there are restrictions or changes to future resources, discuss with VCOs the potential implications "
            "as early as possible, give organisations the opportunity to respond, and consider the response fully, "
            "respecting sector expertise, before making a final decision. Any changes should be agreed by the funder "
            "and provider and the provider should be notified in writing.",
        ),
        (
            "3.4.4", "public",
            "To give a minimum of 3 months' notice in writing, or longer (best practice being 6 months) where this is "
            "feasible and appropriate, when changing or ending a funding relationship or other support, apart from in "
            "exceptional circumstances, and provide a clear rationale for why the decision has been taken.",
        ),
    ],
)  # fmt: skip
def test_an_undertaking_stands_word_for_word(clause: str, by: str, text: str) -> None:
    assert undertaking(clause) == (by, text)


def test_every_undertaking_is_a_full_sentence_with_a_shorter_form() -> None:
    for it in SUTTON.undertakings:
        assert it.text == f"{' '.join(it.text.split()).removesuffix('.')}."
        assert len(it.short) <= 120, it.clause
        assert not it.short.endswith("."), it.clause


def test_the_26_priorities_are_12_fairer_5_safer_9_greener() -> None:
    by_theme = Counter(it.theme for it in SUTTON.priorities)
    by_cell = Counter((it.theme, it.principle) for it in SUTTON.priorities)

    assert by_theme == {"Fairer": 12, "Safer": 5, "Greener": 9}
    assert [by_cell[theme, principle] for theme in by_theme for principle in SUTTON.principles] == [
        5, 4, 3,
        2, 1, 2,
        3, 4, 2,
    ]  # fmt: skip


def test_each_priority_has_one_main_principle_and_touches_the_others() -> None:
    assert SUTTON.principles == ("Value for money", "Engagement", "Partnership")
    for it in SUTTON.priorities:
        assert {it.principle, *it.other_principles} == set(SUTTON.principles), it.id


def test_health_is_pending_because_the_compact_contradicts_itself() -> None:
    pending = {it.organisation_id: it.note for it in SUTTON.signatories if it.pending}

    assert [it.organisation_id for it in SUTTON.signatories] == [
        "sutton-council", "sutton-police", "sutton-fire", "sutton-ccg",
    ]  # fmt: skip
    assert list(pending) == ["sutton-ccg"]
    assert re.search(r"Definitions .* 1\.2 ", pending["sutton-ccg"])


def test_resources_keep_the_qualifiers_of_their_source() -> None:
    figures = {(sector.sector, it.what): it for sector in SUTTON.resources for it in sector.figures}

    trust = figures["Primary Care Trust", "spending"]
    assert (trust.number, trust.qualifier, trust.area) == (530_000_000, "approximately", "Sutton and Merton")
    assert figures["Primary Care Trust", "pharmacies"].number is None
    assert figures["Voluntary Sector", "organisations"].qualifier == "in excess of"
    assert figures["Voluntary Sector", "spending"].qualifier == "approximately in excess of"
    assert figures["Police", "people employed"].qualifier == ""


def test_the_strategic_partner_programme_has_its_limits_each_with_the_section_it_stands_in() -> None:
    spp = SUTTON.programmes["spp"]

    assert (spp.max_per_year, spp.years, spp.meetings_per_year) == (175_000, 3, 4)
    assert all((spp.core_costs_only, spp.second_tier_only, spp.outcomes_required, spp.commissioning_manager_required))
    assert str(spp.cite("max_per_year")) == "Strategic Partner Programme Structure"
    assert str(spp.cite("core_costs_only")) == "Strategic Partner Programme Aims"
    assert str(spp.cite("commissioning_manager_required")) == "Strategic Partner Programme Checks and balances"


@pytest.mark.parametrize(
    ("rule", "clause", "numbers"),
    [
        ("eligibility", "3.3.8", {"put_right_working_days": 5}),
        ("rationale", "3.3.2", {}),
        ("monitoring_before", "3.3.5", {"yearly_below_pounds": 10_000}),
        ("value_shown", "3.3.11", {"from_pounds": 25_000}),
        ("equality_duty", "3.5.4", {}),
        ("reporting", "3.3.10", {"open_working_days": 20, "answer_working_days": 20, "remind_working_days": 5}),
        ("representation", "3.4.3", {"respond_working_days": 20, "meeting": True}),
        ("impact", "3.4.2", {"people": ("beneficiaries", "service_users", "volunteers")}),
        ("reallocation", "3.4.2", {}),
        ("exit_plans", "3.4.5", {"over_share_of_income": 25, "due_working_days": 20}),
        ("independence", "3.1.1", {"answer_working_days": 15}),
        ("disclosure", "3.4.3", {"working_days": 1}),
        (
            "remedial_timetable", "3.4.1",
            {"agree_working_days": 20, "position_working_days": 10, "confirm_working_days": 10},
        ),
        (
            "notice_periods", "3.4.4",
            {
                "minimum_months": 3, "best_practice_months": 6,
                "short_grounds": ("fraud", "safeguarding", "insolvency", "grant_lost_by_law"),
                "rationale_parts": ("ground", "impact", "reallocation", "representations", "notice"),
            },
        ),
    ],
)  # fmt: skip
def test_a_rule_of_the_compact_carries_its_clause_and_its_numbers(
    rule: str, clause: str, numbers: dict[str, object]
) -> None:
    adopted = getattr(SUTTON, rule)

    assert adopted.citation == Citation(document="Sutton Compact", clause=clause)
    assert adopted.model_dump(exclude={"citation", "binds_from"}) == numbers


def test_every_clause_cited_is_one_of_the_undertakings() -> None:
    cited = {rule.citation.clause for rule in rules_of(SUTTON).values() if rule.citation.document == "Sutton Compact"}

    assert cited <= {it.clause for it in SUTTON.undertakings}


@pytest.mark.parametrize("place", [SUTTON, COVENTRY], ids=lambda it: it.place)
def test_a_notice_is_served_by_the_place_s_own_rule(place: RuleSet) -> None:
    served = place.service_of_notice

    assert served is not None
    assert str(served.citation) == f"{place.place.title()} service of notices"
    assert (served.email_working_days, served.posted_working_days) == (1, 2)
    assert (served.contacts, served.deemed_after_failures) == (2, 2)


# Coventry


def test_coventry_has_one_programme_with_its_own_limits() -> None:
    assert list(COVENTRY.programmes) == ["neighbourhoods"]
    programme = COVENTRY.programmes["neighbourhoods"]

    assert (programme.money_per_year, programme.years) == (5_000_000, 3)
    assert (programme.votes_each, programme.priorities_chosen) == (3, 6)
    assert programme.outcomes_required
    assert (programme.max_per_year, programme.core_costs_only) == (None, False)
    assert programme.cite("votes_each").clause == "The Workshop"


def test_coventry_adopted_no_compact() -> None:
    written = COVENTRY.model_dump_json()

    assert set(rules_of(COVENTRY)) == {"neighbourhoods", "service_of_notice"}
    assert not re.search(r"Compact|Sutton|\b3\.\d\.\d", written)


@pytest.mark.parametrize("file", sorted(LOCALITIES.glob("coventry/*")), ids=lambda it: it.name)
def test_no_file_of_coventry_speaks_of_a_compact(file: Path) -> None:
    assert not re.search(r"Compact|Sutton|\b3\.\d\.\d", file.read_text("utf-8"))
