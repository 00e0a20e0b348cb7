"""The two pages for people: the catalogue of events, and who can read each of them and when."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.binding import JournalHead
from contracts.envelope import Audience, Event
from contracts.tools.events import EVERY_SERVICE, MESSAGES, family, meaning, publishers_of, services_reading
from contracts.topics import SERVICES, readers_of

_GENERATED = "<!-- Written by `python -m contracts.tools generate`; change the event classes in contracts/ instead. -->"

_NEVER = "never"
_SEALED_READERS = {
    "funding.bids_opened": (
        "the organisation it is about, and nobody else",
        "the funder of the round, and the organisation it is about",
    ),
    "funding.results_announced": (
        "the funder's own people who prepare and take the decision; not the bidder",
        "the funder of the round, and the organisation it is about",
    ),
    _NEVER: ("the organisation it is about, and nobody else",) * 2,
    "": ("the organisation it is about, and nobody else", "those whom the publisher's policies name"),
}
"""Who reads sealed matter over HTTP before and after it is opened, by what opens it."""
_PANELS_READERS = {
    "funding.panel_interest_declared": ("the member who declared it", "the funder of the round"),
    "funding.bid_scored": (
        "a member of the panel who has scored that bid; the funder once the panel recommended; not the bidder",
        "the funder of the round; the bidder its own scores, as they are given to it",
    ),
    "funding.panel_recommended": (
        "the funder's own people, and the members who declared no interest; not the bidder", "the funder of the round",
    ),
}  # fmt: skip
"""Who reads what a panel does, which differs from one event to the other (Sutton Compact 3.1.6, 3.3.2)."""
_HEADINGS = {
    "partners": "Partners: the register, the rules and the offices",
    "funding": "Funding: programmes, bids, awards, agreements, changes of support",
    "monitoring": "Monitoring: reports and outcomes, performance and annual reviews",
    "notifications": "Notifications: notices and their proof",
    EVERY_SERVICE: "Every service",
}


def catalogue() -> str:
    """Every event: what it means, who may read it, who publishes it, who reads it, and when it is sealed."""
    return _page(
        "# The catalogue of events",
        _GENERATED,
        "Each fact has one class, one name on the wire, one schema (`contracts/schemas/`) and one sample "
        "(`contracts/samples/`). A name on the wire never changes its meaning: adding an optional field is fine, "
        "anything else is a new event type beside the old.",
        "**Audience** says who may read it: *private* (the publisher's own journal), *services* (the four services, on "
        "`<place>.<service>.events`), *partners* (the signatories' own systems too, on `<place>.<service>.shared`). "
        "[Who can read what, and when](who-can-read.md) tells it event by event.",
        *(part for name in _HEADINGS for part in _family(name)),
    )


def who_can_read() -> str:
    """Every event: who can read it, and from when."""
    return _page(
        "# Who can read each event, and when",
        _GENERATED,
        "An event is published or it is not: what is private is on no topic at all, whoever asks. Sealed matter stays "
        "private until the event that opens it, which carries what its readers may then know. What is said of persons "
        "and organisations is what they read over the HTTP interface of a service; a topic is read by services.",
        _table(
            ("Event", "Before it is opened", "Opened by", "From then on", "On topics"),
            (_reading(event) for event in MESSAGES.values()),
        ),
    )


def line_of(event: type[Event]) -> str:
    """The event's line in the catalogue."""
    publishers = "every service" if family(event) == EVERY_SERVICE else family(event)
    meant = meaning(event).replace("|", "\\|")
    return _row((_name(event), meant, str(event.audience), publishers, _readers(event), _sealed(event)))


def _family(name: str) -> Iterator[str]:
    yield f"## {_HEADINGS[name]}"
    if name in SERVICES:
        yield f"Published on `<place>.{name}.events`; read there by {_and(readers_of(name))}."
    lines = [line_of(event) for event in MESSAGES.values() if family(event) == name]
    head = ("Event", "Meaning", "Audience", "Published by", "Read by", "Sealed")
    yield "\n".join((_row(head), _row(("---",) * len(head)), *lines))


def _reading(event: type[Event]) -> tuple[str, ...]:
    if event.opened_by:
        usual = _SEALED_READERS.get(event.opened_by, _SEALED_READERS[""])
        before, after = _PANELS_READERS.get(event.wire, usual)
        opening = "never" if event.opened_by == _NEVER else _before(event)
        return _name(event), before, opening, after, "none"
    if event is JournalHead:
        return _name(event), "not sealed", "", "nobody: it is on topics only", _on_topics(event)
    topics = "none" if event.audience is Audience.PRIVATE else _on_topics(event)
    return _name(event), "not sealed", "", "those whom the policies of the service that holds it name", topics


def _on_topics(event: type[Event]) -> str:
    at_once = f"`.events`: {_and(services_reading(event))}, at once"
    shared = "; `.shared`: the signatories' own systems, at once"
    return at_once + (shared if event.audience is Audience.PARTNERS else "")


def _readers(event: type[Event]) -> str:
    if event.audience is Audience.PRIVATE:
        return f"{'the service' if len(publishers_of(event)) > 1 else family(event)} itself: private"
    shared = ", signatories" if event.audience is Audience.PARTNERS else ""
    return ", ".join(services_reading(event)) + shared


def _sealed(event: type[Event]) -> str:
    if not event.opened_by:
        return "no"
    return "for good" if event.opened_by == _NEVER else f"until {_before(event)}"


def _before(event: type[Event]) -> str:
    return f"`{MESSAGES[event.opened_by].__name__}`" if event.opened_by in MESSAGES else f"`{event.opened_by}`"


def _name(event: type[Event]) -> str:
    return f"`{event.__name__}` `{event.wire}`"


def _and(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    return "\n".join((_row(head), _row(("---",) * len(head)), *map(_row, rows)))


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _page(*parts: str) -> str:
    return "\n\n".join(parts) + "\n"
