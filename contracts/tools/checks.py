"""What is written from the event classes, and what has to hold of them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from contracts.envelope import Event
from contracts.tools import asyncapi, pages
from contracts.tools.events import MESSAGES, meaning, wire_name
from contracts.tools.gate import breaks
from contracts.tools.published import SAMPLES, SCHEMAS, Published
from contracts.tools.samples import sample_of
from contracts.tools.schemas import schema_of, written

CATALOGUE, WHO_CAN_READ, ASYNCAPI = "docs/catalogue.md", "docs/who-can-read.md", "docs/asyncapi.json"


def generated() -> dict[str, str]:
    """Every generated file by its path, with the text it should hold."""
    files = {CATALOGUE: pages.catalogue(), WHO_CAN_READ: pages.who_can_read(), ASYNCAPI: written(asyncapi.document())}
    for wire, event in MESSAGES.items():
        files[f"{SCHEMAS}/{wire}.json"] = written(schema_of(event))
        files[f"{SAMPLES}/{wire}.json"] = written(sample_of(event), sort_keys=False)
    return files


def left_over(root: Path, files: Mapping[str, str]) -> list[Path]:
    """Schemas and samples that belong to no event type."""
    there = [path for folder in (SCHEMAS, SAMPLES) for path in sorted((root / folder).glob("*.json"))]
    return [path for path in there if path.relative_to(root).as_posix() not in files]


def out_of_date(root: Path, files: Mapping[str, str]) -> Iterator[str]:
    """A sentence and a diff for each committed file that differs from what the classes say."""
    for name, wanted in files.items():
        path = root / name
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        if there != wanted:
            lines = difflib.unified_diff(there.splitlines(), wanted.splitlines(), name, "generated", lineterm="", n=1)
            how = "is out of date" if path.exists() else "is missing"
            yield "\n".join((f"{name} {how}: run `python -m contracts.tools generate`.", *list(lines)[:40]))
    for path in left_over(root, files):
        yield f"{path.relative_to(root).as_posix()} belongs to no event type."


def faults(events: Iterable[type[Event]], files: Mapping[str, str]) -> Iterator[str]:
    """What each event type lacks: a sentence, its right name, a subject, a schema, a sample, a catalogue line."""
    catalogue = files.get(CATALOGUE, "").splitlines()
    for event in events:
        said = meaning(event)
        if not (said[:1].isupper() and said.endswith(".")):
            yield f"{event.__name__} has no docstring that opens with a sentence."
        if event.wire != wire_name(event):
            yield f"{event.__name__} is called {event.wire!r} on the wire; by the rule it is {wire_name(event)!r}."
        if not event.tag_fields:
            yield f"{event.__name__} has no tagged field, so it has no subject."
        if event.opened_by not in ("", "never", *MESSAGES):
            yield f"{event.__name__} is opened by {event.opened_by!r}, which is no event type."
        for folder in (SCHEMAS, SAMPLES):
            if f"{folder}/{event.wire}.json" not in files:
                yield f"{event.__name__} has no file in {folder}."
        if pages.line_of(event) not in catalogue:
            yield f"{event.__name__} has no line in {CATALOGUE}."


def committed(root: Path) -> dict[str, str]:
    """The generated files as they stand in the work tree."""
    names = [CATALOGUE, WHO_CAN_READ, ASYNCAPI]
    names += [path.relative_to(root).as_posix() for path in sorted(root.glob(f"{SCHEMAS}/*.json"))]
    names += [path.relative_to(root).as_posix() for path in sorted(root.glob(f"{SAMPLES}/*.json"))]
    return {name: (root / name).read_text(encoding="utf-8") for name in names if (root / name).exists()}


def broken_promises(before: Published) -> list[str]:
    """How the classes break the contracts on the main branch: its schemas, and its samples that must still be read."""
    found = breaks(before.schemas, {wire: schema_of(event) for wire, event in MESSAGES.items()})
    return found + [
        f"{wire}: its sample on {before.branch} can no longer be read: {why}."
        for wire, sample in sorted(before.samples.items())
        if wire in MESSAGES and (why := _unread(MESSAGES[wire], json.dumps(sample.get("data"))))
    ]


def _unread(event: type[Event], data: str) -> str:
    try:
        event.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return ""
