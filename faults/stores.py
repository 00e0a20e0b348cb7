"""What is done to databases and broker: killed, restored to an earlier moment, emptied, out of space, out of reach."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from compact.system import CHECKOUT
from faults.processes import LONGER_THAN_LEASES, stopped
from faults.scene import TICK, Fault, Scene

DISK = 384
"""Megabytes of the small disk: enough for a quiet system."""
PUBLISHERS = ("funding", "partners", "notifications")


async def kill_database(scene: Scene) -> None:
    """SIGKILL PostgreSQL after every so many answers; it is started again from what it kept."""
    while True:
        await scene.after(12, 24)
        scene.done["killed"] += scene.running.signalled("postgres", signal.SIGKILL)


async def kill_broker(scene: Scene) -> None:
    """SIGKILL the broker after every so many answers; it comes back empty."""
    while True:
        await scene.after(12, 24)
        if scene.running.signalled("broker", signal.SIGKILL):
            scene.done["killed, back empty"] += 1


async def stop_broker(scene: Scene) -> None:
    """SIGSTOP the broker for longer than a request to it may take."""
    for _ in range(2):
        await scene.after(20, 40)
        await stopped(scene, "broker", LONGER_THAN_LEASES)


# --- restored to an earlier moment


@asynccontextmanager
async def administering(scene: Scene, service: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    """A connection beside the service's database, as its administrator has one."""
    parts = urlsplit(scene.running.databases[service])
    connection = await asyncpg.connect(urlunsplit(parts._replace(path="/postgres")))
    try:
        yield connection
    finally:
        await connection.close()


async def unused(connection: asyncpg.Connection[Any], name: str) -> None:
    """End every connection to a database, and let nobody in."""
    await connection.execute(f'alter database "{name}" allow_connections false')
    await connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
    while True:
        if not await connection.fetchval("select count(*) from pg_stat_activity where datname = $1", name):
            return
        await asyncio.sleep(TICK)


async def back_up(scene: Scene, service: str) -> None:
    """Copy a service's database as it stands; its process is cut off for a moment."""
    async with administering(scene, service) as connection:
        await unused(connection, service)
        await connection.execute(f'drop database if exists "{service}_backup"')
        await connection.execute(f'create database "{service}_backup" template "{service}"')
        await connection.execute(f'alter database "{service}" allow_connections true')


async def restore(scene: Scene, service: str) -> None:
    """Put a copy of the backup in the place of the database, while its process runs."""
    async with administering(scene, service) as connection:
        await unused(connection, service)
        await connection.execute(f'drop database "{service}"')
        await connection.execute(f'create database "{service}" template "{service}_backup"')
    scene.restored[service] += 1
    scene.done[f"{service} restored"] += 1


async def restore_reader(scene: Scene) -> None:
    """Monitoring, while it has published nothing yet, is put back to an earlier moment again and again."""
    await scene.stage("register")
    await scene.after(4, 12)
    await back_up(scene, "monitoring")
    while scene.load.stage in ("register", "bid", "open", "decide"):
        await scene.after(10, 18)
        if scene.load.stage != "agree":
            await restore(scene, "monitoring")


async def restore_publisher(scene: Scene) -> None:
    """A service that others read is put back behind what it published, and recovered."""
    for service in scene.chance.sample(PUBLISHERS, 2):
        await scene.after(15, 25)
        await back_up(scene, service)
        await scene.after(8, 16)
        await restore(scene, service)
        await recover(scene, service)


async def recover(scene: Scene, service: str) -> None:
    """`compact recover` of one service."""
    data = str(scene.running.system.data)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "compact", "recover", "--service", service, "--data", data, cwd=CHECKOUT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    scene.done[f"{service} recovered"] += process.returncode == 0
    if process.returncode == 0:
        await scene.load.ask_again()  # what was private is lost, and people are asked for it again, as the runbook says
    else:
        scene.wrong.append(f"recover of {service} ended with {process.returncode}: {said.decode()[-300:]}")


def cannot_recover() -> str:
    """Why nothing can be recovered; empty where it can."""
    asked = subprocess.run(
        [sys.executable, "-m", "compact", "recover", "--help"], cwd=CHECKOUT, capture_output=True, check=False
    )
    return "" if asked.returncode == 0 else "there is no 'compact recover' in this version"


# --- out of space


async def fill_disk(scene: Scene) -> None:
    """The disk of the databases has no byte left, for some seconds, again and again."""
    ballast = scene.running.postgres.directory / "ballast"
    for _ in range(3):
        await scene.after(15, 30)
        try:
            await asyncio.to_thread(fill, ballast)
            scene.done["filled"] += 1
            await asyncio.sleep(scene.chance.uniform(4, 8))
        finally:
            ballast.unlink(missing_ok=True)


def fill(file: Path) -> None:
    """Write until there is no space left."""
    with suppress(OSError), file.open("wb", buffering=0) as ballast:
        for size in (1_048_576, 4096):
            with suppress(OSError):
                while ballast.write(bytes(size)):
                    pass


def cannot_mount() -> str:
    """Why no small disk can be made; empty where one can."""
    if os.geteuid() != 0:
        return "only root can mount a small disk"
    with tempfile.TemporaryDirectory() as directory:
        mount = ["/bin/mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", directory]
        if subprocess.run(mount, capture_output=True, check=False).returncode:  # noqa: S603
            return "no small disk can be mounted here"
        subprocess.run(["/bin/umount", directory], check=False)  # noqa: S603
    return ""


STORES = (
    Fault("database-killed", "SIGKILL of PostgreSQL, started again", kill_database),
    Fault("broker-emptied", "SIGKILL of the broker, which comes back empty", kill_broker),
    Fault("broker-stopped", "SIGSTOP of the broker for longer than its requests may take", stop_broker),
    Fault("reader-restored", "a reader's database restored to an earlier moment, while it runs", restore_reader,
          mixes=False),
    Fault("publisher-restored", "a publisher's database restored behind the bus, then recovered", restore_publisher,
          mixes=False, missing=cannot_recover),
    Fault("disk-full", "no space left for the journals", fill_disk, mixes=False, megabytes=DISK,
          missing=cannot_mount),
)  # fmt: skip
