"""The funding service: wiring and nothing else."""

from __future__ import annotations

from services.funding import (  # noqa: F401 -- they fill read tables, and route events and timers
    change_projections,
    change_reactions,
    change_timers,
    claims_reader,
    falling_due,
    projections_payments,
    projections_terms,
    routing_incumbents,
    routing_panels,
    scorecard_projections,
)
from services.funding.api import router
from services.funding.projections import projections
from services.funding.reactions import reactions
from services.funding.timers import timers
from services.runtime.process import Service, main

service = Service(
    name="funding",
    listens_to=("partners", "monitoring", "notifications"),
    projections=projections,
    reactions=reactions,
    timers=timers,
    router=router,
    tasks=(claims_reader.run,),
)

if __name__ == "__main__":
    main(service)
