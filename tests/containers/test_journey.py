"""The whole journey on Apache Kafka and PostgreSQL 17, which the command line is pointed at by two settings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.containers.test_testcontainers import Kafka, kafka, postgres

ROOT = Path(__file__).parents[2]
__all__ = ["kafka", "postgres"]


def test_the_journey_comes_to_its_end_on_apache_kafka(kafka: Kafka, postgres: str, tmp_path: Path) -> None:
    given = {name: value for name, value in os.environ.items() if not name.startswith("COMPACT_")}
    given |= {"COMPACT_KAFKA": kafka.address, "COMPACT_POSTGRES": f"{postgres}/postgres", "COLUMNS": "200"}
    command = [sys.executable, "-m", "compact", "demo", "--exit", "--data", str(tmp_path / "data")]

    played = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, timeout=900, check=False)

    assert played.returncode == 0, played.stdout[-4000:] + played.stderr[-2000:]
    assert f"Kafka: {kafka.address}, as COMPACT_KAFKA says" in played.stdout
    assert "nothing differs" in played.stdout, played.stdout[-1500:]
