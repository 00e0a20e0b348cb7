"""The JSON Schema of each event type, as its readers may rely on it."""

from __future__ import annotations

import json
from typing import Any

from contracts.envelope import Event

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def schema_of(event: type[Event]) -> Schema:
    """The schema of an event's JSON, with its audience, what opens it, and its tags in order as annotations."""
    schema = event.model_json_schema(mode="validation")
    schema |= {"$schema": DIALECT, "$id": event.wire, "x-audience": str(event.audience)}
    schema["x-tags"] = [f"{field}:{kind}" for field, kind in event.tag_fields]
    if event.opened_by:
        schema["x-opened-by"] = event.opened_by
    return schema


def written(document: Any, *, sort_keys: bool = True) -> str:
    """JSON as it is committed."""
    return json.dumps(document, indent=2, sort_keys=sort_keys, ensure_ascii=False) + "\n"
