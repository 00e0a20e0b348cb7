"""Facts that any of the four services may record; `source` says which."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.envelope import Audience, Event, Hash, Tag
from contracts.rules import Citation

SERVICES, PRIVATE = Audience.SERVICES, Audience.PRIVATE

About = Annotated[str, Field(description="kind:id of what the command was about, without its content")]


class StepRefused(Event, wire="compact.step_refused", audience=SERVICES):
    """A public body's step was refused: who, what, when, by which clause; nothing of its content."""

    body_id: Annotated[str, Tag("organisation")]
    command: str
    code: str
    citation: Citation
    about: About


class SealedStepRefused(
    Event, wire="compact.sealed_step_refused", audience=PRIVATE, opened_by="funding.results_announced"
):
    """The same while the matter is sealed; disclosed as `StepRefused` once it is opened."""

    about: Annotated[str, Tag("about")]
    body_id: Annotated[str, Tag("organisation")]
    command: str
    code: str
    citation: Citation


class RequestRefused(Event, wire="compact.request_refused", audience=PRIVATE, opened_by="never"):
    """What a voluntary organisation or a bidder asked for was refused; nobody else learns of it."""

    organisation_id: Annotated[str, Tag("organisation")]
    command: str
    code: str
    citation: Citation
    about: About


class StepWarned(Event, wire="compact.step_warned", audience=SERVICES):
    """A pending signatory took a step that the Compact would have refused it; it was warned."""

    body_id: Annotated[str, Tag("organisation")]
    command: str
    code: str
    citation: Citation
    about: About


class DecidedUnaware(Event, wire="compact.decided_unaware", audience=SERVICES):
    """A fact that would have stopped a decision held when it was made and was known after it; a person must answer."""

    about: Annotated[str, Tag("about")]
    decision_id: str
    late_event_id: str
    code: str
    given_to_role: str


class HistoryRecovered(Event, wire="compact.history_recovered", audience=SERVICES):
    """A journal that was restored behind the bus took back what the bus held; what nobody held is counted as lost."""

    journal: Annotated[str, Tag("journal")]
    after: int = Field(ge=0, description="the last position that the restored journal held")
    upto: int = Field(ge=1, description="the last position that the topics told of")
    published: int = Field(ge=0, description="events that returned to their positions")
    received: int = Field(ge=0, description="events of other services that were read again")
    lost: int = Field(ge=0, description="positions whose fact nobody holds")
    digest: Hash = Field(description="over the rows that were put back")


class MessageHeld(Event, wire="compact.message_held", audience=PRIVATE):
    """A message could not be read and stands aside with its reason; later ones of its subject wait behind it."""

    held_id: Annotated[str, Tag("held")]
    topic: str
    offset: int
    subject_held: str
    reason: str
    content_hash: Hash


class MessageReleased(Event, wire="compact.message_released", audience=PRIVATE):
    """A held message was read after all and entered the journal, by whose word and why."""

    held_id: Annotated[str, Tag("held")]
    reason: str


class MessageDiscarded(Event, wire="compact.message_discarded", audience=PRIVATE):
    """A held message was given up, by whose word and why."""

    held_id: Annotated[str, Tag("held")]
    reason: str
