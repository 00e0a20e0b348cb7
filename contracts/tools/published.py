"""The contracts as the main branch holds them: what other people's readers were written to."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BRANCHES = ("origin/main", "main")
SCHEMAS, SAMPLES = "contracts/schemas", "contracts/samples"


@dataclass(frozen=True)
class Published:
    """Schemas and samples by wire name, and the branch they were read from."""

    branch: str
    schemas: dict[str, dict[str, Any]] = field(default_factory=dict)
    samples: dict[str, dict[str, Any]] = field(default_factory=dict)


def published(root: Path) -> Published | str:
    """What stands on the main branch of the repository at `root`; the reason in words where nothing can be read."""
    git = shutil.which("git")
    if git is None:
        return "git is not installed"
    for branch in BRANCHES:
        if _asked(git, root, "rev-parse", "--verify", "--quiet", f"{branch}^{{commit}}") is not None:
            return _read(git, root, branch)
    return f"there is no branch {' or '.join(BRANCHES)} here"


def _read(git: str, root: Path, branch: str) -> Published | str:
    archive = _asked(git, root, "archive", "--format=tar", branch, SCHEMAS, SAMPLES)
    if archive is None:
        return f"{branch} holds no contracts yet"
    found = Published(branch)
    for path, content in _files(archive):
        if path.suffix == ".json":
            kept = found.schemas if path.parent.name == "schemas" else found.samples
            kept[path.stem] = json.loads(content)
    return found


def _files(archive: bytes) -> Iterator[tuple[Path, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            if (content := tar.extractfile(member)) is not None:
                yield Path(member.name), content.read()


def _asked(git: str, root: Path, *words: str) -> bytes | None:
    """What git answers; `None` where it answers with an error."""
    answer = subprocess.run([git, "-C", str(root), *words], capture_output=True, check=False)  # noqa: S603
    return answer.stdout if answer.returncode == 0 else None
