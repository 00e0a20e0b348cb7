"""The monitoring service: wiring and nothing else."""

from __future__ import annotations

from services.monitoring import api, performance_projections  # noqa: F401 -- it fills the read tables
from services.monitoring.projections import projections
from services.monitoring.reactions import reactions
from services.monitoring.timers import timers
from services.runtime.process import Service, main

service = Service(
    name="monitoring",
    listens_to=("partners", "funding"),
    projections=projections,
    reactions=reactions,
    timers=timers,
    router=api.router,
)

if __name__ == "__main__":
    main(service)
