"""Who is asking: tokens of an issuer or of this machine's key, and everything that is not one."""

import asyncio
import base64
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from services.runtime.decisions import Actor
from services.runtime.identity import (
    Identity,
    Issuer,
    IssuerUnreachable,
    LocalKey,
    NotAuthenticated,
    NotAuthorised,
    Token,
    actor_of,
    identity_of,
)
from services.runtime.settings import Settings

NOW = 1_396_339_200
OFFICER = "7f0c2a9e-officer"
ANY_WAY = jws.JWSRegistry(algorithms=list(jws.JWSRegistry.algorithms), strict_check_header=False)
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")


def a_token(key: Any, alg: str = "Ed25519", header: dict[str, Any] | None = None, **claims: Any) -> str:
    standing = {
        "iss": "compact-local",
        "aud": "compact",
        "sub": OFFICER,
        "exp": NOW + 600,
        "roles": ["commissioner"],
        "organisation": "sutton-council",
    }
    kept = {name: value for name, value in {**standing, **claims}.items() if value is not None}
    return "Bearer " + jwt.encode({"alg": alg, **(header or {})}, kept, key, registry=ANY_WAY)


def in_base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@pytest.fixture
def machines_key() -> OKPKey:
    return OKPKey.generate_key("Ed25519")


@pytest.fixture
def local(machines_key: OKPKey, tmp_path: Path) -> Identity:
    file = tmp_path / "public.pem"
    file.write_bytes(machines_key.as_pem(private=False))
    return Identity(LocalKey(file), now=lambda: NOW)


@pytest.mark.parametrize("alg", ["Ed25519", "EdDSA"])
async def test_a_token_signed_on_this_machine_says_who_is_asking(local: Identity, machines_key: OKPKey, alg: str):
    token = await local.token_of(a_token(machines_key, alg))

    assert token == Token(OFFICER, frozenset({"commissioner"}), "sutton-council")


async def test_the_scheme_is_read_in_any_case(local: Identity, machines_key: OKPKey):
    assert await local.token_of(a_token(machines_key).replace("Bearer", "bearer"))


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": NOW - 61}, "expired"),
        ({"exp": None}, "lacks a claim"),
        ({"exp": "never"}, "malformed"),
        ({"exp": float("nan")}, "malformed"),
        ({"nbf": NOW + 61}, "not valid yet"),
        ({"iat": NOW + 61}, "not valid yet"),
        ({"aud": "another-system"}, "another audience"),
        ({"aud": ["another-system"]}, "another audience"),
        ({"aud": None}, "lacks a claim"),
        ({"iss": "https://elsewhere.example"}, "another issuer"),
        ({"iss": None}, "lacks a claim"),
        ({"sub": None}, "lacks a claim"),
        ({"sub": "pat.example@sutton.example"}, "subject must be an opaque id"),
        ({"sub": "pat%40sutton.example"}, "subject must be an opaque id"),
        ({"sub": "pat＠sutton.example"}, "subject must be an opaque id"),
        ({"sub": "Pat Example"}, "subject must be an opaque id"),
        ({"sub": "x" * 129}, "subject must be an opaque id"),
        ({"sub": "system"}, "subject must be an opaque id"),
        ({"sub": 7}, "malformed"),
        ({"organisation": None}, "organisation must be an opaque id"),
        ({"organisation": "office@sutton.example"}, "organisation must be an opaque id"),
        ({"roles": None}, "claim of roles"),
        ({"roles": {"commissioner": True}}, "claim of roles"),
        ({"roles": ["commissioner", 7]}, "claim of roles"),
    ],
)
async def test_a_token_that_says_something_else_is_refused(
    local: Identity, machines_key: OKPKey, claims: dict[str, Any], reason: str
):
    with pytest.raises(NotAuthenticated, match=reason) as refused:
        await local.token_of(a_token(machines_key, **claims))

    assert "pat" not in str(refused.value).lower()


@pytest.mark.parametrize("claims", [{"exp": NOW - 59}, {"nbf": NOW + 59}, {"aud": ["other", "compact"]}])
async def test_a_minute_of_difference_and_further_audiences_are_allowed(
    local: Identity, machines_key: OKPKey, claims: dict[str, Any]
):
    assert await local.token_of(a_token(machines_key, **claims))


