"""The partners service: wiring and nothing else."""

from __future__ import annotations

from services.partners import api
from services.partners.projections import projections
from services.runtime.process import Service, main
from services.runtime.reactions import Reactions
from services.runtime.timers import Timers

service = Service(
    name="partners",
    listens_to=("funding",),
    projections=projections,
    reactions=Reactions(),
    timers=Timers(),
    router=api.router,
)

if __name__ == "__main__":
    main(service)
