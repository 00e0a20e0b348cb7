"""Concerns about the independence of voluntary organisations: raised, answered by another signatory, or overdue."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from contracts.envelope import Audience, DocumentRef, Event, Tag
from contracts.partners import OrganisationId
from contracts.rules import Citation

SERVICES = Audience.SERVICES

ConcernId = Annotated[str, Tag("concern")]


class Finding(StrEnum):
    """What came of a concern."""

    UPHELD = "upheld"
    NOT_UPHELD = "not_upheld"
    PUT_RIGHT = "put_right"


class IndependenceConcernRaised(Event, wire="partners.independence_concern_raised", audience=SERVICES):
    """An organisation says that its independence is not respected; adverse decisions on it wait for an answer."""

    concern_id: ConcernId
    organisation_id: OrganisationId
    body_id: str
    """The public body that the concern is about; somebody of another signatory answers."""
    words: DocumentRef
    raised_by: str
    answer_due_on: date
    calendar_version: str
    citation: Citation


class IndependenceConcernAnswered(Event, wire="partners.independence_concern_answered", audience=SERVICES):
    """Somebody of another signatory answered a concern about independence (Compact 3.1.1)."""

    concern_id: ConcernId
    organisation_id: OrganisationId
    body_id: str
    answered_for: str
    """The signatory whose officer answered."""
    finding: Finding
    answer: DocumentRef
    answered_by: str
    late: bool
    opens: tuple[DocumentRef, ...]


class IndependenceAnswerOverdue(Event, wire="partners.independence_answer_overdue", audience=SERVICES):
    """The date passed by which a concern about independence was to be answered; the decisions wait on."""

    concern_id: ConcernId
    organisation_id: OrganisationId
    body_id: str
    answer_due_on: date
