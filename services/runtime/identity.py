"""Guarantee: nobody acts without a token that its issuer signed for us, that is in date, and names an opaque person.

The token says who; what they may do is said by the office they hold. Tokens come from an OpenID Connect issuer, or on
one machine from a key made at first start. No reason given to a caller repeats any part of a token.
"""

from __future__ import annotations

import asyncio
import re
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
from fastapi import Response
from joserfc import errors as jose
from joserfc import jws, jwt
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey, import_key

from services.runtime.decisions import Actor
from services.runtime.problems import problem
from services.runtime.settings import Settings, is_this_machine

LOCAL_ISSUER = "compact-local"
ALGORITHMS = ("RS256", "ES256", "EdDSA", "Ed25519")
ROLE_HEADER = "Compact-Role"
BODY_HEADER = "Compact-Body"
"""Names the body that was succeeded, where an officer of its successor acts on what that body held."""
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)  # what reading somebody else's JSON can end in
LEEWAY = 60
LONGEST_TOKEN = 16_384
OPAQUE = re.compile(r"[A-Za-z0-9._:|~+/=-]{1,128}")
OURS = "system"
"""What the services call themselves when they act; no token may claim it, as person or as role."""

# "EdDSA" is what most issuers still write for Ed25519 (RFC 9864 renames it).
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=jose.SecurityWarning)


class Unidentified(Exception):
    """The one asking may not go on; the reason can be shown to them."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotAuthenticated(Unidentified):
    """There is no valid token (401); the reason never repeats any part of it."""


class IssuerUnreachable(NotAuthenticated):
    """The issuer's keys cannot be had, so that no token can be checked (503)."""


class NotAuthorised(Unidentified):
    """The token is valid, but does not give the role that is asked for (403)."""


@dataclass(frozen=True, slots=True)
class Token:
    """Who is at the other end: an opaque person, the roles they may ask for, and their organisation."""

    person: str
    roles: frozenset[str]
    organisation: str


class Keys(Protocol):
    """Where the keys that sign tokens come from."""

    issuer: str

    async def signing(self, kid: str | None) -> KeySet:
        """The keys of the issuer, fetched again where it may have made a new one."""


class LocalKey:
    """The public half of the key that this machine made at first start (PEM, Ed25519)."""

    issuer = LOCAL_ISSUER

    def __init__(self, file: Path) -> None:
        try:
            key = OKPKey.import_key(file.read_bytes())
        except (OSError, jose.JoseError, ValueError) as error:
            raise ValueError(f"COMPACT_PUBLIC_KEY: expected an Ed25519 public key in PEM in {file}") from error
        if key.is_private:
            raise ValueError(f"COMPACT_PUBLIC_KEY: expected the public half, but {file} holds the private key")
        self._keys = KeySet([key])

    async def signing(self, kid: str | None) -> KeySet:
        """The one key."""
        return self._keys


