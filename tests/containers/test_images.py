"""Each image holds its own service and nothing of the others, and runs without rights it does not need."""

from __future__ import annotations

import re
from importlib import metadata

import pytest

from contracts.topics import SERVICES
from tests.containers.engine import BASE, CHECKOUT, docker, inspected

SITE = "/opt/venv/lib/python3.13/site-packages"
LARGEST = 260_000_000
"""Bytes that an image may add to its base."""
OF_EVERY_SERVICE = ("contracts/", "services/__init__.py", "services/runtime/", "services/__pycache__/")


def run(image: str, script: str, *options: str, check: bool = True) -> str:
    return docker("run", "--rm", *options, "--entrypoint", "sh", image, "-c", script, check=check).stdout


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def image(service: str, version: str) -> str:
    return f"compact-{service}:{version}"


def test_an_image_holds_the_contracts_the_runtime_and_its_own_service_only(service: str, image: str) -> None:
    held = run(image, "cd /app && find . -type f").split()

    may_hold = (*OF_EVERY_SERVICE, f"services/{service}/", *(("localities/",) if service == "partners" else ()))
    assert [file for file in held if not file.removeprefix("./").startswith(may_hold)] == []
    for part in may_hold:
        assert any(file.startswith(f"./{part}") for file in held), f"{part} is missing"


def test_an_image_holds_every_file_of_its_service(service: str, image: str) -> None:
    held = set(run(image, "cd /app && find . -type f -not -name '*.pyc'").split())

    for folder in ("contracts", "services/runtime", f"services/{service}"):
        files = [file for file in (CHECKOUT / folder).rglob("*") if file.is_file()]
        ours = {
            f"./{file.relative_to(CHECKOUT)}" for file in files if not set(file.parts) & {"__pycache__", ".mypy_cache"}
        }
        assert ours - held == set()


def test_no_other_service_can_be_imported(service: str, image: str) -> None:
    for other in set(SERVICES) - {service}:
        said = docker("run", "--rm", "--entrypoint", "python", image, "-c", f"import services.{other}", check=False)
        assert "ModuleNotFoundError" in said.stderr


def test_it_runs_as_a_user_without_rights_who_can_write_only_where_documents_lie(image: str) -> None:
    assert inspected(image)["Config"]["User"] == "compact"
    assert run(image, "id -u").strip() == "10001"

    refused = run(image, "touch /app/x /opt/venv/x /usr/bin/x /x 2>&1; true")
    assert refused.count("Permission denied") == 4
    run(image, "touch /data/documents/opened/x")


def test_it_has_a_health_check_and_stops_on_sigterm(image: str) -> None:
    config = inspected(image)["Config"]

    assert "/health/ready" in " ".join(config["Healthcheck"]["Test"])
    assert config["StopSignal"] == "SIGTERM"
    assert config["Cmd"] == ["serve"]


def test_it_holds_exactly_the_locked_libraries(image: str) -> None:
    lock = (CHECKOUT / "requirements-runtime.lock").read_text()
    locked = {
        _plain(name): version for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*?\])?==([^ ;\\]+)", lock, re.M)
    }

    listing = (
        f"from importlib.metadata import distributions as d; [print(x.name, x.version) for x in d(path=['{SITE}'])]"
    )
    said = docker("run", "--rm", "--entrypoint", "python", image, "-c", listing).stdout
    installed = dict(line.split() for line in said.splitlines())

    assert {_plain(name): version for name, version in installed.items() if locked.get(_plain(name)) != version} == {}
    assert {"asyncpg", "aiokafka", "fastapi"} <= {_plain(name) for name in installed}
    assert metadata.version("asyncpg") == locked["asyncpg"], "the tests here run on other libraries than the images"


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_no_compiler_nor_installer_is_left_in_it(image: str) -> None:
    assert run(image, "command -v gcc cc g++ make rustc; true") == ""
    assert run(image, "ls /opt/venv/bin | grep -E '^pip|uv$'; true") == ""


def test_nothing_of_the_machine_that_built_it_is_in_its_environment(image: str) -> None:
    base = {each.partition("=")[0] for each in inspected(BASE)["Config"]["Env"] or []}
    added = {each.partition("=")[0] for each in inspected(image)["Config"]["Env"]} - base

    assert added <= {
        "PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "SERVICE", "COMPACT_HTTP_HOST", "COMPACT_HTTP_PORT",
        "COMPACT_DATA", "COMPACT_LOG_FORMAT",
    }  # fmt: skip
    history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", image).stdout
    assert not re.search(r"proxy|index-url|trusted-host|password", history, re.I)


def test_it_adds_little_to_its_base(image: str) -> None:
    assert inspected(image)["Size"] - inspected(BASE)["Size"] < LARGEST


def test_it_names_the_setting_that_is_wrong_and_ends(image: str) -> None:
    started = docker("run", "--rm", "-e", "COMPACT_KAFKA=nonsense", image, check=False)

    assert started.returncode == 1
    assert "COMPACT_KAFKA: expected host:port" in started.stderr


def test_an_image_for_no_service_or_an_unknown_one_is_not_built() -> None:
    for name, said in (("", "give --build-arg SERVICE"), ("police", "police")):
        built = docker(
            "build",
            "--file",
            "deploy/Dockerfile",
            "--target",
            "ours",
            "--build-arg",
            f"SERVICE={name}",
            ".",
            check=False,
        )
        assert built.returncode != 0
        assert said in built.stderr
