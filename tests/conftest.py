"""A real PostgreSQL and a real Kafka-protocol broker for every test that touches them, one of each per test process."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import threading
import uuid
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from compact.broker import EmbeddedBroker, embedded_broker
from compact.postgres import EmbeddedPostgres, embedded_postgres

ROOT = "PYTEST_DEBUG_TEMPROOT"
MADE, PASSED = pytest.StashKey[bool](), pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Give this session a temporary directory of its own, which others may pass through.

    A second session closes the common one to other users, and PostgreSQL, run as another user, loses its data there.
    """
    if config.option.basetemp is None and not hasattr(config, "workerinput") and ROOT not in os.environ:
        os.environ[ROOT] = tempfile.mkdtemp(prefix="compact-tests-")
        os.chmod(os.environ[ROOT], 0o711)
        config.stash[MADE] = True


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove it, unless something failed that its logs tell of."""
    if config.stash.get(MADE, False):
        if config.stash.get(PASSED, False):
            shutil.rmtree(os.environ[ROOT], ignore_errors=True)
        del os.environ[ROOT]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[PASSED] = exitstatus == pytest.ExitCode.OK


class Infrastructure:
    """PostgreSQL and broker on a loop of their own, so that tests on any loop can use them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._stack = AsyncExitStack()
        self._postgres: EmbeddedPostgres | None = None
        self._broker: EmbeddedBroker | None = None

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(120)

    def postgres(self) -> EmbeddedPostgres:
        if self._postgres is None:
            self._postgres = self.do(self._stack.enter_async_context(
                embedded_postgres(self.directory / "postgres", fsync="off", synchronous_commit="off")
            ))  # fmt: skip
        return self._postgres

    def broker(self) -> EmbeddedBroker:
        if self._broker is None:
            self._broker = self.do(self._stack.enter_async_context(embedded_broker(self.directory / "broker")))
        return self._broker

    def close(self) -> None:
        self.do(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


@pytest.fixture(scope="session")
def infrastructure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Infrastructure]:
    directory = tmp_path_factory.mktemp("infrastructure")
    for parent in (directory, *directory.parents):
        if parent.name.startswith("pytest-"):
            parent.chmod(0o755)
    found = Infrastructure(directory)
    yield found
    found.close()


@pytest.fixture
def database(infrastructure: Infrastructure) -> str:
    return infrastructure.do(infrastructure.postgres().create_database(f"test_{uuid.uuid4().hex[:12]}"))