class Issuer:
    """The keys of an OpenID Connect issuer, cached, and fetched again when a token names a key we do not know."""

    FRESH = 600.0
    """Seconds after which keys are fetched again, so that a key taken back stops counting."""
    STALE = 3_600.0
    """Seconds for which the last keys still count while the issuer does not answer."""
    PAUSE = 30.0
    """Seconds between two fetches, whatever callers send."""

    def __init__(self, issuer: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        _check_address(issuer, "the issuer")
        self.issuer, self._monotonic = issuer, monotonic
        self._keys = KeySet([])
        self._fetched = self._tried = float("-inf")
        self._turn = asyncio.Lock()

    async def signing(self, kid: str | None) -> KeySet:
        """The issuer's keys as of now."""
        if self._wants_fetch(kid):
            async with self._turn:
                if self._wants_fetch(kid):
                    await self._fetch()
        if self._monotonic() - self._fetched > self.STALE:
            raise IssuerUnreachable("The keys of the identity provider cannot be had at the moment.")
        return self._keys

    def _wants_fetch(self, kid: str | None) -> bool:
        now = self._monotonic()
        unknown = kid is not None and kid not in [key.kid for key in self._keys]
        return (unknown or now - self._fetched > self.FRESH) and now - self._tried >= self.PAUSE

    async def _fetch(self) -> None:
        try:
            self._keys = await self._published()
            self._fetched = self._monotonic()
        except (httpx.HTTPError, httpx.InvalidURL, *UNREADABLE):
            pass  # the last keys count until they are stale
        finally:
            self._tried = self._monotonic()

    async def _published(self) -> KeySet:
        nearby = is_this_machine(urlsplit(self.issuer).hostname or "")
        async with httpx.AsyncClient(timeout=3.0, trust_env=not nearby) as client:
            about = await _json(client, self.issuer.rstrip("/") + "/.well-known/openid-configuration")
            if about["issuer"] != self.issuer:
                raise ValueError("the discovery document is another issuer's")
            _check_address(about["jwks_uri"], "the key set")
            published = await _json(client, about["jwks_uri"])
        return KeySet([key for each in published["keys"] if (key := _public_key(each)) is not None])


class Identity:
    """Turns a bearer token into who is asking, or refuses."""

    def __init__(
        self,
        keys: Keys,
        *,
        audience: str = "compact",
        roles_claim: str = "roles",
        organisation_claim: str = "organisation",
        now: Callable[[], float] = time.time,
    ) -> None:
        self._keys, self._roles_claim, self._organisation_claim = keys, roles_claim, organisation_claim
        self._signatures = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(now()),
            leeway=LEEWAY,
            iss={"essential": True, "value": keys.issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    async def token_of(self, authorization: str | None) -> Token:
        """Check the value of an `Authorization` header."""
        bearer = _bearer(authorization)
        keys = await self._keys.signing(_key_named_in(bearer))
        claims = self._checked(bearer, keys)
        return Token(
            person=_opaque(claims["sub"], "subject"),
            roles=_roles(_claim(claims, self._roles_claim)),
            organisation=_opaque(_claim(claims, self._organisation_claim), "organisation"),
        )

    def _checked(self, bearer: str, keys: KeySet) -> dict[str, Any]:
        try:
            claims = jwt.decode(bearer, keys, registry=self._signatures).claims
            self._claims.validate(claims)
        except (jose.JoseError, *UNREADABLE) as error:
            refusal = NotAuthenticated(_reason(error))
        else:
            return claims
        # Raised outside the handler, so that no traceback carries the token's parts.
        raise refusal


def identity_of(settings: Settings) -> Identity:
    """The way these settings check tokens."""
    if settings.issuer:
        keys: Keys = Issuer(settings.issuer)
    elif settings.public_key:
        keys = LocalKey(settings.public_key)
    else:
        raise ValueError("COMPACT_ISSUER: expected the address of an OpenID Connect issuer (or COMPACT_PUBLIC_KEY)")
    roles, organisation = settings.roles_claim, settings.organisation_claim
    return Identity(keys, audience=settings.audience, roles_claim=roles, organisation_claim=organisation)


def actor_of(token: Token, wanted_role: str | None = None) -> Actor:
    """Who acts and in which role: the one asked for in `Compact-Role`, or the only one the token has."""
    if not token.roles:
        raise NotAuthorised("Your token gives you no role.")
    if wanted_role is None and len(token.roles) > 1:
        raise NotAuthorised(f"Your token has several roles: say in the header {ROLE_HEADER} in which one you act.")
    role = next(iter(token.roles)) if wanted_role is None else wanted_role
    if role not in token.roles:
        raise NotAuthorised(f"Your token does not give you the role asked for in {ROLE_HEADER}.")
    return Actor(token.person, role, token.organisation)


def _bearer(authorization: str | None) -> str:
    scheme, _, bearer = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not bearer.strip():
        raise NotAuthenticated("A bearer token is needed.")
    if len(bearer) > LONGEST_TOKEN or not bearer.isascii():
        raise NotAuthenticated("The token cannot be read.")
    return bearer.strip()


def _key_named_in(bearer: str) -> str | None:
    try:
        header = jws.extract_compact(bearer.encode()).headers()
        algorithm, kid = header.get("alg"), header.get("kid")
    except (jose.JoseError, *UNREADABLE):
        algorithm = None
    if algorithm not in ALGORITHMS:
        raise NotAuthenticated("The token cannot be read, or is signed in a way that is not accepted.")
    return kid if isinstance(kid, str) else None


def _reason(error: Exception) -> str:
    match error:
        case jose.ExpiredTokenError():
            return "The token has expired."
        case jose.MissingClaimError():
            return "The token lacks a claim that is needed: iss, aud, exp and sub."
        case jose.InvalidClaimError(claim="aud"):
            return "The token was made for another audience."
        case jose.InvalidClaimError(claim="iss"):
            return "The token comes from another issuer."
        case jose.InvalidClaimError():
            return "The token is not valid yet, or a claim in it is malformed."
        case jose.BadSignatureError():
            return "The token's signature is not right."
        case _:
            return "The token cannot be checked with the issuer's keys."


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """The claim of that name, or at that dotted path (`realm_access.roles`)."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _roles(claimed: Any) -> frozenset[str]:
    named = claimed.split() if isinstance(claimed, str) else claimed
    if not isinstance(named, list) or not all(isinstance(role, str) for role in named):
        raise NotAuthenticated("The token's claim of roles is missing or malformed.")
    return frozenset(role for role in named if role != OURS)


def _opaque(value: Any, claim: str) -> str:
    if not isinstance(value, str) or not OPAQUE.fullmatch(value) or value == OURS:
        raise NotAuthenticated(
            f"The token's {claim} must be an opaque id: up to 128 letters, digits and signs, no name or e-mail address."
        )
    return value


def _public_key(published: Any) -> Key | None:
    try:
        key = import_key(dict(published))
    except (jose.JoseError, *UNREADABLE):
        return None  # a kind of key that we do not know says nothing about the others
    return key if isinstance(key, (RSAKey, ECKey, OKPKey)) else None


async def _json(client: httpx.AsyncClient, address: str) -> Any:
    return (await client.get(address)).raise_for_status().json()


def _check_address(address: str, what: str) -> None:
    parts = urlsplit(address)
    nearby = parts.scheme == "http" and is_this_machine(parts.hostname or "")
    if not parts.hostname or (parts.scheme != "https" and not nearby):
        raise ValueError(f"COMPACT_ISSUER: expected {what} at an https address")


def unidentified(error: Unidentified) -> Response:
    """The problem document for a request that may not go on: 401, 403, or 503 where the issuer is out of reach."""
    if isinstance(error, NotAuthorised):
        return problem(403, "not_authorised", "Not allowed", error.reason)
    if isinstance(error, IssuerUnreachable):
        return problem(503, "issuer_unreachable", "Not now", error.reason)
    return problem(401, "not_authenticated", "Sign in", error.reason, headers={"WWW-Authenticate": "Bearer"})
