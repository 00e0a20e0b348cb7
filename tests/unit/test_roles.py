"""The page of each role says what the routes allow it, which notices there are, and refusals that exist."""

import re
from pathlib import Path

import pytest
from test_wiring import routes

ROOT = Path(__file__).parents[2]
PAGES = {page.stem: page.read_text() for page in (ROOT / "docs" / "roles").glob("*.md")}
SOURCES = "\n".join(path.read_text() for path in (ROOT / "services").rglob("*.py"))
TEMPLATES = {path.stem for path in (ROOT / "services" / "notifications" / "templates").glob("*.txt")}
ROUTE = re.compile(r"`((?:GET|POST) /[^`]*)`")
WORD = re.compile(r"`([a-z_]+)`")


def allowed() -> dict[str, set[str]]:
    """The routes of each role, as the routes themselves say."""
    found: dict[str, set[str]] = {}
    for name, route in routes().items():
        for one in route.dependant.dependencies:
            for role in getattr(one.call, "roles", None) or ():
                found.setdefault(role, set()).add(name)
    return found


def part(role: str, heading: str) -> str:
    return PAGES[role].split(f"## {heading}\n")[1].split("\n## ")[0]


def test_every_role_has_a_page_and_every_page_a_role() -> None:
    assert set(PAGES) == set(allowed()) - {"system"}


@pytest.mark.parametrize("role", sorted(PAGES))
def test_a_page_names_everything_that_the_role_can_do_and_nothing_else(role: str) -> None:
    changing = {name for name in allowed()[role] if not name.startswith("GET ")}

    assert set(ROUTE.findall(part(role, "What you can do"))) == changing
    assert set(ROUTE.findall(PAGES[role])) <= allowed()[role]


@pytest.mark.parametrize("role", sorted(PAGES))
def test_the_notices_and_refusals_that_a_page_names_exist(role: str) -> None:
    told, stops = (set(WORD.findall(part(role, heading))) for heading in ("What you are told", "What stops you"))

    assert told <= TEMPLATES
    assert stops
    assert {code for code in stops if f'"{code}"' not in SOURCES} == set()


def test_an_organisation_is_told_of_every_notice_that_there_is() -> None:
    told = {word for role in PAGES for word in WORD.findall(part(role, "What you are told"))}

    assert TEMPLATES - {"frame"} == told
