"""The gate lets optional fields and new event types through and names every other change; each break is made once."""

from __future__ import annotations

import copy
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pytest

from contracts.envelope import Audience, Event, Record, Tag
from contracts.tools.checks import broken_promises
from contracts.tools.events import MESSAGES
from contracts.tools.gate import breaks
from contracts.tools.published import Published, published
from contracts.tools.samples import sample_of
from contracts.tools.schemas import schema_of, written

Schema = dict[str, Any]


class Part(Record):
    pounds: int
    note: str | None = None


class BenchLent(Event, wire="funding.bench_lent", audience=Audience.SERVICES):
    """A bench was lent to an organisation."""

    bench_id: Annotated[str, Tag("bench")]
    organisation_id: Annotated[str, Tag("organisation")]
    colour: str | None = None
    seats: int = 4
    parts: tuple[Part, ...]
    kind: Part


SCHEMA = schema_of(BenchLent)
SCHEMA["properties"]["wood"] = {"enum": ["oak", "pine"], "type": "string", "title": "Wood"}


def after(change: Callable[[Schema], Any]) -> list[str]:
    now = copy.deepcopy(SCHEMA)
    change(now)
    return breaks({"funding.bench_lent": SCHEMA}, {"funding.bench_lent": now})


def prop(now: Schema, name: str) -> Schema:
    found: Schema = now["properties"][name]
    return found


def test_nothing_changed_is_no_break():
    assert after(lambda now: None) == []


def test_an_optional_field_a_new_type_and_other_words_may_be_added():
    assert after(lambda now: now["properties"].update(weight={"type": "integer", "default": 0})) == []
    assert after(lambda now: now["$defs"]["Part"]["properties"].update(reason={"type": "string"})) == []
    assert after(lambda now: now.update(description="A bench was lent.", title="Bench")) == []
    assert after(lambda now: prop(now, "seats").update(description="how many may sit")) == []
    assert breaks({}, {"funding.bench_lent": SCHEMA}) == []


def test_an_optional_field_may_bring_a_tag_of_its_own():
    def tagged(now: Schema) -> None:
        now["properties"]["lender_id"] = {"type": "string"}
        now["x-tags"].append("lender_id:organisation")

    assert after(tagged) == []


def rename(now: Schema) -> None:
    now["properties"]["paint"] = now["properties"].pop("colour")


def rename_record(now: Schema) -> None:
    now["$defs"]["Piece"] = now["$defs"].pop("Part")
    prop(now, "parts")["items"]["$ref"] = prop(now, "kind")["$ref"] = "#/$defs/Piece"