async def test_a_token_without_a_right_signature_is_refused(local: Identity, machines_key: OKPKey):
    head, claims, signature = a_token(machines_key).split(".")
    promoted = in_base64(base64.urlsafe_b64decode(claims + "==").replace(b"commissioner", b"decider"))

    for forged in (
        a_token(OKPKey.generate_key("Ed25519")),
        f"{head}.{promoted}.{signature}",
        f"{head}.{claims}.",
        f"{head}.{claims}.{signature[:-4]}AAAA",
    ):
        with pytest.raises(NotAuthenticated):
            await local.token_of(forged)


@pytest.mark.parametrize("alg", ["none", "NONE", "HS256"])
async def test_unsigned_tokens_and_shared_secrets_are_refused(local: Identity, machines_key: OKPKey, alg: str):
    _, claims, _ = a_token(machines_key).split(".")
    signed = f"{in_base64(json.dumps({'alg': alg}).encode())}.{claims}"
    secret = machines_key.as_pem(private=False)
    signature = in_base64(hmac.digest(secret, signed.encode(), "sha256")) if alg == "HS256" else ""

    with pytest.raises(NotAuthenticated, match="not accepted"):
        await local.token_of(f"Bearer {signed}.{signature}")


async def test_a_key_brought_along_in_the_token_counts_for_nothing(local: Identity):
    own = OKPKey.generate_key("Ed25519")

    with pytest.raises(NotAuthenticated):
        await local.token_of(a_token(own, header={"jwk": own.as_dict(private=False)}))


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic cGF0", "Bearer é", "Bearer " + "a" * 20_000])
async def test_without_a_bearer_token_nobody_is_asking(local: Identity, header: str | None):
    with pytest.raises(NotAuthenticated):
        await local.token_of(header)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)) | st.from_regex(r"[\w-]{0,40}\.[\w-]{0,40}\.[\w-]*"))
def test_rubbish_is_refused_and_never_repeated(rubbish: str):
    class NoKeys:
        issuer = "compact-local"

        async def signing(self, kid: str | None) -> Any:
            raise AssertionError("rubbish needs no keys")

    with pytest.raises(NotAuthenticated) as refused:
        asyncio.run(Identity(NoKeys()).token_of(f"Bearer {rubbish}"))

    assert len(rubbish) < 12 or rubbish not in str(refused.value)


async def test_a_reason_shows_nothing_of_the_token_even_in_its_traceback(local: Identity, machines_key: OKPKey):
    with pytest.raises(NotAuthenticated) as refused:
        await local.token_of(a_token(machines_key, aud="Pat-Example"))

    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


@pytest.mark.parametrize("wrong", [b"", b"not a key", ECKey.generate_key("P-256").as_pem(private=False)])
def test_a_file_that_holds_no_public_key_is_named(tmp_path: Path, wrong: bytes):
    (tmp_path / "public.pem").write_bytes(wrong)

    with pytest.raises(ValueError, match=r"COMPACT_PUBLIC_KEY: expected an Ed25519 public key in PEM in .*public\.pem"):
        LocalKey(tmp_path / "public.pem")


def test_a_service_does_not_take_the_private_half(tmp_path: Path, machines_key: OKPKey):
    (tmp_path / "key.pem").write_bytes(machines_key.as_pem(private=True))

    with pytest.raises(ValueError, match="expected the public half"):
        LocalKey(tmp_path / "key.pem")


# An issuer of its own, over HTTP


class Provider:
    """A small OpenID Connect issuer on this machine."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.answers = True
        self.asked: list[str] = []
        self.calls_itself: str | None = None
        self.keys_at: str | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self._server.server_port}/realms/sutton"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def publishes(self, *keys: Key) -> None:
        self.keys = [dict(key.as_dict(private=False)) for key in keys]

    def closes(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fetches(self) -> int:
        return self.asked.count("/realms/sutton/keys")

    def _page(self, path: str) -> Any:
        if path == "/realms/sutton/.well-known/openid-configuration":
            own = self.calls_itself or self.address
            return {"issuer": own, "jwks_uri": self.keys_at or f"{self.address}/keys"}
        return {"keys": self.keys}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(self.path)
                self.send_response(200 if provider.answers else 503)
                self.end_headers()
                self.wfile.write(json.dumps(provider._page(self.path)).encode())

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


class Ticks:
    """A monotonic clock that moves when told."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.closes()


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def identity(provider: Provider, ticks: Ticks) -> Identity:
    return Identity(Issuer(provider.address, ticks), now=lambda: NOW)


