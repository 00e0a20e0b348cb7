"""Reads the directory of a place into its set of rules; a mistake is refused with file, key and what was expected.

Nothing is assumed for a rule that the place left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, Field

from contracts.envelope import Record
from contracts.rules import Calendar, Priority, ProgrammeRules, Resources, RuleSet, Signatory, Undertaking
from services.partners.locality_files import LocalityMistake, Mistake, called, checked, refuse, table_of

M = TypeVar("M", bound=BaseModel)

RULES, CALENDAR, UNDERTAKINGS = "rules.toml", "calendar.toml", "undertakings.toml"
PRIORITIES, RESOURCES, SIGNATORIES = "priorities.toml", "resources.toml", "signatories.toml"
FILES = (RULES, CALENDAR, UNDERTAKINGS, PRIORITIES, RESOURCES, SIGNATORIES)
ELSEWHERE = {file.removesuffix(".toml"): file for file in FILES[1:]}
"""Keys of a set of rules that have a file of their own."""


class Section(Record):
    """A part of the undertakings: the outcome it serves and how many undertakings each side gave."""

    clause: str
    outcome: str
    public: int
    vco: int


class UndertakingLine(Record):
    """One undertaking as it stands in the file; its outcome is its section's."""

    clause: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    by: str = Field(pattern="^(public|vco)$")
    short: str = Field(min_length=1)
    text: str = Field(min_length=1)

    @property
    def section(self) -> str:
        """The clause without its last number."""
        return self.clause.rpartition(".")[0]


class UndertakingsFile(Record):
    """What `undertakings.toml` holds."""

    sections: tuple[Section, ...] = ()
    undertakings: tuple[UndertakingLine, ...] = ()


class PrioritiesFile(Record):
    """What `priorities.toml` holds; `counts` says how many priorities each theme has."""

    counts: dict[str, int] = Field(default_factory=dict)
    priorities: tuple[Priority, ...] = ()


class ResourcesFile(Record):
    """What `resources.toml` holds."""

    resources: tuple[Resources, ...] = ()


class SignatoriesFile(Record):
    """What `signatories.toml` holds."""

    signatories: tuple[Signatory, ...] = ()


def places(root: Path) -> tuple[Path, ...]:
    """The directories of places under this one, in the order of their names."""
    return tuple(sorted(entry for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith((".", "_"))))


def load(place_dir: Path) -> RuleSet:
    """All that the place adopted; raises LocalityMistake with every mistake of the first file that has one."""
    place = place_dir.resolve()
    _refuse_strange_files(place)
    calendar = _read(place / CALENDAR, Calendar, _calendar_mistakes)
    adopted = _read_rules(place, calendar)
    undertakings = _read(place / UNDERTAKINGS, UndertakingsFile, lambda it: _undertaking_mistakes(it, adopted.outcomes))
    priorities = _read(place / PRIORITIES, PrioritiesFile, lambda it: _priority_mistakes(it, adopted.principles))
    return adopted.model_copy(update={
        "undertakings": tuple(_with_outcomes(undertakings)),
        "priorities": priorities.priorities,
        "resources": _read(place / RESOURCES, ResourcesFile, _resource_mistakes).resources,
        "signatories": _read(place / SIGNATORIES, SignatoriesFile, _signatory_mistakes).signatories,
    })  # fmt: skip


def _read_rules(place: Path, calendar: Calendar) -> RuleSet:
    file = place / RULES
    own = table_of(file)
    refuse(file, (Mistake(key, f"this in {ELSEWHERE[key]}", "it here") for key in own if key in ELSEWHERE))
    adopted = checked(file, RuleSet, own | {"calendar": calendar.model_dump(mode="json")})
    refuse(file, _rule_mistakes(adopted, place.name))
    return adopted


def _read(file: Path, model: type[M], mistakes: Callable[[M], Iterator[Mistake]]) -> M:
    """The file's table as a model; where the place has no such file, the empty one."""
    loaded = checked(file, model, table_of(file))
    refuse(file, mistakes(loaded))
    return loaded


def _refuse_strange_files(place: Path) -> None:
    for file in sorted(place.glob("*.toml")):
        if file.name not in FILES:
            raise LocalityMistake([f"{called(file)}: expected one of {', '.join(FILES)}, found a file of this name"])
    for name in (RULES, CALENDAR):
        if not (place / name).is_file():
            raise LocalityMistake([f"{called(place / name)}: expected this file, found none"])


# --- what fits the form and still cannot be meant


