"""Tokens that this machine signs for itself."""

import stat
import time
import warnings
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from compact import tokens
from compact.system import System
from services.partners import offices


@pytest.fixture
def system(tmp_path: Path) -> System:
    made = System(data=tmp_path)
    tokens.make_keys(made)
    return made


def claims_of(token: str, public_key: Path) -> dict[str, object]:
    with warnings.catch_warnings(action="ignore"):
        return dict(jwt.decode(token, OKPKey.import_key(public_key.read_bytes()), algorithms=["EdDSA"]).claims)


def test_a_token_says_who_acts_in_which_role_for_whom_and_until_when(system: System) -> None:
    token = tokens.sign(system.signing_key, "person-7", "commissioner", "sutton-council", hours=12)

    claims = claims_of(token, system.public_key)

    assert claims["sub"] == "person-7"
    assert claims["roles"] == ["commissioner"]
    assert claims["organisation"] == "sutton-council"
    assert (claims["iss"], claims["aud"]) == ("compact-local", "compact")
    assert claims["exp"] - claims["iat"] == 12 * 3600
    assert abs(claims["iat"] - time.time()) < 60


def test_the_signing_key_is_readable_by_its_owner_alone_and_made_once(system: System) -> None:
    before = system.signing_key.read_bytes()

    tokens.make_keys(system)

    assert stat.S_IMODE(system.signing_key.stat().st_mode) == 0o600
    assert system.signing_key.read_bytes() == before
    assert b"PRIVATE" not in system.public_key.read_bytes()


@pytest.mark.parametrize("person", ["jo@example.org", "Jo Smith", ""])
def test_a_token_is_refused_for_a_person_who_is_named(system: System, person: str) -> None:
    with pytest.raises(tokens.TokenRefused, match="person id"):
        tokens.sign(system.signing_key, person, "commissioner", "sutton-council")


def test_a_token_is_refused_for_a_role_that_does_not_exist(system: System) -> None:
    with pytest.raises(tokens.TokenRefused, match="partnership_office"):
        tokens.sign(system.signing_key, "person-7", "king", "sutton-council")


def test_whoever_can_hold_an_office_can_have_a_token() -> None:
    assert {*tokens.ROLES} == {*offices.ROLES, "system"}
