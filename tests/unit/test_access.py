"""What is granted on the bus follows from who listens to whom, and from who signed; nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.access import Grant, May, grants, users
from contracts.bodies import BODIES as CLAIMING
from contracts.envelope import Audience
from contracts.topics import LISTENS, SERVICES, claims_topic, events_topic, shared_topic, topics_for
from services.runtime.cluster import ClusterRefused, acl_of, bodies_of, passwords_in
from services.runtime.settings import Settings
from services.runtime.topics import all_topics

BODIES = ("police", "fire")


def of(user: str, may: May) -> set[str]:
    return {grant.name for grant in grants("sutton", BODIES) if (grant.user, grant.may) == (f"sutton.{user}", may)}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_writes_every_topic_that_it_publishes_on_and_no_other(service: str) -> None:
    published = {topic for audience in Audience for topic in topics_for(audience, "sutton", service)}

    assert of(service, May.WRITE) == published


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_whom_it_listens_to_and_itself(service: str) -> None:
    listened = {events_topic("sutton", publisher) for publisher in LISTENS[service]}
    claimed = {claims_topic("sutton", body) for body in CLAIMING} if service == "funding" else set()

    assert of(service, May.READ) - of(service, May.WRITE) == listened | claimed
    assert of(service, May.SEE_SETTINGS) == of(service, May.WRITE) | claimed


def test_a_body_reads_what_is_shared_with_signatories_and_writes_its_own_claims() -> None:
    shared = {shared_topic("sutton", service) for service in SERVICES}

    assert of("police", May.READ) == shared | {claims_topic("sutton", "police"), "sutton.police."}
    assert of("police", May.WRITE) == {claims_topic("sutton", "police")}
    assert of("police", May.SEE_SETTINGS) == set()


def test_every_declared_topic_has_one_writer_and_every_grant_a_user_of_its_place() -> None:
    declared = grants("sutton", BODIES)
    writers = [grant.name for grant in declared if grant.may is May.WRITE]

    assert sorted(writers) == sorted([*all_topics("sutton"), *(claims_topic("sutton", body) for body in BODIES)])
    assert {grant.user for grant in declared} == set(users("sutton", BODIES))
    assert all(grant.name.startswith("sutton.") for grant in declared)


def test_a_group_is_granted_by_its_prefix_and_a_topic_by_its_whole_name() -> None:
    assert acl_of(Grant("sutton.police", May.READ, "sutton.police.", group=True))[:3] == (3, "sutton.police.", 4)
    assert acl_of(Grant("sutton.police", May.READ, "sutton.funding.shared"))[:3] == (2, "sutton.funding.shared", 3)


def test_the_bodies_of_a_place_are_those_that_signed_and_are_not_pending() -> None:
    assert bodies_of(Settings(place="sutton")) == ["police", "fire"]
    assert bodies_of(Settings(place="coventry")) == []


def test_a_user_without_a_password_is_named(tmp_path: Path) -> None:
    (tmp_path / "sutton.fire").mkdir()
    (tmp_path / "sutton.fire" / "password").write_text("\n")

    with pytest.raises(ClusterRefused, match=r"sutton\.fire/password"):
        passwords_in(tmp_path, ["sutton.fire"])
