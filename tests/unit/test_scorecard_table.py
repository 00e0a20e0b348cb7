"""What the record counts: every undertaking has something counted or a reason, and nothing tells of a secret."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from test_wiring import samples

from contracts.catalogue import EVENTS
from contracts.envelope import Audience
from contracts.every_service import RequestRefused, SealedStepRefused
from contracts.scorecard import (
    COMMITMENTS,
    COUNTED,
    DOCUMENT,
    FEEDBACK,
    FEEDBACK_REFUSALS,
    FEEDBACK_SHOWN_TO,
    SECTOR,
    Outcome,
    deeds,
)
from services.funding import scorecard_projections
from services.funding.__main__ import service
from services.funding.scorecard_table import ScorecardFacts

ROOT = Path(__file__).parents[2]
SUTTON = tomllib.loads((ROOT / "localities/sutton/undertakings.toml").read_text(encoding="utf-8"))["undertakings"]
RULES = tomllib.loads((ROOT / "localities/sutton/rules.toml").read_text(encoding="utf-8"))
SOURCES = "\n".join(path.read_text() for path in (ROOT / "services").rglob("*.py"))


def test_every_undertaking_of_sutton_is_counted_or_has_a_reason_why_not() -> None:
    counted = {clause for clause, one in COUNTED.items() if one.done or one.missed or one.set_aside}

    assert {one["clause"] for one in SUTTON} == set(COUNTED)
    assert {clause for clause, one in COUNTED.items() if one.why_none} == set(COUNTED) - counted


def test_every_commitment_beside_the_compact_is_counted_or_has_a_reason_why_not() -> None:
    counted = {number for number, one in COMMITMENTS.items() if one.counted.done or one.counted.missed}

    assert set(COMMITMENTS) == {*(f"EQC{n}" for n in range(1, 7)), *(f"WTS4.{n}" for n in range(1, 6))}
    assert {number for number, one in COMMITMENTS.items() if one.counted.why_none} == set(COMMITMENTS) - counted
    assert set(COMMITMENTS).isdisjoint(COUNTED)


def test_only_published_events_are_counted() -> None:
    named = {deed.partition(":")[0] for deed, _, _ in deeds(DOCUMENT)} | {deed.partition(":")[0] for deed in FEEDBACK}

    assert [wire for wire in named if wire not in EVENTS or EVENTS[wire].audience is Audience.PRIVATE] == []


def test_no_private_event_makes_a_row_of_the_record() -> None:
    rows = {event.data.wire for event in samples() for change in service.projections.changes(event)
            if change.table is ScorecardFacts}  # fmt: skip

    assert rows
    assert [wire for wire in rows if EVENTS[wire].audience is Audience.PRIVATE] == []
    assert {SealedStepRefused.wire, RequestRefused.wire}.isdisjoint(service.projections.by_type)


def test_every_deed_that_is_counted_is_one_that_an_event_makes() -> None:
    projected = {
        wire
        for wire, functions in service.projections.by_type.items()
        if any(function.__module__ == scorecard_projections.__name__ for function in functions)
    }

    assert [deed for deed, _, _ in deeds(DOCUMENT) if deed.partition(":")[0] not in projected] == []


def test_a_step_that_can_be_set_aside_counts_under_the_clause_of_its_rule() -> None:
    by_step = {
        deed.partition(":")[2]: clause
        for deed, clause, outcome in deeds(DOCUMENT)
        if outcome is Outcome.SET_ASIDE and clause in COUNTED
    }

    assert by_step == {step: RULES[step]["citation"]["clause"] for step in RULES["setting_aside"]["steps"]}


def test_the_document_is_the_one_that_the_rules_of_sutton_are_called_by() -> None:
    assert RULES["title"] == DOCUMENT
    assert list(deeds("Another Compact")) == []


def test_every_refusal_that_tells_of_feedback_exists() -> None:
    assert [code for code in FEEDBACK_REFUSALS if f'"{code}"' not in SOURCES] == []


def test_the_roles_that_are_shown_feedback_neither_score_nor_decide() -> None:
    from test_wiring import routes

    judging = re.compile(
        r"/(scores|recommendation|eligible|ineligible|approve|decline|decide|decision|short-notice|set-aside)$"
        r"|/review/answer$"
    )
    judges = {
        role
        for name, route in routes().items()
        if name.startswith("POST") and judging.search(name)
        for one in route.dependant.dependencies
        for role in getattr(one.call, "roles", None) or ()
    }

    assert {"panel_member", "decider", "independent_reviewer", "councillor"} <= judges
    assert judges.isdisjoint(FEEDBACK_SHOWN_TO)


def test_no_body_is_called_as_the_sector_is() -> None:
    signatories = tomllib.loads((ROOT / "localities/sutton/signatories.toml").read_text(encoding="utf-8"))

    assert SECTOR not in [one["organisation_id"] for one in signatories["signatories"]]
