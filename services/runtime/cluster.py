"""Guarantee: a secured cluster holds the topics, users and grants that are declared for a place, and no grant beside.

`python -m services.runtime.cluster` is run by whoever administers the cluster, at its start and after every change:
`declare` brings the cluster to what is declared, `certificates` makes every broker read its certificates anew, and
`show` prints what would be granted.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import secrets
import ssl
import sys
import tomllib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import stamina
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest

from contracts.access import Grant, May, grants, users
from services.runtime.cluster_protocol import IncrementalAlterConfigs, SetPasswords, Setting, WrappedPassword
from services.runtime.kafka import security
from services.runtime.settings import Settings, SettingsRefused, settings_of
from services.runtime.topics import WrongTopic, declare, declared_topics

STARTS = 60.0
ANY, TOPIC, GROUP, LITERAL, PREFIXED, ALLOW = 1, 2, 3, 3, 4, 3
OPERATIONS = {May.READ: 3, May.WRITE: 4, May.SEE_SETTINGS: 10}
ROUNDS = 8192
"""How often a password is hashed before the cluster keeps it."""
STORES = ("ssl.keystore.location", "ssl.truststore.location")

Acl = tuple[int, str, int, str, str, int, int]
"""Resource type, its name, how the name is matched, principal, host, operation, permission."""


class ClusterRefused(RuntimeError):
    """The cluster did not do what it was asked for."""


class NotYet(ClusterRefused):
    """A broker has not read its certificates yet."""


def bodies_of(settings: Settings) -> list[str]:
    """The bodies beside the council that signed the place's Compact; one that is pending has no user yet."""
    file = settings.localities / settings.place / "signatories.toml"
    signed = tomllib.loads(file.read_text())["signatories"] if file.is_file() else []
    return [each["kind"] for each in signed if each["kind"] != "council" and not each.get("pending")]


def acl_of(grant: Grant) -> Acl:
    """A grant as the cluster keeps it."""
    kind, matched = (GROUP, PREFIXED) if grant.group else (TOPIC, LITERAL)
    return kind, grant.name, matched, f"User:{grant.user}", "*", OPERATIONS[grant.may], ALLOW


@asynccontextmanager
async def administering(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A connection with the administrator's own certificate or password."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka, request_timeout_ms=15_000, **security(settings))
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def set_passwords(admin: Any, passwords: dict[str, str]) -> None:
    """Give every user the password of its file; connections that stand are not cut."""
    answer = await admin._send_request(SetPasswords([_wrapped(*each) for each in passwords.items()]))
    _check((code, f"{user}: {message}") for user, code, message, _ in answer.results)


def _wrapped(user: str, password: str) -> WrappedPassword:
    salt = secrets.token_bytes(24)
    return WrappedPassword(user, ROUNDS, salt, hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS))


async def set_grants(admin: Any, place: str, declared: Iterable[Grant]) -> dict[str, list[str]]:
    """Bring what is granted on a place's topics, or to its users, to what is declared; says what was changed."""
    wanted = {acl_of(grant) for grant in declared}
    standing = {acl for acl in await _standing(admin) if _is_of(place, acl)}
    added, removed = sorted(wanted - standing), sorted(standing - wanted)
    for acl in added:
        _check((await admin._send_request(CreateAclsRequest(*acl))).creation_responses)
    for acl in removed:
        answer = await admin._send_request(DeleteAclsRequest(*acl))
        _check((code, message) for code, message, _ in answer.filter_responses)
    return {"granted": [_in_words(acl) for acl in added], "taken back": [_in_words(acl) for acl in removed]}


def _in_words(acl: Acl) -> str:
    kind, name, _, principal, host, operation, permission = acl
    may = next((may.value for may, code in OPERATIONS.items() if code == operation), f"operation {operation}")
    return (
        f"{principal.removeprefix('User:')} {'may' if permission == ALLOW else 'may not'} {may} "
        f"{'groups ' if kind == GROUP else ''}{name}{'' if host == '*' else f' from {host}'}"
    )


async def _standing(admin: Any) -> list[Acl]:
    answer = await admin._send_request(DescribeAclsRequest(ANY, None, ANY, None, None, ANY, ANY))
    _check([(answer.error_code, answer.error_message)])
    return [(kind, name, matched, *acl) for kind, name, matched, acls in answer.resources for acl in acls]


def _is_of(place: str, acl: Acl) -> bool:
    return acl[1].startswith(f"{place}.") or acl[3].startswith(f"User:{place}.")


