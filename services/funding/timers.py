"""What falls due by itself: results are announced, changes are disclosed."""

from __future__ import annotations

from services.funding import handlers
from services.funding.announcing import AnnounceResults
from services.funding.changes import DiscloseChange
from services.runtime.reactions import Act
from services.runtime.timers import Timers

timers = Timers()


@timers.when("announce_results", handlers.announce_results)
def announce_results(key: str, act: Act) -> AnnounceResults:
    """The set time of the results has come (SPP2)."""
    return AnnounceResults(actor=act.actor, now=act.now, programme_id=key)


@timers.when("disclose_change", handlers.disclose_change)
def disclose_change(key: str, act: Act) -> DiscloseChange:
    """The day has come on which other bodies learn of a change (Compact 3.4.3)."""
    return DiscloseChange(actor=act.actor, now=act.now, change_id=key)