def a_key(kid: str, kind: str = "RS256") -> Key:
    made: dict[str, Callable[[], Key]] = {
        "RS256": lambda: RSAKey.generate_key(2048, {"kid": kid}),
        "ES256": lambda: ECKey.generate_key("P-256", {"kid": kid}),
        "EdDSA": lambda: OKPKey.generate_key("Ed25519", {"kid": kid}),
    }
    return made[kind]()


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
async def test_a_token_of_the_issuer_says_who_is_asking(identity: Identity, provider: Provider, alg: str):
    key = a_key("one", alg)
    provider.publishes(key, a_key("two", "ES256"))

    token = await identity.token_of(a_token(key, alg, {"kid": "one", "nonce": "x"}, iss=provider.address))

    assert token.person == OFFICER


async def test_the_issuers_keys_are_fetched_once_for_many_tokens(identity: Identity, provider: Provider):
    key = a_key("one", "ES256")
    provider.publishes(key)
    token = a_token(key, "ES256", {"kid": "one"}, iss=provider.address)

    for _ in range(5):
        await identity.token_of(token)

    assert provider.fetches() == 1


async def test_when_the_issuer_takes_a_new_key_its_tokens_count_at_once(
    identity: Identity, provider: Provider, ticks: Ticks
):
    old, new = a_key("old", "ES256"), a_key("new", "ES256")
    provider.publishes(old)
    await identity.token_of(a_token(old, "ES256", {"kid": "old"}, iss=provider.address))
    ticks.now += 30

    provider.publishes(old, new)

    assert await identity.token_of(a_token(new, "ES256", {"kid": "new"}, iss=provider.address))
    assert await identity.token_of(a_token(old, "ES256", {"kid": "old"}, iss=provider.address))


async def test_a_key_the_issuer_took_back_stops_counting(identity: Identity, provider: Provider, ticks: Ticks):
    stolen, new = a_key("stolen", "ES256"), a_key("new", "ES256")
    provider.publishes(stolen)
    token = a_token(stolen, "ES256", {"kid": "stolen"}, iss=provider.address)
    await identity.token_of(token)

    provider.publishes(new)
    ticks.now += 601

    with pytest.raises(NotAuthenticated, match="issuer's keys"):
        await identity.token_of(token)


async def test_tokens_with_made_up_keys_do_not_drive_us_to_the_issuer(
    identity: Identity, provider: Provider, ticks: Ticks
):
    provider.publishes(a_key("one", "ES256"))
    rogue = a_key("rogue", "ES256")

    for n in range(20):
        with pytest.raises(NotAuthenticated):
            await identity.token_of(a_token(rogue, "ES256", {"kid": f"made-up-{n}"}, iss=provider.address))
        ticks.now += 1

    assert provider.fetches() == 1


async def test_while_the_issuer_is_away_its_last_keys_count_for_an_hour(
    identity: Identity, provider: Provider, ticks: Ticks
):
    key = a_key("one", "ES256")
    provider.publishes(key)
    token = a_token(key, "ES256", {"kid": "one"}, iss=provider.address)
    await identity.token_of(token)

    provider.answers = False

    ticks.now += 3_599
    assert await identity.token_of(token)
    ticks.now += 2
    with pytest.raises(IssuerUnreachable):
        await identity.token_of(token)
    provider.answers = True
    ticks.now += 30
    assert await identity.token_of(token)


@pytest.mark.parametrize(
    "wrong",
    [
        {"calls_itself": "https://elsewhere.example"},
        {"keys_at": "http://elsewhere.example/keys"},
        {"keys_at": "file:///etc/passwd"},
        {"keys_at": "http://[::1/keys"},
        {"keys_at": 7},
    ],
)
async def test_an_issuer_that_describes_itself_wrongly_is_not_believed(
    identity: Identity, provider: Provider, wrong: dict[str, Any]
):
    key = a_key("one", "ES256")
    provider.publishes(key)
    vars(provider).update(wrong)

    with pytest.raises(IssuerUnreachable):
        await identity.token_of(a_token(key, "ES256", {"kid": "one"}, iss=provider.address))


