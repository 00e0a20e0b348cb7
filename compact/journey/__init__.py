"""The journey of a commissioning round through the four services, act by act, as people would play it over HTTP."""

from __future__ import annotations

from compact.journey import (
    agreements,
    bids,
    changes,
    decisions,
    notices,
    otherwise,
    partners,
    performance,
    proof,
    record,
    reviewing,
    summary,
)

ACTS = (
    partners, bids, decisions, notices, agreements, performance, changes, reviewing, otherwise, proof, record, summary,
)  # fmt: skip
"""In order; each has a TITLE and STEPS."""
