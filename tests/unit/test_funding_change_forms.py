"""What may be sent about a change of support, and what is refused as it stands."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.funding.change_forms import AssessmentForm, ChangeDecisionForm, RepresentationForm
from services.partners import cells

WORDS = "A sentence that is long enough to be a reason."


def assessment(group: str, people: Any = 12) -> AssessmentForm:
    return AssessmentForm.model_validate(
        {"groups": {group: {"people": people, "effect": WORDS}}, "share_of_income": 30}
    )


@pytest.mark.parametrize(
    "group", ["carers", "Older people", "women’s groups", "black & minority ethnic (BME)", "Tâmil"]
)
def test_every_group_that_the_register_takes_can_be_counted(group):
    [registered] = cells.groups(group) or ()

    assert assessment(registered).counted()[0].group == registered


@pytest.mark.parametrize(("group", "people"), [("", 1), ("7 people", 1), ("a@b", 1), ("carers", -1), ("x" * 61, 1)])
def test_what_is_no_group_or_no_number_is_refused(group, people):
    with pytest.raises(ValidationError):
        assessment(group, people)


def test_a_response_has_points_and_a_decision_its_months():
    with pytest.raises(ValidationError):
        RepresentationForm.model_validate({"points": []})
    with pytest.raises(ValidationError):
        ChangeDecisionForm.model_validate({"rationale": {}, "notice_months": -1})
    with pytest.raises(ValidationError):
        ChangeDecisionForm.model_validate({"rationale": {}, "notice_months": 6, "wording": "more"})
    assert RepresentationForm.model_validate({"points": [WORDS]}).basis is None
