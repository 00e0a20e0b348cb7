"""What may be sent to notifications, field by field."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from contracts.notifications import Channel

EMAIL = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$"
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\r\n]*$")]


class Reason(StrEnum):
    """Why an address is no longer to be used."""

    ASKED = "asked_by_organisation"
    LEFT_OFFICE = "left_office"
    OUT_OF_DATE = "out_of_date"


class Form(BaseModel):
    """A form that takes its own fields only."""

    model_config = ConfigDict(extra="forbid")


class ContactForm(Form):
    """An address at which an organisation, by one of its offices, can be reached."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "organisation_id": "vco-lantern-trust",
                    "person_id": "p-7f3a",
                    "office": "secretary",
                    "channel": "email",
                    "email": "secretary@lantern.example",
                },
                {
                    "organisation_id": "vco-lantern-trust",
                    "office": "registered_address",
                    "channel": "letter",
                    "lines": ["Lantern Trust", "1 Example Street", "Sutton", "SM1 0AA"],
                },
            ]
        },
    )
    organisation_id: Id
    person_id: Id | None = None
    office: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,39}$")] = Field(
        description="the office it belongs to, such as secretary, or registered_address"
    )
    channel: Channel
    email: Annotated[str, StringConstraints(max_length=254, pattern=EMAIL)] | None = None
    lines: list[Line] | None = Field(None, min_length=2, max_length=7, description="a postal address, line by line")
    name: Line | None = Field(None, description="whom to ask for; kept in the address book only")

    @model_validator(mode="after")
    def _address_of_its_channel(self) -> Self:
        wanted, other = (self.email, self.lines) if self.channel is Channel.EMAIL else (self.lines, self.email)
        if wanted is None or other is not None:
            raise ValueError("an e-mail contact has email, a letter contact has lines")
        return self

    @property
    def address(self) -> str:
        """The address as it is kept."""
        return self.email if self.email is not None else "\n".join(self.lines or [])


class WithdrawalForm(Form):
    """Why an address is no longer to be used."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "left_office"}]})
    reason: Reason


class LetterForm(Form):
    """Which letter of a notice is meant: the id of its attempt."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"attempt_id": "6f0c5a86-94e7-8e0b-9f2e-0d4f6f3b8a11"}]}
    )
    attempt_id: Id


class PostingForm(LetterForm):
    """When a letter was posted, and the number of its certificate of posting."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "attempt_id": "6f0c5a86-94e7-8e0b-9f2e-0d4f6f3b8a11",
                    "posted_on": "2014-04-02",
                    "certificate": "CP-20140402-17",
                }
            ]
        },
    )
    posted_on: date
    certificate: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9/-]{2,39}$")]


class NoForm(Form):
    """Nothing needs to be said beside the address of the request."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})
