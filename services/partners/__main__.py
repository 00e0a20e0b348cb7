"""The partners service: wiring and nothing else."""

from __future__ import annotations

from services.partners import api, concern_projections  # noqa: F401 -- it registers here
from services.partners.projections import projections
from services.partners.timers import timers
from services.runtime.process import Service, main
from services.runtime.reactions import Reactions

service = Service(
    name="partners",
    listens_to=("funding",),
    projections=projections,
    reactions=Reactions(),
    timers=timers,
    router=api.router,
)

if __name__ == "__main__":
    main(service)
