"""The gate for contracts: adding an optional field or a new event type is fine, anything else is a break.

A break is made by a new event type beside the old one, never by changing the old one: its facts stand in journals for
ever and its readers were written to the schema that was committed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = dict[str, Any]

_WORDS = {"title", "description", "examples", "deprecated"}
"""What a schema says to people only."""
_WALKED = {"$ref", "$defs", "$id", "$schema", "properties", "required", "items", "additionalProperties", "anyOf",
           "enum", "const", "type", "x-tags", "x-audience", "x-opened-by"}  # fmt: skip


def breaks(before: Mapping[str, Schema], now: Mapping[str, Schema]) -> list[str]:
    """A sentence for each way in which the schemas now, by wire name, break what was promised before."""
    found: list[str] = []
    for wire in sorted(before):
        if wire in now:
            found += _Comparison(before[wire], now[wire]).breaks(wire)
        else:
            found.append(f"{wire}: the event type was removed; its facts stand in journals and must still be read.")
    return found


class _Comparison:
    """One event type before and now; the definitions that each schema refers to are its own."""

    def __init__(self, before: Schema, now: Schema) -> None:
        self.before, self.now = before, now
        self.walked: set[tuple[str, str]] = set()

    def breaks(self, wire: str) -> Iterator[str]:
        for what, key in (("its audience", "x-audience"), ("what opens it", "x-opened-by")):
            old, new = self.before.get(key, "nothing"), self.now.get(key, "nothing")
            if old != new:
                yield f"{wire}: {what} changed from {old} to {new}."
        for break_ in (*self._tags(), *self._schema("", self.before, self.now)):
            yield f"{wire}: {break_}"

    def _tags(self) -> Iterator[str]:
        old, new = self.before.get("x-tags", []), self.now.get("x-tags", [])
        if old[:1] != new[:1]:
            yield f"its subject changed from {_first(old)} to {_first(new)}."
        for tag in (tag for tag in old if tag not in new):
            yield f"the tag {tag} was removed; queries over old facts would no longer find new ones."
        known = self.before.get("properties", {})
        for tag in (tag for tag in new if tag not in old and tag.partition(":")[0] in known):
            yield f"the tag {tag} was added to a field that older facts carry without it."

    def _schema(self, path: str, before: Any, now: Any) -> Iterator[str]:
        if isinstance(before, dict) and isinstance(now, dict):
            here = (before.get("$ref", ""), now.get("$ref", ""))
            if all(here) and here in self.walked:
                return
            self.walked.add(here)
        old, new = _resolved(before, self.before), _resolved(now, self.now)
        if _kind(old, self.before) != _kind(new, self.now):
            yield (
                f"{_field(path)} was retyped from {_kind(old, self.before)} to {_kind(new, self.now)}; "
                "add a new optional field instead."
            )
            return
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self._values(path, old, new)
            yield from self._properties(path, old, new)
            yield from self._inner(path, old, new)
            yield from self._limits(path, old, new)

    def _values(self, path: str, old: Schema, new: Schema) -> Iterator[str]:
        was, is_ = _allowed(old), _allowed(new)
        if bool(was) != bool(is_):
            yield f"{_field(path)} {'is no longer' if was else 'is now'} limited to a list of values."
            return
        for value in (value for value in is_ if value not in was):
            yield f"{_field(path)} may now be {value!r}, which its readers do not know."
        for value in (value for value in was if value not in is_):
            yield f"{_field(path)} may no longer be {value!r}, which older facts hold."

    def _properties(self, path: str, old: Schema, new: Schema) -> Iterator[str]:
        was, is_ = old.get("properties", {}), new.get("properties", {})
        added = [name for name in is_ if name not in was]
        for name in (name for name in was if name not in is_):
            yield from self._gone(f"{path}.{name}", was[name], {n: is_[n] for n in added})
        needed, needed_before = new.get("required", []), old.get("required", [])
        for name in (name for name in needed if name not in needed_before):
            how = "is newly required" if name in was else "was added as required"
            yield f"{_field(f'{path}.{name}')} {how}; older facts do without it, so it must be optional."
        for name in (name for name in needed_before if name in is_ and name not in needed):
            yield f"{_field(f'{path}.{name}')} is no longer required; its readers count on it."
        for name in (name for name in was if name in is_):
            yield from self._schema(f"{path}.{name}", was[name], is_[name])

    def _gone(self, path: str, old: Any, added: Mapping[str, Any]) -> Iterator[str]:
        kind = _kind(_resolved(old, self.before), self.before)
        alike = [name for name, new in added.items() if _kind(_resolved(new, self.now), self.now) == kind]
        renamed = f", or renamed to `{alike[0]}`" if alike else ""
        yield f"{_field(path)} was removed{renamed}; its readers count on it."

    def _inner(self, path: str, old: Schema, new: Schema) -> Iterator[str]:
        for key in ("items", "additionalProperties"):
            yield from self._schema(f"{path}[]", old.get(key, True), new.get(key, True))
        for was, is_ in zip(old.get("anyOf", ()), new.get("anyOf", ()), strict=False):
            yield from self._schema(path, was, is_)

    def _limits(self, path: str, old: Schema, new: Schema) -> Iterator[str]:
        keys = sorted({*old, *new} - _WORDS - _WALKED)
        for key in (key for key in keys if old.get(key) != new.get(key)):
            yield f"{_field(path)}: {key} changed from {old.get(key, 'none')!r} to {new.get(key, 'none')!r}."


def _resolved(schema: Any, root: Schema) -> Any:
    """The schema that is meant; what stands beside a reference is kept."""
    while isinstance(schema, dict) and "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**root["$defs"][schema["$ref"].rpartition("/")[2]], **beside}
    return schema


def _kind(schema: Any, root: Schema) -> str:
    """What kind of value this is, in words; its shape is compared apart."""
    schema = _resolved(schema, root)
    if not isinstance(schema, dict):
        return "anything" if schema else "nothing"
    if "anyOf" in schema:
        return " or ".join(_kind(one, root) for one in schema["anyOf"])
    kind = schema.get("format") or schema.get("type") or ("a fixed value" if _allowed(schema) else "anything")
    if kind == "array":
        return f"list of {_kind(schema.get('items', True), root)}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"map of {_kind(schema['additionalProperties'], root)}"
    return str(kind)


def _allowed(schema: Schema) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", ()))


def _field(path: str) -> str:
    return f"field `{path.lstrip('.')}`" if path.strip(".") else "the event"


def _first(tags: list[str]) -> str:
    return tags[0] if tags else "nothing"
