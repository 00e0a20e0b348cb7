"""Requests about rounds: published, asked about, closed later, opened, announced."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response

from contracts.funding import BidsOpened
from services.funding import handlers, queries
from services.funding.forms import AnswerForm, ExtensionForm, ProgrammeForm, QuestionForm
from services.funding.gates import FUNDER_ROLES
from services.funding.incumbents import Affects
from services.funding.openings import OpenBids
from services.funding.programmes import ExtendClosing, PublishProgramme
from services.funding.questions import AnswerQuestion, AskQuestion
from services.runtime.http import Asked, asked_by
from services.runtime.unit import Outcome

router = APIRouter(tags=["programmes"])

Public = Annotated[Asked, asked_by()]
Commissioner = Annotated[Asked, asked_by("commissioner")]
Funder = Annotated[Asked, asked_by(*FUNDER_ROLES)]
Bidder = Annotated[Asked, asked_by(queries.VCO)]


@router.post("/programmes", status_code=201)
async def publish_programme(form: ProgrammeForm, asked: Commissioner) -> Response:
    """Publish a round: criteria, weights, money per year and dates stand fixed from then on (SPP2)."""
    framework = await asked.keep_text("framework", form.framework.encode()) if form.framework else None
    command = PublishProgramme(
        affects=await _affects(form, asked),
        actor=asked.actor, now=asked.now, programme_id=asked.new_id("programme"), title=form.title,
        rules_key=form.rules_key, criteria=form.criteria_published(), eligibility=form.eligibility_published(),
        money=form.money_published(), opens_at=form.opens_at, closes_at=form.closes_at, results_at=form.results_at,
        term_starts_on=form.term_starts_on, term_ends_on=form.term_ends_on, framework=framework,
        legal_basis=form.legal_basis, panel_points=form.panel_points,
    )  # fmt: skip
    return await asked.perform(handlers.publish_programme, command, lambda _: {"programme_id": command.programme_id})


@router.get("/programmes")
async def programmes(asked: Public) -> dict[str, Any]:
    """All rounds, page by page; anybody may read them."""
    return await asked.page(f"select {queries.LISTED} from programmes", key="programme_id")  # noqa: S608


@router.get("/programmes/{programme_id}")
async def programme(programme_id: str, asked: Public) -> dict[str, Any]:
    """A round with its criteria, conditions and money; anybody may read it."""
    return await queries.programme(asked, programme_id)


@router.get("/programmes/{programme_id}/documents/{document_id}")
async def programme_document(programme_id: str, document_id: str, asked: Public) -> Response:
    """A document published with a round; anybody may read it."""
    return await asked.document(await queries.public_document(asked, programme_id, document_id))


@router.get("/programmes/{programme_id}/documents")
async def programme_documents(programme_id: str, asked: Public) -> dict[str, Any]:
    """The ids of the framework and of the reason for a later closing, where there are any."""
    return await queries.published_with(asked, programme_id)


@router.get("/programmes/{programme_id}/results")
async def results(programme_id: str, asked: Public) -> dict[str, Any]:
    """The results of a round, once all are announced together (SPP2); anybody may read them."""
    return await queries.results(asked, programme_id)


@router.post("/programmes/{programme_id}/questions", status_code=201)
async def ask_question(programme_id: str, form: QuestionForm, asked: Bidder) -> Response:
    """Ask about a round; nobody is told who asked (SPP2)."""
    command = AskQuestion(
        actor=asked.actor, now=asked.now, programme_id=programme_id, question_id=asked.new_id("question"),
        document=await asked.keep_text("question", form.question.encode()),
    )  # fmt: skip
    return await asked.perform(
        handlers.ask_question, command, lambda _: {"question_id": command.question_id},
        deadline=f"programme:{programme_id}",
    )  # fmt: skip


@router.get("/programmes/{programme_id}/questions")
async def answers(programme_id: str, asked: Public) -> dict[str, Any]:
    """The questions answered to all, with the ids of their documents; anybody may read them."""
    return await asked.page(
        "select question_id, question->>'id' as question_document_id, answer->>'id' as answer_document_id"
        " from answers where programme_id = $1",
        programme_id, key="question_id",
    )  # fmt: skip


@router.get("/programmes/{programme_id}/questions/unanswered")
async def unanswered(programme_id: str, asked: Commissioner) -> dict[str, Any]:
    """The questions that wait for the funder's answer, without who asked."""
    await queries.funded_by(asked, programme_id)
    return await asked.page(
        "select question_id from questions_asked where programme_id = $1 and not answered",
        programme_id, key="question_id",
    )  # fmt: skip


@router.get("/programmes/{programme_id}/questions/{question_id}")
async def question(programme_id: str, question_id: str, asked: Commissioner) -> Response:
    """The words of a question, for the funder that is to answer it."""
    await queries.funded_by(asked, programme_id)
    return await asked.document(await queries.question(asked, programme_id, question_id))


@router.post("/programmes/{programme_id}/questions/{question_id}/answer", status_code=201)
async def answer_question(programme_id: str, question_id: str, form: AnswerForm, asked: Commissioner) -> Response:
    """Answer a question to everybody at once (SPP2)."""
    question = await asked.keep_text("question", form.question.encode()) if form.question else None
    command = AnswerQuestion(
        actor=asked.actor, now=asked.now, programme_id=programme_id, question_id=question_id, question=question,
        answer=await asked.keep_text("answer", form.answer.encode()),
    )  # fmt: skip
    return await asked.perform(handlers.answer_question, command, lambda _: {"question_id": question_id})


@router.post("/programmes/{programme_id}/extend-closing")
async def extend_closing(programme_id: str, form: ExtensionForm, asked: Commissioner) -> Response:
    """Put closing off for all, with the reason (SPP2)."""
    command = ExtendClosing(
        actor=asked.actor, now=asked.now, programme_id=programme_id, closes_at=form.closes_at,
        reason=await asked.keep_text("extension", form.reason.encode()),
    )  # fmt: skip
    return await asked.perform(
        handlers.extend_closing, command, lambda _: {"programme_id": programme_id, "closes_at": form.closes_at}
    )


@router.post("/programmes/{programme_id}/open-bids")
async def open_bids(programme_id: str, asked: Funder) -> Response:
    """Ask for the bids to be opened; they are once a second person asks (SPP2)."""
    command = OpenBids(actor=asked.actor, now=asked.now, programme_id=programme_id, undecided=0)
    return await asked.perform(handlers.open_bids, command, lambda outcome: _opening(programme_id, outcome))


@router.get("/programmes/{programme_id}/bids")
async def bids(programme_id: str, asked: Funder) -> dict[str, Any]:
    """The bids of a round, for its funder and only once they are opened."""
    return await queries.bids_of(asked, programme_id)


async def _affects(form: ProgrammeForm, asked: Asked) -> Affects | None:
    if (named := form.affects) is None:
        return None
    less = await asked.keep_text("less notice", named.less_notice.encode()) if named.less_notice else None
    meaning = await asked.keep_text("meaning", named.meaning.encode())
    return Affects(
        meaning=meaning, agreement_ids=named.agreement_ids, organisation_ids=named.organisation_ids, less_notice=less
    )


def _opening(programme_id: str, outcome: Outcome) -> dict[str, Any]:
    opened = [event for event in outcome.events if isinstance(event, BidsOpened)]
    state = "waits_for_a_second_person" if outcome.events and not opened else "opened"
    return {"programme_id": programme_id, "state": state, "bid_ids": [bid for event in opened for bid in event.bid_ids]}
