"""One secured cluster for all that is asked of it; the services that run on it in containers are Coventry's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.containers.engine import brought_up
from tests.containers.secured.cluster import Secured, secured
from tests.containers.secured.load import Stretch, adopt, under_load


@pytest.fixture(scope="package")
def cluster(version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    system = secured(tmp_path_factory.mktemp("secured") / "secrets", version, "coventry")
    with brought_up(system, seconds=480):
        system.all_ready()
        adopt(system)
        yield system


@pytest.fixture(scope="module")
def load(cluster: Secured, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stretch]:
    """Commands without a pause while the tests of a module do to the cluster what they do; the last of them ends it."""
    with under_load(cluster, tmp_path_factory.mktemp("load")) as stretch:
        yield stretch
