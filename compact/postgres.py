"""Guarantee: the embedded PostgreSQL keeps what it confirmed, whoever is killed, and starts again from it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psutil

from compact import accounts
from compact.processes import HOST, TICK, Child, DidNotStart, free_port, until

OWNER = "compact"
SETTINGS: Mapping[str, str] = {
    "listen_addresses": HOST, "unix_socket_directories": "", "max_connections": "200", "fsync": "on",
    "synchronous_commit": "on", "full_page_writes": "on", "jit": "off", "timezone": "UTC", "log_timezone": "UTC",
    "tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3",
    "shared_buffers": "64MB", "max_wal_size": "512MB", "log_min_messages": "warning",
}  # fmt: skip
PASSING = ("could not bind", "Address already in use", "is still in use", "lock file", "No such process")
"""What a start is tried again for: a port taken meanwhile, or the remains of a server that is just ending."""


@dataclass
class EmbeddedPostgres:
    """One PostgreSQL server on this machine, its data under a directory."""

    directory: Path
    port: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    child: Child | None = None

    def __post_init__(self) -> None:
        self.directory = self.directory.resolve()

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.directory / "cluster"

    @property
    def password(self) -> str:
        """The owner's password, made with the data and readable by the owner of the data alone."""
        return (self.directory / "password").read_text()

    def address(self, database: str = "postgres") -> str:
        """Give the connection string of one of its databases."""
        return f"postgresql://{OWNER}:{self.password}@{HOST}:{self.port}/{database}"

    async def start(self, seconds: float = 60) -> None:
        """Start it from what is there, made first where nothing is; take care of what a crash left."""
        account = accounts.for_postgres()
        await asyncio.to_thread(self.prepare, account)
        await self.clear_remains()
        deadline = time.monotonic() + seconds
        while not await self.try_start(account):
            if self.child is None or time.monotonic() > deadline or not self.worth_another_try():
                raise DidNotStart(f"PostgreSQL did not start; its log {self.child and self.child.log} ends with:\n"
                                  f"{self.child and self.child.last_words()}")  # fmt: skip
            await asyncio.sleep(0.3)

    def prepare(self, account: tuple[int, int] | None) -> None:
        """Make the data directory once; a half-made one is thrown away."""
        self.directory.mkdir(parents=True, exist_ok=True)
        if account:
            accounts.open_way_to(self.directory / "cluster")
        if self.cluster.exists():
            return self.check_owner(account)
        new = self.directory / "cluster.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        password, for_initdb = self.directory / "password", new.with_name("password.new")
        with open(os.open(password, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(24))
        shutil.copy(password, for_initdb)
        if account:
            os.chown(new, *account)
            os.chown(for_initdb, *account)
        try:
            initdb(new, for_initdb, account)
        finally:
            for_initdb.unlink()
        new.rename(self.cluster)
        return None

    def check_owner(self, account: tuple[int, int] | None) -> None:
        """Refuse data that another user of this machine made."""
        owner, we = self.cluster.stat().st_uid, account[0] if account else os.geteuid()
        if owner != we:
            raise DidNotStart(f"{self.cluster} belongs to another user of this machine (uid {owner}). Run as that "
                              "user, or give another directory with --data.")  # fmt: skip

    async def clear_remains(self) -> None:
        """End a server that outlived its supervisor, and remove a pid file whose number is another process's now."""
        file = self.cluster / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError, psutil.Error):
            server = psutil.Process(int(file.read_text().split()[0]))
            if server.name() == "postgres" and str(self.cluster) in server.cmdline():
                server.send_signal(signal.SIGINT)
                await until(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE, 20)
            else:
                file.unlink()

    async def try_start(self, account: tuple[int, int] | None) -> bool:
        """Start the server once and wait until it answers or ends."""
        self.port = free_port(self.port)
        settings = {**SETTINGS, **self.settings, "port": str(self.port)}
        command = [str(accounts.binaries() / "postgres"), "-D", str(self.cluster)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = self.log or self.directory / "postgres.log"
        # SIGINT is PostgreSQL's fast shutdown: what was confirmed is on disk, and clients are not waited for.
        self.child = Child("postgres", command, log, {"PATH": os.defpath, "LC_ALL": "C"}, self.cluster, account,
                           signal.SIGINT)  # fmt: skip
        self.child.start()
        while self.child.alive:
            if await self.healthy():
                return True
            await asyncio.sleep(TICK)
        return False

    def worth_another_try(self) -> bool:
        """Say whether what the last start failed of passes by itself."""
        words = self.child.last_words(4) if self.child else ""
        return any(reason in words for reason in PASSING)

    async def healthy(self) -> bool:
        """Say whether it answers a query."""
        try:
            connection = await asyncpg.connect(self.address(), timeout=3)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        await connection.close()
        return True

    async def create_database(self, name: str) -> str:
        """Make a database where it is absent; give its connection string."""
        await create_database(self.address(name))
        return self.address(name)

    async def stop(self) -> None:
        """Shut it down; what it confirmed stays."""
        if self.child is not None:
            await self.child.stop(grace=20)


def initdb(cluster: Path, password: Path, account: tuple[int, int] | None) -> None:
    """Run PostgreSQL's initdb, with sorting that does not depend on the machine."""
    user, group = account or (None, None)
    made = subprocess.run(  # noqa: S603
        [str(accounts.binaries() / "initdb"), "-D", str(cluster), "-U", OWNER, f"--pwfile={password}",
         "--encoding=UTF8", "--auth=scram-sha-256", "--locale=C", "--locale-provider=builtin",
         "--builtin-locale=C.UTF-8", "-c", "scram_iterations=1"],
        user=user, group=group, extra_groups=[] if group is not None else None, cwd=cluster, capture_output=True,
        text=True, check=False, env={"PATH": os.defpath, "LC_ALL": "C"},
    )  # fmt: skip
    if made.returncode:
        raise DidNotStart(f"PostgreSQL's data directory could not be made: {made.stderr.strip()}")


async def create_database(address: str) -> None:
    """Make the database that a connection string names, where it is absent."""
    with contextlib.suppress(asyncpg.InvalidCatalogNameError):
        await (await asyncpg.connect(address, timeout=10)).close()
        return
    name = urlsplit(address).path.removeprefix("/")
    connection = await asyncpg.connect(urlunsplit(urlsplit(address)._replace(path="/postgres")), timeout=10)
    try:
        with contextlib.suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
            await connection.execute(f'create database "{name}"')
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def embedded_postgres(directory: Path, **settings: str) -> AsyncIterator[EmbeddedPostgres]:
    """Run a PostgreSQL server while the block runs, on a free port."""
    server = EmbeddedPostgres(directory, settings=settings)
    try:
        await server.start()
        yield server
    finally:
        await server.stop()
