"""A Docker Engine is needed here: without one every test fails and says so, unless COMPACT_NO_CONTAINERS=1."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator

import pytest

from contracts.topics import SERVICES
from tests.containers.engine import Composed, composed, docker

NO_ENGINE = (
    "No Docker Engine answers, and these tests are about containers. Start one (and set DOCKER_HOST where it does not "
    "listen on the usual socket), or set COMPACT_NO_CONTAINERS=1 to leave these tests out."
)


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    if os.environ.get("COMPACT_NO_CONTAINERS") == "1":
        pytest.skip("COMPACT_NO_CONTAINERS=1")
    if shutil.which("docker") is None or docker("info", check=False).returncode:
        pytest.fail(NO_ENGINE, pytrace=False)


@pytest.fixture(scope="session")
def version() -> Iterator[str]:
    """The tag of images built from this checkout; they go when the tests end."""
    tag = f"test-{uuid.uuid4().hex[:8]}"
    docker("compose", "--profile", "try", "build", "--quiet", COMPACT_VERSION=tag)
    yield tag
    docker("image", "rm", "--force", *(f"compact-{name}:{tag}" for name in (*SERVICES, "mail")), check=False)


@pytest.fixture(scope="module")
def system(version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    with composed(tmp_path_factory.mktemp("composed"), version) as started:
        yield started
