"""`compact scorecard` as a person types it, against services that run as processes of their own."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.journeys.acting import Acting, Person, acting, appoint, officers, programme, register

pytestmark = pytest.mark.asyncio(loop_scope="module")
COUNCIL, CARERS = "sutton-council", "Middlemarch Carers"
LONG = [{"id": f"c{n}", "text": f"The condition numbered {n} of a long form"} for n in range(40)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def published() -> AsyncIterator[tuple[Acting, dict[str, Person]]]:
    """A round that was refused once for the length of its form, and then published."""
    async with acting() as act:
        council = officers(COUNCIL)
        office, commissioner = council["partnership_office"], council["commissioner"]
        await act.does(office, "partners", "/rules", {"place": "sutton"})
        await appoint(act, office, *council.values())
        vcos = await register(act, office, CARERS)
        await act.quiet()
        await act.refused(
            commissioner, "funding", "/programmes", programme(eligibility=LONG), code="form_too_long"
        )  # fmt: skip
        await act.does(commissioner, "funding", "/programmes", programme())
        await act.quiet()
        yield act, {**council, CARERS: vcos[CARERS]}


async def typed(act: Acting, *options: str) -> tuple[int, str]:
    """What the command ends with, and all that it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "compact", "scorecard", "--data", str(act.system.data), *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env={"COLUMNS": "240", "PATH": "/usr/bin"},
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


def rows(said: str) -> list[str]:
    return [" ".join(line.split()) for line in said.splitlines()]


async def test_the_record_is_a_table_with_a_reason_where_nothing_is_counted(published: Any) -> None:
    code, said = await typed(published[0])

    short = (
        "Give VCOs the opportunity to deliver services, through transparent and proportionate application and tendering"
    )
    assert code == 0
    assert f"3.3.1 {short} {COUNCIL} 1 – 1 –" in rows(said)
    assert "3.1.6: What members of a panel declare stays private; what was refused for it is counted." in rows(said)


async def test_narrowed_to_a_clause_it_shows_the_facts(published: Any) -> None:
    _, said = await typed(published[0], "--clause", "3.3.1", "--body", COUNCIL)
    _, only = await typed(published[0], "--clause", "3.3.1", "--outcome", "refused", "--json")

    assert "compact.step_refused (form_too_long)" in said
    assert "funding.programme_published" in said
    told = json.loads(only)
    assert [(one["type"], one["code"], one["service"]) for one in told["facts"]] == [
        ("compact.step_refused", "form_too_long", "funding")
    ]
    assert told["undertakings"][0]["counts"] == [
        {"body": COUNCIL, "done": 1, "missed": 0, "refused": 1, "set_aside": 0}
    ]


async def test_a_decider_is_told_that_something_is_withheld(published: Any) -> None:
    act, people = published

    code, said = await typed(act, "--token", act.token(people["decider"]))

    assert code == 0
    assert "What voluntary organisations said of public bodies is not shown to those who score or decide." in said


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--clause", "9.9.9", "/scorecard answered 422: The parameter clause is one of the numbers of Sutton Compact."),
        ("--outcome", "kept", "/scorecard/facts answered 422: The parameter outcome is one of done, missed, refused, "
                              "set_aside."),
    ],
)  # fmt: skip
async def test_what_cannot_be_asked_for_is_one_sentence(published: Any, option: str, value: str, sentence: str) -> None:
    code, said = await typed(published[0], option, value)

    assert (code, " ".join(said.split())) == (1, sentence)
