"""What is sent to monitoring, and who may read what was reported."""

import pytest
from monitoring_givens import COMMISSIONER, COUNCIL, MANAGER, PARTNER, STRANGER, VCO
from pydantic import ValidationError

from services.monitoring.forms import ProposalForm, QuestionForm, ReturnForm, SubmissionForm
from services.monitoring.parties import sight_of
from services.runtime.decisions import Actor

QUESTION = {
    "id": "q1", "outcome_id": "o1", "what": "How many organisations took up advice?",
    "why": "It is what the award commits to.", "how_used": "Published as a total.",
}  # fmt: skip
REPORT = {"period": "2014 Q2", "opens_on": "2014-07-01", "due_on": "2014-07-31"}
OUTCOME = {"outcome_id": "o1", "status": "achieved", "words": "Twelve organisations took up advice."}


@pytest.mark.parametrize("part", ["what", "why", "how_used"])
@pytest.mark.parametrize("words", [None, "", "          .", "yes"])
def test_a_question_says_what_is_asked_why_and_how_it_is_used(part: str, words: str | None) -> None:
    with pytest.raises(ValidationError):
        QuestionForm.model_validate(QUESTION | {part: words})


def test_no_words_of_a_question_go_on_with_it() -> None:
    form = ProposalForm.model_validate({"reports": [REPORT], "questions": [QUESTION]})

    [question] = form.questioned()
    assert question.model_dump() == {"id": "q1", "outcome_id": "o1", "kind": "outcome", "reached_by": None}
    assert [report.report_id for report in form.asked("pr1")] == ["pr1-1"]


@pytest.mark.parametrize("people", [0, 1, 4])
def test_a_small_count_is_in_no_document_either(people: int) -> None:
    form = SubmissionForm.model_validate({"outcomes": [OUTCOME | {"people": people}]})

    assert form.too_small == ("o1",)
    assert f'"people":{people}' not in form.without_small_counts().model_dump_json()
    assert form.without_small_counts().given()[0].people is None


def test_a_count_of_five_is_kept() -> None:
    form = SubmissionForm.model_validate({"outcomes": [OUTCOME | {"people": 5}]})

    assert form.too_small == ()
    assert form.without_small_counts() == form


@pytest.mark.parametrize("reasons", [[], [{"about": "o1", "reason": "."}], [{"reason": "The number is missing."}]])
def test_a_return_gives_its_reasons_point_by_point(reasons: list[dict[str, str]]) -> None:
    with pytest.raises(ValidationError):
        ReturnForm.model_validate({"due_on": "2014-08-20", "reasons": reasons})


@pytest.mark.parametrize(
    ("actor", "sees"),
    [
        (PARTNER, True),
        (COMMISSIONER, True),
        (MANAGER, True),
        (Actor("p", "finance", COUNCIL), True),
        (Actor("p", "partnership_office", "office"), True),
        (Actor("p", "auditor", "office"), True),
        (STRANGER, False),
        (Actor("p", "vco_representative", COUNCIL), False),
        (Actor("p", "commissioner", VCO), False),
        (Actor("p", "commissioner", "police"), False),
        (Actor("p", "panel_member", COUNCIL), False),
        (Actor("p", "body_officer", COUNCIL), False),
        (Actor("p", "councillor", COUNCIL), False),
    ],
)
def test_the_two_parties_the_office_and_the_auditor_read_reports_and_nobody_else(actor: Actor, sees: bool) -> None:
    assert sight_of(actor).covers(VCO, COUNCIL) is sees