async def test_keys_of_unknown_kinds_and_shared_secrets_in_the_set_are_passed_over(
    identity: Identity, provider: Provider
):
    key, secret = a_key("one", "ES256"), OctKey.generate_key(256)
    provider.publishes(key)
    provider.keys += [{"kty": "AKP", "kid": "pq"}, {"kty": "RSA"}, "rubbish", dict(secret.as_dict(), kid="secret")]

    assert await identity.token_of(a_token(key, "ES256", {"kid": "one"}, iss=provider.address))
    with pytest.raises(NotAuthenticated, match="not accepted"):
        await identity.token_of(a_token(secret, "HS256", {"kid": "secret"}, iss=provider.address))


async def test_a_token_is_not_checked_with_a_key_of_another_kind(identity: Identity, provider: Provider):
    rsa, ec = a_key("rsa"), a_key("ec", "ES256")
    provider.publishes(rsa, ec)

    with pytest.raises(NotAuthenticated):
        await identity.token_of(a_token(ec, "ES256", {"kid": "rsa"}, iss=provider.address))


async def test_a_token_of_this_machine_means_nothing_where_an_issuer_is_set(
    identity: Identity, provider: Provider, machines_key: OKPKey
):
    provider.publishes(a_key("one", "ES256"))

    with pytest.raises(NotAuthenticated):
        await identity.token_of(a_token(machines_key))


async def test_keys_are_not_fetched_over_an_open_network(identity: Identity, provider: Provider):
    key = a_key("one", "ES256")
    provider.publishes(key)
    provider.keys_at = provider.address.replace("127.0.0.1", "0.0.0.0") + "/keys"

    with pytest.raises(IssuerUnreachable):
        await identity.token_of(a_token(key, "ES256", {"kid": "one"}, iss=provider.address))

    assert provider.fetches() == 0


@pytest.mark.parametrize("address", ["http://id.sutton.example", "id.sutton.example", "ftp://id.example", "https://"])
def test_an_issuer_without_an_encrypted_address_is_refused(address: str):
    with pytest.raises(ValueError, match="COMPACT_ISSUER: expected the issuer at an https address"):
        Issuer(address)


# Claims and roles


async def test_which_claims_carry_roles_and_organisation_is_a_setting(machines_key: OKPKey, tmp_path: Path):
    file = tmp_path / "public.pem"
    file.write_bytes(machines_key.as_pem(private=False))
    settings = Settings(public_key=file, roles_claim="realm_access.roles", organisation_claim="https://id.example/org")
    claims = {"realm_access": {"roles": ["auditor"]}, "https://id.example/org": "sutton-council", "roles": ["decider"]}

    token = await identity_of(settings).token_of(a_token(machines_key, exp=int(time.time()) + 60, **claims))

    assert token == Token(OFFICER, frozenset({"auditor"}), "sutton-council")


async def test_roles_may_be_one_string(local: Identity, machines_key: OKPKey):
    token = await local.token_of(a_token(machines_key, roles="commissioner finance"))

    assert token.roles == {"commissioner", "finance"}


async def test_no_token_gives_the_role_of_the_system_itself(local: Identity, machines_key: OKPKey):
    token = await local.token_of(a_token(machines_key, roles=["system"]))

    with pytest.raises(NotAuthorised, match="no role"):
        actor_of(token)


def test_a_service_that_knows_no_way_to_check_tokens_says_what_to_set():
    with pytest.raises(ValueError, match="COMPACT_ISSUER: expected"):
        identity_of(Settings())


def test_whoever_has_one_role_acts_in_it():
    token = Token(OFFICER, frozenset({"finance"}), "sutton-council")

    assert actor_of(token) == actor_of(token, "finance") == Actor(OFFICER, "finance", "sutton-council")


def test_whoever_has_several_roles_says_in_which_one_they_act():
    token = Token(OFFICER, frozenset({"finance", "auditor"}), "sutton-council")

    assert actor_of(token, "auditor").role == "auditor"
    with pytest.raises(NotAuthorised, match="say in the header Compact-Role"):
        actor_of(token)


@pytest.mark.parametrize("wanted", ["decider", "system", ""])
def test_nobody_acts_in_a_role_their_token_does_not_give(wanted: str):
    with pytest.raises(NotAuthorised, match="does not give you the role"):
        actor_of(Token(OFFICER, frozenset({"finance"}), "sutton-council"), wanted)
