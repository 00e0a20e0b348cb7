"""Who may do what on the bus of a place; whatever is not granted here is refused there.

A service writes its own topics and reads those of the publishers that it listens to; funding reads the claims of
partner bodies. A body that signed has a user of its own, reads what is shared with the signatories and writes its own
claims (Sutton Compact, Definitions).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from contracts.bodies import BODIES
from contracts.topics import LISTENS, SERVICES, claims_topic, events_topic, shared_topic

TAKES_CLAIMS = "funding"
"""The service that reads what partner bodies claim about a change of support (Sutton Compact 3.4.2)."""


class May(StrEnum):
    """What a user may do with a topic or a group of consumers; to read or write one is to see that it exists."""

    READ = "read"
    WRITE = "write"
    SEE_SETTINGS = "describe_configs"


@dataclass(frozen=True, order=True)
class Grant:
    """One thing that one user may do: with a topic, or with every consumer group whose name begins so."""

    user: str
    may: May
    name: str
    group: bool = False


def user_of(place: str, who: str) -> str:
    """The user of a service or of a body on the bus; another place on the same cluster has users of its own."""
    return f"{place}.{who}"


def users(place: str, bodies: Iterable[str]) -> list[str]:
    """Every user of a place."""
    return [user_of(place, who) for who in (*SERVICES, *bodies)]


def grants(place: str, bodies: Iterable[str]) -> list[Grant]:
    """All that anybody may do on the topics of a place."""
    of_services = [grant for service in SERVICES for grant in _of_service(place, service)]
    return sorted(of_services + [grant for body in bodies for grant in _of_body(place, body)])


def _of_service(place: str, service: str) -> Iterator[Grant]:
    user = user_of(place, service)
    for own in (events_topic(place, service), shared_topic(place, service)):
        for may in May:  # it reads its own to compare, and sees whether they are as declared
            yield Grant(user, may, own)
    for publisher in LISTENS[service]:
        yield Grant(user, May.READ, events_topic(place, publisher))
    if service == TAKES_CLAIMS:
        claims = [claims_topic(place, body) for body in BODIES]
        yield from (Grant(user, may, topic) for topic in claims for may in (May.READ, May.SEE_SETTINGS))


def _of_body(place: str, body: str) -> Iterator[Grant]:
    user, claims = user_of(place, body), claims_topic(place, body)
    yield from (Grant(user, May.READ, shared_topic(place, service)) for service in SERVICES)
    yield from (Grant(user, may, claims) for may in (May.READ, May.WRITE))
    yield Grant(user, May.READ, f"{user}.", group=True)
