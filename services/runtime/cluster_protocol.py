"""Two requests of Kafka's protocol that the client library lacks: passwords of users, and settings of a broker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from aiokafka.admin.config_resource import ConfigResourceType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Array,
    Boolean,
    CompactArray,
    CompactBytes,
    CompactString,
    Int8,
    Int16,
    Int32,
    Schema,
    String,
    TaggedFields,
)

SCRAM_SHA_512 = 2
SET = 0


class WrappedPassword(NamedTuple):
    """A user's password as a cluster keeps it."""

    user: str
    rounds: int
    salt: bytes
    salted: bytes


class Setting(NamedTuple):
    """A broker's setting and its new value."""

    name: str
    value: str


class SetPasswordsAnswer(Response):  # type: ignore[misc]
    """What the cluster says of each user."""

    API_KEY = 51
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("results", CompactArray(("user", CompactString("utf-8")), ("error_code", Int16),
                                 ("error_message", CompactString("utf-8")), ("tags", TaggedFields))),
        ("tags", TaggedFields),
    )  # fmt: skip


class SetPasswordsStruct(RequestStruct):  # type: ignore[misc]
    """AlterUserScramCredentials."""

    FLEXIBLE_VERSION = True
    API_KEY = 51
    API_VERSION = 0
    RESPONSE_TYPE = SetPasswordsAnswer
    SCHEMA = Schema(
        ("deletions", CompactArray(("user", CompactString("utf-8")), ("mechanism", Int8), ("tags", TaggedFields))),
        ("upsertions", CompactArray(("user", CompactString("utf-8")), ("mechanism", Int8), ("iterations", Int32),
                                    ("salt", CompactBytes), ("salted_password", CompactBytes),
                                    ("tags", TaggedFields))),
        ("tags", TaggedFields),
    )  # fmt: skip


class SetPasswords(Request[SetPasswordsStruct]):  # type: ignore[misc]
    """Give users their passwords, for SCRAM-SHA-512."""

    API_KEY = 51

    def __init__(self, passwords: Sequence[WrappedPassword]) -> None:
        self._passwords = passwords

    def build(self, request_struct_class: type[SetPasswordsStruct]) -> SetPasswordsStruct:
        """The request as it goes over the wire."""
        upsertions: list[Any] = [
            (each.user, SCRAM_SHA_512, each.rounds, each.salt, each.salted, {}) for each in self._passwords
        ]
        return request_struct_class([], upsertions, {})


class IncrementalAlterConfigsAnswer(Response):  # type: ignore[misc]
    """What the broker says."""

    API_KEY = 44
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("responses", Array(("error_code", Int16), ("error_message", String("utf-8")),
                            ("resource_type", Int8), ("resource_name", String("utf-8")))),
    )  # fmt: skip


class IncrementalAlterConfigsStruct(RequestStruct):  # type: ignore[misc]
    """IncrementalAlterConfigs."""

    API_KEY = 44
    API_VERSION = 0
    RESPONSE_TYPE = IncrementalAlterConfigsAnswer
    SCHEMA = Schema(
        ("resources", Array(("resource_type", Int8), ("resource_name", String("utf-8")),
                            ("configs", Array(("name", String("utf-8")), ("operation", Int8),
                                              ("value", String("utf-8")))))),
        ("validate_only", Boolean),
    )  # fmt: skip


class IncrementalAlterConfigs(Request[IncrementalAlterConfigsStruct]):  # type: ignore[misc]
    """Set some of one broker's settings and leave the others."""

    API_KEY = 44

    def __init__(self, broker: str, settings: Sequence[Setting]) -> None:
        self._broker, self._settings = broker, settings

    def build(self, request_struct_class: type[IncrementalAlterConfigsStruct]) -> IncrementalAlterConfigsStruct:
        """The request as it goes over the wire."""
        configs: list[Any] = [(each.name, SET, each.value) for each in self._settings]
        return request_struct_class([(ConfigResourceType.BROKER, self._broker, configs)], False)
