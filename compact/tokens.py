"""Tokens for one machine, signed with a key made at first start; no issuer runs there."""

from __future__ import annotations

import os
import re
import time
import warnings
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey

from compact.system import System

# Most libraries still know Ed25519 under this name, which RFC 9864 replaces.
warnings.filterwarnings("ignore", message="EdDSA is deprecated")
ISSUER, AUDIENCE, ALGORITHM = "compact-local", "compact", "EdDSA"
ROLES = (
    "partnership_office", "commissioner", "decider", "commissioning_manager", "finance", "panel_member",
    "body_officer", "councillor", "vco_representative", "independent_reviewer", "monitoring_officer", "auditor",
    "system",
)  # fmt: skip


class TokenRefused(ValueError):
    """A token that nobody should hold was asked for; the message says what to ask for instead."""


def make_keys(system: System) -> None:
    """Make the key pair where it is absent; the private half is for its owner alone."""
    if system.signing_key.exists() and system.public_key.exists():
        return
    system.signing_key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = OKPKey.generate_key("Ed25519")
    write(system.signing_key, key.as_pem(private=True), 0o600)
    write(system.public_key, key.as_pem(private=False), 0o644)


def write(path: Path, content: bytes, mode: int) -> None:
    """Write a file that never stands with wider permissions than these."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, mode), "wb") as file:
        file.write(content)


def sign(signing_key: Path, person: str, role: str, organisation: str, hours: float = 12) -> str:
    """Sign a token that says who acts, in which role, for which organisation."""
    if role not in ROLES:
        raise TokenRefused(f"There is no role {role!r}. The roles are: {', '.join(ROLES)}.")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9:._-]*", person):
        raise TokenRefused(f"{person!r} is not a person id: give an opaque id such as person-17, no name and no "
                           "e-mail address.")  # fmt: skip
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": person, "roles": [role], "organisation": organisation,
        "iat": now, "exp": now + int(hours * 3600),
    }  # fmt: skip
    key = OKPKey.import_key(signing_key.read_bytes())
    return jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, claims, key, algorithms=[ALGORITHM])
