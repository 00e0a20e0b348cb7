"""Whoever administers the cluster changes keys with one script: at no step is there somebody who knows nobody."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
from pathlib import Path

import pytest

from contracts.access import users
from services.runtime import cluster
from services.runtime.cluster import NotYet, bodies_of, passwords_in
from services.runtime.settings import Settings

SCRIPT = Path(__file__).parents[2] / "deploy" / "secured" / "make-certificates"
USERS = users("sutton", bodies_of(Settings(place="sutton")))


def make(secrets: Path, *args: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, "COMPACT_SECRETS": str(secrets), "COMPACT_PLACE": "sutton"}
    return subprocess.run([SCRIPT, *args], env=given, check=check, capture_output=True, text=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    secrets = tmp_path_factory.mktemp("secrets")
    make(secrets)
    return secrets / "kafka"


def knows(trusting: Path, shown: Path) -> bool:
    """Whether who trusts these authorities accepts this certificate."""
    command = ["openssl", "verify", "-CAfile", trusting, shown]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def everybody(kafka: Path) -> list[Path]:
    found = [*kafka.glob("brokers/*"), kafka / "administrator", *kafka.glob("users/*")]
    assert len(found) == 3 + 1 + len(USERS)
    return found


def test_every_user_has_a_password_and_none_is_replaced_unasked(made: Path) -> None:
    first = passwords_in(made / "users", USERS)
    assert {each.name for each in (made / "users").iterdir()} == set(USERS)

    make(made.parent)
    assert passwords_in(made / "users", USERS) == first
    make(made.parent, "password", "sutton.funding")

    now = passwords_in(made / "users", USERS)
    assert {user for user in USERS if now[user] != first[user]} == {"sutton.funding"}
    assert make(made.parent, "password", "sutton.nobody", check=False).returncode == 2


def test_a_new_authority_comes_in_three_steps_and_everybody_knows_each_other_at_each(made: Path) -> None:
    shown = [made / "brokers" / str(n) / "certificate.pem" for n in (1, 2, 3)] + [
        made / "administrator/certificate.pem"
    ]
    former = (made / "brokers/1/trusted.pem").read_text()
    for step in ("authority", "renew", "settle"):
        before = [(each / "trusted.pem").read_bytes() for each in everybody(made)]
        last = [each.read_bytes() for each in shown]
        make(made.parent, step)
        assert all(one.read_bytes() != other for one, other in zip(shown, last, strict=True)), "can be seen to be new"
        assert all(knows(one / "trusted.pem", other) for one in everybody(made) for other in shown), step
        slow = made.parent / "slow.pem"  # somebody who has not read the new files yet
        slow.write_bytes(before[0])
        assert all(knows(slow, other) for other in shown), f"{step}: who is late knows nobody"
        if step == "authority":
            assert make(made.parent, "authority", check=False).returncode == 2

    assert former not in (made / "brokers/1/trusted.pem").read_text()
    assert not (made / "authority/former.key").exists()


async def test_a_broker_that_still_serves_its_old_certificate_is_waited_for(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made / "brokers/1/certificate.pem")
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    make(made.parent, "renew")
    new = ssl.PEM_cert_to_DER_cert((made / "administrator/brokers/kafka-1.pem").read_text())

    monkeypatch.setattr(cluster, "STARTS", 0.2)
    with pytest.raises(NotYet, match="broker 1 on clients still serves another certificate"):
        await cluster._serves(Settings(), "127.0.0.1", port, new, "broker 1 on clients")
    context.load_cert_chain(made / "brokers/1/certificate.pem")

    await cluster._serves(Settings(), "127.0.0.1", port, new, "broker 1 on clients")
    server.close()
