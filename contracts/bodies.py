"""What a partner body's own system may publish: claims, on `<place>.<body>.claims`, as CloudEvents in binary mode.

Headers: `ce_specversion` 1.0, `ce_id`, `ce_source` `/<place>/<body>`, `ce_type`, `ce_time`. The value is JSON by the
classes here: references and counts, no free text. Order is the offset; a repeat is known by source and id.
"""

from __future__ import annotations

from pydantic import Field

from contracts.envelope import Record
from contracts.monitoring import FEWEST_COUNTED

BODIES = ("police", "fire", "health")
"""The kinds of body that have a topic for their claims."""


def source_of(place: str, body: str) -> str:
    """The only source whose claims count on that topic."""
    return f"/{place}/{body}"


class EffectReported(Record):
    """`<body>.effect_reported`: what a disclosed change of support would do to the body's own work (Compact 3.4.2)."""

    change_id: str = Field(pattern=r"^[A-Za-z0-9-]{1,64}$")
    people: int | None = Field(default=None, ge=FEWEST_COUNTED, le=10_000_000)
    """How many people; None where fewer than five or unknown."""
    referrals_a_year: int | None = Field(default=None, ge=0, le=10_000_000)
    """How many of the body's referrals a year the changed service takes."""


def effect_reported(body: str) -> str:
    """The claim's type on the wire."""
    return f"{body}.effect_reported"
