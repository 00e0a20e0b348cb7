"""What one running system consists of, kept in `system.json` of its data directory: addresses, keys, process ids."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from compact.processes import HOST, DidNotStart
from contracts.topics import SERVICES

DEFAULT = Path(".compact")
CHECKOUT = Path(__file__).resolve().parent.parent


class System(BaseModel):
    """One system on this machine: what a service needs to know to run, and a person to reach it."""

    data: Path
    place: str = "sutton"
    demo: bool = False
    supervisor: int = 0
    ports: dict[str, int] = Field(default_factory=dict)
    pids: dict[str, int] = Field(default_factory=dict)
    kafka: str = ""
    postgres: dict[str, str] = Field(default_factory=dict)
    smtp: str = ""
    returns: Path | None = None

    @property
    def signing_key(self) -> Path:
        """The private key of this machine's tokens."""
        return self.data / "keys" / "signing.pem"

    @property
    def public_key(self) -> Path:
        """The public half, which the services read."""
        return self.data / "keys" / "public.pem"

    @property
    def clock(self) -> Path | None:
        """The file of the stepped clock; only a demonstration has one."""
        return self.data / "clock" if self.demo else None

    def url(self, service: str) -> str:
        """Give the HTTP address of a service."""
        return f"http://{HOST}:{self.ports[service]}"

    def log(self, part: str) -> Path:
        """Give the log file of a part."""
        return self.data / "logs" / (f"{part}.jsonl" if part in SERVICES else f"{part}.log")

    def is_up(self) -> bool:
        """Say whether its supervisor runs: it holds the lock of the directory."""
        with contextlib.suppress(DidNotStart), held_by_us(self.data):
            return False
        return True

    def environment(self, service: str, port: int | None = None) -> dict[str, str]:
        """Give the environment that a process of a service runs in."""
        told = {
            "COMPACT_PLACE": self.place,
            "COMPACT_KAFKA": self.kafka,
            f"COMPACT_{service.upper()}_POSTGRES": self.postgres.get(service, ""),
            "COMPACT_HTTP_PORT": str(port or self.ports.get(service, 0)),
            "COMPACT_DATA": str(self.data),
            "COMPACT_SMTP": self.smtp,
            "COMPACT_RETURNS": str(self.returns or ""),
            "COMPACT_CLOCK": str(self.clock or ""),
            "COMPACT_LOCALITIES": os.environ.get("COMPACT_LOCALITIES", str(CHECKOUT / "localities")),
            "PYTHONPATH": os.pathsep.join(filter(None, (str(CHECKOUT), os.environ.get("PYTHONPATH")))),
            "PYTHONUNBUFFERED": "1",
        }
        if not os.environ.get("COMPACT_ISSUER"):
            told["COMPACT_PUBLIC_KEY"] = str(self.public_key)
        return {**os.environ, **{name: value for name, value in told.items() if value}}

    def save(self) -> None:
        """Write it down, readable by its owner alone: the databases' passwords are in it."""
        self.data.mkdir(parents=True, exist_ok=True)
        beside = self.data / "system.json.new"
        with open(os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            file.write(self.model_dump_json(indent=2) + "\n")
        beside.replace(self.data / "system.json")


def recorded(data: Path) -> System | None:
    """Read what was written down in a data directory, running or not."""
    file = data.resolve() / "system.json"
    if not file.exists():
        return None
    try:
        return System.model_validate_json(file.read_text()).model_copy(update={"data": data.resolve()})
    except (ValidationError, OSError) as error:
        raise DidNotStart(f"{file} cannot be read: {error}. Give another directory with --data.") from error


def running(data: Path) -> System:
    """Give the system that is up in a data directory, or say how to start one."""
    system = recorded(data)
    if system is None or not system.is_up():
        raise DidNotStart(f"No system is up in {data}. Start one with 'compact up --data {data}'.")
    return system


@contextlib.contextmanager
def held_by_us(data: Path) -> Iterator[None]:
    """Hold the data directory for one supervisor; the lock ends with the process that holds it."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DidNotStart(f"A system is already up in {data}: see 'compact status --data {data}', or end it "
                              "with Ctrl-C where it runs.") from None  # fmt: skip
        yield


def reset(data: Path) -> None:
    """Remove everything a demonstration wrote; only a demonstration's directory, and not while it is up."""
    system = recorded(data)
    if system is None:
        return
    if not system.demo:
        raise DidNotStart(f"{data} was not made by a demonstration, so it is not removed. Give another --data.")
    with held_by_us(data):
        shutil.rmtree(data.resolve(), ignore_errors=True)
