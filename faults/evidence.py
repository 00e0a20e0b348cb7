"""What a run leaves behind for the checker: where to look, and what was told to clients and seen by readers."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


class NoEvidence(ValueError):
    """A file that should hold evidence does not; the message names the file, the line and what is wrong."""


@dataclass(frozen=True)
class Acknowledged:
    """A request that was answered with success: what was asked by whom, and the bytes that were said."""

    service: str
    method: str
    path: str
    key: str
    """The Idempotency-Key as the client gave it."""
    person: str
    organisation: str
    role: str
    status: int
    body: bytes
    at: float = 0.0
    answers: int = 1
    different: bool = False
    """Whether the same request was ever answered otherwise."""

    def line(self) -> str:
        """One line of the file."""
        return json.dumps({**asdict(self), "body": base64.b64encode(self.body).decode()})


@dataclass(frozen=True)
class Observed:
    """Sealed matter that somebody could read while it was sealed."""

    what: str
    service: str
    by: str
    at: float
    about: str
    found: str
    sealed_until: str

    def line(self) -> str:
        """One line of the file."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Evidence:
    """Where a run's databases, topics, mailboxes and notes are."""

    place: str
    databases: dict[str, str]
    """Each service's database, by a login that may read all of it."""
    kafka: str
    mail: str
    """A directory of Maildirs; empty where no mail was taken."""
    acknowledged: str
    """A file of :class:`Acknowledged`, one a line."""
    observed: str
    """A file of :class:`Observed`, one a line; empty in the good case."""
    restored: dict[str, int] = field(default_factory=dict)
    """How often each service's database was restored to an earlier moment."""
    emptied: int = 0
    """How often the broker came back empty."""
    passwords: dict[str, str] = field(default_factory=dict)
    """The file of each service's password at a broker that asks for one."""
    authority: str = ""
    """The file of the authority that signed such a broker's certificate."""

    @classmethod
    def read(cls, path: Path) -> Evidence:
        """The evidence that was written to a file; raises NoEvidence."""
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise NoEvidence(f"{path}: {error}") from error

    def write(self, path: Path) -> None:
        """Write it down, readable by its owner alone: the databases' passwords are in it."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")

    def bus(self, service: str) -> dict[str, Any]:
        """How a client reads what a service publishes: as that service, where the broker asks; raises NoEvidence."""
        if service not in self.passwords:
            return {"bootstrap_servers": self.kafka}
        try:
            context = ssl.create_default_context(cafile=self.authority)
            password = Path(self.passwords[service]).read_text().strip()
        except OSError as error:
            raise NoEvidence(f"{service}, {self.authority}, {self.passwords[service]}: {error}") from error
        return {
            "bootstrap_servers": self.kafka, "security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512",
            "ssl_context": context, "sasl_plain_username": f"{self.place}.{service}", "sasl_plain_password": password,
        }  # fmt: skip

    def answers(self) -> Iterator[Acknowledged]:
        """Every acknowledged request; raises NoEvidence."""
        for place, line in _lines(self.acknowledged):
            try:
                yield Acknowledged(**{**line, "body": base64.b64decode(line["body"])})
            except (KeyError, TypeError, ValueError) as error:
                raise NoEvidence(f"{place}: not an acknowledged request: {error!r}") from error

    def observations(self) -> Iterator[Observed]:
        """Everything sealed that was readable; raises NoEvidence."""
        for place, line in _lines(self.observed):
            try:
                yield Observed(**line)
            except TypeError as error:
                raise NoEvidence(f"{place}: not an observation: {error}") from error


def _lines(path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line of a JSON lines file, with its place for complaints."""
    try:
        with Path(path).open() as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield f"{path}, line {number}", _parsed(f"{path}, line {number}", line)
    except OSError as error:
        raise NoEvidence(f"{path}: {error}") from error


def _parsed(place: str, line: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise NoEvidence(f"{place}: {error}") from error
    return found
