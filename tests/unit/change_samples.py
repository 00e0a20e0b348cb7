"""The facts of a change of support that an organisation is told of, from the published samples."""

import json
from pathlib import Path
from typing import Any

from contracts.catalogue import EVENTS
from contracts.envelope import Event

SAMPLES = Path(__file__).parents[2] / "contracts" / "samples"


def sample(wire: str, **changed: Any) -> Event:
    data = json.loads((SAMPLES / f"{wire}.json").read_text())["data"]
    return EVENTS[wire].model_validate({**data, **changed})


def change_cases(organisation: str) -> list[tuple[Event, str, str]]:
    about = {"change_id": "ch1", "organisation_id": organisation}
    called = {
        "representation_invited": "representation_invited", "funding_change_withdrawn": "change_withdrawn",
        "notice_period_started": "notice_period_started", "exit_plan_asked": "exit_plan_asked",
        "sums_made_good": "sums_made_good", "change_taken_over": "change_taken_over",
    }  # fmt: skip
    cases = [(sample(f"funding.{name}", **about), template, "change:ch1") for name, template in called.items()]
    decided = sample("funding.funding_change_decided", **about, shorter_because=None)
    answered = sample("partners.independence_concern_answered", concern_id="co1", organisation_id=organisation)
    return [*cases, (decided, "change_decided", "change:ch1"), (answered, "concern_answered", "concern:co1")]


def a_step_set_aside(organisation: str) -> Event:
    told = [organisation, "compact-group"]
    return sample(
        "funding.undertaking_set_aside", change_id="ch1", organisation_id=organisation, told_organisations=told,
        tell_by="2014-04-01",
    )  # fmt: skip
