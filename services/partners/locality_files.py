"""From the bytes of a place's files to checked models; a mistake names the file, the key and what was expected.

A file is TOML in UTF-8, taken as it stands: no text becomes a number, no unknown key passes.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

M = TypeVar("M", bound=BaseModel)

UNITS = {
    "max_per_year": " of pounds", "money_per_year": " of pounds", "years": " of years",
    "working_days": " of working days", "months": " of months", "number": ' or "unknown"',
}  # fmt: skip
EXPECTED = {
    "missing": "a value", "bool_type": "true or false", "string_type": "text in quotes",
    "string_too_short": "some text", "model_type": "a table of keys", "dict_type": "a table of keys",
    "tuple_type": "a list in square brackets", "frozen_set_type": "a list in square brackets",
}  # fmt: skip
ROW_NAMES = ("clause", "id", "organisation_id", "sector", "what")


class LocalityMistake(Exception):
    """What is wrong in a file of a place, one line per mistake."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


class Mistake(NamedTuple):
    """One mistake in a file: at which key, what was expected there, what was found."""

    key: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.key}: expected {self.expected}, found {self.found}"


def table_of(file: Path) -> dict[str, Any]:
    """The file's keys and values; an absent file is an empty one."""
    text = _text(file) if file.is_file() else ""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).removesuffix(")").rpartition(" (at ")
        raise LocalityMistake([f"{called(file)}: {where}: expected TOML, found a mistake: {what}"]) from error


def _text(file: Path) -> str:
    written = file.read_bytes()
    try:
        return written.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = written.count(b"\n", 0, error.start) + 1, written[error.start]
        raise LocalityMistake([
            f"{called(file)}: line {line}: expected UTF-8, found the byte 0x{byte:02X}; save the file as UTF-8"
        ]) from error  # fmt: skip


def checked(file: Path, model: type[M], table: dict[str, Any]) -> M:
    """The table as a model, strictly."""
    plain = json.dumps(_with_unknowns(table), default=str)
    try:
        return model.model_validate_json(plain, strict=True, extra="forbid")
    except ValidationError as error:
        raise LocalityMistake(f"{called(file)}: {_mistake(one, table, model)}" for one in error.errors()) from error


def _with_unknowns(value: Any) -> Any:
    """TOML has no null: a `number` that is "unknown" becomes one."""
    match value:
        case dict():
            known = {key: one for key, one in value.items() if (key, one) != ("number", "unknown")}
            return dict.fromkeys(value) | {key: _with_unknowns(one) for key, one in known.items()}
        case list():
            return [_with_unknowns(one) for one in value]
        case _:
            return value


def refuse(file: Path, mistakes: Iterable[Mistake]) -> None:
    """Raise where there are mistakes in this file."""
    if found := [f"{called(file)}: {mistake}" for mistake in mistakes]:
        raise LocalityMistake(found)


def called(file: Path) -> str:
    """The file as a reader knows it: `localities/sutton/rules.toml`."""
    return "/".join(file.parts[-3:])


# --- what a reader of the file is told


def _mistake(error: ErrorDetails, table: dict[str, Any], model: type[BaseModel]) -> Mistake:
    key = _key_path(error["loc"], table)
    if error["type"] == "extra_forbidden":
        return Mistake(key, _known_key(str(error["loc"][-1]), model), "this one")
    return Mistake(key, _expected(error), "none" if error["type"] == "missing" else _found(error["input"]))


def _key_path(loc: tuple[int | str, ...], table: Any) -> str:
    """`programmes.spp.years`, and for a row of a list its own name or its number: `undertakings[3.4.4].by`."""
    path = ""
    for step in loc:
        table = _inside(table, step)
        path += f"[{_row_name(table, step)}]" if isinstance(step, int) else f".{step}"
    return path.removeprefix(".")


def _inside(table: Any, step: int | str) -> Any:
    try:
        return table[step]
    except (KeyError, IndexError, TypeError):
        return None


def _row_name(row: Any, number: int) -> str:
    names = (row.get(key) for key in ROW_NAMES) if isinstance(row, dict) else ()
    return next((name for name in names if isinstance(name, str)), f"{number + 1}")


def _expected(error: ErrorDetails) -> str:
    key, kind = str(error["loc"][-1]), error["type"]
    if kind.startswith("int"):
        return _whole_number(key)
    if kind == "greater_than_equal":
        return f"{_whole_number(key)}, at least {error['ctx']['ge']}"
    if kind.startswith("date"):
        return "a day such as 2013-10-01"
    if kind == "string_pattern_mismatch":
        return '"public" or "vco"' if key == "by" else 'a clause such as "3.4.4"'
    return EXPECTED.get(kind, error["msg"])


def _whole_number(key: str) -> str:
    return "a whole number" + next((unit for ending, unit in UNITS.items() if re.search(rf"(^|_){ending}$", key)), "")


def _known_key(key: str, model: type[BaseModel]) -> str:
    near = difflib.get_close_matches(key, sorted(set(_keys(model)) - {key}), 1)
    return f"a known key, perhaps {near[0]}" if near else "a known key"


def _keys(annotation: Any) -> Iterator[str]:
    """Every key that may stand somewhere in a file of this model."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield name
            yield from _keys(field.annotation)
    for inner in get_args(annotation):
        yield from _keys(inner)


def _found(value: Any) -> str:
    shown = repr(value) if isinstance(value, str) else json.dumps(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
