"""The checker is proven: whatever it promises to find is broken in a copy of a real run, and it is found and named."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace

import pytest
import pytest_asyncio

from faults.checker import Violation, check
from tests.journeys.breaking import Copy, Left, everything_on, ran
from tests.journeys.breaking_asides import ASIDES
from tests.journeys.breaking_gates import GATES_PASSED_BY
from tests.journeys.breaking_readers import READERS
from tests.journeys.breaking_steps import STEPS
from tests.journeys.breaking_stores import STORES, Found
from tests.journeys.breaking_successors import SUCCESSORS
from tests.journeys.breaking_topics import TOPICS

Breach = Callable[[Copy], Awaitable[Found]]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def left(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Left]:
    directory = tmp_path_factory.mktemp("checker")
    for parent in (directory, *directory.parents):
        if parent.name.startswith("pytest-"):
            parent.chmod(0o755)
    async with ran(directory / "system") as evidence:
        yield Left(evidence, directory, await everything_on(evidence))


def unexpected(violations: Sequence[Violation], expected: Found) -> str:
    """What was found beside what had to be found, and what was not found; empty where they agree."""
    rest = list(violations)
    for rule, service, words in expected:
        hits = [one for one in rest if (one.rule, one.service) == (rule, service) and all(w in one.what for w in words)]
        if not hits:
            return f"not found: {rule} {service} {words} in {violations}"
        rest.remove(hits[0])
    return f"found as well: {rest}" if rest else ""


async def test_a_run_that_kept_every_promise_is_found_clean(left: Left) -> None:
    report = await check(left.evidence)

    assert report.violations == []
    looked_at = ("commands", "events", "decisions", "effects", "notices", "records", "scores", "changes decided",
                 "payments made", "reviews concluded", "steps set aside", "changes taken over")  # fmt: skip
    assert all(report.counts[one] for one in looked_at)


@pytest.mark.parametrize(
    "breach", [*STORES, *TOPICS, *READERS, *STEPS, *GATES_PASSED_BY, *ASIDES, *SUCCESSORS],
    ids=lambda breach: breach.__name__,
)  # fmt: skip
async def test_exactly_what_was_broken_is_found_and_named(left: Left, breach: Breach) -> None:
    async with left.copied() as copy:
        expected = await breach(copy)

        violations = await copy.judged()

    assert unexpected(violations, expected) == ""


async def test_a_read_row_that_no_count_sees_is_named_by_the_products_own_comparison(left: Left) -> None:
    async with left.copied() as copy:
        agreements = f'"{await copy.tables("funding")}".agreements'
        first = f"(select min(agreement_id) from {agreements})"
        sql = f"update {agreements} set title = title || '!' where agreement_id = {first} returning agreement_id"
        which = await copy.do("funding", sql)
        copy.evidence = replace(copy.evidence, databases={"funding": copy.evidence.databases["funding"]})

        [violation] = await copy.judged(replay=True)

    assert (violation.rule, violation.service) == ("replay_equals_live", "funding")
    assert violation.what.startswith(f"agreements {which}: ")
