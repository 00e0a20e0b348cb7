import json
from pathlib import Path
from typing import Any

import pytest

from contracts.envelope import Event
from contracts.improvement import RemedialActionNotConfirmed, RemedialTimetableProposed, Side
from services.notifications.performance import TOLD
from services.notifications.reactions import reactions
from services.notifications.rendering import FOLDER, TEMPLATES
from services.runtime.reactions import Act
from tests.unit.notifications_givens import SYSTEM, TUESDAY, Told, at, recorded

SAMPLES = Path(__file__).parents[2] / "contracts" / "samples"


def a_fact(kind: type[Event], **changed: Any) -> Event:
    return kind.model_validate({**json.loads((SAMPLES / f"{kind.wire}.json").read_text())["data"], **changed})


def told_of(fact: Event) -> Any:
    [reaction] = reactions.by_type[fact.wire]
    event = recorded(fact, 7)
    return reaction.commands(event, Act(SYSTEM, at(TUESDAY), f"{event.id} {reaction.name}"))


@pytest.mark.parametrize("kind", TOLD, ids=lambda kind: kind.wire)
def test_the_organisation_is_told_of_its_performance_with_all_that_the_template_needs(kind):
    fact = a_fact(kind, **({"side": "funder"} if kind is RemedialTimetableProposed else {}))

    command, kept = told_of(fact), Told().add(fact).rows["particulars", "e1"]

    assert (command.organisation_id, command.template) == (fact.organisation_id, TOLD[kind].template)
    assert command.because_of == "e7"
    assert command.about == fact.tags[0]
    document = [part["about"] for part in kept["texts"]]
    texts = [{"heading": about, "text": "Word for word."} for about in document]
    said = {**kept["facts"], "texts": texts, "agreement": "Advice", "funder": "Sutton Council"}
    words = TEMPLATES.get_template(f"{command.template}.txt").render(said)
    assert ("Word for word." in words) == ("texts" in FOLDER.joinpath(f"{command.template}.txt").read_text())


@pytest.mark.parametrize(("kind", "its_own"), [
    (RemedialTimetableProposed, Side.PARTNER), (RemedialActionNotConfirmed, Side.FUNDER),
])  # fmt: skip
def test_an_organisation_is_not_told_of_what_it_did_itself(kind, its_own):
    assert told_of(a_fact(kind, side=its_own)) is None


def test_what_may_lead_to_an_end_of_support_is_a_statutory_notice():
    statutory = {told_of(a_fact(kind)).template for kind in TOLD if told_of(a_fact(kind)).statutory}

    assert statutory == {"under_performance_raised", "timetable_decided", "timetable_ended"}
