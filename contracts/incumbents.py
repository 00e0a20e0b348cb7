"""What becomes of present support when a round replaces it or its term ends; published by funding."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from contracts.envelope import Audience, DocumentRef, Event
from contracts.funding import AgreementId, ChangeKind, Pounds, ProgrammeId
from contracts.partners import OrganisationId
from contracts.rules import Citation

PRIVATE, SERVICES = Audience.PRIVATE, Audience.SERVICES


class SupportAffectedByRound(Event, wire="funding.support_affected_by_round", audience=SERVICES):
    """A round was published whose results end or lower this present support (Sutton Compact 3.4.4)."""

    agreement_id: AgreementId
    programme_id: ProgrammeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    support_ends_on: date
    pounds_a_year: Pounds
    """What it is worth in its last year."""
    notice_by: date | None = None
    """The last day on which results still leave the minimum notice, where the place has a rule."""
    citation: Citation | None = None
    meaning: DocumentRef
    """What the round means for this support, in the funder's words; the reasons of the change if it ends it."""
    less_notice: DocumentRef | None = None
    """Why less than best practice was possible, where the results leave less."""
    published_by: str
    opens: tuple[DocumentRef, ...]


class IncumbentNotAwarded(Event, wire="funding.incumbent_not_awarded", audience=SERVICES):
    """An incumbent lost, or is to get less; it keeps its money until a notice of its own has run (Compact 3.4.4)."""

    agreement_id: AgreementId
    programme_id: ProgrammeId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    kind: ChangeKind
    support_ends_on: date
    kept_until_at_least: date | None = None
    """The last day of the minimum notice, were it served on the day of the results."""
    citation: Citation | None = None


class TermQuestionScheduled(Event, wire="funding.term_question_scheduled", audience=PRIVATE):
    """On this London date the funder is asked what follows the end of a term (Sutton Compact 3.4.3)."""

    agreement_id: AgreementId
    ask_on: date
    support_ends_on: date
    citation: Citation


class TermEndAsked(Event, wire="funding.term_end_asked", audience=SERVICES):
    """The funder is asked to renew, to re-tender or to end support whose term comes to its end."""

    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    title: str
    support_ends_on: date
    citation: Citation


class TermEndChoice(StrEnum):
    """What a funder chooses for the end of a term."""

    RENEW = "renew"
    RETENDER = "retender"
    END = "end"


class TermEndAnswered(Event, wire="funding.term_end_answered", audience=SERVICES):
    """The funder chose what follows the end of a term; to end it is a change of support like any other."""

    agreement_id: AgreementId
    funder_id: OrganisationId
    organisation_id: OrganisationId
    choice: TermEndChoice
    reasons: DocumentRef
    answered_by: str
    opens: tuple[DocumentRef, ...]
