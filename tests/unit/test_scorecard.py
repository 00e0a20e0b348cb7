"""What the record counts: every undertaking has something counted or a reason, and nothing tells of a secret."""

from __future__ import annotations

import tomllib
from pathlib import Path

from contracts.catalogue import EVENTS
from contracts.envelope import Audience
from contracts.scorecard import COUNTED

SUTTON = tomllib.loads(Path("localities/sutton/undertakings.toml").read_text(encoding="utf-8"))["undertakings"]


def test_every_undertaking_of_sutton_is_counted_or_has_a_reason_why_not() -> None:
    assert {one["clause"] for one in SUTTON} == set(COUNTED)
    assert [clause for clause, one in COUNTED.items() if bool(one.done or one.missed) == bool(one.why_none)] == []


def test_only_published_events_are_counted() -> None:
    named = {wire for one in COUNTED.values() for wire in (*one.done, *one.missed)}

    assert [wire for wire in named if wire not in EVENTS or EVENTS[wire].audience is Audience.PRIVATE] == []


def test_of_a_voluntary_organisation_only_what_was_done_is_counted() -> None:
    of_vcos = [one["clause"] for one in SUTTON if one["by"] == "vco"]

    assert [clause for clause in of_vcos if COUNTED[clause].missed] == []
