"""Guarantee: a process starts only with plausible and safe settings; otherwise it names the variable that is wrong.

`COMPACT_KAFKA` and `COMPACT_POSTGRES` are all that must change for real infrastructure. Every setting `COMPACT_X` may
be given for one service alone as `COMPACT_<SERVICE>_X`. Secrets are never printed.
"""

from __future__ import annotations

import re
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, quote, urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

PREFIX = "COMPACT_"


class SettingsRefused(Exception):
    """A setting is missing or wrong; the message names the variable and what was expected, never the value."""


def _host_and_port(value: str) -> str:
    for each in value.split(","):
        if not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^\s:,/@]+):\d{1,5}", each.strip()):
            raise PydanticCustomError("host_and_port", "expected host:port")
    return value


def _dsn(value: SecretStr) -> SecretStr:
    try:
        known = urlsplit(value.get_secret_value()).scheme in ("postgresql", "postgres")
    except ValueError:
        known = False  # urlsplit's own message may repeat the password
    if not known:
        raise PydanticCustomError("dsn", "expected postgresql://user:password@host:port/database")
    return value


Address = Annotated[str, AfterValidator(_host_and_port)]
Dsn = Annotated[SecretStr, AfterValidator(_dsn)]


class Settings(BaseSettings):
    """What one process of one service runs with; read from the environment by :func:`settings_of`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid", hide_input_in_errors=True
    )

    service: str = ""
    place: str = Field("sutton", pattern=r"^[a-z][a-z0-9-]{0,39}$")
    kafka: Address = "127.0.0.1:9092"
    postgres: Dsn = SecretStr("postgresql://127.0.0.1:5432")
    postgres_password_file: Path | None = None
    migrate: bool = True
    runtime_role: str | None = Field(None, pattern=r"^[a-z_][a-z0-9_]{0,62}$")
    http_host: str = "127.0.0.1"
    http_port: int = Field(0, ge=0, le=65535)
    data: Path = Path(".compact")
    documents: str = ""
    localities: Path = Path(__file__).parents[2] / "localities"
    clock: Path | None = None
    returns: Path | None = None
    return_path: str = Field("returns@example.invalid", pattern=r"^[^@\s]+@[^@\s]+$")
    smtp: Address = "127.0.0.1:1025"
    smtp_username: str | None = None
    smtp_password_file: Path | None = None
    smtp_tls: Literal["none", "starttls", "tls"] = "none"
    public_key: Path | None = None
    issuer: str | None = None
    audience: str = Field("compact", min_length=1)
    roles_claim: str = Field("roles", min_length=1)
    organisation_claim: str = Field("organisation", min_length=1)
    local_tokens_allowed: bool = False
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None
    sasl_password_file: Path | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    """A key and its certificate, in one file, where the broker asks a client for one."""
    kafka_idempotence: bool | None = None
    """Whether the broker is to drop a producer's repeats; unset, the broker is asked whether it can."""
    replicas: int = Field(1, ge=1)
    log_format: Literal["json", "text"] = Field(default_factory=lambda: "text" if sys.stdout.isatty() else "json")

    @field_validator(
        "postgres_password_file",
        "smtp_password_file",
        "sasl_password_file",
        "ca_file",
        "certificate_file",
        "public_key",
    )
    @classmethod
    def _stands(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise PydanticCustomError("file", "expected the path of a file that can be read")
        return path

    @model_validator(mode="after")
    def _documents_lie_in_data(self) -> Settings:
        if not self.documents:
            object.__setattr__(self, "documents", str(self.data / "documents"))
        return self

    @model_validator(mode="after")
    def _one_way_to_check_tokens(self) -> Settings:
        if self.public_key and self.issuer:
            raise _wrong("public_key", "expected either this or COMPACT_ISSUER, not both")
        if self.public_key and not self.local_tokens_allowed and (far := self.beyond_this_machine()):
            raise _wrong(
                "public_key",
                "tokens signed on this machine are for trying out, but this points beyond it: "
                f"COMPACT_{', COMPACT_'.join(far).upper()}; expected COMPACT_ISSUER instead, "
                "or COMPACT_LOCAL_TOKENS_ALLOWED=true if you mean it",
            )
        return self

    @model_validator(mode="after")
    def _whole_login(self) -> Settings:
        if self.security_protocol.startswith("SASL") and not (
            self.sasl_mechanism and self.sasl_username and self.sasl_password_file
        ):
            raise _wrong("sasl_mechanism", "SASL expects COMPACT_SASL_MECHANISM, _USERNAME and _PASSWORD_FILE together")
        if self.smtp_username and not self.smtp_password_file:
            raise _wrong("smtp_password_file", "expected the file with the password of COMPACT_SMTP_USERNAME")
        return self

    def beyond_this_machine(self) -> list[str]:
        """The settings that point at infrastructure on another machine."""
        hosts = {
            "kafka": [_host_of(each) for each in self.kafka.split(",")],
            "postgres": _hosts_of_dsn(self.dsn),
            "documents": [urlsplit(self.documents).netloc] if "://" in self.documents else [],
            "smtp": [_host_of(self.smtp)],
        }
        return [name for name, those in hosts.items() if not all(map(is_this_machine, those))]

    @property
    def dsn(self) -> str:
        """The address of this service's own database, password included: to connect with, never to show."""
        return with_password(self.postgres.get_secret_value(), _secret(self.postgres_password_file))

    @property
    def smtp_host(self) -> str:
        """The mail server's host."""
        return _host_of(self.smtp)

    @property
    def smtp_port(self) -> int:
        """The mail server's port."""
        return int(self.smtp.rpartition(":")[2])

    def smtp_password(self) -> str | None:
        """The mail server's password, read from its file now."""
        return _secret(self.smtp_password_file)

    def sasl_password(self) -> str | None:
        """The broker's password, read from its file now."""
        return _secret(self.sasl_password_file)


def settings_of(service: str) -> Settings:
    """Read the settings of one service; the database of a shared `COMPACT_POSTGRES` is named after the service."""
    own: dict[str, Any] = EnvSettingsSource(Settings, env_prefix=f"{PREFIX}{service.upper()}_", env_ignore_empty=True)()
    try:
        settings = Settings(**{**own, "service": service})
    except ValidationError as error:
        wrong = [_line(each, service, own) for each in error.errors(include_url=False, include_input=False)]
    else:
        if "postgres" in own:
            return settings
        own_database = database_of(settings.postgres.get_secret_value(), service)
        return settings.model_copy(update={"postgres": SecretStr(own_database)})
    # Raised outside the handler, so that no traceback shows the refused values.
    raise SettingsRefused("\n".join(wrong))


def database_of(dsn: str, database: str) -> str:
    """The same server and login, another database."""
    parts = urlsplit(dsn)
    return f"{parts.scheme}://{parts.netloc}/{database}" + (f"?{parts.query}" if parts.query else "")


def with_password(dsn: str, password: str | None) -> str:
    """The same address with the password of its user in it; one that already has a password stays as it is."""
    parts = urlsplit(dsn)
    user, at, hosts = parts.netloc.rpartition("@")
    if not password or not at or ":" in user:
        return dsn
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{hosts}").geturl()


def is_this_machine(host: str) -> bool:
    """Whether a host name, address or socket directory means the machine we run on."""
    if host in ("", "localhost") or host.startswith("/"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _host_of(address: str) -> str:
    return address.strip().rpartition(":")[0].strip("[]")


def _hosts_of_dsn(dsn: str) -> list[str]:
    parts = urlsplit(dsn)
    named = [_bare(each) for each in parts.netloc.rpartition("@")[2].split(",") if each]
    return named + [host for given in parse_qs(parts.query).get("host", []) for host in given.split(",")]


def _bare(host_and_maybe_port: str) -> str:
    return re.sub(r":\d*$", "", host_and_maybe_port).strip("[]")


def _secret(file: Path | None) -> str | None:
    return file.read_text().strip() if file else None


def _wrong(field: str, expected: str) -> PydanticCustomError:
    return PydanticCustomError("wrong", "{expected}", {"field": field, "expected": expected})


def _line(error: ErrorDetails, service: str, own: dict[str, Any]) -> str:
    field = str(error["loc"][0] if error["loc"] else error.get("ctx", {}).get("field", ""))
    prefix = f"{PREFIX}{service.upper()}_" if field in own else PREFIX
    return f"{prefix}{field.upper()}: {error['msg']}"
