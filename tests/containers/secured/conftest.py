"""One secured cluster for all that is asked of it; the services that run on it in containers are Coventry's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.containers.engine import Who, brought_up
from tests.containers.secured.cluster import Secured, secured

COUNCIL = "coventry-council"
OFFICE = Who("p-office", "partnership_office", COUNCIL)


@pytest.fixture(scope="package")
def cluster(version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    system = secured(tmp_path_factory.mktemp("secured") / "secrets", version, "coventry")
    with brought_up(system, seconds=480):
        system.all_ready()
        system.done(OFFICE, "partners", "/rules", {"place": system.place})
        yield system
