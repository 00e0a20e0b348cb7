"""Wiring of notifications, and nothing else."""

from __future__ import annotations

from pathlib import Path

from services.notifications import (  # noqa: F401 -- they fill the read tables
    address_book,
    api,
    change_notices,
    change_particulars,
    incumbents,
    panels,
    particulars,
    performance,
    projections,
    reactions,
    read_tables,
    returns,
    sender,
    timers,
)
from services.runtime.process import main
from services.runtime.running import Service

service = Service(
    name="notifications",
    listens_to=("partners", "funding", "monitoring"),
    projections=read_tables.projections,
    reactions=reactions.reactions,
    timers=timers.timers,
    router=api.router,
    migrations=Path(__file__).parent / "migrations",
    tasks=(sender.run, returns.run, address_book.keep),
    quiet=sender.quiet,
    before_commands=(address_book.erase_again, returns.read_again),
)

if __name__ == "__main__":
    main(service)