async def read_certificates_anew(admin: Any, settings: Settings, expected: Path) -> list[str]:
    """Make one broker after the other read its key, certificate and trusted authorities again, for each listener.

    A broker answers before it has read them, and one that reads while they are replaced keeps half of the old: so each
    must serve the certificate that stands in this directory before the next is asked.
    """
    done = []
    for broker in sorted(admin._client.cluster.brokers(), key=lambda one: one.nodeId):
        config = await _config_of(admin, broker.nodeId)
        ports = dict(_listener(each) for each in config["listeners"].split(","))
        wanted = [Setting(f"listener.name.{name}.{store}", config[store]) for name in ports for store in STORES]
        answer = await admin._send_request_to_node(broker.nodeId, IncrementalAlterConfigs(str(broker.nodeId), wanted))
        _check((code, f"broker {broker.nodeId}: {message}") for code, message, *_ in answer.responses)
        own = ssl.PEM_cert_to_DER_cert((expected / f"kafka-{broker.nodeId}.pem").read_text())
        for name, port in ports.items():
            await _serves(settings, broker.host, port, own, f"broker {broker.nodeId} on {name}")
        done.append(f"broker {broker.nodeId} serves the certificate of its file on {', '.join(ports)}")
    return done


async def _config_of(admin: Any, broker: int) -> dict[str, str]:
    (found,) = await admin.describe_configs([ConfigResource(ConfigResourceType.BROKER, str(broker))])
    return {entry[0]: entry[1] for resource in found.resources for entry in resource[4]}


def _listener(address: str) -> tuple[str, int]:
    name, _, where = address.strip().partition("://")
    return name.lower(), int(where.rpartition(":")[2])


async def _serves(settings: Settings, host: str, port: int, certificate: bytes, who: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it is compared byte by byte instead
    if settings.certificate_file:
        context.load_cert_chain(settings.certificate_file)
    async for attempt in stamina.retry_context((OSError, NotYet), attempts=None, timeout=STARTS, wait_max=1):
        with attempt:
            _, writer = await asyncio.open_connection(host, port, ssl=context)
            served = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            writer.transport.abort()
            if served != certificate:
                raise NotYet(f"{who} still serves another certificate than its file holds; see the broker's log")


def _check(answers: Iterable[Sequence[Any]]) -> None:
    if refused := [f"{message} (error {code})" for code, message in answers if code]:
        raise ClusterRefused("; ".join(refused))


def passwords_in(directory: Path, wanted: Iterable[str]) -> dict[str, str]:
    """The password of each user, from `<user>/password` in this directory."""
    found = {user: directory / user / "password" for user in wanted}
    if missing := [str(file) for file in found.values() if not file.is_file() or not file.read_text().strip()]:
        raise ClusterRefused(f"no password in {', '.join(missing)}")
    return {user: file.read_text().strip() for user, file in found.items()}


async def declare_all(settings: Settings, args: argparse.Namespace) -> list[Any]:
    """Users, grants and topics of the place."""
    bodies = bodies_of(settings)
    passwords = passwords_in(args.passwords, users(settings.place, bodies))
    async with administering(settings) as admin:
        await set_passwords(admin, passwords)
        changed = await set_grants(admin, settings.place, grants(settings.place, bodies))
    topics = declared_topics(settings.place)
    async for attempt in stamina.retry_context(KafkaError, attempts=None, timeout=STARTS, wait_max=1):
        with attempt:  # a broker does not show at once what another has made
            said = await declare(settings, topics)
    return [{"users": list(passwords)}, changed, {"topics": said}]


async def certificates(settings: Settings, args: argparse.Namespace) -> list[Any]:
    """Certificates and trusted authorities, without a restart."""
    async with administering(settings) as admin:
        return await read_certificates_anew(admin, settings, args.certificates)


async def show(settings: Settings, args: argparse.Namespace) -> list[Any]:
    """Print the grants of the place, without a cluster."""
    return [f"{grant.user} may {grant.may} {'groups ' * grant.group}{grant.name}"
            for grant in grants(settings.place, bodies_of(settings))]  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """The arguments of this command."""
    found = argparse.ArgumentParser(prog="python -m services.runtime.cluster", description=__doc__)
    commands = found.add_subparsers(required=True)
    works: dict[str, Callable[..., Coroutine[Any, Any, list[Any]]]] = {
        "declare": declare_all, "certificates": certificates, "show": show,
    }  # fmt: skip
    for name, work in works.items():
        command = commands.add_parser(name, help=work.__doc__)
        command.set_defaults(work=work)
        if work is declare_all:
            command.add_argument("passwords", type=Path, help="a directory with <user>/password for every user")
        if work is certificates:
            command.add_argument("certificates", type=Path, help="a directory with kafka-<n>.pem for every broker")
    return found


def main() -> int:
    """Carry out one command; ends with 1 where the cluster differs or refuses."""
    args = parser().parse_args()
    try:
        said = asyncio.run(args.work(settings_of("cluster"), args))
    except (KafkaError, WrongTopic, ClusterRefused, SettingsRefused, OSError) as error:
        print(json.dumps({"error": str(error) or type(error).__name__}), file=sys.stderr)
        return 1
    for line in said:
        print(line if isinstance(line, str) else json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