def _rule_mistakes(adopted: RuleSet, directory: str) -> Iterator[Mistake]:
    if adopted.place != directory:
        yield Mistake("place", f"{directory!r} as the directory is called", repr(adopted.place))
    for key, programme in adopted.programmes.items():
        for limit in sorted(programme.citations.keys() - ProgrammeRules.model_fields.keys()):
            yield Mistake(f"programmes.{key}.citations.{limit}", "the key of a limit", repr(limit))
    notice = adopted.notice_periods
    if notice and notice.best_practice_months < notice.minimum_months:
        expected = f"no less than the minimum of {notice.minimum_months} months"
        yield Mistake("notice_periods.best_practice_months", expected, f"{notice.best_practice_months}")


def _calendar_mistakes(calendar: Calendar) -> Iterator[Mistake]:
    years = range(calendar.first_year, calendar.last_year + 1)
    if calendar.time_zone != "Europe/London":
        yield Mistake("time_zone", "'Europe/London'", repr(calendar.time_zone))
    if not years:
        yield Mistake("last_year", f"no year before {calendar.first_year}", f"{calendar.last_year}")
    for year in sorted(set(years) - {day.year for day in calendar.bank_holidays}):
        yield Mistake("bank_holidays", f"the bank holidays of {year}", "none")
    for day in sorted(calendar.bank_holidays):
        if day.year not in years:
            yield Mistake("bank_holidays", f"days from {calendar.first_year} to {calendar.last_year}", f"{day}")
        if day.weekday() > 4:
            yield Mistake("bank_holidays", "the substitute on a weekday", f"{day}, a {day:%A}")


def _undertaking_mistakes(file: UndertakingsFile, outcomes: Collection[str]) -> Iterator[Mistake]:
    yield from _repeats("sections", (section.clause for section in file.sections))
    yield from _repeats("undertakings", (line.clause for line in file.undertakings))
    for section in file.sections:
        yield from _section_mistakes(section, [line for line in file.undertakings if line.section == section.clause])
        yield from _not_among(f"sections[{section.clause}].outcome", outcomes, [section.outcome])
    for line in file.undertakings:
        yield from _not_among(f"undertakings[{line.clause}]", [it.clause for it in file.sections], [line.section])


def _section_mistakes(section: Section, lines: list[UndertakingLine]) -> Iterator[Mistake]:
    present = {line.clause for line in lines}
    for number in range(1, len(present) + 1):
        if (clause := f"{section.clause}.{number}") not in present:
            yield Mistake("undertakings", f"{clause}", "none")
    for side, declared in (("public", section.public), ("vco", section.vco)):
        found = sum(line.by == side for line in lines)
        yield from _wrong_count(f"sections[{section.clause}].{side}", declared, found)


def _priority_mistakes(file: PrioritiesFile, principles: Collection[str]) -> Iterator[Mistake]:
    yield from _repeats("priorities", (priority.id for priority in file.priorities))
    for theme, count in file.counts.items():
        yield from _wrong_count(f"counts.{theme}", count, sum(it.theme == theme for it in file.priorities))
    for it in file.priorities:
        yield from _not_among(f"priorities[{it.id}].theme", file.counts, [it.theme])
        yield from _not_among(f"priorities[{it.id}].principle", principles, [it.principle])
        yield from _not_among(f"priorities[{it.id}].other_principles", principles, it.other_principles)


def _resource_mistakes(file: ResourcesFile) -> Iterator[Mistake]:
    return _repeats("resources", (resources.sector for resources in file.resources))


def _signatory_mistakes(file: SignatoriesFile) -> Iterator[Mistake]:
    return _repeats("signatories", (signatory.organisation_id for signatory in file.signatories))


def _repeats(key: str, names: Iterable[str]) -> Iterator[Mistake]:
    for name, times in Counter(names).items():
        if times > 1:
            yield Mistake(f"{key}[{name}]", "it once", f"{times}")


def _wrong_count(key: str, expected: int, found: int) -> Iterator[Mistake]:
    if expected != found:
        yield Mistake(key, f"{expected} as declared here", f"{found}")


def _not_among(key: str, known: Collection[str], values: Iterable[str]) -> Iterator[Mistake]:
    for value in values:
        if value not in known:
            yield Mistake(key, f"one of {', '.join(map(repr, known))}", repr(value))


def _with_outcomes(file: UndertakingsFile) -> Iterator[Undertaking]:
    outcomes = {section.clause: section.outcome for section in file.sections}
    for line in file.undertakings:
        yield Undertaking(**line.model_dump(), outcome=outcomes[line.section])