def test_a_record_may_take_another_name():
    assert after(rename_record) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda now: now["properties"].pop("colour"), "field `colour` was removed; its readers count on it."),
        (rename, "field `colour` was removed, or renamed to `paint`; its readers count on it."),
        (
            lambda now: prop(now, "seats").update(type="string"),
            "field `seats` was retyped from integer to string; add a new optional field instead.",
        ),
        (
            lambda now: prop(now, "seats").update(format="date"),
            "field `seats` was retyped from integer to date; add a new optional field instead.",
        ),
        (
            lambda now: now["properties"].update(
                seats={"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 4}
            ),
            "field `seats` was retyped from integer to integer or null; add a new optional field instead.",
        ),
        (
            lambda now: now["properties"].update(bench_id={"type": "array", "items": {"type": "string"}}),
            "field `bench_id` was retyped from string to list of string; add a new optional field instead.",
        ),
        (
            lambda now: prop(now, "parts").update(items={"type": "string"}),
            "field `parts` was retyped from list of object to list of string; add a new optional field instead.",
        ),
        (
            lambda now: now["required"].append("colour"),
            "field `colour` is newly required; older facts do without it, so it must be optional.",
        ),
        (
            lambda now: (now["properties"].update(weight={"type": "integer"}), now["required"].append("weight")),
            "field `weight` was added as required; older facts do without it, so it must be optional.",
        ),
        (
            lambda now: now["required"].remove("organisation_id"),
            "field `organisation_id` is no longer required; its readers count on it.",
        ),
        (
            lambda now: now["$defs"]["Part"]["properties"].pop("pounds"),
            "field `parts[].pounds` was removed; its readers count on it.",
        ),
        (
            lambda now: now["$defs"]["Part"]["required"].append("note"),
            "field `parts[].note` is newly required; older facts do without it, so it must be optional.",
        ),
        (
            lambda now: prop(now, "wood")["enum"].append("steel"),
            "field `wood` may now be 'steel', which its readers do not know.",
        ),
        (
            lambda now: prop(now, "wood")["enum"].remove("pine"),
            "field `wood` may no longer be 'pine', which older facts hold.",
        ),
        (lambda now: prop(now, "wood").pop("enum"), "field `wood` is no longer limited to a list of values."),
        (lambda now: prop(now, "colour").update(enum=["red"]), "field `colour` is now limited to a list of values."),
        (lambda now: prop(now, "seats").update(minimum=1), "field `seats`: minimum changed from 'none' to 1."),
        (
            lambda now: prop(now, "bench_id").update(pattern="^b"),
            "field `bench_id`: pattern changed from 'none' to '^b'.",
        ),
        (lambda now: prop(now, "seats").update(default=2), "field `seats`: default changed from 4 to 2."),
        (lambda now: now.update({"x-audience": "partners"}), "its audience changed from services to partners."),
        (
            lambda now: now.update({"x-opened-by": "funding.bids_opened"}),
            "what opens it changed from nothing to funding.bids_opened.",
        ),
        (
            lambda now: now["x-tags"].pop(),
            "the tag organisation_id:organisation was removed; queries over old facts would no longer find new ones.",
        ),
        (
            lambda now: now["x-tags"].append("colour:colour"),
            "the tag colour:colour was added to a field that older facts carry without it.",
        ),
        (
            lambda now: now["x-tags"].reverse(),
            "its subject changed from bench_id:bench to organisation_id:organisation.",
        ),
    ],
)
def test_a_break_is_named_in_one_sentence(change: Callable[[Schema], Any], sentence: str):
    assert after(change) == [f"funding.bench_lent: {sentence}"]


def test_an_object_that_is_closed_to_new_fields_breaks_its_writers():
    assert "retyped" in after(lambda now: prop(now, "parts").update(items=False))[0]
    assert after(lambda now: now.update(additionalProperties=False)) != []


def test_a_removed_event_type_is_a_break():
    assert breaks({"funding.bench_lent": SCHEMA}, {}) == [
        "funding.bench_lent: the event type was removed; its facts stand in journals and must still be read."
    ]


def test_a_sample_of_the_main_branch_that_can_no_longer_be_read_is_a_break():
    wire, event = next(iter(MESSAGES.items()))
    sample = sample_of(event)
    missing = {**sample, "data": {}}

    assert broken_promises(Published("main", samples={wire: sample})) == []
    assert "can no longer be read" in broken_promises(Published("main", samples={wire: missing}))[0]


def git(root: Path, *words: str) -> None:
    who = ("-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(root), *who, *words], check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_main_branch_is_read_from_git_and_its_absence_is_told(tmp_path: Path):
    git(tmp_path, "init", "--initial-branch", "work")
    assert published(tmp_path) == "there is no branch origin/main or main here"

    git(tmp_path, "commit", "--allow-empty", "-m", "empty")
    git(tmp_path, "branch", "main")
    assert published(tmp_path) == "main holds no contracts yet"

    for folder in ("schemas", "samples"):
        path = tmp_path / "contracts" / folder / "funding.bench_lent.json"
        path.parent.mkdir(parents=True)
        path.write_text(written(SCHEMA))
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "-m", "benches")
    git(tmp_path, "branch", "--force", "main")
    found = published(tmp_path)
    assert isinstance(found, Published)
    assert (found.branch, found.schemas, found.samples) == (
        "main", {"funding.bench_lent": SCHEMA}, {"funding.bench_lent": SCHEMA},
    )  # fmt: skip
