"""The harness of faults works: a short run under faults comes to its end and holds, and a breach in one is told."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
from pathlib import Path

import asyncpg
import pytest

from faults.__main__ import BEGINS, ENDS, MIXTURES, PAGE, complain, mixed, page, table
from faults.catalogue import FAULTS, NOT_HERE
from faults.load import Stuck
from faults.run import Result, play, side_by_side
from faults.scene import Fault, Scene


async def kill_three(scene: Scene) -> None:
    for name in ("funding", "partners", "notifications"):
        await scene.after(6, 10)
        scene.done["killed"] += scene.running.signalled(name, signal.SIGKILL)


KILLED = Fault("killed", "three services are killed", kill_three, last="open")


async def test_a_short_run_with_kills_and_cut_lines_comes_to_its_end_and_the_checker_finds_nothing(
    tmp_path: Path,
) -> None:
    result = await play([KILLED, FAULTS["lines-cut"]], "7", 1, tmp_path)

    assert result.violations == []
    assert result.done["killed"] == 3
    assert sum(times for what, times in result.done.items() if what.endswith("cut")) > 0
    assert result.commands > 30
    assert result.events > 50
    assert result.looks > 20


async def forget_a_request(scene: Scene) -> None:
    connection = await asyncpg.connect(scene.running.databases["partners"])
    try:
        await connection.execute(
            "delete from ledger.request where key = (select max(key) from ledger.request where outcome = 'done')"
        )
    finally:
        await connection.close()


async def test_what_is_not_kept_is_told_as_a_violation_with_the_way_to_see_it_again(tmp_path: Path) -> None:
    forgetful = dataclasses.replace(FAULTS["none"], last="register", look=forget_a_request)

    result = await play([forgetful], "7", 1, tmp_path)
    complained: list[str] = []
    complain(result, tmp_path, complained.append)

    assert [violation.partition(":")[0] for violation in result.violations] == ["acknowledged_once"]
    assert "make faults SEED=7 ONLY=none" in complained[-1]


async def test_a_round_that_is_stuck_ends_the_others_and_is_told_as_stuck() -> None:
    others = asyncio.Event()

    async def stuck() -> None:
        raise Stuck("nobody answered")

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            others.set()

    with pytest.raises(Stuck, match="nobody answered"):
        await side_by_side([stuck(), waits(), stuck()])

    assert others.is_set()


async def test_a_fault_that_cannot_be_done_is_told_and_not_run(tmp_path: Path) -> None:
    absent = dataclasses.replace(FAULTS["kill"], missing=lambda: "no such machine")

    result = await play([absent], "7", 1, tmp_path)

    assert "not run: no such machine" in table([result])[-1 - len(NOT_HERE)]
    assert list(tmp_path.iterdir()) == []


def test_the_same_seed_gives_the_same_mixtures_and_another_seed_others() -> None:
    def names(seed: str) -> list[list[str]]:
        return [[fault.name for fault in mixed(seed, mixture)] for mixture in range(MIXTURES)]

    assert names("7") == names("7")
    assert names("7") != names("8")


def test_the_page_keeps_what_people_wrote_around_the_table() -> None:
    before = f"# Title\n\n{BEGINS}\n\nan older table\n\n{ENDS}\n\nWhat was found.\n"

    after = page(before, [Result("kill", "SIGKILL", "7", commands=12)], seed=7, rounds=1)

    assert after.startswith(f"# Title\n\n{BEGINS}\n\n`make faults SEED=7 ROUNDS=1` on ")
    assert "| kill | SIGKILL | 1 | 12 |" in after
    assert after.endswith(f"\n\n{ENDS}\n\nWhat was found.\n")
    assert "an older table" not in after


def test_the_page_has_the_marks_between_which_it_is_written() -> None:
    assert PAGE.read_text().index(BEGINS) < PAGE.read_text().index(ENDS)
