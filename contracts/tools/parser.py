"""The official AsyncAPI parser, run in Node over the committed document."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from contracts.tools.checks import ASYNCAPI

DEPLOY = "deploy/asyncapi"


def parse(root: Path) -> tuple[bool, str]:
    """Whether the document has no error, and what the parser says; it is installed apart and removed again."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return False, "Node 20 with npm is needed to run the official AsyncAPI parser; install it and run this again."
    with tempfile.TemporaryDirectory(prefix="asyncapi-") as directory:
        for file in (root / DEPLOY).iterdir():
            if file.is_file():
                shutil.copy(file, directory)
        installed, said = _run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=directory)
        if not installed:
            return False, f"The AsyncAPI parser could not be installed: {said}"
        return _run(node, "check.mjs", str((root / ASYNCAPI).resolve()), cwd=directory)


def _run(program: str, *words: str, cwd: str) -> tuple[bool, str]:
    done = subprocess.run([program, *words], cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603
    return done.returncode == 0, (done.stdout + done.stderr).strip()
