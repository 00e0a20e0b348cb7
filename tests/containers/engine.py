"""The Docker Engine as these tests use it: commands, images, and one composed system with free ports of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from compact.processes import free_port
from compact.tokens import sign
from contracts.topics import SERVICES

CHECKOUT = Path(__file__).resolve().parents[2]
BASE = "python:3.13-slim"


def docker(
    *args: str, check: bool = True, seconds: float = 900, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run docker; fails with what it said."""
    done = subprocess.run(
        ["docker", *args], cwd=CHECKOUT, env={**os.environ, **environment}, capture_output=True, text=True,
        timeout=seconds, check=False,
    )  # fmt: skip
    if check and done.returncode:
        raise AssertionError(
            f"docker {' '.join(args)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"[-6000:]
        )
    return done


def inspected(image: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker("image", "inspect", image).stdout)[0]
    return found


def until(true: Callable[[], Any], what: str, seconds: float = 90) -> Any:
    """Wait for something; fails with what was waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError, httpx.HTTPStatusError):
            if found := true():
                return found
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s: {what}")


@dataclass(frozen=True)
class Who:
    """Somebody with a token."""

    person: str
    role: str
    organisation: str = "sutton-council"


@dataclass
class Composed:
    """One system started by docker compose under a name of its own."""

    secrets: Path
    version: str
    name: str = field(default_factory=lambda: f"compact-test-{uuid.uuid4().hex[:8]}")
    ports: dict[str, int] = field(default_factory=lambda: {service: free_port() for service in SERVICES})
    files: tuple[str, ...] = ("docker-compose.yml",)
    environment: dict[str, str] = field(default_factory=dict)

    def compose(self, *args: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        ports = {f"COMPACT_{service.upper()}_PORT": str(port) for service, port in self.ports.items()}
        files = [f"--file={file}" for file in self.files]
        return docker(
            "compose", "-p", self.name, *files, "--profile", "try", *args, check=check,
            **{"COMPACT_SECRETS": str(self.secrets), "COMPACT_VERSION": self.version, **ports, **self.environment},
        )  # fmt: skip

    def containers(self) -> dict[str, dict[str, Any]]:
        """Every container of the system as docker sees it, by its compose service."""
        ids = self.compose("ps", "--all", "--quiet").stdout.split()
        found = json.loads(docker("inspect", *ids).stdout)
        return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in found}

    def inside(self, service: str, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.compose("exec", "-T", service, *command, check=check)

    def ours(self, service: str, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command of the service's own, run beside the one that serves."""
        return self.inside(service, "python", "-m", f"services.{service}", *command, check=check)

    def sql(self, role: str, database: str, statement: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A statement under a role, with its password, over TCP as the services connect."""
        script = (
            f'PGPASSWORD="$(cat /run/secrets/{role})" psql -h 127.0.0.1 -U {role} -d {database} -qAt '
            '-v ON_ERROR_STOP=1 -c "$1"'
        )
        return self.inside("postgres", "bash", "-c", script, "sql", statement, check=check)

    def count(self, service: str, where: str) -> int:
        return int(self.sql(service, service, f"select count(*) from ledger.journal where {where}").stdout)

    def head(self, service: str) -> int:
        return int(self.sql(service, service, "select position from ledger.head").stdout)

    def url(self, service: str, path: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}{path}"

    def headers(self, who: Who) -> dict[str, str]:
        token = sign(self.secrets / "keys" / "signing.pem", who.person, who.role, who.organisation, 1)
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}

    def post(self, who: Who, service: str, path: str, body: Any) -> httpx.Response:
        return httpx.post(self.url(service, path), json=body, headers=self.headers(who), timeout=30, trust_env=False)

    def get(self, service: str, path: str, who: Who | None = None) -> httpx.Response:
        headers = self.headers(who) if who else {}
        return httpx.get(self.url(service, path), headers=headers, timeout=30, trust_env=False)

    def done(self, who: Who, service: str, path: str, body: Any) -> dict[str, Any]:
        """A command that must be accepted; one that cannot be decided yet (503) is sent again."""
        answer: httpx.Response = until(
            lambda: (given := self.post(who, service, path, body)).status_code != 503 and given, f"{path} is decided"
        )
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    def is_ready(self, service: str) -> bool:
        return self.get(service, "/health/ready").status_code == 200

    def all_ready(self) -> None:
        for service in SERVICES:
            until(lambda service=service: self.is_ready(service), f"{service} is ready")

    def diagnosis(self) -> str:
        return (
            self.compose("ps", "--all", check=False).stdout + self.compose("logs", "--tail", "15", check=False).stdout
        )


@contextlib.contextmanager
def composed(directory: Path, version: str) -> Iterator[Composed]:
    """Make secrets, start everything, and take everything away again, whatever happens."""
    secrets = directory / "secrets"
    subprocess.run([CHECKOUT / "deploy" / "make-secrets", secrets], check=True, capture_output=True)
    with brought_up(Composed(secrets, version)) as system:
        yield system


@contextlib.contextmanager
def brought_up(system: Composed, seconds: int = 240) -> Iterator[Composed]:
    """Start everything that the system's files name, and take it away again."""
    try:
        started = system.compose("up", "--detach", "--wait", "--wait-timeout", str(seconds), check=False)
        if started.returncode:
            raise AssertionError(f"the system did not come up:\n{started.stderr[-1500:]}\n{system.diagnosis()}")
        yield system
    finally:
        system.compose("down", "--volumes", "--remove-orphans", "--timeout", "10", check=False)
