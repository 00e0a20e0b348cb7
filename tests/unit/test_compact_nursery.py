"""Services that are forked from one process that imported them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from compact.nursery import Fork, Nursery
from compact.processes import DidNotStart, free_port, until
from compact.system import System


@pytest.fixture
async def nursery(tmp_path: Path) -> AsyncIterator[Nursery]:
    made = Nursery(tmp_path / "nursery.log")
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


def without_database(directory: Path) -> dict[str, str]:
    """What a service is told whose database does not answer: it waits for it."""
    nobody = f"postgresql://nobody@127.0.0.1:{free_port()}/partners"
    told = System(data=directory, kafka=f"127.0.0.1:{free_port()}", postgres={"partners": nobody})
    return {**told.environment("partners"), "COMPACT_LOCAL_TOKENS_ALLOWED": "true", "COMPACT_PUBLIC_KEY": ""}


async def waiting(nursery: Nursery, directory: Path) -> Fork:
    """A forked service that runs and waits for its database."""
    log = directory / "partners.jsonl"
    fork = await nursery.fork("partners", log, without_database(directory))
    assert await until(lambda: "database_awaited" in log.read_text(), 30), log.read_text()
    return fork


async def test_a_fork_runs_apart_and_ends_when_it_is_asked_to(nursery: Nursery, tmp_path: Path) -> None:
    fork = await waiting(nursery, tmp_path)

    assert fork.poll() is None
    assert os.getsid(fork.pid) == fork.pid
    fork.send_signal(signal.SIGTERM)
    assert await until(lambda: fork.poll() is not None, 20)
    fork.send_signal(signal.SIGTERM)
    fork.kill()


async def test_a_fork_has_the_environment_it_was_given_and_no_other(nursery: Nursery, tmp_path: Path) -> None:
    log = tmp_path / "partners.jsonl"

    fork = await nursery.fork("partners", log, {"COMPACT_PLACE": "not a place"})

    assert await until(lambda: fork.poll() is not None, 30)
    assert "COMPACT_PLACE" in log.read_text()


async def test_forks_end_with_the_nursery_and_the_next_one_starts_it_again(nursery: Nursery, tmp_path: Path) -> None:
    fork = await waiting(nursery, tmp_path)
    assert nursery.process
    before = nursery.process.pid

    nursery.process.kill()
    assert await until(lambda: fork.poll() is not None, 20)
    again = await waiting(nursery, tmp_path)

    assert again.poll() is None
    assert nursery.process.pid != before


async def test_two_asked_for_at_once_are_two(nursery: Nursery, tmp_path: Path) -> None:
    told = without_database(tmp_path)

    forks = await asyncio.gather(*(nursery.fork("partners", tmp_path / f"{n}.jsonl", told) for n in range(3)))

    assert len({fork.pid for fork in forks}) == 3
    await nursery.stop()
    assert await until(lambda: all(fork.poll() is not None for fork in forks), 20)


async def test_a_nursery_that_dies_says_where_to_look(tmp_path: Path) -> None:
    nursery = Nursery(tmp_path / "nursery.log")

    with pytest.raises(DidNotStart, match=r"could not be forked; .*nursery\.log says why"):
        await nursery.fork("no-such-service", tmp_path / "log", {})

    assert "KeyError" in nursery.log.read_text()


async def test_the_nursery_has_one_thread_before_it_forks(nursery: Nursery, tmp_path: Path) -> None:
    """A fork has one thread only: what another one held would stay held in it."""
    await waiting(nursery, tmp_path)

    assert nursery.process
    assert psutil.Process(nursery.process.pid).num_threads() == 1
